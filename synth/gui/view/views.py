"""What a screen yields: lists of its elements, places for descriptions and descriptions for places, states, refusals,
counts, texts and captions, each a view of its own.

A view is data in the claims (`claims["view"]`): what is asked, and in `said` what is answered. `turns` writes both
down; `answer` finds the answer in the elements of the screen, which the screen's own proof finds in the pixels.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from pydantic import Field

from curation.config import Config
from curation.document import Image, Part, Text, Turn
from synth.gui.look import CLICKABLE
from synth.gui.model import Node, Screen
from synth.gui.view import facts as captions
from synth.gui.view import tongues, wording
from synth.gui.view.answers import GROUPS, OPPOSITE, View, answer, is_chosen, siblings, typed_text, why
from synth.gui.view.refer import Call, Names
from synth.listing import listing
from synth.sample import Claims, Draft, Encoded
from synth.weights import Weights, draw, in_order

Kind = Literal[
    "list", "find", "point", "act", "name_point", "name_box", "describe", "state", "is", "chosen", "typed", "refuse",
    "count", "ocr", "lines", "read", "find_text", "caption",
]  # fmt: skip
TASKS: dict[str, str] = {
    **{"list": "grounding", "find": "grounding", "find_text": "grounding", "name_box": "grounding"},
    **{"point": "gui", "act": "gui", "name_point": "gui", "state": "gui", "is": "gui", "chosen": "gui", "typed": "gui"},
    **{"refuse": "gui", "count": "gui", "ocr": "ocr", "lines": "ocr", "read": "ocr", "caption": "caption"},
    "describe": "caption",
}
ABSENT = ("Export", "Save draft", "Print", "Refresh", "Duplicate", "Sign out", "Upload", "Undo", "Archive", "Share",
          "Dark mode", "Bluetooth", "Subscribe", "Zoom in", "Attach file", "Mute", "Airplane mode", "Add to cart",
          "Next page", "Delete account", "Full screen", "Invite", "Reply", "Translate")  # fmt: skip
_ABSENT_ROLES = ("button", "link", "switch", "checkbox", "tab", "textbox")
_LONGEST = 80  # letters of a text that is asked for


OWN = 0.5  # share of views that are worded in the screen's own language, where that is possible


class ViewSettings(Config):
    """`count` views of each screen, different kinds, drawn by `weights`."""

    count: int = Field(6, ge=1, le=18)
    weights: Weights[Kind] = Field(
        {
            **{"list": 1.5, "find": 1.5, "point": 1.5, "act": 2.0, "name_point": 1.0, "name_box": 1.0, "describe": 0.7},
            **{"state": 0.7, "is": 0.7, "chosen": 0.7, "typed": 0.7, "refuse": 1.2, "count": 0.7, "ocr": 1.0},
            **{"lines": 1.0, "read": 0.7, "find_text": 0.7, "caption": 1.2},
        }
    )
    forms: Weights[Literal["json", "xml", "plain"]] = Field({"json": 2.0, "xml": 1.0, "plain": 0.5})


def drafts(
    rng: np.random.Generator, claims: Claims, media: tuple[Encoded, ...], settings: ViewSettings
) -> Iterator[Draft]:
    """Drafts of a screen, whose claims have no view yet."""
    screen = Screen(claims)
    names = Names(screen)
    weights = dict(in_order(settings.weights))
    made = 0
    while made < settings.count and sum(weights.values()) > 0:
        kind = draw(rng, weights)
        weights[kind] = 0.0
        view = draw_view(rng, screen, names, kind, draw(rng, in_order(settings.forms)))
        if view is not None:
            made += 1
            yield Draft(TASKS[kind], claims["language"], media, {**claims, "view": view}, view=kind)


def draw_view(rng: np.random.Generator, screen: Screen, names: Names, kind: str, form: str) -> View | None:
    """A view of that kind; None where the screen has nothing to ask about."""
    chosen = _DRAWN[kind](rng, screen, names)
    if chosen is None:
        return None
    view = {"kind": kind, "wording": int(rng.integers(1 << 16)), "form": form, **chosen}
    said = answer(screen, names, view)
    if said is None:
        return None
    view["said"] = said
    language = screen.claims["language"]
    own = rng.random() < OWN and tongues.speaks(language, view)
    return {**view, "tongue": language if own else "en"}


# What is asked


def _one(rng: np.random.Generator, found: list[Any]) -> Any:
    return found[int(rng.integers(len(found)))] if found else None


def targets(screen: Screen, names: Names, *, enabled: bool = True) -> list[tuple[Node, Call]]:
    """Elements that can be clicked, with the calls that mean them alone."""
    found = [node for node in screen.nodes if node["point"] and captions.half_seen(node)]
    found = [node for node in found if not (enabled and node["states"].get("disabled"))]
    return [(node, call) for node in found if (call := names.call(node))]


def _target(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    chosen = _one(rng, targets(screen, names))
    return {"call": chosen[1]} if chosen else None


def _place(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    chosen = _one(rng, [node for node, _ in targets(screen, names, enabled=False)])
    return {"at": chosen["point"]} if chosen else None


def _box(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    boxes = [node["box"] for node in screen.shown()]
    chosen = _one(rng, [node for node, _ in targets(screen, names, enabled=False) if boxes.count(node["box"]) == 1])
    return {"box": chosen["box"]} if chosen else None


def _list(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    group = _one(rng, list(GROUPS))
    return {"group": group}


def _stated(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    chosen = _one(rng, [call for node, call in targets(screen, names, enabled=False) if wording.states(node)])
    return {"call": chosen} if chosen else None


def _is(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    found = [(node, call) for node, call in targets(screen, names, enabled=False) if wording.states(node)]
    chosen = _one(rng, found)
    if chosen is None:
        return None
    state = _one(rng, wording.states(chosen[0]))
    asked = OPPOSITE[state] if rng.random() < 0.5 and state in OPPOSITE else state
    return {"call": chosen[1], "state": asked.removeprefix("not ")}  # "is it not checked?" can be misread


def _chosen(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    found = [(node, call) for node, call in targets(screen, names) if node["role"] in ("tab", "radio", "option")]
    found = [(node, call) for node, call in found if not is_chosen(node) and len(siblings(screen, node)) > 1]
    chosen = _one(rng, found)
    return {"call": chosen[1]} if chosen else None


def _typed(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    found = [call for node, call in targets(screen, names, enabled=False) if typed_text(screen, node)]
    chosen = _one(rng, found)
    return {"call": chosen} if chosen else None


def _refuse(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    ask = _one(rng, ["find", "point", "act"])
    blocked = [node for node in names.candidates if node["role"] in CLICKABLE and why(screen, node)]
    calls = [call for node in blocked if (call := names.call(node))]
    if calls and rng.random() < 0.7:
        chosen = _one(rng, calls)
        disabled = names.meant(chosen)[0]["seen"] != "covered"
        return {"ask": "act" if disabled else ask, "call": chosen}
    outside = [
        {"role": node["role"], "name": node["name"]}
        for node in screen.nodes
        if node["seen"] == "outside" and node["role"] in CLICKABLE and 0 < len(node["name"]) <= 40
    ]
    pool = outside if outside and rng.random() < 0.5 else [
        {"role": _one(rng, list(_ABSENT_ROLES)), "name": _one(rng, list(ABSENT))}
    ]  # fmt: skip
    return {"ask": ask, "call": _one(rng, pool)}


def _count(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    roles = [role for role in captions.COUNTED if any(node["role"] == role for node in screen.shown())]
    role = _one(rng, [role for role in roles if role not in ("img", "row") and captions.countable(screen, role)])
    return {"role": role} if role else None


def _text_box(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    lines = screen.lines()
    line = _one(rng, [line for line in lines if len(line[0]) <= _LONGEST])
    return {"box": line[1]} if line else None


def _text(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    texts = [text for text, _, _ in screen.lines()]
    alone = [text for text in texts if 2 <= len(text) <= _LONGEST and sum(text in other for other in texts) == 1]
    text = _one(rng, alone)
    return {"text": text} if text else None


def _caption(rng: np.random.Generator, screen: Screen, names: Names) -> View | None:
    many = len(captions.facts(screen, names))
    left_out = [number for number in range(1, many) if rng.random() < 0.2]
    return {"without": left_out}


_DRAWN: dict[str, Callable[[np.random.Generator, Screen, Names], View | None]] = {
    **{"list": _list, "find": _target, "point": _target, "act": _target, "name_point": _place, "name_box": _box},
    **{"describe": _box, "state": _stated, "is": _is, "chosen": _chosen, "typed": _typed, "refuse": _refuse},
    **{"count": _count, "ocr": lambda rng, screen, names: {}, "lines": lambda rng, screen, names: {}},
    **{"read": _text_box, "find_text": _text, "caption": _caption},
}

# What is written


def turns(claims: Claims) -> tuple[Turn, ...]:
    """The dialogue of a screen's view."""
    view = claims["view"]
    kind, number = view["ask"] if view["kind"] == "refuse" else view["kind"], view["wording"]
    fields: dict[str, Any] = {}
    if "call" in view:
        fields["what"] = fields["first"] = wording.called(view["call"], number)
        fields |= {"noun": wording.noun(view["call"]["role"]), "nouns": wording.plural(view["call"]["role"])}
    if kind == "act":
        on = view["said"][1] if view["kind"] == "act" else None
        fields["action"] = wording.action(view["call"]["role"], on, view["call"], number)
    if "role" in view:
        fields["nouns"] = wording.plural(view["role"], number)
    if "group" in view:
        fields["role"], fields["roles"] = wording.GROUPS[view["group"]]
    if "at" in view or "box" in view:
        fields["where"] = wording.placed(view.get("at") or view["box"], view["form"])
    fields |= {name: view[name] for name in ("state", "text") if name in view}
    asked = _asked_in(view, kind, fields) if view["tongue"] != "en" else wording.question(kind, view, fields)
    return Turn("user", (Image(0), Text("\n"), *asked)), Turn("assistant", _written(view))


def _asked_in(view: View, kind: str, fields: dict[str, Any]) -> tuple[Part, ...]:
    """The question in the screen's own language."""
    if "call" in view:
        fields = {**fields, "what": tongues.called(view["tongue"], view["call"])}
    return wording.filled(tongues.question(view["tongue"], kind, view["form"]), fields)


def _written(view: View) -> tuple[Part, ...]:
    said, number, form = view["said"], view["wording"], view["form"]
    match view["kind"]:
        case "list":
            return wording.inventory(said, form)
        case "find":
            return listing([(view["call"]["name"], wording.placed(said, form))], form)
        case "find_text":
            return listing([(view["text"], wording.placed(said, form))], form)
        case "point":
            return listing([(view["call"]["name"], wording.placed(said, form))], form)
        case "act":
            return listing([(view["call"]["name"], wording.placed(said[0], form))], form)
        case "lines":
            return listing([(text, wording.placed(box, form)) for text, box in said], form)
        case _:
            own = view["tongue"] != "en" and _sentence_in(view, said)
            return (Text(own or _sentence(view, said, number)),)


def _sentence_in(view: View, said: Any) -> str:
    """An answer in the screen's own language; empty where it is the same in all."""
    match view["kind"]:
        case "name_point":
            return tongues.called(view["tongue"], said)
        case "state":
            return tongues.states(view["tongue"], said)
        case "refuse":
            return tongues.refusal(view["tongue"], said[0], view["call"])
    return ""


def _sentence(view: View, said: Any, number: int) -> str:
    match view["kind"]:
        case "name_point":
            the = wording.called(said, number)
            return f"{the[0].upper()}{the[1:]}."
        case "name_box":
            told = {"role": said["role"], "name": said["name"], "state": ", ".join(said["state"])}
            return json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False)
        case "describe":
            return wording.described_as(said, number)
        case "state":
            the = wording.called(view["call"], number)
            return f"{the[0].upper()}{the[1:]} is {' and '.join(said)}."
        case "is":
            return "Yes." if said else "No."
        case "refuse":
            return wording.refusal(said[0], view["call"], said[1], number)
        case "ocr":
            return "\n".join(said)
        case "caption":
            return " ".join(wording.sentence(fact, number + at) for at, fact in enumerate(said))
    return str(said)
