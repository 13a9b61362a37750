"""What was dropped: how often for which reason of which source, and some of each for samples."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines import files
from pipelines.steps import REJECT_SCHEMA

PER_REASON = 12  # rejects of each reason that samples are chosen from

Row = dict[str, Any]


@dataclass(frozen=True)
class Reason:
    """How many of a kind were dropped for a reason, in all and of each source."""

    kind: str
    stage: str
    reason: str
    count: int
    datasets: Mapping[str, int] = field(default_factory=dict)


def read_rejects(folders: Sequence[str]) -> tuple[list[Reason], list[Row]]:
    """Counts of all, and for samples the first of each reason by address. Cut texts, the most of all, are only counted.

    A file is read by row groups, so that millions of rejects need no more memory than some.
    """
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    kept: dict[tuple[str, str, str], list[Row]] = {}
    for table in _reject_tables(folders):
        for row in table.group_by(["kind", "stage", "reason", "dataset"]).aggregate([([], "count_all")]).to_pylist():
            place = counts.setdefault((row["kind"], row["stage"], row["reason"]), {})
            place[row["dataset"] or ""] = place.get(row["dataset"] or "", 0) + row["count_all"]
        for key, rows in _first_rows(table.filter(pc.not_equal(table["kind"], "text"))):
            kept[key] = sorted([*kept.get(key, []), *rows], key=_by_address)[:PER_REASON]
    reasons = [Reason(*key, sum(found.values()), found) for key, found in counts.items()]
    reasons.sort(key=lambda each: (each.kind, -each.count, each.stage, each.reason))
    return reasons, [row for key in sorted(kept) for row in kept[key]]


def _reject_tables(folders: Sequence[str]) -> Iterator[pa.Table]:
    for folder in folders:
        for file in files.listing(folder):
            if file.path.endswith(".parquet"):
                parquet = pq.ParquetFile(pa.BufferReader(files.read(file.path)))
                for number in range(parquet.num_row_groups):
                    empty = REJECT_SCHEMA.empty_table()  # of an older version a column may be missing
                    group = parquet.read_row_group(number, use_threads=False)
                    yield pa.concat_tables([empty, group], promote_options="default")


def _first_rows(table: pa.Table) -> Iterator[tuple[tuple[str, str, str], list[Row]]]:
    names = ["kind", "stage", "reason"]
    for key in table.select(names).group_by(names).aggregate([]).to_pylist():
        of = pc.and_(*(pc.equal(table[name], key[name]) for name in names[1:]))
        rows = table.filter(pc.and_(of, pc.equal(table["kind"], key["kind"])))
        rows = rows.sort_by([("uri", "ascending"), ("detail", "ascending")]).slice(0, PER_REASON)
        yield (key["kind"], key["stage"], key["reason"]), rows.to_pylist()


def _by_address(row: Row) -> tuple[str, str]:
    return row["uri"] or "", row["detail"] or ""
