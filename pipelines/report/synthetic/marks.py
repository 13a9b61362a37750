"""What a document points at, drawn on its pictures: boxes, points and quadrilaterals with what they are called."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from curation.document import Box, Document, Part, Point, Text, Turn
from pipelines.report.pictures import Mark

COLOURS = ("#c2410c", "#1d4ed8", "#15803d", "#a21caf", "#0e7490", "#a16207", "#be123c", "#4d7c0f")
LABELS = 24  # marks of a picture that are labelled: of more, each has a number, and a list beside tells what it is
LISTED = 80  # that such a list tells of
MENTION = 40  # characters of a label beside its mark

_JSON_VALUE = re.compile(r'"(\w+)"\s*:\s*"((?:[^"\\]|\\.){1,80})"')
_NAMES = ("label", "text", "text_content", "name", "description")  # keys of JSON whose value is what a place is called
_HTML_TAG = re.compile(r"<(\w+)([^<>]*)$")
_CLASS = re.compile(r'class="([\w -]+)"')

Place = tuple[float, ...]  # x, y of a point, x1, y1, x2, y2 of a box, x, y of the four corners of a quadrilateral


@dataclass(frozen=True)
class Named:
    """A line of the list beside a picture with many marks."""

    number: str
    label: str
    colour: str


def marks(document: Document, image: int) -> list[Mark]:
    """Boxes, points and quadrilaterals on a picture, each once, coloured by what the document calls them."""
    found: dict[Place, str] = {}
    for turn in document.turns:
        for place, label in _places(turn, image):
            found[place] = found.get(place) or label
    names = list(dict.fromkeys(found.values()))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    width = 2 if len(found) <= LABELS else 1
    every = sorted(found.items(), key=lambda item: -len(item[0]))
    return [Mark(place, label, colours[label], width) for place, label in every]


def labelled(found: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks, without labels where those would hide each other."""
    return tuple(replace(mark, label=_short(mark.label) if len(found) <= LABELS else "") for mark in found)


def numbered(found: Sequence[Mark]) -> tuple[tuple[Mark, ...], list[Named]]:
    """The marks with numbers for labels, and what each number stands for."""
    few = len({mark.label for mark in found}) <= len(COLOURS)
    marked, listed = [], []
    for number, mark in enumerate(found, 1):
        colour = mark.colour if few else COLOURS[number % len(COLOURS)]
        marked.append(replace(mark, label=str(number), colour=colour))
        listed.append(Named(str(number), mark.label, colour))
    return tuple(marked), listed[:LISTED]


def _short(label: str) -> str:
    return label if len(label) <= MENTION else label[:MENTION] + "…"


def _places(turn: Turn, image: int) -> Iterator[tuple[Place, str]]:
    """Places in the order of their mention with their labels; four points side by side are a quadrilateral."""
    for kind, run in groupby(_mentions(turn, image), key=lambda mention: mention[1]):
        mentions = list(run)
        for start in range(0, len(mentions), 4 if kind == "corner" else 1):
            group = mentions[start : start + 4] if kind == "corner" else [mentions[start]]
            yield tuple(number for place, _, _ in group for number in place), group[-1][2]


def _mentions(turn: Turn, image: int) -> list[tuple[Place, str, str]]:
    """Numbers, whether they are a box, a point or a corner of a quadrilateral, and the label."""
    parts = turn.parts
    found: list[tuple[Place, str, str]] = []
    corners = _corners(parts)
    for number, part in enumerate(parts):
        if isinstance(part, Box | Point) and part.image == image:
            place = (part.x1, part.y1, part.x2, part.y2) if isinstance(part, Box) else (part.x, part.y)
            kind = "box" if isinstance(part, Box) else "corner" if number in corners else "point"
            found.append((place, kind, _label(parts, number, asked=turn.role == "user")))
    return found


def _corners(parts: Sequence[Part]) -> set[int]:
    """Points that stand four together, with nothing but punctuation between them."""
    found: set[int] = set()
    run: list[int] = []
    for number, part in enumerate((*parts, Text("end"))):
        if isinstance(part, Point):
            run.append(number)
        elif not isinstance(part, Text) or len(part.text) > 3 or any(each.isalnum() for each in part.text):
            found |= set(run) if len(run) == 4 else set()
            run = []
    return found


def _label(parts: Sequence[Part], number: int, asked: bool) -> str:
    """What a place is called: the JSON label after it, the HTML element that it stands in, the content of a tag of its
    own, or what an answer says before it on its line (`synth.listing` writes such lists)."""
    before, after = (
        part.text if 0 <= at < len(parts) and isinstance(part := parts[at], Text) else ""
        for at in (number - 1, number + 1)
    )
    if named := _json_label(after):
        return named
    if tag := _HTML_TAG.search(before):
        opened, _, rest = after.partition(">")
        if tag[1] in ("box", "point"):
            return html.unescape(rest.partition("</")[0])
        kind = _CLASS.search(tag[2] + opened)
        return kind[1] if kind else tag[1]
    if not asked and isinstance(place := parts[number], Box | Point) and place.form == "plain":
        line = before.rpartition("\n")[2].strip()
        return line if len(line) <= MENTION else ""
    return ""


def _json_label(after: str) -> str:
    """What the rest of a JSON object calls the place that it began with: an element by its role, name and state."""
    if not re.match(r"[\s\]}]*,", after):
        return ""
    values = dict(_JSON_VALUE.findall(after.partition("}")[0].lstrip("] ")))
    told = [values[key] for key in ("role", *_NAMES, "state") if key in values]
    return " ".join(told).replace('\\"', '"')


def _text(parts: Sequence[Part], number: int) -> str:
    part = parts[number] if 0 <= number < len(parts) else None
    return part.text if isinstance(part, Text) else ""
