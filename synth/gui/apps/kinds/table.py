"""Tables of records (orders, invoices, users, projects): searched, sorted, filtered, paged, changed, deleted."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content as made
from synth.gui.words.tables import goal, labels, listed, words

# What is listed: its icon, its columns "<key>:<sort>" (the first names the record), and what its records may be.
_TABLES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "orders": (
        "cart",
        "order_number:code customer:person date:date total:sum city:city",
        ("pending", "paid", "shipped", "delivered", "cancelled"),
    ),
    "invoice": ("file", "number:code customer:company date:date amount:sum", ("draft", "paid", "unpaid", "overdue")),
    "users": ("team", "name:person email:mail role:department created:date", ("active", "inactive", "pending")),
    "products": ("box", "product:product category:code price:sum quantity:count", ("in_stock", "out_of_stock")),
    "projects": (
        "folder",
        "title:topic owner:person department:department end:date",
        ("not_started", "in_progress", "completed", "cancelled"),
    ),
    "tasks": (
        "check",
        "title:topic owner:person priority:count date:date",
        ("not_started", "in_progress", "completed"),
    ),
    "customers": ("user", "company:company city:city phone:phone revenue:sum", ("active", "inactive")),
}
_LOOKS = {
    **dict.fromkeys(("paid", "delivered", "active", "in_stock", "completed"), "good"),
    **dict.fromkeys(("cancelled", "overdue", "out_of_stock", "inactive"), "bad"),
    **dict.fromkeys(("pending", "unpaid", "in_progress"), "fair"),
}


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """A table of 3 to 40 records."""
    all_ = labels(place.language)
    own = words("records", place.language)
    name = made.pick(rng, list(_TABLES))
    icon, told, states = _TABLES[name]
    most = 5 if place.tiny else 14 if place.narrow else 40
    count = int(rng.integers(3, most + 1))
    columns = [column.split(":") for column in told.split()]
    kept = columns[: 3 if place.size[0] < 760 else len(columns)]
    rows: dict[str, Any] = {}
    order: list[str] = []
    seen: set[str] = set()
    for number in range(count):
        cells, shown = {}, {}
        for key, sort in columns:
            cells[key], text = _cell(rng, place.language, sort)
            if text:
                shown[key] = text
        main = cells[columns[0][0]]
        if any(main.lower() in other or other in main.lower() for other in seen):
            continue
        seen.add(main.lower())
        status = made.pick(rng, states)
        rows[f"r{number}"] = {"cells": {**cells, "status": all_[status]}, "shown": shown, "status": status}
        order.append(f"r{number}")
    content = {
        "title": all_[name],
        "main": columns[0][0],
        "columns": [
            *({"id": key, "label": all_[key], "sum": sort in ("sum", "count")} for key, sort in kept),
            {"id": "status", "label": all_["status"]},
        ],
        "statuses": [{"id": each, "label": all_[each], "look": _LOOKS.get(each, "")} for each in states],
        "size": int(rng.choice((5, 8, 10, 20))),
        "chips": bool(rng.random() < 0.4) and not place.tiny,
        "hold": place.platform == "mobile",
        "look": made.pick(rng, ("", "grid", "striped")),
        **{
            "none": all_["no_results"],
            "deleted": all_["deleted"],
            "saved": all_["saved"],
            "ask": all_["confirm_delete"],
        },
        **{"chosen": own["chosen"][0], "amount": own["amount"][0]},
        "says": {key: all_[key] for key in _SAYS},
    }
    view: dict[str, Any] = {
        "query": "",
        "filter": "",
        "sort": None,
        "page": 0,
        "chosen": {},
        "open": "",
        "asked": None,
        "toast": "",
    }
    start = {"view": view, "rows": rows, "order": order}
    return {"name": all_[name], "icon": icon, "content": content, "start": start}


_SAYS = ("all", "status", "search", "sort", "open", "delete", "more", "cancel", "save", "select_all")


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """To sort, filter, page, search and open, change a status, rename, delete one or several records."""
    return [
        *_viewed(rng, app, place),
        *_changed(rng, app, place),
        *_deleted(rng, app, place),
    ]


def _cell(rng: np.random.Generator, language: str, sort: str) -> tuple[Any, str]:
    """What stands in a cell: what is sorted by, and how it is written where that is another."""
    if sort == "sum":
        cents = int(rng.integers(500, 900_000))
        return cents, made.price(language, cents)
    if sort == "count":
        number = made.number(rng, 1, 500)
        return number, str(number)
    if sort == "date":
        day = made.day(rng)
        return day, made.date(language, day)
    text = {
        "code": lambda: f"{made.code(rng)}{made.number(rng, 10)}",
        "person": lambda: made.person(rng, language),
        "mail": lambda: made.address(rng),
        "phone": lambda: made.phone(rng),
        "topic": lambda: made.subject(rng, language),
        "product": lambda: made.products(rng, language, 1)[0],
    }
    return text[sort]() if sort in text else made.pick(rng, made.some(language, sort)), ""


def _named(app: dict[str, Any], row: str) -> str:
    return str(app["start"]["rows"][row]["cells"][app["content"]["main"]])


def _narrow(place: Place) -> bool:
    return place.platform == "mobile" or place.size[0] < 640


def _opened(place: Place, row: str) -> Step:
    return Step("click", f"rows.{row}" if _narrow(place) else f"open.{row}")


def _shown(app: dict[str, Any], row: str) -> tuple[Step, ...]:
    """The steps until the page of a record is shown."""
    size, order = app["content"]["size"], app["start"]["order"]
    return (Step("click", "pages.after"),) * (order.index(row) // size)


def _sorted(place: Place, column: str, up: bool) -> tuple[Step, ...]:
    once: tuple[Step, ...]
    if _narrow(place):
        once = (Step("click", "sorting"), Step("click", f"sorting.menu.{column}"))
    else:
        once = (Step("click", f"rows.{column}"),)
    return once if up else (*once, *once)


def _viewed(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    content, start, language = app["content"], app["start"], place.language
    found = []
    one, other = made.several(rng, content["columns"], 2)
    up = bool(rng.random() < 0.5)
    told = goal(rng, language, "table", "sort_up" if up else "sort_down", column=one["label"])
    trap = Trap(0, _sorted(place, other["id"], True), (), "wrong_item")
    wanted = {"view.sort": [one["id"], up]}
    found.append(Task(told, "table.sort", wanted, _sorted(place, one["id"], up), (trap,)))
    status, *rest = made.several(rng, content["statuses"], 2)
    told = goal(rng, language, "table", "filter", status=status["label"])
    traps = tuple(Trap(0, _filtered(app, each["id"]), (), "wrong_value") for each in rest)
    found.append(Task(told, "table.filter", {"view.filter": status["id"]}, _filtered(app, status["id"]), traps))
    pages = -(-len(start["order"]) // content["size"])
    if pages > 1:
        page = int(rng.integers(2, min(pages, 4) + 1))
        steps = (Step("click", "pages.after"),) * (page - 1)
        told = goal(rng, language, "table", "page", page=page)
        found.append(Task(told, "table.page", {"view.page": page - 1}, steps))
    row = made.pick(rng, start["order"])
    told = goal(rng, language, "table", "search", query=_named(app, row))
    steps = (Step("type", "search", _named(app, row)), _opened(place, row))
    found.append(Task(told, "table.search", {"view.open": row}, steps))
    sums = [column for column in content["columns"] if column.get("sum")]
    for column in made.several(rng, sums, 1):
        values = {row: start["rows"][row]["cells"][column["id"]] for row in start["order"]}
        best = max(values, key=lambda row: values[row])
        if list(values.values()).count(values[best]) == 1:
            told = goal(rng, language, "table", "top", column=column["label"])
            steps = (*_sorted(place, column["id"], False), _opened(place, best))
            found.append(Task(told, "table.top", {"view.open": best}, steps))
    return found


def _filtered(app: dict[str, Any], status: str) -> tuple[Step, ...]:
    pick = Step("click", f"filter.{status}")
    return (pick,) if app["content"]["chips"] else (Step("click", "filter"), pick)


def _changed(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    content, start, language = app["content"], app["start"], place.language
    row, other = made.several(rng, start["order"], 2)
    status = made.pick(rng, [each for each in content["statuses"] if each["id"] != start["rows"][row]["status"]])
    way = (*_shown(app, row), _opened(place, row))
    save = Step("click", "record.save")
    steps = (*way, Step("click", "record.status"), Step("click", f"record.status.{status['id']}"), save)
    wanted = {f"rows.{row}.status": status["id"], f"rows.{row}.cells.status": status["label"]}
    told = goal(rng, language, "table", "status", name=_named(app, row), status=status["label"])
    back = Step("click", "pages.before")
    wrong = (*_shown(app, other), _opened(place, other), Step("click", "record.cancel"))
    mend = (back,) * len(_shown(app, other))
    found = [Task(told, "table.status", wanted, steps, (Trap(0, wrong, mend, "wrong_item"),))]
    name = f"{made.code(rng)} {made.number(rng)}"
    told = goal(rng, language, "table", "rename", name=_named(app, row), other=name)
    steps = (*way, Step("type", "record.name", name), save)
    again = (Step("click", "record.cancel"), _opened(place, row))
    trap = Trap(len(way), (Step("type", "record.name", made.code(rng)),), again, "cancelled")
    found.append(Task(told, "table.rename", {f"rows.{row}.cells.{content['main']}": name}, steps, (trap,)))
    return found


def _deleted(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    content, start, language = app["content"], app["start"], place.language
    first = start["order"][: content["size"]]
    ask = Step("click", "ask.yes")
    row = made.pick(rng, first)
    told = goal(rng, language, "table", "delete", names=listed(language, [_named(app, row)]))
    found = []
    steps: tuple[Step, ...]
    if not _narrow(place):
        by_menu = rng.random() < 0.5
        way = Step("click", f"more.{row}") if by_menu else Step("right_click", f"rows.{row}")
        steps = (way, Step("click", f"more.{row}.menu.delete" if by_menu else f"rows.{row}.delete"), ask)
        trap = Trap(0, (*steps[:2], Step("click", "ask.cancel")), (), "cancelled")
        found.append(Task(told, "table.delete", {f"rows.{row}": None}, steps, (trap,), ("order",)))
    several = sorted(made.several(rng, first, int(rng.integers(1, min(4, len(first)) + 1))), key=first.index)
    if content["hold"] and _narrow(place):
        picks = (Step("long_press", f"rows.{several[0]}"), *(Step("click", f"pick.{each}") for each in several[1:]))
    else:
        picks = tuple(Step("click", f"pick.{each}") for each in several)
    told = goal(rng, language, "table", "delete", names=listed(language, [_named(app, each) for each in several]))
    wanted = {f"rows.{each}": None for each in several}
    steps = (*picks, Step("click", "delete"), ask)
    traps: tuple[Trap, ...] = (
        Trap(len(picks), (Step("click", "delete"), Step("click", "ask.cancel")), (), "cancelled"),
    )
    for other in made.several(rng, [each for each in first if each not in several], 1):
        pick = Step("click", f"pick.{other}")
        traps += (Trap(len(picks), (pick,), (pick,), "wrong_item"),)
    found.append(Task(told, "table.deleteall", wanted, steps, traps, ("order",)))
    return found
