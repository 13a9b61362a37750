"""A PDF page as pictures: as people see it, without its text, and the letters of its fonts (library: pypdfium2).

The page is scaled alike across and down; its sides become multiples of 28 by paper added below, never by distortion.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw

from synth.canvas import MERGED
from synth.pages.pdfium.text import TextLayer, read
from synth.sample import Failure, Unproven

EM = 48  # pixels an em of the letters on the sheet
SMOOTH = 4  # letters are drawn so many times too large, then shrunk
SHEET = 1008  # width of the sheet of letters in pixels


@dataclass(frozen=True)
class Letter:
    """A glyph of a font: its place on the sheet in pixels, and its bounds in ems, y upward from the baseline."""

    font: str
    text: str
    cell: tuple[int, int, int, int]
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class PdfRender:
    """`shown` and `plain` (the same without text) are RGB pictures of one size; `sheet` is grey, ink is 255."""

    shown: PIL.Image.Image
    plain: PIL.Image.Image
    sheet: PIL.Image.Image
    letters: list[Letter]
    layer: TextLayer


def render(page: Any, pixels: float) -> PdfRender:
    """Renders a pypdfium2 page to at most about `pixels`. Takes the text out of `page`: it is of no use afterwards."""
    from pypdfium2 import raw

    wide, high = page.get_size()
    if not (1 <= wide <= 20_000 and 1 <= high <= 20_000 and 0.1 <= wide / high <= 10):
        raise Unproven([Failure("size", f"a page of {wide:.0f} x {high:.0f} points is no picture")])
    if page.get_rotation():
        raise Unproven([Failure("size", f"the page is turned by {page.get_rotation()} degrees")])
    width = max(math.floor(math.sqrt(pixels * wide / high) / MERGED), 1) * MERGED
    scale = width / wide * (1 - 1e-9)  # pypdfium2 rounds sides up
    # pdfium fits a page into whole pixels, here exactly `width`: down it is stretched by less than one of them.
    layer = read(page, (scale, math.ceil(high * scale) / high))
    shown = _picture(page, scale, width)
    for shape in list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=1)):
        page.remove_obj(shape)
    plain = _picture(page, scale, width)
    return PdfRender(shown, plain, *_sheet(layer), layer)


def _picture(page: Any, scale: float, width: int) -> PIL.Image.Image:
    picture = page.render(scale=scale, draw_annots=False).to_pil().convert("RGB")
    height = math.ceil(picture.height / MERGED) * MERGED
    paper = tuple(np.median(np.asarray(picture)[-1], axis=0).astype(np.uint8).tolist())
    padded = PIL.Image.new("RGB", (width, height), paper)
    padded.paste(picture)
    return padded


def _sheet(layer: TextLayer) -> tuple[PIL.Image.Image, list[Letter]]:
    """All letters of the page's fonts that its text uses, side by side."""
    drawn = []
    for font, text in sorted(layer.outlines):
        image, bounds = _letter(layer.outlines[font, text])
        drawn.append((font, text, image, bounds))
    places, x, y, row = [], 1, 1, 0
    for _, _, image, _ in drawn:
        if x + image.width + 1 > SHEET:
            x, y, row = 1, y + row + 1, 0
        places.append((x, y))
        x, row = x + image.width + 1, max(row, image.height)
    sheet = PIL.Image.new("L", (SHEET, y + row + 1))
    letters = []
    for (font, text, image, bounds), (x, y) in zip(drawn, places, strict=True):
        sheet.paste(image, (x, y))
        letters.append(Letter(font, text, (x, y, x + image.width, y + image.height), bounds))
    return sheet, letters


def _letter(curves: list[list[tuple[float, float]]]) -> tuple[PIL.Image.Image, tuple[float, float, float, float]]:
    """The outline filled: each curve changes what lies within it, so that holes stay open."""
    points = np.array([point for curve in curves for point in curve])
    (x1, y1), (x2, y2) = points.min(axis=0), points.max(axis=0)
    size = tuple(min(max(round(side * EM), 1), SHEET - 2) for side in (x2 - x1, y2 - y1))
    ink = PIL.Image.new("L", (size[0] * SMOOTH, size[1] * SMOOTH))
    outer = max((_area(curve) for curve in curves), key=abs)
    pen = PIL.ImageDraw.Draw(ink)
    stretch = ink.width / max(x2 - x1, 1e-6), ink.height / max(y2 - y1, 1e-6)
    for curve in sorted(curves, key=lambda each: -abs(_area(each))):
        corners = [((x - x1) * stretch[0], (y2 - y) * stretch[1]) for x, y in curve]
        pen.polygon(corners, fill=255 if _area(curve) * outer > 0 else 0)
    bounds = tuple(round(float(value), 4) for value in (x1, y1, x2, y2))
    return ink.resize(size, PIL.Image.Resampling.BOX), bounds  # type: ignore[return-value]


def _area(curve: list[tuple[float, float]]) -> float:
    """Signed, in square ems: holes run the other way round."""
    x, y = np.array(curve).T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)
