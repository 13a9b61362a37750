"""Select: what other thresholds, quotas and mixtures would keep, read from the table of scores in seconds.

Nothing is scored again. `Select` is the step of the stage that writes the shards; `compare` says what settings would
change against the shards that stand.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from apache_beam import pvalue

from curation.document import Document
from curation.errors import ShardError
from curation.select import LABELS, SCORE, STAGE, Labels, Plan, Verdict, decide, hashes_of, judge, plan, rows_of
from curation.select_settings import DIMENSIONS, SelectSettings
from curation.shard import ShardSet
from pipelines import files, score_table
from pipelines.log import LOG
from pipelines.runner import check_worker, code_digest
from pipelines.stage import read_receipt
from pipelines.steps import rejected

LARGEST, SHOWN = 8, 5  # groups of a label, and documents that enter or leave, that are shown


# --- the step of a pipeline ---


class Select(beam.PTransform):
    """Scored documents -> `documents` that are kept, and `rejects`. `scores` is the folder of their table.

    One worker makes the plan of the whole table, and only the plan goes to all of them.
    """

    def __init__(self, scores: str, settings: SelectSettings, code: tuple[str, ...]):
        super().__init__()
        self.scores, self.settings, self.code = scores, settings, code

    def expand(self, documents: beam.PCollection) -> Any:
        start = documents.pipeline | "Scores" >> beam.Create([self.scores])
        made = pvalue.AsSingleton(start | "Plan" >> beam.Map(make_plan, self.settings))
        decide = beam.ParDo(_Decide(self.settings, self.code), made)
        return documents | "Decide" >> decide.with_outputs("rejects", main="documents")


def make_plan(scores: str, settings: SelectSettings) -> Plan:
    """The plan for a folder's table of scores; without limits there is nothing to plan."""
    for note in unknown_scores(settings, score_table.column_names(scores)):
        LOG.warning("select: %s", note)
    if not list(settings.limits()):
        return Plan()
    return plan(rows_of(score_table.read(scores, _columns(settings))), settings)


def _columns(settings: SelectSettings) -> set[str]:
    labels, scores = settings.reads()
    return {"key", *labels, *(SCORE + name for name in scores)}


class _Decide(beam.DoFn):
    def __init__(self, settings: SelectSettings, code: tuple[str, ...]):
        self.settings, self.code, self.digest = settings, code, code_digest(*code)

    def setup(self) -> None:
        check_worker(self.code, self.digest)

    def process(self, document: Document, plan: Plan) -> Iterator[Any]:
        reject = decide(document, self.settings, plan)
        yield pvalue.TaggedOutput("rejects", rejected(reject, document)) if reject else document


# --- what would change ---


@dataclass(frozen=True)
class Moved:
    """A document that enters or leaves the selection; `reason` says why it leaves."""

    key: str
    uri: str
    reason: str
    scores: Mapping[str, float]


class Group(NamedTuple):
    """The documents that have one text as a label: all, those kept now, and those that would be."""

    name: str
    scored: int
    now: int
    then: int


@dataclass(frozen=True)
class Change:
    """A selection beside the one that stands: counts are (documents now, documents then); now is 0 without shards."""

    scored: int
    stands: bool
    kept: tuple[int, int]
    words: tuple[int, int]
    images: tuple[int, int]
    rejected: Mapping[str, tuple[int, int]]  # by reason
    groups: Mapping[str, Sequence[Group]]  # of each label the largest first
    entering: int
    leaving: int
    enter: Sequence[Moved]
    leave: Sequence[Moved]
    notes: Sequence[str]


def select(output: str, settings: SelectSettings, write: Callable[[], object] | None = None) -> Change:
    """Prints what the settings would change of `<output>/shards`; then `write` is called, if any, to change it."""
    change = compare(output, settings)
    print("\n".join(table(change)))
    if write:
        write()
    return change


def compare(output: str, settings: SelectSettings) -> Change:
    """Reads `<output>/score/scores-*.parquet`, and of the shards only which documents they hold."""
    folder = files.plain(output)
    wanted = {*_columns(settings), *LABELS, "words", "images", *(SCORE + name for name in _told(settings)), "uri"}
    scores = score_table.read(f"{folder}/score", wanted)
    rows = rows_of(scores)
    verdict = judge(rows, settings, plan(rows, settings))
    then = verdict.codes == 0
    standing, unwritable = standing_keys(f"{folder}/shards"), _unwritable(f"{folder}/shards")
    now = np.isin(rows.hashes, hashes_of(standing)) if standing is not None else np.zeros(len(then), bool)
    lost = np.isin(rows.hashes, hashes_of(unwritable)) & then
    enter, leave = then & ~now & ~lost, now & ~then
    return Change(
        scored=len(then),
        stands=standing is not None,
        kept=(int(now.sum()), int(then.sum() - lost.sum())),
        words=_sums(scores["words"], now, then),
        images=_sums(scores["images"], now, then),
        rejected=_reasons(f"{folder}/shards", verdict),
        groups={label: _groups(rows.label(label), now, then) for label in LABELS},
        entering=int(enter.sum()),
        leaving=int(leave.sum()),
        enter=_examples(scores, verdict, rows.hashes, enter, settings),
        leave=_examples(scores, verdict, rows.hashes, leave, settings),
        notes=list(_notes(scores, settings, standing, int(now.sum()), int(lost.sum()))),
    )


def _told(settings: SelectSettings) -> list[str]:
    """The scores that an example is shown with."""
    return list(dict.fromkeys([*DIMENSIONS, *sorted(settings.reads()[1])]))


def standing_keys(folder: str) -> pa.ChunkedArray | None:
    """The keys of the documents in the shards that stand, None where no finished ones do."""
    try:
        entries = ShardSet(folder).entries
    except ShardError:
        return None
    keys = pa.schema([("key", pa.string())])
    tables = [_read(f"{folder}/{entry.name}.parquet", ["key"]) for entry in entries]
    return pa.concat_tables([keys.empty_table(), *tables])["key"]


def _unwritable(folder: str) -> pa.ChunkedArray:
    """The keys of documents that were selected for those shards, but whose media were gone or altered."""
    found = [file.path for file in files.listing(f"{folder}/rejects") if file.path.endswith(".parquet")]
    empty = pa.schema([("key", pa.string()), ("stage", pa.string())]).empty_table()
    rejects = pa.concat_tables([empty, *(_read(path, ["key", "stage"]) for path in found)])
    return rejects.filter(pc.equal(rejects["stage"], "write"))["key"]


def _read(path: str, columns: list[str]) -> pa.Table:  # Arrow's threads can make a process abort
    return pq.ParquetFile(pa.BufferReader(files.read(path))).read(columns, use_threads=False)


def _sums(column: pa.ChunkedArray, now: np.ndarray, then: np.ndarray) -> tuple[int, int]:
    values = column.to_numpy()
    return int(values[now].sum()), int(values[then].sum())


def _reasons(shards: str, verdict: Verdict) -> dict[str, tuple[int, int]]:
    """By reason how many were rejected, as the receipt of the shards has it, and how many would be."""
    then: Counter[str] = Counter()
    numbers = np.bincount(verdict.codes, minlength=len(verdict.reasons))
    for reason, number in zip(verdict.reasons[1:], numbers[1:].tolist(), strict=True):
        then[reason] += number
    receipt = read_receipt(shards)
    now = receipt.counts.get("rejected", {}).get("document", {}).get(STAGE, {}) if receipt else {}
    counted = {reason: (now.get(reason, 0), then[reason]) for reason in (*then, *now)}
    return {reason: numbers for reason, numbers in counted.items() if any(numbers)}


def _groups(labels: Labels, now: np.ndarray, then: np.ndarray) -> list[Group]:
    size = len(labels.names)
    columns = [np.bincount(labels.codes[which], minlength=size) for which in (slice(None), now, then)]
    rows = map(Group, labels.names, *(column.tolist() for column in columns))
    return sorted(rows, key=lambda group: (-group.scored, group.name))


def _examples(
    scores: pa.Table, verdict: Verdict, hashes: np.ndarray, which: np.ndarray, settings: SelectSettings
) -> list[Moved]:
    """Some at random: those of the lowest hashes."""
    chosen = np.flatnonzero(which)
    chosen = chosen[np.argsort(hashes[chosen])][:SHOWN]
    told = _told(settings)
    return [
        Moved(
            row["key"],
            row["uri"],
            verdict.reasons[verdict.codes[number]],
            {name: value for name in told if (value := row.get(SCORE + name)) is not None},
        )
        for number, row in zip(chosen, scores.take(chosen).to_pylist(), strict=True)
    ]


def _notes(
    scores: pa.Table, settings: SelectSettings, standing: pa.ChunkedArray | None, found: int, lost: int
) -> Iterator[str]:
    yield from unknown_scores(settings, scores.column_names)
    if standing is not None and found < len(standing):
        yield f"{len(standing) - found:,} documents of the shards that stand are not in the table of scores any more"
    if lost:
        yield f"{lost:,} would be selected, but could not be written last time: their media were gone or altered"


def unknown_scores(settings: SelectSettings, columns: Iterable[str]) -> list[str]:
    """A line for each score that a setting names and no document has: a name mistyped, or a scorer that never spoke."""
    unknown = settings.reads()[1] - {name[len(SCORE) :] for name in columns}
    return [f"no document has the score {name}, which the settings of select name" for name in sorted(unknown)]


# --- for the terminal ---


def table(change: Change) -> list[str]:
    """Lines for people."""
    rows = [("", "now", "would be", "")]
    for name in ("kept", "words", "images"):
        now, then = getattr(change, name)
        rows.append(
            (f"documents {name}" if name == "kept" else f"their {name}", f"{now:,}", f"{then:,}", _by(now, then))
        )
    stands = "" if change.stands else " (no finished shards stand yet)"
    lines = [f"{change.scored:,} documents scored{stands}", "", *_aligned(rows)]
    rejects = [(name, f"{now:,}", f"{then:,}", _by(now, then)) for name, (now, then) in change.rejected.items()]
    lines += ["", *_aligned([("rejected for", "now", "would be", ""), *rejects])]
    for label, groups in change.groups.items():
        if len(groups) > 1 or label == "language":
            lines += ["", *_aligned(_group_rows(label, groups))]
    lines += _moved(f"{change.entering:,} enter", change.enter) + _moved(f"{change.leaving:,} leave", change.leave)
    return lines + [f"note: {note}" for note in change.notes]


def _group_rows(label: str, groups: Sequence[Group]) -> Iterator[tuple[str, ...]]:
    yield label, "scored", "now", "would be", "", "share"
    total = sum(group.then for group in groups)
    shown = list(groups[:LARGEST])
    if rest := groups[LARGEST:]:
        scored, now, then = (int(sum(column)) for column in zip(*(group[1:] for group in rest), strict=True))
        shown.append(Group(f"{len(rest):,} others", scored, now, then))
    for name, scored, now, then in shown:
        share = f"{then / total:.1%}" if total else ""
        yield name or "none", f"{scored:,}", f"{now:,}", f"{then:,}", _by(now, then), share


def _moved(title: str, moved: Sequence[Moved]) -> list[str]:
    if not moved:
        return []
    lines = ["", f"{title}, for example"]
    for each in moved:
        scores = "  ".join(f"{name} {score:.2f}" for name, score in each.scores.items())
        lines += [f"  {each.key}  {each.uri}", f"    {f'{each.reason}: ' if each.reason else ''}{scores}"]
    return lines


def _by(now: int, then: int) -> str:
    return f"{then - now:+,}" if then != now else ""


def _aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def cell(place: int, text: str) -> str:
        return text.rjust(widths[place]) if place else text.ljust(widths[place])

    return ["  ".join(cell(*each) for each in enumerate(row)).rstrip() for row in rows]
