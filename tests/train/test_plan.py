"""The plan: a pure function, with full packs, the mixture that was asked for, and nothing over budget."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.errors import UserError
from train.plan import Budget, Samples, best_fit, make_plan, mixture, share_by_source

BUDGET = Budget(tokens=1000, patches=400)


@st.composite
def sample_sets(draw, sources=2):
    """Samples of several sources, each with one at least."""
    count = draw(st.integers(sources, 60))
    lengths = st.lists(st.integers(1, 1000), min_size=count, max_size=count)
    areas = st.lists(st.integers(0, 400), min_size=count, max_size=count)
    return Samples(np.array(draw(lengths)), np.array(draw(areas)), np.arange(count) % sources)


@given(sample_sets(), st.integers(1, 4), st.integers(1, 5), st.integers(0, 3))
@settings(max_examples=30)
def test_packs_never_exceed_either_budget(samples, per_step, steps, seed):
    plan = make_plan(samples, {0: 1, 1: 3}, BUDGET, per_step, steps, seed)
    assert plan.steps == steps
    for number in range(steps * per_step):
        assert samples.tokens[plan.pack(number)].sum() <= BUDGET.tokens
        assert samples.patches[plan.pack(number)].sum() <= BUDGET.patches


@given(sample_sets(sources=1))
def test_best_fit_packs_each_sample_exactly_once(samples):
    packs = best_fit(np.arange(len(samples)), samples, BUDGET)
    assert sorted(sample for pack in packs for sample in pack) == list(range(len(samples)))


def test_the_same_seed_gives_the_same_plan_and_a_longer_one_begins_alike():
    rng = np.random.default_rng(0)
    samples = Samples(rng.integers(1, 500, 300), rng.integers(0, 100, 300), rng.integers(0, 2, 300))
    plans = [make_plan(samples, {0: 1, 1: 1}, BUDGET, 2, steps, seed=7) for steps in (20, 20, 40)]
    assert np.array_equal(plans[0].order, plans[1].order)
    assert np.array_equal(plans[0].order, plans[2].order[: len(plans[0].order)])
    assert not np.array_equal(plans[0].order, make_plan(samples, {0: 1, 1: 1}, BUDGET, 2, 20, seed=8).order)


def documents_by_step(plan):
    """The sample numbers of each step, whatever the packs."""
    return [plan.order[low:high] for low, high in pairwise(plan.bounds[:: plan.packs_per_step])]


def test_a_global_batch_does_not_depend_on_how_many_packs_it_is_cut_into():
    """Accumulation over the same packs: steps of four packs are two steps of two, joined."""
    rng = np.random.default_rng(1)
    samples = Samples(rng.integers(1, 500, 300), rng.integers(0, 100, 300), np.zeros(300, int))
    twos = documents_by_step(make_plan(samples, {0: 1}, BUDGET, 2, 10, seed=0))
    fours = documents_by_step(make_plan(samples, {0: 1}, BUDGET, 4, 5, seed=0))
    assert np.array_equal(np.concatenate(twos), np.concatenate(fours))


@pytest.mark.parametrize("weights", [{0: 1, 1: 1}, {0: 9, 1: 1}])
def test_each_source_gives_its_share_of_the_tokens_in_every_stretch(weights):
    rng = np.random.default_rng(2)
    source = np.repeat([0, 1], [1000, 100])
    samples = Samples(
        np.where(source == 0, rng.integers(10, 20, 1100), rng.integers(100, 300, 1100)), source * 0, source
    )
    for start in (0, 2000):
        drawn = mixture(samples, weights, start, start + 2000, seed=0)
        tokens = np.bincount(samples.source[drawn], samples.tokens[drawn])
        assert tokens[0] / tokens.sum() == pytest.approx(weights[0] / sum(weights.values()), abs=0.01)


def test_a_source_is_seen_whole_before_any_of_it_comes_again():
    samples = Samples(np.full(50, 10), np.zeros(50, int), np.zeros(50, int))
    drawn = mixture(samples, {0: 1}, 0, 100, seed=3)
    assert sorted(drawn[:50]) == sorted(drawn[50:]) == list(range(50))
    assert list(drawn[:50]) != list(drawn[50:])


@pytest.mark.parametrize("sequence", [8192, 32768])
def test_fill_is_at_least_99_5_percent(sequence):
    rng = np.random.default_rng(4)
    tokens = np.minimum(rng.lognormal(6.7, 1.0, 60_000).astype(int) + 1, 8192)
    samples = Samples(tokens, tokens // 2, np.zeros(len(tokens), int))
    budget = Budget(sequence, 10 * sequence)
    plan = make_plan(samples, {0: 1}, budget, 1, int(tokens.sum() * 0.9) // sequence, seed=0)
    assert plan.fill(samples, budget)[0] >= 0.995
    assert share_by_source(plan, samples, ["all"]) == {"all": 1.0}


def test_a_sample_over_the_budget_and_an_empty_source_are_clear_errors():
    samples = Samples(np.array([2000]), np.array([0]), np.array([0]))
    with pytest.raises(UserError, match="2,000 tokens"):
        make_plan(samples, {0: 1}, BUDGET, 1, 1, 0)
    with pytest.raises(UserError, match="no samples"):
        make_plan(samples, {1: 1}, BUDGET, 1, 1, 0)
