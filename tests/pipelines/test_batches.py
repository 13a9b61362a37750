"""Work on batches: every document comes out once, kept or rejected, and one that fails does not take others along."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from curation.document import Document
from curation.reject import Reject
from curation.scoring.judge import outcome
from curation.scoring.score import Scorer, ScoreSettings
from pipelines.batches import BatchWork, EachBatch
from tests.curation.judge_stub import Question, Said, grades, serving
from tests.pipelines.conftest import run_beam, with_pictures

CODE = ("pipelines.batches", "curation.scoring.score")


def _number(document: Document) -> int:
    return int(document.source.uri.removeprefix("page-").removesuffix(".html"))


def _sorter() -> BatchWork:
    def work(batch: list[Document]) -> Iterator[Document | Reject | Exception]:
        assert len(batch) <= 8
        for document in batch:
            number = _number(document)
            if number % 10 == 3:
                yield ValueError("threes are hard")
            elif number % 10 == 7:
                yield Reject("document", document.source.uri, "sort", "seven", key=document.key)
            else:
                yield document.with_scores(size=float(len(batch)))

    return work


def test_every_document_is_kept_or_rejected_with_its_reason(tmp_path: Path):
    documents = with_pictures(tmp_path, 50)

    def build(pipeline: beam.Pipeline) -> None:
        done = pipeline | beam.Create(documents) | EachBatch("sort", _sorter, CODE, size=8)
        kept = done.documents | "Numbers" >> beam.Map(_number)
        reasons = done.rejects | "Reasons" >> beam.Map(lambda item: (item.reject.reason, item.reject.uri, item.images))
        assert_that(kept, equal_to([n for n in range(50) if n % 10 not in (3, 7)]), "kept")
        lost = [("error" if n % 10 == 3 else "seven", f"page-{n}.html", 1) for n in range(50) if n % 10 in (3, 7)]
        assert_that(reasons, equal_to(lost), "rejected")

    run_beam(build)


def _score(settings: ScoreSettings) -> BatchWork:
    return Scorer(settings).score_all


def test_a_pipeline_asks_the_judge_about_many_documents_at_a_time(tmp_path: Path, language_model: str):
    pytest.importorskip("openai")
    documents = with_pictures(tmp_path / "pictures", 20)
    together = threading.Barrier(4, timeout=20)  # breaks unless four questions are there at once

    def answer(question: Question, number: int) -> Said:
        together.wait()
        return Said(grades())

    with serving(answer) as stub:
        judge = {
            "endpoint": {"base_url": stub.url, "model": "stub"},
            "cache": str(tmp_path / "cache"),
            "concurrency": 4,
        }
        settings = ScoreSettings.model_validate({"language_model": language_model, "ocr": False, "judge": judge})

        def build(pipeline: beam.Pipeline) -> None:
            scored = pipeline | beam.Create(documents) | EachBatch("score", partial(_score, settings), CODE)
            outcomes = scored.documents | "Outcomes" >> beam.Map(lambda item: (item.source.uri, outcome(item.scores)))
            assert_that(outcomes, equal_to([(document.source.uri, "answered") for document in documents]))

        run_beam(build)
        assert len(stub.questions) == len(documents)
