"""What objects do in a shot: acts, one after another, each wholly seen and none to be mistaken for another.

An object is a draft of its entry in the spec. Every state that it is in (there or not, at rest or moving, of one look)
lasts for `STATE` seconds or more, so that frames a second apart show each of them; boundaries are tenths of a second.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.grounding.colours import RANGES
from synth.video.scenes import tracks

STATE = 1.2  # seconds
LEG = (1.5, 4.0)  # seconds of a move
TURNING = 1.8  # seconds of each way to and fro, at least
SMALLEST = 0.45  # of its own size
QUICKLY = 4.5  # px that an outline moves in half a second where an object grows or shrinks, at least
SPEED = (0.1, 0.7)  # of the frame's shorter side a second
APART = 10.0  # px between objects that have nothing to do with each other
INSIDE = 3.0  # px from the frame's border
WAYS = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}
Thing = dict[str, Any]


@dataclass
class Shot:
    """A shot in the making: its number, the spec so far, and the objects that are in it already."""

    rng: np.random.Generator
    spec: dict[str, Any]
    number: int
    things: list[Thing]

    @property
    def start(self) -> float:
        return self.spec["shots"][self.number]["start"]

    @property
    def end(self) -> float:
        return self.spec["shots"][self.number]["end"]

    @property
    def shorter(self) -> float:
        return min(self.spec["size"])

    def grid(self) -> np.ndarray:
        return np.arange(self.start, self.end, 0.1)

    def ground_of(self, x: float, y: float, at: float) -> tuple[float, float]:
        """The place on the ground that the frame shows at (x, y) px at a moment."""
        left, top, zoom = tracks.camera(self.spec["shots"][self.number], np.array(at))
        return float(left + x / zoom), float(top + y / zoom)

    def somewhere(self, thing: Thing, at: float, grown: float = 1.0) -> tuple[float, float]:
        """A place on the ground where the object, so many times its size, is wholly in the frame at a moment."""
        width, height = self.spec["size"]
        across, down = (max(look[side] for look in thing["looks"]) * grown / 2 + INSIDE for side in (4, 5))
        x, y = (
            self.rng.uniform(min(half, side / 2), max(side - half, side / 2))
            for half, side in ((across, width), (down, height))
        )
        return self.ground_of(float(x), float(y), at)

    def outside(self, thing: Thing, side: str, inner: tuple[float, float], at: float) -> tuple[float, float]:
        """A place beyond a side of the frame, near to straight across from a place on the ground."""
        width, height = self.spec["size"]
        left, top, zoom = (float(value) for value in tracks.camera(self.spec["shots"][self.number], np.array(at)))
        x, y = (inner[0] - left) * zoom, (inner[1] - top) * zoom
        reach = zoom * math.hypot(*(max(look[side] for look in thing["looks"]) for side in (4, 5))) / 2 + 4
        x, y = (value + float(self.rng.uniform(-0.15, 0.15)) * self.shorter for value in (x, y))
        x = {"left": -reach, "right": width + reach}.get(side, x)
        y = {"top": -reach, "bottom": height + reach}.get(side, y)
        return self.ground_of(x, y, at)

    def fits(self, thing: Thing) -> bool:
        """Whether the object rests and changes wholly inside of the frame or is wholly outside, keeps its distance from
        all others that it may not touch, and never moves too fast or too slowly to be followed."""
        at = self.grid()
        mine = tracks.track(self.spec, thing, at)
        across, down = tracks.halves(thing, mine)
        width, height = self.spec["size"]
        inside = (mine.x - across >= INSIDE) & (mine.x + across <= width - INSIDE)
        inside &= (mine.y - down >= INSIDE) & (mine.y + down <= height - INSIDE)
        beyond = (mine.x + across < -1) | (mine.x - across > width + 1) | (mine.y + down < -1)
        beyond |= mine.y - down > height + 1
        passing = np.zeros(len(at), bool)
        for leg in thing["legs"]:
            speed = math.dist(leg[1:3], leg[4:6]) / (leg[3] - leg[0]) / self.shorter
            if not SPEED[0] <= speed <= SPEED[1]:
                return False
            if leg[7:]:  # it comes or goes, and does not come again
                during = (at > leg[0] - 0.05) & (at < leg[3] + 0.05)
                if np.count_nonzero(np.diff((during & ~beyond).astype(int)) == 1) > 1:
                    return False
                passing |= during
        if not (inside | beyond | passing | ~mine.shown).all():
            return False
        return all(self._clear(at, mine, across, down, thing, other) for other in self.things)

    def _clear(self, at: np.ndarray, mine: Any, across: np.ndarray, down: np.ndarray, thing: Thing, other: Thing):
        if other["id"] in thing["meets"]:
            return True
        yours = tracks.track(self.spec, other, at)
        wide, high = tracks.halves(other, yours)
        near = np.abs(mine.x - yours.x) < across + wide + APART
        near &= np.abs(mine.y - yours.y) < down + high + APART
        return not (near & mine.shown & yours.shown).any()


@dataclass
class Slot:
    """A time that an act may take: it begins at `begin` or later and is over by `end`."""

    begin: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.begin

    def span(self, rng: np.random.Generator, least: float, most: float) -> tuple[float, float] | None:
        """From when to when, in tenths; None where there is no room."""
        longest = min(most, self.length)
        if longest < least:
            return None
        length = round(float(rng.uniform(least, longest)), 1)
        begin = round(float(rng.uniform(self.begin, max(self.end - length, self.begin))), 1)
        return begin, round(begin + length, 1)


def entry(number: int, shot: Shot, look: list[Any], group: bool) -> Thing:
    """An object that rests somewhere in the frame through the whole shot."""
    thing: Thing = {
        **{"id": number, "shot": shot.number, "shown": [shot.start, shot.end], "looks": [[shot.start, *look]]},
        **{"legs": [], "at": [0.0, 0.0], "scale": [], "turn": [], "group": group, "meets": []},
        **{"flip": bool(shot.rng.random() < 0.5), "brightness": round(float(shot.rng.uniform(0.88, 1.1)), 2)},
    }
    if look[2]:
        thing["brightness"] = 1.0
    thing["at"] = _rounded(shot.somewhere(thing, shot.start))
    return thing


def _rounded(place: tuple[float, float]) -> list[float]:
    return [round(place[0], 1), round(place[1], 1)]


def now(thing: Thing) -> list[float]:
    """Where it rests after all of its legs so far."""
    return list(thing["legs"][-1][4:6]) if thing["legs"] else list(thing["at"])


def _leg(
    shot: Shot, thing: Thing, span: tuple[float, float], to: tuple[float, float], bent: bool = True, comes: bool = False
):
    bend = round(float(shot.rng.uniform(-0.7, 0.7)), 2) if bent and shot.rng.random() < 0.35 else 0.0
    extra = [True] if comes else []
    thing["legs"].append([span[0], *now(thing), span[1], *_rounded(to), bend, *extra])


def appear(shot: Shot, thing: Thing, slot: Slot) -> bool:
    thing["shown"][0] = round(float(shot.rng.uniform(slot.begin, slot.end)), 1)
    thing["looks"][0][0] = thing["shown"][0]
    return True


def vanish(shot: Shot, thing: Thing, slot: Slot) -> bool:
    thing["shown"][1] = round(float(shot.rng.uniform(slot.begin, slot.end)), 1)
    return True


def enter(shot: Shot, thing: Thing, slot: Slot) -> bool:
    span = slot.span(shot.rng, *LEG)
    if span is None:
        return False
    side = list(WAYS)[shot.rng.integers(4)]
    inner = (thing["at"][0], thing["at"][1])
    thing["at"] = _rounded(shot.outside(thing, side, inner, span[0]))
    _leg(shot, thing, span, inner, bent=False, comes=True)
    return True


def leave(shot: Shot, thing: Thing, slot: Slot) -> bool:
    span = slot.span(shot.rng, *LEG)
    if span is None:
        return False
    side = list(WAYS)[shot.rng.integers(4)]
    to = shot.outside(thing, side, (now(thing)[0], now(thing)[1]), span[1])
    _leg(shot, thing, span, to, bent=False, comes=True)
    return True


def cross(shot: Shot, thing: Thing, slot: Slot) -> bool:
    span = slot.span(shot.rng, 2.5, 6.0)
    if span is None:
        return False
    sides = [("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top")]
    first, last = sides[shot.rng.choice(4, p=[0.35, 0.35, 0.15, 0.15])]
    inner = (thing["at"][0], thing["at"][1])
    thing["at"] = _rounded(shot.outside(thing, first, inner, span[0]))
    _leg(shot, thing, span, shot.outside(thing, last, inner, span[1]), comes=True)
    return True


def go(shot: Shot, thing: Thing, slot: Slot) -> bool:
    span = slot.span(shot.rng, *LEG)
    if span is None:
        return False
    _leg(shot, thing, span, shot.somewhere(thing, span[1]))
    return True


def sway(shot: Shot, thing: Thing, slot: Slot) -> bool:
    """To and fro between two places."""
    most = int(min(slot.length // TURNING, 4))
    if most < 2:
        return False
    ways = int(shot.rng.integers(2, most + 1))
    length = round(float(shot.rng.uniform(TURNING, min(slot.length / ways, 3.0))) - 0.05, 1)
    begin = round(float(shot.rng.uniform(slot.begin, max(slot.end - ways * length, slot.begin))), 1)
    places = [(now(thing)[0], now(thing)[1]), shot.somewhere(thing, begin + length)]
    if shot.rng.random() < 0.7:  # level
        places[1] = places[1][0], places[0][1]
    for way in range(ways):
        span = round(begin + way * length, 1), round(begin + (way + 1) * length, 1)
        _leg(shot, thing, span, places[(way + 1) % 2], bent=False)
    return True


def recolour(shot: Shot, thing: Thing, slot: Slot) -> bool:
    """A thing of one colour takes another one, far from it."""
    look = thing["looks"][-1]
    if not look[3]:
        return False
    at = round(float(shot.rng.uniform(slot.begin, slot.end)), 1)
    others = [paint for paint in PAINTS.values() if _distance(paint, look[3]) > 150]
    thing["looks"].append([at, look[1], look[2], list(others[shot.rng.integers(len(others))]), look[4], look[5]])
    return True


def become(shot: Shot, thing: Thing, slot: Slot) -> bool:
    """It turns into what was kept in `other`: another thing, or one more kind of things."""
    if not thing.get("other"):
        return False
    at = round(float(shot.rng.uniform(slot.begin, slot.end)), 1)
    thing["looks"].append([at, *thing["other"]])
    return True


def resize(shot: Shot, thing: Thing, slot: Slot) -> bool:
    factor = round(
        float(shot.rng.uniform(1.6, 2.0) if shot.rng.random() < 0.65 else shot.rng.uniform(SMALLEST, 0.55)), 2
    )
    longest = abs(factor - 1) * max(thing["looks"][0][4:6]) / 4 / QUICKLY  # so that half a second can be seen
    span = slot.span(shot.rng, 1.0, min(longest, 2.5))
    if span is None:
        return False
    thing["scale"] = [[span[0], 1.0], [span[1], factor]]
    return True


def spin(shot: Shot, thing: Thing, slot: Slot) -> bool:
    if not thing.get("lopsided"):
        return False  # nobody would see it turn
    span = slot.span(shot.rng, 1.5, 4.0)
    if span is None:
        return False
    speed = float(shot.rng.uniform(45, 75))  # degrees a second: slow enough for frames a second apart to tell the way
    angle = speed * (span[1] - span[0]) * (1 if shot.rng.random() < 0.5 else -1)
    thing["turn"] = [[span[0], 0.0], [span[1], round(angle)]]
    return True


ACTS: dict[str, Callable[[Shot, Thing, Slot], bool]] = {
    **{"appear": appear, "vanish": vanish, "enter": enter, "leave": leave, "cross": cross, "go": go, "sway": sway},
    **{"recolour": recolour, "become": become, "resize": resize, "spin": spin},
}
FIRST, LAST = ("appear", "enter"), ("vanish", "leave", "become")
MIDDLE = ("go", "sway", "recolour", "resize", "spin", "vanish", "leave", "become")


def plan(shot: Shot, thing: Thing, weights: dict[str, float], wanted: int) -> bool:
    """Gives an object up to `wanted` acts in slots of their own. False where none finds room."""
    rng, first, last = shot.rng, shot.start + STATE, shot.end - STATE
    count = int(min(wanted, (last - first) // 3.0))
    if count == 0:
        return wanted == 0
    edges = [round(first + (last - first) * number / count, 1) for number in range(count + 1)]
    done: list[str] = []
    for number in range(count):
        slot = Slot(edges[number], edges[number + 1] - (STATE if number < count - 1 else 0.0))
        allowed = [name for name in ACTS if name not in done and weights.get(name, 0) > 0]
        allowed = [name for name in allowed if name in MIDDLE or (number == 0 and name in (*FIRST, "cross"))]
        if not allowed:
            break
        shares = np.array([weights[name] for name in allowed])
        name = allowed[rng.choice(len(allowed), p=shares / shares.sum())]
        if not ACTS[name](shot, thing, slot):
            continue
        done.append(name)
        if name in (*LAST, "cross"):
            break
    return bool(done)


def _distance(one: Any, other: Any) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))


def _middle(term: str) -> tuple[int, int, int]:
    """The shade in the middle of a term's range."""
    import colorsys

    hue, saturation, value = ((low + high) / 2 for low, high in RANGES[term])
    red, green, blue = (round(255 * each) for each in colorsys.hsv_to_rgb(hue % 360 / 360, saturation, value))
    return red, green, blue


PAINTS = {term: _middle(term) for term in RANGES}
