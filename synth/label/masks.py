"""What a mask says of a thing: its tight box, a point well inside it, and its outline."""

import numpy as np

from synth.convert.labelled import Box, Polygon

COARSE = 0.005  # of the outline's length: how far a polygon may leave the mask
MOST_CORNERS = 64
LEAST_AREA = 0.05  # of the largest piece: smaller ones are specks


def tight(mask: np.ndarray) -> Box | None:
    """The tight box of a mask (height, width), [x1, x2) by [y1, y2); None where it is empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def cleaned(mask: np.ndarray) -> np.ndarray:
    """The mask without specks: pieces much smaller than its largest."""
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    areas = np.bincount(pieces.ravel())
    areas[0] = 0
    return (areas >= LEAST_AREA * areas.max())[pieces]


def inner_point(mask: np.ndarray) -> tuple[float, float]:
    """The pixel (x, y) of the mask that is farthest from its border, the first in reading order of several."""
    from scipy import ndimage

    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), mask.shape)
    return float(x), float(y)


def outlines(mask: np.ndarray) -> tuple[Polygon, ...]:
    """A polygon around each piece of the mask, largest first; holes are not cut out."""
    import cv2

    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    polygons = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True):
        slack = COARSE * cv2.arcLength(contour, True)
        corners = cv2.approxPolyDP(contour, slack, True)
        while len(corners) > MOST_CORNERS:
            slack *= 1.5
            corners = cv2.approxPolyDP(contour, slack, True)
        if len(corners) >= 3:
            polygons.append(tuple((float(x), float(y)) for x, y in corners[:, 0]))
    return tuple(polygons)
