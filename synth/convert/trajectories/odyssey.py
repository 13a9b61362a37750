"""GUI-Odyssey (Lu et al. 2024, arXiv 2406.08451): tasks over several apps on Android phones and tablets.

Read are the published annotations, a JSON file an episode: `episode_id`, `task_info` (`instruction`, or `task`),
`device_info` (`w`, `h`) and `steps` (`step`, `screenshot`, `action`, `info`, and `low_level_instruction` where the
release has it). Places are counted in thousandths of the screenshot's sides: (0, 0) to (1000, 1000).

A SCROLL has the places where the finger began and ended, so it is a swipe as it stands. KEY_APPSELECT, which shows the
running apps, is the button Menu. Both spellings of the releases are read: TYPE and TEXT, IMPOSSIBLE and INCOMPLETE.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from synth.convert.records import Fault, fault_row, identifier, plain, records
from synth.convert.rows import Row, numbers
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

WHOLE = 1000  # what a side counts
_KEYS = {
    **{"KEY_HOME": "Home", "HOME": "Home", "KEY_BACK": "Back", "BACK": "Back"},
    **{"KEY_APPSELECT": "Menu", "KEY_RECENT": "Menu", "RECENT": "Menu", "KEY_ENTER": "Enter", "ENTER": "Enter"},
}


def read(file: BinaryIO, path: str) -> Iterator[Row]:
    """Rows by episode. Raises UserError as `records` does."""
    for found in records(file, path):
        if isinstance(found, Fault):
            yield found.row()
            continue
        place, record = found
        task, device, steps = record.get("task_info"), record.get("device_info"), record.get("steps")
        key = identifier(record.get("episode_id")) or PurePosixPath(path).stem
        goal = plain(task.get("instruction") or task.get("task")) if isinstance(task, dict) else ""
        if not goal or not isinstance(steps, list) or not steps:
            yield fault_row(key, f"{place}: no episode of GUI-Odyssey: task_info or steps lacking")
            continue
        size = numbers([device.get("w"), device.get("h")], 2) if isinstance(device, dict) else None
        yield from episode_rows(key, goal, [_step(*item, size) for item in enumerate(steps)])


def _step(number: int, step: Any, size: list[float] | None) -> dict[str, Any]:
    step = step if isinstance(step, dict) else {}
    named = step.get("screenshot")
    row: dict[str, Any] = {"number": number, "files": [named] if isinstance(named, str) and named else []}
    row["said"] = plain(step.get("low_level_instruction"))
    if size:
        row["size"] = size
    try:
        row["calls"] = [call(step.get("action"), step.get("info"))]
    except Unusable as fault:
        row["fault"] = str(fault)
    return row


def call(action: Any, info: Any) -> Call:
    """The call that an action is. Raises Unusable where it has no counterpart or lacks what it needs."""
    key = info if isinstance(info, str) and info in _KEYS else action
    match action:
        case "CLICK" | "LONG_PRESS" | "HOME" | "BACK" | "RECENT" | "ENTER" if isinstance(key, str) and key in _KEYS:
            return touch("system_button", button=_KEYS[key])
        case "CLICK":
            return at("click", _share(_places(info, 1)[0]), "share")
        case "LONG_PRESS":
            return at("long_press", _share(_places(info, 1)[0]), "share", time=SECONDS)
        case "SCROLL":
            start, end = _places(info, 2)
            return swipe(_share(start), _share(end), "share")
        case "TYPE" | "TEXT":
            return touch("type", text=text_of(info))
        case "COMPLETE":
            return touch("terminate", status="success")
        case "IMPOSSIBLE" | "INCOMPLETE":
            return touch("terminate", status="failure")
    raise Unusable("no counterpart" if isinstance(action, str) else "no action")


def _places(info: Any, count: int) -> list[Any]:
    """Places as a list of them; a single one may also stand alone."""
    if count == 1 and numbers(info, 2):
        return [info]
    if not isinstance(info, list) or len(info) < count:
        raise Unusable("no place")
    return info[:count]


def _share(place: Any) -> list[float]:
    found = numbers(list(place) if isinstance(place, list | tuple) else place, 2)
    if found is None:
        raise Unusable("no place")
    return [side / WHOLE for side in found]
