"""The text layer of a PDF page: glyphs with their boxes, outlines and styles, in lines and blocks (library: pypdfium2).

A glyph is what the page paints at a place: one character, or several where a ligature stands for them. Boxes are pixels
of the rendered picture, to a tenth.
"""

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from synth.sample import Failure, Unproven

Box = tuple[float, float, float, float]  # x1, y1, x2, y2

GAP = 1.6  # line heights: a wider gap within a line parts two columns
LEADING = 0.85  # line heights: a wider gap between lines parts two blocks
INDENT = 1.5  # line heights: lines of a block begin so near one another
BULLETS = frozenset("•‣◦▪▸▶►■□●○◆–-*")
LIGATURES = {"ff": 0xFB00, "fi": 0xFB01, "fl": 0xFB02, "ffi": 0xFB03, "ffl": 0xFB04}
HYPHENS = (0x02, 0x2D, 0xAD, 0x2010)  # pdfium writes 2 for a hyphen that ends a line


@dataclass(frozen=True, slots=True)
class Glyph:
    """`style` is an index into the styles of the page; `start` is where its text begins in its line's text."""

    text: str
    box: Box
    style: int
    start: int = 0


@dataclass(slots=True)
class Line:
    text: str = ""
    glyphs: list[Glyph] = field(default_factory=list)

    @property
    def box(self) -> Box:
        return around([glyph.box for glyph in self.glyphs])

    def add(self, glyph: Glyph) -> None:
        self.glyphs.append(Glyph(glyph.text, glyph.box, glyph.style, len(self.text)))
        self.text += glyph.text


@dataclass(frozen=True)
class Style:
    """A font at a size in pixels an em; `name` tells fonts of a page apart."""

    name: str
    size: float


@dataclass
class TextLayer:
    """Lines in the order of the file; `outlines[(font, text)]` are the closed curves of a glyph, in ems, y upward."""

    lines: list[Line]
    styles: list[Style]
    outlines: dict[tuple[str, str], list[list[tuple[float, float]]]]


def around(boxes: list[Box]) -> Box:
    """The smallest box around some."""
    return (
        *(min(box[side] for box in boxes) for side in (0, 1)),
        *(max(box[side] for box in boxes) for side in (2, 3)),
    )  # type: ignore[return-value]


def read(page: Any, scale: tuple[float, float]) -> TextLayer:
    """The text layer of a pypdfium2 page that is rendered at `scale` pixels a point, across and down.

    Raises Unproven where the layer does not say how the text looks: no outlines, no Unicode,
    turned, or from right to left.
    """
    text = page.get_textpage()
    try:
        return _Reader(page, text, scale).layer()
    finally:
        text.close()


class _Reader:
    def __init__(self, page: Any, text: Any, scale: tuple[float, float]):
        self.text, self.scale = text, scale
        left, _, _, top = page.get_bbox()
        self.left, self.top = left, top
        self.styles: dict[Style, int] = {}
        self.outlines: dict[tuple[str, str], list[list[tuple[float, float]]]] = {}

    def layer(self) -> TextLayer:
        lines, styles = list(self._lines()), list(self.styles)
        used = sorted({(styles[glyph.style].name, glyph.text) for line in lines for glyph in line.glyphs})
        for font, text in used:
            if not self.outlines[font, text]:
                raise Unproven([Failure("text_layer", f"font {font or 'without a name'} has no outline for {text!r}")])
        return TextLayer(lines, styles, {letter: self.outlines[letter] for letter in used})

    def _lines(self) -> Iterator[Line]:
        line, spaced = Line(), False
        for glyph in self._glyphs():
            if glyph is None or (line.glyphs and glyph.text.strip() and self._parted(line, glyph)):
                if line.glyphs:
                    yield line
                line, spaced = Line(), False
            if glyph is None:
                continue
            if not glyph.text.strip():
                spaced = True
                continue
            if spaced and line.glyphs:
                line.text += " "
            line.add(glyph)
            spaced = False
        if line.glyphs:
            yield line

    def _parted(self, line: Line, glyph: Glyph) -> bool:
        """Whether a glyph stands too far from the line before it to go on with it."""
        size = max(list(self.styles)[style].size for style in (line.glyphs[-1].style, glyph.style))
        (_, top, right, bottom), (x1, y1, _, y2) = line.box, glyph.box
        apart = y1 > bottom + 0.3 * size or y2 < top - 0.3 * size
        return apart or x1 - right > GAP * size or x1 < line.glyphs[-1].box[0] - size

    def _glyphs(self) -> Iterator[Glyph | None]:
        """Glyphs, spaces (without ink) and None where a line ends."""
        from pypdfium2 import raw

        before: Glyph | None = None
        for number in range(self.text.count_chars()):
            code = raw.FPDFText_GetUnicode(self.text, number)
            character = chr(code) if code else "\ufffd"
            if character in "\r\n":
                if before:
                    yield before
                before = None
                yield None
            elif character.isspace() or raw.FPDFText_IsGenerated(self.text, number) == 1:
                if before:
                    yield before
                before = None
                yield Glyph(" ", (0, 0, 0, 0), 0)
            else:
                glyph = self._glyph(number, character)
                if before and before.box == glyph.box:  # the letters of a ligature share its box
                    before = self._ligature(number, before, glyph)
                    continue
                if before:
                    yield before
                before = glyph
        if before:
            yield before

    def _glyph(self, number: int, character: str) -> Glyph:
        from pypdfium2 import raw

        character = "-" if ord(character) in HYPHENS else character
        _refuse(character, raw.FPDFText_GetCharAngle(self.text, number))
        left, bottom, right, top = self.text.get_charbox(number)
        across = ((side - self.left) * self.scale[0] for side in (left, right))
        down = ((self.top - side) * self.scale[1] for side in (top, bottom))
        (x1, x2), (y1, y2) = (tuple(round(value, 1) for value in pair) for pair in (across, down))
        matrix = raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(self.text, number, matrix)
        font, size = self._font(number)
        pixels = round(size * math.hypot(matrix.a, matrix.b) * self.scale[0], 2)
        style = self.styles.setdefault(Style(font, pixels), len(self.styles))
        return Glyph(character, (x1, y1, x2, y2), style)

    def _ligature(self, number: int, before: Glyph, glyph: Glyph) -> Glyph:
        """Two letters that are painted as one, with the outline of their ligature."""
        from pypdfium2 import raw

        text = before.text + glyph.text
        font = raw.FPDFTextObj_GetFont(raw.FPDFText_GetTextObject(self.text, number))
        name = list(self.styles)[before.style].name
        self.outlines[name, text] = _outline(font, LIGATURES[text]) if text in LIGATURES else []
        return Glyph(text, before.box, before.style)

    def _font(self, number: int) -> tuple[str, float]:
        """The name of a character's font and its size before its matrix; keeps the outline of the character."""
        from pypdfium2 import raw

        shown = raw.FPDFText_GetTextObject(self.text, number)
        font = raw.FPDFTextObj_GetFont(shown)
        name = ctypes.create_string_buffer(256)
        raw.FPDFFont_GetBaseFontName(font, name, 256)
        said = name.value.decode("utf-8", "replace")
        size = ctypes.c_float()
        raw.FPDFTextObj_GetFontSize(shown, size)
        code = raw.FPDFText_GetUnicode(self.text, number)
        character = "-" if code in HYPHENS else chr(code)
        if (said, character) not in self.outlines:
            curves = _outline(font, code) or (self._bar(number, size.value) if character == "-" else [])
            self.outlines[said, character] = curves
        return said, size.value

    def _bar(self, number: int, size: float) -> list[list[tuple[float, float]]]:
        """The outline of a hyphen, which pdfium does not find by its Unicode in the fonts of TeX: a bar."""
        left, bottom, right, top = self.text.get_charbox(number)
        wide, high = (right - left) / size, (top - bottom) / size
        return [[(0.0, 0.2), (wide, 0.2), (wide, 0.2 + high), (0.0, 0.2 + high)]]


def _refuse(character: str, angle: float) -> None:
    if unicodedata.category(character) in ("Cc", "Co", "Cn", "Cs") or character == "\ufffd":
        raise Unproven([Failure("text_layer", f"the encoding of a font is broken: {character!r}")])
    if unicodedata.bidirectional(character) in ("R", "AL"):
        raise Unproven([Failure("text_layer", "its text runs from right to left: the layer's order is not known")])
    if abs(math.sin(angle)) > 0.02 or math.cos(angle) < 0:
        raise Unproven([Failure("text_layer", f"{character!r} is turned by {math.degrees(angle):.0f} degrees")])


def _outline(font: Any, code: int) -> list[list[tuple[float, float]]]:
    from pypdfium2 import raw

    path = raw.FPDFFont_GetGlyphPath(font, code, 1.0)
    curves: list[list[tuple[float, float]]] = []
    pending: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for number in range(max(raw.FPDFGlyphPath_CountGlyphSegments(path), 0) if path else 0):
        segment = raw.FPDFGlyphPath_GetGlyphPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = (x.value, y.value)
        match raw.FPDFPathSegment_GetType(segment):
            case raw.FPDF_SEGMENT_MOVETO:
                curves.append([point])
            case raw.FPDF_SEGMENT_LINETO:
                curves[-1].append(point)
            case raw.FPDF_SEGMENT_BEZIERTO:
                pending.append(point)
                if len(pending) == 3:
                    curves[-1] += _bezier(curves[-1][-1], *pending)
                    pending = []
    return [curve for curve in curves if len(curve) > 2]


def _bezier(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    for step in range(1, 7):
        t = step / 6
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        yield tuple(sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1))  # type: ignore[misc]


def blocks(lines: list[Line], styles: list[Style]) -> list[list[Line]]:
    """Lines that make paragraphs together, each list from above to below."""
    found: list[list[Line]] = []
    for line in lines:
        if found and _continues(found[-1], line, styles):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _continues(block: list[Line], line: Line, styles: list[Style]) -> bool:
    first, last = block[0], block[-1]
    size, other = (max(styles[glyph.style].size for glyph in each.glyphs) for each in (last, line))
    gap = line.box[1] - last.box[3]
    bulleted = line.text[0] in BULLETS or re.match(r"\d{1,2}[.)]?\s", line.text)
    left = min(abs(line.box[0] - last.box[0]), abs(line.box[0] - first.box[0]))
    if block[0].text[0] in BULLETS and len(block) == 1:  # the text of an item hangs beside its bullet
        left = min(left, abs(line.box[0] - first.glyphs[min(1, len(first.glyphs) - 1)].box[0]))
    return not bulleted and abs(size - other) < 0.1 * size and -size < gap < LEADING * size and left < INDENT * size
