"""What happens in a scene, and when: derived from its tracks by geometry, before a frame is drawn.

    {kind, object, other, start, end, more}

`start` and `end` are seconds, equal for what happens at once. What an object does is seen: what happens outside of the
frame is no event. `more` says which side it comes from or leaves by, which way it goes, how often it turns back.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.grounding.patches import SEEN
from synth.sample import Failure, Unproven
from synth.video.scenes import tracks
from synth.video.scenes.acts import PAINTS
from synth.video.scenes.tracks import Spec, Track

Event = dict[str, Any]
STEP = 0.02  # seconds
POINTS = 400  # of an object
SOME = 0.03  # so much of an object in the frame can be seen; so much of it before another one overlaps it
SHARP = 0.3  # seconds in which an overlap becomes clear
TOUCH, CLOSE = 1.5, 4.0  # px: what touches, and what might seem to
STRAIGHT = 15.0  # degrees off a direction that still bears its name
DIRECTIONS = ("right", "lower right", "down", "lower left", "left", "upper left", "up", "upper right")


class _Body:
    """An object's outline at its own size, by look: (points, 2) px from its middle, and a mask with a rim."""

    def __init__(self, thing: Spec, sprites: Sprites):
        import cv2

        self.points, self.masks, self.edges = [], [], []
        for _, _, key, _, width, height in thing["looks"]:
            alpha = sprites.pixels(sprites.numbers[key])[..., 3]
            alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA)
            covered = (alpha[:, ::-1] if thing["flip"] else alpha) > SEEN
            rows, columns = np.nonzero(covered)
            some = slice(None, None, max(1, len(rows) // POINTS))
            self.points.append(np.stack([columns[some] + 0.5 - width / 2, rows[some] + 0.5 - height / 2], 1))
            self.masks.append(np.pad(covered, 8))
            rows, columns = np.nonzero(covered & (cv2.blur(covered.view(np.uint8) * 255, (3, 3), borderType=0) < 250))
            self.edges.append(np.stack([columns + 0.5 - width / 2, rows + 0.5 - height / 2], 1))


def derive(spec: Spec, sprites: Sprites) -> list[Event]:
    """All events, by their start."""
    found: list[Event] = []
    for number, shot in enumerate(spec["shots"]):
        at = np.arange(shot["start"], shot["end"], STEP)
        cast = [thing for thing in spec["objects"] if thing["shot"] == number]
        seen = {thing["id"]: tracks.track(spec, thing, at) for thing in cast}
        bodies = {thing["id"]: _Body(thing, sprites) for thing in cast}
        for thing in cast:
            found += _changes(shot, thing)
            found += _moves(spec, thing, bodies[thing["id"]])
            for other in cast:
                if other["id"] in thing["meets"]:
                    found += _meetings(at, thing, other, seen, bodies, cast)
        if number:
            found.append(_event("cut", None, shot["start"]))
    return sorted(found, key=lambda event: (event["start"], event["end"], event["kind"], event["object"] or 0))


def _event(kind: str, thing: int | None, start: float, end: float | None = None, **more: Any) -> Event:
    other = more.pop("other", None)
    start = round(float(start), 2)
    end = start if end is None else round(float(end), 2)
    return {"kind": kind, "object": thing, "other": other, "start": start, "end": end, "more": more}


def _changes(shot: Spec, thing: Spec) -> Iterator[Event]:
    begin, over = thing["shown"]
    if begin > shot["start"]:
        yield _event("appear", thing["id"], begin)
    if over < shot["end"]:
        yield _event("vanish", thing["id"], over)
    for before, after in pairwise(thing["looks"]):
        if before[1] != after[1]:
            yield _event("become", thing["id"], after[0], before=before[1], after=after[1])
        else:
            yield _event("recolour", thing["id"], after[0], before=_term(before[3]), after=_term(after[3]))
    if thing["scale"]:
        (start, first), (end, last) = thing["scale"]
        yield _event("grow" if last > first else "shrink", thing["id"], start, end)
    if thing["turn"]:
        (start, first), (end, last) = thing["turn"]
        yield _event("spin", thing["id"], start, end, way="anticlockwise" if last > first else "clockwise")


def _term(paint: Sequence[int]) -> str:
    return next(term for term, shade in PAINTS.items() if list(shade) == list(paint))


def in_frame(spec: Spec, points: np.ndarray, found: Track) -> np.ndarray:
    """(moments,) share of an object's points (n, 2) that lie within the frame."""
    cos, sin = np.cos(np.radians(found.angle))[:, None], np.sin(np.radians(found.angle))[:, None]
    u, v = (points[:, axis] * found.scale[:, None] for axis in (0, 1))  # (moments, points)
    x, y = cos * u + sin * v + found.x[:, None], cos * v - sin * u + found.y[:, None]
    width, height = spec["size"]
    return ((x >= 0) & (x < width) & (y >= 0) & (y < height)).mean(1)


def _moves(spec: Spec, thing: Spec, body: _Body) -> Iterator[Event]:
    for legs in _runs(thing["legs"]):
        begin, over = legs[0][0], legs[-1][3]
        at = np.append(np.arange(begin, over, STEP), over)
        where = tracks.track(spec, thing, at)
        shares = in_frame(spec, body.points[0], where)
        seen = np.flatnonzero(shares >= SOME)
        if not len(seen):
            continue
        came, went = shares[0] < SOME, shares[-1] < SOME
        start, end = float(at[seen[0]]), float(at[seen[-1]])
        first, last = ((float(where.x[place]), float(where.y[place])) for place in (seen[0], seen[-1]))
        sides = {"from": side(spec, *first) if came else None, "to": side(spec, *last) if went else None}
        turns = sum((a[4] - a[1]) * (b[4] - b[1]) + (a[5] - a[2]) * (b[5] - b[2]) < 0 for a, b in pairwise(legs))
        kind = {(True, True): "cross", (True, False): "enter", (False, True): "leave"}.get((came, went))
        more: dict[str, Any] = {name: value for name, value in sides.items() if value}
        if kind is None:
            kind = "sway" if turns else "go"
            more = {"turns": turns} if turns else {}
        if kind == "go":
            ground = tuple(b - a for a, b in zip(legs[0][1:3], legs[-1][4:6], strict=True))
            way = direction(last[0] - first[0], last[1] - first[1])
            more = {"way": way} if way and way == direction(*ground) else {}
        yield _event(kind, thing["id"], start, end, **more)


def _runs(legs: Sequence[Sequence[float]]) -> list[list[Sequence[float]]]:
    """Legs without a rest between them."""
    found: list[list[Sequence[float]]] = []
    for leg in legs:
        if found and leg[0] - found[-1][-1][3] < 0.05:
            found[-1].append(leg)
        else:
            found.append([leg])
    return found


def side(spec: Spec, x: float, y: float) -> str:
    """The side of the frame that a place near its border is at."""
    width, height = spec["size"]
    beyond = {"left": -x, "right": x - width, "top": -y, "bottom": y - height}
    return max(beyond, key=lambda name: beyond[name])


def direction(x: float, y: float) -> str | None:
    """One of eight, where there is no doubt."""
    angle = math.degrees(math.atan2(y, x)) % 360
    nearest = round(angle / 45)
    return DIRECTIONS[nearest % 8] if abs(angle - 45 * nearest) <= STRAIGHT else None


def _meetings(
    at: np.ndarray,
    thing: Spec,
    other: Spec,
    seen: dict[int, Track],
    bodies: dict[int, _Body],
    cast: Sequence[Spec],
) -> Iterator[Event]:
    """Whether and when one touches the other, or covers some of it."""
    import cv2

    one, two = seen[thing["id"]], seen[other["id"]]
    mine, yours = bodies[thing["id"]], bodies[other["id"]].masks[0]
    order = [each["id"] for each in cast]
    front = order.index(thing["id"]) > order.index(other["id"])
    both = one.shown & two.shown
    over = _read(yours, mine.points[0], one, two).mean(1) * max(1.0, mine.masks[0].sum() / yours.sum())
    if (over[both] > 5 * SOME).any():
        times, more, less = (at[both & (over >= share)] for share in (SOME, 2.5 * SOME, SOME / 3))
        if max(more[0] - less[0], less[-1] - more[-1]) > SHARP:
            raise Unproven([Failure("stage", "one object hides another so slowly that nobody can tell when it begins")])
        yield _event("pass", thing["id"], times[0], times[-1], other=other["id"], front=front)
        return
    far = cv2.distanceTransform((~yours).astype(np.uint8), cv2.DIST_L2, 5)
    gaps = np.where(both, 9 - _read(np.maximum(9 - far, 0), mine.edges[0], one, two).max(1), 9)
    touching = gaps <= TOUCH
    if touching.any():
        if at[np.argmax(touching)] - at[np.argmax(gaps <= CLOSE)] > SHARP / 2:
            raise Unproven(
                [Failure("stage", "one object nears another so slowly that nobody can tell when they touch")]
            )
        yield _event("hit", thing["id"], at[np.argmax(touching)], other=other["id"])


def _read(field: np.ndarray, points: np.ndarray, one: Track, two: Track) -> np.ndarray:
    """(moments, points): a field about the middle of `two` (neither is turned), at points of `one`; outside it is 0."""
    x = (points[:, 0] * one.scale[:, None] + (one.x - two.x)[:, None]) / two.scale[:, None] + field.shape[1] / 2
    y = (points[:, 1] * one.scale[:, None] + (one.y - two.y)[:, None]) / two.scale[:, None] + field.shape[0] / 2
    columns, rows = (np.floor(value).astype(int) for value in (x, y))
    fits = (columns >= 0) & (columns < field.shape[1]) & (rows >= 0) & (rows < field.shape[0])
    return field[rows.clip(0, field.shape[0] - 1), columns.clip(0, field.shape[1] - 1)] * fits
