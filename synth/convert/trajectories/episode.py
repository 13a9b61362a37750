"""The rows of an episode, brought together: its steps in order, their actions in pixels of the stored screenshots.

A step is dropped when its action has no counterpart or lacks what it needs (the reader's reason), when its screenshot
is missing, damaged or of another shape than was recorded (the reason of `pictures` or `frame`), when its place is not
on the screen (`outside`), or when its number was there before (`duplicate step`).
"""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import PIL.Image

from curation import media
from curation.document import Media
from curation.errors import MediaError
from synth.agent.actions.action import Action, ActionError
from synth.convert.frame import Frame, frame
from synth.convert.labelled import Box
from synth.convert.pictures import Pictures
from synth.convert.rows import Row
from synth.convert.trajectories.wording import told

EDGE = 0.005  # of the side: how far outside the screen a place is held to be a slip at its edge


@dataclass(frozen=True)
class Step:
    """`said` is the instruction for this step alone, or empty; `told` what was done, in words without places."""

    number: int
    actions: tuple[Action, ...]
    screen: Media
    content: bytes = field(repr=False)
    said: str = ""
    told: str = ""
    elements: tuple[tuple[str, Box], ...] = ()


@dataclass(frozen=True)
class Episode:
    """`told` is what was done at every step that is known of, used or not, by number."""

    goal: str
    steps: tuple[Step, ...]
    told: dict[int, str]
    dropped: Counter[str]
    mended: Counter[str]

    def runs(self) -> Iterator[tuple[Step, ...]]:
        """Steps that follow each other without one missing."""
        run: list[Step] = []
        for step in self.steps:
            if run and step.number != run[-1].number + 1:
                yield tuple(run)
                run = []
            run.append(step)
        if run:
            yield tuple(run)

    def before(self, step: Step, most: int) -> list[str]:
        """What was done at the last `most` steps before this one."""
        numbers = sorted(number for number in self.told if number < step.number)
        return [self.told[number] for number in numbers[max(len(numbers) - most, 0) :]]


def gather(name: str, rows: Sequence[Row], pictures: Pictures, dataset: str) -> Episode:
    """The episode; equal for equal rows in any order. Raises MediaError with the reason `annotation` or `goals differ`
    where the rows are none."""
    rows = sorted(rows, key=repr)
    for row in rows:
        if row.kind == "fault":
            raise MediaError(*row.value["fault"])
    goals = {row.value["goal"] for row in rows if row.kind == "episode"}
    if len(goals) != 1:
        raise MediaError("goals differ", f"{name}: {len(goals)} goals of one episode")
    return _Gathering(pictures, dataset).episode(goals.pop(), [row.value for row in rows if row.kind == "step"])


class _Gathering:
    def __init__(self, pictures: Pictures, dataset: str):
        self.pictures, self.dataset = pictures, dataset
        self.dropped: Counter[str] = Counter()
        self.mended: Counter[str] = Counter()

    def episode(self, goal: str, values: Sequence[dict[str, Any]]) -> Episode:
        steps: dict[int, Step] = {}
        words: dict[int, str] = {}
        for value in sorted(values, key=lambda value: value["number"]):
            number = value["number"]
            if number in words:
                self.dropped["duplicate step"] += 1
                continue
            words[number] = _told(value)
            try:
                steps[number] = self._step(value, words[number])
            except MediaError as error:
                self.dropped[error.reason] += 1
        numbered = tuple(steps[number] for number in sorted(steps))
        return Episode(goal, numbered, {n: text for n, text in words.items() if text}, self.dropped, self.mended)

    def _step(self, value: dict[str, Any], told: str) -> Step:
        if "fault" in value:
            raise MediaError(value["fault"], f"step {value['number']}")
        name, content = self.pictures.find(value["files"])
        screen = media.probe(content, f"{self.dataset}/{name}", "")
        stated = value.get("size")
        placed = frame(PIL.Image.open(io.BytesIO(content)), stated and (stated[0], stated[1]), upright=False)
        actions = tuple(self._action(call, placed) for call in value["calls"])
        elements = [(label, placed.box(box, unit)) for label, box, unit in value.get("elements", ())]
        said = value.get("said", "")
        return Step(value["number"], actions, screen, content, said, told, _inside(elements, placed))

    def _action(self, call: dict[str, Any], placed: Frame) -> Action:
        arguments = dict(call["arguments"])
        for name in ("coordinate", "coordinate2"):
            if name in arguments:
                x, y = arguments[name]
                arguments[name] = self._place(placed.point(x, y, call["unit"]), placed)
        try:
            return Action.from_json({"name": call["name"], "arguments": arguments})
        except ActionError as error:
            raise MediaError("no action", str(error)) from error

    def _place(self, place: tuple[float, float], placed: Frame) -> list[float]:
        """To a hundredth of a pixel; a slip at the edge is moved to the last pixel."""
        for value, side in zip(place, placed.seen, strict=True):
            if not -EDGE * side <= value <= side * (1 + EDGE):
                raise MediaError("outside", f"{place} is not on the screen of {placed.seen}")
        kept = [round(min(max(value, 0), side - 1), 2) for value, side in zip(place, placed.seen, strict=True)]
        if any(not 0 <= value < side for value, side in zip(place, placed.seen, strict=True)):
            self.mended["moved to the edge of the screen"] += 1
        return kept


def _told(value: dict[str, Any]) -> str:
    """What was done, in words: the annotator's, or else those for the actions."""
    if written := value.get("told") or value.get("said"):
        return written
    return "; ".join(told(call["arguments"]) for call in value.get("calls", ()))


def _inside(elements: Sequence[tuple[str, Box]], placed: Frame) -> tuple[tuple[str, Box], ...]:
    """Elements that lie wholly on the screen."""
    width, height = placed.seen
    return tuple(
        (name, box) for name, box in elements if box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height
    )
