"""Facts, captions, colours and outlines: what is said of a scene, against plainer ways of looking at it."""

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from curation.document import Point, Text
from synth.buffer import measure
from synth.grounding import colours
from synth.grounding.captions import DETAILS, sentences
from synth.grounding.english import SENTENCES, choice, inventory, polar, statement
from synth.grounding.library.names import COLOURS
from synth.grounding.outlines import fault, overlap, trace
from synth.grounding.questions import Asker
from synth.grounding.scene import compose
from synth.grounding.witness import Witness
from synth.grounding.wording import outlines

SCENES = range(12)


def interviewed(grounding, seed: int) -> tuple[Asker, Witness]:
    """What can be said of a scene, and the witness who has seen it."""
    rng = np.random.default_rng(seed)
    scene = compose(rng, grounding.chosen.scene, grounding.sprites, grounding.backgrounds)
    objects = {thing.id: {"name": thing.name, "sprite": thing.sprite} for thing in scene.things}
    witness = Witness(measure(scene.ids), objects, np.asarray(scene.image), grounding.sprites, scene.ids)
    return Asker(rng, scene, grounding.sprites, "rich"), witness


def test_true_facts_are_true_and_false_ones_are_not(grounding):
    kinds = set()
    for seed in SCENES:
        asker, witness = interviewed(grounding, seed)
        for fact, wrong in zip(asker.facts.true, asker.facts.false, strict=True):
            kinds.add(fact["fact"])
            assert witness.truth(fact) is True, fact
            for other in wrong:
                assert witness.truth(other) is False, other
        assert witness.truth(asker.facts.inventory) is True
    assert kinds == {"count", "more", "place", "colour", "relation", "larger", "extreme"}


def test_every_sentence_of_a_caption_is_a_fact_and_none_is_told_twice(grounding):
    for seed in SCENES:
        asker, witness = interviewed(grounding, seed)
        for length, (_, most) in DETAILS.items():
            told = sentences(asker.rng, asker.facts, len(asker.things), length)
            assert all(witness.truth(fact) for fact in told)
            assert len({statement(fact, fact["wording"]) for fact in told}) == len(told) <= most + 2


def test_a_colour_is_certain_only_of_what_everyone_calls_so():
    rng = np.random.default_rng(0)
    for term, pure in {
        "red": (220, 20, 20),
        "blue": (30, 60, 230),
        "white": (255, 255, 255),
        "black": (5, 5, 5),
    }.items():
        pixels = np.clip(rng.normal(pure, 4, (300, 3)), 0, 255)
        assert colours.certain(pixels[None])[0][0] == term
    assert colours.certain(np.array([[(220, 60, 20)] * 50]))[0][0] is None  # between red and orange
    half = np.array([[(220, 20, 20), (30, 60, 230)] * 50])
    assert colours.certain(half)[0] == (None, frozenset({"red", "blue"}))


def test_every_colour_that_is_drawn_is_certain():
    for seed in range(300):
        paint = colours.draw(np.random.default_rng(seed))
        assert colours.certain(np.array([[paint] * 20]))[0][0] in COLOURS


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.integers(36, 120), st.integers(36, 120), st.integers(0, 3))
def test_polygons_cover_what_they_outline(width, height, shape):
    image = PIL.Image.new("1", (width, height))
    pen = PIL.ImageDraw.Draw(image)
    corners = [(0, 0), (width - 1, height // 2), (width // 2, height - 1)]
    draw = [pen.ellipse, pen.rectangle][shape % 2]
    pen.polygon(corners, fill=1) if shape > 1 else draw((0, 0, width - 1, height - 1), fill=1)
    mask = np.asarray(image)
    polygons = trace(mask, 0, 0)
    assert polygons is not None
    assert overlap(mask, polygons) >= 0.93
    assert fault(mask, polygons) is None
    step = max(4, round(0.15 * width))
    assert fault(mask, [[[x + step, y] for x, y in polygon] for polygon in polygons])


def test_masks_are_told_in_three_forms():
    polygon = [[[1, 2], [30, 2], [5, 40]]]
    points = tuple(Point(0, x, y, "json") for x, y in polygon[0])
    said = outlines("dog", polygon, "json")
    assert tuple(part for part in said if isinstance(part, Point)) == points
    assert said[0] == Text('[{"polygon": [')
    assert said[-1] == Text('], "label": "dog"}]')
    assert outlines("dog", polygon, "xml")[0] == Text('<polygon label="dog"><point ')
    assert outlines("dog", polygon, "plain")[0] == Text("dog ")


@pytest.mark.parametrize(
    ("fact", "said", "asked"),
    [
        ({"fact": "count", "noun": "red anchor", "count": 2}, "There are two red anchors.",
         "Is the number of red anchors in the image 2?"),
        ({"fact": "count", "noun": "fox", "count": 1}, "There is one fox.", "Is the number of foxes in the image 1?"),
        ({"fact": "relation", "noun": "dog", "side": "top", "other": "cat"}, "The dog is above the cat.",
         "Is the dog above the cat?"),
        ({"fact": "more", "noun": "dog", "other": "fox"}, "There are more dogs than foxes.",
         "Are there more dogs than foxes?"),
        ({"fact": "extreme", "phrase": "the largest object", "noun": "dog"}, "The largest object is the dog.",
         "Is the largest object the dog?"),
    ],
)  # fmt: skip
def test_facts_are_stated_and_asked_in_plain_english(fact, said, asked):
    assert (statement(fact, 0), polar(fact, 0)) == (said, asked)


def test_every_wording_of_every_fact_is_whole():
    fact = {
        "noun": "dog",
        "other": "cat",
        "side": "left",
        "at": "top left",
        "phrase": "the largest object",
        "tag": "pets",
    }
    for kind, pairs in SENTENCES.items():
        whole = {**fact, "fact": kind, "colour": "red", "counts": [["dog", 2]]} | (
            {"count": 2} if kind == "count" else {}
        )
        for wording in range(len(pairs)):
            assert "{" not in statement(whole, wording)
            assert statement(whole, wording).endswith(".")
            assert polar(whole, wording).endswith("?")


def test_choices_and_inventories():
    options = [{"fact": "larger", "noun": a, "other": b} for a, b in (("dog", "cat"), ("cat", "dog"))]
    assert choice(options) == "Which is the larger one: the dog or the cat?"
    assert inventory([["dog", 13], ["apple", 2], ["owl", 1]]) == "13 dogs, two apples and an owl"
