"""Does the recording show what is said of it? Each frame is put together again: the screen that stands then, the
pointer, the ring of a click; and what is told of the events follows from these frames alone.

Screens, and what was done between them, are proved as those of a trajectory (`synth.agent.proof`), whose audit does it
all again in a fresh browser. While letters are typed, nothing changes but what the action changes.
"""

import json
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw

from synth.agent.proof.checker import TrajectoryChecker
from synth.agent.told.views import screens_of, shown_at
from synth.sample import Claims, Evidence, Failure

LEFT, LETTER = 30.0, 14.0  # levels: the largest blot that encoding leaves, and the least that a letter is
EDGES = 0.3  # part of their contrast
GRAIN = 0.45  # part of its grain that encoding may take from a screen
TYPING = -1  # as a frame's screen: letters are being typed
FINER = 4  # parts of a pixel, in which marks are drawn
OUTLINE = ((0, 0), (0, 17), (4, 13.2), (6.6, 19.2), (10, 17.8), (7.4, 11.9), (12.6, 11.9))
FILLING = ((1.2, 2.8), (1.2, 14.2), (4.4, 11.2), (7.3, 17.6), (8.4, 17.1), (5.6, 10.7), (9.8, 10.7))
NEAR = 24  # px about what an action changes, that may change while it types
SEVERAL = 3


def faults(claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
    """Every claim that film and screens do not bear out."""
    told, film = claims["trajectory"], evidence.film()
    times = np.array(film.timestamps)
    if [film.width, film.height] != claims["size"] or len(claims["frames"]) != len(times):
        yield Failure("film", f"the film has {len(times)} frames of {film.width} x {film.height}")
        return
    key = json.dumps([told, audit], sort_keys=True)
    own = Evidence(evidence.contents[1:])
    yield from evidence.once(key, lambda: list(TrajectoryChecker().failures(told, own, audit)))
    key = json.dumps([claims["frames"], claims["mark"], [step["boxes"] for step in told["steps"]]])
    yield from evidence.once(key, lambda: list(_frames(claims, evidence)))
    yield from _events(claims, times)


def numbers(told: Claims) -> list[int]:
    """For each count of steps the number of the screen that is seen after them."""
    places = {at: number for number, at in enumerate(screens_of(told, told["view"]))}
    return [places[shown_at(told, at)] for at in range(len(told["steps"]) + 1)]


def _frames(claims: Claims, evidence: Evidence) -> Iterator[Failure]:
    told, mark, frames = claims["trajectory"], claims["mark"], claims["frames"]
    shown = numbers(told)
    count = max(shown) + 1
    screens = [
        cv2.cvtColor(evidence.picture(1 + number), cv2.COLOR_RGB2GRAY).astype(np.float32) for number in range(count)
    ]
    spare = [_spare(screen) for screen in screens]
    fields = {
        number: _field(step["boxes"], screens[0].shape) for number, step in zip(shown, told["steps"], strict=False)
    }
    last, before, bad, letters = 0, None, 0, 0
    every = evidence.frames(0, range(len(frames)))
    for number, ((screen, x, y, pressed), frame) in enumerate(zip(frames, every, strict=True)):
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        standing = last if screen == TYPING else screen
        wanted = _marked(screens[standing], (x, y), pressed, mark)
        off = np.abs(cv2.GaussianBlur(grey - wanted, (5, 5), 0.9))
        wrong = off > LEFT + spare[standing]
        if wrong.any():  # edges of marks drawn twice may be half a pixel off
            edges = EDGES * cv2.dilate(np.abs(wanted - screens[standing]), np.ones((5, 5), np.uint8))
            wrong &= off > LEFT + spare[standing] + edges
        typing = screen == TYPING or (number > 0 and frames[number - 1][0] == TYPING)
        letters = letters + 1 if typing else 0
        if typing:
            changed = fields[last]
            text = told["steps"][shown.index(last)]["action"]["arguments"]["text"]
            blank = letters > len(text) or text[letters - 1].isspace()
            if before is None or not (blank or _differ(grey, before, changed)):
                yield Failure("frames", f"frame {number}: no letter comes")
                bad += 1
            if screen != TYPING and letters != len(text):
                yield Failure("frames", f"frame {number}: {letters} letters came, not {len(text)}")
            if screen == TYPING:
                wrong &= ~changed
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            yield Failure("frames", f"frame {number}: {off[row, column]:.0f} levels at {column}, {row} are not claimed")
            bad += 1
        if bad >= SEVERAL:
            return
        last, before = standing, grey


def _differ(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> bool:
    """Whether two frames (height, width) show something else `where` (height, width) an action changes something."""
    off = np.abs(cv2.GaussianBlur(one - other, (3, 3), 0))[where]
    return float(off.max(initial=0)) >= LETTER


def _spare(screen: np.ndarray) -> np.ndarray:
    """(height, width) levels that encoding may take from the fine grain of a screen."""
    grain = np.abs(screen - cv2.GaussianBlur(screen, (0, 0), 2.0))
    return np.asarray(GRAIN * np.maximum(cv2.dilate(grain, np.ones((5, 5), np.uint8)) - 6.0, 0))


def _field(boxes: list[list[float]], shape: tuple[int, ...]) -> np.ndarray:
    """(height, width) bool: where an action changes something."""
    field = np.zeros(shape, bool)
    for x1, y1, x2, y2, *_ in boxes:
        field[max(int(y1) - NEAR, 0) : int(y2) + NEAR, max(int(x1) - NEAR, 0) : int(x2) + NEAR] = True
    return field


def _marked(screen: np.ndarray, place: tuple[int, int], pressed: bool, mark: dict[str, Any]) -> np.ndarray:
    """The luminance (height, width) of a screen with ring and pointer."""
    found = screen
    if pressed:
        reach = mark["radius"] + mark["wide"]
        outer, inner = (mark["radius"] + side * mark["wide"] / 2 for side in (1, -1))
        luma = float(np.array(mark["colour"]) @ (0.299, 0.587, 0.114))
        found = _filled(found, place, reach + 1, lambda pen, at: _ring(pen, at, outer, inner), luma)
    if mark["pointer"]:
        for corners, light in ((OUTLINE, mark["dark"]), (FILLING, not mark["dark"])):
            points = np.array(corners) * mark["scale"]
            found = _filled(
                found, place, 24 * mark["scale"], lambda pen, at, points=points: _shape(pen, at, points), 255.0 * light
            )
    return found


def _ring(pen: PIL.ImageDraw.ImageDraw, at: float, outer: float, inner: float) -> None:
    middle = (at + 0.5) * FINER
    for radius, level in ((outer, 255), (inner, 0)):
        if radius > 0:
            pen.ellipse(
                [middle - radius * FINER, middle - radius * FINER, middle + radius * FINER, middle + radius * FINER],
                level,
            )


def _shape(pen: PIL.ImageDraw.ImageDraw, at: float, points: np.ndarray) -> None:
    pen.polygon([((x + at + 0.5) * FINER, (y + at + 0.5) * FINER) for x, y in points.tolist()], 255)


def _filled(screen: np.ndarray, place: tuple[int, int], reach: float, paint: Any, luma: float) -> np.ndarray:
    """A screen with a shape in one luminance, drawn large and made smaller, about a place."""
    room = int(np.ceil(reach)) + 2
    image = PIL.Image.new("L", ((2 * room + 1) * FINER,) * 2)
    paint(PIL.ImageDraw.Draw(image), room)
    cover = np.asarray(image.reduce(FINER), np.float32) / 255
    left, top = place[0] - room, place[1] - room
    x1, y1, x2, y2 = (
        max(left, 0),
        max(top, 0),
        min(left + cover.shape[1], screen.shape[1]),
        min(top + cover.shape[0], screen.shape[0]),
    )
    found = screen.copy()
    if x1 < x2 and y1 < y2:
        part = found[y1:y2, x1:x2]
        part += (luma - part) * cover[y1 - top : y2 - top, x1 - left : x2 - left]
    return found


def _events(claims: Claims, times: np.ndarray) -> Iterator[Failure]:
    """What is told of the events is what the frames say: each begins when the pointer starts, a click, or the first
    letter, and ends when the screen that it leads to stands."""
    told, frames, events = claims["trajectory"], claims["frames"], claims["events"]
    shown, found, at = numbers(told), [], 0
    for number, step in enumerate(told["steps"]):
        if step["do"] == "done":
            continue
        end = next(
            (place for place in range(at, len(frames)) if frames[place][0] == shown[number + 1] and place > at), None
        )
        if end is None or any(frames[place][0] not in (shown[number], TYPING) for place in range(at, end)):
            yield Failure("events", f"no frame shows what step {number} leads to")
            return
        pressed = [place for place in range(at, end) if frames[place][3]]
        moving = [
            place
            for place in range(at, end)
            if claims["mark"]["pointer"] and frames[place][1:3] != frames[place + 1][1:3]
        ]
        letters = [place for place in range(at, end) if frames[place][0] == TYPING]
        start = min([*moving[:1], *pressed[:1], *letters[:1], end])
        found.append(
            {
                "step": number,
                "start": float(times[start]),
                "press": float(times[pressed[0]]) if pressed else None,
                "end": float(times[end]),
            }
        )
        yield from _aimed(step, frames, pressed, end)
        at = end
    if found != events:
        wrong = next(
            (pair for pair in zip(found, events, strict=False) if pair[0] != pair[1]), (len(found), len(events))
        )
        yield Failure("events", f"{wrong[0]} is seen and {wrong[1]} told"[:300])


def _aimed(step: dict[str, Any], frames: list[Any], pressed: list[int], end: int) -> Iterator[Failure]:
    """A click is seen where the action has it."""
    arguments = step["action"]["arguments"]
    clicks = "coordinate" in arguments and arguments["action"] not in ("mouse_move", "scroll")
    if bool(pressed) != clicks:
        yield Failure("events", f"a step is {'' if clicks else 'not '}a click, and {len(pressed)} frames show one")
    elif clicks:
        dragged = arguments["action"] == "left_click_drag"
        places = [(pressed[-1] if dragged else pressed[0], arguments["coordinate"])]
        if "coordinate2" in arguments:
            places.append((pressed[-1], arguments["coordinate2"]))
        for place, (x, y) in places:
            if abs(frames[place][1] - x) > 1 or abs(frames[place][2] - y) > 1:
                yield Failure("events", f"the click at {x}, {y} is seen at {frames[place][1:3]}")
