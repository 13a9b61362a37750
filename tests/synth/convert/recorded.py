"""Tiny recordings of agents in the published layouts, with screenshots of our own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from tests.conftest import encode
from tests.synth.convert.layouts import write_json

SIZE = (108, 240)


def screenshot(seed: int, size: tuple[int, int] = SIZE) -> bytes:
    """A picture of its own for every seed."""
    cells = np.random.default_rng(seed).integers(0, 256, (8, 4, 3), np.uint8)
    return encode(PIL.Image.fromarray(cells).resize(size, PIL.Image.Resampling.NEAREST), "PNG")


def write_screens(folder: Path, names: list[str], size: tuple[int, int] = SIZE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).write_bytes(screenshot(number, size))
    return folder


def write_lines(path: Path, values: list[Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values))
    return str(path)


# --- Android Control: five actions, so six screenshots ---

BUTTON = {"left": 50, "top": 100, "right": 90, "bottom": 120}


def tree() -> dict[str, Any]:
    """A window with a button in a pane, the button's icon, a hidden node, and a word that is there twice."""
    nodes = [
        {"boundsInScreen": {"right": 108, "bottom": 240}, "className": "Pane"},
        {
            "boundsInScreen": {"left": 20, "top": 90, "right": 100, "bottom": 130},
            "text": "Account",
            "isVisibleToUser": True,
        },
        {"boundsInScreen": BUTTON, "contentDescription": "Sign in", "isClickable": True, "isVisibleToUser": True},
        {"boundsInScreen": BUTTON, "text": "Hidden", "isVisibleToUser": False},
        {"boundsInScreen": {"left": 0, "top": 0, "right": 20, "bottom": 20}, "text": "Twice"},
        {"boundsInScreen": {"left": 40, "top": 0, "right": 60, "bottom": 20}, "text": "Twice"},
    ]
    return {"windows": [{"tree": {"nodes": nodes}}]}


def android_control(episode: int = 7) -> dict[str, Any]:
    return {
        "episode_id": episode,
        "goal": "Sign in to the mail app as Ann",
        "actions": [
            {"action_type": "open_app", "app_name": "Mail"},
            {"action_type": "click", "x": 70, "y": 110},
            json.dumps({"action_type": "input_text", "text": "Ann\n"}),
            {"action_type": "scroll", "direction": "down"},
            {"action_type": "navigate_back"},
        ],
        "step_instructions": ["Open the mail app", "Tap on sign in", "Type the name", "Swipe up for more", "Go back"],
        "screenshot_widths": [SIZE[0]] * 6,
        "screenshot_heights": [SIZE[1]] * 6,
        "accessibility_trees": [None, tree(), None, None, None, None],
    }


def android_screens(episode: int = 7) -> list[str]:
    return [f"{episode}_{number}.png" for number in range(6)]


# --- Android in the Wild: a tap, typing, a swipe, enter, and the end ---


def aitw(episode: str = "1099", slash: str = "/") -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [
        {"type": 4, "touch": [0.25, 0.5], "lift": [0.26, 0.5]},
        {"type": 3, "text": "pizza near me"},
        {"type": 7},
        {"type": 4, "touch": [0.8, 0.5], "lift": [0.2, 0.45]},
        {"type": 5},
        {"type": 6},
        {"type": 10},
    ]
    words = {
        f"image{slash}ui_annotations_positions": [0.2, 0.4, 0.1, 0.3, 0.0, 0.0, 1.0, 1.0, 0.24, 0.45, 0.05, 0.1],
        f"image{slash}ui_annotations_text": ["Search", "Everything", ""],
        f"image{slash}ui_annotations_ui_types": ["TEXT", "TEXT", "ICON_MAGNIFYING_GLASS"],
    }
    return [
        {
            **(words if number == 0 else {}),
            "episode_id": episode,
            "step_id": number,
            "goal_info": "find pizza near me",
            f"image{slash}height": SIZE[1],
            f"image{slash}width": SIZE[0],
            f"results{slash}action_type": step["type"],
            f"results{slash}type_action": step.get("text", ""),
            f"results{slash}yx_touch": step.get("touch", [-1.0, -1.0]),
            f"results{slash}yx_lift": step.get("lift", [-1.0, -1.0]),
        }
        for number, step in enumerate(steps)
    ]


def aitw_screens(episode: str = "1099") -> list[str]:
    return [f"{episode}_{number}.png" for number in range(7)]


# --- Mind2Web: a click, typing, a choice from a list, hovering, enter ---


def candidate(rect: str, original: bool = True, tag: str = "input") -> dict[str, Any]:
    attributes = json.dumps({"backend_node_id": "77", "bounding_box_rect": rect, "class": "box"})
    return {"tag": tag, "attributes": attributes, "is_original_target": original, "is_top_level_target": True}


def mind2web() -> dict[str, Any]:
    def action(number: int, op: str, rect: str, value: str = "", original: str = "") -> dict[str, Any]:
        operation = {"op": op, "original_op": original or op, "value": value}
        others = [candidate("0,0,5,5", original=False)]
        return {
            "action_uid": f"uid-{number}",
            "operation": operation,
            "pos_candidates": [*others, candidate(rect)],
            "neg_candidates": [candidate("1,1,1,1", original=False)],
        }

    return {
        "annotation_id": "task-1",
        "website": "shop",
        "confirmed_task": "Find a blue lamp under 20 pounds",
        "action_reprs": [
            "[link]  Lamps -> CLICK",
            "[textbox]  Search -> TYPE: blue lamp",
            "[combobox]  Sort by -> SELECT: Price",
            "[div]   -> HOVER",
            "[textbox]  Search -> ENTER",
        ],
        "actions": [
            action(0, "CLICK", "10,20,30,40"),
            action(1, "TYPE", "5.5,100,20,10", "blue lamp"),
            action(2, "SELECT", "5,100,20,10", "Price"),
            action(3, "CLICK", "60,60,20,20", original="HOVER"),
            action(4, "CLICK", "60,60,20,20", original="ENTER"),
        ],
    }


def mind2web_screens() -> list[str]:
    return [f"task-1-uid-{number}.png" for number in range(5)]


# --- GUI-Odyssey: every action that it has ---


def odyssey(episode: str = "0001") -> dict[str, Any]:
    actions: list[tuple[str, Any]] = [
        ("CLICK", [[500, 250]]),
        ("CLICK", "KEY_APPSELECT"),
        ("LONG_PRESS", [[100, 900]]),
        ("SCROLL", [[500, 800], [520, 300]]),
        ("TEXT", "cheap flights"),
        ("CLICK", "KEY_HOME"),
        ("COMPLETE", ""),
    ]
    steps = [
        {"step": number, "screenshot": f"{episode}_{number}.png", "action": action, "info": info, "ps": ""}
        for number, (action, info) in enumerate(actions)
    ]
    task = {"category": "Multi_Apps", "task": "Book", "instruction": "Look up cheap flights, then open the notes"}
    device = {"device_name": "Pixel 7 Pro", "w": 10 * SIZE[0], "h": 10 * SIZE[1]}
    return {"episode_id": episode, "device_info": device, "task_info": task, "step_length": 7, "steps": steps}


def odyssey_screens(episode: str = "0001") -> list[str]:
    return [f"{episode}_{number}.png" for number in range(7)]


def write_all(folder: Path) -> list[dict[str, Any]]:
    """The settings of one data set of each layout."""
    screens = write_screens(
        folder / "screens", [*android_screens(), *aitw_screens(), *mind2web_screens(), *odyssey_screens()]
    )
    images = {"images": [str(screens)]}
    write_json(folder / "odyssey/0001.json", odyssey())
    return [
        {"layout": "android_control", "episodes": write_lines(folder / "control.jsonl", [android_control()]), **images},
        {"layout": "aitw", "steps": write_json(folder / "aitw.json", aitw()), **images},
        {"layout": "mind2web", "tasks": write_json(folder / "mind2web/train_0.json", [mind2web()]), **images},
        {"layout": "gui_odyssey", "annotations": str(folder / "odyssey"), **images},
    ]
