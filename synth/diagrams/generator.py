"""Diagrams: graphs, trees, flow charts and organisation charts whose nodes and edges are read back from the picture."""

import copy
import json
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from curation.config import Config
from curation.document import Turn
from synth.canvas import CanvasSettings
from synth.charts.specs.content import Spec
from synth.diagrams.lies import LIES
from synth.diagrams.proof import faults
from synth.diagrams.render import render
from synth.diagrams.specs import spec
from synth.diagrams.views import VIEWS, turns
from synth.encode import PictureSettings
from synth.ocr.fonts import find
from synth.ocr.languages import Code
from synth.sample import Checker, Claims, Draft, Evidence, Failure, Generator, Unproven
from synth.weights import Weights, draw


class DiagramSettings(Config):
    """`nodes` is (least, most); `of_one` documents are made of one picture, each another view."""

    languages: Weights[Code] = Field({"en": 1.0})
    nodes: tuple[int, int] = (4, 10)
    of_one: int = Field(3, ge=1, le=len(VIEWS))
    canvas: CanvasSettings = CanvasSettings(pixels=(250_880, 802_816), aspects=(0.7, 1.8))
    picture: PictureSettings = PictureSettings()


class DiagramChecker(Checker):
    """Proves diagrams by `synth.diagrams.proof`."""

    checks = ("texts", "nodes", "edges")

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        spec = claims["spec"]
        key = json.dumps(spec, sort_keys=True)
        for check, seen in evidence.once(key, lambda: list(faults(evidence.picture(), spec))):
            yield Failure(check, seen)

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        for name, lie in LIES.items():
            changed = copy.deepcopy(claims)
            if lie(changed["spec"], rng):
                yield name, changed


class Diagrams(Generator):
    """One picture a seed, in a few views."""

    name = "diagram"
    version = "2"
    settings: ClassVar[type[Config]] = DiagramSettings
    tools = ("matplotlib", "networkx", "pillow", "babel")
    licence = "CC0-1.0"

    def __init__(self, settings: DiagramSettings):
        self.given = settings
        for language in settings.languages:
            find(language)
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: Any) -> Checker:
        return DiagramChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        given = self.given
        language = draw(rng, given.languages)
        made = self._spec(rng, language)
        picture = given.picture.encode(rng, "diagram", render(made))
        for number in rng.permutation(len(VIEWS))[: given.of_one]:
            view: str = VIEWS[number]
            claims: Claims = {"spec": made, "view": view}
            if view == "boxes":
                claims["form"] = str(rng.choice(["json", "xml"]))
            if view == "questions":
                nodes = rng.permutation(len(made["names"]))[:2]
                claims["questions"] = [["nodes", 0], ["edges", 0], *(["from", int(node)] for node in nodes)]
                labelled = [number for number, label in enumerate(made["labels"]) if label]
                claims["questions"] += [["label", int(number)] for number in rng.permutation(labelled)[:1]]
            task = {"boxes": "grounding", "questions": "vqa"}.get(view, "chart")
            yield Draft(task, language, (picture,), claims, view)

    def _spec(self, rng: np.random.Generator, language: str) -> Spec:
        for attempt in range(40):
            try:
                return spec(rng, language, self.given.canvas.draw(rng), self.given.nodes)
            except Unproven:
                if attempt == 39:
                    raise
        raise AssertionError("the loop returns or raises")
