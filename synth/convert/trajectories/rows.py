"""The rows of an episode, whatever layout it is from:

    episode  {goal}
    step     {number, files, calls, size?, said?, told?, elements?}    or, where it cannot be used, with `fault`
    fault    {fault}    a record that is none

`files` are names to look for; `size` is the width and height that the screenshot is said to have; `said` is the
instruction for this step alone and `told` what was done, in words; `elements` are [name, [x1, y1, x2, y2], unit].
`calls` are actions as `Action.to_json` has them, and beside them the `unit` of their coordinates: `px` or `share` (of
the screenshot's sides).
"""

from collections.abc import Sequence
from typing import Any

from synth.convert.rows import Row, numbers
from synth.convert.settings import Unit

# How long a press or a wait took is not recorded by any of the layouts: this is what the calls say.
SECONDS = 2

Call = dict[str, Any]


class Unusable(Exception):  # noqa: N818  no error: many recorded actions have no counterpart
    """An action that cannot be a call; the first argument is the reason that is counted."""


def touch(name: str, **arguments: Any) -> Call:
    """A call of mobile_use without a place, or with one in pixels."""
    return {"name": "mobile_use", "arguments": {"action": name, **arguments}, "unit": "px"}


def at(name: str, place: Any, unit: Unit, tool: str = "mobile_use", **arguments: Any) -> Call:
    """A call at a place (x, y). Raises Unusable where it is no place."""
    return {"name": tool, "arguments": {"action": name, "coordinate": _place(place), **arguments}, "unit": unit}


def swipe(start: Any, end: Any, unit: Unit) -> Call:
    """The finger moves from `start` to `end`. Raises Unusable where one is no place."""
    return at("swipe", start, unit, coordinate2=_place(end))


def text_of(value: Any) -> str:
    """Text that can be typed. Raises Unusable where there is none."""
    if not isinstance(value, str) or not value:
        raise Unusable("no text")
    return value


def _place(value: Any) -> list[float]:
    place = numbers(list(value) if isinstance(value, tuple | list) else value, 2)
    if place is None:
        raise Unusable("no place")
    return place


def episode_rows(key: str, goal: str, steps: Sequence[dict[str, Any]]) -> list[Row]:
    return [Row(key, "episode", {"goal": goal}), *(Row(key, "step", step) for step in steps)]
