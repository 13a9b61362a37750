"""One action space for phones and computers: the functions `mobile_use` and `computer_use` of the released Qwen2.5-VL.

Whatever an action does, whoever recorded it, it is one call of one function. Coordinates are pixels of a screenshot: of
the stored one in documents and claims, of the one that the model sees in what a model answers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from curation.errors import UserError

Tool = Literal["mobile_use", "computer_use"]
Button = Literal["Back", "Home", "Menu", "Enter"]
Status = Literal["success", "failure"]
Direction = Literal["up", "down", "left", "right"]
Place = tuple[float, float]  # x, y in pixels

FARTHEST = 1e9  # pixels, seconds


class ActionError(UserError):
    """One line that says what keeps a value or a text from being an action."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What an action must have, and what it may have, besides its name."""

    needed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


_AT = Arguments(("coordinate",))
_HERE = Arguments((), ("coordinate",))  # where the cursor is, unless a place is given

# The released functions: their actions in the released order.
ACTIONS: dict[Tool, dict[str, Arguments]] = {
    "mobile_use": {
        "key": Arguments(("text",)),
        "click": _AT,
        "long_press": Arguments(("coordinate", "time")),
        "swipe": Arguments(("coordinate", "coordinate2")),
        "type": Arguments(("text",)),
        "system_button": Arguments(("button",)),
        "open": Arguments(("text",)),
        "wait": Arguments(("time",)),
        "terminate": Arguments(("status",)),
    },
    "computer_use": {
        "key": Arguments(("keys",)),
        "type": Arguments(("text",)),
        "mouse_move": _AT,
        "left_click": _HERE,
        "left_click_drag": _AT,
        "right_click": _HERE,
        "middle_click": _HERE,
        "double_click": _HERE,
        "scroll": Arguments(("pixels",), ("coordinate",)),
        "wait": Arguments(("time",)),
        "terminate": Arguments(("status",)),
    },
}


@dataclass(frozen=True, slots=True)
class Action:
    """A call of `tool` with the arguments that `ACTIONS` has for `name`, and no others.

    `coordinate` is where (a swipe begins); `coordinate2` where a swipe ends; `time` in seconds; `pixels` of scrolling,
    above 0 to scroll up; `keys` pressed in order and released in reverse. Raises ActionError where they do not fit.
    """

    tool: Tool
    name: str
    coordinate: Place | None = None
    coordinate2: Place | None = None
    keys: tuple[str, ...] | None = None
    text: str | None = None
    time: float | None = None
    button: Button | None = None
    status: Status | None = None
    pixels: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.tool, str) or self.tool not in ACTIONS:
            raise ActionError(f"no function is called {_shown(self.tool)}; there are {', '.join(ACTIONS)}")
        known = ACTIONS[self.tool]
        if not isinstance(self.name, str) or self.name not in known:
            raise ActionError(f"{self.tool} has no action {_shown(self.name)}; it has {', '.join(known)}")
        given = [name for name in NAMES if getattr(self, name) is not None]
        wanted = known[self.name]
        if lacking := [name for name in wanted.needed if name not in given]:
            raise ActionError(f"{self.name}: the argument {lacking[0]} is missing")
        if extra := [name for name in given if name not in (*wanted.needed, *wanted.allowed)]:
            raise ActionError(f"{self.name}: takes no argument {extra[0]}")
        for name in given:
            object.__setattr__(self, name, _checked(self.name, name, getattr(self, name)))

    def arguments(self) -> dict[str, Any]:
        """As the call has them, whole numbers without a point: `{"action": "click", "coordinate": [639, 1095]}`."""
        given = ((name, getattr(self, name)) for name in NAMES)
        return {"action": self.name, **{name: _plain(value) for name, value in given if value is not None}}

    def to_json(self) -> dict[str, Any]:
        """The call as JSON has it; `Action.from_json` is the inverse."""
        return {"name": self.tool, "arguments": self.arguments()}

    @staticmethod
    def from_json(value: Any) -> "Action":
        """Raises ActionError, in one line, where the value is no call of one of the functions."""
        if not isinstance(value, Mapping) or set(value) != {"name", "arguments"}:
            raise ActionError(f"not an object with a name and arguments: {_shown(value)}")
        arguments = value["arguments"]
        if not isinstance(arguments, Mapping) or "action" not in arguments:
            raise ActionError(f"arguments: not an object with an action: {_shown(arguments)}")
        given = {str(name): item for name, item in arguments.items() if name != "action"}
        if unknown := [name for name in given if name not in NAMES]:
            raise ActionError(f"{_shown(arguments['action'])}: no argument is called {_shown(unknown[0])}")
        if empty := [name for name, item in given.items() if item is None]:
            raise ActionError(f"{_shown(arguments['action'])}: {empty[0]} is null")
        return Action(value["name"], arguments["action"], **given)

    def scaled(self, across: float, down: float) -> "Action":
        """The same action on the screenshot made wider and higher by these factors."""
        places: dict[str, Any] = {
            name: (place[0] * across, place[1] * down)
            for name in ("coordinate", "coordinate2")
            if (place := getattr(self, name)) is not None
        }
        return replace(self, **places) if places else self

    def check_inside(self, width: float, height: float) -> None:
        """Raises ActionError unless every place lies on a screen of this size."""
        for name in ("coordinate", "coordinate2"):
            place = getattr(self, name)
            if place is not None and not (0 <= place[0] < width and 0 <= place[1] < height):
                x, y = _plain(place)
                raise ActionError(f"{self.name}: {name} [{x}, {y}] is not on the screen of {width:g} x {height:g}")

    def direction(self) -> Direction | None:
        """Where the finger of a swipe moves, or what a scroll shows more of; None for other actions.

        The finger moves up to show what is further down: a swipe up does what a scroll down does.
        """
        if self.name == "scroll" and self.pixels is not None:
            return "up" if self.pixels > 0 else "down"
        if self.name != "swipe" or self.coordinate is None or self.coordinate2 is None:
            return None
        across, down = (end - start for start, end in zip(self.coordinate, self.coordinate2, strict=True))
        if abs(across) > abs(down):
            return "right" if across > 0 else "left"
        return "down" if down > 0 else "up"


NAMES = tuple(field.name for field in fields(Action))[2:]  # of the arguments, as they are written


def _checked(action: str, name: str, value: Any) -> Any:
    match name:
        case "coordinate" | "coordinate2":
            if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_is_number, value)):
                raise ActionError(f"{action}: {name} {_shown(value)} is not a pair of numbers")
            return float(value[0]), float(value[1])
        case "time" | "pixels":
            if not _is_number(value) or (value < 0 if name == "time" else value == 0):
                wanted = "0 seconds or more" if name == "time" else "a number other than 0"
                raise ActionError(f"{action}: {name} {_shown(value)} is not {wanted}")
            return float(value)
        case "keys":
            if not isinstance(value, list | tuple) or not value or not all(map(_is_text, value)):
                raise ActionError(f"{action}: keys {_shown(value)} is not a list of names of keys")
            return tuple(value)
        case "text":
            if not _is_text(value):
                raise ActionError(f"{action}: text {_shown(value)} is not text of one character or more")
            return value
    options = get_args(Button if name == "button" else Status)
    if not isinstance(value, str) or value not in options:
        raise ActionError(f"{action}: {name} {_shown(value)} is none of {', '.join(options)}")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < FARTHEST  # nor is NaN


def _is_text(value: Any) -> bool:
    """Text that can be written: a lone half of a surrogate pair cannot."""
    return isinstance(value, str) and bool(value) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and math.floor(value) == value else value


def _shown(value: Any) -> str:
    """In one short line, whatever it is."""
    return " ".join(repr(value).split())[:60]
