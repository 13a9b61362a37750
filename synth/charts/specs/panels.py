"""What all kinds of charts need: a place for every panel, names with colours, values that do not hide each other."""

import itertools

import numpy as np

from synth.charts.specs import style
from synth.charts.specs.content import Spec, names
from synth.charts.specs.layout import Room
from synth.charts.specs.numbers import show, snap
from synth.sample import Failure, Unproven


def lay_out(made: Spec, room: Room, named: list[str]) -> None:
    """Rectangles for all panels, and the legend."""
    legend = room.legend(named) if named else None
    made["legend"] = {"place": legend[0], "columns": legend[1], "names": named} if legend else None
    for panel, area in zip(made["panels"], room.panels(legend), strict=True):
        room.frame(panel, area)
        left, top, right, bottom = panel["rect"]
        if right - left < 90 or bottom - top < 90:
            raise Unproven([Failure("layout", f"{right - left} x {bottom - top} px are left for a panel")])
        axis = panel.get("x")
        if axis and panel["kind"] != "histogram":  # which leaves ticks out by itself
            texts = [show(value, axis["form"]) for value in axis["ticks"]]
            if room.widest(texts, room.tick) > (right - left) / (len(texts) - 1) - 8:
                raise Unproven([Failure("layout", "the numbers of an axis would collide")])


def extent_of(panel: Spec) -> tuple[float, float]:
    left, top, right, bottom = panel["rect"]
    return right - left, bottom - top


def named_series(
    rng: np.random.Generator, made: Spec, many: int, taken: tuple[str, ...] = ()
) -> tuple[list[str], list[str]]:
    """Names and colours."""
    ground = made["ground"]
    colours = style.colours(rng, many, [ground["page"], ground["plot"], ground["ink"], ground["grid"], *taken])
    return names(rng, made["language"], many, 12), colours


def visible(value: float | None, scale: Spec, length: float, log: bool) -> float | None:
    """None for a bar of fewer than 5 px: nobody could read it."""
    if value is None or log:
        return value
    span = scale["limits"][1] - scale["limits"][0]
    return value if abs(value) / span * length >= 5 else None


def headroom(scale: Spec, length: float, needed: float) -> None:
    """Adds ticks until printed values have room beyond the longest bars."""
    step = scale["ticks"][1] - scale["ticks"][0]
    span = scale["limits"][1] - scale["limits"][0]
    extra = int(np.ceil(needed * span / length / step * 1.3))
    if scale["limits"][0] < 0:
        scale["ticks"] = [snap(scale["ticks"][0] - step * n, step) for n in range(extra, 0, -1)] + scale["ticks"]
    scale["ticks"] = scale["ticks"] + [snap(scale["ticks"][-1] + step * (n + 1), step) for n in range(extra)]
    scale["limits"] = [scale["ticks"][0], scale["ticks"][-1]]


def spread_out(values: np.ndarray, apart: float, step: float, limits: list[float]) -> np.ndarray:
    """The values of one place moved apart, in the same order, within the limits."""
    order = np.argsort(values, kind="stable")
    moved = values.copy()
    wanted = np.ceil(apart / step) * step
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + wanted)
    top = np.floor(limits[1] / step + 1e-9) * step
    for number, place in enumerate(order[::-1]):
        moved[place] = min(moved[place], top - number * wanted)
    if moved.min() < limits[0] - 1e-9:
        raise Unproven([Failure("layout", "the lines would cover each other")])
    return moved


def shares(rng: np.random.Generator, many: int, step: int) -> list[float]:
    """Percentages, multiples of `step`, each at least 4, that make 100."""
    parts = rng.dirichlet(np.full(many, 1.6))
    least = -(-4 // step) * step
    units = np.floor(parts * (100 - many * least) / step).astype(int) * step + least
    units[int(np.argmax(units))] += 100 - units.sum()
    return [float(unit) for unit in units]
