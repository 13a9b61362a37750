"""Documents in the files of a stage: written as lines of JSON, read by ranges of bytes.

Only ranges and notes are ever shuffled, never documents: a step that has to compare documents with each other (all
that removes duplicates does) takes what it needs of each, shuffles that, and comes back with notes for some of them;
`WithNotes` then reads each range again and hands every document on with its notes. So memory does not grow with the
documents, on a runner that keeps what it shuffles in memory.
"""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from curation.document import Document
from pipelines import files

RANGE = 4 << 20  # bytes: some hundreds of documents, and few enough ranges to list
SMALLEST, SPREAD = 1 << 18, 16  # of a folder that is not large: so many ranges, for workers to have equal shares

Range = tuple[str, int, int]  # a file, its first byte and the one after its last; a line belongs where it starts
Address = tuple[Range, int]  # and the place of a document's first byte in its file


class WriteDocuments(beam.PTransform):
    """Documents by reference, a line of JSON each, for the next stage to read."""

    def __init__(self, folder: str):
        super().__init__()
        self.prefix = f"{folder}/documents"

    def expand(self, documents: beam.PCollection) -> Any:
        lines = documents | "ToJson" >> beam.Map(Document.to_json).with_output_types(str)
        return lines | beam.io.WriteToText(self.prefix, file_name_suffix=".jsonl")


class Ranges(beam.PTransform):
    """The ranges of a folder's documents, spread over the workers."""

    def __init__(self, folder: str):
        super().__init__()
        self.folder = folder

    def expand(self, start: Any) -> beam.PCollection:
        folder = start | "Folder" >> beam.Create([self.folder])
        return folder | "List" >> beam.FlatMap(list_ranges).with_output_types(Range) | "Spread" >> beam.Reshuffle()


class ReadDocuments(beam.PTransform):
    """The inverse of WriteDocuments."""

    def __init__(self, folder: str):
        super().__init__()
        self.folder = folder

    def expand(self, start: Any) -> beam.PCollection:
        return start | "Ranges" >> Ranges(self.folder) | "Read" >> ReadRanges()


class ReadRanges(beam.PTransform):
    """Ranges -> Documents."""

    def expand(self, ranges: beam.PCollection) -> beam.PCollection:
        return ranges | beam.FlatMap(lambda place: (document for _, document in read_range(place)))


class ReadAddressed(beam.PTransform):
    """Ranges -> (Address, Document)."""

    def expand(self, ranges: beam.PCollection) -> beam.PCollection:
        return ranges | beam.FlatMap(lambda place: (((place, at), document) for at, document in read_range(place)))


class WithNotes(beam.PTransform):
    """{"ranges": Range, "notes": (Address, note)} -> (Document, its notes): every document once, in no order.

    A document's notes come sorted, so that their order does not depend on the workers: they must compare.
    """

    def expand(self, inputs: Any) -> beam.PCollection:
        ranges = inputs["ranges"] | "Keyed" >> beam.Map(lambda place: (place, None)).with_output_types(
            tuple[Range, None]
        )
        notes = inputs["notes"] | "ByRange" >> beam.Map(
            lambda item: (item[0][0], (item[0][1], item[1]))
        ).with_output_types(tuple[Range, Any])
        joined = {"ranges": ranges, "notes": notes} | "Join" >> beam.CoGroupByKey()
        return joined | "Read" >> beam.FlatMap(_noted)


def _noted(group: tuple[Range, dict[str, Any]]) -> Iterator[tuple[Document, list[Any]]]:
    place, joined = group
    notes: dict[int, list[Any]] = {}
    for at, note in joined["notes"]:
        notes.setdefault(at, []).append(note)
    for at, document in read_range(place):
        yield document, sorted(notes.get(at, []))


def list_ranges(folder: str) -> Iterator[Range]:
    every = {file.path.removeprefix(f"{folder}/"): file for file in files.listing(folder)}
    found = [file for name, file in every.items() if name.startswith("documents-") and name.endswith(".jsonl")]
    length = min(max(sum(file.size_in_bytes for file in found) // SPREAD, SMALLEST), RANGE)
    for file in found:
        size = file.size_in_bytes
        yield from ((file.path, start, min(start + length, size)) for start in range(0, size, length))


def read_range(place: Range) -> Iterator[tuple[int, Document]]:
    """The documents whose lines start within the range, each with the place of its first byte."""
    path, start, end = place
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        at = start
        if start:  # the line that the byte before belongs to is the range before's
            file.seek(start - 1)
            at = start - 1 + len(file.readline())
        while at < end:
            line = file.readline()
            if not line:
                return
            yield at, Document.from_json(line)
            at += len(line)
