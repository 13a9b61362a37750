"""Whether the texts of a screen are what its picture shows: set again from claims and fonts, and held against the ink.

The work is done by `synth.pages.proof.rewriting`; a screen differs from a page in that elements lie within elements,
over others, and are cut off.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.pages.proof import rewriting
from synth.pages.proof.places import regions
from synth.sample import Claims

_SURE = 35  # levels that ink and its copy may differ where a text is to be sure: less than a proof lets pass
_STRAY = 4  # px of ink that belong to no glyph, and are let pass: noise of compression


def unsound(picture: np.ndarray, plain: np.ndarray, claims: Claims) -> list[int]:
    """The ids of elements whose own words are not surely what is seen."""
    return sorted({leaf for leaf, _ in _faults(picture, plain, claims, _STRAY // 2, _SURE)})


def faults(picture: np.ndarray, plain: np.ndarray, claims: Claims) -> Iterator[str]:
    """`picture` is (height, width, 3), `plain` (height, width) the buffer without borders (`painted.Buffer.plain`)."""
    for leaf, what in _faults(picture, plain, claims, _STRAY, rewriting.LOCAL):
        yield f"element {leaf}: {what}"


def _faults(picture: np.ndarray, plain: np.ndarray, claims: Claims, stray: int, most: int) -> Iterator[tuple[int, str]]:
    words = claims["words"]
    ids = plain.copy()
    for x1, y1, x2, y2 in claims["cut"]:
        ids[y1:y2, x1:x2] = 0
    found = regions(ids)
    texts = {word[0] for word in words}
    for leaf in sorted(texts - set(found)):
        yield leaf, "is not painted where its words are claimed"
    everyone = np.unique(ids).tolist()
    page: dict[str, Any] = {
        **{"language": claims["language"], "fonts": claims["fonts"], "words": words, "scale": claims.get("scale", 1)},
        # What is around has another ground: ink is looked for within each alone.
        "elements": [{"id": number, "kind": "p", "box": [], "text": ""} for number in everyone],
    }
    written, seen = rewriting.measure(picture, ids, page, found)
    owned = np.zeros(int(ids.max(initial=0)) + 1, bool)
    owned[[leaf for leaf in texts if leaf in found]] = True
    written.copy[~owned[ids]] = 0
    away = rewriting.difference(seen, written.copy, most)
    for x1, y1, x2, y2 in claims["cut"]:
        away[y1:y2, x1:x2] = False
    if not away.any():
        return
    boxes, owners = np.array(written.boxes, int).reshape(-1, 4), np.array(written.owners, int)
    for number in sorted(set(owners[rewriting.touched(away, boxes)].tolist())):
        yield words[number][0], f"the picture does not show {words[number][4]!r}"
    for x1, y1, x2, y2 in boxes:
        away[max(y1, 0) : y2, max(x1, 0) : x2] = False
    for leaf, count in zip(*np.unique(ids[away], return_counts=True), strict=True):
        if leaf in texts and count > stray:
            yield int(leaf), f"{count} px of ink are no part of its words"
