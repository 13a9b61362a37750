"""What a curation left behind: what each stage kept and dropped, of which source and why, and the table of scores."""

from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.errors import ShardError, UserError
from curation.select import LABELS, SCORE, Rows, Verdict, hashes_of, judge, plan, rows_of
from curation.select_settings import DIMENSIONS, SelectSettings, Threshold
from curation.shard import ShardSet
from pipelines import files, score_table
from pipelines.report.data import Balance, understood
from pipelines.report.rejects import Reason, Row, read_rejects
from pipelines.selection import standing_keys
from pipelines.stage import Receipt, read_receipt

STAGES = ("extract", "deduplicate", "images", "score", "shards")


@dataclass(frozen=True)
class Step:
    """A stage that has ended: what it left, and what it dropped for which reasons, most frequent first."""

    name: str
    documents: int
    images: int
    gone: int
    cut: int
    seconds: float
    reasons: list[tuple[str, int]]


@dataclass(frozen=True)
class Scores:
    """One score: of the documents that are kept and of the others, and how many of each nobody could judge."""

    name: str
    threshold: Threshold
    kept: np.ndarray
    rejected: np.ndarray
    abstained_kept: int
    abstained_rejected: int

    @property
    def bounds(self) -> list[tuple[str, float]]:
        """("minimum" or "maximum", value) of all thresholds, of whatever language."""
        return [(side, value) for side in ("minimum", "maximum") for value in self.threshold.bounds(side)]


@dataclass(frozen=True)
class Group:
    """Documents with one source or language: scored and kept, and what the kept ones hold."""

    name: str
    scored: int
    kept: int
    words: int
    images: int


@dataclass(frozen=True)
class Table:
    """The table of scores; `kept` (n,) says which documents the shards hold."""

    rows: pa.Table
    kept: np.ndarray
    settings: SelectSettings

    @cached_property
    def columns(self) -> Rows:
        return rows_of(self.rows)

    @cached_property
    def verdict(self) -> Verdict:
        """Why each row was rejected, decided again."""
        return judge(self.columns, self.settings, plan(self.columns, self.settings))

    def score(self, name: str) -> np.ndarray:
        """(n,), NaN where nobody judged."""
        return self.columns.score(name)

    @cached_property
    def names(self) -> list[str]:
        """The dimensions first, then other scores with a threshold, other opinions on a dimension, then all signals."""
        names = [name[len(SCORE) :] for name in self.rows.column_names if name.startswith(SCORE)]
        return sorted(names, key=lambda name: (self._place(name), name))

    def _place(self, name: str) -> int:
        if name in DIMENSIONS:
            return DIMENSIONS.index(name)
        return 4 if name in self.settings.scores else 5 if _is_opinion(name) else 6

    def scores(self) -> list[Scores]:
        return [self._scores(name) for name in self.names]

    def _scores(self, name: str) -> Scores:
        values = self.score(name)
        known = ~np.isnan(values)
        threshold = self.settings.scores.get(name, Threshold())
        if name == "language.confidence" and self.settings.languages.confidence:
            threshold = Threshold(minimum=self.settings.languages.confidence)
        parts = values[known & self.kept], values[known & ~self.kept]
        return Scores(name, threshold, *parts, int((~known & self.kept).sum()), int((~known & ~self.kept).sum()))

    def groups(self, label: str) -> list[Group]:
        """By size."""
        places, names = self.columns.label(label)
        columns = [np.bincount(places, minlength=len(names)), np.bincount(places[self.kept], minlength=len(names))]
        for name in ("words", "images"):
            held = np.where(self.kept, self.rows[name].to_numpy(), 0)
            columns.append(np.bincount(places, held, minlength=len(names)).astype(int))
        found = map(Group, names, *(column.tolist() for column in columns))
        return sorted(found, key=lambda group: (-group.scored, group.name))


def _is_opinion(name: str) -> bool:
    """`judge.quality`, `student.balance`."""
    return name.rpartition(".")[2] in DIMENSIONS


def is_main(scores: Scores) -> bool:
    """Whether a score is more than a signal that others are made of."""
    return scores.name in DIMENSIONS or bool(scores.bounds) or _is_opinion(scores.name)


@dataclass(frozen=True)
class Outcome:
    """URLs of images that were asked for: what came of them, in how many bytes and seconds (the median)."""

    name: str
    count: int
    bytes: int
    seconds: float


@dataclass(frozen=True)
class Curation:
    folder: str
    read: int  # documents that came
    found: int  # and images
    steps: list[Step]
    documents: Balance
    images: Balance
    reasons: list[Reason]
    rejects: list[Row]  # some of each reason: rows of `pipelines.steps.REJECT_SCHEMA`
    fetched: list[Outcome]
    table: Table | None
    shards: ShardSet | None

    @cached_property
    def root(self) -> str:
        """What all addresses begin with, up to a slash: they are shown without it."""
        uris = [row["uri"] for row in self.rejects if row["uri"]]
        if self.table and len(self.table.rows):
            uris += pc.min_max(self.table.rows["uri"]).as_py().values()
        same = takewhile(
            lambda pair: pair[0] == pair[1], zip(min(uris, default=""), max(uris, default=""), strict=False)
        )
        root = "".join(letter for letter, _ in same).rpartition("/")[0]
        return f"{root}/" if root.strip("/") and not root.endswith(":/") else ""


def read_curation(folder: str) -> Curation:
    """Whatever stages have ended. Raises UserError where none has."""
    folder = files.plain(folder)
    receipts = _chain(folder)
    if not receipts:
        raise UserError(f"{folder}: no stage of it has ended: run `vlforge curate` first")
    with understood(folder, "curate"):
        steps = [_step(receipt) for receipt in receipts.values()]
        first = next(iter(receipts.values())).counts
        came, found = first["read"], first.get("images", {}).get("found", 0)
        counted, rejects = read_rejects([f"{folder}/{name}/rejects" for name in receipts])
        shards = _shards(f"{folder}/shards") if "shards" in receipts else None
        return Curation(
            folder=folder,
            read=came,
            found=found,
            steps=steps,
            documents=Balance(came, steps[-1].documents, sum(step.gone for step in steps)),
            images=Balance(found, steps[-1].images, sum(step.cut for step in steps)),
            reasons=counted,
            rejects=rejects,
            fetched=_fetched(f"{folder}/images/fetched"),
            table=_table(folder, receipts.get("shards")),
            shards=shards,
        )


def _chain(folder: str) -> dict[str, Receipt]:
    """The stages that have ended, up to one that read something else than the one before left (of an older run)."""
    chain: dict[str, Receipt] = {}
    left = None
    for name in STAGES:
        if receipt := read_receipt(f"{folder}/{name}"):
            if left is not None and receipt.counts.get("read", 0) != left:
                break
            chain[name], left = receipt, receipt.counts.get("kept", 0)
    return chain


def _step(receipt: Receipt) -> Step:
    counts, images = receipt.counts, receipt.counts.get("images", {})
    reasons: dict[str, int] = {}
    for stage in counts.get("rejected", {}).get("document", {}).values():
        for reason, number in stage.items():
            reasons[reason] = reasons.get(reason, 0) + number
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    left = counts.get("kept", 0), images.get("kept", 0)
    return Step(receipt.stage, *left, sum(reasons.values()), images.get("cut", 0), receipt.seconds, most)


def _shards(folder: str) -> ShardSet | None:
    try:
        return ShardSet(folder)
    except ShardError:
        return None


def _table(folder: str, written: Receipt | None) -> Table | None:
    """None where the stage before left none (or has not ended)."""
    try:
        names = [name for name in score_table.column_names(f"{folder}/score") if name.startswith(SCORE)]
    except UserError:
        return None
    columns = ["key", "uri", *LABELS, "words", "images", *names]
    rows = score_table.read(f"{folder}/score", columns)
    keys = standing_keys(f"{folder}/shards")
    kept = np.isin(hashes_of(rows["key"]), hashes_of(keys)) if keys is not None else np.zeros(len(rows), bool)
    return Table(rows, kept, SelectSettings.model_validate(written.depends["select"] if written else {}))


def _fetched(folder: str) -> list[Outcome]:
    """Of the rows that `pipelines.remote` wrote; most frequent first."""
    rows = pa.schema([("reason", pa.string()), ("bytes", pa.int64()), ("seconds", pa.float32())])
    paths = [file.path for file in files.listing(folder) if file.path.endswith(".parquet")]
    tables = [pq.ParquetFile(pa.BufferReader(files.read(path))).read(rows.names, use_threads=False) for path in paths]
    table = pa.concat_tables([rows.empty_table(), *tables])
    sums = [([], "count_all"), ("bytes", "sum"), ("seconds", "approximate_median")]
    found = table.group_by("reason").aggregate(sums).to_pylist()
    outcomes = [
        Outcome(row["reason"] or "an image", row["count_all"], row["bytes_sum"], row["seconds_approximate_median"])
        for row in found
    ]
    return sorted(outcomes, key=lambda outcome: (-outcome.count, outcome.name))
