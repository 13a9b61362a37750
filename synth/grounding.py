"""Grounding: questions about where things are, what they are and how many, on scenes whose truth is known by pixel."""

import hashlib
import io
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import PIL.Image
from pydantic import Field, field_validator, model_validator

from curation.config import Config
from curation.document import Box, Document, Image, Media, Part, Point, Source, Text, Turn
from synth.backgrounds import BackgroundError, Backgrounds
from synth.proof import CHECKS, Failure, Unproven, check
from synth.questions import Question, ask, central_point
from synth.scene import Scene, SceneSettings, compose
from synth.sprites import Sprites
from synth.wording import KINDS, Kind, ListForm, Style, answers, questions

GENERATOR, VERSION = "grounding", "1"
DRAWS = 5  # scenes drawn for a seed before the settings are held to be at fault
POINTED = ("points", "count_points")


class GroundingSettings(Config):
    """Settings of the grounding generator; ranges are (least, most), both included."""

    sprites: str  # a colour bitmap font, or a folder of PNG files with alpha
    names: dict[str, str] = Field({})  # what to call a sprite -> its own name; empty: every sprite by its own name
    backgrounds: str  # a folder of photographs, which must not show what `names` names
    licence: str = ""  # of sprites and backgrounds
    scene: SceneSettings = SceneSettings()
    image: Literal["jpg", "png"] = "jpg"
    quality: int = Field(90, ge=75, le=100)  # of JPEG
    questions: tuple[int, int] = (4, 8)  # a document
    kinds: dict[Kind, float] = Field(
        {
            **{"boxes": 3, "points": 2, "name_box": 2, "name_point": 1, "refer": 3},
            **{"count": 2, "count_points": 1, "absent": 1, "exists": 1, "names": 1, "list": 1},
        }
    )  # weights; those not named are not asked
    forms: tuple[ListForm, ...] = Field(("json", "xml", "plain"), min_length=1)
    style: Style = "rich"

    @field_validator("names", mode="before")
    @classmethod
    def _own_names(cls, names: Any) -> Any:
        """A plain list of sprites keeps their names."""
        return {name: name for name in names} if isinstance(names, list | tuple) else names

    @model_validator(mode="after")
    def _ranges(self) -> "GroundingSettings":
        least, most = self.questions
        if not 1 <= least <= most <= 64:
            raise ValueError(f"questions: {least} to {most} is not a range within 1 to 64")
        if min(self.kinds.values(), default=0) < 0 or not sum(self.kinds.values()) > 0:
            raise ValueError(f"kinds: weights of 0 or more are wanted, one of them above 0, for: {', '.join(KINDS)}")
        return self


@dataclass(frozen=True)
class Sample:
    """A proven document and the encoded bytes of its media: the scene and its instance-ID buffer."""

    document: Document
    contents: tuple[bytes, ...]


class Grounding:
    """The generator. Loads sprites and lists backgrounds once; raises SpriteError or BackgroundError with one line."""

    def __init__(self, settings: GroundingSettings):
        self.settings = settings
        self.sprites = Sprites.load(settings.sprites, settings.names or None)
        widths, heights = zip(*settings.scene.canvases, strict=True)
        self.backgrounds = Backgrounds(settings.backgrounds, (max(widths), max(heights)))

    def generate(self, seed: int) -> Sample:
        """The sample of a seed (0 or more): equal on every machine with equal settings, sprites and backgrounds.

        Raises Unproven, with the evidence, where no scene could be drawn or the sample fails its own proof.
        """
        rng = np.random.Generator(np.random.PCG64(seed))
        scene, asked = self._interview(rng)
        contents = self._encode(scene)
        document = self._document(rng, seed, scene, asked, contents)
        failures = check(document, contents, self.sprites)
        if failures:
            raise Unproven(failures)
        checks = dict.fromkeys(CHECKS, True)
        return Sample(replace(document, proof={**document.proof, "checks": checks}), contents)

    def _interview(self, rng: np.random.Generator) -> tuple[Scene, list[Question]]:
        settings = self.settings
        for _ in range(DRAWS):
            count = int(rng.integers(settings.questions[0], settings.questions[1] + 1))
            try:
                scene = compose(rng, settings.scene, self.sprites, self.backgrounds)
            except BackgroundError as error:
                raise Unproven([Failure("background", str(error))]) from error
            if scene is None:
                raise Unproven([Failure("scene", "the least number of objects found no room: fewer, or smaller sizes")])
            asked = ask(rng, scene, self.sprites, settings.kinds, settings.forms, count)
            if len(asked) >= settings.questions[0]:
                return scene, asked
        raise Unproven([Failure("questions", f"fewer than {settings.questions[0]} could be asked in {DRAWS} scenes")])

    def _encode(self, scene: Scene) -> tuple[bytes, bytes]:
        shown, buffer = io.BytesIO(), io.BytesIO()
        if self.settings.image == "jpg":
            scene.image.save(shown, "JPEG", quality=self.settings.quality)
        else:
            scene.image.save(shown, "PNG", compress_level=3)
        ids = PIL.Image.fromarray(scene.ids)
        ids.putpalette(
            _PALETTE
        )  # people see the objects; and a palette image is written 3 times faster than a grey one
        ids.save(buffer, "PNG", compress_level=3)
        return shown.getvalue(), buffer.getvalue()

    def _document(
        self, rng: np.random.Generator, seed: int, scene: Scene, asked: list[Question], contents: tuple[bytes, ...]
    ) -> Document:
        turns: list[Turn] = []
        claims = []
        for question in asked:
            picture: tuple[Part, ...] = () if turns else (Image(0), Text("\n"))
            turns.append(Turn("user", (*picture, *self._pick(rng, self._wordings(question)))))
            turns.append(Turn("assistant", self._pick(rng, self._answers(question, scene))))
            claims.append(_claim(len(turns) - 1, question))
        name = f"{GENERATOR}/{VERSION}"
        size = scene.image.size
        media = tuple(
            Media("image", form, *size, hashlib.sha256(content).hexdigest(), f"{name}?seed={seed}#{part}")
            for content, form, part in zip(contents, (self.settings.image, "png"), ("scene", "ids"), strict=True)
        )
        proof = {
            **{"generator": GENERATOR, "version": VERSION, "seed": seed, "style": self.settings.style},
            **{"library": self.sprites.digest, "background": scene.background},
            "objects": [{**asdict(thing), "box": list(thing.box)} for thing in scene.things],
            "claims": claims,
        }
        source = Source(licence=self.settings.licence, generator=name, seed=seed)
        return Document(tuple(turns), media, task=GENERATOR, language="en", source=source, proof=proof)

    def _pick(self, rng: np.random.Generator, wordings: list[tuple[Part, ...]]) -> tuple[Part, ...]:
        return wordings[rng.integers(len(wordings))]

    def _wordings(self, question: Question) -> list[tuple[Part, ...]]:
        return questions(self.settings.style, question.kind, question.query, question.form)

    def _answers(self, question: Question, scene: Scene) -> list[tuple[Part, ...]]:
        query = question.query if isinstance(question.query, str) else ""
        found: list[tuple[str, Box | Point]] = []
        for thing in question.things:
            pointed = question.kind in POINTED
            place = Point(0, *central_point(scene, thing)) if pointed else Box(0, *thing.box)
            found.append((thing.name, replace(place, form=question.form)))
        return answers(self.settings.style, question.kind, query, found, question.form)


def _claim(turn: int, question: Question) -> dict[str, Any]:
    """What the answer in turn `turn` says, for evaluation and for the proof."""
    match question.query:
        case Box(_, x1, y1, x2, y2):
            query: Any = [x1, y1, x2, y2]
        case Point(_, x, y):
            query = [x, y]
        case name:
            query = name
    claim = {"turn": turn, "kind": question.kind, "query": query, "form": question.form}
    claim["objects"] = [thing.id for thing in question.things]
    match question.kind:
        case "count" | "count_points":
            claim["answer"] = len(question.things)
        case "name_box" | "name_point":
            claim["answer"] = question.things[0].name
        case "names":
            claim["answer"] = ", ".join(thing.name for thing in question.things)
        case "exists":
            claim["answer"] = "yes" if question.things else "no"
    return claim


_PALETTE = bytes((place * step) % 256 for place in range(256) for step in (67, 131, 29))  # black, then distinct colours
