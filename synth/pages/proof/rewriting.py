"""Text written a second time, from the claims and the fonts alone, and held against the picture glyph by glyph."""

import ctypes
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from synth.ocr.fonts import named
from synth.ocr.languages import LANGUAGES
from synth.pages.model import Pixels, leaves
from synth.pages.proof.ink import ink
from synth.pages.proof.places import padded

LOCAL = 43  # levels of 255 that ink and its copy may differ on average over 3 x 3 px
_GAIN = (0.5, 2.0)
_REACH = 0.4  # of a text's size, that glyphs may stand out of what is painted

Glyph = tuple[int, float, float]  # its number, x and y in ems, y downwards


@dataclass(slots=True)
class Written:
    """What the words of a page look like: `copy` (height, width) from 0, paper, to 255; and its glyphs."""

    copy: np.ndarray
    boxes: list[tuple[int, int, int, int]] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)  # numbers of words


def faults(picture: np.ndarray, ids: np.ndarray, claims: dict[str, Any], regions: dict[int, Pixels]) -> Iterator[str]:
    """Every leaf whose words are not what the picture (height, width, 3) shows where `ids` has the leaf painted."""
    words = claims["words"]
    texts = {word[0] for word in words}
    for leaf in sorted(texts - set(regions)):
        yield f"leaf {leaf} is not painted"
    written, seen = measure(picture, ids, claims, regions)
    away = difference(seen, written.copy)
    if not away.any():
        return
    boxes, owners = np.array(written.boxes, int).reshape(-1, 4), np.array(written.owners, int)
    for number in sorted(set(owners[touched(away, boxes)].tolist())):
        x1, y1, x2, y2 = boxes[owners == number].T
        yield (
            f"leaf {words[number][0]}: the picture does not show {words[number][4]!r} "
            f"at {int(x1.min())}, {int(y1.min())}, {int(x2.max())}, {int(y2.max())}"
        )
    for x1, y1, x2, y2 in boxes:
        away[max(y1, 0) : y2, max(x1, 0) : x2] = False
    for leaf, count in zip(*np.unique(ids[away], return_counts=True), strict=True):
        if leaf in texts:
            yield f"leaf {leaf}: {count} px of ink are no part of its words"


def measure(
    picture: np.ndarray, ids: np.ndarray, claims: dict[str, Any], regions: dict[int, Pixels]
) -> tuple[Written, np.ndarray]:
    """What the words look like, and the ink (height, width) that is seen where leaves with words are painted."""
    import cv2

    by_leaf: dict[int, list[int]] = defaultdict(list)
    for number, word in enumerate(claims["words"]):
        by_leaf[word[0]].append(number)
    written = Written(np.zeros(ids.shape, np.uint8))
    seen = np.zeros(ids.shape, np.uint8)
    free = np.ones(int(ids.max(initial=0)) + 1, bool)  # what is no leaf, where glyphs of any may reach
    free[[leaf["id"] for element in claims["elements"] for leaf in leaves(element) if leaf["id"] < len(free)]] = False
    for leaf, numbers in by_leaf.items():
        if leaf not in regions:
            continue
        _write(written, claims, numbers)
        reach = math.ceil(_REACH * claims["fonts"][claims["words"][numbers[0]][5]][1])
        x1, y1, x2, y2 = padded(regions[leaf], reach, ids.shape)
        place = np.s_[y1:y2, x1:x2]
        owner = ids[place]
        mine = owner == leaf
        found = ink(picture[place], mine.view(np.uint8))
        found = cv2.convertScaleAbs(found, alpha=_gain(found * mine, written.copy[place]))
        np.maximum(seen[place], found, out=seen[place], where=mine | free[owner])
    return written, seen


def difference(seen: np.ndarray, copy: np.ndarray, most: int = LOCAL) -> np.ndarray:
    """Where (height, width) ink and copy differ. With their signs, for noise of compression has both."""
    import cv2

    blurred = cv2.blur(cv2.subtract(seen, copy, dtype=cv2.CV_16S), (3, 3))
    return np.abs(blurred) > most


def _gain(seen: np.ndarray, copy: np.ndarray) -> float:
    """Ink of thin strokes is never full: what counts as full is told by the copy."""
    one, other = seen.astype(np.float32).ravel(), copy.astype(np.float32).ravel()
    gain = float(one @ other) / max(float(one @ one), 1e-6)
    return min(max(gain, _GAIN[0]), _GAIN[1])


def touched(mask: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Which boxes (n, 4) hold any of what is true in the mask."""
    import cv2

    height, width = mask.shape
    sums = cv2.integral(mask.view(np.uint8))
    x1, x2 = (np.clip(boxes[:, side], 0, width) for side in (0, 2))
    y1, y2 = (np.clip(boxes[:, side], 0, height) for side in (1, 3))
    return np.asarray(sums[y2, x2] - sums[y1, x2] - sums[y2, x1] + sums[y1, x1] > 0)


def _write(written: Written, claims: dict[str, Any], numbers: Sequence[int]) -> None:
    """Writes the words of a leaf."""
    language, fonts = claims["language"], claims["fonts"]
    turned, hinted = LANGUAGES[language].right_to_left, claims.get("scale", 1) == 1
    texts = [claims["words"][number][4] for number in numbers]
    # Signs before the first letters are of their script; where there are no letters, of the language's.
    script = next(filter(None, map(_script, texts)), LANGUAGES[language].scripts[0])
    for number, text in zip(numbers, texts, strict=True):
        _, x, baseline, _, _, font = claims["words"][number]
        name, size = fonts[font]
        for run, its in _runs(text, script):
            glyphs, advance = shaped(name, run, language, turned, its)
            for glyph, dx, dy in glyphs:
                # Chromium sets glyphs at quarters of a pixel, and on whole lines.
                quarters = math.floor(4 * (x + dx * size) + 0.5)
                bitmap, left, top = _glyph(name, size, glyph, quarters % 4, hinted)
                if bitmap.size:
                    _blit(written, bitmap, quarters // 4 + left, round(baseline) + math.floor(dy * size + 0.5) - top)
                    written.owners.append(number)
            x += advance * size
            script = its


def _blit(written: Written, bitmap: np.ndarray, x: int, y: int) -> None:
    """Lays a glyph over others; what reaches out of the page is cut off."""
    height, width = bitmap.shape
    written.boxes.append((x, y, x + width, y + height))
    left, top = max(-x, 0), max(-y, 0)
    place = written.copy[y + top : max(y + height, 0), x + left : max(x + width, 0)]
    np.maximum(place, bitmap[top : top + place.shape[0], left : left + place.shape[1]], out=place)


# Scripts of letters (ISO 15924), so far as fonts tell them apart; all else is of the script before it (UAX #24).
_SCRIPTS = {
    "Latn": "A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ",
    "Cyrl": "Ѐ-ԯ",
    "Arab": "ء-ؿف-يٮ-ۿݐ-ݿﭐ-﷿ﹰ-ﻼ",
    "Kana": "ぁ-ゖゝ-ゟァ-ヺヽ-ヿㇰ-ㇿｦ-ﾝ",  # both kinds, as Chromium has it
    "Hang": "가-힣ᄀ-ᇿㄱ-ㆎ",
    "Hani": "々〇⺀-⿟㐀-䶿一-鿿豈-﫿",
}
_LETTER = re.compile("|".join(f"(?P<{script}>[{letters}])" for script, letters in _SCRIPTS.items()))


@lru_cache(maxsize=50_000)
def _runs(text: str, script: str) -> tuple[tuple[str, str], ...]:
    """Parts of a word of one script each, for letters of two scripts do not act on each other; `script` goes before."""
    runs: list[tuple[str, str]] = []
    for sign in text:
        script = _script(sign) or script
        if runs and runs[-1][1] == script:
            runs[-1] = runs[-1][0] + sign, script
        else:
            runs.append((sign, script))
    return tuple(runs)


def _script(text: str) -> str:
    """The script of a text's first letter; empty where it has none."""
    found = _LETTER.search(text)
    return (found and found.lastgroup) or ""


@lru_cache(maxsize=50_000)
def shaped(name: str, text: str, language: str, turned: bool, script: str) -> tuple[tuple[Glyph, ...], float]:
    """The glyphs of a word, and its advance in ems. Words run one way: in a text that is `turned`
    from right to left, numbers and Latin letters run on. Raises ValueError where a glyph is missing."""
    import uharfbuzz

    font, em = _shaper(name)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.direction = "rtl" if turned and not (text[0].isascii() and text[0].isalnum()) else "ltr"
    buffer.language = language
    buffer.script = script
    uharfbuzz.shape(font, buffer)
    glyphs, x, y = [], 0, 0
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        if info.codepoint == 0:
            raise ValueError(f"{name} has no glyph for a character of {text!r}")
        glyphs.append((info.codepoint, (x + place.x_offset) / em, -(y + place.y_offset) / em))
        x += place.x_advance
        y += place.y_advance
    return tuple(glyphs), x / em


@lru_cache(maxsize=64)
def _shaper(name: str) -> tuple[Any, int]:
    import uharfbuzz

    face = named(name)
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(face.path), face.index))
    return font, font.face.upem


@lru_cache(maxsize=50_000)
def _glyph(name: str, size: float, glyph: int, quarter: int, hinted: bool) -> tuple[np.ndarray, int, int]:
    """Coverage (height, width) uint8 of a glyph set `quarter` / 4 px to the right, and its left and upper bearing."""
    import freetype

    face = _face(name)
    face.set_char_size(round(size * 64))
    face.set_transform(freetype.Matrix(0x10000, 0, 0, 0x10000), freetype.Vector(16 * quarter, 0))
    # Chromium on Linux hints slightly: across, not along, the lines. Where it scales pages, not at all.
    hints = freetype.FT_LOAD_TARGET_LIGHT if hinted else freetype.FT_LOAD_NO_HINTING
    face.load_glyph(glyph, freetype.FT_LOAD_RENDER | hints | freetype.FT_LOAD_NO_BITMAP)
    drawn = face.glyph._FT_GlyphSlot.contents  # freetype-py copies bitmaps byte by byte
    bitmap = drawn.bitmap
    if not bitmap.rows:
        return np.zeros((0, 0), np.uint8), 0, 0
    rows = np.frombuffer(ctypes.string_at(bitmap.buffer, bitmap.rows * bitmap.pitch), np.uint8)
    return rows.reshape(bitmap.rows, bitmap.pitch)[:, : bitmap.width], drawn.bitmap_left, drawn.bitmap_top


@lru_cache(maxsize=64)
def _face(name: str) -> Any:
    import freetype

    face = named(name)
    return freetype.Face(face.path, face.index)
