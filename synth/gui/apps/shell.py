"""What stands around applications: a bare page or a browser's, a desktop with windows, the screen of a mobile."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from synth.gui.apps.place import Place
from synth.gui.apps.task import Spec, Step
from synth.gui.words.content import DATES, clock
from synth.gui.words.tables import label
from synth.gui.words.tables import words as table

_KEYS = {
    "less": "decrease",
    "more": "increase",
    "before": "previous",
    "after": "next",
    "close": "close",
    "back": "back",
}
_SUNDAY = ("en", "zh", "ja", "ko", "pt", "ar")  # weeks that begin on Sundays; others on Mondays


def _keys(language: str) -> list[str]:
    """The lines of a keyboard; Chinese, Japanese and Vietnamese are written by Latin letters."""
    lines = {
        "fr": ("azertyuiop", "qsdfghjklm", "wxcvbnéè"),
        "de": ("qwertzuiopü", "asdfghjklöä", "yxcvbnmß"),
        "es": ("qwertyuiop", "asdfghjklñ", "zxcvbnm"),
        "ar": ("ضصثقفغعهخحج", "شسيبلاتنمكط", "ئءؤرىةوزظد"),
        "ru": ("йцукенгшщзх", "фывапролджэ", "ячсмитьбю"),
        "ko": ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ"),
    }
    return ["1234567890", *lines.get(language, ("qwertyuiop", "asdfghjkl", "zxcvbnm"))]


@cache
def _calendar(language: str) -> dict[str, Any]:
    from babel.dates import get_day_names, get_month_names

    # Asked for months that stand alone, babel 2.18 may give those of the language that was asked for before.
    months = get_month_names("wide", "stand-alone" if language == "ru" else "format", language)
    # Babel counts days from Monday, the page from Sunday.
    days = get_day_names("narrow" if language in ("zh", "ja", "ko") else "abbreviated", "stand-alone", language)
    return {
        "months": [months[number] for number in range(1, 13)],
        "weekdays": [days[(number + 6) % 7] for number in range(7)],
    }


def words(language: str) -> dict[str, Any]:
    """Words of the shell and the widgets."""
    form = DATES.get(language, "{d:02d}/{m:02d}/{y}").replace(":02d", "")
    return {
        **{name: label(language, key) for name, key in _KEYS.items()},
        **{"menu": label(language, "menu"), "pages": label(language, "number"), "ok": label(language, "ok")},
        **{name: label(language, name) for name in ("minimize", "maximize", "home", "start", "nothing_here")},
        "keyboard": table("settings", language)["keyboard"][0],
        **{"refresh": label(language, "refresh"), "address": label(language, "address")},
        **{"battery": label(language, "battery"), "wifi": label(language, "wifi")},
        **_calendar(language),
        "first": 0 if language in _SUNDAY else 1,
        "date": form.replace("{d}", "dd").replace("{m}", "mm").replace("{y}", "yyyy"),
        "month": "yyyy年mmmm" if language in ("zh", "ja") else "yyyy년 mmmm" if language == "ko" else "mmmm yyyy",
    }


STATUS, TITLE, TASKS, CHROME = 26, 32, 42, 80  # px of the bars, as static/shell.css has them


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """Bars, banners and notices; "room" [width, height] is what they leave to an application in front."""
    width, height = place.size
    notice = not place.tiny and rng.random() < 0.12
    made: dict[str, Any] = {"clock": clock(rng), "start": {"notice": bool(notice)}, "room": [width, height]}
    made |= {"notice": label(place.language, str(rng.choice(("update_ready", "new_messages", "session_expired"))))}
    if place.platform == "mobile":
        bars = 0 if place.tiny else STATUS
        buttons = 0 if place.tiny else int(rng.choice((0, 20, 44)))
        made |= {"status": bars, "buttons": buttons, "room": [width, height - bars - buttons]}
        if height >= 560 and rng.random() < 0.6:
            made |= {"keys": _keys(place.language), "cased": place.language not in ("ar", "zh", "ja", "ko")}
        made |= {"decoys": decoys(rng, place), "battery": int(rng.integers(5, 100))}
    elif place.platform == "web":
        framed = width >= 700 and height >= 480 and rng.random() < 0.3
        banner = min(width, height) >= 320 and not notice and rng.random() < 0.15
        made["start"] |= {"banner": bool(banner)}
        made |= {"cookies": label(place.language, "cookies"), "look": str(rng.choice(("low", "corner")))}
        made |= {"accept": label(place.language, "accept"), "decline": label(place.language, "decline")}
        if framed:
            pages = decoys(rng, place)[: int(rng.integers(1, 4))]
            made |= {"tabs": [page["name"] for page in pages], "room": [width, height - CHROME]}
            made |= {"host": f"app{int(rng.integers(2, 99))}.example/{rng.choice(('work', 'home', 'team', 'my'))}"}
            made["start"] |= {"tab": 0}
    return made


def windows(rng: np.random.Generator, place: Place, apps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Windows of a desktop: the first application's in front, others behind it, and their bar of tasks."""
    width, height = place.size
    tasks = 0 if place.tiny or height < 420 else TASKS
    low = height - tasks
    places: dict[str, dict[str, Any]] = {}
    for number, app in enumerate(apps):
        full = width < 760 or height < 480 or (number == 0 and rng.random() < 0.25)
        wide = int(width * rng.uniform(0.68, 0.9)) if not number else int(width * rng.uniform(0.4, 0.7))
        tall = int(low * rng.uniform(0.75, 0.94)) if not number else int(low * rng.uniform(0.5, 0.8))
        x, y = int(rng.uniform(0, width - wide)), int(rng.uniform(0, low - tall))
        places[app["id"]] = {"x": x, "y": y, "w": wide, "h": tall, "full": bool(full), "min": False, "closed": False}
    order = [app["id"] for app in reversed(apps)]
    look = str(rng.choice(("plain", "accent", "right", "left")))
    style = {"look": look, "tasks": tasks, "icons": bool(width >= 760 and height >= 480)}
    return {**style, "start": {"windows": places, "order": order}}


def cleared(spec: Spec) -> tuple[Step, ...]:
    """The steps by which one gets rid of what covers the application at first."""
    start = spec["shell"]["start"]
    banner = (Step("click", "shell.banner.accept"),) if start.get("banner") else ()
    return (*banner, Step("click", "shell.notice.close")) if start.get("notice") else banner


def decoys(rng: np.random.Generator, place: Place) -> list[dict[str, str]]:
    """Applications that a home screen or a browser has beside those that one works with."""
    known = {"photos": "image", "notes": "edit", "clock": "clock", "calculator": "grid", "weather": "sun"}
    known |= {"camera": "camera", "contacts": "team", "messages": "chat", "downloads": "download", "documents": "book"}
    chosen = [list(known)[number] for number in rng.permutation(len(known))[: int(rng.integers(4, 9))]]
    return [{"id": key, "name": label(place.language, key), "icon": known[key]} for key in chosen]
