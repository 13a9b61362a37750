"""Referring expressions: phrases that are true of exactly one object of a scene, by a clear margin.

    by size       the largest dog            the smallest object
    by side       the leftmost dog           the topmost object
    by order      the second dog from the left
    by relation   the dog left of the red apple

What is clear is decided from the boxes and pixel counts that the instance-ID buffer holds. A reader who measures boxes
otherwise (by edges, by middles) must come to the same object, or the phrase is not made.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.scene import Thing
from synth.sprites import EVERYTHING

LARGER = 1.4  # the largest has so many times the pixels of the next one
APART = 0.05  # middles of neighbours in an order differ by this share of the canvas' side
SIDES = ("left", "right", "top", "bottom")
RELATIONS = {"left": "left of", "right": "right of", "top": "above", "bottom": "below"}
ORDINALS = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


@dataclass(frozen=True, slots=True)
class Expression:
    """`phrase` names the object `id`; `rule` is size, side, order or relation."""

    rule: str
    phrase: str
    id: int


def expressions(things: Sequence[Thing], canvas: tuple[int, int]) -> list[Expression]:
    """Every expression that clearly holds on a scene of `canvas` width and height, in an order of their own."""
    found: list[Expression] = []
    for noun, group in _groups(things).items():
        found += _by_size(noun, group)
        for side in SIDES:
            found += _in_order(noun, group, side, canvas)
            found += _by_relation(noun, group, side, things)
    return found


def _groups(things: Sequence[Thing]) -> dict[str, list[Thing]]:
    """What one noun may stand for: the kinds with several objects, and all objects. A kind with one needs no phrase."""
    kinds = sorted({thing.name for thing in things})
    groups = {kind: [thing for thing in things if thing.name == kind] for kind in kinds}
    groups[EVERYTHING] = list(things)
    return {noun: group for noun, group in groups.items() if len(group) > 1}


def _by_size(noun: str, group: list[Thing]) -> Iterator[Expression]:
    ranked = sorted(group, key=lambda thing: thing.pixels)
    areas = sorted(_area(thing) for thing in group)
    if ranked[-1].pixels >= LARGER * ranked[-2].pixels and _area(ranked[-1]) == areas[-1] > areas[-2]:
        yield Expression("size", f"the largest {noun}", ranked[-1].id)
    if ranked[1].pixels >= LARGER * ranked[0].pixels and _area(ranked[0]) == areas[0] < areas[1]:
        yield Expression("size", f"the smallest {noun}", ranked[0].id)


def _in_order(noun: str, group: list[Thing], side: str, canvas: tuple[int, int]) -> Iterator[Expression]:
    """The first from a side, then the second and on, as far as each is clearly apart from the next."""
    gap = APART * canvas[_axis(side)]
    ranked = sorted(group, key=lambda thing: _from(side, thing))
    for rank, thing in enumerate(ranked[:-1]):
        later = ranked[rank + 1 :]
        near = _from(side, later[0]) - _from(side, thing) < gap
        if near or min(_edge(side, other) for other in later) <= _edge(side, thing):
            return  # those that follow could be counted otherwise
        if rank == 0:
            yield Expression("side", f"the {side}most {noun}", thing.id)
        elif rank <= len(ORDINALS):
            yield Expression("order", f"the {ORDINALS[rank - 1]} {noun} from the {side}", thing.id)


def _by_relation(noun: str, group: list[Thing], side: str, things: Sequence[Thing]) -> Iterator[Expression]:
    counts = Counter(thing.name for thing in things)
    for anchor in sorted(things, key=lambda thing: thing.name):
        if counts[anchor.name] > 1 or anchor.name == noun:
            continue
        answers = [_lies(side, thing, anchor) for thing in group if thing is not anchor]
        if None in answers or answers.count(True) != 1:
            continue
        target = next(thing for thing in group if thing is not anchor and _lies(side, thing, anchor))
        yield Expression("relation", f"the {noun} {RELATIONS[side]} the {anchor.name}", target.id)


def _lies(side: str, thing: Thing, anchor: Thing) -> bool | None:
    """Whether a thing lies to a side of an anchor: True or False where everyone would say so, else None."""
    away = _from(side, anchor) - _from(side, thing)
    if away <= 0:
        return False
    across = abs(thing.middle[1 - _axis(side)] - anchor.middle[1 - _axis(side)])
    beyond = _from(side, thing) < _edge(side, anchor)
    return True if beyond and away >= across else None


def _axis(side: str) -> int:
    return 0 if side in ("left", "right") else 1


def _from(side: str, thing: Thing) -> float:
    """How far the thing's middle is from a side, in pixels from an origin that all things share."""
    middle = thing.middle[_axis(side)]
    return middle if side in ("left", "top") else -middle


def _edge(side: str, thing: Thing) -> float:
    """How far the thing's edge that faces a side is from it."""
    axis = _axis(side)
    return thing.box[axis] if side in ("left", "top") else -thing.box[axis + 2]


def _area(thing: Thing) -> int:
    x1, y1, x2, y2 = thing.box
    return (x2 - x1) * (y2 - y1)
