"""What is claimed of a PDF page: its elements, as of any page, and the lines and glyphs of its text layer."""

from dataclasses import asdict
from typing import Any

import numpy as np

from synth.pages.pdfium.elements import Line, box_of, joined, kinds, ordered
from synth.pages.pdfium.figures import figures
from synth.pages.pdfium.render import PdfRender
from synth.pages.pdfium.text import blocks
from synth.sample import Claims, Failure, Unproven

FEWEST = 24  # glyphs: a page with less is empty or a scan
SMALLEST = 9.0  # pixels an em: smaller letters cannot be told apart
PICTURED = 0.6  # of the page: a larger picture is a scan


def claims_of(made: PdfRender, language: str) -> Claims:
    """The claims of a page. Raises Unproven where it has little text, or too small, or is a scan."""
    layer = made.layer
    width, height = made.shown.size
    lines: list[Line] = []
    groups = []
    for block in blocks(layer.lines, layer.styles):
        groups.append(range(len(lines), len(lines) + len(block)))
        lines += [
            {"text": line.text, "glyphs": [[*g.box, g.style, g.start, len(g.text)] for g in line.glyphs]}
            for line in block
        ]
    glyphs = [glyph for line in lines for glyph in line["glyphs"]]
    pictures = figures(np.asarray(made.plain), [glyph[:4] for glyph in glyphs])
    _fit(made, glyphs, pictures)
    styles = [[style.name, style.size] for style in layer.styles]
    texts = [[lines[number] for number in group] for group in groups]
    elements: list[dict[str, Any]] = [
        {"kind": kind, "box": box_of(block), "text": joined([line["text"] for line in block]), "lines": list(group)}
        for kind, block, group in zip(kinds(texts, styles, height), texts, groups, strict=True)
    ]
    elements += [{"kind": "image", "box": list(box), "image": {"box": list(box)}} for box in pictures]
    order = ordered([tuple(element["box"]) for element in elements])
    elements = [{"id": place + 1, **elements[number]} for place, number in enumerate(order)]
    for element in elements:
        if "image" in element:
            element["image"] = {"id": element["id"], **element["image"]}
    return {
        "size": [width, height],
        "language": language,
        "elements": elements,
        "layer": lines,
        "styles": styles,
        "letters": [asdict(letter) for letter in made.letters],
    }


def _fit(made: PdfRender, glyphs: list[list[Any]], pictures: list[tuple[int, int, int, int]]) -> None:
    width, height = made.shown.size
    if len(glyphs) < FEWEST:
        raise Unproven([Failure("text_layer", f"{len(glyphs)} letters: the page is empty or a scan")])
    smallest = min(style.size for style in made.layer.styles)
    if smallest < SMALLEST:
        raise Unproven([Failure("text_layer", f"letters of {smallest:.1f} px an em are too small to read")])
    for x1, y1, x2, y2 in pictures:
        if (x2 - x1) * (y2 - y1) > PICTURED * width * height:
            raise Unproven([Failure("text_layer", "a picture fills the page: a scan")])
    if any(x1 < 0 or y1 < 0 or x2 > width or y2 > height for x1, y1, x2, y2, *_ in glyphs):
        raise Unproven([Failure("text_layer", "text runs over the page's edge")])
