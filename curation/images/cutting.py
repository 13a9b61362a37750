"""Images cut out of a document, and the text around them joined as if they had never been there."""

import re
from collections.abc import Collection
from dataclasses import replace

from curation.document import Document, Image, Media, Part, Text, Time, Turn, Video

# What is left of an item or a heading that held only the image.
_MARKER = re.compile(r"(?:^|\n) *(?:-|\d+\.|#{1,6}) *$")


def without(document: Document, places: Collection[int]) -> Document:
    """The document without the image parts at `places` among its image parts (from 0, in reading order).

    Media are renumbered, and those that nothing shows any more left out; an interleaved document that has none left is
    a text. For documents without boxes and without a rejected turn.
    """
    shown = iter(range(len(document.images_shown())))
    turns = []
    for turn in document.turns:
        kept = [None if isinstance(part, Image) and next(shown) in places else part for part in turn.parts]
        turns.append(replace(turn, parts=_joined(kept)))
    return _renumbered(document, turns)


def _joined(parts: list[Part | None]) -> tuple[Part, ...]:
    """The parts, with the texts on both sides of a None made one."""
    if parts and parts[-1] is None:
        parts = [*parts, Text("")]
    joined: list[Part] = []
    gap = False
    for number, part in enumerate(parts):
        if part is None:
            gap = True
            continue
        if gap and isinstance(part, Text):
            before = joined.pop() if joined and isinstance(joined[-1], Text) else None
            text = before.text if isinstance(before, Text) else ""
            part = Text(stitch(text, part.text, first=not joined, last=number == len(parts) - 1))
        gap = False
        if part != Text(""):
            joined.append(part)
    return tuple(joined)


def _renumbered(document: Document, turns: list[Turn]) -> Document:
    media: list[Media] = []
    places: dict[int, int] = {}

    def place(index: int) -> int:
        if index not in places:
            places[index] = len(media)
            media.append(document.media[index])
        return places[index]

    def moved(part: Part) -> Part:
        if isinstance(part, Image | Video):
            return replace(part, media=place(part.media))
        return replace(part, video=place(part.video)) if isinstance(part, Time) else part

    renumbered = tuple(replace(turn, parts=tuple(map(moved, turn.parts))) for turn in turns)
    task = document.task if media or document.task != "interleaved" else "text"
    return replace(document, turns=renumbered, media=tuple(media), task=task)


def stitch(before: str, after: str, *, first: bool, last: bool) -> str:
    """Two texts that an image stood between: no empty line, space or list marker remains of it.

    `first` and `last`: nothing comes before or after them, so that no white space is needed there.
    """
    if not after or after.startswith("\n"):
        before = _MARKER.sub("", before)
    left = before.rstrip("\n ")
    lines = re.match(r"(?: *\n)*", after)
    assert lines is not None
    right = after[lines.end() :] if lines[0] else after.lstrip(" ")
    gap = before[len(left) :] + after[: len(after) - len(right)]
    gap = next((space for space in ("\n\n", "\n", " ") if space in gap), "")
    if (first and not left) or (last and not right):
        gap = ""
    return left + gap + right
