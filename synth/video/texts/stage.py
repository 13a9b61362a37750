"""What stands on the screen at each moment, and the drawing of it: lines of text over a ground."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.video.texts.kit import Line

Area = tuple[int, int, int, int]  # [x1, x2) by [y1, y2) of the frame
Knot = tuple[float, float, float]  # seconds, and where the line's place then is: x, y


@dataclass
class Item:
    """A line with a path. It stands at the last knot's place, or glides from knot to knot; before the first knot and
    from `until` on it is not there. `role`: line, or count (one state of a counter)."""

    line: Line
    area: Area  # outside of which it cannot be seen
    knots: list[Knot]
    glides: bool
    until: float
    role: str = "line"
    colour: tuple[int, int, int] = (255, 255, 255)
    part: int = 0  # of the screen: lines of one part follow each other

    def places(self, times: np.ndarray) -> list[tuple[int, int] | None]:
        """Whole px at each of the times (n,); None where it is not there."""
        starts = np.array([knot[0] for knot in self.knots])
        xs, ys = (np.array([knot[side] for knot in self.knots], float) for side in (1, 2))
        if self.glides:
            x, y = np.interp(times, starts, xs), np.interp(times, starts, ys)
        else:
            number = np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)
            x, y = xs[number], ys[number]
        there = (times >= starts[0]) & (times < self.until)
        return [
            (math.floor(a + 0.5), math.floor(b + 0.5)) if here else None
            for a, b, here in zip(x.tolist(), y.tolist(), there.tolist(), strict=True)
        ]

    def box(self) -> Area:
        """The bounds of its ink from its place."""
        sides = np.array([line["box"] for line in self.line.claim["lines"]])
        (x1, y1), (x2, y2) = sides[:, :2].min(axis=0).tolist(), sides[:, 2:].max(axis=0).tolist()
        return x1, y1, x2, y2


@dataclass
class Ground:
    """A picture (height, width, 3) uint8 at least as large as the frame; the frame shows it from `start` px on, and
    `speed` px a second further."""

    picture: np.ndarray
    start: tuple[float, float] = (0.0, 0.0)
    speed: tuple[float, float] = (0.0, 0.0)

    def at(self, seconds: float, width: int, height: int) -> np.ndarray:
        x, y = (math.floor(from_ + seconds * by + 0.5) for from_, by in zip(self.start, self.speed, strict=True))
        return self.picture[y : y + height, x : x + width].copy()


def frames(items: Sequence[Item], ground: Ground, times: np.ndarray, size: tuple[int, int]) -> Iterator[np.ndarray]:
    """(height, width, 3) uint8 at each of the times (n,)."""
    places = [item.places(times) for item in items]
    for number, seconds in enumerate(times.tolist()):
        frame = ground.at(seconds, *size)
        for item, own in zip(items, places, strict=True):
            if (place := own[number]) is not None:
                _lay(frame, item, place)
        yield frame


def _lay(frame: np.ndarray, item: Item, place: tuple[int, int]) -> None:
    line = item.line
    x, y = line.left + place[0], line.top + place[1]
    left, top = max(item.area[0], x), max(item.area[1], y)
    right, bottom = min(item.area[2], x + line.ink.shape[1]), min(item.area[3], y + line.ink.shape[0])
    if left >= right or top >= bottom:
        return
    cover = line.ink[top - y : bottom - y, left - x : right - x, None].astype(np.float32) / 255
    part = frame[top:bottom, left:right]
    part[:] = np.round(part + (np.array(item.colour, np.float32) - part) * cover)


def claimed(item: Item, times: np.ndarray) -> dict[str, Any]:
    """What claims say of an item that is drawn at these moments: how it is set and moves, and when it is seen (some of
    it) and can be read (all of it), from one frame's moment to that of the first frame when it no longer can."""
    x1, y1, x2, y2 = item.box()
    some, whole = [], []
    for place in item.places(times):
        left, top = (x1 + place[0], y1 + place[1]) if place else (0, 0)
        right, bottom = left + x2 - x1, top + y2 - y1
        ax1, ay1, ax2, ay2 = item.area
        some.append(bool(place) and left < ax2 and right > ax1 and top < ay2 and bottom > ay1)
        whole.append(bool(place) and left >= ax1 and right <= ax2 and top >= ay1 and bottom <= ay2)
    return {
        **{
            "text": item.line.text,
            "role": item.role,
            "part": item.part,
            "set": item.line.claim,
            "ink": [x1, y1, x2, y2],
        },
        **{"colour": list(item.colour), "area": list(item.area), "glides": item.glides, "until": item.until},
        "knots": [list(knot) for knot in item.knots],
        "seen": _span(some, times),
        "read": _span(whole, times),
    }


def _span(there: list[bool], times: np.ndarray) -> list[float] | None:
    """From the first true moment to that after the last one; None where there is none. The last frame's moment is the
    end of the film."""
    if not any(there):
        return None
    first, last = there.index(True), len(there) - 1 - there[::-1].index(True)
    return [float(times[first]), float(times[min(last + 1, len(times) - 1)])]
