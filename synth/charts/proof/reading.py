"""Reads a picture: edges, blobs and colours, by their pixels alone. Places are continuous: pixel i spans [i, i + 1)."""

import cv2
import numpy as np

from synth.charts.specs.style import distance, rgb

INWARD, OUTWARD = 7, 5  # px on either side of an edge in which it is looked for


def near(picture: np.ndarray, colour: str) -> np.ndarray:
    """(height, width) float32: distance of every pixel to a colour, in RGB."""
    if not picture.size:
        return np.zeros(picture.shape[:2], np.float32)
    difference = cv2.subtract(picture.astype(np.float32), (*rgb(colour), 0.0))
    return np.sqrt(cv2.transform(difference * difference, np.ones((1, 3), np.float32)))


def crossing(profile: np.ndarray, at: float, start: float) -> float | None:
    """Where a profile (n, 3) that starts at `start` px turns from its inner to its outer colour, nearest to `at`.

    The profile runs from within a mark to without. None where the two ends look alike.
    """
    inner, outer = profile[:2].mean(0), profile[-2:].mean(0)
    step = outer - inner
    size = float(step @ step)
    if size < 900:
        return None
    share = (profile - inner) @ step / size  # (n,) 0 within, 1 without
    return _half(share, start)


def _half(share: np.ndarray, start: float) -> float | None:
    above = np.nonzero(share >= 0.5)[0]
    if not len(above) or above[0] == 0:
        return None
    last = above[0]
    below = share[last - 1]
    return start + last - 0.5 + (0.5 - below) / max(share[last] - below, 1e-6) + 0.0


def edge(picture: np.ndarray, box: list[float], side: int) -> float | None:
    """Where the mark painted in about `box` ends on a side: 0 left, 1 top, 2 right, 3 bottom. None: it does not end."""
    x1, y1, x2, y2 = box
    image = picture if side % 2 else picture.transpose(1, 0, 2)
    along, at = ((x1, x2) if side % 2 else (y1, y2)), box[side]
    depth = (y2 - y1) if side % 2 else (x2 - x1)
    inward = int(min(INWARD, max(2, depth // 2)))
    low, high = along[0] + 0.12 * (along[1] - along[0]), along[1] - 0.12 * (along[1] - along[0])
    columns = slice(max(int(low), 0), max(int(high), int(low) + 1))
    where = round(at)
    first, last = (where - OUTWARD, where + inward) if side < 2 else (where - inward, where + OUTWARD)
    if first < 0 or last > image.shape[0]:
        first, last = max(first, 0), min(last, image.shape[0])
    profile = np.median(image[first:last, columns].astype(np.float32), 1)
    if len(profile) < 5:
        return None
    if side < 2:
        found = crossing(profile[::-1], at, 0)
        return None if found is None else last - found
    return crossing(profile, at, first)


def blobs(picture: np.ndarray, colour: str, ground: str, others: list[str]) -> np.ndarray:
    """(height, width) uint8: pixels nearer to a colour than to others, thin lines taken away."""
    own = near(picture, colour)
    mask = own < max(40.0, 0.45 * distance(colour, ground))
    for other in others:
        mask &= own < near(picture, other)
    return cv2.erode(mask.astype(np.uint8), np.ones((4, 4), np.uint8))


def around(picture: np.ndarray, x: float, y: float, reach: float) -> tuple[np.ndarray, int, int]:
    """The part of a picture within `reach` px of a place, and its first column and row."""
    left, top = max(int(x - reach), 0), max(int(y - reach), 0)
    return picture[top : int(y + reach) + 1, left : int(x + reach) + 1], left, top


def inked(picture: np.ndarray, start: list[float], end: list[float], colour: str, ground: str, skip: float) -> bool:
    """Whether a thin line of a colour runs between two places, but for `skip` px at its ends and what crosses it."""
    one, two = np.array(start), np.array(end)
    long = float(np.linalg.norm(two - one))
    if long < 2 * skip + 6:
        return True
    shares = np.linspace(skip / long, 1 - skip / long, 9)[:, None]
    limit, seen = 0.72 * distance(colour, ground), 0
    for x, y in one + shares * (two - one):
        part, _, _ = around(picture, x - 0.5, y - 0.5, 1.0)
        seen += bool(part.size and near(part, colour).min() < limit)
    return seen >= 6


def centre(core: np.ndarray, x: float, y: float, reach: float) -> tuple[float, float] | None:
    """Middle of what is painted within `reach` px of a place (x, y); None where nothing is."""
    height, width = core.shape
    left, top = max(int(x - reach), 0), max(int(y - reach), 0)
    part = core[top : min(int(y + reach) + 1, height), left : min(int(x + reach) + 1, width)]
    ys, xs = np.nonzero(part)
    if not len(xs):
        return None
    # The extent's middle, not the mean: lines that run into a marker pull a mean. Erosion anchors at its third pixel.
    return left + (xs.min() + xs.max() + 1) / 2 - 0.5, top + (ys.min() + ys.max() + 1) / 2 - 0.5


def painted(picture: np.ndarray, box: list[float], colour: str) -> float:
    """Share of a box, 3 px within its sides, that has a colour."""
    x1, y1, x2, y2 = (round(value) for value in box)
    inset_x, inset_y = (min(3, (high - low) // 4) for low, high in ((x1, x2), (y1, y2)))
    part = picture[max(y1 + inset_y, 0) : y2 - inset_y, max(x1 + inset_x, 0) : x2 - inset_x]
    return float((near(part, colour) < 45).mean()) if part.size else 0.0


def tick(picture: np.ndarray, at: float, low: int, high: int, vertical: bool) -> float | None:
    """Middle of a tick mark near `at`, seen in the strip [low, high) px across the axis; None where there is none."""
    image = picture if vertical else picture.transpose(1, 0, 2)
    start = max(int(at) - 4, 0)
    strip = image[start : int(at) + 5, max(low, 0) : high].astype(np.float32).mean(1)  # (<= 9, 3)
    away = np.linalg.norm(strip - np.median(strip, 0), axis=1)
    if away.max(initial=0) < 40:
        return None
    weight = np.where(away > 0.35 * away.max(), away, 0)
    return float(start + (weight * (np.arange(len(strip)) + 0.5)).sum() / weight.sum())


class Scale:
    """Value <-> pixel along an axis, fitted to its ticks."""

    def __init__(self, axis: dict, pixels: list[float]):
        self.log = axis["log"]
        values = self._bent(np.asarray(axis["ticks"], float))
        self.slope, self.start = np.polyfit(values, np.asarray(pixels, float), 1)
        self.residual = float(np.abs(self.slope * values + self.start - pixels).max())

    def _bent(self, values: np.ndarray) -> np.ndarray:
        return np.log10(values) if self.log else values

    def pixel(self, value: float) -> float:
        return float(self.slope * self._bent(np.asarray(value, float)) + self.start)
