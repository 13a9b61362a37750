"""Where things are on a rendered page: painted regions of the buffer, text within them as far as its ink goes."""

import numpy as np

from synth.pages.model import Pixels, leaves
from synth.pages.proof.ink import CONTRAST, bounds, ink
from synth.sample import Claims, Failure, Unproven


def regions(ids: np.ndarray) -> dict[int, Pixels]:
    """id -> the rectangle around all its pixels in a buffer (height, width); 0, which is nothing, is left out."""
    height, width = ids.shape
    changes = np.ones((height, width), bool)  # where a run of one id begins
    changes[:, 1:] = ids[:, 1:] != ids[:, :-1]
    starts = np.flatnonzero(changes)
    values = ids.ravel()[starts]
    y, x1 = np.divmod(starts, width)
    x2 = x1 + np.diff(np.append(starts, ids.size))
    order = np.argsort(values, kind="stable")
    values, y, x1, x2 = values[order], y[order], x1[order], x2[order]
    names, first = np.unique(values, return_index=True)
    edges = zip(
        np.minimum.reduceat(x1, first), np.minimum.reduceat(y, first),
        np.maximum.reduceat(x2, first), np.maximum.reduceat(y, first) + 1,
        strict=True,
    )  # fmt: skip
    return {name: [int(edge) for edge in box] for name, box in zip(names.tolist(), edges, strict=True) if name}


def ink_box(picture: np.ndarray, region: Pixels, pad: int = 2) -> Pixels | None:
    """The rectangle around the ink in a region of the picture (height, width, 3), or near it: glyphs may reach over
    the region's edge by up to `pad` px. None where there is no ink."""
    x1, y1, x2, y2 = padded(region, pad, picture.shape)
    found = bounds((ink(picture[y1:y2, x1:x2]) > CONTRAST).view(np.uint8))
    return [found[0] + x1, found[1] + y1, found[2] + x1, found[3] + y1] if found else None


def padded(box: Pixels, pad: int, shape: tuple[int, ...]) -> Pixels:
    """A box made larger, within a picture of `shape`."""
    x1, y1, x2, y2 = box
    return [max(x1 - pad, 0), max(y1 - pad, 0), min(x2 + pad, shape[1]), min(y2 + pad, shape[0])]


def union(boxes: list[Pixels]) -> Pixels:
    """The rectangle around all boxes."""
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return [min(x1), min(y1), max(x2), max(y2)]


def place(claims: Claims, picture: np.ndarray, found: dict[int, Pixels]) -> None:
    """Gives everything its box: of pictures and tables as painted, of text as far as its ink goes."""
    for element in claims["elements"]:
        boxes = []
        for leaf in leaves({**element, "box": []}):
            painted = found.get(leaf["id"])
            if painted is None:
                raise Unproven(
                    [Failure("layout", f"{element['kind']} {element['id']}: a part of it is not to be seen")]
                )
            box = painted if "text" not in leaf else ink_box(picture, painted)
            if box is None:
                raise Unproven([Failure("ink", f"{element['kind']} {element['id']}: no ink at {painted}")])
            leaf["box"] = box
            boxes.append(box)
        element["box"] = union([*boxes, found[element["id"]]] if element["kind"] == "table" else boxes)
