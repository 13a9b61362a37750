"""Settings of a device or an account: pages of switches, choosers, sliders, radio buttons, fields and counts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from synth.gui.apps.place import Place, go
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words.content import address, code, pick, several
from synth.gui.words.tables import goal, label, labels, words
from synth.ocr.languages import LANGUAGES

# Page: its icon and what it may hold, as "<key>:<sort>".
_PAGES = {
    "network": (
        "wifi",
        "wifi:switch airplane_mode:asked mobile_data:switch roaming:switch data_saver:switch vpn:switch",
    ),
    "bluetooth": ("bluetooth", "bluetooth:switch nfc:switch hotspot:switch device_name:text"),
    "display": (
        "screen",
        "dark_mode:switch brightness:range font_size:size auto_rotate:switch night_light:switch timeout:timeout"
        " theme:theme",
    ),
    "sound": ("sound", "volume:range ring_volume:range alarm_volume:range vibration:switch key_sounds:check"),
    "notifications": ("bell", "do_not_disturb:switch badges:switch lock_screen:lock newsletter:check"),
    "privacy": ("lock", "location_access:switch camera_access:switch crash_reports:check personal_ads:check"),
    "account": ("user", "username:text email:address two_step:asked language:language"),
    "general": ("gear", "hours_24:switch units:units spelling:check pointer_speed:range language:language"),
    "updates": ("refresh", "auto_update:switch beta:asked backup:switch"),
    "storage": ("box", "clean_up:switch backups_kept:count backup:switch"),
    "battery": ("battery", "battery_saver:switch brightness:range timeout:timeout"),
}


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """Pages with rows, and what each row is set to."""
    says = _says(place.language)
    most = 2 if place.tiny else 5 if place.narrow else 8
    chosen = several(rng, list(_PAGES), int(rng.integers(2, most + 1)))
    pages, values, used = {}, {}, set()
    for name in chosen:
        icon, told = _PAGES[name]
        rows = []
        for one in several(rng, told.split(), int(rng.integers(3, 8))):
            key, sort = one.split(":")
            if key in used:
                continue
            used.add(key)
            row, values[key] = _row(rng, place, key, sort)
            rows.append(row)
        cut = int(rng.integers(1, len(rows))) if len(rows) > 3 and rng.random() < 0.5 else len(rows)
        groups = [{"label": says(name), "rows": rows[:cut]}]
        if rows[cut:]:
            groups.append({"label": says("other"), "rows": rows[cut:]})
        if rows:
            pages[name] = {"label": says(name), "icon": icon, "groups": groups}
    nav = [{"id": name, "label": page["label"], "icon": page["icon"]} for name, page in pages.items()]
    search = says("search") if rng.random() < 0.5 and not place.tiny else ""
    content = {"pages": pages, "nav": nav, "search": search, "none": says("no_results"), "cancel": says("cancel")}
    start = {"view": {"page": pick(rng, nav)["id"], "query": ""}, "values": values}
    return {"name": says("settings"), "icon": "gear", "content": content, "start": start}


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """To change one setting, each of another kind; to change two; to find one by searching; to show a page."""
    content, start, language = app["content"], app["start"], place.language
    found: dict[str, tuple[Task, str]] = {}
    rows = [
        (page, row)
        for page, told in content["pages"].items()
        for group in told["groups"]
        for row in group["rows"]
        if not row.get("needs") or start["values"][row["needs"]]
    ]
    for page, row in several(rng, rows, len(rows)):
        task = _change(rng, language, content["pages"][page]["label"], row, start["values"][row["id"]])
        if task.kind not in found or rng.random() < 0.3:
            found[task.kind] = _led(rng, app, page, task), page
    made = [task for task, _ in found.values()]
    if len(made) > 1:
        one, two = several(rng, made, 2)
        if not set(one.wanted) & set(two.wanted) and not _needed(app, one, two):
            made.append(_both(one, two))
    if content["search"]:
        switches = [row for _, row in rows if row["sort"] == "switch" and "ask" not in row]
        made += [_found(rng, app, language, row) for row in several(rng, switches, 1)]
    others = [page for page in content["nav"] if page["id"] != start["view"]["page"]]
    for page in several(rng, others, 1):
        told = goal(rng, language, "settings", "page", page=page["label"])
        made.append(Task(told, "settings.page", {"view.page": page["id"]}, go(app, page["id"])))
    return made


def _says(language: str) -> Callable[[str], str]:
    own, all_ = words("settings", language), labels(language)
    return lambda key: own[key][0] if key in own else all_[key]


def _row(rng: np.random.Generator, place: Place, key: str, sort: str) -> tuple[dict[str, Any], Any]:
    says = _says(place.language)
    row: dict[str, Any] = {"id": key, "label": says(key), "sort": sort}
    value: Any = bool(rng.random() < 0.5)
    if sort == "asked":
        text = says("ask_text").format(name=says(key))
        row |= {"sort": "switch", "ask": {"when": True, "title": says("ask_title"), "text": text, "yes": says("ok")}}
    elif sort == "range":
        step = int(rng.choice((5, 10, 20)))
        row |= {"low": 0, "high": 100, "step": step, "unit": "%"}
        value = step * int(rng.integers(0, 100 // step + 1))
    elif sort == "count":
        row |= {"low": 1, "high": 9}
        value = int(rng.integers(1, 10))
    elif sort == "text":
        value = code(rng)
    elif sort == "address":
        row["sort"], value = "text", address(rng)
    elif sort not in ("switch", "check"):
        options = _options(rng, place.language, sort)
        flat = sort in ("lock", "units", "theme") and not place.tiny
        row |= {"sort": "radio" if flat else "choice", "options": options}
        value = pick(rng, options)["id"]
    if key in ("roaming", "data_saver") and rng.random() < 0.5:
        row["note"] = says("mobile_data")
    return row, value


def _options(rng: np.random.Generator, language: str, sort: str) -> list[dict[str, str]]:
    says = _says(language)
    if sort == "timeout":
        return [{"id": str(each), "label": says("minutes").format(count=each)} for each in (1, 2, 5, 10, 30)]
    if sort == "language":  # their own names, so far as the font has the letters
        latin = ("en", "fr", "de", "it", "es", "pt")
        home = [language] if language not in latin else []
        return [{"id": each, "label": LANGUAGES[each].own_name} for each in (*latin, *home)]
    keys = {
        "size": ("small", "middle", "large", "largest"),
        "theme": ("light", "dark", "automatic"),
        "lock": ("show_everything", "hide_content", "none"),
        "units": ("metric", "imperial"),
    }[sort]
    return [{"id": key, "label": says(key)} for key in keys]


def _change(rng: np.random.Generator, language: str, page: str, row: dict[str, Any], now: Any) -> Task:
    """A task on one row of the page that is shown."""
    key, name = row["id"], row["label"]
    path = f"values.{key}"
    if row["sort"] in ("switch", "check"):
        told = goal(rng, language, "settings", "off" if now else "on", name=name, page=page)
        click = Step("click", key)
        if "ask" in row and not now:
            steps = (click, Step("click", "ask.yes"))
            no = Trap(0, (click, Step("click", "ask.cancel")), (), "cancelled")
            return Task(told, "settings.asked", {path: True}, steps, (no,))
        return Task(told, f"settings.{row['sort']}", {path: not now}, (click,))
    if row["sort"] in ("choice", "radio"):
        options = [each for each in row["options"] if each["id"] != now]
        value, *other = several(rng, options, 2)
        told = goal(rng, language, "settings", "choose", name=name, page=page, value=value["label"])

        def picked(one: dict[str, str]) -> tuple[Step, ...]:
            click = Step("click", f"{key}.{one['id']}")
            return (click,) if row["sort"] == "radio" else (Step("click", key), click)

        traps = tuple(Trap(0, picked(one), (), "wrong_value") for one in other)
        return Task(told, f"settings.{row['sort']}", {path: value["id"]}, picked(value), traps)
    if row["sort"] == "text":
        text = address(rng) if "@" in str(now) else code(rng)
        told = goal(rng, language, "settings", "type", name=name, page=page, value=text)
        return Task(told, "settings.text", {path: text}, (Step("type", key, text),))
    if row["sort"] == "count":
        number = int(pick(rng, [each for each in range(row["low"], row["high"] + 1) if 0 < abs(each - now) < 5]))
        steps = (Step("click", f"{key}.{'more' if number > now else 'less'}"),) * abs(number - now)
        told = goal(rng, language, "settings", "choose", name=name, page=page, value=number)
        return Task(told, "settings.count", {path: number}, steps)
    low, high, step = row["low"], row["high"], row["step"]
    number = int(pick(rng, [each for each in range(low, high + 1, step) if each != now]))
    told = goal(rng, language, "settings", "choose", name=name, page=page, value=f"{number}%")
    return Task(told, "settings.range", {path: number}, (Step("slide", key, str(number)),))


def _led(rng: np.random.Generator, app: dict[str, Any], page: str, task: Task) -> Task:
    """With the way to its page before it, and a wrong way that may be taken."""
    if page == app["start"]["view"]["page"]:
        way: tuple[Step, ...] = ()
    else:
        way = go(app, page)
    traps = tuple(replace(trap, at=trap.at + len(way)) for trap in task.traps)
    others = [each["id"] for each in app["content"]["nav"] if each["id"] != page]
    for other in several(rng, others, 1):
        # Where nothing leads back to the page by itself, the mistake comes before the way to it.
        traps += (Trap(0, go(app, other), () if way else go(app, page)),)
    return replace(task, steps=(*way, *task.steps), traps=traps)


def _both(one: Task, two: Task) -> Task:
    """Two tasks after each other; the second one's way is found from wherever the first one ends."""
    return Task(
        f"{one.goal} {two.goal}",
        "settings.two",
        {**one.wanted, **two.wanted},
        (*one.steps, *two.steps),
        one.traps,
    )


def _needed(app: dict[str, Any], one: Task, two: Task) -> bool:
    """Whether the second cannot begin where the first ends: the first left the page on which the second begins."""
    leaves = any(step.on.startswith("nav.") for step in one.steps)
    return leaves and not any(step.on.startswith("nav.") for step in two.steps)


def _found(rng: np.random.Generator, app: dict[str, Any], language: str, row: dict[str, Any]) -> Task:
    now = app["start"]["values"][row["id"]]
    query = row["label"].split()[0]
    state = label(language, "off" if now else "on")
    told = goal(rng, language, "settings", "find", query=query, name=row["label"], state=state)
    steps = (Step("type", "search", query), Step("click", row["id"]))
    return Task(told, "settings.find", {f"values.{row['id']}": not now}, steps)
