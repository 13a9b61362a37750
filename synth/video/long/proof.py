"""Are the parts of a long film as they are said to be? Each is looked at by itself, frame by frame, and known again.

The texts of a part are set again and its things are laid on its ground once more (`synth.video.texts.proof`); a diagram
is read back from the picture that its frames show (`synth.diagrams.proof`); so nothing else can be in any frame.
"""

import json
import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import cv2
import numpy as np

from synth.diagrams import proof as diagrams
from synth.grounding.library.sprites import Sprites
from synth.sample import Claims, Evidence, Failure
from synth.video.texts import proof as texts

LIVELY, CALM = 22.0, 16.0  # levels that the luminance of a photograph spreads by at least, and of a slide at most
COLOURS, LIGHT = 24.0, 36.0  # levels that a thing's colours may be off on average, and its luminance at worst
GRAIN, AROUND = 26.0, 16.0  # levels by which a calm ground may differ from what is around it, so many px wide
HEARD = 2  # parts of which an engine reads a line


def faults(claims: Claims, evidence: Evidence, sprites: Sprites | None) -> Iterator[Failure]:
    film = evidence.film()
    if [film.width, film.height] != claims["size"]:
        yield Failure("film", f"the film is {film.width} x {film.height}, not {claims['size']}")
        return
    times = np.array(film.timestamps)
    parts = claims["parts"]
    ends = [0.0, *(part["end"] for part in parts)]
    if [part["start"] for part in parts] != ends[:-1] or ends[-1] != times[-1] or not set(ends) <= set(times.tolist()):
        yield Failure("parts", "the parts do not follow each other from frame to frame")
        return
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        key = json.dumps([part, last, claims["size"]], sort_keys=True)
        look = partial(_looked, part, last, claims, times, evidence, sprites)
        yield from evidence.once(key, look)


def _looked(*given: Any) -> list[Failure]:
    return list(_part(*given))


def _part(
    part: Mapping[str, Any], last: bool, claims: Claims, times: np.ndarray, evidence: Evidence, sprites: Sprites | None
) -> Iterator[Failure]:
    """One part by itself. Where it does not begin or end as claimed, its neighbours' pictures are in its frames."""
    numbers = np.flatnonzero((times >= part["start"]) & ((times < part["end"]) | last))
    items = part["items"]
    if not len(numbers) or not items:
        yield Failure("parts", f"{part['title']!r} has no frame or no heading")
        return
    covers, fault = texts.set_again(items)
    if fault:
        yield Failure("ink", fault)
        return
    around = times[numbers] if last else times[numbers[0] : numbers[-1] + 2]
    yield from texts.alike(items, covers)
    yield from texts.spans(items, around)
    if items[0]["text"] != part["title"] or items[0]["read"] != [part["start"], part["end"]]:
        yield Failure("parts", f"{part['title']!r} does not head its part from {part['start']:.3f} s to its end")
    starts = [item["knots"][0] for item in items]
    if starts != sorted(starts, key=lambda knot: (knot[0], knot[2])):
        yield Failure("parts", f"the points of {part['title']!r} are not told in the order in which they come")
    picture = evidence.picture(part["ground"]["media"])
    yield from _kind(part, picture, sprites)
    ground = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    base = texts.passing(ground, part["ground"], claims["size"], part["start"])
    seen = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in evidence.frames(0, numbers.tolist()))
    yield from texts.shown(items, covers, base, times[numbers], math.inf if last else part["end"], seen)


def _kind(part: Mapping[str, Any], picture: np.ndarray, sprites: Sprites | None) -> Iterator[Failure]:
    """That a part is what it is called: its ground shows a photograph, things, a diagram, or nothing."""
    kind, things = part["kind"], part["things"]
    below = part["items"][0]["ink"][3] + 12
    spread = float(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[below:].std())
    calm = {"photo": spread > LIVELY, "slide": spread < CALM}.get(kind, True)
    if not calm or bool(things) != (kind == "things") or bool(part["spec"]) != (kind == "diagram"):
        yield Failure("parts", f"{part['title']!r} is no {kind} (its ground spreads by {spread:.0f} levels)")
    if kind == "things":
        yield from _things(part, picture, sprites)
    if kind == "diagram":
        x, y = part["origin"]
        width, height = part["spec"]["size"]
        inside = np.ascontiguousarray(picture[y : y + height, x : x + width])
        for check, seen in diagrams.faults(inside, part["spec"]):
            yield Failure("diagram", f"{check}: {seen}")


def _things(part: Mapping[str, Any], picture: np.ndarray, sprites: Sprites | None) -> Iterator[Failure]:
    """Each named thing is on the ground, as its library draws it, and the rest of the ground is calm: no thing more."""
    if sprites is None:
        yield Failure("things", "there is no library of things")
        return
    free = np.ones(picture.shape[:2], bool)
    boxes = [thing["box"] for thing in part["things"]]
    if boxes != sorted(boxes, key=lambda box: (box[1], box[0])) or len({tuple(box) for box in boxes}) < len(boxes):
        yield Failure("things", "things are told twice or not in reading order")
    for thing in part["things"]:
        number = sprites.numbers.get(thing["sprite"])
        x1, y1, x2, y2 = thing["box"]
        free[max(y1 - 6, 0) : y2 + 6, max(x1 - 6, 0) : x2 + 6] = False
        if number is None or sprites.drawings[number].name != thing["name"]:
            yield Failure("things", f"the library has no {thing['sprite']!r} of the name {thing['name']!r}")
            continue
        fault = _laid(sprites, number, picture[y1:y2, x1:x2].astype(np.float32))
        if fault:
            yield Failure("things", f"{thing['name']!r} at {thing['box']}: {fault}")
    weights, rest = free.astype(np.float32)[:, :, None], picture.astype(np.float32)
    shared = cv2.GaussianBlur(weights, (0, 0), AROUND)[:, :, None]
    around = cv2.GaussianBlur(rest * weights, (0, 0), AROUND) / np.maximum(shared, 1e-3)
    strange = (cv2.blur(np.abs(rest - around), (3, 3)).max(axis=2) > GRAIN) & free
    if strange.any():
        y, x = np.argwhere(strange)[0]
        yield Failure("things", f"something that is not told of is at {x}, {y}")


def _laid(sprites: Sprites, number: int, seen: np.ndarray) -> str:
    """Why `seen` (h, w, 3) does not show a drawing on calm ground; empty if it does."""
    height, width = seen.shape[:2]
    values = cv2.resize(sprites.pixels(number), (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    alpha = values[:, :, 3:] / 255
    bare = alpha[:, :, 0] < 0.02
    ground = seen[bare].mean(axis=0) if bare.sum() > 12 else seen[[0, 0, -1, -1], [0, -1, 0, -1]].mean(axis=0)
    off = cv2.blur(values[:, :, :3] + (1 - alpha) * ground - seen, (3, 3))
    inked = alpha[:, :, 0] > 0.5
    mean = float(np.abs(off[inked]).max(axis=1).mean()) if inked.any() else 255.0
    worst = float(np.quantile(np.abs(off @ np.array([0.299, 0.587, 0.114], np.float32)), 0.98))
    return f"its colours are {mean:.0f} levels off, {worst:.0f} at worst" if mean > COLOURS or worst > LIGHT else ""


def unread(claims: Claims, evidence: Evidence) -> Iterator[Failure]:
    """An OCR engine reads a line of a few parts."""
    for part in claims["parts"][:: max(len(claims["parts"]) // HEARD, 1)][:HEARD]:
        yield from texts.unread({"items": part["items"][-1:]}, evidence)
