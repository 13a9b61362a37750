"""Untrue versions of the claims of a screen, one for each kind of lie; the answer is made anew from them, so that only
picture, buffer and a fresh browser contradict it."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synth.gui.look import CLICKABLE
from synth.gui.model import USUAL, Screen
from synth.gui.painted import reach
from synth.gui.view import answers
from synth.gui.view.refer import Names
from synth.mutation import shift
from synth.pages.view import lies as spoken
from synth.sample import Claims

Raw = dict[str, Any]


def tell(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    """(kind of lie, claims) for every lie that can be told of this screen and its view."""
    for name, lie in LIES.items():
        told = copy.deepcopy(claims)
        if lie(told, rng):
            yield name, resaid(told)
    kind = claims["view"]["kind"]
    for name, said in _answers(claims["view"]["said"], rng):
        told = copy.deepcopy(claims)
        told["view"]["said"] = said
        yield f"{kind}_{name}", told


def resaid(claims: Claims) -> Claims:
    """With the answer that the changed claims lead to, where they lead to one."""
    screen = Screen(claims)
    said = answers.answer(screen, Names(screen), claims["view"])
    if said is not None:
        claims["view"]["said"] = said
    return claims


def _pick(rng: np.random.Generator, found: list[Any]) -> Any:
    return found[int(rng.integers(len(found)))] if found else None


def _all(claims: Claims, **wanted: Any) -> list[Raw]:
    return [
        node for node in claims["nodes"] if all(node.get(key, USUAL.get(key)) == value for key, value in wanted.items())
    ]


def _named(claims: Claims) -> list[Raw]:
    return [node for node in claims["nodes"] if node.get("name") and node.get("role") in CLICKABLE and node.get("box")]


def _renamed(pattern: str) -> Callable[[Claims, np.random.Generator], bool]:
    def lie(claims: Claims, rng: np.random.Generator) -> bool:
        for at in rng.permutation(len(nodes := _named(claims))).tolist():
            if new := spoken.changed(nodes[at]["name"], pattern, rng):
                nodes[at]["name"] = new
                return True
        return False

    return lie


def _names_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    nodes = _named(claims)
    one = _pick(rng, nodes)
    other = _pick(rng, [node for node in nodes if node["name"] != one["name"]]) if one else None
    if not other:
        return False
    one["name"], other["name"] = other["name"], one["name"]
    return True


def _role(claims: Claims, rng: np.random.Generator) -> bool:
    node = _pick(rng, _named(claims))
    if not node:
        return False
    node["role"] = _pick(
        rng, [role for role in ("button", "link", "checkbox", "textbox", "tab") if role != node["role"]]
    )
    return True


def _state(claims: Claims, rng: np.random.Generator) -> bool:
    found = [
        (node, key)
        for node in claims["nodes"]
        for key in ("checked", "selected", "expanded", "pressed")
        if isinstance(node.get("states", {}).get(key), bool)
    ]
    chosen = _pick(rng, found)
    if not chosen:
        return False
    node, key = chosen
    node["states"][key] = not node["states"][key]
    return True


def _enabled(claims: Claims, rng: np.random.Generator) -> bool:
    node = _pick(rng, [node for node in claims["nodes"] if node.get("states", {}).get("disabled")])
    if node:
        del node["states"]["disabled"]
    return bool(node)


def _disabled(claims: Claims, rng: np.random.Generator) -> bool:
    node = _pick(rng, [each for each in _named(claims) if not each.get("states", {}).get("disabled")])
    if node:
        node["states"] = {**node.get("states", {}), "disabled": True}
    return bool(node)


def _shifted(claims: Claims, rng: np.random.Generator) -> bool:
    node = _pick(rng, [node for node in claims["nodes"] if node.get("box") and node.get("role")])
    if node:
        node["box"] = spoken.shifted(node["box"], rng)
    return bool(node)


def _resized(claims: Claims, rng: np.random.Generator) -> bool:
    node = _pick(rng, [node for node in claims["nodes"] if node.get("box") and node.get("role")])
    if not node:
        return False
    side = int(rng.integers(4))
    by = round(shift(node["box"][side % 2 + 2] - node["box"][side % 2]))
    node["box"][side] += by if side > 1 else -by
    return True


def _boxes_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    return _swapped(claims, rng, "box")


def _point_moved(claims: Claims, rng: np.random.Generator) -> bool:
    return _swapped(claims, rng, "point")


def _swapped(claims: Claims, rng: np.random.Generator, key: str) -> bool:
    nodes = [node for node in claims["nodes"] if node.get(key) and node.get("role") in CLICKABLE]
    one = _pick(rng, nodes)
    away = [node for node in nodes if max(abs(a - b) for a, b in zip(node[key], one[key], strict=True)) > 6]
    other = _pick(rng, away)
    if not other:
        return False
    one[key], other[key] = other[key], one[key]
    return True


def _uncovered(claims: Claims, rng: np.random.Generator) -> bool:
    """What is covered is offered to be clicked."""
    found = [
        (node, place)
        for node in _all(claims, seen="covered")
        if node.get("role") in CLICKABLE and (place := reach(node, claims["size"]))
    ]
    chosen = _pick(rng, found)
    if not chosen:
        return False
    _show(*chosen)
    return True


def _brought_in(claims: Claims, rng: np.random.Generator) -> bool:
    """What lies outside of the screen or its scroller is said to be seen."""
    node = _pick(rng, _all(claims, seen="outside"))
    if not node:
        return False
    width, height = claims["size"]
    x1, y1, x2, y2 = node["whole"]
    wide, tall = min(max(x2 - x1, 8), width), min(max(y2 - y1, 8), height)
    left, top = min(max(x1, 0), width - wide), min(max(y1, 0), height - tall)
    node["whole"] = [left, top, left + wide, top + tall]
    node["clip"] = [0, 0, width, height]
    _show(node, node["whole"])
    return True


def _show(node: Raw, place: list[int]) -> None:
    node.update(box=[*place], point=[(place[0] + place[2]) // 2, (place[1] + place[3]) // 2])
    node.pop("seen", None)
    node.pop("by", None)


def _hidden(claims: Claims, rng: np.random.Generator) -> bool:
    """What is seen is said to be covered."""
    node = _pick(rng, _named(claims))
    if not node:
        return False
    other = _pick(rng, [each["id"] for each in claims["nodes"] if each.get("box") and each["id"] != node["id"]]) or 0
    node.update(seen="covered", by=other)
    node.pop("box", None)
    node.pop("point", None)
    return True


def _left_out(claims: Claims, rng: np.random.Generator) -> bool:
    """An element is left out, with all that is in it."""
    node = _pick(rng, _named(claims))
    if not node:
        return False
    last = Screen(claims).last[node["id"]]
    claims["nodes"] = [each for each in claims["nodes"] if not node["id"] <= each["id"] <= last]
    _drop_words(claims, [at for at, word in enumerate(claims["words"]) if node["id"] <= word[0] <= last])
    return bool(claims["nodes"])


def _drop_words(claims: Claims, gone: list[int]) -> None:
    kept = [at for at in range(len(claims["words"])) if at not in gone]
    claims["words"] = [claims["words"][at] for at in kept]
    claims["gaps"] = [claims["gaps"][at] for at in kept]


def _invented(claims: Claims, rng: np.random.Generator) -> bool:
    node = _pick(rng, _named(claims))
    if not node:
        return False
    new = copy.deepcopy(node)
    new["id"] = max(each["id"] for each in claims["nodes"]) + 1
    new["name"] = f"{node['name']} 2"
    new["up"] = 0
    claims["nodes"].append(new)
    return True


def _word(pattern: str) -> Callable[[Claims, np.random.Generator], bool]:
    """A text says something else, and so does the name that it shows."""

    def lie(claims: Claims, rng: np.random.Generator) -> bool:
        words = claims["words"]
        for at in rng.permutation(len(words)).tolist():
            new = spoken.changed(words[at][4], pattern, rng)
            if new and new.casefold() != words[at][4].casefold():
                old, words[at][4] = words[at][4], new
                for node in claims["nodes"]:
                    if node.get("shows") and old in node["name"] and node["id"] <= words[at][0]:
                        node["name"] = node["name"].replace(old, new, 1)
                return True
        return False

    return lie


def _line_left_out(claims: Claims, rng: np.random.Generator) -> bool:
    word = _pick(rng, claims["words"])
    if not word:
        return False
    _drop_words(claims, [at for at, each in enumerate(claims["words"]) if each[0] == word[0] and each[2] == word[2]])
    return bool(claims["words"])


def _words_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    """Two texts change places."""
    words = claims["words"]
    one = _pick(rng, words)
    other = _pick(rng, [word for word in words if one and word[4] != one[4]])
    if not other:
        return False
    one[4], other[4] = other[4], one[4]
    return True


def _tone(claims: Claims, rng: np.random.Generator) -> bool:
    claims["tone"] = "light" if claims["tone"] == "dark" else "dark"
    return True


def _answers(said: Any, rng: np.random.Generator) -> Iterator[tuple[str, Any]]:
    """Untrue answers, claims left as they are."""
    match said:
        case bool():
            yield "turned", not said
        case int():
            yield "off_by_one", said + int(rng.choice((-1, 1)))
        case [int(x), int(y)]:
            yield "point_moved", [x + 9, y + 9]
        case [[int(x), int(y)], on]:
            yield "point_moved", [[x + 9, y + 9], on]
            if isinstance(on, bool):
                yield "turned", [[x, y], not on]
        case [dict(), *_]:
            yield from _of_list(said, rng)
        case dict():
            yield from _of_element(said, rng)
        case _:
            yield from spoken.lies(said, rng)


def _of_list(said: list[Any], rng: np.random.Generator) -> Iterator[tuple[str, Any]]:
    at = int(rng.integers(len(said)))
    yield "entry_left_out", [*said[:at], *said[at + 1 :]]
    if len(said) > 1:
        other = (at + 1) % len(said)
        swapped = list(said)
        swapped[at], swapped[other] = said[other], said[at]
        yield "entries_reordered", swapped
    for name, new in _of_element(said[at], rng):
        yield name, [*said[:at], new, *said[at + 1 :]]


def _of_element(said: Raw, rng: np.random.Generator) -> Iterator[tuple[str, Raw]]:
    for key in ("name", "chosen", "tone", "title"):
        if isinstance(said.get(key), str) and (new := spoken.changed(said[key], "[a-zA-Z]", rng)):
            yield f"{key}_changed", {**said, key: new}
    if "role" in said and "fact" not in said:
        yield "role_changed", {**said, "role": "slider" if said["role"] != "slider" else "button"}
    if said.get("state"):
        yield "state_changed", {**said, "state": [answers.OPPOSITE.get(each, "pressed") for each in said["state"]]}
    if said.get("box"):
        yield "box_shifted", {**said, "box": spoken.shifted(said["box"], rng)}
    if said.get("counts"):
        (role, many), *rest = said["counts"]
        yield "count_changed", {**said, "counts": [[role, many + 1], *rest]}
    for key in ("items", "columns"):
        if len(said.get(key, ())) > 1:
            yield f"{key}_reordered", {**said, key: [*said[key][1:], said[key][0]]}
    if isinstance(said.get("on"), bool):
        yield "turned", {**said, "on": not said["on"]}


LIES: dict[str, Callable[[Claims, np.random.Generator], bool]] = {
    **{"name_letter": _renamed("[a-zA-Z]"), "name_digit": _renamed("[0-9]"), "names_swapped": _names_swapped},
    **{"role_changed": _role, "state_flipped": _state, "said_enabled": _enabled, "said_disabled": _disabled},
    **{"box_moved": _shifted, "box_resized": _resized, "boxes_exchanged": _boxes_swapped, "point_moved": _point_moved},
    **{"covered_clickable": _uncovered, "offscreen_visible": _brought_in, "said_covered": _hidden},
    **{"element_left_out": _left_out, "element_invented": _invented, "text_letter": _word("[a-zA-Z]")},
    **{"text_digit": _word("[0-9]"), "line_left_out": _line_left_out, "texts_swapped": _words_swapped},
    "tone_changed": _tone,
}
