"""Backgrounds: photographs that sprites are laid on, decoded once at about the size that is needed."""

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL.Image

from curation.errors import UserError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SPARE = 1.5  # a photograph is kept so large that it covers the largest canvas this many times, side for side
LEAST_SIDE = 448  # and with a shorter side of at least so many pixels, so that small canvases see different places
KEPT = 64  # decoded photographs held in memory


class BackgroundError(UserError):
    """The folder of backgrounds, or a photograph in it, is missing or damaged."""


class Backgrounds:
    """A folder of photographs. A file whose pixels are damaged is found when it is drawn; each draw then fails alike.

    Raises BackgroundError where the folder holds no picture or a file has no readable header.
    """

    def __init__(self, folder: str | Path, largest: tuple[int, int]):
        """`largest`: width and height in pixels of the largest canvas to be covered."""
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise BackgroundError(f"{folder}: no such folder of backgrounds")
        self.names = sorted(file.name for file in self.folder.iterdir() if file.suffix.lower() in SUFFIXES)
        if not self.names:
            raise BackgroundError(f"{folder}: holds no photographs ({', '.join(SUFFIXES)})")
        for name in self.names:
            _open(self.folder / name).close()
        self._cover = max(SPARE * largest[0], LEAST_SIDE), max(SPARE * largest[1], LEAST_SIDE)
        self._photograph = lru_cache(KEPT)(self._read)

    def draw(self, rng: np.random.Generator, width: int, height: int) -> tuple[str, PIL.Image.Image]:
        """The name of a photograph and an RGB crop of it at a random place, mirrored half of the time.

        Crops are not resampled: at 1232 x 924 that would cost as much as all the rest of the scene.
        """
        name = self.names[rng.integers(len(self.names))]
        photograph = self._photograph(name)
        left = int(rng.integers(photograph.width - width + 1))
        top = int(rng.integers(photograph.height - height + 1))
        crop = photograph.crop((left, top, left + width, top + height))
        return name, crop.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else crop

    def _read(self, name: str) -> PIL.Image.Image:
        """The photograph at the smallest size of its shape that covers `_cover`; small ones are enlarged."""
        image = _open(self.folder / name)
        scale = max(self._cover[0] / image.width, self._cover[1] / image.height)
        size = math.ceil(scale * image.width), math.ceil(scale * image.height)
        try:
            image.draft("RGB", size)  # lets JPEG leave out detail that is not needed: several times faster
            return image.convert("RGB").resize(size, PIL.Image.Resampling.BILINEAR, reducing_gap=2.0)
        except Exception as error:  # Pillow's parsers raise whatever the damage leads them to
            raise BackgroundError(f"{self.folder / name}: cannot be decoded: {error}") from error


def _open(file: Path) -> PIL.Image.Image:
    try:
        return PIL.Image.open(file)
    except Exception as error:  # as above
        raise BackgroundError(f"{file}: not a picture: {error}; mend it or take it out of the folder") from error
