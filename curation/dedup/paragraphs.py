"""Paragraphs that a site repeats: cookie notices, footers, what a page says about its newsletter.

OBELICS (Laurençon et al. 2023) removes those that are found in three or more documents of a domain; so does this, and
it leaves out those under four words, which OBELICS cuts as too short: here they may be headings.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from pydantic import Field

from curation.config import Config
from curation.document import Document, Part, Source, Text, Turn
from curation.reject import Reject

STAGE = "deduplicate"
_BREAK = re.compile(r"\n\s*\n")
_FENCED = re.compile(r"^```.*?(?:^```[ \t]*$|\Z)", re.M | re.S)
_SHOWN = 160  # characters of a paragraph in its reject

Span = tuple[int, int]


class ParagraphSettings(Config):
    documents: int = Field(3, ge=2, description="of a site that hold a paragraph which is cut (OBELICS: 3)")
    words: int = Field(4, ge=1, description="of the shortest paragraph that counts (OBELICS: 4)")
    left: int = Field(50, ge=0, description="words that a document must keep (Gopher: 50)")


def site(source: Source) -> str:
    """Whose paragraphs are counted together: the host's, or the dataset's for a source without one."""
    return urlsplit(source.uri).hostname or source.dataset if "://" in source.uri else source.dataset


def spans(text: str) -> Iterator[Span]:
    """Where each paragraph lies: pieces between empty lines, a fenced block of code being one."""
    end = 0
    for fence in _FENCED.finditer(text) if "```" in text else ():
        yield from _between(text, end, fence.start())
        end = fence.end()
        yield fence.start(), end
    yield from _between(text, end, len(text))


def _between(text: str, start: int, end: int) -> Iterator[Span]:
    for gap in (*_BREAK.finditer(text, start, end), None):
        until = gap.start() if gap else end
        if inner := text[start:until].lstrip("\n").rstrip():
            first = text.index(inner, start)
            yield first, first + len(inner)
        start = gap.end() if gap else end


def cut(document: Document, paragraphs: Mapping[tuple[int, int], str]) -> tuple[Document, list[Reject]]:
    """The document without these paragraphs, and a row for each.

    `paragraphs` names them by the place of their text among the document's parts (`texts`) and of themselves in it,
    and says why. Images stay where they are.
    """
    rejects: list[Reject] = []
    turns: list[Turn] = []
    number = 0
    for turn in document.turns:
        parts: list[Part] = []
        for part in turn.parts:
            if isinstance(part, Text):
                text, gone = _without(part.text, {at: why for (of, at), why in paragraphs.items() if of == number})
                rejects += [Reject("text", document.source.uri, STAGE, "repeated paragraph", why) for why in gone]
                number += 1
                part = Text(text)
            if not isinstance(part, Text) or part.text:
                parts.append(part)
        turns.append(replace(turn, parts=tuple(parts)))
    return replace(document, turns=tuple(turns)), rejects


def _without(text: str, reasons: Mapping[int, str]) -> tuple[str, list[str]]:
    """The text without the paragraphs at these places, each gone with the empty lines after it."""
    if not reasons:
        return text, []
    places = list(spans(text))
    ends = [start for start, _ in places[1:]] + [len(text)]
    kept, gone = [text[: places[0][0]]], []
    for (start, end), until in zip(places, ends, strict=True):
        if start in reasons:
            shown = " ".join(text[start:end].split())
            gone.append(f"{reasons[start]}: {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}")
        else:
            kept.append(text[start:until])
    return "".join(kept), gone
