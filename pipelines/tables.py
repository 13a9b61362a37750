"""Tables: pictures of tables, or tables that were recognised -> filter -> documents -> shards.

    vlforge tables config.yaml

A shard is a run of lines of one input file: nothing is shuffled, and equal inputs give equal bytes. Images are read
where their shard is written. What is dropped is a reject with the limits that it broke; the counts add up.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import apache_beam as beam
import pydantic
from apache_beam import pvalue

from curation import media
from curation.config import Config
from curation.document import Document, Source
from curation.errors import UserError
from curation.reject import Reject
from pipelines import files, recognise, stage
from pipelines.log import Progress
from pipelines.runner import beam_options, check_worker, code_digest
from pipelines.sink import Contents, write_manifest, write_shard
from pipelines.stage import Receipt, Stage
from pipelines.steps import Rejected, WriteRejects, failed, rejected, tally_rejected
from synth.tables.candidate import TableCandidate, from_json
from synth.tables.documents import RECOGNISER, documents
from synth.tables.recogniser import RecogniserSettings
from synth.tables.rules import FilterSettings, broken, measure

JOB = "tables"
CODE = ("pipelines.tables", "pipelines.steps", "pipelines.sink", "synth.tables.documents", "curation.shard")

Lines = tuple[str, int, int]  # a file, its first line and the one after the last


class TablesConfig(Config):
    """Tables are `candidates` that were recognised elsewhere, or `recognise` says how those of `images` are."""

    output: str = pydantic.Field(min_length=1)
    candidates: str = pydantic.Field("", description="a pattern of JSON lines files (`synth.tables.candidate`)")
    images: str = pydantic.Field("", description="the folder of the images, or that their names are relative to")
    recognise: RecogniserSettings | None = None
    licence: str = ""
    language: str = pydantic.Field("", description="of the tables; empty: that of `recognise`, where there is one")
    filter: FilterSettings = FilterSettings()
    shard_tables: int = pydantic.Field(1000, ge=1, description="how many tables make a shard")

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> "TablesConfig":
        if bool(self.candidates) == bool(self.recognise):
            raise ValueError("either candidates or recognise is wanted")
        if self.recognise and not self.images:
            raise ValueError("recognise: needs images, a folder of pictures of tables")
        return self


def run(config: TablesConfig, arguments: Sequence[str] = ()) -> Receipt:
    """Recognises and filters what is not yet; the receipt of the stage `shards`. `arguments` are Beam's options."""
    options = beam_options(arguments)
    settings = config.model_dump(mode="json", exclude={"output", "recognise"})
    pattern, before = config.candidates, ""
    if config.recognise:
        before = recognise.run(JOB, config.images, config.recognise, config.output, options).fingerprint
        pattern = f"{files.plain(config.output)}/{recognise.STAGE}/candidates-*.jsonl"
        config = config.model_copy(update={"language": config.language or config.recognise.language})
    found = sorted(files.matching(pattern), key=lambda item: item.path)
    if not found:
        raise UserError(f"{pattern}: no file of that name")
    runs = []
    for item in found:
        count = files.read(item.path).count(b"\n") + 1
        steps = range(0, count, config.shard_tables)
        runs += [(item.path, start, min(start + config.shard_tables, count)) for start in steps]
    read = before or {item.path: [item.size_in_bytes, item.last_updated_in_seconds] for item in found}
    depends = {"settings": settings, "candidates": read}
    step = Stage(JOB, "shards", depends, CODE, partial(_filter, config, runs))
    return stage.run(step, config.output, options, f"{len(found):,} files")


def _filter(config: TablesConfig, runs: list[Lines], pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    made = (
        pipeline
        | "Runs" >> beam.Create(list(enumerate(runs)))
        | "Spread" >> beam.Reshuffle()
        | "Filter" >> beam.ParDo(_MakeShard(config, folder)).with_outputs("entries", "rejects", main="tallies")
    )
    made.rejects | "WriteRejects" >> WriteRejects(folder)
    made.entries | "Entries" >> beam.combiners.ToList() | "Commit" >> beam.Map(write_manifest, folder)
    return (made.tallies, made.rejects | "CountRejects" >> beam.FlatMap(tally_rejected)) | "Tallies" >> beam.Flatten()


class _MakeShard(beam.DoFn):
    """(number, lines) -> one shard on disk, what it made, and what it left out."""

    def __init__(self, config: TablesConfig, folder: str):
        self.config, self.folder, self.digest = config, folder, code_digest(*CODE)

    def setup(self) -> None:
        check_worker(CODE, self.digest)
        self.progress = Progress(JOB, "tables")

    def process(self, element: tuple[int, Lines]) -> Iterator[Any]:
        number, (path, first, last) = element
        kept = _Kept(self.config, path, first, last, self.progress)
        entry = write_shard(self.folder, f"shard-{number:05d}", kept)
        yield ("generated",), (entry.documents if entry else 0) + len(kept.rejects)
        yield ("kept",), entry.documents if entry else 0
        yield from (pvalue.TaggedOutput("rejects", item) for item in kept.rejects)
        if entry:
            yield pvalue.TaggedOutput("entries", entry)


class _Kept:
    """The documents of the tables that pass; the others are rejected with the limits that they break."""

    def __init__(self, config: TablesConfig, path: str, first: int, last: int, progress: Progress):
        self.config, self.path, self.first, self.last, self.progress = config, path, first, last, progress
        self.rejects: list[Rejected] = []
        self.keys: set[str] = set()

    def __iter__(self) -> Iterator[tuple[Document, Contents]]:
        lines = files.read(self.path).decode(errors="replace").split("\n")
        for number, line in islice(enumerate(lines), self.first, self.last):
            if not line.strip():
                continue
            uri = f"{self.path}#{number}"
            try:
                candidate = from_json(line)
                scores = measure(candidate)
                if faults := broken(scores, self.config.filter):
                    detail = "; ".join(f"{name}: {said}" for name, said in faults)
                    self._reject(Reject("document", uri, "filter", faults[0][0], detail, scores=scores))
                else:
                    yield from self._documents(candidate, scores, uri)
            except (UserError, OSError) as error:
                self._reject(Reject("document", uri, "read", "unreadable", str(error)[:500]))
            except Exception as error:  # one table's fault until all fail
                self._reject(failed(uri, "read", error))
            self.progress.step()

    def _documents(
        self, candidate: TableCandidate, scores: dict[str, float], uri: str
    ) -> Iterator[tuple[Document, Contents]]:
        place = f"{files.plain(self.config.images)}/{candidate.image}" if self.config.images else candidate.image
        content = media.read_bytes(place)
        item = media.probe(content, candidate.image, place)
        source = Source(uri, self.config.licence, generator=RECOGNISER)
        for document in documents(candidate, item, scores, source, self.config.language):
            if document.key in self.keys:
                self._reject(Reject("document", uri, "write", "duplicate", "its shard has it already", document.key))
            else:
                self.keys.add(document.key)
                yield document, (content,)

    def _reject(self, reject: Reject) -> None:
        self.rejects.append(rejected(reject))
