"""Questions that one page of many answers, and texts to be searched for that nobody can guess."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from synth.pages import model
from synth.pages.drawing.material import Block
from synth.sample import Claims

Question = dict[str, Any]

MOST = 6  # questions a document
NEEDLES = 0.3  # share of pages that hide a text
_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ2346789"  # no two of which look alike
_NAMES = ("Reference", "Access code", "Ticket", "Batch", "Serial number", "File mark")


def needled(rng: np.random.Generator, blocks: Sequence[Block]) -> list[Block]:
    """The blocks of a page, now and then with a short paragraph among them that names a code."""
    if rng.random() >= NEEDLES or len(blocks) < 3:
        return list(blocks)
    code = "-".join("".join(rng.choice(list(_LETTERS), 4)) for _ in range(2))
    at = int(rng.integers(1, 3))
    name = _NAMES[int(rng.integers(len(_NAMES)))]
    return [*blocks[:at], {"kind": "p", "text": f"{name}: {code}"}, *blocks[at:]]


def letters(element: Any) -> str:
    """All that is written in an element."""
    return "\n".join(leaf.get("text", "") for leaf in model.leaves(element))


def draw(rng: np.random.Generator, pages: Sequence[Claims]) -> list[Question]:
    """Up to six questions, each with one answer; page numbers count from 1."""
    found: dict[str, list[Question]] = {}
    texts = [[letters(element) for element in page["elements"]] for page in pages]
    whole = [text for page in texts for text in page]
    for number, page in enumerate(pages, 1):
        headings = [each["text"] for each in page["elements"] if each["kind"] in _HEADINGS]
        for heading in headings:
            if whole.count(heading) == 1:
                found.setdefault("page_of_heading", []).append({"kind": "page_of_heading", "heading": heading})
        if headings:
            found.setdefault("headings_of_page", []).append({"kind": "headings_of_page", "page": number})
        for element in page["elements"]:
            found_here = _of_text(element, number, whole)
            if found_here:
                found.setdefault(found_here["kind"], []).append(found_here)
    found["pages"] = [{"kind": "pages"}]
    kinds = sorted(found)
    asked = []
    for turn in range(MOST):
        here = found[kinds[turn % len(kinds)]]
        if here:
            asked.append(here.pop(int(rng.integers(len(here)))))
    return [asked[number] for number in rng.permutation(len(asked)).tolist()]


def answer(pages: Sequence[Claims], question: Question) -> str:
    """The answer by the pages alone. Raises LookupError or ValueError where there is none, or more than one."""
    match question["kind"]:
        case "pages":
            return str(len(pages))
        case "headings_of_page":
            page = pages[question["page"] - 1]
            return "\n".join(each["text"] for each in page["elements"] if each["kind"] in _HEADINGS)
        case "page_of_heading":
            return _page(pages, lambda each: each["kind"] in _HEADINGS and each["text"] == question["heading"])
        case "page_of_text":
            return _page(pages, lambda each: question["text"] in letters(each))
    (found,) = [
        element["text"]
        for element in pages[question["page"] - 1]["elements"]
        if element["kind"] == "p" and element["text"].startswith(question["beginning"])
    ]
    return str(found)


def _page(pages: Sequence[Claims], holds: Any) -> str:
    """The number of the only page with such an element."""
    (found,) = [number for number, page in enumerate(pages, 1) if any(holds(each) for each in page["elements"])]
    return str(found)


def _of_text(element: Any, number: int, whole: Sequence[str]) -> Question | None:
    text = element.get("text", "")
    if element["kind"] != "p" or "\n" in text:
        return None
    if any(text.startswith(f"{name}: ") for name in _NAMES) and sum(text in other for other in whole) == 1:
        return {"kind": "page_of_text", "text": text.split(": ")[1]}
    beginning = text[:24].rstrip()
    if len(text) > 60 and sum(other.startswith(beginning) for other in whole) == 1:
        return {"kind": "paragraph", "page": number, "beginning": beginning}
    return None


_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
