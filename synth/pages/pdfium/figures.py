"""Pictures on a page, by what is drawn where no text stands."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

LEAST = 24  # pixels: what is narrower is a rule or an ornament
NEAR = 6  # pixels: parts of a picture stand so near one another
STEP = 24  # of 255: paper and shadings differ less from one pixel to the next


def figures(plain: np.ndarray, text: Sequence[Sequence[float]]) -> list[tuple[int, int, int, int]]:
    """Boxes (x1, y1, x2, y2) of the pictures on a page without its text (height, width, 3), from above to below.

    What holds text within its bounds is a frame or a background, no picture.
    """
    edges = np.zeros(plain.shape[:2], bool)
    signed = plain.astype(np.int16)
    edges[:, 1:] |= np.abs(np.diff(signed, axis=1)).max(axis=2) > STEP
    edges[1:] |= np.abs(np.diff(signed, axis=0)).max(axis=2) > STEP
    labels, _ = ndimage.label(ndimage.binary_dilation(edges, np.ones((2 * NEAR + 1, 1))), np.ones((3, 3)))
    labels, _ = ndimage.label(ndimage.binary_dilation(labels > 0, np.ones((1, 2 * NEAR + 1))), np.ones((3, 3)))
    labels[~edges] = 0
    found = []
    for place in filter(None, ndimage.find_objects(labels)):
        (top, bottom), (left, right) = ((side.start, side.stop) for side in place)
        holds = any(x1 < right and x2 > left and y1 < bottom and y2 > top for x1, y1, x2, y2 in text)
        if min(bottom - top, right - left) >= LEAST and not holds:
            found.append((left, top, right, bottom))
    return sorted(found, key=lambda box: (box[1], box[0]))
