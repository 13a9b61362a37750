"""An episode as Documents: recorded from people, so they say where they are from and carry no proof."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from curation.document import Box, Document, Extent, Image, Part, Point, Text, Turn, joined
from curation.errors import MediaError
from synth.agent.actions import wire
from synth.agent.actions.action import Action, Tool
from synth.agent.actions.tools import system
from synth.convert.converted import Converted, Sample, generator_of, source_of
from synth.convert.pictures import Pictures
from synth.convert.rows import Row
from synth.convert.trajectories.episode import Episode, Step, gather
from synth.convert.trajectories.settings import Trajectories, Views
from synth.convert.trajectories.wording import DONE, GIVEN_UP, RESIZED, asked, instructed, pick
from synth.convert.wording import worded

LEAST_SIDE = 4  # pixels of an element that is asked for
PRESSES = ("click", "left_click", "long_press")


@dataclass(frozen=True)
class _Sample:
    """`steps` are those whose screenshots are shown, in order: they are the document's media."""

    view: str
    task: str
    turns: tuple[Turn, ...]
    steps: tuple[Step, ...]


class Converter:
    """Of one data set. Lists archives of images when it is made, which raises UserError where one cannot be read."""

    noun = "episode"

    def __init__(self, layout: Trajectories, views: Views, seed: int):
        self.layout, self.views, self.seed = layout, views, seed
        self.pictures = Pictures(layout.images)

    def convert(self, name: str, rows: Sequence[Row]) -> Converted:
        """The documents of an episode. Raises MediaError, whose reason says why there are none: `annotation`, `goals
        differ`, or `no step` where no step can be used."""
        episode = gather(name, rows, self.pictures, self.layout.dataset)
        if not episode.steps:
            lost = ", ".join(f"{number} {reason}" for reason, number in sorted(episode.dropped.items()))
            raise MediaError("no step", f"{name}: none of its steps can be used: {lost}")
        rng = generator_of(self.seed, self.layout, name)
        made = _Views(rng, episode, self.views)
        samples = tuple(self._sample(name, sample) for kind in sorted(self.views.kinds) for sample in made.of(kind))
        if not samples:
            raise MediaError("nothing to ask", f"{name}: {len(episode.steps)} steps, none for the views that are made")
        return Converted(samples, len(episode.steps), episode.dropped, episode.mended)

    def _sample(self, name: str, sample: _Sample) -> Sample:
        media = tuple(step.screen for step in sample.steps)
        source = source_of(self.layout, f"{name}/{sample.view}", self.seed)
        document = Document(sample.turns, media, task=sample.task, language="en", source=source)
        return document, tuple(step.content for step in sample.steps)


class _Views:
    def __init__(self, rng: np.random.Generator, episode: Episode, views: Views):
        self.rng, self.episode, self.views = rng, episode, views
        self.tool: Tool = episode.steps[0].actions[0].tool

    def of(self, kind: str) -> Iterator[_Sample]:
        match kind:
            case "trajectory":
                for run in self.episode.runs():
                    for start in range(0, len(run), self.views.screens):
                        yield from self._trajectory(run[start : start + self.views.screens])
            case "step":
                yield from map(self._step, self.episode.steps)
            case "instruction":
                yield from map(self._instruction, _instructed(self.episode.steps))
            case "element":
                for step in self.episode.steps:
                    yield from self._elements(step)

    def _trajectory(self, steps: tuple[Step, ...]) -> Iterator[_Sample]:
        """A conversation, a screenshot and an action a turn; one step alone is none."""
        if len(steps) < 2:
            return
        saying = self._says(steps)
        turns = [Turn("system", system(self.tool, 0)), self._ask(steps[0], saying)]
        for number, step in enumerate(steps):
            turns.append(Turn("assistant", self._answer(step, number, saying)))
            if number + 1 < len(steps):
                turns.append(Turn("user", _shown(step, steps[number + 1], number + 1)))
        yield _Sample(f"trajectory/{steps[0].number}", "agent", tuple(turns), steps)

    def _step(self, step: Step) -> _Sample:
        saying = self._says((step,))
        turns = (self._ask(step, saying), Turn("assistant", self._answer(step, 0, saying)))
        return _Sample(f"step/{step.number}", "agent", (Turn("system", system(self.tool, 0)), *turns), (step,))

    def _instruction(self, step: Step) -> _Sample:
        question = (Text(instructed(self.rng, step.said)), Image(0))
        turns = (Turn("user", question), Turn("assistant", self._answer(step, 0, False)))
        return _Sample(f"instruction/{step.number}", "agent", (Turn("system", system(self.tool, 0)), *turns), (step,))

    def _elements(self, step: Step) -> Iterator[_Sample]:
        """Where the smallest named element is that the step presses."""
        pressed = [(name, box) for name, box in step.elements if any(_presses(action, box) for action in step.actions)]
        if not pressed:
            return
        name, box = min(pressed, key=lambda item: ((item[1][2] - item[1][0]) * (item[1][3] - item[1][1]), item))
        if min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE:
            return
        place: Box | Point = Box(0, *box)
        if self.rng.random() < 0.5:
            place = Point(0, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        kind = "refer" if isinstance(place, Box) else "points"
        question, answer = worded(self.rng, kind, name, [(name, place)], "json")
        turns = (Turn("user", (Image(0), Text("\n"), *question)), Turn("assistant", answer))
        yield _Sample(f"element/{step.number}", "grounding", turns, (step,))

    def _says(self, steps: Sequence[Step]) -> bool:
        """Whether the answers say what they do: only where something is known to be said at every step."""
        return all(step.said or _status(step) for step in steps) and self.rng.random() < self.views.said

    def _answer(self, step: Step, image: int, saying: bool) -> tuple[Part, ...]:
        if not saying:
            return wire.calls(step.actions, image)
        ends = {"success": DONE, "failure": GIVEN_UP}.get(_status(step), ())
        return wire.calls(step.actions, image, step.said or pick(self.rng, ends))

    def _ask(self, step: Step, saying: bool) -> Turn:
        past = self.episode.before(step, self.views.past)
        is_first = step.number == min(self.episode.told, default=step.number)
        return Turn("user", (Text(asked(self.rng, self.episode.goal, past, saying, is_first)), Image(0)))


def _instructed(steps: Sequence[Step]) -> Iterator[Step]:
    """Steps whose instruction is theirs alone: it is repeated where it takes several actions."""
    for number, step in enumerate(steps):
        around = [other.said for other in (*steps[max(number - 1, 0) : number], *steps[number + 1 : number + 2])]
        if step.said and step.said not in around:
            yield step


def _status(step: Step) -> str:
    """How the task went, where the step ends it."""
    return step.actions[-1].status or ""


def _shown(before: Step, after: Step, image: int) -> tuple[Part, ...]:
    """The next screenshot; where its size is another one, its resolution is told."""
    opened, *rest = wire.outcome(image)
    sizes = [(step.screen.width, step.screen.height) for step in (before, after)]
    said: tuple[Part, ...] = ()
    if sizes[0] != sizes[1]:
        said = (Text(RESIZED[0]), Extent(image), Text(RESIZED[1]))
    return joined((opened, *said, *rest))


def _presses(action: Action, box: tuple[float, float, float, float]) -> bool:
    if action.name not in PRESSES or action.coordinate is None:
        return False
    x, y = action.coordinate
    return box[0] <= x < box[2] and box[1] <= y < box[3]
