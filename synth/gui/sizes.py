"""Sizes of screens as devices have them, the sides of screenshots multiples of 28: no processor resizes them."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from curation.config import Config
from synth.canvas import MERGED
from synth.weights import draw

Platform = Literal["web", "desktop", "mobile"]
PLATFORMS: tuple[Platform, ...] = ("web", "desktop", "mobile")

# (least and most width, least and most height) in CSS px, and how often each comes.
_SHAPES: dict[str, dict[str, tuple[tuple[int, int, int, int], float]]] = {
    "mobile": {
        "phone": ((340, 450, 600, 960), 0.6),
        "landscape": ((600, 920, 340, 440), 0.1),
        "tablet": ((600, 900, 800, 1000), 0.3),
    },
    "desktop": {"window": ((640, 1100, 480, 800), 0.4), "laptop": ((1100, 1600, 640, 1000), 0.6)},
    "web": {
        "narrow": ((392, 640, 560, 960), 0.2),
        "tablet": ((700, 1000, 640, 1000), 0.3),
        "laptop": ((1000, 1600, 600, 1000), 0.5),
    },
}
_SCALES: dict[str, dict[float, float]] = {
    "mobile": {1.0: 1.0, 1.5: 1.0, 2.0: 3.0, 3.0: 1.0},
    "desktop": {1.0: 4.0, 1.25: 1.5, 1.5: 1.0, 2.0: 0.5},
    "web": {1.0: 4.0, 1.25: 1.5, 1.5: 1.0, 2.0: 0.5},
}
# CSS px in which sides step, so that `scale` times them are multiples of 28.
_STEPS = {1.0: 28, 1.25: 112, 1.5: 56, 2.0: 14, 3.0: 28}
_TRIES = 60


class SizeSettings(Config):
    """`pixels` of a screenshot, (least, most), both included: by default up to the report's own phone, 1092 x 2408."""

    pixels: tuple[int, int] = Field((200_704, 2_629_536))

    @model_validator(mode="after")
    def _ranges(self) -> "SizeSettings":
        if not 150_000 <= self.pixels[0] <= self.pixels[1] <= 12_845_056 or self.pixels[1] < 250_880:
            raise ValueError(f"pixels: {self.pixels} is not a range within 150,000 to 12,845,056 that reaches 250,880")
        return self


@dataclass(frozen=True)
class Size:
    """`css` are width and height in CSS px."""

    css: tuple[int, int]
    scale: float


def draw_size(rng: np.random.Generator, platform: str, settings: SizeSettings) -> Size:
    """A screen that such a platform has, within the budget of pixels."""
    least, most = settings.pixels
    shapes = {name: weight for name, (_, weight) in _SHAPES[platform].items()}
    for _ in range(_TRIES):
        scale = draw(rng, _SCALES[platform])
        (left, right, top, bottom), _ = _SHAPES[platform][draw(rng, shapes)]
        step = _STEPS[scale]
        css = (_stepped(rng, left, right, step), _stepped(rng, top, bottom, step))
        if least <= css[0] * css[1] * scale * scale <= most:
            return Size(css, scale)
    side = math.floor(math.sqrt(most) / MERGED) * MERGED
    return Size((min(side, 28 * 28), min(side, 28 * 28)), 1.0)


def _stepped(rng: np.random.Generator, least: int, most: int, step: int) -> int:
    low, high = math.ceil(least / step), math.floor(most / step)
    return step * int(rng.integers(low, max(high, low) + 1))
