"""Dashboards: figures and charts of a period, things to do, alerts; cards that can be hidden, put in order, ticked."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place, go
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content as made
from synth.gui.words.tables import goal, labels, listed, words

_FIGURES = ("revenue", "expenses", "profit", "visits", "orders", "customers", "visitors")
_PERIODS = ("day", "week", "month", "year")


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """Cards in an order of their own; on some dashboards on two pages."""
    says = _says(place.language)
    figures = made.several(rng, _FIGURES, 1 if place.tiny else int(rng.integers(2, 6)))
    periods = [_PERIODS[number] for number in sorted(made.several(rng, range(4), int(rng.integers(2, 4))))]
    if place.tiny:
        periods = periods[:2]
    names = {"day": ["6", "9", "12", "15", "18"], "week": _days(place.language), "month": [*"1234"]}
    names |= {"year": ["1", "3", "5", "7", "9", "11"]}
    cards: list[dict[str, Any]] = [_figure(rng, place.language, key, periods) for key in figures]
    for key in made.several(rng, ("trend", "by_month"), int(rng.integers(0 if place.tiny else 1, 3))):
        values = {period: [int(value) for value in rng.integers(8, 99, len(names[period]))] for period in periods}
        cards.append({"id": key, "sort": "plot", "label": says(key), "values": values})
    order = [f"t{number}" for number in range(int(rng.integers(3, 6)))]
    subjects = made.several(rng, made.some(place.language, "topic"), len(order))
    todo = {
        one: {"text": f"{subject} {made.code(rng)}", "done": bool(rng.random() < 0.3)}
        for one, subject in zip(order, subjects, strict=True)
    }
    cards.append({"id": "todos", "sort": "todo", "label": says("todo")})
    alerts = {f"a{number}": _alert(rng, place.language) for number in range(int(rng.integers(1, 4)))}
    if not place.tiny:
        cards.append({"id": "alert_list", "sort": "alerts", "label": says("alerts")})
        if rng.random() < 0.6:
            parts = made.several(rng, made.some(place.language, "department"), 4)
            shares = [{"label": part, "value": made.number(rng, 5, 60)} for part in parts]
            cards.append({"id": "parts", "sort": "ring", "label": says("shares"), "parts": shares})
    nav = None
    if rng.random() < 0.5:
        nav = [{"id": "overview", "label": says("overview"), "icon": "chart"}]
        nav.append({"id": "work", "label": says("tasks"), "icon": "check"})
    for card in cards:
        card["page"] = "work" if nav and card["sort"] in ("todo", "alerts") else "overview"
    content = {
        "title": says(made.pick(rng, ("dashboard", "overview", "reports"))),
        "cards": cards,
        "periods": [{"id": period, "label": says(period)} for period in periods],
        "names": names,
        "looks": [{"id": "bars", "label": says("show_as_bars")}, {"id": "line", "label": says("show_as_line")}],
        "alerts": alerts,
        "nav": nav,
        **{"nothing": says("nothing_here"), "fresh": says("saved")},
        "says": {key: says(key) for key in ("hide", "refresh", "more", "new", "add", "undo", "move")},
    }
    start = {
        "view": {"page": "overview", "draft": "", "toast": "", "gone": ""},
        **{
            "period": made.pick(rng, periods),
            "todo": todo,
            "order": order,
            "alerts": [*alerts] if not place.tiny else [],
        },
        "cards": {card["id"]: True for card in cards},
        "looks": {card["id"]: made.pick(rng, ("bars", "line")) for card in cards if card["sort"] == "plot"},
    }
    return {"name": says("dashboard"), "icon": "chart", "content": content, "start": start}


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """To choose a period or the look of a chart, hide a card, tick, add or move a thing to do, dismiss an alert."""
    content, start, language = app["content"], app["start"], place.language
    found = []
    now = start["period"]
    period, *other = made.several(rng, [each for each in content["periods"] if each["id"] != now], 2)
    told = goal(rng, language, "dashboard", "period", period=period["label"])
    traps = tuple(Trap(0, (Step("click", f"period.{each['id']}"),), (), "wrong_value") for each in other)
    wanted: dict[str, Any] = {"period": period["id"]}
    found.append(Task(told, "dashboard.period", wanted, (Step("click", f"period.{period['id']}"),), traps))
    for card in made.several(rng, [card for card in content["cards"] if card["sort"] == "plot"], 1):
        look = next(each for each in content["looks"] if each["id"] != start["looks"][card["id"]])
        if len(start["looks"]) == 1:
            told = goal(rng, language, "dashboard", "look", look=look["label"])
            steps = (Step("click", f"{card['id']}.look.{look['id']}"),)
            found.append(Task(told, "dashboard.look", {f"looks.{card['id']}": look["id"]}, steps))
    card, wrong = made.several(rng, content["cards"], 2)

    def hidden(one: dict[str, Any]) -> tuple[Step, ...]:
        more = f"{one['id']}.more"
        return (*_way(app, one), Step("click", more), Step("click", f"{more}.menu.hide"))

    told = goal(rng, language, "dashboard", "hide", name=card["label"])
    mend = (Step("click", "undo"), *_home(app, wrong))
    trap = Trap(0, hidden(wrong), mend, "wrong_item")
    found.append(Task(told, "dashboard.hide", {f"cards.{card['id']}": False}, hidden(card), (trap,)))
    return [*found, *_to_do(rng, app, language), *_alerts(rng, app, language)]


def _to_do(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    start, found = app["start"], []
    way = _way(app, next(card for card in app["content"]["cards"] if card["id"] == "todos"))
    open_ = [one for one in start["order"] if not start["todo"][one]["done"]]
    ticked = made.several(rng, open_, int(rng.integers(1, 4)))
    if ticked:
        told = goal(
            rng, language, "dashboard", "done", names=listed(language, [start["todo"][one]["text"] for one in ticked])
        )
        traps = []
        for other in made.several(rng, [one for one in start["order"] if one not in ticked], 1):
            click = Step("click", f"done.{other}")
            traps.append(Trap(len(way), (click,), (click,), "wrong_item"))
        steps = (*way, *(Step("click", f"done.{one}") for one in ticked))
        wanted: dict[str, Any] = {f"todo.{one}.done": True for one in ticked}
        found.append(Task(told, "dashboard.done", wanted, steps, tuple(traps)))
    text = f"{made.pick(rng, made.some(language, 'topic'))} {made.code(rng)}"
    new = f"n{len(start['order'])}"
    steps = (
        *way,
        Step("type", "new", text),
        Step("click", "add") if rng.random() < 0.5 else Step("press", "new", "Enter"),
    )
    told = goal(rng, language, "dashboard", "add", text=text)
    wanted = {f"todo.{new}.text": text, f"todo.{new}.done": False, f"order.{len(start['order'])}": new}
    typo = Trap(len(way), (Step("type", "new", text[:-1]),), (), "wrong_value")
    found.append(Task(told, "dashboard.add", wanted, steps, (typo,)))
    one = made.pick(rng, start["order"][1:])
    order = [one, *(each for each in start["order"] if each != one)]
    told = goal(rng, language, "dashboard", "first", name=start["todo"][one]["text"])
    steps = (*way, Step("drag", f"grip.{one}", to=f"grip.{start['order'][0]}"))
    found.append(Task(told, "dashboard.first", {"order": order}, steps))
    return found


def _alerts(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    start, content = app["start"], app["content"]
    told = [content["alerts"][one]["text"] for one in start["alerts"]]
    found = []
    for one in made.several(
        rng, [one for one in start["alerts"] if told.count(content["alerts"][one]["text"]) == 1], 1
    ):
        way = _way(app, next(card for card in content["cards"] if card["id"] == "alert_list"))
        text = goal(rng, language, "dashboard", "dismiss", text=content["alerts"][one]["text"])
        wanted = {"alerts": [each for each in start["alerts"] if each != one]}
        found.append(Task(text, "dashboard.dismiss", wanted, (*way, Step("click", f"alert.{one}.close"))))
    return found


def _way(app: dict[str, Any], card: dict[str, Any]) -> tuple[Step, ...]:
    return go(app, "work") if card["page"] == "work" else ()


def _home(app: dict[str, Any], card: dict[str, Any]) -> tuple[Step, ...]:
    return go(app, "overview") if card["page"] == "work" else ()


def _says(language: str) -> Any:
    own, all_ = words("records", language), labels(language)
    return lambda key: own[key][0] if key in own else all_[key]


def _days(language: str) -> list[str]:
    from babel.dates import get_day_names

    days = get_day_names("narrow" if language in ("zh", "ja", "ko") else "abbreviated", "stand-alone", language)
    return [days[number] for number in range(7)]


def _figure(rng: np.random.Generator, language: str, key: str, periods: list[str]) -> dict[str, Any]:
    values = {}
    for period in periods:
        number, change = int(rng.integers(1_200, 990_000)), float(rng.uniform(-24, 24))
        money = key in ("revenue", "expenses", "profit")
        shown = made.price(language, number) if money else str(number // 100)
        values[period] = {"shown": shown, "change": f"{change:+.1f}%", "up": change >= 0}
    return {"id": key, "sort": "figure", "label": _says(language)(key), "values": values}


def _alert(rng: np.random.Generator, language: str) -> dict[str, Any]:
    icon = made.pick(rng, ("bell", "warn", "info", "clock"))
    return {"text": made.subject(rng, language), "when": made.clock(rng), "icon": icon}
