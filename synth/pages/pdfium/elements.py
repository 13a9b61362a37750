"""From a PDF's lines to the elements of a page (`synth.pages.model`): what is heading, paragraph, header or footer."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from synth.pages.pdfium.text import Box, around

LARGE = 1.15  # of the body's size: larger is a heading
SMALL = 0.9  # of the body's size: smaller, at the page's edge, is a header or a footer
EDGE = 0.1  # of the page's height

Line = dict[str, Any]  # `text`, and `glyphs`: [x1, y1, x2, y2, style, start, length]
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")  # letters that no space parts


def joined(texts: Sequence[str]) -> str:
    """The lines of a paragraph as one; a hyphen at a line's end stays as it is printed."""
    said = ""
    for text in texts:
        close = said.endswith("-") or (said and _WIDE.match(said[-1]) and _WIDE.match(text[0]))
        said += text if close or not said else f" {text}"
    return said


def box_of(lines: Sequence[Line]) -> list[int]:
    """The whole pixels that hold all glyphs of some lines."""
    x1, y1, x2, y2 = around([tuple(glyph[:4]) for line in lines for glyph in line["glyphs"]])
    return [math.floor(x1), math.floor(y1), math.ceil(x2), math.ceil(y2)]


def kinds(blocks: Sequence[Sequence[Line]], styles: Sequence[Sequence[Any]], height: int) -> list[str]:
    """The kind of each block, by its size of letters against that of most letters, and by its place."""
    weights: Counter[float] = Counter()
    for block in blocks:
        weights[_size(block, styles)] += sum(len(line["glyphs"]) for line in block)
    body = max(weights, key=lambda size: (weights[size], -size))
    large = sorted((size for size in weights if size >= LARGE * body), reverse=True)
    found = []
    for block in blocks:
        size, box = _size(block, styles), box_of(block)
        if size in large:
            found.append(f"h{min(large.index(size) + 1, 6)}")
        elif size < SMALL * body and box[1] > (1 - EDGE) * height:
            found.append("footer")
        elif size < SMALL * body and box[3] < EDGE * height:
            found.append("header")
        else:
            found.append("p")
    return found


def _size(block: Sequence[Line], styles: Sequence[Sequence[Any]]) -> float:
    """The size of most of its letters."""
    sizes = Counter(styles[glyph[4]][1] for line in block for glyph in line["glyphs"])
    return float(max(sizes, key=lambda size: (sizes[size], size)))


def ordered(boxes: Sequence[Box]) -> list[int]:
    """Reading order by cutting the page where nothing stands: into bands, and where there are none into columns."""
    return _cut(boxes, list(range(len(boxes))), down=True, tried=False)


def _cut(boxes: Sequence[Box], among: list[int], down: bool, tried: bool) -> list[int]:
    if len(among) < 2:
        return among
    axis = 1 if down else 0
    groups: list[list[int]] = []
    end = -math.inf
    for number in sorted(among, key=lambda each: (boxes[each][axis], boxes[each][1 - axis], each)):
        if boxes[number][axis] >= end or not groups:
            groups.append([])
        groups[-1].append(number)
        end = max(end, boxes[number][axis + 2])
    if len(groups) == 1:
        if tried:
            return sorted(among, key=lambda each: (boxes[each][1], boxes[each][0], each))
        return _cut(boxes, among, not down, True)
    return [number for group in groups for number in _cut(boxes, group, not down, False)]
