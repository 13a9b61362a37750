"""Assigning packs to ranks: every pack once, as many rounds on every rank, loads even."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from train.data.assign import assign, pack_loads
from train.data.mixture import Samples

loads_of_packs = st.lists(st.floats(0, 1e3), min_size=1, max_size=40).map(np.array)


@given(loads_of_packs, st.integers(1, 9))
def test_every_pack_is_assigned_once_and_no_rank_has_two_more_than_another(loads, ranks):
    held = assign(loads, ranks)
    assert sorted(pack for own in held for pack in own) == list(range(len(loads)))
    counts = [len(own) for own in held]
    assert max(counts) - min(counts) <= 1


@given(loads_of_packs, st.integers(1, 9))
def test_rounds_are_at_most_as_long_as_when_dealt_out_in_turn(loads, ranks):
    in_turn = [list(range(rank, len(loads), ranks)) for rank in range(ranks)]
    assert waited(loads, assign(loads, ranks)) <= waited(loads, in_turn) + 1e-9


def waited(loads, held):
    """How long the step takes: in each round, as long as the heaviest pack."""
    rounds = max(map(len, held))
    return sum(max(loads[own[number]] for own in held if number < len(own)) for number in range(rounds))


def test_the_ranks_carry_nearly_the_same():
    rng = np.random.default_rng(0)
    loads = rng.lognormal(0, 0.7, 64)
    carried = [loads[own].sum() for own in assign(loads, 8)]
    in_turn = [loads[rank::8].sum() for rank in range(8)]
    assert max(carried) / np.mean(carried) < 1.1 < max(in_turn) / np.mean(in_turn)


def test_equal_loads_are_dealt_out_in_turn():
    assert assign(np.ones(5), 2) == [[0, 2, 4], [1, 3]]


def test_a_packs_load_is_its_share_of_tokens_and_of_patches():
    samples = Samples(np.array([10, 30, 60]), np.array([300, 0, 100]), np.zeros(3, int), np.zeros(3, int))
    assert pack_loads([np.array([0]), np.array([1, 2])], samples).tolist() == [0.1 + 0.75, 0.9 + 0.25]


def test_texts_alone_have_a_load_too():
    samples = Samples(np.array([10, 30]), np.array([0, 0]), np.zeros(2, int), np.zeros(2, int))
    assert pack_loads([np.array([0]), np.array([1])], samples).tolist() == [0.25, 0.75]
