"""A move: one action and what it is for; and how its places on the screen are drawn."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from synth.agent.actions.action import Action, Place, Tool
from synth.agent.play.sight import Element, Sight

Purpose = Literal[
    "click",
    "double_click",
    "right_click",
    "long_press",
    "focus",  # a click into a field, to type there
    "clear",  # what stands in a field is selected or taken out, to type something else
    "type",
    "press",
    "grab",  # the cursor goes to what is dragged next
    "drag",
    "slide",
    "scroll",
    "back",
    "home",
    "open",
    "wait",
    "dismiss",  # of what lies over the element that is wanted
    "done",
]


@dataclass(frozen=True)
class Move:
    """`on` is the key of the element that is meant ("" for none), `to` of that which something is dragged to, `text`
    what is typed, pressed, opened or set."""

    do: Purpose
    action: Action
    on: str = ""
    text: str = ""
    to: str = ""


class Lost(Exception):  # noqa: N818  it is an event
    """The expert cannot go on: what is wanted is not there, disabled, or cannot be reached."""


def tool_of(platform: str) -> Tool:
    return "mobile_use" if platform == "mobile" else "computer_use"


def place(rng: np.random.Generator, sight: Sight, element: Element) -> Place | None:
    """A pixel where the element itself is seen: often in the middle, seldom near the edge; None where there is none."""
    mask = sight.mask(element.parts)
    if not mask.any():
        return None
    inner = shrunk(mask)
    rows, columns = np.nonzero(inner if inner.any() else mask)
    middle = np.array([(columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2])
    spread = np.array([np.ptp(columns), np.ptp(rows)]) * (0.0 if rng.random() < 0.35 else 0.16)
    x, y = middle + rng.normal(size=2) * spread
    nearest = int(np.argmin((columns - x) ** 2 + (rows - y) ** 2))
    return float(columns[nearest]), float(rows[nearest])


def shrunk(mask: np.ndarray, by: int = 2) -> np.ndarray:
    """A mask (height, width) bool without a rim of `by` pixels."""
    import cv2

    return cv2.erode(mask.view(np.uint8), np.ones((2 * by + 1,) * 2, np.uint8), borderValue=0).view(bool)
