"""Sets text in lines: where each word stands, measured by Pillow with raqm."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from PIL import features

from curation.errors import UserError
from synth.ocr.fonts import Face
from synth.ocr.languages import LANGUAGES

# Glyphs are drawn with an em of at least so many pixels, then made smaller. The instructions in Nanum's fonts move
# strokes by a whole pixel of the drawing.
DETAIL, DETAIL_KOREAN = 72, 160
_ARABIC, _LATIN = re.compile(r"[\u0600-\u06ff]"), re.compile(r"[A-Za-z]")
# In a right-to-left line a word is of one direction, and its marks stay with it.
_PLAIN_WORD = re.compile(r"[\u0620-\u064a]+[،؛؟.!:]?|[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*|[0-9]+(?:[.:/][0-9]+)*")


@dataclass
class Word:
    """`u`, `v`: where its baseline begins at the left (of vertical text: the left top of its ink), in block pixels."""

    text: str
    u: float
    v: float
    width: float  # advance; of vertical text the height


@dataclass
class Block:
    """Lines of words in one face. Block pixels become the picture's by `bend`, then `matrix` (homography, 3 x 3)."""

    language: str
    face: Face
    drawn: int  # pixels of the em when drawn
    scale: int  # drawn so many times larger than block pixels
    vertical: bool
    lines: list[list[Word]]
    size: tuple[float, float]  # in block pixels: [0, width) by [0, height)
    bend: list[Any] = field(default_factory=lambda: ["flat"])
    matrix: np.ndarray = field(default_factory=lambda: np.eye(3))
    on_paper: bool = False  # as receipts are


def require_raqm() -> None:
    """Raises UserError where Pillow cannot shape text."""
    if not features.check("raqm") or not features.check("fribidi"):
        raise UserError("fonts: Pillow finds no FriBiDi, so it cannot shape text (apt-get install libfribidi0)")


def settable(text: str, face: Face, language: str) -> bool:
    """Whether a face has every character, some are to be read, and the order of right-to-left words is beyond doubt."""
    if not any(character.isalnum() for character in text) or not face.covers(text):
        return False
    return not LANGUAGES[language].right_to_left or all(_PLAIN_WORD.fullmatch(word) for word in text.split())


@lru_cache(maxsize=256)
def font(path: str, index: int, size: int) -> PIL.ImageFont.FreeTypeFont:
    return PIL.ImageFont.truetype(path, size, index, layout_engine=PIL.ImageFont.Layout.RAQM)


def scale_of(size: int, language: str) -> int:
    """How many times larger than wanted glyphs of an em of `size` pixels are drawn."""
    return -(-(DETAIL_KOREAN if language == "ko" else DETAIL) // size)


def direction(language: str, vertical: bool) -> str:
    return "ttb" if vertical else "rtl" if LANGUAGES[language].right_to_left else "ltr"


def set_lines(
    texts: list[str], language: str, face: Face, size: int, leading: float, align: str = "start", vertical: bool = False
) -> Block:
    """A block of these lines, `leading` ems apart; `align` is start, middle or end. Ink keeps clear of its edges."""
    scale = scale_of(size, language)
    drawn = size * scale
    type_ = font(face.path, face.index, drawn)
    rows = [_vertical(text, type_, scale) if vertical else _row(text, type_, scale, language) for text in texts]
    longest = max(width for _, width in rows)
    margin = 0.35 * size
    lines = []
    for number, (words, width) in enumerate(rows):
        spare = {"start": 0.0, "middle": (longest - width) / 2, "end": longest - width}[align]
        if LANGUAGES[language].right_to_left:
            spare = longest - width - spare
        along, across = margin + spare, margin + leading * size * number
        for word in words:
            if vertical:  # columns from right to left
                word.u += margin + leading * size * (len(texts) - 1 - number)
                word.v += along
            else:
                word.u, word.v = round(word.u + along, 3), round(across + size, 3)
        lines.append(words)
    depth = leading * size * (len(texts) - 1) + 1.35 * size
    extent = (longest + 2 * margin, depth + 2 * margin)
    return Block(language, face, drawn, scale, vertical, lines, extent[::-1] if vertical else extent)


def draw_word(block: Block, word: Word) -> tuple[np.ndarray, int, int]:
    """Ink (h, w) uint8 of a word as drawn, and where its left top is from the word's place, in drawn pixels."""
    return _ink(block.face.path, block.face.index, block.drawn, word.text, block.language, block.vertical)


@lru_cache(maxsize=512)
def _ink(path: str, index: int, drawn: int, text: str, language: str, vertical: bool) -> tuple[np.ndarray, int, int]:
    type_, way = font(path, index, drawn), direction(language, vertical)
    anchor = "lt" if vertical else "ls"
    left, top, right, bottom = type_.getbbox(text, direction=way, language=language, anchor=anchor)
    left, top = int(np.floor(left)) - 2, int(np.floor(top)) - 2
    image = PIL.Image.new("L", (int(np.ceil(right)) - left + 4, int(np.ceil(bottom)) - top + 4))
    pen = PIL.ImageDraw.Draw(image)
    pen.text((-left, -top), text, fill=255, font=type_, direction=way, language=language, anchor=anchor)
    if vertical:  # placed by its ink
        box = image.getbbox() or (0, 0, *image.size)
        image, left, top = image.crop(box), 0, 0
    return np.asarray(image), left, top


def _vertical(text: str, type_: PIL.ImageFont.FreeTypeFont, scale: int) -> tuple[list[Word], float]:
    ink, _, _ = _ink(str(type_.path), type_.index, int(type_.size), text, "ja", True)
    height, width = ink.shape
    middle = (type_.size / scale - width / scale) / 2  # columns are centred
    return [Word(text, middle, 0.0, height / scale)], height / scale


def _row(text: str, type_: PIL.ImageFont.FreeTypeFont, scale: int, language: str) -> tuple[list[Word], float]:
    """Words in reading order and the width of their line."""
    way = direction(language, False)
    pieces = text.split() if LANGUAGES[language].spaced else [text]
    widths = [type_.getlength(piece, direction=way, language=language) / scale for piece in pieces]
    space = type_.getlength(" ", direction=way, language=language) / scale
    words, u = [Word(piece, 0.0, 0.0, width) for piece, width in zip(pieces, widths, strict=True)], 0.0
    for place in _visual_order(pieces) if LANGUAGES[language].right_to_left else range(len(pieces)):
        words[place].u = u
        u += widths[place] + space
    return words, u - space


def _visual_order(pieces: list[str]) -> list[int]:
    """Words of a right-to-left line from left to right: Latin words, and numbers after them, keep their order."""
    runs: list[list[int]] = []
    latin = False
    for place, piece in enumerate(pieces):
        joins = bool(_LATIN.search(piece)) or (latin and not _ARABIC.search(piece))
        if joins and latin:
            runs[-1].append(place)
        else:
            runs.append([place])
        latin = joins
    return [place for run in reversed(runs) for place in run]
