"""Ink drawn again from what is claimed, and held against the picture and against the pixels that were painted.

Against the picture: a linear fit of the pixels around a word (de-meaned by a slope of light) by the ink that the claim
expects, its derivatives (which allow a shift of a fraction of a pixel) and its edges (more or less blur). What the fit
leaves has no blot as strong as a stroke unless a stroke is missing or one too many. Against the pixels that were
painted, which know no noise: none is clear of the claimed ink, and all of the claimed ink is among them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from synth.ocr import outlines
from synth.ocr.outlines import Outline
from synth.sample import Failure

INK = 64  # coverage, of 255, from which a pixel counts as ink
CONTRAST = 40.0  # levels of luminance between ink and paper, at least
BLOT = 0.24  # the largest blot that noise, texture and compression leave, of the strongest in the ink itself
HINTED = 0.3  # and what hinting adds, which moves strokes by half a pixel of the large drawing that is made smaller
STRAY = 0.5  # the largest blot of pixels that were painted and should not be, or the reverse
LEAST = 0.3  # the strongest blot of ink, of its contrast, that thinner strokes are held to have
SHIFT = 1.2  # px that ink may be off its place
EDGE = 2.0  # px that the bounds of ink drawn again may differ from those claimed, or
EDGE_SHARE = 0.06  # of the em where that is more
AROUND = 3  # px about a word that are compared too
_NEAR = np.ones((2 * AROUND + 1, 2 * AROUND + 1), np.uint8)


@dataclass(frozen=True)
class Redrawn:
    """A claimed word: its curves in its text's plane, its coverage `ink` (h, w) of 255 in `window` (x1, y1, x2, y2)."""

    word: dict[str, Any]
    plane: Outline
    window: tuple[int, int, int, int]
    ink: np.ndarray


def redraw(text: dict[str, Any], width: int, height: int) -> list[list[Redrawn]]:
    """The words of each line of a claimed text. Raises ValueError where one cannot be drawn or leaves the picture."""
    planes = [[outlines.plane_outline(text, word) for word in line["words"]] for line in text["lines"]]
    each = [plane.points for line in planes for plane in line]
    places = iter(np.split(outlines.moved(text, np.concatenate(each)), np.cumsum([len(points) for points in each])))
    return [
        [_drawn(word, plane, next(places), width, height) for word, plane in zip(line["words"], row, strict=True)]
        for line, row in zip(text["lines"], planes, strict=True)
    ]


def _drawn(word: dict[str, Any], plane: Outline, points: np.ndarray, width: int, height: int) -> Redrawn:
    (left, top), (right, bottom) = np.floor(points.min(axis=0)).tolist(), np.ceil(points.max(axis=0)).tolist()
    if left < -0.5 or top < -0.5 or right > width + 0.5 or bottom > height + 0.5:
        raise ValueError(f"{word['text']!r} is cut off by the picture's edge")
    x1, y1, x2, y2 = word["box"]  # what was painted beyond the ink that is claimed must be seen
    x1, y1 = max(int(min(left, x1)) - AROUND, 0), max(int(min(top, y1)) - AROUND, 0)
    x2, y2 = min(int(max(right, x2)) + AROUND, width), min(int(max(bottom, y2)) + AROUND, height)
    return Redrawn(
        word, plane, (x1, y1, x2, y2), outlines.fill(replace(plane, points=points), x1, y1, x2 - x1, y2 - y1)
    )


def faults(text: dict[str, Any], grey: np.ndarray, numbers: np.ndarray, blur: float) -> Iterator[Failure]:
    """Every word's ink is in the picture where it is claimed, and there is no other ink of its kind beside it.

    `grey` (h, w): the picture's luminance, which JPEG keeps in full detail; `numbers` (h, w): above 0 where the ink of
    any word was painted; `blur`: standard deviation in px.
    """
    try:
        lines = redraw(text, grey.shape[1], grey.shape[0])
    except ValueError as error:
        yield Failure("ink", str(error))
        return
    drawn = [each for line in lines for each in line]
    windows = np.array([each.window for each in drawn])
    (left, top), (right, bottom) = windows[:, :2].min(axis=0).tolist(), windows[:, 2:].max(axis=0).tolist()
    whole = np.zeros((bottom - top, right - left), np.uint8)  # neighbouring words are in each other's windows
    for each in drawn:
        part = _inside(whole, each.window, left, top)
        np.maximum(part, each.ink, out=part)
    expected = whole.astype(np.float32) / 255
    if blur:
        expected = cv2.GaussianBlur(expected, (0, 0), blur)
    allowed = max(EDGE, EDGE_SHARE * text["drawn"] / text["scale"])
    for each in drawn:
        painted = _inside(numbers, each.window) > 0
        seen, wanted = _inside(grey, each.window), _inside(expected, each.window, left, top)
        near = cv2.dilate(np.maximum(each.ink, painted.view(np.uint8)), _NEAR) > 0
        fault = compare(wanted, seen, near, BLOT + HINTED / text["scale"])
        fault = fault or stray(_inside(whole, each.window, left, top), painted)
        if fault:
            yield Failure("ink", f"{each.word['text']!r}: {fault}")
        yield from _bounds(each, allowed)
    yield from _quads(text, lines, allowed)


def _inside(image: np.ndarray, window: Sequence[int], left: int = 0, top: int = 0) -> np.ndarray:
    return image[window[1] - top : window[3] - top, window[0] - left : window[2] - left]


def compare(expected: np.ndarray, seen: np.ndarray, near: np.ndarray, most: float) -> str:
    """Why `seen` (h, w) does not show the `expected` coverage (h, w) in one ink on calm ground; empty if it does.

    Only pixels in `near` (h, w) bool count: a sign's edge may cross the window. `most`: the largest blot, as `BLOT`.
    """
    height, width = expected.shape
    across, down = np.zeros_like(expected), np.zeros_like(expected)
    across[:, 1:-1] = (expected[:, 2:] - expected[:, :-2]) / 2
    down[1:-1] = (expected[2:] - expected[:-2]) / 2
    places = np.flatnonzero(near)
    columns = np.empty((7, len(places)), np.float32)
    for row, values in zip(columns, (expected, across, down, cv2.GaussianBlur(expected, (0, 0), 1.0)), strict=False):
        np.take(values, places, out=row)
    columns[4] = 1
    columns[5], columns[6] = 2 * (places % width) / width - 1, 2 * (places // width) / height - 1
    columns[3] -= columns[0]
    levels = seen.ravel()[places].astype(np.float32)
    fit = np.linalg.solve(columns @ columns.T + 1e-3 * np.eye(7), columns @ levels)
    contrast = float(abs(fit[0]))
    if contrast < CONTRAST:
        return f"its contrast is {contrast:.0f} levels"
    shift = float(np.abs(fit[1:3]).max()) / contrast
    if shift > SHIFT:
        return f"it is {shift:.1f} px off its place"
    left = np.zeros(height * width, np.float32)
    left[places] = (levels - fit.astype(np.float32) @ columns) / np.float32(contrast)
    # Thin strokes are weaker blots than thick ones: both are measured alike.
    blot = _strongest(left.reshape(height, width)) / max(_strongest(expected), LEAST)
    return f"a blot of {blot:.2f} is left when its ink is taken away" if blot > most else ""


def _strongest(image: np.ndarray) -> float:
    """The strongest blot, of about a stroke's width, of either sign."""
    blurred = cv2.GaussianBlur(image, (0, 0), 0.9)
    return float(max(blurred.max(), -blurred.min()))


def stray(wanted: np.ndarray, painted: np.ndarray) -> str:
    """Why `painted` (h, w) bool are not the pixels of `wanted` coverage (h, w) of 255; empty if they are.

    Only pixels that are wholly in ink or clear of it are beyond doubt: the edge runs through the others.
    """
    wrong = np.where(painted, wanted == 0, wanted > 0.8 * 255).astype(np.float32)
    blot = _strongest(wrong)
    return f"a blot of {blot:.2f} was painted that is not its ink, or the reverse" if blot > STRAY else ""


def _bounds(drawn: Redrawn, allowed: float) -> Iterator[Failure]:
    """Hairlines of about `INK` are within the claimed bounds or are not."""
    inner, outer = (_edges(drawn, level) for level in (2 * INK, INK // 2))
    if outer is None:
        yield Failure("boxes", f"{drawn.word['text']!r} is too thin to be seen")
        return
    inner = outer if inner is None else inner
    apart = [
        max(min(one, other) - side, side - max(one, other))
        for one, other, side in zip(inner, outer, drawn.word["box"], strict=True)
    ]
    if max(apart) > allowed:
        yield Failure("boxes", f"{drawn.word['text']!r} has its ink in {outer}, not in {drawn.word['box']}")


def _edges(drawn: Redrawn, level: int) -> list[int] | None:
    x, y, width, height = cv2.boundingRect(cv2.compare(drawn.ink, level, cv2.CMP_GE))
    left, top = x + drawn.window[0], y + drawn.window[1]
    return [left, top, left + width, top + height] if width else None


def _quads(text: dict[str, Any], lines: list[list[Redrawn]], allowed: float) -> Iterator[Failure]:
    """A line's box is the bounds of its words'; quadrilaterals are the corners of ink as it lies in its plane."""
    corners, told = [], []
    for line, drawn in zip(text["lines"], lines, strict=True):
        sides = np.array([word["box"] for word in line["words"]])
        name = " ".join(word["text"] for word in line["words"])
        if line["box"] != [*sides[:, :2].min(axis=0).tolist(), *sides[:, 2:].max(axis=0).tolist()]:
            yield Failure("boxes", f"{name!r} is not where its words are: {line['box']}")
        if line["quad"] is None:
            continue
        reach = np.array([outlines.bounds(each.plane) for each in drawn])
        reach = np.vstack([np.concatenate([reach[:, :2].min(axis=0), reach[:, 2:].max(axis=0)]), reach])
        corners.append(reach[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2))
        told += [(name, line["quad"]), *((word["text"], word["quad"]) for word in line["words"])]
    if told:
        found = outlines.moved(text, np.concatenate(corners)).reshape(-1, 4, 2)
        apart = np.abs(found - np.array([quad for _, quad in told])).max(axis=(1, 2))
        for (label, _), distance in zip(told, apart, strict=True):
            if distance > allowed:
                yield Failure("boxes", f"{label!r} has a corner {distance:.1f} px off that claimed")
