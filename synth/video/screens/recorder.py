"""Records a task while it is done in the browser: every screen, and each letter as it is typed."""

from dataclasses import dataclass, field
from typing import Any

import PIL.Image

from synth.agent.actions.action import Action
from synth.agent.play.stage import Stage
from synth.agent.play.take import Plan, Take, take


@dataclass
class RecordingStage(Stage):
    """`typed` has a list for each action: the screen after every letter but the last, where it types."""

    typed: list[list[PIL.Image.Image]] = field(default_factory=list)

    def do(self, action: Action) -> None:
        self.typed.append([])
        if action.name != "type":
            super().do(action)
            return
        letters = list(action.text or "")
        for letter in letters[:-1]:
            self.page.keyboard.type(letter)
            self.typed[-1].append(self.picture())
        self.page.keyboard.type(letters[-1])


def record(plan: Plan, page: Any, cdp: Any) -> tuple[Take, list[list[PIL.Image.Image]]]:
    """A take, and what was seen while letters were typed, by action. Equal whenever it is begun anew."""
    stage = RecordingStage(page, cdp, plan.spec, plan.scale)
    return take(plan, stage), stage.typed
