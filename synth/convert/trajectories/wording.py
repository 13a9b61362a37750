"""What is said around the actions of a trajectory."""

from collections.abc import Sequence
from typing import Any

import numpy as np

TASKS = (
    "Your task: {goal}",
    "Task: {goal}",
    "Do this for me: {goal}",
    "The goal is: {goal}",
    "Please complete the following task.\n{goal}",
    "User's request: {goal}",
    "Here is what I need done: {goal}",
)
PASTS = (
    "Done so far:",
    "These steps have been taken:",
    "Previous actions:",
    "What has been done on the device:",
    "History:",
)
FIRSTS = ("Nothing has been done yet.", "No action has been taken so far.", "This is the first screen.", "", "")
NEXT = (
    "What is the next action?",
    "Give the next call.",
    "Decide on the next action for this screen.",
    "What do you do now?",
    "Continue with the task.",
    "",
)
INSTRUCTIONS = (
    "{said}",
    "{said}",
    "Do this on the screen: {said}",
    "Instruction: {said}",
    "Carry out this one step: {said}",
    "Which call does this? {said}",
    "On this screen, {said}",
)
SAYING = (
    "First say in a sentence what you do, then call the function.",
    "Before each call, say in a few words what it is for.",
    "Describe your action in one sentence, then make the call.",
    "State the step in words before you act.",
)
DONE = (
    "The task is done.",
    "Everything that was asked for is done, so I end the task.",
    "The goal is reached.",
    "Nothing is left to do.",
)
GIVEN_UP = (
    "The task cannot be done here, so I end it.",
    "There is no way to reach the goal; I stop.",
    "This cannot be completed.",
)
RESIZED = ("The screen's resolution is now ", ".\n")


def pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]


def asked(rng: np.random.Generator, goal: str, past: Sequence[str], saying: bool, is_first: bool) -> str:
    """A user's words before the screenshot: the task, what was done before, and what is wanted."""
    lines = [pick(rng, TASKS).format(goal=goal)]
    if past:
        lines += [pick(rng, PASTS), *(f"{number}. {text}" for number, text in enumerate(past, 1))]
    elif is_first:
        lines.append(pick(rng, FIRSTS))
    lines += [pick(rng, SAYING)] if saying else []
    lines.append(pick(rng, NEXT))
    return "\n".join(line for line in lines if line) + "\n"


def instructed(rng: np.random.Generator, said: str) -> str:
    """A user's words before the screenshot: an instruction for one step."""
    template = pick(rng, INSTRUCTIONS)
    if template.startswith("On this") and said[:1].isupper() and not said[1:2].isupper():
        said = said[:1].lower() + said[1:]
    return template.format(said=said) + "\n"


def told(arguments: dict[str, Any]) -> str:
    """What a call did, in words; a place is not told, for it was on a screen that is no longer shown."""
    match arguments["action"]:
        case "click" | "left_click":
            return "click on the screen"
        case "long_press":
            return "long press on the screen"
        case "swipe":
            return f"swipe {_way(*arguments['coordinate'], *arguments['coordinate2'])}"
        case "mouse_move":
            return "move the cursor"
        case "type":
            return f'type "{arguments["text"]}"'
        case "open":
            return f"open {arguments['text']}"
        case "system_button":
            return f"press {arguments['button']}"
        case "key":
            return f"press {'+'.join(arguments.get('keys', [arguments.get('text', '')]))}"
        case "wait":
            return "wait"
    return "end the task"


def _way(x1: float, y1: float, x2: float, y2: float) -> str:
    if abs(x2 - x1) > abs(y2 - y1):
        return "right" if x2 > x1 else "left"
    return "down" if y2 > y1 else "up"
