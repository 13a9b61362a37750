"""The proof of a page: everything that it says is found again in its picture and its instance-ID buffer.

ids     the buffer holds what is claimed, and nothing else
boxes   pictures and tables lie where they are painted, text as far as its ink goes
text    every glyph that claims and fonts lead one to expect is seen, and no other (`synth.pages.proof.rewriting`)
ink     nothing is seen outside of what is claimed
form    headings, lists and tables look like what they are said to be (`synth.pages.proof.forms`)
order   boxes alone lead to the same reading order (`synth.pages.proof.order`)
figures charts, formulas, music, molecules and texts in pictures show what is told (`synth.pages.figures.proof`)
html    (audit) a strict parser accepts the document
ocr     (audit) an OCR engine reads lines as they are claimed
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from curation.document import Box, Image, Text, Turn
from synth.notation.formulas.typeset import KATEX
from synth.ocr.languages import LANGUAGES
from synth.pages.figures import proof as figures
from synth.pages.model import Element, Pixels, document, leaves
from synth.pages.proof import forms, lies, rewriting
from synth.pages.proof.order import reading_order
from synth.pages.proof.places import ink_box, padded, regions, union
from synth.sample import Checker, Claims, Evidence, Failure

TOLERANCE = 2  # px between a claimed text box and its ink
_EDGE = 48  # levels between neighbouring pixels: more is ink
_STRAY = 6  # px of it outside of everything that are let pass
_REACH = 3  # px that ink may lie outside of what is painted
_THIN = 4  # px of height: a rule, which ends the columns above it
_LINES = 2  # that the audit reads
_READ_WRONG = 0.5  # share of a line's characters: more is another text


class PageChecker(Checker):
    """Proves pages, of any generator that claims as `synth.pages.model` says."""

    checks = ("ids", "boxes", "text", "ink", "form", "order", "figures")
    audits = ("html", "ocr")

    def __init__(self, katex: str = KATEX):
        """`katex`: the folder with the fonts of formulas."""
        self._katex = katex

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return (
            Turn("user", (Image(0), Text("\nQwenVL HTML"))),
            Turn("assistant", document(claims["elements"])),
        )

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        picture, ids = evidence.picture(), evidence.buffer()
        if ids.shape != picture.shape[:2] or [*picture.shape[1::-1]] != claims["size"]:
            yield Failure("ids", f"a picture of {picture.shape}, a buffer of {ids.shape}, claimed {claims['size']}")
            return
        painted = regions(ids)
        for check, evidences in (
            ("ids", _ids(claims, painted)),
            ("boxes", _boxes(claims, picture, painted)),
            ("text", _text(claims, picture, ids, painted)),
            ("ink", _ink(claims, picture, ids)),
            ("form", forms.faults(claims, picture)),
            ("order", _order(claims)),
            ("figures", figures.faults(claims, picture, ids, audit, self._katex)),
        ):
            yield from (Failure(check, each) for each in evidences)
        if audit:
            yield from (Failure("html", each) for each in _html(self.turns(claims)))
            yield from (Failure("ocr", each) for each in _read(claims, picture))

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from lies.tell(claims, rng)


def _ids(claims: Claims, painted: dict[int, Pixels]) -> Iterator[str]:
    claimed = [leaf["id"] for element in claims["elements"] for leaf in leaves(element)]
    claimed += [element["id"] for element in claims["elements"] if element["kind"] == "table"]
    claimed += [number for number, _ in claims["decorations"]]
    if sorted(claimed) != sorted(painted):
        lost, extra = sorted(set(claimed) - set(painted)), sorted(set(painted) - set(claimed))
        yield f"not painted: {lost or 'none'}; not claimed: {extra or 'none'}; or one is claimed twice"


def _boxes(claims: Claims, picture: np.ndarray, painted: dict[int, Pixels]) -> Iterator[str]:
    for element in claims["elements"]:
        inner = []
        for leaf in leaves(element):
            where = painted.get(leaf["id"])
            found = where and (("text" in leaf and ink_box(picture, where)) or where)
            inner.append(leaf["box"])
            if found and _away(leaf["box"], found) > (TOLERANCE if "text" in leaf else 0):
                yield f"{element['kind']} {leaf['id']}: {found} is seen, {leaf['box']} claimed"
        whole = union([*inner, painted[element["id"]]] if element["kind"] == "table" else inner)
        if element["box"] != whole:
            yield f"{element['kind']} {element['id']}: its parts fill {whole}, not {element['box']}"
    for number, box in claims["decorations"]:
        if painted.get(number) != box:
            yield f"decoration {number}: painted at {painted.get(number)}, not {box}"


def _away(one: Pixels, other: Pixels) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _text(claims: Claims, picture: np.ndarray, ids: np.ndarray, painted: dict[int, Pixels]) -> Iterator[str]:
    spelt: dict[int, str] = defaultdict(str)
    for word in claims["words"]:
        spelt[word[0]] += word[4]
    for element in claims["elements"]:
        for leaf in leaves(element):
            told = leaf.get("marker", "") + leaf.get("text", "")
            if re.sub(r"\s", "", told) != spelt.pop(leaf["id"], ""):
                yield f"leaf {leaf['id']}: {told[:40]!r} is not what its words spell"
        if "caption" in element and element["caption"]["text"] != element["text"]:
            yield f"{element['kind']} {element['id']}: its caption says something else"
    if spelt:
        yield f"there are words of leaves {sorted(spelt)}, which hold no text"
    yield from rewriting.faults(picture, ids, claims, painted)


def _ink(claims: Claims, picture: np.ndarray, ids: np.ndarray) -> Iterator[str]:
    """Edges where nothing is painted; panels may have them along their own edge alone."""
    import cv2

    edge = np.zeros(ids.shape, bool)
    edge[:, 1:] |= _strongest(cv2.absdiff(picture[:, 1:], picture[:, :-1])) > _EDGE
    edge[1:] |= _strongest(cv2.absdiff(picture[1:], picture[:-1])) > _EDGE
    near = cv2.dilate((ids != 0).astype(np.uint8), np.ones((2 * _REACH + 1,) * 2, np.uint8))
    stray = edge & (near == 0)
    if (count := int(stray.sum())) > _STRAY:
        y, x = np.argwhere(stray)[0]
        yield f"{count} px of ink that nothing claims, the first at {int(x)}, {int(y)}"


def _strongest(picture: np.ndarray) -> np.ndarray:
    """The greatest of the channels (height, width) of a picture (height, width, 3)."""
    import cv2

    red, green, blue = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(red, green), blue))


def _order(claims: Claims) -> Iterator[str]:
    """Headers come first and stand above all, footnotes and footers last and below; between them boxes decide."""
    parts: list[list[Element]] = [[], [], [], []]
    for element in claims["elements"]:
        parts[{"header": 0, "footnote": 2, "footer": 3}.get(element["kind"], 1)].append(element)
    told = [element["id"] for element in claims["elements"]]
    right = claims["direction"] != "ltr"
    rules = [box for _, box in claims["decorations"] if box[3] - box[1] <= _THIN]
    wanted = []
    reach = float("-inf")
    for part in filter(None, parts):
        if min(element["box"][1] for element in part) < reach - _REACH:
            yield f"a {part[0]['kind']} stands beside or above what is read before it"
        reach = max(element["box"][3] for element in part)
        boxes = [element["box"] for element in part]
        order = reading_order([*boxes, *(rules if part is parts[1] else ())], right)
        wanted += [part[place]["id"] for place in order if place < len(part)]
    if told != wanted:
        at = next(place for place, pair in enumerate(zip(told, wanted, strict=True)) if pair[0] != pair[1])
        yield f"element {told[at]} is claimed to be read where element {wanted[at]} is"


def _html(turns: tuple[Turn, ...]) -> Iterator[str]:
    import html5lib
    from html5lib.html5parser import ParseError

    text = "".join(
        part.text if isinstance(part, Text) else "0 0 1 1" for part in turns[1].parts if isinstance(part, Text | Box)
    )
    try:
        html5lib.HTMLParser(strict=True).parse(f"<!DOCTYPE html>{text}")
    except ParseError as error:
        yield f"not strict HTML: {error}"


def _read(claims: Claims, picture: np.ndarray) -> Iterator[str]:
    """A few long lines, read by an OCR engine."""
    from rapidfuzz.distance import Levenshtein

    from synth.ocr.ocr_engine import recognise

    for words in _lines(claims)[:_LINES]:
        text = " ".join(word[4] for word in words)
        size = claims["fonts"][words[0][5]][1]
        box = [min(word[1] for word in words), words[0][2] - size, max(word[1] + word[3] for word in words), 0]
        x1, y1, x2, y2 = padded([*map(round, box[:3]), round(words[0][2] + 0.4 * size)], 4, picture.shape)
        seen = recognise(np.ascontiguousarray(picture[y1:y2, x1:x2]), claims["language"])
        wanted, found = (re.sub(r"\W", "", each).casefold() for each in (text, seen))
        # An engine that sees no text at all says nothing about it.
        if found and Levenshtein.normalized_distance(wanted, found) > _READ_WRONG:
            yield f"an OCR engine reads {seen!r} where {text!r} is claimed"


def _lines(claims: Claims) -> list[list[Any]]:
    """Words of a leaf on one baseline, the longest lines first."""
    lines: dict[tuple[int, int], list[Any]] = defaultdict(list)
    latin = "Latn" in LANGUAGES[claims["language"]].scripts
    for word in claims["words"]:
        lines[word[0], round(word[2])].append(word)
    # Engines for one script guess at others.
    own = [words for words in lines.values() if latin or not re.search("[A-Za-z]", "".join(word[4] for word in words))]
    return sorted(own, key=lambda words: (-sum(len(word[4]) for word in words), words[0][0], words[0][2]))
