"""Generated applications: self-contained pages with real state, that look like web, desktop and mobile software.

A *spec* is plain JSON and decides everything: the same spec gives the same page, forever.

    kind       what its tasks are about; "home" is a mobile home screen with several applications
    platform   "web", "desktop" or "mobile"
    language   one of `synth.ocr.languages`; `rtl` whether it runs from right to left
    size       [width, height] in CSS px
    theme      `synth.gui.apps.theme`: `face` and `bold` are `synth.ocr.fonts.Face.name` of the only two faces used
    words      of the shell and the widgets: "close", "search", names of months
    apps       [{"id", "kind", "name", "icon", "nav", "size", "content", "start"}], the first is the one of `kind`
    shell      what stands around: windows, bars, banners (`synth.gui.apps.shell`)

**In the page.** `window.app` has
    state()       plain JSON: {"shell": {...}, "<app id>": {"view": {...}, ...}}: changed by real input alone. `shell`
                  has "front" (id of the application in front, "" on the home screen), "popup" (key of the open menu),
                  "focus", "scroll" {key: [left, top]} and, where there are any, "windows"
    system(name)  "Back", "Home", "Menu" or "Enter" of a mobile; true where it did something
    open(name)    opens an application by its name, on a mobile
    where(key)    null, or of the element: "box" [x1, y1, x2, y2], "point" [x, y] where a click reaches it (null:
                  covered, out of view, disabled), "disabled" and, where scrolling helps, "scroll": {"point": [x, y]
                  over the scroller, "dx", "dy": how far the wheel must turn}
    place(key, value)   [[x, y], [x, y]]: where a slider's thumb is, and where it would be at the value
There are no timers, animations, hover effects, dates, random numbers or requests, and no caret: equal input gives
equal pixels and states. Wheels scroll at once and by exactly their delta; on mobile, so does a pointer that drags.
On some mobiles a field with the focus has a keyboard below it (`shell.keyboard` in the state), which takes room from
the application; its keys type, and Back closes it first.

**Elements.** `data-e` is a key, unique in the page: `<app id>.<key of the kind>`, or `shell.<key>`. Whatever has one is
interactive or means something, and has its native semantics or an ARIA role, a name (`aria-label`, or its text) and
states (`aria-checked`, `aria-selected`, `aria-expanded`, `aria-disabled`, `aria-invalid`, `aria-required`,
`aria-valuenow`, ...). Text fields are `contenteditable`, so that all text of a page stands in its text nodes, set in
the two faces (signs that they lack, as Latin letters in Arabic, in others) at sizes in whole or half px, kerned and
with the usual ligatures as HarfBuzz sets them by default, no letter spacing, no synthetic styles, each text in one
colour on a plain ground. Marked: `data-art`, pictures that hold no text; `data-cut`, where a text is longer than its
field or bar and is cut off; `data-scroll`, what scrolls.

**To add a kind** `mail`, write
    synth/gui/apps/kinds/mail.py         draw(rng, place) -> {"name", "icon", "content", "start"} (plain JSON) and
                                         tasks(rng, app, place) -> list[Task], `app` being what draw gave (with "nav").
                                         Keys and state paths of the tasks are the kind's own, without the app id:
                                         `Step("click", "compose")`, `{"sent.0.to": "..."}`; `shell.*` keys stay.
    synth/gui/apps/static/kinds/mail.js  kind("mail", (s, c, ui) => frame({...})): a function from its state `s` and
                                         content `c` to widgets, whose handlers change `s` in place; all is drawn again
                                         after each event. `s.view` is where one is (free to change in a task). All
                                         words come from `c`. The widgets: static/widgets.js and static/frame.js.
and add it to `KINDS`. Keep things in dicts by id with a list of their order, so that paths stay true when others go.
`content["nav"]`, where there is one, lists sections [{"id", "label", "icon"}]; `s.view.page` is the chosen one, `go()`
gives the steps that lead there whatever the navigation looks like.
"""

from types import ModuleType
from typing import Any

import numpy as np

from synth.gui.apps import shell, theme
from synth.gui.apps.kinds import (
    calendar,
    dashboard,
    editor,
    files,
    form,
    home,
    mail,
    map,
    player,
    settings,
    shop,
    table,
)
from synth.gui.apps.page import html
from synth.gui.apps.place import Place, Platform, navigation
from synth.gui.apps.task import Do, Spec, Step, Task, Trap, after, faults, within
from synth.ocr.languages import LANGUAGES

__all__ = ["KINDS", "Do", "Spec", "Step", "Task", "Trap", "draw", "faults", "html", "tasks"]

KINDS: dict[str, ModuleType] = {
    "calendar": calendar,
    "dashboard": dashboard,
    "editor": editor,
    "files": files,
    "form": form,
    "mail": mail,
    "map": map,
    "player": player,
    "settings": settings,
    "shop": shop,
    "table": table,
}


def draw(
    rng: np.random.Generator, platform: Platform, language: str, size: tuple[int, int], kind: str | None = None
) -> Spec:
    """An application of a kind, or of any, for a viewport of `size` CSS px (160 x 160 to 1600 x 1000).

    Kind "home" is for mobiles alone.
    """
    chosen = kind or str(rng.choice([*sorted(KINDS), *(["home"] if platform == "mobile" else [])]))
    place = Place(platform, language, size)
    look = theme.draw(rng, place)
    around = shell.draw(rng, place)
    room = Place(platform, language, (around["room"][0], around["room"][1]))
    if platform == "desktop":
        apps, desk = _desktop(rng, place, chosen)
        around = {**around, **desk, "start": {**around["start"], **desk["start"], "front": chosen}}
    elif chosen == "home":
        kinds = [str(kind) for kind in rng.permutation(sorted(KINDS))[: int(rng.integers(2, 5))]]
        apps = [_application(rng, kind, room) for kind in kinds]
    else:
        apps = [_application(rng, chosen, room)]
        around["start"]["front"] = chosen
    return {
        "kind": chosen,
        "platform": platform,
        "language": language,
        "rtl": LANGUAGES[language].right_to_left,
        "size": list(size),
        "theme": look,
        "words": shell.words(language),
        "apps": apps,
        "shell": around,
    }


def tasks(rng: np.random.Generator, spec: Spec) -> list[Task]:
    """Tasks of several kinds and lengths on an application; each is solved by its steps, with or without its traps."""
    found = []
    for app in spec["apps"] if spec["kind"] == "home" else spec["apps"][:1]:
        place = Place(spec["platform"], spec["language"], (app["size"][0], app["size"][1]))
        made = [within(task, app["id"]) for task in KINDS[app["kind"]].tasks(rng, app, place)]
        found += [home.opened(rng, task, app, spec) for task in made] if spec["kind"] == "home" else made
    if spec["kind"] == "home":
        found += home.tasks(rng, spec)
    return [after(shell.cleared(spec), task) for task in found]


def _application(rng: np.random.Generator, kind: str, place: Place) -> dict[str, Any]:
    made = KINDS[kind].draw(rng, place)
    return {"id": kind, "kind": kind, "nav": navigation(rng, place), "size": list(place.size), **made}


def _desktop(rng: np.random.Generator, place: Place, kind: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Windows of the application and of up to two others behind it."""
    others = [str(other) for other in rng.permutation(sorted(set(KINDS) - {kind}))]
    kinds = [kind, *others[: int(rng.choice((0, 1, 1, 2)))]]
    desk = shell.windows(rng, place, [{"id": each} for each in kinds])
    apps = []
    for each in kinds:
        at = desk["start"]["windows"][each]
        size = (place.size[0], place.size[1] - desk["tasks"]) if at["full"] else (at["w"], at["h"])
        apps.append(_application(rng, each, Place(place.platform, place.language, (size[0], size[1] - shell.TITLE))))
    return apps, desk
