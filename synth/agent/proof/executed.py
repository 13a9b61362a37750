"""What a fresh browser says of a trajectory that is carried out again in it."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import PIL.Image
from PIL.JpegImagePlugin import get_sampling

from synth.agent.play.changes import changes
from synth.agent.proof.replay import Moment, Replay
from synth.agent.told.facts import GONE
from synth.agent.told.screens import covers
from synth.gui.apps.task import Task, faults
from synth.gui.model import squeezed
from synth.sample import Claims, Evidence

_LOSSY = (8.0, 96)  # levels, as a mean over a screen and over 5 x 5 px, that compression of unknown strength changes
_LOCAL = 24  # levels, as a mean over 5 x 5 px, that another build of the browser may set letters otherwise


def executed(claims: Claims, tasks: list[Task], replayed: Replay, evidence: Evidence) -> Iterator[str]:
    """Everything that came otherwise than the record says."""
    if replayed.fault:
        yield replayed.fault
        return
    moments = replayed.moments
    starts = [moments[_first(claims, number)].state for number in range(len(tasks))]
    for at, step in enumerate(claims["steps"]):
        before, after = moments[at], moments[at + 1]
        yield from (f"step {at}: {text}" for text in _step(step, before, after, replayed.heard[at]))
        left = len(faults(tasks[step["task"]], starts[step["task"]], after.state))
        if left != step["left"]:
            yield f"step {at}: {left} things are not as the task wants them, not {step['left']}"
    for number, screen in enumerate(claims["screens"]):
        yield from (
            f"screen {number}: {text}"
            for text in _pictured(moments[screen["at"]], evidence.picture(number), evidence.contents[number])
        )
        yield from (f"screen {number}: {text}" for text in _elements(claims, screen, moments[screen["at"]]))


def _first(claims: Claims, task: int) -> int:
    return next(at for at, step in enumerate(claims["steps"]) if step["task"] == task)


def _step(step: dict[str, Any], before: Moment, after: Moment, heard: list[list[str]]) -> Iterator[str]:
    found = changes(before.state, after.state)
    if found != step["change"]:
        yield f"{found} was changed, not {step['change']}"[:400]
    yield from _heard(step, heard)
    for key, name in ((step["on"], step["name"]), (step["to"], step["to_name"])):
        if name and not _called(before.told.get(key), name):
            yield f"{key} is not called {name!r} but {_named(before.told.get(key))!r}"
    for fact in step["facts"]:
        if not _holds(fact, before, after):
            yield f"{fact['what']} {fact['name']!r} {fact['text']!r} is not so"


def _heard(step: dict[str, Any], heard: list[list[str]]) -> Iterator[str]:
    """What pointers went down on: what is said to be hit, in every press."""
    if step["do"] == "scroll" or "coordinate" not in step["action"]["arguments"]:
        return
    hit = step["on"] if step["do"] == "drag" else step["hit"]
    for keys in heard:
        if (hit not in keys) if hit else bool(keys):
            yield f"{keys[:1]} was hit, not {hit!r}"


def _named(told: dict[str, Any] | None) -> str:
    return " ".join(str(told["name"]).split()) if told else ""


def _called(told: dict[str, Any] | None, name: str) -> bool:
    return told is not None and any(covers(told[where], name) for where in ("name", "read"))


def _holds(fact: dict[str, Any], before: Moment, after: Moment) -> bool:
    what, key, text = fact["what"], fact["on"], fact["text"]
    if what == "nothing":
        return np.array_equal(before.picture, after.picture)
    if what == "scrolled":
        return bool(before.state["shell"].get("scroll") != after.state["shell"].get("scroll"))
    was, now = before.told.get(key), after.told.get(key)
    if not _called(was if what == GONE else now, fact["name"]):
        return False
    shown_before, shown_after = bool(was and was["shown"]), bool(now and now["shown"])
    if what == GONE:
        return shown_before and not shown_after
    if what in ("appeared", "opened", "message"):
        return shown_after and not shown_before
    if was is None or now is None:
        return False
    match what:
        case "value":
            return squeezed(now["value"] or now["read"]) == squeezed(text) != squeezed(was["value"] or was["read"])
        case "emptied":
            return not now["value"].strip() and bool(was["value"].strip())
        case "renamed":
            return _called(was, text)
        case "focused":
            return bool(now["focused"] and not was["focused"])
    states, wanted = _STATES[what]
    return any(now[state] == wanted and was[state] != wanted for state in states)


_STATES = {
    "on": (("checked", "pressed"), True),
    "off": (("checked", "pressed"), False),
    "selected": (("selected", "checked"), True),
    "unselected": (("selected", "checked"), False),
    "expanded": (("expanded",), True),
    "collapsed": (("expanded",), False),
    "disabled": (("disabled",), True),
    "enabled": (("disabled",), False),
}


def _pictured(moment: Moment, picture: np.ndarray, content: bytes) -> Iterator[str]:
    """A screen that is not the one that is stored, but for what compression does to it."""
    import cv2

    if moment.picture.shape != picture.shape:
        yield f"it is {moment.picture.shape}, not {picture.shape}"
        return
    again = _compressed(moment.picture, content)
    apart = cv2.absdiff(moment.picture if again is None else again, picture).max(2)
    mean, most = float(apart.mean()), int(cv2.blur(apart, (5, 5)).max())
    if (mean > _LOSSY[0] or most > _LOSSY[1]) if again is None else most > _LOCAL:
        yield f"it looks otherwise: by {mean:.1f} levels, and by {most} in one place"


def _compressed(picture: np.ndarray, content: bytes) -> np.ndarray | None:
    """A picture as a JPEG or PNG like `content` keeps it; None where that cannot be known."""
    stored = PIL.Image.open(io.BytesIO(content))
    if stored.format == "PNG":
        return picture
    if stored.format != "JPEG":
        return None
    file = io.BytesIO()
    PIL.Image.fromarray(picture).save(file, "JPEG", qtables=stored.quantization, subsampling=get_sampling(stored))  # type: ignore[attr-defined]
    return np.asarray(PIL.Image.open(file))


def _elements(claims: Claims, screen: Claims, moment: Moment) -> Iterator[str]:
    for element in screen["elements"]:
        told = moment.told.get(element["key"])
        if not told or not told["shown"]:
            yield f"{element['key']} is not seen"
        elif element["name"] and not _called(told, element["name"]):
            yield f"{element['key']} is not called {element['name']!r} but {_named(told)!r}"
