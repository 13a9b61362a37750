"""The text of a page in reading order, plain and as Markdown, and questions about its outline."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from synth.pages.model import LIST_KINDS, TEXT_KINDS, Element
from synth.pages.view import tables

Question = dict[str, Any]


def plain(elements: Sequence[Element]) -> str:
    """All text that is read on the page, a blank line between elements, a tab between the cells of a table."""
    return "\n\n".join(filter(None, map(_plain, elements)))


def markdown(elements: Sequence[Element]) -> str:
    """The page as Markdown; pictures without text are left out."""
    return "\n\n".join(filter(None, map(_markdown, elements)))


def _plain(element: Element) -> str:
    kind = element["kind"]
    if kind in LIST_KINDS:
        return "\n".join(f"{item['marker']} {item['text']}".strip() for item in element["items"])
    if kind == "table":
        return "\n".join("\t".join(cell["text"] for cell in row) for row in element["rows"])
    return element.get("text", "")


def _markdown(element: Element) -> str:
    kind = element["kind"]
    if kind in LIST_KINDS:
        return "\n".join(_items(element))
    if kind == "table":
        return tables.written(element, "Markdown")
    if kind == "chart":
        return "\n\n".join(filter(None, (tables.markdown(element["data"]), element.get("text", ""))))
    if kind == "formula":
        return "\n\n".join(filter(None, (f"$$\n{element['source']}\n$$", element.get("text", ""))))
    text = element.get("text", "")
    return f"{'#' * int(kind[1])} {text}" if is_heading(element) else text


def _items(element: Element) -> Iterator[str]:
    counts: list[int] = []
    for item in element["items"]:
        depth = item["depth"]
        counts = [*counts[: depth + 1], *[0] * (depth + 1 - len(counts))]
        counts[depth] += 1
        mark = "-" if element["kind"] == "ul" else f"{counts[depth]}."
        yield f"{'   ' * depth}{mark} {item['text']}"


def is_heading(element: Element) -> bool:
    return element["kind"] in ("h1", "h2", "h3", "h4", "h5", "h6")


def outline_questions(rng: np.random.Generator, elements: Sequence[Element]) -> list[Question]:
    """Questions about headings, what follows them, header and footer; none where there is nothing of it."""
    headings = [element["text"] for element in elements if is_heading(element)]
    asked: list[Question] = []
    if headings:
        asked.append({"kind": ("headings", "count_headings")[int(rng.integers(2))]})
    followed = [
        one["text"]
        for one, other in itertools.pairwise(elements)
        if is_heading(one) and other["kind"] == "p" and headings.count(one["text"]) == 1
    ]
    if followed:
        asked.append({"kind": "after", "heading": followed[int(rng.integers(len(followed)))]})
    for kind in ("header", "footer"):
        if sum(element["kind"] == kind for element in elements) == 1:
            asked.append({"kind": kind})
    return [asked[number] for number in rng.permutation(len(asked)).tolist()]


def outline(elements: Sequence[Element], question: Question) -> str:
    """The answer by the elements alone. Raises LookupError or ValueError where there is none."""
    headings = [element["text"] for element in elements if is_heading(element)]
    match question["kind"]:
        case "headings":
            return "\n".join(headings)
        case "count_headings":
            return str(len(headings))
        case "after":
            at = [is_heading(each) and each["text"] == question["heading"] for each in elements].index(True)
            return elements[at + 1]["text"]
    (found,) = [each["text"] for each in elements if each["kind"] == question["kind"] and each["kind"] in TEXT_KINDS]
    return found
