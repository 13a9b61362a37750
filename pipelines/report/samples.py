"""How samples are chosen for people, without looking at them, and how what they say is written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

from curation.document import Box, Document, Extent, Image, Part, Point, Text, Time, Turn, Video
from curation.geometry import write, write_extent, write_time

Item = TypeVar("Item")


def evenly(items: Sequence[Item], count: int) -> list[Item]:
    """`count` items at equal distances, the first among them."""
    count = min(count, len(items))
    return [items[number * len(items) // count] for number in range(count)]


def in_turn(items: Iterable[Item], group: Callable[[Item], Any], count: int) -> list[Item]:
    """The first of every group, then the second of every group, ...: `count` in all."""
    groups: dict[Any, list[Item]] = defaultdict(list)
    for item in items:
        groups[group(item)].append(item)
    rounds = zip_longest(*(groups[key] for key in sorted(groups)))
    return [item for each in rounds for item in each if item is not None][:count]


def shorten(text: str, most: int) -> str:
    """The text, or its beginning with a sign that it goes on, cut between words where there are any."""
    if len(text) <= most:
        return text
    return f"{text[:most].rpartition(' ')[0].rstrip() or text[:most]} …"


def said(turn: Turn, document: Document) -> str:
    """A turn in words, its coordinates in stored pixels."""
    return "".join(_word(part, document) for part in turn.parts).strip()


def _word(part: Part, document: Document) -> str:
    match part:
        case Text(text):
            return text
        case Box(image) | Point(image):
            size = (document.media[image].width, document.media[image].height)
            return write(part, size, size)
        case Extent(image):
            return write_extent((document.media[image].width, document.media[image].height))
        case Time():
            return write_time(part, document.media[part.video].timestamps)
        case Image() | Video():
            return ""
