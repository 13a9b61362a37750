"""Untrue versions of what is claimed of a diagram: the proof must find them."""

from collections.abc import Callable

import numpy as np

from synth.charts.lies import respelt, shifted
from synth.charts.specs.content import Spec


def _renamed(spec: Spec, rng: np.random.Generator) -> bool:
    node = int(rng.integers(len(spec["names"])))
    spec["names"][node] = respelt(spec["names"][node], rng)
    return True


def _names_swapped(spec: Spec, rng: np.random.Generator) -> bool:
    a, b = (int(n) for n in rng.choice(len(spec["names"]), 2, replace=False))
    spec["names"][a], spec["names"][b] = spec["names"][b], spec["names"][a]
    return True


def _box_shifted(spec: Spec, rng: np.random.Generator) -> bool:
    node = int(rng.integers(len(spec["boxes"])))
    spec["boxes"][node] = shifted(spec["boxes"][node])
    return True


def _edge_dropped(spec: Spec, rng: np.random.Generator) -> bool:
    number = int(rng.integers(len(spec["edges"])))
    del spec["edges"][number], spec["labels"][number], spec["label_boxes"][number]
    return True


def _edge_added(spec: Spec, rng: np.random.Generator) -> bool:
    known = {frozenset(edge) for edge in spec["edges"]}
    many = len(spec["names"])
    free = [[a, b] for a in range(many) for b in range(a) if frozenset((a, b)) not in known]
    if free:
        spec["edges"].append(free[rng.integers(len(free))])
        spec["labels"].append("")
        spec["label_boxes"].append(None)
    return bool(free)


def _edge_turned(spec: Spec, rng: np.random.Generator) -> bool:
    if spec["directed"]:
        spec["edges"][rng.integers(len(spec["edges"]))].reverse()
    return bool(spec["directed"])


def _direction(spec: Spec, rng: np.random.Generator) -> bool:
    spec["directed"] = not spec["directed"]
    return True


def _label_changed(spec: Spec, rng: np.random.Generator) -> bool:
    found = [number for number, label in enumerate(spec["labels"]) if label]
    if found:
        number = found[rng.integers(len(found))]
        spec["labels"][number] = respelt(spec["labels"][number], rng)
    return bool(found)


def _labels_swapped(spec: Spec, rng: np.random.Generator) -> bool:
    found = [number for number, label in enumerate(spec["labels"]) if label]
    if len({spec["labels"][number] for number in found}) < 2:
        return False
    a = found[rng.integers(len(found))]
    b = next(number for number in found if spec["labels"][number] != spec["labels"][a])
    for key in ("labels", "label_boxes"):
        spec[key][a], spec[key][b] = spec[key][b], spec[key][a]
    return True


LIES: dict[str, Callable[[Spec, np.random.Generator], bool]] = {
    **{"node_renamed": _renamed, "names_swapped": _names_swapped, "box_shifted": _box_shifted},
    **{"edge_dropped": _edge_dropped, "edge_added": _edge_added, "edge_turned": _edge_turned},
    **{"direction_changed": _direction, "label_changed": _label_changed, "labels_swapped": _labels_swapped},
}
