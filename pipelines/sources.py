"""Sources, found and read: any number of folders, files and patterns, each of its layout (`pipelines.layouts`).

Only the names of files and the bounds of their parts are shuffled; what is read goes straight into the next step.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.io.filesystem import FileMetadata, FileSystem

from curation.errors import UserError
from curation.reading.record import COLUMNS
from curation.reading.streams import plain_name
from curation.reject import Reject
from pipelines import files, stage
from pipelines.layouts import Documents, HtmlFolder, Source, is_pattern
from pipelines.log import Progress
from pipelines.readers import RANGE, STAGE, Part, read_part, split
from pipelines.runner import check_worker, code_digest
from pipelines.steps import rejected
from pipelines.store import Archived, stored

# What the records depend on besides the settings (`runner.code_digest` follows imports below `pipelines`).
CODE = ("pipelines.sources", "pipelines.readers", "pipelines.layouts", "pipelines.store")


@dataclass(frozen=True)
class Found:
    """How much there is to read; `digest` changes when a file does, as far as its name, size and time tell."""

    files: int
    bytes: int
    digest: str


def find(sources: Sequence[Source], outputs: Sequence[str] = ()) -> Found:
    """Lists all sources. Raises UserError with one line where one has nothing to read, or would read the `outputs`."""
    digest, count, size = hashlib.sha256(), 0, 0
    outputs = [_absolute(output) for output in outputs]
    for number, source in enumerate(sources):
        where = f"sources.{number} ({source.layout}): {source.path}"
        files.check_place(source.path)
        _check_apart(source.path, where, outputs)
        try:
            every = _listing(source)
        except OSError as error:
            raise UserError(f"{where}: cannot list it: {' '.join(str(error).split())}") from error
        fitting = list(_fitting(source, every))
        if not fitting:
            raise UserError(f"{where}: {_nothing(source, every)}")
        for file in fitting if is_pattern(source.path) else ():
            _check_apart(file.path, where, outputs)
        _check_columns(source, where, fitting[0])
        count, size = count + len(fitting), size + sum(file.size_in_bytes for file in fitting)
        for file in every if isinstance(source, HtmlFolder) else fitting:  # a page's images lie beside it
            digest.update(f"{file.path}\0{file.size_in_bytes}\0{file.last_updated_in_seconds}\n".encode())
    return Found(count, size, digest.hexdigest()[:16])


def _check_apart(path: str, where: str, outputs: Sequence[str]) -> None:
    """A stage empties its folder before it runs; and what a source finds in one, it would read the next time."""
    read = _absolute(path)
    for written in outputs:
        if not is_pattern(path) and (written == read or written.startswith(f"{read}/")):
            raise UserError(f"{where}: the output {written} lies in it: choose an output elsewhere")
        if read.startswith(f"{written}/"):
            raise UserError(f"{where}: {path} lies in the output {written}, which this job empties: choose another")


def _absolute(path: str) -> str:
    return path if "://" in path else os.path.abspath(path)


def list_files(source: Source) -> list[FileMetadata]:
    """The files of a source, by path."""
    return list(_fitting(source, _listing(source)))


def _listing(source: Source) -> list[FileMetadata]:
    """All that lies at the path: what matches it, a folder's files, or a file."""
    path = source.path
    below = [] if is_pattern(path) else files.walk(path)
    return below if below or os.path.isdir(path) else files.matching(path)


def _fitting(source: Source, every: Sequence[FileMetadata]) -> Iterator[FileMetadata]:
    folder = f"{source.path}/"
    below = bool(every) and not is_pattern(source.path) and every[0].path != source.path
    names = {file.path.removeprefix(folder): file for file in every}
    if isinstance(source, HtmlFolder):
        wanted = page_filter(source.pattern) if below else lambda _: True
    elif isinstance(source, Documents) and below and stage.RECEIPT in names:
        wanted = page_filter("documents-*.jsonl")  # and not its rejects
    elif below:
        wanted = source.fits
    else:
        wanted = lambda path: source.fits(path.rpartition("/")[2].lstrip("_."))  # noqa: E731 (named outright)
    yield from (file for name, file in names.items() if wanted(name))


def page_filter(pattern: str) -> Callable[[str], bool]:
    """Whether a path below a folder matches; `**/` also matches no folder at all, as in a shell."""
    whole = re.compile(FileSystem.translate_pattern(pattern))
    return lambda path: bool(whole.match(path) or whole.match("/" + path))


def _nothing(source: Source, every: Sequence[FileMetadata]) -> str:
    if not every:
        exists = os.path.isdir(source.path)
        return "the folder is empty" if exists else "there is no such file or folder"
    wanted = f"matches {source.pattern}" if isinstance(source, HtmlFolder) else f"ends in {', '.join(source.endings)}"
    endings = Counter(re.search(r"(\.[^./]*)?$", plain_name(file.path))[0] for file in every)  # type: ignore[index]
    holds = ", ".join(f"{number:,} {ending or 'without an ending'}" for ending, number in endings.most_common(3))
    return f"no file {wanted} (there are {holds}): is it another layout?"


def _check_columns(source: Source, where: str, file: FileMetadata) -> None:
    """A table without the columns that its layout has is found out now, and not a row at a time."""
    if not plain_name(file.path).endswith((".parquet", ".csv", ".tsv")):
        return
    part = split(source, 0, file.path, file.size_in_bytes)[:1]
    for item in islice(read_part(source, part[0]), 1) if part else ():
        if isinstance(item, Reject) and item.reason == COLUMNS:
            raise UserError(f"{where}: {file.path}: {item.detail}")


# --- on the workers ---


class ReadRecords(beam.PTransform):
    """Sources -> `records` (Record, Document), `rejects` (Rejected) and `archived` (Archived: images found in WARCs).

    Images that a source holds as bytes are written below `blobs`; records refer to them.
    """

    def __init__(self, sources: Sequence[Source], blobs: str, target: int = RANGE):
        super().__init__()
        self.sources, self.blobs, self.target = list(sources), blobs, target

    def expand(self, start: Any) -> Any:
        sources, target = self.sources, self.target
        return (
            start
            | "Sources" >> beam.Create(list(range(len(sources))))
            | "List" >> beam.FlatMap(lambda number: _list(sources, number)).with_output_types(tuple[int, str, int])
            | "Files" >> beam.Reshuffle()
            | "Split" >> beam.FlatMap(lambda file: _split(sources, target, *file)).with_output_types(_Element)
            | "Parts" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(_Read(sources, self.blobs)).with_outputs("rejects", "archived", main="records")
        )


_Element = tuple[int, str, int, int, int]  # a Part as Beam codes it


def _list(sources: Sequence[Source], number: int) -> Iterator[tuple[int, str, int]]:
    yield from ((number, file.path, file.size_in_bytes) for file in list_files(sources[number]))


def _split(sources: Sequence[Source], target: int, number: int, path: str, size: int) -> Iterator[_Element]:
    yield from ((*part,) for part in split(sources[number], number, path, size, target))


class _Read(beam.DoFn):
    def __init__(self, sources: Sequence[Source], blobs: str):
        self.sources, self.blobs = sources, blobs
        self.digest = code_digest(*CODE)

    def setup(self) -> None:
        check_worker(CODE, self.digest)
        self.progress = Progress(STAGE, "records")

    def process(self, element: _Element) -> Iterator[Any]:
        part = Part(*element)
        for item in stored(read_part(self.sources[part.source], part), self.blobs):
            if isinstance(item, Reject):
                yield pvalue.TaggedOutput("rejects", rejected(item))
            elif isinstance(item, Archived):
                yield pvalue.TaggedOutput("archived", item)
            else:
                yield item
                self.progress.step()
