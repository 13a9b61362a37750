"""What an instance-ID buffer shows of the elements of a screen: how much of each is seen, where, and what lies over it.

Ids are numbers of elements in document order, so what is inside of an element has the ids that follow its own, up to
its last. Where its border is painted, `synth.gui.look.BORDER` is added. 0 is nobody's: mixtures along round corners.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.gui.look import BORDER
from synth.pages.model import Pixels

MOST = (
    0.02  # of an element, that others may paint while it still counts as wholly seen, or it while it counts as covered
)
_MARGIN = 2  # px around a place to click, where there are so many


@dataclass(frozen=True)
class Painted:
    """What is seen of an element: `seen` is visible, partly, covered or outside; `box` is around its pixels (None where
    there are none), `by` the id of what covers most of the rest (0: none)."""

    seen: str
    box: Pixels | None
    by: int


class Buffer:
    """A buffer (height, width) of whole numbers (`synth.encode.buffer` stores small ones in a byte) and the tree of its
    elements: (id, id of the element around it or 0) in order."""

    def __init__(self, ids: np.ndarray, tree: Sequence[tuple[int, int]]):
        ids = ids.astype(np.uint16)
        self.plain = np.where(ids & BORDER, 0, ids)  # without borders: where text may stand
        self.ids = ids & (BORDER - 1)
        self.up = dict(tree)
        self.last = {number: number for number, _ in tree}
        for number, above in reversed(list(tree)):
            if above:
                self.last[above] = max(self.last[above], self.last[number])

    def ancestors(self, number: int) -> list[int]:
        found = []
        while number := self.up[number]:
            found.append(number)
        return found

    def painted(self, number: int, whole: Pixels, reach: Pixels | None) -> Painted:
        """`whole` is where layout has the element, `reach` the part of it that screen and scrollers let be seen."""
        if reach is None:
            return Painted("outside", None, 0)
        x1, y1, x2, y2 = reach
        crop = self.ids[y1:y2, x1:x2]
        mine = (crop >= number) & (crop <= self.last[number])
        if not mine.any():
            return Painted("covered", None, self._cover(crop, mine, number))
        rows, columns = np.flatnonzero(mine.any(1)), np.flatnonzero(mine.any(0))
        box = [x1 + int(columns[0]), y1 + int(rows[0]), x1 + int(columns[-1]) + 1, y1 + int(rows[-1]) + 1]
        foreign = int(self._foreign(crop, mine, number).sum())
        by = self._cover(crop, mine, number) if foreign else 0
        area = (whole[2] - whole[0]) * (whole[3] - whole[1])
        if int(mine.sum()) <= MOST * crop.size and foreign:
            return Painted("covered", None, by)
        full = foreign <= MOST * crop.size and crop.size >= (1 - MOST) * area
        return Painted("visible" if full else "partly", box, by if foreign > MOST * crop.size else 0)

    def _foreign(self, crop: np.ndarray, mine: np.ndarray, number: int) -> np.ndarray:
        known = np.zeros(BORDER, bool)
        known[[0, *self.ancestors(number)]] = True
        return ~mine & ~known[crop]

    def _cover(self, crop: np.ndarray, mine: np.ndarray, number: int) -> int:
        others = crop[self._foreign(crop, mine, number)]
        return int(np.bincount(others).argmax()) if others.size else 0

    def spot(self, number: int, whole: Pixels, without: Sequence[int]) -> tuple[int, int] | None:
        """Where to click an element: of its pixels, without those of the elements `without` inside of it, one in the
        midst. None where there is none."""
        import cv2

        x1, y1, x2, y2 = (max(edge, 0) for edge in whole)
        crop = self.ids[y1:y2, x1:x2]
        mine = (crop >= number) & (crop <= self.last[number])
        for other in without:
            mine &= (crop < other) | (crop > self.last[other])
        if not mine.any():
            return None
        inner = cv2.erode(mine.astype(np.uint8), np.ones((2 * _MARGIN + 1,) * 2, np.uint8), borderValue=0)
        chosen = inner.astype(bool) if inner.any() else mine
        ys, xs = np.nonzero(chosen)
        away = (xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2
        best = int(away.argmin())
        return x1 + int(xs[best]), y1 + int(ys[best])


def reach(node: Mapping[str, Any], size: Sequence[int]) -> Pixels | None:
    """What screen and scrollers let be seen of an element with `whole` and `clip`; None where that is nothing."""
    x1, y1, x2, y2 = node["whole"]
    left, top, right, bottom = node["clip"]
    box = [max(x1, left, 0), max(y1, top, 0), min(x2, right, size[0]), min(y2, bottom, size[1])]
    return box if box[2] > box[0] and box[3] > box[1] else None
