"""Lines of text, each in a strip of its own: the quickest of the generators."""

from collections.abc import Iterator

import numpy as np
import PIL.Image
from pydantic import Field

from synth import encode
from synth.canvas import MERGED
from synth.ocr.drawing import grounds
from synth.ocr.drawing.layout import Block, set_lines
from synth.ocr.drawing.material import Material, TextSettings
from synth.ocr.drawing.paint import paint
from synth.ocr.languages import LANGUAGES
from synth.ocr.proof import TextChecker
from synth.sample import Draft, Failure, Generator, Unproven

FACES = 4  # tried, as some have no digits or marks
SURFACES = 8  # tried, as some are too lively
WIDEST = 1_400  # px: longer lines are drawn smaller


class TextLinesSettings(TextSettings):
    """`characters` is the longest line, in characters (half as many of those as wide as high)."""

    characters: int = Field(60, ge=4, le=120)
    tilt: float = Field(2.0, ge=0, le=10)  # degrees, at most


class TextLines(Generator):
    """One line a picture; the answer is what is written there."""

    name, version, settings = "text_lines", "1", TextLinesSettings
    tools = ("pillow", "opencv-python-headless", "numpy")

    def __init__(self, settings: TextLinesSettings):
        self.material = Material(settings, (WIDEST + 200, 448))
        self.licence, self.digest = settings.licence, self.material.corpus.digest
        self.characters, self.tilt, self.picture = settings.characters, settings.tilt, settings.picture
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: TextLinesSettings) -> TextChecker:
        return TextChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        language = self.material.language(rng)
        most = int(rng.integers(4, self.characters + 1)) // (1 if LANGUAGES[language].spaced else 2)
        for _ in range(FACES):
            face = self.material.face(rng, language)
            text = self.material.text(rng, language, face, max(most, 4))
            if text:
                break
        if not text:
            raise Unproven([Failure("text", f"{face.name} could set none of the texts drawn in {language}")])
        size = self.material.size(rng)
        block = set_lines([text], language, face, size, 1.0)
        if block.size[0] > WIDEST:
            size = max(int(size * WIDEST / block.size[0]), 14)
            block = set_lines([text], language, face, size, 1.0)
        yield self._draft(rng, block)

    def _draft(self, rng: np.random.Generator, block: Block) -> Draft:
        angle = np.radians(rng.uniform(-self.tilt, self.tilt)) if rng.random() < 0.3 else 0.0
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        wide, high = np.abs(turn) @ block.size
        width, height = (int(-(-(side + rng.uniform(2, 16)) // MERGED)) * MERGED for side in (wide, high))
        middle = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * (width - wide, height - high) / 2
        block.matrix[:2, :2] = turn
        block.matrix[:2, 2] = middle - turn @ np.array(block.size) / 2
        painted = paint(block, width, height)
        if painted is None:
            raise Unproven([Failure("layout", f"{block.face.name}: the line's ink leaves its strip")])
        picture = grounds.ground_for(rng, self.material.photographs, width, height)
        for _ in range(SURFACES):
            if grounds.lay(rng, picture, painted.left, painted.top, painted.ink):
                break
            picture = grounds.surface(rng, width, height)
        else:
            raise Unproven([Failure("layout", "every ground that was drawn is too lively to be written on")])
        blur = grounds.draw_blur(rng, min(block.drawn / block.scale / 30, 1.2))
        shown = PIL.Image.fromarray(grounds.expose(rng, picture, blur))
        ids = grounds.number_words([painted], (width, height))
        view = {"kind": "read", "form": "json", "shape": "box", "wording": int(rng.integers(1 << 16))}
        claims = {"size": [width, height], "language": block.language, "blur": blur, "texts": [painted.claim]}
        media = (self.picture.encode(rng, "picture", shown), encode.buffer(ids, "words"))
        return Draft("ocr", block.language, media, {**claims, "view": view})
