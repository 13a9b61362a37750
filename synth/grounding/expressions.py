"""Referring expressions: phrases that are true of exactly one object of a scene, by a clear margin.

    by size       the largest dog            the smallest object
    by side       the leftmost dog           the topmost object
    by order      the second dog from the left
    by relation   the dog left of the red apple
    by attribute  the red anchor; and each of the above of red anchors alone

What is clear is decided from the boxes and pixel counts that the instance-ID buffer holds. A reader who measures boxes
otherwise (by edges, by middles) must come to the same object, or the phrase is not made.
"""

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from synth.grounding.library.names import COLOURS, EVERYTHING
from synth.grounding.scene import Thing

LARGER = 1.4  # the largest has so many times the pixels of the next one
APART = 0.05  # middles of neighbours in an order differ by this share of the canvas' side
SIDES = ("left", "right", "top", "bottom")
RELATIONS = {"left": "left of", "right": "right of", "top": "above", "bottom": "below"}
ORDINALS = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


@dataclass(frozen=True, slots=True)
class Expression:
    """`phrase` names the object `id`; `rule` is size, side, order, relation or attribute."""

    rule: str
    phrase: str
    id: int


def expressions(
    things: Sequence[Thing], canvas: tuple[int, int], known: Container[str] = frozenset()
) -> list[Expression]:
    """Every expression that clearly holds on a scene of `canvas` width and height, in an order of their own.

    `known` are names of the library: "red apple" does not mean an apple that is red where it is a name.
    """
    found: list[Expression] = []
    for noun, group in groups(things, known).items():
        if len(group) == 1:
            found.append(Expression("attribute", f"the {noun}", group[0].id))
            continue
        found += _by_size(noun, group)
        for side in SIDES:
            found += _in_order(noun, group, side, canvas)
            found += _by_relation(noun, group, side, things)
    return found


def groups(things: Sequence[Thing], known: Container[str]) -> dict[str, list[Thing]]:
    """What one noun may stand for: the kinds with several objects, all objects, and those of them of one colour.

    A kind with one object needs no phrase.
    """
    kinds = sorted({thing.name for thing in things})
    whole = {kind: [thing for thing in things if thing.name == kind] for kind in kinds}
    whole[EVERYTHING] = list(things)
    found = {noun: group for noun, group in whole.items() if len(group) > 1}
    for noun, group in [pair for pair in found.items() if pair[0].partition(" ")[0] not in COLOURS]:
        for term in sorted({thing.colour for thing in group if thing.colour}):
            some = [thing for thing in group if thing.colour == term]
            doubtful = any(term in thing.tints for thing in group if thing.colour != term)
            if not doubtful and len(some) < len(group) and f"{term} {noun}" not in known:
                found[f"{term} {noun}"] = some
    return found


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
        if counts[anchor.name] > 1 or (anchor in group and len(group) < len(things)):
            continue
        if target := _one_beside(side, group, anchor):
            yield Expression("relation", f"the {noun} {RELATIONS[side]} the {anchor.name}", target.id)


def _one_beside(side: str, group: list[Thing], anchor: Thing) -> Thing | None:
    """The thing of a group to a side of an anchor, where everyone would say so of that one alone."""
    target = None
    for thing in group:
        answer = thing is not anchor and lies(side, thing, anchor)
        if answer is None or (answer and target):
            return None
        target = thing if answer else target
    return target


def lies(side: str, thing: Thing, anchor: Thing) -> bool | None:
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
