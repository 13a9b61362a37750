"""Real HTML documents as blocks (`drawing.material`): headings, paragraphs, lists, tables, pictures and code."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import PIL.Image
from pydantic import Field
from selectolax.lexbor import LexborHTMLParser, LexborNode

from curation import media
from curation.config import Config
from curation.errors import UserError
from synth.ocr.languages import LANGUAGES, Code
from synth.ocr.unguessable import is_own
from synth.pages.drawing.material import Block

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
HIDDEN = ("script", "style", "nav", "noscript", "iframe", "form", "svg", "math", "video", "audio", "template", "button")
LEAST_PICTURE = 64  # pixels: smaller ones are icons
MOST_CELLS = 120
OWN = 0.25  # of a paragraph's characters: names and commands stay Latin in all languages
_BULLETS = ("•", "–")


class HtmlSource(Config):
    """A folder of HTML files in one language; `root` is the CSS selector of what is content, `leave` of what is not."""

    language: Code
    folder: str
    licence: str = Field(min_length=1)
    root: str = "main, article, body"
    leave: tuple[str, ...] = (".headerlink", ".docnav", ".navheader", ".navfooter", "header", "footer")


def files(source: HtmlSource) -> list[Path]:
    """Its HTML files in order of their names. Raises UserError where there are none."""
    found = sorted(path for path in Path(source.folder).rglob("*.html") if path.is_file())
    if not found:
        raise UserError(f"sources: {source.folder}: no HTML files there")
    return found


def read(path: Path, source: HtmlSource) -> list[Block]:
    """The blocks of a document in reading order; pictures are files beside it, and nothing else is loaded."""
    tree = LexborHTMLParser(path.read_text(encoding="utf-8", errors="replace"))
    for selector in (*HIDDEN, *source.leave):
        for node in tree.css(selector):
            node.decompose()
    for selector in source.root.split(","):
        root = tree.css_first(selector.strip())
        if root is not None:
            found = [block for block in _blocks(root, path.parent) if _fits(block, source.language)]
            return found if _translated(found, source.language) else []
    return []


def _fits(block: Block, language: str) -> bool:
    """No formulas that only a script would draw; in a text from right to left no sentences from left to right."""
    said = letters(block)
    turned = LANGUAGES[language].right_to_left and (block.get("code") or _LATIN_WORDS.search(said))
    return not (_TEX.search(said) or turned)


def _translated(blocks: Sequence[Block], language: str) -> bool:
    """Whether most paragraphs are in the letters of the language: handbooks are translated in parts."""
    texts = [block["text"] for block in blocks if block["kind"] == "p" and len(block["text"]) > 60]
    if "Latn" in LANGUAGES[language].scripts or not texts:
        return True
    own = [sum(is_own(letter, language) for letter in text) / len(text) for text in texts]
    return sum(share > OWN for share in own) >= 0.7 * len(own)


_LATIN_WORDS = re.compile(r"[A-Za-z]+[\s,.]+[A-Za-z]+")
_TEX = re.compile(r"\\\(|\\\[|\\begin\{")  # formulas that only a script would draw


def letters(block: Block) -> str:
    """All that a block says."""
    cells = (cell for row in block.get("rows", ()) for cell in row)
    return block.get("text", "") + "\n".join(each["text"] for each in (*block.get("items", ()), *cells))


def _blocks(node: LexborNode, folder: Path) -> Iterator[Block]:
    loose = ""
    for child in node.iter(include_text=True):
        if child.tag in _INLINE and not child.css_first("img"):
            loose += child.text(deep=True) if child.tag != "-text" else child.text(deep=False)
            continue
        yield from _paragraph(loose)
        loose = ""
        yield from _block(child, folder)
    yield from _paragraph(loose)


def _block(node: LexborNode, folder: Path) -> Iterator[Block]:
    tag = node.tag or ""
    if tag in HEADINGS:
        text = _tidy(node.text(deep=True))
        if text:
            yield {"kind": tag if tag in HEADINGS[:4] else "h4", "text": text}
    elif tag in ("p", "dt", "figcaption") and not node.css_first("img"):
        yield from _paragraph(node.text(deep=True))
    elif tag in ("ul", "ol"):
        yield from _list(node)
    elif tag == "table" and not node.css_first("img, pre, table table, ul"):
        yield from _table(node)
    elif tag == "img":
        yield from _picture(node, folder)
    elif tag == "pre":
        yield from _code(node)
    elif tag not in ("table", "-comment", "_comment"):
        yield from _blocks(node, folder)


_INLINE = frozenset(
    (
        *("-text", "a", "abbr", "b", "bdi", "br", "cite", "code", "dfn", "em", "i", "kbd", "mark", "q", "samp"),
        *("small", "span", "strong", "sub", "sup", "tt", "u", "var", "wbr"),
    )
)


def _paragraph(text: str) -> Iterator[Block]:
    text = _tidy(text)
    if len(text) >= 2:
        yield {"kind": "p", "text": text}


def _list(node: LexborNode) -> Iterator[Block]:
    items = list(_items(node, node.tag or "ul", 0))
    if 0 < len(items) <= 30 and all(item["text"] for item in items):
        yield {"kind": node.tag, "items": items}


def _items(node: LexborNode, kind: str, depth: int) -> Iterator[dict[str, Any]]:
    number = 0
    for item in node.iter():
        if item.tag != "li":
            continue
        number += 1
        inner = [child for child in item.iter() if child.tag in ("ul", "ol")]
        whole = item.text(deep=True)
        for each in inner:
            whole = whole.replace(each.text(deep=True), " ", 1)
        marker = f"{number}." if kind == "ol" else _BULLETS[min(depth, 1)]
        yield {"text": _tidy(whole), "marker": marker, "depth": depth}
        if depth == 0:  # deeper lists are rare, and narrow
            for each in inner:
                yield from _items(each, kind, 1)


def _table(node: LexborNode) -> Iterator[Block]:
    rows: list[list[dict[str, Any]]] = []
    for row in node.css("tr"):
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        rows.append([_cell(cell) for cell in cells])
    rows = [row for row in rows if row]
    if len(rows) >= 2 and _whole(rows) and sum(map(len, rows)) <= MOST_CELLS:
        yield {"kind": "table", "rows": rows, "rules": "grid" if "border" in (node.attributes or {}) else "rows"}


def _cell(cell: LexborNode) -> dict[str, Any]:
    spans = {}
    for name, key in (("colspan", "columns"), ("rowspan", "rows")):
        said = str(cell.attributes.get(name) or "1")
        spans[key] = max(int(said), 1) if said.isdigit() else 1
    return {"text": _tidy(cell.text(deep=True)), **spans, "head": cell.tag == "th"}


def _whole(rows: Sequence[Sequence[dict[str, Any]]]) -> bool:
    """Whether the cells cover a rectangle once, and none is empty."""
    taken: set[tuple[int, int]] = set()
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (y, x) in taken:
                x += 1
            area = {(y + down, x + across) for down in range(cell["rows"]) for across in range(cell["columns"])}
            if area & taken or not cell["text"]:
                return False
            taken |= area
            x += cell["columns"]
    wide = 1 + max(x for _, x in taken)
    return 2 <= wide <= 8 and len(taken) == wide * len(rows) and max(y for y, _ in taken) < len(rows)


def _picture(node: LexborNode, folder: Path) -> Iterator[Block]:
    name = (node.attributes.get("src") or "").split("#")[0].split("?")[0]
    path = folder / name
    if re.match(r"[a-z]+:|/", name) or path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        return
    try:
        image = media.decode(path.read_bytes())
    except (OSError, ValueError, UserError):
        return  # a link without its file
    if min(image.size) >= LEAST_PICTURE:
        yield {"kind": "image", "image": {}, "pixels": image.convert("RGB")}


def _code(node: LexborNode) -> Iterator[Block]:
    lines = [line.rstrip() for line in node.text(deep=True).expandtabs(4).strip("\n").split("\n")]
    said = [line for line in lines if line.strip()]
    if 1 <= len(said) <= 24:
        # Indents and runs of spaces are not claimed: a picture does not tell how many there are.
        yield {"kind": "p", "text": "\n".join(" ".join(line.split()) for line in said), "code": True}


def _tidy(text: str) -> str:
    return " ".join(text.replace("\u00ad", "").replace("\u200b", "").replace("¶", "").split())


def fitted(image: PIL.Image.Image, width: int, height: int) -> PIL.Image.Image:
    """The picture as it is, or made smaller to fit."""
    share = min(width / image.width, height / image.height, 1)
    size = max(round(image.width * share), 1), max(round(image.height * share), 1)
    return image if share == 1 else image.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
