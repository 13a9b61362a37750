"""Android in the Wild (Rawles et al. 2023, arXiv 2307.10088): steps of people who follow an instruction on a phone.

Published as TFRecords; read here as JSON of the same fields, a record a step, with / or _ in the names: `episode_id`
(or `ep_id`), `step_id`, `goal_info`, `results/action_type` (an integer), `results/type_action` (what was typed),
`results/yx_touch`, `results/yx_lift` (y, x as shares of the screenshot's sides), `image/height`, `image/width` and, if
they are given, `image` (the name of a file; else `<episode_id>_<step_id>.png`, .jpg or .webp) and the words and icons
that were found on the screen: `image/ui_annotations_positions` (y, x, height, width as shares, four numbers each),
`image/ui_annotations_text` and `image/ui_annotations_ui_types`. What was tapped is told by the smallest of these.

A gesture whose ends are within 0.04 of each other is a tap, as the data set's own action matching has it; any other is
a swipe of the finger from touch to lift. Unused action types, and those that only wait for the rater, have no
counterpart.
"""

import math
from collections.abc import Iterator
from typing import Any, BinaryIO

from synth.convert.records import Fault, as_json, fault_row, identifier, plain, records
from synth.convert.rows import Row, numbers
from synth.convert.trajectories.rows import (
    Call,
    Unusable,
    at,
    episode_rows,
    swipe,
    text_of,
    touch,
)

ENDINGS = ("png", "jpg", "jpeg", "webp")
LONGEST = 80  # characters of a name
TAP = 0.04  # shares of the sides: ends that are no further from each other are one place


def read(file: BinaryIO, path: str) -> Iterator[Row]:
    """Rows by episode: each step brings its goal with it. Raises UserError as `records` does."""
    for found in records(file, path):
        if isinstance(found, Fault):
            yield found.row()
            continue
        place, record = found
        key, goal = identifier(_field(record, "episode_id", "ep_id")), plain(_field(record, "goal_info", "goal"))
        number = _field(record, "step_id")
        if not key or not goal or not isinstance(number, int) or isinstance(number, bool) or number < 0:
            yield fault_row(key or place, f"{place}: no step of AITW: episode_id, step_id or goal_info lacking")
            continue
        yield from episode_rows(key, goal, [_step(record, key, number)])


def _step(record: dict[str, Any], key: str, number: int) -> dict[str, Any]:
    named = _field(record, "image", "image_path")
    files = [named] if isinstance(named, str) and named else [f"{key}_{number}.{ending}" for ending in ENDINGS]
    step: dict[str, Any] = {"number": number, "files": files}
    if size := numbers([_field(record, "image/width"), _field(record, "image/height")], 2):
        step["size"] = size
    if found := words(record):
        step["elements"] = [[name, box, "share"] for name, box in found if not _is_icon(name)]
    try:
        step["calls"] = [call(record)]
        step["told"] = _told(step["calls"][0], found)
    except Unusable as fault:
        step["fault"] = str(fault)
    return step


def words(record: dict[str, Any]) -> list[tuple[str, list[float]]]:
    """(text, or type of icon, and [x1, y1, x2, y2] as shares) of what has a name of its own on the screen."""
    numbered = as_json(_field(record, "image/ui_annotations_positions"))
    texts, kinds = (as_json(_field(record, f"image/ui_annotations_{name}")) for name in ("text", "ui_types"))
    if not isinstance(numbered, list) or not isinstance(texts, list) or len(numbered) != 4 * len(texts):
        return []
    kinds = kinds if isinstance(kinds, list) and len(kinds) == len(texts) else [""] * len(texts)
    found: dict[str, list[list[float]]] = {}
    for number, (written, kind) in enumerate(zip(texts, kinds, strict=True)):
        name = plain(written)[:LONGEST] or (kind if isinstance(kind, str) and _is_icon(kind) else "")
        sides = numbers(numbered[4 * number : 4 * number + 4], 4)
        if name and sides and sides[2] > 0 and sides[3] > 0:
            y, x, height, width = sides
            found.setdefault(name, []).append([x, y, x + width, y + height])
    return [(name, boxes[0]) for name, boxes in found.items() if len(boxes) == 1]


def _is_icon(name: str) -> bool:
    return name.startswith("ICON_")


def _told(call: Call, found: list[tuple[str, list[float]]]) -> str:
    """`click "Search"`; empty where it is not known what was tapped."""
    if call["arguments"]["action"] != "click":
        return ""
    x, y = call["arguments"]["coordinate"]
    around = [(box, name) for name, box in found if box[0] <= x <= box[2] and box[1] <= y <= box[3]]
    if not around:
        return ""
    _, name = min(around, key=lambda item: ((item[0][2] - item[0][0]) * (item[0][3] - item[0][1]), item))
    return f"click the icon {name[5:].lower().replace('_', ' ')}" if _is_icon(name) else f'click "{name}"'


def call(record: dict[str, Any]) -> Call:
    """The call that a step's action is. Raises Unusable where it has no counterpart or lacks what it needs."""
    match _field(record, "results/action_type"):
        case bool():  # else True would be 1
            pass
        case 3:  # TYPE
            return touch("type", text=text_of(_field(record, "results/type_action")))
        case 4:  # DUAL_POINT
            return _gesture(*(as_json(_field(record, f"results/yx_{end}")) for end in ("touch", "lift")))
        case 5:  # PRESS_BACK
            return touch("system_button", button="Back")
        case 6:  # PRESS_HOME
            return touch("system_button", button="Home")
        case 7:  # PRESS_ENTER
            return touch("system_button", button="Enter")
        case 10:  # STATUS_TASK_COMPLETE
            return touch("terminate", status="success")
        case 11:  # STATUS_TASK_IMPOSSIBLE
            return touch("terminate", status="failure")
    raise Unusable("no counterpart")


def _gesture(touched: Any, lifted: Any) -> Call:
    start, end = numbers(touched, 2), numbers(lifted, 2)
    if start is None or end is None:
        raise Unusable("no place")
    if math.dist(start, end) <= TAP:
        return at("click", start[::-1], "share")
    return swipe(start[::-1], end[::-1], "share")


def _field(record: dict[str, Any], *names: str) -> Any:
    """The first of these fields that is there, its name written with / or with _."""
    spelled = (spelling for name in names for spelling in (name, name.replace("/", "_")))
    return next((record[name] for name in spelled if name in record), None)
