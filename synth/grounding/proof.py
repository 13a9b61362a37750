"""The proof of what a scene's document claims: everything is found again in its media, without the generator.

library  the sprites are those that the document was made with
ids      boxes, points and pixel counts are those of the instance-ID buffer, and every id of it is accounted for
pixels   the picture shows each named sprite where the buffer says (`synth.grounding.repaint`)
claims   each answer and each sentence follows from the buffer, the picture's colours and the names
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from curation.document import Image, Part, Text, Turn
from synth.buffer import Seen, measure
from synth.grounding.library.sprites import Sprites
from synth.grounding.lies import lies
from synth.grounding.repaint import Guess, Repainter
from synth.grounding.witness import Witness
from synth.grounding.wording import UNASKED, answer, placed, question
from synth.listing import Labelled
from synth.sample import Checker, Claims, Evidence, Failure

POINTED = ("points", "count_points")
ALL = ("boxes", *POINTED)  # are only asked about what is there


class GroundingChecker(Checker):
    """Proves claims about scenes of a library of sprites.

    Claims are the `style` of wording, the digest of the `library`, the name of the `background`, the `objects` (id,
    name, sprite, box, point, pixels, placement) and the `questions`: the number of the answer's turn, kind, what is
    asked about (a noun, a phrase, a place), the objects that answer it, and the number of each wording.
    """

    checks: ClassVar = ("library", "ids", "pixels", "claims")

    def __init__(self, sprites: Sprites):
        self.sprites = sprites
        self._last: tuple[Any, ...] = (None, None)  # several documents of one scene are proved one after the other

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        objects = {entry["id"]: entry for entry in claims["objects"]}
        told: list[Turn] = []
        for number, claim in enumerate(claims["questions"]):
            shown: tuple[Part, ...] = () if number else (Image(0), Text("\n"))
            said = answer(claims["style"], claim, _labelled(claim, objects))
            if claim["wording"][0] == UNASKED:
                return (Turn(None, (*shown, *said)),)
            told += [Turn("user", (*shown, *question(claims["style"], claim))), Turn("assistant", said)]
        return tuple(told)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        if claims["library"] != self.sprites.digest:
            yield Failure("library", "made with other sprites: their digest differs")
            return
        scene = (evidence.contents[0], evidence.contents[1], json.dumps(claims["objects"], sort_keys=True))
        if scene != self._last[0]:
            self._last = scene, self._look(claims, evidence)
        found, witness = self._last[1]
        yield from found
        if witness is not None:
            for number, claim in enumerate(claims["questions"]):
                fault = (
                    _fault(witness, claim) if claim["turn"] == 2 * number + 1 else f"claimed of turn {claim['turn']}"
                )
                if fault:
                    yield Failure("claims", f"turn {2 * number + 1} ({claim['kind']}): {fault}")

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        return lies(claims, rng, self.sprites)

    def _look(self, claims: Claims, evidence: Evidence) -> tuple[list[Failure], Witness | None]:
        """What is wrong with the objects, and the witness to all questions about them if nothing else is wrong."""
        shown, ids = evidence.picture(0), evidence.buffer(1)
        if ids.dtype != np.uint8 or shown.shape != (*ids.shape, 3):
            return [Failure("ids", f"a picture of {shown.shape} has a buffer of {ids.shape}, {ids.dtype}")], None
        seen = measure(ids)
        failures = _check_ids(seen, claims["objects"])
        if failures:
            return failures, None  # what follows would only repeat it
        objects = {entry["id"]: entry for entry in claims["objects"]}
        return self._check_pixels(shown, ids, seen, objects), Witness(seen, objects, shown, self.sprites, ids)

    def _check_pixels(
        self, shown: np.ndarray, ids: np.ndarray, seen: Mapping[int, Seen], objects: Mapping[int, Mapping[str, Any]]
    ) -> list[Failure]:
        numbers = {id: self.sprites.numbers.get(entry["sprite"]) for id, entry in objects.items()}
        here = sorted({number for number in numbers.values() if number is not None})
        faults: dict[int, list[str]] = {}
        guesses: list[Guess] = []
        for id, number in numbers.items():
            if number is None or self.sprites.drawings[number].name != objects[id]["name"]:
                faults[id] = [f"the library has no {objects[id]['sprite']!r} of the name {objects[id]['name']!r}"]
            elif not self.sprites.usable(number):
                faults[id] = [f"{objects[id]['sprite']!r} cannot be drawn"]
            elif bool(objects[id]["placement"]["paint"]) != self.sprites.drawings[number].glyph:
                faults[id] = [f"{objects[id]['sprite']!r} is not of the colours that it has by itself"]
            else:
                guesses.append((id, number, objects[id]["placement"]))
        judged = Repainter(shown, ids, seen, self.sprites).faults(guesses, here)
        faults |= {id: found for (id, _, _), found in zip(guesses, judged, strict=True)}
        return [Failure("pixels", f"object {id}: {fault}") for id, found in faults.items() for fault in found]


def _labelled(claim: Mapping[str, Any], objects: Mapping[int, Mapping[str, Any]]) -> list[Labelled]:
    where = "point" if claim["kind"] in POINTED else "box"
    found = [objects[id] for id in claim["objects"]]
    return [(entry["name"], placed(entry[where], claim["form"])) for entry in found]


def _check_ids(seen: Mapping[int, Seen], objects: Sequence[Mapping[str, Any]]) -> list[Failure]:
    claimed = [entry["id"] for entry in objects]
    if sorted(claimed) != sorted(seen):
        return [Failure("ids", f"the buffer holds objects {sorted(seen)}, the proof names {sorted(claimed)}")]
    failures = []
    for entry in objects:
        each = seen[entry["id"]]
        truth = {"box": list(each.box), "pixels": each.pixels, "point": list(each.nearest_to_mean())}
        wrong = [name for name, value in truth.items() if entry[name] != value]
        failures += [
            Failure("ids", f"object {each.id}: {name} {truth[name]} in the buffer, not {entry[name]}") for name in wrong
        ]
    return failures


def _fault(witness: Witness, claim: Mapping[str, Any]) -> str | None:
    """What is wrong with a claim."""
    match claim["kind"]:
        case "caption":
            untrue = [fact for fact in claim["sentences"] if not witness.truth(fact)]
            return f"the picture does not bear out {untrue[0]}" if untrue else None
        case "verify":
            truth = witness.truth(claim["fact"])
            right = truth is not None and claim["answer"] == ("yes" if truth else "no")
            return None if right else f"{claim['fact']} is {truth}, the answer is {claim['answer']!r}"
        case "choose":
            held = [witness.truth(fact) for fact in claim["options"]]
            right = None not in held and held.count(True) == 1 and held.index(True) == claim["answer"]
            return None if right else f"the options are {held}, the answer is the one of number {claim['answer']}"
    found = _answer(witness, claim["kind"], claim["query"])
    if isinstance(found, str):
        return found
    if [each.id for each in found] != claim["objects"]:
        return f"objects {[each.id for each in found]} answer it, not {claim['objects']}"
    if claim["kind"] == "mask":
        return witness.outline_fault(found[0], claim["outlines"])
    said = _short(witness, claim["kind"], found)
    return None if claim.get("answer") == said else f"the answer is {said!r}, not {claim.get('answer')!r}"


def _answer(witness: Witness, kind: str, query: Any) -> list[Seen] | str:
    """The objects that answer a question, left to right; or what is wrong with the question."""
    match kind, query:
        case "names" | "list", "":
            return witness.seen
        case "refer" | "mask", str(phrase):
            found = witness.referent(phrase)
            if found is None:
                return f"{phrase!r} does not name one object clearly"
            return [each for each in witness.seen if each.id == found]
        case "name_box", [x1, y1, x2, y2]:
            same = [each for each in witness.seen if each.box == (x1, y1, x2, y2)]
            return same if len(same) == 1 else f"{len(same)} objects have that box"
        case "name_point", [x, y]:
            return witness.at(int(x), int(y)) or "nothing was pasted there"
        case "boxes" | "points" | "count_points" | "count" | "exists" | "absent", str(noun):
            there = witness.called(noun)
            if there is None or not witness.known(noun):
                return f"{noun!r} is not in the library" if there is not None else f"{noun!r}: a colour is doubtful"
            if there and kind == "absent":
                return f"there is a {noun!r}"
            return there if there or kind not in ALL else f"there is no {noun!r}"
    return f"{kind!r} is no kind of question about {query!r}"


def _short(witness: Witness, kind: str, found: list[Seen]) -> str | int | None:
    """The answer as evaluation compares it; None where boxes or points are the answer."""
    if kind in ("count", "count_points"):
        return len(found)
    if kind in ("name_box", "name_point"):
        return witness.names[found[0].id]
    if kind == "names":
        return ", ".join(witness.names[each.id] for each in found)
    return ("yes" if found else "no") if kind == "exists" else None
