"""Signs of font files, rasterised by FreeType: what a second drawing is painted with."""

import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from curation.errors import UserError

_LOCK = threading.Lock()  # a font's size and place are its own state, and Beam's workers may share a process


@dataclass(frozen=True)
class Mark:
    """A rasterised sign: `alpha` (height, width) from 0 to 1, its first pixel at `left`, `top` of the canvas."""

    alpha: np.ndarray
    left: int
    top: int


@dataclass(frozen=True)
class Glyph:
    """The sign `name` claimed at a place; `mark` rasterises any sign there, None where the font has none."""

    name: str
    mark: Callable[[str], Mark | None]
    rivals: Mapping[str, float]  # signs that it could be mistaken for, and about how much each is like it, to 1


def text_glyph(path: str, size: float, sign: str, x: float, y: float, rivals: str) -> Glyph:
    """A sign of a font file claimed at the baseline point (x, y) in pixels."""
    right, down = round(x * 4), round(y * 4)

    def mark(name: str) -> Mark | None:
        found = _bitmap(path, round(size, 1), name, right % 4, down % 4)
        return Mark(found.alpha, found.left + right // 4, found.top + down // 4) if found else None

    return Glyph(sign, mark, _likenesses(path, sign, rivals))


@lru_cache(4096)
def _likenesses(path: str, sign: str, others: str) -> Mapping[str, float]:
    """The correlation of a sign with each other one that the font has, drawn at one place or a pixel aside."""
    one = _drawn(path, sign)
    drawn = {name: frame for name in others if name != sign and (frame := _drawn(path, name)) is not None}
    if one is None or not drawn:
        return {}
    moves = np.stack([np.roll(one, (dy, dx), (0, 1)).reshape(-1) for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
    likes = (moves @ np.stack([frame.reshape(-1) for frame in drawn.values()]).T).max(axis=0) / one.size
    return dict(zip(drawn, likes.tolist(), strict=True))


@lru_cache(4096)
def _drawn(path: str, sign: str) -> np.ndarray | None:
    """A sign at 24 px in a frame of (80, 80), of mean 0 and deviation 1."""
    mark = _bitmap(path, 24, sign, 0, 0)
    if mark is None:
        return None
    frame = np.zeros((80, 80), np.float32)
    alpha = mark.alpha[:40, :40]
    top, left = max(min(mark.top + 45, 79), 0), max(min(mark.left + 20, 79), 0)
    part = frame[top : top + alpha.shape[0], left : left + alpha.shape[1]]
    part += alpha[: part.shape[0], : part.shape[1]]
    return (frame - frame.mean()) / max(float(frame.std()), 1e-6)


def ascent(path: str, size: float) -> float:
    """From the top of a line box to the baseline, in whole pixels as browsers round it."""
    face = _face(path)
    return float(np.round(face.ascender / face.units_per_EM * size))


@lru_cache(16_384)
def _bitmap(path: str, size: float, sign: str, x: int, y: int) -> Mark | None:
    """A sign, `size` px to the em, its origin (the baseline's start) at (x, y) quarters of a pixel; None where the
    font lacks it. Raises OSError where the file is none.
    """
    import freetype

    face = _face(path)
    number = face.get_char_index(sign)
    if not number:
        return None
    with _LOCK:
        face.set_char_size(round(size * 64))
        face.set_transform(freetype.Matrix(0x10000, 0, 0, 0x10000), freetype.Vector(x * 16, -y * 16))
        face.load_glyph(number, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_NO_HINTING)
        bitmap = face.glyph.bitmap
        if not bitmap.rows:
            return None
        alpha = np.array(bitmap.buffer, np.uint8).reshape(bitmap.rows, bitmap.pitch)[:, : bitmap.width]
        return Mark(alpha.astype(np.float32) / 255, face.glyph.bitmap_left, -face.glyph.bitmap_top)


@lru_cache(64)
def _face(path: str):
    import freetype

    return freetype.Face(path)


@lru_cache
def font_file(family: str) -> str:
    """The regular font of a family, by fontconfig. Raises UserError where the system has none of that name."""
    try:
        answer = subprocess.run(
            ["fc-match", "-f", "%{family}\t%{file}", f"{family}:style=Regular"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"fc-match does not run: install fontconfig: {error}") from error
    found, path = answer.stdout.split("\t")
    if family not in found.split(","):
        raise UserError(f"there is no font {family!r}: install fonts-liberation2 and fonts-dejavu-core")
    return path
