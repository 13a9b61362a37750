"""Pages of real HTML documents: their own text, tables and pictures, set in styles of ours, proved as generated pages.

Style sheets of the documents are not used: a proof must know every font. Nothing but the document and the pictures
beside it is read, and no script runs.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from curation.config import Config
from synth.canvas import MERGED, CanvasSettings
from synth.encode import PictureSettings
from synth.pages import sources
from synth.pages import views as page_views
from synth.pages.browser import browser
from synth.pages.drawing import style as styles
from synth.pages.drawing.compose import Frame, frame
from synth.pages.drawing.markup import Markup
from synth.pages.drawing.material import Block
from synth.pages.drawing.render import Rendered, render
from synth.pages.generator import assemble, pasted
from synth.pages.parts import Laid, finished, strip
from synth.pages.proof.viewed import ViewedChecker
from synth.pages.sources import HtmlSource
from synth.sample import Draft, Failure, Generator, Unproven

TRIES = 12  # documents: of some handbooks half are not translated
OVER = 1.2  # pages' worth of blocks are laid out: what finds no room is taken away


class RealSettings(Config):
    """`text` is the size of text in px, (least, most)."""

    sources: tuple[HtmlSource, ...] = Field(min_length=1)
    canvas: CanvasSettings = CanvasSettings(pixels=(501_760, 1_003_520), aspects=(0.6, 1.6))
    picture: PictureSettings = PictureSettings()
    text: styles.TextSize = (13, 20)
    views: page_views.ViewSettings = page_views.ViewSettings()
    parts: float = Field(0.3, ge=0, le=1)  # share of pages of which a strip is a sample of its own, too


class RealPages(Generator):
    """Raises UserError where a source, a font or Chromium is missing."""

    name = "real_page"
    version = "1"
    settings = RealSettings
    tools: ClassVar[tuple[str, ...]] = ("playwright", "pillow", "selectolax", "uharfbuzz", "freetype-py")

    def __init__(self, settings: RealSettings):
        self.config = settings
        self.press = Press(settings)
        self.digest = self.press.digest
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: RealSettings) -> ViewedChecker:
        return ViewedChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        for _ in range(TRIES):
            source, path = self.press.choose(rng)
            if blocks := read(path, source):
                break
        else:
            raise Unproven([Failure("source", f"{path.name} and others have no content at {source.root!r} that fits")])
        starts = [number for number, block in enumerate(blocks) if block["kind"][0] == "h"] or [0]
        start = starts[int(rng.integers(len(starts)))]
        size = self.config.canvas.draw(rng)
        text = float(rng.integers(self.config.text[0], self.config.text[1] + 1))
        laid, _ = self.press.lay(rng, source.language, blocks[start:], size, text)
        yield from self._views(rng, laid, "", source.licence)
        if rng.random() < self.config.parts and (part := strip(rng, laid)):
            yield from self._views(rng, part, "part_", source.licence)

    def _views(self, rng: np.random.Generator, laid: Laid, name: str, licence: str) -> Iterator[Draft]:
        page, shown = finished(rng, laid, self.config.picture)
        for draft in page_views.draw(rng, page, shown, self.config.views):
            yield replace(draft, view=f"{name}{draft.view}", licence=licence)

    def close(self) -> None:
        self.press.close()


class Press:
    """Sets blocks of real documents as pages."""

    def __init__(self, settings: Any):
        self._settings = settings
        self._documents = [(source, path) for source in settings.sources for path in sources.files(source)]
        self._pairs = {source.language: styles.pairs(source.language) for source in settings.sources}
        self._browser = browser()
        total = hashlib.sha256()
        for _, path in self._documents:
            total.update(f"{path.name} {path.stat().st_size}\n".encode())
        self.digest = total.hexdigest()[:16]

    def choose(self, rng: np.random.Generator) -> tuple[HtmlSource, Path]:
        """A document: first a source, so that languages come alike often however long their documents are."""
        source = self._settings.sources[int(rng.integers(len(self._settings.sources)))]
        here = [path for other, path in self._documents if other is source]
        return source, here[int(rng.integers(len(here)))]

    def following(self, source: HtmlSource, path: Path) -> Iterator[Path]:
        """A document and those that come after it in its folder, the first ones after the last."""
        here = [each for other, each in self._documents if other is source]
        at = here.index(path)
        yield from (*here[at:], *here[:at])

    def lay(
        self,
        rng: np.random.Generator,
        language: str,
        blocks: Sequence[Block],
        size: tuple[int, int],
        text: float,
    ) -> tuple[Laid, int]:
        """The first blocks as a page, and how many of them were used or left out."""
        room = frame(rng, "web", size, text)
        style = styles.draw(rng, language, self._pairs[language], text, bool(rng.random() < 0.1))
        faces = [face for face, _ in style.fonts]
        markup = Markup()
        body, numbers = [], []
        taken = 0.0
        for number, block in enumerate(blocks):
            if taken > OVER * room.columns:
                break
            if _covered(block, faces):
                taken += _share(block, room)
                body.append(markup.block(_made(block, room), "code" if block.get("code") else ""))
                numbers.append(number)
        flow = f"columns:{room.columns};column-gap:{room.gap}px;column-fill:auto"
        css = (
            f"{style.css}\nbody{{padding:{room.margin}px}} .flow{{flex:1;min-height:0;{flow}}}"
            ".flow>:first-child{margin-top:0} .code{white-space:pre-wrap;text-align:start}"
        )
        html = f'<div class="flow" data-flow>{"".join(body)}</div>'
        page = render(self._browser, css, html, size, language)
        if not page.kept:
            raise Unproven([Failure("layout", "no block of the document finds room on the page")])
        page = _trimmed(page, room.margin)
        claims = assemble(page, markup, language, page.image.size)
        claims["fonts"] = [[face.name, size] for face, size in style.fonts]
        return (claims, pasted(page, markup), page.ids), numbers[max(page.kept)] + 1

    def close(self) -> None:
        self._browser.close()


def _trimmed(page: Rendered, margin: int) -> Rendered:
    """The page without the empty part below its last block."""
    used = np.flatnonzero(page.ids.any(axis=1))
    height = min(math.ceil((int(used[-1]) + 1 + margin) / MERGED) * MERGED, page.ids.shape[0])
    image = page.image.crop((0, 0, page.image.width, height))
    return Rendered(image, page.ids[:height], page.kept, page.words)


@lru_cache(maxsize=32)
def _read(path: Path, source: str) -> tuple[Block, ...]:
    return tuple(sources.read(path, HtmlSource.model_validate_json(source)))


def read(path: Path, source: HtmlSource) -> tuple[Block, ...]:
    """The blocks of a document, kept for the next page of it; none where it has none or is not translated."""
    return _read(path, source.model_dump_json())


def _made(block: Block, room: Frame) -> Block:
    """A block of its own for a page, which will number it."""
    made = {key: value for key, value in block.items() if key != "code"}
    if "items" in made:
        made["items"] = [dict(item) for item in made["items"]]
    if "rows" in made:
        made["rows"] = [[dict(cell) for cell in row] for row in made["rows"]]
    if "pixels" in made:
        made["image"] = {}
        made["pixels"] = sources.fitted(made["pixels"], room.column, room.size[1] // 2)
    return made


def _covered(block: Block, faces: Sequence[Any]) -> bool:
    said = sources.letters(block)
    return all(face.covers("".join(said.split())) for face in dict.fromkeys(faces))


def _share(block: Block, room: Frame) -> float:
    """About how much of a column a block takes."""
    line, height = 1.6 * room.text, room.size[1] - 2 * room.margin
    if "pixels" in block:
        return min(block["pixels"].height, height / 2) / height
    wide = 1.0 if _wide(block) else 0.5
    letters = len(sources.letters(block))
    rows = len(block.get("rows", ())) or len(block.get("items", ())) or 1
    return (max(letters * wide * room.text / room.column, rows) + 0.6) * line / height


def _wide(block: Block) -> bool:
    return any(ord(letter) > 0x2E80 for letter in sources.letters(block))
