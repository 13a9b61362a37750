"""What an instance-ID buffer shows: the measurements that proofs are made of, taken from pixels alone."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Seen:
    """An id of the buffer: the columns `xs` and rows `ys` of its pixels, in reading order, and their tight box."""

    id: int
    xs: np.ndarray
    ys: np.ndarray
    box: tuple[int, int, int, int]  # [x1, x2) by [y1, y2)

    @property
    def pixels(self) -> int:
        return len(self.xs)

    @property
    def area(self) -> int:
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])

    def nearest_to_mean(self) -> tuple[int, int]:
        """The pixel (x, y) nearest to the mean of all; the first in reading order where several are."""
        across = self.pixels * self.xs.astype(np.int64) - int(self.xs.sum())
        down = self.pixels * self.ys.astype(np.int64) - int(self.ys.sum())
        distances = across * across + down * down
        place = int(np.flatnonzero(distances == distances.min())[0])
        return int(self.xs[place]), int(self.ys[place])


def measure(ids: np.ndarray) -> dict[int, Seen]:
    """Every id but 0 of a (height, width) buffer of whole numbers."""
    flat = np.flatnonzero(ids != 0)
    values = ids.ravel()[flat]
    flat = flat[np.argsort(values, kind="stable")].astype(np.int32)  # by id, each in reading order
    counts = np.bincount(values)
    ends = np.cumsum(counts)
    return {
        int(id): _seen(int(id), flat[ends[id] - counts[id] : ends[id]], ids.shape[1]) for id in np.flatnonzero(counts)
    }


def _seen(id: int, places: np.ndarray, width: int) -> Seen:
    ys = places // width
    xs = places - ys * width
    return Seen(id, xs, ys, (int(xs.min()), int(ys[0]), int(xs.max()) + 1, int(ys[-1]) + 1))
