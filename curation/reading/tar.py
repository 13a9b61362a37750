"""WebDataset tars: pairs of image and caption, interleaved rows with their images beside them, our own shards.

Members that share what stands before the first dot of their names are one sample, and stand together (WebDataset). In
an uncompressed tar images are only referred to, by their place in it: no byte of them is read or copied.
"""

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from curation.document import Document
from curation.reading.captions import TEXT, caption_record
from curation.reading.interleaved import read_mmc4, read_obelics
from curation.reading.own import read_document
from curation.reading.plain import read_text
from curation.reading.record import Damage, MalformedError, Picture, Record
from curation.reading.rows import Row, text_of
from curation.reading.streams import is_compressed, open_stream

MAX_MEMBER = 64 << 20  # bytes of a member that is read
IMAGES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")
TEXTS = ("txt", "caption", "text")

_NAME = re.compile(r"((?:.*/)?[^./][^.]*)\.([^/]+)")


@dataclass
class Sample:
    """`pictures` by what follows the key in their names (`jpg`, `0.png`), in their order; `texts` likewise."""

    key: str
    pictures: dict[str, Picture] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    other: list[str] = field(default_factory=list)


def read_samples(file: BinaryIO, path: str, size: int, name: str) -> Iterator[Sample | Damage]:
    """The samples of a tar of `size` bytes, up to where it is damaged. One that may be cut short is left out.

    `path` is where it lies; `name` is what the origins of its images begin with.
    """
    stream, compressed = open_stream(file, path), is_compressed(path)
    sample: Sample | None = None
    ended = True
    try:
        with tarfile.open(fileobj=stream, mode="r|" if compressed else "r:") as tar:
            for member in tar:
                tar.members = []  # type: ignore[attr-defined]  # which tarfile would collect
                found = _NAME.fullmatch(member.name)
                if not member.isreg() or not found:
                    continue
                if sample and sample.key != found[1]:
                    yield sample
                    sample = None
                sample = sample or Sample(found[1])
                if not compressed and member.offset_data + member.size > size:
                    raise EOFError(f"ends within {member.name}")
                _add(sample, found[2], tar, member, "" if compressed else path, f"{name}#{member.name}")
            ended = compressed or size - tar.offset >= tarfile.BLOCKSIZE
    except Exception as error:  # what the damage leads tarfile to, or the decompression
        yield Damage.of(error, sample.key if sample else "")
    else:
        if sample:
            yield sample
        if not ended:
            yield Damage("", "truncated", "there is no mark of a tar's end after the last member")


def _add(sample: Sample, suffix: str, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, origin: str) -> None:
    ending = suffix.lower().rpartition(".")[2]
    if ending in IMAGES and path:
        sample.pictures[suffix] = Picture(path, offset=member.offset_data, length=member.size, origin=origin)
    elif ending in (*IMAGES, *TEXTS, "json") and member.size <= MAX_MEMBER:
        content = tar.extractfile(member)
        data = content.read() if content else b""
        if len(data) < member.size:
            raise EOFError(f"ends within {member.name}")
        if ending in IMAGES:
            sample.pictures[suffix] = Picture("", data=data, origin=origin)
        else:
            sample.texts[suffix] = data
    else:
        sample.other.append(suffix)


def read_sample(sample: Sample, place: str) -> Record | Document:
    """What a sample holds, by its members: our Document, a row of MMC4 or OBELICS, a caption or text.

    The caption is in `.txt`, or in `.json` (img2dataset's `caption`), which also has the licence. Raises
    MalformedError.
    """
    row = _json(sample.texts.get("json"))
    if "turns" in row and "media" in row:
        return _document(row, sample)
    files = {name: picture for suffix, picture in sample.pictures.items() for name in (suffix, _file(picture))}
    if "text_list" in row:
        return read_mmc4(row, place, files)
    if "texts" in row and "images" in row:
        return read_obelics(row, place, files)
    written = next((sample.texts[name] for name in TEXTS if name in sample.texts), None)
    if written is None:
        written = text_of(row, *TEXT).encode()
    pictures = tuple(sample.pictures.values())
    if not written.strip():
        raise MalformedError("no text", f"members: {', '.join([*sample.pictures, *sample.texts, *sample.other])}")
    if pictures:
        return caption_record(row, place, read_caption_text(written), _addressed(pictures, text_of(row, "url")))
    if sample.other:
        raise MalformedError("no image", f"members: {', '.join([*sample.texts, *sample.other])}")
    return read_text(written, place)


def read_caption_text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise MalformedError("encoding", f"not UTF-8: {error}") from error


def _json(content: bytes | None) -> Row:
    if content is None:
        return {}
    try:
        row = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON", f"{type(error).__name__}: {error}") from error
    if not isinstance(row, dict):
        raise MalformedError("not JSON", f"a {type(row).__name__}, not an object")
    return row


def _document(row: Row, sample: Sample) -> Document:
    """Our own: the media are the members `<key>.<number>.<format>`, where they lie now."""
    document = read_document(row)
    media: list[Any] = []
    for number, item in enumerate(document.media):
        picture = sample.pictures.get(f"{number}.{item.format}")
        if picture is None or picture.length is None:
            raise MalformedError("no image", f"media {number} is not in the tar, or the tar is compressed")
        media.append(replace(item, uri=picture.src, offset=picture.offset, length=picture.length))
    return replace(document, media=tuple(media))


def _file(picture: Picture) -> str:
    """The name of its member."""
    return re.split("[/#]", picture.origin)[-1]


def _addressed(pictures: tuple[Picture, ...], url: str) -> tuple[Picture, ...]:
    """A sample's one image came from the address that its JSON names."""
    return (replace(pictures[0], origin=url),) if url and len(pictures) == 1 else pictures
