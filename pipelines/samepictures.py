"""Which pictures are the same, in how many documents they are, and which documents have the same ones.

Perceptual hashes are compared in the buckets of multi-index hashing, so no picture is compared with all others; a
candidate pair is then confirmed on the 32 x 32 grey versions. Two pictures count as one if the smallest digest among
those that are the same as each is one: no chain of near ones can grow into a cluster of unlike ones.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np

from curation.images.pictures import Known, Sign, Verdict
from curation.images.prints import Print, SameRules, bands, jaccard, near_pairs, prefix
from pipelines.documents import Address

Shown = tuple[str, tuple[str, Address]]  # a picture's digest; the key and the place of a document that shows it
Hash = bytes  # a pHash, big-endian, for Beam's integers have a sign
Band = tuple[int, bytes]
Pair = tuple[Hash, Hash]
Hashed = tuple[Hash, tuple[str, bytes]]  # digest and grey version


class FirstOfSame(beam.PTransform):
    """Print -> (digest, the smallest digest of a same picture), where that is another."""

    def __init__(self, rules: SameRules):
        super().__init__()
        self.rules = rules

    def expand(self, prints: beam.PCollection) -> beam.PCollection:
        hashed = (
            prints
            | "Hashed" >> beam.FlatMap(_by_hash).with_output_types(tuple[tuple[Hash, str], bytes])
            | "Once" >> beam.CombinePerKey(min)
            | "ByHash" >> beam.Map(lambda row: (row[0][0], (row[0][1], row[1]))).with_output_types(Hashed)
        )
        near = (
            hashed
            | "Hashes" >> beam.Map(lambda row: row[0]).with_output_types(Hash)
            | "Distinct" >> beam.Distinct()
            | "Bands" >> beam.FlatMap(_banded, self.rules.distance).with_output_types(tuple[Band, Hash])
            | "Buckets" >> beam.GroupByKey()
            | "Near" >> beam.FlatMap(_near, self.rules.distance).with_output_types(tuple[Hash, Pair])
        )
        return (
            {"hashed": hashed, "near": near}
            | "Candidates" >> beam.CoGroupByKey()
            | "Pairs" >> beam.FlatMap(_candidates).with_output_types(tuple[Pair, tuple[str, Hash, bytes]])
            | "ByPair" >> beam.GroupByKey()
            | "Confirm" >> beam.FlatMap(_confirm, self.rules).with_output_types(tuple[str, str])
            | "First" >> beam.CombinePerKey(min)
        )


def _by_hash(print_: Print) -> Iterator[tuple[tuple[Hash, str], bytes]]:
    if print_.phash is not None:
        yield (print_.phash.to_bytes(8, "big"), print_.sha256), print_.grey


def _bands(value: Hash, distance: int) -> list[Band]:
    return [(number, bits.to_bytes(8, "big")) for number, bits in bands(int.from_bytes(value, "big"), distance)]


def _banded(value: Hash, distance: int) -> Iterator[tuple[Band, Hash]]:
    yield from ((band, value) for band in _bands(value, distance))


def _near(group: tuple[Band, Iterable[Hash]], distance: int) -> Iterator[tuple[Hash, Pair]]:
    """Both hashes of a near pair with the pair, once: in the first bucket that they share."""
    band, values = group
    hashes = sorted(values)
    for i, j in near_pairs(np.frombuffer(b"".join(hashes), ">u8"), distance):
        one, other = hashes[i], hashes[j]
        both = zip(_bands(one, distance), _bands(other, distance), strict=True)
        if band == next(mine for mine, its in both if mine == its):
            yield one, (one, other)
            yield other, (one, other)


def _candidates(group: tuple[Hash, dict[str, Any]]) -> Iterator[tuple[Pair, tuple[str, Hash, bytes]]]:
    value, joined = group
    pictures = list(joined["hashed"])
    pairs = list(joined["near"]) + ([(value, value)] if len(pictures) > 1 else [])
    yield from ((pair, (digest, value, grey)) for pair in pairs for digest, grey in pictures)


def _confirm(group: tuple[Pair, Iterable[tuple[str, Hash, bytes]]], rules: SameRules) -> Iterator[tuple[str, str]]:
    """(digest, a smaller one of the same picture): of those with one hash, or of those with two near ones."""
    (one, other), found = group
    rows = sorted(found)
    greys = np.frombuffer(b"".join(grey for _, _, grey in rows), np.uint8).reshape(len(rows), -1).astype(np.int16)
    values = np.array([value == one for _, value, _ in rows])
    for place, (digest, _, _) in enumerate(rows):
        same = np.abs(greys[:place] - greys[place]).max(1, initial=0) <= rules.difference
        if one != other:
            same &= values[:place] != values[place]
        if same.any():
            yield digest, rows[int(same.argmax())][0]


class Familiar(beam.PTransform):
    """{"shown": Shown, "first": (digest, first digest)} -> (Address, (digest, Known)), if there is something to say."""

    def __init__(self, max_documents: int):
        super().__init__()
        self.most = max_documents

    def expand(self, inputs: Any) -> beam.PCollection:
        return (
            inputs
            | "Join" >> beam.CoGroupByKey()
            | "ByFirst" >> beam.FlatMap(_by_first).with_output_types(tuple[str, tuple[str, str, Address]])
            | "Same" >> beam.GroupByKey()
            | "Count" >> beam.FlatMap(_count, self.most).with_output_types(tuple[Address, Any])
        )


def _by_first(group: tuple[str, dict[str, Any]]) -> Iterator[tuple[str, tuple[str, str, Address]]]:
    digest, joined = group
    first = next(iter(joined["first"]), digest)
    yield from ((first, (digest, *document)) for document in joined["shown"])


def _count(group: tuple[str, Iterable[tuple[str, str, Address]]], most: int) -> Iterator[tuple[Address, Any]]:
    first, rows = group
    documents: set[str] = set()
    for _, key, _ in rows:
        documents.add(key)
        if len(documents) > most:
            break
    frequent = len(documents) if len(documents) > most else 0
    for digest, _, address in rows:
        if frequent or digest != first:
            yield address, (digest, Known(first, frequent))


# --- documents ---


class Twin(NamedTuple):
    """A note to a document that is another's duplicate."""

    key: str
    detail: str


class TwinDocuments(beam.PTransform):
    """(Address, (Sign, Verdict)) of documents that stay -> (Address, Twin) of those that are another's duplicate.

    Duplicates have the same text and the same pictures, or are pages of one site in one language whose pictures are
    (nearly) the same set. A document goes if one of its duplicates has a smaller key, so of the documents that stay
    none is another's duplicate, in whatever order they came.
    """

    def __init__(self, rules: SameRules):
        super().__init__()
        self.rules = rules

    def expand(self, documents: beam.PCollection) -> beam.PCollection:
        return (
            documents
            | "Rows" >> beam.FlatMap(_rows, self.rules).with_output_types(tuple[str, Any])
            | "Together" >> beam.GroupByKey()
            | "Twins" >> beam.FlatMap(_twins, self.rules.sets).with_output_types(tuple[Address, Any])
        )


def _rows(document: tuple[Address, tuple[Sign, Verdict]], rules: SameRules) -> Iterator[tuple[str, Any]]:
    address, (sign, verdict) = document
    tokens = verdict.tokens
    row = (sign.key, address, tokens)
    if tokens:  # texts without images were compared before
        yield f"text\0{sign.text}\0{tokens[0]}", row
    if sign.site and len(tokens) >= rules.min_set:
        for token in prefix(tokens, rules.sets):
            yield f"set\0{sign.site}\0{sign.language}\0{token}", row


def _twins(group: tuple[str, Iterable[tuple[str, Address, tuple[str, ...]]]], similarity: float) -> Iterator[Any]:
    by_text = group[0].startswith("text\0")
    first: dict[tuple[str, ...], tuple[str, Address]] = {}  # of each set, the smallest key
    for key, address, tokens in group[1]:
        first[tokens] = min(first.get(tokens, (key, address)), (key, address))
    sets = sorted(first, key=lambda tokens: first[tokens])
    for number, tokens in enumerate(sets):
        for other in sets[:number] if similarity < 1 and not by_text else ():
            if (share := jaccard(tokens, other)) >= similarity:
                yield first[tokens][1], Twin(first[other][0], f"the same site and {share:.2f} of the pictures")
                break
    for key, address, tokens in group[1]:
        if (key, address) != first[tokens]:
            how = "the same text and pictures" if by_text else "the same site and pictures"
            yield address, Twin(first[tokens][0], how)
