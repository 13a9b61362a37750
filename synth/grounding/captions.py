"""Captions: sentences about a scene, each of which is a fact that the scene bears out."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from synth.grounding.english import SENTENCES
from synth.grounding.facts import Facts, Truth
from synth.grounding.library.names import EVERYTHING

Length = Literal["short", "medium", "long"]
DETAILS: dict[Length, tuple[int, int]] = {"short": (0, 1), "medium": (2, 4), "long": (5, 12)}  # sentences (least, most)
ORDER = ("place", "colour", "relation", "larger", "more", "extreme")
MANY = 12  # objects: with more, a caption says first how many there are


def sentences(rng: np.random.Generator, facts: Facts, objects: int, length: Length) -> list[dict[str, Any]]:
    """Facts in the order of a description: what there is, where it is and of what colour, how it compares; with the
    number of the wording of each."""
    total = {"fact": "count", "noun": EVERYTHING, "count": objects}
    first = [total] if objects > MANY and len(facts.inventory["counts"]) > 1 else []
    chosen = [*first, facts.inventory, *_details(rng, facts, length)]
    return [{**fact, "wording": int(rng.integers(len(SENTENCES[fact["fact"]])))} for fact in chosen]


def _details(rng: np.random.Generator, facts: Facts, length: Length) -> Iterator[Truth]:
    """Facts of many kinds, each told once: not that one is left of the other and the other right of it."""
    least, most = DETAILS[length]
    wanted = int(rng.integers(least, most + 1))
    by_kind: dict[str, list[Truth]] = {}
    for fact in (facts.true[place] for place in rng.permutation(len(facts.true))):
        if fact["fact"] in ORDER:
            by_kind.setdefault(fact["fact"], []).append(fact)
    told: set[tuple[Any, ...]] = set()
    chosen: list[Truth] = []
    limits = {"extreme": 2, "more": 1}
    while by_kind and len(chosen) < wanted:
        for kind in [each for each in ORDER if each in by_kind]:
            fact = by_kind[kind].pop()
            about = (kind, *sorted((fact.get("noun", ""), fact.get("other", ""))))
            if about not in told and sum(each["fact"] == kind for each in chosen) < limits.get(kind, most):
                told.add(about)
                chosen.append(fact)
            if not by_kind[kind]:
                del by_kind[kind]
    yield from sorted(chosen[:wanted], key=lambda fact: ORDER.index(fact["fact"]))
