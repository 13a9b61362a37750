"""The plan: a pure function, with full packs, nothing over budget, nothing lost, and any place to go on from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.errors import UserError
from train.data import plan as planning
from train.data.fit import Budget
from train.data.mixture import Samples, make_streams
from train.data.plan import Cursor, Plan, make_plan, summarise
from train.phase import Phase, Share

BUDGET = Budget(tokens=1000, patches=400)
SOURCES = ("a", "b")
TASKS = ("t",)
ONE, THREE = Share(weight=1), Share(weight=3)


@st.composite
def sample_sets(draw):
    """Samples of two sources."""
    count = draw(st.integers(2, 300))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    longest = draw(st.sampled_from([20, 300, 1000]))
    return Samples(
        rng.integers(1, longest + 1, count), rng.integers(0, 401, count), np.arange(count) % 2, np.zeros(count, int)
    )


def plan_of(samples, a=ONE, b=THREE, per_step=2, tokens=20_000, seed=0, budget=BUDGET):
    return Plan(samples, make_streams({"a": a, "b": b}, 1, samples, SOURCES, TASKS), budget, per_step, tokens, seed)


def steps_of(plan):
    return [step for step, _ in plan.steps()]


def packs_of(plan):
    return [tuple(pack.tolist()) for step in steps_of(plan) for pack in step.packs]


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch):
    """So that plans of a few thousand tokens have several windows."""
    monkeypatch.setattr(planning, "FEWEST_PACKS", 9)
    monkeypatch.setattr(planning, "WINDOW", 40)


@given(sample_sets(), st.integers(1, 5), st.integers(1, 30_000), st.integers(0, 3))
@settings(max_examples=40)
def test_packs_keep_both_budgets_and_the_step_that_reaches_the_tokens_is_the_last(samples, per_step, tokens, seed):
    plan = plan_of(samples, per_step=per_step, tokens=tokens, seed=seed)
    done = 0
    for number, step in enumerate(steps_of(plan)):
        assert done < tokens
        assert (step.number, step.done, len(step.packs)) == (number, done, per_step)
        for pack in step.packs:
            assert 0 < samples.tokens[pack].sum() <= BUDGET.tokens
            assert samples.patches[pack].sum() <= BUDGET.patches
        assert step.tokens == sum(samples.tokens[pack].sum() for pack in step.packs)
        assert step.patches == sum(samples.patches[pack].sum() for pack in step.packs)
        done += step.tokens
    assert done >= tokens
    assert plan.ends_after is None


@given(sample_sets(), st.integers(1, 7), st.integers(1, 3))
@settings(max_examples=40)
def test_every_sample_of_finished_epochs_comes_just_so_often(samples, per_step, epochs):
    plan = plan_of(samples, Share(epochs=epochs), Share(epochs=2 * epochs), per_step, tokens=10**9)
    seen = np.bincount([sample for pack in packs_of(plan) for sample in pack], minlength=len(samples))
    assert set(seen[samples.source == 0]) == {epochs}
    assert set(seen[samples.source == 1]) == {2 * epochs}
    assert plan.ends_after == (samples.tokens * seen).sum() < plan.tokens
    assert [len(step.packs) for step in steps_of(plan)[:-1]] == [per_step] * (len(steps_of(plan)) - 1)


@given(sample_sets(), st.integers(1, 5), st.sampled_from([None, 1.5]), st.integers(0, 10**6))
@settings(max_examples=40)
def test_a_plan_goes_on_from_any_step_as_if_it_had_never_stopped(samples, per_step, epochs, where):
    def plan():
        return plan_of(samples, Share(weight=1, epochs=epochs), Share(weight=1, epochs=epochs), per_step)

    whole = list(plan().steps())
    stopped, cursor = whole[where % len(whole)]
    resumed = list(plan().steps(Cursor.from_json(cursor.to_json()), stopped.number + 1))
    assert [found for _, found in resumed] == [found for _, found in whole[stopped.number + 1 :]]
    for (step, _), (expected, _) in zip(resumed, whole[stopped.number + 1 :], strict=True):
        assert (step.number, step.done, step.tokens) == (expected.number, expected.done, expected.tokens)
        assert [pack.tolist() for pack in step.packs] == [pack.tolist() for pack in expected.packs]


@given(sample_sets(), st.integers(2, 8))
@settings(max_examples=20)
def test_a_global_batch_of_other_size_cuts_the_same_packs_elsewhere(samples, per_step):
    ones, many = (packs_of(plan_of(samples, per_step=number)) for number in (1, per_step))
    assert many[: len(ones)] == ones
    share = Share(epochs=1)
    ones, many = (packs_of(plan_of(samples, share, share, number, tokens=10**9)) for number in (1, per_step))
    assert many == ones


@given(sample_sets())
@settings(max_examples=20)
def test_the_same_seed_gives_the_same_plan_and_a_longer_one_begins_alike(samples):
    short, again, long = (packs_of(plan_of(samples, tokens=tokens)) for tokens in (9_000, 9_000, 30_000))
    assert short == again == long[: len(short)]
    if len(samples) > 50:
        assert packs_of(plan_of(samples, tokens=9_000, seed=1)) != short


def test_every_stretch_of_steps_has_the_mixture_that_was_asked_for():
    rng = np.random.default_rng(1)
    source = np.repeat([0, 1], [3000, 300])
    samples = Samples(rng.integers(1, 100, 3300) * (1 + 3 * source), source, source, source * 0)
    plan = plan_of(samples, Share(weight=0.8), Share(weight=0.2), tokens=1_000_000)
    steps = steps_of(plan)
    for first in range(0, len(steps) - 150, 150):
        found = summarise(plan, steps[first : first + 150], SOURCES, TASKS)
        assert found.by_source == pytest.approx({"a": 0.8, "b": 0.2}, abs=0.01)
        assert found.by_task == {"t": 1.0}


@pytest.mark.parametrize("sequence", [8192, 32768])
def test_fill_is_at_least_99_5_percent(monkeypatch, sequence):
    monkeypatch.undo()
    rng = np.random.default_rng(4)
    tokens = np.minimum(rng.lognormal(6.7, 1.0, 60_000).astype(int) + 1, 8192)
    samples = Samples(tokens, tokens // 2, np.arange(60_000) % 2, np.zeros(60_000, int))
    plan = plan_of(samples, per_step=8, tokens=int(tokens.sum()), budget=Budget(sequence, 3 * sequence))
    summary = summarise(plan, steps_of(plan), SOURCES, TASKS)
    assert summary.fill_tokens >= 0.995
    assert summary.tokens == pytest.approx(plan.tokens, rel=0.01)
    assert summary.steps == pytest.approx(plan.expected_steps, rel=0.02)
    assert summary.fill_patches == pytest.approx(summary.fill_tokens / 6, rel=0.01)


def test_where_patches_are_scarce_they_are_what_fills():
    rng = np.random.default_rng(5)
    samples = Samples(rng.integers(1, 100, 5000), rng.integers(0, 100, 5000), np.arange(5000) % 2, np.zeros(5000, int))
    plan = plan_of(samples, tokens=100_000)
    summary = summarise(plan, steps_of(plan), SOURCES, TASKS)
    assert summary.fill_patches > 0.97
    assert summary.steps == pytest.approx(plan.expected_steps, rel=0.05)


def test_samples_that_fill_no_pack_together_are_planned_all_the_same():
    """Every pack is badly filled, and none waits for ever."""
    samples = Samples(np.full(100, 600), np.zeros(100, int), np.arange(100) % 2, np.zeros(100, int))
    plan = plan_of(samples, Share(epochs=1), Share(epochs=1), tokens=10**6)
    assert sorted(packs_of(plan)) == [(sample,) for sample in range(100)]


def test_the_cursor_stays_small():
    samples = Samples(np.arange(1, 1001), np.zeros(1000, int), np.arange(1000) % 2, np.zeros(1000, int))
    *_, (_, cursor) = plan_of(samples, tokens=2_000_000).steps()
    assert cursor.window > 50
    assert len(cursor.to_json()) < 2000


def phase_of(**changed):
    usual = {
        "packs": "packs",
        "output": "run",
        "mixture": {"a": 1, "b": {"tasks": {"t": 1}}},
        "pack": {"tokens": 1000, "patches": 400, "per_step": 2},
        "tokens": 5000,
        "optimizer": {"learning_rate": {"language": 1e-3}},
    }
    return Phase.model_validate(usual | changed)


def test_a_phase_says_all_that_a_plan_needs():
    samples = Samples(np.full(50, 100), np.full(50, 10), np.arange(50) % 2, np.zeros(50, int))
    phase = phase_of(mixture={"a": {"weight": 1, "epochs": 1}, "b": {"weight": 1, "tasks": {"t": 1}}}, seed=5)
    plan = make_plan(phase, samples, SOURCES, TASKS)
    assert [stream.name for stream in plan.streams] == ["a", "b/t"]
    assert (plan.budget, plan.per_step, plan.tokens, plan.seed) == (BUDGET, 2, 5000, 5)


def test_a_sample_larger_than_a_pack_is_a_clear_error():
    samples = Samples(np.array([10, 2000]), np.array([0, 3]), np.array([0, 1]), np.array([0, 0]))
    with pytest.raises(UserError, match=r"mixture\.b: 1 of its samples .* 2,000 tokens and 3 patches"):
        make_plan(phase_of(mixture={"a": 1, "b": 1}), samples, SOURCES, TASKS)
    make_plan(phase_of(mixture={"a": 1}), samples, SOURCES, TASKS)


@pytest.mark.parametrize("learning", ["vision", "merger"])
def test_text_alone_is_refused_where_nothing_would_be_learned_from_it(learning):
    samples = Samples(np.full(4, 100), np.array([8, 0, 0, 8]), np.array([0, 1, 1, 0]), np.zeros(4, int))
    blind = phase_of(mixture={"a": 1, "b": 1}, optimizer={"learning_rate": {learning: 1e-3}})
    with pytest.raises(UserError, match=r"mixture\.b: none of its samples shows a picture"):
        make_plan(blind, samples, SOURCES, TASKS)
    make_plan(phase_of(mixture={"a": 1, "b": 1}), samples, SOURCES, TASKS)


def test_a_cursor_of_another_mixture_or_of_a_later_place_is_a_clear_error():
    samples = Samples(np.full(50, 100), np.full(50, 10), np.arange(50) % 2, np.zeros(50, int))
    with pytest.raises(UserError, match="another mixture"):
        list(plan_of(samples).steps(Cursor()))
    *_, (last, cursor) = plan_of(samples).steps()
    with pytest.raises(UserError, match="from a place behind it"):
        list(plan_of(samples).steps(cursor, last.number - 20))
