"""Kinds of pages: which blocks stand where. A page is bands from top to bottom; one of them flows in columns."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from synth.pages.drawing.content import Content, area
from synth.pages.drawing.markup import Markup
from synth.pages.drawing.material import Block, Writer
from synth.pages.drawing.style import Style
from synth.pages.figures.draw import Space

Kind = Literal[
    "report", "article", "newspaper", "textbook", "scientific", "web", "slide", "letter", "invoice", "receipt", "form"
]  # fmt: skip
WEIGHTS: dict[Kind, float] = {  # by default; what has figures on it comes more often
    **dict.fromkeys(get_args(Kind), 1.0),
    **{"textbook": 1.5, "scientific": 1.5, "letter": 0.5, "invoice": 0.6, "receipt": 0.5, "form": 0.7},
}
_COLUMNS: dict[Kind, tuple[int, ...]] = {
    **{"report": (1,), "article": (2,), "newspaper": (2, 3), "scientific": (2,), "web": (1, 2)},
}
_LEAST_COLUMN = 200  # px
# Weights of blocks in the flow of a kind; a heading is of one level or the next. Others are written in their order.
_BLOCKS = ("p", "heading", "list", "table", "image", "chart", "formula", "music sheet", "chemical formula", "image ocr")
_FIGURES = _BLOCKS[4:]
_WEIGHTS: dict[Kind, tuple[float, ...]] = {
    "report": (5, 2, 1.5, 1.5, 1, 2, 0.2, 0, 0.1, 0.4),
    "article": (7, 2, 0.7, 0.9, 1.5, 1.2, 0.4, 0.1, 0.1, 0.6),
    "newspaper": (7, 2, 0.2, 0.2, 2.5, 0.5, 0, 0, 0, 0.8),
    "textbook": (4, 1.2, 0.7, 0.4, 0.5, 0.4, 2.5, 0.9, 1, 0.2),
    "scientific": (5, 1.5, 0.4, 0.9, 0.5, 2.2, 1.4, 0, 0.6, 0.2),
    "web": (4, 2, 2, 1, 1.6, 0.8, 0.2, 0.3, 0.1, 1),
    "slide": (1, 0.6, 3, 0.8, 1.2, 1.5, 0.6, 0.3, 0.4, 0.4),
    "letter": (6, 0.2, 0.7, 0.4, 0.1, 0.1, 0, 0, 0, 0.1),
    "invoice": (1, 0.2, 0.3, 0, 0, 0, 0, 0, 0, 0.15),
    "receipt": (0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0.3),
    "form": (1, 1, 0.3, 0, 0.1, 0, 0, 0, 0, 0.1),
}
_ILLUSTRATED: dict[Kind, float] = {  # share of pages that begin with a figure after some text
    **{"textbook": 0.9, "scientific": 0.8, "newspaper": 0.7, "web": 0.6, "report": 0.5, "article": 0.5, "slide": 0.5},
}
_UPRIGHT = ("letter", "invoice", "receipt", "form")  # higher than wide
_END = re.compile(r"[.!?؟](?=\s|$)|[。！？]")
_NUMBERED = ("textbook", "scientific")  # whose headings and figures are


@dataclass(frozen=True)
class Frame:
    """The room on a page, in px: `column` is the width of one of `columns`."""

    size: tuple[int, int]
    margin: int
    gap: int
    columns: int
    text: float  # size of text

    @property
    def column(self) -> int:
        return (self.size[0] - 2 * self.margin - (self.columns - 1) * self.gap) // self.columns


@dataclass(frozen=True)
class Plan:
    """What a page will be; `figures` are weights of their kinds."""

    kind: Kind
    room: Frame
    style: Style
    figures: Mapping[str, float]


Draw = Callable[[np.random.Generator, str, Space], Block | None]  # of a kind of figure; None where it finds no room


def frame(rng: np.random.Generator, kind: Kind, size: tuple[int, int], text: float) -> Frame:
    """Margins and columns that fit a page of `size`, set upright where pages of the kind are."""
    if kind in _UPRIGHT:
        size = min(size), max(size)
    margin = int(rng.integers(24, max(25, min(size) // 11)))
    if kind == "receipt":
        margin = max(margin, int((size[0] - 26 * text) / 2))
    gap = int(rng.integers(18, 37))
    wanted = int(rng.choice(_COLUMNS.get(kind, (1,))))
    most = max((size[0] - 2 * margin + gap) // (max(_LEAST_COLUMN, int(11 * text)) + gap), 1)
    return Frame(size, margin, gap, min(wanted, most), text)


def compose(plan: Plan, writer: Writer, draw: Draw) -> tuple[str, str, Markup]:
    """CSS, HTML and what was written, in reading order."""
    page = _Composer(plan, writer, draw)
    body, room = page.write(), plan.room
    flow = f"columns:{room.columns};column-gap:{room.gap}px;column-fill:auto"
    css = f"body{{padding:{min(room.margin, room.size[1] // 10)}px {room.margin}px}} "
    css += f".flow{{flex:1;min-height:0;{flow}}} .flow>:first-child{{margin-top:0}} "
    css += ".running p,.line p{text-align:inherit;margin-bottom:.2em} h1,h2,h3,h4,.kept{break-inside:avoid} "
    # What is left of a figure or a panel when its parts found no room.
    css += ".kept:not(:has(.figure)),.panel:not(:has([data-b])){display:none}"
    return f"{plan.style.css}\n{css}", body, page.markup


class _Composer:
    def __init__(self, plan: Plan, writer: Writer, draw: Draw):
        self.kind, self.room, self.style, self.weights = plan.kind, plan.room, plan.style, plan.figures
        self.writer, self.rng, self.draw = writer, writer.rng, draw
        self.content, self.markup = Content(writer), Markup()
        self.chapter, self.sections, self.figures = int(self.rng.integers(1, 20)), 0, 0

    def write(self) -> str:
        rng, kind = self.rng, self.kind
        bands = [self._running("header")] if kind not in ("letter", "slide", "receipt") and rng.random() < 0.5 else []
        bands += list(self._head())
        bands.append(f'<div class="flow" data-flow>{"".join(self._flow())}</div>')
        if kind in ("report", "article", "textbook", "scientific") and rng.random() < 0.4:
            bands.append(self._rule())
            notes = (self.writer.short("footnote", 110) for _ in range(int(rng.integers(1, 3))))
            bands += [self.markup.block({**note, "text": f"{n}. {note['text']}"}) for n, note in enumerate(notes, 1)]
        if kind not in ("slide", "receipt") and rng.random() < 0.6:
            bands.append(self._running("footer"))
        return "".join(bands)

    def _head(self) -> Iterator[str]:
        """What stands above the columns."""
        rng, kind, content = self.rng, self.kind, self.content
        if kind in ("invoice", "receipt", "form"):
            yield self.markup.block({"kind": "h1", "text": f"{content.word(kind)} {rng.integers(100, 99_999)}"})
            if kind == "invoice":
                yield self._side_by_side([content.address(), content.address()])
            elif kind == "receipt":
                yield self._lines([*content.address(), content.date()], "center")
        elif kind == "letter":
            yield self._lines(content.address(), "end" if rng.random() < 0.5 else "start")
            yield self._lines([content.date()], "end")
            yield self._lines(content.address(), "start")
            yield self.markup.block(self.writer.heading(3))
        elif kind in ("slide", "scientific", "newspaper") or rng.random() < 0.6:
            title = self.writer.heading(1)
            yield self.markup.block(title)
            if kind == "scientific":
                yield self._lines([", ".join(content.person() for _ in range(int(rng.integers(1, 5))))], "center")
                words = min(self.room.size[1] // 11, 90)
                abstract = self._text(words // 2, words)["text"]
                yield self._panel([{"kind": "p", "text": f"{content.word('abstract')}. {abstract}"}])
            elif kind == "newspaper":
                yield self._lines([f"{self.writer.label()}, {content.date()}"], "center")
        if kind in ("newspaper", "invoice", "receipt") or rng.random() < 0.2:
            yield self._rule()

    def _flow(self) -> Iterator[str]:
        """Blocks for more than a page: what finds no room is taken away after the layout."""
        room = self.room
        whole = room.column * room.columns * (room.size[1] - 2 * room.margin)
        written, before = 0.0, ""
        for blocks in self._begin():
            yield "".join(self.markup.block(block) for block in blocks)
            written += sum(area(block, room.column, room.text) for block in blocks)
        weights = np.array([self._weight(name) for name in _BLOCKS])
        drawn = weights * [name in _FIGURES for name in _BLOCKS]
        due = 0.12 * whole if drawn.any() and self.rng.random() < _ILLUSTRATED.get(self.kind, 0) else np.inf
        limit = self._limit() * whole
        while written < limit:
            shares, due = (drawn, np.inf) if written > due else (weights, due)
            name = _BLOCKS[self.rng.choice(len(_BLOCKS), p=shares / shares.sum())]
            if name == before != "p" or (name in _FIGURES and written > 0.9 * whole):
                continue
            html, taken = self._block(name)
            if html:
                yield html
                written, before = written + taken, name
        if self.kind in _NUMBERED:
            yield from self._end()

    def _limit(self) -> float:
        """Of the page's area: how much is written."""
        if self.kind in ("receipt", "invoice", "letter", "form"):
            return float(self.rng.uniform(0.4, 1))
        return 1.6

    def _weight(self, name: str) -> float:
        weight = _WEIGHTS[self.kind][_BLOCKS.index(name)]
        return weight * self.weights.get(name, 0.0 if name in _FIGURES else 1.0)

    def _begin(self) -> Iterator[list[Block]]:
        """What a kind of page has first in its columns."""
        narrow = self.kind == "receipt" or self.room.column < 30 * self.room.text
        if self.kind in ("invoice", "receipt"):
            yield [self.content.bill(narrow, int(0.35 * self.room.size[1] / (2.2 * self.room.text)) - 3)]
        elif self.kind == "form":
            for _ in range(int(self.rng.integers(1, 4))):
                yield [self.writer.heading(3), self.content.fields(narrow)]
                if self.rng.random() < 0.5:
                    yield [self.content.choices()]

    def _end(self) -> Iterator[str]:
        """Exercises, or references."""
        content = self.content
        title = content.word("exercise" if self.kind == "textbook" else "references")
        yield self.markup.block({"kind": "h3", "text": title})
        items = []
        for number in range(1, int(self.rng.integers(3, 7))):
            text = f"{self.writer.title(50)}. {self.rng.integers(1970, 2026)}"
            said = self.writer.phrase(80) if self.kind == "textbook" else f"{content.person()}, {text}"
            items.append({"text": said, "marker": f"{number}.", "depth": 0})
        yield self.markup.block({"kind": "ol", "items": items})

    def _block(self, name: str) -> tuple[str, float]:
        """HTML of a block and about how many square pixels it takes; nothing where it finds no room."""
        room, writer = self.room, self.writer
        if name in _FIGURES:
            return self._figure(name)
        block: Block
        match name:
            case "p":
                short = self.kind in ("slide", "invoice", "receipt", "form")
                block = self._text(8, 30) if short else self._text(12, 90 if self.room.columns == 1 else 55)
                if self.kind == "textbook" and self.rng.random() < 0.25:
                    key = str(self.rng.choice(("definition", "example")))
                    block["text"] = f"{self.content.word(key)} {self._number()}. {block['text']}"
                    return self._panel([block]), area(block, room.column, room.text) * 1.2
            case "heading":
                block = self._heading()
            case "list":
                block = writer.points()
            case _:
                most = max(min(int(room.column / (8 * room.text)), 7), 2)
                block = self.content.table(int(self.rng.integers(2, most + 1)))
                block["striped"] = bool(self.rng.random() < 0.25)
        return self.markup.block(block), area(block, room.column, room.text)

    def _text(self, least: int, most: int) -> Block:
        """A paragraph that ends where a sentence does, if it has one that is long enough."""
        block = self.writer.text("p", int(self.rng.integers(least, most)))
        ends = [found.end() for found in _END.finditer(block["text"])]
        if ends and ends[-1] > 0.4 * len(block["text"]):
            block["text"] = block["text"][: ends[-1]]
        return block

    def _heading(self) -> Block:
        level = int(self.rng.integers(2, 5))
        block = self.writer.heading(level)
        if self.kind in _NUMBERED and level < 4:
            self.sections += 1
            block["text"] = f"{self.chapter}.{self.sections} {block['text']}"
        return block

    def _number(self) -> str:
        return f"{self.chapter}.{self.rng.integers(1, 30)}"

    def _figure(self, name: str) -> tuple[str, float]:
        room, style = self.room, self.style
        height = int(min(0.42 * room.size[1], 1.4 * room.column))
        block = self.draw(self.rng, name, Space(room.column, height, style.paper, style.ink, self.writer.language))
        if block is None:
            return "", 0.0
        taken = room.column * (block["pixels"].height + 3.4 * room.text)
        if name in ("formula", "image ocr") or self.rng.random() < 0.25:
            return self.markup.block(block), taken
        self.figures += 1
        text = self.writer.phrase(70)
        if self.kind in _NUMBERED or self.rng.random() < 0.3:
            text = f"{self.content.word('figure')} {self.figures}. {text}"
        if name == "image":
            return self.markup.block({**block, "kind": "image caption", "text": text}), taken
        # The captions of other figures are paragraphs: the report has no place for them in such modules.
        inside = self.markup.block(block) + self.markup.block({"kind": "p", "text": text})
        return f'<div class="kept">{inside}</div>', taken

    def _panel(self, blocks: list[Block]) -> str:
        inside = "".join(self.markup.block(block) for block in blocks)
        css = f"background:{self.style.accent}1a;padding:.7em 1em .1em;margin:0 0 1em;break-inside:avoid"
        return self.markup.decoration(css, inside, "panel")

    def _lines(self, lines: list[str], align: str) -> str:
        inside = "".join(self.markup.block({"kind": "p", "text": line}) for line in lines)
        return f'<div class="line" style="text-align:{align};margin-bottom:1em">{inside}</div>'

    def _side_by_side(self, sides: list[list[str]]) -> str:
        """Blocks of lines, read one after the other."""
        inside = "".join(f'<div style="flex:1;min-width:0">{self._lines(lines, "start")}</div>' for lines in sides)
        return f'<div style="display:flex;gap:{self.room.gap + 20}px">{inside}</div>'

    def _running(self, kind: str) -> str:
        """A header or a footer, with a page number now and then."""
        text = self.writer.title(40)
        if self.rng.random() < 0.5:
            text += f" {self.rng.integers(1, 500)}"
        align = self.rng.choice(("left", "center", "right"))
        inside = self.markup.block({"kind": kind, "text": text})
        return f'<div class="running" style="text-align:{align}">{inside}</div>'

    def _rule(self) -> str:
        return self.markup.decoration(f"height:{self.rng.integers(1, 4)}px;background:{self.style.accent};margin:6px 0")
