"""Curate: read pages -> clean -> drop duplicates -> score -> select -> write shards.

Three stages, each resumable: `extract` makes documents of pages, `score` looks at them with models, `shards` decides by
thresholds and writes. So thresholds can be tried again and again without scoring anew.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import apache_beam as beam
import pydantic
from apache_beam.io.filesystem import FileSystem

from curation import clean, media
from curation.clean import CleanRules
from curation.config import Config
from curation.document import Document
from curation.errors import MediaError, UserError
from curation.reject import Reject
from curation.scoring.score import Scorer, ScoreSettings
from curation.select import Thresholds, decide
from pipelines import files, stage
from pipelines.documents import ReadDocuments, WriteDocuments
from pipelines.log import LOG
from pipelines.runner import beam_options
from pipelines.sink import ShardSettings, WriteShards
from pipelines.stage import LostError, Receipt, Stage
from pipelines.steps import (
    DropDuplicates,
    Each,
    Work,
    WriteRejects,
    tally_kept,
    tally_read,
    tally_rejected,
)

JOB = "curate"
# What each stage's output depends on besides its settings (`runner.code_digest` follows their imports).
CODE = ("pipelines.curate", "pipelines.steps")
EXTRACT = (*CODE, "curation.clean")
SCORE = (*CODE, "curation.scoring.score")
SHARDS = (*CODE, "pipelines.sink", "curation.shard", "curation.select")
MAX_PAGE = 64 << 20  # bytes; what is larger is no page


class Input(Config):
    """Pages and, beside or below them, the images that they show."""

    folder: str = pydantic.Field(min_length=1, description="local, or gs://..., s3://...")
    licence: str = pydantic.Field(min_length=1, description="of the pages; every document keeps it")
    pattern: str = pydantic.Field(
        default="**/*.html", description="which files below the folder are pages; ** is any depth"
    )


class CurateConfig(Config):
    input: Input
    output: str = pydantic.Field(min_length=1)
    clean: CleanRules = CleanRules()
    score: ScoreSettings
    select: Thresholds = Thresholds()
    shards: ShardSettings = ShardSettings()


def run(config: CurateConfig, arguments: Sequence[str] = ()) -> dict[str, Receipt]:
    """Runs what is not up to date; the receipt of each stage by name. `arguments` are Beam's options."""
    options = beam_options(arguments)
    pages = find_pages(config.input)
    chain = stages(config, files.listing_digest(files.plain(config.input.folder)))
    if not stage.finished(chain[1], config.output):
        Scorer(config.score)  # a model that is missing is found out now, and not after the extraction
    receipts: dict[str, Receipt] = {}
    size = f"{pages:,} pages"
    for step in chain:
        receipts[step.name] = stage.run(step, config.output, options, size)
        size = f"{receipts[step.name].counts.get('kept', 0):,} documents"
    _check_chain(receipts)
    LOG.info("%s: %s", JOB, conclusion(receipts))
    return receipts


def stages(config: CurateConfig, inputs: str) -> list[Stage]:
    """`inputs` changes when a file of the input does: pages, and the images that they show."""
    extract = Stage(
        JOB,
        "extract",
        {"inputs": inputs, "input": config.input.model_dump(), "clean": config.clean.model_dump(mode="json")},
        EXTRACT,
        partial(_extract, config),
    )
    score = Stage(
        JOB,
        "score",
        {"upstream": extract.fingerprint, "score": config.score.model_dump(mode="json")},
        SCORE,
        partial(_score, config),
    )
    settings = {"select": config.select.model_dump(mode="json"), "shards": config.shards.model_dump()}
    shards = Stage(JOB, "shards", {"upstream": score.fingerprint, **settings}, SHARDS, partial(_shards, config))
    return [extract, score, shards]


# --- the three pipelines ---


def _extract(config: CurateConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    cleaner = partial(_cleaner, config.input, config.clean)
    pages = pipeline | "Pages" >> ListPages(config.input)
    cleaned = pages | "Clean" >> Each("extract", cleaner, EXTRACT, noun="pages")
    distinct = cleaned.documents | "Deduplicate" >> DropDuplicates()
    distinct.documents | "Write" >> WriteDocuments(folder)
    rejects = (cleaned.rejects, distinct.rejects) | "Rejects" >> beam.Flatten()
    rejects | "WriteRejects" >> WriteRejects(folder)
    return (
        pages | "CountPages" >> beam.Map(lambda uri: (("read",), 1)),
        cleaned.documents | "CountShown" >> beam.Map(lambda page: (("images", "found"), len(page.images_shown()))),
        cleaned.rejects | "CountCut" >> beam.Map(lambda item: (("images", "found"), item.images)),
        distinct.documents | "CountKept" >> beam.FlatMap(tally_kept),
        rejects | "CountRejects" >> beam.FlatMap(tally_rejected),
    ) | "Tallies" >> beam.Flatten()


def _score(config: CurateConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    documents = pipeline | "Read" >> ReadDocuments(f"{files.plain(config.output)}/extract")
    scored = documents | "Score" >> Each("score", partial(_scorer, config.score), SCORE)
    scored.documents | "Write" >> WriteDocuments(folder)
    scored.rejects | "WriteRejects" >> WriteRejects(folder)
    return (
        documents | "CountRead" >> beam.FlatMap(tally_read),
        scored.documents | "CountKept" >> beam.FlatMap(tally_kept),
        scored.rejects | "CountRejects" >> beam.FlatMap(tally_rejected),
    ) | "Tallies" >> beam.Flatten()


def _shards(config: CurateConfig, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    documents = pipeline | "Read" >> ReadDocuments(f"{files.plain(config.output)}/score")
    selected = documents | "Select" >> Each("select", partial(_selector, config.select), SHARDS)
    written = selected.documents | "Write" >> WriteShards(folder, config.shards)
    rejects = (selected.rejects, written.rejects) | "Rejects" >> beam.Flatten()
    rejects | "WriteRejects" >> WriteRejects(folder)
    return (
        documents | "CountRead" >> beam.FlatMap(tally_read),
        written.tallies,
        rejects | "CountRejects" >> beam.FlatMap(tally_rejected),
    ) | "Tallies" >> beam.Flatten()


# --- what is done to each page and document: made once a worker, then called for each ---


def _cleaner(pages: Input, rules: CleanRules) -> Work:
    root = files.plain(pages.folder) + "/"

    def work(uri: str) -> Iterator[Document | Reject]:
        try:
            html = media.read_bytes(uri, 0, MAX_PAGE + 1)
            if len(html) > MAX_PAGE:
                raise MediaError("too large", f"{uri}: a page of over {MAX_PAGE:,} bytes")
        except MediaError as error:
            yield Reject("document", uri, "read", error.reason, error.args[1])
            return
        document, rejects = clean.build(html, uri, uri.removeprefix(root), pages.licence, rules, media.read_bytes)
        yield from rejects
        if document is not None:
            yield document

    return work


def _scorer(settings: ScoreSettings) -> Work:
    score = Scorer(settings).score
    return lambda document: [score(document)]


def _selector(thresholds: Thresholds) -> Work:
    return lambda document: [decide(document, thresholds) or document]


# --- the pages ---


class ListPages(beam.PTransform):
    """The URIs of the input's pages, listed by a worker (a bucket's listing does not fit into a job's graph)."""

    def __init__(self, pages: Input):
        super().__init__()
        self.pages = pages

    def expand(self, start: Any) -> beam.PCollection:
        folder = start | "Folder" >> beam.Create([self.pages])
        uris = folder | "List" >> beam.FlatMap(list_pages).with_output_types(str)
        return uris | "Spread" >> beam.Reshuffle()


def list_pages(pages: Input) -> list[str]:
    folder, wanted = files.plain(pages.folder), page_filter(pages.pattern)
    return [file.path for file in files.listing(folder) if wanted(file.path.removeprefix(folder + "/"))]


def page_filter(pattern: str) -> Callable[[str], bool]:
    """Whether a path below the folder matches; `**/` also matches no folder at all, as in a shell."""
    whole = re.compile(FileSystem.translate_pattern(pattern))
    return lambda path: bool(whole.match(path) or whole.match("/" + path))


def find_pages(pages: Input) -> int:
    """How many pages there are. Raises UserError where there is none."""
    try:
        found = len(list_pages(pages))
    except OSError as error:
        raise UserError(f"input.folder: {pages.folder}: cannot list it: {error}") from error
    if found:
        return found
    if not files.exists(files.plain(pages.folder)):
        raise UserError(f"input.folder: {pages.folder}: there is no such folder")
    raise UserError(f"input.folder: {pages.folder}: no file matches {pages.pattern}")


# --- nothing is lost between the stages either ---


def _check_chain(receipts: dict[str, Receipt]) -> None:
    chain = list(receipts.values())
    for before, after in pairwise(chain):
        kept, read = before.counts.get("kept", 0), after.counts.get("read", 0)
        if kept != read:
            raise LostError(f"{before.stage} kept {kept} documents, but {after.stage} read {read}")


def conclusion(receipts: dict[str, Receipt]) -> str:
    """What became of the input over all stages, in one line."""
    chain = list(receipts.values())
    read, kept = chain[0].counts.get("read", 0), chain[-1].counts.get("kept", 0)
    dropped = sum(stage.total(receipt.counts.get("rejected", {}).get("document", {})) for receipt in chain)
    if read != kept + dropped:
        raise LostError(f"{read} pages read, but {kept} kept and {dropped} rejected")
    text = f"{read:,} pages = {kept:,} documents kept + {dropped:,} rejected"
    return text if kept else f"{text}: nothing was kept; the rejects beside each stage say why"
