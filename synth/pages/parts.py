"""Strips of a page: a few elements one below the other, cut out of its picture and its buffer with nothing else."""

import copy
from typing import Any

import numpy as np
import PIL.Image

from curation import media
from synth.canvas import MERGED
from synth.encode import PictureSettings, buffer
from synth.pages.model import Pixels, leaves
from synth.pages.proof.places import place, regions, union
from synth.sample import Claims, Encoded

PAD = 4  # px left free above and below
MOST = 3  # elements of a strip

Laid = tuple[Claims, PIL.Image.Image, np.ndarray]  # claims without boxes, picture, instance-ID buffer (height, width)


def finished(rng: np.random.Generator, laid: Laid, picture: PictureSettings) -> tuple[Claims, tuple[Encoded, ...]]:
    """Claims with boxes, by the picture as it is stored, and the media."""
    claims, image, ids = laid
    shown = picture.encode(rng, "page", image)
    place(claims, np.asarray(media.decode(shown.content)), regions(ids))
    return claims, (shown, buffer(ids))


def strip(rng: np.random.Generator, laid: Laid) -> Laid | None:
    """One to three elements as a page of their own, as wide as the page; None where columns or panels forbid it."""
    claims, _, ids = laid
    found = regions(ids)
    extents = [_extent(element, found) for element in claims["elements"]]
    others = [found[number] for number, _ in claims["decorations"] if number in found]
    windows = []
    for first in range(len(extents)):
        for last in range(first, min(first + MOST, len(extents))):
            outside = [*extents[:first], *extents[last + 1 :], *others]
            window = _window(union(extents[first : last + 1]), outside, ids.shape[0])
            if window and window[1] - window[0] < ids.shape[0]:
                windows.append((first, last, *window))
    if not windows:
        return None
    first, last, top, bottom = windows[int(rng.integers(len(windows)))]
    return _cut(laid, first, last, top, bottom)


def _extent(element: Any, found: dict[int, Pixels]) -> Pixels:
    numbers = [element["id"], *(leaf["id"] for leaf in leaves({"box": [], **element}))]
    return union([found[number] for number in numbers if number in found])


def _window(inside: Pixels, outside: list[Pixels], height: int) -> tuple[int, int] | None:
    """First row and one after the last, a multiple of 28 of them, around a box and free of the others."""
    top, bottom = inside[1] - PAD, inside[3] + PAD
    low = max([0, *(box[3] + PAD for box in outside if box[1] < inside[1])])
    high = min([height, *(box[1] - PAD for box in outside if box[1] >= inside[1])])
    rows = -(-(bottom - top) // MERGED) * MERGED
    if low > top or high < bottom or high - low < rows:
        return None
    start = min(max(top - (rows - (bottom - top)) // 2, low), high - rows)
    return start, start + rows


def _cut(laid: Laid, first: int, last: int, top: int, bottom: int) -> Laid:
    claims, image, ids = laid
    elements = copy.deepcopy(claims["elements"][first : last + 1])
    numbers = {leaf["id"] for element in elements for leaf in leaves({"box": [], **element})}
    words = [[leaf, x, y - top, *rest] for leaf, x, y, *rest in claims["words"] if leaf in numbers]
    part = {**claims, "size": [image.width, bottom - top], "elements": elements, "words": words, "decorations": []}
    return part, image.crop((0, top, image.width, bottom)), ids[top:bottom]
