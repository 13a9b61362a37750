"""Images that a source holds within itself (a WARC, a column of bytes): laid into files that others can refer to."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from curation.document import Document
from curation.reading.record import Block, Picture, Record
from curation.reading.warc import WebImage
from curation.reject import Reject
from pipelines import files

BLOB = 32 << 20  # bytes held before they are written: a file of about that size

Place = tuple[str, int, int]  # URI, offset, length


@dataclass(frozen=True, slots=True)
class Archived:
    """Where an image of the web lies now; `headers` are what its HTTP response said of rights (names in lower case)."""

    url: str
    uri: str
    offset: int
    length: int
    headers: tuple[tuple[str, str], ...] = ()


def save(folder: str, blobs: Sequence[bytes]) -> list[Place]:
    """Writes all into one file named by its content, so that a worker that does it again changes nothing."""
    if not blobs:
        return []
    digest = hashlib.sha256()
    for blob in blobs:
        digest.update(blob)
    uri = f"{folder}/{digest.hexdigest()[:32]}.bin"
    if not files.exists(uri):
        with files.written_whole(uri) as file:
            for blob in blobs:
                file.write(blob)
    places, at = [], 0
    for blob in blobs:
        places.append((uri, at, len(blob)))
        at += len(blob)
    return places


Item = Record | Document | Reject | WebImage
Stored = Record | Document | Reject | Archived


def stored(items: Iterable[Item], folder: str, at_once: int = BLOB) -> Iterator[Stored]:
    """The same items with references in the place of bytes, in no order; at most `at_once` bytes and one item wait."""
    waiting: list[Record | WebImage] = []
    size = 0
    for item in items:
        held = _held(item)
        if not held:
            assert not isinstance(item, WebImage)
            yield item
            continue
        assert isinstance(item, Record | WebImage)
        waiting.append(item)
        size += sum(map(len, held))
        if size >= at_once:
            yield from _stored(waiting, folder)
            waiting, size = [], 0
    yield from _stored(waiting, folder)


def _held(item: Item) -> list[bytes]:
    if isinstance(item, WebImage):
        return [item.data]
    if not isinstance(item, Record):
        return []
    return [picture.data for block in item.blocks for picture in block.pictures if picture.data is not None]


def _stored(items: list[Record | WebImage], folder: str) -> Iterator[Stored]:
    places = iter(save(folder, [blob for item in items for blob in _held(item)]))
    for item in items:
        if isinstance(item, WebImage):
            yield Archived(item.url, *next(places), _rights(item))
        else:
            yield replace(item, blocks=tuple(_referring(block, places) for block in item.blocks))


def _referring(block: Block, places: Iterator[Place]) -> Block:
    content = (_refer(piece, places) if isinstance(piece, Picture) else piece for piece in block.content)
    return replace(block, content=tuple(content))


def _refer(picture: Picture, places: Iterator[Place]) -> Picture:
    if picture.data is None:
        return picture
    uri, offset, length = next(places)
    origin = picture.origin or (picture.src if "://" in picture.src else f"inline:{_digest(picture.data)}")
    return replace(picture, src=uri, offset=offset, length=length, data=None, origin=origin)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _rights(image: WebImage) -> tuple[tuple[str, str], ...]:
    """An image's own opt-outs; the rest of its headers is not worth carrying through a shuffle."""
    return tuple((name, value) for name, value in image.headers if name == "x-robots-tag" or name.startswith("tdm-"))
