"""Shards: plain WebDataset tars with a Parquet index beside each and a manifest that is written last.

    train-00000.tar      <key>.json, <key>.0.jpg, <key>.1.png, ... ; equal documents give equal bytes
    train-00000.parquet  a row a document: key, byte ranges, task, language, licence, scores, media sizes
    manifest.json        each shard's size and digests; a folder without it is not finished

The tars open in webdataset, datasets and Megatron-Energon as they are; the index reads any member without scanning.
"""

import hashlib
import io
import json
import tarfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from curation.document import Document
from curation.errors import DamagedError, DocumentError, MediaError, ShardError
from curation.media import open_uri, read_bytes

MANIFEST = "manifest.json"

MEDIA_ROW = pa.struct(
    [
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("kind", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("frames", pa.int32()),
    ]
)
INDEX_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("task", pa.string()),
        ("language", pa.string()),
        ("licence", pa.string()),
        ("scores", pa.map_(pa.string(), pa.float64())),
        ("media", pa.list_(MEDIA_ROW)),
    ]
)


def write_tar(file: BinaryIO, documents: Iterable[tuple[Document, Sequence[bytes]]]) -> pa.Table:
    """Writes documents, each with the bytes of its media, as a WebDataset tar; returns its index (`INDEX_SCHEMA`)."""
    rows = []
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for document, contents in documents:
            key = document.key
            offset, length = _add(tar, f"{key}.json", document.to_json(references=False).encode())
            media = []
            for number, (item, content) in enumerate(zip(document.media, contents, strict=True)):
                start, size = _add(tar, f"{key}.{number}.{item.format}", content)
                shape = {"width": item.width, "height": item.height, "frames": max(len(item.timestamps), 1)}
                media.append({"offset": start, "length": size, "kind": item.kind, **shape})
            rows.append(
                {
                    "key": key,
                    "offset": offset,
                    "length": length,
                    "task": document.task,
                    "language": document.language,
                    "licence": document.source.licence,
                    "scores": sorted(document.scores.items()),
                    "media": media,
                }
            )
    return pa.Table.from_pylist(rows, INDEX_SCHEMA)


def write_index(file: BinaryIO, index: pa.Table) -> None:
    pq.write_table(index, file, compression="zstd")


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> tuple[int, int]:
    """Appends a member whose header depends on name and content alone; returns its content's offset and length."""
    header = tarfile.TarInfo(name)
    header.size = len(content)
    start = tar.offset + tarfile.BLOCKSIZE
    tar.addfile(header, io.BytesIO(content))
    return start, len(content)


@dataclass(frozen=True)
class ShardEntry:
    """A line of the manifest. `name` has no ending: `<name>.tar` and `<name>.parquet` are the files."""

    name: str
    documents: int
    bytes: int
    sha256: str
    index_sha256: str


def manifest_json(entries: Iterable[ShardEntry]) -> str:
    rows = [vars(entry) for entry in sorted(entries, key=lambda entry: entry.name)]
    return json.dumps({"version": 1, "shards": rows}, indent=1, sort_keys=True) + "\n"


@dataclass(frozen=True)
class Place:
    """Where a document lies: the byte ranges of its JSON and of its media, side by side in a tar whose SHA-256 is
    `sha256`. All that is needed to read it, so that who reads needs no index."""

    tar: str
    sha256: str
    key: str
    offset: int
    length: int
    media: tuple[tuple[int, int], ...]  # offset and length of each

    def read(self) -> Document:
        """The document; its media refer to byte ranges of the tar. From an object store it comes with them, by one
        request.

        Raises DamagedError where the tar is truncated or altered, ShardError where it cannot be read.
        """
        try:
            document = Document.from_json(self._json())
        except DocumentError as error:
            raise DamagedError(f"{self.tar}: at byte {self.offset}: {error}") from error
        if document.key != self.key:
            raise DamagedError(f"{self.tar}: at byte {self.offset}: found document {document.key}, not {self.key}")
        if len(document.media) != len(self.media):
            raise DamagedError(f"{self.tar}: document {self.key}: its index tells of {len(self.media)} media")
        media = [
            replace(item, uri=self.tar, offset=offset, length=length)
            for item, (offset, length) in zip(document.media, self.media, strict=True)
        ]
        return replace(document, media=tuple(media))

    def _json(self) -> bytes:
        end = max(start + length for start, length in (*self.media, (self.offset, self.length)))
        wanted = end - self.offset if "://" in self.tar else self.length
        try:
            content = read_bytes(self.tar, self.offset, wanted, self.sha256)[: self.length]
        except MediaError as error:
            said = "the shard is missing; write the shards again" if error.reason == "missing" else "cannot be read"
            raise ShardError(f"{self.tar}: {said}: {error}") from error
        if len(content) < self.length:
            raise DamagedError(f"{self.tar}: ends before byte {self.offset + self.length:,}: truncated")
        return content


class ShardSet:
    """A finished folder of shards, local or on an object store, read by random access.

    Opening it reads the manifest and the indexes and checks their digests; every document read is checked against its
    key and every media file against its SHA-256. Raises ShardError with one line where something is amiss.
    """

    def __init__(self, folder: str):
        self.folder = str(folder).rstrip("/")
        try:
            manifest = json.loads(read_bytes(self._path(MANIFEST)))
            self.entries = [ShardEntry(**row) for row in manifest["shards"]]
        except MediaError as error:
            raise ShardError(f"{self.folder}: no {MANIFEST}: not a finished folder of shards") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ShardError(f"{self._path(MANIFEST)}: not a manifest: {error}") from error

    @cached_property
    def index(self) -> pa.Table:
        """All rows in shard order, with a column `shard`: the number of the entry."""
        numbers = [pa.array([number] * len(table), pa.int32()) for number, table in enumerate(self._tables)]
        tables = [table.append_column("shard", column) for table, column in zip(self._tables, numbers, strict=True)]
        empty = INDEX_SCHEMA.append(pa.field("shard", pa.int32())).empty_table()
        return pa.concat_tables([empty, *tables])

    @cached_property
    def _tables(self) -> list[pa.Table]:
        return [self._read_index(entry) for entry in self.entries]

    @cached_property
    def _first_rows(self) -> list[int]:
        return list(accumulate((len(table) for table in self._tables[:-1]), initial=0))

    def __len__(self) -> int:
        return sum(entry.documents for entry in self.entries)

    def __iter__(self) -> Iterator[Document]:
        for number in range(len(self)):
            yield self.read(number)

    def read(self, number: int) -> Document:
        """The document of index row `number`; its media refer to byte ranges of the tar (`curation.media.read`)."""
        return self.place(number).read()

    def place(self, number: int) -> Place:
        """Where the document of index row `number` lies."""
        shard = bisect_right(self._first_rows, number) - 1
        table, row = self._tables[shard], number - self._first_rows[shard]
        key, offset, length, media = (table[name][row].as_py() for name in ("key", "offset", "length", "media"))
        entry = self.entries[shard]
        ranges = tuple((item["offset"], item["length"]) for item in media)
        return Place(self._path(entry.name + ".tar"), entry.sha256, key, offset, length, ranges)

    def check(self) -> None:
        """Reads every tar once and compares it with the manifest."""
        for entry in self.entries:
            tar = self._path(entry.name + ".tar")
            size, digest = _digest(tar)
            if size != entry.bytes:
                raise ShardError(
                    f"{tar}: {size:,} bytes where the manifest says {entry.bytes:,}: truncated or rewritten"
                )
            if digest != entry.sha256:
                raise ShardError(f"{tar}: sha256 differs from the manifest's: its content was altered")

    def digest(self) -> str:
        """One digest of the whole folder: equal for equal documents."""
        return hashlib.sha256(manifest_json(self.entries).encode()).hexdigest()

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _read_index(self, entry: ShardEntry) -> pa.Table:
        path = self._path(entry.name + ".parquet")
        try:
            content = read_bytes(path)
        except MediaError as error:
            raise ShardError(f"{path}: the shard's index is missing; write the shards again") from error
        if hashlib.sha256(content).hexdigest() != entry.index_sha256:
            raise ShardError(f"{path}: sha256 differs from the manifest's: truncated or altered")
        return pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)


def _digest(path: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        with open_uri(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise ShardError(f"{path}: cannot read the shard: {error}") from error
    return size, digest.hexdigest()
