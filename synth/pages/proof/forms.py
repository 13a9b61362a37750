"""Whether headings, lists and tables look like what they are said to be."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from synth.pages.drawing.markup import BODY, H1, HEAD, SMALL
from synth.pages.model import FIGURE_KINDS, LIST_KINDS, TEXT_KINDS, Element, Leaf
from synth.sample import Claims

FONTS = {
    **{f"h{level}": H1 + level - 1 for level in (1, 2, 3, 4)},
    **{"p": BODY, "header": SMALL, "footer": SMALL, "footnote": SMALL, "image caption": SMALL},
}
_INDENT = 3  # px between items of one depth
_RULE = 40  # levels between a rule and what is on both sides of it
_ALONG = 0.7  # of a table's side: the part that a rule must run


def faults(claims: Claims, picture: np.ndarray) -> Iterator[str]:
    """`picture` is (height, width, 3). The faces and sizes of words are proved elsewhere, by their ink."""
    fonts: dict[int, set[int]] = {}
    starts: dict[int, float] = {}
    for leaf, x, _, width, _, font in claims["words"]:
        fonts.setdefault(leaf, set()).add(font)
        starts.setdefault(leaf, x if claims["direction"] == "ltr" else -(x + width))
    for element in claims["elements"]:
        kind, number = element["kind"], element["id"]
        if kind not in (*TEXT_KINDS, *LIST_KINDS, *FIGURE_KINDS, "table"):
            yield f"{kind!r} is no kind of element"
        elif kind in FONTS and kind != "image caption" and fonts.get(number) != {FONTS[kind]}:
            yield f"element {number} is set in font {sorted(fonts.get(number, ()))}, not like a {kind}"
        elif kind in LIST_KINDS:
            yield from (f"{kind} {number}: {fault}" for fault in _list(element, starts))
        elif kind == "table":
            yield from (f"table {number}: {fault}" for fault in _table(element, fonts, claims["direction"] == "ltr"))
            yield from (f"table {number}: {fault}" for fault in _rules(element, picture))


def _list(element: Element, starts: dict[int, float]) -> Iterator[str]:
    """Markers count up or are bullets; the deeper an item, the further in it begins."""
    counts: list[int] = []
    places: dict[int, float] = {}
    for item in element["items"]:
        depth = item["depth"]
        if depth > len(counts):
            yield f"item {item['id']} is {depth} deep below one that is {len(counts) - 1} deep"
            return
        counts = [*counts[: depth + 1], *([0] if depth == len(counts) else [])]
        counts[depth] += 1
        numbered = item["marker"] == f"{counts[depth]}."
        if numbered != (element["kind"] == "ol") or (not numbered and item["marker"][:1].isalnum()):
            yield f"item {item['id']} is marked {item['marker']!r}"
        if abs(places.setdefault(depth, starts[item["id"]]) - starts[item["id"]]) > _INDENT:
            yield f"item {item['id']} does not begin where others of its depth do"
    begins = [places[depth] for depth in sorted(places)]
    if any(inner <= outer + _INDENT for outer, inner in pairwise(begins)):
        yield "inner items do not stand further in"


def _table(element: Element, fonts: dict[int, set[int]], left_to_right: bool) -> Iterator[str]:
    rows = element["rows"]
    placed, width = grid(rows)
    if width is None:
        yield "its rows do not fill a grid"
        return
    for cell, _, _ in placed:
        if fonts.get(cell["id"]) != {HEAD if cell["head"] else BODY}:
            yield f"cell {cell['id']} is {'' if cell['head'] else 'not '}said to be a head"
    for axis in (0, 1):  # columns, then rows: what is before in the grid is before in the picture
        alone = [(at[axis], cell["box"]) for cell, *at in placed if _span(cell, axis) == 1]
        ends: dict[int, list[float]] = {}
        for place, box in alone:
            low, high = box[axis], box[axis + 2]
            if axis == 0 and not left_to_right:
                low, high = -high, -low
            bounds = ends.setdefault(place, [low, high])
            bounds[0], bounds[1] = min(bounds[0], low), max(bounds[1], high)
        order = [ends[place] for place in sorted(ends)]
        if any(before[1] > after[0] + 2 for before, after in pairwise(order)):
            yield f"its {'columns' if axis == 0 else 'rows'} do not stand in their order"


def _span(cell: Leaf, axis: int) -> int:
    return cell["columns"] if axis == 0 else cell["rows"]


def grid(rows: Sequence[Sequence[Any]]) -> tuple[list[tuple[Any, int, int]], int | None]:
    """Each cell with its column and row, and the number of columns; None where cells overlap or leave holes."""
    taken: dict[tuple[int, int], int] = {}
    placed = []
    for down, row in enumerate(rows):
        across = 0
        for cell in row:
            while (across, down) in taken:
                across += 1
            placed.append((cell, across, down))
            for x in range(across, across + cell["columns"]):
                for y in range(down, down + cell["rows"]):
                    if (x, y) in taken:
                        return placed, None
                    taken[x, y] = cell["id"]
    width = max(x for x, _ in taken) + 1
    whole = len(taken) == width * len(rows) and max(y for _, y in taken) < len(rows)
    return placed, width if whole else None


def _rules(element: Element, picture: np.ndarray) -> Iterator[str]:
    """Rules down its side and along its foot, or not, as claimed."""
    x1, y1, x2, y2 = element["box"]
    wide = picture.astype(np.int16)
    foot = _runs(wide[max(y2 - 7, 0) : y2 + 7, x1:x2])
    side = _runs(wide[y1:y2, max(x1 - 7, 0) : x1 + 7].swapaxes(0, 1))
    seen = "grid" if foot and side else "rows" if foot else "none"
    if seen != element["rules"]:
        yield f"its rules are {seen}, not {element['rules']}"


def _runs(band: np.ndarray) -> bool:
    """Whether a line apart from both its sides runs along a band (across, along, 3)."""
    away = np.abs(band[3:-3] - band[:-6]).max(axis=2), np.abs(band[3:-3] - band[6:]).max(axis=2)
    return bool(((away[0] > _RULE) & (away[1] > _RULE)).mean(axis=1).max(initial=0) > _ALONG)
