"""The second evaluator of nouns and facts: it decides from the buffer, the picture and the names alone.

Written apart from `synth.grounding.facts`, which makes the facts. Answers are True or False where every way of looking
at it agrees, else None.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from synth.buffer import Seen
from synth.grounding import colours
from synth.grounding.library.names import COLOURS, EVERYTHING
from synth.grounding.library.sprites import Sprites
from synth.grounding.outlines import fault
from synth.grounding.referents import OUTWARD, referent

IS, IS_NOT = 0.6, 0.3  # shares of pixels in reach of a colour
LARGER = 1.2
BORDER = 0.01  # of the canvas' side: nearer to a border of ninths a middle is on neither side
PIXELS, ENOUGH = 600, 16  # of an object, looked at for its colour


class Witness:
    """Knows what is seen: by id, the picture `shown` (height, width, 3) and the buffer `ids` (height, width)."""

    def __init__(
        self,
        seen: Mapping[int, Seen],
        objects: Mapping[int, Mapping[str, Any]],
        shown: np.ndarray,
        sprites: Sprites,
        ids: np.ndarray,
    ):
        self.ids = ids
        self.seen = sorted(seen.values(), key=lambda each: (*each.box, each.id))  # as lists are read out: left to right
        self.objects = objects
        self.names = {id: entry["name"] for id, entry in objects.items()}
        self.shown = shown
        self.sprites = sprites
        self.size = shown.shape[1], shown.shape[0]
        self._shares: dict[int, dict[str, float]] = {}

    def has_colour(self, id: int, term: str) -> bool | None:
        if id not in self._shares:
            [each] = [each for each in self.seen if each.id == id]
            pixels = _inner(each, self.ids, self.shown)
            [self._shares[id]] = colours.shares(colours.to_hsv(pixels[None]), colours.REACH)
        share = self._shares[id][term]
        return True if share >= IS else False if share <= IS_NOT else None

    def called(self, noun: str) -> list[Seen] | None:
        """The objects that a noun stands for, left to right; None where a colour is doubtful."""
        term, _, rest = noun.partition(" ")
        if noun in self.sprites.places or noun == EVERYTHING or term not in COLOURS:
            return [each for each in self.seen if noun in (EVERYTHING, self.names[each.id])]
        found = []
        for each in self.called(rest) or ():
            coloured = self.has_colour(each.id, term)
            if coloured is None:
                return None
            found += [each] * coloured
        return found

    def known(self, noun: str) -> bool:
        """Whether a noun is one of the library, alone or after a colour."""
        rest = noun.partition(" ")[2] if noun.partition(" ")[0] in COLOURS else ""
        return EVERYTHING in (noun, rest) or noun in self.sprites.places or rest in self.sprites.places

    def referent(self, phrase: str) -> int | None:
        return referent(phrase, self.called, self.names, self.size)

    def at(self, x: int, y: int) -> list[Seen]:
        """The object that is seen at a pixel, if there is one."""
        return [each for each in self.seen if each.id == self.ids[y, x]]

    def outline_fault(self, each: Seen, polygons: Sequence[Sequence[Sequence[float]]]) -> str | None:
        """What is wrong with polygons that are said to be an object's outline."""
        x1, y1, x2, y2 = each.box
        shifted = [[(x - x1, y - y1) for x, y in polygon] for polygon in polygons]
        if any(not (0 <= x < x2 - x1 and 0 <= y < y2 - y1) for polygon in shifted for x, y in polygon):
            return "a corner lies outside of the object's box"
        return fault(self.ids[y1:y2, x1:x2] == each.id, shifted)

    def truth(self, fact: Mapping[str, Any]) -> bool | None:
        """Whether a fact is so."""
        judges: dict[str, Callable[[Mapping[str, Any]], bool | None]] = {
            **{"count": self._count, "inventory": self._inventory, "place": self._place, "relation": self._relation},
            **{"extreme": self._extreme, "colour": self._colour, "larger": self._larger, "more": self._more},
            "filed": self._filed,
        }
        return judges[fact["fact"]](fact)

    def _only(self, noun: str) -> Seen | None:
        found = self.called(noun)
        return found[0] if found and len(found) == 1 else None

    def _count(self, fact: Mapping[str, Any]) -> bool | None:
        found = self.called(fact["noun"])
        return None if found is None or not self.known(fact["noun"]) else len(found) == fact["count"]

    def _inventory(self, fact: Mapping[str, Any]) -> bool | None:
        counts = dict(fact["counts"])
        there = sorted(set(self.names.values()))
        held = [(noun, len([name for name in self.names.values() if name == noun])) for noun in there]
        order = [tuple(pair) for pair in fact["counts"]]
        return len(counts) == len(order) and order == sorted(held, key=lambda pair: (-pair[1], pair[0]))

    def _place(self, fact: Mapping[str, Any]) -> bool | None:
        each = self._only(fact["noun"])
        row, column = fact["at"].split()
        if each is None:
            return None
        across = self._third(each, 0, ("left", "centre", "right").index(column))
        down = self._third(each, 1, ("top", "middle", "bottom").index(row))
        return False if across is False or down is False else None if across is None or down is None else True

    def _third(self, each: Seen, axis: int, third: int) -> bool | None:
        middle = (each.box[axis] + each.box[axis + 2]) / 2 / self.size[axis]
        edges = [edge for edge in (third / 3, (third + 1) / 3) if 0 < edge < 1]
        if any(abs(middle - edge) < BORDER for edge in edges):
            return None
        return third / 3 <= middle < (third + 1) / 3

    def _relation(self, fact: Mapping[str, Any]) -> bool | None:
        one, other = self._only(fact["noun"]), self._only(fact["other"])
        if one is None or other is None:
            return None
        x, y = OUTWARD[fact["side"]]
        along = x * (_middle(one, 0) - _middle(other, 0)) + y * (_middle(one, 1) - _middle(other, 1))
        across = abs(y * (_middle(one, 0) - _middle(other, 0)) + x * (_middle(one, 1) - _middle(other, 1)))
        return False if along <= 0 else True if along >= across else None

    def _extreme(self, fact: Mapping[str, Any]) -> bool | None:
        found, one = self.referent(fact["phrase"]), self._only(fact["noun"])
        return None if found is None or one is None else found == one.id

    def _colour(self, fact: Mapping[str, Any]) -> bool | None:
        one = self._only(fact["noun"])
        return None if one is None else self.has_colour(one.id, fact["colour"])

    def _larger(self, fact: Mapping[str, Any]) -> bool | None:
        one, other = self._only(fact["noun"]), self._only(fact["other"])
        if one is None or other is None:
            return None
        if one.pixels >= LARGER * other.pixels and one.area > other.area:
            return True
        return False if other.pixels >= LARGER * one.pixels and other.area > one.area else None

    def _more(self, fact: Mapping[str, Any]) -> bool | None:
        some, others = self.called(fact["noun"]), self.called(fact["other"])
        return None if some is None or others is None or len(some) == len(others) else len(some) > len(others)

    def _filed(self, fact: Mapping[str, Any]) -> bool | None:
        one = self._only(fact["noun"])
        number = None if one is None else self.sprites.numbers.get(self.objects[one.id]["sprite"])
        tags = self.sprites.drawings[number].tags if number is not None else ()
        return fact["tag"] in tags if tags else None


def _middle(each: Seen, axis: int) -> float:
    return (each.box[axis] + each.box[axis + 2]) / 2


def _inner(each: Seen, ids: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Colours (n, 3) of some pixels whose neighbours left and right, above and below are the object's too, if it has
    enough: the others are mixed with what is beside them."""
    some = slice(None, None, -(-each.pixels // PIXELS))
    xs, ys = each.xs[some], each.ys[some]
    near = np.ones(len(xs), bool)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        beside = (ys + dy).clip(0, ids.shape[0] - 1), (xs + dx).clip(0, ids.shape[1] - 1)
        near &= ids[beside] == each.id
    if near.sum() >= ENOUGH:
        xs, ys = xs[near], ys[near]
    return shown[ys, xs]
