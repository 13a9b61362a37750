"""The ledger: which documents each step was trained on, with their sources, licences and scores.

    <phase>/ledger/window-00000.parquet   a row a sample (`SCHEMA`), the plan's windows in their order
    <phase>/faults.jsonl                  among others, a line a sample that could not be read: what took its place

A window is written whole before its first step runs, so the newest one also holds steps that are still to come.
"""

import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, model_validator

from curation.config import Config
from curation.errors import UserError
from curation.shard import ShardSet
from train.data.plan import Cursor, Plan, Step
from train.guard import FAULTS
from train.logs import read_lines
from train.phase import RECEIPT

SCHEMA = pa.schema(
    [
        ("step", pa.int64()),
        ("pack", pa.int32()),  # of the step
        ("source", pa.string()),
        ("key", pa.string()),
        ("licence", pa.string()),
        ("task", pa.string()),
        ("language", pa.string()),
        ("uri", pa.string()),  # of the tar
        ("row", pa.int64()),  # of the shards' index
        ("first", pa.int32()),  # pieces [first, last) of the document
        ("last", pa.int32()),
        ("tokens", pa.int32()),
        ("patches", pa.int32()),
        ("scores", pa.map_(pa.string(), pa.float64())),
    ]
)
FOLDER = "ledger"
FIRST_STEP = b"first_step"  # metadata of a file
INDEXED = ["key", "licence", "task", "language", "scores"]


@dataclass(frozen=True)
class Ledger:
    """Writes the ledger of a phase. `lengths` are the rows of `vlforge pack` that the plan's samples are numbers of;
    `sources` and `shards` stand in the order of their numbers. No tar is read, only the shards' indexes."""

    phase: Path
    plan: Plan
    sources: Sequence[str]
    shards: Sequence[ShardSet]
    lengths: pa.Table

    def follow(self, steps: Iterable[tuple[Step, Cursor]]) -> Iterator[tuple[Step, Cursor]]:
        """The same steps; each window is written before its first step comes out."""
        written = None
        for step, cursor in steps:
            if cursor.window != written:
                self.write(cursor)
                written = cursor.window
            yield step, cursor

    def write(self, cursor: Cursor) -> Path:
        """Writes the window that begins at a cursor: the same bytes whoever does, and however often."""
        steps, _ = self.plan.window(cursor)
        path = self.phase / FOLDER / f"window-{cursor.window:05d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".partial")
        table = self._rows(steps).replace_schema_metadata({FIRST_STEP: str(cursor.step)})
        pq.write_table(table, aside, compression="zstd")
        os.replace(aside, path)
        return path

    def _rows(self, steps: Sequence[Step]) -> pa.Table:
        packs = [(step.number, number, pack) for step in steps for number, pack in enumerate(step.packs)]
        samples = np.concatenate([np.empty(0, np.int64), *(pack for _, _, pack in packs)])
        sizes = [len(pack) for _, _, pack in packs]
        found = self._documents(samples)
        columns = {
            "step": np.repeat([step for step, _, _ in packs], sizes),
            "pack": np.repeat([pack for _, pack, _ in packs], sizes),
            "tokens": self.plan.samples.tokens[samples],
            "patches": self.plan.samples.patches[samples],
            **{name: found[name] for name in found.column_names},
        }
        return pa.table([columns[name] for name in SCHEMA.names], SCHEMA.names).cast(SCHEMA)

    def _documents(self, samples: np.ndarray) -> pa.Table:
        """What the indexes and the lengths tell of samples, in their order."""
        numbers = self.plan.samples.source[samples]
        order = np.argsort(numbers, kind="stable")
        lengths = self.lengths.select(["row", "first", "last"]).take(samples[order])
        tables = [self._indexed(number, lengths.filter(numbers[order] == number)) for number in np.unique(numbers)]
        empty = pa.table({name: pa.array([], SCHEMA.field(name).type) for name in _KNOWN})
        return pa.concat_tables([empty, *tables]).take(np.argsort(order, kind="stable"))

    def _indexed(self, number: int, lengths: pa.Table) -> pa.Table:
        """Rows of one source, as `_KNOWN` has them."""
        index = self._indexes[number]
        found = index.take(lengths["row"].to_numpy())
        entries, folder = self.shards[number].entries, self.shards[number].folder
        uris = pa.array(
            [f"{folder}/{entries[shard].name}.tar" for shard in found.pop("shard").to_pylist()], pa.string()
        )
        sources = pa.array([self.sources[number]] * len(lengths), pa.string())
        columns = {**found, "uri": uris, "source": sources, **{name: lengths[name] for name in lengths.column_names}}
        return pa.table([columns[name] for name in _KNOWN], _KNOWN)

    @cached_property
    def _indexes(self) -> list["_Index"]:
        return [_Index(shards.index) for shards in self.shards]


_KNOWN = [name for name in SCHEMA.names if name not in ("step", "pack", "tokens", "patches")]


class _Index:
    """Rows of an index by their number. Arrow's `take` of a nested column first copies the column as a whole."""

    def __init__(self, index: pa.Table):
        self._batches = index.select([*INDEXED, "shard"]).to_batches()
        self._first = np.cumsum([0, *map(len, self._batches)])

    def take(self, rows: np.ndarray) -> dict[str, pa.ChunkedArray]:
        order = np.argsort(rows, kind="stable")
        batch = np.searchsorted(self._first, rows[order], side="right") - 1
        taken = [
            self._batches[number].take(rows[order[batch == number]] - self._first[number])
            for number in np.unique(batch)
        ]
        table = pa.Table.from_batches(taken).combine_chunks().take(np.argsort(order, kind="stable"))
        return dict(zip(table.column_names, table.columns, strict=True))


class LedgerConfig(Config):
    """`vlforge ledger`: the output folder of a phase; the documents of a step, or the steps of a document, or what all
    of it came from."""

    phase: Path
    step: int | None = Field(default=None, ge=0)
    key: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "LedgerConfig":
        if self.step is not None and self.key is not None:
            raise ValueError("name a step or a key, not both")
        return self


def ledger(config: LedgerConfig) -> None:
    """Prints what is asked for. Raises UserError where there is no ledger, or nothing of it in there."""
    if config.step is not None:
        print("\n".join(_show_step(config.phase, config.step)))
    elif config.key is not None:
        print("\n".join(_show_document(config.phase, config.key)))
    else:
        print("\n".join(_show_all(config.phase)))


def read_step(phase: Path, step: int) -> pa.Table:
    """The rows (`SCHEMA`) of a step's samples. Raises UserError."""
    files = _files(phase)
    number = bisect_right(files, step, key=_first_step) - 1
    rows = _read(files[number], filters=[("step", "==", step)])
    if not len(rows):
        raise UserError(f"{phase}: no step {step:,}: the ledger ends with step {_last_step(files):,}")
    return rows


def read_document(phase: Path, key: str) -> pa.Table:
    """The rows (`SCHEMA`) of a document, in the order of the steps; none where it was never planned."""
    return pa.concat_tables(_read(path, filters=[("key", "==", key)]) for path in _files(phase))


def read_faults(phase: Path) -> list[dict[str, Any]]:
    """The samples that could not be read: step, key, replaced_by, reason; in the order of steps."""
    return [row for row in read_lines(phase / FAULTS) if row["fault"] == "replaced"]


def _files(phase: Path) -> list[Path]:
    files = sorted((phase / FOLDER).glob("window-*.parquet"), key=lambda path: (len(path.name), path.name))
    if not files:
        raise UserError(f"{phase}: no ledger: not the output of a phase that was trained")
    return files


def _read(path: Path, **wanted: Any) -> pa.Table:
    try:
        return pq.read_table(path, use_threads=False, **wanted)
    except pa.ArrowInvalid as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> UserError:
    return UserError(f"{path}: damaged; what it said can be told again by training its steps again")


def _first_step(path: Path) -> int:
    try:
        return int(pq.read_schema(path).metadata[FIRST_STEP])
    except pa.ArrowInvalid as error:
        raise _damaged(path) from error


def _last_step(files: Sequence[Path]) -> int:
    for path in reversed(files):
        steps = _read(path, columns=["step"])["step"].to_numpy()
        if len(steps):
            return int(steps.max())
    return 0


def _show_step(phase: Path, step: int) -> list[str]:
    rows = read_step(phase, step).to_pylist()
    names = ["pack", "source", "key", "licence", "task", "language", "pieces", "tokens", "patches", "scores"]
    told = [[str(_told(row, name)) for name in names] for row in rows]
    tokens, patches = (sum(row[name] for row in rows) for name in ("tokens", "patches"))
    packs = len({row["pack"] for row in rows})
    title = f"step {step:,}: {packs:,} packs, {len(rows):,} samples, {tokens:,} tokens, {patches:,} patches"
    return [title, *_table(names, told), *_told_faults(fault for fault in read_faults(phase) if fault["step"] == step)]


def _told(row: dict[str, Any], name: str) -> Any:
    if name == "pieces":
        return f"{row['first']}-{row['last']}"
    if name == "scores":
        return " ".join(f"{score}={value:.2f}" for score, value in row["scores"])
    return f"{row[name]:,}" if name in ("tokens", "patches") else row[name]


def _show_document(phase: Path, key: str) -> list[str]:
    rows = read_document(phase, key).to_pylist()
    faults = [fault for fault in read_faults(phase) if key in (fault["key"], fault["replaced_by"])]
    if not rows and not faults:
        raise UserError(f"{phase}: document {key}: in no step up to {_last_step(_files(phase)):,}")
    names = ["step", "pack", "source", "pieces", "tokens", "patches"]
    told = [[str(_told(row, name)) for name in names] for row in rows]
    about = f", {rows[0]['licence']}, {rows[0]['uri']}" if rows else ""
    steps = len({row["step"] for row in rows})
    return [f"document {key}: in {steps:,} steps{about}", *_table(names, told), *_told_faults(faults)]


def _show_all(phase: Path) -> list[str]:
    samples: Counter[tuple[str, str]] = Counter()
    tokens: Counter[tuple[str, str]] = Counter()
    files = _files(phase)
    for path in files:
        table = _read(path, columns=["source", "licence", "tokens"])
        for row in (
            table.group_by(["source", "licence"]).aggregate([("tokens", "sum"), ("tokens", "count")]).to_pylist()
        ):
            place = row["source"], row["licence"]
            samples[place] += row["tokens_count"]
            tokens[place] += row["tokens_sum"]
    total = max(tokens.total(), 1)
    told = [
        [*place, f"{samples[place]:,}", f"{tokens[place]:,}", f"{tokens[place] / total:.2%}"]
        for place in sorted(tokens)
    ]
    title = f"{_last_step(files) + 1:,} steps, {samples.total():,} samples, {tokens.total():,} tokens"
    replaced = len(read_faults(phase))
    lost = [f"{replaced:,} samples could not be read and were replaced: {phase / FAULTS}"] if replaced else []
    finished = (phase / RECEIPT).exists()
    ahead = [] if finished else ["the phase is not finished: of the last window steps may be still ahead"]
    return [title, *_table(["source", "licence", "samples", "tokens", "share"], told), *lost, *ahead]


def _told_faults(faults: Iterable[dict[str, Any]]) -> list[str]:
    return [
        f"step {fault['step']:,}: {fault['key']} could not be read ({fault['reason']});"
        + (f" {fault['replaced_by']} took its place" if fault["replaced_by"] else " nothing took its place")
        for fault in faults
    ]


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned columns: numbers to the right."""
    numbers = {"step", "pack", "pieces", "samples", "tokens", "patches", "share"}
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = []
    for row in (names, *rows):
        cells = zip(names, row, widths, strict=True)
        lines.append("  ".join(cell.rjust(w) if name in numbers else cell.ljust(w) for name, cell, w in cells).rstrip())
    return lines
