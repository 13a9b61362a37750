"""A screen made again from its record: the page, the size of the screen, and what was done on it by mouse and keyboard.

`made` is that record, plain JSON:
    app        the spec of a generated application (`synth.gui.apps.app`), or
    page       the file of a real one, below the folder `site` of the settings, with `digest` of that file, and
               `family`, the font that all its text is set in
    language, viewport [width, height] in CSS px, scale (device px a CSS px), faces [regular, bold] (`Face.name`)
    acts       what was done, as `synth.gui.acts` has it
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curation.errors import UserError
from synth.gui import acts
from synth.gui.apps import page as app_page

ORIGIN = "http://screen.test/"
_KINDS = {
    **{".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript"},
    **{".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".json": "application/json"},
    **{".woff2": "font/woff2", ".woff": "font/woff", ".ttf": "font/ttf", ".webp": "image/webp", ".gif": "image/gif"},
}
_MORNING = "2026-03-03T09:30:00"  # what clocks on real pages say
_STANDS = "2026-03-03T09:30:01"
_SETTLED = 2_500  # ms of their own time that they are given to begin; and after each act
_AFTER = 1_200
_WHILE, _PATIENCE = 60, 50  # ms, and how many of them at most
# Fonts that a proof knows; nothing moves; icon fonts stay.
_SHEET = """<style>*:not(i):not([class*="fa-"]):not([class*="icon"]),input,button,select,textarea{
font-family:"%s"!important}
*,*::before,*::after{animation:none!important;transition:none!important;caret-color:transparent!important;
scroll-behavior:auto!important} *{text-decoration-line:none!important;font-style:normal!important;
letter-spacing:normal!important;word-spacing:normal!important;
font-optical-sizing:none;font-synthesis:none!important;font-feature-settings:normal!important;
font-variant-numeric:normal!important}</style>"""
_RANDOM = (
    """(() => { let s = 12345; Math.random = () => (s = (s * 1103515245 + 12345) % 2147483648) / 2147483648; })()"""
)


def size_of(made: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height of the screenshot."""
    width, height = made["viewport"]
    return round(width * made["scale"]), round(height * made["scale"])


def begin(page: Any, cdp: Any, made: Mapping[str, Any], site: Path | None = None) -> None:
    """Shows a page as it starts. Raises UserError where a file of a real one is missing or another."""
    width, height = made["viewport"]
    cdp.send(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": made["scale"], "mobile": False},
    )
    page.mouse.move(0, 0)
    if "app" in made:
        page.goto("about:blank")
        page.set_content(app_page.html(made["app"]))
        page.evaluate("() => document.fonts.ready.then(() => true)")
        return
    if site is None:
        raise UserError("a screen of a real application needs the folder that it was made from: `site`")
    check(site, made)
    page.clock.install(time=_MORNING)
    page.clock.pause_at(_STANDS)  # else messages would go away by the time that a machine takes
    page.add_init_script(_RANDOM)
    server = _Server(site, made["family"])
    page.route("**/*", server.answer)
    page.goto(ORIGIN + made["page"], wait_until="load")
    for _ in range(2):  # scripts may wait for others, and load more when their time comes
        server.wait(page)
        page.evaluate("() => document.fonts.ready.then(() => true)")
        page.clock.run_for(_SETTLED)


def show(page: Any, cdp: Any, made: Mapping[str, Any], site: Path | None = None) -> None:
    """Shows the screen: the page as it starts, and all that was done on it done again."""
    begin(page, cdp, made, site)
    for act in made["acts"]:
        do(page, act, made)


def do(page: Any, act: Mapping[str, Any], made: Mapping[str, Any]) -> None:
    """One act; afterwards the page is at rest."""
    acts.do(page, act)
    if made["scale"] != 1:
        page.mouse.move(
            0, 0
        )  # with a scale Chromium at times hovers over what lies at the pointer's place divided by it
    if act["do"] == "scroll":
        page.wait_for_timeout(_WHILE)  # wheels turn on their own time
    if "page" in made:
        page.clock.run_for(_AFTER)


def check(site: Path, made: Mapping[str, Any]) -> None:
    """Raises UserError where the file of a real page is missing or another."""
    path = site / made["page"]
    if not path.is_file():
        raise UserError(f"{path}: the page that a screen was made from is not there")
    if digest(path) != made["digest"]:
        raise UserError(f"{path}: is not the file that a screen was made from")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


class _Server:
    """Answers with files of a folder, and with nothing else. A page is shown once: whatever leads away from it does
    not."""

    def __init__(self, site: Path, family: str):
        self._site, self._sheet = site.resolve(), (_SHEET % family).encode()
        self._begun = False
        self._answered = 0

    def answer(self, route: Any) -> None:
        self._answered += 1
        url = route.request.url
        path = (self._site / url.removeprefix(ORIGIN).partition("?")[0].partition("#")[0]).resolve()
        if route.request.is_navigation_request() and self._begun:
            route.fulfill(status=204)
        elif not url.startswith(ORIGIN) or not path.is_relative_to(self._site) or not path.is_file():
            route.abort()
        else:
            body = path.read_bytes()
            if route.request.is_navigation_request():
                self._begun = True
                body = body.replace(b"</head>", self._sheet + b"</head>", 1)
            route.fulfill(body=body, content_type=_KINDS.get(path.suffix, "application/octet-stream"))

    def wait(self, page: Any) -> None:
        """Until nothing has been asked for during a while."""
        for _ in range(_PATIENCE):
            before = self._answered
            page.wait_for_timeout(_WHILE)
            if before == self._answered:
                return
