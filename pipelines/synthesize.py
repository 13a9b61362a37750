"""Synthesise: seeds -> generate -> prove -> write shards.

    <output>/<recipe>/   _STAGE.json  shard-*.tar  shard-*.parquet  rejects/*.parquet  parts/*.json
                         manifest.json  _DONE.json

A shard is a run of seeds, made and written in one go: nothing is shuffled, and equal settings give equal bytes on any
runner. The shards of all recipes are one job, so that no worker waits for a recipe's last one. Each leaves a part, a
note written last: what a job that died had finished, and what a recipe that grows had made, is not made again.
"""

import dataclasses
import errno
import io
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq

from curation.config import Config
from curation.document import Document
from curation.errors import UserError
from curation.reject import Reject
from curation.shard import ShardEntry, ShardSet
from pipelines import files, stage
from pipelines.cluster import stage_options
from pipelines.log import LOG, Progress
from pipelines.mixture import SynthConfig
from pipelines.runner import beam_options, check_worker, code_digest
from pipelines.sink import Contents, write_manifest, write_shard
from pipelines.stage import ANY, Made, Receipt
from pipelines.steps import REJECT_SCHEMA, Rejected, Tally, failed, nested, reject_row, rejected, tally_rejected
from synth.generate import samples
from synth.sample import Generator, Unproven, versions

JOB = "synth"
CODE = ("pipelines.synthesize", "pipelines.steps", "pipelines.sink", "synth.generate", "curation.shard")
FULL = (errno.ENOSPC, errno.EDQUOT)

Shard = tuple[str, int, int, int]  # recipe, number, the first seed and the one after the last


@dataclass(frozen=True)
class Work:
    """A recipe as its workers know it; `grain` is the digest of all that decides a shard besides its seeds."""

    name: str
    folder: str
    generator: type[Generator]
    settings: Config
    licence: str
    audit: float
    grain: str
    code: str  # digest

    @property
    def modules(self) -> tuple[str, ...]:
        return (*CODE, self.generator.__module__)


def run(config: SynthConfig, arguments: Sequence[str] = ()) -> dict[str, Receipt]:
    """Runs what is not up to date; the receipt of each recipe by name. `arguments` are Beam's options.

    Raises UserError before any work where a font, a folder or a browser is missing.
    """
    options = beam_options(arguments)
    output = files.plain(config.output)
    made = {name: _made(config, name) for name in config.recipes}
    receipts, pending = {}, []
    for name, each in made.items():
        if receipt := stage.finished(each, output):
            LOG.info("%s: up to date", each.label)
            receipts[name] = receipt
        else:
            pending.append(_work(config, each))
    _make(config, pending, made, stage_options(options, JOB, "recipes", ANY))
    for work in pending:
        receipts[work.name] = _commit(work, made[work.name], config)
    _check_apart(output, list(made))
    return {name: receipts[name] for name in made}


def _made(config: SynthConfig, name: str) -> Made:
    """All that decides the samples of a recipe. The generator is made, and says at once what is missing."""
    settings = config.settings(name)
    generator = config.generator(name)(settings)
    try:
        depends = {
            "generator": generator.name,
            "version": generator.version,
            "settings": settings.model_dump(mode="json"),
            "digest": generator.digest,
            "tools": dict(versions(generator.tools)),
            "licence": config.licence,
            "audit": config.audit,
            "shard_seeds": config.shard_seeds,
            "seeds": config.shares()[name],
        }
    finally:
        generator.close()
    return Made(JOB, name, depends, (*CODE, type(generator).__module__))


def _work(config: SynthConfig, made: Made) -> Work:
    depends = {key: value for key, value in made.depends.items() if key != "seeds"}
    grain = dataclasses.replace(made, depends=depends).fingerprint
    name = made.name
    folder, generator = f"{files.plain(config.output)}/{name}", config.generator(name)
    common = config.settings(name), config.licence, config.audit
    return Work(name, folder, generator, *common, grain, code_digest(*made.code))


# --- the job: the shards that are not there yet, of all recipes ---


def _make(config: SynthConfig, pending: Sequence[Work], made: dict[str, Made], options: Any) -> None:
    shards: list[Shard] = []
    for work in pending:
        wanted = _shards(work.name, config)
        there = [shard for shard in wanted if _part(work, shard)]
        stage.begin(made[work.name], work.folder, {path for shard in there for path in _paths(work, shard)})
        shards += [shard for shard in wanted if shard not in there]
        said = f", {len(there):,} of {len(wanted):,} shards are there" if there else ""
        LOG.info("%s: %s seeds%s", made[work.name].label, f"{made[work.name].depends['seeds']:,}", said)
    if shards:
        build = partial(_build, {work.name: work for work in pending}, shards)
        stage.run_pipeline(JOB, build, options, pending[0].folder)


def _build(works: dict[str, Work], shards: list[Shard], pipeline: beam.Pipeline) -> None:
    # In the order of the recipes: dealt out in turn, every worker gets as much of each.
    pipeline | "Shards" >> beam.Create(shards) | "Spread" >> beam.Reshuffle() | "Make" >> beam.ParDo(_MakeShard(works))


def _shards(name: str, config: SynthConfig) -> list[Shard]:
    size, seeds = config.shard_seeds, config.shares()[name]
    return [(name, number, start, min(start + size, seeds)) for number, start in enumerate(range(0, seeds, size))]


class _MakeShard(beam.DoFn):
    """A shard on disk, its rejects, and its part. A recipe's generator is made once a worker."""

    def __init__(self, works: dict[str, Work]):
        self.works = works

    def setup(self) -> None:
        self.generators: dict[str, Generator] = {}
        self.progress: dict[str, Progress] = {}

    def process(self, shard: Shard) -> None:
        work = self.works[shard[0]]
        if work.name not in self.generators:
            check_worker(work.modules, work.code)
            self.generators[work.name] = work.generator(work.settings)
            self.progress[work.name] = Progress(f"{JOB}/{work.name}", "samples")
        try:
            make_shard(work, shard, self.generators[work.name], self.progress[work.name])
        except OSError as error:
            if error.errno in FULL:
                raise UserError(f"{work.folder}: {error.strerror}: make room and run it again to go on") from error
            raise

    def teardown(self) -> None:
        while self.generators:
            self.generators.popitem()[1].close()


def make_shard(work: Work, shard: Shard, generator: Generator, progress: Progress) -> None:
    """Generates, proves and writes the samples of a shard's seeds. Equal work gives equal files."""
    _, number, *seeds = shard
    start, cpu = time.monotonic(), stage.cpu_seconds()
    proven = _Proven(work, generator, range(*seeds), progress)
    entry = write_shard(work.folder, f"shard-{number:05d}", proven)
    if proven.rejects:
        rows = pa.Table.from_pylist([reject_row(item) for item in proven.rejects], REJECT_SCHEMA)
        content = io.BytesIO()
        pq.write_table(rows, content, compression="zstd")
        files.write(f"{work.folder}/rejects/rejects-{number:05d}.parquet", content.getvalue())
    part = {
        **{"grain": work.grain, "seeds": seeds, "entry": vars(entry) if entry else None},
        **{"counts": sorted(proven.counts().items())},
        **{"seconds": time.monotonic() - start, "cpu_seconds": stage.cpu_seconds() - cpu},
    }
    files.write(_paths(work, shard)[0], json.dumps(part, indent=1).encode())


class _Proven:
    """The samples of these seeds that have a proof; the others are rejected with the evidence against them."""

    def __init__(self, work: Work, generator: Generator, seeds: range, progress: Progress):
        self.work, self.generator, self.seeds, self.progress = work, generator, seeds, progress
        self.rejects: list[Rejected] = []
        self.keys: set[str] = set()

    def __iter__(self) -> Iterator[tuple[Document, Contents]]:
        for seed in self.seeds:
            uri = f"{self.generator.name}/{self.generator.version}?recipe={self.work.name}&seed={seed}"
            try:
                for sample in samples(self.generator, self.work.name, seed, self.work.audit):
                    if isinstance(sample, Unproven):
                        self._reject(Reject("document", uri, "prove", sample.failures[0].check, str(sample)))
                    elif (key := sample.document.key) in self.keys:
                        self._reject(Reject("document", uri, "generate", "duplicate", "its shard has it already", key))
                    else:
                        self.keys.add(key)
                        yield self._licensed(sample.document), sample.contents
                    self.progress.step()
            except Exception as error:  # the generator's fault, and this seed's alone until all fail (`stage.conclude`)
                if isinstance(error, OSError) and error.errno in FULL:
                    raise
                self._reject(failed(uri, "generate", error))

    def _licensed(self, document: Document) -> Document:
        licence = "; ".join(filter(None, (self.work.licence, document.source.licence)))
        return dataclasses.replace(document, source=dataclasses.replace(document.source, licence=licence))

    def _reject(self, reject: Reject) -> None:
        self.rejects.append(rejected(dataclasses.replace(reject, dataset=self.work.name)))

    def counts(self) -> Counter[tuple[str, ...]]:
        """Tallies. What was generated is every draft, and every seed that failed."""
        sums: Counter[tuple[str, ...]] = Counter()
        tallies: list[Tally] = [(("generated",), len(self.keys) + len(self.rejects)), (("kept",), len(self.keys))]
        for path, number in [*tallies, *(each for item in self.rejects for each in tally_rejected(item))]:
            sums[path] += number
        return sums


# --- parts: what is there ---


def _paths(work: Work, shard: Shard) -> list[str]:
    """The part of a shard, which is written last, and all that it vouches for."""
    number = f"{shard[1]:05d}"
    names = f"parts/shard-{number}.json", f"shard-{number}.tar", f"shard-{number}.parquet"
    return [f"{work.folder}/{name}" for name in (*names, f"rejects/rejects-{number}.parquet")]


def _part(work: Work, shard: Shard) -> dict[str, Any] | None:
    """What the part of a shard says, where the shard is there and was made by the same work from the same seeds."""
    path, tar, index, _ = _paths(work, shard)
    try:
        part = json.loads(files.read(path))
        same = part["grain"] == work.grain and part["seeds"] == list(shard[2:])
        whole = part["entry"] is None or (files.exists(tar) and files.exists(index))
    except (OSError, LookupError, TypeError, ValueError):
        return None
    return part if same and whole else None


def _commit(work: Work, made: Made, config: SynthConfig) -> Receipt:
    """The manifest and the receipt of a recipe; its seconds are those that its workers took, added up."""
    parts = [_part(work, shard) for shard in _shards(work.name, config)]
    if missing := parts.count(None):
        raise stage.StageError(f"{made.label}: the job ended without {missing:,} of its shards: see the job's own log")
    done = [part for part in parts if part]
    write_manifest([ShardEntry(**part["entry"]) for part in done if part["entry"]], work.folder)
    counts = nested((tuple(path), number) for part in done for path, number in part["counts"])
    seconds, cpu = (sum(part[name] for part in done) for name in ("seconds", "cpu_seconds"))
    return stage.conclude(made, work.folder, counts, seconds, cpu)


def _check_apart(output: str, names: Sequence[str]) -> None:
    """Raises UserError where a document is in two recipes: other seeds can still tell the same story, and what is held
    out must not be trained on. One that is twice in a recipe is only told of."""
    met: dict[str, str] = {}
    for name in names:
        found = ShardSet(f"{output}/{name}").index.column("key").to_pylist()
        own = set(found)
        if shared := sorted(own & met.keys()):
            said = "give one of them another name, or settings that leave it more to choose from"
            raise UserError(f"{output}: document {shared[0]} is in {met[shared[0]]} and in {name}: {said}")
        if len(own) < len(found):
            LOG.warning("%s/%s: %s documents are there more than once", JOB, name, f"{len(found) - len(own):,}")
        met |= dict.fromkeys(own, name)
