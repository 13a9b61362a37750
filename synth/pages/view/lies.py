"""Untrue versions of an answer: texts, boxes and lists of either."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.mutation import shift


def lies(said: Any, rng: np.random.Generator) -> Iterator[tuple[str, Any]]:
    """Named lies about an answer: a string, a box of four numbers, or a list of strings or [label, box]."""
    match said:
        case str():
            yield from _texts(said, rng)
        case [int() | float(), _, _, _]:
            yield "box_shifted", shifted(said, rng)
        case list():
            yield from _lists(said, rng)


def shifted(box: list[Any], rng: np.random.Generator) -> list[Any]:
    """A box moved by 15% of its sides, at least 4 px, to any of four sides."""
    across, down = (round(shift(box[side + 2] - box[side])) for side in (0, 1))
    dx, dy = int(across * rng.choice((-1, 1))), int(down * rng.choice((-1, 1)))
    return [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy]


def changed(text: str, pattern: str, rng: np.random.Generator) -> str | None:
    """The text with one digit or letter that fits the pattern changed; None where none does."""
    places = [hit.start() for hit in re.finditer(pattern, text)]
    if not places:
        return None
    at = places[int(rng.integers(len(places)))]
    old = text[at]
    first, many = ("0", 10) if old.isdigit() else ("a" if old.islower() else "A", 26)
    new = chr(ord(first) + (ord(old) - ord(first) + int(rng.integers(1, many))) % many)
    return text[:at] + new + text[at + 1 :]


def _texts(said: str, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    for name, pattern in (("digit_changed", r"[0-9]"), ("letter_changed", r"[a-zA-Z]")):
        new = changed(said, pattern, rng)
        if new is not None:
            yield name, new
    if re.fullmatch(r"\d+", said):
        yield "count_off_by_one", str(int(said) + 1)
    lines = said.split("\n")
    apart = [number for number in range(len(lines) - 1) if lines[number] != lines[number + 1]]
    if apart:
        at = apart[int(rng.integers(len(apart)))]
        yield "lines_swapped", "\n".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])
        yield "line_dropped", "\n".join([*lines[:at], *lines[at + 1 :]])


def _lists(said: list[Any], rng: np.random.Generator) -> Iterator[tuple[str, list[Any]]]:
    if not said:
        return
    at = int(rng.integers(len(said)))
    match said[at]:
        case str(text):
            for name, new in _texts(text, rng):
                yield name, [*said[:at], new, *said[at + 1 :]]
            return
        case [str(label), box]:
            yield "box_shifted", [*said[:at], [label, shifted(box, rng)], *said[at + 1 :]]
            yield "label_renamed", [*said[:at], ["h6" if label != "h6" else "p", box], *said[at + 1 :]]
    yield "entry_dropped", [*said[:at], *said[at + 1 :]]
    if len(said) > 1:
        other = (at + 1) % len(said)
        swapped = list(said)
        swapped[at], swapped[other] = said[other], said[at]
        yield "order_permuted", swapped
