"""What a judge answered and what it cost, in one SQLite file that several processes share.

An answer is asked for once: whoever comes later, in this run or another, reads it here. The budget is the file's, over
all runs and processes: a call is booked before it is made, at its greatest price, and corrected when the answer is
there, so that many callers together cannot overspend. The file must lie on a local disk: SQLite's locks do not hold on
network file systems.
"""

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from curation.errors import ConfigError

Outcome = Literal["answered", "malformed"]
_FILE = "judge.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    id TEXT PRIMARY KEY, document TEXT, outcome TEXT, scores TEXT, reason TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY, document TEXT, retries INTEGER, failed INTEGER, input INTEGER, output INTEGER, money REAL,
    seconds REAL);
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """`scores` in [0, 1] by dimension; none where the judge was asked twice and its answers could not be read."""

    outcome: Outcome
    scores: Mapping[str, float]
    reason: str


@dataclass(frozen=True, slots=True)
class Cost:
    """`calls` count questions, `retries` the times that one was sent again because the endpoint did not answer it;
    `failed` calls got no answer at all. Tokens in and out; `seconds` are the sum over all calls."""

    calls: int = 0
    retries: int = 0
    failed: int = 0
    input: int = 0
    output: int = 0
    money: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(Cost)))

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(*(getattr(self, item.name) - getattr(other, item.name) for item in fields(Cost)))

    def __str__(self) -> str:
        money = f", {self.money:,.4g} of money" if self.money else ""
        return (
            f"{self.calls:,} calls ({self.retries:,} retries, {self.failed:,} failed), {self.input:,} tokens in, "
            f"{self.output:,} out{money}, {self.seconds:,.1f} s"
        )


_SUMS = ", ".join("COUNT(*)" if item.name == "calls" else f"TOTAL({item.name})" for item in fields(Cost))


class Ledger:
    """Raises ConfigError where the folder cannot hold it."""

    def __init__(self, folder: str):
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            # Autocommit: transactions are begun where they are meant. One connection, which threads take in turns.
            self._base = sqlite3.connect(Path(folder, _FILE), 60, isolation_level=None, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"judge.cache: {folder}: cannot keep answers there: {error}") from error
        self._turn = threading.Lock()

    def answer(self, identity: str) -> Answer | None:
        query = "SELECT outcome, scores, reason FROM answers WHERE id = ?"
        with self._turn:
            row = self._base.execute(query, (identity,)).fetchone()
        return Answer(row[0], json.loads(row[1]), row[2]) if row else None

    def remember(self, identity: str, document: str, answer: Answer) -> Answer:
        """The answer that stands: the first one, where two processes asked the same at the same time."""
        row = (identity, document, answer.outcome, json.dumps(dict(answer.scores)), answer.reason)
        with self._turn:
            self._base.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", row)
        return self.answer(identity) or answer

    def begin(self, document: str, price: float, most_money: float | None, most_calls: int | None) -> int | None:
        """Books a call at its greatest price; None where that would break the budget."""
        with self._turn:
            self._base.execute("BEGIN IMMEDIATE")  # no other process books between the sum and the insert
            try:
                calls, money = self._base.execute("SELECT COUNT(*), TOTAL(money) FROM calls").fetchone()
                if most_calls is not None and calls >= most_calls:
                    return None
                if most_money is not None and money + price > most_money:
                    return None
                insert = "INSERT INTO calls VALUES (NULL, ?, 0, 1, 0, 0, ?, 0)"  # failed until it is settled
                return self._base.execute(insert, (document, price)).lastrowid
            finally:
                self._base.execute("COMMIT")

    def settle(self, call: int, cost: Cost) -> None:
        """What the call came to."""
        update = "UPDATE calls SET retries = ?, failed = ?, input = ?, output = ?, money = ?, seconds = ? WHERE id = ?"
        row = (cost.retries, cost.failed, cost.input, cost.output, cost.money, cost.seconds, call)
        with self._turn:
            self._base.execute(update, row)

    def cost(self) -> Cost:
        """Of all calls that are in the file."""
        with self._turn:
            row = self._base.execute(f"SELECT {_SUMS} FROM calls").fetchone()
        return Cost(*(kind(value) for kind, value in zip((int,) * 5 + (float,) * 2, row, strict=True)))

    def close(self) -> None:
        self._base.close()
