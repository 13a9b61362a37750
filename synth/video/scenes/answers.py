"""Are the answers right? Worked out from what is where at each frame, apart from `synth.video.scenes.asked`."""

from typing import Any

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.video.scenes.bodies import Cast, at_frames, carried
from synth.video.scenes.found import Found
from synth.video.scenes.tracks import Spec
from synth.video.scenes.views import at_first

CLEAR = 0.45  # seconds around a moment in which its answer must not change
GAP = 0.85  # seconds between events that are put in order
ALONE = 1.2  # seconds around a moment in which nobody else does the like
OFF_BOX = 2.5  # px
Shots = list[tuple[Cast, np.ndarray]]


def fault(spec: Spec, item: Spec, shots: Shots, found: list[Found], sprites: Sprites) -> str | None:
    """What is wrong with a question or its answer. `found` are the events of the spec, which hold."""
    kind, events = item["kind"], spec["events"]
    match kind:
        case "when":
            event = events[item["event"]]
            same = [each for each in found if (each.kind, each.object) == (event["kind"], event["object"])]
            return None if len(same) == 1 else f"{event['kind']} happens {len(same)} times to {event['object']}"
        case "what":
            return _span(item, found)
        case "order" | "first" | "last":
            starts = sorted(events[number]["start"] for number in item["events"])
            near = len(starts) < 2 or min(np.diff(starts)) < GAP
            return "events that are put in order are too near to each other" if near else None
        case "who":
            event = events[item["event"]]
            alike = [
                each
                for each in found
                if each.kind == event["kind"] and each.start[0] - ALONE <= item["t1"] <= each.end[1] + ALONE
            ]
            return None if [each.object for each in alike] == [event["object"]] else "others do the like around then"
        case "caption":
            return _openings(spec, shots)
        case "dense" | "dense_json" | "frame":
            return None
    truth = _answer(spec, item, shots, found, sprites)
    return None if truth == item.get("answer", "") else f"{kind}: the answer is {truth!r}, not {item.get('answer')!r}"


def _span(item: Spec, found: list[Found]) -> str | None:
    """Whether a span holds some events wholly and no part of another."""
    inside = 0
    for each in found:
        first, last = each.start[0], each.end[1]
        if item["t1"] + 0.3 <= first and last <= item["t2"] - 0.3:
            inside += 1
        elif not (last <= item["t1"] - 0.2 or first >= item["t2"] + 0.2):
            return f"{each.kind} of {each.object} is not wholly within {item['t1']} to {item['t2']} s"
    return None if inside else f"nothing happens from {item['t1']} to {item['t2']} s"


def _openings(spec: Spec, shots: Shots) -> str | None:
    """Whether those objects are seen as a shot begins that are told of then."""
    for number, (members, at) in enumerate(shots):
        seen = sorted(name for name, share in _present(spec, members, 0) if share > 0.5)
        told = sorted(name for _, name, *_ in at_first(spec, number))
        if seen != told:
            return f"{at[0]:.2f} s: the scene begins with {seen}, not {told}"
    return None


def _present(spec: Spec, members: Cast, frame: int) -> list[tuple[str, float]]:
    """Names of the objects of a shot that are shown at a frame, and how much of each is within it."""
    found = []
    width, height = spec["size"]
    one = np.array([frame])
    for thing, bodies, where in zip(members.things, members.bodies, members.where, strict=True):
        if where.shown[frame]:
            look = int(where.look[frame])
            x, y = carried(bodies[look].places, at_frames(where, one))
            share = float(((x >= 0) & (x < width) & (y >= 0) & (y < height)).mean())
            found.append((thing["looks"][look][1], share))
    return found


def _answer(spec: Spec, item: Spec, shots: Shots, found: list[Found], sprites: Sprites) -> Any:
    kind, noun = item["kind"], item.get("noun", "")
    match kind:
        case "count_at":
            return _agreed(spec, item, shots, lambda there: sum(name == noun and share > 0.5 for name, share in there))
        case "count_all":
            return len([name for name in _ever(spec, shots) if name == noun])
        case "things":
            return len(set(_ever(spec, shots)))
        case "scenes":
            return 1 + sum(each.kind == "cut" for each in found)
        case "turns":
            ids = [thing["id"] for thing in spec["objects"] if {look[1] for look in thing["looks"]} == {noun}]
            turns = [each.more["turns"] for each in found if each.kind == "sway" and each.object in ids]
            return turns[0] if len(turns) == len(ids) == 1 else None
        case "present":
            if noun in _ever(spec, shots):
                return "yes"
            return "no" if noun in sprites.places and _unlike(noun, spec, sprites) else None
        case "where":
            return _where(spec, item, shots)
        case "box":
            return _box_fault(spec, item, shots)
    return None


def _agreed(spec: Spec, item: Spec, shots: Shots, count: Any) -> Any:
    """What is so at every frame around a moment; None where they differ."""
    values = set()
    for members, at in shots:
        for frame in _around(at, item["t1"]):
            values.add(count(_present(spec, members, int(frame))))
    return values.pop() if len(values) == 1 else None


def _around(at: np.ndarray, moment: float) -> np.ndarray:
    """The frames seen within CLEAR of a moment, the one that stands as that begins among them."""
    before = np.flatnonzero(at <= moment - CLEAR)[-1:]
    found = np.concatenate([before, np.flatnonzero((at > moment - CLEAR) & (at < moment + CLEAR))])
    return found if len(found) and at[found[-1]] >= moment - CLEAR - 1 and moment < at[-1] + 1 else found[:0]


def _ever(spec: Spec, shots: Shots) -> list[str]:
    """The names of all looks of all objects that are ever seen."""
    found = []
    for members, _ in shots:
        for thing, where in zip(members.things, members.where, strict=True):
            for number, look in enumerate(thing["looks"]):
                seen = where.shown & (where.look == number) & (where.x > 0) & (where.x < spec["size"][0])
                if (seen & (where.y > 0) & (where.y < spec["size"][1])).any():
                    before = [other[1] for other in thing["looks"][:number]]
                    found += [look[1]] * (look[1] not in before)
    return found


def _unlike(noun: str, spec: Spec, sprites: Sprites) -> bool:
    """Whether a name has no word in common with what is there."""
    numbers = [sprites.numbers[look[2]] for thing in spec["objects"] for look in thing["looks"]]
    return all(sprites.different(sprites.places[noun][0], other) for other in numbers)


def _where(spec: Spec, item: Spec, shots: Shots) -> str | None:
    words = set()
    for members, at in shots:
        frames = _around(at, item["t1"])
        for thing, where in zip(members.things, members.where, strict=True):
            for frame in frames:
                if where.shown[frame] and thing["looks"][where.look[frame]][1] == item["noun"]:
                    across, down = where.x[frame] / spec["size"][0], where.y[frame] / spec["size"][1]
                    row = "top" if down < 1 / 3 else "middle" if down < 2 / 3 else "bottom"
                    words.add(f"{row} {'left' if across < 1 / 3 else 'centre' if across < 2 / 3 else 'right'}")
    return words.pop() if len(words) == 1 else None


def _box_fault(spec: Spec, item: Spec, shots: Shots) -> str:
    """Nothing where a box is that of the object's outline at a frame: then the answer, which has none, is right."""
    for members, at in shots:
        frame = int(np.searchsorted(at, item["at"] + 1e-6, side="right")) - 1
        if not len(at) or abs(at[max(frame, 0)] - item["at"]) > 1e-6:
            continue
        for thing, bodies, where in zip(members.things, members.bodies, members.where, strict=True):
            look = int(where.look[frame])
            if where.shown[frame] and thing["looks"][look][1] == item["noun"]:
                x, y = carried(bodies[look].outline, at_frames(where, np.array([frame])))
                half = float(where.scale[frame]) / 2
                seen = np.array([x.min() - half, y.min() - half, x.max() + half, y.max() + half])
                off = float(np.abs(seen - item["box"]).max())
                return "" if off <= OFF_BOX else f"a box {off:.1f} px beside it"
    return "nothing of that name"
