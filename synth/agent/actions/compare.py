"""Whether two actions do the same, as benchmarks of agents ask: an answer is right where it would have worked as well.

As in the evaluations of Android Control (arXiv 2406.03679, section 4) and Android in the Wild (arXiv 2307.10088,
section 4.1): the same action, its place within the element that was meant or near the place that was touched, the same
text, the same direction.
"""

import math
from dataclasses import dataclass
from typing import Literal

from synth.agent.actions.action import Action, Place

NAMES_OF_KEYS = {
    **{"control": "ctrl", "return": "enter", "escape": "esc", "option": "alt", "del": "delete"},
    **{"command": "meta", "cmd": "meta", "super": "meta", "win": "meta", "windows": "meta"},
    **{"arrowup": "up", "arrowdown": "down", "arrowleft": "left", "arrowright": "right"},
    **{"page_up": "pageup", "page_down": "pagedown", "pgup": "pageup", "pgdn": "pagedown"},
}


@dataclass(frozen=True)
class Tolerance:
    """`boxes` (x1, y1, x2, y2): a place in one of them is right; so is one within `distance` pixels of the true place.

    `text`: "exact", or "loose", where case and space do not count.
    """

    boxes: tuple[tuple[float, float, float, float], ...] = ()
    distance: float = 0.0
    text: Literal["exact", "loose"] = "exact"


EXACT = Tolerance()


def same(found: Action, true: Action, tolerance: Tolerance = EXACT) -> bool:
    return not difference(found, true, tolerance)


def difference(found: Action, true: Action, tolerance: Tolerance = EXACT) -> str:
    """What tells the action found from the true one, in one line; empty where nothing does.

    How long to wait or to press is no difference. Of a swipe the direction counts, and where it begins only if boxes
    are given; of a scroll the direction. A true action without a place asks for none.
    """
    if (found.tool, found.name) != (true.tool, true.name):
        return f"{found.tool} {found.name}, where {true.tool} {true.name} is right"
    if (ways := (found.direction(), true.direction()))[0] != ways[1]:
        return f"{found.name} {ways[0]}, where {ways[1]} is right"
    if found.keys is not None and true.keys is not None and _keys(found.keys) != _keys(true.keys):
        return f"keys {'+'.join(found.keys)}, where {'+'.join(true.keys)} is right"
    for name in ("text", "button", "status"):
        said, meant = getattr(found, name), getattr(true, name)
        loose = name == "text" and (tolerance.text == "loose" or found.name in ("open", "key"))
        if (_loose(said) != _loose(meant)) if loose and said and meant else said != meant:
            return f"{name} {said!r}, where {meant!r} is right"[:200]
    return _elsewhere(found, true, tolerance)


def _elsewhere(found: Action, true: Action, tolerance: Tolerance) -> str:
    if true.coordinate is None or (true.direction() and not tolerance.boxes):
        return ""
    if found.coordinate is None:
        return f"{found.name} without a place, where ({true.coordinate[0]:g}, {true.coordinate[1]:g}) is right"
    if _within(found.coordinate, tolerance) or math.dist(found.coordinate, true.coordinate) <= tolerance.distance:
        return ""
    (x, y), (true_x, true_y) = found.coordinate, true.coordinate
    return f"{found.name} at ({x:g}, {y:g}), where ({true_x:g}, {true_y:g}) is right"


def _within(place: Place, tolerance: Tolerance) -> bool:
    return any(x1 <= place[0] < x2 and y1 <= place[1] < y2 for x1, y1, x2, y2 in tolerance.boxes)


def _keys(keys: tuple[str, ...]) -> list[str]:
    plain = ["".join(key.split()).lower() for key in keys]
    return [NAMES_OF_KEYS.get(key, key) for key in plain]


def _loose(text: str) -> str:
    return " ".join(text.casefold().split())
