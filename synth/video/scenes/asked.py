"""Chooses what is asked of a film: only what has one answer, and can be seen at a frame a second.

Left out are spans of less than a second and moments nearer than `CLEARLY` to anything that would change the answer:
sampled at a frame a second, a film shows no more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.video.scenes import tracks
from synth.video.scenes.tracks import Spec

CLEARLY = 0.6  # seconds from what would change an answer
LEAST = 1.0  # seconds of a span, and between events that are put in order
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")
NINTH = 0.05  # of a side: nearer to a border of ninths, a middle is on neither side
Item = dict[str, Any]
# A photograph may show these: of them it is not asked whether they are there.
SCENERY = frozenset(
    [
        "bark", "beach", "blade", "branch", "bubble", "bud", "bush", "cliff", "cloud", "coast", "dew", "drop",
        "droplet", "dune", "earth", "feather", "fern", "field", "fire", "flower", "forest", "fruit", "garden",
        "grass", "ground", "hill", "ice", "island", "lake", "land", "landscape", "leaf", "leaves", "light", "lily",
        "moon", "moss", "mountain", "mud", "ocean", "path", "pebble", "petal", "plant", "pond", "rain", "rainbow",
        "river", "road", "rock", "rose", "sand", "sea", "seed", "shell", "sky", "snow", "soil", "star", "stem",
        "stone", "sun", "sunflower", "sunrise", "sunset", "tree", "tulip", "twig", "water", "wave", "wood", "bird",
        "fish", "insect", "bee", "butterfly", "dandelion", "straw", "cactus", "shrub", "plank", "wheat", "web",
        "spider", "thistle", "tunnel", "bridge", "tower", "building", "house", "window", "wall", "lamp", "bulb",
        "rope", "pipe", "waterfall", "balloon", "city", "street",
    ]
)  # fmt: skip


@dataclass
class Asker:
    """A film, and what questions about it are drawn with."""

    rng: np.random.Generator
    spec: Spec
    sprites: Sprites

    def words(self, item: Item) -> Item:
        return {**item, "w": int(self.rng.integers(24)), "v": int(self.rng.integers(24))}

    def shuffled(self, found: list[Any]) -> list[Any]:
        return [found[place] for place in self.rng.permutation(len(found))]

    def things(self) -> list[Spec]:
        """The objects that are one of a kind."""
        return [thing for thing in self.spec["objects"] if not thing["group"]]

    def told_apart(self) -> list[int]:
        """Numbers of events that a name and a verb tell from all others, and that can be seen."""
        alone = {thing["id"] for thing in self.things()}
        keys = [(event["kind"], event["object"]) for event in self.spec["events"]]
        return [
            number
            for number, event in enumerate(self.spec["events"])
            if keys.count(keys[number]) == 1
            and (event["object"] in alone or event["kind"] == "cut")
            and not 0 < event["end"] - event["start"] < LEAST
        ]

    def edges(self) -> np.ndarray:
        """Moments at which something begins or ends, the film's own ends among them."""
        events = [event[edge] for event in self.spec["events"] for edge in ("start", "end")]
        return np.array([*events, 0.0, self.spec["shots"][-1]["end"]])

    def quiet(self, most: int) -> list[float]:
        """Moments, in tenths of a second, at which nothing begins or ends."""
        at = np.round(np.arange(CLEARLY, self.spec["shots"][-1]["end"] - CLEARLY, 0.1), 1)
        far = np.abs(at[:, None] - self.edges()).min(1) >= CLEARLY
        for event in self.spec["events"]:
            if event["kind"] in ("enter", "leave", "cross", "pass"):  # half in sight
                far &= (at < event["start"]) | (at > event["end"])
        return [float(value) for value in self.shuffled(at[far].tolist())[:most]]


def when(asker: Asker) -> list[Item]:
    chosen = asker.shuffled(asker.told_apart())[: int(asker.rng.integers(1, 5))]
    styles = ("plain", "sentence", "json")
    style = styles[asker.rng.integers(3)]
    return [asker.words({"kind": "when", "event": number, "style": style}) for number in chosen]


def what(asker: Asker) -> list[Item]:
    """Spans that hold one to three events wholly, and no part of another."""
    rng, events = asker.rng, asker.spec["events"]
    found: list[Item] = []
    end = asker.spec["shots"][-1]["end"]
    for _ in range(30):
        start = round(float(rng.uniform(0, max(end - 2.0, 0.1))), 1)
        stop = round(min(start + float(rng.uniform(2.0, 8.0)), end), 1)
        spans = [(event["start"], event["end"]) for event in events]
        within = [start + CLEARLY <= a and b <= stop - CLEARLY for a, b in spans]
        outside = [b <= start - CLEARLY or a >= stop + CLEARLY for a, b in spans]
        whole = 1 <= sum(within) <= 3 and all(a or b for a, b in zip(within, outside, strict=True))
        if whole and all(item["t1"] != start for item in found):
            found.append(asker.words({"kind": "what", "t1": start, "t2": stop}))
    return found[: int(rng.integers(1, 4))]


def dense(asker: Asker) -> list[Item]:
    kind = "dense" if asker.rng.random() < 0.65 else "dense_json"
    return [asker.words({"kind": kind})] if len(asker.spec["events"]) >= 2 else []


def order(asker: Asker) -> list[Item]:
    found: list[Item] = []
    for kind in asker.shuffled(["order", "first", "last"])[: int(asker.rng.integers(1, 3))]:
        chosen: list[int] = []
        for number in asker.shuffled(asker.told_apart()):
            starts = [asker.spec["events"][other]["start"] for other in chosen]
            if all(abs(asker.spec["events"][number]["start"] - other) >= LEAST for other in starts):
                chosen.append(number)
        if len(chosen) >= 2:
            count = int(asker.rng.integers(2, min(len(chosen), 5) + 1))
            found.append(asker.words({"kind": kind, "events": chosen[:count]}))
    return found


def count(asker: Asker) -> list[Item]:
    spec = asker.spec
    found: list[Item] = []
    names = list(dict.fromkeys(thing["looks"][0][1] for thing in spec["objects"]))
    groups = list(dict.fromkeys(thing["looks"][0][1] for thing in spec["objects"] if thing["group"]))
    for noun in asker.shuffled(groups)[:1] + asker.shuffled(names)[:1]:
        answer = sum(any(look[1] == noun for look in thing["looks"]) for thing in spec["objects"])
        found.append({"kind": "count_all", "noun": noun, "answer": answer})
        for at in asker.quiet(2):
            found.append({"kind": "count_at", "noun": noun, "t1": at, "answer": _count(spec, noun, at)})
    for event in spec["events"]:
        if event["kind"] == "sway" and event["object"] in {thing["id"] for thing in asker.things()}:
            [thing] = [thing for thing in asker.things() if thing["id"] == event["object"]]
            noun = thing["looks"][0][1]
            if len({look[1] for look in thing["looks"]}) == 1:
                found.append({"kind": "turns", "noun": noun, "answer": event["more"]["turns"]})
    if len(spec["shots"]) > 1 or asker.rng.random() < 0.2:
        found.append({"kind": "scenes", "answer": len(spec["shots"])})
    kinds = {look[1] for thing in spec["objects"] for look in thing["looks"]}
    found.append({"kind": "things", "answer": len(kinds)})
    chosen = {json_key(item): item for item in asker.shuffled(found)}
    return [asker.words(item) for item in list(chosen.values())[: int(asker.rng.integers(1, 5))]]


def json_key(item: Item) -> tuple[Any, ...]:
    return tuple(item.get(name) for name in ("kind", "noun", "t1"))


def _count(spec: Spec, noun: str, at: float) -> int:
    moment = np.array([at])
    [shot] = tracks.shot_of(spec, moment)
    there = 0
    for thing in spec["objects"]:
        if thing["shot"] == shot:
            where = tracks.track(spec, thing, moment)
            inside = 0 <= where.x[0] < spec["size"][0] and 0 <= where.y[0] < spec["size"][1]
            there += bool(where.shown[0] and inside and thing["looks"][where.look[0]][1] == noun)
    return there


def where(asker: Asker) -> list[Item]:
    spec, found = asker.spec, []
    for at in asker.quiet(12):
        moments = np.array([at - 0.4, at, at + 0.4])
        [shot] = tracks.shot_of(spec, moments[1:2])
        for thing in asker.things():
            if thing["shot"] != shot or tracks.shot_of(spec, moments).tolist() != [shot] * 3:
                continue
            seen = tracks.track(spec, thing, moments)
            spots = {ninth(x, y, spec["size"]) for x, y in zip(seen.x, seen.y, strict=True)}
            [spot] = spots if len(spots) == 1 else [None]
            if seen.shown.all() and spot:
                noun = thing["looks"][seen.look[1]][1]
                found.append(asker.words({"kind": "where", "noun": noun, "t1": at, "answer": spot}))
    chosen = {(item["noun"]): item for item in asker.shuffled(found)}
    return list(chosen.values())[: int(asker.rng.integers(1, 4))]


def ninth(x: float, y: float, size: list[int]) -> str | None:
    """Row and column of the ninth of the frame that a place is well within."""
    words = []
    for value, side, names in ((y, size[1], ROWS), (x, size[0], COLUMNS)):
        share = value / side * 3
        if not 0 < share < 3 or any(abs(share - edge) < 3 * NINTH for edge in (1, 2)):
            return None
        words.append(names[int(share)])
    return " ".join(words)


def present(asker: Asker) -> list[Item]:
    spec, sprites, found = asker.spec, asker.sprites, []
    there = list(dict.fromkeys(look[1] for thing in spec["objects"] for look in thing["looks"]))
    numbers = [sprites.numbers[look[2]] for thing in spec["objects"] for look in thing["looks"]]
    for _ in range(int(asker.rng.integers(1, 4))):
        if asker.rng.random() < 0.5:
            found.append({"kind": "present", "noun": there[asker.rng.integers(len(there))], "answer": "yes"})
            continue
        for _ in range(20):
            number = int(asker.rng.integers(len(sprites.drawings)))
            name = sprites.drawings[number].name
            if set(name.split()) & SCENERY or not all(sprites.different(number, other) for other in numbers):
                continue
            found.append({"kind": "present", "noun": name, "answer": "no"})
            break
    chosen = {item["noun"]: item for item in found}
    return [asker.words(item) for item in chosen.values()]


def who(asker: Asker) -> list[Item]:
    """Who does something at a moment: nobody else does the like around then."""
    events, found = asker.spec["events"], []
    for number in asker.shuffled(asker.told_apart()):
        event = events[number]
        if event["kind"] in ("cut", "become"):
            continue
        at = round((event["start"] + event["end"]) / 2, 1)
        if event["start"] == event["end"]:
            at = round(event["start"], 1)
        alike = [
            other
            for other in events
            if other is not event and other["kind"] == event["kind"]
            and other["start"] - 1.5 <= at <= other["end"] + 1.5
        ]  # fmt: skip
        if not alike:
            found.append(asker.words({"kind": "who", "event": number, "t1": at}))
    return found[: int(asker.rng.integers(1, 4))]


def caption(asker: Asker) -> list[Item]:
    return [asker.words({"kind": "caption"})] if asker.spec["events"] else []


VIEWS: dict[str, Callable[[Asker], list[Item]]] = {
    **{"when": when, "what": what, "dense": dense, "order": order, "count": count, "where": where},
    **{"present": present, "who": who, "caption": caption},
}
