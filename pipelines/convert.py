"""Convert: human-labelled data sets -> rows by image, episode or video -> Documents -> shards.

Annotation files name their images in any order, so they are read once and their rows are laid down in runs, each
sorted by part; a part holds the rows of every image whose name falls into it, and becomes one shard. So no row is
shuffled, memory holds a run or a part and never a data set, and equal inputs give equal bytes on any runner.
What is said here of images holds of the episodes of trajectories and of videos as well.
"""

import hashlib
import json
import os
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import apache_beam as beam
import pydantic
import zstandard
from apache_beam import pvalue

from curation.config import Config
from curation.errors import MediaError, UserError
from curation.media import read_bytes
from curation.reject import Reject
from pipelines import files, stage
from pipelines.log import Progress
from pipelines.runner import beam_options, check_worker, code_digest
from pipelines.sink import write_manifest, write_shard
from pipelines.stage import LostError, Receipt, Stage
from pipelines.steps import Rejected, WriteRejects, failed, rejected, tally_kept, tally_rejected
from synth.convert.converted import Converted, Converter, Sample, annotations
from synth.convert.layouts import How, Layout, converter
from synth.convert.moments.settings import MomentQuestions
from synth.convert.pictures import Pictures
from synth.convert.rows import WHOLE, Row, Tables
from synth.convert.settings import Questions, Rules
from synth.convert.sources import annotation_files
from synth.convert.trajectories.settings import Views

JOB = "convert"
CODE = ("pipelines.convert", "pipelines.steps", "pipelines.sink", "synth.convert.layouts", "synth.convert.sources")
RUN = 64 << 20  # bytes of rows that a worker holds before it lays them down
WHOLE_PART = -1  # of rows about a whole data set

_ENCODER = json.JSONEncoder(separators=(",", ":"))  # made once: a data set has millions of rows

Place = tuple[str, int, int]  # a run's file, and the bytes of a part in it


class ConvertConfig(Config):
    output: str = pydantic.Field(min_length=1)
    sources: list[Layout] = pydantic.Field(min_length=1)
    questions: Questions = pydantic.Field(Questions(), description="about images")
    rules: Rules = pydantic.Field(Rules(), description="of boxes")
    trajectories: Views = pydantic.Field(Views(), description="of the actions of agents")
    moments: MomentQuestions = pydantic.Field(MomentQuestions(), description="about videos")
    shards: int = pydantic.Field(64, ge=1, le=65_536, description="how many; a worker holds the rows of one")
    seed: int = pydantic.Field(0, ge=0, description="of the choice of questions and wordings")

    @pydantic.model_validator(mode="after")
    def _apart(self) -> "ConvertConfig":
        often = Counter(source.dataset for source in self.sources)
        if twice := [name for name, number in often.items() if number > 1]:
            raise ValueError(f"sources: two are called {twice[0]}: give one another by `name:`")
        return self


def run(config: ConvertConfig, arguments: Sequence[str] = ()) -> dict[str, Receipt]:
    """Runs what is not up to date: the receipts of `annotations` and `shards`. `arguments` are Beam's options."""
    options = beam_options(arguments)
    named = [file.path for source in config.sources for file in annotation_files(source)]
    _check_readable(named)
    for source in config.sources:
        Pictures(source.places)  # says at once which archive cannot be read
    sources = [source.model_dump(mode="json") for source in config.sources]
    reading = {"sources": sources, "files": _digest(named), "shards": config.shards}
    read = Stage(JOB, "annotations", reading, CODE, partial(_read, config))
    read_receipt = stage.run(read, config.output, options, f"{len(named)} files")
    writing = {
        "annotations": read.fingerprint,
        "images": _digest([place for source in config.sources for place in source.places]),
        "settings": config.model_dump(mode="json", include={"questions", "rules", "trajectories", "moments", "seed"}),
    }
    folder = f"{files.plain(config.output)}/annotations"
    write = Stage(JOB, "shards", writing, CODE, partial(_write, config, folder))
    receipt = stage.run(write, config.output, options, f"{config.shards} shards")
    _check_annotations(receipt)
    return {"annotations": read_receipt, "shards": receipt}


def _check_readable(paths: Sequence[str]) -> None:
    for path in paths:
        if not files.exists(path):
            raise UserError(f"{path}: there is no such annotation file")


def _digest(places: Sequence[str]) -> str:
    """Changes when a file at or below one of the places does, as far as its name, size and time tell."""
    digest = hashlib.sha256()
    for place in places:
        found = files.walk(place) if os.path.isdir(place) else files.matching(place)
        if not found:
            raise UserError(f"{place}: there is no such file, or the folder is empty")
        for file in found:
            digest.update(f"{file.path}\0{file.size_in_bytes}\0{file.last_updated_in_seconds}\n".encode())
    return digest.hexdigest()[:16]


def _check_annotations(receipt: Receipt) -> None:
    counts = receipt.counts.get("annotations", {})
    found, kept, dropped = (stage.total(counts.get(name, {})) for name in ("found", "kept", "dropped"))
    if found != kept + dropped:
        raise LostError(f"{JOB}/shards: {found} annotations, but {kept} kept and {dropped} dropped")


# --- annotations: files -> runs of rows, sorted by part ---


def _read(config: ConvertConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    numbered = [
        (number, place)
        for number, source in enumerate(config.sources)
        for place in range(len(annotation_files(source)))
    ]
    return (
        pipeline
        | "Files" >> beam.Create(numbered)
        | "Spread" >> beam.Reshuffle()
        | "Read" >> beam.ParDo(_LayDown(config, folder))
    )


class _LayDown(beam.DoFn):
    """(source, file) -> runs on disk: `<source>-<file>-<run>.rows`, and beside it which bytes are which part's."""

    def __init__(self, config: ConvertConfig, folder: str):
        self.config, self.folder, self.digest = config, folder, code_digest(*CODE)

    def setup(self) -> None:
        check_worker(CODE, self.digest)
        self.progress = Progress(f"{JOB}/annotations", "rows")

    def process(self, element: tuple[int, int]) -> Iterator[Any]:
        source, number = element
        dataset = self.config.sources[source].dataset
        parts: dict[int, list[str]] = defaultdict(list)
        kinds: Counter[str] = Counter()
        held, runs = 0, 0
        for row in annotation_files(self.config.sources[source])[number].rows():
            line = _ENCODER.encode([source, *row])
            parts[_part(dataset, row.image, self.config.shards)].append(line)
            held += len(line) + 100  # as Python holds it
            if held >= RUN:
                _lay_down(f"{self.folder}/{source:03d}-{number:05d}-{runs:05d}", parts)
                held, runs = 0, runs + 1
                parts.clear()
            kinds[row.kind] += 1
            self.progress.step()
        _lay_down(f"{self.folder}/{source:03d}-{number:05d}-{runs:05d}", parts)
        yield from ((("rows", dataset, kind), count) for kind, count in kinds.items())
        yield from (((word,), 1) for word in ("read", "kept"))  # a file


def _part(dataset: str, image: str, parts: int) -> int:
    return WHOLE_PART if image == WHOLE else zlib.crc32(f"{dataset}\n{image}".encode(errors="backslashreplace")) % parts


def _lay_down(path: str, parts: dict[int, list[str]]) -> None:
    places: dict[int, tuple[int, int]] = {}
    with files.written_whole(f"{path}.rows") as file:
        end = 0
        for part, lines in sorted(parts.items()):
            content = zstandard.compress("\n".join(lines).encode(), 3)
            file.write(content)
            places[part] = (end, len(content))
            end += len(content)
    files.write(f"{path}.json", json.dumps(places).encode())


# --- shards: a part -> its images' documents ---


def _write(config: ConvertConfig, rows: str, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    made = (
        pipeline
        | "Parts" >> beam.Create(list(range(config.shards)))
        | "Spread" >> beam.Reshuffle()
        | "Make" >> beam.ParDo(_MakeShard(config, rows, folder)).with_outputs("entries", "rejects", main="tallies")
    )
    made.rejects | "WriteRejects" >> WriteRejects(folder)
    made.entries | "Entries" >> beam.combiners.ToList() | "Commit" >> beam.Map(write_manifest, folder)
    return (made.tallies, made.rejects | "CountRejects" >> beam.FlatMap(tally_rejected)) | "Tallies" >> beam.Flatten()


class _MakeShard(beam.DoFn):
    """A part's number -> one shard on disk."""

    def __init__(self, config: ConvertConfig, rows: str, folder: str):
        self.config, self.rows, self.folder, self.digest = config, rows, folder, code_digest(*CODE)

    def setup(self) -> None:
        check_worker(CODE, self.digest)
        self.places = _places(self.rows)
        tables = [Tables() for _ in self.config.sources]
        for source, row in _rows(self.places.get(WHOLE_PART, [])):
            tables[source].add(row)
        config = self.config
        how = How(config.questions, config.rules, config.trajectories, config.moments, config.seed)
        self.converters = [converter(source, table, how) for source, table in zip(config.sources, tables, strict=True)]
        self.progress = Progress(JOB, "images")

    def process(self, part: int) -> Iterator[Any]:
        images: dict[tuple[int, str], list[Row]] = defaultdict(list)
        for source, row in _rows(self.places.get(part, [])):
            images[source, row.image].append(row)
        converted = _Documents(self.converters, images, self.progress)
        entry = write_shard(self.folder, f"shard-{part:05d}", converted)
        yield from converted.tallies.items()
        yield from (pvalue.TaggedOutput("rejects", item) for item in converted.rejects)
        if entry:
            yield pvalue.TaggedOutput("entries", entry)


class _Documents:
    """The documents of images, by data set and image; one that has none is rejected with the reason."""

    def __init__(self, converters: Sequence[Converter], images: dict[tuple[int, str], list[Row]], progress: Progress):
        self.converters, self.images, self.progress = converters, images, progress
        self.tallies: Counter[tuple[str, ...]] = Counter()
        self.rejects: list[Rejected] = []
        self.met: set[str] = set()  # keys of documents

    def __iter__(self) -> Iterator[Sample]:
        for (source, image), rows in sorted(self.images.items()):
            converter = self.converters[source]
            dataset = converter.layout.dataset
            uri = f"{dataset}#{image}"
            found = annotations(rows)
            self.tallies["annotations", "found", dataset] += found
            try:
                made = converter.convert(image, rows)
            except MediaError as error:
                self._reject(Reject("document", uri, JOB, error.reason, error.args[1], dataset=dataset))
                self._drop(found, dataset, f"{converter.noun} rejected")
            except Exception as error:  # whatever it was, it is one image's fault until all fail
                self._reject(replace(failed(uri, JOB, error), dataset=dataset))
                self._drop(found, dataset, f"{converter.noun} rejected")
            else:
                new = list(self._new(made))
                if new:
                    self._count(made, dataset)
                else:
                    self._drop(found, dataset, f"{converter.noun} rejected")
                yield from new
            self.progress.step()

    def _new(self, made: Converted) -> Iterator[Sample]:
        """Samples that no other was before; the rest are rejected."""
        for document, contents in made.samples:
            source = document.source
            if document.key in self.met:
                said = f"{source.uri}: another document is the same"
                self._reject(Reject("document", source.uri, JOB, "duplicate", said, dataset=source.dataset))
                continue
            self.met.add(document.key)
            self.tallies[("read",)] += 1
            self.tallies["images", "found"] += len(document.images_shown())
            self.tallies.update(dict(tally_kept(document)))
            yield document, contents

    def _reject(self, reject: Reject) -> None:
        self.tallies[("read",)] += 1
        self.rejects.append(rejected(reject))

    def _count(self, made: Converted, dataset: str) -> None:
        self.tallies["annotations", "kept", dataset] += made.kept
        for name, counts in (("dropped", made.dropped), ("mended", made.mended)):
            for reason, number in counts.items():
                self.tallies["annotations", name, dataset, reason] += number

    def _drop(self, found: int, dataset: str, reason: str) -> None:
        if found:
            self.tallies["annotations", "dropped", dataset, reason] += found


def _places(folder: str) -> dict[int, list[Place]]:
    """Where the rows of each part lie."""
    places: dict[int, list[Place]] = defaultdict(list)
    for file in files.listing(folder):
        name = file.path.rpartition("/")[2]
        if name.endswith(".json") and name.count("-") == 2:
            for part, (start, length) in json.loads(files.read(file.path)).items():
                places[int(part)].append((file.path.removesuffix(".json") + ".rows", start, length))
    return places


def _rows(places: Sequence[Place]) -> Iterator[tuple[int, Row]]:
    for path, start, length in places:
        for line in zstandard.decompress(read_bytes(path, start, length)).decode().split("\n"):
            source, *row = json.loads(line)
            yield source, Row(*row)
