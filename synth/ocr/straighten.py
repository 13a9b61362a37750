"""Lines as an engine reads them: cut out of the picture and laid level by their claimed place, bend and perspective."""

from typing import Any

import cv2
import numpy as np

from synth.ocr import outlines

HEIGHT = 48  # px of a level line: what recognisers were trained on
SPACE = 0.2  # of a line's height, left free around it
LONGEST = 4_000  # px


def level(picture: np.ndarray, text: dict[str, Any], line: dict[str, Any]) -> np.ndarray:
    """A claimed line (h, w, 3) uint8 on a level base; the characters of a column are laid side by side."""
    planes = [outlines.plane_outline(text, word) for word in line["words"]]
    reach = np.array([outlines.bounds(plane) for plane in planes])
    (u0, v0), (u1, v1) = reach[:, :2].min(axis=0), reach[:, 2:].max(axis=0)
    if text["vertical"]:
        return _seen(picture, text, *_column(text, line, (u0 + u1) / 2, v0, v1))
    space = SPACE * (v1 - v0)
    rows = _steps(v0 - space, v1 + space, HEIGHT)
    step = rows[1] - rows[0]
    width = u1 - u0 + 2 * space
    columns = _steps(u0 - space, u1 + space, min(max(round(width / step), 8), LONGEST))
    return _seen(picture, text, *np.meshgrid(columns, rows))


def _column(text: dict[str, Any], line: dict[str, Any], middle: float, top: float, bottom: float) -> Any:
    """Places in the plane (HEIGHT, n x HEIGHT) of the n characters of a column, as many squares of one em."""
    count = len(line["words"][0]["text"])
    em = text["drawn"] / text["scale"]
    first = (top + bottom - count * em) / 2  # ink has about as much space above as below
    across = _steps(middle - 0.6 * em, middle + 0.6 * em, HEIGHT)
    down = np.stack([_steps(first + number * em, first + (number + 1) * em, HEIGHT) for number in range(count)], axis=1)
    shape = HEIGHT, count, HEIGHT
    u, v = np.broadcast_to(across[None, None], shape), np.broadcast_to(down[:, :, None], shape)
    return u.reshape(HEIGHT, -1), v.reshape(HEIGHT, -1)


def _steps(start: float, end: float, count: int) -> np.ndarray:
    return start + (np.arange(count) + 0.5) * (end - start) / count


def _seen(picture: np.ndarray, text: dict[str, Any], u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The picture's pixels at places (h, w) of a text's own plane."""
    places = outlines.moved(text, np.stack([u.ravel(), v.ravel()], axis=1)) - 0.5
    x, y = places.T.reshape(2, *u.shape).astype(np.float32)
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
