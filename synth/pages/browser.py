"""One headless Chromium a process: started when it is first needed, in a thread of its own, and restarted when it dies.

playwright's synchronous interface is bound to the thread that started it, while Beam's workers call from several: so
work is handed over as a function and waited for. A tab is kept for each purpose, with what its `prepare` loaded (style
sheets, fonts, scripts), because loading them anew costs more than a page. Network access is off: only data: and file:
addresses load.
"""

import atexit
import base64
import contextlib
import io
import os
import queue
import shutil
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Any, TypeVar

import PIL.Image

from curation.errors import UserError

EXECUTABLES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    # Equal pixels on every machine: one scale, no colour fringes, no hinting, glyphs at quarter pixels.
    *("--force-device-scale-factor=1", "--force-color-profile=srgb", "--disable-lcd-text", "--hide-scrollbars"),
    *("--font-render-hinting=none", "--enable-font-subpixel-positioning", "--allow-file-access-from-files"),
)
MOST_RUNS = 1_000  # a browser is replaced after so many: its memory grows
SECONDS = 30.0  # a page that takes longer hangs

Result = TypeVar("Result")
Work = Callable[[Any, Any], Result]  # (playwright Page, its CDPSession) -> what it made


class BrowserError(UserError):
    """The browser is missing, does not start, died twice over the same work, or took too long."""


class Browser:
    """Runs work in tabs of one Chromium; safe to call from any thread, one piece of work at a time."""

    def __init__(self, executable: str | None = None, most_runs: int = MOST_RUNS):
        self._executable = executable or find_executable()
        self._most_runs = most_runs
        self._lock = threading.Lock()
        self._session: _Session | None = None

    def run(
        self, work: Work[Result], *, tab: str = "", prepare: Work[None] | None = None, seconds: float = SECONDS
    ) -> Result:
        """What `work(page, cdp)` returns, run in the tab of that name, which `prepare` set up when it was opened.

        Work must set up all that it needs beyond that, for it is tried again in a new browser when the browser dies.
        Errors of the work itself go through. Raises BrowserError where a second browser dies too, or after `seconds`.
        """
        with self._lock:
            for attempt in (1, 2):
                session = self._alive()
                try:
                    return session.run(work, tab, prepare, seconds)
                except _Died as death:
                    self._drop()
                    if attempt == 2:
                        raise BrowserError(
                            f"Chromium died twice over one page: {str(death).splitlines()[0]}"
                        ) from death
                except BrowserError:
                    self._drop()
                    raise
        raise AssertionError("not reached")

    @property
    def process(self) -> int:
        """The process id of the running Chromium; 0 where none runs."""
        return self._session.process if self._session else 0

    def close(self) -> None:
        """Ends Chromium; it is started again when it is needed again."""
        with self._lock:
            self._drop()

    def _alive(self) -> "_Session":
        if self._session and self._session.runs >= self._most_runs:
            self._drop()
        if self._session is None:
            self._session = _Session(self._executable)
        return self._session

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session:
            session.close()


def find_executable() -> str:
    """The path of a Chromium. Raises BrowserError naming the package to install."""
    for name in EXECUTABLES:
        if path := shutil.which(name):
            return path
    raise BrowserError("no Chromium was found: `apt-get install chromium-headless-shell`")


_browsers: dict[int, Browser] = {}  # by process: a forked worker must not talk to its parent's browser


def browser() -> Browser:
    """This process' browser."""
    process = os.getpid()
    if process not in _browsers:
        _browsers.clear()
        _browsers[process] = Browser()
        atexit.register(_browsers[process].close)
    return _browsers[process]


def resize(cdp: Any, width: int, height: int) -> None:
    """Sets a tab's viewport, in pixels."""
    cdp.send(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )


def screenshot(cdp: Any) -> PIL.Image.Image:
    """The viewport as an RGB picture, without loss."""
    shot = cdp.send("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
    return PIL.Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")


class _Died(Exception):  # noqa: N818  it is an event
    """The browser, or its connection, is gone."""


class _Session:
    """One start of Chromium and the thread that alone may speak to it."""

    def __init__(self, executable: str):
        self.process = 0
        self.runs = 0
        self._executable = executable
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Work[Any], str, Work[None] | None] | None]
        self._jobs = queue.SimpleQueue()
        self._started: Future[int] = Future()
        self._thread = threading.Thread(target=self._serve, name="chromium", daemon=True)
        self._thread.start()
        try:
            self.process = self._started.result(60)
        except NotInTime:
            raise BrowserError(f"{executable} did not start within 60 seconds") from None

    def run(self, work: Work[Result], tab: str, prepare: Work[None] | None, seconds: float) -> Result:
        self.runs += 1
        done: Future[Result] = Future()
        self._jobs.put((done, work, tab, prepare))
        try:
            return done.result(seconds)
        except NotInTime:
            self._kill()
            raise BrowserError(f"a page was not ready within {seconds:g} seconds: Chromium was stopped") from None

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join(5)
        if self._thread.is_alive():
            self._kill()
            self._thread.join(5)

    def _kill(self) -> None:
        """Ends a Chromium that does not answer; what waits for it in the thread then fails."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)

    def _serve(self) -> None:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            self._started.set_exception(BrowserError("Chromium is driven by playwright: `pip install playwright`"))
            return
        try:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=self._executable, args=list(FLAGS), handle_sigint=False, handle_sigterm=False
                )
                context = chromium.new_context(viewport={"width": 800, "height": 800}, offline=True)
                information = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
                kinds = {each["type"]: each["id"] for each in information["processInfo"]}
                self._started.set_result(int(kinds["browser"]))
                self._loop(context)
                with contextlib.suppress(Exception):  # it may be gone, and closing is all that was wanted
                    chromium.close()
        except Exception as error:
            if not self._started.done():
                self._started.set_exception(
                    BrowserError(f"{self._executable} does not start: {str(error).splitlines()[0]}")
                )

    def _loop(self, context: Any) -> None:
        from playwright.sync_api import Error

        tabs: dict[str, tuple[Any, Any]] = {}
        while job := self._jobs.get():
            done, work, tab, prepare = job
            try:
                if tab not in tabs:
                    page = context.new_page()
                    cdp = context.new_cdp_session(page)
                    if prepare:
                        prepare(page, cdp)
                    tabs[tab] = page, cdp
                done.set_result(work(*tabs[tab]))
            except Error as error:
                done.set_exception(_Died(error) if _is_death(context, error) else error)
            except BaseException as error:  # whoever waits must hear of it, whatever it is
                done.set_exception(error)


def _is_death(context: Any, error: Exception) -> bool:
    gone = ("closed", "crashed", "disconnected", "Connection")
    return not context.browser.is_connected() or any(word in str(error) for word in gone)
