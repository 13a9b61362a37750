"""The Document: the one currency of the house.

A web page, a caption, a grounding query, a chat and a preference pair are all Documents: a list of turns made of parts.
Coordinates and times stay numbers, in pixels and seconds of the stored media, until the encoder knows the size that the
model sees (`curation.geometry`), so one stored document is right at every pixel budget.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from curation.errors import DocumentError

Role = Literal["system", "user", "assistant", "tool"]
Form = Literal["json", "html", "plain", "xml"]
TimeForm = Literal["seconds", "hmsf"]
MediaKind = Literal["image", "video"]


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """Shows `Document.media[media]`."""

    media: int


@dataclass(frozen=True, slots=True)
class Video:
    """Plays `Document.media[media]`."""

    media: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the image `Document.media[image]`, in its stored pixels: [x1, x2) by [y1, y2)."""

    image: int
    x1: float
    y1: float
    x2: float
    y2: float
    form: Form = "json"


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the image `Document.media[image]`, in its stored pixels."""

    image: int
    x: float
    y: float
    form: Form = "json"


@dataclass(frozen=True, slots=True)
class Time:
    """A moment of the video `Document.media[video]`, in seconds from its start."""

    video: int
    seconds: float
    form: TimeForm = "seconds"


@dataclass(frozen=True, slots=True)
class Extent:
    """The width and height of the image `Document.media[image]`, as a screen's resolution is told."""

    image: int


Part = Text | Image | Video | Box | Point | Time | Extent


def joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Neighbouring texts as one and no empty ones, so that what reads alike is equal."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, Text) and found and isinstance(found[-1], Text):
            found[-1] = Text(found[-1].text + part.text)
        elif part != Text(""):
            found.append(part)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says; `role` is None for pre-training text."""

    role: Role | None
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text parts alone, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Media:
    """A reference to an encoded file: never its bytes, for nothing that is shuffled may be large.

    The bytes are `length` bytes at `offset` of `uri` (the whole file where `length` is None). `origin` is where the
    file first came from. `width` and `height` are pixels after EXIF rotation; `timestamps` are a video's frames in
    seconds. Until somebody has looked at the bytes (`unseen`), format, size and digest are empty.
    """

    kind: MediaKind
    format: str
    width: int
    height: int
    sha256: str
    origin: str
    uri: str = ""
    offset: int = 0
    length: int | None = None
    timestamps: tuple[float, ...] = ()

    @staticmethod
    def unseen(kind: MediaKind, origin: str, uri: str, offset: int = 0, length: int | None = None) -> "Media":
        """What is known of a file that a page only names."""
        return Media(kind, "", 0, 0, "", origin, uri, offset, length)

    @property
    def seen(self) -> bool:
        return self.sha256 != ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from; `dataset` is the name that the job gave to one of its sources.

    Generated documents name their generator (with its version) and seed.
    """

    uri: str = ""
    licence: str = ""
    dataset: str = ""
    generator: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One sample. Equal content (turns, rejected turn, task, media digests) has an equal `key` on every machine."""

    turns: tuple[Turn, ...]
    media: tuple[Media, ...] = ()
    task: str = "interleaved"
    language: str = ""
    source: Source = Source()
    rejected: Turn | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    proof: Mapping[str, Any] = field(default_factory=dict)
    _key: str = field(default="", init=False, repr=False, compare=False)  # kept once it was asked for

    def __post_init__(self) -> None:
        for part in self.parts():
            index = _media_index(part)
            if index is None:
                continue
            if not 0 <= index < len(self.media):
                raise DocumentError(
                    f"{type(part).__name__} names media {index} of a document that has {len(self.media)}"
                )
            wanted = "video" if isinstance(part, Video | Time) else "image"
            if self.media[index].kind != wanted:
                raise DocumentError(
                    f"{type(part).__name__} names media {index}, whose kind is {self.media[index].kind}"
                )

    def parts(self) -> Iterator[Part]:
        """Every part of every turn, in order, the rejected turn last."""
        for turn in (*self.turns, *((self.rejected,) if self.rejected else ())):
            yield from turn.parts

    @property
    def key(self) -> str:
        """32 hexadecimal digits: a SHA-256 of the content."""
        if not self._key:
            object.__setattr__(self, "_key", self._digest())
        return self._key

    def _digest(self) -> str:
        content = [
            [_turn_json(turn) for turn in self.turns],
            _turn_json(self.rejected) if self.rejected else None,
            self.task,
            [[media.kind, media.format, media.sha256 or media.origin, media.timestamps] for media in self.media],
        ]
        return hashlib.sha256(_dump(content).encode()).hexdigest()[:32]

    @property
    def text(self) -> str:
        """The text of all turns, a line break between turns."""
        return "\n".join(turn.text for turn in self.turns)

    def images_shown(self) -> list[int]:
        """Media indexes of the image parts, in reading order."""
        return [part.media for part in self.parts() if isinstance(part, Image)]

    def with_scores(self, **scores: float) -> "Document":
        return replace(self, scores={**self.scores, **scores})

    def to_json(self, *, references: bool = True) -> str:
        """One line of canonical JSON; without `references`, media keep their origin but not where the bytes now lie."""
        media = [_media_json(item, references) for item in self.media]
        value = {
            "key": self.key,
            "task": self.task,
            "language": self.language,
            "turns": [_turn_json(turn) for turn in self.turns],
            "rejected": _turn_json(self.rejected) if self.rejected else None,
            "media": media,
            "source": {name: getattr(self.source, name) for name in Source.__slots__},
            "scores": dict(self.scores),
            "proof": dict(self.proof),
        }
        return _dump(value)

    @staticmethod
    def from_json(line: str | bytes) -> "Document":
        """The inverse of `to_json`. Raises DocumentError where the line is no document or its key not its content's."""
        try:
            value = json.loads(line)
            document = Document(
                turns=tuple(_turn(turn) for turn in value["turns"]),
                media=tuple(_media(media) for media in value["media"]),
                task=value["task"],
                language=value["language"],
                source=Source(**value["source"]),
                rejected=_turn(value["rejected"]) if value["rejected"] else None,
                scores=value["scores"],
                proof=value["proof"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DocumentError(f"not a document: {type(error).__name__}: {error}") from error
        if document.key != value.get("key"):
            raise DocumentError(f"document {value.get('key')}: its content was altered (key is now {document.key})")
        return document


def _media_index(part: Part) -> int | None:
    match part:
        case Image(media) | Video(media):
            return media
        case Box() | Point() | Extent():
            return part.image
        case Time():
            return part.video
    return None


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def _turn_json(turn: Turn) -> dict[str, Any]:
    return {"role": turn.role, "parts": [_part_json(part) for part in turn.parts]}


def _part_json(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"text": text}
        case Image(media):
            return {"image": media}
        case Video(media):
            return {"video": media}
        case Box(image, x1, y1, x2, y2, form):
            return {"box": [float(x1), float(y1), float(x2), float(y2)], "of": image, "form": form}
        case Point(image, x, y, form):
            return {"point": [float(x), float(y)], "of": image, "form": form}
        case Time(video, seconds, form):
            return {"time": float(seconds), "of": video, "form": form}
        case Extent(image):
            return {"extent": image}


def _turn(value: dict[str, Any]) -> Turn:
    role = value["role"]
    if role is not None and role not in get_args(Role):
        raise ValueError(f"role {role!r} is none of {', '.join(get_args(Role))}")
    return Turn(role, tuple(_part(part) for part in value["parts"]))


def _part(value: dict[str, Any]) -> Part:
    match value:
        case {"text": str(text), **rest} if not rest:
            return Text(text)
        case {"image": int(media), **rest} if not rest:
            return Image(media)
        case {"video": int(media), **rest} if not rest:
            return Video(media)
        case {"box": [x1, y1, x2, y2], "of": int(image), "form": form, **rest} if not rest and form in get_args(Form):
            return Box(image, float(x1), float(y1), float(x2), float(y2), form)
        case {"point": [x, y], "of": int(image), "form": form, **rest} if not rest and form in get_args(Form):
            return Point(image, float(x), float(y), form)
        case {"time": seconds, "of": int(video), "form": form, **rest} if not rest and form in get_args(TimeForm):
            return Time(video, float(seconds), form)
        case {"extent": int(image), **rest} if not rest:
            return Extent(image)
    raise ValueError(f"unknown part {str(value)[:80]}")


def _media_json(media: Media, references: bool) -> dict[str, Any]:
    value = {name: getattr(media, name) for name in Media.__slots__}
    if not references:
        del value["uri"], value["offset"], value["length"]
    return value


def _media(value: dict[str, Any]) -> Media:
    return Media(**{**value, "timestamps": tuple(value["timestamps"])})
