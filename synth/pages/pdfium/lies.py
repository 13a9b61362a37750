"""Lies about a PDF page, each told throughout: its lines, elements and boxes agree, so that only pixels contradict."""

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.pages.pdfium.elements import box_of, joined
from synth.pages.pdfium.proof import precedes
from synth.pages.view.lies import changed, shifted
from synth.sample import Claims


def lies(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    """Named untrue versions of the claims of a page."""
    for name, pattern in (("digit", r"[0-9]"), ("letter", r"[a-zA-Z]")):
        yield from _reworded(claims, rng, name, pattern)
    yield from _moved(claims, rng)
    yield from _dropped(claims, rng)
    yield from _reordered(claims, rng)
    yield from _renamed(claims, rng)
    page = copy.deepcopy(claims)
    texts = [each for each in page["elements"] if "lines" in each]
    element = _one(rng, texts)
    element["kind"] = "p" if element["kind"] != "p" else "h1"
    yield "kind_renamed", page


def _reworded(claims: Claims, rng: np.random.Generator, name: str, pattern: str) -> Iterator[tuple[str, Claims]]:
    page = copy.deepcopy(claims)
    order = rng.permutation(len(page["layer"])).tolist()
    for number in order:
        line = page["layer"][number]
        text = changed(line["text"], pattern, rng)
        if text is not None and _looks_other(line["text"], text):
            line["text"] = text
            _retell(page)
            yield f"{name}_changed", page
            return


def _renamed(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    """Two letters change names wherever they stand, on the sheet of letters too: only a reader can tell."""
    counts = Counter("".join(line["text"] for line in claims["layer"] if len(line["text"]) >= 8))
    often = sorted(letter for letter in counts if counts[letter] >= 12 and letter in "aegmnrstupbd")
    if len(often) < 2:
        return
    one, other = (often[number] for number in rng.permutation(len(often))[:2].tolist())
    names = str.maketrans(one + other, other + one)
    page = copy.deepcopy(claims)
    for place in (*page["layer"], *page["letters"]):
        place["text"] = place["text"].translate(names)
    _retell(page)
    yield "letters_renamed", page


def _looks_other(old: str, new: str) -> bool:
    """Whether the letters that differ look different in every font: I, l and 1 do not, nor O and 0."""
    ((one, other),) = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    alike = ("Il1|", "O0oQ", "cC", "sS", "vV", "wW", "xX", "zZ", "uU", "kK", "pP")
    return not any(one in group and other in group for group in alike)


def _moved(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    page = copy.deepcopy(claims)
    element = _one(rng, page["elements"])
    element["box"] = shifted(element["box"], rng)
    if "image" in element:
        element["image"]["box"] = element["box"]
    yield "element_box_shifted", page
    page = copy.deepcopy(claims)
    line = _one(rng, page["layer"])
    high = line["glyphs"][0][3] - line["glyphs"][0][1]
    for glyph in line["glyphs"]:
        step = max(4, 0.3 * high)
        glyph[1], glyph[3] = round(glyph[1] + step, 1), round(glyph[3] + step, 1)
    _retell(page)
    yield "line_shifted", page
    page = copy.deepcopy(claims)
    texts = [each for each in page["elements"] if "lines" in each]
    if len(texts) > 1:
        one, other = (texts[number] for number in rng.permutation(len(texts))[:2].tolist())
        one["box"], other["box"] = other["box"], one["box"]
        yield "boxes_swapped", page


def _dropped(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    page = copy.deepcopy(claims)
    lines = [line for line in page["layer"] if " " in line["text"]]
    if not lines:
        return
    line = _one(rng, lines)
    start = line["text"].rindex(" ")
    line["text"] = line["text"][:start]
    line["glyphs"] = [glyph for glyph in line["glyphs"] if glyph[5] < start]
    _retell(page)
    yield "word_dropped", page


def _reordered(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    elements = claims["elements"]
    pairs = [
        number for number in range(len(elements) - 1) if precedes(elements[number]["box"], elements[number + 1]["box"])
    ]
    if pairs:
        page = copy.deepcopy(claims)
        at = _one(rng, pairs)
        page["elements"][at : at + 2] = page["elements"][at + 1], page["elements"][at]
        yield "order_permuted", page
    page = copy.deepcopy(claims)
    long = [each for each in page["elements"] if len(each.get("lines", ())) > 1]
    if long:
        element = _one(rng, long)
        element["lines"][:2] = element["lines"][1], element["lines"][0]
        _retell(page)
        yield "lines_permuted", page


def _retell(page: Claims) -> None:
    for element in page["elements"]:
        if "lines" in element:
            lines = [page["layer"][number] for number in element["lines"]]
            element["text"] = joined([line["text"] for line in lines])
            element["box"] = box_of(lines)


def _one(rng: np.random.Generator, found: list[Any]) -> Any:
    return found[int(rng.integers(len(found)))]
