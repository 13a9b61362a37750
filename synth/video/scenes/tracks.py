"""What a scene's spec says of a moment: where each object is, how large, how turned, and what the camera sees.

A spec is plain JSON, and its tracks are functions of time in seconds: what is true does not depend on the frame rate.
Drawing and proof both read specs with this file, as they would a file format. Nothing here is taken to be true: the
proof holds every place that comes out of it against the pixels of every frame.

    size: [width, height]                       of the film, px
    clock: [[ticks, steps], ...]                how many steps of so many 1/90000 s, in order
    shots: [{start, end, ground, camera}]       seconds; the number of its ground; [x, y, zoom] at start and at end
    objects: [{shot, shown: [from, to],         later ones lie above earlier ones
               looks: [[t, name, sprite, paint, width, height], ...]    from a moment on; px
               legs: [[t0, x0, y0, t1, x1, y1, bend], ...]              moves of its middle; it rests between them
               at: [x, y]                                               where it is without legs
               scale: [[t, factor], ...], turn: [[t, degrees], ...]     linear between knots
               flip, brightness, group}]
    events: [...]                               see `synth.video.scenes.events`

Places are px on the ground; the camera's are those of the frame's upper left corner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.video.film import seconds_of

Spec = Mapping[str, Any]
MOST_FRAMES = 20_000


@dataclass(frozen=True)
class Track:
    """An object at some moments, arrays of their shape: its middle in px of the frame, px of the frame a px of its own,
    degrees anticlockwise, the number of its look, and whether it is in the scene (perhaps outside of the frame)."""

    x: np.ndarray
    y: np.ndarray
    scale: np.ndarray
    angle: np.ndarray
    look: np.ndarray
    shown: np.ndarray


def times(spec: Spec) -> np.ndarray:
    """(frames,) seconds: the moments of a clock."""
    steps = np.repeat(*np.array(spec["clock"], np.int64).reshape(-1, 2).T)
    if len(steps) > MOST_FRAMES:
        raise ValueError("a clock of too many frames")
    return seconds_of(np.concatenate([[0], np.cumsum(steps)]))


def clock(ticks: np.ndarray) -> list[list[int]]:
    """Whole ticks of frames as a spec has them: runs of equal steps."""
    steps = np.diff(ticks)
    begins = np.flatnonzero(np.concatenate([[True], steps[1:] != steps[:-1]]))
    counts = np.diff(np.concatenate([begins, [len(steps)]]))
    return [[int(steps[begin]), int(count)] for begin, count in zip(begins, counts, strict=True)]


def shot_of(spec: Spec, at: np.ndarray) -> np.ndarray:
    """The number of the shot that each moment belongs to."""
    starts = [shot["start"] for shot in spec["shots"]]
    return np.searchsorted(starts, np.asarray(at) + 1e-7, side="right") - 1


def camera(shot: Mapping[str, Any], at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left and top of the frame on the ground, px, and px of the frame a px of the ground."""
    share = np.clip((at - shot["start"]) / (shot["end"] - shot["start"]), 0, 1)
    begin, end = shot["camera"]
    x, y, zoom = (first + (last - first) * share for first, last in zip(begin, end, strict=True))
    return x, y, zoom


def place(thing: Mapping[str, Any], at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middle of an object on the ground. A leg is straight, or a quadratic curve that leaves the straight line by
    `bend` times half its length, to the right of the way where that is above 0."""
    x, y = (np.full(np.shape(at), float(value)) for value in thing["at"])
    for number, leg in enumerate(thing["legs"]):
        t0, x0, y0, t1, x1, y1, bend = leg[:7]
        share = np.clip((at - t0) / (t1 - t0), 0, 1)
        swell = bend * 2 * share * (1 - share)
        now = (at >= t0) | (number == 0)
        x = np.where(now, x0 + (x1 - x0) * share - swell * (y1 - y0), x)
        y = np.where(now, y0 + (y1 - y0) * share + swell * (x1 - x0), y)
    return x, y


def track(spec: Spec, thing: Mapping[str, Any], at: np.ndarray) -> Track:
    """An object at moments of its own shot."""
    left, top, zoom = camera(spec["shots"][thing["shot"]], at)
    x, y = place(thing, at)
    since, until = thing["shown"]
    scale = _between(thing["scale"], at, 1.0)
    looks = np.searchsorted([look[0] for look in thing["looks"]], at + 1e-7, side="right") - 1
    shown = (at + 1e-7 >= since) & (at + 1e-7 < until)
    angle = _between(thing["turn"], at, 0.0)
    return Track((x - left) * zoom, (y - top) * zoom, scale * zoom, angle, np.maximum(looks, 0), shown)


def _between(knots: Sequence[Sequence[float]], at: np.ndarray, otherwise: float) -> np.ndarray:
    if not knots:
        return np.full(np.shape(at), otherwise)
    moments, values = zip(*knots, strict=True)
    return np.interp(at, moments, values)


def halves(thing: Mapping[str, Any], found: Track) -> tuple[np.ndarray, np.ndarray]:
    """Half the width and height, px of the frame, of what an object may cover."""
    sides = np.array([[look[4], look[5]] for look in thing["looks"]], float)[found.look] / 2
    wide, high = (sides * found.scale[..., None]).T
    cos, sin = np.abs(np.cos(np.radians(found.angle))), np.abs(np.sin(np.radians(found.angle)))
    return wide * cos + high * sin, wide * sin + high * cos
