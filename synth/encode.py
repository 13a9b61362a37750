"""Encoding of what was drawn: pictures as cameras, scanners and screens store them, and instance-ID buffers."""

import io
from typing import Literal

import numpy as np
import PIL.Image
from pydantic import Field, model_validator

from curation.config import Config
from synth.sample import Encoded
from synth.weights import Weights, draw, in_order

Format = Literal["jpg", "png", "webp"]


class PictureSettings(Config):
    """`formats` are weights; `quality`, of JPEG and WebP, is (least, most)."""

    formats: Weights[Format] = Field({"jpg": 1.0})
    quality: tuple[int, int] = (80, 95)

    @model_validator(mode="after")
    def _ranges(self) -> "PictureSettings":
        if not 75 <= self.quality[0] <= self.quality[1] <= 100:
            raise ValueError(f"quality: {self.quality} is not a range within 75 to 100")
        return self

    def encode(self, rng: np.random.Generator, part: str, image: PIL.Image.Image) -> Encoded:
        """An RGB or grey picture in a format and quality of its own."""
        form = draw(rng, in_order(self.formats))
        quality = int(rng.integers(self.quality[0], self.quality[1] + 1))
        content = io.BytesIO()
        match form:
            case "jpg":
                image.save(content, "JPEG", quality=quality)
            case "webp":
                image.save(content, "WEBP", quality=quality, method=2)
            case "png":
                image.save(content, "PNG", compress_level=3)
        return Encoded(part, form, *image.size, content.getvalue())


def buffer(ids: np.ndarray, part: str = "ids") -> Encoded:
    """An instance-ID buffer (height, width) as PNG: of one byte a pixel with a palette for people to see, or of two."""
    content = io.BytesIO()
    if ids.max(initial=0) < 256:
        image = PIL.Image.fromarray(ids.astype(np.uint8))
        image.putpalette(_PALETTE)  # a palette image is also written 3 times faster than a grey one
    else:
        image = PIL.Image.fromarray(ids.astype(np.uint16))
    image.save(content, "PNG", compress_level=3)
    return Encoded(part, "png", ids.shape[1], ids.shape[0], content.getvalue())


_PALETTE = bytes((place * step) % 256 for place in range(256) for step in (67, 131, 29))  # black, then distinct colours
