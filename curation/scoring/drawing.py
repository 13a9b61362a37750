"""Pictures that say nothing, or nothing new: what corrupted documents show instead of their images."""

import textwrap

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from curation.text.language import is_unspaced, words

_LEAST, _MOST = 64, 1024  # pixels a side
_LINE = 60  # characters of a rendered line; half as many where they are wide

Size = tuple[int, int]  # width, height in pixels


def page(text: str) -> PIL.Image.Image | None:
    """Black text on white, as a screenshot of a paragraph has it; None where the font lacks the script."""
    if is_unspaced(words(text)) or any(ord(letter) > 0x24F for letter in text if letter.isalpha()):
        return None  # Pillow's own font is Latin
    lines = textwrap.wrap(text, _LINE)
    image = PIL.Image.new("RGB", (680, 28 * len(lines) + 20), "white")
    font = PIL.ImageFont.load_default(20)
    PIL.ImageDraw.Draw(image).multiline_text((10, 8), "\n".join(lines), "black", font, spacing=4)
    return image


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
