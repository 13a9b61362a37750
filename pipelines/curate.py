"""Curate: read -> clean -> deduplicate -> look at images -> score -> select -> write shards.

Five stages, each resumable, each a pipeline of its own:

    extract      sources -> clean documents with references to images that nobody has looked at
    deduplicate  copies, near duplicates, paragraphs that a site repeats, texts of benchmarks
    images       now fetched, looked at, cut out where they break a rule; documents that are the same by text and images
    score        the four scores of each document, and nothing decided
    shards       decided by thresholds and quotas, and written: again and again, without scoring anew
"""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import apache_beam as beam
import pydantic

from curation.clean import CleanRules
from curation.config import Config
from curation.dedup.settings import DedupSettings
from curation.document import Document
from curation.images.looker import ImageSettings, Looker
from curation.safety.policy import SafetySettings
from curation.scoring import judge
from curation.scoring.background import read_background
from curation.scoring.score import Scorer, ScoreSettings, depends
from curation.select_settings import SelectSettings
from pipelines import extract, files, stage
from pipelines.batches import BatchWork, EachBatch
from pipelines.cluster import Resources, rehearsed
from pipelines.deduplicate import CODE as DEDUPLICATE
from pipelines.deduplicate import Deduplicate
from pipelines.documents import Ranges, ReadDocuments, ReadRanges, WriteDocuments
from pipelines.extract import Extract, ReadArchived
from pipelines.images import CODE as IMAGES
from pipelines.images import ResolveImages
from pipelines.layouts import Sources
from pipelines.log import LOG
from pipelines.runner import beam_options
from pipelines.score_table import WriteScores
from pipelines.selection import Select
from pipelines.sink import ShardSettings, WriteShards
from pipelines.sources import CODE as READ
from pipelines.sources import find
from pipelines.stage import LostError, Receipt, Stage
from pipelines.steps import Count, Tally, WriteRejects, tally_kept, tally_read, tally_rejected
from pipelines.terms import TERMS, WriteTerms

JOB = "curate"
# What each stage's output depends on besides its settings (`runner.code_digest` follows imports below `pipelines`).
CHAIN = ("pipelines.curate", "pipelines.steps", "pipelines.documents")
SCORE = (*CHAIN, "pipelines.batches", "pipelines.score_table", "curation.scoring.score")
SHARDS = (*CHAIN, "pipelines.selection", "pipelines.sink", "curation.shard", "curation.select")


class CurateConfig(Config):
    sources: Sources
    output: str = pydantic.Field(min_length=1)
    clean: CleanRules = CleanRules()
    safety: SafetySettings = SafetySettings()
    deduplicate: DedupSettings = DedupSettings()
    images: ImageSettings = ImageSettings()
    score: ScoreSettings
    select: SelectSettings = SelectSettings()
    shards: ShardSettings = ShardSettings()
    resources: dict[str, Resources] = pydantic.Field({}, description="of a stage's workers on a cluster, by its name")

    @pydantic.field_validator("resources")
    @classmethod
    def _of_stages(cls, resources: dict[str, Resources]) -> dict[str, Resources]:
        if unknown := set(resources) - set(STAGES):
            raise ValueError(f"there is no stage {', '.join(sorted(unknown))}: they are {', '.join(STAGES)}")
        return resources


def run(config: CurateConfig, arguments: Sequence[str] = ()) -> dict[str, Receipt]:
    """Runs what is not up to date; the receipt of each stage by name. `arguments` are Beam's options.

    With Dataflow's `--dry_run=True` or `--template_location` nothing is run, and there are no receipts.
    """
    options = beam_options(arguments)
    found = find(config.sources, [_of(config, name) for name in STAGES])
    chain = stages(config, found.digest)
    check(config, chain)
    if rehearsed(options):
        for step in chain:
            stage.rehearse(step, config.output, options)
        return {}
    receipts: dict[str, Receipt] = {}
    size = f"{found.files:,} files, {found.bytes / 1e6:,.1f} MB"
    for step in chain:
        receipts[step.name] = stage.run(step, config.output, options, size)
        size = f"{receipts[step.name].counts.get('kept', 0):,} documents"
    _check_chain(receipts)
    LOG.info("%s: %s", JOB, conclusion(receipts))
    return receipts


def check(config: CurateConfig, chain: Sequence[Stage]) -> None:
    """Raises ConfigError for a model or list that is missing: now, and not after hours of other stages."""
    makers: dict[str, Callable[[], object]] = {
        "extract": lambda: extract.cleaner(config.clean, config.safety, config.score.language_model, ""),
        "images": lambda: Looker(config.images).close(),
        "score": lambda: Scorer(config.score),
    }
    for step in chain:
        if step.name in makers and not stage.finished(step, config.output):
            makers[step.name]()


# --- the five pipelines ---


def _extract(config: CurateConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    language_model = config.score.language_model
    return pipeline | "Extract" >> Extract(config.sources, config.clean, config.safety, language_model, folder)


def _deduplicate(config: CurateConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    ranges = pipeline | "Ranges" >> Ranges(_of(config, "extract"))
    distinct = ranges | "Deduplicate" >> Deduplicate(config.deduplicate)
    return _written(ranges | "Before" >> ReadRanges(), distinct, folder)


def _images(config: CurateConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    ranges = pipeline | "Ranges" >> Ranges(_of(config, "deduplicate"))
    archived = pipeline | "Archived" >> ReadArchived(_of(config, "extract"))
    resolved = {"ranges": ranges, "archived": archived} | "Resolve" >> ResolveImages(folder, config.images)
    resolved.documents | "Write" >> WriteDocuments(folder)
    resolved.documents | "Terms" >> WriteTerms(folder)
    resolved.rejects | "WriteRejects" >> WriteRejects(folder)
    return resolved.tallies


def _score(config: CurateConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    documents = pipeline | "Read" >> ReadDocuments(_of(config, "images"))
    scored = documents | "Score" >> EachBatch("score", partial(_scorer, config.score, _of(config, "images")), SCORE)
    scored.documents | "Table" >> WriteScores(folder)
    asked = scored.documents | "CountAsked" >> beam.ParDo(Count(_tally_judge))
    return (_written(documents, scored, folder), asked) | "Both" >> beam.Flatten()


def _shards(config: CurateConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    documents = pipeline | "Read" >> ReadDocuments(_of(config, "score"))
    selected = documents | "Select" >> Select(_of(config, "score"), config.select, SHARDS)
    written = selected.documents | "Write" >> WriteShards(folder, config.shards)
    rejects = (selected.rejects, written.rejects) | "Rejects" >> beam.Flatten()
    rejects | "WriteRejects" >> WriteRejects(folder)
    return (
        documents | "CountRead" >> beam.ParDo(Count(tally_read)),
        written.tallies | "CountKept" >> beam.ParDo(Count(lambda tally: [tally])),
        rejects | "CountRejects" >> beam.ParDo(Count(tally_rejected)),
    ) | "Tallies" >> beam.Flatten()


def _of(config: CurateConfig, name: str) -> str:
    return f"{files.plain(config.output)}/{name}"


def _written(before: beam.PCollection, after: Any, folder: str) -> beam.PCollection:
    """Writes a stage's documents and rejects; the tallies of what it read, kept and rejected."""
    after.documents | "Write" >> WriteDocuments(folder)
    after.rejects | "WriteRejects" >> WriteRejects(folder)
    return (
        before | "CountRead" >> beam.ParDo(Count(tally_read)),
        after.documents | "CountKept" >> beam.ParDo(Count(tally_kept)),
        after.rejects | "CountRejects" >> beam.ParDo(Count(tally_rejected)),
    ) | "Tallies" >> beam.Flatten()


def _scorer(settings: ScoreSettings, images: str) -> BatchWork:
    return Scorer(settings, read_background(f"{images}/{TERMS}")).score_all


def _tally_judge(document: Document) -> Iterator[Tally]:
    if outcome := judge.outcome(document.scores):
        yield ("judge", outcome), 1


# --- the chain ---

BUILD: dict[str, Callable[[CurateConfig, beam.Pipeline, str], beam.PCollection]] = {
    "extract": _extract,
    "deduplicate": _deduplicate,
    "images": _images,
    "score": _score,
    "shards": _shards,
}
STAGES = tuple(BUILD)
CODE = {
    "extract": (*CHAIN, *READ, *extract.CODE),
    "deduplicate": (*CHAIN, *DEDUPLICATE),
    "images": (*CHAIN, *IMAGES, "pipelines.terms"),
    "score": SCORE,
    "shards": SHARDS,
}


def stages(config: CurateConfig, inputs: str) -> list[Stage]:
    """`inputs` changes when a file of the sources does: pages, and the images that lie beside them."""
    whole = config.model_dump(mode="json")
    settings = {
        "extract": {
            "inputs": inputs,
            **_settings(whole, "sources", "clean", "safety"),
            "language_model": config.score.language_model,
        },
        "deduplicate": _settings(whole, "deduplicate"),
        "images": _settings(whole, "images"),
        "score": {"score": depends(config.score), "files": dict(_named_files(depends(config.score)))},
        "shards": _settings(whole, "select", "shards"),
    }
    chain: list[Stage] = []
    for name, build in BUILD.items():
        upstream = {"upstream": chain[-1].fingerprint} if chain else {}
        resources = config.resources.get(name, stage.ANY)
        chain.append(Stage(JOB, name, upstream | settings[name], CODE[name], partial(build, config), resources))
    return chain


def _settings(whole: dict[str, Any], *names: str) -> dict[str, Any]:
    """These sections, and the state of the files that they name: models, word lists, benchmarks."""
    sections = {name: whole[name] for name in names}
    named = {name: section for name, section in sections.items() if name != "sources"}
    return {**sections, "files": dict(sorted(_named_files(named)))}


def _named_files(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _named_files(item)
    elif isinstance(value, str) and os.path.isfile(value):
        yield value, f"{os.path.getsize(value)} {os.path.getmtime(value)}"
    elif isinstance(value, str) and os.path.isdir(value):
        yield value, files.listing_digest(value)


# --- nothing is lost between the stages either ---


def _check_chain(receipts: dict[str, Receipt]) -> None:
    for before, after in pairwise(receipts.values()):
        kept, read = before.counts.get("kept", 0), after.counts.get("read", 0)
        if kept != read:
            raise LostError(f"{before.stage} kept {kept} documents, but {after.stage} read {read}")


def conclusion(receipts: dict[str, Receipt]) -> str:
    """What became of the input over all stages, in one line."""
    chain = list(receipts.values())
    read, kept = chain[0].counts.get("read", 0), chain[-1].counts.get("kept", 0)
    dropped = sum(stage.total(receipt.counts.get("rejected", {}).get("document", {})) for receipt in chain)
    if read != kept + dropped:
        raise LostError(f"{read} documents read, but {kept} kept and {dropped} rejected")
    damaged = stage.total(chain[0].counts.get("rejected", {}).get("file", {}))
    text = f"{read:,} documents read = {kept:,} kept + {dropped:,} rejected"
    text += f"; {damaged:,} damaged files, see extract/rejects" if damaged else ""
    return text if kept else f"{text}: nothing was kept; the rejects beside each stage say why"
