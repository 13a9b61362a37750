"""Documents of a curation beside each other: those around a threshold, and near duplicates with what was kept."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from curation.document import Document, Image
from pipelines.report.cards import BRIEF, Card, card, find_documents, short, shown
from pipelines.report.curation import Curation, Row, Table
from pipelines.report.pictures import Picture
from pipelines.report.samples import evenly

EACH, THRESHOLDS, PAIRS = 3, 12, 6  # documents on either side of a threshold, thresholds, and pairs
_COMPARED, _SHOWN, _BEFORE = 1000, 90, 15  # words of a text: compared, shown, and those before the first difference
# in scripts without spaces a character is a word
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff] ?|[^ \u3040-\u30ff\u3400-\u9fff]+ ?")
_NEAR = re.compile(r"of (?P<uri>.*) \(estimated Jaccard (?P<share>[\d.]+)\)")


# --- around a threshold ---


@dataclass(frozen=True)
class Around:
    """The documents nearest to a threshold: those that it rejects, and those that it does not."""

    name: str
    side: str  # minimum or maximum
    value: float
    outside: list[Card]
    inside: list[Card]


def around_thresholds(curation: Curation) -> list[Around]:
    table = curation.table
    if table is None:
        return []
    bounds = [(each.name, side, value) for each in table.scores() for side, value in each.bounds][:THRESHOLDS]
    nearest = [_nearest(table, *bound) for bound in bounds]
    keys = table.rows["key"].take(np.concatenate([*map(np.concatenate, nearest), [0]]).astype(int)).to_pylist()
    documents = {each.key: each for each in find_documents(curation, "score", set(keys))} if bounds else {}

    def cards(rows: np.ndarray) -> list[Card]:
        found = []
        for row in rows.tolist():
            if document := documents.get(table.rows["key"][row].as_py()):
                why = table.verdict.reasons[table.verdict.codes[row]]
                found.append(card(curation, document, why, size=BRIEF))
        return found

    pairs = zip(bounds, nearest, strict=True)
    return [Around(*bound, cards(outside), cards(inside)) for bound, (outside, inside) in pairs]


def _nearest(table: Table, name: str, side: str, value: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows just outside and just inside of a bound, the nearest first; a bound itself is inside.

    Of rows in a language that has a bound of its own, only those that this is the bound of.
    """
    distance = table.score(name) - value if side == "minimum" else value - table.score(name)  # NaN is on neither side
    if threshold := table.settings.scores.get(name):
        asked = table.columns.label("language").look_up(lambda code: getattr(threshold.of(code), side) == value)
        distance = np.where(asked > 0, distance, np.nan)
    outside, inside = np.flatnonzero(distance < 0), np.flatnonzero(distance >= 0)
    hashes = table.columns.hashes

    def first(rows: np.ndarray) -> np.ndarray:
        far = np.abs(distance[rows])
        if len(rows) > EACH:  # whoever ties with the last of the nearest is looked at too
            rows = rows[far <= np.partition(far, EACH)[EACH]]
        return rows[np.lexsort((hashes[rows], np.abs(distance[rows])))][:EACH]

    return first(outside), first(inside)


# --- near duplicates ---


@dataclass(frozen=True)
class Half:
    """A document of a pair: runs of its words, and whether the other has them; its first picture."""

    title: str
    runs: list[tuple[str, bool]]
    picture: Picture | None


@dataclass(frozen=True)
class Pair:
    share: str
    kept: Half
    dropped: Half


def near_duplicates(curation: Curation) -> list[Pair]:
    """Some of the pairs whose documents are both still there, with their differences."""
    rows = [row for row in curation.rejects if row["stage"] == "deduplicate" and _NEAR.fullmatch(row["detail"] or "")]
    rows = evenly(rows, PAIRS)
    kept = {row["key"]: _NEAR.fullmatch(row["detail"]) for row in rows}
    uris = {match["uri"] for match in kept.values() if match}
    documents = list(find_documents(curation, "extract", set(kept), uris))
    by_key, by_uri = ({each.key: each for each in documents}, {each.source.uri: each for each in documents})
    return list(_pairs(curation, rows, by_key, by_uri))


def _pairs(
    curation: Curation, rows: Sequence[Row], by_key: dict[str, Document], by_uri: dict[str, Document]
) -> Iterator[Pair]:
    for row in rows:
        match = _NEAR.fullmatch(row["detail"])
        dropped, kept = by_key.get(row["key"]), by_uri.get(match["uri"]) if match else None
        if match and dropped and kept:
            first, second = _differences(_words(kept), _words(dropped))
            yield Pair(match["share"], _half(curation, kept, first), _half(curation, dropped, second))


def _half(curation: Curation, document: Document, runs: list[tuple[str, bool]]) -> Half:
    pictures = (shown(document.media[part.media]) for part in document.parts() if isinstance(part, Image))
    return Half(short(curation, document.source.uri), runs, next(pictures, None))


def _words(document: Document) -> list[str]:
    """Each with the space that follows it."""
    return _WORD.findall(" ".join(document.text.split()))[:_COMPARED]


def _differences(first: list[str], second: list[str]) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both texts from shortly before their first difference on, in runs of words that both or one of them has."""
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    changed = next((block for block in blocks if block[0] != "equal"), None)
    starts = (max(changed[1] - _BEFORE, 0), max(changed[3] - _BEFORE, 0)) if changed else (0, 0)
    sides = ([(op == "equal", a, b) for op, a, b, _, _ in blocks], [(op == "equal", a, b) for op, _, _, a, b in blocks])
    return _runs(first, sides[0], starts[0]), _runs(second, sides[1], starts[1])


def _runs(text: list[str], blocks: Sequence[tuple[bool, int, int]], start: int) -> list[tuple[str, bool]]:
    found = [("… ", True)] if start else []
    for same, low, high in blocks:
        if part := text[max(low, start) : min(high, start + _SHOWN)]:
            found.append(("".join(part), same))
    return [*found, (" …", True)] if len(text) > start + _SHOWN else found
