"""Every room of notation: sound samples are proved, every kind of lie is found, equal seeds give equal bytes."""

from collections import Counter

import numpy as np
import pytest

from curation.document import Box
from synth.generate import samples
from synth.mutation import judge
from synth.sample import Sample

SEEDS = range(3)
LIES = {
    "chemistry": {"atom_moved", "atom_replaced", "bond_order_changed", "charge_changed", "atom_added", "atom_dropped",
                  "stroke_dropped", "box_shifted"},
    "music": {"note_changed", "length_changed", "bar_dropped", "accidental_added", "bar_line_changed", "note_to_rest",
              "key_changed", "metre_changed", "title_changed", "measure_shifted", "head_moved", "letter_redrawn"},
    "formulas": {"digit_changed", "letter_changed", "operator_changed", "sign_redrawn", "formula_box_shifted"},
}  # fmt: skip


def made(generator, seeds=SEEDS) -> list[Sample]:
    found = [sample for seed in seeds for sample in samples(generator, "test", seed)]
    return [sample for sample in found if isinstance(sample, Sample)]


@pytest.mark.parametrize("room", ["chemistry", pytest.param("music", marks=pytest.mark.slow), "formulas"])
def test_samples_are_proved_and_every_kind_of_lie_is_found(room, request):
    generator = request.getfixturevalue(room)
    proven = made(generator)
    assert len(proven) >= 2 * len(SEEDS) - 2
    told, found = Counter[str](), Counter[str]()
    for number, sample in enumerate(proven):
        for verdict in judge(sample.document, sample.contents, generator.checker, np.random.default_rng(number)):
            told[verdict.lie] += 1
            found[verdict.lie] += bool(verdict.found_by)
    assert {name.removeprefix("claimed ") for name in told} >= LIES[room]
    assert found == told


@pytest.mark.parametrize("room", ["chemistry", "music", "formulas"])
def test_equal_seeds_give_equal_bytes(room, request):
    generator = request.getfixturevalue(room)
    other = type(generator)(generator.options)
    one, two = made(generator, range(2)), made(other, range(2))
    assert [(each.document.key, each.contents) for each in one] == [(each.document.key, each.contents) for each in two]


@pytest.mark.parametrize("room", ["chemistry", "music", "formulas"])
def test_sides_are_multiples_of_28(room, request):
    image = request.getfixturevalue(room).draw(np.random.default_rng(5)).image
    assert image.mode == "RGB"
    assert (image.width % 28, image.height % 28) == (0, 0)


def test_the_markup_is_that_of_the_report(chemistry):
    figure = chemistry.draw(np.random.default_rng(1))
    claims = {"view": "html", "wording": 0, "asked": [], "figure": figure.truth}
    _, answer = chemistry.checker.turns(claims)
    assert [type(part) for part in answer.parts].count(Box) == 2
    assert answer.text == (
        '<html><body>\n<div class="chemical formula" format="smile" data-bbox=""> <img data-bbox="" /> '
        f"<div> {figure.truth['smiles']} </div></div>\n</body></html>"
    )
