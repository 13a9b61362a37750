"""Referring expressions: true of one object, by a margin that any way of measuring respects."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from synth.buffer import Seen, measure
from synth.grounding.expressions import expressions
from synth.grounding.referents import referent
from synth.grounding.scene import Placement, Thing

CANVAS = (280, 224)
NOWHERE = Placement(0, 0, 1, 1, 0.0, False, 1.0)
ORDINALS = {"second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "seventh": 6, "eighth": 7}


@st.composite
def scenes(draw) -> tuple[np.ndarray, list[Thing]]:
    """Rectangles of three kinds anywhere on a buffer, later ones on top of earlier ones; hidden ones left out."""
    ids = np.zeros(CANVAS[::-1], np.uint8)
    names = draw(st.lists(st.sampled_from(["dog", "red apple", "cat"]), min_size=1, max_size=7))
    for id in range(1, len(names) + 1):
        width, height = draw(st.integers(12, 90)), draw(st.integers(12, 90))
        x, y = draw(st.integers(0, CANVAS[0] - width)), draw(st.integers(0, CANVAS[1] - height))
        ids[y : y + height, x : x + width] = id
    seen = measure(ids)
    return ids, [Thing(id, names[id - 1], each.box, each.pixels, NOWHERE) for id, each in seen.items()]


def read(phrase: str, seen: list[Seen], names: dict[int, str]) -> int | None:
    """What the proof takes the phrase for, where nothing has a certain colour."""
    return referent(phrase, lambda noun: [each for each in seen if noun in ("object", names[each.id])], names, CANVAS)


def judged(phrase: str, ids: np.ndarray, things: list[Thing]) -> list[int]:
    """Whom the phrase names, by the plainest reading: pixel counts and middles of boxes taken from the buffer here."""
    rows, columns = {}, {}
    for thing in things:
        ys, xs = np.nonzero(ids == thing.id)
        rows[thing.id], columns[thing.id] = (ys.min() + ys.max()) / 2, (xs.min() + xs.max()) / 2
    words = phrase.removeprefix("the ")

    def group(noun: str) -> list[int]:
        return [thing.id for thing in things if noun in ("object", thing.name)]

    def rank(noun: str, side: str, place: int) -> list[int]:
        line = rows if side in ("top", "bottom") else columns
        ordered = sorted(group(noun), key=lambda id: line[id], reverse=side in ("right", "bottom"))
        return [id for id in ordered if line[id] == line[ordered[place]]]

    for relation, line, sign in (
        (" left of the ", columns, -1), (" right of the ", columns, 1),
        (" above the ", rows, -1), (" below the ", rows, 1),
    ):  # fmt: skip
        if relation in words:
            noun, anchor = words.split(relation)
            (at,) = group(anchor)
            return [id for id in group(noun) if id != at and sign * (line[id] - line[at]) > 0]
    first, rest = words.split(" ", 1)
    if " from the " in rest:
        noun, side = rest.split(" from the ")
        return rank(noun, side, ORDINALS[first])
    if first in ("largest", "smallest"):
        areas = {id: int((ids == id).sum()) for id in group(rest)}
        return [id for id in areas if areas[id] == (max if first == "largest" else min)(areas.values())]
    return rank(rest, first.removesuffix("most"), 0)


@hypothesis_settings(max_examples=150, deadline=None)
@given(scenes())
def test_a_phrase_names_exactly_its_object(scene):
    ids, things = scene
    for expression in expressions(things, CANVAS):
        assert judged(expression.phrase, ids, things) == [expression.id], expression


@hypothesis_settings(max_examples=150, deadline=None)
@given(scenes())
def test_the_proof_reads_the_same_object_from_every_phrase(scene):
    ids, things = scene
    seen = list(measure(ids).values())
    names = {thing.id: thing.name for thing in things}
    for expression in expressions(things, CANVAS):
        assert read(expression.phrase, seen, names) == expression.id, expression


@hypothesis_settings(max_examples=60, deadline=None)
@given(scenes())
def test_no_phrase_is_made_twice_and_mirroring_swaps_left_and_right(scene):
    ids, things = scene
    found = {each.phrase: each.id for each in expressions(things, CANVAS)}
    assert len(found) == len(expressions(things, CANVAS))
    mirrored = measure(ids[:, ::-1])
    flipped = [Thing(thing.id, thing.name, mirrored[thing.id].box, thing.pixels, NOWHERE) for thing in things]
    swap = {"left": "right", "right": "left", "leftmost": "rightmost", "rightmost": "leftmost"}
    expected = {" ".join(swap.get(word, word) for word in phrase.split()): id for phrase, id in found.items()}
    assert {each.phrase: each.id for each in expressions(flipped, CANVAS)} == expected


@pytest.mark.parametrize(
    ("phrase", "id"),
    [
        ("the leftmost dog", 1),
        ("the second dog from the left", 2),
        ("the third dog from the right", 1),
        ("the dog right of the cat", 3),
        ("the largest dog", None),  # all are of one size
        ("the topmost dog", None),  # all are at one height
        ("the dog left of the cat", None),  # two are
        ("the dog left of the dog", None),
        ("the second cat from the left", None),
        ("the leftmost horse", None),
        ("dog", None),
    ],
)
def test_an_unclear_phrase_names_nothing(phrase, id):
    ids = np.zeros(CANVAS[::-1], np.uint8)
    for number, x in enumerate((10, 60, 210, 130), 1):
        ids[100:130, x : x + 30] = number
    names = {1: "dog", 2: "dog", 3: "dog", 4: "cat"}
    assert Counter(names.values())["dog"] == 3
    assert read(phrase, list(measure(ids).values()), names) == id
