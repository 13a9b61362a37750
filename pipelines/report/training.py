"""The section of training: every phase with its losses, speed, mixture, faults and documents, as its run left them."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.errors import UserError
from pipelines.report import curves, plots
from pipelines.report.data import read_json, understood
from train.data.ledger import FOLDER as LEDGER
from train.guard import FAULTS
from train.logs import LOG, read_lines
from train.phase import RECEIPT

SKIPS_SHOWN, KEYS_SHOWN = 6, 3
COUNTED = 10_000_000  # documents of a ledger up to which they are counted: their keys must be held

Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Used:
    """What a phase drew of one source under one licence."""

    source: str
    licence: str
    samples: int
    tokens: int


@dataclass(frozen=True)
class Ledger:
    samples: int
    documents: int | None  # distinct ones
    used: list[Used]  # most tokens first


@dataclass(frozen=True)
class Phase:
    """A phase of training: a column of the log by name, a value a step (NaN where there is none)."""

    name: str
    finished: bool
    asked: Mapping[str, float]  # each source's share of the tokens, where the recipe gives one
    log: Columns
    faults: list[dict[str, Any]]
    ledger: Ledger | None

    def mean(self, column: str) -> float | None:
        """Over the steps that have it; None where none has."""
        values = self.log.get(column, np.empty(0))
        return float(np.nanmean(values)) if np.isfinite(values).any() else None

    @property
    def got(self) -> dict[str, float]:
        """Each source's share of the tokens that were trained."""
        tokens = {name: float(np.nansum(values)) for name, values in curves.named(self.log, "tokens/source/")}
        return {name: count / max(sum(tokens.values()), 1) for name, count in tokens.items()}


# --- reading ---


def read_phases(folder: Path) -> list[Phase]:
    """The phase in a folder; or those of a chain's output, by the time at which they were finished, unfinished last."""
    if (folder / LOG).exists():
        return [read_phase(folder)]
    inner = [path.parent for path in folder.glob(f"*/{LOG}") if next(read_lines(path), None)]
    if not inner:
        raise UserError(f"{folder}: no {LOG} there or in a folder of it: run `vlforge train` first")
    return [read_phase(path) for path in sorted(inner, key=_finished)]


def _finished(folder: Path) -> tuple[float, str]:
    receipt = folder / RECEIPT
    return (receipt.stat().st_mtime if receipt.exists() else float("inf"), folder.name)


def read_phase(folder: Path) -> Phase:
    """Raises UserError where there is no step yet, or the files are of another version."""
    finished = (folder / RECEIPT).exists()
    receipt = read_json(folder / RECEIPT, "train") if finished else {}
    with understood(folder, "train"):
        log = _columns(folder / LOG)
        if not log:
            raise UserError(f"{folder}: {LOG} holds no step yet")
        for needed in ("done", "loss", "fill/tokens", "gradient_norm", "tokens_per_second"):
            log[needed]
        asked = {name: share for name, share in receipt.get("plan", {}).get("asked", {}).items() if share is not None}
        faults = list(read_lines(folder / FAULTS))
        ledger = _ledger(folder / LEDGER, int(log["step"][-1]))
        return Phase(folder.name, finished, asked, log, faults, ledger)


def _columns(path: Path) -> dict[str, np.ndarray]:
    columns: dict[str, array[float]] = {}
    for number, row in enumerate(read_lines(path)):
        for name in [name for name in row if name not in columns]:
            columns[name] = array("d", [np.nan]) * number
        for name, values in columns.items():
            value = row.get(name)
            values.append(np.nan if value is None else float(value))
    return {name: np.array(values) for name, values in columns.items()}


def _ledger(folder: Path, last: int) -> Ledger | None:
    """Of the steps up to `last`, for a window is written before it is run. Summed file by file: it may be as long as
    the run."""
    used: dict[tuple[str, str], np.ndarray] = {}  # samples and tokens
    keys, counted = np.empty(0, "S32"), True
    for path in sorted(folder.glob("*.parquet")):
        table = pq.ParquetFile(path).read(["step", "source", "licence", "key", "tokens"], use_threads=False)
        table = table.filter(pc.less_equal(table["step"], last))
        counted = counted and len(keys) + len(table) <= COUNTED
        if counted:
            keys = np.union1d(keys, np.asarray(table["key"].to_pylist(), "S32"))
        for row in _by_licence(table):
            place = (row["source"], row["licence"] or "")
            used[place] = used.get(place, 0) + np.array([row["tokens_count"], row["tokens_sum"]])
    if not used:
        return None
    rows = [Used(*place, *sums.tolist()) for place, sums in used.items()]
    rows.sort(key=lambda row: (-row.tokens, row.source, row.licence))
    return Ledger(sum(row.samples for row in rows), len(keys) if counted else None, rows)


def _by_licence(table: pa.Table) -> list[dict[str, Any]]:
    names = ["source", "licence"]
    return table.group_by(names, use_threads=False).aggregate([("tokens", "sum"), ("tokens", "count")]).to_pylist()


# --- showing ---


def training_section(phases: Sequence[Phase]) -> dict[str, Any]:
    tokens = sum(int(phase.log["tokens"].sum()) for phase in phases)
    several = len(phases) > 1
    return {
        "id": "training",
        "title": "Training",
        "tiles": [(plots.number(tokens), "tokens trained", f"in {len(phases)} phase{'s' * several}")],
        "chain": curves.chain_chart({phase.name: phase.log for phase in phases}) if several else None,
        "rows": [_row(phase) for phase in phases],
        "phases": [_shown(phase) for phase in phases],
    }


def _row(phase: Phase) -> dict[str, Any]:
    log = phase.log
    level = curves.smooth(log["loss"][np.isfinite(log["loss"])])
    waited, worked = np.nansum(log["data_seconds"]), np.nansum(log["step_seconds"])
    return {
        "name": phase.name,
        "finished": phase.finished,
        "unit": "pair" if phase.mean("retrieval/text") is not None else "token",
        "steps": len(log["step"]),
        "tokens": int(log["tokens"].sum()),
        "first": float(level[0]) if len(level) else None,
        "last": float(level[-1]) if len(level) else None,
        "speed": float(np.nanmedian(log["tokens_per_second"])),
        "mfu": phase.mean("mfu"),
        "memory": float(np.nanmax(log["memory"])) if phase.mean("memory") is not None else None,
        "waiting": float(waited / max(waited + worked, 1e-9)),
        "skipped": int(np.nansum(log["skipped"])),
        "replaced": int(np.nansum(log["replaced"])),
    }


def _shown(phase: Phase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "charts": list(curves.phase_charts(phase.log)),
        "faults": list(_faults(phase.faults)),
        "ledger": phase.ledger,
    }


def _faults(faults: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """What happened, why, and to which documents: each update left out, and samples replaced by their reason."""
    skips = [row for row in faults if row["fault"] == "skipped"]
    for row in skips[:SKIPS_SHOWN]:
        yield "update left out", row["reason"], _some(row["keys"])
    if more := skips[SKIPS_SHOWN:]:
        yield f"{len(more):,} more updates left out", "", ""
    groups: dict[str, list[str]] = {}
    for row in faults:
        if row["fault"] == "replaced":
            groups.setdefault(row["reason"].partition(":")[0], []).append(row["key"])
    for reason, keys in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        yield f"{len(keys):,} sample{'s' * (len(keys) > 1)} replaced", reason, _some(keys)


def _some(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - KEYS_SHOWN:,} more" if len(keys) > KEYS_SHOWN else ""
    return ", ".join(keys[:KEYS_SHOWN]) + more


def mixture_table(phases: Sequence[Phase]) -> list[tuple[str, list[tuple[float | None, float | None]]]]:
    """A row a source: what each phase asked of it and what it got; (None, None) where a phase goes without it."""
    names = dict.fromkeys(name for phase in phases for name in (*phase.asked, *phase.got))
    return [(name, [(phase.asked.get(name), phase.got.get(name)) for phase in phases]) for name in names]
