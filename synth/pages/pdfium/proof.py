"""The proof of a PDF page: its text layer is found again in its picture.

The media of a page are the picture, the page without its text, and a sheet with the letters of its fonts, drawn from
their outlines. What differs between the first two is the ink of the text, and nothing else is.

letters  every glyph that the text uses is on the sheet
ink      each glyph's box holds ink, and no ink of text lies outside all boxes
shape    each glyph looks like its letter on the sheet, as large as its font says, and like no other one more
blocks   each element's box is that of its lines, its kind follows from the size of its letters; each picture's box
         is that of what is drawn there
order    of two elements above each other the upper one is read first, of two beside each other the left one
reading  an OCR engine reads the three longest lines, all lines in the audit, and mistakes no letter again and again
"""

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import PIL.Image

from synth.pages.pdfium.elements import box_of, joined, kinds
from synth.pages.pdfium.figures import figures
from synth.sample import Failure

Page = dict[str, Any]

FAINT = 48  # of 255: less difference than this may be JPEG's
GRID = 14  # letters are compared on so many pixels squared
ALIKE = 0.62  # correlation of a glyph with its letter; honest ones: 0.8 and more above 12 px an em
MARGIN = 0.05  # another letter may correlate so much better
BLUR = 2  # pixels: JPEG moves the edges of pictures by so much
THIN = 3  # pixels
ROOM = 1.6  # pixels: antialiasing widens a glyph by so much on each side
MISREAD = 0.25  # share of a line's characters that OCR may read otherwise; honest lines: 0.1 at most
LINES = 3  # longest ones that are read, whether it is audited or not
OFTEN = 5  # times that a letter must stand on a page, to be judged by itself
ALIKE_READ = frozenset("il1o0")  # read for one another by every engine


def page_failures(page: Page, pictures: Sequence[np.ndarray], audit: bool, language: str) -> Iterator[Failure]:
    """What does not hold of a page. `pictures`: shown and plain (height, width, 3) and the sheet, the same or grey."""
    shown, plain, sheet = pictures
    if shown.shape != plain.shape:
        yield Failure("ink", f"pictures of {shown.shape} and {plain.shape}")
        return
    ink = np.abs(shown.astype(np.int16) - plain).max(axis=2).astype(np.float32)
    unknown = list(_unknown(page))
    yield from unknown
    if unknown:
        return
    yield from _ink(page, ink)
    yield from _shapes(page, ink, sheet if sheet.ndim == 2 else sheet[:, :, 0])
    yield from _blocks(page, plain)
    yield from _order(page)
    yield from _reading(page, shown, audit, language)


def _unknown(page: Page) -> Iterator[Failure]:
    letters = {(letter["font"], letter["text"]) for letter in page["letters"]}
    for number, line in enumerate(page["layer"]):
        end = 0
        for x1, y1, x2, y2, style, start, length in line["glyphs"]:
            text = line["text"][start : start + length]
            if (page["styles"][style][0], text) not in letters:
                yield Failure("letters", f"line {number}: the fonts of the page have no {text!r}")
            if not (x1 < x2 and y1 < y2) or start < end or line["text"][end:start].strip():
                yield Failure("letters", f"line {number}: {line['text']!r} is not made of its glyphs")
            end = start + length
        if end != len(line["text"]):
            yield Failure("letters", f"line {number}: {line['text'][end:]!r} has no glyphs")


def _ink(page: Page, ink: np.ndarray) -> Iterator[Failure]:
    covered = np.zeros(ink.shape, bool)
    for x1, y1, x2, y2, *_ in _glyphs(page):
        left, top, right, bottom = _pixels((x1, y1, x2, y2), ROOM, ink.shape)
        covered[top:bottom, left:right] = True
        if not (ink[top:bottom, left:right] > FAINT).any():
            yield Failure("ink", f"nothing is written at {[x1, y1, x2, y2]}")
    rest = (ink > 1.5 * FAINT) & ~covered
    if rest.sum() > 3:
        y, x = np.argwhere(rest)[0]
        yield Failure("ink", f"{rest.sum()} pixels of text are in no box, the first at {x}, {y}")


def _shapes(page: Page, ink: np.ndarray, sheet: np.ndarray) -> Iterator[Failure]:
    glyphs = [(line["text"][g[5] : g[5] + g[6]], g) for line in page["layer"] for g in line["glyphs"]]
    fonts: dict[str, list[dict[str, Any]]] = {}
    for letter in page["letters"]:
        fonts.setdefault(letter["font"], []).append(letter)
    for style, (font, size) in enumerate(page["styles"]):
        here = [(text, glyph) for text, glyph in glyphs if glyph[4] == style]
        if here:
            yield from _styled(here, size, fonts[font], ink, sheet)


def _styled(
    glyphs: list[tuple[str, list[Any]]], size: float, letters: list[dict[str, Any]], ink: np.ndarray, sheet: np.ndarray
) -> Iterator[Failure]:
    """What does not look like its letter, among the glyphs of one font and size."""
    bounds = np.array([letter["bounds"] for letter in letters])
    sizes = (bounds[:, 2:] - bounds[:, :2]) * size  # (letters, 2) pixels
    drawn = _standard(sheet, [letter["cell"] for letter in letters], sizes)
    seen = _standard(ink, [glyph[:4] for _, glyph in glyphs])
    alike = seen @ drawn.T  # (glyphs, letters)
    place = {letter["text"]: number for number, letter in enumerate(letters)}
    room = 1.0 + 0.04 * size
    for (text, glyph), likeness in zip(glyphs, alike, strict=True):
        own = place[text]
        wide, high = glyph[2] - glyph[0], glyph[3] - glyph[1]
        off = np.abs(sizes - (wide, high)).max(axis=1)  # (letters,) pixels
        if off[own] > room:
            yield Failure("shape", f"{text!r} at {glyph[:4]} is {off[own]:.1f} px larger or smaller than its letter")
        if min(wide, high) < THIN:
            continue  # a stroke: its size is its shape
        if likeness[own] < ALIKE:
            yield Failure("shape", f"{text!r} at {glyph[:4]}: likeness {likeness[own]:.2f} to its letter")
        best = int(np.argmax(np.where(off < room, likeness, -1)))
        if likeness[best] > likeness[own] + MARGIN:
            yield Failure("shape", f"{text!r} at {glyph[:4]} looks like {letters[best]['text']!r}")


def _standard(picture: np.ndarray, boxes: Sequence[Sequence[float]], sizes: np.ndarray | None = None) -> np.ndarray:
    """(boxes, n) cut-outs of one size, of mean 0 and length 1: their products are correlations.

    Where `sizes` are given, in pixels, cut-outs are first made so small, that they are as blurred as the page.
    """
    image = PIL.Image.fromarray(picture.astype(np.float32))
    wide, high = image.size
    cuts = np.zeros((len(boxes), GRID + 2, GRID + 2), np.float32)  # with a rim of paper: else a bar has no contrast
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        box = (max(x1, 0), max(y1, 0), min(max(x2, x1 + 0.5), wide), min(max(y2, y1 + 0.5), high))
        if box[0] >= box[2] or box[1] >= box[3]:
            continue
        if sizes is None:
            cut = image.resize((GRID, GRID), PIL.Image.Resampling.BILINEAR, box)
        else:
            small = max(round(float(sizes[number, 0])), 1), max(round(float(sizes[number, 1])), 1)
            blurred = image.resize(small, PIL.Image.Resampling.BOX, box)
            cut = blurred.resize((GRID, GRID), PIL.Image.Resampling.BILINEAR)
        cuts[number, 1:-1, 1:-1] = np.asarray(cut)
    flat = cuts.reshape(len(boxes), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _blocks(page: Page, plain: np.ndarray) -> Iterator[Failure]:
    elements = page["elements"]
    drawn = figures(plain, [glyph[:4] for glyph in _glyphs(page)])
    said = [element["box"] for element in elements if element["kind"] == "image"]
    for box in drawn:
        if not any(_near(box, other) for other in said):
            yield Failure("blocks", f"a picture at {list(box)} is not said")
    if len(said) != len(drawn) or not all(any(_near(box, other) for other in drawn) for box in said):
        yield Failure("blocks", f"pictures are said at {said}, but drawn at {drawn}")
    texts = [element for element in elements if element["kind"] != "image"]
    blocks = [[page["layer"][line] for line in element["lines"]] for element in texts]
    for element, block, kind in zip(texts, blocks, kinds(blocks, page["styles"], plain.shape[0]), strict=True):
        name = f"{element['kind']} {element['text'][:40]!r}"
        if element["box"] != box_of(block):
            yield Failure("blocks", f"{name}: its box is {element['box']}, that of its lines {box_of(block)}")
        if element["kind"] != kind:
            yield Failure("blocks", f"{name}: by size and place it is {kind}")
        if element["text"] != joined([line["text"] for line in block]):
            yield Failure("blocks", f"{name}: its lines say otherwise")
        tops = [line["glyphs"][0][3] for line in block]
        if tops != sorted(tops):
            yield Failure("order", f"{name}: its lines do not go down the page")
    if sorted(line for element in texts for line in element["lines"]) != list(range(len(page["layer"]))):
        yield Failure("blocks", "a line is in no element, or in two")


def _near(box: Sequence[float], other: Sequence[float]) -> bool:
    return max(abs(one - two) for one, two in zip(box, other, strict=True)) <= BLUR


def _order(page: Page) -> Iterator[Failure]:
    boxes = [element["box"] for element in page["elements"]]
    for (i, one), (j, other) in itertools.combinations(enumerate(boxes), 2):
        if precedes(other, one):
            yield Failure("order", f"element {j} stands before element {i}, but is read after it")


def precedes(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether a box is surely read before another: it is above it, or beside it on its left."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if across > 0:
        return down <= 0 and one[1] < other[1]
    return down > 0 and one[0] < other[0]


def _reading(page: Page, shown: np.ndarray, audit: bool, language: str) -> Iterator[Failure]:
    lines = sorted(page["layer"], key=lambda line: (-len(line["text"]), line["glyphs"][0]))
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if len(pairs) == LINES and not audit:
            break
        boxes = np.array([glyph[:4] for glyph in line["glyphs"]])
        left, top, right, bottom = _pixels((*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)), 4, shown.shape)
        if bottom - top >= 18 and len(line["text"]) >= 8:  # engines misread what is smaller or shorter
            crop = np.ascontiguousarray(shown[top:bottom, left:right])
            pairs.append((line["text"], _read(crop.tobytes(), crop.shape, language)))
    yield from misread(pairs)


@lru_cache(maxsize=256)  # the views of a page read the same lines
def _read(crop: bytes, shape: tuple[int, ...], language: str) -> str:
    from synth.ocr.ocr_engine import recognise

    return recognise(np.frombuffer(crop, np.uint8).reshape(shape), language)


def misread(pairs: Sequence[tuple[str, str]]) -> Iterator[Failure]:
    """Where an engine reads other texts than those claimed, (claimed, read), or always mistakes one letter."""
    from rapidfuzz.distance import Levenshtein

    from synth.ocr.ocr_engine import error_rate

    rates = sorted(error_rate(read, told) for told, read in pairs)
    if rates and rates[len(rates) // 2] > MISREAD:
        told, read = max(pairs, key=lambda pair: error_rate(pair[1], pair[0]))
        yield Failure("reading", f"{told!r} is read as {read!r}, and other lines no better")
    written: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for pair in pairs:
        told, read = (unicodedata.normalize("NFC", "".join(text.split())).casefold() for text in pair)
        written.update(told)
        for step in Levenshtein.opcodes(told, read):
            seen.update(told[step.src_start : step.src_end] if step.tag == "equal" else "")
    for letter, times in sorted(written.items()):
        if times >= OFTEN and letter.isalnum() and letter not in ALIKE_READ and seen[letter] < times / 2:
            yield Failure("reading", f"{letter!r} is claimed {times} times, and read so {seen[letter]} times")


def _glyphs(page: Page) -> Iterator[list[Any]]:
    return itertools.chain.from_iterable(line["glyphs"] for line in page["layer"])


def _pixels(box: Sequence[float], room: float, shape: Sequence[int]) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = box
    return (
        max(int(np.floor(x1 - room)), 0),
        max(int(np.floor(y1 - room)), 0),
        min(int(np.ceil(x2 + room)), shape[1]),
        min(int(np.ceil(y2 + room)), shape[0]),
    )
