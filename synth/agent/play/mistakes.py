"""Wrong steps, as agents make them: those that a task knows of, and some that can be made on any screen."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from synth.agent.actions.action import Place
from synth.agent.play.expert import Expert
from synth.agent.play.moves import Lost, Move
from synth.agent.play.sight import Element, Sight
from synth.gui.apps.task import Step, Task

Kind = Literal["trap", "miss", "neighbour", "field"]
_TURNED = ("switch", "checkbox")  # a second click undoes the first
_FIELDS = ("textbox", "searchbox")
_AWAY = (6, 60)  # px beyond an element's edge, where a click misses it


@dataclass(frozen=True)
class Mistake:
    """Before step `at` of a task: what is done wrong, and what leads back."""

    at: int
    wrong: tuple[Step | Move, ...]
    mend: tuple[Step, ...]


def plan(rng: np.random.Generator, task: Task) -> tuple[int, Kind]:
    """Before which step of a task a mistake is made, and of which kind."""
    clicks = [at for at, step in enumerate(task.steps) if step.do in ("click", "type", "double_click", "right_click")]
    if task.traps and (not clicks or rng.random() < 0.6):
        return int(rng.integers(len(task.traps))), "trap"
    kinds: tuple[Kind, ...] = ("miss", "neighbour", "field")
    at = clicks[int(rng.integers(len(clicks)))] if clicks else 0
    return at, kinds[int(rng.choice(3, p=(0.35, 0.4, 0.25)))]


def make(rng: np.random.Generator, kind: Kind, step: Step, expert: Expert, sight: Sight) -> Mistake | None:
    """A mistake that can be made now, where `step` is next; None where there is none of its kind."""
    target = sight.elements.get(step.on)
    if target is None or not target.seen:
        return None
    match kind:
        case "miss":
            return _miss(rng, expert, sight, target)
        case "neighbour":
            near = _near(rng, sight, target, _TURNED)
            return Mistake(0, (Step("click", near.key),), (Step("click", near.key),)) if near else None
        case "field":
            near = _near(rng, sight, target, _FIELDS)
            if not near or step.do != "type" or "\u2022" in near.value:
                return None
            return Mistake(0, (Step("type", near.key, step.text),), (Step("type", near.key, near.value),))
    raise ValueError(kind)


def _near(rng: np.random.Generator, sight: Sight, target: Element, roles: tuple[str, ...]) -> Element | None:
    """Another element of one of these roles that is wholly seen, rather a near one."""
    others = [
        each
        for each in sight.elements.values()
        if each.role in roles and each.key != target.key and each.seen > 0.6 * each.area > 0
        if not each.states.get("disabled") and not each.states.get("readonly")
    ]
    if not others:
        return None
    away = np.array([_distance(target, each) for each in others])
    shares = 1 / (away + 40)
    return others[int(rng.choice(len(others), p=shares / shares.sum()))]


def _distance(one: Element, other: Element) -> float:
    middles = [np.array([each.whole[0] + each.whole[2], each.whole[1] + each.whole[3]]) / 2 for each in (one, other)]
    return float(np.abs(middles[0] - middles[1]).sum())


def _miss(rng: np.random.Generator, expert: Expert, sight: Sight, target: Element) -> Mistake | None:
    """A click just beside the element, where nothing listens. With a menu open it would close that: then none."""
    if sight.state["shell"].get("popup"):
        return None
    at = _beside(rng, sight, target)
    if at is None:
        return None
    name = "click" if expert.mobile else "left_click"
    return Mistake(0, (Move("click", expert.act(name, coordinate=at), target.key),), ())


def _beside(rng: np.random.Generator, sight: Sight, target: Element) -> Place | None:
    import cv2

    live = [element.own for element in sight.elements.values() if element.clickable]
    free = ~sight.mask(frozenset().union(*live, target.own))
    mine = sight.mask(target.own).view(np.uint8)
    near = cv2.distanceTransform(1 - mine, cv2.DIST_L2, 3)
    free &= (near >= _AWAY[0]) & (near <= _AWAY[1])
    rows, columns = np.nonzero(free)
    if not len(rows):
        return None
    number = int(rng.integers(len(rows)))
    return float(columns[number]), float(rows[number])


__all__ = ["Kind", "Lost", "Mistake", "make", "plan"]
