"""AUC, its interval and thresholds, against their definitions by brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.scoring.calibration import auc, cell, column, thresholds

scores = st.lists(st.integers(0, 20).map(lambda n: n / 20), min_size=1, max_size=30).map(np.array)


@given(scores, scores)
def test_auc_is_the_share_of_pairs_in_order_with_ties_by_half(real: np.ndarray, bad: np.ndarray):
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in real for b in bad]
    assert auc(real, bad) == pytest.approx(np.mean(pairs))


@given(scores, st.lists(scores, min_size=1, max_size=3), st.floats(0.05, 0.9), st.floats(0.1, 0.99))
def test_a_threshold_is_the_lowest_that_is_precise_enough(real, bad, share: float, wanted: float):
    [found] = thresholds(real, bad, share, [wanted])

    def at(minimum: float) -> tuple[float, float]:
        recall = np.mean(real >= minimum)
        passing = np.mean([np.mean(each >= minimum) for each in bad])
        kept = (1 - share) * recall + share * passing
        return ((1 - share) * recall / kept if kept else 0.0), recall

    grid = [round(n / 10_000, 4) for n in range(0, 10_002, 25)]
    if found.minimum is None:
        assert all(at(each)[0] < wanted + 1e-9 for each in grid if at(each)[1] > 0)
        return
    precision, recall = at(found.minimum)
    assert precision == pytest.approx(found.precision)
    assert precision >= wanted - 1e-9
    assert recall == pytest.approx(found.recall)
    assert all(at(each)[0] < wanted + 1e-9 for each in grid if each < found.minimum - 1e-9)


def test_the_interval_holds_the_auc_and_documents_that_were_not_judged_are_counted():
    rng = np.random.default_rng(0)
    real, bad = rng.normal(1, 1, 80), rng.normal(0, 1, 80)
    real[:5], bad[:10] = math.nan, math.nan
    applied = np.arange(80) < 70
    found = cell(real, bad, applied, rng)
    assert (found.documents, found.judged, found.judged_corrupted) == (70, 65, 60)
    assert found.low < found.auc < found.high
    assert found.auc == pytest.approx(auc(real[5:70], bad[10:70]))
    assert found.high - found.low < 0.3
    assert found.shift == pytest.approx(np.median((real - bad)[10:70]))


def test_too_few_documents_give_no_number():
    few = cell(np.ones(7), np.zeros(7), np.ones(7, bool), np.random.default_rng(0))
    assert (few.auc, few.calm) == (None, None)


def test_equal_scores_are_calm_and_separated_ones_are_not():
    rng = np.random.default_rng(0)
    everything = np.ones(20, bool)
    assert cell(np.linspace(0, 1, 20), np.linspace(0, 1, 20), everything, rng).calm is True
    assert cell(np.ones(20), np.zeros(20), everything, rng).calm is False
    assert cell(np.zeros(20), np.ones(20), everything, rng).calm is False


def test_a_column_has_nothing_where_a_scorer_abstained():
    assert np.isnan(column([{"a": 0.5}, {}, None], "a")).tolist() == [False, True, True]


def test_without_corrupted_documents_there_is_no_threshold():
    [found] = thresholds(np.ones(3), [np.array([math.nan])], 0.3, [0.9])
    assert found.minimum is None
