"""Sizes of canvases: by aspect ratio and pixel budget, sides multiples of 28, so that no processor resizes them."""

import math

import numpy as np
from pydantic import model_validator

from curation.config import Config

MERGED = 28  # the side of a merged patch: 2 x 2 patches of 14 px


class CanvasSettings(Config):
    """Ranges are (least, most), both included."""

    pixels: tuple[int, int] = (200_704, 1_003_520)  # 256 to 1,280 tokens
    aspects: tuple[float, float] = (0.5, 2.0)  # width over height

    @model_validator(mode="after")
    def _ranges(self) -> "CanvasSettings":
        if not 12_544 <= self.pixels[0] <= self.pixels[1] <= 12_845_056:
            raise ValueError(f"pixels: {self.pixels} is not a range within 12,544 to 12,845,056")
        if not 0.1 <= self.aspects[0] <= self.aspects[1] <= 10:
            raise ValueError(f"aspects: {self.aspects} is not a range within 0.1 to 10")
        return self

    def draw(self, rng: np.random.Generator) -> tuple[int, int]:
        """Width and height in pixels; areas and aspect ratios are log-uniform. At most `pixels[1]`."""
        area, aspect = (
            math.exp(rng.uniform(math.log(least), math.log(most))) for least, most in (self.pixels, self.aspects)
        )
        return sides(area, aspect)


def sides(area: float, aspect: float) -> tuple[int, int]:
    """Width and height, multiples of 28, of about `area` (above it for slivers alone) and `aspect`, width / height."""
    width = max(math.floor(math.sqrt(area * aspect) / MERGED), 1) * MERGED
    height = max(math.floor(min(area / width, width / aspect + MERGED / 2) / MERGED), 1) * MERGED
    return width, height
