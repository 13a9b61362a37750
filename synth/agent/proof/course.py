"""Whether the steps that are said to be right are those that the task needs: each of them once, in their order."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.agent.play.take import begun
from synth.gui.apps import app as apps
from synth.gui.apps.task import Step, Task
from synth.sample import Claims

_BESIDES = ("scroll", "dismiss", "focus", "grab", "done")  # what an expert does around the steps of a task


def drawn(claims: Claims) -> list[Task]:
    """The tasks of the claims, drawn anew. Raises LookupError where there are none of these numbers."""
    found = apps.tasks(np.random.default_rng(claims["drawn"]), claims["app"])
    return begun(claims["app"], [found[task["number"]] for task in claims["tasks"]])


def goals(claims: Claims, tasks: list[Task]) -> Iterator[str]:
    """What is said of the tasks and is not so."""
    for number, (said, task) in enumerate(zip(claims["tasks"], tasks, strict=True)):
        true = {"kind": task.kind, "goal": task.goal, "wanted": task.wanted, "free": list(task.free)}
        for name, value in true.items():
            if said[name] != value:
                yield f"task {number}: {name} is {value!r}, not {said[name]!r}"[:300]


# What the action of a move is called, on a phone or a computer.
_CALLED = {
    **{"click": ("click", "left_click"), "focus": ("click", "left_click"), "double_click": ("double_click",)},
    **{"right_click": ("right_click",), "long_press": ("long_press",), "type": ("type",), "clear": ("key",)},
    **{"press": ("key", "system_button"), "grab": ("mouse_move",), "drag": ("swipe", "left_click_drag")},
    **{"scroll": ("scroll", "swipe"), "back": ("system_button",), "home": ("system_button",), "open": ("open",)},
    **{"slide": ("key", "swipe", "left_click_drag", "mouse_move", "click", "left_click"), "wait": ("wait",)},
    **{"dismiss": ("key", "system_button", "click", "left_click"), "done": ("terminate",)},
}
_MENDING = ("click", "focus", "clear", "type", "scroll", "dismiss", "grab")  # what undoes a mistake of any task


def faults(claims: Claims, tasks: list[Task]) -> Iterator[str]:
    """What tells the right steps from those of the tasks."""
    for number, task in enumerate(tasks):
        steps = [step for step in claims["steps"] if step["task"] == number]
        if not steps or steps[-1]["do"] != "done" or any(step["do"] == "done" for step in steps[:-1]):
            yield f"task {number}: it is not ended once, at its end"
            continue
        if steps[-1]["action"]["arguments"].get("status") != "success" or (len(steps) > 1 and steps[-2]["left"]):
            yield f"task {number}: it is not reached where it is said to be"
        yield from (f"task {number}: {text}" for text in _compared(task, steps))
    order = [step["task"] for step in claims["steps"]]
    if order != sorted(order) or set(order) != set(range(len(tasks))):
        yield "the tasks are not done one after another"


def _compared(task: Task, steps: list[dict[str, Any]]) -> Iterator[str]:
    places, wanted = _fields(task), [each for each in map(_expected, task.steps) if each]
    undoing = [each for trap in task.traps for each in map(_expected, trap.mend) if each]
    mending = {*_MENDING, *(kind for kinds, *_ in undoing for kind in kinds)}
    at = 0
    for number, step in enumerate(steps):
        if step["action"]["arguments"]["action"] not in _CALLED[step["do"]]:
            yield f"step {number}: {step['do']} is not done by {step['action']['arguments']['action']}"
        if step["mends"] and step["do"] not in mending:
            yield f"step {number}: {step['do']} undoes no mistake of the task"
        if step["wrong"] or step["mends"] or step["do"] in ("dismiss", "done"):
            continue
        if step["do"] in _BESIDES or (step["do"] == "clear" and step["on"] in places):
            if step["on"] not in places:
                yield f"step {number}: {step['do']} {step['on']} serves no step of the task"
            continue
        if at and step["do"] == "slide" and _fits(step, wanted[at - 1]):
            continue  # a slider may take several moves
        if at == len(wanted) or not _fits(step, wanted[at]):
            yield f"step {number}: {step['do']} {step['on']} {step['text']!r} is not what comes next in the task"
            return
        at += 1
    if at < len(wanted):
        yield f"{len(wanted) - at} steps of the task are left out"


def _fields(task: Task) -> set[str]:
    return {key for step in task.steps for key in (step.on, step.to) if key}


def _expected(step: Step) -> tuple[tuple[str, ...], str, str, str] | None:
    """(kinds of moves, on, to, text) of the one move that a step comes to; None where it may need none."""
    match step.do:
        case "scroll_to":
            return None
        case "type":
            return (("type",), step.on, "", step.text) if step.text else None
        case "right_click" | "long_press":
            return ("right_click", "long_press"), step.on, "", ""
        case "press":
            return ("press", "back"), "", "", step.text
        case "drag":
            return ("drag",), step.on, step.to, ""
        case "slide":
            return ("slide",), step.on, "", step.text
        case "open":
            return ("open",), "", "", step.text
    return (step.do,), step.on, "", ""


def _fits(step: dict[str, Any], wanted: tuple[tuple[str, ...], str, str, str]) -> bool:
    kinds, on, to, text = wanted
    dragged = step["to"] if step["do"] == "drag" else ""
    return step["do"] in kinds and (step["on"], dragged, step["text"]) == (on, to, text)
