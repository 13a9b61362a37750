"""Where an application runs, and what follows from it for its content and its navigation."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from synth.gui.apps.task import Step

Platform = Literal["web", "desktop", "mobile"]
PLATFORMS: tuple[Platform, ...] = ("web", "desktop", "mobile")


@dataclass(frozen=True)
class Place:
    """`size` is the viewport's, in CSS px."""

    platform: Platform
    language: str
    size: tuple[int, int]

    @property
    def narrow(self) -> bool:
        """Whether there is room for one column only."""
        return self.platform == "mobile" or self.size[0] < 640

    @property
    def tiny(self) -> bool:
        """Whether there is room for hardly anything: bars go."""
        return min(self.size) < 300


def navigation(rng: np.random.Generator, place: Place) -> str:
    """How the sections of an application are reached: "side", "tabs", "drawer" (behind a menu button) or "bottom"."""
    if place.tiny:
        return "drawer"
    if place.platform == "mobile":
        return str(rng.choice(("bottom", "drawer", "tabs"), p=(0.5, 0.3, 0.2)))
    if place.narrow:
        return str(rng.choice(("drawer", "tabs"), p=(0.7, 0.3)))
    return str(rng.choice(("side", "tabs", "drawer"), p=(0.7, 0.2, 0.1)))


def go(app: dict[str, Any], page: str) -> tuple[Step, ...]:
    """The steps to a section of an application."""
    way = (Step("click", f"nav.{page}"),)
    return (Step("click", "menu"), *way) if app["nav"] == "drawer" else way
