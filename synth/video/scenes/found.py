"""What happens, as the frames alone tell it: the second evaluator of events.

It knows what is where at each frame, which `look` has found in the pixels, and nothing between them. So each boundary
is known as well as two neighbouring frames tell it, and what is claimed must lie between them, or within `NEAR`.
Written apart from `synth.video.scenes.events`, which derives events from tracks.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth.grounding import colours
from synth.video.scenes.bodies import Body, Cast, at_frames, carried, distance
from synth.video.scenes.tracks import Spec, Track

NEAR = 0.15  # seconds
VAGUE = 0.45  # seconds between two frames: further apart they tell nothing of when something happened
STILL = 0.3  # px between two frames: an object that moves less rests
PAUSE = 0.6  # seconds: what rests for a shorter time is on its way
SIGHT = 0.03  # share of an object
CONTACT = 2.6  # px
SLANT = 20.0  # degrees off a direction that may bear its name
WORDS = {
    **{"right": 0, "lower right": 45, "down": 90, "lower left": 135},
    **{"left": 180, "upper left": 225, "up": 270, "upper right": 315},
}

Span = tuple[float, float]


@dataclass
class Found:
    """An event, its start and end each between two moments."""

    kind: str
    object: int | None
    start: Span
    end: Span
    other: int | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def fault(self, event: Spec) -> str | None:
        """What is wrong with an event that is claimed to be this one."""
        for edge, span in (("start", self.start), ("end", self.end)):
            if span[1] - span[0] > VAGUE:
                return f"nobody could see when {self.kind} of {self.object} has its {edge}"
            if not span[0] - NEAR <= event[edge] <= span[1] + NEAR:
                where = f"{span[0]:.2f} to {span[1]:.2f} s, not {event[edge]}"
                return f"{self.kind} of {self.object}: its {edge} is at {where}"
        told = dict(event["more"])
        if "way" in told and self.kind == "go":
            off = abs((WORDS[told.pop("way")] - self.more["angle"] + 180) % 360 - 180)
            if off > SLANT:
                return f"{self.object} goes {self.more['angle']:.0f} degrees, {off:.0f} off what is said"
        seen = {name: value for name, value in self.more.items() if name != "angle"}
        return None if told == seen else f"{self.kind} of {self.object} is {seen}, not {told}"


def events(members: Cast, at: np.ndarray, size: Sequence[int], zoom: np.ndarray) -> Iterator[Found]:
    """Everything that happens to the objects of a shot, seen at moments `at` with the camera's `zoom`."""
    for thing, bodies, where in zip(members.things, members.bodies, members.where, strict=True):
        yield from _turns_up(thing, where, at)
        yield from _looks(thing, where, at)
        yield from _stretches(thing, at, where.scale / zoom, 0.002, ("grow", "shrink"))
        yield from _stretches(thing, at, where.angle, 0.2, ("anticlockwise", "clockwise"))
        yield from _moves(thing, bodies[0], where, at, size)
    for one in range(len(members.things)):
        for two in range(one + 1, len(members.things)):
            yield from _meets(members, one, two, at)


def _between(at: np.ndarray, first: int) -> Span:
    """From a frame to the next."""
    return float(at[first]), float(at[min(first + 1, len(at) - 1)])


def _turns_up(thing: Spec, where: Track, at: np.ndarray) -> Iterator[Found]:
    for first in np.flatnonzero(where.shown[1:] != where.shown[:-1]).tolist():
        kind = "appear" if where.shown[first + 1] else "vanish"
        yield Found(kind, thing["id"], _between(at, first), _between(at, first))


def _looks(thing: Spec, where: Track, at: np.ndarray) -> Iterator[Found]:
    changes = (where.look[1:] != where.look[:-1]) & where.shown[1:] & where.shown[:-1]
    for first in np.flatnonzero(changes).tolist():
        before, after = (thing["looks"][where.look[frame]] for frame in (first, first + 1))
        span = _between(at, first)
        if before[1] != after[1]:
            more = {"before": before[1], "after": after[1]}
            yield Found("become", thing["id"], span, span, more=more)
        else:
            more = {"before": term_of(before[3]), "after": term_of(after[3])}
            yield Found("recolour", thing["id"], span, span, more=more)


def term_of(paint: Sequence[int]) -> str:
    """The one term that a shade is well within."""
    [shares] = colours.shares(colours.to_hsv(np.array([[paint]], np.uint8)), colours.WELL)
    return " or ".join(term for term, share in shares.items() if share)


def _stretches(
    thing: Spec, at: np.ndarray, values: np.ndarray, least: float, names: tuple[str, str]
) -> Iterator[Found]:
    """Runs of frames in which a value rises or falls."""
    steps = np.diff(values)
    for first, last in _runs(np.abs(steps) > least, at):
        rises = values[last + 1] > values[first]
        kind, more = (names[0] if rises else names[1]), {}
        if names[1] == "clockwise":
            kind, more = "spin", {"way": kind}
        yield Found(kind, thing["id"], _between(at, first), _between(at, last), more=more)


def _runs(changing: np.ndarray, at: np.ndarray) -> list[tuple[int, int]]:
    """First and last of neighbouring steps that change something, short pauses left out."""
    places = np.flatnonzero(changing)
    found: list[list[int]] = []
    for place in places.tolist():
        if found and at[place] - at[found[-1][1] + 1] < PAUSE:
            found[-1][1] = place
        else:
            found.append([place, place])
    return [(first, last) for first, last in found]


def _moves(thing: Spec, seen: Body, where: Track, at: np.ndarray, size: Sequence[int]) -> Iterator[Found]:
    ground = on_ground(thing, at)
    steps = np.diff(ground, axis=0)
    x, y = carried(seen.spread, where)
    shares = ((x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])).mean(1)
    sight = (shares >= SIGHT) & where.shown
    for first, last in _runs(np.hypot(*steps.T) > STILL, at):
        frames = np.arange(first, last + 2)
        within = frames[sight[frames]]
        if not len(within):
            continue
        came, went = not sight[first], not sight[last + 1]
        begin = _between(at, within[0] - 1) if came else _between(at, first)
        over = _between(at, within[-1]) if went else _between(at, last)
        more: dict[str, Any] = {}
        if came:
            more["from"] = _side(where, within[0], size)
        if went:
            more["to"] = _side(where, within[-1], size)
        kind = {(True, True): "cross", (True, False): "enter", (False, True): "leave"}.get((came, went))
        if kind is None:
            legs = steps[first : last + 1][np.hypot(*steps[first : last + 1].T) > STILL]
            back = int(((legs[1:] * legs[:-1]).sum(1) < 0).sum())
            kind, more = ("sway", {"turns": back}) if back else ("go", {})
            if kind == "go":
                dx, dy = where.x[last + 1] - where.x[first], where.y[last + 1] - where.y[first]
                more["angle"] = math.degrees(math.atan2(dy, dx)) % 360
        yield Found(kind, thing["id"], begin, over, more=more)


def on_ground(thing: Spec, at: np.ndarray) -> np.ndarray:
    """(frames, 2) where an object is on the ground."""
    from synth.video.scenes.tracks import place

    return np.stack(place(thing, at), 1)


def _side(where: Track, frame: int, size: Sequence[int]) -> str:
    x, y = where.x[frame] / size[0] - 0.5, where.y[frame] / size[1] - 0.5
    beyond = {"left": -where.x[frame], "right": where.x[frame] - size[0]}
    beyond |= {"top": -where.y[frame], "bottom": where.y[frame] - size[1]}
    if max(beyond.values()) < -min(size) / 3:  # as good as in the middle: by where it is, seen from there
        return ("left" if x < 0 else "right") if abs(x) > abs(y) else ("top" if y < 0 else "bottom")
    return max(beyond, key=lambda side: beyond[side])


def _meets(members: Cast, one: int, two: int, at: np.ndarray) -> Iterator[Found]:
    """Whether the upper one, `two`, comes to touch or to cover the other, or the other it."""
    upper, lower = members.where[two], members.where[one]
    above, below = members.bodies[two][0], members.bodies[one][0]
    both = upper.shown & lower.shown
    limit = np.hypot(*above.far.shape) / 2 * upper.scale + np.hypot(*below.far.shape) / 2 * lower.scale
    near = np.flatnonzero(both & (np.hypot(upper.x - lower.x, upper.y - lower.y) < limit))
    if not len(near):
        return
    close = np.arange(near[0], near[-1] + 1)
    over, under = at_frames(upper, close), at_frames(lower, close)
    areas = above.area * over.scale**2, below.area * under.scale**2
    share = (distance(below, under, *carried(above.spread, over)) == 0).mean(1) * areas[0] / np.minimum(*areas)
    gap = np.minimum(
        distance(below, under, *carried(above.outline, over)).min(1),
        distance(above, over, *carried(below.outline, under)).min(1),
    )
    share, gap = np.where(both[close], share, 0), np.where(both[close], gap, 1e3)
    walker, rests = _walker(members, one, two, at[close])
    ids = members.things[walker]["id"], members.things[rests]["id"]
    if (share > 0.12).any():
        covered = close[share >= SIGHT]
        span = _between(at, max(covered[0] - 1, 0)), _between(at, covered[-1])
        more = {"front": walker == two}
        yield Found("pass", ids[0], *span, other=ids[1], more=more)
    else:
        rests_at, walks_at = (np.stack([each.x, each.y], 1) for each in (under, over))
        contact = _contact(gap, walks_at - rests_at, at[close])
        if contact is not None:
            yield Found("hit", ids[0], contact, contact, other=ids[1])


def _contact(gap: np.ndarray, apart: np.ndarray, at: np.ndarray) -> Span | None:
    """Between which moments two bodies come to touch, from the gap between them (px) and the way from one to the other
    (frames, 2). They may part again before the next frame: then how fast they neared and parted tells how near they
    came between two frames."""
    steps, times = np.hypot(*np.diff(apart, axis=0).T), np.diff(at)
    for frame in range(len(gap)):
        if gap[frame] <= CONTACT:
            return float(at[max(frame - 1, 0)]), float(at[frame])
        if 1 <= frame < len(gap) - 2:
            nears, parts = steps[frame - 1] / times[frame - 1], steps[frame + 1] / times[frame + 1]
            turned = (apart[frame] - apart[frame - 1]) @ (apart[frame + 2] - apart[frame + 1]) < 0
            if turned and nears > 0 and parts > 0:
                after = (gap[frame] - gap[frame + 1] + parts * times[frame]) / (nears + parts)
                if 0 <= after <= times[frame] and gap[frame] - nears * after <= CONTACT + 1:
                    return float(at[frame]), float(at[frame + 1])
    return None


def _walker(members: Cast, one: int, two: int, at: np.ndarray) -> tuple[int, int]:
    """Which of two moves first while they are near."""
    moved = [on_ground(members.things[number], at) for number in (one, two)]
    first = [np.argmax(np.append(np.hypot(*(each - each[0]).T) > STILL, True)) for each in moved]
    return (one, two) if first[0] <= first[1] else (two, one)
