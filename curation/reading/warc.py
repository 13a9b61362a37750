"""Web archives (WARC, ISO 28500): pages with their HTTP headers, images, and the text records of Common Crawl's WET.

A gzipped WARC is a member a record, so any range of bytes can be read by itself: a record belongs to the range that its
member begins in, and a range finds its first member by looking for one that begins with `WARC/` when decompressed.
"""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from curation.reading.page import MAX_PAGE, Headers, read_page
from curation.reading.plain import read_text
from curation.reading.record import Damage, MalformedError, Record

MAX_IMAGE = 64 << 20  # bytes; a larger one is not stored
HTML = ("text/html", "application/xhtml+xml")

_CHUNK = 1 << 14
_SCAN = 1 << 20
_MAGIC = b"\x1f\x8b\x08"
_START = re.compile(rb"(?:^|\r?\n)(WARC/\d)")


@dataclass(frozen=True, slots=True)
class WebImage:
    """An image that an archive holds: its address, its bytes and its HTTP headers."""

    url: str
    data: bytes
    headers: Headers


Found = Record | WebImage | MalformedError


def read_gzipped(file: BinaryIO, start: int, end: int, size: int) -> Iterator[tuple[str, Found] | Damage]:
    """What a gzipped WARC of `size` bytes holds in a range, by the first byte of its member. Damage is passed over."""
    at = _next_member(file, start, end) if start else 0
    while at is not None and at < size:
        if not _begins_record(file, at):  # also looked at beyond the range: nobody else knows that a record ends here
            yield Damage(str(at), "damaged", "what follows is no member of gzip that holds a WARC record")
            at = _next_member(file, at + 1, end)
        elif at >= end:
            return
        else:
            member = _Member(file, at)
            try:
                stream = io.BufferedReader(member, _CHUNK)
                while (record := _record(stream)) is not None:
                    yield from ((str(at), found) for found in record)
                at = member.end
            except Exception as error:  # zlib's, EOFError, or what a broken header leads the parser to
                yield Damage.of(error, str(at))
                at = _next_member(file, at + 1, end)


def read_plain(file: BinaryIO, size: int) -> Iterator[tuple[str, Found] | Damage]:
    """What an uncompressed WARC holds: read from its beginning, for only a record says where the next one is."""
    at = 0
    while (at := _past_breaks(file, at)) < size:
        file.seek(at)
        try:
            record = _record(file)
            yield from ((str(at), found) for found in record or ())
            at = file.tell() if record is not None else size
        except Exception as error:
            yield Damage.of(error, str(at))
            at = _next_plain(file, at + 1, size)


def _next_member(file: BinaryIO, start: int, end: int) -> int | None:
    """The first place in the range where a member begins that holds WARC records."""
    at = start
    while at < end:
        file.seek(at)
        block = file.read(min(_SCAN, end - at) + len(_MAGIC) - 1)
        place = block.find(_MAGIC)
        while place >= 0:
            if _begins_record(file, at + place):
                return at + place
            place = block.find(_MAGIC, place + 1)
        at += _SCAN
    return None


def _begins_record(file: BinaryIO, at: int) -> bool:
    file.seek(at)
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(file.read(_CHUNK), 5) == b"WARC/"
    except zlib.error:
        return False


def _past_breaks(file: BinaryIO, at: int) -> int:
    """Past the two empty lines that end a record."""
    file.seek(at)
    head = file.read(8)
    return at + len(head) - len(head.lstrip(b"\r\n"))


def _next_plain(file: BinaryIO, start: int, size: int) -> int:
    at = start
    while at < size:
        file.seek(at)
        block = file.read(_SCAN + 16)
        if found := _START.search(block, 0 if at else 1):
            return at + found.start(1)
        at += _SCAN
    return size


class _Member(io.RawIOBase):
    """One member of a gzip file, decompressed as it is read; `end` is where it ended. EOFError if it is cut short."""

    def __init__(self, file: BinaryIO, at: int):
        self.file, self.end = file, at
        self.inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        file.seek(at)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.inflate.eof:
            block = self.inflate.unconsumed_tail or self._read()
            content = self.inflate.decompress(block, len(buffer))
            if self.inflate.eof:
                self.end -= len(self.inflate.unused_data)
            if content:
                buffer[: len(content)] = content
                return len(content)
        return 0

    def _read(self) -> bytes:
        block = self.file.read(_CHUNK)
        if not block:
            raise EOFError("the file ends in the middle of a record")
        self.end += len(block)
        return block


def _record(stream: Any) -> list[Found] | None:
    """What the next record holds, if it is worth anything, read to the record's end; None at the stream's."""
    from warcio.recordloader import ArcWarcRecordLoader  # type: ignore[import-untyped]

    while not (line := stream.readline(_CHUNK)).strip():
        if not line:
            return None  # else one of the two empty lines that end the record before
    loader = ArcWarcRecordLoader(verify_http=False, arc2warc=False)
    record = loader.parse_record_stream(stream, statusline=line, known_format="warc")
    found = _look(record)
    while record.raw_stream.read(_CHUNK):
        pass
    if record.raw_stream.limit:
        raise EOFError(f"a record ends {record.raw_stream.limit:,} bytes before its length")
    return [found] if found else []


def _look(record: Any) -> Found | None:
    """A page, an image or a text; None for what is none of them (requests, redirects, errors, scripts)."""
    uri = record.rec_headers.get_header("WARC-Target-URI") or ""
    try:
        return _read(record, uri)
    except MalformedError as error:
        return error


def _read(record: Any, uri: str) -> Found | None:
    if record.rec_type == "conversion" and (record.content_type or "").startswith("text/plain"):
        language = record.rec_headers.get_header("WARC-Identified-Content-Language") or ""
        return read_text(record.content_stream().read(MAX_PAGE + 1), uri, language)
    http = record.http_headers
    if record.rec_type != "response" or http is None or http.get_statuscode() != "200":
        return None
    headers = tuple((name.lower(), " ".join(value.split())) for name, value in http.headers)
    kind = dict(headers).get("content-type", "").partition(";")[0].strip().lower()
    if kind in HTML:
        return read_page(_body(record, MAX_PAGE), uri, uri, headers=headers)
    if kind.startswith("image/"):
        data = _body(record, MAX_IMAGE)
        return WebImage(uri, data, headers) if len(data) <= MAX_IMAGE else None
    return None


def _body(record: Any, limit: int) -> bytes:
    """The response's body, decoded as its headers say; a byte over the limit shows that it is longer."""
    from warcio.bufferedreaders import BufferedReader  # type: ignore[import-untyped]

    encoding = (record.http_headers.get_header("content-encoding") or "identity").lower()
    if encoding == "br":
        return _unbrotli(record, limit)
    if encoding not in ("identity", "none", "utf-8", *BufferedReader.get_supported_decompressors()):
        raise MalformedError("encoding", f"content-encoding {encoding} is not supported")
    return record.content_stream().read(limit + 1)


def _unbrotli(record: Any, limit: int) -> bytes:
    """warcio's own way fails with today's brotli, whose decompressors take no attributes."""
    import brotli  # type: ignore[import-untyped]

    record.http_headers.remove_header("content-encoding")
    try:
        body = record.content_stream().read(limit + 1)
        return brotli.Decompressor().process(body, output_buffer_limit=limit + 1)
    except brotli.error as error:
        raise MalformedError("encoding", f"not brotli: {error}") from error
