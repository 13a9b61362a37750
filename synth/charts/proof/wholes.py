"""Pies, box plots, violins, heat maps and tree maps, found again in the picture, and the values that they show."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from synth.charts.proof import reading
from synth.charts.proof.reading import Scale, near, rgb
from synth.charts.specs.content import Spec

OFF = 1.6  # px
SHARE = 0.45  # percent of a whole
LINES = 10.0  # px between the lines of a box plot: the nearest to a place is the one that is meant
BESIDE, OUT_OF_PLACE = 6.0, 1.8  # degrees: where a bound of sectors is looked for, and how far off it may lie
Found = Iterator[tuple[str, str]]
Scales = Mapping[str, Scale]


def pie(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    (x, y), radius = marks["centre"], marks["radius"]
    angles = np.deg2rad(np.arange(1440) / 4)
    ring = 0.95 * radius
    rows = np.clip((y - ring * np.sin(angles)).astype(int), 0, picture.shape[0] - 1)
    columns = np.clip((x + ring * np.cos(angles)).astype(int), 0, picture.shape[1] - 1)
    seen = picture[rows, columns].astype(float)  # (1440, 3)
    away = np.stack([np.linalg.norm(seen - rgb(colour), axis=1) for colour in panel["colours"]], 1)
    label = away.argmin(1)
    clear = away.min(1) < 45
    if clear.mean() < 0.8:
        yield "marks", f"{clear.mean():.0%} of the ring has a colour of the pie"
        return
    start, turn = panel["start"], -1 if panel["clockwise"] else 1
    places = np.cumsum([0, *panel["values"]]) * 3.6
    slack = max(2.2, min(2.8, np.rad2deg(3.0 / radius)))  # JPEG mixes the colours of neighbours
    position = (turn * (np.arange(1440) / 4 - start)) % 360  # degrees from where the first sector starts
    for number, (low, high) in enumerate(itertools.pairwise(places)):
        own = clear & (label == number)
        inside = (position > low + slack) & (position < high - slack)
        outside = (position < low - slack) | (position > high + slack)
        outside &= ~((number == 0) & (position > 360 - slack)) & ~((number == len(places) - 2) & (position < slack))
        stray = max((clear & inside & ~own).sum(), (own & outside).sum())
        if stray > 2 or not own.any():  # of 1,440: JPEG leaves a pixel or two astray
            yield "values", f"sector {number}: is not painted from {low:.1f} to {high:.1f} degrees"
    for number, bound in enumerate(places[:-1]):  # as many of either colour on either side of a bound
        beside = clear & (abs((position - bound + 180) % 360 - 180) < BESIDE)
        before, after = (beside & (label == n % len(panel["values"])) for n in (number - 1, number))
        off = (int(before.sum()) - int(after.sum())) / 8  # degrees
        if abs(off) > OUT_OF_PLACE:
            yield "values", f"sector {number}: begins {off:.1f} degrees off {bound:.1f}"
    if abs(sum(panel["values"]) - 100) > 1e-6:
        yield "values", "the shares do not make 100%"
    outer = _reach(picture, x, y, radius, panel)
    if outer > 0.1:
        yield "marks", f"{outer:.0%} of the rim is not where the circle ends"


def _reach(picture: np.ndarray, x: float, y: float, radius: float, panel: Spec) -> float:
    """Share of directions in which the pie does not end at its radius."""
    angles = np.deg2rad(np.arange(0, 360, 3))
    missed = 0
    for reach, within in ((radius - 2.5, True), (radius + 2.5, False)):
        rows = np.clip((y - reach * np.sin(angles)).astype(int), 0, picture.shape[0] - 1)
        columns = np.clip((x + reach * np.cos(angles)).astype(int), 0, picture.shape[1] - 1)
        seen = picture[rows, columns].astype(float)
        away = np.stack([np.linalg.norm(seen - rgb(colour), axis=1) for colour in panel["colours"]], 1).min(1)
        missed = missed + ((away > 60) == within)
    return float(np.mean(missed > 0)) - (0.06 if panel["edge"] else 0.0)


def box(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    ink = spec["ground"]["ink"]
    for number, (values, (x1, y1, x2, y2)) in enumerate(zip(panel["values"], marks, strict=True)):
        what, colour = f"box {number}", panel["colours"][number]
        pixels = [scales["y"].pixel(value) for value in values]
        if np.diff(pixels).max() > -LINES:
            yield "values", f"{what}: {values} could not be told apart, or are out of order"
        if abs(y1 - pixels[-1]) > 1.2 or abs(y2 - pixels[0]) > 1.2:
            yield "marks", f"{what}: reaches from {y2} to {y1} px, not from {pixels[0]:.1f} to {pixels[-1]:.1f}"
        yield from _over(panel, number, (x1 + x2) / 2, what)
        quarter = slice(round(x1 + 0.15 * (x2 - x1)), round(x1 + 0.3 * (x2 - x1)))
        column = np.median(picture[:, quarter].astype(np.float32), 1)  # (height, 3): not the whisker, which is central
        face = np.linalg.norm(column - rgb(colour), axis=1) < 55
        low, high = round(pixels[3]), round(pixels[1])
        if face[max(low + 3, 0) : high - 2].sum() < 0.4 * max(high - low - 5, 1):
            yield "marks", f"{what}: is not {colour}"
        caps = slice(round((x1 + x2) / 2 - 0.2 * (x2 - x1)), round((x1 + x2) / 2 - 0.06 * (x2 - x1)))
        inside = np.median(picture[:, caps].astype(np.float32), 1)
        for name, at in zip(("least", "greatest"), (pixels[0], pixels[4]), strict=True):
            found = _line(inside, at, rgb(ink))
            if found is None or abs(found - at) > OFF + 1.2:
                yield "values", f"{what}: its {name} value is drawn at {found}, not {at:.1f} px"
        for name, at in zip(("lower quartile", "upper quartile"), (pixels[1], pixels[3]), strict=True):
            found = _line(column, at, rgb(ink))
            if found is None or abs(found - at) > OFF + 1.2:
                yield "values", f"{what}: its {name} is drawn at {found}, not {at:.1f} px"
        found = _line(column, pixels[2], rgb(colour), away=True)
        if found is None or abs(found - pixels[2]) > OFF + 0.6:
            yield "values", f"{what}: its median is drawn at {found}, not {pixels[2]:.1f} px"
        for side, at in ((0, x1), (2, x2)):
            found = reading.edge(picture, [x1, pixels[3] + 3, x2, pixels[1] - 3], side)
            if found is None or abs(found - at) > OFF + 1.2:
                yield "marks", f"{what}: its side {side} is at {found}, not {at:.1f} px"


def _line(column: np.ndarray, at: float, colour: np.ndarray, away: bool = False) -> float | None:
    """Middle of a line of a colour, or of another colour than its surroundings, in a column (height, 3) near `at`."""
    start = max(int(at) - 5, 0)
    part = column[start : int(at) + 6]
    distance = np.linalg.norm(part - colour, axis=1)
    if away:
        weight = np.clip(distance - 40, 0, 200)
    else:
        around = np.linalg.norm(np.median(part, 0) - colour)
        ends = np.maximum(np.linalg.norm(part[0] - colour), np.linalg.norm(part[-1] - colour))
        weight = np.clip(min(max(around, ends), 200) * 0.6 - distance, 0, None)
    return float(start + (weight * (np.arange(len(part)) + 0.5)).sum() / weight.sum()) if weight.sum() > 8 else None


def _over(panel: Spec, number: int, middle: float, what: str) -> Found:
    left, _, right, _ = panel["rect"]
    count = len(panel["categories"])
    place = (middle - left) / (right - left) * (count + 0.2) - 0.6
    if abs(place - number) > 0.05:
        yield "marks", f"{what}: stands over place {place:.2f}"


def violin(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    for number, (values, (x1, y1, x2, y2)) in enumerate(zip(panel["values"], marks, strict=True)):
        what, colour = f"violin {number}", panel["colours"][number]
        pixels = [scales["y"].pixel(value) for value in values]
        if abs(y1 - pixels[-1]) > 1.2 or abs(y2 - pixels[0]) > 1.2:
            yield "marks", f"{what}: reaches from {y2} to {y1} px, not from {pixels[0]:.1f} to {pixels[-1]:.1f}"
        middle = (x1 + x2) / 2
        yield from _over(panel, number, middle, what)
        core = [middle - 4, y1, middle + 4, y2]
        for name, side, at in (("greatest", 1, pixels[2]), ("least", 3, pixels[0])):
            found = reading.edge(picture, core, side)
            if found is None or abs(found - at) > OFF + 0.4:
                yield "values", f"{what}: its {name} value is drawn at {found}, not {at:.1f} px"
        column = np.median(picture[:, round(middle - 2) : round(middle + 2)].astype(np.float32), 1)
        found = _line(column, pixels[1], rgb(colour), away=True)
        if found is None or abs(found - pixels[1]) > OFF:
            yield "values", f"{what}: its median is drawn at {found}, not {pixels[1]:.1f} px"
        if np.mean(np.linalg.norm(column[round(y1) + 3 : round(y2) - 3] - rgb(colour), axis=1) < 50) < 0.6:
            yield "marks", f"{what}: is not {colour}"
        rows = near(picture[round(y1) + 3 : round(y2) - 3, max(round(x1) - 8, 0) : round(x2) + 8], colour) < 60
        wide = np.nonzero(rows.any(0))[0]
        if not len(wide) or abs(len(range(wide[0], wide[-1] + 1)) - (x2 - x1)) > 4:
            yield "marks", f"{what}: is not as wide as its box"


def heatmap(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    """Colours of the cells, looked up in the picture's own colour bar."""
    left, top, right, bottom = panel["rect"]
    bar = np.median(picture[top + 1 : bottom - 1, right + 16 : right + 24].astype(np.float32), 1)  # (n, 3)
    count, rows = len(panel["categories"]), len(panel["rows"])
    slack = max(4.0, 0.022 * len(bar))
    for row, (values, boxes) in enumerate(zip(panel["values"], marks, strict=True)):
        for column, (value, cell) in enumerate(zip(values, boxes, strict=True)):
            what = f"cell {row}.{column}"
            want = [left + (right - left) * column / count, top + (bottom - top) * row / rows]
            size = [(right - left) / count, (bottom - top) / rows]
            if (
                max(abs(cell[0] - want[0]), abs(cell[1] - want[1]), abs(cell[2] - want[0] - size[0])) > 1.5
                or abs(cell[3] - want[1] - size[1]) > 1.5
            ):
                yield "marks", f"{what}: its box is not that of its row and column"
                continue
            x1, y1, x2, y2 = (round(v) for v in (cell[0] + 3, cell[1] + 3, cell[2] - 3, cell[3] - 3))
            strip = np.concatenate(
                [picture[y1 : y1 + 3, x1:x2].reshape(-1, 3), picture[y2 - 3 : y2, x1:x2].reshape(-1, 3)]
            )
            seen = np.median(strip.astype(np.float32), 0)
            away = np.linalg.norm(bar - seen, axis=1)
            at = float(np.argmin(away)) + top + 1.5
            if not panel["bar"]["limits"][0] <= value <= panel["bar"]["limits"][1]:
                yield "values", f"{what}: {value} is not on the colour bar"
            expected = scales["y2"].pixel(value)
            near_ = bar[int(np.clip(expected - top - 1, 0, len(bar) - 1))]
            if abs(at - expected) > slack and np.linalg.norm(near_ - seen) > 7:
                yield "values", f"{what}: its colour is at {at:.0f} px of the bar, {value} at {expected:.0f}"


def treemap(picture: np.ndarray, spec: Spec, panel: Spec, marks: Any, scales: Scales) -> Found:
    total, areas = sum(panel["values"]), []
    for number, (cell, colour) in enumerate(zip(marks, panel["colours"], strict=True)):
        yield from _tile(picture, cell, colour, f"tile {number}")
        areas.append((cell[2] - cell[0]) * (cell[3] - cell[1]))
    for number, (value, part) in enumerate(zip(panel["values"], areas, strict=True)):
        if abs(100 * part / sum(areas) - 100 * value / total) > SHARE:
            yield "values", f"tile {number}: has {100 * part / sum(areas):.1f}% of the area, not {value}"
    texts = len(panel["categories"])
    if texts != len(marks) or abs(total - 100) > 1e-6:
        yield "values", "the shares do not make 100%"


def _tile(picture: np.ndarray, cell: list[float], colour: str, what: str) -> Found:
    x1, y1, x2, y2 = cell
    share = reading.painted(picture, [x1 + 1, y1 + 1, x2 - 1, y2 - 1], colour)
    if share < 0.6:
        yield "marks", f"{what}: {share:.0%} of its box is {colour}"
    for side, (bx1, by1, bx2, by2) in enumerate(
        (
            [x1, y1 + 4, x1 + 8, y2 - 4],
            [x1 + 4, y1, x2 - 4, y1 + 8],
            [x2 - 8, y1 + 4, x2, y2 - 4],
            [x1 + 4, y2 - 8, x2 - 4, y2],
        )
    ):
        part = near(picture[round(by1) : round(by2), round(bx1) : round(bx2)], colour)
        profile = np.median(part, 1 if side % 2 else 0)
        profile = profile if side < 2 else profile[::-1]
        inside = profile[3:7].max() if len(profile) > 6 else 255
        if not (profile[0] > 40 and inside < 45):  # its border, 2 px wide, lies on its sides
            yield "marks", f"{what}: its side {side} is not where its box ends"
