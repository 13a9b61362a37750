"""Lies about a scene, one or more of each kind: what its proof must find (`synth.mutation`)."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from synth.grounding.library.names import COLOURS
from synth.grounding.library.sprites import Sprites
from synth.mutation import shift
from synth.sample import Claims

SWAPS = (("left", "right"), ("top", "bottom"), ("largest", "smallest"), ("above", "below"))
OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


def lies(claims: Claims, rng: np.random.Generator, sprites: Sprites) -> Iterator[tuple[str, Claims]]:
    """Each kind of lie that can be told of these claims, told once."""
    for tell in (_box_shifted, _point_shifted, _boxes_swapped, _renamed, _names_swapped, _forgotten, _repainted):
        untrue = copy.deepcopy(claims)
        if tell(untrue, rng, sprites):
            yield tell.__name__[1:], untrue
    by_kind: dict[str, list[int]] = {}
    for number, claim in enumerate(claims["questions"]):
        by_kind.setdefault(claim["kind"], []).append(number)
    for kind, numbers in by_kind.items():
        number = numbers[rng.integers(len(numbers))]
        for change in CHANGES.get(kind, ()):
            untrue = copy.deepcopy(claims)
            if change(untrue["questions"][number], untrue, rng, sprites):
                yield f"{kind}_{change.__name__[1:]}", untrue


def _some(entries: list[Any], rng: np.random.Generator) -> Any:
    return entries[rng.integers(len(entries))]


# Of objects: told in every question and answer alike


def _box_shifted(claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    entry = _some(claims["objects"], rng)
    x1, y1, x2, y2 = entry["box"]
    dx, dy = (round(shift(side)) for side in (x2 - x1, y2 - y1))
    entry["box"] = [x1 + dx, y1 + dy, x2 + dx, y2 + dy]
    for claim in claims["questions"]:
        if claim["query"] == [x1, y1, x2, y2]:
            claim["query"] = list(entry["box"])
    return True


def _point_shifted(claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    entry = _some(claims["objects"], rng)
    entry["point"][0] += 8
    return True


def _boxes_swapped(claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    one, other = (claims["objects"][rng.integers(len(claims["objects"]))] for _ in range(2))
    for name in ("box", "point", "pixels", "placement"):
        one[name], other[name] = other[name], one[name]
    return one is not other


def _renamed(claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    """A kind is another one, by name and drawing, everywhere."""
    old = _some(claims["objects"], rng)["name"]
    here = {entry["name"] for entry in claims["objects"]}
    others = [name for name in sprites.names if name not in here]
    if not others:
        return False
    _call(claims, {old: others[rng.integers(len(others))]}, sprites)
    return True


def _names_swapped(claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    """As if the generator had mistaken two kinds for each other."""
    names = sorted({entry["name"] for entry in claims["objects"]})
    if len(names) < 2:
        return False
    one, other = (names[place] for place in rng.permutation(len(names))[:2])
    _call(claims, {one: other, other: one}, sprites)
    return True


def _call(claims: Claims, names: Mapping[str, str], sprites: Sprites) -> None:
    for entry in claims["objects"]:
        if entry["name"] in names:
            entry["name"] = names[entry["name"]]
            drawing = sprites.drawings[sprites.places[entry["name"]][0]]
            paint = entry["placement"]["paint"] or [208, 32, 32]
            entry["sprite"], entry["placement"]["paint"] = drawing.key, paint if drawing.glyph else None
    for claim in claims["questions"]:
        for key in ("query", "answer"):
            if isinstance(claim.get(key), str):
                claim[key] = ", ".join(names.get(name, name) for name in claim[key].split(", "))


def _forgotten(claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    """An object is not spoken of."""
    entry = claims["objects"].pop(int(rng.integers(len(claims["objects"]))))
    for claim in claims["questions"]:
        claim["objects"] = [id for id in claim["objects"] if id != entry["id"]]
        if claim["kind"] in ("count", "count_points"):
            claim["answer"] = len(claim["objects"])
    return all(
        claim["objects"] or claim["kind"] not in ("mask", "name_box", "name_point") for claim in claims["questions"]
    )


def _repainted(claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    """An object of one colour is of another."""
    painted = [entry for entry in claims["objects"] if entry["placement"]["paint"]]
    if not painted:
        return False
    entry = _some(painted, rng)
    entry["placement"]["paint"] = [(channel + 128) % 256 for channel in entry["placement"]["paint"]]
    return True


# Of questions and answers

Change = Callable[[dict[str, Any], Claims, np.random.Generator, Sprites], bool]


def _count_off(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    claim["answer"] += 1 if rng.random() < 0.5 or not claim["answer"] else -1
    return True


def _turned(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    claim["answer"] = "no" if claim["answer"] == "yes" else "yes"
    return True


def _one_left_out(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    if claim["objects"]:
        del claim["objects"][int(rng.integers(len(claim["objects"])))]
        if "answer" in claim and claim["kind"] == "count_points":
            claim["answer"] = len(claim["objects"])
        return bool(claim["objects"])
    return False


def _another_object(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    others = [entry["id"] for entry in claims["objects"] if entry["id"] not in claim["objects"]]
    if not others or not claim["objects"]:
        return False
    claim["objects"][0] = _some(others, rng)
    return True


def _reordered(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    claim["objects"].reverse()
    return len(claim["objects"]) > 1


def _another_kind(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    """Asked about another kind of the scene, the answer as it was."""
    there = {entry["name"] for entry in claims["objects"] if entry["id"] in claim["objects"]}
    others = sorted({entry["name"] for entry in claims["objects"]} - there)
    if not others:
        return False
    claim["query"] = _some(others, rng)
    return True


def _another_name(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    others = [name for name in sorted({entry["name"] for entry in claims["objects"]}) if name != claim["answer"]]
    claim["answer"] = _some(others, rng) if others else "thing"
    return True


def _turned_round(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    """The other side, or the other end of a scale."""
    asked, claim["query"] = claim["query"], _turn_phrase(claim["query"])
    return claim["query"] != asked


def _turn_phrase(phrase: str) -> str:
    if found := re.fullmatch(r"the \w+ (.+) from the (\w+)", phrase):  # of three the second is so from either side
        return f"the {found[2]}most {found[1]}"
    for one, other in SWAPS:
        if one in phrase or other in phrase:
            return phrase.replace(one, "\0").replace(other, one).replace("\0", other)
    return phrase


def _corner_moved(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    """Away from the middle: to the other side it might come to lie on the outline again."""
    corner = _some(_some(claim["outlines"], rng), rng)
    for axis in (0, 1):
        places = [each[axis] for polygon in claim["outlines"] for each in polygon]
        step = round(max(8, shift(max(places) - min(places))))
        corner[axis] += step if 2 * corner[axis] > min(places) + max(places) else -step
    return True


def _outline_shifted(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    xs = [x for polygon in claim["outlines"] for x, _ in polygon]
    step = round(shift(max(xs) - min(xs)))
    claim["outlines"] = [[[x - step, y] for x, y in polygon] for polygon in claim["outlines"]]
    return True


def _another_option(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    claim["answer"] = (claim["answer"] + 1) % len(claim["options"])
    return True


def _fact_untrue(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
    """Another fact, the answer as it was."""
    if claim["answer"] != "yes":
        return False
    claim["fact"] = untrue(claim["fact"], rng)
    return True


def _sentence(kind: str) -> Change:
    def change(claim: dict[str, Any], claims: Claims, rng: np.random.Generator, sprites: Sprites) -> bool:
        found = [place for place, fact in enumerate(claim["sentences"]) if fact["fact"] == kind]
        if found:
            place = _some(found, rng)
            claim["sentences"][place] = untrue(claim["sentences"][place], rng)
        return bool(found)

    change.__name__ = f"_{kind}"
    return change


def untrue(fact: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A fact of the kind that is not so, if the fact is."""
    match fact["fact"]:
        case "count":
            return {**fact, "count": fact["count"] + 1}
        case "inventory":
            counts = copy.deepcopy(fact["counts"])
            counts[rng.integers(len(counts))][1] += 1
            return {**fact, "counts": counts}
        case "place":
            row = fact["at"].split()[0]
            rows, columns = [each for each in ("top", "middle", "bottom") if each != row], ("left", "centre", "right")
            return {**fact, "at": f"{_some(rows, rng)} {columns[rng.integers(3)]}"}
        case "relation":
            return {**fact, "side": OPPOSITE[fact["side"]]}
        case "extreme":
            return {**fact, "phrase": _turn_phrase(fact["phrase"])}
        case "colour":
            return {**fact, "colour": _some([term for term in COLOURS if term != fact["colour"]], rng)}
        case "filed":
            return {**fact, "tag": "things of no kind"}
    return {**fact, "noun": fact["other"], "other": fact["noun"]}  # larger, more


CHANGES: dict[str, tuple[Change, ...]] = {
    "boxes": (_one_left_out, _another_object, _another_kind, _reordered),
    "points": (_one_left_out, _another_object, _another_kind, _reordered),
    "count_points": (_count_off, _one_left_out, _another_kind),
    "list": (_one_left_out, _reordered),
    "names": (_another_name, _one_left_out),
    "refer": (_another_object, _turned_round),
    "mask": (_another_object, _turned_round, _corner_moved, _outline_shifted),
    "count": (_count_off, _another_kind),
    "exists": (_turned, _another_kind),
    "absent": (_another_kind,),
    "name_box": (_another_name, _another_object),
    "name_point": (_another_name, _another_object),
    "verify": (_turned, _fact_untrue),
    "choose": (_another_option,),
    "caption": tuple(
        _sentence(kind) for kind in ("count", "inventory", "place", "relation", "extreme", "colour", "larger", "more")
    ),
}
