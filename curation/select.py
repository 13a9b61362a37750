"""Keeping or rejecting scored documents: thresholds, licences, the best of each group, quotas, a mixture.

Deciding is a step of its own over the table of scores, replayed in seconds. Whatever depends on other documents (the
best of a group, a quota, a mixture) is compressed to a small `Plan`: for each group the last document that is kept.
With it the decision is a pure function of one document, so that any number of workers keep the same ones.

Nothing here looks at a document's content. The rules are written once, over columns; a document is a table of one row.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.document import Document
from curation.reject import Reject
from curation.safety.domains import domain
from curation.safety.rights import spdx
from curation.select_settings import Languages, Limit, SelectSettings, Threshold

STAGE = "select"
LABELS = ("dataset", "domain", "language", "licence", "task")
SCORE = "scores."  # a score's column in the table is named like its setting


class Labels(NamedTuple):
    """A column of texts: row i has the text `names[codes[i]]`."""

    codes: np.ndarray  # (n,) int
    names: list[str]

    def look_up(self, value: Callable[[str], float]) -> np.ndarray:
        """(n,): what `value` says of each row's text; it is asked once for each different text."""
        return np.array([value(name) for name in self.names], float)[self.codes]


@dataclass(frozen=True)
class Rows:
    """Columns of n documents. A score is NaN where its scorer abstained."""

    hashes: np.ndarray  # (n,) uint64: breaks ties, and draws at random
    labels: Mapping[str, Labels]
    scores: Mapping[str, np.ndarray]  # (n,) float64

    def score(self, name: str) -> np.ndarray:
        return self.scores[name] if name in self.scores else np.full(len(self.hashes), np.nan)

    def label(self, name: str | None) -> Labels:
        """Without a name, all rows are one group."""
        return self.labels[name] if name else Labels(np.zeros(len(self.hashes), int), ["all"])


def rows_of(table: pa.Table) -> Rows:
    """`table` has the column `key` and those of LABELS and of scores (`scores.<name>`) that the settings ask for."""
    return Rows(
        hashes_of(table["key"]),
        {name: _labels(table[name]) for name in LABELS if name in table.column_names},
        {name[len(SCORE) :]: _numbers(table[name]) for name in table.column_names if name.startswith(SCORE)},
    )


def hashes_of(keys: pa.ChunkedArray) -> np.ndarray:
    """(n,) uint64: the second half of each key, which is a hash already."""
    return np.frombuffer(bytes.fromhex("".join(keys.to_pylist())), ">u8").reshape(-1, 2)[:, 1].astype(np.uint64)


def _labels(column: pa.ChunkedArray) -> Labels:
    whole = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
    return Labels(whole.indices.to_numpy(), whole.dictionary.to_pylist())


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float64()).to_numpy()


def row_of(document: Document) -> Rows:
    """The document as a table of one row."""
    source = document.source
    texts = (source.dataset, domain(source.uri), document.language, source.licence, document.task)
    return Rows(
        np.array([int(document.key[16:], 16)], np.uint64),
        {name: Labels(np.zeros(1, int), [text]) for name, text in zip(LABELS, texts, strict=True)},
        {name: np.array([score], float) for name, score in document.scores.items()},
    )


# --- rules: each says which rows break it ---


class Rule(NamedTuple):
    reason: str
    broken: Callable[[Rows], np.ndarray]  # (n,) bool
    detail: Callable[[Rows, int], str]  # what was seen in a row that breaks it, and the limit


class Cut(NamedTuple):
    """The last document of a group that is kept: of a lower rank, or of an equal rank and a lower hash, none is."""

    rank: float
    hash: int


NOTHING = Cut(np.inf, 0)
EVERYTHING = Cut(-np.inf, 0)
Cuts: TypeAlias = Mapping[str, Cut]


@dataclass(frozen=True)
class Plan:
    """By the name of each limit ("top", "quotas.language", "mixture"), the cuts of the groups that it cuts."""

    cuts: Mapping[str, Cuts] = field(default_factory=dict)


def plan(rows: Rows, settings: SelectSettings) -> Plan:
    """What the limits come to for these documents, each among those that the rules and the limits before it leave.

    The order of the rows does not matter. Raises ConfigError where a mixture names a group of which nothing is left.
    """
    kept = ~_first_broken(rows, list(_thresholds(settings)))[1]
    cuts: dict[str, Cuts] = {}
    for name, limit in settings.limits():
        cuts[name] = _cuts(rows, kept, limit)
        kept &= ~_cut_rule(limit, cuts[name]).broken(rows)
    return Plan(cuts)


class Verdict(NamedTuple):
    reasons: list[str]  # the first is "": kept
    codes: np.ndarray  # (n,) the index of each row's reason


def judge(rows: Rows, settings: SelectSettings, plan: Plan) -> Verdict:
    """The reason why each row is rejected, or none: the first rule that it breaks."""
    rules = list(_rules(settings, plan))
    codes, _ = _first_broken(rows, rules)
    return Verdict(["", *(rule.reason for rule in rules)], codes)


def decide(document: Document, settings: SelectSettings, plan: Plan) -> Reject | None:
    """What `judge` says of the document's row, as a reject that keeps all its scores; None to keep it."""
    row = row_of(document)
    for rule in _rules(settings, plan):
        if rule.broken(row)[0]:
            source, detail = document.source, rule.detail(row, 0)
            scores = document.scores
            return Reject("document", source.uri, STAGE, rule.reason, detail, document.key, scores, source.dataset)
    return None


def _first_broken(rows: Rows, rules: list[Rule]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) one more than the index of the first rule that each row breaks, 0 where none; and whether it breaks one."""
    codes = np.zeros(len(rows.hashes), np.int16)
    for number, rule in enumerate(rules, 1):
        codes[(codes == 0) & rule.broken(rows)] = number
    return codes, codes > 0


def _rules(settings: SelectSettings, plan: Plan) -> Iterator[Rule]:
    yield from _thresholds(settings)
    for name, limit in settings.limits():
        yield _cut_rule(limit, plan.cuts.get(name, {}))


def _thresholds(settings: SelectSettings) -> Iterator[Rule]:
    yield from _language_rules(settings.languages)
    if settings.licences:
        yield _licence_rule(settings.licences)
    for name, threshold in settings.scores.items():
        yield from _score_rules(name, threshold)


def _language_rules(languages: Languages) -> Iterator[Rule]:
    if languages.allowed:
        yield Rule(
            "language",
            lambda rows: rows.label("language").look_up(lambda code: code not in languages.allowed) > 0,
            lambda rows, row: f"{_text(rows, 'language', row)}, not one of {', '.join(languages.allowed)}",
        )
    if languages.confidence > 0:
        yield Rule(
            "uncertain language",
            lambda rows: ~(rows.score("language.confidence") >= languages.confidence),  # not identified is uncertain
            lambda rows, row: (
                f"{_text(rows, 'language', row)} at {np.nan_to_num(rows.score('language.confidence')[row]):.3f},"
                f" at least {languages.confidence:g}"
            ),
        )


def _licence_rule(globs: tuple[str, ...]) -> Rule:
    def refused(licence: str) -> bool:
        name = spdx(licence).lower()  # pages state theirs by its address at creativecommons.org
        return not any(fnmatchcase(name, glob.lower()) for glob in globs)

    return Rule(
        "licence",
        lambda rows: rows.label("licence").look_up(refused) > 0,
        lambda rows, row: f"{_text(rows, 'licence', row)}, not one of {', '.join(globs)}",
    )


def _score_rules(name: str, threshold: Threshold) -> Iterator[Rule]:
    def bound(rows: Rows, which: str, absent: float) -> np.ndarray:
        """(n,): the limit of each row's language."""

        def of(language: str) -> float:
            value = getattr(threshold.of(language), which)
            return absent if value is None else value

        return rows.label("language").look_up(of)

    def low(rows: Rows) -> np.ndarray:
        return rows.score(name) < bound(rows, "minimum", -np.inf)  # NaN is neither low nor high

    def high(rows: Rows) -> np.ndarray:
        return rows.score(name) > bound(rows, "maximum", np.inf)

    def seen(rows: Rows, row: int, which: str, words: str) -> str:
        return f"{rows.score(name)[row]:.3f}, {words} {bound(rows, which, np.nan)[row]:g}"

    if threshold.abstain == "reject":
        yield Rule(f"no {name}", lambda rows: np.isnan(rows.score(name)), lambda _, __: "the scorer had no evidence")
    if threshold.bounds("minimum"):
        yield Rule(f"low {name}", low, lambda rows, row: seen(rows, row, "minimum", "at least"))
    if threshold.bounds("maximum"):
        yield Rule(f"high {name}", high, lambda rows, row: seen(rows, row, "maximum", "at most"))


def _text(rows: Rows, label: str, row: int) -> str:
    codes, names = rows.label(label)
    return names[codes[row]] or "none"


# --- limits: what is left of each group after its cut ---


def ranks(rows: Rows, limit: Limit) -> np.ndarray:
    """(n,): the weighted mean of the scores that are known, -inf where none is; 0 for all where nothing ranks them.

    Sums run in one order, so that a document alone has, to the last bit, the rank of its row.
    """
    weights = limit.ranking()
    total, weight = np.zeros(len(rows.hashes)), np.zeros(len(rows.hashes))
    for name, share in sorted(weights.items()):
        score = rows.score(name)
        known = ~np.isnan(score)
        total += np.where(known, share * score, 0.0)
        weight += np.where(known, share, 0.0)
    if not weights:
        return total
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), -np.inf)


def _cuts(rows: Rows, kept: np.ndarray, limit: Limit) -> Cuts:
    """The cut of each group that holds more than it has room for."""
    codes, names = rows.label(limit.by)
    held = np.bincount(codes[kept], minlength=len(names))
    room = limit.room({name: int(count) for name, count in zip(names, held, strict=True) if count})
    chosen = np.flatnonzero(kept)
    rank = ranks(rows, limit)
    chosen = chosen[
        np.lexsort((rows.hashes[chosen], rank[chosen], codes[chosen]))
    ]  # a group after the other, best last
    ends = np.cumsum(held)
    cuts = {}
    for name, count, end in zip(names, held.tolist(), ends.tolist(), strict=True):
        if count and room[name] < count:
            last = chosen[end - room[name]] if room[name] else None
            cuts[name] = NOTHING if last is None else Cut(float(rank[last]), int(rows.hashes[last]))
    return cuts


def _cut_rule(limit: Limit, cuts: Cuts) -> Rule:
    def broken(rows: Rows) -> np.ndarray:
        codes, names = rows.label(limit.by)
        found = [cuts.get(name, EVERYTHING) for name in names]
        least = np.array([cut.rank for cut in found])[codes]
        tie = np.array([cut.hash for cut in found], np.uint64)[codes]
        rank = ranks(rows, limit)
        return (rank < least) | ((rank == least) & (rows.hashes < tie))

    def detail(rows: Rows, row: int) -> str:
        name = _text(rows, limit.by, row) if limit.by else "all"
        cut, ranked = cuts.get(name, EVERYTHING), ""
        if limit.ranking() and np.isfinite(cut.rank):
            ranked = f": {ranks(rows, limit)[row]:.4f}, the last one kept has {cut.rank:.4f}"
        return limit.said(name) + ranked

    return Rule(limit.reason, broken, detail)
