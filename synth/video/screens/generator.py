"""Recordings of tasks that a scripted expert does on generated applications, as screen recorders write them."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar

import cv2
import numpy as np
from pydantic import Field

from curation.document import Turn
from synth.agent.generator import Trajectories, TrajectorySettings
from synth.agent.told.claims import Whole
from synth.agent.told.views import screens_of
from synth.canvas import CanvasSettings
from synth.sample import Checker, Claims, Draft, Evidence, Failure, Generator
from synth.video import film
from synth.video.screens import lies, proof, views
from synth.video.screens.recorder import record
from synth.video.screens.timeline import Mark, Timeline, draw, lay

RINGS = ((230, 30, 40), (20, 90, 230), (250, 200, 30), (30, 170, 80))


class ScreenVideosSettings(TrajectorySettings):
    """What is recorded, as of trajectories (`views` and `thoughts` do not count here); and how it is stored."""

    steps: tuple[int, int] = (2, 14)
    of_one: int = Field(4, ge=1, le=len(views.KINDS))
    mobile: CanvasSettings = CanvasSettings(pixels=(200_704, 401_408), aspects=(0.45, 0.62))
    screen: CanvasSettings = CanvasSettings(pixels=(351_232, 602_112), aspects=(1.2, 1.8))
    coding: film.CodingSettings = film.CodingSettings(crf=(16, 21))


class ScreenVideoChecker(Checker):
    """Media: the film, then the screens of the trajectory and their buffers."""

    checks: ClassVar[tuple[str, ...]] = ("film", "frames", "events", "trajectory", "view")
    audits: ClassVar[tuple[str, ...]] = ("replay",)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return views.turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        yield from proof.faults(claims, evidence, audit)
        yield from views.faults(claims)

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from lies.mutations(claims, rng)


class ScreenVideos(Generator):
    """One recording a seed, in a few views. Raises UserError where Chromium or a font is missing."""

    name = "screen_video"
    version = "1"
    settings = ScreenVideosSettings
    tools = (*Trajectories.tools, "av", "opencv-python-headless")
    licence = Trajectories.licence

    def __init__(self, settings: ScreenVideosSettings):
        self.given = settings
        self.player = Trajectories(settings)
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: Any) -> Checker:
        return ScreenVideoChecker()

    def close(self) -> None:
        self.player.close()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        whole, typed = self._recorded(rng)
        told = {**whole.claims, "view": {"kind": "chat", "wording": 0, "said": True}}
        chosen = screens_of(told, told["view"])
        told["screens"] = [whole.screens[at] for at in chosen]
        screens = [_decoded(whole.pictures[at].content) for at in chosen]
        size = told["size"]
        line = lay(rng, told["steps"], proof.numbers(told), typed, tuple(size), told["tool"] == "computer_use")
        mark = self._mark(rng, told["tool"] == "computer_use", screens[0])
        made = film.encode(_frames(line, screens, mark), line.times, "film", self.given.coding.draw(rng))
        claims = _claims(line, told, mark, made.timestamps)
        media = (made, *(whole.pictures[at] for at in chosen), *(whole.buffers[at] for at in chosen))
        for view in views.drawn(rng, claims, self.given.of_one):
            task = "caption" if view["kind"] in ("steps", "story") else "video"
            yield Draft(task, told["language"], media, {**claims, "view": view}, view["kind"])

    def _recorded(self, rng: np.random.Generator) -> tuple[Whole, list[list[np.ndarray]]]:
        """What was done and seen, as claims; and for each step the screens while it types."""
        plan = self.player.plan(rng)
        played, letters = self.player.run(partial(record, plan))
        whole = self.player.whole(rng, plan, played)
        rest = iter(letters)
        typed = [[] if step.move.do == "done" else [np.asarray(each) for each in next(rest)] for step in played.steps]
        return whole, typed

    def _mark(self, rng: np.random.Generator, pointer: bool, screen: np.ndarray) -> Mark:
        light = float(screen.mean()) > 128
        colour = RINGS[rng.integers(2)] if light else RINGS[2]
        scale, radius = round(float(rng.uniform(0.9, 1.5)), 2), int(rng.integers(9, 18))
        wide, dark = int(rng.integers(3, 6)), bool(rng.random() < 0.5)
        return Mark(pointer, scale, radius, wide, colour, dark)


def _decoded(content: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _frames(line: Timeline, screens: list[np.ndarray], mark: Mark) -> Iterator[np.ndarray]:
    for picture, place, pressed in zip(line.pictures, line.places, line.pressed, strict=True):
        yield draw(screens[picture] if isinstance(picture, int) else picture, place, pressed, mark)


def _claims(line: Timeline, told: Claims, mark: Mark, times: tuple[float, ...]) -> Claims:
    frames = [
        [picture if isinstance(picture, int) else proof.TYPING, *place, pressed]
        for picture, place, pressed in zip(line.pictures, line.places, line.pressed, strict=True)
    ]
    events = [
        {
            "step": event["step"],
            **{key: None if event[key] is None else times[event[key]] for key in ("start", "press", "end")},
        }
        for event in line.events
    ]
    look = {**asdict(mark), "colour": list(mark.colour)}
    return {"size": told["size"], "trajectory": told, "mark": look, "frames": frames, "events": events}
