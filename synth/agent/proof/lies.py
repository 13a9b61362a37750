"""Untrue versions of what is claimed of a trajectory: the proof must find them."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from synth.pages.view.lies import changed
from synth.sample import Claims

Lie = Callable[[Claims, np.random.Generator], bool]


def told(claims: Claims) -> list[dict[str, Any]]:
    """The steps that the view tells of: lies about others would not be in the document."""
    view = claims["view"]
    return claims["steps"] if view["kind"] == "chat" else [claims["steps"][view["at"]]]


def _one(rng: np.random.Generator, found: list[Any]) -> Any:
    return found[int(rng.integers(len(found)))] if found else None


def _click_moved(claims: Claims, rng: np.random.Generator) -> bool:
    """To the middle of another element, or as far away."""
    width, height = claims["size"]
    step = _one(rng, [step for step in told(claims) if _clicks(step)])
    if not step:
        return False
    x, y = step["action"]["arguments"]["coordinate"]
    boxes = [
        element["box"]
        for screen in claims["screens"]
        for element in screen["elements"]
        if element["key"] == step["hit"]
    ]
    beyond = [
        element["box"]
        for screen in claims["screens"]
        for element in screen["elements"]
        if boxes and all(_apart(element["box"], box) for box in boxes)
    ]
    if box := _one(rng, beyond):
        step["action"]["arguments"]["coordinate"] = [(box[0] + box[2]) // 2, (box[1] + box[3]) // 2]
    else:
        step["action"]["arguments"]["coordinate"] = [(x + width // 2) % width, (y + height // 2) % height]
    at = step["action"]["arguments"]["coordinate"]
    return not any(box[0] <= at[0] < box[2] and box[1] <= at[1] < box[3] for box in boxes)


def _clicks(step: dict[str, Any]) -> bool:
    """Whether an action hits what is meant: beside it, one place is as good as another."""
    hit = step["hit"] in (step["on"], step["to"]) and step["hit"]
    return bool("coordinate" in step["action"]["arguments"] and step["do"] not in ("scroll", "dismiss") and hit)


def _apart(one: list[int], other: list[int]) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def _target_renamed(claims: Claims, rng: np.random.Generator) -> bool:
    """Everywhere that its name stands, so that the claims agree with each other."""
    step = _one(rng, [step for step in told(claims) if len(step["name"]) > 1])
    new = step and changed(step["name"], r"\w", rng)
    return bool(new) and _rename(claims, step["on"], step["name"], str(new))


def _target_exchanged(claims: Claims, rng: np.random.Generator) -> bool:
    """The step says another element's name."""
    step = _one(rng, [step for step in told(claims) if step["name"]])
    names = sorted({each["name"] for each in claims["steps"]} - {"", step["name"]}) if step else []
    return bool(names) and _rename(claims, step["on"], step["name"], str(_one(rng, names)))


def _rename(claims: Claims, key: str, old: str, new: str) -> bool:
    for step in claims["steps"]:
        for on, name in (("on", "name"), ("to", "to_name")):
            if step[on] == key and step[name] == old:
                step[name] = new
        for fact in step["facts"]:
            if fact["on"] == key and fact["name"] == old:
                fact["name"] = new
    for screen in claims["screens"]:
        for element in screen["elements"]:
            if element["key"] == key and element["name"] == old:
                element["name"] = new
    return True


_OTHER = {
    **{"click": "long_press", "long_press": "click", "left_click": "right_click", "right_click": "left_click"},
    **{"double_click": "right_click"},
}


def _action_changed(claims: Claims, rng: np.random.Generator) -> bool:
    known = [step for step in told(claims) if step["action"]["arguments"]["action"] in _OTHER]
    step = _one(rng, [step for step in known if not step["wrong"]])  # beside what was meant, any click does nothing
    if not step:
        return False
    arguments = step["action"]["arguments"]
    arguments["action"] = _OTHER[arguments["action"]]
    arguments.pop("time", None)
    if arguments["action"] == "long_press":
        arguments["time"] = 1
    step["do"] = arguments["action"].replace("left_", "")
    return True


def _text_changed(claims: Claims, rng: np.random.Generator) -> bool:
    step = _one(rng, [step for step in told(claims) if step["do"] == "type"])
    new = step and changed(step["text"], r"\w", rng)
    if not new:
        return False
    old = step["text"]
    step["text"] = step["action"]["arguments"]["text"] = new
    for fact in step["facts"]:
        fact["text"] = new if fact["text"] == old else fact["text"]
    return True


def _left_out(claims: Claims, rng: np.random.Generator) -> bool:
    """A step, with the screen that came of it."""
    if claims["view"]["kind"] != "chat":
        return False
    places = [at for at, step in enumerate(claims["steps"]) if step["do"] != "done"]
    at = _one(rng, places)
    if at is None:
        return False
    _forget(claims, at)
    return True


def _forget(claims: Claims, at: int) -> None:
    """Takes a step out; what was seen before it stays, what was seen after it goes."""
    del claims["steps"][at]
    claims["screens"] = [screen for screen in claims["screens"] if screen["at"] != at + 1]
    for screen in claims["screens"]:
        screen["at"] -= screen["at"] > at


def _swapped(claims: Claims, rng: np.random.Generator) -> bool:
    """Two steps in a row."""
    steps = claims["steps"]
    pairs = [
        at
        for at in range(len(steps) - 1)
        if steps[at]["task"] == steps[at + 1]["task"] and "done" not in (steps[at]["do"], steps[at + 1]["do"])
    ]
    at = _one(rng, [at for at in pairs if steps[at]["action"] != steps[at + 1]["action"]])
    if at is None or claims["view"]["kind"] != "chat":
        return False
    steps[at], steps[at + 1] = steps[at + 1], steps[at]
    return True


def _wrong_as_right(claims: Claims, rng: np.random.Generator) -> bool:
    step = _one(rng, [step for step in told(claims) if step["wrong"]])
    if not step:
        return False
    step["wrong"] = False
    if claims["view"]["kind"] == "success":
        claims["view"].update(of=claims["view"]["at"], worked=True)
    return True


def _right_as_wrong(claims: Claims, rng: np.random.Generator) -> bool:
    step = _one(
        rng,
        [step for step in told(claims) if not step["wrong"] and not step["mends"] and step["do"] in ("click", "type")],
    )
    if not step:
        return False
    step["wrong"] = True
    if claims["view"]["kind"] == "success":
        claims["view"]["worked"] = False
    return True


def _reached_early(claims: Claims, rng: np.random.Generator) -> bool:
    """The goal is said to be reached while it is not: in words, or by ending before all is done."""
    view, steps = claims["view"], claims["steps"]
    if view["kind"] == "goal" and not view["reached"]:
        view["reached"] = True
        if view["at"]:
            steps[view["at"] - 1]["left"] = 0
        return True
    places = [at for at, step in enumerate(steps) if step["left"] and steps[-1]["task"] == 0]
    at = _one(rng, places)
    if view["kind"] != "chat" or at is None:
        return False
    steps[at]["left"] = 0
    done = copy.deepcopy(steps[-1])
    claims["steps"] = [*steps[: at + 1], done]
    claims["screens"] = [screen for screen in claims["screens"] if screen["at"] <= at + 1]
    return True


def _not_reached(claims: Claims, rng: np.random.Generator) -> bool:
    view = claims["view"]
    if view["kind"] != "goal" or not view["reached"]:
        return False
    view["reached"] = False
    return True


def _state_altered(claims: Claims, rng: np.random.Generator) -> bool:
    """What a step changed in the application is another thing."""
    step = _one(rng, [step for step in told(claims) if step["change"]])
    if not step:
        return False
    change = _one(rng, step["change"])
    change[2] = not change[2] if isinstance(change[2], bool) else f"{change[2]}1"
    return True


def _fact_changed(claims: Claims, rng: np.random.Generator) -> bool:
    """What came of a step is told otherwise: the contrary, or another text."""
    step = _one(rng, [step for step in told(claims) if step["facts"]])
    if not step:
        return False
    fact = _one(rng, step["facts"])
    if fact["text"] and (new := changed(fact["text"], r"\w", rng)):
        fact["text"] = new
        return True
    if fact["what"] not in _CONTRARY:
        return False
    fact["what"] = _CONTRARY[fact["what"]]
    return True


_CONTRARY = {
    **{"on": "off", "off": "on", "selected": "unselected", "unselected": "selected", "expanded": "collapsed"},
    **{"collapsed": "expanded", "enabled": "disabled", "disabled": "enabled", "appeared": "vanished"},
    **{
        "opened": "vanished",
        "message": "vanished",
        "vanished": "appeared",
        "focused": "disabled",
        "scrolled": "nothing",
    },
    **{"nothing": "scrolled", "emptied": "focused"},
}


def _fact_elsewhere(claims: Claims, rng: np.random.Generator) -> bool:
    """Another element is said to have changed."""
    steps = told(claims)
    step = _one(rng, [step for step in steps if any(fact["on"] for fact in step["facts"])])
    if not step:
        return False
    fact = _one(rng, [fact for fact in step["facts"] if fact["on"]])
    if fact["what"] in ("appeared", "opened", "message"):  # what was there before has not appeared
        others = [(step["on"], step["name"])] if step["name"] and step["on"] != fact["on"] else []
        if others:
            fact["on"], fact["name"] = others[0]
        return bool(others)
    if fact["what"] == "vanished":
        return False
    others = [
        (each["on"], each["name"])
        for each in claims["steps"]
        if each["name"] and each["on"] not in {one["on"] for one in step["facts"]}
    ]
    if not others:
        return False
    fact["on"], fact["name"] = _one(rng, others)
    return True


def _scroll_flipped(claims: Claims, rng: np.random.Generator) -> bool:
    step = _one(rng, [step for step in told(claims) if step["do"] == "scroll"])
    if not step:
        return False
    arguments = step["action"]["arguments"]
    if "pixels" in arguments:
        arguments["pixels"] = -arguments["pixels"]
    else:
        arguments["coordinate"], arguments["coordinate2"] = arguments["coordinate2"], arguments["coordinate"]
    return True


def _other_goal(claims: Claims, rng: np.random.Generator) -> bool:
    task = _one(rng, claims["tasks"])
    new = changed(task["goal"], r"\w", rng)
    if not new or claims["view"]["kind"] not in ("chat", "step", "goal"):
        return False
    task["goal"] = new
    return True


def _screens_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    screens = claims["screens"]
    if len(screens) < 2:
        return False
    at = int(rng.integers(len(screens) - 1))
    one, other = screens[at], screens[at + 1]
    screens[at], screens[at + 1] = {**other, "at": one["at"]}, {**one, "at": other["at"]}
    return one["elements"] != other["elements"]


def _box_moved(claims: Claims, rng: np.random.Generator) -> bool:
    element = _one(rng, [element for screen in claims["screens"] for element in screen["elements"]])
    if element:
        element["box"] = [element["box"][0] + 8, element["box"][1], element["box"][2] + 8, element["box"][3]]
    return bool(element)


LIES: dict[str, Lie] = {
    **{"click_moved": _click_moved, "target_renamed": _target_renamed, "target_exchanged": _target_exchanged},
    **{"action_changed": _action_changed, "text_changed": _text_changed, "step_left_out": _left_out},
    **{"steps_swapped": _swapped, "wrong_as_right": _wrong_as_right, "right_as_wrong": _right_as_wrong},
    **{"reached_early": _reached_early, "not_reached": _not_reached, "state_altered": _state_altered},
    **{"fact_changed": _fact_changed, "fact_elsewhere": _fact_elsewhere, "scroll_flipped": _scroll_flipped},
    **{"goal_changed": _other_goal, "screens_swapped": _screens_swapped, "box_moved": _box_moved},
}
