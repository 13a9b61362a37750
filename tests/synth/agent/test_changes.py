"""What differs between two states is told leaf by leaf, and nothing else is."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from synth.agent.play.changes import changes

leaves = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3))
names = st.text("abc.", min_size=1, max_size=3)
states = st.recursive(
    leaves, lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(names, inside, max_size=3))
)


def put(state, path, value):
    """The state with another leaf at a path that it has."""
    if not path:
        return value
    state = copy.copy(state)
    state[path[0]] = put(state[path[0]], path[1:], value)
    return state


def leaf(state, rng):
    path = []
    while isinstance(state, dict | list) and state:
        name = rng.choice(sorted(state) if isinstance(state, dict) else range(len(state)))
        path.append(name)
        state = state[name]
    return path, state


@given(states)
def test_a_state_does_not_differ_from_itself(state):
    assert changes(state, copy.deepcopy(state)) == []


@given(states, st.randoms())
def test_one_leaf_that_is_another_is_the_one_change(state, rng):
    path, was = leaf(state, rng)
    assert changes(state, put(state, path, "another")) == [[path, was, "another"]]


def test_true_is_not_one():
    assert changes({"on": True}, {"on": 1}) == [[["on"], True, 1]]


def test_what_is_new_or_gone_was_or_is_nothing():
    assert changes({"a": 1}, {"b": [2]}) == [[["a"], 1, None], [["b", 0], None, 2]]
