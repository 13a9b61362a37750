"""Mind2Web (Deng et al. 2023, arXiv 2306.06070): tasks that people did on real websites, action by action.

Read are the tasks of the published JSON (`annotation_id`, `confirmed_task`, `actions`, `action_reprs`), or records of
Multimodal-Mind2Web as JSON, an action each, with `target_action_index`. Of an action: `action_uid`, `operation` (`op`,
`original_op`, `value`) and `pos_candidates`, whose `attributes` hold `bounding_box_rect`: x, y, width, height in pixels
of the page. Screenshots are found by name: `screenshot`, if the record has it, else `<action_uid>` or
`<annotation_id>-<action_uid>` with .png, .jpg or .webp.

Assumed: the screenshot shows the whole page at the page's own size, so a place may lie far below what a window shows.
The place of an action is the middle of the element that the annotator chose, else of the first that is given. TYPE is
a click on the element and then the typing. SELECT has no counterpart, since no screenshot shows the opened list. A task
has no screenshot after its last action, so nothing says that it is done.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from synth.convert.records import Fault, as_json, fault_row, identifier, plain, records
from synth.convert.rows import Row, numbers
from synth.convert.trajectories.rows import Call, Unusable, at, episode_rows, text_of

ENDINGS = ("png", "jpg", "jpeg", "webp")
TOOL = "computer_use"
_WRITTEN = re.compile(
    r"\[(?P<kind>.+?)\] (?P<name>.*?) ?-> (?P<operation>CLICK|TYPE|SELECT|HOVER|ENTER)(: (?P<value>.*))?"
)


def read(file: BinaryIO, path: str) -> Iterator[Row]:
    """Rows by task. Raises UserError as `records` does."""
    for found in records(file, path):
        if isinstance(found, Fault):
            yield found.row()
            continue
        place, record = found
        key, goal = identifier(record.get("annotation_id")), plain(record.get("confirmed_task"))
        actions = record.get("actions")
        if not key or not goal or (not isinstance(actions, list) and "action_uid" not in record):
            yield fault_row(
                key or place, f"{place}: no task of Mind2Web: annotation_id, confirmed_task or actions lacking"
            )
            continue
        told = as_json(record.get("action_reprs"))
        if isinstance(actions, list):
            steps = [_step(key, number, action, told) for number, action in enumerate(actions)]
        else:
            steps = [_step(key, _number(record.get("target_action_index")), record, told)]
        yield from episode_rows(key, goal, steps)


def _number(value: Any) -> int:
    """Which of the task's actions a record is; the index is published as text."""
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() and len(str(value)) < 6 else 0


def _step(key: str, number: int, action: Any, told: Any) -> dict[str, Any]:
    action = action if isinstance(action, dict) else {}
    uid, named = identifier(action.get("action_uid")), action.get("screenshot")
    names = [f"{stem}.{ending}" for stem in (uid, f"{key}-{uid}") for ending in ENDINGS] if uid else []
    step: dict[str, Any] = {"number": number, "files": [named] if isinstance(named, str) and named else names}
    if isinstance(told, list) and number < len(told):
        step["said"] = _words(plain(told[number]))
    try:
        step["calls"] = calls(action)
    except Unusable as fault:
        step["fault"] = str(fault)
    return step


def _words(written: str) -> str:
    """`[button]  Search -> CLICK` as an instruction; empty where the element has no name or the form is another."""
    found = _WRITTEN.fullmatch(written)
    if not found or not found["name"]:
        return ""
    element = f'the {found["kind"]} "{found["name"]}"'
    match found["operation"]:
        case "CLICK":
            return f"Click {element}."
        case "TYPE":
            return f'Type "{found["value"] or ""}" into {element}.'
        case "SELECT":
            return f'Select "{found["value"] or ""}" in {element}.'
        case "HOVER":
            return f"Move the cursor over {element}."
    return f"Press enter in {element}."


def calls(action: dict[str, Any]) -> list[Call]:
    """The calls that an action is. Raises Unusable where it has no counterpart or lacks what it needs."""
    operation = as_json(action.get("operation"))
    if not isinstance(operation, dict):
        raise Unusable("no action")
    kind = operation.get("original_op") or operation.get("op")
    if kind == "ENTER":
        return [{"name": TOOL, "arguments": {"action": "key", "keys": ["enter"]}, "unit": "px"}]
    if kind not in ("CLICK", "TYPE", "HOVER"):
        raise Unusable("no counterpart")
    x, y, width, height = _box(as_json(action.get("pos_candidates")))
    middle = (x + width / 2, y + height / 2)
    if kind == "HOVER":
        return [at("mouse_move", middle, "px", TOOL)]
    click = at("left_click", middle, "px", TOOL)
    if kind == "CLICK":
        return [click]
    typed = {"action": "type", "text": text_of(operation.get("value"))}
    return [click, {"name": TOOL, "arguments": typed, "unit": "px"}]


def _box(candidates: Any) -> list[float]:
    """x, y, width, height of the element that was meant."""
    found = [as_json(item) for item in candidates] if isinstance(candidates, list) else []
    elements = [item for item in found if isinstance(item, dict)]
    chosen = sorted(elements, key=lambda item: item.get("is_original_target") is not True)  # the others as they stand
    for element in chosen:
        attributes = as_json(element.get("attributes"))
        written = attributes.get("bounding_box_rect") if isinstance(attributes, dict) else None
        box = _numbers(written)
        if box and box[2] > 0 and box[3] > 0:  # -1,-1,-1,-1 is an element that is not shown
            return box
    raise Unusable("no element" if not elements else "element not shown")


def _numbers(written: Any) -> list[float] | None:
    if isinstance(written, str):
        try:
            written = [float(number) for number in written.split(",")]
        except ValueError:
            return None
    return numbers(written, 4)
