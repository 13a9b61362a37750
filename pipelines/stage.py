"""A stage: one Beam pipeline that reads files, writes files into a folder of its own and, last, a receipt.

    <output>/extract/   _STAGE.json  documents-*.jsonl  rejects/*.parquet  _DONE.json
    <output>/score/     ...
    <output>/shards/    ...

A finished stage whose receipt names the same settings, code and inputs is skipped; any other is emptied and run again,
and since its fingerprint is part of the next one's, so is what follows. The folders' names do not hold the fingerprint
(an older answer is not kept): so other jobs' configurations can name `<output>/shards` and it is always the latest.
"""

import dataclasses
import hashlib
import json
import os
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from curation.errors import UserError
from curation.shard import MANIFEST
from pipelines import files
from pipelines.cluster import Resources, cloud_runner, stage_options
from pipelines.log import LOG
from pipelines.runner import code_digest, new_pipeline
from pipelines.steps import Counts, WriteCounts

RECEIPT = "_DONE.json"
_STARTED = "_STAGE.json"  # the mark that the folder is ours to empty
_COUNTS = "_counts.json"
_ERROR = "_ERROR.txt"
MAX_GRAPH = 10_000_000  # bytes: Dataflow's limit

ANY = Resources()


class StageError(UserError):
    """A stage could not start or did not end well."""


class LostError(StageError):
    """The counts do not add up."""

    def __str__(self) -> str:
        return f"{super().__str__()}: a fault in vlforge, please report it"


@dataclasses.dataclass(frozen=True)
class Made:
    """What decides a folder's content: `depends` is settings, and what is read (a listing's digest or the fingerprint
    of the stage before); `code` names the modules that it depends on (`runner.code_digest`)."""

    job: str
    name: str
    depends: Mapping[str, Any]
    code: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.job}/{self.name}"

    @property
    def fingerprint(self) -> str:
        whole = [self.name, self.depends, code_digest(*self.code)]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]


@dataclasses.dataclass(frozen=True)
class Stage(Made):
    """`build` adds the work to a pipeline, writing into the folder that it is given, and returns its tallies.

    `resources` are the machines that it asks a cluster for: they decide nothing.
    """

    build: Callable[[beam.Pipeline, str], beam.PCollection]
    resources: Resources = ANY


@dataclasses.dataclass(frozen=True)
class Receipt:
    """What a finished stage leaves: `counts` came from the data; `files` maps each file's name to its size.

    `cpu_seconds` are those of this process and of the workers that it started: none of a cluster's.
    """

    stage: str
    fingerprint: str
    depends: dict[str, Any]
    counts: Counts
    seconds: float
    cpu_seconds: float
    files: dict[str, int]
    digest: str  # of the shards' manifest, which holds each shard's own; empty for a stage that writes none


def run(stage: Stage, output: str, options: PipelineOptions, size: str = "starts") -> Receipt:
    """Runs the stage, or skips it where its receipt stands; `size` says how much work it is. Raises StageError."""
    folder = f"{files.plain(output)}/{stage.name}"
    if receipt := finished(stage, output):
        LOG.info("%s: up to date", stage.label)
        return receipt
    LOG.info("%s: %s", stage.label, size)
    begin(stage, folder)
    start, cpu = time.monotonic(), cpu_seconds()
    _run_pipeline(stage, folder, options)
    if not files.exists(f"{folder}/{_COUNTS}"):
        raise StageError(f"{stage.label}: its job ended without counts: see the job's own log")
    counts = json.loads(files.read(f"{folder}/{_COUNTS}"))
    files.delete([f"{folder}/{_COUNTS}"])
    return conclude(stage, folder, counts, time.monotonic() - start, cpu_seconds() - cpu)


def _run_pipeline(stage: Stage, folder: str, options: PipelineOptions) -> None:
    def build(pipeline: beam.Pipeline) -> None:
        stage.build(pipeline, folder) | "Counts" >> WriteCounts(f"{folder}/{_COUNTS}")

    run_pipeline(stage.label, build, stage_options(options, stage.job, stage.name, stage.resources), folder)


def conclude(stage: Made, folder: str, counts: Counts, seconds: float, cpu: float) -> Receipt:
    """Writes the receipt: from now on the stage is finished. Raises StageError where the counts do not add up."""
    files.sweep(folder)
    check_counts(stage.label, counts)
    manifest = f"{folder}/{MANIFEST}"
    digest = hashlib.sha256(files.read(manifest)).hexdigest() if files.exists(manifest) else ""
    depends = json.loads(json.dumps(stage.depends))  # as it will be read back
    times = round(seconds, 2), round(cpu, 2)
    receipt = Receipt(stage.name, stage.fingerprint, depends, counts, *times, _sizes(folder), digest)
    files.write(f"{folder}/{RECEIPT}", json.dumps(dataclasses.asdict(receipt), indent=1, sort_keys=True).encode())
    LOG.info("%s: %s in %.1f s", stage.label, summary(counts), seconds)
    return receipt


def rehearse(stage: Stage, output: str, options: PipelineOptions) -> None:
    """Builds the stage's job and does not run it; Dataflow checks it, and writes a template where one is wanted."""
    own = stage_options(options, stage.job, stage.name, stage.resources)
    pipeline = new_pipeline(own)
    stage.build(pipeline, f"{files.plain(output)}/{stage.name}")
    size = check_graph(stage.label, pipeline)
    if cloud_runner(own):
        try:
            pipeline.run()
        except Exception as error:
            raise StageError(f"{stage.label}: {_last_line(error)}") from error
    LOG.info("%s: not run; its graph has %s bytes", stage.label, f"{size:,}")


def check_graph(label: str, pipeline: beam.Pipeline) -> int:
    """Bytes of the job's graph. Raises StageError where Dataflow would refuse it."""
    size = pipeline.to_runner_api().ByteSize()
    if size > MAX_GRAPH:
        raise StageError(f"{label}: its graph has {size:,} bytes, and Dataflow takes {MAX_GRAPH:,}")
    return size


def cpu_seconds() -> float:
    """Of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def finished(stage: Made, output: str) -> Receipt | None:
    """The receipt of a stage that need not run again: made by the same settings, and all its files are still there."""
    folder = f"{files.plain(output)}/{stage.name}"
    receipt = read_receipt(folder)
    return receipt if receipt and receipt.fingerprint == stage.fingerprint and receipt.files == _sizes(folder) else None


def read_receipt(folder: str) -> Receipt | None:
    """The receipt of a finished stage, None where there is none."""
    path = f"{folder}/{RECEIPT}"
    if not files.exists(path):
        return None
    with suppress(ValueError, TypeError):  # of another version: the stage runs again
        return Receipt(**json.loads(files.read(path)))
    return None


def begin(stage: Made, folder: str, keep: Collection[str] = ()) -> None:
    """Empties our folder but for the paths in `keep`, and marks it: until its receipt the stage is unfinished."""
    try:
        found = [file.path for file in files.listing(folder)]
        if found and not {f"{folder}/{_STARTED}", f"{folder}/{RECEIPT}"} & set(found):
            raise StageError(f"{folder}: holds files that no {stage.job} wrote ({found[0]}); choose another output")
        if f"{folder}/{RECEIPT}" in found:
            files.delete([f"{folder}/{RECEIPT}"])  # first, so that a job killed here is not taken for finished
        files.write(f"{folder}/{_STARTED}", json.dumps({"stage": stage.label}).encode())
        spared = {*keep, f"{folder}/{RECEIPT}", f"{folder}/{_STARTED}"}
        files.delete(path for path in found if path not in spared)
    except OSError as error:
        said = error.strerror or " ".join(str(error).split())
        raise StageError(f"{folder}: cannot write there: {said}") from error


def run_pipeline(label: str, build: Callable[[beam.Pipeline], Any], options: PipelineOptions, folder: str) -> None:
    """Runs what `build` adds to a pipeline. Raises StageError, whose details go into the folder, where it stops."""
    pipeline = new_pipeline(options)
    build(pipeline)
    if cloud_runner(options):
        check_graph(label, pipeline)
    try:
        pipeline.run().wait_until_finish()
    except Exception as error:
        details = f"{folder}/{_ERROR}"
        with suppress(OSError):  # where the disk is full, the error says so all the same
            files.write(details, "".join(traceback.format_exception(error)).encode())
        raise StageError(f"{label}: stopped: {_last_line(error)} (more in {details})") from error


def _last_line(error: Exception) -> str:
    """What went wrong: the error itself in this process; from another, Beam hands over a traceback as text."""
    text = str(error).strip()
    if "\n" in text:
        return text.rpartition("\n")[2]
    return text if isinstance(error, UserError) else f"{type(error).__name__}: {text}"


def _sizes(folder: str) -> dict[str, int]:
    start = len(folder) + 1
    return {file.path[start:]: file.size_in_bytes for file in files.listing(folder) if not file.path.endswith(RECEIPT)}


# --- nothing is ever lost ---


def total(counts: Any) -> int:
    """The sum of all numbers below."""
    return sum(total(value) for value in counts.values()) if isinstance(counts, dict) else counts


def check_counts(label: str, counts: Counts) -> None:
    """Raises StageError where a document or image that came in was neither kept nor rejected, and where all failed."""
    documents = counts.get("rejected", {}).get("document", {})
    verb, came = _came(counts)
    kept, dropped = counts.get("kept", 0), total(documents)
    if came != kept + dropped:
        raise LostError(f"{label}: {came} documents {verb}, but {kept} kept and {dropped} rejected")
    images = counts.get("images", {})
    found, shown, cut = (images.get(name, 0) for name in ("found", "kept", "cut"))
    if found != shown + cut:
        raise LostError(f"{label}: {found} images found, but {shown} kept and {cut} cut")
    judged = counts.get("judge", {})
    if set(judged) == {"error"}:
        asked = f"any of the {judged['error']:,} documents that it was asked about"
        raise StageError(f"{label}: the judge gave no answer that can be read on {asked}: see its lines above")
    errors = sum(reasons.get("error", 0) for reasons in documents.values())
    if came and errors == came:
        raise StageError(f"{label}: all {came} documents failed with an error: see the rejects beside it")


def _came(counts: Counts) -> tuple[str, int]:
    """What a stage starts from: documents that it read, or those that it generated."""
    verb = "generated" if "generated" in counts else "read"
    return verb, counts.get(verb, 0)


def summary(counts: Counts) -> str:
    """`130 read, 121 kept, 9 rejected (6 too short, 3 duplicate), 40 of 400 images cut`"""
    reasons: dict[str, int] = {}
    for stage in counts.get("rejected", {}).get("document", {}).values():
        for reason, number in stage.items():
            reasons[reason] = reasons.get(reason, 0) + number
    verb, came = _came(counts)
    text = f"{came:,} {verb}, {counts.get('kept', 0):,} kept"
    if reasons:
        most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        text += f", {sum(reasons.values()):,} rejected ({', '.join(f'{number:,} {reason}' for reason, number in most)})"
    images = counts.get("images", {})
    if found := images.get("found", 0):
        text += f", {images.get('cut', 0):,} of {found:,} images cut"
    if judged := counts.get("judge", {}):
        text += f"; judge: {', '.join(f'{number:,} {outcome}' for outcome, number in sorted(judged.items()))}"
    return text
