"""Sets the lines of a film in one language and face, so that each fits and none can be taken for another."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synth.ocr.drawing.layout import set_lines, settable
from synth.ocr.drawing.material import Material
from synth.ocr.drawing.paint import Painted, paint
from synth.ocr.fonts import Face
from synth.ocr.languages import LANGUAGES
from synth.ocr.wording import line_text
from synth.sample import Failure, Unproven

ROOM = 8  # px around a block, for ink that leaves its line
TRIES = 30


@dataclass
class Line:
    """A text that is set: its ink (h, w) uint8 lies at `left`, `top` of its place; `claim` says how to set it again."""

    text: str
    ink: np.ndarray
    left: int
    top: int
    width: int  # of the block, with its margins
    height: int
    claim: dict[str, Any]


class Kit:
    """What one film is set with. Raises Unproven where its face cannot set what is drawn."""

    def __init__(self, rng: np.random.Generator, material: Material, language: str, size: int):
        self.rng, self.material, self.language, self.size = rng, material, language, size
        for _ in range(TRIES):
            self.face: Face = material.face(rng, language)
            if self.face.covers("0123456789:"):  # counters and codes need them
                break
        else:
            raise Unproven([Failure("text", f"no face of {language} that was drawn has digits")])
        self.spaced = LANGUAGES[language].spaced
        self._used: list[str] = []

    def line(self, width: float, kind: str = "sentence", rows: int = 1, size: int = 0, align: str = "start") -> Line:
        """A text of one row, or of up to `rows`, at most `width` px wide, that no other text of the film contains."""
        size = size or self.size
        for _ in range(TRIES):
            row = max(int(width / (size * (0.52 if self.spaced else 1.0))), 4)
            most = int(self.rng.integers(max(row // 3, 4), max(row, 5) + 1)) if rows == 1 else int(row * rows * 0.8)
            text = self.material.text(self.rng, self.language, self.face, most, kind)
            if text is None:
                break
            made = self.set(_rows(text, rows, row, self.spaced), size, align)
            if made is not None and made.width <= width and self._is_new(made.text):
                return made
        raise Unproven([Failure("text", f"{self.face.name} could set none of the texts drawn in {self.language}")])

    def paragraph(self, width: float, words: int) -> list[Line]:
        """Running text cut into rows, each a line of its own."""
        row = max(int(width / (self.size * (0.55 if self.spaced else 1.05))), 6)
        for _ in range(TRIES):
            text = self.material.text(self.rng, self.language, self.face, words * 6, "paragraph")
            if text is None:
                break
            rows = _rows(text, 99, row, self.spaced)
            made = [self.set([each], self.size, "start") for each in rows]
            kept = list(self._used)
            if len(rows) > 2 and all(each and each.width <= width and self._is_new(each.text) for each in made):
                return [each for each in made if each]
            self._used = kept
        raise Unproven([Failure("text", f"{self.face.name} could set none of the paragraphs drawn in {self.language}")])

    def set(self, rows: list[str], size: int, align: str = "start") -> Line | None:
        """These rows, whatever else the film says; None where the face cannot set them."""
        if not all(settable(row, self.face, self.language) for row in rows):
            return None
        block = set_lines(rows, self.language, self.face, size, 1.35, align)
        block.matrix[:2, 2] = ROOM
        width, height = (int(np.ceil(side)) + 2 * ROOM for side in block.size)
        painted = paint(block, width, height)
        if painted is None:
            return None
        texts = [line_text(painted.claim, line) for line in painted.claim["lines"]]
        text = (" " if self.spaced else "").join(texts)
        return Line(text, painted.ink, painted.left, painted.top, width, height, _claimed(painted))

    def _is_new(self, text: str) -> bool:
        plain = text.casefold()
        if any(plain in used or used in plain for used in self._used):
            return False
        self._used.append(plain)
        return True


def at_once(line: Line, dx: int) -> Line:
    """A line whose ink stands `dx` px to the right of its place."""
    return replace(line, left=line.left + dx)


def _claimed(painted: Painted) -> dict[str, Any]:
    claim = dict(painted.claim)
    claim["lines"] = [
        {**line, "quad": None, "words": [{**word, "quad": None} for word in line["words"]]} for line in claim["lines"]
    ]
    return claim


def _rows(text: str, rows: int, row: int, spaced: bool) -> list[str]:
    """A text cut into at most `rows` of about `row` characters; the rest is left out."""
    found: list[str] = []
    for piece in text.split() if spaced else list(text):
        longer = (found[-1] + (" " if spaced else "") + piece) if found else piece
        if found and len(longer) <= row:
            found[-1] = longer
        else:
            found.append(piece)
    kept = [each.strip() for each in found[:rows]]
    return [each for each in kept if each]
