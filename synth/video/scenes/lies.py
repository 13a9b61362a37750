"""Untrue versions of what is claimed of a film: the proof must find them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synth.mutation import Lie, told
from synth.sample import Claims

HALF = 0.5  # seconds
OPPOSITE = {
    **{"left": "right", "right": "left", "up": "down", "down": "up", "top": "bottom", "bottom": "top"},
    **{"upper left": "lower right", "lower right": "upper left", "upper right": "lower left"},
    **{"lower left": "upper right", "clockwise": "anticlockwise", "anticlockwise": "clockwise"},
}
INSTEAD = {
    **{"appear": "vanish", "vanish": "appear", "grow": "shrink", "shrink": "grow", "enter": "go", "leave": "go"},
    **{"go": "spin", "spin": "go", "hit": "pass", "pass": "hit", "sway": "go", "cross": "go"},
    **{"recolour": "appear", "become": "vanish", "cut": "appear"},
}


def mutations(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    yield from told(LIES, claims, rng)


def _event(claims: Claims, rng: np.random.Generator, of: Callable[[Any], bool] = lambda event: True) -> Any:
    found = [event for event in claims["spec"]["events"] if of(event)]
    return found[rng.integers(len(found))] if found else None


def _sorted(claims: Claims) -> bool:
    """Events in order again, and questions about the same ones."""
    spec = claims["spec"]
    before = spec["events"]
    spec["events"] = sorted(before, key=lambda event: event["start"])
    place = {id(event): number for number, event in enumerate(spec["events"])}
    for item in claims["items"]:
        if "event" in item:
            item["event"] = place[id(before[item["event"]])]
        if "events" in item:
            item["events"] = [place[id(before[number])] for number in item["events"]]
    return True


def _moved(claims: Claims, rng: np.random.Generator, edges: tuple[str, ...]) -> bool:
    event = _event(claims, rng, lambda event: len(edges) == 2 or event["start"] < event["end"])
    if event is None:
        return False
    later = HALF if rng.random() < 0.5 else -HALF
    for edge in edges:
        event[edge] = round(event[edge] + later, 2)
    return _sorted(claims)


def _swapped(claims: Claims, rng: np.random.Generator) -> bool:
    events = claims["spec"]["events"]
    pairs = [(a, b) for a in events for b in events if a["start"] + HALF <= b["start"]]
    if not pairs:
        return False
    one, other = pairs[rng.integers(len(pairs))]
    for edge in ("start", "end"):
        one[edge], other[edge] = other[edge], one[edge]
    return _sorted(claims)


def _renamed(claims: Claims, rng: np.random.Generator) -> bool:
    event = _event(claims, rng, lambda event: event["object"] is not None)
    if event is None:
        return False
    event["kind"] = INSTEAD[event["kind"]]
    more = {"spin": {"way": "clockwise"}, "pass": {"front": True}}
    event["more"] = more.get(event["kind"], {})
    if event["kind"] == "pass" and event["other"] is None:
        event["kind"], event["more"] = "grow", {}
    return True


def _other_object(claims: Claims, rng: np.random.Generator) -> bool:
    event = _event(claims, rng, lambda event: event["object"] is not None)
    others = [thing["id"] for thing in claims["spec"]["objects"] if event and thing["id"] != event["object"]]
    if not others:
        return False
    event["object"] = others[rng.integers(len(others))]
    return True


def _objects_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    """Two objects look as the other does."""
    things = claims["spec"]["objects"]
    pairs = [(a, b) for a in things for b in things if a["looks"][0][1] < b["looks"][0][1]]
    pairs = [(a, b) for a, b in pairs if not a["group"] and not b["group"]]
    if not pairs:
        return False
    one, other = pairs[rng.integers(len(pairs))]
    one["looks"][0][1:], other["looks"][0][1:] = other["looks"][0][1:], one["looks"][0][1:]
    return True


def _called_otherwise(claims: Claims, rng: np.random.Generator) -> bool:
    """An object bears another one's name."""
    things = claims["spec"]["objects"]
    thing = things[rng.integers(len(things))]
    names = [other["looks"][0][1] for other in things if other["looks"][0][1] != thing["looks"][0][1]]
    if not names:
        return False
    thing["looks"][0][1] = names[rng.integers(len(names))]
    return True


def _flipped(claims: Claims, rng: np.random.Generator) -> bool:
    def turns(event: Any) -> list[str]:
        return [name for name in ("way", "from", "to") if name in event["more"]]

    event = _event(claims, rng, lambda event: bool(turns(event)) or event["kind"] == "pass")
    if event is None:
        return False
    for name in turns(event):
        event["more"][name] = OPPOSITE[event["more"][name]]
    if event["kind"] == "pass":
        event["more"]["front"] = not event["more"]["front"]
    return True


def _left_out(claims: Claims, rng: np.random.Generator) -> bool:
    events = claims["spec"]["events"]
    asked = {item["event"] for item in claims["items"] if "event" in item}
    asked |= {number for item in claims["items"] for number in item.get("events", ())}
    free = [number for number in range(len(events)) if number not in asked]
    if not free:
        return False
    gone = free[rng.integers(len(free))]
    del events[gone]
    for item in claims["items"]:
        if "event" in item:
            item["event"] -= item["event"] > gone
        if "events" in item:
            item["events"] = [number - (number > gone) for number in item["events"]]
    return True


def _invented(claims: Claims, rng: np.random.Generator) -> bool:
    spec = claims["spec"]
    thing = spec["objects"][rng.integers(len(spec["objects"]))]
    shot = spec["shots"][thing["shot"]]
    at = round(float(rng.uniform(shot["start"] + 0.5, shot["end"] - 0.5)), 2)
    kind = ("appear", "vanish", "grow", "spin")[rng.integers(4)]
    more = {"way": "clockwise"} if kind == "spin" else {}
    end = at if kind in ("appear", "vanish") else round(at + 1.0, 2)
    spec["events"].append({"kind": kind, "object": thing["id"], "other": None, "start": at, "end": end, "more": more})
    return _sorted(claims)


def _clock_shifted(claims: Claims, rng: np.random.Generator) -> bool:
    """A frame and those after it are shown half a second later."""
    clock = claims["spec"]["clock"]
    at = int(rng.integers(len(clock)))
    ticks, count = clock[at]
    clock[at : at + 1] = [[ticks + 45_000, 1], *([[ticks, count - 1]] if count > 1 else [])]
    return True


def _thing_moved(claims: Claims, rng: np.random.Generator) -> bool:
    """An object is elsewhere, all the time."""
    things = claims["spec"]["objects"]
    thing = things[rng.integers(len(things))]
    dx = 9.0 if rng.random() < 0.5 else -9.0
    thing["at"][0] += dx
    for leg in thing["legs"]:
        leg[1] += dx
        leg[4] += dx
    return True


def _track_moved(claims: Claims, rng: np.random.Generator) -> bool:
    """All that an object does happens half a second later, events and tracks alike."""
    spec = claims["spec"]
    active = sorted({event["object"] for event in spec["events"] if event["object"] is not None})
    if not active:
        return False
    number = active[rng.integers(len(active))]
    [thing] = [each for each in spec["objects"] if each["id"] == number]
    shot = spec["shots"][thing["shot"]]
    for edge in (0, 1):
        if thing["shown"][edge] not in (shot["start"], shot["end"]):
            thing["shown"][edge] += HALF
    for leg in thing["legs"]:
        leg[0], leg[3] = leg[0] + HALF, leg[3] + HALF
    for knots in (thing["scale"], thing["turn"], thing["looks"][1:]):
        for knot in knots:
            knot[0] += HALF
    for event in spec["events"]:
        if event["object"] == number:
            event["start"], event["end"] = round(event["start"] + HALF, 2), round(event["end"] + HALF, 2)
    return _sorted(claims)


def _item(claims: Claims, rng: np.random.Generator, kinds: tuple[str, ...]) -> Any:
    found = [item for item in claims["items"] if item["kind"] in kinds]
    return found[rng.integers(len(found))] if found else None


def _count_off(claims: Claims, rng: np.random.Generator) -> bool:
    item = _item(claims, rng, ("count_at", "count_all", "turns", "scenes", "things"))
    if item is None:
        return False
    item["answer"] += 1 if rng.random() < 0.5 or not item["answer"] else -1
    return True


def _elsewhere(claims: Claims, rng: np.random.Generator) -> bool:
    item = _item(claims, rng, ("where",))
    if item is None:
        return False
    row, column = item["answer"].split()
    item["answer"] = f"{row} {'left' if column != 'left' else 'right'}"
    return True


def _denied(claims: Claims, rng: np.random.Generator) -> bool:
    item = _item(claims, rng, ("present",))
    if item is None:
        return False
    item["answer"] = {"yes": "no", "no": "yes"}[item["answer"]]
    return True


def _frame_moved(claims: Claims, rng: np.random.Generator) -> bool:
    """The frame is said to be one of half a second later or earlier."""
    if not claims.get("frame"):
        return False
    from synth.video.scenes import tracks

    times = tracks.times(claims["spec"])
    at = claims["frame"]["at"]
    other = times[np.argmin(np.abs(times - (at + HALF)))] if times[-1] >= at + HALF else times[times <= at - HALF][-1]
    claims["frame"]["at"] = float(other)
    return True


def _box_moved(claims: Claims, rng: np.random.Generator) -> bool:
    item = _item(claims, rng, ("box",))
    if item is None:
        return False
    from synth.mutation import shift

    dx, dy = shift(item["box"][2] - item["box"][0]), shift(item["box"][3] - item["box"][1])
    item["box"] = [value + step for value, step in zip(item["box"], (dx, dy, dx, dy), strict=True)]
    return True


LIES: dict[str, Lie] = {
    "span_moved": lambda claims, rng: _moved(claims, rng, ("start", "end")),
    "start_moved": lambda claims, rng: _moved(claims, rng, ("start",)),
    "end_moved": lambda claims, rng: _moved(claims, rng, ("end",)),
    "spans_swapped": _swapped,
    "event_renamed": _renamed,
    "event_of_another": _other_object,
    "objects_swapped": _objects_swapped,
    "object_renamed": _called_otherwise,
    "direction_flipped": _flipped,
    "event_left_out": _left_out,
    "event_invented": _invented,
    "timestamps_shifted": _clock_shifted,
    "object_moved": _thing_moved,
    "track_moved": _track_moved,
    "count_off": _count_off,
    "elsewhere": _elsewhere,
    "denied": _denied,
    "frame_moved": _frame_moved,
    "box_moved": _box_moved,
}
