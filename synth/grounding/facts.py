"""What is clearly so in a scene, and what clearly is not: facts for captions and for questions with hard negatives.

What is clear is decided with more room to spare than the proof asks for (`synth.grounding.witness`), from boxes, pixel
counts and colours.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from synth.grounding.expressions import Expression, lies
from synth.grounding.library.names import COLOURS
from synth.grounding.library.sprites import Sprites
from synth.grounding.scene import Thing

LARGER = 1.5  # so many times the pixels, and a larger box
INSIDE = 0.03  # of the canvas' side: how far a middle is from the border of its third
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")
PLACES = tuple(f"{row} {column}" for row in ROWS for column in COLUMNS)
EVERY_NUMBER_IS_SEEN = 12  # kinds of more objects than this are not counted in captions

Truth = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """Facts about a scene: `true`, and beside each, in `false`, facts of its kind that clearly are not so."""

    true: tuple[Truth, ...]
    false: tuple[tuple[Truth, ...], ...]
    inventory: Truth


def facts(
    things: Sequence[Thing],
    canvas: tuple[int, int],
    phrases: Sequence[Expression],
    absent: Sequence[str],
    sprites: Sprites,
) -> Facts:
    """`phrases` are referring expressions of the scene, `absent` names of kinds that are not there."""
    found = [
        *_counts(things, absent),
        *_single(things, canvas, sprites),
        *_pairs(things),
        *_extremes(things, phrases),
    ]
    counts = Counter(thing.name for thing in things)
    inventory = {
        "fact": "inventory",
        "counts": [list(pair) for pair in sorted(counts.items(), key=lambda p: (-p[1], p[0]))],
    }
    return Facts(tuple(fact for fact, _ in found), tuple(tuple(wrong) for _, wrong in found), inventory)


Found = Iterator[tuple[Truth, list[Truth]]]


def _counts(things: Sequence[Thing], absent: Sequence[str]) -> Found:
    counts = Counter(thing.name for thing in things)
    for noun, count in [*sorted(counts.items()), *((name, 0) for name in absent)]:
        fact = {"fact": "count", "noun": noun, "count": count}
        yield fact, [{**fact, "count": other} for other in (count - 1, count + 1, count + 2) if other >= 0]
    for noun, other in ((a, b) for a in sorted(counts) for b in sorted(counts) if counts[a] > counts[b]):
        fact = {"fact": "more", "noun": noun, "other": other}
        yield fact, [{**fact, "noun": other, "other": noun}]


def _alone(things: Sequence[Thing]) -> list[Thing]:
    """Those that their name tells from all others."""
    counts = Counter(thing.name for thing in things)
    return sorted((thing for thing in things if counts[thing.name] == 1), key=lambda thing: thing.name)


def _single(things: Sequence[Thing], canvas: tuple[int, int], sprites: Sprites) -> Found:
    headings = sorted({tag for thing in things for tag in _tags(thing, sprites)} | {"objects", "food and drink"})
    for thing in _alone(things):
        at = place(thing, canvas)
        if at:
            fact = {"fact": "place", "noun": thing.name, "at": at}
            yield fact, [{**fact, "at": other} for other in PLACES if other != at]
        if thing.colour:
            fact = {"fact": "colour", "noun": thing.name, "colour": thing.colour}
            yield fact, [{**fact, "colour": other} for other in COLOURS if other not in thing.tints]
        tags = _tags(thing, sprites)
        for tag in tags[:1]:
            fact = {"fact": "filed", "noun": thing.name, "tag": tag}
            yield fact, [{**fact, "tag": other} for other in headings if other not in tags]


def _tags(thing: Thing, sprites: Sprites) -> tuple[str, ...]:
    return sprites.drawings[sprites.numbers[thing.sprite]].tags


def place(thing: Thing, canvas: tuple[int, int]) -> str | None:
    """The ninth of the picture that the middle lies in, or None near a border of ninths."""
    words = []
    for axis, names in ((1, ROWS), (0, COLUMNS)):
        share = thing.middle[axis] / canvas[axis]
        if min(abs(share - border) for border in (1 / 3, 2 / 3)) < INSIDE:
            return None
        words.append(names[min(int(3 * share), 2)])
    return " ".join(words)


def _pairs(things: Sequence[Thing]) -> Found:
    alone = _alone(things)
    opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
    for one, other in ((a, b) for a in alone for b in alone if a is not b):
        for side, away in opposite.items():
            if lies(side, one, other):
                fact = {"fact": "relation", "noun": one.name, "side": side, "other": other.name}
                yield fact, [{**fact, "side": away}]
        if one.pixels >= LARGER * other.pixels and _area(one) > 1.1 * _area(other):
            fact = {"fact": "larger", "noun": one.name, "other": other.name}
            yield fact, [{**fact, "noun": other.name, "other": one.name}]


def _extremes(things: Sequence[Thing], phrases: Sequence[Expression]) -> Found:
    """The largest, leftmost, second from the left ... of all objects, where its name says which one is meant."""
    alone = {thing.id: thing.name for thing in _alone(things)}
    for each in phrases:
        if each.id in alone and each.rule in ("size", "side", "order") and " object" in each.phrase:
            fact = {"fact": "extreme", "phrase": each.phrase, "noun": alone[each.id]}
            yield fact, [{**fact, "noun": name} for id, name in sorted(alone.items()) if id != each.id]


def _area(thing: Thing) -> int:
    x1, y1, x2, y2 = thing.box
    return (x2 - x1) * (y2 - y1)
