"""`vlforge verify --mutate`: documents are broken on purpose; what share of the lies do the proofs find?"""

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from curation import media
from curation.document import Document
from curation.errors import UserError
from curation.shard import ShardSet
from pipelines.checkers import Recipes, checker_of, finished, label, opened, receipt_recipes
from synth.mutation import judge
from synth.prove import prove
from synth.sample import Checker, Unproven

GOAL = 0.99
SHOWN = 10  # lies that were not found
TOGETHER = 4  # documents that a process is given at a time: each is judged dozens of times


@dataclass
class Tried:
    """Lies of one kind: how many were told, how many were found, and by which checks."""

    tried: int = 0
    found: int = 0
    found_by: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tried") -> None:
        self.tried += other.tried
        self.found += other.found
        self.found_by += other.found_by

    @property
    def rate(self) -> float:
        return self.found / self.tried


@dataclass
class Judged:
    """Documents that were judged, by generator the lies told of them, and what is to be looked into."""

    documents: int = 0
    lies: dict[str, dict[str, Tried]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)  # lies that no check found
    unsound: list[str] = field(default_factory=list)  # documents that fail their own proof: no lies were told of them

    def add(self, other: "Judged") -> None:
        self.documents += other.documents
        for generator, lies in other.lies.items():
            for lie, tried in lies.items():
                self.lies.setdefault(generator, {}).setdefault(lie, Tried()).add(tried)
        self.missed += other.missed
        self.unsound += other.unsound


def mutate(folder: str, count: int, pool: ProcessPoolExecutor, recipes: Recipes | None = None) -> Judged:
    """Judges `count` documents of a folder, at equal distances."""
    shards = ShardSet(folder)
    recipes = receipt_recipes(folder) if recipes is None else recipes
    count = min(count, len(shards))
    rows = [number * len(shards) // count for number in range(count)]
    parts = [rows[start : start + TOGETHER] for start in range(0, count, TOGETHER)]
    whole = Judged()
    for judged in finished([pool.submit(judge_rows, folder, part, recipes) for part in parts], folder):
        whole.add(judged)
    return whole


def judge_rows(folder: str, rows: Sequence[int], recipes: Recipes) -> Judged:
    """Equal documents are told equal lies."""
    judged = Judged()
    for document in map(opened(folder).read, rows):
        judged.documents += 1
        if document.proof:
            try:
                _judge(document, checker_of(document, recipes), judged)
            except UserError as error:
                judged.unsound.append(f"{label(document)}: {error}")
    return judged


def _judge(document: Document, checker: Checker, judged: Judged) -> None:
    contents = [media.read(item) for item in document.media]
    if failures := prove(document, contents, checker, audit=True):
        raise Unproven(failures)
    rng = np.random.default_rng(zlib.crc32(document.key.encode()))
    lies = judged.lies.setdefault(document.proof["generator"], {})
    for verdict in judge(document, contents, checker, rng):
        by = Counter(verdict.found_by)
        lies.setdefault(verdict.lie, Tried()).add(Tried(1, int(bool(by)), by))
        if not by:
            judged.missed.append(f"{verdict.lie}: {label(document)}")


def together(found: Iterable[Judged]) -> Judged:
    whole = Judged()
    for judged in found:
        whole.add(judged)
    return whole


def holds(found: Iterable[Judged]) -> bool:
    """Whether each kind of lie about each generator's samples is found as often as the goal says."""
    whole = together(found)
    return not whole.unsound and all(tried.rate >= GOAL for lies in whole.lies.values() for tried in lies.values())


def wilson(found: int, tried: int) -> tuple[float, float]:
    """The 95% interval of a rate (Wilson 1927)."""
    z, rate = 1.959964, found / tried
    middle = (rate + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z * math.sqrt(rate * (1 - rate) / tried + z * z / (4 * tried * tried)) / (1 + z * z / tried)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def as_json(found: Mapping[str, Judged]) -> dict[str, Any]:
    """By folder, and by generator over all folders."""
    return {
        "goal": GOAL,
        "folders": {
            folder: {"documents": judged.documents, "unsound": len(judged.unsound), "lies": _rows(judged)}
            for folder, judged in found.items()
        },
        "generators": _rows(together(found.values())),
    }


def _rows(judged: Judged) -> dict[str, list[dict[str, Any]]]:
    return {
        generator: [
            {
                **{"lie": lie, "tried": tried.tried, "found": tried.found, "rate": tried.rate},
                **{"interval": wilson(tried.found, tried.tried), "found_by": dict(tried.found_by.most_common())},
            }
            for lie, tried in sorted(lies.items())
        ]
        for generator, lies in sorted(judged.lies.items())
    }


def table(found: Mapping[str, Judged]) -> list[str]:
    """Lines for people: a row a lie, by generator."""
    whole = together(found.values())
    lies = [lie for each in whole.lies.values() for lie in each]
    width = max(map(len, lies), default=0)
    lines = [f"{whole.documents:,} documents judged; a lie is found when any check fails"]
    for generator, rows in _rows(whole).items():
        lines += ["", f"{generator:{width}}    tried    found    rate  95% interval   found by"]
        for row in rows:
            low, high = row["interval"]
            by = ", ".join(f"{check} {count:,}" for check, count in row["found_by"].items())
            mark = "" if row["rate"] >= GOAL else f"   below {GOAL:.0%}"
            numbers = f"{row['tried']:9,}{row['found']:9,}{row['rate']:8.1%}  {low:.1%}-{high:.1%}"
            lines.append(f"{row['lie']:{width}}{numbers}   {by}{mark}")
    for title, said in (("not found", whole.missed), ("fail their own proof", whole.unsound)):
        if said:
            lines += ["", f"{title}: {len(said):,}", *(f"  {line}" for line in said[:SHOWN])]
    return lines
