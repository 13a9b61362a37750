"""Charts: tables, code, questions, boxes and descriptions; every number is read back from the picture."""

import copy
import json
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import Field, field_validator

from curation.config import Config
from curation.document import Turn
from synth.canvas import CanvasSettings
from synth.charts import figure, requests
from synth.charts import views as tellings
from synth.charts.data import groups
from synth.charts.lies import tell
from synth.charts.proof.check import check_all
from synth.charts.specs.content import Spec
from synth.encode import PictureSettings
from synth.ocr.fonts import find
from synth.ocr.languages import Code
from synth.prove import DAMAGE
from synth.sample import Checker, Claims, Draft, Evidence, Failure, Generator
from synth.weights import Weights, draw

Kind = Literal[
    "bar", "line", "scatter", "pie", "box", "violin", "histogram", "heatmap", "area", "radar", "treemap", "combo"
]
Engine = Literal["matplotlib", "seaborn", "plotly"]
View = Literal["csv", "markdown", "html", "code", "questions", "boxes", "caption"]
DRAWS = 3  # of a picture before one that its proof cannot read is handed over, to be rejected
TASKS = {
    **dict.fromkeys(("csv", "markdown", "code"), "chart"),
    **{"html": "html", "questions": "vqa", "boxes": "grounding", "caption": "caption"},
}


class ChartSettings(Config):
    """Weights of languages, kinds, libraries and views; those not named are not made."""

    languages: Weights[Code] = Field({"en": 3.0, "zh": 2.0})
    kinds: Weights[Kind] = Field(dict.fromkeys(get_args(Kind), 1.0))
    engines: Weights[Engine] = Field({"matplotlib": 0.7, "seaborn": 0.2, "plotly": 0.1})
    views: Weights[View] = Field(dict.fromkeys(get_args(View), 1.0))
    of_one: int = Field(3, ge=1, le=len(tellings.VIEWS))  # documents made of one picture, each another view
    questions: int = Field(4, ge=1, le=12)  # at most, a document
    canvas: CanvasSettings = CanvasSettings(pixels=(150_528, 602_112), aspects=(0.7, 1.8))
    picture: PictureSettings = PictureSettings()

    @field_validator("canvas")
    @classmethod
    def _roomy(cls, canvas: CanvasSettings) -> CanvasSettings:
        if canvas.pixels[0] < 150_000:
            raise ValueError("a chart needs pixels: 150,000 at least")
        return canvas


class ChartChecker(Checker):
    """Proves charts by `synth.charts.proof.check`."""

    checks = ("texts", "axes", "marks", "values")
    audits = ("code", "ocr")

    def __init__(self) -> None:
        self._borne_out: tuple[bytes, str] | None = None  # the last picture that was looked at, and its claims

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return tellings.turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        truth = claims["figure"]
        told = json.dumps(truth, sort_keys=True)  # all that the views of a picture share
        if not audit and self._borne_out == (evidence.contents[0], told):
            return
        for check, seen in evidence.once((audit, told), lambda: list(check_all(evidence.picture(), truth, audit))):
            yield Failure(check, seen)

    def bears_out(self, content: bytes, truth: Spec) -> bool:
        """Whether a picture shows what is claimed; remembered, so that `failures` need not look again."""
        evidence = Evidence((content,))
        try:
            if any(self.failures({"figure": truth}, evidence, audit=False)):
                return False
        except DAMAGE:
            return False
        self._borne_out = content, json.dumps(truth, sort_keys=True)
        return True

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        for lie, untrue in tell(claims["figure"], rng):
            changed = {**copy.deepcopy(claims), "figure": untrue}
            try:
                tellings.turns(changed)
            except (AssertionError, LookupError, ValueError):
                continue  # a lie that cannot be told in this view: a question about a value that is gone
            yield lie, changed


class Charts(Generator):
    """One picture a seed, in a few views."""

    name = "chart"
    version = "2"
    settings: ClassVar[type[Config]] = ChartSettings
    tools = ("matplotlib", "seaborn", "plotly", "playwright", "pillow", "babel", "squarify")
    licence = "CC0-1.0"
    checker: ChartChecker

    def __init__(self, settings: ChartSettings):
        self.given = settings
        for language in settings.languages:
            find(language)  # raises UserError where a font is missing
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: Any) -> ChartChecker:
        return ChartChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        """A picture that its own proof cannot read (letters that touch, a colour lost in JPEG) is drawn anew, twice."""
        given = self.given
        language, kind, engine = draw(rng, given.languages), draw(rng, given.kinds), draw(rng, given.engines)
        for _ in range(DRAWS):
            drawn = figure.draw(rng, language, given.canvas.draw(rng), kind, engine)
            picture = given.picture.encode(rng, "chart", drawn.image)
            if self.checker.bears_out(picture.content, drawn.truth):
                break
        wanted = [name for name in given.views if given.views[name] > 0]
        weights = np.array([given.views[name] for name in wanted])
        order = (
            rng.permutation(len(wanted))
            if len(set(weights)) == 1
            else np.argsort(-(rng.random(len(wanted)) ** (1 / weights)))
        )
        made = 0
        for view in (wanted[number] for number in order):
            claims = self._claims(rng, view, drawn.truth)
            if claims and made < given.of_one:
                made += 1
                said = "en" if view == "caption" else language
                yield Draft(TASKS[view], said, (picture,), claims, view)

    def _claims(self, rng: np.random.Generator, view: str, truth: Spec) -> Claims | None:
        """None where this view has nothing to say about the chart."""
        claims: Claims = {"figure": truth, "view": view}
        if view == "questions":
            claims["questions"] = _questions(rng, truth["spec"], self.given.questions)
            return claims if claims["questions"] else None
        if view == "boxes":
            claims["form"] = str(rng.choice(["json", "xml"]))
            if not 2 <= len(tellings.boxes(truth)) <= 60:
                return None
        claims["wording"] = int(rng.integers(len(requests.CHARTS[str(claims.get("form", view))])))
        return claims


def _questions(rng: np.random.Generator, spec: Spec, most: int) -> list[Spec]:
    """Different questions that have one answer each."""
    asked: list[Spec] = []
    for _ in range(4 * most):
        each = _question(rng, spec)
        try:
            if each and each not in asked and all(tellings.exchange(spec, each)):
                asked.append(each)
        except ValueError:  # the highest value is that of two
            continue
        if len(asked) == most:
            break
    return asked


def _question(rng: np.random.Generator, spec: Spec) -> Spec | None:
    """A question about some values; None where they do not allow it."""
    panel, told = spec["panels"][0], groups(spec)
    if spec["kind"] == "scatter":
        number = int(rng.integers(len(panel["series"])))
        named = panel["series"][number]["name"] or spec["title"]
        return {"kind": "points", "group": number} if named else None
    kinds = ["value", "value", "highest", "lowest", "difference", "count"]
    kinds += ["trend"] if spec["kind"] == "line" else []
    alike = len(told) > 1 and len(spec["panels"]) == 1 and spec["kind"] in ("bar", "line", "radar")
    kind, number = str(rng.choice(kinds + ["series"] * alike)), int(rng.integers(len(told)))
    group = told[number]
    places = [n for n, value in enumerate(group.values) if value is not None]
    if kind in ("value", "difference", "series"):
        needed = 1 + (kind == "difference")
        if len(places) < needed:
            return None
        return {"kind": kind, "group": number, "places": [int(n) for n in rng.choice(places, needed, replace=False)]}
    whole = bool(group.name or (spec["title"] and len(spec["panels"]) == 1))
    return {"kind": kind, "group": number} if whole and places else None
