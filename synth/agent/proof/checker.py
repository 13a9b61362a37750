"""The checker of trajectories: their pictures, their course, what is said of them; and all of it executed again."""

import copy
import json
from collections.abc import Iterator

import numpy as np

from curation.document import Turn
from synth.agent.proof import course, seen
from synth.agent.proof.executed import executed
from synth.agent.proof.lies import LIES
from synth.agent.proof.replay import Replay, replay
from synth.agent.told import filtering, views
from synth.agent.told.wording import instruction, missed
from synth.sample import Checker, Claims, Evidence, Failure

_LOOKS = {"form": seen.form, "hit": seen.hits, "texts": seen.texts, "differ": seen.differ}


class TrajectoryChecker(Checker):
    """`form` (the right screens in order), `hit`, `texts` and `differ` look at the pictures; `goal` and `course` hold
    the steps against the tasks, drawn anew; `view` holds what is said against the steps, `thoughts` against the rules
    of `synth.agent.told.filtering`. The audit `replay` executes the record in a fresh browser."""

    checks = ("form", "hit", "texts", "differ", "goal", "course", "view", "thoughts")
    audits = ("replay",)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return views.turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        facts = {name: value for name, value in claims.items() if name != "view"}
        shown = views.screens_of(claims, claims["view"])
        for check, look in _LOOKS.items():
            key = check, shown, json.dumps(facts, sort_keys=True)
            for text in evidence.once(str(key), lambda look=look: list(look(claims, evidence))):  # type: ignore[misc]
                yield Failure(check, text)
        tasks = course.drawn(claims)
        yield from (Failure("goal", text) for text in course.goals(claims, tasks))
        yield from (Failure("course", text) for text in course.faults(claims, tasks))
        yield from (Failure("view", text) for text in _viewed(claims))
        yield from (Failure("thoughts", text) for text in filtering.of(claims))
        if audit:
            yield from (Failure("replay", text) for text in executed(claims, tasks, replay(claims), evidence))

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        for name, lie in LIES.items():
            changed = copy.deepcopy(claims)
            if lie(changed, rng) and _tellable(changed):
                yield name, changed


def _tellable(claims: Claims) -> bool:
    """Whether a document can be made of a lie: its turns need the screens that they speak of."""
    try:
        views.turns(claims)
    except (LookupError, ValueError):
        return False
    return True


def _viewed(claims: Claims) -> Iterator[str]:
    """Judgements of a view that the steps do not bear out."""
    view, steps = claims["view"], claims["steps"]
    if view["kind"] == "success":
        step, meant = steps[view["at"]], steps[view["of"]]
        worked = view["of"] == view["at"] and not step["wrong"]
        if view["worked"] != worked:
            yield f"step {view['at']} did {'' if worked else 'not '}do what was to be done"
        if not worked and not missed(step) and instruction(claims, step) == instruction(claims, meant):
            yield f"steps {view['at']} and {view['of']} do the same"
    if view["kind"] == "goal":
        at = view["at"]
        first = not at or steps[at - 1]["task"] != steps[at]["task"]
        reached = not first and steps[at]["do"] == "done" and steps[at - 1]["left"] == 0
        if view["reached"] != reached or (not reached and not first and steps[at - 1]["left"] == 0):
            yield f"the goal is {'' if reached else 'not '}reached before step {at}"


def state_of(claims: Claims) -> dict[str, object]:
    """The state of the application after a trajectory is carried out again from its record, in a fresh page."""
    found: Replay = replay(claims)
    return found.moments[-1].state
