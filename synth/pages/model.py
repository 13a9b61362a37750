"""A page as its claims have it, and as QwenVL HTML.

Claims are plain JSON, all places in pixels of the stored picture:

    size        [width, height]
    language    of the text
    direction   ltr, rtl, or vertical (lines run down, columns from right to left)
    elements    in reading order, as `Element`
    words       [leaf, x, baseline, advance, text, font]: a run of letters as it was set: `leaf` is the id of the leaf
                that it belongs to; pen position at its left end (vertical: centre line and top); its advance; `font`
                counts in `fonts`
    fonts       [name of the face (`synth.ocr.fonts.Face.name`), size in px]
    decorations [id, box]: rules and panels that say nothing

A *leaf* has an id of its own in the instance-ID buffer and holds text or a picture: an element itself, or an item, a
cell, a caption, an image of one.
"""

import html
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict

from curation.document import Box, Part, Text, joined

Pixels = list[int]  # x1, y1, x2, y2: [x1, x2) by [y1, y2)

TEXT_KINDS = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "header", "footer", "footnote")
LIST_KINDS = ("ul", "ol")
FIGURE_KINDS = ("image", "image caption", "image ocr", "chart", "formula", "music sheet", "chemical formula")
_FORMATS = {"music sheet": "abc notation", "chemical formula": "smile"}  # as the report spells them


class Leaf(TypedDict, total=False):
    """`text` is what is read there; `marker` (of an item) stands before it in the picture, but not in the HTML."""

    id: int
    box: Pixels
    text: str
    marker: str
    depth: int  # of an item: 0 is the outermost list
    head: bool  # of a cell: th
    columns: int  # of a cell: colspan
    rows: int  # of a cell: rowspan


class Element(TypedDict, total=False):
    """`id`, `kind` and `box` always; then what its kind has.

    h1..h6, p, header, footer, footnote: `text`. ul, ol: `items`. table: `rows` and `rules` (grid, rows or none).
    Figures: `image`, a leaf; image caption and image ocr: `text`, the caption a leaf of its own in `caption`, the words
    in the image leaves in `words`; chart: `data`, its table; formula, music sheet and chemical formula: `source`
    (LaTeX, ABC, SMILES). Figures that a room of its own drew carry their `truth`, in pixels of the image.
    """

    id: int
    kind: str
    box: Pixels
    text: str
    items: list[Leaf]
    rows: list[list[Leaf]]
    rules: str
    image: Leaf
    caption: Leaf
    words: list[Leaf]
    data: list[list[str]]
    source: str
    truth: dict[str, Any]


def leaves(element: Element) -> Iterator[Leaf]:
    """The leaves of an element in reading order."""
    kind = element["kind"]
    if kind in TEXT_KINDS:
        yield {"id": element["id"], "box": element["box"], "text": element["text"]}
    elif kind in LIST_KINDS:
        yield from element["items"]
    elif kind == "table":
        yield from (cell for row in element["rows"] for cell in row)
    else:
        yield element["image"]
        yield from element.get("words", ())
        if "caption" in element:
            yield element["caption"]


def document(elements: Sequence[Element], image: int = 0) -> tuple[Part, ...]:
    """A page in QwenVL HTML (the report, section 2.2), in the order of `elements`; boxes are on media `image`."""
    parts: list[Part] = [Text("<html><body>\n")]
    for element in elements:
        parts += [*fragment(element, image), Text("\n")]
    return joined([*parts, Text("</body></html>")])


def fragment(element: Element, image: int = 0) -> tuple[Part, ...]:
    """One element in QwenVL HTML."""
    kind = element["kind"]
    if kind in TEXT_KINDS:
        return joined(_text(element, image))
    if kind in LIST_KINDS:
        return joined(_list(kind, element["box"], element["items"], 0, image))
    if kind == "table":
        return joined(_table(element, image))
    return joined(_figure(element, image))


def _text(element: Element, image: int) -> Iterator[Part]:
    kind = element["kind"]
    tag, name = (kind, "") if kind == "p" or kind[1:].isdigit() else ("div", f' class="{kind}"')
    yield from _open(f"{tag}{name}", element["box"], image)
    yield Text(f" {_escaped(element['text'])} </{tag}>")


def _list(kind: str, box: Pixels, items: Sequence[Leaf], depth: int, image: int) -> Iterator[Part]:
    """Items deeper than `depth` are a list inside the item before them; inner lists have no box of their own."""
    yield from _open(kind, box, image) if depth == 0 else (Text(f"<{kind}>"),)
    at = 0
    while at < len(items):
        inner = at + 1
        while inner < len(items) and items[inner]["depth"] > depth:
            inner += 1
        yield from _open("li", items[at]["box"], image)
        yield Text(f" {_escaped(items[at]['text'])} ")
        if inner > at + 1:
            yield from _list(kind, box, items[at + 1 : inner], depth + 1, image)
        yield Text("</li>")
        at = inner
    yield Text(f"</{kind}>")


def _table(element: Element, image: int) -> Iterator[Part]:
    name = f"table{element['id']}"
    yield Text(f"<style>{_style(name, element['rules'])}</style>")
    yield Text("<table")
    yield from _box(element["box"], image)
    yield Text(f' class="{name}">')
    for row in element["rows"]:
        yield Text("<tr>")
        for cell in row:
            tag = "th" if cell["head"] else "td"
            spans = f' colspan="{cell["columns"]}"' if cell["columns"] > 1 else ""
            spans += f' rowspan="{cell["rows"]}"' if cell["rows"] > 1 else ""
            yield Text(f"<{tag}{spans}>{_escaped(cell['text'])}</{tag}>")
        yield Text("</tr>")
    yield Text("</table>")


def _style(name: str, rules: str) -> str:
    """CSS that says which rules a table shows."""
    sides = {"grid": "border", "rows": "border-bottom", "none": ""}[rules]
    rule = f"{sides}: 1px solid" if sides else "border: none"
    return f".{name} td, .{name} th {{{rule}}}"


def _figure(element: Element, image: int) -> Iterator[Part]:
    kind = element["kind"]
    form = f' format="{_FORMATS[kind]}"' if kind in _FORMATS else ""
    yield from _open(f'div class="{kind}"{form}', element["box"], image)
    yield Text(" <img")
    yield from _box(element["image"]["box"], image)
    yield Text(" />")
    if kind == "chart":
        rows = ("".join(f"<td>{_escaped(text)}</td>" for text in row) for row in element["data"])
        yield Text(f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")
    elif "source" in element:
        yield Text(f" <div> {_escaped(element['source'])} </div>")
    if "text" in element:
        yield Text(f"<p> {_escaped(element['text'])} </p>")
    yield Text("</div>")


def _open(tag: str, box: Pixels, image: int) -> Iterator[Part]:
    yield Text(f"<{tag}")
    yield from _box(box, image)
    yield Text(">")


def _box(box: Pixels, image: int) -> Iterator[Part]:
    x1, y1, x2, y2 = box
    yield Text(' data-bbox="')
    yield Box(image, x1, y1, x2, y2, "html")
    yield Text('"')


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
