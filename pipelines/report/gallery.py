"""A gallery of a recipe's samples: pictures with what is pointed at drawn on them, and the dialogue beside them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from curation.document import Box, Document, Part, Point, Text, Turn
from curation.shard import ShardSet
from pipelines.report.data import Split
from pipelines.report.pictures import LARGE, SMALL, Mark, Picture, picture
from pipelines.report.samples import evenly, said, shorten

SHOWN = 12  # samples of a recipe
PAGES = 4  # pictures of a sample
SAID = 1500  # characters of a turn
RENDERED = range(400, 20_000)  # characters of HTML that is also shown as a page
COLOURS = ("#c2410c", "#1d4ed8", "#15803d", "#a21caf", "#0e7490", "#a16207", "#be123c", "#4d7c0f")
LABELS = 24  # marks of a picture that are labelled: more would hide it

_JSON_LABEL = re.compile(r'\s*,\s*"(?:label|text|text_content)"\s*:\s*"([^"]{1,60})')
_HTML_TAG = re.compile(r"<(\w+)([^<>]*)$")
_CLASS = re.compile(r'class="([\w -]+)"')


@dataclass(frozen=True)
class Said:
    """A turn; `html` is its document where it writes one, to be shown as a page too."""

    role: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class Shown:
    title: str
    facts: list[str]  # task, language, size
    pictures: list[Picture]
    proofs: list[Picture]  # media that no turn shows
    chat: list[Said]
    checks: dict[str, bool]


def gallery(split: Split) -> list[Shown]:
    """As many of every task, each at equal distances."""
    return [shown(split.shards.read(row)) for row in chosen(split.shards, SHOWN)]


def chosen(shards: ShardSet, count: int) -> list[int]:
    """Rows of an index."""
    tasks = shards.index["task"].to_pylist()
    rows = {task: [row for row, each in enumerate(tasks) if each == task] for task in sorted(set(tasks))}
    each = -(-count // len(rows)) if rows else 0
    return sorted(row for found in rows.values() for row in evenly(found, each))[:count]


def shown(document: Document) -> Shown:
    looked_at = list(dict.fromkeys(document.images_shown()))
    proofs = [number for number in range(len(document.media)) if number not in looked_at]
    longest = LARGE if len(looked_at) == 1 else SMALL
    seed = document.source.seed
    view = document.proof.get("view", "")
    first = document.media[0] if document.media else None
    return Shown(
        f"seed {seed}" + f" · {view}" * bool(view) if seed is not None else document.key,
        [document.task, document.language, *([f"{first.width} × {first.height}"] if first else [])],
        _pictures([picture(document.media[at], longest, tuple(marks(document, at))) for at in looked_at[:PAGES]]),
        _pictures([picture(document.media[at], SMALL, smooth=False) for at in proofs[:1]]),
        [_said(turn, document) for turn in document.turns],
        dict(document.proof.get("checks", {})),
    )


def _pictures(found: Sequence[Picture | None]) -> list[Picture]:
    return [each for each in found if each]


def _said(turn: Turn, document: Document) -> Said:
    text = said(turn, document)
    html = text if turn.role != "user" and "data-bbox" in text and len(text) in RENDERED else ""
    return Said(turn.role or "", shorten(text, SAID), html)


# --- what is pointed at ---


def marks(document: Document, image: int) -> Iterator[Mark]:
    """Boxes, points and quadrilaterals on a picture, each once, coloured by what the document calls them."""
    found: dict[tuple[float, ...], str] = {}
    for turn in document.turns:
        for place, label in _places(turn, image):
            found.setdefault(place, label)
    names = list(dict.fromkeys(found.values()))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    spoken = len(found) <= LABELS
    for place, label in sorted(found.items(), key=lambda item: -len(item[0])):
        yield Mark(place, label if spoken else "", colours[label], 2 if spoken else 1)


def _places(turn: Turn, image: int) -> Iterator[tuple[tuple[float, ...], str]]:
    """Places in the order of their mention with their labels; four points side by side are a quadrilateral."""
    for kind, run in groupby(_mentions(turn, image), key=lambda mention: mention[1]):
        mentions = list(run)
        for start in range(0, len(mentions), 4 if kind == "corner" else 1):
            group = mentions[start : start + 4] if kind == "corner" else [mentions[start]]
            yield tuple(number for place, _, _ in group for number in place), group[-1][2]


def _mentions(turn: Turn, image: int) -> list[tuple[tuple[float, ...], str, str]]:
    """Numbers, whether they are a box, a point or a corner of a quadrilateral, and the label."""
    parts = turn.parts
    found: list[tuple[tuple[float, ...], str, str]] = []
    corners = _corners(parts)
    for number, part in enumerate(parts):
        if isinstance(part, Box | Point) and part.image == image:
            place = (part.x1, part.y1, part.x2, part.y2) if isinstance(part, Box) else (part.x, part.y)
            kind = "box" if isinstance(part, Box) else "corner" if number in corners else "point"
            found.append((place, kind, _label(parts, number)))
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


def _label(parts: Sequence[Part], number: int) -> str:
    """What a place is called: the JSON label after it, or the HTML element that it stands in."""
    before, after = (parts[at] if 0 <= at < len(parts) else None for at in (number - 1, number + 1))
    if isinstance(after, Text) and (found := _JSON_LABEL.match(after.text)):
        return found[1]
    if isinstance(before, Text) and (tag := _HTML_TAG.search(before.text)):
        rest = tag[2] + (after.text.partition(">")[0] if isinstance(after, Text) else "")
        named = _CLASS.search(rest)
        return named[1] if named else tag[1]
    return ""
