"""Blocks as the HTML that Chromium lays out: every leaf numbered and, in the second look, of a colour of its own."""

import html
from collections.abc import Iterator

from synth.pages.drawing.material import Block

BODY, STRONG, SMALL, HEAD, H1 = range(5)  # numbers of fonts in `synth.pages.drawing.style.Style`


class Markup:
    """Writes blocks and remembers which is which."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []  # by their `data-b`; `id` and those of leaves are set as they are written
        self.decorations: list[int] = []
        self._last = 0

    def block(self, block: Block, classes: str = "") -> str:
        """The HTML of a block."""
        block["id"] = self._id()
        self.blocks.append(block)
        place = f'data-b="{len(self.blocks) - 1}"' + (f' class="{classes}"' if classes else "")
        kind = block["kind"]
        if kind in ("ul", "ol"):
            return f"<{kind} {place}>{''.join(self._items(block))}</{kind}>"
        if kind == "table":
            return self._table(block, place)
        if "image" in block:
            return self._figure(block, place)
        tag, font = _TAGS[kind]
        return f'<{tag} {place} data-f="{font}">{self._text(block["id"], block["text"])}</{tag}>'

    def decoration(self, css: str, inside: str = "", classes: str = "") -> str:
        """A rule or a panel: it says nothing, but it is painted."""
        number = self._id()
        self.decorations.append(number)
        return f'<div data-d class="{classes}" style="--i:{_colour(number)};{css}">{inside}</div>'

    def _items(self, block: Block) -> Iterator[str]:
        for item in block["items"]:
            item["id"] = self._id()
            indent = 1.6 * (item["depth"] + 1)
            text = self._text(item["id"], f"{item['marker']} {item['text']}")
            yield f'<li data-f="{BODY}" style="padding-inline-start:{indent}em;text-indent:-1.2em">{text}</li>'

    def _table(self, block: Block, place: str) -> str:
        rows = []
        for row in block["rows"]:
            cells = []
            for cell in row:
                cell["id"] = self._id()
                tag, font = ("th", HEAD) if cell["head"] else ("td", BODY)
                spans = f'colspan="{cell["columns"]}" rowspan="{cell["rows"]}"'
                cells.append(f'<{tag} {spans} data-f="{font}">{self._text(cell["id"], cell["text"])}</{tag}>')
            rows.append(f"<tr>{''.join(cells)}</tr>")
        look = f"{block['rules']}{' striped' if block.pop('striped', False) else ''}"
        table = f'<table {_paint(block["id"])} class="{look}">{"".join(rows)}</table>'
        return f"<div {place}>{table}</div>"

    def _figure(self, block: Block, place: str) -> str:
        image = block["image"]
        image["id"] = self._id()
        if "numbers" in block:
            block["words"] = [{"id": self._id()} for _ in range(int(block["numbers"].max()))]
        width, height = block["pixels"].size
        # The picture itself is pasted into the hole afterwards: its pixels stay those that its room proves.
        hole = f'<span class="image" {_paint(image["id"], f"width:{width}px;height:{height}px")}></span>'
        caption = ""
        if block["kind"] == "image caption":
            block["caption"] = {"id": self._id(), "text": block["text"]}
            caption = f'<p class="caption" data-f="{SMALL}">{self._text(block["caption"]["id"], block["text"])}</p>'
        return f'<div {place}><div class="figure">{hole}{caption}</div></div>'

    def _text(self, number: int, text: str) -> str:
        return f"<span data-t {_paint(number)}>{html.escape(text)}</span>"

    def _id(self) -> int:
        self._last += 1
        return self._last


_TAGS = {
    **{f"h{level}": (f"h{level}", H1 + level - 1) for level in (1, 2, 3, 4)},
    **{"p": ("p", BODY), "header": ("p", SMALL), "footer": ("p", SMALL), "footnote": ("p", SMALL)},
}


def _paint(number: int, css: str = "") -> str:
    return f'data-i="{number}" style="--i:{_colour(number)};{css}"'


def _colour(number: int) -> str:
    return f"#{number:06x}"
