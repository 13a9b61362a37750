"""Synthetic samples for people: scenes with boxes and points, questions as chats; and how samples are chosen."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeVar

from curation.document import Box, Document, Image, Part, Point, Text, Turn, Video
from curation.geometry import write, write_time
from pipelines.report.data import Split
from pipelines.report.pictures import LARGE, Mark, Picture, picture

SCENES_SHOWN = 6
COLOURS = ("#c2410c", "#1d4ed8", "#15803d", "#a21caf", "#0e7490", "#a16207", "#be123c", "#4d7c0f")

Item = TypeVar("Item")


@dataclass(frozen=True)
class Scene:
    split: str
    title: str
    shown: Picture
    buffer: Picture | None
    chat: list[tuple[str, str]]  # role, what is said
    checks: dict[str, bool]


# --- choosing, without looking ---


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


# --- synthetic scenes ---


def scenes(splits: Sequence[Split]) -> list[Scene]:
    """As many of every split."""
    each = -(-SCENES_SHOWN // len(splits))
    return [_scene(split, row) for split in splits for row in evenly(range(len(split.shards)), each)]


def _scene(split: Split, row: int) -> Scene:
    document = split.shards.read(row)
    item = document.media[0]
    ids = document.media[1] if len(document.media) > 1 else None
    shown = picture(item, LARGE, tuple(_marks(document)))
    assert shown  # its bytes are in the shard, which checks them
    return Scene(
        split.name,
        f"seed {document.source.seed}" if document.source.seed is not None else document.key,
        shown,
        picture(ids, LARGE, smooth=False) if ids else None,
        [(turn.role or "", _said(turn, document)) for turn in document.turns],
        dict(document.proof.get("checks", {})),
    )


def _marks(document: Document) -> Iterator[Mark]:
    """Each box and point of the first picture once, boxes first; an object that the proof names is labelled once."""
    names = {thing["id"]: thing["name"] for thing in document.proof.get("objects", ())}
    colours = dict(zip(sorted(set(names.values())), COLOURS * len(names), strict=False))
    labelled: set[int | None] = {None}
    for at, id in sorted(_places(document).items(), key=lambda item: -len(item[0])):
        name = names.get(id, "")
        yield Mark(at, "" if id in labelled else name, colours.get(name, COLOURS[0]))
        labelled.add(id)


def _places(document: Document) -> dict[tuple[float, ...], int | None]:
    """Where the turns point in the first picture, with the id of the object there where the proof's claims say it."""
    told = {claim["turn"]: claim["objects"] for claim in document.proof.get("claims", ())}
    found: dict[tuple[float, ...], int | None] = {}
    for number, turn in enumerate(document.turns):
        places = [part for part in turn.parts if isinstance(part, Box | Point) and part.image == 0]
        objects = told.get(number, told.get(number + 1, ()))  # a question's place is that of its answer's object
        for place, id in zip(places, objects if len(objects) == len(places) else [None] * len(places), strict=True):
            found.setdefault(_numbers(place), id)
    return found


def _numbers(place: Box | Point) -> tuple[float, ...]:
    return (place.x1, place.y1, place.x2, place.y2) if isinstance(place, Box) else (place.x, place.y)


def _said(turn: Turn, document: Document) -> str:
    """A turn in words, its coordinates in stored pixels."""
    return "".join(_word(part, document) for part in turn.parts).strip()


def _word(part: Part, document: Document) -> str:
    match part:
        case Text(text):
            return text
        case Box(image) | Point(image):
            size = (document.media[image].width, document.media[image].height)
            return write(part, size, size)
        case Image() | Video():
            return ""
    return write_time(part)
