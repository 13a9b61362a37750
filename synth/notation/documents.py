"""What is said of a figure of notation: its markup, its transcription, questions, and places in it.

A room tells `Said` what its figures hold; the claims are a view, the number of a wording, what is asked, and the
figure's truth, from which every word follows.
"""

import html
import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from curation.config import Config
from curation.document import Box, Image, Part, Point, Text, Turn
from synth.encode import PictureSettings
from synth.listing import frame
from synth.mutation import shift
from synth.notation.figure import Figure
from synth.notation.redrawing import ink
from synth.sample import Checker, Claims, Draft, Evidence, Failure

Truth = Mapping[str, Any]
VIEWS = ("html", "text", "vqa", "locate")


class NotationSettings(Config):
    """`views` are drawn of every figure: this many of html, text, vqa and locate, in an order of chance."""

    views: int = Field(2, ge=1, le=4)
    picture: PictureSettings = PictureSettings()


class NotationChecker(Checker):
    """Turns and proof of figures whose room says how they are described and read back."""

    checks: ClassVar[tuple[str, ...]] = ("ink", "reading")
    heading: ClassVar[str]  # the attributes of the markup's <div>
    requests: ClassVar[tuple[str, ...]]  # for a transcription

    @abstractmethod
    def content(self, truth: Truth) -> str:
        """The transcription."""

    @abstractmethod
    def answers(self, truth: Truth) -> dict[str, tuple[str, str]]:
        """Questions that the figure settles: name -> (question, answer)."""

    @abstractmethod
    def places(self, truth: Truth) -> dict[str, tuple[str, list[tuple[str, Box | Point]]]]:
        """What can be located: name -> (request, labelled boxes or points in reading order)."""

    @abstractmethod
    def drawn(self, truth: Truth) -> Truth:
        """The part of the truth that the ink alone decides: signs and lines, and what is needed to paint them."""

    @abstractmethod
    def ink_faults(self, seen: np.ndarray, truth: Truth) -> list[str]:
        """Where the ink (see `redrawing.ink`) is not what is drawn."""

    @abstractmethod
    def reading_faults(self, seen: np.ndarray, truth: Truth) -> list[str]:
        """Where what is drawn says something else than the truth does."""

    @abstractmethod
    def lies(self, truth: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
        """Untrue versions of the truth, named."""

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        truth, number = claims["figure"], claims["wording"]
        match claims["view"]:
            case "html":
                return (_asked("QwenVL HTML", True), Turn("assistant", self._markup(truth)))
            case "text":
                request = self.requests[number % len(self.requests)]
                return (_asked(request, True), Turn("assistant", (Text(self.content(truth)),)))
            case "locate":
                request, found = self.places(truth)[claims["asked"][0]]
                return (_asked(request, True), Turn("assistant", tuple(_listed(found))))
        said, turns = self.answers(truth), list[Turn]()
        for name in claims["asked"]:
            question, answer = said[name]
            turns += [_asked(question, not turns), Turn("assistant", (Text(answer),))]
        return tuple(turns)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        truth = claims["figure"]
        seen = evidence.once("ink", lambda: ink(evidence.picture()))
        faults = evidence.once(("drawn", self.heading, _key(self.drawn(truth))), lambda: self.ink_faults(seen, truth))
        for fault in faults:
            yield Failure("ink", fault)
        if not faults:
            key = ("read", self.heading, _key(truth))
            for fault in evidence.once(key, lambda: self.reading_faults(seen, truth)):
                yield Failure("reading", fault)

    def faults(self, picture: np.ndarray, truth: Truth) -> list[str]:
        """What contradicts a figure's truth in its picture, (height, width, 3) uint8; nothing if it holds."""
        seen = ink(picture)
        return self.ink_faults(seen, truth) or self.reading_faults(seen, truth)

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        for name, truth in self.lies(claims["figure"], rng):
            if _answerable(self, claims, truth):
                yield name, {**claims, "figure": truth}

    def _markup(self, truth: Truth) -> tuple[Part, ...]:
        x1, y1, x2, y2 = truth["box"]
        box = Box(0, x1, y1, x2, y2, "html")
        head = Text(f'<html><body>\n<div {self.heading} data-bbox="')
        content = html.escape(self.content(truth), quote=False)
        return (head, box, Text('"> <img data-bbox="'), box, Text(f'" /> <div> {content} </div></div>\n</body></html>'))

    def drafts(self, figure: Figure, settings: NotationSettings, rng: np.random.Generator) -> Iterator[Draft]:
        """Some views of one figure, of one picture file."""
        picture = settings.picture.encode(rng, "figure", figure.image)
        said, places = sorted(self.answers(figure.truth)), sorted(self.places(figure.truth))
        views = [view for view in VIEWS if {"vqa": said, "locate": places}.get(view, True)]
        for place in sorted(rng.permutation(len(views))[: settings.views]):
            view = views[place]
            asked: list[str] = []
            if view == "vqa":
                asked = [said[each] for each in rng.permutation(len(said))[: rng.integers(1, 5)]]
            elif view == "locate":
                asked = [places[rng.integers(len(places))]]
            claims = {"view": view, "wording": int(rng.integers(60)), "asked": asked, "figure": figure.truth}
            task = {"html": "html", "text": "ocr", "vqa": "vqa", "locate": "grounding"}[view]
            yield Draft(task, "en", (picture,), claims, view)


def _key(truth: Truth) -> str:
    return json.dumps(truth, sort_keys=True)


def ink_box_lie(truth: dict[str, Any]) -> dict[str, Any]:
    """The box of the whole shifted by 15% of its sides, at least 4 px."""
    x1, y1, x2, y2 = truth["box"]
    dx, dy = shift(x2 - x1), shift(y2 - y1)
    return {**truth, "box": [x1 + dx, y1 + dy, x2 + dx, y2 + dy]}


def _answerable(checker: NotationChecker, claims: Claims, truth: dict[str, Any]) -> bool:
    """Whether what was asked can still be answered when this is taken for true."""
    known: dict[str, Any] = {}
    match claims["view"]:
        case "vqa":
            known = checker.answers(truth)
        case "locate":
            known = checker.places(truth)
    return set(claims["asked"]) <= set(known)


def _asked(text: str, first: bool) -> Turn:
    return Turn("user", (Image(0), Text("\n" + text)) if first else (Text(text),))


def _listed(found: Sequence[tuple[str, Box | Point]]) -> Iterator[Part]:
    """A JSON list, an entry a line."""
    yield Text("[")
    for number, (label, place) in enumerate(found):
        before, after = frame(label, place, "json")
        yield Text((",\n  " if number else "\n  ") + before)
        yield place
        yield Text(after)
    yield Text("\n]" if found else "]")
