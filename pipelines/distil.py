"""Distil: a judge is asked about a sample of documents, and a small model learns its opinion for all the others.

It reads the documents that a stage of `curate` left, and leaves in its own folder the student, `report.json` and
`report.png` with its agreement on held-out documents, and `answers.jsonl` with every answer and its reason.
"""

import dataclasses
import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pydantic

from curation.config import Config
from curation.document import Document
from curation.errors import UserError
from curation.scoring import rubric
from curation.scoring.embed import Embedder
from curation.scoring.judge import Judge, JudgeSettings, Verdict
from curation.scoring.student import CARD, Student
from curation.scoring.student_fit import FEWEST, train, written
from pipelines import files
from pipelines.distil_report import Opinion, compare, plot, predict, summary
from pipelines.documents import list_ranges, read_range
from pipelines.log import LOG, Progress

JOB = "distil"
REPORT, PLOT, ANSWERS = "report.json", "report.png", "answers.jsonl"
_POOL = 20  # documents that the sample is drawn from, for each that it needs
_STRATA = 5  # of the lowest score

Place = tuple[str, int]  # a file, and a document's first byte in it


class DistilConfig(Config):
    """`vlforge distil`: whose documents, which judge, and how large a sample it is asked about."""

    documents: str = pydantic.Field(min_length=1, description="a finished stage of curate, e.g. runs/x/score")
    output: str = pydantic.Field(min_length=1, description="the folder that `score.student` then names")
    judge: JudgeSettings
    sample: int = pydantic.Field(2000, ge=2 * FEWEST, le=10_000)
    fewest: int = pydantic.Field(100, ge=2 * FEWEST, description="answers below which nothing is trained")
    held_out: float = pydantic.Field(0.25, ge=0.05, le=0.5, description="share of the sample kept for the report")
    threshold: float = pydantic.Field(
        0.5, gt=0, le=1, description="the score from which the report calls a document good"
    )
    seed: int = 0
    embeddings: bool = pydantic.Field(True, description="whether the student may read sentence embeddings")
    embedding_model: str | None = pydantic.Field(None, description="as in `score`; the packaged MiniLM if absent")

    @pydantic.model_validator(mode="after")
    def _enough(self) -> "DistilConfig":
        if self.fewest > self.sample:
            raise ValueError(f"a sample of {self.sample} cannot give {self.fewest} answers")
        return self


def run(config: DistilConfig) -> dict[str, Any]:
    """The report. Raises UserError where there are no documents or too few answers."""
    folder, source = files.plain(config.output), files.plain(config.documents)
    judge = Judge(config.judge)
    embedder = Embedder(config.embedding_model) if config.embeddings else None
    documents = draw(source, config.sample, config.seed)
    opinions = ask(judge, documents, config)
    check_answers(opinions, config)
    learnt = [opinion for opinion in opinions if not opinion.held_out and opinion.scores]
    trained = train([item.document for item in learnt], [item.scores for item in learnt], embedder)
    if not trained.fitted:
        raise UserError("the judge gave every document the same grades: there is nothing to learn")
    facts = {"judge": judge.backend.identity, "rubric": rubric.digest(), "seed": config.seed}
    contents = written(trained, facts)
    student = Student(contents, lambda: embedder or Embedder(config.embedding_model))
    predicted, rate = predict(student, opinions)
    dimensions = compare(student, opinions, predicted, config.threshold)
    outcomes = Counter(opinion.outcome for opinion in opinions)
    report = {
        **facts,
        "documents": {"sample": len(documents), **outcomes, "learnt from": len(learnt)},
        "cost": dataclasses.asdict(judge.spent) | {"cached": judge.counts["cached"]},
        "threshold": config.threshold,
        "documents_a_cpu_second": rate,
        "dimensions": dimensions,
    }
    contents = written(trained, {**facts, "agreement": dimensions})
    card = contents.pop(CARD)
    contents |= {ANSWERS: answer_lines(opinions), PLOT: plot(dimensions, opinions, predicted)}
    contents[REPORT] = json.dumps(report, indent=1).encode()
    for name, content in {**contents, CARD: card}.items():  # the card last: without it there is no student
        files.write(f"{folder}/{name}", content)
    for line in summary(report):
        LOG.info("%s: %s", JOB, line)
    LOG.info("%s: score.student: %s", JOB, folder)
    return report


# --- the sample ---


def draw(folder: str, count: int, seed: int) -> list[Document]:
    """So many documents, evenly over the range of their lowest score, so that the rare bad ones are among them.

    Drawn by the hash of their keys: the same whatever files they lie in. Raises UserError where there are none.
    """
    pool = list(_pool(folder, count * _POOL, seed))
    if not pool:
        raise UserError(f"{folder}: no documents there; name a finished stage of curate, e.g. runs/x/score")
    strata: dict[int, list[tuple[int, Place]]] = {}
    for chance, stratum, place in sorted(pool):
        strata.setdefault(stratum, []).append((chance, place))
    drawn = [
        item
        for items, most in zip(strata.values(), shares(map(len, strata.values()), count), strict=True)
        for item in items[:most]
    ]
    LOG.info("%s: %s documents drawn", JOB, f"{len(drawn):,}")
    return [document for _, (path, at) in sorted(drawn) for _, document in read_range((path, at, at + 1))]


def _pool(folder: str, most: int, seed: int) -> Iterator[tuple[int, int, Place]]:
    """Chance, stratum and place of the documents with the smallest chances, each content once."""
    kept: list[tuple[int, int, Place]] = []  # a heap with the greatest chance on top
    inside: set[int] = set()
    progress = Progress(JOB, "documents read")
    for place in list_ranges(folder):
        for at, document in read_range(place):
            chance = chance_of(document.key, seed)
            if chance in inside or (len(kept) == most and chance >= -kept[0][0]):
                progress.step()
                continue
            inside.add(chance)
            heapq.heappush(kept, (-chance, stratum_of(document), (place[0], at)))
            if len(kept) > most:
                inside.discard(-heapq.heappop(kept)[0])
            progress.step()
    return ((-chance, stratum, place) for chance, stratum, place in kept)


def chance_of(key: str, seed: int, salt: str = "sample") -> int:
    """64 even bits of a document."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{seed}:{key}".encode()).digest()[:8])


def stratum_of(document: Document) -> int:
    """Where the lowest of the four scores of our signals lies; -1 without any."""
    found = [document.scores[item.name] for item in rubric.RUBRIC if item.name in document.scores]
    return min(int(min(found) * _STRATA), _STRATA - 1) if found else -1


def shares(sizes: Iterator[int] | Sequence[int], count: int) -> list[int]:
    """How many of each group make `count` together, as evenly as their sizes allow."""
    sizes = list(sizes)
    given = [0] * len(sizes)
    while sum(given) < min(count, sum(sizes)):
        open_groups = [number for number, size in enumerate(sizes) if given[number] < size]
        each = max((count - sum(given)) // len(open_groups), 1)
        for number in open_groups[: count - sum(given)]:
            given[number] += min(each, sizes[number] - given[number])
    return given


# --- the judge ---


def ask(judge: Judge, documents: Sequence[Document], config: DistilConfig) -> list[Opinion]:
    """What the judge says of each document, with its progress and cost. Raises ConfigError where it cannot be asked."""
    if not all(judge.knows(document) for document in documents):
        judge.check()
    progress = Progress(JOB, "documents judged")
    opinions = []
    for document, verdict in zip(documents, judge.ask_all(documents), strict=True):
        held_out = chance_of(document.key, config.seed, "held out") < config.held_out * 2**64
        opinions.append(_opinion(document, verdict, held_out))
        progress.step()
    LOG.info("%s: judge: %s; %s answers from the cache", JOB, judge.spent, f"{judge.counts['cached']:,}")
    return opinions


def _opinion(document: Document, verdict: Verdict | Exception, held_out: bool) -> Opinion:
    if isinstance(verdict, Exception):
        return Opinion(document, "error", {}, f"{type(verdict).__name__}: {verdict}", held_out)
    answer = verdict.answer
    return Opinion(
        document, verdict.outcome, answer.scores if answer else {}, answer.reason if answer else "", held_out
    )


def check_answers(opinions: Sequence[Opinion], config: DistilConfig) -> None:
    """Raises UserError where there are too few to learn from."""
    outcomes = Counter(opinion.outcome for opinion in opinions)
    answered = outcomes.pop("answered", 0)
    if answered < config.fewest:
        others = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(outcomes.items()))
        raise UserError(
            f"{answered:,} of {len(opinions):,} documents were answered{f' ({others})' if others else ''}: at least "
            f"{config.fewest:,} are needed (`fewest`); answers are kept, so run it again with a larger budget or sample"
        )


def answer_lines(opinions: Sequence[Opinion]) -> bytes:
    """A line of JSON for each document: what the judge said, and why."""
    rows = [
        {
            "key": opinion.document.key,
            "uri": opinion.document.source.uri,
            "outcome": opinion.outcome,
            "held_out": opinion.held_out,
            "judge": dict(opinion.scores),
            "reason": opinion.reason,
        }
        for opinion in opinions
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
