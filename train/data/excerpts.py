"""Excerpts: documents longer than the sequence, cut between paragraphs and images, never inside a vision span."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from curation.document import Document, Part, Text, Turn
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
    end = len(cut) or 1
    if tokens <= longest or end == 1:
        yield 0, end, tokens, patches
        return
    sizes = [processor.measure(_joined(document, [piece]))[0] for piece in cut]
    first = 0
    while first < end:
        last, total = first + 1, sizes[first]
        while last < end and total + sizes[last] <= longest:
            total += sizes[last]
            last += 1
        # joined text may tokenise to a few more tokens than its pieces
        while (measured := processor.measure(_joined(document, cut[first:last])))[0] > longest and last - first > 1:
            last -= 1
        yield first, last, *measured
        first = last


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
