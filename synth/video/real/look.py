"""How like two frames are: by tiles of their luminance, and by their colours. What proofs about footage are made of."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

WIDE, HIGH, TILE = 96, 54, (9, 12)  # px of a small frame, and of a tile of it
CELLS = 5  # of a colour channel


@dataclass(frozen=True)
class Look:
    """Small frames: `grey` (n, HIGH, WIDE) float32, `colours` (n, CELLS ** 3) shares of pixels, `means` (n, 3) RGB and
    `spreads` (n,): the largest standard deviation of a channel."""

    grey: np.ndarray
    colours: np.ndarray
    means: np.ndarray
    spreads: np.ndarray


def look(frames: Iterable[np.ndarray]) -> Look:
    """Of frames (height, width, 3) uint8."""
    small = [cv2.resize(frame, (WIDE, HIGH), interpolation=cv2.INTER_AREA) for frame in frames]
    grey = np.array([cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in small], np.float32)
    pixels = [cv2.resize(each, (WIDE // 2, HIGH // 2), interpolation=cv2.INTER_AREA) for each in small]
    means, spreads = np.array([cv2.meanStdDev(each) for each in small])[..., 0].swapaxes(0, 1)
    return Look(grey, np.array([_colours(each.reshape(-1, 3)) for each in pixels]), means, spreads.max(1))


def apart(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) levels by which the tile differs most that does, of one small frame (h, w) and others (n, h, w)."""
    rows, columns = HIGH // TILE[0], WIDE // TILE[1]
    tiles = np.abs(others - one).reshape(-1, rows, TILE[0], columns, TILE[1]).mean(axis=(2, 4))
    return np.asarray(tiles.reshape(len(tiles), -1).max(1))


def on_average(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) levels by which pixels differ on average."""
    return np.asarray(np.abs(others - one).mean(axis=(1, 2)))


def jumps(seen: Look) -> np.ndarray:
    """(n,) 0 to 1: how much the colours change from the frame before; motion of what is seen changes few."""
    change = np.abs(np.diff(seen.colours, axis=0)).sum(1) / 2
    return np.concatenate([[0.0], change])


def _colours(pixels: np.ndarray) -> np.ndarray:
    """Shares of pixels (n, 3) by cells of colour; a pixel between two cells counts for both in part."""
    place = pixels.T * np.float32((CELLS - 1) / 255)  # (3, n)
    low = np.minimum(place.astype(np.int32), CELLS - 2)
    part = place - low
    first = low[0] * CELLS * CELLS + low[1] * CELLS + low[2]
    total = np.zeros(CELLS**3)
    for corner in range(8):
        r, g, b = (part[channel] if corner >> channel & 1 else 1 - part[channel] for channel in range(3))
        step = (corner & 1) * CELLS * CELLS + (corner >> 1 & 1) * CELLS + (corner >> 2)
        total += np.bincount(first + step, r * g * b, CELLS**3)
    return total / len(pixels)
