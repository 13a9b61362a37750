"""Screens of generated applications: shown by Chromium, used a little by real mouse and keyboard, and read."""

import json
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field

from curation.config import Config
from synth.encode import PictureSettings
from synth.gui.apps import app
from synth.gui.proof.checker import ScreenChecker
from synth.gui.shots import SECONDS, finished, used
from synth.gui.sizes import PLATFORMS, Platform, SizeSettings, draw_size
from synth.gui.view.views import ViewSettings
from synth.ocr.languages import CODES, Code
from synth.pages.browser import browser
from synth.sample import Checker, Draft, Generator
from synth.weights import Weights, draw, in_order


class ScreenSettings(Config):
    """`acts`: how often something is done on an application before it is looked at, (least, most)."""

    languages: tuple[Code, ...] = Field(CODES, min_length=1)
    platforms: Weights[Platform] = Field(dict.fromkeys(PLATFORMS, 1.0))
    sizes: SizeSettings = SizeSettings()
    acts: tuple[int, int] = (0, 4)
    picture: PictureSettings = PictureSettings(formats={"png": 1.0, "jpg": 1.0, "webp": 0.5}, quality=(88, 96))
    views: ViewSettings = ViewSettings()


class Screens(Generator):
    """Raises UserError where a font or Chromium is missing."""

    name = "screen"
    version = "1"
    settings = ScreenSettings
    tools: ClassVar[tuple[str, ...]] = ("playwright", "pillow", "uharfbuzz", "freetype-py")

    def __init__(self, settings: ScreenSettings):
        self._settings = settings
        self._browser = browser()
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: ScreenSettings) -> Checker:
        return ScreenChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        settings = self._settings
        platform = draw(rng, in_order(settings.platforms))
        language = str(rng.choice(settings.languages))
        size = draw_size(rng, platform, settings.sizes)
        # As whoever proves it reads it: pages may follow the order of keys.
        spec = json.loads(json.dumps(app.draw(rng, platform, language, size.css), sort_keys=True))
        made = {
            **{"app": spec, "language": language, "viewport": list(size.css), "scale": size.scale},
            **{"faces": [spec["theme"]["face"], spec["theme"]["bold"]], "acts": []},
        }
        many = int(rng.integers(settings.acts[0], settings.acts[1] + 1))
        seed = int(rng.integers(1 << 62))  # not `rng` itself: where a browser dies, all is done again
        read = self._browser.run(lambda page, cdp: used(seed, page, cdp, made, many), tab="gui", seconds=SECONDS)
        yield from finished(rng, read, settings.picture, settings.views)

    def close(self) -> None:
        self._browser.close()
