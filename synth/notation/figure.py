"""A drawing and its truth, as the rooms of charts, formulas, music and molecules hand them to pages."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image


@dataclass(frozen=True)
class Figure:
    """`image` is RGB; `truth` plain JSON that says what it shows, in pixels of that image."""

    image: PIL.Image.Image
    truth: dict[str, Any]


def moved(values: list[float], dx: float, dy: float) -> list[float]:
    """Points or boxes, x and y by turns, in another frame; to a hundredth of a pixel."""
    return [round(value + (dy if place % 2 else dx), 2) for place, value in enumerate(values)]


def rasterise(svg: str, paper: str, *fonts: str) -> PIL.Image.Image:
    """RGB of an SVG's own size on a colour; its texts are set in these font files."""
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=svg, background=paper, skip_system_fonts=True, font_files=list(fonts))
    return PIL.Image.open(io.BytesIO(bytes(png))).convert("RGB")


def inked(image: PIL.Image.Image) -> np.ndarray:
    """(height, width) bool: what differs clearly from the corner's colour."""
    import cv2

    pixels = np.asarray(image)
    apart = cv2.absdiff(pixels, (*(float(channel) for channel in pixels[0, 0]), 0.0))
    return np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2]) > 60


def extent(mask: np.ndarray, low: int = 0, high: int | None = None) -> list[int]:
    """The box of what is set in the rows from `low` to before `high`."""
    rows, columns = (np.nonzero(mask[low:high].any(axis=axis))[0] for axis in (1, 0))
    if not len(rows):
        return [0, low, 0, low]
    return [int(columns[0]), int(rows[0]) + low, int(columns[-1]) + 1, int(rows[-1]) + low + 1]
