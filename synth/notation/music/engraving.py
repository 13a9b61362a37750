"""Scores engraved by Verovio as SVG, rasterised by resvg, with what was drawn where."""

import math
import re
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from synth.notation.figure import Figure, extent, inked, rasterise
from synth.notation.glyphs import font_file
from synth.notation.music.tunes import Tune

FONTS = ("Leipzig", "Bravura", "Gootville", "Leland")  # that Verovio brings; Petaluma's are drawn by hand
LETTERS = ("Liberation Serif", "Liberation Sans", "DejaVu Sans")
COLOURS = (("#ffffff", "#000000"),) * 4 + (("#fffdf2", "#1a1208"), ("#fbf5e4", "#2b1d0e"), ("#f4f6fa", "#14203a"))
_PLACEHOLDER = re.compile(r'<g id="[^"]*" class="[^"]*placeholder[^"]*"[^>]*>\s*<ellipse[^>]*/>\s*</g>')
_MARGIN = re.compile(r'class="page-margin" transform="translate\((\d+), (\d+)\)"')
_VIEW = re.compile(r'<svg width="(\d+)px" height="(\d+)px".*?viewBox="0 0 (\d+) (\d+)"', re.S)
_USE = re.compile(
    r'<use xlink:href="#(\w{4})-[^"]*" transform="translate\((-?\d+), (-?\d+)\) scale\(([\d.]+), [\d.]+\)"'
)
_PATH = re.compile(r'<path d="M(-?\d+) (-?\d+) L(-?\d+) (-?\d+)" stroke-width="(\d+)"')
_POLYGON = re.compile(r'<polygon points="([^"]+)"')
_DOT = re.compile(r'<ellipse cx="(-?\d+)" cy="(-?\d+)" rx="(\d+)"')
_STAFF = re.compile(
    r'class="staff">\s*' + r"\s*".join([r'<path d="M(\d+) (\d+) L(\d+) (\d+)" stroke-width="\d+" />'] * 5)
)


def draw(tune: Tune, rng: np.random.Generator, widest: int = 1288) -> Figure | None:
    """A picture of sides in multiples of 28, at most `widest` wide; None where Verovio engraves it on two pages.

    The truth: `abc`; `title` and `composer`, and `letters` ([sign, x, y, size] at the baseline) in the font
    `lettering`; `glyphs` of Verovio's `font` ([SMuFL code, x, y, px to its em]); `strokes` ([x1, y1, x2, y2, width]),
    `beams` (corners), `dots` ([x, y, radius]); `measures` (boxes from the top line to the bottom one), `box`.
    """
    lines = _lines(len(tune.bars), rng)
    abc = tune.abc(lines)
    scale = int(rng.integers(48, 76))
    longest = max(sum(len(bar.notes) for bar in tune.bars) / len(lines) * 34 + 190, 330) * scale / 60
    width = int(min(longest * rng.uniform(1.0, 1.3), widest - 56))
    font, letters = FONTS[rng.integers(len(FONTS))], LETTERS[rng.integers(len(LETTERS))]
    paper, colour = COLOURS[rng.integers(len(COLOURS))]
    svg = _engrave(abc, font, scale, width)
    if svg is None:
        return None
    score = _rasterise(svg, paper, colour)
    head = round(scale * rng.uniform(0.9, 1.3)) if tune.title else 8
    size = (_sides(score.width + 32), _sides(score.height + head + 24))
    image = PIL.Image.new("RGB", size, paper)
    left, top = (size[0] - score.width) // 2, head + (size[1] - score.height - head) // 2
    image.paste(score, (left, top))
    primitives = _primitives(svg, left, top)
    title_px, small_px = round(scale * rng.uniform(0.36, 0.46)), round(scale * 0.3)
    lettering = _letter(image, tune.title, letters, title_px, colour, (size[0] / 2, head * 0.62), 0.5)
    composer = tune.composer if tune.composer else ""
    lettering += _letter(image, composer, letters, small_px, colour, (size[0] - 20.0, head + small_px * 0.55), 1.0)
    named = {"abc": abc, "title": tune.title, "composer": composer, "font": font, "lettering": letters}
    return Figure(image, {**named, "letters": lettering, **primitives, "box": extent(inked(image))})


def _lines(bars: int, rng: np.random.Generator) -> list[int]:
    """So many bars to each line."""
    count = -(-bars // int(rng.integers(2, 5)))
    return [len(part) for part in np.array_split(np.arange(bars), count)]


def _engrave(abc: str, font: str, scale: int, width: int) -> str | None:
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()  # a fresh one: accidentals of one tune leak into the next
    options = {"inputFrom": "abc", "scale": scale, "pageWidth": round(width * 100 / scale), "adjustPageHeight": True}
    quiet = {"header": "none", "footer": "none", "svgViewBox": False, "breaks": "encoded", "mnumInterval": 1000}
    margins = {"pageMarginTop": 30, "pageMarginBottom": 30, "pageMarginLeft": 20, "pageMarginRight": 20}
    toolkit.setOptions({**options, **quiet, **margins, "font": font, "pageHeight": 20000, "xmlIdSeed": 1})
    if not toolkit.loadData(abc) or toolkit.getPageCount() != 1:
        return None
    svg = toolkit.renderToSVG(1)
    return re.sub(r"<style.*?</style>", "", _PLACEHOLDER.sub("", svg), flags=re.S)


def _rasterise(svg: str, paper: str, colour: str) -> PIL.Image.Image:
    stroked = re.sub(r'(<path d="M[-\d]+ [-\d]+ L[-\d]+ [-\d]+")', rf'\1 stroke="{colour}"', svg)
    return rasterise(stroked.replace('color="black"', f'fill="{colour}"'), paper)


def _primitives(svg: str, left: int, top: int) -> dict[str, Any]:
    view, margin = _VIEW.search(svg), _MARGIN.search(svg)
    if view is None or margin is None:
        raise ValueError("Verovio's SVG has another form than that of version 6")
    wide, high, inner_wide, inner_high = (int(view[place]) for place in range(1, 5))
    unit = min(wide / inner_wide, high / inner_high)  # as SVG fits a drawing into its size: the ratios differ a little
    dx = left + (wide - inner_wide * unit) / 2 + int(margin[1]) * unit
    dy = top + (high - inner_high * unit) / 2 + int(margin[2]) * unit

    def at(x: str, y: str) -> tuple[float, float]:
        return round(int(x) * unit + dx, 2), round(int(y) * unit + dy, 2)

    uses = [[code, *at(x, y), round(float(s) * 1000 * unit, 3)] for code, x, y, s in _USE.findall(svg)]
    strokes = [[*at(a, b), *at(c, d), round(int(w) * unit, 2)] for a, b, c, d, w in _PATH.findall(svg)]
    beams = [[list(at(*pair.split(","))) for pair in found.split()] for found in _POLYGON.findall(svg)]
    dots = [[*at(x, y), round(int(r) * unit, 2)] for x, y, r in _DOT.findall(svg)]
    measures = [[*at(found[0], found[1]), *at(found[-2], found[-1])] for found in _STAFF.findall(svg)]
    return {"glyphs": uses, "strokes": strokes, "beams": beams, "dots": dots, "measures": measures}


def _letter(
    image: PIL.Image.Image, text: str, family: str, size: int, colour: str, at: tuple[float, float], anchor: float
) -> list[list[Any]]:
    """Writes a line sign by sign from whole pixels; [sign, x, y, size] of each that is not blank."""
    font = PIL.ImageFont.truetype(font_file(family), size)
    pen = PIL.ImageDraw.Draw(image)
    x, placed = at[0] - font.getlength(text) * anchor, []
    for sign in text:
        place = (round(x), round(at[1]))
        pen.text(place, sign, colour, font, anchor="ls")
        if sign != " ":
            placed.append([sign, *place, size])
        x += font.getlength(sign)
    return placed


def _sides(length: float) -> int:
    return math.ceil(length / 28) * 28
