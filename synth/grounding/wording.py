"""How questions and answers are worded: a pure function of what a document claims, the number of the wording included.

Which answer is true is not decided here.

The `terse` style suits a small model with a small vocabulary; the `rich` one varies and names formats in words.
"""

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from curation.document import Box, Form, Part, Point, Text, joined
from synth.grounding.english import capital, choice, option, plural, polar, statement
from synth.listing import Labelled, listing

Style = Literal["terse", "rich"]
Kind = Literal[
    "boxes", "points", "name_box", "name_point", "refer", "count", "count_points", "absent", "exists", "names", "list",
    "mask", "verify", "choose", "caption",
]  # fmt: skip
ListForm = Literal["json", "xml", "plain"]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNASKED = -1  # a caption that follows the picture without a question, as in pre-training

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
    "mask": {
        "terse": ("Outline {name}.",),
        "rich": (
            "Outline {name} with a polygon.",
            "Segment {name}: give the polygon around what is seen of it.",
            "Draw a polygon along the visible outline of {name}.",
        ),
    },
    "caption": {
        "terse": ("Describe.",),
        "rich": (
            "Describe the image.",
            "What does this picture show?",
            "Write a caption for the image.",
            "Tell me what was pasted onto this photograph and where.",
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
WITH_FORM = frozenset({"boxes", "absent", "points", "refer", "count_points", "list", "mask"})


def choices(style: Style, kind: str, form: Form) -> tuple[int, int, int]:
    """How many wordings a question, its request for a form, and its answer have."""
    asked = 3 if kind == "verify" else 1 if kind == "choose" else len(QUESTIONS[kind][style])
    requests = len(FORM_REQUESTS[style][form]) if kind in WITH_FORM else 1
    return asked, requests, 2 if kind == "count" and style == "rich" else 1


def question(style: Style, claim: Mapping[str, Any]) -> tuple[Part, ...]:
    """What a claim's question says: about a name or phrase, about a place, or about a fact."""
    kind, query, form, wording = claim["kind"], claim["query"], claim["form"], claim["wording"]
    if kind == "verify":
        return (Text(polar(claim["fact"], wording[0])),)
    if kind == "choose":
        return (Text(choice(claim["options"])),)
    request = FORM_REQUESTS[style][form][wording[1]] if kind in WITH_FORM else ""
    template = QUESTIONS[kind][style][wording[0]] + request
    if isinstance(query, str):
        return (Text(template.format(name=query, names=plural(query))),)
    before, after = template.split("{where}")
    return joined((Text(before), placed(query, form), Text(after)))


def placed(numbers: Sequence[float], form: Form) -> Box | Point:
    """A point or box of two or four numbers."""
    match numbers:
        case [x, y]:
            return Point(0, x, y, form)
        case [x1, y1, x2, y2]:
            return Box(0, x1, y1, x2, y2, form)
    raise ValueError(f"{numbers} is neither a point nor a box")


def answer(style: Style, claim: Mapping[str, Any], found: Sequence[Labelled]) -> tuple[Part, ...]:
    """What a claim's answer says: `found` are the objects it is about, each with the name and place to be said."""
    kind, query, form, terse = claim["kind"], claim["query"], claim["form"], style == "terse"
    match kind:
        case "boxes" | "points" | "refer" | "list":
            return listing(found, form)
        case "mask":
            return outlines(found[0][0], claim["outlines"], form)
        case "absent":
            return (Text(f"No {query}." if terse else f"There are no {plural(query)} in the image."),)
        case "names" | "name_box" | "name_point" | "exists" | "verify":
            said = claim["answer"]
            return (Text(said if terse else f"{capital(said)}."),)
        case "choose":
            said = option(claim["options"][claim["answer"]])
            return (Text(said if terse else f"{capital(said)}."),)
        case "count":
            many = str(claim["answer"])
            return (Text(many if terse else (f"{many}.", f"I count {many}.")[claim["wording"][2]]),)
        case "count_points":
            said = f"\n{claim['answer']}" if terse else f"\nThat makes {claim['answer']}."
            return joined((*listing(found, form), Text(said)))
        case "caption":
            return (Text(" ".join(statement(fact, fact["wording"]) for fact in claim["sentences"])),)
    raise ValueError(f"{kind!r} is no kind of question")


def outlines(label: str, polygons: Sequence[Sequence[Sequence[float]]], form: Form) -> tuple[Part, ...]:
    """Polygons around the parts of one object, as `[{"polygon": [[x, y], ...], "label": "dog"}]`, as a tag or a line
    each."""
    quoted = json.dumps(label, ensure_ascii=False)
    before, between, after, gap = {
        "json": ('{"polygon": [', ", ", f'], "label": {quoted}}}', ", "),
        "xml": (f'<polygon label="{html.escape(label)}"><point ', "/><point ", "/></polygon>", "\n"),
        "plain": (f"{label} ", " ", "", "\n"),
    }[form]
    parts: list[Part] = []
    for number, polygon in enumerate(polygons):
        parts.append(Text(gap * (number > 0) + before))
        for place, corner in enumerate(polygon):
            parts += [Text(between * (place > 0)), placed(corner, form)]
        parts.append(Text(after))
    return joined((Text("["), *parts, Text("]")) if form == "json" else parts)
