"""Whole pages, composed from a corpus, laid out by Chromium and proved against their own pixels."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import PIL.Image
from pydantic import Field

from curation import media
from curation.config import Config
from curation.errors import UserError
from synth.canvas import CanvasSettings
from synth.encode import PictureSettings
from synth.ocr.corpus import Corpus, CorpusSettings
from synth.ocr.languages import LANGUAGES, Code
from synth.pages import views
from synth.pages.browser import browser
from synth.pages.drawing import style as styles
from synth.pages.drawing.compose import WEIGHTS, Kind, Plan, compose, frame
from synth.pages.drawing.markup import Markup
from synth.pages.drawing.material import Block, Writer
from synth.pages.drawing.render import Rendered, render
from synth.pages.figures.draw import Figures, FigureSettings, Space
from synth.pages.parts import Laid, finished, strip
from synth.pages.proof.places import regions
from synth.pages.proof.viewed import ViewedChecker
from synth.pages.views import ViewSettings
from synth.sample import Checker, Draft, Failure, Generator, Unproven
from synth.weights import Weights, draw, in_order

_LARGEST = 1_280  # px of a picture
_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


class PageSettings(Config):
    """Ranges are (least, most), both included; `kinds` are weights, those not named are not made."""

    corpus: CorpusSettings
    languages: tuple[Code, ...] = Field((), description="of the corpus; empty: all of it")
    pictures: tuple[str, ...] = ()  # folders with photographs and drawings for figures
    kinds: Weights[Kind] = Field(dict(WEIGHTS))
    canvas: CanvasSettings = CanvasSettings(pixels=(351_232, 752_640), aspects=(0.6, 1.6))
    picture: PictureSettings = PictureSettings()
    figures: FigureSettings = FigureSettings()
    text: styles.TextSize = (12, 17)
    views: ViewSettings = ViewSettings()
    parts: float = Field(0.3, ge=0, le=1)  # share of pages of which a strip is a sample of its own, too
    licence: str = ""


class Pages(Generator):
    """Raises UserError where a corpus, a font, a folder of pictures or Chromium is missing."""

    name = "page"
    version = "1"
    settings = PageSettings
    tools: ClassVar[tuple[str, ...]] = ("playwright", "pillow", "uharfbuzz", "freetype-py")

    def __init__(self, settings: PageSettings):
        self._settings = settings
        self.corpus = Corpus.load(settings.corpus)
        self.licence = settings.licence
        self.digest = self.corpus.digest
        self._languages = settings.languages or self.corpus.languages
        self._pairs: dict[str, list[styles.Pair]] = {language: styles.pairs(language) for language in self._languages}
        self._pictures = [path for folder in settings.pictures for path in _listed(folder)]
        self._figures = Figures(settings.figures, settings.corpus, self._languages, settings.pictures)
        self.tools = (*Pages.tools, *self._figures.tools)  # type: ignore[misc]  # of each its own
        self._browser = browser()
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: PageSettings) -> Checker:
        return ViewedChecker(settings.figures.katex)

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        settings = self._settings
        language = str(rng.choice(self._languages))
        image, ids, claims = self._page(rng, language)
        laid = claims, image, ids
        yield from self._views(rng, laid, "")
        if rng.random() < settings.parts and (part := strip(rng, laid)):
            yield from self._views(rng, part, "part_")

    def _views(self, rng: np.random.Generator, laid: Laid, name: str) -> Iterator[Draft]:
        claims, shown = finished(rng, laid, self._settings.picture)
        for draft in views.draw(rng, claims, shown, self._settings.views):
            yield replace(draft, view=f"{name}{draft.view}")

    def close(self) -> None:
        self._browser.close()

    def _page(self, rng: np.random.Generator, language: str) -> tuple[PIL.Image.Image, np.ndarray, dict[str, Any]]:
        settings = self._settings
        kind = draw(rng, in_order(settings.kinds))
        text = float(rng.integers(settings.text[0], settings.text[1] + 1)) * (1.5 if kind == "slide" else 1)
        room = frame(rng, kind, settings.canvas.draw(rng), text)
        dark = kind in ("slide", "web") and rng.random() < 0.25
        style = styles.draw(rng, language, self._pairs[language], text, dark)
        faces = tuple(dict.fromkeys(face for face, _ in style.fonts))
        writer = Writer(rng, self.corpus, language, faces)
        css, html, markup = compose(Plan(kind, room, style, self._figures.weights), writer, self._figure)
        page = render(self._browser, css, html, room.size, language)
        claims = assemble(page, markup, language, room.size)
        claims["fonts"] = [[face.name, size] for face, size in style.fonts]
        return pasted(page, markup), page.ids, claims

    def _figure(self, rng: np.random.Generator, kind: str, space: Space) -> Block | None:
        """A figure of a kind, without a caption; None where it finds no room."""
        if kind != "image":
            return self._figures.draw(rng, kind, space)
        if not self._pictures or min(space.width, space.height) < 60:
            return None
        path = self._pictures[rng.integers(len(self._pictures))]
        width = int(space.width * (rng.uniform(0.4, 0.9) if rng.random() < 0.4 else 1))
        height = int(min(width * rng.uniform(0.45, 0.8), space.height))
        return {"kind": "image", "image": {}, "pixels": _cropped(rng, path, width, height)}


def _listed(folder: str) -> list[Path]:
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in _PICTURES)
    if not found:
        raise UserError(f"pictures: {folder}: no {', '.join(_PICTURES)} files there")
    return found


@lru_cache(maxsize=48)
def _photograph(path: Path) -> PIL.Image.Image:
    """A picture no larger than pages need, kept: to decode one takes as long as to make a page."""
    image = media.decode(path.read_bytes()).convert("RGB")
    image.thumbnail((_LARGEST, _LARGEST), PIL.Image.Resampling.BILINEAR, reducing_gap=2.0)
    return image


def _cropped(rng: np.random.Generator, path: Path, width: int, height: int) -> PIL.Image.Image:
    """A part of a picture, in its own proportions, at the size wanted."""
    image = _photograph(path)
    share = min(image.width / width, image.height / height)
    share *= rng.uniform(0.6, 1)
    x = rng.uniform(0, image.width - share * width)
    y = rng.uniform(0, image.height - share * height)
    box = (x, y, x + share * width, y + share * height)
    return image.resize((width, height), PIL.Image.Resampling.BILINEAR, box, reducing_gap=2.0)


def pasted(page: Rendered, markup: Markup) -> PIL.Image.Image:
    """The picture with its figures in the holes that the layout left for them."""
    image = page.image
    found = regions(page.ids)
    for number in page.kept:
        block = markup.blocks[number]
        if "pixels" in block:
            x1, y1, x2, y2 = found[block["image"]["id"]]
            if (x2 - x1, y2 - y1) != block["pixels"].size:
                raise Unproven([Failure("layout", f"a figure of {block['pixels'].size} has room {x2 - x1, y2 - y1}")])
            image.paste(block["pixels"], (x1, y1))
            for place, word in enumerate(block.get("words", ()), 1):
                page.ids[y1:y2, x1:x2][block["numbers"] == place] = word["id"]
    return image


def assemble(page: Rendered, markup: Markup, language: str, size: tuple[int, int]) -> dict[str, Any]:
    """The claims of a page, but for its boxes and fonts."""
    elements = []
    for number in page.kept:
        element = {key: value for key, value in markup.blocks[number].items() if key not in ("pixels", "numbers")}
        elements.append(element)
    if not elements:
        raise Unproven([Failure("layout", "nothing found room on the page")])
    direction = "rtl" if LANGUAGES[language].right_to_left else "ltr"
    found = regions(page.ids)
    decorations = [[number, found[number]] for number in markup.decorations if number in found]
    return {
        **{"size": list(size), "language": language, "direction": direction, "elements": elements},
        **{"words": page.words, "decorations": decorations},
    }
