"""What a report says, read from the files that the jobs left behind. Nothing is computed anew and nothing is drawn."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation import media
from curation.errors import MediaError, UserError
from curation.select import DIMENSIONS
from curation.shard import ShardSet
from pipelines import files
from pipelines.stage import RECEIPT, Receipt, read_receipt, total
from pipelines.steps import REJECT_SCHEMA

STAGES = ("extract", "score", "shards")


@dataclass(frozen=True)
class Balance:
    """Whether everything that came in was kept or rejected."""

    came: int
    kept: int
    gone: int

    @property
    def holds(self) -> bool:
        return self.came == self.kept + self.gone


@dataclass(frozen=True)
class Reason:
    kind: str
    stage: str
    reason: str
    count: int


@dataclass(frozen=True)
class Scores:
    """One dimension: the scores of kept and of rejected documents, and how many of each its scorer could not judge."""

    name: str
    minimum: float
    kept: np.ndarray
    rejected: np.ndarray
    abstained_kept: int
    abstained_rejected: int


@dataclass(frozen=True)
class Curation:
    folder: str
    pages: str  # the folder that was read
    funnel: dict[str, int]  # documents that are left after each step
    documents: Balance
    images: Balance
    reasons: list[Reason]
    scores: list[Scores]
    rejects: list[dict[str, Any]]  # rows of `pipelines.steps.REJECT_SCHEMA`, sorted
    shards: ShardSet


@dataclass(frozen=True)
class Split:
    name: str
    documents: Balance
    reasons: list[Reason]
    shards: ShardSet


@dataclass(frozen=True)
class Source:
    """A source of `vlforge pack`; `tokens` and `patches` of each excerpt."""

    name: str
    documents: int
    tokens: np.ndarray
    patches: np.ndarray
    too_long: list[dict[str, Any]]


@dataclass(frozen=True)
class Packs:
    sequence: int
    sources: list[Source]
    shards: dict[str, str]  # source -> folder


@dataclass(frozen=True)
class Phase:
    """A trained phase: what was planned, and a column of the log by name, a value a step."""

    name: str
    plan: dict[str, Any]
    log: dict[str, np.ndarray]


# --- curate ---


def read_curation(folder: str) -> Curation:
    folder = files.plain(folder)
    receipts = {name: _receipt(f"{folder}/{name}", "curate") for name in STAGES}
    with understood(folder, "curate"):
        extract, _, written = receipts.values()
        reasons = [reason for receipt in receipts.values() for reason in _reasons(receipt)]
        rejects = [row for name in STAGES for row in _rejects(f"{folder}/{name}").to_pylist()]
        shards = ShardSet(f"{folder}/shards")
        images = {name: receipt.counts.get("images", {}) for name, receipt in receipts.items()}
        return Curation(
            folder=folder,
            pages=files.plain(extract.depends["input"]["folder"]),
            funnel=_funnel(receipts),
            documents=Balance(
                extract.counts["read"],
                written.counts.get("kept", 0),
                sum(each.count for each in reasons if each.kind == "document"),
            ),
            images=Balance(
                images["extract"].get("found", 0),
                images["shards"].get("kept", 0),
                sum(counts.get("cut", 0) for counts in images.values()),
            ),
            reasons=reasons,
            scores=_scores(written, shards, _rejects(f"{folder}/shards")),
            rejects=sorted(rejects, key=lambda row: (row["stage"], row["reason"], row["uri"], row["detail"])),
            shards=shards,
        )


def _funnel(receipts: Mapping[str, Receipt]) -> dict[str, int]:
    extract, score, written = (receipt.counts for receipt in receipts.values())
    duplicates = total(extract.get("rejected", {}).get("document", {}).get("deduplicate", {}))
    unique = extract.get("kept", 0)
    return {
        "read": extract["read"],
        "cleaned": unique + duplicates,
        "unique": unique,
        "scored": score.get("kept", 0),
        "selected": written.get("kept", 0),
    }


def _scores(receipt: Receipt, shards: ShardSet, rejects: pa.Table) -> list[Scores]:
    dropped = rejects.filter(pc.and_(pc.equal(rejects["kind"], "document"), pc.greater(_sizes(rejects["scores"]), 0)))
    found = []
    for name in DIMENSIONS:
        kept, gone = (_score_column(table, name) for table in (shards.index, dropped))
        minimum = receipt.depends["select"][name]["minimum"]
        found.append(Scores(name, minimum, _known(kept), _known(gone), kept.null_count, gone.null_count))
    return found


def _sizes(maps: pa.ChunkedArray) -> pa.ChunkedArray:
    entries = pa.list_(pa.struct([("key", pa.string()), ("value", pa.float64())]))
    return pc.fill_null(pc.list_value_length(maps.cast(entries)), 0)


def _score_column(table: pa.Table, name: str) -> pa.ChunkedArray:
    return pc.map_lookup(table["scores"], pa.scalar(name), "first")


def _known(column: pa.ChunkedArray) -> np.ndarray:
    return column.drop_null().to_numpy()


def _rejects(folder: str) -> pa.Table:
    found = [file.path for file in files.listing(f"{folder}/rejects") if file.path.endswith(".parquet")]
    return pa.concat_tables([REJECT_SCHEMA.empty_table(), *(pq.read_table(io.BytesIO(files.read(f))) for f in found)])


def _reasons(receipt: Receipt) -> list[Reason]:
    """Most frequent first."""
    rejected = receipt.counts.get("rejected", {})
    rows = [
        Reason(kind, stage, reason, count)
        for kind, stages in rejected.items()
        for stage, reasons in stages.items()
        for reason, count in reasons.items()
    ]
    return sorted(rows, key=lambda row: (row.kind, row.stage, -row.count, row.reason))


# --- synth ---


def read_splits(folder: str) -> list[Split]:
    """Every finished split, by name."""
    folder = files.plain(folder)
    names = [file.path.split("/")[-2] for file in files.listing(folder) if file.path.endswith(f"/{RECEIPT}")]
    if not names:
        raise UserError(f"{folder}: no {RECEIPT} in any folder of it: run `vlforge synth` first")
    return [_split(folder, name) for name in sorted(names)]


def _split(folder: str, name: str) -> Split:
    receipt = _receipt(f"{folder}/{name}", "synth")
    with understood(folder, "synth"):
        reasons = _reasons(receipt)
        gone = sum(each.count for each in reasons if each.kind == "document")
        balance = Balance(receipt.counts["generated"], receipt.counts.get("kept", 0), gone)
        return Split(name, balance, reasons, ShardSet(f"{folder}/{name}"))


# --- pack, train, evaluate ---


def read_packs(folder: Path) -> Packs:
    receipt = _json(folder / "lengths.json", "pack")
    with understood(folder, "pack"):
        sources = []
        for name, measured in receipt["sources"].items():
            table = pq.read_table(folder / f"{name}.parquet", columns=["tokens", "patches"])
            tokens, patches = table["tokens"].to_numpy(), table["patches"].to_numpy()
            sources.append(Source(name, measured["documents"], tokens, patches, measured["too_long"]))
        shards = {name: source["shards"] for name, source in receipt["config"]["sources"].items()}
        return Packs(receipt["config"]["sequence"], sources, shards)


def read_phase(folder: Path) -> Phase:
    plan = _json(folder / "phase.json", "train")
    with understood(folder, "train"):
        rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        columns = {name: np.array([row[name] for row in rows], float) for name in rows[0]}  # None becomes NaN
        return Phase(folder.name, plan["plan"], columns)


def read_evaluation(folder: Path) -> dict[str, Any]:
    """`evaluation.json` as `train.evaluate` wrote it."""
    return _json(folder / "evaluation.json", "evaluate")


# --- files that may be missing or strange ---


def _receipt(folder: str, command: str) -> Receipt:
    receipt = read_receipt(folder)
    if receipt is None:
        raise UserError(f"{folder}: no {RECEIPT} that can be read: run `vlforge {command}` first")
    return receipt


def _json(path: Path, command: str) -> dict[str, Any]:
    try:
        return json.loads(media.read_bytes(str(path)))
    except MediaError as error:
        raise UserError(f"{path}: no such file: run `vlforge {command}` first") from error
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}): run `vlforge {command}` again") from error


@contextmanager
def understood(folder: str | Path, command: str) -> Iterator[None]:
    """Raises UserError where what is read in the block is not what `command` writes."""
    try:
        yield
    except (LookupError, TypeError, ValueError, OSError) as error:
        raise UserError(
            f"{folder}: incomplete, or of another version ({type(error).__name__}: {error}):"
            f" run `vlforge {command}` again"
        ) from error
