"""LaTeX that is read, made and found in manuals."""

import numpy as np
import pytest

from curation.errors import UserError
from synth.notation.formulas.grammar import corpus, sample
from synth.notation.formulas.latex import NotKnown, read
from synth.notation.formulas.typeset import Typesetter


def test_latex_is_read_in_the_order_of_the_page():
    def signs(latex: str, display: bool = True) -> str:
        return " ".join(leaf.sign or leaf.kind for leaf in read(latex, display).leaves())

    assert signs(r"\frac{1}{x^2}") == "x 2 line 1"
    assert signs(r"\sum_{i=1}^n a_i") == "i = 1 ∑ n a i"
    assert signs(r"\sum_{i=1}^n a_i", False) == "∑ i = 1 n a i"
    assert signs(r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}") == "( 1 3 2 4 )"
    assert signs(r"\sqrt[3]{\alpha}") == "3 α drawn"


@pytest.mark.parametrize(
    "latex", [r"\foo", "x^1^2", "{x", r"\left( x", r"\begin{matrix} 1 & 2 \\ 3 \end{matrix}", "^2"]
)
def test_latex_that_is_not_understood_is_refused(latex):
    with pytest.raises(NotKnown):
        read(latex, True)


def test_every_made_formula_is_understood():
    for seed in range(200):
        read(sample(np.random.default_rng(seed)), True)


def test_formulas_of_a_manual(tmp_path):
    (tmp_path / "a.html").write_text(
        r'<p><span class="math notranslate nohighlight">\(x &lt; \frac{1}{2}\)</span> '
        r'<span class="math">\(\unknown{x}\)</span></p>'
    )
    assert corpus((str(tmp_path),)) == [r"x < \frac{1}{2}"]
    with pytest.raises(UserError, match="no HTML file with formulas"):
        corpus((str(tmp_path / "none"),))


def test_a_folder_without_katex_says_what_to_install(tmp_path):
    with pytest.raises(UserError, match="apt-get install libjs-katex fonts-katex"):
        Typesetter(str(tmp_path))
