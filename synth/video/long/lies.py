"""Untrue versions of what is claimed of a long film: the proof must find them."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synth.diagrams.lies import LIES as DIAGRAM_LIES
from synth.grounding.library.sprites import Sprites
from synth.mutation import Lie, told
from synth.ocr import lies as text_lies
from synth.sample import Claims

MOVED = 0.5  # seconds


def mutations(claims: Claims, rng: np.random.Generator, sprites: Sprites | None) -> Iterator[tuple[str, Claims]]:
    """One lie of each kind that can be told of these claims."""
    kinds = {**KINDS, **({"thing_renamed": _renamed(sprites), "thing_other": _other(sprites)} if sprites else {})}
    yield from told(kinds, claims, rng)


def _edge_moved(claims: Claims, rng: np.random.Generator) -> bool:
    """A part ends, and the next begins, half a second off; its texts with it."""
    parts = claims["parts"]
    if len(parts) < 2:
        return False
    number, off = int(rng.integers(1, len(parts))), MOVED if rng.random() < 0.5 else -MOVED
    _shift_edge(parts, number, parts[number]["start"] + off)
    return True


def _edge_at_point(claims: Claims, rng: np.random.Generator) -> bool:
    """A part begins only when its first point comes, at a moment that is a frame's."""
    parts = claims["parts"]
    late = [
        n
        for n, part in enumerate(parts)
        if n and len(part["items"]) > 1 and part["items"][1]["seen"][0] > part["start"]
    ]
    if not late:
        return False
    number = late[rng.integers(len(late))]
    _shift_edge(parts, number, parts[number]["items"][1]["seen"][0])
    return True


def _shift_edge(parts: list[dict[str, Any]], number: int, at: float) -> None:
    before, after = parts[number - 1], parts[number]
    for item in before["items"]:
        item["until"] = at
        for span in (item["seen"], item["read"]):
            if span:
                span[1] = at
    for item in after["items"]:
        if item["knots"][0][0] == after["start"]:
            item["knots"][0][0] = at
            for span in (item["seen"], item["read"]):
                if span:
                    span[0] = at
    before["end"] = after["start"] = at


def _swapped(claims: Claims, rng: np.random.Generator) -> bool:
    """What is told of two parts changes places, bounds apart."""
    parts = claims["parts"]
    if len(parts) < 2:
        return False
    one, two = rng.choice(len(parts), 2, replace=False)
    for key in parts[one]:
        if key not in ("start", "end"):
            parts[one][key], parts[two][key] = parts[two][key], parts[one][key]
    return True


def _left_out(claims: Claims, rng: np.random.Generator) -> bool:
    """A part is said to go on through the one after it."""
    parts, view = claims["parts"], claims["view"]
    if len(parts) < 3 or "target" in view or "shuffled" in view or "thing" in view:
        return False
    number = int(rng.integers(1, len(parts)))
    parts[number - 1]["end"] = parts[number]["end"]
    del parts[number]
    return True


def _invented(claims: Claims, rng: np.random.Generator) -> bool:
    """A part is told twice: its later half is said to be another one, of the same texts."""
    parts, view = claims["parts"], claims["view"]
    number = int(rng.integers(len(parts)))
    part = parts[number]
    if "target" in view or "shuffled" in view or "thing" in view:
        return False
    twin = copy.deepcopy(part)
    middle = round((part["start"] + part["end"]) / 2, 6)
    part["end"] = twin["start"] = middle
    twin["title"] = parts[number - 1]["title"]
    parts.insert(number + 1, twin)
    return True


def _part(claims: Claims, rng: np.random.Generator, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    found = [part for part in claims["parts"] if wanted(part)]
    return found[rng.integers(len(found))] if found else None


def _respelt(kind: str) -> Lie:
    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        part = claims["parts"][claims["view"].get("target", int(rng.integers(len(claims["parts"]))))]
        number = claims["view"].get("item", int(rng.integers(len(part["items"]))))
        item = part["items"][number]
        told = text_lies.respell(item, kind, rng)
        if told and number == 0:
            part["title"] = item["text"]
        return told

    return tell


def _point_moved(claims: Claims, rng: np.random.Generator) -> bool:
    """A point comes half a second off."""
    part = _part(claims, rng, lambda part: len(part["items"]) > 1)
    if part:
        item = part["items"][int(rng.integers(1, len(part["items"])))]
        off = MOVED if rng.random() < 0.5 else -MOVED
        item["knots"][0][0] += off
        for span in (item["seen"], item["read"]):
            if span:
                span[0] += off
    return part is not None


def _point_left_out(claims: Claims, rng: np.random.Generator) -> bool:
    part = _part(claims, rng, lambda part: len(part["items"]) > 1)
    if part is None or "item" in claims["view"]:
        return False
    del part["items"][int(rng.integers(1, len(part["items"])))]
    return True


def _thing_left_out(claims: Claims, rng: np.random.Generator) -> bool:
    """One thing fewer is counted."""
    part = _part(claims, rng, lambda part: len(part["things"]) > 1)
    if part:
        del part["things"][rng.integers(len(part["things"]))]
    return part is not None and "thing" not in claims["view"]


def _thing_doubled(claims: Claims, rng: np.random.Generator) -> bool:
    """One thing more is counted: as if it stood a little beside the other."""
    part = _part(claims, rng, lambda part: bool(part["things"]))
    if part:
        thing = copy.deepcopy(part["things"][-1])
        thing["box"] = [thing["box"][0] + 9, thing["box"][1], thing["box"][2] + 9, thing["box"][3]]
        part["things"].append(thing)
    return part is not None


def _renamed(sprites: Sprites) -> Lie:
    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        part = _part(claims, rng, lambda part: bool(part["things"]))
        if part is None or "thing" in claims["view"]:
            return False
        thing = part["things"][rng.integers(len(part["things"]))]
        thing["name"] = str(rng.choice([name for name in sprites.names if name != thing["name"]]))
        return True

    return tell


def _other(sprites: Sprites) -> Lie:
    """Another drawing, with its own name, is said to stand there."""

    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        part = _part(claims, rng, lambda part: bool(part["things"]))
        if part is None or "thing" in claims["view"]:
            return False
        thing = part["things"][rng.integers(len(part["things"]))]
        own = sprites.numbers[thing["sprite"]]
        others = [
            n
            for n in map(int, rng.integers(0, len(sprites.drawings), 40))
            if sprites.usable(n) and sprites.apart(n, [own])
        ]
        if not others:
            return False
        thing["sprite"], thing["name"] = sprites.drawings[others[0]].key, sprites.drawings[others[0]].name
        return True

    return tell


def _diagram(claims: Claims, rng: np.random.Generator) -> bool:
    part = _part(claims, rng, lambda part: bool(part["spec"]))
    return part is not None and DIAGRAM_LIES["node_renamed"](part["spec"], rng)


def _kind(claims: Claims, rng: np.random.Generator) -> bool:
    """A slide is called a photograph, or the reverse."""
    part = _part(claims, rng, lambda part: part["kind"] in ("slide", "photo"))
    if part:
        part["kind"] = "photo" if part["kind"] == "slide" else "slide"
    return part is not None


KINDS: dict[str, Lie] = {
    **{
        "edge_moved": _edge_moved,
        "edge_at_point": _edge_at_point,
        "parts_swapped": _swapped,
        "part_left_out": _left_out,
    },
    **{"part_invented": _invented, "point_moved": _point_moved, "point_left_out": _point_left_out},
    **{name: _respelt(name) for name in ("digit_changed", "letter_changed", "character_left_out")},
    **{
        "thing_left_out": _thing_left_out,
        "thing_doubled": _thing_doubled,
        "node_renamed": _diagram,
        "kind_changed": _kind,
    },
}
