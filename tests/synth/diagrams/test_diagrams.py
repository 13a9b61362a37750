"""Diagrams: nodes and edges are found in the picture, those that are told and no others."""

import numpy as np
import pytest

from curation.document import Box
from synth.diagrams.generator import DiagramChecker, Diagrams, DiagramSettings
from synth.diagrams.lies import LIES
from synth.generate import samples
from synth.mutation import judge
from synth.sample import Unproven


@pytest.fixture(scope="module")
def made():
    generator = Diagrams(DiagramSettings(languages={"en": 1.0, "ru": 1.0}, of_one=4))
    found = [item for seed in range(5) for item in samples(generator, "diagrams", seed)]
    return generator, [item for item in found if not isinstance(item, Unproven)]


def test_a_picture_gives_four_views(made):
    _, documents = made
    assert len(documents) >= 16
    assert {sample.document.proof["view"] for sample in documents} == {"edges", "mermaid", "boxes", "questions"}


def test_boxes_are_parts_and_not_digits(made):
    _, documents = made
    boxes = next(sample.document for sample in documents if sample.document.proof["view"] == "boxes")
    nodes = boxes.proof["claims"]["spec"]["names"]
    assert sum(isinstance(part, Box) for part in boxes.parts()) == len(nodes)


def test_every_lie_is_found(made):
    generator, documents = made
    told, missed = set(), []
    for sample in documents[::4]:
        for verdict in judge(sample.document, sample.contents, generator.checker, np.random.default_rng(3)):
            told.add(verdict.lie.removeprefix("claimed "))
            missed += [verdict.lie] if not verdict.found_by else []
    assert missed == []
    assert set(LIES) <= told


def test_equal_seeds_give_equal_bytes(made):
    _, documents = made
    again = Diagrams(DiagramSettings(languages={"en": 1.0, "ru": 1.0}, of_one=4))
    assert next(samples(again, "diagrams", 0)).contents == documents[0].contents


def test_mermaid_names_every_node(made):
    _, documents = made
    told = next(sample.document for sample in documents if sample.document.proof["view"] == "mermaid")
    claims = told.proof["claims"]
    text = DiagramChecker().turns(claims)[1].text
    assert all(f'"{name}"' in text for name in claims["spec"]["names"])
    assert text.count("n0") >= 2
