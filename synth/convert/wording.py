"""Wordings that `synth.grounding.wording` does not have: of expressions, of points, of several labels, of captions."""

from collections.abc import Sequence

import numpy as np

from curation.document import Box, Part, Text, joined
from synth.convert.labelled import Polygon
from synth.grounding.wording import FORM_REQUESTS, ListForm, answer, choices, outlines, question
from synth.listing import Labelled, listing

OWN: dict[str, tuple[str, ...]] = {
    "refer": (
        'Locate "{name}" in the image.',
        "Give the bounding box of: {name}.",
        'Which object is meant by "{name}"? Answer with its bounding box.',
        "Ground this description with a bounding box: {name}.",
    ),
    "points": (
        "Point to: {name}.",
        'Point out every "{name}" in the image.',
        'Where do you see "{name}"? Answer with points.',
        "Mark all of these with points: {name}.",
    ),
    "count_points": (
        'How many "{name}" are there? Point to each first, then count.',
        'Count "{name}" by pointing: a point for each, then the total.',
        "Point to all of these, then say how many there are: {name}.",
    ),
    "outlines": (
        "Segment the {name}: draw a polygon around it.",
        "Outline the {name} with a polygon.",
        "Give the polygon that encloses the {name}.",
    ),
    "list": (
        "Detect all objects of these kinds: {name}.",
        "Locate every instance of the following with bounding boxes: {name}.",
        "Find these in the image and give the label and bounding box of each: {name}.",
    ),
    "caption": (
        "Describe the image in one sentence.",
        "Write a short caption for this picture.",
        "What does the image show? Answer in one sentence.",
    ),
}
ABSENT = ("There is none in the image.", "Nothing in the image fits that.", "I see none in this picture.")


Exchange = tuple[tuple[Part, ...], tuple[Part, ...]]  # a question and its answer


def worded(
    rng: np.random.Generator,
    kind: str,
    query: str | Box,
    found: Sequence[Labelled],
    form: ListForm,
    polygons: Sequence[Polygon] = (),
) -> Exchange:
    """A question about a name, an expression, names joined by commas, or a place, and its answer, in a wording drawn.

    `found` are the labelled places that answer it, in `form`; none where there is nothing. `polygons` are an outline.
    """
    if kind in OWN and isinstance(query, str):
        template, request = _pick(rng, OWN[kind]), _pick(rng, FORM_REQUESTS["rich"][form])
        asked = template.format(name=query) + (request if kind != "caption" else "")
        return (Text(asked),), _own(rng, kind, query, found, form, polygons)
    wording = [int(rng.integers(count)) for count in choices("rich", kind, form)]
    place = [query.x1, query.y1, query.x2, query.y2] if isinstance(query, Box) else query
    said = {"count": len(found), "exists": "yes" if found else "no", "name_box": found[0][0] if found else ""}
    claim = {"kind": kind, "query": place, "form": form, "wording": wording, "answer": said.get(kind)}
    return question("rich", claim), answer("rich", claim, found)


def _own(
    rng: np.random.Generator,
    kind: str,
    query: str,
    found: Sequence[Labelled],
    form: ListForm,
    polygons: Sequence[Polygon],
) -> tuple[Part, ...]:
    if kind == "caption":
        return (Text(query),)
    if kind == "outlines":
        return tuple(outlines(query, polygons, form))
    if not found:
        return (Text(_pick(rng, ABSENT)),)
    total = (Text(f"\nThat makes {len(found)}."),) if kind == "count_points" else ()
    return joined((*listing(found, form), *total))


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]
