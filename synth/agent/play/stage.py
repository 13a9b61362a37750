"""Actions carried out on a generated application in the browser, by real events of mouse, wheel and keyboard alone.

Nothing here reads or changes the page's elements: what an action hits is the browser's to decide.
"""

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import PIL.Image

from curation.errors import UserError
from synth.agent.actions.action import Action, Place
from synth.agent.actions.compare import NAMES_OF_KEYS
from synth.gui.apps.page import html
from synth.gui.apps.task import Spec
from synth.pages.browser import screenshot

_PLAYWRIGHT = {  # the keyboard's names of keys, by the action space's
    **{"ctrl": "Control", "alt": "Alt", "shift": "Shift", "meta": "Meta", "enter": "Enter", "esc": "Escape"},
    **{"tab": "Tab", "backspace": "Backspace", "delete": "Delete", "space": "Space", "home": "Home", "end": "End"},
    **{"pageup": "PageUp", "pagedown": "PageDown", "up": "ArrowUp", "down": "ArrowDown"},
    **{"left": "ArrowLeft", "right": "ArrowRight"},
}
KEYS = {name: key for key, name in _PLAYWRIGHT.items()}  # the action space's names of keys, by the keyboard's
_WAITING = """() => {
  window.stageWheel = new Promise(done => {
    window.addEventListener('wheel', () => setTimeout(done, 0), {once: true, capture: true});
    setTimeout(done, 2000);
  });
}"""
_MOVES = 6  # mouse moves of a drag
_HELD = 0.5  # seconds: of a press that is long


class ActingError(UserError):
    """An action that cannot be carried out here: a key that no keyboard has, a cursor that is nowhere."""


@dataclass
class Stage:
    """An application in a tab. Places of actions are pixels of the screenshot, `scale` of them a CSS pixel."""

    page: Any
    cdp: Any
    spec: Spec
    scale: float = 1.0
    cursor: Place | None = field(default=None)  # CSS px

    def show(self) -> None:
        """Loads the application from its spec, with nothing left of what the tab showed before."""
        width, height = self.spec["size"]
        self.page.goto("about:blank")
        metrics = {"width": width, "height": height, "deviceScaleFactor": self.scale, "mobile": False}
        self.cdp.send("Emulation.setDeviceMetricsOverride", metrics)
        self.page.set_content(html(self.spec), wait_until="load")
        self.page.evaluate("() => document.fonts.ready.then(() => true)")
        self.cursor = None

    def state(self) -> dict[str, Any]:
        """What the application says of itself."""
        return dict(self.page.evaluate("() => window.app.state()"))

    def picture(self) -> PIL.Image.Image:
        return screenshot(self.cdp)

    def do(self, action: Action) -> None:
        """Carries an action out. Raises ActingError where it cannot be."""
        mobile = action.tool == "mobile_use"
        match action.name:
            case "click" | "left_click":
                self._click(action)
            case "double_click":
                self._click(action, times=2)
            case "right_click":
                self._click(action, button="right")
            case "middle_click":
                self._click(action, button="middle")
            case "mouse_move":
                self._move(action.coordinate)
            case "long_press":
                self._hold(action)
            case "swipe":
                self._move(action.coordinate)
                self._drag(action.coordinate2)
            case "left_click_drag":
                self._drag(action.coordinate)
            case "scroll":
                if action.coordinate is not None:
                    self._move(action.coordinate)
                self._wheel(-(action.pixels or 0.0) / self.scale)
            case "type":
                self.page.keyboard.type(action.text or "")
            case "key":
                self._keys((action.text or "",) if mobile else action.keys or ())
            case "system_button":
                self.page.evaluate("name => window.app.system(name)", action.button)
            case "open":
                self.page.evaluate("name => window.app.open(name)", action.text)
            case "wait" | "terminate":
                pass  # applications stand still while nothing is done to them
            case name:
                raise ActingError(f"{action.tool} {name}: not carried out here")

    def _at(self, place: Place | None) -> Place:
        """The middle of the pixel, in CSS px."""
        assert place is not None  # the action space's own check
        return (place[0] + 0.5) / self.scale, (place[1] + 0.5) / self.scale

    def _move(self, place: Place | None) -> None:
        self.cursor = self._at(place)
        self.page.mouse.move(*self.cursor)

    def _placed(self) -> Place:
        if self.cursor is None:
            raise ActingError("the cursor has no place yet: move it first")
        return self.cursor

    def _wheel(self, down: float) -> None:
        """Turns the wheel, and waits until the page has heard of it: the browser does not."""
        self._placed()
        self.page.evaluate(_WAITING)
        self.page.mouse.wheel(0, down)
        self.page.evaluate("() => window.stageWheel.then(() => { delete window.stageWheel; })")

    def _click(self, action: Action, times: int = 1, button: str = "left") -> None:
        if action.coordinate is not None:
            self._move(action.coordinate)
        self.page.mouse.click(*self._placed(), button=button, click_count=times)

    def _hold(self, action: Action) -> None:
        self._move(action.coordinate)
        self.page.mouse.down()
        self.page.wait_for_timeout(1000 * (min(action.time or 0.0, _HELD) + 0.03))  # longer changes nothing
        self.page.mouse.up()

    def _drag(self, place: Place | None) -> None:
        self._placed()
        self.page.mouse.down()
        self.cursor = self._at(place)
        self.page.mouse.move(*self.cursor, steps=_MOVES)
        self.page.mouse.up()

    def _keys(self, names: tuple[str, ...]) -> None:
        if names == ("clear",):  # Android's key of that name empties the field
            self._keys(("ctrl", "a"))
            self._keys(("backspace",))
            return
        pressed = [key(name) for name in names]
        for name in pressed:
            self.page.keyboard.down(name)
        for name in reversed(pressed):
            self.page.keyboard.up(name)


def key(name: str) -> str:
    """The keyboard's name of a key of the action space. Raises ActingError where there is none."""
    plain = "".join(name.split()).lower()
    plain = NAMES_OF_KEYS.get(plain, plain)
    if plain in _PLAYWRIGHT:
        return _PLAYWRIGHT[plain]
    if len(name) == 1 or (plain[:1] == "f" and plain[1:].isdigit()):
        return name if len(name) == 1 else plain.upper()
    raise ActingError(f"no key is called {name!r}")


@contextmanager
def fresh(page: Any) -> Any:
    """A tab of a browser context of its own, which shares nothing with the given one; and its CDP session."""
    context = page.context.browser.new_context(offline=True)
    try:
        tab = context.new_page()
        yield tab, context.new_cdp_session(tab)
    finally:
        context.close()
