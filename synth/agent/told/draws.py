"""Which documents are made of a trajectory: views, and the steps that they tell of."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from synth.agent.told import filtering
from synth.agent.told.views import KINDS
from synth.agent.told.wording import instruction, missed
from synth.sample import Claims
from synth.weights import draw, in_order

_WORDINGS = 1 << 16
_TRIES = 6  # wordings that are tried for one that the rules let pass


def views(
    rng: np.random.Generator, claims: Claims, weights: Mapping[Any, float], count: int
) -> Iterator[dict[str, Any]]:
    """At most `count` views, no two alike."""
    left = {kind: weight for kind, weight in in_order(weights).items() if weight > 0}
    known: set[str] = set()
    for _ in range(3 * count):
        if not left or len(known) == count:
            return
        kind = draw(rng, left)
        if kind == "chat":
            del left[kind]
        view = _view(rng, claims, kind)
        name = view and f"{kind} {view.get('at')} {view.get('of')}"
        if view and name not in known:
            known.add(str(name))
            yield view


def _view(rng: np.random.Generator, claims: Claims, kind: str) -> dict[str, Any] | None:
    found = _placed(rng, claims, kind)
    if found is None:
        return None
    for _ in range(_TRIES):
        view = {"kind": kind, **found, "wording": int(rng.integers(_WORDINGS))}
        if not any(filtering.of({**claims, "view": view})):
            return view
    return None


def _placed(rng: np.random.Generator, claims: Claims, kind: str) -> dict[str, Any] | None:
    """What a view of a kind is about; None where there is nothing for it."""
    steps = claims["steps"]
    right = [at for at, step in enumerate(steps) if not step["wrong"]]
    acted = [at for at in right if steps[at]["do"] not in ("done", "wait", "grab") and steps[at]["boxes"]]
    told = [at for at in acted if _telling(steps[at])]
    match kind:
        case "chat":
            return {"said": False}
        case "step":
            after = [at for at in right if at and steps[at - 1]["wrong"]]
            return _at(rng, after if after and rng.random() < 0.4 else right)
        case "low":
            return _at(
                rng, [at for at in acted if steps[at]["name"] or "coordinate" not in steps[at]["action"]["arguments"]]
            )
        case "call":
            return _at(rng, acted)
        case "between":
            return _at(rng, told)
        case "success":
            return _success(rng, claims, told)
        case "goal":
            return _goal(rng, claims)
    raise ValueError(f"{kind} is none of {', '.join(KINDS)}")


def _telling(step: dict[str, Any]) -> bool:
    return bool(step["facts"]) and step["facts"][0]["what"] != "nothing"


def _at(rng: np.random.Generator, places: list[int]) -> dict[str, Any] | None:
    return {"at": places[int(rng.integers(len(places)))]} if places else None


def _success(rng: np.random.Generator, claims: Claims, told: list[int]) -> dict[str, Any] | None:
    """Half of them succeed; of the others as many as can are real mistakes, the rest asked of another step."""
    steps = claims["steps"]
    if rng.random() < 0.5:
        found = _at(rng, told)
        return found and {**found, "of": found["at"], "worked": True}
    wrong = [at for at, step in enumerate(steps) if step["wrong"] and step["facts"]]
    if wrong and rng.random() < 0.8:
        at = wrong[int(rng.integers(len(wrong)))]
        meant = next((of for of in range(at + 1, len(steps)) if not (steps[of]["wrong"] or steps[of]["mends"])), None)
        if meant is None or steps[meant]["do"] == "done" or not _apart(claims, at, meant):
            return None
        return {"at": at, "of": meant, "worked": False}
    found = _at(rng, told)
    if not found:
        return None
    own = instruction(claims, steps[found["at"]])
    others = [
        of for of in told if steps[of]["on"] != steps[found["at"]]["on"] and instruction(claims, steps[of]) != own
    ]
    other = _at(rng, others)
    return other and {**found, "of": other["at"], "worked": False}


def _apart(claims: Claims, at: int, of: int) -> bool:
    """Whether step `at` did clearly not do what step `of` does."""
    steps = claims["steps"]
    return missed(steps[at]) or instruction(claims, steps[at]) != instruction(claims, steps[of])


def _goal(rng: np.random.Generator, claims: Claims) -> dict[str, Any] | None:
    steps = claims["steps"]
    if rng.random() < 0.5:
        found = _at(rng, [at for at, step in enumerate(steps) if step["do"] == "done"])
        return found and {**found, "reached": True}
    open_ = [
        at
        for at, step in enumerate(steps)
        if step["do"] != "done" and not step["wrong"]
        if not at or steps[at - 1]["task"] != step["task"] or steps[at - 1]["left"]
    ]
    found = _at(rng, open_)
    return found and {**found, "reached": False}
