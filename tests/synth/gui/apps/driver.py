"""Does the steps of a task in the real browser, by mouse, wheel and keyboard alone."""

from collections.abc import Sequence
from typing import Any

from synth.gui.apps.app import Spec, Step, Task, html
from synth.pages.browser import browser, resize

KEYS = "() => [...document.querySelectorAll('[data-e]')].map(each => each.dataset.e)"


class StuckError(AssertionError):
    """A step cannot be done: its element is not there, or no click reaches it."""


class Seat:
    """One page of an application and what a user may do there."""

    def __init__(self, page: Any, cdp: Any, spec: Spec):
        self.page, self.spec = page, spec
        self.errors: list[str] = []
        page.on("pageerror", self._noted)
        resize(cdp, *spec["size"])
        page.mouse.move(0, 0)
        page.set_content(html(spec))

    def _noted(self, error: Any) -> None:
        self.errors.append(str(error))

    def close(self) -> None:
        self.page.remove_listener("pageerror", self._noted)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.page.evaluate("() => app.state()")
        return state

    def keys(self) -> list[str]:
        keys: list[str] = self.page.evaluate(KEYS)
        return keys

    def point(self, key: str) -> tuple[float, float]:
        """Where a click reaches an element, scrolled to if need be."""
        for _ in range(8):
            found = self.page.evaluate("key => app.where(key)", key)
            if found is None:
                raise StuckError(f"{key} is not there: {self.keys()}")
            if found["point"]:
                return found["point"][0], found["point"][1]
            if not found["scroll"]:
                break
            self.page.mouse.move(*found["scroll"]["point"])
            self.page.mouse.wheel(found["scroll"]["dx"], found["scroll"]["dy"])
            self.state()
        raise StuckError(f"no click reaches {key}: {found}")

    def do(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._do(step)
            if self.errors:
                raise AssertionError(f"{step}: {self.errors}")

    def _do(self, step: Step) -> None:
        mouse, keyboard = self.page.mouse, self.page.keyboard
        if step.do in ("click", "double_click", "right_click", "long_press"):
            button = "right" if step.do in ("right_click", "long_press") else "left"
            mouse.click(*self.point(step.on), button=button, click_count=2 if step.do == "double_click" else 1)
        elif step.do == "type":
            mouse.click(*self.point(step.on))
            keyboard.press("Control+a")
            if step.text:
                for number, line in enumerate(step.text.split("\n")):
                    if number:
                        keyboard.press("Enter")
                    keyboard.insert_text(line)
            else:
                keyboard.press("Delete")
        elif step.do == "press":
            keyboard.press(step.text)
        elif step.do == "drag":
            start = self.point(step.on)
            self.point(step.to)
            start = self.point(step.on)
            end = self.point(step.to)
            mouse.move(*start)
            mouse.down()
            mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
            mouse.move(*end)
            mouse.up()
        elif step.do == "slide":
            self.point(step.on)
            start, end = self.page.evaluate("([key, value]) => app.place(key, value)", [step.on, step.text])
            mouse.move(*start)
            mouse.down()
            mouse.move(*end)
            mouse.up()
        elif step.do == "scroll_to":
            self.point(step.on)
        elif step.do == "open" and step.on:
            mouse.click(*self.point(step.on))
        elif step.do in ("back", "home"):
            self.page.evaluate("name => app.system(name)", step.do.capitalize())


def play(spec: Spec, task: Task, trap: int | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state before and after a task, with one of its traps walked into, and out of, if a number is given."""

    def work(page: Any, cdp: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        seat = Seat(page, cdp, spec)
        try:
            start = seat.state()
            for number, step in enumerate((*task.steps, Step("wait"))):
                if trap is not None and task.traps[trap].at == number:
                    seat.do((*task.traps[trap].wrong, *task.traps[trap].mend))
                seat.do((step,))
            return start, seat.state()
        finally:
            seat.close()

    return browser().run(work, tab="apps", seconds=60)
