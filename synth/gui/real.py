"""Screens of real applications, as packages ship them: their pages, styles and scripts, in fonts that a proof knows.

Pages are served to the browser from a folder; nothing else is reachable. Clocks stand, chance is seeded, nothing moves.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

from curation.config import Config
from curation.errors import UserError
from synth.encode import PictureSettings
from synth.gui import stage
from synth.gui.proof.checker import ScreenChecker
from synth.gui.shots import SECONDS, Read, finished, used
from synth.gui.sizes import Platform, SizeSettings, draw_size
from synth.gui.view.views import ViewSettings
from synth.ocr.languages import Code
from synth.pages.browser import browser
from synth.pages.drawing.style import pairs
from synth.sample import Checker, Draft, Generator
from synth.weights import Weights, draw, in_order

_LEAST = 200  # bytes: shorter files are stubs


class RealScreenSettings(Config):
    """`site`: the folder that is served; `pages`: which of its files are shown, as patterns below it; `acts` as of
    `screen`."""

    site: str
    pages: tuple[str, ...] = Field(("**/*.html",), min_length=1)
    language: Code = "en"
    licence: str = ""
    platforms: Weights[Platform] = Field({"web": 4.0, "mobile": 1.0})
    sizes: SizeSettings = SizeSettings()
    acts: tuple[int, int] = (0, 3)
    picture: PictureSettings = PictureSettings(formats={"png": 1.0, "jpg": 1.0, "webp": 0.5}, quality=(88, 96))
    views: ViewSettings = ViewSettings()

    @field_validator("site")
    @classmethod
    def _named(cls, site: str) -> str:
        if not site:
            raise ValueError("site: the folder of an application is wanted")
        return site


class RealScreens(Generator):
    """Raises UserError where the folder has no such pages, or a font or Chromium is missing."""

    name = "real_screen"
    version = "1"
    settings = RealScreenSettings
    tools: ClassVar[tuple[str, ...]] = ("playwright", "pillow", "uharfbuzz", "freetype-py")

    def __init__(self, settings: RealScreenSettings):
        self._settings = settings
        self.licence = settings.licence
        self._site = Path(settings.site)
        found = {path for pattern in settings.pages for path in self._site.glob(pattern) if path.is_file()}
        self._pages = sorted(path for path in found if path.stat().st_size >= _LEAST)
        if not self._pages:
            raise UserError(f"site: {settings.site}: no {' or '.join(settings.pages)} there")
        total = hashlib.sha256()
        for path in self._pages:
            total.update(f"{path.relative_to(self._site)} {stage.digest(path)}\n".encode())
        self.digest = total.hexdigest()[:16]
        every = pairs(settings.language)
        self._pairs = [pair for pair in every if pair.regular.style in ("sans", "serif")] or every
        self._browser = browser()
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: RealScreenSettings) -> Checker:
        return ScreenChecker(settings.site)

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        settings = self._settings
        path = self._pages[int(rng.integers(len(self._pages)))]
        pair = self._pairs[int(rng.integers(len(self._pairs)))]
        size = draw_size(rng, draw(rng, in_order(settings.platforms)), settings.sizes)
        made = {
            **{"page": path.relative_to(self._site).as_posix(), "digest": stage.digest(path)},
            **{"family": pair.regular.family, "language": settings.language, "viewport": list(size.css)},
            **{"scale": size.scale, "faces": [pair.regular.name, pair.bold.name], "acts": []},
        }
        many, seed = int(rng.integers(settings.acts[0], settings.acts[1] + 1)), int(rng.integers(1 << 62))
        read = self._browser.run(lambda page, cdp: self._read(page, seed, made, many), tab="gui", seconds=SECONDS)
        yield from finished(rng, read, settings.picture, settings.views)

    def _read(self, page: Any, seed: int, made: dict[str, Any], many: int) -> Read:
        """In a context of its own: pages keep things, and clocks that stand would stand for all."""
        context = page.context.browser.new_context(offline=True, viewport={"width": 800, "height": 800})
        try:
            fresh = context.new_page()
            return used(seed, fresh, context.new_cdp_session(fresh), made, many, self._site)
        finally:
            context.close()

    def close(self) -> None:
        self._browser.close()
