"""A screen as its claims have it. Claims are plain JSON, all places in pixels of the stored picture:

size       [width, height]; `scale` device pixels a CSS pixel
language   of the application; direction ltr or rtl
made       how it came about, so that a fresh browser can make it again (`synth.gui.stage`)
nodes      in document order, as `Node`
words      [id, x, baseline, advance, text, font] as of `synth.pages.model`: those that are seen whole
gaps       for each word 1 where white space goes before it
fonts      [name of the face (`synth.ocr.fonts.Face.name`), size in px]
cut        [x1, y1, x2, y2]: where text stands of which nothing is said: cut off, covered, or not to be proved
tone       dark or light, empty where it is neither (`synth.gui.view.facts.tone`)
view       what is asked and answered (`synth.gui.view`)
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict, cast

from synth.gui.look import CLICKABLE
from synth.pages.model import Pixels
from synth.pages.proof.order import reading_order
from synth.sample import Claims


class Node(TypedDict):
    """An element, as `Screen` gives it: claims leave `USUAL` out.

    Those without a role only paint or hold text of the element `up` around them.
    """

    id: int
    up: int
    role: str
    name: str
    states: dict[str, Any]
    value: str
    hint: str
    whole: Pixels  # where layout has it
    clip: Pixels  # what scrollers let be seen there
    seen: str  # visible, partly, covered, outside
    box: Pixels | None  # of what is seen of it
    by: int  # the id of what covers it
    point: list[int] | None  # where to click it
    inline: bool
    picture: bool
    drawn: bool  # it shows more than a flat colour and its words
    veil: bool  # what is below it shines through
    blind: bool  # it holds text of which nothing is said
    shows: bool  # its name is the text in it


# What goes without saying in claims.
USUAL: dict[str, Any] = {
    **{"up": 0, "role": "", "name": "", "states": {}, "value": "", "hint": "", "box": None, "by": 0, "point": None},
    **{
        "seen": "visible",
        "inline": False,
        "picture": False,
        "veil": False,
        "blind": False,
        "drawn": False,
        "shows": False,
    },
}
# Roles of elements that claims tell of even where they are not seen.
TOLD = CLICKABLE | {"heading", "dialog", "alertdialog"}
UNITS = frozenset(
    {"table", "grid", "list", "listbox", "menu", "menubar", "tablist", "toolbar", "radiogroup", "treegrid"}
)
PIECES = frozenset({"article", "listitem", "row", "button", "link", "option"})  # are read as one, where in no unit
_DESCENT, _ASCENT = 0.22, 0.78  # of a text's size: what letters take


class Screen:
    """The claims of a screen, looked through."""

    def __init__(self, claims: Claims):
        self.claims = claims
        self.nodes: list[Node] = [cast(Node, {**USUAL, **node}) for node in claims["nodes"]]
        self.by_id: dict[int, Node] = {node["id"]: node for node in self.nodes}
        self.last = {node["id"]: node["id"] for node in self.nodes}
        for node in reversed(self.nodes):
            if node["up"]:
                self.last[node["up"]] = max(self.last[node["up"]], self.last[node["id"]])
        self.rtl = claims["direction"] == "rtl"
        self._words: dict[int, list[int]] = {}
        for number, word in enumerate(claims["words"]):
            self._words.setdefault(word[0], []).append(number)

    def around(self, node: Node) -> Iterator[Node]:
        """The elements around one, the nearest first."""
        while node["up"]:
            node = self.by_id[node["up"]]
            yield node

    def within(self, node: Node) -> list[Node]:
        """What is inside of an element."""
        return [each for each in self.nodes if node["id"] < each["id"] <= self.last[node["id"]]]

    def shown(self) -> list[Node]:
        """Elements with a role that are seen, in document order."""
        return [node for node in self.nodes if node["role"] and node["seen"] in ("visible", "partly")]

    def text(self, node: Node) -> str:
        """What is read in an element."""
        first, last = node["id"], self.last[node["id"]]
        return self._spelt([n for n, word in enumerate(self.claims["words"]) if first <= word[0] <= last])

    def letters(self, node: Node) -> float:
        """The size of the largest text in an element, px; 0 where it shows none."""
        fonts, last = self.claims["fonts"], self.last[node["id"]]
        return max((fonts[word[5]][1] for word in self.claims["words"] if node["id"] <= word[0] <= last), default=0.0)

    def _spelt(self, numbers: Sequence[int]) -> str:
        words, gaps = self.claims["words"], self.claims["gaps"]
        return "".join((" " if gaps[number] else "") + words[number][4] for number in numbers).strip()

    def blind(self, node: Node) -> bool:
        """Whether anything in an element is not said."""
        return node["blind"] or any(each["blind"] for each in self.within(node))

    def spoken(self, node: Node) -> bool:
        """Whether an element shows its own name as text, or is called what a text beside it says."""
        told = squeezed(node["name"])
        return bool(told) and (told == squeezed(self.text(node)) or told == squeezed(node["hint"]) or told in self.said)

    @property
    def said(self) -> set[str]:
        """Every text that stands on the screen as one element's, white space and marks left out."""
        if not hasattr(self, "_said"):
            self._said = {squeezed(self.text(node)) for node in self.shown() if node["role"] in ("text", "heading")}
        return self._said

    def lines(self, numbers: Sequence[int] | None = None) -> list[tuple[str, Pixels, int]]:
        """Lines of text as text, box and id of their block, in reading order. `numbers`: of these words alone."""
        groups: dict[tuple[int, int], list[int]] = {}
        chosen = range(len(self.claims["words"])) if numbers is None else numbers
        for number in chosen:
            leaf, _, baseline, *_ = self.claims["words"][number]
            node = self.by_id[leaf]
            while node["inline"] and node["up"]:
                node = self.by_id[node["up"]]
            key = next((key for key in groups if key[0] == node["id"] and abs(key[1] - baseline) <= 2), None)
            groups.setdefault(key or (node["id"], round(baseline)), []).append(number)
        found = [(self._spelt(group), self._extent(group), block) for (block, _), group in groups.items()]
        return self._read(found)

    def _extent(self, numbers: Sequence[int]) -> Pixels:
        words = [self.claims["words"][number] for number in numbers]
        sizes = [self.claims["fonts"][word[5]][1] for word in words]
        width, height = self.claims["size"]
        return [
            max(math.floor(min(word[1] for word in words)), 0),
            max(math.floor(min(word[2] - _ASCENT * size for word, size in zip(words, sizes, strict=True))), 0),
            min(math.ceil(max(word[1] + word[3] for word in words)), width),
            min(math.ceil(max(word[2] + _DESCENT * size for word, size in zip(words, sizes, strict=True))), height),
        ]

    def _read(self, lines: list[tuple[str, Pixels, int]]) -> list[tuple[str, Pixels, int]]:
        """Tables, lists, bars and what is one piece are read row by row; they and what is alone, columns first."""
        bars = self._bars(lines)
        units: dict[int, list[int]] = {}
        for number, (_, _, block) in enumerate(lines):
            node = self.by_id[block]
            chain = [node, *self.around(node)]
            whole = [each["id"] for each in reversed(chain) if each["role"] in UNITS]
            whole += [each["id"] for each in reversed(chain) if each["role"] in PIECES or each["id"] in bars]
            unit = whole[0] if whole else -number - 1
            units.setdefault(unit, []).append(number)
        groups = list(units.values())
        boxes = [_around([lines[number][1] for number in group]) for group in groups]
        return [lines[number] for at in reading_order(boxes, self.rtl) for number in _rows(groups[at], lines, self.rtl)]

    def _bars(self, lines: list[tuple[str, Pixels, int]]) -> set[int]:
        """Elements all of whose lines stand in one row: status bars, headers."""
        spans: dict[int, tuple[int, int]] = {}  # the lowest top and the highest bottom of a line in each
        for _, box, block in lines:
            node = self.by_id[block]
            for each in (node, *self.around(node)):
                top, bottom = spans.get(each["id"], (box[1], box[3]))
                spans[each["id"]] = max(top, box[1]), min(bottom, box[3])
        return {number for number, (top, bottom) in spans.items() if top < bottom}


def _rows(numbers: list[int], lines: list[tuple[str, Pixels, int]], rtl: bool) -> list[int]:
    """Row by row: what overlaps a row's first line by half of its height is of the row."""
    rows: list[list[int]] = []
    for number in sorted(numbers, key=lambda number: (lines[number][1][1], lines[number][1][0], number)):
        box = lines[number][1]
        first = lines[rows[-1][0]][1] if rows else None
        if first and (box[1] + box[3]) / 2 < first[3]:
            rows[-1].append(number)
        else:
            rows.append([number])
    return [
        number
        for row in rows
        for number in sorted(row, key=lambda number: (-lines[number][1][2] if rtl else lines[number][1][0], number))
    ]


def _around(boxes: Sequence[Pixels]) -> Pixels:
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return [min(x1), min(y1), max(x2), max(y2)]


def extent(word: Sequence[Any], fonts: Sequence[Sequence[Any]]) -> Pixels:
    """Where a word's letters stand."""
    size = fonts[word[5]][1]
    return [
        *(math.floor(word[1]), math.floor(word[2] - _ASCENT * size)),
        *(math.ceil(word[1] + word[3]), math.ceil(word[2] + _DESCENT * size)),
    ]


def squeezed(text: str) -> str:
    """A text without white space, case and the marks that labels carry."""
    return re.sub(r"[\s*:：…]", "", text).casefold()
