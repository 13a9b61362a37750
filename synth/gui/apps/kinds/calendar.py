"""A calendar: a month, or a list, of events that are made, moved, changed and deleted."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content
from synth.gui.words.tables import goal, label

LABELS = (
    *(
        "new_event",
        "edit_event",
        "title",
        "date",
        "start",
        "end",
        "all_day",
        "color",
        "reminder",
        "event_place",
        "save",
    ),
    *("cancel", "delete", "confirm_delete", "today", "nothing_here", "required_field", "invalid", "deleted", "saved"),
    *("search", "no_results"),
)
TIMES = tuple(f"{hour:02d}:{minute}" for hour in range(7, 22) for minute in ("00", "30"))
HUES = {
    215: 3,
    145: 4,
    355: 2,
    48: 5,
    22: 7,
}  # blue, green, red, yellow, brown: hues, and places in the list of colours


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """A month with 7 to 11 events, and two in the next."""
    language = place.language
    year, month = content.number(rng, 2020, 2029), content.number(rng, 1, 11)
    titles = content.several(rng, content.some(language, "event"), int(rng.integers(9, 14)))
    events = {}
    for at, title in enumerate(titles):
        begin = content.number(rng, 0, len(TIMES) - 6)
        events[f"e{at + 1}"] = {
            "title": title if rng.random() < 0.6 else f"{title} {content.number(rng)}",
            "date": content.day(rng, year, month + (at >= len(titles) - 2)),
            "start": TIMES[begin],
            "end": TIMES[begin + content.number(rng, 1, 5)],
            "all": bool(rng.random() < 0.1),
            "color": f"c{rng.integers(len(HUES))}",
            "remind": bool(rng.random() < 0.4),
            "place": content.street(rng, language) if rng.random() < 0.5 else "",
        }
    return {
        "name": label(language, "calendar"),
        "icon": "calendar",
        "content": {
            "t": {key: label(language, key) for key in LABELS},
            "nav": [
                {"id": "month", "label": label(language, "month"), "icon": "calendar"},
                {"id": "agenda", "label": label(language, "agenda"), "icon": "list"},
            ],
            "times": list(TIMES),
            "colors": [
                {"id": f"c{at}", "label": content.some(language, "color")[named], "hue": hue}
                for at, (hue, named) in enumerate(HUES.items())
            ],
            "today": content.day(rng, year, month),
            "tiny": place.tiny,
        },
        "start": {"view": {"page": "month", "month": f"{year}-{month:02d}", "day": ""}, "events": events},
    }


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """Tasks of every kind in this calendar."""
    return [task for make in (_made, _deleted, _moved, _changed) for task in make(rng, app, place)]


def _now(app: dict[str, Any]) -> list[str]:
    return [one for one, event in app["start"]["events"].items() if event["date"][:7] == app["start"]["view"]["month"]]


def _opened(app: dict[str, Any], one: str, place: Place) -> tuple[Step, ...]:
    """The steps to an event; where there is room for one column only, its day is chosen before."""
    date = app["start"]["events"][one]["date"]
    later = (Step("click", "after"),) if date[:7] != app["start"]["view"]["month"] else ()
    return (*later, *((Step("click", f"day.{date}"),) if place.narrow else ()), Step("click", f"event.{one}"))


def _dated(field: str, date: str) -> tuple[Step, ...]:
    return Step("click", field), Step("click", f"{field}.{date}")


def _timed(field: str, time: str) -> tuple[Step, ...]:
    return Step("click", field), Step("click", f"{field}.{time}")


def _astray() -> Trap:
    return Trap(0, (Step("click", "after"),), (Step("click", "before"),), "wrong_place")


def _made(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    language, year, month = place.language, *(int(part) for part in app["start"]["view"]["month"].split("-"))
    new, save = Step("click", "new"), Step("click", "edit.save")
    found = []
    for kind in ("create", "whole"):
        title = f"{content.pick(rng, content.some(language, 'event'))} {content.code(rng)}"
        date, other = content.day(rng, year, month), content.day(rng, year, month)
        begin = content.number(rng, 0, len(TIMES) - 4)
        start, end = TIMES[begin], TIMES[begin + content.number(rng, 1, 3)]
        said = {"title": title, "date": content.date(language, date), "start": start, "end": end}
        wanted: dict[str, Any] = {"title": title, "date": date, "all": kind == "whole"}
        steps = [new, Step("type", "edit.title", title), *_dated("edit.date", date)]
        if kind == "create":
            wanted |= {"start": start, "end": end}
            steps += [*_timed("edit.start", start), *_timed("edit.end", end)]
        else:
            steps.append(Step("click", "edit.all"))
        traps = [
            Trap(1, (Step("click", "edit.cancel"),), (new,), "cancelled"),
            Trap(1, (save,), (), "wrong_value"),
            _astray(),
        ]
        if other != date:
            traps.append(Trap(2, _dated("edit.date", other), (), "wrong_value"))
        found.append(
            Task(
                goal(rng, language, "calendar", kind, **said),
                f"calendar.{kind}",
                {f"events.x1.{key}": value for key, value in wanted.items()},
                (*steps, save),
                tuple(traps),
                ("events.x1",),
            )
        )
    return found


def _deleted(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    events, language = app["start"]["events"], place.language
    found = []
    for one in (content.pick(rng, _now(app)), list(events)[-1]):
        date, way, delete = events[one]["date"], _opened(app, one, place), Step("click", "edit.delete")
        other = content.pick(rng, [each for each in _now(app) if each != one])
        traps = [Trap(len(way) + 1, (Step("click", "ask.cancel"),), (*way[-1:], delete), "cancelled")]
        if date[:7] == app["start"]["view"]["month"]:
            traps.append(Trap(0, _opened(app, other, place), (Step("click", "edit.cancel"),), "wrong_item"))
        else:
            traps.append(Trap(1, (Step("click", "after"),), (Step("click", "before"),), "wrong_place"))
        found.append(
            Task(
                goal(
                    rng, language, "calendar", "delete", title=events[one]["title"], date=content.date(language, date)
                ),
                "calendar.delete",
                {f"events.{one}": None},
                (*way, delete, Step("click", "ask.yes")),
                tuple(traps),
            )
        )
    return found


def _other_day(
    rng: np.random.Generator, app: dict[str, Any], one: str, language: str
) -> tuple[str, str, str, dict[str, str]]:
    """An event, a day of its month to move it to, a wrong day, and how that is said."""
    event = app["start"]["events"][one]
    days = [f"{event['date'][:7]}-{day:02d}" for day in range(1, 29)]
    to, wrong = content.several(rng, [day for day in days if day != event["date"]], 2)
    said = {"title": event["title"], "date": content.date(language, event["date"]), "other": content.date(language, to)}
    return one, to, wrong, said


def _moved(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    language, save = place.language, Step("click", "edit.save")
    first, second = content.several(rng, _now(app), 2)
    one, to, wrong, said = _other_day(rng, app, first, language)
    way = _opened(app, one, place)
    found = [
        Task(
            goal(rng, language, "calendar", "move", **said),
            "calendar.move",
            {f"events.{one}.date": to},
            (*way, *_dated("edit.date", to), save),
            (
                Trap(len(way), _dated("edit.date", wrong), (), "wrong_value"),
                Trap(len(way), (Step("click", "edit.cancel"),), way[-1:], "cancelled"),
            ),
        )
    ]
    if not place.narrow and place.size[1] >= 560 and place.platform != "mobile":
        dragged, to, wrong, said = _other_day(rng, app, second, language)
        drag, slip = (Step("drag", f"event.{dragged}", to=f"day.{day}") for day in (to, wrong))
        goal_, wanted = goal(rng, language, "calendar", "move", **said), {f"events.{dragged}.date": to}
        trap = Trap(0, (slip,), (), "wrong_value")
        found.append(Task(goal_, "calendar.drag", wanted, (drag,), (trap, _astray())))
    return found


def _changed(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    events, language, found = app["start"]["events"], place.language, []
    for key in ("time", "rename", "color", "remind"):
        some = [
            one
            for one in _now(app)
            if not (events[one]["all"] if key == "time" else key == "remind" and events[one][key])
        ]
        if len(some) < 2:
            continue
        one, other = content.several(rng, some, 2)
        event, way, save = events[one], _opened(app, one, place), Step("click", "edit.save")
        said: dict[str, Any] = {"title": event["title"], "date": content.date(language, event["date"])}
        if key == "time":
            early = [time for time in TIMES if time < event["end"] and time != event["start"]]
            if len(early) < 2:
                continue
            start, slip = content.several(rng, early, 2)
            said["start"] = start
            wanted, steps, wrong = {"start": start}, _timed("edit.start", start), _timed("edit.start", slip)
        elif key == "rename":
            name = f"{content.pick(rng, content.some(language, 'event'))} {content.code(rng)}"
            said["name"] = name
            wanted, steps = {"title": name}, (Step("type", "edit.title", name),)
            wrong = (Step("type", "edit.title", name[:-1]),)
        elif key == "color":
            color, slip = content.several(
                rng, [each for each in app["content"]["colors"] if each["id"] != event["color"]], 2
            )
            said["color"] = color["label"]
            wanted, steps = {"color": color["id"]}, _timed("edit.color", color["id"])
            wrong = _timed("edit.color", slip["id"])
        else:
            wanted, steps, wrong = (
                {"remind": True},
                (Step("click", "edit.remind"),),
                (Step("click", "edit.remind"),) * 2,
            )
        found.append(
            Task(
                goal(rng, language, "calendar", key, **said),
                f"calendar.{key}",
                {f"events.{one}.{field}": value for field, value in wanted.items()},
                (*way, *steps, save),
                (
                    Trap(len(way), wrong, (), "wrong_value"),
                    Trap(0, _opened(app, other, place), (Step("click", "edit.cancel"),), "wrong_item"),
                    Trap(len(way), (Step("click", "edit.cancel"),), way[-1:], "cancelled"),
                ),
            )
        )
    return found
