"""The proof of a grounding document: everything that it says is found again in its media, without the generator.

library  the sprites are those that the document was made with
ids      boxes and pixel counts are those of the instance-ID buffer, and every id of the buffer is accounted for
pixels   the picture shows each named sprite where the buffer says (`synth.repaint`)
claims   each answer follows from the buffer and the names, and each turn says what its claim says
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image

from curation import media
from curation.document import Box, Document, Image, Part, Point, Text, Turn
from curation.errors import UserError
from synth.buffer import Seen, measure
from synth.referents import referent
from synth.repaint import Repainter
from synth.sprites import Sprites
from synth.wording import Labelled, answers, questions

CHECKS = ("library", "ids", "pixels", "claims")


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that did not hold, and what was seen."""

    check: str
    evidence: str


class Unproven(UserError):  # noqa: N818  it is a verdict
    """A sample was not made, or fails its proof; `failures` say why."""

    def __init__(self, failures: Sequence[Failure]):
        super().__init__("; ".join(f"{failure.check}: {failure.evidence}" for failure in failures))
        self.failures = tuple(failures)

    def __reduce__(self):
        return Unproven, (self.failures,)


def check(document: Document, contents: Sequence[bytes], sprites: Sprites) -> list[Failure]:
    """Everything that does not hold: nothing for a sound document. `contents` are the bytes of its media."""
    try:
        return _check(document, contents, sprites)
    except (AttributeError, IndexError, KeyError, OSError, SyntaxError, TypeError, ValueError) as error:
        return [Failure("form", f"the proof or its media cannot be read: {type(error).__name__}: {error}")]


def _check(document: Document, contents: Sequence[bytes], sprites: Sprites) -> list[Failure]:
    proof = document.proof
    if proof["library"] != sprites.digest:
        return [Failure("library", "made with other sprites: their digest differs")]
    for item, content in zip(document.media, contents, strict=True):
        if hashlib.sha256(content).hexdigest() != item.sha256:
            return [Failure("media", f"{item.origin}: its bytes are not those recorded (sha256 differs)")]
    shown = np.asarray(media.decode(contents[0]))
    ids = np.asarray(PIL.Image.open(io.BytesIO(contents[1])))  # a palette image: its numbers, not its colours
    if ids.dtype != np.uint8 or shown.shape != (*ids.shape, 3):
        return [Failure("media", f"a picture of {shown.shape} has a buffer of {ids.shape}, {ids.dtype}")]
    seen = measure(ids)
    objects = {entry["id"]: entry for entry in proof["objects"]}
    failures = _check_ids(seen, proof["objects"])
    if failures:
        return failures  # what follows would only repeat it
    court = _Court(document, sprites, seen, {id: entry["name"] for id, entry in objects.items()}, ids)
    repainter = Repainter(shown, ids, sprites)
    for id, each in seen.items():
        name, placement = objects[id]["name"], objects[id]["placement"]
        faults = repainter.faults(each, name, placement, court.named) if name in sprites.places else ["no such sprite"]
        failures += [Failure("pixels", f"object {id}: {fault}") for fault in faults]
    return failures + court.hear()


def _check_ids(seen: Mapping[int, Seen], objects: Sequence[Mapping[str, Any]]) -> list[Failure]:
    claimed = [entry["id"] for entry in objects]
    if sorted(claimed) != sorted(seen):
        return [Failure("ids", f"the buffer holds objects {sorted(seen)}, the proof names {sorted(claimed)}")]
    failures = []
    for entry in objects:
        each = seen[entry["id"]]
        if tuple(entry["box"]) != each.box:
            failures.append(Failure("ids", f"object {each.id}: box {list(each.box)} in the buffer, not {entry['box']}"))
        if entry["pixels"] != each.pixels:
            failures.append(Failure("ids", f"object {each.id}: {each.pixels} pixels seen, not {entry['pixels']}"))
    return failures


class _Court:
    """Hears the claims of a document one by one, against what its buffer shows."""

    def __init__(
        self, document: Document, sprites: Sprites, seen: Mapping[int, Seen], names: Mapping[int, str], ids: np.ndarray
    ):
        self.document = document
        self.sprites = sprites
        self.ids = ids
        self.names = names
        self.seen = sorted(seen.values(), key=lambda each: (*each.box, each.id))  # as lists are read out: left to right
        self.style = document.proof["style"]
        asked = {claim["query"] for claim in document.proof["claims"] if isinstance(claim["query"], str)}
        self.named = sorted({*names.values(), *(asked & sprites.places.keys())})

    def hear(self) -> list[Failure]:
        turns, claims = self.document.turns, self.document.proof["claims"]
        if [turn.role for turn in turns] != ["user", "assistant"] * len(claims):
            return [
                Failure("claims", f"{len(turns)} turns for {len(claims)} claims: not a question and an answer each")
            ]
        failures = []
        for number, claim in enumerate(claims):
            where = 2 * number + 1
            fault = self._fault(claim, turns[where - 1], turns[where])
            fault = fault if claim["turn"] == where else f"claimed of turn {claim['turn']}"
            if fault:
                failures.append(Failure("claims", f"turn {where} ({claim['kind']}): {fault}"))
        return failures

    def _fault(self, claim: Mapping[str, Any], question: Turn, answer: Turn) -> str | None:
        kind, form = claim["kind"], claim["form"]
        query = _query(claim)
        truth = self._answer(kind, query)
        if isinstance(truth, str):
            return truth
        if [each.id for each in truth] != claim["objects"]:
            return f"objects {[each.id for each in truth]} answer it, not {claim['objects']}"
        if claim.get("answer") != self._short(kind, truth):
            return f"the answer is {self._short(kind, truth)!r}, not {claim.get('answer')!r}"
        asked: tuple[Part, ...] = question.parts
        if claim["turn"] == 1:
            if asked[:2] != (Image(0), Text("\n")):
                return "the first question does not begin with the picture"
            asked = asked[2:]
        if asked not in questions(self.style, kind, query, form):
            return f"the question is not about {claim['query']!r}"
        pointed = kind in ("points", "count_points")
        found: list[Labelled] = [(self.names[each.id], _place(each, pointed, form)) for each in truth]
        name = query if isinstance(query, str) else ""
        if answer.parts not in answers(self.style, kind, name, found, form):
            return "the answer does not say what the buffer shows"
        return None

    def _answer(self, kind: str, query: str | Box | Point) -> list[Seen] | str:
        """The objects that answer a question, left to right; or what is wrong with the question."""
        match kind, query:
            case "names" | "list", "":
                return list(self.seen)
            case "refer", str(phrase):
                found = referent(phrase, self.seen, self.names, (self.ids.shape[1], self.ids.shape[0]))
                if found is None:
                    return f"{phrase!r} does not name one object clearly"
                return [each for each in self.seen if each.id == found]
            case "name_box", Box(_, x1, y1, x2, y2):
                same = [each for each in self.seen if each.box == (x1, y1, x2, y2)]
                return same if len(same) == 1 else f"{len(same)} objects have that box"
            case "name_point", Point(_, x, y):
                here = int(self.ids[int(y), int(x)])
                return [each for each in self.seen if each.id == here] or "nothing was pasted there"
            case "boxes" | "points" | "count_points", str(name):
                return [each for each in self.seen if self.names[each.id] == name] or f"there is no {name!r}"
            case "count" | "exists" | "absent", str(name):
                there = [each for each in self.seen if self.names[each.id] == name]
                if there and kind == "absent":
                    return f"there is a {name!r}"
                return there if there or name in self.sprites.places else f"{name!r} is not in the library"
        return f"{kind!r} is no kind of question about {query!r}"

    def _short(self, kind: str, truth: list[Seen]) -> str | int | None:
        """The answer as evaluation compares it; None where boxes or points are the answer."""
        if kind in ("count", "count_points"):
            return len(truth)
        if kind in ("name_box", "name_point"):
            return self.names[truth[0].id]
        if kind == "names":
            return ", ".join(self.names[each.id] for each in truth)
        return ("yes" if truth else "no") if kind == "exists" else None


def _query(claim: Mapping[str, Any]) -> str | Box | Point:
    match claim["query"]:
        case [x, y]:
            return Point(0, x, y, claim["form"])
        case [x1, y1, x2, y2]:
            return Box(0, x1, y1, x2, y2, claim["form"])
    return claim["query"]


def _place(each: Seen, pointed: bool, form: Any) -> Box | Point:
    return Point(0, *each.nearest_to_mean(), form) if pointed else Box(0, *each.box, form)
