"""Films of scenes whose every event is known: several documents of a film, proved in all of its frames."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
import PIL.Image
from pydantic import Field, field_validator

from curation.config import Config
from curation.document import TimeForm, Turn
from synth.encode import PictureSettings
from synth.grounding.generator import drawable, library
from synth.grounding.library.backgrounds import Backgrounds
from synth.grounding.library.sources import SpriteSource
from synth.grounding.library.sprites import Sprites
from synth.sample import Checker, Claims, Draft, Encoded, Evidence, Failure, Generator, Unproven
from synth.video import film
from synth.video.scenes import paint, tracks
from synth.video.scenes.asked import VIEWS, Asker
from synth.video.scenes.lies import mutations
from synth.video.scenes.outline import box
from synth.video.scenes.proof import faults
from synth.video.scenes.stage import Stage, StageSettings
from synth.video.scenes.views import TASKS, turns
from synth.weights import Weights, draw, in_order

View = Literal["when", "what", "dense", "caption", "order", "count", "where", "present", "who", "frame"]
FILMS = 6  # drawn for a seed before the settings are held to be at fault
MOVING = ("enter", "leave", "cross", "go")


class VideoSceneSettings(Config):
    """Sprites and backgrounds as in the recipes of `grounding`; `stage` is what happens, `views` are weights, and
    `of_one` documents are made of a film, each another view."""

    sprites: str | tuple[SpriteSource, ...] = Field(min_length=1)
    names: dict[str, str] = Field({})
    wordnet: str = ""
    backgrounds: str | tuple[str, ...] = Field(min_length=1)
    licence: str = ""
    stage: StageSettings = StageSettings()
    picture: PictureSettings = PictureSettings(formats={"jpg": 3, "png": 1}, quality=(85, 95))  # of a single frame
    views: Weights[View] = Field(
        {
            **{"when": 4, "what": 2, "dense": 3, "caption": 2, "order": 2, "count": 2},
            **{"where": 1, "present": 1, "who": 1, "frame": 1},
        }
    )
    of_one: int = Field(4, ge=1, le=len(TASKS))
    forms: Weights[TimeForm] = Field({"seconds": 2, "hmsf": 1})
    least_events: int = Field(2, ge=1)

    @field_validator("names", mode="before")
    @classmethod
    def _own_names(cls, names: Any) -> Any:
        return {name: name for name in names} if isinstance(names, list | tuple) else names


class VideoSceneChecker(Checker):
    """Media: the film, a frame of it where the view shows one, then the grounds of its shots."""

    checks: ClassVar[tuple[str, ...]] = ("film", "pixels", "events", "answers", "frame")

    def __init__(self, sprites: Sprites):
        self.sprites = sprites

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        if claims["library"] != self.sprites.digest:
            yield Failure("pixels", "these sprites are not of the library that the film was drawn with")
            return
        yield from faults(claims, evidence, self.sprites)

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from mutations(claims, rng)


class VideoScenes(Generator):
    """One film a seed."""

    name = "video_scene"
    version = "1"
    settings = VideoSceneSettings
    tools = ("pillow", "numpy", "cairosvg", "opencv-python-headless", "av")
    checker: VideoSceneChecker

    def __init__(self, settings: VideoSceneSettings):
        self.given = settings
        self.licence = settings.licence
        self.checker = self.make_checker(settings)
        self.sprites = self.checker.sprites
        self.digest = self.sprites.digest
        most, (least, widest) = settings.stage.canvas.pixels[1], settings.stage.canvas.aspects
        largest = int((most * widest) ** 0.5 * 1.3) + 32, int((most / least) ** 0.5 * 1.3) + 32  # room for the camera
        self.stage = Stage(settings.stage, self.sprites, Backgrounds(settings.backgrounds, largest))

    @classmethod
    def make_checker(cls, settings: VideoSceneSettings) -> VideoSceneChecker:
        return VideoSceneChecker(library(settings.sprites, settings.names, settings.wordnet))

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        with drawable():
            yield from self._drafts(rng)

    def _drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        given = self.given
        for attempt in range(FILMS):
            try:
                spec, stored, grounds = self.stage.draw(rng)
            except Unproven:
                if attempt == FILMS - 1:
                    raise
                continue
            if len(spec["events"]) >= given.least_events:
                break
        else:
            raise Unproven([Failure("stage", f"too little happened in {FILMS} films")])
        times = tracks.times(spec)
        made = film.encode(paint.frames(spec, grounds, self.sprites), times, "film", given.stage.coding.draw(rng))
        keys = {look[2] for thing in spec["objects"] for look in thing["looks"]}
        drawings = (self.sprites.drawings[self.sprites.numbers[key]] for key in keys)
        licence = "; ".join(sorted({drawing.licence for drawing in drawings} - {""}))
        asker, left, done = Asker(rng, spec, self.sprites), dict(in_order(given.views)), 0
        while done < given.of_one and any(left.values()):
            view = draw(rng, left)
            left.pop(view)
            media, claims = self._view(view, asker, made, stored, times)
            if claims["items"]:
                done += 1
                yield Draft(TASKS[view], "en", media, claims, view, licence)
            if not left:
                break

    def _view(
        self, view: str, asker: Asker, made: Encoded, stored: list[Encoded], times: np.ndarray
    ) -> tuple[tuple[Encoded, ...], Claims]:
        form = draw(asker.rng, in_order(self.given.forms))
        claims: Claims = {"spec": asker.spec, "library": self.digest, "view": view, "form": form, "items": []}
        media = (made, *stored)
        if view == "frame":
            frame, picture, items = self._frame(asker, made, times)
            claims |= {"frame": frame, "items": items}
            media = (made, *([picture] if picture else []), *stored)
        else:
            claims["items"] = VIEWS[view](asker)
        first = len(media) - len(stored)
        return media, {**claims, "grounds": list(range(first, len(media)))}

    def _frame(
        self, asker: Asker, made: Encoded, times: np.ndarray
    ) -> tuple[dict[str, Any], Encoded | None, list[dict[str, Any]]]:
        """A frame while something is on its way: no other frame is like it."""
        rng, spec = asker.rng, asker.spec
        moving = [event for event in spec["events"] if event["kind"] in MOVING and event["end"] - event["start"] > 1]
        if not moving:
            return {}, None, []
        event = moving[rng.integers(len(moving))]
        share = float(rng.uniform(0.3, 0.7))
        number = int(np.searchsorted(times, event["start"] + share * (event["end"] - event["start"])))
        at = float(times[min(number, len(times) - 1)])
        [pixels] = Evidence((made.content,)).frames(0, [number])
        picture = self.given.picture.encode(rng, "frame", PIL.Image.fromarray(pixels))
        items = [asker.words({"kind": "frame"})]
        form = str(rng.choice(["json", "xml"]))
        for thing in asker.shuffled(asker.things())[: int(rng.integers(0, 3))]:
            found = box(spec, thing, at, self.sprites)
            if found:
                noun, corners = found
                items.append(asker.words({"kind": "box", "noun": noun, "box": corners, "at": at, "form": form}))
        return {"media": 1, "at": at}, picture, items
