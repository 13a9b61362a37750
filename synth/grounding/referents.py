"""The second evaluator of referring expressions: it reads the phrase itself and looks for what it names in the buffer.

Written apart from `synth.grounding.expressions`, which makes the phrases. A phrase is proven where every way of reading
it (by middles, by edges, by pixels, strictly, loosely) leads to one and the same object, with room to spare.
"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise

from synth.buffer import Seen
from synth.grounding.library.names import COLOURS, EVERYTHING

RATIO = 1.2  # the next in size has so many times fewer pixels
GAP = 0.03  # the next in place is this share of the canvas' side away
WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
OUTWARD = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}  # as pixels count: down is positive
BESIDE = {"left of": "left", "right of": "right", "above": "top", "below": "bottom"}


Called = Callable[[str], list[Seen] | None]


def referent(phrase: str, called: Called, names: Mapping[int, str], size: tuple[int, int]) -> int | None:
    """The id of the one object that the phrase names on a scene of `size` (width, height), or None: none, or not clear.

    `called` gives the objects that a noun stands for, or None where that is not clear; `names` are all objects'.
    """

    def some(noun: str) -> list[Seen]:
        """What a noun stands for, if it is a name that is there, alone or after a colour."""
        term, _, rest = noun.partition(" ")
        there = {*names.values(), EVERYTHING}
        return called(noun) or [] if noun in there or (term in COLOURS and rest in there) else []

    if found := re.fullmatch("the (largest|smallest) (.+)", phrase):
        return _extreme_size(found[1], some(found[2]))
    if found := re.fullmatch("the (left|right|top|bottom)most (.+)", phrase):
        return _ranked(found[1], 1, some(found[2]), size)
    if found := re.fullmatch(f"the ({'|'.join(WORDS)}) (.+) from the (left|right|top|bottom)", phrase):
        return _ranked(found[3], WORDS.index(found[1]) + 1, some(found[2]), size)
    for word, side in BESIDE.items():
        noun, between, other = phrase.removeprefix("the ").partition(f" {word} the ")
        if between and phrase.startswith("the "):
            anchors = some(other)
            return _beside(side, some(noun), anchors[0]) if len(anchors) == 1 else None
    alone = some(phrase.removeprefix("the ")) if phrase.startswith("the ") else []
    return alone[0].id if len(alone) == 1 else None


def _extreme_size(which: str, group: list[Seen]) -> int | None:
    sign = 1 if which == "largest" else -1
    if not group:
        return None
    first = max(group, key=lambda each: sign * each.pixels)
    others = [each for each in group if each is not first]
    for other in others:
        larger, smaller = (first, other) if sign > 0 else (other, first)
        if larger.pixels < RATIO * smaller.pixels or larger.area <= smaller.area:
            return None
    return first.id if others else None


def _ranked(side: str, rank: int, group: list[Seen], size: tuple[int, int]) -> int | None:
    """The object of that rank from a side, where the order by middles and the order by facing edges give the same."""
    if not 1 <= rank <= len(group) or len(group) < 2:
        return None
    x, y = OUTWARD[side]
    middles = sorted(group, key=lambda each: -_middle(each, x, y))
    edges = sorted(group, key=lambda each: -_reach(each, x, y))
    chosen = middles[rank - 1]
    gaps = [_middle(a, x, y) - _middle(b, x, y) for a, b in pairwise(middles[: rank + 1])]
    clear = min(gaps) >= GAP * abs(x * size[0] + y * size[1]) and edges[:rank] == middles[:rank]
    return chosen.id if clear else None


def _beside(side: str, group: list[Seen], anchor: Seen) -> int | None:
    """The object to a side of the anchor, where a strict and a loose reading each find that one alone."""
    x, y = OUTWARD[side]

    def loose(each: Seen) -> bool:
        return _middle(each, x, y) > _middle(anchor, x, y)

    def strict(each: Seen) -> bool:
        along = _middle(each, x, y) - _middle(anchor, x, y)
        across = abs(_middle(each, y, x) - _middle(anchor, y, x))
        return along >= across and _middle(each, x, y) > _reach(anchor, x, y)

    return _only(loose, group, anchor) if _only(loose, group, anchor) == _only(strict, group, anchor) else None


def _only(holds: Callable[[Seen], bool], group: list[Seen], anchor: Seen) -> int | None:
    found = [each.id for each in group if each is not anchor and holds(each)]
    return found[0] if len(found) == 1 else None


def _middle(each: Seen, x: int, y: int) -> float:
    """How far out the middle of the box lies in the direction (x, y)."""
    return x * (each.box[0] + each.box[2]) / 2 + y * (each.box[1] + each.box[3]) / 2


def _reach(each: Seen, x: int, y: int) -> float:
    """How far out the box reaches in the direction (x, y)."""
    return max(x * each.box[0] + y * each.box[1], x * each.box[2] + y * each.box[3])
