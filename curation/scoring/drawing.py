"""Pictures that say nothing, or nothing new: what corrupted documents show instead of their images."""

import textwrap
from functools import cache

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from curation.text.language import is_unspaced, words

_LEAST, _MOST = 64, 1024  # pixels a side
_LINE, _WIDE_LINE = 60, 32  # characters of a rendered line
_LETTERS = 20  # pixels
# Installed by Debian's fonts-dejavu-core, fonts-noto-cjk, fonts-droid-fallback, fonts-wqy-zenhei, fonts-ipafont-gothic.
_FONTS = ("DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "DroidSansFallbackFull.ttf", "wqy-zenhei.ttc", "ipag.ttf")
# From Hebrew on letters join or move, which only a shaping engine draws as they are read; from Hangul on they do not.
_SHAPED = range(0x590, 0x1100)
_NO_LETTER = "\U0010ffff"

Size = tuple[int, int]  # width, height in pixels


def page(text: str) -> PIL.Image.Image | None:
    """Black text on white, as a screenshot of a paragraph has it; None where the font lacks the script."""
    letters = {letter for letter in text if letter.isalnum()}
    font = next((font for font in _fonts() if all(_draws(font, letter) for letter in letters)), None)
    if font is None:
        return None
    lines = textwrap.wrap(text, _WIDE_LINE if is_unspaced(words(text)) else _LINE)
    image = PIL.Image.new("RGB", (720, 28 * len(lines) + 20), "white")
    draw = PIL.ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((10, 8 + 28 * number), line, "black", font)
    return image


@cache
def _fonts() -> list[PIL.ImageFont.FreeTypeFont]:
    """Pillow's own, which is Latin, and those of the system that Pillow finds by their file names."""
    found = [PIL.ImageFont.load_default(_LETTERS)]
    for name in _FONTS:
        try:
            found.append(PIL.ImageFont.truetype(name, _LETTERS))
        except OSError:
            continue
    return [font for font in found if isinstance(font, PIL.ImageFont.FreeTypeFont)]


@cache
def _draws(font: PIL.ImageFont.FreeTypeFont, letter: str) -> bool:
    """Whether the font has the letter: one that it lacks looks like a character that no font has."""
    if ord(letter) in _SHAPED:
        return False
    mask, absent = font.getmask(letter), font.getmask(_NO_LETTER)
    return mask.size != absent.size or bytes(mask) != bytes(absent)


def blank(size: Size, rng: np.random.Generator) -> PIL.Image.Image:
    return PIL.Image.new("RGB", _within(size), _colour(rng))


def decoration(size: Size, rng: np.random.Generator) -> PIL.Image.Image:
    """An icon, a logo, a gradient or a pattern."""
    draw = (_icon, _logo, _gradient, _pattern)[rng.integers(4)]
    return draw(_within(size), rng)


def _icon(size: Size, rng: np.random.Generator) -> PIL.Image.Image:
    """One to three plain shapes on a plain ground."""
    image = PIL.Image.new("RGB", size, _colour(rng))
    draw = PIL.ImageDraw.Draw(image)
    side = min(size)
    for _ in range(rng.integers(1, 4)):
        radius = side * rng.uniform(0.1, 0.4)
        x, y = size[0] / 2 + side * rng.uniform(-0.2, 0.2), size[1] / 2 + side * rng.uniform(-0.2, 0.2)
        if rng.random() < 0.5:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), _colour(rng))
        else:
            draw.regular_polygon((x, y, radius), int(rng.integers(3, 9)), float(rng.uniform(0, 90)), _colour(rng))
    return image


def _logo(size: Size, rng: np.random.Generator) -> PIL.Image.Image:
    """A shape with two letters on it."""
    image = _icon(size, rng)
    letters = "".join(rng.choice(list("ABCDEFGHKLMNPRSTVWXZ"), 2))
    font = PIL.ImageFont.load_default(min(size) // 3)
    PIL.ImageDraw.Draw(image).text((size[0] / 2, size[1] / 2), letters, _colour(rng), font, anchor="mm")
    return image


def _gradient(size: Size, rng: np.random.Generator) -> PIL.Image.Image:
    """From one colour to another, along some direction."""
    angle = rng.uniform(0, 2 * np.pi)
    across, down = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    share = ((across * np.cos(angle) + down * np.sin(angle)) / 2**0.5 + 1)[..., None] / 2  # (height, width, 1)
    colours = rng.integers(0, 256, (2, 3))
    return PIL.Image.fromarray((colours[0] * share + colours[1] * (1 - share)).astype(np.uint8))


def _pattern(size: Size, rng: np.random.Generator) -> PIL.Image.Image:
    """A small tile, repeated."""
    tile = _icon((int(rng.integers(12, 48)),) * 2, rng)
    image = PIL.Image.new("RGB", size)
    for left in range(0, size[0], tile.width):
        for top in range(0, size[1], tile.height):
            image.paste(tile, (left, top))
    return image


def _within(size: Size) -> Size:
    return min(max(size[0], _LEAST), _MOST), min(max(size[1], _LEAST), _MOST)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = rng.integers(0, 256, 3)
    return int(red), int(green), int(blue)
