"""The learning rate as a function of tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.schedule import Schedule

SHAPES = st.sampled_from(["cosine", "linear", "stable", "constant"])


@given(SHAPES, st.integers(0, 999), st.integers(1, 10**9), st.floats(0, 1))
def test_the_rate_rises_to_the_peak_and_never_rises_again(shape, warmup, tokens, final):
    schedule = Schedule(shape=shape, warmup=warmup, final=final)
    tokens += warmup
    assert schedule.rate(warmup, tokens) == 1
    after = [schedule.rate(warmup + (tokens - warmup) * tenth // 10, tokens) for tenth in range(11)]
    assert after == sorted(after, reverse=True)
    before = [schedule.rate(warmup * tenth // 10, tokens) for tenth in range(10)]
    assert before == sorted(before)
    assert all(0 < rate <= 1 for rate in before)


@pytest.mark.parametrize("shape", ["cosine", "linear", "stable"])
def test_it_ends_at_its_final_share(shape):
    schedule = Schedule(shape=shape, warmup=100, final=0.25)
    assert schedule.rate(1000, 1000) == pytest.approx(0.25)
    assert schedule.rate(1100, 1000) == pytest.approx(0.25)  # the last step may begin past the end


def test_cosine_and_linear_are_half_way_at_half_time_and_stable_has_not_begun():
    rates = {shape: Schedule(shape=shape, final=0).rate(500, 1000) for shape in ("cosine", "linear", "stable")}
    assert rates == {"cosine": pytest.approx(0.5), "linear": pytest.approx(0.5), "stable": 1}
    assert Schedule(shape="stable", final=0, decay=0.2).rate(900, 1000) == pytest.approx(0.5)
