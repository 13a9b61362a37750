"""How right an answer is: each kind of question has one measure, from 0 to 1."""

import re
from collections import Counter
from dataclasses import dataclass

from curation.document import Form
from curation.geometry import iou, read_boxes

# Kinds of questions that can be scored from the words of the answer alone, with what the score says.
SCORED = {
    "names": "objects that are named",
    "name_box": "name is right",
    "name_point": "name is right",
    "count": "number is right",
    "exists": "yes or no is right",
    "boxes": "boxes at IoU 0.5",
    "refer": "box at IoU 0.5",
    "absent": "says that there is none",
}
OVERLAP = 0.5


@dataclass(frozen=True)
class Answer:
    """The truth: what is to be said, or the boxes in pixels that the model sees."""

    kind: str
    form: Form
    said: str
    boxes: tuple[tuple[float, ...], ...]


def score(truth: Answer, said: str) -> float:
    """0 to 1; of several boxes or names, those found over the larger of how many there are and how many were given."""
    if truth.kind in ("boxes", "refer"):
        given = [tuple(map(float, box)) for box in read_boxes(said, truth.form)]
        return found(truth.boxes, given) / max(len(truth.boxes), len(given))
    if truth.kind == "absent":
        return float(
            said.strip().lower().startswith(("no ", "there are no", "there is no")) and not re.search(r"\d", said)
        )
    if truth.kind == "names":
        named, there = (Counter(_plain(name) for name in text.split(",")) for text in (said, truth.said))
        return (named & there).total() / max(named.total(), there.total())
    if truth.kind == "count":
        numbers = re.findall(r"\d+", said)
        return float(numbers == [truth.said])
    return float(_plain(said) == _plain(truth.said))


def found(boxes: tuple[tuple[float, ...], ...], given: list[tuple[float, ...]]) -> int:
    """How many of `boxes` have a given box of their own at IoU 0.5 or more, the best overlaps being matched first."""
    pairs = sorted(((iou(a, b), i, j) for i, a in enumerate(boxes) for j, b in enumerate(given)), reverse=True)
    taken: set[tuple[str, int]] = set()
    for overlap, i, j in pairs:
        if overlap >= OVERLAP and not taken & {("box", i), ("given", j)}:
            taken |= {("box", i), ("given", j)}
    return len(taken) // 2


def _plain(said: str) -> str:
    return " ".join(re.findall(r"\w+", said.lower()))
