"""Labelled boxes and points as answers list them."""

import html
import json
from collections.abc import Sequence

from curation.document import Box, Form, Part, Point, Text, joined

Labelled = tuple[str, Box | Point]


def listing(found: Sequence[Labelled], form: Form) -> tuple[Part, ...]:
    """Labelled boxes or points as `[{"bbox_2d": [...], "label": "dog"}]`, as a tag each or as a line each."""
    parts: list[Part] = []
    for number, (label, place) in enumerate(found):
        before, after = frame(label, place, form)
        gap = ", " if form == "json" else "\n"
        parts += [Text(gap * (number > 0) + before), place, Text(after)]
    return joined((Text("["), *parts, Text("]")) if form == "json" else tuple(parts))


def frame(label: str, place: Box | Point, form: Form) -> tuple[str, str]:
    """What stands before and after a labelled place."""
    box = isinstance(place, Box)
    if form == "json":
        key = "bbox_2d" if box else "point_2d"
        return f'{{"{key}": ', f', "label": {json.dumps(label, ensure_ascii=False)}}}'
    if form == "xml":
        tag = "box" if box else "point"
        return f"<{tag} ", f">{html.escape(label, quote=False)}</{tag}>"
    return f"{label} ", ""
