"""Formulas as KaTeX sets them are read back without a fault."""

import pytest

from synth.generate import samples
from synth.notation.formulas.generator import Formulas, FormulaSettings
from synth.sample import Sample


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(1, id="minus signs half way between two rows"),
        pytest.param(5, id="an equals sign whose lines are blurred unequally"),
        pytest.param(7, id="a word whose signs the browser sets a row off"),
        pytest.param(112, id="a sign that reaches into the box of a parenthesis"),
    ],
)
def test_what_katex_sets_holds(formulas, seed):
    found = list(samples(Formulas(FormulaSettings()), "formulas", seed))
    assert [each for each in found if not isinstance(each, Sample)] == []
