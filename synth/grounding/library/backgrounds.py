"""Backgrounds: photographs that sprites are laid on, decoded once at about the size that is needed."""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL.Image

from curation.errors import UserError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SPARE = 1.2  # a photograph is kept so large that it covers the largest canvas this many times, side for side
LEAST_SIDE = 448  # and with a shorter side of at least so many pixels, so that small canvases see different places
KEPT = 64  # decoded photographs held in memory, by all folders together: 10 to 15 MB each for canvases of 1 MP


class BackgroundError(UserError):
    """The folder of backgrounds, or a photograph in it, is missing or damaged."""


class Backgrounds:
    """Folders of photographs. A file whose pixels are damaged is found when it is drawn; each draw then fails alike.

    Raises BackgroundError where a folder holds no picture or a file has no readable header.
    """

    def __init__(self, folders: str | Path | Sequence[str | Path], largest: tuple[int, int]):
        """`largest`: width and height in pixels of the largest canvas to be covered."""
        self.files: list[Path] = []
        for folder in (Path(each) for each in ([folders] if isinstance(folders, str | Path) else folders)):
            if not folder.is_dir():
                raise BackgroundError(f"{folder}: no such folder of backgrounds")
            found = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
            if not found:
                raise BackgroundError(f"{folder}: holds no photographs ({', '.join(SUFFIXES)})")
            self.files += found
        for file in self.files:
            _open(file).close()
        self._cover = max(SPARE * largest[0], LEAST_SIDE), max(SPARE * largest[1], LEAST_SIDE)

    def draw(self, rng: np.random.Generator, width: int, height: int) -> tuple[str, PIL.Image.Image]:
        """The name of a photograph and a `crop` of it as a picture."""
        name, pixels = self.crop(rng, width, height)
        return name, PIL.Image.fromarray(pixels)

    def crop(self, rng: np.random.Generator, width: int, height: int) -> tuple[str, np.ndarray]:
        """The name of a photograph and a copy of its pixels (height, width, 3) at a random place, mirrored half of the
        time.

        Crops are not resampled: at 1232 x 924 that would cost as much as all the rest of the scene.
        """
        import cv2

        file = self.files[rng.integers(len(self.files))]
        photograph = _read(file, self._cover)
        left = int(rng.integers(photograph.shape[1] - width + 1))
        top = int(rng.integers(photograph.shape[0] - height + 1))
        crop = photograph[top : top + height, left : left + width]
        return file.name, cv2.flip(crop, 1) if rng.random() < 0.5 else crop.copy()


@lru_cache(KEPT)
def _read(file: Path, cover: tuple[float, float]) -> np.ndarray:
    """The photograph (height, width, 3) at the smallest size of its shape that covers so many pixels: small ones are
    enlarged."""
    image = _open(file)
    scale = max(cover[0] / image.width, cover[1] / image.height)
    size = math.ceil(scale * image.width), math.ceil(scale * image.height)
    try:
        image.draft("RGB", size)  # lets JPEG leave out detail that is not needed: several times faster
        return np.asarray(image.convert("RGB").resize(size, PIL.Image.Resampling.BILINEAR, reducing_gap=2.0))
    except Exception as error:  # Pillow's parsers raise whatever the damage leads them to
        raise BackgroundError(f"{file}: cannot be decoded: {error}") from error


def _open(file: Path) -> PIL.Image.Image:
    try:
        return PIL.Image.open(file)
    except Exception as error:  # as above
        raise BackgroundError(f"{file}: not a picture: {error}; mend it or take it out of the folder") from error
