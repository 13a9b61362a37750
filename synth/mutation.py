"""Lies told on purpose: what share of them do the proofs find?

A proof that cannot fail is worth nothing. Two kinds of lies are tried. `said`: the turns are altered and the claims are
not, as by damage or by a careless edit. `claimed`: the checker's own mutations of the claims, with the turns made anew
from them, so that only the media contradict them.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from curation.document import Box, Document, Part, Point, Text, Time
from synth.prove import prove_by
from synth.sample import Checker, Claims, Evidence


def shift(side: float) -> float:
    """Pixels by which a box of that side is moved where it is meant to be clearly wrong."""
    return max(4.0, 0.15 * side)


Lie = Callable[[Claims, np.random.Generator], bool]  # changes claims in place; False where it cannot be told of them


def told(lies: Mapping[str, Lie], claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    """One lie of each kind that can be told of these claims, each on a copy: what `Checker.mutations` yields."""
    for name, lie in lies.items():
        changed = copy.deepcopy(claims)
        if lie(changed, rng):
            yield name, changed


@dataclass(frozen=True, slots=True)
class Mutant:
    """A document that lies, and how: `said box_shifted`, `claimed digit_changed`."""

    lie: str
    document: Document


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant: the checks that found it, none if it went through."""

    lie: str
    found_by: tuple[str, ...]


def judge(document: Document, contents: Sequence[bytes], checker: Checker, rng: np.random.Generator) -> list[Verdict]:
    """Tries every lie that can be told of a sound document, costly checks included."""
    verdicts, evidence = [], Evidence(contents)
    for mutant in mutants(document, checker, rng):
        failures = prove_by(mutant.document, evidence, checker, audit=True)
        verdicts.append(Verdict(mutant.lie, tuple(sorted({failure.check for failure in failures}))))
    return verdicts


def mutants(document: Document, checker: Checker, rng: np.random.Generator) -> Iterator[Mutant]:
    """Lies about a document, each different from the truth."""
    for name, tell in SAID.items():
        for changed in tell(document, rng):
            yield Mutant(f"said {name}", changed)
    claims = document.proof["claims"]
    for name, untrue in checker.mutations(copy.deepcopy(claims), rng):
        if untrue != claims:
            proof = {**document.proof, "claims": untrue}
            yield Mutant(f"claimed {name}", replace(document, turns=checker.turns(untrue), proof=proof))


def _shifted(document: Document, rng: np.random.Generator) -> Iterator[Document]:
    for place, part in _some(document, Box, rng):
        dx, dy = (shift(side) for side in (part.x2 - part.x1, part.y2 - part.y1))
        yield _with(
            document, {place: replace(part, x1=part.x1 + dx, x2=part.x2 + dx, y1=part.y1 + dy, y2=part.y2 + dy)}
        )
    for place, part in _some(document, Point, rng):
        yield _with(document, {place: replace(part, x=part.x + 8)})


def _swapped(document: Document, rng: np.random.Generator) -> Iterator[Document]:
    boxes = [(place, part) for place, part in _parts(document) if isinstance(part, Box | Point)]
    different = [(one, two) for one in boxes for two in boxes[:1] if type(one[1]) is type(two[1]) and one[1] != two[1]]
    for one, two in _pick(different, rng):
        yield _with(document, {one[0]: two[1], two[0]: one[1]})


def _moved_time(document: Document, rng: np.random.Generator) -> Iterator[Document]:
    for place, part in _some(document, Time, rng):
        yield _with(document, {place: replace(part, seconds=part.seconds + 0.5)})


def _other_clock(document: Document, rng: np.random.Generator) -> Iterator[Document]:
    """The frames of a video after the first are shown half a second later."""
    for number, item in _pick([each for each in enumerate(document.media) if each[1].kind == "video"], rng):
        later = item.timestamps[0], *(moment + 0.5 for moment in item.timestamps[1:])
        media = (*document.media[:number], replace(item, timestamps=later), *document.media[number + 1 :])
        yield replace(document, media=media)


def _other_digit(document: Document, rng: np.random.Generator) -> Iterator[Document]:
    yield from _reworded(document, rng, r"[0-9]", lambda digit: str((int(digit) + int(rng.integers(1, 10))) % 10))


def _renamed(document: Document, rng: np.random.Generator) -> Iterator[Document]:
    """A letter of an answer is another one."""
    yield from _reworded(document, rng, r"[a-z]", lambda letter: chr(ord("a") + (ord(letter) - ord("a") + 7) % 26))


def _reordered(document: Document, rng: np.random.Generator) -> Iterator[Document]:
    """Two neighbouring lines of an answer change places."""
    found = [(place, part) for place, part in _answers(document) if len(set(part.text.split("\n"))) > 2]
    for place, part in _pick(found, rng):
        lines = part.text.split("\n")
        at = [number for number in range(len(lines) - 1) if lines[number] != lines[number + 1]]
        number = at[rng.integers(len(at))]
        lines[number : number + 2] = lines[number + 1], lines[number]
        yield _with(document, {place: Text("\n".join(lines))})


SAID: dict[str, Callable[[Document, np.random.Generator], Iterator[Document]]] = {
    "box_shifted": _shifted,
    "boxes_swapped": _swapped,
    "time_moved": _moved_time,
    "clock_moved": _other_clock,
    "digit_changed": _other_digit,
    "letter_changed": _renamed,
    "lines_swapped": _reordered,
}

Place = tuple[int, int]  # turn, part


def _parts(document: Document) -> Iterator[tuple[Place, Part]]:
    for turn, each in enumerate(document.turns):
        yield from (((turn, number), part) for number, part in enumerate(each.parts))


def _answers(document: Document) -> list[tuple[Place, Text]]:
    return [
        (place, part)
        for place, part in _parts(document)
        if isinstance(part, Text) and document.turns[place[0]].role != "user"
    ]


def _some(document: Document, kind: type, rng: np.random.Generator) -> Iterator[tuple[Place, Any]]:
    yield from _pick([(place, part) for place, part in _parts(document) if isinstance(part, kind)], rng)


def _pick(found: list[Any], rng: np.random.Generator) -> Iterator[Any]:
    """One of them, where there is one."""
    if found:
        yield found[rng.integers(len(found))]


def _reworded(
    document: Document, rng: np.random.Generator, pattern: str, other: Callable[[str], str]
) -> Iterator[Document]:
    found = [(place, part, hit) for place, part in _answers(document) for hit in re.finditer(pattern, part.text)]
    for place, part, hit in _pick(found, rng):
        yield _with(document, {place: Text(part.text[: hit.start()] + other(hit[0]) + part.text[hit.end() :])})


def _with(document: Document, parts: dict[Place, Part]) -> Document:
    turns = tuple(
        replace(turn, parts=tuple(parts.get((number, at), part) for at, part in enumerate(turn.parts)))
        for number, turn in enumerate(document.turns)
    )
    return replace(document, turns=turns)
