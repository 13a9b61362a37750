"""How grounding questions and answers are worded: every wording that is allowed, for the generator to draw from and for
the proof to look up. Which answer is true is not decided here.

The `terse` style suits a small model with a small vocabulary; the `rich` one varies and names formats in words.
"""

import html
import json
import re
from collections.abc import Sequence
from typing import Literal, get_args

from curation.document import Box, Form, Part, Point, Text

Style = Literal["terse", "rich"]
Kind = Literal[
    "boxes", "points", "name_box", "name_point", "refer", "count", "count_points", "absent", "exists", "names", "list"
]
ListForm = Literal["json", "xml", "plain"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Labelled = tuple[str, Box | Point]

_BOX_QUESTIONS = {
    "terse": ("Box {name}.",),
    "rich": (
        "Locate every {name} in the image with bounding boxes.",
        "Detect all {names}.",
        "Where are the {names}? Give a bounding box for each.",
        "Outline the bounding box of each {name}.",
        "Find all instances of {name} and output their boxes.",
    ),
}
QUESTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "boxes": _BOX_QUESTIONS,
    "absent": _BOX_QUESTIONS,  # nothing in the question may betray that there is none
    "points": {
        "terse": ("Point {name}.",),
        "rich": (
            "Point to every {name}.",
            "Point out all {names} in the image.",
            "Mark each {name} with a point.",
            "Where are the {names}? Answer with points.",
        ),
    },
    "name_box": {
        "terse": ("What is in {where}?",),
        "rich": (
            "What is in the box {where}?",
            "Name the object with the bounding box {where}.",
            "Which object does {where} enclose?",
        ),
    },
    "name_point": {
        "terse": ("What is at {where}?",),
        "rich": (
            "What is at the point {where}?",
            "Name the object at {where}.",
            "Which object covers the pixel {where}?",
        ),
    },
    "refer": {
        "terse": ("Box {name}.",),
        "rich": (
            "Locate {name}.",
            "Give the bounding box of {name}.",
            "Where is {name}? Answer with a bounding box.",
            "Detect {name} and nothing else.",
        ),
    },
    "count": {
        "terse": ("Count {name}.",),
        "rich": (
            "How many {names} are there in the image?",
            "Count the {names}.",
            "What is the number of {names} in this picture?",
        ),
    },
    "count_points": {
        "terse": ("Point and count {name}.",),
        "rich": (
            "Point to each {name}, then say how many there are.",
            "How many {names} are there? Detect them first, then count.",
            "Mark every {name} with a point and give the total.",
        ),
    },
    "exists": {
        "terse": ("Any {name}?",),
        "rich": (
            "Are there any {names} in the image?",
            "Does the picture show any {names}?",
            "Can you see any {names}?",
        ),
    },
    "names": {
        "terse": ("Name all.",),
        "rich": (
            "Name every object that was pasted into the photograph, from left to right.",
            "What was pasted into this picture? Go from left to right.",
        ),
    },
    "list": {
        "terse": ("List all.",),
        "rich": (
            "Detect all objects that were pasted into the photograph.",
            "List every object with its name and bounding box.",
            "Give the label and bounding box of each object.",
        ),
    },
}
FORM_REQUESTS: dict[str, dict[str, tuple[str, ...]]] = {
    "terse": {"json": ("",), "xml": (" XML.",), "plain": (" Plain.",)},
    "rich": {
        "json": ("", " Answer in JSON.", " Output the coordinates in JSON format."),
        "xml": (" Answer in XML.", " Use XML tags."),
        "plain": (" Answer in plain text, one object a line.", " One object a line, no JSON."),
    },
}
WITH_FORM = frozenset({"boxes", "absent", "points", "refer", "count_points", "list"})


def questions(style: Style, kind: str, query: str | Box | Point, form: Form) -> list[tuple[Part, ...]]:
    """Every wording of a question: about a name or phrase, or about the place that a Box or Point gives."""
    requests = FORM_REQUESTS[style][form] if kind in WITH_FORM else ("",)
    worded: list[tuple[Part, ...]] = []
    for template in (template + request for template in QUESTIONS[kind][style] for request in requests):
        if isinstance(query, str):
            worded.append((Text(template.format(name=query, names=plural(query))),))
        else:
            before, after = template.split("{where}")
            worded.append((Text(before), query, Text(after)))
    return worded


def answers(style: Style, kind: str, query: str, found: Sequence[Labelled], form: Form) -> list[tuple[Part, ...]]:
    """Every wording of the answer: `found` are the objects it is about, each with the name and place to be said.

    `query` is the name that was asked about (of no matter where a place was asked about).
    """
    terse, many = style == "terse", str(len(found))
    match kind:
        case "boxes" | "points" | "refer" | "list":
            return [listing(found, form)]
        case "names":
            names = ", ".join(name for name, _ in found)
            return [(Text(names if terse else f"{names[0].upper()}{names[1:]}."),)]
        case "absent":
            return [(Text(f"No {query}." if terse else f"There are no {plural(query)} in the image."),)]
        case "name_box" | "name_point":
            name = found[0][0]
            return [(Text(name if terse else f"{name[0].upper()}{name[1:]}."),)]
        case "count":
            return [(Text(many),)] if terse else [(Text(f"{many}."),), (Text(f"I count {many}."),)]
        case "count_points":
            said = f"\n{many}" if terse else f"\nThat makes {many}."
            return [_joined((*listing(found, form), Text(said)))]
        case "exists":
            said = "Yes" if found else "No"
            return [(Text(said.lower() if terse else f"{said}."),)]
    raise ValueError(f"{kind!r} is no kind of question")


def listing(found: Sequence[Labelled], form: Form) -> tuple[Part, ...]:
    """Labelled boxes or points as `[{"bbox_2d": [...], "label": "dog"}]`, as a tag each or as a line each."""
    parts: list[Part] = []
    for number, (label, place) in enumerate(found):
        before, after = _frame(label, place, form)
        gap = ", " if form == "json" else "\n"
        parts += [Text(gap * (number > 0) + before), place, Text(after)]
    return _joined((Text("["), *parts, Text("]")) if form == "json" else tuple(parts))


def _frame(label: str, place: Box | Point, form: Form) -> tuple[str, str]:
    box = isinstance(place, Box)
    if form == "json":
        key = "bbox_2d" if box else "point_2d"
        return f'{{"{key}": ', f', "label": {json.dumps(label, ensure_ascii=False)}}}'
    if form == "xml":
        tag = "box" if box else "point"
        return f"<{tag} ", f">{html.escape(label, quote=False)}</{tag}>"
    return f"{label} ", ""


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Neighbouring texts as one and no empty ones, so that equal wordings have equal parts."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + part.text)
        elif part != Text(""):
            joined.append(part)
    return tuple(joined)


_IRREGULAR = {
    **{"child": "children", "fish": "fish", "foot": "feet", "goose": "geese", "leaf": "leaves", "man": "men"},
    **{"mouse": "mice", "ox": "oxen", "person": "people", "sheep": "sheep", "tooth": "teeth", "wolf": "wolves"},
    **{"woman": "women", "knife": "knives", "deer": "deer", "shrimp": "shrimp", "bison": "bison", "squid": "squid"},
    **{"policeman": "policemen", "bus": "buses", "cactus": "cactuses", "octopus": "octopuses", "lotus": "lotuses"},
    **{"fungus": "fungi", "rhinoceros": "rhinoceroses", "hippopotamus": "hippopotamuses", "hibiscus": "hibiscuses"},
    **{"compass": "compasses", "glass": "glasses", "dress": "dresses", "t-rex": "t-rexes", "minibus": "minibuses"},
    **{"trolleybus": "trolleybuses", "walrus": "walruses", "potato": "potatoes", "tomato": "tomatoes"},
    **{"volcano": "volcanoes", "mango": "mangoes", "mosquito": "mosquitoes", "hero": "heroes"},
}
_HEAD = re.compile(r" (?:at|behind|for|from|in|of|on|to|with|without)\b")


def plural(name: str) -> str:
    """English plural of a noun phrase: its head is the word before the first preposition ("slices of pizza").

    A head that ends in s is taken to be plural already ("grapes"), unless the table of irregular nouns has it.
    """
    found = _HEAD.search(name)
    head, rest = (name[: found.start()], name[found.start() :]) if found else (name, "")
    before, space, noun = head.rpartition(" ")
    if noun in _IRREGULAR:
        noun = _IRREGULAR[noun]
    elif re.search(r"(ch|sh|x|z)$", noun):
        noun += "es"
    elif re.search(r"[^aeiou]y$", noun):
        noun = noun[:-1] + "ies"
    elif not noun.endswith("s"):
        noun += "s"
    return before + space + noun + rest
