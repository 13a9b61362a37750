"""Scene text: signs, labels, receipts and paragraphs on photographs and surfaces, turned, bent and in perspective."""

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
import PIL.Image
from pydantic import Field, model_validator

from synth import encode
from synth.canvas import CanvasSettings
from synth.ocr.drawing import blocks, grounds
from synth.ocr.drawing.layout import Block
from synth.ocr.drawing.material import Material, TextSettings, views
from synth.ocr.drawing.paint import Painted, forward, paint
from synth.ocr.proof import TextChecker
from synth.sample import Draft, Failure, Generator, Unproven

PLACES = 12  # tried for a block
SPARE = 6  # blocks drawn until one finds room
APART = 10  # px between blocks
TOPS = 4  # px between upper edges, so that the order of texts is beyond doubt
LEAST_DETAIL = 0.62  # a block is made smaller to fit, down to this share of its size

BlockKind = Literal["paragraph", "short", "curved", "receipt", "vertical"]


class SceneTextSettings(TextSettings):
    """`texts` and `views` are (least, most): blocks in a picture, questions about it (a document each)."""

    canvas: CanvasSettings = CanvasSettings()
    texts: tuple[int, int] = (1, 6)
    views: tuple[int, int] = (1, 3)
    kinds: dict[BlockKind, float] = Field({"paragraph": 2, "short": 3, "curved": 1, "receipt": 1, "vertical": 2})
    rotation: float = Field(12.0, ge=0, le=45)  # degrees, at most
    perspective: float = Field(0.25, ge=0, le=0.5)  # how much nearer one edge may be than the other, at most
    blur: float = Field(1.0, ge=0.4, le=1.5)  # px, at most
    mixed: float = Field(0.15, ge=0, le=1)  # share of pictures whose texts are in several languages

    @model_validator(mode="after")
    def _ranges(self) -> "SceneTextSettings":
        for name, (least, most), end in (("texts", self.texts, 20), ("views", self.views, 5)):
            if not 1 <= least <= most <= end:
                raise ValueError(f"{name}: {least} to {most} is not a range within 1 to {end}")
        if min(self.kinds.values(), default=0) < 0 or not self.kinds.get("short", 0) > 0:
            raise ValueError(
                "kinds: weights of 0 or more are wanted, that of short, which suits all languages, above 0"
            )
        return self


class SceneText(Generator):
    """Several texts in a picture; reading, spotting, finding and reading at a place as views of it."""

    name, version, settings = "scene_text", "1", SceneTextSettings
    tools = ("pillow", "opencv-python-headless", "numpy")

    def __init__(self, settings: SceneTextSettings):
        most, (slim, wide) = settings.canvas.pixels[1], settings.canvas.aspects
        largest = math.ceil(math.sqrt(most * max(wide, 1))), math.ceil(math.sqrt(most / min(slim, 1)))
        self.material = Material(settings, largest)
        self.options = settings
        self.licence, self.digest = settings.licence, self.material.corpus.digest
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: SceneTextSettings) -> TextChecker:
        return TextChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        options = self.options
        width, height = options.canvas.draw(rng)
        language = self.material.language(rng)
        picture = grounds.ground_for(rng, self.material.photographs, width, height)
        painted = self._write(rng, picture, language)
        if not painted:
            raise Unproven([Failure("layout", f"no text in {language} found room on {width} x {height}")])
        blur = grounds.draw_blur(rng, options.blur)
        shown = PIL.Image.fromarray(grounds.expose(rng, picture, blur))
        texts = [each.claim for each in painted]
        media = (
            options.picture.encode(rng, "picture", shown),
            encode.buffer(grounds.number_words(painted, (width, height)), "words"),
        )
        main = texts[0]["language"]
        claims = {"size": [width, height], "language": main, "blur": blur, "texts": texts}
        wanted = int(rng.integers(options.views[0], options.views[1] + 1))
        for view in views(rng, texts, wanted):
            yield Draft("ocr", main, media, {**claims, "view": view}, view=view["kind"])

    def _write(self, rng: np.random.Generator, picture: np.ndarray, language: str) -> list[Painted]:
        """Writes blocks of text on the picture; they are given as they are read."""
        mixed = rng.random() < self.options.mixed
        taken: list[tuple[float, float, float, float]] = []
        done: list[Painted] = []
        wanted = int(rng.integers(self.options.texts[0], self.options.texts[1] + 1))
        for number in range(wanted + SPARE):
            if number >= wanted and done:
                break
            own = self.material.language(rng) if mixed else language
            block = blocks.draw(rng, self.material, own, self.options.kinds)
            painted = block and self._place(rng, picture, block, taken, done)
            if painted:
                done.append(painted)
        return sorted(done, key=_top)

    def _place(
        self,
        rng: np.random.Generator,
        picture: np.ndarray,
        block: Block,
        taken: list[tuple[float, float, float, float]],
        done: list[Painted],
    ) -> Painted | None:
        """Finds room for a block among those done and writes it; None where there is none."""
        height, width = picture.shape[:2]
        fit = min(1.0, 0.86 * width / block.size[0], 0.86 * height / block.size[1])
        if fit < LEAST_DETAIL or fit * block.drawn / block.scale < 14:
            return None
        spare = float(rng.uniform(0.1, 0.6)) * block.drawn / block.scale
        for _ in range(PLACES):
            block.matrix = self._matrix(rng, block, fit, width, height)
            x1, y1, x2, y2 = _extent(block, spare)
            if x1 < 3 or y1 < 3 or x2 > width - 3 or y2 > height - 3:
                continue
            if any(x1 < c + APART and a < x2 + APART and y1 < d + APART and b < y2 + APART for a, b, c, d in taken):
                continue
            painted = paint(block, width, height)
            if painted is None or any(abs(_top(painted) - _top(other)) < TOPS for other in done):
                continue
            if self._lay(rng, picture, block, painted, spare):
                taken.append((x1, y1, x2, y2))
                return painted
        return None

    def _lay(self, rng: np.random.Generator, picture: np.ndarray, block: Block, painted: Painted, spare: float) -> bool:
        """Lays a block's ink on the picture, or on a panel; a bent one stands on none."""
        flat = block.bend == ["flat"]
        if flat and (block.on_paper or rng.random() < 0.5):
            grounds.panel(rng, picture, block, spare, opaque=block.on_paper or bool(rng.random() < 0.6))
        if grounds.lay(rng, picture, painted.left, painted.top, painted.ink):
            return True
        if flat:
            grounds.panel(rng, picture, block, spare, opaque=True)
        return flat and grounds.lay(rng, picture, painted.left, painted.top, painted.ink)

    def _matrix(self, rng: np.random.Generator, block: Block, fit: float, width: int, height: int) -> np.ndarray:
        """From block pixels to a place on the picture: made smaller by `fit`, turned, in perspective."""
        wide, high = block.size
        angle = math.radians(rng.uniform(-1, 1) * self.options.rotation) if rng.random() < 0.6 else 0.0
        lean = rng.uniform(-1, 1, 2) * self.options.perspective / 2 * (rng.random() < 0.5)
        centred = np.array([[fit, 0, -fit * wide / 2], [0, fit, -fit * high / 2], [0, 0, 1]])
        turned = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
        seen = np.array([[1, 0, 0], [0, 1, 0], [lean[0] / (fit * wide / 2), lean[1] / (fit * high / 2), 1]])
        reach = np.abs(turned[:2, :2]) @ (np.array([wide, high]) * fit / 2) * 1.03 + 6
        low, top = np.minimum(reach, np.array([width, height]) / 2), np.array([width, height])
        place = np.array([[1, 0, rng.uniform(low[0], top[0] - low[0])], [0, 1, rng.uniform(low[1], top[1] - low[1])],
                          [0, 0, 1]])  # fmt: skip
        matrix = place @ turned @ seen @ centred
        return np.round(matrix / matrix[2, 2], 9)


def _top(painted: Painted) -> int:
    return min(line["box"][1] for line in painted.claim["lines"])


def _extent(block: Block, spare: float) -> tuple[float, float, float, float]:
    """The bounds on the picture of a block with `spare` block pixels around."""
    width, height = block.size
    across, down = np.linspace(-spare, width + spare, 13), (-spare, height / 2, height + spare)
    reached = forward(block, np.array([(u, v) for u in across for v in down]))
    (x1, y1), (x2, y2) = reached.min(axis=0), reached.max(axis=0)
    return float(x1), float(y1), float(x2), float(y2)
