"""Draws figures for pages: each room's own drawing, cut to its ink and set in the colours of the page."""

import copy
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL.Image
from pydantic import Field

from curation.config import Config
from curation.errors import UserError
from synth.canvas import CanvasSettings, sides
from synth.encode import PictureSettings
from synth.grounding.library.backgrounds import SUFFIXES
from synth.notation.formulas.typeset import KATEX
from synth.ocr.corpus import CorpusSettings
from synth.ocr.languages import Code
from synth.pages.drawing.material import Block
from synth.pages.figures.proof import told
from synth.sample import Unproven
from synth.weights import Weights

FigureKind = Literal["image", "chart", "formula", "music sheet", "chemical formula", "image ocr"]
_EDGE = 8  # px of paper around a drawing
_ROOM = {"chart": (280, 280), "formula": (160, 60), "music sheet": (420, 140), "chemical formula": (150, 150),
         "image ocr": (180, 100)}  # fmt: skip
_TOOLS = {
    **{"chart": ("matplotlib", "babel", "squarify"), "formula": (), "music sheet": ("verovio", "music21", "CairoSVG")},
    **{"chemical formula": ("rdkit",), "image ocr": ("opencv-python-headless",)},
}
_LEAST = 12_544  # square px of a picture with texts
_TRIES = 3  # of a kind that found no room


class FigureSettings(Config):
    """Where figures come from. `katex` is KaTeX's folder (Debian's, or `dist` of the npm package), `latex` folders of
    HTML whose formulas are drawn from too, `tunes` ABC files or folders of them (empty: composed ones alone), `smiles`
    files (empty: those that RDKit brings). `weights`: of kinds; those not named are not made."""

    katex: str = KATEX
    latex: tuple[str, ...] = ()
    tunes: tuple[str, ...] = ()
    smiles: tuple[str, ...] = ()
    weights: Weights[FigureKind] = Field(
        {
            **{"image": 1.5, "chart": 1.0, "formula": 1.0, "music sheet": 0.4, "chemical formula": 0.7},
            **{"image ocr": 0.6},
        },
        min_length=1,
    )


@dataclass(frozen=True)
class Space:
    """What a figure may take, in px, and the colours (#rrggbb) of the page."""

    width: int
    height: int
    paper: str
    ink: str
    language: str


Drawn = tuple[PIL.Image.Image, dict[str, Any], np.ndarray | None]  # picture, truth, numbers of words
Maker = Callable[[np.random.Generator, Space], Drawn | None]


class Figures:
    """The rooms that the weights ask for. Raises UserError where what they need is missing."""

    def __init__(
        self, settings: FigureSettings, corpus: CorpusSettings, languages: Sequence[Code], photographs: tuple[str, ...]
    ):
        wanted = [kind for kind, weight in settings.weights.items() if weight > 0]
        opened: dict[str, Callable[[], Maker]] = {
            "chart": _charts,
            "formula": lambda: _formulas(settings),
            "music sheet": lambda: _music(settings),
            "chemical formula": lambda: _molecules(settings),
            "image ocr": lambda: _texts(corpus, languages, photographs),
        }
        self._makers: dict[str, Maker] = {}
        for kind in opened:
            if kind in wanted:
                try:
                    self._makers[kind] = opened[kind]()
                except ModuleNotFoundError as error:
                    needs = f"figures: {kind}: needs the package {error.name}: pip install 'vlforge[synth]'"
                    raise UserError(needs) from error
        self.weights: dict[str, float] = {
            kind: weight for kind, weight in settings.weights.items() if kind == "image" or kind in self._makers
        }

    @property
    def tools(self) -> tuple[str, ...]:
        """The packages that decide what is drawn."""
        return tuple(tool for kind in self._makers for tool in _TOOLS[kind])

    def draw(self, rng: np.random.Generator, kind: str, space: Space) -> Block | None:
        """A figure as a block with its `pixels`, `truth` and, of text in pictures, `numbers` of its words (height,
        width); None where it finds no room."""
        least = _ROOM[kind]
        if space.width < least[0] or space.height < least[1]:
            return None
        for _ in range(_TRIES):
            try:
                drawn = self._makers[kind](rng, space)
            except Unproven:
                return None
            if drawn and drawn[0].width <= space.width and drawn[0].height <= space.height:
                pixels, truth, words = drawn
                block = {"kind": kind, "image": {}, "pixels": pixels, "truth": truth, **told(kind, truth)}
                return block if words is None else {**block, "numbers": words}
        return None


def _charts() -> Maker:
    from synth.charts import figure

    def draw(rng: np.random.Generator, space: Space) -> Drawn:
        width = int(rng.integers(280, min(space.width, 640) + 1))
        width = max(width, min(space.width, 460))
        height = int(np.clip(width * rng.uniform(0.55, 0.9), 280, space.height))
        made = figure.draw(rng, space.language, (width, height))
        return made.image, made.truth, None

    return draw


def _formulas(settings: FigureSettings) -> Maker:
    from synth.notation.formulas import grammar, typeset
    from synth.notation.formulas.latex import NotKnown, read

    typesetter, found = typeset.Typesetter(settings.katex), grammar.corpus(settings.latex)

    def draw(rng: np.random.Generator, space: Space) -> Drawn | None:
        latex = grammar.sample(rng, found)
        try:
            read(latex, True)
        except NotKnown:
            return None
        made = typeset.draw(typesetter, [latex], rng, space.width + 80)
        if made is None:
            return None
        image, truth = _cut(made.image, made.truth)
        return _recoloured(image, space.paper, space.ink), truth, None

    return draw


def _music(settings: FigureSettings) -> Maker:
    from synth.notation.music.generator import Music, MusicSettings

    room = Music(MusicSettings(tunes=settings.tunes))

    def draw(rng: np.random.Generator, space: Space) -> Drawn:
        bars = int(rng.integers(4, 4 + max(space.height // 60, 1)))
        made = _with(room, widest=space.width, bars=bars).draw(rng)
        image, truth = _cut(made.image, made.truth)
        return (_recoloured(image, space.paper, space.ink) if rng.random() < 0.8 else image), truth, None

    return draw


def _molecules(settings: FigureSettings) -> Maker:
    from synth.notation.chemistry.generator import Chemistry, ChemistrySettings

    room = Chemistry(ChemistrySettings(smiles=settings.smiles, atoms=(4, 26)))

    def draw(rng: np.random.Generator, space: Space) -> Drawn:
        made = _with(room, widest=min(space.width, space.height, 480)).draw(rng)
        image, truth = _cut(made.image, made.truth)
        return _tinted(image, space.paper), truth, None

    return draw


def _texts(corpus: CorpusSettings, languages: Sequence[Code], photographs: tuple[str, ...]) -> Maker:
    from synth.ocr.scenes import SceneText, SceneTextSettings

    flat = [folder for folder in photographs if any(path.suffix in SUFFIXES for path in Path(folder).iterdir())]
    common = {
        **{"corpus": corpus, "backgrounds": flat[0] if flat else "", "picture": PictureSettings(formats={"png": 1.0})},
        **{"canvas": CanvasSettings(pixels=(_LEAST, 230_400)), "texts": (1, 3), "views": (1, 1), "sizes": (18, 40)},
    }
    rooms: dict[str, SceneText] = {
        language: SceneText(SceneTextSettings(**common, languages={language: 1.0}, mixed=0)) for language in languages
    }

    def draw(rng: np.random.Generator, space: Space) -> Drawn | None:
        width = min(space.width, 480) * rng.uniform(0.7, 1)
        wide, high = sides(width * min(width * 0.7, space.height), width / min(width * 0.7, space.height))
        if wide * high < _LEAST:
            return None
        canvas = CanvasSettings(pixels=(wide * high, wide * high), aspects=(wide / high, wide / high))
        draft = next(_with(rooms[space.language], canvas=canvas).drafts(rng))
        image, words = (PIL.Image.open(io.BytesIO(medium.content)) for medium in draft.media)
        truth = {key: value for key, value in draft.claims.items() if key != "view"}
        return image.convert("RGB"), truth, np.asarray(words)

    return draw


def _with(room: Any, **changes: Any) -> Any:
    """A room of other options."""
    other = copy.copy(room)
    other.options = room.options.model_copy(update=changes)
    return other


def _cut(image: PIL.Image.Image, truth: dict[str, Any]) -> tuple[PIL.Image.Image, dict[str, Any]]:
    """A drawing without the broad margins that its room leaves, and its truth in the new frame."""
    x1, y1, x2, y2 = truth["box"]
    left, top = max(int(x1) - _EDGE, 0), max(int(y1) - _EDGE, 0)
    cut = image.crop((left, top, min(int(x2) + _EDGE, image.width), min(int(y2) + _EDGE, image.height)))
    return cut, _moved(truth, -left, -top)


def _moved(truth: dict[str, Any], dx: int, dy: int) -> dict[str, Any]:
    from synth.notation.figure import moved

    # Where in a row of the truth its coordinates begin, and how many there are.
    rows = {
        "glyphs": (-3, 2),
        "letters": (1, 2),
        "strokes": (0, 4),
        "dots": (0, 2),
        "measures": (0, 4),
        "atoms": (0, 2),
    }
    found = dict(truth)
    for name, (start, count) in rows.items():
        found[name] = [_row(row, start, count, dx, dy) for row in truth.get(name, [])]
        if name not in truth:
            del found[name]
    if "beams" in truth:
        found["beams"] = [[moved(corner, dx, dy) for corner in beam] for beam in truth["beams"]]
    if "formulas" in truth:
        found["formulas"] = [
            {
                **each,
                "box": moved(each["box"], dx, dy),
                "marks": [_row(mark, 4 if mark[0] == "sign" else 1, 2 if mark[0] == "sign" else 4, dx, dy)
                          for mark in each["marks"]],
            }
            for each in truth["formulas"]
        ]  # fmt: skip
    found["box"] = moved(truth["box"], dx, dy)
    return found


def _row(row: list[Any], start: int, count: int, dx: int, dy: int) -> list[Any]:
    from synth.notation.figure import moved

    start %= len(row)
    return [*row[:start], *moved(row[start : start + count], dx, dy), *row[start + count :]]


def _recoloured(image: PIL.Image.Image, paper: str, ink: str) -> PIL.Image.Image:
    """A drawing of one colour on another (the corner's) in those given."""
    pixels = np.asarray(image).astype(np.float32)
    old = pixels[0, 0]
    flat = pixels.reshape(-1, 3) - old
    full = flat[np.argmax((flat**2).sum(axis=1))]
    share = np.clip(pixels @ full - old @ full, 0, None) / max(float(full @ full), 1)
    new, drawn = _rgb(paper), _rgb(ink)
    return PIL.Image.fromarray((new + np.minimum(share, 1)[..., None] * (drawn - new) + 0.5).astype(np.uint8))


def _tinted(image: PIL.Image.Image, paper: str) -> PIL.Image.Image:
    """A drawing of several colours on light paper of the colour given; others stay as they are."""
    pixels, new = np.asarray(image).astype(np.float32), _rgb(paper)
    if min(pixels[0, 0].min(), new.min()) < 200:
        return image
    return PIL.Image.fromarray(np.minimum(pixels / pixels[0, 0] * new + 0.5, 255).astype(np.uint8))


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.float32)
