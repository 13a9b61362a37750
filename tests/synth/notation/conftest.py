"""One small generator of each kind."""

from pathlib import Path

import pytest

from synth.notation.chemistry.generator import Chemistry, ChemistrySettings
from synth.notation.formulas.generator import Formulas, FormulaSettings
from synth.notation.formulas.typeset import KATEX
from synth.notation.music.generator import Music, MusicSettings


@pytest.fixture(scope="package")
def chemistry() -> Chemistry:
    return Chemistry(ChemistrySettings(atoms=(4, 18)))


@pytest.fixture(scope="package")
def music() -> Music:
    return Music(MusicSettings(bars=6))


@pytest.fixture(scope="package")
def formulas() -> Formulas:
    if not Path(KATEX).exists():
        pytest.skip("KaTeX is missing: apt-get install libjs-katex fonts-katex")
    return Formulas(FormulaSettings(formulas=(1, 2)))
