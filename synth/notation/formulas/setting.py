"""Reads set formulas back: signs, proved by the ink in KaTeX's fonts, must be those of the LaTeX and lie as it says."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from synth.notation.formulas.latex import Node, NotKnown, read
from synth.notation.glyphs import ascent, text_glyph
from synth.notation.redrawing import Redrawing, box_faults

RIVALS = (
    "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "αβγδεζηθικλμνξοπρστυφχψωϵϑϕ",
    "ΓΔΘΛΞΠΣΦΨΩ", "+−×⋅±∓÷=<>≤≥≈≡∼∝→", "∑∏∐⋃⋂", "∫∮", "()[]∣{}/",
)  # fmt: skip
_TALL = {"(": "⎛⎜⎝", ")": "⎞⎟⎠", "[": "⎡⎢⎣", "]": "⎤⎥⎦", "{": "⎧⎨⎩⎪", "}": "⎫⎬⎭", "∣": "|"}
PIECES = {piece: sign for sign, pieces in _TALL.items() for piece in pieces}
STYLES = {
    "math": ("KaTeX_Math-Italic",), "main": ("KaTeX_Main-Regular",), "bold": ("KaTeX_Main-Bold",),
    "bb": ("KaTeX_AMS-Regular",), "cal": ("KaTeX_Caligraphic-Regular",), "frak": ("KaTeX_Fraktur-Regular",),
}  # fmt: skip


@dataclass
class Placed:
    """A sign or a line as the page has it; `box` is that of its ink: x1, y1, x2, y2."""

    kind: str
    sign: str
    font: str
    box: tuple[float, float, float, float]
    size: float = 0.0


def ink_faults(seen: np.ndarray, truth: Mapping[str, Any], fonts: str) -> list[str]:
    """Signs and lines that the ink is not, and ink that is neither."""
    redrawing = Redrawing(*seen.shape)
    for each in truth["formulas"]:
        for mark in each["marks"]:
            _place(mark, fonts, redrawing, seen)
    return [*redrawing.faults(seen), *box_faults(seen, truth["box"])]


def reading_faults(seen: np.ndarray, truth: Mapping[str, Any], fonts: str) -> list[str]:
    """Where signs and lines are not those of the LaTeX, lie otherwise, or are elsewhere than their formula's box."""
    found = list[str]()
    for each in truth["formulas"]:
        placed = [_place(mark, fonts, None, seen) for mark in each["marks"]]
        found += _boxed(each["box"], placed, seen)
        try:
            found += _disagreements(read(each["latex"], each["display"]), _joined(each["marks"], placed, seen))
        except NotKnown as unknown:
            found.append(f"{each['latex']}: {unknown}")
    return found


def _place(mark: list[Any], fonts: str, redrawing: Redrawing | None, seen: np.ndarray) -> Placed:
    if mark[0] != "sign":
        kind, *box = mark[:5]
        if kind == "line" and redrawing:
            redrawing.stroke(kind, box[0], (box[1] + box[3]) / 2, box[2], (box[1] + box[3]) / 2, box[3] - box[1])
        elif redrawing:
            hook = mark[5]
            redrawing.allow(box[0], box[1], box[0] + hook if hook else box[2], box[3])
            redrawing.allow(box[0], box[1], box[2], box[1] + 0.2 * hook)
            part = seen[int(box[1]) : int(box[3]) + 1, int(box[0]) : int(box[2]) + 1]
            if part.size == 0 or part.max() < 0.5:
                raise ValueError(f"nothing is drawn in {box}")
        return Placed(kind, "", "", tuple(box))
    _, sign, font, size, x, top, _ = mark
    path = str(Path(fonts) / f"{Path(font).name}.ttf")
    rivals = next((signs for signs in RIVALS if sign in signs), "")
    baseline = np.floor(top + ascent(path, size) + 0.5)  # the browser sets signs on whole rows, between columns
    glyph = text_glyph(path, size, sign, x, baseline, rivals)
    if redrawing:
        redrawing.glyph(glyph)
    shape = glyph.mark(sign)
    if shape is None:
        return Placed("sign", sign, font, (x, top, x, top), size)
    height, width = shape.alpha.shape
    return Placed("sign", sign, font, (shape.left, shape.top, shape.left + width, shape.top + height), size)


def _joined(marks: list[list[Any]], placed: list[Placed], seen: np.ndarray) -> list[Placed]:
    """Pieces of one tall delimiter as one sign; one drawn without any sign is read from its ink."""
    found: list[Placed] = []
    before = -1
    for mark, each in zip(marks, placed, strict=True):
        fence = mark[-1]
        if fence >= 0:
            each = Placed("sign", PIECES.get(each.sign, each.sign), "", each.box)
            if fence == before:
                last = found[-1]
                found[-1] = Placed("sign", last.sign or each.sign, "", _union([last.box, each.box]))
                continue
        before = fence
        found.append(each)
    for each in found:
        if each.kind == "sign" and not each.sign:
            each.sign = _fence(seen, each.box)
    return found


def _fence(seen: np.ndarray, box: tuple[float, float, float, float]) -> str:
    """Which tall delimiter the ink in a box is, by where its ends and its middle lie; empty where none is."""
    x1, y1, x2, y2 = (round(edge) for edge in box)
    part = _tall(seen[max(y1, 0) : y2, max(x1, 0) : x2] > 0.4)
    rows = np.nonzero(part.any(axis=1))[0]
    if len(rows) < 12:
        return ""
    part = part[rows[0] : rows[-1] + 1]
    height = len(part)
    across = np.arange(part.shape[1])
    at = [float((row * across).sum() / max(row.sum(), 1)) for row in part]
    ends = (np.mean(at[:2]) + np.mean(at[-2:])) / 2
    middle = float(np.mean(at[height // 2 - 1 : height // 2 + 2]))
    quarter = (at[height // 4] + at[3 * height // 4]) / 2
    near = (at[3 * height // 8] + at[5 * height // 8]) / 2
    if abs(middle - quarter) > 1.2 and abs(near - middle) > 0.6 * abs(quarter - middle):  # a brace's tip is short
        return "{" if middle < quarter else "}"
    if abs(ends - middle) < 0.8:
        return "∣"
    straight = part.mean(axis=0).max() > 0.93
    return ("[" if ends > middle else "]") if straight else ("(" if ends > middle else ")")


def _tall(part: np.ndarray) -> np.ndarray:
    """Ink without its spots below a quarter of the height: the edges of signs that reach into a delimiter's box."""
    import cv2

    _, numbers, spots, _ = cv2.connectedComponentsWithStats(part.astype(np.uint8))
    keep = spots[:, cv2.CC_STAT_HEIGHT] >= len(part) / 4
    keep[0] = False  # the paper
    return keep[numbers]


def _boxed(box: list[float], placed: list[Placed], seen: np.ndarray) -> Iterator[str]:
    """A formula's box is that of the ink near its signs."""
    x1, y1, x2, y2 = _union([each.box for each in placed])
    left, top = max(int(x1) - 4, 0), max(int(y1) - 4, 0)
    part = seen[top : int(y2) + 5, left : int(x2) + 5] > 0.3
    rows, columns = np.nonzero(part.any(axis=1))[0], np.nonzero(part.any(axis=0))[0]
    if not len(rows):
        yield "a formula without ink"
        return
    ends = [left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1]
    if max(abs(float(one) - two) for one, two in zip(ends, box, strict=True)) > 3:
        yield f"a formula's ink is in {[int(end) for end in ends]}, not {box}"


def _disagreements(tree: Node, placed: list[Placed]) -> Iterator[str]:
    leaves = list(tree.leaves())
    said, shown = [leaf.sign or leaf.kind for leaf in leaves], [each.sign or each.kind for each in placed]
    if [_plain(sign) for sign in said] != [_plain(sign) for sign in shown]:
        yield f"{' '.join(shown)} is set, not {' '.join(said)}"
        return
    for leaf, each in zip(leaves, placed, strict=True):
        wanted = STYLES.get(leaf.style, ())
        if leaf.style in ("bold", "bb", "cal", "frak", "math") and each.font not in wanted:
            yield f"{each.sign!r} is set in {each.font}, not {' or '.join(wanted)}"
        if leaf.style == "main" and leaf.sign.isalpha() and each.font not in wanted:
            yield f"{each.sign!r} is set in {each.font}, not upright"
    boxes = {id(leaf): each for leaf, each in zip(leaves, placed, strict=True)}
    yield from _lie(tree, boxes)


def _plain(sign: str) -> str:
    return unicodedata.normalize("NFKC", PIECES.get(sign, sign)) if sign not in "ˉ˙¨ˇ˘" else sign


def _lie(node: Node, placed: Mapping[int, Placed]) -> Iterator[str]:
    """Whether the parts of every construct lie as it says: above, below, beside, smaller."""
    boxes = [_box(part, placed) if part is not None else None for part in node.parts]
    match node.kind:
        case "fraction":
            numerator, denominator, line = boxes
            if numerator and denominator and not _middle(numerator) < _middle(denominator):
                yield "a numerator below its denominator"
            if line and numerator and denominator and not _middle(numerator) < _middle(line) < _middle(denominator):
                yield "a fraction line that parts nothing"
        case "limits":
            base, lower, upper = boxes
            if (lower and base and lower[1] < base[3] - 2) or (upper and base and upper[3] > base[1] + 2):
                yield "a limit beside its sign"
        case "scripts":
            yield from _scripts(node, boxes, placed)
        case "matrix":
            grid = [boxes[at : at + node.columns] for at in range(0, len(boxes), node.columns)]
            rows = [_middle(_union([box for box in row if box])) for row in grid]
            columns = [np.mean([row[at][0] + row[at][2] for row in grid if row[at]]) for at in range(node.columns)]  # type: ignore[index]
            if sorted(rows) != rows or sorted(columns) != columns:
                yield "cells out of order"
        case "accent" | "over":
            body, mark = boxes
            if body and mark and _middle(mark) > body[1] + 0.4 * (body[3] - body[1]):
                yield "an accent that is not above"
        case "row" | "fenced":
            starts = [box[0] for box in boxes if box]
            if any(two < one - 3 for one, two in pairwise(starts)):
                yield "signs out of order"
    for part in node.parts:
        if part is not None:
            yield from _lie(part, placed)


def _scripts(node: Node, boxes: list[Any], placed: Mapping[int, Placed]) -> Iterator[str]:
    base, lower, upper = boxes
    sizes = [max((placed[id(leaf)].size for leaf in part.leaves()), default=0) if part else 0 for part in node.parts]
    smallest = sizes[0] < 0.75 * max(each.size for each in placed.values())  # scripts of scripts shrink no further
    if not smallest and any(size and sizes[0] and size > sizes[0] - 0.5 for size in sizes[1:]):
        large = any(leaf.sign in "∫∮∬∑∏" for leaf in (node.parts[0].leaves() if node.parts[0] else ()))
        if not large:
            yield "a script as large as its base"
    if lower and upper and not _middle(upper) < _middle(lower):
        yield "a superscript below a subscript"
    if lower and base and _middle(lower) < _middle(base):
        yield "a subscript above the middle of its base"
    if upper and base and _middle(upper) > _middle(base):
        yield "a superscript below the middle of its base"
    if base and any(script and script[0] < base[0] - 2 for script in (lower, upper)):
        yield "a script before its base"


def _box(node: Node, placed: Mapping[int, Placed]) -> tuple[float, float, float, float] | None:
    boxes = [placed[id(leaf)].box for leaf in node.leaves()]
    return _union(boxes) if boxes else None


def _union(boxes: list[Any]) -> tuple[float, float, float, float]:
    sides = np.array(boxes, float)
    return (*sides[:, :2].min(axis=0).tolist(), *sides[:, 2:].max(axis=0).tolist())


def _middle(box: tuple[float, float, float, float]) -> float:
    return (box[1] + box[3]) / 2
