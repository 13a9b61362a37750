"""What every reader makes of its source, before any rule is applied: text and pictures in reading order."""

import re
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "item", "code", "table", "figure"]
Task = Literal["interleaved", "caption", "text"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as its source names it: `src` is unresolved, `caption` is the text of its figure's caption.

    Its bytes are the file at `src`, or `length` bytes at `offset` of it, or `data` where the source holds them itself.
    `origin` names it where `src` does not: a member of an archive, an image that a row holds.
    """

    src: str
    alt: str = ""
    title: str = ""
    caption: str = ""
    offset: int = 0
    length: int | None = None
    data: bytes | None = None
    origin: str = ""


Inline = str | Picture


@dataclass(frozen=True, slots=True)
class Block:
    """Text and the pictures within it, in order.

    `level` is 1-6 for a heading and the nesting depth (from 0) for an item; `marker` is `-` or a number and a full
    stop. A table's text is GitHub Markdown. A figure is its picture, then its caption.
    """

    kind: BlockKind
    content: tuple[Inline, ...]
    level: int = 0
    marker: str = ""

    @property
    def text(self) -> str:
        return "".join(piece for piece in self.content if isinstance(piece, str))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return tuple(piece for piece in self.content if isinstance(piece, Picture))


COLUMNS = "columns"  # the reason where a table lacks what its layout has: all its rows do


class MalformedError(Exception):
    """A row, page or sample that is no record: `reason` is a short name that counts can be made of."""

    def __init__(self, reason: str, detail: str):
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a file that could not be read; `place` is where it begins, as rows of that file are numbered."""

    place: str
    reason: str
    detail: str

    @staticmethod
    def of(error: Exception, place: str = "") -> "Damage":
        detail = f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]
        if isinstance(error, EOFError) or re.match(
            "unexpected end|truncated|empty header", str(error)
        ):  # the latter are tarfile's
            return Damage(place, "truncated", detail)
        lost = isinstance(error, FileNotFoundError | PermissionError)
        return Damage(place, "unreadable" if lost else "damaged", detail)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a reader left out of a page: which element, why, and how much went with it."""

    reason: str
    element: str
    characters: int
    images: int


@dataclass(frozen=True, slots=True)
class Record:
    """One page, caption or text of a source.

    `uri` names it (its address on the web, a path below the source's root, or `path#row`) and `base` is the URI that
    its pictures' addresses are relative to; pictures on its own disk lie below `root` (empty: on the web).
    `language` is what the source declares (lower case, or empty); `headers` are the HTTP response's, where there was
    one, and the page's own `robots` and `tdm` declarations (names in lower case).
    """

    uri: str
    blocks: tuple[Block, ...]
    dataset: str = ""
    licence: str = ""
    task: Task = "interleaved"
    base: str = ""
    root: str = ""
    language: str = ""
    title: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    dropped: tuple[Dropped, ...] = ()
