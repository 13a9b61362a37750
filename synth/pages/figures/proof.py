"""Figures on pages held against their pixels by the rooms that draw them: charts, notation, text in pictures.

A figure's element carries its room's `truth`; what the page writes of it (a chart's data, LaTeX, ABC, SMILES, the text)
follows from that alone, so that a lie about either is a lie about pixels.
"""

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from synth.pages.model import Element, Pixels
from synth.sample import Claims, Evidence

if TYPE_CHECKING:
    from synth.notation.documents import NotationChecker

_VIEW = {"kind": "read", "form": "plain", "shape": "box", "wording": 0}  # of a text in a picture: all is said


def told(kind: str, truth: dict[str, Any]) -> dict[str, Any]:
    """What an element of that kind says of its figure: `data`, `source` or `text`."""
    match kind:
        case "chart":
            from synth.charts.views import rows

            return {"data": rows(truth["spec"])}
        case "image ocr":
            from synth.ocr.wording import line_text

            lines = [line_text(text, line) for text in truth["texts"] for line in text["lines"]]
            return {"text": "\n".join(lines)}
        case "formula":
            return {"source": "\n".join(each["latex"] for each in truth["formulas"])}
    return {"source": truth["abc" if kind == "music sheet" else "smiles"]}


def faults(claims: Claims, picture: np.ndarray, ids: np.ndarray, audit: bool, katex: str) -> Iterator[str]:
    """Every figure that the picture (height, width, 3) does not show as claimed; `ids` (height, width) tells the words
    of text in pictures apart. `katex` is the dist folder with the fonts of formulas."""
    for element in claims["elements"]:
        if "truth" not in element:
            continue
        kind, name = element["kind"], f"{element['kind']} {element['id']}"
        if any(element.get(key) != value for key, value in told(kind, element["truth"]).items()):
            yield f"{name}: what is written of it is not what its figure holds"
        crop = _cut(picture, element["image"]["box"])
        if kind == "image ocr":
            numbers = _numbers(_cut(ids, element["image"]["box"]), [word["id"] for word in element["words"]])
            found = _text_faults(crop, numbers, element["truth"], audit)
        else:
            found = _room(kind, katex)[0](crop, element["truth"], audit)
        yield from (f"{name}: {fault}" for fault in found)


def lies(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    """What the room of a figure can say untruly of it, and what the page then writes of it, agreeing; of one figure."""
    numbers = [number for number, element in enumerate(claims["elements"]) if "truth" in element]
    if not numbers:
        return
    number = numbers[rng.integers(len(numbers))]
    element = claims["elements"][number]
    kind = element["kind"]
    for name, truth in _room(kind, "")[1](copy.deepcopy(element["truth"]), rng):
        try:
            said = told(kind, truth)
        except (AssertionError, LookupError, ValueError):
            continue  # no table can be written of it
        changed: Element = {**element, "truth": truth, **said}  # type: ignore[typeddict-item]
        elements = [*claims["elements"][:number], changed, *claims["elements"][number + 1 :]]
        yield f"{kind.replace(' ', '_')}_{name}", {**copy.deepcopy(claims), "elements": copy.deepcopy(elements)}


def _cut(pixels: np.ndarray, box: Pixels) -> np.ndarray:
    x1, y1, x2, y2 = box
    return pixels[y1:y2, x1:x2]


def _numbers(ids: np.ndarray, words: list[int]) -> np.ndarray:
    """(height, width): n where the n-th word is painted, 0 elsewhere."""
    known = np.zeros(1 << 16, np.uint16)
    known[words] = np.arange(1, len(words) + 1)
    return known[ids]


def _room(kind: str, katex: str) -> tuple[Any, Any]:
    """`faults(picture, truth, audit)` and `lies(truth, rng)` of a kind."""
    if kind == "chart":
        from synth.charts.figure import faults
        from synth.charts.lies import tell

        return faults, tell
    if kind == "image ocr":
        return None, _text_lies
    checker = _notation(kind, katex)

    def notation_faults(picture: np.ndarray, truth: dict[str, Any], audit: bool) -> list[str]:
        return checker.faults(picture, truth)

    return notation_faults, checker.lies


def _notation(kind: str, katex: str) -> "NotationChecker":
    match kind:
        case "formula":
            from synth.notation.formulas.generator import FormulaChecker

            return FormulaChecker(katex)
        case "music sheet":
            from synth.notation.music.generator import MusicChecker

            return MusicChecker()
        case "chemical formula":
            from synth.notation.chemistry.generator import ChemistryChecker

            return ChemistryChecker()
    raise ValueError(f"{kind!r} is no kind of figure")


def _text_lies(truth: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
    from synth.ocr.lies import mutations

    for name, untrue in mutations({**truth, "view": dict(_VIEW)}, rng):
        yield name, {key: value for key, value in untrue.items() if key != "view"}


class _Cropped(Evidence):
    """A part of the media of a page."""

    def __init__(self, *parts: np.ndarray):
        super().__init__(())
        self._parts = parts

    def picture(self, number: int = 0) -> np.ndarray:
        return self._parts[number]

    def buffer(self, number: int = 1) -> np.ndarray:
        return self._parts[number]


def _text_faults(crop: np.ndarray, words: np.ndarray, truth: dict[str, Any], audit: bool) -> Iterator[str]:
    from synth.ocr.proof import TextChecker

    claims = {**truth, "view": dict(_VIEW)}
    for failure in TextChecker().failures(claims, _Cropped(crop, words), audit):
        yield f"{failure.check}: {failure.evidence}"
