"""The scripted expert: the semantic steps of a task as actions on the live page, one after another.

It looks before every action, and goes by what it sees: what is out of view is scrolled to, what is covered is uncovered
first, a field is entered and emptied before something is typed there.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from synth.agent.actions.action import Action, Place
from synth.agent.play import scrolling
from synth.agent.play.moves import Lost, Move, place, tool_of
from synth.agent.play.sight import Element, Sight
from synth.agent.play.stage import KEYS, Stage
from synth.gui.apps.task import Step
from synth.gui.look import hits

_TRIES = 12  # scrolls and dismissals for one step
_NEARLY = 0.6  # of an element, that is seen where scrolling is left be
_FIELDS = ("textbox", "searchbox")


class Expert:
    """Gives moves for steps, one at a time: `next` says what to do on what is seen now, None where all is done."""

    def __init__(self, rng: np.random.Generator, stage: Stage):
        self.rng = rng
        self.stage = stage
        self.tool = tool_of(stage.spec["platform"])
        self.mobile = self.tool == "mobile_use"
        self._left: deque[Step] = deque()
        self._tries = 0
        self._pending: Move | None = None  # the second half of a drag
        self._slid = 0
        self._emptied = ""

    def give(self, steps: Iterable[Step]) -> None:
        """Steps to do, after those that are left."""
        self._left.extend(steps)

    def next(self, sight: Sight) -> Move | None:
        """Raises Lost where the step cannot be done."""
        if self._pending:
            pending, self._pending = self._pending, None
            return pending
        while self._left:
            move, finished = self._move(self._left[0], sight)
            if finished:
                self._left.popleft()
                self._tries = self._slid = 0
                self._emptied = ""
            else:
                self._tries += 1
                if self._tries > _TRIES:
                    raise Lost(f"{self._left[0]} is not reached in {_TRIES} moves")
            if move:
                return move
        return None

    def act(self, name: str, **given: Any) -> Action:
        return Action(self.tool, name, **given)

    def _move(self, step: Step, sight: Sight) -> tuple[Move | None, bool]:
        """What to do now, if anything, and whether the step is done with it."""
        match step.do:
            case "back" | "home":
                return self._button(step.do), True
            case "open":
                return Move("open", self.act("open", text=step.text), text=step.text), True
            case "wait":
                return Move("wait", self.act("wait", time=float(self.rng.integers(1, 4)))), True
            case "press":
                return self._press(step.text, step.on, sight), True
            case "scroll_to":
                way = self._way(step.on, sight)
                return way, way is None
            case "type":
                return self._type(step, sight)
            case "drag":
                return self._drag(step, sight)
            case "slide":
                return self._slide(step, sight)
        if way := self._way(step.on, sight):
            return way, False
        return self._click(step, sight), True

    def _click(self, step: Step, sight: Sight) -> Move:
        at = self.spot(step.on, sight)
        match step.do:
            case "click":
                return Move("click", self.act("click" if self.mobile else "left_click", coordinate=at), step.on)
            case "long_press" | "right_click" if self.mobile:
                return Move("long_press", self.act("long_press", coordinate=at, time=1.0), step.on)
            case "double_click" if not self.mobile:
                return Move("double_click", self.act("double_click", coordinate=at), step.on)
            case "right_click" | "long_press":
                return Move("right_click", self.act("right_click", coordinate=at), step.on)
        raise Lost(f"{step.do} is nothing that a {self.stage.spec['platform']} knows")

    def _button(self, do: str) -> Move:
        if self.mobile:
            name = "Back" if do == "back" else "Home"
            return Move("back" if do == "back" else "home", self.act("system_button", button=name))
        raise Lost(f"{do} is nothing that a {self.stage.spec['platform']} knows")

    def _press(self, key: str, on: str, sight: Sight) -> Move:
        if self.mobile:
            button = {"Enter": "Enter", "Escape": "Back"}.get(key)
            if not button:
                raise Lost(f"the key {key} is on no mobile")
            return Move("press" if key == "Enter" else "back", self.act("system_button", button=button), text=key)
        names = tuple(KEYS.get(name, name) for name in key.split("+"))
        return Move("press", self.act("key", keys=names), text="+".join(key.split("+")))

    def _type(self, step: Step, sight: Sight) -> tuple[Move | None, bool]:
        field = sight.elements.get(step.on)
        if sight.state["shell"].get("focus") != step.on:
            if way := self._way(step.on, sight):
                return way, False
            click = self._click(replace(step, do="click"), sight)
            return replace(click, do="focus"), False
        assert field is not None
        if field.value and self._emptied != step.on:
            self._emptied = step.on
            if self.mobile:
                return Move("clear", self.act("key", text="clear"), step.on), not step.text
            return Move("clear", self.act("key", keys=("ctrl", "a")), step.on), False
        if not step.text:
            if not field.value:
                return None, True
            return Move("clear", self.act("key", keys=("delete",)), step.on), True
        return Move("type", self.act("type", text=step.text), step.on, step.text), True

    def _drag(self, step: Step, sight: Sight) -> tuple[Move | None, bool]:
        for key in (step.on, step.to):
            if way := self._way(key, sight):
                return way, False
        start, end = self.spot(step.on, sight), self.spot(step.to, sight)
        return self._pull(Move("drag", self.act("wait", time=0), step.on, to=step.to), start, end), True

    def _pull(self, move: Move, start: Place, end: Place) -> Move:
        """By a finger in one action, by a mouse in two."""
        if self.mobile:
            return replace(move, action=self.act("swipe", coordinate=start, coordinate2=end))
        self._pending = replace(move, action=self.act("left_click_drag", coordinate=end))
        return replace(move, do="grab", action=self.act("mouse_move", coordinate=start))

    def _slide(self, step: Step, sight: Sight) -> tuple[Move | None, bool]:
        """By dragging the thumb or clicking the track; what is left is done by the arrow keys where there are some."""
        now = (
            str(sight.elements[step.on].states.get("valuetext") or sight.elements[step.on].value)
            if (step.on in sight.elements)
            else ""
        )
        if self._slid and now == step.text:
            return None, True
        if way := self._way(step.on, sight):
            return way, False
        told = self.stage.page.evaluate("given => window.app.place(...given)", [step.on, float(step.text)])
        if not told:
            raise Lost(f"{step.on} is no slider")
        self._slid += 1
        if self._slid > 1 and not self.mobile:
            further = float(step.text) > float(now or 0)
            return Move("slide", self.act("key", keys=("up" if further else "down",)), step.on, step.text), False
        start, end = (self.pixel(spot, sight) for spot in told)
        end = (end[0] + (0, 1, -1, 2, -2)[min(self._slid - 1, 4)], end[1])
        start, end = (_onto(sight, sight.elements[step.on], spot) for spot in (start, end))
        slide = Move("slide", self.act("wait", time=0), step.on, step.text)
        if self._slid == 1 and self.rng.random() < 0.4:
            click = self.act("click" if self.mobile else "left_click", coordinate=end)
            return replace(slide, action=click), False
        return self._pull(slide, start, end), False

    def pixel(self, spot: list[float], sight: Sight) -> Place:
        height, width = sight.ids.shape
        x, y = (int(edge * self.stage.scale) for edge in spot)
        return float(min(max(x, 0), width - 1)), float(min(max(y, 0), height - 1))

    def spot(self, key: str, sight: Sight) -> Place:
        """A pixel to click an element at, on which a hit test agrees. Raises Lost where there is none."""
        element = sight.elements[key]
        for _ in range(4):
            at = place(self.rng, sight, element)
            if at and hits(self.stage.page, [at], self.stage.scale)[0] in element.own:
                return at
        raise Lost(f"{key} cannot be hit where it is seen")

    def _way(self, key: str, sight: Sight) -> Move | None:
        """What must be done first, so that an element can be reached; None where it can be."""
        told = self.stage.page.evaluate("key => window.app.where(key)", key)
        if told is None:
            raise Lost(f"{key} is not there")
        if told["disabled"]:
            raise Lost(f"{key} is disabled")
        element = sight.elements.get(key)
        seen = element.seen / max(element.area, 1) if element else 0.0
        if told["point"] and (seen >= _NEARLY or not told["scroll"]) and element and element.seen:
            return None
        if told["scroll"]:
            return scrolling.move(self, key, told, sight, self._tries)
        return self._dismissal(key, told, sight)

    def _dismissal(self, key: str, told: dict[str, Any], sight: Sight) -> Move:
        """Closes what lies over an element: by its own button, or as the platform closes what pops up."""
        x1, y1, x2, y2 = told["box"]
        middle = [(x1 + x2) / 2, (y1 + y2) / 2]
        covering = self.stage.page.evaluate(_COVERING, middle)
        for name in covering:
            if name == key or name not in sight.elements:
                continue
            inside = [one for one in sight.elements.values() if one.key.startswith(name) and one.clickable and one.seen]
            for one in inside:
                if one.key.rpartition(".")[2] in _CLOSERS:
                    click = self._click(Step("click", one.key), sight)
                    return replace(click, do="dismiss")
        if not covering or self._tries > 3:
            raise Lost(f"{key} is covered, and nothing uncovers it")
        if self.mobile:
            return Move("dismiss", self.act("system_button", button="Back"))
        return Move("dismiss", self.act("key", keys=("esc",)))


def _onto(sight: Sight, element: Element, spot: Place) -> Place:
    """The place itself, if the element is painted there, else the nearest where it is, up or down before aside."""
    rows, columns = np.nonzero(sight.mask(element.own))
    nearest = int(np.argmin(9 * np.abs(columns - spot[0]) + np.abs(rows - spot[1])))
    return float(columns[nearest]), float(rows[nearest])


_CLOSERS = ("close", "dismiss", "cancel", "accept", "reject", "later", "no")
_COVERING = """([x, y]) => {
  const found = [];
  for (let e = document.elementFromPoint(x, y); e; e = e.parentElement) if (e.dataset.e) found.push(e.dataset.e);
  return found;
}"""
