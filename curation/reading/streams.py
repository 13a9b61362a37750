"""Files read as streams: decompressed where their names say so, and cut into lines that belong to ranges of bytes."""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

MAX_LINE = 64 << 20  # bytes; a longer row is no document, and must not fill the memory
COMPRESSED = (".gz", ".tgz", ".zst", ".zip")
_CHUNK = 1 << 16


def is_compressed(path: str) -> bool:
    return path.lower().endswith(COMPRESSED)


def plain_name(path: str) -> str:
    """The path in lower case, without what only says how it is compressed: `a.JSONL.gz` -> `a.jsonl`."""
    name = path.lower()
    if name.endswith(".tgz"):
        return name.removesuffix(".tgz") + ".tar"
    return next((name.removesuffix(ending) for ending in COMPRESSED if name.endswith(ending)), name)


def open_stream(file: BinaryIO, path: str) -> BinaryIO:
    """The file's content, decompressed as its name says (gzip, Zstandard, a zip of one member), as a stream.

    Reading from it raises EOFError where the file was cut short, and the library's own error where it is damaged.
    """
    name = path.lower()
    if name.endswith((".gz", ".tgz")):
        import gzip

        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    if name.endswith(".zst"):
        return cast(BinaryIO, io.BufferedReader(_Zstandard(file), _CHUNK))
    if name.endswith(".zip"):
        import zipfile

        archive = zipfile.ZipFile(file)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise ValueError(f"a zip of {len(members)} files, not of one")
        return cast(BinaryIO, archive.open(members[0]))
    return file


class _Zstandard(io.RawIOBase):
    """Decompresses frame after frame. The library's own reader takes a file that was cut short for a whole one."""

    def __init__(self, file: BinaryIO):
        import zstandard

        self.file = file
        self.new_frame = lambda: zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj()
        self.frame = self.new_frame()
        self.begun = False
        self.ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.ready:
            if self.frame.eof:
                rest, self.frame, self.begun = self.frame.unused_data, self.new_frame(), False
            else:
                rest = b""
            block = rest or self.file.read(_CHUNK)
            if not block:
                if self.begun:
                    raise EOFError("the compressed file ends in the middle of a frame")
                return 0
            self.begun = True
            self.ready = self.frame.decompress(block)
        size = min(len(buffer), len(self.ready))
        buffer[:size], self.ready = self.ready[:size], self.ready[size:]
        return size


def lines(file: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes | None]]:
    """The lines that begin within a range of bytes: each one's first byte and its content; None for one too long.

    So ranges that share out a file share out its lines, each in one of them. A range that begins at 0 needs no seek.
    """
    at = start
    if start:  # the line that the byte before belongs to is the range before's
        file.seek(start - 1)
        at = start - 1 + sum(len(piece) for piece in _pieces(file))
    while end is None or at < end:
        pieces = list(_first_pieces(file))
        size = sum(map(len, pieces))
        if not size:
            return
        line = b"".join(pieces)
        if size > MAX_LINE:
            size += sum(len(piece) for piece in _pieces(file)) if not line.endswith(b"\n") else 0
            yield at, None
        elif line.strip():
            yield at, line
        at += size


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """The rest of a line, a piece at a time."""
    while piece := file.readline(_CHUNK):
        yield piece
        if piece.endswith(b"\n"):
            return


def _first_pieces(file: BinaryIO) -> Iterator[bytes]:
    """A line, or as much of it as shows that it is too long."""
    size = 0
    for piece in _pieces(file):
        yield piece
        size += len(piece)
        if size > MAX_LINE:
            return
