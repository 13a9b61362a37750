"""Pictures of set formulas, and what they say: LaTeX, markup, the places of several."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from curation.document import Box, Point
from synth.notation.documents import NotationChecker, NotationSettings, Truth, ink_box_lie
from synth.notation.figure import Figure
from synth.notation.formulas import setting, typeset
from synth.notation.formulas.grammar import corpus, sample
from synth.notation.formulas.latex import GREEK, NotKnown, read
from synth.notation.formulas.setting import RIVALS
from synth.sample import Checker, Draft, Failure, Generator, Unproven


class FormulaSettings(NotationSettings):
    """`katex` is a folder with KaTeX (Debian's, or `dist` of the npm package); `html` names folders of HTML whose
    formulas are drawn from too; `formulas` is (least, most) to a picture; `widest` the longest side in pixels.
    """

    katex: str = typeset.KATEX
    html: tuple[str, ...] = ()
    formulas: tuple[int, int] = (1, 3)
    widest: int = Field(1204, ge=280, le=4004)


class FormulaChecker(NotationChecker):
    heading: ClassVar[str] = 'class="formula"'
    requests: ClassVar[tuple[str, ...]] = (
        "Write the formula in LaTeX.",
        "Transcribe the mathematics as LaTeX.",
        "Convert the image to LaTeX.",
        "What is the LaTeX of what is shown?",
    )

    def __init__(self, katex: str):
        self.fonts = str(Path(katex) / "fonts")

    def content(self, truth: Truth) -> str:
        return "\n".join(each["latex"] for each in truth["formulas"])

    def answers(self, truth: Truth) -> dict[str, tuple[str, str]]:
        formulas = truth["formulas"]
        names = ("first", "second", "third", "fourth", "fifth", "sixth")
        said = {
            names[number]: (f"Write the {names[number]} formula from the top in LaTeX.", each["latex"])
            for number, each in enumerate(formulas[:6])
            if len(formulas) > 1
        }
        said["count"] = ("How many formulas are shown, one below the other?", str(len(formulas)))
        return said

    def places(self, truth: Truth) -> dict[str, tuple[str, list[tuple[str, Box | Point]]]]:
        boxes: list[tuple[str, Box | Point]] = [
            (f"formula {number + 1}", Box(0, *each["box"])) for number, each in enumerate(truth["formulas"])
        ]
        found = {"all": ("Locate every formula, from top to bottom.", boxes)}
        for number, each in enumerate(truth["formulas"]):
            if len(boxes) > 1:
                found[str(number)] = (f"Where is the formula {each['latex']} ?", [boxes[number]])
        return found

    def drawn(self, truth: Truth) -> Truth:
        return {"marks": [each["marks"] for each in truth["formulas"]], "box": truth["box"]}

    def ink_faults(self, seen: np.ndarray, truth: Truth) -> list[str]:
        return setting.ink_faults(seen, truth, self.fonts)

    def reading_faults(self, seen: np.ndarray, truth: Truth) -> list[str]:
        return setting.reading_faults(seen, truth, self.fonts)

    def lies(self, truth: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "box_shifted", ink_box_lie(truth)
        place = int(rng.integers(len(truth["formulas"])))
        chosen = truth["formulas"][place]

        def told(**changes: Any) -> dict[str, Any]:
            return {
                **truth,
                "formulas": [*truth["formulas"][:place], {**chosen, **changes}, *truth["formulas"][place + 1 :]],
            }

        yield "formula_box_shifted", told(box=ink_box_lie(chosen)["box"])
        for name, tell in _LIES.items():
            latex = tell(chosen["latex"], rng)
            if latex and _signs(latex) != _signs(chosen["latex"]):
                yield name, told(latex=latex)
        changed = _redrawn(chosen, rng)
        if changed:
            yield "sign_redrawn", told(**changed)
        if len(truth["formulas"]) > 1:
            yield "formulas_swapped", {**truth, "formulas": _exchanged(truth["formulas"])}


class Formulas(Generator):
    name: ClassVar[str] = "formula"
    version: ClassVar[str] = "1"
    settings = FormulaSettings
    tools: ClassVar[tuple[str, ...]] = ("pillow", "playwright", "freetype-py")

    def __init__(self, settings: FormulaSettings):
        self.options = settings
        self.checker = self.make_checker(settings)
        self.typesetter = typeset.Typesetter(settings.katex)
        self.found = corpus(settings.html)

    @classmethod
    def make_checker(cls, settings: Any) -> Checker:
        return FormulaChecker(settings.katex)

    def draw(self, rng: np.random.Generator) -> Figure:
        """Formulas that fit; raises Unproven where eight tries gave none."""
        for attempt in range(8):
            least, most = self.options.formulas
            count = int(rng.integers(least, most + 1)) if attempt < 4 else least
            latex = [sample(rng, self.found) for _ in range(count)]
            if len(set(latex)) < count or any(_signs(each) is None for each in latex):
                continue
            figure = typeset.draw(self.typesetter, latex, rng, self.options.widest)
            if figure is not None:
                return figure
        raise Unproven([Failure("draw", "eight tries gave no formulas that fit")])

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        checker = self.checker
        assert isinstance(checker, FormulaChecker)
        yield from checker.drafts(self.draw(rng), self.options, rng)


def _signs(latex: str) -> str | None:
    """What a formula shows, so that two ways of writing the same are no lie; None where it cannot be read."""
    try:
        tree = read(latex, True)
    except NotKnown:
        return None
    return repr(tree)


def _swap(pattern: str, choices: list[str], latex: str, rng: np.random.Generator) -> str:
    found = list(re.finditer(pattern, latex))
    if not found:
        return ""
    match = found[rng.integers(len(found))]
    others = [each for each in choices if each != match[0]]
    return latex[: match.start()] + others[rng.integers(len(others))] + latex[match.end() :]


def _raised(latex: str, rng: np.random.Generator) -> str:
    """A script goes up instead of down, or down instead of up."""
    found = list(re.finditer(r"[_^](?=\{[^{}]*\}(?![_^]))(?<!\}[_^])", latex))
    if not found:
        return ""
    at = found[rng.integers(len(found))].start()
    return latex[:at] + {"_": "^", "^": "_"}[latex[at]] + latex[at + 1 :]


def _turned(latex: str, rng: np.random.Generator) -> str:
    """A fraction upside down."""
    found = list(re.finditer(r"\\frac(\{[^{}]*\})(\{[^{}]*\})", latex))
    if not found:
        return ""
    match = found[rng.integers(len(found))]
    return latex[: match.start()] + "\\frac" + match[2] + match[1] + latex[match.end() :]


def _mirrored(latex: str, rng: np.random.Generator) -> str:
    """Both sides of a relation change places."""
    sides = re.split(r" (=|<|>|\\leq|\\geq|\\approx) ", latex)
    return (
        f"{sides[2]} {sides[1]} {sides[0]}" if len(sides) == 3 and "begin" not in latex and "left" not in latex else ""
    )


def _without(latex: str, rng: np.random.Generator) -> str:
    """A sign left out."""
    found = list(re.finditer(r"(?<![\\A-Za-z{^_])(?:[a-zA-Z]|\d)(?![A-Za-z}])", latex))
    if len(found) < 2:
        return ""
    match = found[rng.integers(len(found))]
    return latex[: match.start()] + latex[match.end() :]


_GREEK = ["\\" + name for name in sorted(GREEK) if name not in ("epsilon", "varepsilon", "phi", "varphi")]
_LIES = {
    "digit_changed": lambda latex, rng: _swap(r"\d", list("0123456789"), latex, rng),
    "letter_changed": lambda latex, rng: _swap(
        r"(?<![\\A-Za-z])[a-z](?![A-Za-z])", list("abcdefghkmnpqrstuvwxyz"), latex, rng
    ),
    "greek_changed": lambda latex, rng: _swap(
        "|".join(re.escape(each) + r"(?![A-Za-z])" for each in _GREEK), _GREEK, latex, rng
    ),
    "operator_changed": lambda latex, rng: _swap(r"(?<= )[+\-=<>](?= )", list("+-=<>"), latex, rng),
    "script_moved": _raised,
    "fraction_turned": _turned,
    "sides_swapped": _mirrored,
    "sign_dropped": _without,
}


def _redrawn(formula: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A digit changed in LaTeX and signs alike: only the ink is against it."""
    marks = [place for place, mark in enumerate(formula["marks"]) if mark[0] == "sign" and mark[1] in RIVALS[0]]
    rng.shuffle(marks)
    for place in marks:
        changed = copy.deepcopy(formula)
        old = changed["marks"][place][1]
        new = str((int(old) + int(rng.integers(1, 10))) % 10)
        changed["marks"][place][1] = new
        digits = [match.start() for match in re.finditer(r"\d", formula["latex"]) if match[0] == old]
        shown = [each for each, mark in enumerate(formula["marks"]) if mark[0] == "sign" and mark[1] == old]
        if len(digits) == len(shown) == 1:
            changed["latex"] = formula["latex"][: digits[0]] + new + formula["latex"][digits[0] + 1 :]
            return changed
    return {}


def _exchanged(formulas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first two change their LaTeX."""
    one, two = formulas[:2]
    return [{**one, "latex": two["latex"]}, {**two, "latex": one["latex"]}, *formulas[2:]]
