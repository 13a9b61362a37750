"""Reads a diagram back: nodes by their painted boxes and letters, edges by the ink between every two nodes.

Every pair of nodes is looked at, so that an edge that is not told is found like one that is not there.
"""

from collections.abc import Iterator

import numpy as np

from synth.charts.proof import reading
from synth.charts.proof.lettering import fault
from synth.charts.specs.content import Spec
from synth.ocr.fonts import named

OFF = 1.6  # px
LABEL = (1.5, 0.9)  # half the width and height of the greatest label on a line, in sizes of its letters


def faults(picture: np.ndarray, spec: Spec) -> Iterator[tuple[str, str]]:
    """(check, what was seen) of each fault of a picture (height, width, 3) uint8."""
    path = named(f"{spec['font']['file']}#0").path
    grey = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    for number, (name, box, fill) in enumerate(zip(spec["names"], spec["boxes"], spec["fills"], strict=True)):
        if reading.painted(picture, box, fill) < 0.5:
            yield "nodes", f"node {number}: its box is not {fill}"
            continue
        for side in range(4):
            found = reading.edge(picture, box, side)
            if found is None or abs(found - box[side]) > OFF:
                yield "nodes", f"node {number}: its side {side} is at {found}, not {box[side]:.0f} px"
        middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
        high = (box[3] - box[1]) / 2 + 2
        wrong = fault(
            grey, name, [box[0] + 9, middle[1] - high, box[2] - 9, middle[1] + high], path, spec["font"]["label"], False
        )
        if wrong:
            yield "texts", f"node {number}: {wrong}"
    for number, (label, box) in enumerate(zip(spec["labels"], spec["label_boxes"], strict=True)):
        wrong = label and fault(grey, label, box, path, spec["font"]["tick"], False)
        if wrong or bool(label) != bool(box):
            yield "texts", f"edge {number}: {wrong or 'a label without a place, or a place without a label'}"
            continue
        a, b = spec["edges"][number]
        ends = np.array([spec["boxes"][a], spec["boxes"][b]]).reshape(2, 2, 2).mean(1)
        if box and np.abs(np.array(box).reshape(2, 2).mean(0) - ends.mean(0)).max() > OFF:
            yield "edges", f"edge {number}: its label stands at another"
    yield from (("edges", text) for text in _edges(picture, spec))


def _edges(picture: np.ndarray, spec: Spec) -> Iterator[str]:
    ink = reading.near(picture, spec["ground"]["ink"])
    dark = ink < 0.5 * reading.distance(spec["ground"]["ink"], spec["ground"]["page"])
    told = {(a, b) for a, b in spec["edges"]}
    many = len(spec["boxes"])
    for a in range(many):
        for b in range(a):
            drawn, heads = _between(dark, spec, a, b), []
            claimed = [pair for pair in ((a, b), (b, a)) if pair in told]
            if drawn is None:
                if claimed:
                    yield f"the line from {a} to {b} cannot be seen"
                continue
            if drawn != bool(claimed):
                yield f"nodes {a} and {b} are {'joined' if drawn else 'not joined'}"
            if not drawn or not claimed:
                continue
            heads = [pair for pair in ((a, b), (b, a)) if _head(dark, spec, *pair)]
            wanted = claimed if spec["directed"] else []
            if heads != wanted:
                yield f"the line between {a} and {b} has heads {heads}, not {wanted}"


def _line(spec: Spec, a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) places, one a px, from node to node outside of their boxes, and the direction."""
    boxes = [np.array(spec["boxes"][n]) for n in (a, b)]
    start, end = ((box[:2] + box[2:]) / 2 for box in boxes)
    long = np.linalg.norm(end - start)
    way = (end - start) / long
    halves = [(box[2:] - box[:2]) / 2 for box in boxes]
    first, last = (float(np.min(half / np.maximum(np.abs(way), 1e-9))) for half in halves)
    return start + np.arange(first + 1.5, long - last - 1.5)[:, None] * way, way


def _seen(dark: np.ndarray, places: np.ndarray) -> np.ndarray:
    columns = np.clip(places[:, 0].astype(int), 0, dark.shape[1] - 1)
    rows = np.clip(places[:, 1].astype(int), 0, dark.shape[0] - 1)
    return dark[rows, columns]


def _between(dark: np.ndarray, spec: Spec, a: int, b: int) -> bool | None:
    """Whether ink runs all the way between two nodes; None where a third node hides the way."""
    places, way = _line(spec, a, b)
    side = np.array([-way[1], way[0]])
    for n, box in enumerate(spec["boxes"]):
        inside = (places > np.array(box[:2]) - 2).all(1) & (places < np.array(box[2:]) + 2).all(1)
        if n not in (a, b) and inside.any():
            return None if inside.all() else False
    middle = np.array([spec["boxes"][n] for n in (a, b)]).reshape(2, 2, 2).mean((0, 1))
    aside = (np.abs(places - middle) > np.array(LABEL) * spec["font"]["tick"]).any(1)
    places = places[aside] if aside.mean() > 0.3 else places  # a label hides the middle of its line, told or not
    inked = np.max([_seen(dark, places + shift * side) for shift in (-0.7, 0.0, 0.7)], 0)
    return bool(inked.mean() > 0.93)


def _head(dark: np.ndarray, spec: Spec, a: int, b: int) -> bool:
    """Whether an arrow's head points at node b: ink beside the line near its end, where the node does not hide it."""
    places, way = _line(spec, a, b)
    side, box = np.array([-way[1], way[0]]), np.array(spec["boxes"][b])
    inked = []
    for shift in (-3.0, 3.0):
        beside = places[-11:-5] + shift * side
        free = beside[((beside < box[:2] - 1) | (beside > box[2:] + 1)).any(1)]
        inked += [_seen(dark, free).mean() > 0.5] if len(free) > 1 else []
    return bool(inked) and all(inked)
