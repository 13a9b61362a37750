"""Actions of every kind, for tests that hold of all of them."""

from hypothesis import strategies as st

from synth.agent.actions.action import ACTIONS, Action

sides = st.one_of(st.integers(0, 4000), st.floats(0, 4000, allow_nan=False))
places = st.tuples(sides, sides)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
VALUES = {
    "coordinate": places,
    "coordinate2": places,
    "keys": st.lists(texts, min_size=1, max_size=3).map(tuple),
    "text": texts,
    "time": st.one_of(st.integers(0, 60), st.floats(0, 60)),
    "button": st.sampled_from(["Back", "Home", "Menu", "Enter"]),
    "status": st.sampled_from(["success", "failure"]),
    "pixels": st.integers(-2000, 2000).filter(bool),
}


@st.composite
def actions(draw: st.DrawFn) -> Action:
    tool = draw(st.sampled_from(sorted(ACTIONS)))
    name = draw(st.sampled_from(sorted(ACTIONS[tool])))
    wanted = ACTIONS[tool][name]
    names = [*wanted.needed, *(also for also in wanted.allowed if draw(st.booleans()))]
    return Action(tool, name, **{also: draw(VALUES[also]) for also in names})
