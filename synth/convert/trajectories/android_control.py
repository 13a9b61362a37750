"""Android Control (Li et al. 2024, arXiv 2406.03679): episodes of people who do a task on an Android phone.

Published as TFRecords; read here as JSON of the same fields, a record an episode: `episode_id`, `goal`, `actions` (each
a dictionary, or its JSON), `step_instructions`, `screenshot_widths`, `screenshot_heights` and, if they are given,
`screenshots` (names of files; else `<episode_id>_<number>.png`, .jpg or .webp, counted from 0) and
`accessibility_trees` (JSON of AndroidAccessibilityForest). There is one screenshot more than there are actions.

Assumed: x and y are pixels of the screenshot of the stated size. A scroll has a direction alone, that of the view
("swipe up for more" is `down`), so it is a swipe of the finger the other way through the middle of the screen. `type`
clicks, types and presses enter, so it is three calls. An episode is a demonstration that reaches its goal.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from synth.convert.records import Fault, as_json, fault_row, identifier, plain, records
from synth.convert.rows import Row, numbers
from synth.convert.trajectories.elements import elements
from synth.convert.trajectories.rows import (
    SECONDS,
    Call,
    Unusable,
    at,
    episode_rows,
    swipe,
    text_of,
    touch,
)

ENDINGS = ("png", "jpg", "jpeg", "webp")
NEAR, FAR = 0.3, 0.7  # where a swipe begins and ends, as shares of the side
# The finger of a swipe that moves the view so; from, to.
_SWIPES = {
    "down": ((0.5, FAR), (0.5, NEAR)),
    "up": ((0.5, NEAR), (0.5, FAR)),
    "right": ((FAR, 0.5), (NEAR, 0.5)),
    "left": ((NEAR, 0.5), (FAR, 0.5)),
}
_OPPOSITE = {"down": "up", "up": "down", "left": "right", "right": "left"}


def read(file: BinaryIO, path: str, scroll: str, ends: bool) -> Iterator[Row]:
    """Rows by episode. Raises UserError as `records` does."""
    for found in records(file, path):
        if isinstance(found, Fault):
            yield found.row()
            continue
        place, record = found
        key, goal, actions = identifier(record.get("episode_id")), plain(record.get("goal")), record.get("actions")
        if not key or not goal or not isinstance(actions, list) or not actions:
            yield fault_row(
                key or place, f"{place}: no episode of Android Control: episode_id, goal or actions lacking"
            )
            continue
        steps = [_step(record, key, number, as_json(action), scroll) for number, action in enumerate(actions)]
        if ends:
            steps.append(_common(record, key, len(actions)) | {"calls": [touch("terminate", status="success")]})
        yield from episode_rows(key, goal, steps)


def _step(record: dict[str, Any], key: str, number: int, action: Any, scroll: str) -> dict[str, Any]:
    step = _common(record, key, number)
    step["said"] = plain(_item(record.get("step_instructions"), number))
    try:
        step["calls"] = calls(action, scroll)
    except Unusable as fault:
        step["fault"] = str(fault)
    return step


def _common(record: dict[str, Any], key: str, number: int) -> dict[str, Any]:
    named = _item(record.get("screenshots"), number)
    files = [named] if isinstance(named, str) and named else [f"{key}_{number}.{ending}" for ending in ENDINGS]
    step: dict[str, Any] = {"number": number, "files": files}
    sides = [_item(record.get(name), number) for name in ("screenshot_widths", "screenshot_heights")]
    if size := numbers(sides, 2):
        step["size"] = size
    if found := elements(as_json(_item(record.get("accessibility_trees"), number))):
        step["elements"] = [[name, box, "px"] for name, box in found]
    return step


def _item(values: Any, number: int) -> Any:
    return values[number] if isinstance(values, list) and number < len(values) else None


def calls(action: Any, scroll: str = "view") -> list[Call]:
    """The calls that an action is. Raises Unusable where it has no counterpart or lacks what it needs."""
    if not isinstance(action, dict):
        raise Unusable("no action")
    place = (action.get("x"), action.get("y"))
    match action.get("action_type"):
        case "click":
            return [at("click", place, "px")]
        case "long_press":
            return [at("long_press", place, "px", time=SECONDS)]
        case "scroll":
            direction = action.get("direction")
            if not isinstance(direction, str) or direction not in _SWIPES:
                raise Unusable("no direction")
            return [swipe(*_SWIPES[direction if scroll == "view" else _OPPOSITE[direction]], "share")]
        case "input_text":
            return [touch("type", text=text_of(action.get("text")))]
        case "type":
            typed = touch("type", text=text_of(action.get("text")))
            return [at("click", place, "px"), typed, touch("system_button", button="Enter")]
        case "open_app":
            return [touch("open", text=text_of(action.get("app_name")))]
        case "navigate_back":
            return [touch("system_button", button="Back")]
        case "navigate_home":
            return [touch("system_button", button="Home")]
        case "wait":
            return [touch("wait", time=SECONDS)]
    raise Unusable("no counterpart")
