"""Forms: accounts, bookings, addresses, applications, reports; of one step or several, with fields of every sort."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from synth.gui.apps.place import Place
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content as made
from synth.gui.words.tables import QUOTES, goal, labels, words

_FORMS = {
    "sign_up": "first_name:first* last_name:last* email:mail* username:user password:secret* country:country"
    " birthday:date newsletter:check terms:check*",
    "contact": "full_name:name* email:mail* phone:phone subject:topic* message:area* priority:level call_me:check",
    "booking": "full_name:name* email:mail arrival:date* departure:date* adults:count children:count room_type:room"
    " breakfast:switch note:area",
    "shipping": "full_name:name* street:street* postcode:code* city:city* country:country* phone:phone express:switch"
    " gift_wrap:check",
    "feedback": "product:product* satisfaction:range rating:stars comment:area* email:mail newsletter:check",
    "job": "full_name:name* email:mail* phone:phone position:job* experience:count type:hours start:date"
    " website:site terms:check*",
    "ticket": "subject:topic* category:area_of* priority:level description:area* email:mail* call_me:check",
    "expense": "description:topic* amount:sum* date:date* payment:pay department:team note:area",
}
_CHOICES = {
    "level": ("low", "medium", "high", "urgent"),
    "room": ("single", "double", "suite"),
    "hours": ("full_time", "part_time", "remote"),
    "pay": ("credit_card", "cash", "bank_transfer"),
    "area_of": ("account", "payment", "shipping", "security", "other"),
}
_COUNTRIES = (
    *("DE", "FR", "IT", "ES", "PT", "GB", "US", "CA", "MX", "BR"),
    *("AR", "JP", "KR", "CN", "VN", "EG", "MA", "RU", "PL", "SE", "NO"),
)
_SORTS = {
    **dict.fromkeys(("level", "area_of", "team", "country", "stars"), "choice"),
    **dict.fromkeys(("room", "hours", "pay"), "radio"),
    **{sort: sort for sort in ("check", "switch", "date", "count", "range", "area", "secret")},
}


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """A form, some of its fields filled in already."""
    says = _says(place.language)
    name = made.pick(rng, list(_FORMS))
    told = _FORMS[name].split()
    most = 3 if place.tiny else len(told)
    kept = sorted(made.several(rng, range(len(told)), int(rng.integers(min(3, most), most + 1))))
    month = made.day(rng)[:7]
    fields = [{**_field(rng, place, told[number]), "month": month} for number in kept]
    blank = {field["id"]: _blank(field) for field in fields}
    values = dict(blank)
    if rng.random() < 0.5:
        for field in made.several(rng, fields, int(rng.integers(1, len(fields)))):
            values[field["id"]] = _value(rng, place.language, field)
    count = int(rng.choice((1, 1, 2, 3))) if len(fields) >= 5 else 1
    steps = [[field["id"] for field in part] for part in np.array_split(np.array(fields, object), count)]
    path = [says(key) for key in ("home", "account")] + [says(f"{name}_title")]
    content = {
        "title": says(f"{name}_title"),
        "fields": fields,
        "steps": steps,
        "blank": blank,
        "month": month,
        "late": bool(rng.random() < 0.4),
        "two": bool(rng.random() < 0.5),
        "ask": bool(rng.random() < 0.5),
        "path": path if rng.random() < 0.4 and place.platform == "web" else None,
        "intro": made.sentence(rng, place.language) if rng.random() < 0.4 and not place.tiny else "",
        "reset": says("clear") if rng.random() < 0.6 else "",
        "errors": {"required": says("required_field"), "email": says("invalid_email")},
        **{"thanks": says("sent_title"), "received": says("sent_text"), "step": says("step")},
        **{"send": made.pick(rng, (says("submit"), says("send"), says("continue"))), "unsaved": says("unsaved")},
        **{key: says(key) for key in ("back", "next", "cancel", "close")},
    }
    view = {"step": 0, "touched": {}, "tried": False, "done": False, "asked": False}
    return {
        "name": says(f"{name}_title"),
        "icon": made.pick(rng, ("edit", "list", "file", "card")),
        "content": content,
        "start": {"view": view, "values": values, "sent": None},
    }


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """To fill in all and send; to correct what is filled in and send; to enter something only; to clear."""
    content, values = app["content"], app["start"]["values"]
    fields = content["fields"]
    found = []
    every = {field["id"]: _value(rng, place.language, field, values[field["id"]]) for field in fields}
    found.append(_filled(rng, place.language, app, every, "fill"))
    wanting = [field for field in fields if field["required"] and values[field["id"]] in ("", False)]
    extra = made.several(rng, [field for field in fields if field not in wanting], int(rng.integers(0, 3)))
    some = {field["id"]: every[field["id"]] for field in fields if field in wanting or field in extra}
    if some and len(some) < len(fields):
        found.append(_filled(rng, place.language, app, some, "needed"))
    first = [field for field in fields if field["id"] in content["steps"][0]]
    for count in (1, 2):
        chosen = {field["id"]: every[field["id"]] for field in made.several(rng, first, count)}
        steps, wanted = [], {}
        for field in first:
            if field["id"] in chosen:
                steps += _steps(field, values[field["id"]], every[field["id"]])
                wanted[f"values.{field['id']}"] = every[field["id"]]
        told = goal(rng, place.language, "form", "enter", fields=_told(place.language, first, chosen))
        found.append(
            Task(told, f"form.enter{count}", wanted, tuple(steps), _astray(rng, place.language, first, values))
        )
    if content["reset"] and values != content["blank"]:
        ask = (Step("click", "ask.yes"),) if content["ask"] else ()
        clear = Step("click", "reset")
        no = (Trap(0, (clear, Step("click", "ask.cancel")), (), "cancelled"),) if content["ask"] else ()
        wanted = {f"values.{key}": value for key, value in content["blank"].items()}
        told = goal(rng, place.language, "form", "reset")
        found.append(Task(told, "form.reset", wanted, (clear, *ask), no))
    return found


def _filled(rng: np.random.Generator, language: str, app: dict[str, Any], given: dict[str, Any], name: str) -> Task:
    """To fill in what is given, and to send."""
    content, values = app["content"], app["start"]["values"]
    steps: list[Step] = []
    for number, part in enumerate(content["steps"]):
        for field in content["fields"]:
            if field["id"] in part and field["id"] in given:
                steps += _steps(field, values[field["id"]], given[field["id"]])
        steps.append(Step("click", "send" if number == len(content["steps"]) - 1 else "next"))
    told = goal(rng, language, "form", "fill", fields=_told(language, content["fields"], given))
    wanted = {f"sent.{key}": value for key, value in {**values, **given}.items()}
    first = [field for field in content["fields"] if field["id"] in content["steps"][0] and field["id"] in given]
    traps = _astray(rng, language, first, values)
    return Task(told, f"form.{name}", wanted, tuple(steps), traps, ("values",))


def _astray(
    rng: np.random.Generator, language: str, fields: Sequence[dict[str, Any]], values: dict[str, Any]
) -> tuple[Trap, ...]:
    """A wrong value in a field, taken back."""
    usable = [field for field in fields if field["sort"] in ("text", "choice", "switch", "check")]
    traps = []
    for field in made.several(rng, usable, 1):
        now = values[field["id"]]
        if field["sort"] == "choice" and not now:
            continue
        wrong = _value(rng, language, field, now)
        mend = tuple(_steps(field, wrong, now))
        traps.append(Trap(0, tuple(_steps(field, now, wrong)), mend, "wrong_value"))
    return tuple(traps)


def _steps(field: dict[str, Any], now: Any, value: Any) -> list[Step]:
    """How a field gets a value."""
    key, sort = field["id"], field["sort"]
    if now == value:
        return []
    if sort in ("check", "switch"):
        return [Step("click", key)]
    if sort == "radio":
        return [Step("click", f"{key}.{value}")]
    if sort == "choice":
        return [Step("click", key), Step("click", f"{key}.{value}")]
    if sort == "date":
        return [Step("click", key), Step("click", f"{key}.{value}")]
    if sort == "count":
        return [Step("click", f"{key}.{'more' if value > now else 'less'}")] * abs(value - now)
    if sort == "range":
        return [Step("slide", key, str(value))]
    return [Step("type", key, str(value))]


def _told(language: str, fields: Sequence[dict[str, Any]], given: dict[str, Any]) -> str:
    """What is to be filled in, as the goal says it."""
    says = _says(language)
    before, after = QUOTES.get(language, "“”")
    parts = []
    for field in fields:
        if field["id"] not in given:
            continue
        value = given[field["id"]]
        if isinstance(value, bool):
            names = ("off", "on") if field["sort"] == "switch" else ("unchecked", "checked")
            shown = says(names[value])
        elif field["sort"] in ("choice", "radio"):
            shown = next(each["label"] for each in field["options"] if each["id"] == value)
        else:
            shown = made.date(language, value) if field["sort"] == "date" else str(value)
        parts.append(f"{field['label']}: {before}{shown}{after}")
    return {"zh": "；", "ja": "、", "ar": "؛ "}.get(language, "; ").join(parts)


def _says(language: str) -> Any:
    own, all_ = words("forms", language), labels(language)
    return lambda key: own[key][0] if key in own else all_[key]


def _field(rng: np.random.Generator, place: Place, told: str) -> dict[str, Any]:
    says = _says(place.language)
    key, kind = told.rstrip("*").split(":")
    sort = _SORTS.get(kind, "text")
    field: dict[str, Any] = {"id": key, "label": says(key), "sort": sort, "holds": kind, "required": told.endswith("*")}
    if kind in _CHOICES:
        field["options"] = [{"id": each, "label": says(each)} for each in _CHOICES[kind]]
    elif kind == "team":
        names = made.several(rng, made.some(place.language, "department"), 6)
        field["options"] = [{"id": f"t{number}", "label": name} for number, name in enumerate(names)]
    elif kind == "country":
        names = made.several(rng, _countries(place.language), 8)
        field["options"] = [{"id": f"c{number}", "label": name} for number, name in enumerate(names)]
    elif kind == "stars":
        field["options"] = [{"id": str(number), "label": str(number)} for number in range(1, 6)]
    if sort == "choice":
        field["hint"] = says("select")
    if sort == "count":
        field |= {"low": 1 if key == "adults" else 0, "high": 9}
    if sort == "range":
        field |= {"low": 0, "high": 10, "step": 1}
    if kind == "mail":
        field["mail"] = True
    if sort == "text" and rng.random() < 0.3:
        field["hint"] = _value(rng, place.language, field) if kind != "mail" else "name@example.com"
    return field


def _blank(field: dict[str, Any]) -> Any:
    if field["sort"] in ("check", "switch"):
        return False
    return {"count": field.get("low", 0), "range": 5}.get(field["sort"], "")


@cache
def _countries(language: str) -> tuple[str, ...]:
    from babel import Locale

    names = Locale(language).territories
    return tuple(str(names[code]) for code in _COUNTRIES)


def _value(rng: np.random.Generator, language: str, field: dict[str, Any], now: Any = None) -> Any:
    """A value for a field that is another than `now`; what must be agreed to is agreed to."""
    sort, kind = field["sort"], field["holds"]
    if sort in ("check", "switch"):
        return True if field["required"] else not now if now is not None else bool(rng.random() < 0.5)
    if "options" in field:
        return made.pick(rng, [each["id"] for each in field["options"] if each["id"] != now])
    if sort == "count":
        return int(made.pick(rng, [each for each in range(field["low"], 6) if each != now]))
    if sort == "range":
        return int(made.pick(rng, [each for each in range(11) if each != now]))
    if sort == "date":
        month = (now or field["month"])[:7]
        return f"{month}-{int(made.pick(rng, [day for day in range(1, 29) if day != int((now or '-0')[-2:])])):02d}"
    return _words(rng, language, kind)


def _words(rng: np.random.Generator, language: str, kind: str) -> str:
    """Something to type."""
    simple = {
        "name": lambda: made.person(rng, language),
        "first": lambda: made.pick(rng, made.some(language, "given")),
        "last": lambda: made.pick(rng, made.some(language, "family")),
        "city": lambda: made.pick(rng, made.some(language, "city")),
        "street": lambda: made.street(rng, language),
        "topic": lambda: made.subject(rng, language),
        "area": lambda: made.sentence(rng, language),
        "product": lambda: made.products(rng, language, 1)[0],
        "mail": lambda: made.address(rng),
        "phone": lambda: made.phone(rng),
        "site": lambda: f"{made.address(rng).partition('@')[0]}.example",
        "sum": lambda: f"{made.number(rng)}.{made.number(rng, 10, 99)}",
    }
    return str(simple[kind]()) if kind in simple else made.code(rng)
