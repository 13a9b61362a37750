"""From the bytes of an HTML page to its content in reading order: headings, paragraphs, lists, code, tables, images."""

import codecs
import re
from dataclasses import dataclass, field

from curation.reading.boilerplate import INLINE, Node, find_content, walk
from curation.reading.declared import Declared, find_declared
from curation.reading.htmltable import TableBuilder, is_data_table
from curation.reading.record import Block, BlockKind, Dropped, Inline, Picture


@dataclass(frozen=True, slots=True)
class Page:
    """`language` is what the page declares (lower case, or empty); `dropped` says what was taken for boilerplate."""

    title: str = ""
    language: str = ""
    blocks: tuple[Block, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    declared: Declared = field(default_factory=Declared)


def extract(html: bytes, charset: str = "") -> Page:
    """The page's main content. Broken HTML is mended as browsers do (HTML5); a page without content has no blocks.

    `charset` is what the HTTP response says of it, if it says anything.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(decode(html, charset))
    title = tree.css_first("title")
    name, declared = _line(title.text() if title else ""), find_declared(tree)
    if tree.body is None:  # a frameset
        return Page(name, declared.language, declared=declared)
    content = find_content(tree.body)
    blocks = _Reader(content.skip).read(content.root)
    return Page(name, declared.language, tuple(blocks), tuple(content.dropped), declared)


_NESTING = re.compile(rb"<(/?)(?:div|span|section|article|blockquote|table|ul|ol|b|i|u|em|strong|font|a)\b", re.I)


def depth(html: bytes) -> int:
    """About how deeply the page's elements are nested, without parsing it: parsers need quadratic time for that."""
    deepest = level = 0
    for tag in _NESTING.finditer(html):
        level = max(level - 1, 0) if tag[1] else level + 1
        deepest = max(deepest, level)
    return deepest


_META_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9_:-]+)""", re.I)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CHARSET = re.compile(
    r"(x-)?sjis|shift[_-]jis|windows-31j|euc-(jp|kr)|iso-2022-jp|gb(k|2312|18030)|big5(-hkscs)?|koi8-[ru]|(windows-|cp)\d+"
    r"|iso-?8859-?\d+|latin-?1|us-ascii|macintosh|tis-620"
)
_AS_BROWSERS_READ = {
    "windows-31j": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
}


def decode(html: bytes, charset: str = "") -> str:
    """Byte order mark, else UTF-8 if the bytes are that, else the charset of HTTP or the page, else Windows-1252.

    Bytes that are valid UTF-8 and not plain ASCII are UTF-8 whatever the page declares: nothing else looks like it.
    """
    for mark, name in _BOMS:
        if html.startswith(mark):
            return html[len(mark) :].decode(name, "replace")
    declared = _codec(charset) or _declared(html) or "utf-8"
    for name in (declared, "utf-8") if html.isascii() else ("utf-8", declared):
        try:
            return html.decode(name)
        except (LookupError, ValueError):
            continue
    text = html.decode("utf-8", "replace")
    foreign = sum(character > "\x7f" for character in text)
    if text.count("\ufffd") * 10 <= foreign:  # UTF-8 with a few bytes damaged
        return text
    return html.decode("cp1252", "replace")


def _declared(html: bytes) -> str:
    found = _META_CHARSET.search(html[:4096])
    return _codec(found[1].decode()) if found else ""


def _codec(label: str) -> str:
    """Python's name for the charset that browsers take the label for; empty where it is none, or UTF-8."""
    name = label.strip().lower()
    if not _CHARSET.fullmatch(name):
        return ""
    if re.fullmatch(r"iso-?8859-?1|latin-?1|us-ascii", name):
        return "cp1252"
    return _AS_BROWSERS_READ.get(name, name)


class _Reader:
    """Turns the walk over the content into blocks; holds the text of the block that is open."""

    def __init__(self, skip: set[int]):
        self.skip = skip
        self.blocks: list[Block] = []
        self.pieces: list[Inline] = []
        self.heading = 0
        self.lists: list[int] = []  # of each open list: the number of its next item, or 0 where it has bullets
        self.marker = ""  # of an item that has had no text yet
        self.figure: Picture | None = None
        self.table: TableBuilder | None = None
        self.data_tables: dict[int, bool] = {}
        self.pre = 0

    def read(self, root: Node) -> list[Block]:
        for node, entering in walk(root, self.skip):
            if node.mem_id in self.skip:
                continue
            if node.tag == "-text":
                if entering:
                    self.pieces.append(node.text_content)
            elif node.is_element_node:
                self._enter(node) if entering else self._leave(node)
        self._flush()
        return self.blocks

    def _enter(self, node: Node) -> None:
        tag = node.tag
        if tag == "img":
            self._image(node)
        elif tag == "br":
            self.pieces.append("\n" if self.pre else "\v")
        elif self.table:
            self._enter_cell(node)
        elif tag not in INLINE:
            self._flush()
            self._open(node)

    def _open(self, node: Node) -> None:
        tag = node.tag
        if tag in ("ul", "ol", "menu"):
            self.lists.append(_number(node.attributes.get("start"), 1) if tag == "ol" else 0)
        elif tag == "li":
            self.marker = f"{self.lists[-1]}." if self.lists and self.lists[-1] else "-"
            if self.lists and self.lists[-1]:
                self.lists[-1] += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self.heading = int(tag[1])
        elif tag == "pre":
            self.pre += 1
        elif tag == "figure":
            self.figure = Picture("", caption=_caption(node))
        elif tag == "table" and is_data_table(node):
            self.table = TableBuilder(node.mem_id)

    def _leave(self, node: Node) -> None:
        tag = node.tag
        if self.table:
            self._leave_cell(node)
        elif tag not in INLINE:
            self._flush()
            if tag in ("ul", "ol", "menu") and self.lists:
                self.lists.pop()
            elif tag == "li":
                self.marker = ""
            elif tag == "pre":
                self.pre -= 1
            elif tag == "figure":
                self.figure = None
            self.heading = 0 if re.fullmatch(r"h[1-6]", tag) else self.heading

    def _enter_cell(self, node: Node) -> None:
        assert self.table
        if node.tag == "tr":
            self.table.start_row()
        elif node.tag in ("td", "th", "caption"):
            self.pieces = []
        elif node.tag not in INLINE:
            self.pieces.append(" ")

    def _leave_cell(self, node: Node) -> None:
        assert self.table
        if node.tag in ("td", "th"):
            spans = [_number(node.attributes.get(name), 1) for name in ("colspan", "rowspan")]
            self.table.add_cell(tidy(self.pieces, " "), node.tag == "th", spans[0], spans[1])
            self.pieces = []
        elif node.tag == "caption":
            self._add("paragraph", tidy(self.pieces, " "))
            self.pieces = []
        elif node.mem_id == self.table.mem_id:
            self._add("table", self.table.markdown())
            self.table, self.pieces = None, []
        elif node.tag not in INLINE:
            self.pieces.append(" ")

    def _image(self, node: Node) -> None:
        names = node.attributes
        src = (names.get("src") or "").strip()
        lazy = (names.get("data-src") or names.get("data-original") or "").strip()
        if lazy and (not src or src.startswith("data:")):
            src = lazy
        if not src:
            return
        caption = self.figure.caption if self.figure else ""
        self.pieces.append(Picture(src, _line(names.get("alt")), _line(names.get("title")), caption))

    def _flush(self) -> None:
        """Closes the open block."""
        pieces, self.pieces = self.pieces, []
        if self.pre:
            code = "".join(piece for piece in pieces if isinstance(piece, str)).replace("\v", "\n").strip("\n")
            self._add("code", (code,) if code.strip() else ())
            return
        content = tidy(pieces, "\n")
        if self.heading:
            self._add("heading", tidy(pieces, " "), self.heading)
        elif self.figure:
            self._add_to_figure(content)
        elif self.marker and content:
            self._add("item", content, max(len(self.lists) - 1, 0), self.marker)
            self.marker = ""
        else:
            self._add("paragraph", content)

    def _add_to_figure(self, content: tuple[Inline, ...]) -> None:
        last = self.blocks[-1] if self.blocks else None
        if last and last.kind == "figure" and content and last.pictures[0].caption == _caption_of(self.figure):
            self.blocks[-1] = Block("figure", (*last.content, "\n", *content))
        else:
            self._add("figure" if any(isinstance(piece, Picture) for piece in content) else "paragraph", content)

    def _add(self, kind: BlockKind, content: tuple[Inline, ...], level: int = 0, marker: str = "") -> None:
        if content:
            self.blocks.append(Block(kind, content, level, marker))


def tidy(pieces: list[Inline], line_break: str) -> tuple[Inline, ...]:
    """White space as a browser shows it: runs are one space, none at the ends; `br` (here a \\v) is `line_break`."""
    tidied: list[Inline] = []
    text = ""
    for piece in [*pieces, None]:
        if isinstance(piece, str):
            text += piece
            continue
        text = re.sub(r"[ \t\n\r\f\xa0]+", " ", text)
        text = re.sub(r" ?\v ?", line_break, text)
        text = text if tidied else text.lstrip()
        text = text if piece else text.rstrip()
        tidied += [text] if text else []
        tidied += [piece] if piece else []
        text = ""
    return tuple(tidied)


def _caption(figure: Node) -> str:
    caption = figure.css_first("figcaption")
    return _line(caption.text()) if caption else ""


def _caption_of(picture: Picture | None) -> str:
    return picture.caption if picture else ""


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,4}", text.strip()) else default
