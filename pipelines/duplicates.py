"""The comparisons of `pipelines.deduplicate`: copies by their digest, near duplicates by their MinHash bands.

Rows travel in blocks, since Beam's cost of an element is many times theirs, and no step keeps more of a group than some
numbers a document: a million copies of one page, or a million pages in one bucket, are a group like any other.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
from apache_beam import pvalue

from curation.dedup.clusters import components, keepers
from curation.dedup.minhash import MinHasher, NearSettings
from curation.dedup.notes import Note
from curation.dedup.words import Hashes
from pipelines.documents import Address

PARTITIONS = 1024  # of rows by their key: of a billion documents, one has 0.7 GB of bands
_SHIFT = np.uint64(64 - 10)

Block = tuple[int, bytes]  # a partition and rows of it
Rank = tuple[int, int, str, bytes]
Row = tuple[Rank, bytes, bytes, Address]  # a Member, as it travels


class Member(NamedTuple):
    """A document among its copies; `rank` is as in `curation.dedup.profile`: the smallest is kept."""

    rank: Rank
    digest: bytes
    sketch: bytes
    address: Address

    @property
    def uri(self) -> str:
        return self.rank[2]


def blocks(rows: Hashes) -> Iterator[Block]:
    """Rows of 64-bit numbers, of which the first is the key, by partition."""
    if not len(rows):
        return
    partitions = rows[:, 0] >> _SHIFT
    order = np.argsort(partitions, kind="stable")
    found, starts = np.unique(partitions[order], return_index=True)
    for partition, part in zip(found.tolist(), np.split(rows[order], starts[1:]), strict=True):
        yield partition, part.tobytes()


def as_is(element: Any) -> Any:
    """For a type hint: Beam codes elements by it."""
    return element


class NearPairs(beam.PTransform):
    """Blocks of bands -> pairs of documents' numbers that resemble each other, in blocks."""

    def __init__(self, settings: NearSettings):
        super().__init__()
        self.settings = settings

    def expand(self, bands: beam.PCollection) -> beam.PCollection:
        keyed = bands | "Typed" >> beam.Map(as_is).with_output_types(Block)
        return keyed | beam.GroupByKey() | "Compare" >> beam.ParDo(_Compare(self.settings))


class _Compare(beam.DoFn):
    def __init__(self, settings: NearSettings):
        self.settings = settings

    def setup(self) -> None:
        self.hasher = MinHasher(self.settings)

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[bytes]:
        rows = np.frombuffer(b"".join(group[1]), np.uint64)
        pairs = self.hasher.near_pairs(rows.reshape(-1, self.hasher.row_width))
        if len(pairs):
            yield pairs.tobytes()


class Components(beam.PTransform):
    """Blocks of pairs -> (a document's number, its component's): one pass, 16 bytes for each document with a pair."""

    def expand(self, pairs: beam.PCollection) -> beam.PCollection:
        joined = pairs | beam.CombineGlobally(_Components()).with_fanout(16)
        return joined | "Split" >> beam.FlatMap(_numbers).with_output_types(tuple[int, int])


class _Components(beam.CombineFn):
    """The accumulator is what pairs came since it was last joined, and what was joined, in blocks."""

    blocks = 256
    size = 1 << 24  # bytes

    def create_accumulator(self) -> list[bytes]:
        return []

    def add_input(self, found: list[bytes], pairs: bytes) -> list[bytes]:
        found.append(pairs)
        waiting = len(found) < self.blocks and sum(map(len, found[1:])) < self.size
        return found if waiting else self.compact(found)

    def merge_accumulators(self, accumulators: Iterable[list[bytes]]) -> list[bytes]:
        return self.compact([pairs for found in accumulators for pairs in found])

    def compact(self, found: list[bytes]) -> list[bytes]:
        pairs = np.frombuffer(b"".join(found), np.uint64).reshape(-1, 2)
        return [components(pairs).tobytes()] if len(pairs) else []

    def extract_output(self, found: list[bytes]) -> bytes:
        return b"".join(self.compact(found))


def _numbers(joined: bytes) -> Iterator[tuple[int, int]]:
    for number, root in np.frombuffer(joined, np.int64).reshape(-1, 2):
        yield int(number), int(root)


class DropCopies(beam.PTransform):
    """Members and components, both by number -> `.notes` to all copies but the best, `.members` of components."""

    def expand(self, inputs: Any) -> Any:
        every = inputs | beam.Flatten() | "Typed" >> beam.Map(as_is).with_output_types(tuple[int, Any])
        return every | beam.GroupByKey() | "Best" >> beam.FlatMap(_copies).with_outputs("notes", "members")


def _copies(group: tuple[int, Iterable[Row | int]]) -> Iterator[Any]:
    """Goes through the group twice and keeps only the best: there may be a million copies of one page."""
    best: dict[bytes, Member] = {}
    root = None
    for value in group[1]:
        if isinstance(value, int):
            root = value
            continue
        member = Member(*value)
        best[member.digest] = min(best.get(member.digest, member), member)
    for value in group[1]:
        if not isinstance(value, int) and (member := Member(*value)) != (kept := best[member.digest]):
            yield pvalue.TaggedOutput("notes", (member.address, ("exact duplicate", f"of {kept.uri}", 0)))
    if root is not None:  # one that was not compared can be here by a collision of 64 bits
        members = (tuple(member) for member in best.values() if member.sketch)
        yield from (pvalue.TaggedOutput("members", (root, member)) for member in members)


class DropSimilar(beam.PTransform):
    """(Component, member) -> notes to those for which another is kept."""

    def __init__(self, settings: NearSettings):
        super().__init__()
        self.settings = settings

    def expand(self, members: beam.PCollection) -> beam.PCollection:
        typed = members | "Typed" >> beam.Map(as_is).with_output_types(tuple[int, Row])
        return typed | beam.GroupByKey() | "Choose" >> beam.ParDo(_Choose(self.settings))


class _Choose(beam.DoFn):
    def __init__(self, settings: NearSettings):
        self.settings = settings

    def setup(self) -> None:
        self.hasher = MinHasher(self.settings)

    def process(self, group: tuple[int, Iterable[Row]]) -> Iterator[tuple[Address, Note]]:
        """Goes through the group twice, and keeps of a member its rank and its sketch alone."""
        ranks, packed = [], bytearray()
        for rank, _, sketch, _ in group[1]:
            ranks.append(rank)
            packed += sketch
        sketches = np.frombuffer(bytes(packed), np.uint64).reshape(len(ranks), -1)
        order = np.array(sorted(range(len(ranks)), key=ranks.__getitem__), np.int64)
        threshold = self.settings.threshold
        similarity = self.hasher.similarity
        kept_for = keepers(order, lambda one, others: similarity(sketches[one], sketches[others]) >= threshold)
        for index, row in enumerate(group[1]):
            best = int(kept_for[index])
            if best != index:
                share = float(similarity(sketches[index], sketches[best]))
                yield row[3], ("near duplicate", f"of {ranks[best][2]} (estimated Jaccard {share:.2f})", 0)
