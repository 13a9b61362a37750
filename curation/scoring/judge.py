"""The judge: a large vision-language model that is asked for the four scores by a written rubric."""

import hashlib
import json
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pydantic import Field, model_validator

from curation import media as media_files
from curation.config import Config
from curation.document import Document, Media
from curation.scoring import rubric
from curation.scoring.backend import Backend, BackendError, EndpointSettings, LocalSettings
from curation.scoring.features import Features
from curation.scoring.judge_endpoint import Endpoint
from curation.scoring.judge_local import LocalModel
from curation.scoring.ledger import Answer, Cost, Ledger
from curation.scoring.rubric import AnswerError, Dimension, Prompt, ShowSettings

_GIVE_UP = 20  # documents without an answer in a row: then the endpoint is gone, and waiting for it helps nobody
_PENDING = 4  # documents at hand for each question that may be open, so that a slow answer holds up no other
LOG = logging.getLogger("vlforge")


class Prices(Config):
    """Money for a million tokens, in whatever currency the budget is in."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)


class Budget(Config):
    """What all runs that share a cache may spend together; when it is spent, what is not yet answered stays unasked."""

    money: float | None = Field(None, ge=0)
    calls: int | None = Field(None, ge=0)


class JudgeSettings(Config):
    """`endpoint` or `local`. `cache` is a folder on a local disk that keeps answers and costs."""

    endpoint: EndpointSettings | None = None
    local: LocalSettings | None = None
    cache: str = Field(min_length=1)
    show: ShowSettings = ShowSettings()
    answer_tokens: int = Field(400, ge=50, description="of one answer at most")
    concurrency: int = Field(8, ge=1, le=256, description="questions at the same time, in each process")
    prices: Prices | None = None
    budget: Budget = Budget()

    @model_validator(mode="after")
    def _whole(self) -> "JudgeSettings":
        if (self.endpoint is None) == (self.local is None):
            raise ValueError("name either an endpoint or a local checkpoint")
        if self.budget.money is not None and self.prices is None:
            raise ValueError("a budget of money needs prices: what a million tokens cost")
        return self


@dataclass(frozen=True, slots=True)
class Verdict:
    """`answer` is None where there was none: the budget is spent (`unasked`), or nothing came (`failed`)."""

    outcome: Literal["answered", "malformed", "failed", "unasked"]
    answer: Answer | None = None
    cached: bool = False

    def scores(self) -> dict[str, float]:
        """`judge.<dimension>` of an answered document; else `judge.error` or `judge.unasked`, and never a score."""
        if self.answer and self.outcome == "answered":
            return {f"judge.{name}": value for name, value in self.answer.scores.items()}
        return {"judge.unasked" if self.outcome == "unasked" else "judge.error": 1.0}


class Judge:
    """Asks once about each document, reads answers strictly, keeps them, and stays within the budget.

    Unreadable answers are sent back once with what is wrong with them; a document that still has none stays without
    judge scores. Threads may share a judge; processes share its cache and its budget.
    """

    name = "judge"

    def __init__(self, settings: JudgeSettings, backend: Backend | None = None):
        self.settings = settings
        self.backend = backend or make_backend(settings)
        self.ledger = Ledger(settings.cache)
        self.before = self.ledger.cost()
        self.counts: Counter[str] = Counter()  # of outcomes, and `cached`
        self._lock = threading.Lock()
        self._unanswered = 0  # in a row
        self._told: set[str] = set()

    def question(
        self, document: Document, read: Callable[[Media], bytes] = media_files.read
    ) -> tuple[Prompt, Sequence[Dimension]]:
        """What is asked about a document, and the grades that are wanted; another judge asks otherwise."""
        return rubric.prompt(document, self.settings.show, read), rubric.asked(document)

    def rules(self) -> str:
        """Changes with every word that this judge is told besides the document."""
        return rubric.digest()

    def score(self, features: Features) -> dict[str, float]:
        """As every scorer; many documents at once are asked about faster by `ask_all`."""
        return self.ask(features.document, features.tools.read).scores()

    def ask_all(
        self, documents: Iterable[Document], read: Callable[[Media], bytes] = media_files.read
    ) -> Iterator[Verdict | Exception]:
        """Of each document its verdict, or what went wrong with it; in their order, `concurrency` at the same time."""

        def one(document: Document) -> Verdict | Exception:
            try:
                return self.ask(document, read)
            except Exception as error:  # an image that is gone, or cannot be drawn: one document's fault
                return error

        documents = iter(documents)
        pool = ThreadPoolExecutor(self.settings.concurrency)
        try:
            ahead = self.settings.concurrency * _PENDING
            waiting = deque(pool.submit(one, item) for item in islice(documents, ahead))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(one, item) for item in islice(documents, 1))
        finally:
            pool.shutdown(cancel_futures=True)  # where nobody waits for the rest, it is not asked for

    def ask(self, document: Document, read: Callable[[Media], bytes] = media_files.read) -> Verdict:
        """Raises MediaError where the bytes of an image to be shown are gone or altered."""
        verdict = self._known(document) or self._ask(document, read)
        with self._lock:
            self.counts.update([verdict.outcome, *(["cached"] if verdict.cached else [])])
            if not verdict.cached:
                self._unanswered = self._unanswered + 1 if verdict.outcome == "failed" else 0
        return verdict

    def check(self) -> None:
        """Raises ConfigError where the model cannot be asked; costs nothing."""
        self.backend.check()

    def knows(self, document: Document) -> bool:
        """Whether asking costs nothing."""
        return self._known(document) is not None

    def identity(self, document: Document) -> str:
        """The same for the same question: document, model, rubric and how much of the document is shown."""
        show = self.settings.show.model_dump()
        whole = [document.key, self.backend.identity, self.rules(), show, self.settings.answer_tokens]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def spent(self) -> Cost:
        """By all processes that share the cache, since this judge was made."""
        return self.ledger.cost() - self.before

    def _known(self, document: Document) -> Verdict | None:
        known = self.ledger.answer(self.identity(document))
        return Verdict(known.outcome, known, cached=True) if known else None

    def _ask(self, document: Document, read: Callable[[Media], bytes]) -> Verdict:
        if self._unanswered >= _GIVE_UP:
            self._tell(f"{_GIVE_UP} documents in a row without an answer: asks no more in this process")
            return Verdict("failed")
        question, dimensions = self.question(document, read)
        try:
            answer = self._answer(document, question, dimensions)
        except BackendError as error:
            self._tell(f"no answer: {error}")
            return Verdict("failed")
        if answer is None:
            self._tell("the budget is spent: documents without an answer stay without judge scores")
            return Verdict("unasked")
        answer = self.ledger.remember(self.identity(document), document.key, answer)
        return Verdict(answer.outcome, answer)

    def _answer(self, document: Document, question: Prompt, dimensions: Sequence[Dimension]) -> Answer | None:
        """The answer, asked for twice if need be; None where the budget does not allow it. Raises BackendError."""
        attempt = question
        for last in (False, True):
            said = self._call(document, attempt)
            if said is None:
                return None
            try:
                return Answer("answered", *rubric.parse(said, dimensions))
            except AnswerError as fault:
                if last:
                    self._tell(f"an answer that cannot be read, nor its correction: {fault}")
                    return Answer("malformed", {}, f"{fault}: {said[:200]}")
                attempt = rubric.again(question, said, fault)
        return None

    def _call(self, document: Document, prompt: Prompt) -> str | None:
        """What the model said; None where the budget does not allow to ask. Raises BackendError."""
        budget, most = self.settings.budget, self.settings.answer_tokens
        price = self._money(prompt.tokens, most)
        call = self.ledger.begin(document.key, price, budget.money, budget.calls)
        if call is None:
            return None
        start = time.monotonic()
        try:
            reply = self.backend.complete(prompt, most)
        except BackendError as error:
            seconds = time.monotonic() - start
            self.ledger.settle(call, Cost(1, error.retries, 1, seconds=seconds))
            raise
        read = prompt.tokens if reply.input is None else reply.input
        written = most if reply.output is None else reply.output
        seconds = time.monotonic() - start
        self.ledger.settle(call, Cost(1, reply.retries, 0, read, written, self._money(read, written), seconds))
        return reply.text

    def _money(self, read: int, written: int) -> float:
        prices = self.settings.prices
        return (read * prices.input + written * prices.output) / 1e6 if prices else 0.0

    def _tell(self, message: str) -> None:
        """Once a process and kind."""
        with self._lock:
            new = message.partition(":")[0] not in self._told
            self._told.add(message.partition(":")[0])
        if new:
            LOG.warning("judge: %s", message)


def make_backend(settings: JudgeSettings) -> Backend:
    """Raises ConfigError where the model cannot be asked: no key, no such folder, a package that is not installed."""
    if settings.endpoint:
        return Endpoint(settings.endpoint)
    assert settings.local is not None  # the settings' own check
    return LocalModel(settings.local)


def outcome(scores: Mapping[str, float]) -> str | None:
    """What came of the judge, as a document's scores tell: `answered`, `error`, `unasked`, or None without a judge."""
    found = [name.removeprefix("judge.") for name in scores if name.startswith("judge.")]
    if not found:
        return None
    return next((name for name in ("error", "unasked") if name in found), "answered")
