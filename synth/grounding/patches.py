"""Patches: sprites as they are laid on a picture, and whether they can be seen there."""

import math
from typing import NamedTuple

import numpy as np

SEEN = 127  # an alpha above this, of 255, hides what lies below
MOST_BLURRED = 0.27  # pixels that a thing half covers, to those that it covers more than half
MOST_FADED, FINE = 12.0, 112  # shades of chroma that halving its resolution takes; sides in px where that may matter
ALIASED = 1.0  # so many times smaller, a sprite is averaged: else neighbouring pixels would be left out
LEAST_CONTRAST = 40  # shades between what is painted in one colour and what is behind it

Paint = tuple[int, int, int]


class Turn(NamedTuple):
    """How a sprite is laid: mirrored if `flip`, stretched to width x height px, turned anticlockwise by `angle`
    degrees; colours multiplied by `brightness`, or all of them `paint`, where it has one."""

    width: int
    height: int
    angle: float
    flip: bool
    brightness: float
    paint: Paint | None


def turned(sprite: np.ndarray, turn: Turn) -> np.ndarray:
    """The sprite (h, w, 4), colours times alpha, or (h, w), stretched and turned on a canvas just so large."""
    import cv2

    if ALIASED * turn.width < sprite.shape[1]:
        sprite = cv2.resize(sprite, (turn.width, turn.height), interpolation=cv2.INTER_AREA)
    cos, sin = math.cos(math.radians(turn.angle)), math.sin(math.radians(turn.angle))
    across = math.ceil(round(turn.width * abs(cos) + turn.height * abs(sin), 6))
    down = math.ceil(round(turn.width * abs(sin) + turn.height * abs(cos), 6))
    x, y = sprite.shape[1] / turn.width, sprite.shape[0] / turn.height  # sprite pixels a pixel of the patch
    x = -x if turn.flip else x
    inverse = np.array([[cos * x, -sin * x, 0], [sin * y, cos * y, 0]])
    middle = inverse[:, :2] @ ((across - 1) / 2, (down - 1) / 2)  # counted from the middles of the first pixels
    inverse[:, 2] = (sprite.shape[1] - 1) / 2 - middle[0], (sprite.shape[0] - 1) / 2 - middle[1]
    return cv2.warpAffine(sprite, inverse, (across, down), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def paste(picture: np.ndarray, patch: np.ndarray, turn: Turn) -> None:
    """Lays what `turned` made on an RGB picture (height, width, 3) of just its size."""
    import cv2

    alpha = patch if turn.paint else cv2.extractChannel(patch, 3)
    cv2.multiply(picture, cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2RGB), picture, 1 / 255)
    if turn.paint:
        above = np.full(picture.shape, turn.paint, np.uint8)
        cv2.multiply(above, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), above, 1 / 255)
    else:
        above = cv2.cvtColor(cv2.convertScaleAbs(patch, alpha=turn.brightness), cv2.COLOR_RGBA2RGB)
    cv2.add(picture, above, picture)


def blurred(alpha: np.ndarray, whole: int) -> bool:
    """Whether a thing of fine lines is so small that hardly a pixel shows it alone."""
    between = (alpha - np.uint8(SEEN // 2 + 1)) < 255 - 2 * (SEEN // 2) - 1  # a byte below zero goes round
    return bool(np.count_nonzero(between) > MOST_BLURRED * whole)


def faded(patch: np.ndarray, mask: np.ndarray) -> bool:
    """Whether a sprite (height, width, 4) is so small that its colours alternate from pixel to pixel within the mask
    (height, width): JPEG and WebP store chroma at half the resolution, so they would become one."""
    import cv2

    height, width = mask.shape
    if max(height, width) > FINE:
        return False
    whole = cv2.cvtColor(cv2.cvtColor(patch, cv2.COLOR_RGBA2RGB), cv2.COLOR_RGB2YCrCb)
    half = cv2.resize(whole, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    stored = cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)
    return sum(cv2.mean(cv2.absdiff(stored, whole), mask.view(np.uint8))[1:3]) > 2 * MOST_FADED


def lost(picture: np.ndarray, paint: Paint) -> bool:
    """Whether a thing of one colour would hardly be seen before what is there (height, width, 3)."""
    import cv2

    behind = cv2.resize(picture, (3, 3), interpolation=cv2.INTER_AREA).astype(np.int16)
    return bool(np.median(np.abs(behind - np.array(paint, np.int16)).mean(-1)) < LEAST_CONTRAST)
