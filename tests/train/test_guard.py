"""The guard: no faulty step reaches the weights, and every one of them is named."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.guard import FAULTS, FIRST, SPAN, Faults, LossGuard, stop_line
from train.logs import read_lines
from train.phase import Guard


def losses(count: int, seed: int = 0) -> list[float]:
    """Falling and noisy, as those of a phase."""
    noise = np.random.default_rng(seed).normal(0, 0.1, count)
    return (2 + 3 * np.exp(-np.arange(count) / 100) + noise).tolist()


def guard(**settings: Any) -> LossGuard:
    return LossGuard(Guard.model_validate({"rule": "skip", "spike": 6} | settings))


def feed(judge: LossGuard, values: list[float], first: int = 0) -> list[str | None]:
    return [judge.judge(step, loss, 1.0) for step, loss in enumerate(values, first)]


@pytest.mark.parametrize(
    ("loss", "norm", "says"),
    [
        (math.nan, 1.0, "step 1,234: the loss is nan"),
        (math.inf, 1.0, "step 1,234: the loss is inf"),
        (2.0, math.nan, "step 1,234: the gradient norm is nan"),
        (2.0, math.inf, "step 1,234: the gradient norm is inf"),
    ],
)
def test_what_is_not_finite_is_a_fault_from_the_first_step_on(loss: float, norm: float, says: str) -> None:
    assert guard(spike=None).judge(1234, loss, norm) == says


def test_a_training_curve_is_no_fault() -> None:
    assert not any(feed(guard(), losses(2000)))


def test_a_jump_is_a_fault_and_a_fall_is_none() -> None:
    judge = guard()
    feed(judge, losses(800))
    jump = judge.judge(800, 3.0, 1.0)
    assert jump is not None
    assert jump.startswith("step 800: the loss jumps to 3, from 2.")
    assert judge.judge(801, 0.1, 1.0) is None


def test_before_there_is_a_measure_nothing_is_a_jump() -> None:
    judge = guard()
    assert not any(feed(judge, losses(FIRST - 1)))
    assert judge.judge(FIRST - 1, 1e6, 1.0) is None


def test_without_spike_nothing_finite_is_a_fault() -> None:
    assert not any(feed(guard(spike=None), [*losses(300), 1e9]))


def test_losses_that_stand_still_do_not_make_rounding_a_jump() -> None:
    assert not any(feed(guard(), [2.0] * 200 + [2.0001]))


def test_a_fault_leaves_the_measure_alone() -> None:
    judge = guard()
    feed(judge, losses(300))
    before = judge.state()
    for bad in (50.0, math.nan, math.inf):
        judge.judge(300, bad, 1.0)
    assert judge.state() == before | {"skipped": 3}


def test_the_first_steps_have_their_plain_mean_and_variance() -> None:
    judge, values = guard(), losses(SPAN)
    feed(judge, values)
    assert judge.mean == pytest.approx(np.mean(values))
    assert judge.variance == pytest.approx(np.var(values))


@given(st.integers(0, 400), st.integers(0, 3))
def test_a_resumed_run_judges_as_one_that_was_never_killed(killed: int, seed: int) -> None:
    values = losses(400, seed)
    values[200], values[350] = math.nan, 40.0
    whole = guard()
    expected = feed(whole, values)
    first = guard()
    found = feed(first, values[:killed])
    second = LossGuard.resumed(first.settings, json.loads(json.dumps(first.state())))
    found += feed(second, values[killed:], killed)
    assert found == expected
    assert second.state() == whole.state()


def test_stop_stops_at_the_first_fault_and_skip_after_too_many() -> None:
    judge = guard(rule="stop")
    judge.judge(0, math.nan, 1.0)
    assert judge.stops
    judge, stopped = guard(most=2), []
    for step in range(3):
        judge.judge(step, math.nan, 1.0)
        stopped.append(judge.stops)
    assert stopped == [False, False, True]


def test_a_run_that_stops_says_why_and_names_documents_in_one_line() -> None:
    judge = guard(rule="stop")
    reason = judge.judge(7, math.nan, 1.0)
    assert reason is not None
    line = stop_line(reason, [f"key{n}" for n in range(1010)], judge, Path("run") / FAULTS)
    assert "\n" not in line
    assert line.startswith("step 7: the loss is nan; its documents: key0, key1, ")
    assert "key7 and 1,002 more (all in run/faults.jsonl)" in line
    judge = guard(most=1)
    reasons = [judge.judge(step, math.nan, 1.0) for step in (3, 4)]
    assert "2 updates left out, over guard.most" in stop_line(reasons[1] or "", ["a"], judge, Path(FAULTS))


def test_faults_are_kept_with_their_documents_and_forgotten_on_resume(tmp_path: Path) -> None:
    faults = Faults(tmp_path, 0)
    faults.replaced(3, "abc", "truncated: 12 of 90 bytes", "def")
    faults.skipped(3, "step 3: the loss is nan", math.nan, 1.5, ["k", "l"])
    faults.replaced(5, "ghi", "gone", None)
    faults.close()
    replaced, skipped, last = read_lines(tmp_path / FAULTS)
    assert skipped == {
        **{"step": 3, "fault": "skipped", "reason": "step 3: the loss is nan"},
        **{"loss": None, "gradient_norm": 1.5, "keys": ["k", "l"]},
    }
    assert (replaced["key"], replaced["replaced_by"]) == ("abc", "def")
    assert last["replaced_by"] is None
    resumed = Faults(tmp_path, 4)
    resumed.close()
    assert [row["step"] for row in read_lines(tmp_path / FAULTS)] == [3, 3]


def test_only_the_first_rank_writes_faults(tmp_path: Path) -> None:
    faults = Faults(tmp_path, 0, writes=False)
    faults.skipped(0, "the loss is nan", math.nan, 1.0, ["k"])
    faults.close()
    assert not list(tmp_path.iterdir())
