"""From the blocks of a record to the text and images of a document; what is cut is cut with a reason.

Alternative texts are not part of the document: a reader of the page does not see them.
"""

from dataclasses import dataclass

from curation.address import locate
from curation.document import Document, Image, Media, Part, Source, Text, Turn
from curation.errors import MediaError
from curation.reading.record import Block, Picture, Record
from curation.reject import Kind, Reject
from curation.text.language import LanguageModel
from curation.text.lines import DUPLICATE, LineChecker
from curation.text.measures import Measures
from curation.text.mend import mend
from curation.text.rules import Checker, Fault
from curation.text.writing import writing

ASIDE = ("code", "table")  # no running text: rules on text do not look at them
_QUOTED = 200  # characters of a text that was cut


@dataclass(frozen=True, slots=True)
class Judges:
    """What judges the lines of a paragraph, and then the paragraph."""

    lines: tuple[LineChecker, ...]
    nodes: tuple[Checker, ...]


@dataclass(slots=True)
class _Node:
    """A block with its text mended and its pictures found (numbers of media); `prose` is what rules look at."""

    block: Block
    pieces: list[str | int]
    prose: str


class Draft:
    """A record on its way to a document. `rejects` has a row for all that was cut."""

    def __init__(self, record: Record, judges: Judges, languages: LanguageModel, stage: str):
        self.record = record
        self.rejects: list[Reject] = []
        self.inline: dict[int, bytes] = {}
        self._stage = stage
        self._judges = judges
        self._seen: tuple[set[str], ...] = tuple(set() for _ in judges.lines)
        self._numbers: dict[tuple[str, int, str], int] = {}
        self._media: list[Media] = []
        for item in record.dropped:
            self._reject("text", item.reason, f"{item.element}: {item.characters} characters, {item.images} images")
        nodes = [node for block in record.blocks if (node := self._node(block))]
        self._aside = "\n".join(node.prose for node in nodes if node.block.kind in ASIDE)
        running = "\n".join(node.prose for node in nodes if node.block.kind not in ASIDE)
        self.language = languages.identify(running if running.strip() else self._aside)
        self._writing = writing(self.language.code)
        self._nodes = [node for node in nodes if self._keep(node)]

    def document(self) -> Document:
        """The text as Markdown with the images in their places."""
        parts: list[Part] = []
        before = ""
        for node in self._nodes:
            if node.pieces:
                if before:
                    parts.append(Text("\n" if before == node.block.kind == "item" else "\n\n"))
                parts += [Text(piece) if isinstance(piece, str) else Image(piece) for piece in _marked(node)]
                before = node.block.kind
        turns = (Turn(None, merge(parts)),)
        record = self.record
        source = Source(record.uri, record.licence, record.dataset)
        return Document(turns, tuple(self._media), record.task, self.language.code, source)

    def measures(self) -> Measures:
        """Of the running text, with repeated lines: that they could be cut does not make it a better page."""
        pieces: list[str] = []
        before = ""
        for node in self._nodes:
            kind = node.block.kind
            if kind not in ASIDE and node.prose:
                pieces += ["\n" if before == kind == "item" else "\n\n", f"{node.block.marker} " * (kind == "item")]
                pieces.append(node.prose)
                before = kind
        return Measures("".join(pieces), self.language.code, self._aside)

    def _node(self, block: Block) -> _Node | None:
        """None where nothing of the block is left."""
        pieces: list[str | int] = []
        for piece in block.content:
            number = self._image(piece) if isinstance(piece, Picture) else piece
            pieces += [number] if number is not None else []
        if block.kind == "figure" and not any(isinstance(piece, int) for piece in pieces):
            self._cut("caption without image", block.text)
            return None
        mended = mend(pieces, keep_lines=block.kind in ASIDE)
        prose = "".join(piece if isinstance(piece, str) else " " for piece in mended).strip()
        return _Node(block, mended, prose) if mended else None

    def _keep(self, node: _Node) -> bool:
        """Cuts what the rules for lines and paragraphs cut; False where nothing of the paragraph is left.

        C4 and OBELICS judge lines without markup: what is known to be a heading, an item of a list, a caption, code or
        a table is not asked for sentences. Images stay where the text around them is cut.
        """
        if node.block.kind != "paragraph" or not node.prose or self.record.task == "caption":
            return True
        images: list[str | int] = [piece for piece in node.pieces if isinstance(piece, int)]
        lines = [node.prose] if images else node.prose.split("\n")
        faults = [self._line_fault(line.strip()) for line in lines]
        for found in filter(None, faults):
            self._cut(*found)
        kept = "\n".join(line for line, fault in zip(lines, faults, strict=True) if not fault).strip()
        pairs = zip(lines, faults, strict=True)
        node.prose = "\n".join(line for line, fault in pairs if not fault or fault[0] == DUPLICATE).strip()
        if kept and (fault := self._node_fault(kept)):
            self._cut(fault[0], f"{fault[1]}: {kept}")
            kept = node.prose = ""
        if not kept or any(faults):
            node.pieces = images or [kept] * bool(kept)
        return bool(node.pieces or node.prose)

    def _line_fault(self, line: str) -> Fault | None:
        if not line:
            return None
        found = (
            judge.fault(line, self._writing, seen) for judge, seen in zip(self._judges.lines, self._seen, strict=True)
        )
        return next(filter(None, found), None)

    def _node_fault(self, text: str) -> Fault | None:
        measures = Measures(text, self.language.code)
        return next(filter(None, (judge.fault(measures) for judge in self._judges.nodes)), None)

    def _image(self, picture: Picture) -> int | None:
        """The number of its media; an image shown twice is stored once."""
        try:
            media, data = locate(picture, self.record.base, self.record.root)
        except MediaError as error:
            self._reject("image", error.reason, error.args[1])
            return None
        number = self._numbers.setdefault((media.uri, media.offset, media.origin), len(self._media))
        if number == len(self._media):
            self._media.append(media)
            if data is not None:
                self.inline[number] = data
        return number

    def _cut(self, reason: str, text: str) -> None:
        text = " ".join(text.split())
        if text:
            self._reject("text", reason, text if len(text) <= _QUOTED else text[:_QUOTED] + "…")

    def _reject(self, kind: Kind, reason: str, detail: str) -> None:
        self.rejects.append(Reject(kind, self.record.uri, self._stage, reason, detail, dataset=self.record.dataset))


def _marked(node: _Node) -> list[str | int]:
    """With the marks that its kind of block has in Markdown."""
    block = node.block
    if block.kind == "heading":
        return ["#" * block.level + " ", *node.pieces]
    if block.kind == "item":
        return ["  " * block.level + block.marker + " ", *node.pieces]
    return ["```\n", *node.pieces, "\n```"] if block.kind == "code" else node.pieces


def merge(parts: list[Part]) -> tuple[Part, ...]:
    """Adjacent texts made one; images keep their places."""
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, Text) and merged and isinstance(merged[-1], Text):
            merged[-1] = Text(merged[-1].text + part.text)
        elif not isinstance(part, Text) or part.text:
            merged.append(part)
    return tuple(merged)
