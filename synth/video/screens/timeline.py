"""When what happens in a recording: frames come only when something moves, as screen recorders write them."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from synth.video.film import seconds_of

TICKS = 90_000
FINE = 8  # parts of a pixel in which a pointer is drawn
OUTER = ((0, 0), (0, 17), (4, 13.2), (6.6, 19.2), (10, 17.8), (7.4, 11.9), (12.6, 11.9))  # a pointer, from its tip, px
INNER = ((1.2, 2.8), (1.2, 14.2), (4.4, 11.2), (7.3, 17.6), (8.4, 17.1), (5.6, 10.7), (9.8, 10.7))


@dataclass
class Mark:
    """How pointer and clicks look: `scale` of the pointer, `radius` and `wide` px of a click's ring."""

    pointer: bool
    scale: float
    radius: int
    wide: int
    colour: tuple[int, int, int]
    dark: bool  # a dark pointer with a light rim


@dataclass
class Timeline:
    """Frames as they come: which picture stands (its number, or letters typed over it), where the pointer is, and
    whether a click is shown. Times are ticks until the end."""

    ticks: list[int] = field(default_factory=list)
    pictures: list[Any] = field(default_factory=list)  # numbers of screens, or pictures of their own
    places: list[tuple[int, int]] = field(default_factory=list)
    pressed: list[bool] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)  # in numbers of frames

    def frame(self, after: float, picture: Any, place: tuple[float, float], pressed: bool = False) -> int:
        """Adds a frame so many seconds after the last one, and says its number."""
        self.ticks.append(self.ticks[-1] + max(round(after * TICKS), 1) if self.ticks else 0)
        self.pictures.append(picture)
        self.places.append((round(place[0]), round(place[1])))
        self.pressed.append(pressed)
        return len(self.ticks) - 1

    @property
    def times(self) -> np.ndarray:
        return seconds_of(np.array(self.ticks))


def lay(
    rng: np.random.Generator,
    steps: list[dict[str, Any]],
    shown: list[int],
    typed: list[list[np.ndarray]],
    size: tuple[int, int],
    pointer: bool,
) -> Timeline:
    """The timeline of steps (claims of `synth.agent.told.claims`). `shown[n]` is the number of the screen that is seen
    after n steps, `typed[n]` what is seen while step n types."""
    line = Timeline()
    place = (float(rng.uniform(0.3, 0.7) * size[0]), float(rng.uniform(0.3, 0.7) * size[1]))
    rate = float(rng.choice([8, 10, 12, 15]))
    line.frame(0, shown[0], place)
    for number, step in enumerate(steps):
        if step["do"] == "done":
            continue
        arguments, before, after = step["action"]["arguments"], shown[number], shown[number + 1]
        line.frame(float(rng.uniform(0.3, 1.4)), before, place)
        if arguments["action"] == "type":
            first = None
            for picture in [*typed[number], after]:
                at = line.frame(float(rng.uniform(0.08, 0.28)), picture, place)
                first = at if first is None else first
            line.events.append({"step": number, "start": first, "press": None, "end": len(line.ticks) - 1})
            continue
        start = len(line.ticks) - 1
        if "coordinate" in arguments:
            aim = (float(arguments["coordinate"][0]), float(arguments["coordinate"][1]))
            moved = (round(aim[0]), round(aim[1])) != line.places[-1]
            dragged = arguments["action"] == "left_click_drag"
            press = line.frame(1 / rate, before, place, True) if dragged else None
            if moved and pointer:  # a finger is seen only where it touches
                _glide(rng, line, before, place, aim, rate, dragged)
            place = aim
        else:
            press = None
        if "coordinate" in arguments and press is None and arguments["action"] not in ("mouse_move", "scroll"):
            press = line.frame(1 / rate, before, place, True)
            if "coordinate2" in arguments:
                end = (float(arguments["coordinate2"][0]), float(arguments["coordinate2"][1]))
                _glide(rng, line, before, place, end, rate, True)
                place = end
            for _ in range(int(rng.integers(2, 5))):
                line.frame(1 / rate, before, place, True)
        result = line.frame(1 / rate, after, place)
        moving = [at for at in range(start, result) if pointer and line.places[at] != line.places[at + 1]]
        begin = min([*moving[:1], *([press] if press is not None else []), result])
        line.events.append({"step": number, "start": begin, "press": press, "end": result})
    line.frame(float(rng.uniform(0.8, 2.0)), line.pictures[-1], place)
    return line


def _glide(
    rng: np.random.Generator,
    line: Timeline,
    picture: Any,
    start: tuple[float, ...],
    end: tuple[float, ...],
    rate: float,
    pressed: bool,
) -> None:
    """The pointer goes from one place to another, slowly at first and at last."""
    count = max(round(float(rng.uniform(0.3, 0.9)) * rate), 3)
    for step in range(1, count + 1):
        share = (1 - np.cos(np.pi * step / count)) / 2
        line.frame(
            1 / rate, picture, (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])), pressed
        )


def draw(picture: np.ndarray, place: tuple[int, int], pressed: bool, mark: Mark) -> np.ndarray:
    """A frame: a picture (height, width, 3) uint8 with a click's ring and the pointer on it."""
    frame = picture.copy()
    if pressed:
        reach = mark.radius + mark.wide + 1
        away = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1])
        _blend(frame, place, np.clip(mark.wide / 2 + 0.5 - np.abs(away - mark.radius), 0, 1), mark.colour)
    if mark.pointer:
        reach = int(22 * mark.scale) + 2
        for corners, light in ((OUTER, mark.dark), (INNER, not mark.dark)):
            large = np.zeros(((2 * reach + 1) * FINE,) * 2, np.uint8)
            points = (np.array(corners) * mark.scale + reach + 0.5) * FINE - 0.5
            cv2.fillPoly(large, [np.round(points * 16).astype(np.int32)], 255, shift=4)
            cover = cv2.resize(large, None, fx=1 / FINE, fy=1 / FINE, interpolation=cv2.INTER_AREA) / 255
            _blend(frame, place, cover, (255, 255, 255) if light else (0, 0, 0))
    return frame


def _blend(frame: np.ndarray, place: tuple[int, int], cover: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Lays a colour on a frame where a square, with its middle at a place, is covered; beyond the frame it is cut."""
    reach = cover.shape[0] // 2
    (x, y), (height, width) = place, frame.shape[:2]
    left, top, right, bottom = (
        max(x - reach, 0),
        max(y - reach, 0),
        min(x + reach + 1, width),
        min(y + reach + 1, height),
    )
    if left < right and top < bottom:
        part = frame[top:bottom, left:right]
        own = cover[top - y + reach : bottom - y + reach, left - x + reach : right - x + reach, None]
        part[:] = np.round(part + (np.array(colour) - part) * own)
