"""What a report says, read from the files that the jobs left behind. Nothing is computed anew and nothing is drawn."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from curation import media
from curation.errors import MediaError, UserError
from curation.shard import ShardSet
from pipelines import files
from pipelines.report.rejects import Reason, Row, read_rejects
from pipelines.stage import RECEIPT, Receipt, read_receipt


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
class Split:
    """A recipe of `vlforge synth`; `seconds` are those that its workers took, added up."""

    name: str
    generator: str
    documents: Balance
    reasons: list[Reason]
    rejects: list[Row]
    shards: ShardSet
    seconds: float


@dataclass(frozen=True)
class Source:
    """A source of `vlforge pack`; `tokens` and `patches` of each excerpt."""

    name: str
    documents: int
    tokens: np.ndarray
    patches: np.ndarray
    left_out: int
    too_short: int


@dataclass(frozen=True)
class Packs:
    sequence: int
    sources: list[Source]
    shards: dict[str, str]  # source -> folder


# --- synth ---


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


def read_splits(folder: str) -> list[Split]:
    """Every finished recipe, by name."""
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
        generator = f"{receipt.depends['generator']}/{receipt.depends['version']}"
        _, rejects = read_rejects([f"{folder}/{name}/rejects"])
        shards = ShardSet(f"{folder}/{name}")
        return Split(name, generator, balance, reasons, rejects, shards, receipt.seconds)


def read_mutations(path: Path) -> dict[str, Any]:
    """What `vlforge verify --mutate N --json FILE` wrote."""
    return read_json(path, "verify --mutate N --json FILE")


# --- pack, evaluate ---


def read_packs(folder: Path) -> Packs:
    receipt = read_json(folder / "lengths.json", "pack")
    with understood(folder, "pack"):
        sources = []
        for name, measured in receipt["sources"].items():
            table = pq.ParquetFile(folder / f"{name}.parquet").read(["tokens", "patches"], use_threads=False)
            tokens, patches = table["tokens"].to_numpy(), table["patches"].to_numpy()
            left = measured["left_out"], measured["too_short"]
            sources.append(Source(name, measured["documents"], tokens, patches, *left))
        shards = {name: source["shards"] for name, source in receipt["config"]["sources"].items()}
        return Packs(receipt["config"]["sequence"], sources, shards)


def read_evaluation(folder: Path) -> dict[str, Any]:
    """`evaluation.json` as `train.evaluate` wrote it."""
    return read_json(folder / "evaluation.json", "evaluate")


# --- calibrate, distil ---


def read_calibration(folder: Path) -> dict[str, Any]:
    """`calibration.json`: how well each scorer tells real documents from those with each planted fault."""
    return read_json(folder / "calibration.json", "calibrate")


def read_student(folder: Path) -> dict[str, Any]:
    """`report.json` as `pipelines.distil` wrote it."""
    return read_json(folder / "report.json", "distil")


# --- files that may be missing or strange ---


def _receipt(folder: str, command: str) -> Receipt:
    receipt = read_receipt(folder)
    if receipt is None:
        raise UserError(f"{folder}: no {RECEIPT} that can be read: run `vlforge {command}` first")
    return receipt


def read_json(path: Path, command: str) -> dict[str, Any]:
    """What `command` left. Raises UserError where it is not there, or no JSON."""
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
