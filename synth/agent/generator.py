"""Trajectories: tasks that a scripted expert does on generated applications in the browser, each step executed."""

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import PIL.Image
from pydantic import Field, model_validator

from curation.config import Config
from synth.agent.play.stage import Stage
from synth.agent.play.take import Limits, Plan, Take, take
from synth.agent.proof.checker import TrajectoryChecker
from synth.agent.told import draws
from synth.agent.told.claims import Whole
from synth.agent.told.judging import ThoughtJudge, ThoughtSettings, fault
from synth.agent.told.views import TASKS, screens_of, shown_at
from synth.canvas import CanvasSettings
from synth.encode import PictureSettings
from synth.gui.apps import app as apps
from synth.gui.apps.place import Platform
from synth.ocr.languages import Code
from synth.pages.browser import Result, Work, browser
from synth.sample import Checker, Claims, Draft, Encoded, Failure, Generator, Unproven
from synth.weights import Weights, draw, in_order

View = Literal["chat", "step", "low", "call", "between", "success", "goal"]
_SCALES = {1.0: 0.6, 1.5: 0.25, 2.0: 0.15}
_NARROWEST = {"mobile": 300, "web": 560, "desktop": 560}  # CSS px
_LARGEST = (1600, 1000)  # CSS px, of an application
_SECONDS = 240.0


class TrajectorySettings(Config):
    """Ranges are (least, most), both included. `kinds` are weights of kinds of applications, of none named all alike.

    A trajectory has `tasks` tasks one after another and `steps` actions; with the probability `slips` a task has a
    mistake and its recovery. `of_one` documents are made of one trajectory, by the weights of `views`.
    """

    languages: Weights[Code] = Field({"en": 1.0})
    platforms: Weights[Platform] = Field({"mobile": 0.4, "web": 0.35, "desktop": 0.25})
    kinds: dict[str, float] = Field({})
    steps: tuple[int, int] = (2, 24)
    tasks: tuple[int, int] = (1, 1)
    slips: float = Field(0.3, ge=0, le=1)
    views: Weights[View] = Field(
        {"chat": 3.0, "step": 3.0, "low": 1.0, "call": 0.7, "between": 1.0, "success": 1.0, "goal": 0.8}
    )
    of_one: int = Field(4, ge=1, le=12)
    said: bool = Field(False, description="in whole trajectories wrong steps are answers, too; else they are told of")
    mobile: CanvasSettings = CanvasSettings(pixels=(250_880, 602_112), aspects=(0.45, 0.62))
    screen: CanvasSettings = CanvasSettings(pixels=(401_408, 1_003_520), aspects=(1.2, 1.8))
    picture: PictureSettings = PictureSettings()
    thoughts: ThoughtSettings | None = None

    @model_validator(mode="after")
    def _ranges(self) -> "TrajectorySettings":
        if not 2 <= self.steps[0] <= self.steps[1] <= 120:
            raise ValueError(f"steps: {self.steps} is not a range within 2 to 120")
        if not 1 <= self.tasks[0] <= self.tasks[1] <= 12:
            raise ValueError(f"tasks: {self.tasks} is not a range within 1 to 12")
        if unknown := sorted(set(self.kinds) - set(apps.KINDS)):
            raise ValueError(f"kinds: {unknown[0]} is none of {', '.join(sorted(apps.KINDS))}")
        return self


class Trajectories(Generator):
    """Raises UserError where Chromium, a font, or the configured judge is missing."""

    name = "trajectory"
    version = "1"
    settings: ClassVar[type[Config]] = TrajectorySettings
    tools: ClassVar[tuple[str, ...]] = ("playwright", "pillow", "uharfbuzz", "freetype-py")
    licence = "CC0-1.0"

    def __init__(self, settings: TrajectorySettings):
        self.given = settings
        self._browser = browser()
        self.checker = self.make_checker(settings)
        self._judge = ThoughtJudge(settings.thoughts.judge) if settings.thoughts else None

    @classmethod
    def make_checker(cls, settings: Any) -> Checker:
        return TrajectoryChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        plan = self.plan(rng)
        whole = self.whole(rng, plan, self.run(partial(_play, plan)))
        for view in draws.views(rng, whole.claims, self.given.views, self.given.of_one):
            kind = view["kind"]
            if kind == "chat":
                view = {**view, "said": self.given.said}
            screens = screens_of(whole.claims, view)
            claims = {**whole.claims, "screens": [whole.screens[at] for at in screens], "view": view}
            if self._judge and (poor := self._graded(claims, whole)):
                raise Unproven([Failure("judge", poor)])
            media = (*(whole.pictures[at] for at in screens), *(whole.buffers[at] for at in screens))
            name = kind if "at" not in view else f"{kind}_{view['at']}" + (f"_{view['of']}" if "of" in view else "")
            yield Draft(TASKS.get(kind, "agent"), plan.spec["language"], media, claims, name)

    def close(self) -> None:
        self._browser.close()

    def plan(self, rng: np.random.Generator) -> Plan:
        given = self.given
        language, platform = draw(rng, in_order(given.languages)), draw(rng, in_order(given.platforms))
        kinds = in_order(
            {kind: weight for kind, weight in given.kinds.items() if weight > 0} or dict.fromkeys(apps.KINDS, 1.0)
        )
        size, scale = self._size(rng, platform)
        spec = apps.draw(rng, platform, language, size, draw(rng, kinds))
        drawn = int(rng.integers(1 << 31))
        tasks = apps.tasks(np.random.default_rng(drawn), spec)
        numbers = self._chosen(rng, [len(task.steps) for task in tasks])
        limits = Limits(given.steps[1], given.slips)
        return Plan(spec, scale, drawn, numbers, [tasks[at] for at in numbers], limits, int(rng.integers(1 << 31)))

    def run(self, work: Work[Result]) -> Result:
        """`work` in the tab of trajectories."""
        return self._browser.run(work, tab="trajectory", seconds=_SECONDS)

    def whole(self, rng: np.random.Generator, plan: Plan, played: Take) -> Whole:
        """All claims of what was played. Raises Unproven where it took too few or too many actions."""
        given, seed = self.given, int(rng.integers(1 << 31))
        if not given.steps[0] <= len(played.steps) <= given.steps[1]:
            raise Unproven([Failure("steps", f"{len(played.steps)} actions, not {given.steps[0]} to {given.steps[1]}")])

        def store(name: str, image: PIL.Image.Image) -> Encoded:
            # The same draws for each: one format and quality, so that what is equal on two screens stays equal.
            return given.picture.encode(np.random.default_rng(seed), name, image)

        return Whole(played, plan.drawn, plan.numbers[: len(played.tasks)], store)

    def _size(self, rng: np.random.Generator, platform: str) -> tuple[tuple[int, int], float]:
        """CSS px, and the screenshot's px to one of them, so that the screenshot's sides are multiples of 28."""
        width, height = (self.given.mobile if platform == "mobile" else self.given.screen).draw(rng)
        scale = float(draw(rng, _SCALES))
        if scale == 1.5:
            width, height = (max(side // 84, 1) * 84 for side in (width, height))
        if width / scale < _NARROWEST[platform]:
            scale = 1.0
        return (min(round(width / scale), _LARGEST[0]), min(round(height / scale), _LARGEST[1])), scale

    def _chosen(self, rng: np.random.Generator, lengths: list[int]) -> list[int]:
        """Numbers of the tasks to try, those that are too long left out."""
        given = self.given
        count = int(rng.integers(given.tasks[0], given.tasks[1] + 1))
        fitting = [number for number, length in enumerate(lengths) if length + 1 <= given.steps[1]]
        if not fitting:
            raise Unproven([Failure("steps", f"no task has at most {given.steps[1]} steps")])
        return [int(number) for number in rng.permutation(fitting)[:count]]

    def _graded(self, claims: Claims, whole: Whole) -> str:
        """What the judge does not let pass of a view's thoughts."""
        view, judge, settings = claims["view"], self._judge, self.given.thoughts
        if not judge or not settings or view["kind"] not in ("chat", "step"):
            return ""
        places = range(len(claims["steps"])) if view["kind"] == "chat" else [view["at"]]
        for at in places:
            if claims["steps"][at]["wrong"]:
                continue
            wording = view["wording"] + 5 * at * (view["kind"] == "chat")
            seen = dict.fromkeys((shown_at(claims, at), shown_at(claims, at + 1)))
            if poor := fault(judge, settings.least, claims, at, wording, [whole.pictures[each] for each in seen]):
                return poor
        return ""


def _play(plan: Plan, page: Any, cdp: Any) -> Take:
    """Equal whenever it is begun anew, as it is when the browser dies."""
    return take(plan, Stage(page, cdp, plan.spec, plan.scale))
