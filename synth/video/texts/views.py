"""What documents say of a film's texts: a pure function of claims. Answers follow from the claimed items alone."""

import json
import re
from collections.abc import Mapping
from typing import Any

from curation.document import Part, Text, Time, Turn, Video, joined
from synth.sample import Claims
from synth.video.texts.wording import ENGLISH, OWN

KINDS = (
    *("read", "spans", "when", "comes", "goes", "at", "between", "after", "before", "count", "order"),
    *("counter_at", "counter_when"),
)
_LETTERS = "ABCDEFGH"


def lines(claims: Claims) -> list[dict[str, Any]]:
    """The lines that can be read in full at some time, as they come."""
    return [item for item in claims["items"] if item["role"] == "line" and item["read"]]


def turns(claims: Claims) -> tuple[Turn, ...]:
    """A question and its answer."""
    view, items = claims["view"], claims["items"]
    kind, form = view["kind"], view["form"]
    own = view["own"] and claims["language"] != "en"
    wordings = [OWN[kind][claims["language"]]] if own else ENGLISH[kind]
    asked = wordings[view["wording"] % len(wordings)]
    if kind in ("read", "spans", "at", "between", "count") and any(item["role"] == "count" for item in items):
        asked += OWN["but"][claims["language"]] if own else ENGLISH["but"][0]
    target = items[view["target"]] if "target" in view else None
    values: dict[str, Part] = {
        name: Time(0, seconds, form) for name, seconds in zip(("t1", "t2"), view.get("times", ()), strict=False)
    }
    if target:
        values["text"] = Text(target["text"])
    if kind == "order":
        told = [
            f"{letter}. {items[number]['text']}" for letter, number in zip(_LETTERS, view["shuffled"], strict=False)
        ]
        values["list"] = Text("\n".join(told))
    question = Turn("user", joined((Video(0), Text("\n"), *filled(asked, values))))
    none = OWN["none"][claims["language"]] if own else ENGLISH["none"][0]
    return question, Turn("assistant", joined(_answer(claims, view, target, none)))


def filled(wording: str, values: Mapping[str, Part]) -> tuple[Part, ...]:
    """A wording with parts where its names stand in braces."""
    pieces = re.split(r"\{(\w+)\}", wording)
    return tuple(values[piece] if number % 2 else Text(piece) for number, piece in enumerate(pieces))


def span(pair: list[float], form: Any) -> tuple[Part, ...]:
    """From one moment to another."""
    return Time(0, pair[0], form), Text(" - "), Time(0, pair[1], form)


def _answer(claims: Claims, view: dict[str, Any], target: Any, none: str) -> tuple[Part, ...]:
    kind, form, items, known = view["kind"], view["form"], claims["items"], lines(claims)
    match kind:
        case "read":
            return (Text("\n".join(item["text"] for item in known)),)
        case "spans":
            return _listed(known, form, view["json"])
        case "when" | "counter_when":
            return span(target["read"], form)
        case "comes" | "goes":
            return (Time(0, target["seen"][kind == "goes"], form),)
        case "at":
            [at] = view["times"]
            there = [item["text"] for item in known if item["read"][0] <= at < item["read"][1]]
            return (Text("\n".join(there) or none),)
        case "between":
            start, end = view["times"]
            new = [item["text"] for item in known if start <= item["seen"][0] < end]
            return (Text("\n".join(new) or none),)
        case "after" | "before":
            own = [item for item in known if item["part"] == target["part"]]
            return (Text(own[own.index(target) + (1 if kind == "after" else -1)]["text"]),)
        case "count":
            return (Text(str(len(known))),)
        case "order":
            ranked = sorted(range(len(view["shuffled"])), key=lambda place: view["shuffled"][place])
            return (Text(", ".join(_LETTERS[place] for place in ranked)),)
        case "counter_at":
            [at] = view["times"]
            [item] = [item for item in items if item["role"] == "count" and item["read"][0] <= at < item["read"][1]]
            return (Text(item["text"]),)
    raise ValueError(f"{kind!r} is no kind of question")


def _listed(known: list[dict[str, Any]], form: Any, as_json: bool) -> tuple[Part, ...]:
    """Lines with their spans, as JSON or a line each."""
    parts: list[Part] = []
    for number, item in enumerate(known):
        if as_json:
            parts += [Text(", " * bool(number) + '{"start": "'), Time(0, item["read"][0], form), Text('", "end": "')]
            parts += [Time(0, item["read"][1], form)]
            parts += [Text('", "text": ' + json.dumps(item["text"], ensure_ascii=False) + "}")]
        else:
            parts += [Text("\n" * bool(number)), *span(item["read"], form), Text(": " + item["text"])]
    return (Text("["), *parts, Text("]")) if as_json else tuple(parts)
