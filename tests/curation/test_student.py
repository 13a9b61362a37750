"""The student: its regression is the textbook's, its inputs are the same everywhere, and it says what it cannot say."""

import json
import logging
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.document import Document, Image, Media, Text, Turn
from curation.errors import ConfigError
from curation.scoring import student_fit
from curation.scoring.agreement import agreement, auc, ranks, spearman
from curation.scoring.features import Features, Tools
from curation.scoring.score import Scorer, ScoreSettings, depends
from curation.scoring.student import CARD, WEIGHTS, Student, bag, digest
from curation.scoring.student_fit import train, written
from curation.text.language import LanguageModel, words

NOUNS = (*("garden", "kitchen", "harbour", "lantern", "copper", "ladder"), *("meadow", "violin", "saddle", "bridge"))
LOVED = {"garden", "meadow", "bridge"}  # by the judge of these tests


def told(number: int, images: int = 1) -> Document:
    """A text of twelve nouns and a signal; what the judge thinks follows from both."""
    rng = np.random.default_rng(number)
    text = " ".join(rng.choice(NOUNS, 12))
    media = tuple(Media("image", "png", 60, 60, f"{number}-{n}", "") for n in range(images))
    document = Document((Turn(None, (Text(text), *map(Image, range(images)))),), media)
    return document.with_scores(relevance=float(rng.uniform()), **{"judge.quality": float(rng.uniform())})


def opinion(document: Document) -> dict[str, float]:
    loved = sum(word in LOVED for word in document.text.split()) / 12
    answer = {"quality": min(1.5 * loved, 1.0)}
    if document.images_shown():
        answer |= {"relevance": document.scores["relevance"], "balance": 0.5}
    return answer


DOCUMENTS = [told(number, number % 3) for number in range(240)]


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    return written(train(DOCUMENTS[:180], [opinion(document) for document in DOCUMENTS[:180]]), {"judge": "tests"})


@pytest.fixture
def folder(contents: dict[str, bytes], tmp_path: Path) -> str:
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return str(tmp_path)


def test_it_recovers_what_words_and_signals_decide(contents):
    student = Student(contents)
    fresh = [document for document in DOCUMENTS[180:] if document.images_shown()]
    for name in ("quality", "relevance"):
        true = np.array([opinion(document)[name] for document in fresh])
        predicted = np.array([student.predict(document, words(document.text))[name] for document in fresh])
        assert spearman(predicted, true) > 0.9


def test_it_reads_more_than_signals_only_where_that_helps(contents):
    dimensions = json.loads(contents[CARD])["dimensions"]
    assert dimensions["quality"]["blocks"] == ["signals", "words"]
    assert dimensions["relevance"]["blocks"] == ["signals"]


def test_a_dimension_that_the_judge_never_told_apart_is_not_learnt(contents):
    assert set(Student(contents).models) == {"quality", "relevance"}


def test_without_images_it_says_nothing_about_them(contents):
    assert set(Student(contents).predict(told(1, images=0), ["garden"])) == {"quality"}


def test_the_judges_own_scores_are_no_inputs(contents):
    assert not [name for name in json.loads(contents[CARD])["signals"] if name.startswith(("judge.", "student."))]


def test_training_again_gives_the_same_student(contents):
    again = written(train(DOCUMENTS[:180], [opinion(document) for document in DOCUMENTS[:180]]), {"judge": "tests"})
    assert json.loads(again[CARD])["digest"] == json.loads(contents[CARD])["digest"]


def test_it_is_a_tier_of_the_scores(folder, language_model):
    settings = ScoreSettings(language_model=language_model, ocr=False, student=folder)
    scored = Scorer(settings).score(told(1, images=0))
    assert 0 <= scored.scores["student.quality"] <= 1
    features = Features(told(1, images=0), Tools(LanguageModel(language_model)))
    assert Student.load(folder).score(features).keys() == {"student.quality"}


def test_without_embeddings_it_needs_no_torch(folder):
    program = (
        "import sys; from curation.scoring.student import Student; "
        f"Student.load({folder!r}); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_missing_signal_counts_as_usual_and_a_missing_tier_is_said(contents, language_model, caplog):
    student, tools = Student(contents), Tools(LanguageModel(language_model))
    bare = [Document(document.turns, document.media) for document in DOCUMENTS[:200]]
    with caplog.at_level(logging.WARNING, "vlforge"):
        for document in bare:
            assert 0 <= student.score(Features(document, tools))["student.quality"] <= 1
    assert [line for line in caplog.messages if "no document here has: relevance" in line]


@pytest.mark.parametrize("damage", ["gone", "version", "other", "mixed"])
def test_a_folder_without_a_student_is_one_clear_line(damage: str, folder, tmp_path):
    if damage == "version":
        Path(folder, CARD).write_text(json.dumps({"version": 0}))
    elif damage == "mixed":
        other = written(train(DOCUMENTS[:90], list(map(opinion, DOCUMENTS[:90]))), {})
        Path(folder, WEIGHTS).write_bytes(other[WEIGHTS])
    elif damage == "other":
        Path(folder, WEIGHTS).write_bytes(b"nothing")
    else:
        Path(folder, WEIGHTS).unlink()
    with pytest.raises(ConfigError, match="distil"):
        Student.load(folder)


def test_its_digest_tells_one_student_from_another(folder, tmp_path):
    other = written(train(DOCUMENTS[:100], [opinion(document) for document in DOCUMENTS[:100]]), {})
    before = digest(folder)
    for name, content in other.items():
        Path(folder, name).write_bytes(content)
    assert digest(folder) != before


def test_the_embeddings_must_be_those_that_it_learnt_from():
    class Encoder:
        """Each text has a direction of its own, another for each seed."""

        def __init__(self, seed: int):
            self.seed = seed

        def encode(self, texts):
            rng = [np.random.default_rng([self.seed, *text[:200].encode()]) for text in texts]
            vectors = np.stack([one.normal(size=8) for one in rng])
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

        def forget(self): ...

    encoder = Encoder(1)
    direction = encoder.encode(["that way"])[0]
    answers = [{"quality": float(encoder.encode([item.text])[0] @ direction > 0)} for item in DOCUMENTS]
    contents = written(train(DOCUMENTS, answers, encoder), {})
    assert "embedding" in json.loads(contents[CARD])["dimensions"]["quality"]["blocks"]
    student = Student(contents, lambda: encoder)
    predicted = np.array([student.predict(item, words(item.text))["quality"] for item in DOCUMENTS])
    assert auc(predicted, np.array([answer["quality"] for answer in answers]) > 0.5) > 0.9
    with pytest.raises(ConfigError, match="another sentence encoder"):
        Student(contents, lambda: Encoder(2))


def test_a_bag_of_words_is_the_same_on_every_machine():
    buckets, values = bag(["The", "cat", "the", "CAT"])
    pieces = {piece: zlib.crc32(piece.encode()) % 8192 for piece in ("the", "cat", "the cat", "cat the")}
    counts = dict.fromkeys(pieces.values(), 1) | {pieces["the"]: 2, pieces["cat"]: 2, pieces["the cat"]: 2}
    assert list(buckets) == sorted(counts)
    expected = np.log1p([counts[bucket] for bucket in sorted(counts)])
    assert values == pytest.approx(expected / np.linalg.norm(expected))


def test_scores_depend_on_the_student_and_not_on_how_a_judge_is_reached(folder, tmp_path):
    def fingerprint(**judge: object) -> dict:
        usual = {"cache": "a", "endpoint": {"base_url": "http://one", "model": "m"}}
        return depends(ScoreSettings.model_validate({"language_model": "l", "student": folder, "judge": usual | judge}))

    usual = fingerprint()
    assert usual == fingerprint(cache="b", concurrency=99, endpoint={"base_url": "http://two", "model": "m"})
    assert usual != fingerprint(endpoint={"base_url": "http://one", "model": "n"})
    assert usual != fingerprint(budget={"calls": 5})
    for name, content in written(train(DOCUMENTS[:90], list(map(opinion, DOCUMENTS[:90]))), {}).items():
        Path(folder, name).write_bytes(content)
    assert usual != fingerprint()


# --- the mathematics, against other ways to the same numbers ---


def test_left_out_predictions_are_those_of_training_without_each():
    rng = np.random.default_rng(0)
    x, true = rng.normal(size=(24, 40)), rng.uniform(size=24)
    whole = student_fit._Ridge([x], true)
    penalty, left_out = whole.choose()
    centred = x - x.mean(axis=0)
    scale = np.sqrt((centred**2).sum() / 24)
    for row in range(24):
        rest = np.arange(24) != row
        # With its scale and its penalty kept, but middles of its own: bias unpenalised, as one augmented system.
        inputs = np.hstack([x[rest] / scale, np.ones((23, 1))])
        ridge = np.diag([penalty] * 40 + [0.0])
        weights = np.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ true[rest])
        assert np.append(x[row] / scale, 1) @ weights == pytest.approx(left_out[row], abs=1e-6)


def test_weights_predict_what_the_dual_form_does():
    rng = np.random.default_rng(1)
    blocks, true = [rng.normal(5, 3, (30, 4)), rng.normal(size=(30, 90))], rng.uniform(size=30)
    ridge = student_fit._Ridge(blocks, true)
    bias, weights = ridge.solve(0.5)
    predicted = bias + sum(block @ w for block, w in zip(blocks, weights, strict=True))
    dual = ridge.middle + ridge.vectors @ (ridge.values / (ridge.values + 0.5) * ridge.turned)
    assert predicted == pytest.approx(dual)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=30))
def test_ranks_and_spearman_are_those_of_scipy(pairs):
    stats = pytest.importorskip("scipy.stats")
    a, b = (np.array(column, float) for column in zip(*pairs, strict=True))
    assert ranks(a) == pytest.approx(stats.rankdata(a))
    if np.ptp(a) and np.ptp(b):
        assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    else:
        assert spearman(a, b) == 0


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30))
def test_auc_counts_pairs(pairs):
    good, bad = ([value for value, flag in pairs if flag is wanted] for wanted in (True, False))
    counted = [1.0 if a > b else 0.5 if a == b else 0.0 for a in good for b in bad]
    expected = sum(counted) / len(counted) if counted else 0.5
    assert auc(np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs])) == pytest.approx(expected)


def test_agreement_counts_its_decisions_and_brackets_its_measures():
    rng = np.random.default_rng(2)
    true = rng.integers(0, 5, 200) / 4
    predicted = np.clip(true + rng.normal(0, 0.2, 200), 0, 1)
    found = agreement(predicted, true, 0.5)
    assert sum(found["confusion"].values()) == found["documents"] == 200
    right = found["confusion"]["kept good"] + found["confusion"]["dropped bad"]
    assert found["accuracy"] == pytest.approx(right / 200)
    for name in ("spearman", "mae", "accuracy", "auc"):
        low, high = found[f"{name}_95"]
        assert low <= found[name] <= high
    assert found == agreement(predicted, true, 0.5)
