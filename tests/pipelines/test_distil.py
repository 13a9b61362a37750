"""Distil: the student recovers what the judge hides, says how well, and refuses to learn from next to nothing."""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from curation.config import load
from curation.document import Document, Image, Source, Text, Turn
from curation.errors import ConfigError, UserError
from curation.media import probe
from curation.scoring.student import Student
from curation.text.language import words
from pipelines import distil
from pipelines.distil import DistilConfig
from tests.conftest import encode
from tests.curation.judge_stub import Question, Said, Stub, grades, serving

pytest.importorskip("openai")

SENTENCE = (
    "the",
    "keeper",
    "of",
    "this",
    "house",
    "saw",
    "a",
    "ship",
    "from",
    "his",
    "window",
    "and",
    "wrote",
    "it",
    "down",
)
DOCUMENTS, SAMPLE = 320, 280


def page(folder: Path, number: int) -> Document:
    """What is planted: a share of garbled words, how bright its picture is, and how long its text.

    Of these our signals see the second, with noise; the words show the first; nothing sees the picture but the judge.
    """
    rng = np.random.default_rng(number)
    garbled, bright, length = rng.uniform(), rng.uniform(), int(rng.integers(20, 200))
    noise = [f"x{rng.integers(60)}q" for _ in range(length)]
    text = " ".join(noise[n] if rng.uniform() < garbled else SENTENCE[n % len(SENTENCE)] for n in range(length))
    path = folder / f"{number}.png"
    path.write_bytes(encode(PIL.Image.new("L", (40, 40), round(255 * bright))))
    media = probe(path.read_bytes(), path.name, str(path))
    document = Document((Turn(None, (Text(text), Image(0))),), (media,), source=Source(f"page-{number}"))
    return document.with_scores(
        quality=float(rng.uniform()), relevance=float(np.clip(bright + rng.normal(0, 0.08), 0, 1)), balance=0.5
    )


def hidden(question: Question, number: int) -> Said:
    """What the judge goes by, with some noise of its own."""
    found = question.document.split("\n[image")[0].split()
    garbled = sum(word.startswith("x") for word in found) / len(found)
    bright = np.asarray(question.images[0].convert("L")).mean() / 255
    rng = np.random.default_rng(zlib.crc32(question.document.encode()))
    wanted = {"quality": 1 - garbled, "relevance": bright, "complementarity": 0.5, "balance": len(found) / 200}
    return Said(grades(**{name: grade(value + rng.normal(0, 0.05)) for name, value in wanted.items() if value != 0.5}))


def grade(value: float) -> int:
    return int(np.clip(round(1 + 4 * value), 1, 5))


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stage's folder of documents, in two files."""
    folder = tmp_path_factory.mktemp("scored")
    lines = [page(folder, number).to_json() + "\n" for number in range(DOCUMENTS)]
    (folder / "documents-00000-of-00002.jsonl").write_text("".join(lines[:170]))
    (folder / "documents-00001-of-00002.jsonl").write_text("".join(lines[170:]))
    return folder


@pytest.fixture
def serve() -> Iterator[Callable[..., Stub]]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


def config(stub: Stub, scored: Path, output: Path, judge: dict[str, Any] | None = None, **changes: Any) -> DistilConfig:
    asked = {"endpoint": {"base_url": stub.url, "model": "stub", "max_retries": 0}, "cache": str(output / "cache")}
    usual = {"documents": str(scored), "output": str(output / "student"), "sample": SAMPLE, "embeddings": False}
    return DistilConfig.model_validate({**usual, "judge": {**asked, **(judge or {})}, **changes})


@pytest.fixture(scope="module")
def made(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, int]:
    """The report of a run, its folder, and how many questions were asked."""
    folder = tmp_path_factory.mktemp("made")
    with serving(hidden) as stub:
        prices = {"input": 1.0, "output": 1.0}
        report = distil.run(config(stub, scored, folder, {"prices": prices, "concurrency": 4}, held_out=0.3))
        return report, folder / "student", len(stub.questions)


def test_the_student_recovers_what_the_judge_goes_by(made):
    report, _, _ = made
    for name in ("quality", "relevance", "balance"):
        held = report["dimensions"][name]["held_out"]
        assert held["student"]["spearman"] > 0.8
        assert held["student"]["spearman_95"][0] > 0.7
        assert held["student"]["auc"] > 0.9
        assert held["student"]["mae"] < held["constant"]["mae"] / 2
        assert held["constant"]["spearman"] == 0


def test_it_is_shown_what_each_input_is_worth(made):
    quality, relevance = (made[0]["dimensions"][name] for name in ("quality", "relevance"))
    assert quality["inputs"] == ["signals", "words"]  # garbling is only in the words
    assert quality["held_out"]["signals alone"]["spearman"] < 0.4 < quality["held_out"]["student"]["spearman"]
    assert abs(quality["held_out"]["own score"]["spearman"]) < 0.3  # ours was made to be blind here
    assert relevance["inputs"] == ["signals"]
    assert relevance["held_out"]["own score"]["spearman"] > 0.8


def test_what_the_judge_never_told_apart_is_said_and_not_learnt(made):
    facts = made[0]["dimensions"]["complementarity"]
    assert "not_learnt" in facts
    assert facts["grades"] == {"1": 0, "2": 0, "3": SAMPLE, "4": 0, "5": 0}


def test_the_folder_is_a_student_with_its_report(made):
    report, folder, _ = made
    assert json.loads((folder / "report.json").read_text()) == report
    card = json.loads((folder / "student.json").read_text())
    assert card["agreement"] == report["dimensions"]
    assert PIL.Image.open(folder / "report.png").size > (800, 200)
    document = page(folder.parent, DOCUMENTS + 1)
    assert set(Student.load(str(folder)).predict(document, words(document.text))) == {"quality", "relevance", "balance"}


def test_every_answer_is_kept_with_its_reason(made):
    rows = [json.loads(line) for line in (made[1] / "answers.jsonl").read_text().splitlines()]
    assert len(rows) == len({row["key"] for row in rows}) == SAMPLE
    assert Counter(row["outcome"] for row in rows) == {"answered": SAMPLE}
    assert {row["reason"] for row in rows} == {"as it is"}
    assert sum(row["held_out"] for row in rows) == SAMPLE - made[0]["documents"]["learnt from"]


def test_the_cost_is_reported(made):
    report, _, questions = made
    assert report["cost"]["calls"] == questions == SAMPLE
    assert report["cost"]["money"] == pytest.approx(SAMPLE * 1050 / 1e6)


def test_a_second_run_asks_nothing_and_makes_the_same_student(made, scored, tmp_path):
    first = made[1]
    with serving(hidden) as stub:
        url = {"base_url": stub.url, "model": "stub"}
        again = config(stub, scored, tmp_path, {"endpoint": url, "cache": str(first.parent / "cache")}, held_out=0.3)
        report = distil.run(again)
        assert not stub.questions
    assert report["cost"]["calls"] == 0
    assert report["cost"]["cached"] == SAMPLE
    assert (tmp_path / "student/student.npz").read_bytes() == (first / "student.npz").read_bytes()


# --- the sample ---


def write(folder: Path, documents: list[Document], files: int) -> str:
    folder.mkdir()
    for number in range(files):
        lines = [document.to_json() + "\n" for document in documents[number::files]]
        (folder / f"documents-{number:05d}-of-{files:05d}.jsonl").write_text("".join(lines))
    return str(folder)


def plain(number: int, quality: float | None = None) -> Document:
    document = Document((Turn(None, (Text(f"Number {number}."),)),))
    return document if quality is None else document.with_scores(quality=quality)


def test_the_sample_does_not_depend_on_the_files_that_documents_lie_in(tmp_path):
    documents = [plain(number, number / 600) for number in range(600)]
    one = distil.draw(write(tmp_path / "one", documents, 1), 50, seed=3)
    many = distil.draw(write(tmp_path / "many", documents[::-1], 7), 50, seed=3)
    assert one == many
    assert len({document.key for document in one}) == 50
    assert distil.draw(str(tmp_path / "one"), 50, seed=4) != one


def test_rare_bad_documents_are_drawn_as_often_as_common_good_ones(tmp_path):
    documents = [plain(number, 0.05 if number % 20 == 0 else 0.95) for number in range(1000)]
    drawn = distil.draw(write(tmp_path / "all", documents, 2), 80, seed=0)
    assert Counter(document.scores["quality"] for document in drawn) == {0.05: 40, 0.95: 40}


def test_a_document_that_is_there_twice_is_asked_about_once(tmp_path):
    documents = [plain(number % 30) for number in range(90)]
    assert len(distil.draw(write(tmp_path / "all", documents, 2), 60, seed=0)) == 30


@pytest.mark.parametrize(
    ("sizes", "count", "given"),
    [([10, 10], 6, [3, 3]), ([1, 10, 10], 7, [1, 3, 3]), ([2, 3], 9, [2, 3]), ([5], 0, [0])],
)
def test_shares_are_as_even_as_sizes_allow(sizes, count, given):
    assert distil.shares(sizes, count) == given


# --- refusals ---


def test_too_few_answers_are_refused_with_the_reason(serve, scored, tmp_path):
    spent = config(serve(hidden), scored, tmp_path, {"budget": {"calls": 70}})
    with pytest.raises(UserError, match=r"70 of 280 documents were answered \(210 unasked\): at least 100"):
        distil.run(spent)
    assert not (tmp_path / "student/student.json").exists()


def test_answers_that_cannot_be_read_are_refused_with_the_reason(serve, scored, tmp_path):
    stub = serve(lambda question, number: Said("Nice!"))
    with pytest.raises(UserError, match=r"0 of 100 documents were answered \(100 malformed\)"):
        distil.run(config(stub, scored, tmp_path, sample=100))


def test_a_judge_without_opinions_is_refused(serve, scored, tmp_path):
    stub = serve(lambda question, number: Said(grades()))
    with pytest.raises(UserError, match="nothing to learn"):
        distil.run(config(stub, scored, tmp_path, sample=100))


def test_a_folder_without_documents_is_refused(serve, tmp_path):
    stub = serve(hidden)
    with pytest.raises(UserError, match="no documents there"):
        distil.run(config(stub, tmp_path, tmp_path))
    assert not stub.questions


def test_an_endpoint_that_is_not_there_stops_the_job_before_it_asks(serve, scored, tmp_path):
    absent = {"endpoint": {"base_url": "http://127.0.0.1:9/v1", "model": "stub"}}
    with pytest.raises(ConfigError, match="does not answer"):
        distil.run(config(serve(hidden), scored, tmp_path, absent))


def test_a_sample_that_cannot_be_enough_is_refused(tmp_path):
    path = tmp_path / "distil.yaml"
    path.write_text(
        "documents: a\noutput: b\nsample: 80\njudge: {cache: c, endpoint: {base_url: 'http://localhost', model: m}}\n"
    )
    with pytest.raises(ConfigError, match="a sample of 80 cannot give 100 answers"):
        load(path, DistilConfig)
