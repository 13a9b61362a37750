"""Scores of answers: what counts as right, and what does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.evaluate import bootstrap
from train.scoring import Answer, score

BOXES = ((10.0, 10.0, 50.0, 50.0), (60.0, 60.0, 100.0, 100.0))


def box(x1, y1, x2, y2):
    return f'{{"bbox_2d": [{x1}, {y1}, {x2}, {y2}], "label": "car"}}'


@pytest.mark.parametrize(
    ("said", "right"),
    [
        (f"[{box(10, 10, 50, 50)}, {box(60, 60, 100, 100)}]", 1.0),
        (f"[{box(60, 60, 100, 100)}, {box(12, 10, 50, 48)}]", 1.0),  # in any order, nearly
        (f"[{box(10, 10, 50, 50)}]", 0.5),  # one is missing
        (f"[{box(10, 10, 50, 50)}, {box(60, 60, 100, 100)}, {box(0, 0, 9, 9)}]", 2 / 3),  # one too many
        (f"[{box(10, 10, 50, 50)}, {box(10, 10, 50, 50)}]", 0.5),  # the same one twice
        (f"[{box(0, 0, 112, 112)}]", 0.0),  # the whole picture is no answer
        ("there is a car", 0.0),
        ("", 0.0),
    ],
)
def test_boxes_are_matched_one_to_one(said, right):
    assert score(Answer("boxes", "json", "", BOXES), said) == pytest.approx(right)


@pytest.mark.parametrize(
    ("kind", "truth", "said", "right"),
    [
        ("count", "2", "2", 1),
        ("count", "2", "I count 2.", 1),
        ("count", "2", "12", 0),
        ("count", "2", "1, 2, 3", 0),
        ("name_box", "blue heart", "Blue heart.", 1),
        ("name_box", "heart", "hearts", 0),
        ("names", "apple, red car", "Red car, apple.", 1),
        ("names", "apple, apple", "apple", 0.5),
        ("names", "apple", "apple, ball, car", 1 / 3),
        ("names", "apple", "", 0),
        ("exists", "no", "No.", 1),
        ("exists", "no", "yes", 0),
        ("absent", "", "No car.", 1),
        ("absent", "", "There are no cars in the image.", 1),
        ("absent", "", box(1, 2, 3, 4), 0),
        ("absent", "", "No car. " + box(1, 2, 3, 4), 0),
    ],
)
def test_words_and_numbers(kind, truth, said, right):
    assert score(Answer(kind, "json", truth, ()), said) == pytest.approx(right)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.integers(1, 5))
def test_the_interval_holds_the_mean_of_equal_documents(values, size):
    values = np.repeat(values, size)
    low, high = bootstrap(np.full(len(values), 0.25), np.arange(len(values)) // size, 200, seed=0)
    assert low == pytest.approx(0.25)
    assert high == pytest.approx(0.25)


def test_the_interval_is_that_of_the_normal_approximation():
    """400 documents of one coin toss each: the mean's standard error is known."""
    values = np.random.default_rng(0).integers(0, 2, 400).astype(float)
    low, high = bootstrap(values, np.arange(400), 4000, seed=1)
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.01)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.01)


def test_questions_of_one_document_do_not_count_as_independent():
    values = np.random.default_rng(0).integers(0, 2, 100).astype(float)
    repeated = np.repeat(values, 10)
    together = bootstrap(repeated, np.arange(1000) // 10, 2000, seed=1)
    apart = bootstrap(repeated, np.arange(1000), 2000, seed=1)
    assert together[1] - together[0] > 2.5 * (apart[1] - apart[0])
