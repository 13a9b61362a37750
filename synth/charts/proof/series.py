"""Bars, lines, areas and points, found again in the picture, and the values that they show."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from synth.charts.proof import reading
from synth.charts.proof.reading import Scale, rgb
from synth.charts.specs.content import Spec

OFF = 1.6  # px
PALE = 55.0  # distance in RGB to which JPEG moves the colour of a small marker
SHARE = 0.45  # percent of a whole
Found = Iterator[tuple[str, str]]
Scales = Mapping[str, Scale]


def _boxed(picture: np.ndarray, box: list[float], colour: str, sides: tuple[int, ...], what: str) -> Found:
    """Whether a box is painted in a colour up to its sides."""
    share = reading.painted(picture, box, colour)
    if share < (0.8 if min(box[2] - box[0], box[3] - box[1]) > 14 else 0.5):
        yield "marks", f"{what}: {share:.0%} of its box is {colour}"
        return
    for side in sides:
        found = reading.edge(picture, box, side)
        if found is None or abs(found - box[side]) > OFF:
            yield "marks", f"{what}: its side {side} is at {found and round(found, 1)}, not {box[side]:.1f} px"


def bars(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    lying = panel["horizontal"]
    scale = scales["x" if lying else "y"]
    rows = [series for series in panel["series"] if "marker" not in series]
    base = [0.0] * len(marks[0])
    if len(rows) != len([row for row in marks if row and len(row[-1] or [0] * 4) == 4]) and panel["kind"] != "combo":
        yield "marks", "not a row of boxes a series"
    for number, (series, boxes) in enumerate(zip(rows, marks, strict=False)):
        for place, (value, box) in enumerate(zip(series["values"], boxes, strict=True)):
            what = f"bar {number}.{place}"
            if value is None or box is None:
                if value is not box:
                    yield "marks", f"{what}: a box without a value, or a value without a box"
                continue
            colour = series["colours"][place % len(series["colours"])]
            yield from _boxed(picture, box, colour, (0, 1, 2, 3), what)
            low = panel["x" if lying else "y"]["limits"][0] if scale.log else base[place]
            top = value if scale.log else low + value
            end, start = _ends(picture, box, value, lying)
            if end is None or abs(end - scale.pixel(top)) > OFF:
                yield "values", f"{what}: ends at {end} px, not at {scale.pixel(top):.1f} as {value} would"
            if start is None or abs(start - scale.pixel(low)) > OFF + 0.6:
                yield "values", f"{what}: starts at {start} px, not at {scale.pixel(low):.1f}"
            base[place] += value if panel.get("stacked") else 0
            yield from _under(panel, box, place, number, len(rows), spec)


def _ends(picture: np.ndarray, box: list[float], value: float, lying: bool) -> tuple[float | None, float | None]:
    far, near_ = (2, 0) if lying else (1, 3)
    if value < 0:
        far, near_ = near_, far
    return reading.edge(picture, box, far), reading.edge(picture, box, near_)


def _under(panel: Spec, box: list[float], place: int, number: int, rows: int, spec: Spec) -> Found:
    """A bar stands over its own category."""
    left, top, right, bottom = panel["rect"]
    lying = panel["horizontal"]
    low, high = (top, bottom) if lying else (left, right)
    middle = (box[1] + box[3]) / 2 if lying else (box[0] + box[2]) / 2
    count = len(panel["categories"])
    margin = (1 - panel["thick"]) / 2
    slot = (middle - low) / (high - low) * (count + margin) - margin / 2
    many = 1 if panel["stacked"] else rows
    wanted = place + 0.5 + (number - (many - 1) / 2) * panel["thick"] / many * (many > 1)
    if abs(slot - wanted) > 0.1:
        yield "marks", f"bar {number}.{place}: stands over place {slot:.1f}"


def histogram(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    series = panel["series"][0]
    for place, (value, box) in enumerate(zip(series["values"], marks[0], strict=True)):
        if value is None or box is None:
            if value is not box:
                yield "marks", f"bin {place}: a box without a value, or a value without a box"
            continue
        yield from _boxed(picture, box, series["colours"][0], (1, 3), f"bin {place}")
        for side, want in ((0, panel["edges"][place]), (2, panel["edges"][place + 1])):
            if abs(box[side] - scales["x"].pixel(want)) > OFF:
                yield "values", f"bin {place}: does not reach from {panel['edges'][place]}"
        top = reading.edge(picture, box, 1)
        if top is None or abs(top - scales["y"].pixel(value)) > OFF:
            yield "values", f"bin {place}: ends at {top} px, not at {scales['y'].pixel(value):.1f} as {value} would"


def points(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    """Markers of lines, scatters, radars and of the line of a combination."""
    rows = [series for series in panel["series"] if "marker" in series]
    marks = marks[-len(rows) :]
    for number, (series, spots) in enumerate(zip(rows, marks, strict=True)):
        for place, (value, spot) in enumerate(zip(series["values"], spots, strict=True)):
            what = f"point {number}.{place}"
            yield from _marker(picture, spec, panel, series, spot, what)
            (x, y), want = spot, _spot(panel, series, value, place, scales)
            if abs(want[0] - x) > 1.2 or abs(want[1] - y) > 1.2:
                yield "values", f"{what}: {value} would be at {want[0]:.1f}, {want[1]:.1f}, not {x:.1f}, {y:.1f}"
        own = series["colours"][0]
        if panel["kind"] == "scatter":
            yield from _count(picture, spec, panel, own, len(spots))
            continue
        for one, two in itertools.pairwise([*spots, *(spots[:1] if panel["kind"] == "radar" else [])]):
            if not reading.inked(picture, one, two, own, spec["ground"]["plot"], panel["marker"] / 2 + 2):
                yield "marks", f"line {number}: is not drawn from {one} to {two}"


def _marker(picture: np.ndarray, spec: Spec, panel: Spec, series: Spec, spot: list[float], what: str) -> Found:
    """A marker in the colour of its series has its middle at a spot."""
    (x, y), reach, own = spot, panel["marker"] / 2 + 2, series["colours"][0]
    part, left, top = reading.around(picture, x, y, reach + 4)
    seen = reading.centre(
        reading.blobs(part, own, spec["ground"]["plot"], _others(panel, own)), x - left, y - top, reach
    )
    if seen is None:
        yield "marks", f"{what}: no marker in {own} at {x:.0f}, {y:.0f}"
        return
    seen = seen[0] + left, seen[1] + top
    middle, _, _ = reading.around(picture, seen[0] - 0.5, seen[1] - 0.5, 1.5)
    if np.percentile(reading.near(middle, own), 30) > PALE:
        yield "marks", f"{what}: its marker is not {own}"
    slack = OFF + 0.6 + (1.6 if series["marker"] in "^v" else 0)
    if abs(seen[0] - x) > slack or abs(seen[1] - y) > slack:
        yield "marks", f"{what}: its marker is at {seen[0]:.1f}, {seen[1]:.1f}, not {x:.1f}, {y:.1f}"


def _others(panel: Spec, own: str) -> list[str]:
    return [series["colours"][0] for series in panel["series"] if series["colours"][0] != own]


def _count(picture: np.ndarray, spec: Spec, panel: Spec, own: str, many: int) -> Found:
    """As many markers of a colour as are told."""
    left, top, right, bottom = panel["rect"]
    core = reading.blobs(picture[top:bottom, left:right], own, spec["ground"]["plot"], _others(panel, own))
    number, _, stats, _ = cv2.connectedComponentsWithStats(core)
    found = int((stats[1:number, cv2.CC_STAT_AREA] >= 4).sum())
    if found != many:
        yield "marks", f"{found} markers in {own}, not {many}"


def _spot(panel: Spec, series: Spec, value: Any, place: int, scales: Scales) -> tuple[float, float]:
    if panel["kind"] == "scatter":
        return scales["x"].pixel(value[0]), scales["y"].pixel(value[1])
    left, top, right, bottom = panel["rect"]
    count = len(panel.get("categories", []))
    if panel["kind"] == "radar":
        angle = np.pi / 2 - 2 * np.pi * place / count
        reach = value / panel["rings"][-1] * panel["radius"]
        return (left + right) / 2 + reach * np.cos(angle), (top + bottom) / 2 - reach * np.sin(angle)
    if panel["kind"] == "combo":
        margin = (1 - panel["thick"]) / 4
        across = (place + 0.5 + margin) / (count + 2 * margin)
        return left + across * (right - left), scales["y2"].pixel(value)
    return left + (place + 0.4) / (count - 0.2) * (right - left), scales["y"].pixel(value)


def combo(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    yield from _bars_of_combo(picture, spec, panel, marks, scales)
    yield from points(picture, spec, panel, marks, scales)


def _bars_of_combo(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    yield from bars(picture, spec, panel, marks[:1], {"y": scales["y"]})


def area(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    left, _, right, _ = panel["rect"]
    base = np.zeros(len(panel["categories"]))
    for number, (series, spots) in enumerate(zip(panel["series"], marks, strict=True)):
        colour = series["colours"][0]
        across, *sides = np.array(spots).T
        for place, (value, (x, upper, lower)) in enumerate(zip(series["values"], spots, strict=True)):
            what = f"area {number}.{place}"
            want = (left + place / (len(base) - 1) * (right - left), scales["y"].pixel(base[place] + value))
            under = scales["y"].pixel(base[place])
            base[place] += value
            if abs(want[0] - x) > 1.2 or abs(want[1] - upper) > 1.2 or abs(under - lower) > 1.2:
                yield "values", f"{what}: {value} would reach from {under:.1f} to {want[1]:.1f}, not {lower} to {upper}"
            column = int(np.clip(round(x - 0.5), left + 3, right - 4))
            top, end = (float(np.interp(column + 0.5, across, rows)) for rows in sides)
            for at, side in ((top, 1), (end, 3)):
                found = reading.edge(picture, [column - 0.5, top, column + 1.5, end], side)
                if side == 3 and number == 0:
                    continue
                slack = OFF + 1.4 + 0.5 * _slope(spots, place)
                if found is None or abs(found - at) > slack:
                    yield "marks", f"{what}: its edge is at {found} px, not {at:.1f}"
            middle = picture[int((top + end) / 2), column].astype(float)
            if np.linalg.norm(middle - rgb(colour)) > 60:
                yield "marks", f"{what}: is not {colour}"


def _slope(spots: Any, place: int) -> float:
    """The steepest fall or rise, px a px, beside a place."""
    around = [n for n in (place - 1, place, place + 1) if 0 <= n < len(spots)]
    steps = itertools.pairwise(around)
    return max(max(abs(spots[b][k] - spots[a][k]) / abs(spots[b][0] - spots[a][0]) for k in (1, 2)) for a, b in steps)
