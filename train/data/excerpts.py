"""Excerpts: documents longer than the sequence, cut between paragraphs and images, never inside a vision span, nor
between a picture or video and what is said of places or moments in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from curation.document import Box, Document, Extent, Image, Part, Point, Text, Time, Turn, Video
from model.processor import Processor, apart


def pieces(document: Document) -> list[Part]:
    """The parts of a pre-training document, every text cut after each blank line: where it may be split."""
    cut: list[Part] = []
    for turn in document.turns:
        for part in turn.parts:
            cut += [Text(text) for text in _paragraphs(part.text)] if isinstance(part, Text) else [part]
    return cut


def excerpt(document: Document, first: int, last: int) -> Document:
    """Pieces [first, last) of a document; the whole of a chat, which is one piece."""
    return _joined(document, pieces(document)[first:last]) if divisible(document) else document


def excerpts(document: Document, processor: Processor, longest: int) -> Iterator[tuple[int, int, int, int]]:
    """(first, last, tokens, patches) of consecutive excerpts, each as long as `longest` tokens allow.

    An excerpt that is one piece and still longer is yielded too: the caller must look at its tokens.
    """
    tokens, patches = processor.measure(document)
    cut = pieces(document) if divisible(document) else []
    places = _places(cut)
    if tokens <= longest or len(places) <= 2:
        yield 0, len(cut) or 1, tokens, patches
        return
    sizes = [processor.measure(_joined(document, cut[begin:end]))[0] for begin, end in pairwise(places)]
    first, end = 0, len(sizes)
    while first < end:
        last, total = first + 1, sizes[first]
        while last < end and total + sizes[last] <= longest:
            total += sizes[last]
            last += 1
        # joined text may tokenise to a few more tokens than its pieces
        while True:
            measured = processor.measure(_joined(document, cut[places[first] : places[last]]))
            if measured[0] <= longest or last - first == 1:
                break
            last -= 1
        yield places[first], places[last], *measured
        first = last


def _places(cut: Sequence[Part]) -> list[int]:
    """Where a document may be cut, its two ends among them: a place or a moment stays in its sentence, and with the
    last showing of its picture or video before it, or else the next one after it."""
    bound: set[int] = set()
    shown: dict[int, int] = {}  # media index -> the piece that showed it last
    waiting: dict[int, int] = {}  # media index -> the first piece that speaks of it before it is shown
    for number, part in enumerate(cut):
        media = _spoken_of(part)
        if isinstance(part, Image | Video):
            bound |= set(range(waiting.pop(part.media, number) + 1, number + 1))
            shown[part.media] = number
        elif media is not None:
            if media in shown:
                bound |= set(range(shown[media] + 1, number + 1))
            else:
                waiting.setdefault(media, number)
            bound |= {number + 1} | ({number} if number and not _ends(cut[number - 1]) else set())
    return [place for place in range(len(cut) + 1) if place not in bound or place == len(cut)]


def _spoken_of(part: Part) -> int | None:
    """The media index of the picture or video that a place, a moment or a size is of."""
    match part:
        case Box() | Point() | Extent():
            return part.image
        case Time():
            return part.video
    return None


def _ends(part: Part) -> bool:
    """Whether what follows is a sentence of its own."""
    return isinstance(part, Image | Video) or (isinstance(part, Text) and part.text.endswith("\n\n"))


def _joined(document: Document, cut: Sequence[Part]) -> Document:
    return replace(document, turns=(Turn(None, tuple(cut)),))


def divisible(document: Document) -> bool:
    return all(turn.role is None for turn in document.turns)


def _paragraphs(text: str) -> list[str]:
    return [piece for piece in re.split(r"(?<=\n\n)", text) if piece]


def measure_apart(document: Document, processor: Processor) -> tuple[int, int]:
    """(tokens, patches) of a chat whose questions are taken apart: every conversation's tokens, each picture once."""
    sizes = [processor.measure(conversation) for conversation in apart(document)]
    return sum(tokens for tokens, _ in sizes), max(patches for _, patches in sizes)
