"""Scrolling as people do it: the wheel over what scrolls, or a finger that pulls it, by more than the least."""

import math
from typing import Any, Protocol

import numpy as np

from synth.agent.actions.action import Action, Place
from synth.agent.play.moves import Lost, Move, shrunk
from synth.agent.play.sight import Sight
from synth.agent.play.stage import Stage

_NOTCH = 20  # CSS px: wheels turn by whole ones
_MOST = (0.55, 0.85)  # of the height of what scrolls, at once
_STILL = {"textbox", "searchbox", "slider"}  # where a finger does something else
_MARGIN = 8  # px from the edge of the screen, where no finger goes


class Scroller(Protocol):
    """What is asked of who scrolls (`synth.agent.play.expert.Expert`)."""

    rng: np.random.Generator
    stage: Stage
    mobile: bool

    def act(self, name: str, **given: Any) -> Action: ...

    def pixel(self, spot: list[float], sight: Sight) -> Place: ...


def move(expert: Scroller, key: str, told: dict[str, Any], sight: Sight, tries: int) -> Move:
    """A scroll towards an element; `told` is what the page's `where` says of it. Raises Lost where there is no way."""
    scroll, scale = told["scroll"], expert.stage.scale
    over = sight.elements.get(scroll["key"])
    across = not scroll["dy"]
    need = scroll["dx"] if across else scroll["dy"]
    box = sight.box(over) if over and over.seen else [0, 0, sight.ids.shape[1], sight.ids.shape[0]]
    high = (box[2] - box[0] if across else box[3] - box[1]) / scale
    own = (told["box"][2] - told["box"][0]) if across else told["box"][3] - told["box"][1]
    far = _amount(expert.rng, need, high, own)
    at = None if tries > 1 or not over else _over(expert.rng, sight, over.own)
    at = at or expert.pixel(scroll["point"], sight)
    if expert.mobile:
        start, end = _finger(expert.rng, at, round(far * scale), across, sight)
        return Move("scroll", expert.act("swipe", coordinate=start, coordinate2=end), key, to=scroll["key"])
    if across:
        raise Lost(f"{key} is out of view to the side, where no wheel of the action space turns")
    pixels = -float(round(far * scale))
    return Move("scroll", expert.act("scroll", pixels=pixels, coordinate=at), key, to=scroll["key"])


def _amount(rng: np.random.Generator, need: float, high: float, own: float) -> float:
    """CSS px with a sign: towards the element, at most about a screen, so far that it comes to lie within the view."""
    most = high * float(rng.uniform(*_MOST))
    size = abs(need)
    if size > most:
        size = most
    else:
        size += float(rng.uniform(0, 0.6)) * max(high - own - 8, 0)
        size = min(size, max(most, abs(need)))
    size = max(math.ceil(size / _NOTCH) * _NOTCH if size < most else math.floor(size / _NOTCH) * _NOTCH, _NOTCH)
    return math.copysign(size, need)


def _over(rng: np.random.Generator, sight: Sight, numbers: frozenset[int]) -> Place | None:
    """A pixel over what scrolls, where nothing else takes the wheel or the finger."""
    still = [element for element in sight.elements.values() if element.role in _STILL or "drag" in element.states]
    mask = shrunk(sight.mask(numbers) & ~sight.mask(frozenset().union(*(element.own for element in still))), 4)
    mask[:_MARGIN] = mask[-_MARGIN:] = False
    mask[:, :_MARGIN] = mask[:, -_MARGIN:] = False
    if not mask.any():
        return None
    rows, columns = np.nonzero(mask)
    middle = np.array([columns.mean(), rows.mean()]) + rng.normal(size=2) * (columns.std(), rows.std())
    nearest = int(np.argmin((columns - middle[0]) ** 2 + (rows - middle[1]) ** 2))
    return float(columns[nearest]), float(rows[nearest])


def _finger(rng: np.random.Generator, at: Place, far: int, across: bool, sight: Sight) -> tuple[Place, Place]:
    """Where a finger begins and ends, to move the content by `far` px: it goes the other way, within the screen."""
    height, width = sight.ids.shape
    room = (width if across else height) - 2 * _MARGIN
    far = max(-room, min(far, room))
    along = at[0] if across else at[1]
    low, high = _MARGIN + max(far, 0), room + _MARGIN + min(far, 0)
    along = min(max(along, low), high)
    end = along - far
    return ((along, at[1]), (end, at[1])) if across else ((at[0], along), (at[0], end))
