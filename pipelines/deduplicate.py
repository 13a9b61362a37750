"""Deduplicate: copies, near duplicates, paragraphs that a site repeats, texts of benchmarks.

    documents -> look at each: its digest, MinHash bands, paragraphs, benchmarks
    bands     -> pairs of a bucket that resemble each other -> components
    digests   -> the best of all copies -> the best of each component, and what resembles it
    paragraphs of what is left -> those in several documents of a site
    notes to documents -> documents read again: dropped, or their paragraphs cut

Benchmarks come first, so that a document that is dropped for their sake stands for no other. Paragraphs come last and
are counted over what is left: else three copies of a page would take each other's paragraphs away. Pages that have
only what their site repeats in common are hardly ever near duplicates, for the threshold is on all their text.

What is shuffled of a document is small: some 250 bytes with its digest, rank and where it lies, 14 rows of 48 bytes
for its bands and 16 bytes a paragraph. Rows travel in blocks, since Beam's cost of an element is many times theirs.
Nothing depends on the number of workers or the order in which documents come.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam import pvalue

from curation.dedup.contamination import Contamination
from curation.dedup.minhash import MinHasher, Signature
from curation.dedup.notes import REPEATED, Note, apply
from curation.dedup.paragraphs import STAGE, ParagraphSettings
from curation.dedup.profile import Profile, is_running, profile, repeated_within
from curation.dedup.settings import DedupSettings
from curation.document import Document, Text
from pipelines.documents import Address, Range, WithNotes, read_range
from pipelines.duplicates import Components, DropCopies, DropSimilar, NearPairs, Row, as_is, blocks
from pipelines.log import Progress
from pipelines.runner import check_worker, code_digest
from pipelines.steps import failed, rejected

CODE = (
    "pipelines.deduplicate",
    "pipelines.duplicates",
    "pipelines.documents",
    "curation.dedup.notes",
    "curation.dedup.clusters",
    "curation.dedup.settings",
)


class Deduplicate(beam.PTransform):
    """Ranges -> `.documents` that are kept and `.rejects` (`steps.Rejected`)."""

    def __init__(self, settings: DedupSettings):
        super().__init__()
        self.settings = settings

    def expand(self, ranges: beam.PCollection) -> Any:
        look = beam.ParDo(_Look(self.settings)).with_outputs("members", "bands", "paragraphs", "notes")
        found = ranges | "Look" >> look
        members = found.members | "Members" >> beam.Map(as_is).with_output_types(tuple[int, Row])
        notes = [found.notes]
        if self.settings.near:
            pairs = found.bands | "Near" >> NearPairs(self.settings.near)
            best = (members, pairs | "Components" >> Components()) | "Copies" >> DropCopies()
            notes += [best.notes, best.members | "Similar" >> DropSimilar(self.settings.near)]
        else:
            notes.append(((members,) | "Copies" >> DropCopies()).notes)
        if self.settings.paragraphs:
            dropped = notes | "Dropped" >> beam.Flatten()
            paragraphs = (found.paragraphs, dropped) | "Repeated" >> RepeatedParagraphs(self.settings.paragraphs)
            notes.append(paragraphs)
        every = notes | "Notes" >> beam.Flatten()
        noted = {"ranges": ranges, "notes": every} | "Read" >> WithNotes()
        return noted | "Apply" >> beam.ParDo(_Apply(self.settings.paragraphs)).with_outputs("rejects", main="documents")


class _Look(beam.DoFn):
    """A range of documents -> what has to be compared of them; a fault in one is noted to it alone."""

    def __init__(self, settings: DedupSettings):
        self.settings, self.digest = settings, code_digest(*CODE)

    def setup(self) -> None:
        check_worker(CODE, self.digest)
        self.contamination = Contamination(self.settings.contamination)
        self.hasher = MinHasher(self.settings.near) if self.settings.near else None
        self.progress = Progress(STAGE, "documents")

    def process(self, place: Range) -> Iterator[Any]:
        seen: list[tuple[Profile, int, Signature | None]] = []
        for at, document in read_range(place):
            try:
                found = self._look(document)
            except Exception as error:  # whatever it was, it is this document's fault
                reject = failed(document.source.uri, STAGE, error)
                found = (reject.reason, reject.detail, 0)
            if isinstance(found, Profile):
                seen.append((found, at, self._signature(found)))
                repeated = {(REPEATED, "", paragraph.number) for paragraph in repeated_within(found.paragraphs)}
                yield from (pvalue.TaggedOutput("notes", ((place, at), note)) for note in sorted(repeated))
            else:
                yield pvalue.TaggedOutput("notes", ((place, at), found))
            self.progress.step()
        yield from self._members(place, seen)
        paragraphs = [(paragraph.number, at) for each, at, _ in seen for paragraph in each.paragraphs]
        if paragraphs:
            yield pvalue.TaggedOutput("paragraphs", (place, np.array(paragraphs, np.int64).tobytes()))

    def _look(self, document: Document) -> Profile | Note:
        found = profile(document, self.settings.paragraphs)
        if len(self.contamination):
            texts = (part.text for part in document.parts() if isinstance(part, Text))
            if match := self.contamination.find(found.hashes, texts):
                return "benchmark text", str(match), 0
        return found

    def _signature(self, found: Profile) -> Signature | None:
        """None for what is not looked at for near duplicates."""
        if not self.hasher or len(found.hashes) < self.hasher.settings.words or not is_running(found.document):
            return None
        return self.hasher.signature(found.hashes)

    def _members(self, place: Range, seen: list[tuple[Profile, int, Signature | None]]) -> Iterator[Any]:
        digests = [each.digest for each, _, _ in seen]
        numbers = np.array([int.from_bytes(digest[:8], "little") for digest in digests], np.uint64)
        sketches = [b""] * len(seen)
        compared = [index for index, (*_, signature) in enumerate(seen) if signature is not None]
        if self.hasher and compared:
            signatures = np.array([seen[index][2] for index in compared])
            packed = self.hasher.sketches(signatures)
            for index, sketch in zip(compared, packed, strict=True):
                sketches[index] = sketch.tobytes()
            rows = self.hasher.band_rows(signatures, numbers[compared], packed)
            yield from (pvalue.TaggedOutput("bands", block) for block in blocks(rows))
        signed = numbers.view(np.int64).tolist()
        for number, digest, sketch, (each, at, _) in zip(signed, digests, sketches, seen, strict=True):
            yield pvalue.TaggedOutput("members", (number, (each.rank, digest, sketch, (place, at))))


# --- paragraphs ---


class RepeatedParagraphs(beam.PTransform):
    """(paragraphs by range, notes so far) -> notes of paragraphs that are in several documents of a site."""

    def __init__(self, settings: ParagraphSettings):
        super().__init__()
        self.documents = settings.documents

    def expand(self, inputs: Any) -> beam.PCollection:
        paragraphs, notes = inputs
        dropped = notes | "Dropped" >> beam.FlatMap(_dropped)
        both = (paragraphs, dropped) | beam.Flatten()
        by_range = (
            both | "Typed" >> beam.Map(as_is).with_output_types(tuple[Range, Any]) | "ByRange" >> beam.GroupByKey()
        )
        left = by_range | "Left" >> beam.FlatMap(_left).with_output_types(tuple[int, tuple[Range, bytes]])
        return left | "ByNumber" >> beam.GroupByKey() | "Count" >> beam.FlatMap(_repeated, self.documents)


def _dropped(item: tuple[Address, Note]) -> Iterator[tuple[Range, int]]:
    (place, at), (_, _, paragraph) = item
    if not paragraph:
        yield place, at


def _left(group: tuple[Range, Iterable[bytes | int]]) -> Iterator[tuple[int, tuple[Range, bytes]]]:
    """The paragraphs of documents that are not dropped, by partition."""
    place, values = group
    found = list(values)
    dropped = np.array([value for value in found if isinstance(value, int)], np.int64)
    for block in found:
        if isinstance(block, bytes):
            rows = np.frombuffer(block, np.int64).reshape(-1, 2)
            left = np.unique(rows[~np.isin(rows[:, 1], dropped)], axis=0).view(np.uint64)
            yield from ((partition, (place, part)) for partition, part in blocks(left))


def _repeated(group: tuple[int, Iterable[tuple[Range, bytes]]], documents: int) -> Iterator[tuple[Address, Note]]:
    places, parts = [], []
    for place, part in group[1]:
        places.append(place)
        parts.append(np.frombuffer(part, np.int64).reshape(-1, 2))
    rows = np.concatenate(parts)
    of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    _, inverse, counts = np.unique(rows[:, 0], return_inverse=True, return_counts=True)
    found = counts[inverse]
    for index in np.flatnonzero(found >= documents).tolist():
        number, at = rows[index].tolist()
        yield (places[of[index]], at), (REPEATED, f"in {found[index]:,} documents of the site", number)


# --- what becomes of each document ---


class _Apply(beam.DoFn):
    def __init__(self, settings: ParagraphSettings | None):
        self.settings = settings

    def process(self, noted: tuple[Document, list[Note]]) -> Iterator[Any]:
        document, notes = noted
        if not notes:
            yield document
            return
        try:
            kept, rejects = apply(document, notes, self.settings)
        except Exception as error:  # it is this document's fault
            kept, rejects = None, [failed(document.source.uri, STAGE, error, document)]
        yield from (pvalue.TaggedOutput("rejects", rejected(reject, document)) for reject in rejects)
        if kept is not None:
            yield kept
