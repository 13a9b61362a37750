"""What text stands on, and what becomes of the picture afterwards: surfaces, photographs, light, noise."""

import colorsys

import cv2
import numpy as np

from synth.grounding.library.backgrounds import Backgrounds
from synth.ocr.drawing.layout import Block
from synth.ocr.drawing.paint import Painted, forward

CONTRAST = 85.0  # levels of luminance between ink and ground, at least
CALM = 0.10  # standard deviation of the ground's luminance under ink, of that contrast, at most
SPOTS = 0.13  # the largest spot or edge of the ground that lies under ink, of that contrast, at most
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# Red, blue, green, yellow, orange and brown, as on road signs and shop fronts.
SIGNS = np.array([[178, 28, 38], [18, 72, 150], [16, 108, 72], [246, 200, 30], [226, 112, 28], [110, 70, 42]], float)


def paper(rng: np.random.Generator) -> np.ndarray:
    """RGB, float32: white to cream."""
    white = rng.uniform(218, 253)
    return np.array([white, white - rng.uniform(0, 5), white - rng.uniform(0, 20)], np.float32)


def colour(rng: np.random.Generator) -> np.ndarray:
    """RGB, float32, of what people write on: paper, boards and screens, painted walls, signs."""
    kind = rng.random()
    if kind < 0.4:
        return paper(rng)
    if kind < 0.55:
        drawn = np.full(3, rng.uniform(10, 60)) + rng.normal(0, 5, 3)
    elif kind < 0.85:
        full = np.array(colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.05, 0.4), rng.uniform(0.4, 0.92)))
        drawn = 255 * full
    else:
        drawn = SIGNS[rng.integers(len(SIGNS))] + rng.normal(0, 10, 3)
    return np.clip(drawn, 0, 255).astype(np.float32)


def ink_for(rng: np.random.Generator, ground: np.ndarray) -> np.ndarray:
    """A colour that can be read on `ground` (3,): nearly black or nearly white more often than not."""
    luminance = float(ground @ LUMA)
    if rng.random() < 0.4:
        for _ in range(8):
            drawn = colour(rng)
            if abs(float(drawn @ LUMA) - luminance) >= CONTRAST * 1.2:
                return drawn
    level = rng.uniform(5, 40) if luminance > 138 else rng.uniform(236, 252)
    return np.clip(level + rng.normal(0, 6, 3), 0, 255).astype(np.float32)


def surface(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A plain, shaded or worn surface (height, width, 3) float32."""
    ground = np.empty((height, width, 3), np.float32)
    ground[:] = colour(rng)
    kind = rng.integers(4)
    if kind == 1:  # shaded from one edge to the other
        ramp = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None] * rng.uniform(-18, 18)
        ground += ramp + np.linspace(-1, 1, height, dtype=np.float32)[:, None, None] * np.float32(rng.uniform(-12, 12))
    elif kind >= 2:  # stained, as paper and plaster are, with a grain
        coarse = rng.normal(0, 3, (max(height // 60, 2), max(width // 60, 2))).astype(np.float32)
        stains = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        grain = rng.normal(0, rng.uniform(0.5, 3), (min(height, 256), min(width, 256))).astype(np.float32)
        ground += (stains + _tiled(cv2.blur(grain, (2, 2)), width, height))[:, :, None]
    return np.clip(ground, 0, 255)


def ground_for(rng: np.random.Generator, photographs: Backgrounds | None, width: int, height: int) -> np.ndarray:
    """A photograph (height, width, 3) float32, or a surface where there are none and a quarter of the time."""
    if photographs is None or rng.random() < 0.25:
        return surface(rng, width, height)
    _, crop = photographs.draw(rng, width, height)
    return np.asarray(crop, np.float32).copy()


def panel(rng: np.random.Generator, picture: np.ndarray, block: Block, spare: float, opaque: bool) -> np.ndarray:
    """Lays a sign or a label under a block and says in which colour; `spare` block pixels stand out on each side."""
    width, height = block.size
    corners = np.array([[-spare, -spare], [width + spare, -spare], [width + spare, height + spare],
                        [-spare, height + spare]])  # fmt: skip
    flat = Block(block.language, block.face, block.drawn, block.scale, False, [], block.size, matrix=block.matrix)
    outline = np.round(forward(flat, corners) * 16).astype(np.int32)
    shape = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(shape, [outline], 255, lineType=cv2.LINE_AA, shift=4)
    x, y, wide, high = cv2.boundingRect((outline // 16).astype(np.int32))
    window = slice(max(y - 2, 0), y + high + 3), slice(max(x - 2, 0), x + wide + 3)
    paint = paper(rng) if block.on_paper else colour(rng)
    cover = shape[window].astype(np.float32)[:, :, None] / 255 * (1.0 if opaque else rng.uniform(0.8, 0.93))
    picture[window] += (paint - picture[window]) * cover
    if opaque and rng.random() < 0.4:
        edge = tuple(float(channel) for channel in ink_for(rng, paint))
        cv2.polylines(picture, [outline], True, edge, int(rng.integers(1, 4)), cv2.LINE_AA, shift=4)
    return paint


def lay(rng: np.random.Generator, picture: np.ndarray, left: int, top: int, ink: np.ndarray) -> bool:
    """Lays ink (h, w) uint8 on the picture in a colour that can be read there; False where the ground is too lively."""
    height, width = ink.shape
    window = picture[top : top + height, left : left + width]
    near = cv2.dilate(ink, np.ones((9, 9), np.uint8)) > 0
    flat = window[near]
    mean = flat.mean(axis=0)
    drawn = ink_for(rng, mean)
    contrast = abs(float(drawn @ LUMA) - float(mean @ LUMA))
    if float((flat @ LUMA).std()) > CALM * contrast:
        return False
    light = window @ LUMA
    spots = cv2.GaussianBlur(light, (0, 0), 0.9) - cv2.GaussianBlur(light, (0, 0), 6.0)
    if float(np.abs(spots[near]).max()) > SPOTS * contrast:
        return False
    window += (drawn - window) * (ink[:, :, None] * np.float32(1 / 255))
    return True


def expose(rng: np.random.Generator, picture: np.ndarray, blur: float) -> np.ndarray:
    """Light that falls off, a soft shadow, blur (standard deviation in px) and a sensor's noise; uint8."""
    height, width = picture.shape[:2]
    if rng.random() < 0.5:
        light = rng.uniform(0.8, 1.1, (2, 2)).astype(np.float32)
        picture = picture * cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)[:, :, None]
    if rng.random() < 0.3 and min(height, width) > 150:
        picture = picture * _shadow(rng, width, height)[:, :, None]
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(1, 4.5), (min(height, 256), min(width, 256))).astype(np.float32)
        picture = picture + _tiled(noise, width, height)[:, :, None]
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def _tiled(tile: np.ndarray, width: int, height: int) -> np.ndarray:
    high, wide = tile.shape
    return np.tile(tile, (-(-height // high), -(-width // wide)))[:height, :width]


def _shadow(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Factors of light (height, width): a straight edge, as a building's, 180 px soft."""
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.72, 0.9)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across = (x - width * rng.uniform(0.3, 0.7)) * np.cos(angle) + (y - height * rng.uniform(0.3, 0.7)) * np.sin(angle)
    return (depth + (1 - depth) / (1 + np.exp(-across / 45))).astype(np.float32)


def draw_blur(rng: np.random.Generator, most: float) -> float:
    """Standard deviation of blur in px: none in half of the pictures."""
    return round(float(rng.uniform(0.4, most)), 2) if rng.random() < 0.5 else 0.0


def number_words(painted: list[Painted], size: tuple[int, int]) -> np.ndarray:
    """(height, width) uint16: the number of the word whose ink a pixel is, from 1 on in reading order; else 0."""
    ids = np.zeros((size[1], size[0]), np.uint16)
    number = 0
    for each in painted:
        for (x1, y1, x2, y2), seen in each.words:
            number += 1
            ids[y1:y2, x1:x2][seen] = number
    return ids
