"""Synthesise: seeds -> generate -> prove -> write shards.

A shard is a run of seeds, made and written in one go: nothing is shuffled, and equal settings give equal bytes on any
runner. Each split is a stage with a folder of its own, so that one can grow without the others being made again.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import apache_beam as beam
import pydantic
from apache_beam import pvalue

from curation.config import Config
from curation.document import Document
from curation.errors import UserError
from curation.reject import Reject
from curation.shard import ShardSet
from pipelines import files, stage
from pipelines.log import Progress
from pipelines.runner import beam_options, check_worker, code_digest
from pipelines.sink import Contents, write_manifest, write_shard
from pipelines.stage import Receipt, Stage
from pipelines.steps import Rejected, WriteRejects, failed, rejected, tally_rejected
from synth.grounding import GENERATOR, VERSION, Grounding, GroundingSettings
from synth.proof import Unproven

JOB = "synth"
CODE = ("pipelines.synthesize", "pipelines.steps", "pipelines.sink", "synth.grounding", "curation.shard")

Seeds = tuple[int, int]  # the first and the one after the last


class Generators(Config):
    grounding: GroundingSettings


class Split(Config):
    """Samples of a run of seeds; `grounding` replaces settings of the generator, for samples of another kind."""

    first_seed: int = pydantic.Field(ge=0)
    documents: int = pydantic.Field(ge=1)
    grounding: dict[str, Any] = pydantic.Field(default={}, description="settings that are other than `generator`'s")

    @property
    def seeds(self) -> range:
        return range(self.first_seed, self.first_seed + self.documents)


class SynthConfig(Config):
    output: str = pydantic.Field(min_length=1)
    generator: Generators
    splits: dict[str, Split] = pydantic.Field(min_length=1, description="each becomes the folder <output>/<name>")
    shard_documents: int = pydantic.Field(1000, ge=1, description="how many seeds make a shard")

    def settings(self, split: str) -> GroundingSettings:
        """The generator's settings in a split."""
        usual = self.generator.grounding.model_dump()
        return GroundingSettings.model_validate(usual | self.splits[split].grounding)

    @pydantic.model_validator(mode="after")
    def _replacements(self) -> "SynthConfig":
        for name in self.splits:
            try:
                self.settings(name)
            except pydantic.ValidationError as error:
                fault = error.errors()[0]
                where = ".".join(str(step) for step in fault["loc"])
                raise ValueError(f"splits.{name}.grounding.{where}: {fault['msg']}") from error
        return self

    @pydantic.model_validator(mode="after")
    def _disjoint(self) -> "SynthConfig":
        for (one, first), (other, second) in combinations(self.splits.items(), 2):
            if common := range(max(first.seeds[0], second.seeds[0]), min(first.seeds[-1], second.seeds[-1]) + 1):
                raise ValueError(f"splits {one} and {other} share the seeds {common[0]} to {common[-1]}")
        return self


def run(config: SynthConfig, arguments: Sequence[str] = ()) -> dict[str, Receipt]:
    """Runs what is not up to date; the receipt of each split by name. `arguments` are Beam's options."""
    options = beam_options(arguments)
    generators = {name: Grounding(config.settings(name)) for name in config.splits}  # says at once what is missing
    receipts = {}
    for name, split in config.splits.items():
        settings = generators[name].settings
        depends = {
            "generator": settings.model_dump(mode="json"),
            "sprites": generators[name].sprites.digest,
            "backgrounds": files.listing_digest(settings.backgrounds),
            "shard_documents": config.shard_documents,
            "seeds": [split.seeds.start, split.seeds.stop],
        }
        build = partial(_synthesize, settings, split.seeds, config.shard_documents)
        step = Stage(JOB, name, depends, CODE, build)
        receipts[name] = stage.run(step, config.output, options, f"{split.documents:,} documents")
    _check_apart(config)
    return receipts


def _synthesize(
    settings: GroundingSettings, seeds: range, per_shard: int, pipeline: beam.Pipeline, folder: str
) -> beam.PCollection:
    runs = [(start, min(start + per_shard, seeds.stop)) for start in range(seeds.start, seeds.stop, per_shard)]
    made = (
        pipeline
        | "Seeds" >> beam.Create(list(enumerate(runs)))
        | "Spread" >> beam.Reshuffle()
        | "Make" >> beam.ParDo(_MakeShard(settings, folder)).with_outputs("entries", "rejects", main="tallies")
    )
    made.rejects | "WriteRejects" >> WriteRejects(folder)
    made.entries | "Entries" >> beam.combiners.ToList() | "Commit" >> beam.Map(write_manifest, folder)
    return (made.tallies, made.rejects | "CountRejects" >> beam.FlatMap(tally_rejected)) | "Tallies" >> beam.Flatten()


class _MakeShard(beam.DoFn):
    """(number, seeds) -> one shard on disk."""

    def __init__(self, settings: GroundingSettings, folder: str):
        self.settings, self.folder, self.digest = settings, folder, code_digest(*CODE)

    def setup(self) -> None:
        check_worker(CODE, self.digest)
        self.generator = Grounding(self.settings)
        self.progress = Progress(JOB, "documents")

    def process(self, element: tuple[int, Seeds]) -> Iterator[Any]:
        number, seeds = element
        proven = _Proven(self.generator, range(*seeds), self.progress)
        entry = write_shard(self.folder, f"shard-{number:05d}", proven)
        yield ("generated",), len(range(*seeds))
        yield ("kept",), entry.documents if entry else 0
        yield from (pvalue.TaggedOutput("rejects", item) for item in proven.rejects)
        if entry:
            yield pvalue.TaggedOutput("entries", entry)


class _Proven:
    """The samples of these seeds that have a proof; the others are rejected with the evidence against them."""

    def __init__(self, generator: Grounding, seeds: range, progress: Progress):
        self.generator, self.seeds, self.progress = generator, seeds, progress
        self.rejects: list[Rejected] = []

    def __iter__(self) -> Iterator[tuple[Document, Contents]]:
        for seed in self.seeds:
            uri = f"{GENERATOR}/{VERSION}?seed={seed}"
            try:
                sample = self.generator.generate(seed)
            except Unproven as error:
                self._reject(Reject("document", uri, "prove", error.failures[0].check, str(error)))
            except Exception as error:
                self._reject(failed(uri, "generate", error))
            else:
                yield sample.document, sample.contents
            self.progress.step()

    def _reject(self, reject: Reject) -> None:
        self.rejects.append(rejected(reject))


def _check_apart(config: SynthConfig) -> None:
    """Raises UserError where a document is there twice: other seeds can still tell the same story."""
    met: dict[str, str] = {}
    for name in config.splits:
        for key in ShardSet(f"{files.plain(config.output)}/{name}").index.column("key").to_pylist():
            if key in met:
                raise UserError(f"{config.output}: document {key} is in {met[key]} and in {name}: choose other seeds")
            met[key] = name
