"""Grounding, captions and questions about scenes whose truth is known by pixel: one scene, several documents."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from curation.config import Config
from synth.encode import PictureSettings, buffer
from synth.grounding.captions import Length, sentences
from synth.grounding.library.backgrounds import BackgroundError, Backgrounds
from synth.grounding.library.sources import SpriteError, SpriteSource
from synth.grounding.library.sprites import Sprites
from synth.grounding.proof import GroundingChecker
from synth.grounding.questions import Asker, Claim, ask
from synth.grounding.scene import Placement, Scene, SceneSettings, Thing, compose
from synth.grounding.wording import KINDS, UNASKED, Kind, ListForm, Style
from synth.sample import Draft, Encoded, Failure, Generator, Unproven
from synth.weights import Weights, draw, in_order

View = Literal["grounding", "vqa", "caption", "knowledge"]
DRAWS = 5  # scenes drawn for a seed before the settings are held to be at fault
VQA: dict[Kind, float] = {"verify": 3, "choose": 3, "count": 1, "exists": 1}
PLACED = tuple(field.name for field in fields(Placement))
UNASKED_SHARE = 0.3  # of captions that follow their picture without a question


class GroundingSettings(Config):
    """Settings of the grounding generator; ranges are (least, most), both included."""

    sprites: str | tuple[SpriteSource, ...] = Field(min_length=1)  # a font, a folder or an icon set; or several
    names: dict[str, str] = Field({})  # what to call a sprite -> its own name; empty: every sprite by its own name
    wordnet: str = ""  # a folder of WordNet's files, by which icons' and clip art's names must be of things
    backgrounds: str | tuple[str, ...] = Field(min_length=1)  # folders of photographs, without what `names` names
    licence: str = ""  # of sprites and backgrounds; sources of sprites may have their own
    scene: SceneSettings = SceneSettings()
    picture: PictureSettings = PictureSettings()
    views: tuple[View, ...] = Field(("grounding",), min_length=1)  # documents of a scene
    questions: tuple[int, int] = (4, 8)  # a document
    kinds: dict[Kind, float] = Field(
        {
            **{"boxes": 3, "points": 2, "name_box": 2, "name_point": 1, "refer": 3},
            **{"count": 2, "count_points": 1, "absent": 1, "exists": 1, "names": 1, "list": 1, "mask": 1},
        }
    )  # weights, of the view `grounding`; those not named are not asked
    lengths: Weights[Length] = Field({"short": 1, "medium": 2, "long": 2})  # of captions
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
        if min(self.kinds.values(), default=0) < 0 or not sum(self.kinds.values()) > 0 or "caption" in self.kinds:
            wanted = ", ".join(kind for kind in KINDS if kind != "caption")
            raise ValueError(f"kinds: weights of 0 or more are wanted, one of them above 0, for: {wanted}")
        return self


class Grounding(Generator):
    """The generator. Lists sprites and backgrounds once; raises SpriteError or BackgroundError with one line."""

    name: ClassVar = "grounding"
    version: ClassVar = "2"
    settings: ClassVar = GroundingSettings
    tools: ClassVar = ("pillow", "numpy", "cairosvg", "opencv-python-headless")
    checker: GroundingChecker

    def __init__(self, settings: GroundingSettings):
        self.chosen = settings
        self.licence = settings.licence
        self.checker = self.make_checker(settings)
        self.sprites = self.checker.sprites
        self.digest = self.sprites.digest
        self.backgrounds = Backgrounds(settings.backgrounds, settings.scene.largest)

    @classmethod
    def make_checker(cls, settings: GroundingSettings) -> GroundingChecker:
        return GroundingChecker(library(settings.sprites, settings.names, settings.wordnet))

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        """One document a view, all of one scene."""
        with drawable():
            yield from self._drafts(rng)

    def _drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        for _ in range(DRAWS):
            scene = self._scene(rng)
            asker = Asker(rng, scene, self.sprites, self.chosen.style)
            told = {view: self._told(view, asker) for view in self.chosen.views}
            lacking = [view for view, claims in told.items() if not claims and view != "knowledge"]
            if any(told.values()) and not lacking:  # of some things the library knows nothing but the name
                break
        else:
            raise Unproven(
                [Failure("questions", f"too few could be asked in {DRAWS} scenes: {', '.join(lacking or told)}")]
            )
        media = (self.chosen.picture.encode(rng, "scene", scene.image), buffer(scene.ids))
        for view, claims in told.items():
            if claims:
                yield self._draft(view, scene, claims, media)

    def _scene(self, rng: np.random.Generator) -> Scene:
        scene = compose(rng, self.chosen.scene, self.sprites, self.backgrounds)
        if scene is None:
            raise Unproven([Failure("scene", "the least number of objects found no room: fewer, or smaller sizes")])
        return scene

    def _told(self, view: View, asker: Asker) -> list[Claim]:
        """The questions of a view; none where there are too few."""
        rng, settings = asker.rng, self.chosen
        count = int(rng.integers(settings.questions[0], settings.questions[1] + 1))
        match view:
            case "caption":
                length = draw(rng, in_order(settings.lengths))
                claim = asker.claim("caption", "", "json", [])
                claim["sentences"] = sentences(rng, asker.facts, len(asker.things), length)
                if rng.random() < UNASKED_SHARE:
                    claim["wording"][0] = UNASKED
                return [claim]
            case "knowledge":
                return asker.knowledge(settings.forms[int(rng.integers(len(settings.forms)))])
        asked = ask(asker, VQA if view == "vqa" else settings.kinds, settings.forms, count)
        return asked if len(asked) >= settings.questions[0] else []

    def _draft(self, view: View, scene: Scene, asked: list[Claim], media: tuple[Encoded, ...]) -> Draft:
        questions = [{"turn": 2 * number + 1, **claim} for number, claim in enumerate(asked)]
        claims = {
            **{"style": self.chosen.style, "library": self.sprites.digest, "background": scene.background},
            **{"objects": [_entry(thing) for thing in scene.things], "questions": questions},
        }
        drawings = (self.sprites.drawings[self.sprites.numbers[thing.sprite]] for thing in scene.things)
        licence = "; ".join(sorted({drawing.licence for drawing in drawings} - {""}))
        return Draft(view, "en", media, claims, "" if view == "grounding" else view, licence)


def _entry(thing: Thing) -> dict[str, Any]:
    """An object as a document claims it."""
    placement = {name: getattr(thing.placement, name) for name in PLACED}
    return {
        **{"id": thing.id, "name": thing.name, "sprite": thing.sprite, "box": list(thing.box)},
        **{"point": list(thing.point), "pixels": thing.pixels, "placement": placement},
    }


@contextmanager
def drawable() -> Iterator[None]:
    """A file whose pixels are damaged is found when it is drawn: that is raised as Unproven."""
    try:
        yield
    except (BackgroundError, SpriteError) as error:
        check = "background" if isinstance(error, BackgroundError) else "sprite"
        raise Unproven([Failure(check, str(error))]) from error


def library(sprites: str | tuple[SpriteSource, ...], names: dict[str, str], wordnet: str) -> Sprites:
    """The sprites of a recipe. Recipes with the same ones share them: decoded they take hundreds of megabytes."""
    sources = sprites if isinstance(sprites, str) else [source.model_dump() for source in sprites]
    return _library(json.dumps([sources, names, wordnet]))


@lru_cache(2)
def _library(wanted: str) -> Sprites:
    sources, names, wordnet = json.loads(wanted)
    if not isinstance(sources, str):
        sources = tuple(SpriteSource.model_validate(source) for source in sources)
    return Sprites.load(sources, names or None, wordnet)
