"""The judge behind an endpoint: it waits and asks again, never makes up a score, pays once, and keeps its budget."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from curation.document import Document
from curation.errors import ConfigError
from curation.scoring.backend import BackendError, Reply
from curation.scoring.judge import Judge, JudgeSettings, outcome
from curation.scoring.ledger import Cost, Ledger
from curation.scoring.score import Scorer, ScoreSettings
from tests.curation.judge_stub import Question, Said, Stub, document, grades, serving

pytest.importorskip("openai")

SCORES = {"judge.quality": 0.75, "judge.relevance": 1.0, "judge.complementarity": 0.5, "judge.balance": 0.0}
PRICES = {"input": 1.0, "output": 10.0}
PRICE = (1000 * 1 + 50 * 10) / 1e6  # of a call, by the tokens that the stub tells


@pytest.fixture
def serve() -> Iterator[Callable[..., Stub]]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


@pytest.fixture
def documents(tmp_path: Path) -> list[Document]:
    return [document(tmp_path, number) for number in range(12)]


def settings(stub: Stub, cache: Path, endpoint: dict[str, Any] | None = None, **changes: Any) -> JudgeSettings:
    values = {"base_url": stub.url, "model": "stub", "timeout": 5, "max_retries": 3, **(endpoint or {})}
    return JudgeSettings.model_validate({"endpoint": values, "cache": str(cache), "concurrency": 4, **changes})


def says(*answers: Said) -> Callable[[Question, int], Said]:
    """One after another; the last for ever."""
    return lambda question, number: answers[min(number, len(answers) - 1)]


def test_an_answer_becomes_scores_and_its_cost_is_known(serve, documents, tmp_path):
    stub = serve(says(Said(grades())))
    judge = Judge(settings(stub, tmp_path / "cache", prices=PRICES))
    assert judge.ask(documents[0]).scores() == SCORES
    spent = judge.spent
    assert (spent.calls, spent.retries, spent.failed, spent.input, spent.output) == (1, 0, 0, 1000, 50)
    assert spent.money == pytest.approx(PRICE)
    [question] = stub.questions
    assert question.document.startswith("Document 0.")
    assert question.images[0].size == (60, 60)
    assert question.body["temperature"] == 0
    assert question.body["response_format"]["json_schema"]["strict"] is True


def test_the_schema_can_be_left_out(serve, documents, tmp_path):
    stub = serve(says(Said(grades())))
    Judge(settings(stub, tmp_path, {"json_schema": False, "temperature": "unset"})).ask(documents[0])
    assert not {"response_format", "temperature"} & stub.questions[0].body.keys()


def test_the_key_comes_from_the_variable_that_is_named_and_no_other(serve, documents, tmp_path, monkeypatch):
    stub = serve(says(Said(grades())))
    monkeypatch.setenv("OPENAI_API_KEY", "meant for another server")
    monkeypatch.setenv("MY_KEY", "secret")
    Judge(settings(stub, tmp_path)).ask(documents[0])
    Judge(settings(stub, tmp_path, {"api_key_variable": "MY_KEY"})).ask(documents[1])
    assert [question.authorization for question in stub.questions] == ["Bearer none", "Bearer secret"]
    with pytest.raises(ConfigError, match="NO_SUCH_KEY holds no key"):
        Judge(settings(stub, tmp_path, {"api_key_variable": "NO_SUCH_KEY"}))


def test_it_waits_as_long_as_it_is_told_and_tries_again(serve, documents, tmp_path):
    busy = Said(status=429, headers={"Retry-After": "0.05"})
    broken = Said(status=500, headers={"retry-after-ms": "10"})
    judge = Judge(settings(serve(says(busy, broken, Said(grades()))), tmp_path))
    assert judge.ask(documents[0]).outcome == "answered"
    assert (judge.spent.calls, judge.spent.retries) == (1, 2)


def test_a_server_that_stays_broken_gives_no_score_and_the_next_run_asks_again(serve, documents, tmp_path):
    ill = serve(says(Said(status=503, headers={"retry-after-ms": "1"})))
    judge = Judge(settings(ill, tmp_path, prices=PRICES))
    assert judge.ask(documents[0]).scores() == {"judge.error": 1.0}
    assert judge.counts == {"failed": 1}
    assert (judge.spent.failed, judge.spent.retries, judge.spent.money) == (1, 3, 0)
    well = serve(says(Said(grades())))
    assert Judge(settings(well, tmp_path)).ask(documents[0]).scores() == SCORES


def test_a_server_that_is_too_slow_gives_no_score(serve, documents, tmp_path):
    stub = serve(says(Said(grades(), wait=0.5)))
    judge = Judge(settings(stub, tmp_path, {"timeout": 0.1, "max_retries": 0}))
    assert judge.ask(documents[0]).outcome == "failed"


def test_a_refused_request_is_not_sent_again(serve, documents, tmp_path):
    stub = serve(says(Said(status=400)))
    judge = Judge(settings(stub, tmp_path))
    assert judge.ask(documents[0]).outcome == "failed"
    assert len(stub.questions) == 1
    assert judge.spent.retries == 0


@pytest.mark.parametrize("answer", ["I would say 4.", grades(quality=7), '{"reason": "", "quality": 3}', ""])
def test_an_unreadable_answer_is_sent_back_once_with_its_fault(answer: str, serve, documents, tmp_path):
    stub = serve(says(Said(answer), Said(grades())))
    judge = Judge(settings(stub, tmp_path))
    assert judge.ask(documents[0]).scores() == SCORES
    assert judge.spent.calls == 2
    assert stub.questions[1].body["messages"][2] == {"role": "assistant", "content": answer or "(nothing)"}
    assert "cannot be read" in stub.questions[1].text


def test_two_unreadable_answers_are_an_error_and_never_a_score(serve, documents, tmp_path):
    stub = serve(says(Said(grades(quality=9))))
    judge = Judge(settings(stub, tmp_path))
    for _ in range(2):  # the second time from the cache: it would say the same again
        assert judge.ask(documents[0]).scores() == {"judge.error": 1.0}
    assert len(stub.questions) == 2
    assert judge.counts == {"malformed": 2, "cached": 1}


def test_asking_again_costs_nothing(serve, documents, tmp_path):
    stub = serve(says(Said(grades())))
    first = list(Judge(settings(stub, tmp_path)).ask_all(documents))
    again = Judge(settings(stub, tmp_path))
    assert [verdict.scores() for verdict in again.ask_all(documents)] == [verdict.scores() for verdict in first]
    assert len(stub.questions) == len(documents)
    assert again.spent == Cost()
    assert again.counts["cached"] == len(documents)


def test_another_question_is_asked_anew(serve, documents, tmp_path):
    stub = serve(says(Said(grades())))
    for changes in ({}, {"show": {"image_tokens": 64}}, {"endpoint": {"model": "other"}}):
        Judge(settings(stub, tmp_path, **changes)).ask(documents[0])
    assert len(stub.questions) == 3


def test_many_are_asked_at_the_same_time_and_come_back_in_order(serve, documents, tmp_path):
    together = threading.Barrier(4, timeout=10)  # breaks unless four questions are there at once

    def answer(question: Question, number: int) -> Said:
        together.wait()
        place = int(question.document.split()[1].rstrip("."))
        return Said(grades(quality=1 + place % 5))

    verdicts = list(Judge(settings(serve(answer), tmp_path)).ask_all(documents))
    assert [verdict.scores()["judge.quality"] for verdict in verdicts] == [number % 5 / 4 for number in range(12)]


def test_a_document_whose_image_is_gone_does_not_stop_the_others(serve, documents, tmp_path):
    Path(documents[1].media[0].uri).unlink()
    found = list(Judge(settings(serve(says(Said(grades()))), tmp_path)).ask_all(documents[:3]))
    assert [isinstance(item, Exception) for item in found] == [False, True, False]


@pytest.mark.parametrize("budget", [{"calls": 5}, {"money": 5 * PRICE + 0.004}])
def test_the_budget_holds_for_all_judges_of_a_cache_together(budget: dict, serve, documents, tmp_path):
    stub = serve(says(Said(grades())))
    chosen = settings(stub, tmp_path, prices=PRICES, budget=budget, concurrency=1)
    outcomes = [verdict.outcome for part in (documents[:3], documents[3:]) for verdict in Judge(chosen).ask_all(part)]
    assert outcomes == ["answered"] * 5 + ["unasked"] * 7
    assert len(stub.questions) == 5
    more = settings(stub, tmp_path, prices=PRICES)
    assert {verdict.outcome for verdict in Judge(more).ask_all(documents)} == {"answered"}
    assert len(stub.questions) == 12


def test_callers_at_the_same_time_cannot_overspend(tmp_path):
    ledgers = [Ledger(str(tmp_path)) for _ in range(4)]  # each with a connection of its own, as processes have
    booked: list[int | None] = []

    def book(ledger: Ledger) -> None:
        booked.extend(ledger.begin("document", 0.3, 3.0, None) for _ in range(10))

    threads = [threading.Thread(target=book, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(call is not None for call in booked) == 10
    assert ledgers[0].cost().money == pytest.approx(3.0)


def test_where_nothing_answers_it_soon_stops_asking(documents, tmp_path):
    class Gone:
        identity, calls = "gone", 0

        def check(self) -> None: ...

        def complete(self, prompt, tokens) -> Reply:
            self.calls += 1
            raise BackendError("no route to host")

    gone = Gone()
    chosen = JudgeSettings.model_validate(
        {"endpoint": {"base_url": "http://localhost", "model": "gone"}, "cache": str(tmp_path), "concurrency": 1}
    )
    judge = Judge(chosen, gone)
    assert {judge.ask(item).outcome for _ in range(5) for item in documents} == {"failed"}
    assert gone.calls == 20


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_url": "http://127.0.0.1:9"}, "does not answer"),
        ({"model": "stab"}, "has no model stab; it has stub"),
    ],
)
def test_an_endpoint_that_cannot_be_asked_is_one_clear_line(change: dict, message: str, serve, tmp_path):
    stub = serve(says(Said(grades())))
    with pytest.raises(ConfigError, match=message):
        Judge(settings(stub, tmp_path, change)).check()
    assert not stub.questions


def test_an_endpoint_without_a_list_of_models_is_trusted(serve, tmp_path):
    stub = serve(says(Said(grades())))
    stub.models = None
    Judge(settings(stub, tmp_path)).check()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"endpoint": None}, "either an endpoint or a local checkpoint"),
        ({"local": {"folder": "x"}}, "either an endpoint or a local checkpoint"),
        ({"budget": {"money": 5}}, "needs prices"),
        ({"endpoint": {"base_url": "localhost:8000", "model": "m"}}, "pattern"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict, message: str):
    usual = {"endpoint": {"base_url": "http://localhost:8000/v1", "model": "m"}, "cache": "cache"}
    with pytest.raises(ValueError, match=message):
        JudgeSettings.model_validate(usual | changes)


def test_a_cache_that_cannot_be_written_is_one_clear_line(serve, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"judge\.cache: .*file"):
        Judge(settings(serve(says(Said(grades()))), tmp_path / "file"))


# --- as a tier of the scores ---


@pytest.fixture
def scorer(serve, language_model: str, tmp_path: Path) -> Callable[..., Scorer]:
    def make(answer: Callable[[Question, int], Said], **changes: Any) -> Scorer:
        judge = settings(serve(answer), tmp_path / "cache", **changes)
        return Scorer(ScoreSettings(language_model=language_model, ocr=False, judge=judge))

    return make


def test_the_judges_scores_stand_beside_those_of_the_signals(scorer, documents):
    scored = scorer(says(Said(grades()))).score(documents[0])
    assert SCORES.items() <= scored.scores.items()
    assert "balance" in scored.scores
    assert outcome(scored.scores) == "answered"


def test_a_batch_is_scored_as_its_documents_are_alone(scorer, documents):
    Path(documents[4].media[0].uri).unlink()
    one = scorer(lambda question, number: Said(grades(quality=1 + len(question.document) % 5)))
    found = list(one.score_all(documents))
    assert isinstance(found.pop(4), Exception)
    assert found == [one.score(item) for number, item in enumerate(documents) if number != 4]


def test_when_the_budget_is_spent_documents_go_on_without_the_judges_scores(scorer, documents, caplog):
    found = list(scorer(says(Said(grades())), budget={"calls": 3}, concurrency=1).score_all(documents))
    assert [outcome(item.scores) for item in found] == ["answered"] * 3 + ["unasked"] * 9
    assert all("quality" in item.scores or item.scores for item in found)
    assert sum("budget is spent" in line for line in caplog.messages) == 1
