"""What a model is told of the functions: their signatures, in the frame of the released chat template.

The names, arguments, types, options and their order are those of the released cookbooks (mobile_agent, computer_use),
as is the frame; the explanations say the same in other words. The screen's resolution is an Extent of the screenshot,
so it is the size that the model sees, whatever the pixel budget.
"""

import json
from typing import Any

from curation.document import Extent, Part, Text, joined
from synth.agent.actions.action import ACTIONS, Tool

PREAMBLE = "You are a helpful assistant."
RESOLUTION = "{resolution}"

_DESCRIPTIONS: dict[Tool, str] = {
    "mobile_use": (
        "Operate a mobile device by its touchscreen, and look at it through screenshots.\n"
        "* The device has a touchscreen: it can be tapped, typed on, swiped over and so on.\n"
        "* Apps may be slow to start or to react: where nothing has changed, wait and look at the next screenshot.\n"
        f"* The screen's resolution is {RESOLUTION}.\n"
        "* Touch buttons, links, icons and the like at their centre, not at an edge, unless told otherwise."
    ),
    "computer_use": (
        "Operate a computer by mouse and keyboard, and look at it through screenshots.\n"
        "* What you have is a desktop with windows: there is neither a terminal nor a menu of applications, so start "
        "programs by their icons.\n"
        "* Programs may be slow to start or to react: where no window opens after a click, wait and look at the next "
        "screenshot.\n"
        f"* The screen's resolution is {RESOLUTION}.\n"
        "* Before you move the cursor to an element, find the element's coordinates in a screenshot.\n"
        "* Where a click had no effect even after a while, move the tip of the cursor so that it lies on the element.\n"
        "* Click buttons, links, icons and the like at their centre, not at an edge, unless told otherwise."
    ),
}

_ACTIONS: dict[Tool, dict[str, str]] = {
    "mobile_use": {
        "key": "Press a key of the device, by its name in adb's `keyevent`,\n"
        '    such as "volume_up", "volume_down", "power", "camera" or "clear".',
        "click": "Tap the screen at (x, y).",
        "long_press": "Hold a finger on the screen at (x, y) for some seconds.",
        "swipe": "Move a finger over the screen from coordinate (x, y) to coordinate2 (x2, y2).",
        "type": "Enter text into the input field that has the focus.",
        "system_button": "Press a button of the system.",
        "open": "Start an app of the device.",
        "wait": "Let some seconds pass until the change has happened.",
        "terminate": "End the task, and say how it went.",
    },
    "computer_use": {
        "key": "Press the keys down in the given order, then release them in reverse.",
        "type": "Type text on the keyboard.",
        "mouse_move": "Move the cursor to the pixel (x, y) of the screen.",
        "left_click": "Press and release the left mouse button.",
        "left_click_drag": "Hold the left mouse button and drag the cursor to the pixel (x, y) of the screen.",
        "right_click": "Press and release the right mouse button.",
        "middle_click": "Press and release the middle mouse button.",
        "double_click": "Press and release the left mouse button twice.",
        "scroll": "Turn the mouse wheel.",
        "wait": "Let some seconds pass until the change has happened.",
        "terminate": "End the task, and say how it went.",
    },
}

_PLACE = "(x, y): pixels from the left edge and from the top edge of the screen. Required only by {by}."
_BUTTONS = (
    "Back goes to the screen before, Home to the home screen, Menu to the list of running apps, and Enter presses the "
    "enter key. Required only by {by}."
)
_EXPLAINED = {
    "coordinate": _PLACE,
    "coordinate2": "Where a swipe ends. " + _PLACE,
    "keys": "Required only by {by}.",
    "text": "Required only by {by}.",
    "pixels": "How far to scroll: above 0 up, below 0 down. Required only by {by}.",
    "time": "In seconds. Required only by {by}.",
    "button": _BUTTONS,
    "status": "How the task went. Required only by {by}.",
}
_TYPES: dict[str, dict[str, Any]] = {
    "coordinate": {"type": "array"},
    "coordinate2": {"type": "array"},
    "keys": {"type": "array"},
    "text": {"type": "string"},
    "pixels": {"type": "number"},
    "time": {"type": "number"},
    "button": {"enum": ["Back", "Home", "Menu", "Enter"], "type": "string"},
    "status": {"type": "string", "enum": ["success", "failure"]},
}
_ORDER: dict[Tool, tuple[str, ...]] = {  # of the released properties
    "mobile_use": ("coordinate", "coordinate2", "text", "time", "button", "status"),
    "computer_use": ("keys", "text", "coordinate", "pixels", "time", "status"),
}

_FRAME = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""


def signature(tool: Tool) -> dict[str, Any]:
    """The function as `<tools>` lists it; its description has `{resolution}` where the screen's size belongs."""
    function = {
        "name_for_human": tool,
        "name": tool,
        "description": _DESCRIPTIONS[tool],
        "parameters": parameters(tool),
        "args_format": "Format the arguments as a JSON object.",
    }
    return {"type": "function", "function": function}


def parameters(tool: Tool) -> dict[str, Any]:
    """The JSON schema of a function's arguments, in the released form."""
    listed = "".join(f"\n* `{name}`: {said}" for name, said in _ACTIONS[tool].items())
    named = f"What to do. The actions are:{listed}"
    properties: dict[str, Any] = {"action": {"description": named, "enum": list(ACTIONS[tool]), "type": "string"}}
    for name in _ORDER[tool]:
        by = [f"`action={action}`" for action, wanted in ACTIONS[tool].items() if name in wanted.needed]
        properties[name] = {"description": _EXPLAINED[name].format(by=_listed(by)), **_TYPES[name]}
    return {"properties": properties, "required": ["action"], "type": "object"}


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def system(tool: Tool, image: int, preamble: str = PREAMBLE) -> tuple[Part, ...]:
    """A system turn that offers the function, for a screen of which `media[image]` is a screenshot."""
    lines = json.dumps(signature(tool), ensure_ascii=False)
    before, _, after = f"{preamble}\n\n{_FRAME.format(tools=lines)}".partition(RESOLUTION)
    return joined((Text(before), Extent(image), Text(after)))
