"""Documents for people: an excerpt with its pictures in place, boxes and points drawn over them, questions as a chat.

Pictures become small data URIs, so that a page of them stays a few megabytes and needs nothing beside it.
"""

import base64
import io
import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeVar

import PIL.Image

from curation import media
from curation.document import Box, Document, Image, Media, Part, Point, Text, Turn, Video
from curation.errors import DocumentError, MediaError
from curation.geometry import read_boxes, write, write_time
from curation.shard import ShardSet
from pipelines import files
from pipelines.report_data import Curation, Split

KEPT, REJECTED, CUT, SCENES = 6, 8, 12, 6  # how many of each are shown
EXCERPT = 700  # characters of a document
PICTURES = 4  # of a document
SMALL, LARGE = 240, 480  # longest sides, in pixels: of a page's pictures, and of scenes with something drawn on them
COLOURS = ("#c2410c", "#1d4ed8", "#15803d", "#a21caf", "#0e7490", "#a16207", "#be123c", "#4d7c0f")
TRUTH, ANSWERED, ASKED = "#16a34a", "#dc2626", "#2563eb"

Item = TypeVar("Item")


@dataclass(frozen=True)
class Mark:
    """A box (x1, y1, x2, y2) or a point (x, y) drawn over a picture, in the picture's own pixels."""

    at: tuple[float, ...]
    label: str
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Picture:
    """`width` and `height` are those that marks count in; the bytes of `uri` may be smaller."""

    uri: str
    width: int
    height: int
    alt: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Card:
    """A document of the curation, kept or rejected. Pieces are texts and pictures in reading order."""

    title: str
    pieces: list[str | Picture]
    language: str
    scores: dict[str, float]
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Scene:
    split: str
    title: str
    shown: Picture
    buffer: Picture | None
    chat: list[tuple[str, str]]  # role, what is said
    checks: dict[str, bool]


@dataclass(frozen=True)
class Example:
    """A held-out question; `answers` are (variant, what it said)."""

    kind: str
    question: str
    truth: str
    answers: list[tuple[str, str]]
    score: float
    picture: Picture | None


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


# --- curation ---


def kept_cards(curation: Curation) -> list[Card]:
    rows = evenly(range(len(curation.shards)), KEPT)
    return [_card(document, document.source.uri) for document in map(curation.shards.read, rows)]


def rejected_cards(curation: Curation) -> list[Card]:
    """Some of every reason; those whose document a stage wrote before it was rejected show what it was."""
    dropped = [row for row in curation.rejects if row["kind"] == "document"]
    chosen = in_turn(dropped, lambda row: (row["stage"], row["reason"]), REJECTED)
    known = _documents(curation, {row["key"] for row in chosen if row["stage"] in ("select", "write")})
    cards = []
    for row in chosen:
        reason, scores = f"{row['stage']}: {row['reason']}", dict(row["scores"] or ())
        if document := known.get(row["key"]):
            cards.append(_card(document, row["uri"], reason, row["detail"]))
        else:
            cards.append(Card(row["uri"], [], "", scores, reason, row["detail"]))
    return cards


def _documents(curation: Curation, keys: set[str]) -> dict[str, Document]:
    """The scored documents of these keys; a line begins with its key, so few are parsed."""
    found = {}
    for file in files.listing(f"{curation.folder}/score"):
        if keys and file.path.endswith(".jsonl"):
            for line in files.read(file.path).splitlines():
                if (key := line[len(b'{"key":"') :][:32].decode("ascii", "replace")) in keys:
                    found[key] = Document.from_json(line)
    return found


def _card(document: Document, title: str, reason: str = "", detail: str = "") -> Card:
    return Card(title, list(_excerpt(document)), document.language, dict(document.scores), reason, detail)


def _excerpt(document: Document) -> Iterator[str | Picture]:
    room, pictures = EXCERPT, PICTURES
    for part in document.parts():
        if isinstance(part, Text):
            text = part.text if len(part.text) <= room else f"{part.text[:room].rstrip()} …"
            room -= len(part.text)
            yield text
        elif isinstance(part, Image):
            item = document.media[part.media]
            yield picture(item, SMALL) or f"[{item.origin}: its bytes are not there any more]"
            pictures -= 1
        if room <= 0 or pictures <= 0:
            return


@dataclass(frozen=True)
class Cut:
    reason: str
    detail: str
    page: str
    picture: Picture | None


def cut_images(curation: Curation) -> list[Cut]:
    images = [row for row in curation.rejects if row["kind"] == "image"]
    chosen = in_turn(images, lambda row: row["reason"], CUT)
    return [Cut(row["reason"], row["detail"], row["uri"], _cut_picture(curation, row)) for row in chosen]


def _cut_picture(curation: Curation, row: dict[str, Any]) -> Picture | None:
    """What was whole, but small or long and narrow, can be shown: its path below the pages begins the detail."""
    path = posixpath.normpath(row["detail"].partition(": ")[0])
    if row["reason"] not in ("small", "aspect") or path.startswith(("/", "..")):
        return None
    uri = f"{curation.pages}/{path}"
    try:
        return picture(media.probe(media.read_bytes(uri), path, uri), SMALL)
    except MediaError:
        return None  # gone since, or a data URI of the page


# --- synthetic scenes ---


def scenes(splits: Sequence[Split]) -> list[Scene]:
    """As many of every split."""
    each = -(-SCENES // len(splits))
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
    """Each box and point of the first picture once, named where the proof says of what object it tells."""
    names = {thing["id"]: thing["name"] for thing in document.proof.get("objects", ())}
    told = {claim["turn"]: claim["objects"] for claim in document.proof.get("claims", ())}
    colours = dict(zip(sorted(set(names.values())), COLOURS * len(names), strict=False))
    seen = set()
    for number, turn in enumerate(document.turns):
        places = [part for part in turn.parts if isinstance(part, Box | Point) and part.image == 0]
        objects = told.get(number, told.get(number + 1, ()))  # a question's place is that of its answer's object
        for place, id in zip_longest(places, objects if len(objects) == len(places) else ()):
            at = _numbers(place)
            if at not in seen:
                seen.add(at)
                label = names.get(id, "")
                yield Mark(at, label, colours.get(label, COLOURS[0]))


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


# --- evaluation ---


def examples(evaluation: dict[str, Any], shards: Iterable[ShardSet]) -> list[Example]:
    """The first right and the first wrong answer of every kind, in the order of the held-out set."""
    firsts: dict[tuple[str, bool], dict[str, Any]] = {}
    for row in evaluation["examples"]:
        firsts.setdefault((row["kind"], row["score"] == 1), row)
    kinds = [row["kind"] for row in evaluation["scores"]]
    chosen = [firsts[kind, right] for kind in kinds for right in (True, False) if (kind, right) in firsts]
    documents = _by_key({row["key"] for row in chosen}, shards)
    variants = list(evaluation["losses"])
    return [
        Example(
            row["kind"],
            row["question"],
            row["truth"],
            [(name, row[name]) for name in variants],
            row["score"],
            _answered(row, documents.get(row["key"]), variants[0]),
        )
        for row in chosen
    ]


def _by_key(keys: set[str], shards: Iterable[ShardSet]) -> dict[str, Document]:
    found = {}
    for each in shards:
        for number, key in enumerate(each.index.column("key").to_pylist()):
            if key in keys:
                found[key] = each.read(number)
    return found


def _answered(row: dict[str, Any], document: Document | None, variant: str) -> Picture | None:
    """The picture with what was asked about (dashed), the true boxes and those that the model answered."""
    if document is None:
        return None
    item, seen = document.media[0], row["seen"]
    scale = (item.width / seen[0], item.height / seen[1]) * 2
    stored = [thing["box"] for thing in document.proof["objects"] if thing["id"] in row["objects"]]
    truth = [Mark(tuple(box), "", TRUTH) for box in stored]

    def marks(text: str, colour: str, dashed: bool = False) -> list[Mark]:
        boxes = read_boxes(text, row["form"])
        return [Mark(tuple(e * s for e, s in zip(box, scale, strict=True)), "", colour, dashed) for box in boxes]

    drawn = [*truth, *marks(row["question"], ASKED, dashed=True), *marks(row[variant], ANSWERED)]
    return picture(item, LARGE, tuple(drawn))


# --- pictures ---


def picture(item: Media, longest: int, marks: tuple[Mark, ...] = (), *, smooth: bool = True) -> Picture | None:
    """The picture no larger than `longest` pixels a side; without `smooth`, its colours stay as they are (PNG).

    None where its bytes are gone or altered.
    """
    try:
        image = media.decode(media.read(item))
    except (MediaError, DocumentError):
        return None
    resampling = PIL.Image.Resampling.LANCZOS if smooth else PIL.Image.Resampling.NEAREST
    image.thumbnail((longest, longest), resampling)
    file = io.BytesIO()
    if smooth:
        image.save(file, "JPEG", quality=80, optimize=True)
    else:
        image.save(file, "PNG", optimize=True)
    uri = f"data:image/{'jpeg' if smooth else 'png'};base64,{base64.b64encode(file.getvalue()).decode()}"
    return Picture(uri, item.width, item.height, item.origin, marks)
