"""The sink of shards: the same documents give the same bytes, whatever the runner, the workers and the order.

Documents come by reference, and only references are shuffled; the bytes of media are read where they are written. Keys
fall into buckets by hash, the buckets' sizes are summed, contiguous runs of buckets become shards, and each shard's
documents are sorted by key. A shard is written aside and renamed; the manifest comes last and says that all are there.

Beam's own `fileio.WriteToFiles` is not used: its shards follow its bundles, and it swallows a failed last rename
(https://github.com/apache/beam/issues/29515).
"""

import bisect
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, cast

import apache_beam as beam
import pydantic
from apache_beam import pvalue

from curation import media
from curation.config import Config
from curation.document import Document
from curation.errors import MediaError
from curation.reject import Reject
from curation.shard import MANIFEST, ShardEntry, manifest_json, write_index, write_tar
from pipelines import files
from pipelines.steps import Rejected, Tally, failed, rejected, tally_kept

STAGE = "write"

# The finest grain of a shard: the plan that every worker gets stays small, and 64 TB still make 4 GB shards.
BUCKETS = 1 << 14
MEGABYTE = 1_000_000

Packed = tuple[str, str, bytes]  # key, URI, the document as JSON, compressed
Row = tuple[int, Packed]  # with the bytes of the document and its media
Contents = Sequence[bytes]  # the encoded bytes of each of a document's media


class ShardSettings(Config):
    megabytes: int = pydantic.Field(256, ge=1, le=65_536, description="what a shard holds, of 10^6 bytes")


def write_shard(folder: str, name: str, documents: Iterable[tuple[Document, Contents]]) -> ShardEntry | None:
    """Writes one shard and its index, whole or not at all; None where there are no documents.

    Equal documents give equal files, so a worker that does it again changes nothing.
    """
    documents = iter(documents)
    first = next(documents, None)
    if first is None:
        return None
    with files.written_whole(f"{folder}/{name}.tar") as file:
        tar = _Hashed(file)
        index = write_tar(cast(BinaryIO, tar), _chain(first, documents))
    content = io.BytesIO()
    write_index(content, index)
    files.write(f"{folder}/{name}.parquet", content.getvalue())
    index_digest = hashlib.sha256(content.getvalue()).hexdigest()
    return ShardEntry(name, len(index), tar.size, tar.digest.hexdigest(), index_digest)


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def write_manifest(entries: Iterable[ShardEntry], folder: str) -> None:
    """The commit: from now on the folder is a finished set of shards."""
    files.write(f"{folder}/{MANIFEST}", manifest_json(entries).encode())


class _Hashed:
    """A file that knows the size and the SHA-256 of what was written to it."""

    def __init__(self, file: BinaryIO):
        self.file, self.size, self.digest = file, 0, hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        self.size += len(content)
        self.file.write(content)
        return len(content)

    def tell(self) -> int:
        return self.size


class WriteShards(beam.PTransform):
    """Documents by reference -> shards in a folder; gives back `tallies` of what was kept, and `rejects`."""

    def __init__(self, folder: str, settings: ShardSettings):
        super().__init__()
        self.folder, self.target = folder, settings.megabytes * MEGABYTE

    def expand(self, documents: beam.PCollection) -> Any:
        rows = documents | "Row" >> beam.Map(_row).with_output_types(Row)
        plan = (
            rows
            | "Bucket" >> beam.Map(lambda row: (bucket(row[1][0]), row[0])).with_output_types(tuple[int, int])
            | "Sizes" >> beam.CombinePerKey(sum)
            | "All" >> beam.combiners.ToList()
            | "Plan" >> beam.Map(plan_shards, self.target)
        )
        written = (
            rows
            | "Assign" >> beam.Map(_assign, pvalue.AsSingleton(plan)).with_output_types(tuple[int, Packed])
            | "ByShard" >> beam.GroupByKey()
            | "Write" >> beam.FlatMap(_write, self.folder).with_outputs("entries", "rejects", main="tallies")
        )
        (written.entries | "Entries" >> beam.combiners.ToList() | "Commit" >> beam.Map(write_manifest, self.folder))
        return written


def _row(document: Document) -> Row:
    text = document.to_json()
    size = len(text) + sum(item.length or 0 for item in document.media)
    return size, (document.key, document.source.uri, zlib.compress(text.encode(), 1))


def bucket(key: str) -> int:
    """The same on every machine, as the built-in hash is not."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=4).digest(), "big") % BUCKETS


def plan_shards(sizes: Iterable[tuple[int, int]], target: int) -> list[int]:
    """From (bucket, bytes) the first bucket of every shard: a run of at most `target` bytes, or one bucket."""
    starts: list[int] = []
    filled = 0
    for number, size in sorted(sizes):
        if not starts or filled + size > target:
            starts.append(number)
            filled = 0
        filled += size
    return starts


def _assign(row: Row, starts: list[int]) -> tuple[int, Packed]:
    _, packed = row
    return bisect.bisect_right(starts, bucket(packed[0])) - 1, packed


def _write(group: tuple[int, Iterable[Packed]], folder: str) -> Iterator[Any]:
    number, rows = group
    readable = _Readable(text for *_, text in sorted(rows))
    entry = write_shard(folder, f"shard-{number:05d}", readable)
    yield from readable.tallies
    yield from (pvalue.TaggedOutput("rejects", item) for item in readable.rejects)
    if entry:
        yield pvalue.TaggedOutput("entries", entry)


class _Readable:
    """Documents sorted by key, with their bytes; one whose media are gone or were altered is rejected, and it alone."""

    def __init__(self, texts: Iterable[bytes]):
        self.texts = texts
        self.tallies: list[Tally] = []
        self.rejects: list[Rejected] = []

    def __iter__(self) -> Iterator[tuple[Document, Contents]]:
        before = ""
        for document in map(Document.from_json, map(zlib.decompress, self.texts)):
            key, uri = document.key, document.source.uri
            try:
                if key == before:
                    raise MediaError("duplicate", "a document with this key was written before it")
                contents = [media.read(item) for item in document.media]
            except MediaError as error:
                self._reject(Reject("document", uri, STAGE, error.reason, error.args[1], key), document)
            except Exception as error:
                self._reject(failed(uri, STAGE, error, document), document)
            else:
                before = key
                self.tallies += tally_kept(document)
                yield document, contents

    def _reject(self, reject: Reject, document: Document) -> None:
        self.rejects.append(rejected(reject, document))
