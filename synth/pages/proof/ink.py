"""Ink in a picture: where it differs from the paper around it."""

import numpy as np

CONTRAST = 89  # of 255, full ink: weaker is noise of compression
_STRONG = 48  # levels: what differs less from the paper is none
_TRUST = (0.8, 1.0, 0.6)  # in red, green and blue: JPEG keeps least of blue
_LEVELS = np.arange(256)
_WIDE = np.ones(9)  # levels over which compression spreads the paper's own


def ink(crop: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """(height, width) uint8 from 0, paper, to 255, full ink; `crop` is (height, width, 3) uint8 and mostly paper.

    What paper and full ink are is told by the pixels that are not 0 in `mask` (height, width) uint8.
    """
    # The channel in which the writing stands out most tells ink and paper apart best, whatever their colours.
    import cv2

    best, trusted, depths, chosen = -1, -1.0, _LEVELS, 0
    for channel in range(3):
        counts = cv2.calcHist([crop], [channel], mask, [256], [0, 256]).ravel()
        paper = int(np.convolve(counts, _WIDE, "same").argmax())
        away = np.abs(_LEVELS - paper)
        strong = _quantile(np.bincount(away, counts, 256), 0.99)
        if strong * _TRUST[channel] > trusted:
            best, trusted, depths, chosen = strong, strong * _TRUST[channel], away, channel
    if best < _STRONG:
        return np.zeros(crop.shape[:2], np.uint8)
    table = np.minimum(depths * 255 // best, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(np.ascontiguousarray(crop[..., chosen]), table))


def bounds(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """x1, y1, x2, y2 of what is not 0 in (height, width) uint8; None where nothing is."""
    import cv2

    x, y, width, height = cv2.boundingRect(mask)
    return (x, y, x + width, y + height) if width else None


def _quantile(counts: np.ndarray, share: float) -> int:
    """The level at which a histogram (256,) reaches a share of its sum."""
    total = np.cumsum(counts)
    return int(np.searchsorted(total, share * total[-1]))
