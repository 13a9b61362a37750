"""Untrue versions of what is claimed of a film's texts: the proof must find them."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.mutation import Lie, told
from synth.ocr import lies as text_lies
from synth.sample import Claims

MOVED = 0.5  # seconds


def mutations(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    yield from told(KINDS, claims, rng)


def _item(claims: Claims, rng: np.random.Generator) -> dict[str, Any]:
    """The item that is asked about, or any that can be read."""
    if "target" in claims["view"]:
        return claims["items"][claims["view"]["target"]]
    found = [item for item in claims["items"] if item["read"]]
    return found[rng.integers(len(found))]


def _respelt(kind: str) -> Lie:
    """A lie of `synth.ocr.lies` about the letters of one line."""

    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        return text_lies.respell(_item(claims, rng), kind, rng)

    return tell


def _moved(kind: str, side: int) -> Lie:
    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        span = _item(claims, rng)[kind]
        if span:
            span[side] += MOVED if rng.random() < 0.5 else -MOVED
        return bool(span)

    return tell


def _later(claims: Claims, rng: np.random.Generator) -> bool:
    """A line with all that is told of it is half a second later."""
    item = _item(claims, rng)
    for knot in item["knots"]:
        knot[0] += MOVED
    item["until"] += MOVED
    for kind in ("seen", "read"):
        item[kind] = item[kind] and [each + MOVED for each in item[kind]]
    return True


def _swapped(claims: Claims, rng: np.random.Generator) -> bool:
    """Two lines change places: each comes when the other does."""
    if len(claims["items"]) < 2:
        return False
    one, two = (claims["items"][place] for place in rng.choice(len(claims["items"]), 2, replace=False))
    if one["text"] == two["text"]:
        return False
    for key in ("text", "set", "ink"):
        one[key], two[key] = two[key], one[key]
    return True


def _order(claims: Claims, rng: np.random.Generator) -> bool:
    items = claims["items"]
    if len(items) < 2:
        return False
    place = int(rng.integers(len(items) - 1))
    items[place : place + 2] = items[place : place + 2][::-1]
    return True


def _left_out(claims: Claims, rng: np.random.Generator) -> bool:
    view, items = claims["view"], claims["items"]
    free = [n for n in range(len(items)) if n not in (view.get("target"), *view.get("shuffled", ()))]
    if len(items) < 3 or not free:
        return False
    place = free[rng.integers(len(free))]
    del items[place]
    if "target" in view:
        view["target"] -= place < view["target"]
    if "shuffled" in view:
        view["shuffled"] = [number - (place < number) for number in view["shuffled"]]
    return True


def _invented(claims: Claims, rng: np.random.Generator) -> bool:
    """A line that comes a second time, later in its own place."""
    items = claims["items"]
    source = copy.deepcopy(_item(claims, rng))
    for knot in source["knots"]:
        knot[0] += 3 * MOVED
    source["until"] += 3 * MOVED
    source["seen"], source["read"] = [
        [a + 3 * MOVED for a in span] if span else None for span in (source["seen"], source["read"])
    ]
    items.append(source)
    return True


def _counted(claims: Claims, rng: np.random.Generator) -> bool:
    """A state of a counter is called a line."""
    found = [item for item in claims["items"] if item["role"] == "count"]
    if found:
        found[rng.integers(len(found))]["role"] = "line"
    return bool(found)


KINDS: dict[str, Lie] = {
    **{name: _respelt(name) for name in ("digit_changed", "letter_changed", "character_left_out", "words_swapped")},
    **{"read_start_moved": _moved("read", 0), "read_end_moved": _moved("read", 1)},
    **{"seen_start_moved": _moved("seen", 0), "seen_end_moved": _moved("seen", 1)},
    **{"line_later": _later, "lines_swapped": _swapped, "order_changed": _order, "line_left_out": _left_out},
    **{"line_invented": _invented, "count_called_line": _counted},
}
