"""Masks as polygons: made from the buffer by OpenCV, judged by Pillow's drawing of them."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
import PIL.ImageDraw

TOLERANCE = 0.8  # px that a polygon may leave the outline
LEAST_PART = 0.1  # of an object's pixels: smaller parts are no polygon of their own
COVERED = 0.93  # least overlap (intersection over union) of polygons and mask
NEAR = 2  # px from a corner or an edge to the mask's border
MISSED = 0.02  # of the border's pixels, those of small parts and holes included
MOST_CORNERS = 60

Polygon = list[list[int]]


def trace(mask: np.ndarray, left: int, top: int) -> list[Polygon] | None:
    """Polygons [[x, y], ...] around the larger parts of a mask (height, width) whose corner is at (left, top).

    None where polygons do not tell the mask well: too many corners, or holes.
    """
    import cv2

    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = int(mask.sum())
    polygons = []
    for contour in contours:
        corners = cv2.approxPolyDP(contour, TOLERANCE, closed=True)[:, 0]
        if len(corners) >= 3 and cv2.contourArea(contour) >= LEAST_PART * whole:
            polygons.append([[int(x) + left, int(y) + top] for x, y in corners])
    polygons.sort()
    shifted = [[[x - left, y - top] for x, y in polygon] for polygon in polygons]
    told = polygons and sum(map(len, polygons)) <= MOST_CORNERS and fault(mask, shifted) is None
    return polygons if told else None


def overlap(mask: np.ndarray, polygons: Sequence[Sequence[Sequence[float]]]) -> float:
    """Intersection over union of a mask (height, width) and of polygons, their corners' pixels included."""
    filled = _drawn(mask, polygons, 1)
    return float((mask & filled).sum() / max((mask | filled).sum(), 1))


def fault(mask: np.ndarray, polygons: Sequence[Sequence[Sequence[float]]]) -> str | None:
    """What is wrong with polygons that are said to outline a mask (height, width): they cover something else, corners
    or edges lie off its border, or they leave out a part of it."""
    share = overlap(mask, polygons)
    if share < COVERED:
        return f"polygons and mask overlap by {share:.2f} only"
    wide = np.pad(mask, NEAR + 1)
    for x, y in (corner for polygon in polygons for corner in polygon):
        around = wide[int(y) + 1 : int(y) + 2 * NEAR + 2, int(x) + 1 : int(x) + 2 * NEAR + 2]
        if around.all() or not around.any():
            return f"the corner ({x:g}, {y:g}) is not on the outline"
    edges = np.pad(_drawn(mask, polygons, None), NEAR + 1)
    border = wide & ~_least(wide)
    off, missed = edges & ~_near(border), border & ~_near(edges)
    if off.any():
        return f"{off.sum()} pixels of the edges are not on the outline"
    if missed.sum() > MISSED * border.sum():
        return f"{missed.sum()} of {border.sum()} pixels of the outline have no edge beside them"
    return None


def _drawn(mask: np.ndarray, polygons: Sequence[Sequence[Sequence[float]]], fill: int | None) -> np.ndarray:
    """Polygons, filled or their edges alone, in an array of the mask's shape."""
    image = PIL.Image.new("1", (mask.shape[1], mask.shape[0]))
    pen = PIL.ImageDraw.Draw(image)
    for polygon in polygons:
        pen.polygon([(x, y) for x, y in polygon], fill=fill, outline=1)
    return np.asarray(image)


def _least(mask: np.ndarray) -> np.ndarray:
    """Pixels whose four neighbours are in the mask too."""
    return ~_most(~mask)


def _most(mask: np.ndarray) -> np.ndarray:
    """Pixels of the mask and their four neighbours."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _near(mask: np.ndarray) -> np.ndarray:
    """What is at most NEAR steps from the mask."""
    for _ in range(NEAR):
        mask = _most(mask)
    return mask
