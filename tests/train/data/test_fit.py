"""Best fit under two budgets: nothing lost, nothing over, and the same packs as the rule in plain words."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from train.data.fit import FILLING, Budget, best_fit, shortest_last

BUDGET = Budget(tokens=100, patches=40)
SIZES = st.lists(st.tuples(st.integers(1, 100), st.integers(0, 40)), max_size=120)


def fit(sizes):
    return best_fit(np.array([t for t, _ in sizes], int), np.array([p for _, p in sizes], int), BUDGET)


@given(SIZES)
def test_each_sample_is_packed_once_and_no_budget_is_exceeded(sizes):
    packs = fit(sizes)
    assert sorted(place for pack in packs for place in pack) == list(range(len(sizes)))
    assert all(sum(sizes[place][0] for place in pack) <= BUDGET.tokens for pack in packs)
    assert all(sum(sizes[place][1] for place in pack) <= BUDGET.patches for pack in packs)


def plainly(sizes):
    """The rule, looking at every pack: of those with room, the one with the fewest free tokens, then the oldest."""
    packs, free = [], []
    for place, (size, area) in enumerate(sizes):
        fits = [(t, number) for number, (t, p) in enumerate(free) if t >= size and p >= area]
        number = min(fits)[1] if fits else len(packs)
        if not fits:
            packs.append([])
            free.append((BUDGET.tokens, BUDGET.patches))
        packs[number].append(place)
        free[number] = free[number][0] - size, free[number][1] - area
    return packs


@given(SIZES)
def test_each_sample_goes_where_it_leaves_the_fewest_tokens_free(sizes):
    assert fit(sizes) == plainly(sizes)


def test_many_packs_that_lack_patches_are_passed_over():
    """More of them than are looked at one by one."""
    rng = np.random.default_rng(0)
    sizes = [(int(t), int(p)) for t, p in zip(rng.integers(1, 30, 2000), rng.integers(20, 41, 2000), strict=True)]
    sizes += [(int(t), int(p)) for t, p in zip(rng.integers(1, 30, 500), rng.integers(0, 21, 500), strict=True)]
    packs = fit(sizes)
    assert len(packs) > 1000
    assert packs == plainly(sizes)


@given(st.lists(st.integers(1, 1000), max_size=200))
def test_the_shortest_go_last_and_all_keep_their_order(lengths):
    tokens = np.array(lengths, int)
    order = shortest_last(tokens)
    assert sorted(order) == list(range(len(tokens)))
    turns = np.flatnonzero(np.diff(order) < 0)
    assert len(turns) <= 1
    if len(turns):
        early, late = np.split(order, turns + 1)
        assert tokens[late].max() <= tokens[early].min()
        assert tokens[late].sum() <= FILLING * tokens.sum()
