"""Paints blocks of text on a picture: bent, in perspective, in a colour; and finds the bounds of every word's ink.

A word is drawn flat and large, then every pixel of the picture looks up its place in that drawing.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from synth.ocr.drawing.layout import Block, Word, draw_word

INK = 64  # coverage, of 255, from which a pixel counts as ink
FAINT = 24  # coverage, of 255, of hairlines in the large drawing
Bounds = tuple[int, int, int, int]
_ALONG = np.linspace(0, 1, 9)


@dataclass
class Painted:
    """The coverage (h, w) uint8 of a block's ink at `left`, `top`, and what its claims say of it."""

    left: int
    top: int
    ink: np.ndarray
    claim: dict[str, Any]
    words: list[tuple[Bounds, np.ndarray]]  # where a word's ink lies, and which pixels of that are ink


def forward(block: Block, places: np.ndarray) -> np.ndarray:
    """Block pixels (n, 2) -> the picture's pixels (n, 2)."""
    u, v = places[:, 0], places[:, 1]
    match block.bend:
        case ["wave", height, length, phase]:
            v = v + height * np.sin(2 * np.pi * u / length + phase)
        case ["arc", radius, middle, base]:
            angle, reach = (u - middle) / radius, radius - (v - base)
            u, v = middle + reach * np.sin(angle), base + radius - reach * np.cos(angle)
    return cv2.perspectiveTransform(np.stack([u, v], axis=1)[None], block.matrix)[0]


def backward(block: Block, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The inverse of `forward`, of arrays of any one shape."""
    m = np.linalg.inv(block.matrix)
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    u, v = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / depth, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / depth
    match block.bend:
        case ["wave", height, length, phase]:
            v = v - height * np.sin(2 * np.pi * u / length + phase)
        case ["arc", radius, middle, base]:
            across, up, sign = u - middle, base + radius - v, np.sign(radius)
            u = middle + radius * np.arctan2(sign * across, sign * up)
            v = base + radius - sign * np.hypot(across, up)
    return u, v


def paint(block: Block, width: int, height: int) -> Painted | None:
    """The ink of a block on a canvas of that size; None where some of it would be cut off or too small to read."""
    pieces = []
    for line in block.lines:
        for word in line:
            piece = _warp(block, word, width, height)
            if piece is None:
                return None
            pieces.append(piece)
    left, top = min(piece[0] for piece in pieces), min(piece[1] for piece in pieces)
    right = max(x + ink.shape[1] for x, _, ink in pieces)
    bottom = max(y + ink.shape[0] for _, y, ink in pieces)
    whole = np.zeros((bottom - top, right - left), np.uint8)
    words, claims = [], []
    for x, y, ink in pieces:
        target = whole[y - top : y - top + ink.shape[0], x - left : x - left + ink.shape[1]]
        np.maximum(target, ink, out=target)
        seen = ink >= INK
        across, down, wide, high = cv2.boundingRect(seen.view(np.uint8))
        if wide == 0:
            return None
        words.append(((x, y, x + ink.shape[1], y + ink.shape[0]), seen))
        claims.append([x + across, y + down, x + across + wide, y + down + high])
    return Painted(left, top, whole, _claim(block, claims), words)


def _warp(block: Block, word: Word, width: int, height: int) -> tuple[int, int, np.ndarray] | None:
    ink, left, top = draw_word(block, word)
    rows, columns = ink.shape
    u0, v0 = word.u + left / block.scale, word.v + top / block.scale
    u1, v1 = u0 + columns / block.scale, v0 + rows / block.scale
    across, down = _ALONG * (u1 - u0) + u0, _ALONG * (v1 - v0) + v0
    border = np.stack([np.r_[across, across, 0 * down + u0, 0 * down + u1],
                       np.r_[0 * across + v0, 0 * across + v1, down, down]], axis=1)  # fmt: skip
    reached = forward(block, border)
    x0, y0 = (int(side) - 1 for side in np.floor(reached.min(axis=0)))
    x1, y1 = (int(side) + 1 for side in np.ceil(reached.max(axis=0)))
    if x0 < 1 or y0 < 1 or x1 > width - 1 or y1 > height - 1:
        return None
    shift = -0.5
    if block.scale > 1:  # a pixel of the picture is the mean of those that were drawn for it
        edge = block.scale
        ink = cv2.blur(cv2.copyMakeBorder(ink, edge, edge, edge, edge, cv2.BORDER_CONSTANT), (edge, edge))
        shift += edge + (0.0 if edge % 2 else 0.5)  # an even window's mean lies between two pixels
    # From the picture's pixels, counted from x0 and y0, to those drawn.
    start = np.array([[1, 0, x0 + 0.5], [0, 1, y0 + 0.5], [0, 0, 1]])
    finish = np.array([[block.scale, 0, shift - u0 * block.scale], [0, block.scale, shift - v0 * block.scale],
                       [0, 0, 1]])  # fmt: skip
    if block.bend == ["flat"]:
        whole, size = finish @ np.linalg.inv(block.matrix) @ start, (x1 - x0, y1 - y0)
        alpha = cv2.warpPerspective(ink, whole, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    else:
        u, v = backward(block, *np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5))
        u, v = finish[0, 0] * u + finish[0, 2], finish[1, 1] * v + finish[1, 2]
        alpha = cv2.remap(ink, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)
    return x0, y0, alpha


def _claim(block: Block, boxes: list[list[int]]) -> dict[str, Any]:
    """A text as claims say it: face, sizes and places to lay it out again, and the bounds of its ink."""
    found = iter(boxes)
    lines = []
    for line in block.lines:
        quads: list[Any] = _quads(block, line) if block.bend == ["flat"] else [None] * (len(line) + 1)
        words = [{"text": word.text, "at": [word.u, word.v], "box": next(found), "quad": quad}
                 for word, quad in zip(line, quads[1:], strict=True)]  # fmt: skip
        sides = list(zip(*(word["box"] for word in words), strict=True))
        box = [min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])]
        lines.append({"box": box, "quad": quads[0], "words": words})
    return {
        **{"language": block.language, "face": block.face.name, "drawn": block.drawn, "scale": block.scale},
        **{"vertical": block.vertical, "bend": block.bend, "matrix": block.matrix.tolist(), "lines": lines},
    }


def _quads(block: Block, line: list[Word]) -> list[list[list[float]]]:
    """The corners of the ink of a line and of each of its words, from the left top clockwise as it is read."""
    edges = []
    for word in line:
        ink, left, top = draw_word(block, word)
        across, down, wide, high = cv2.boundingRect((ink > FAINT).view(np.uint8))
        u, v = word.u + (left + across) / block.scale, word.v + (top + down) / block.scale
        edges.append([u, v, u + wide / block.scale, v + high / block.scale])
    sides = np.array(edges)
    sides = np.vstack([np.r_[sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)], sides])
    corners = sides[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)
    return np.round(forward(block, corners).reshape(-1, 4, 2), 2).tolist()
