"""Draws the frames of a scene: its ground as the camera sees it, and the sprites of its objects, one above another."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.grounding.patches import Turn, paste
from synth.video.scenes import tracks
from synth.video.scenes.tracks import Spec


def frames(spec: Spec, grounds: Sequence[np.ndarray], sprites: Sprites) -> Iterator[np.ndarray]:
    """(height, width, 3) uint8 of each moment of the spec's clock. `grounds` are pictures (h, w, 3) uint8."""
    moments = tracks.times(spec)
    shots = tracks.shot_of(spec, moments)
    for number, shot in enumerate(spec["shots"]):
        at = moments[shots == number]
        views = zip(*(values.tolist() for values in tracks.camera(shot, at)), strict=True)
        cast = [
            (thing, tracks.track(spec, thing, at), levels(thing, sprites))
            for thing in spec["objects"]
            if thing["shot"] == number
        ]
        still = shot["camera"][0] == shot["camera"][1]
        window: np.ndarray | None = None
        for frame, view in enumerate(views):
            if window is None or not still:
                window = seen(grounds[shot["ground"]], view, spec["size"])
            picture = window.copy()
            for thing, where, drawn in cast:
                if where.shown[frame]:
                    values = (where.x, where.y, where.scale, where.angle)
                    lay(picture, drawn, thing, int(where.look[frame]), *(float(value[frame]) for value in values))
            yield picture


def seen(ground: np.ndarray, view: tuple[float, float, float], size: Sequence[int]) -> np.ndarray:
    """(height, width, 3): a part of the ground, from (x, y) px, each px of it `zoom` px large."""
    import cv2

    x, y, zoom = view
    inverse = np.array([[1 / zoom, 0, x + 0.5 / zoom - 0.5], [0, 1 / zoom, y + 0.5 / zoom - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(ground, inverse, tuple(size), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def levels(thing: tracks.Spec, sprites: Sprites) -> list[np.ndarray]:
    """Each look of an object, (height, width, 4) colours times alpha, at about the size that it is drawn."""
    largest = max([1.0, *(factor for _, factor in thing["scale"])])
    kept = _shrunk(sprites)
    return [
        kept(sprites.numbers[look[2]], round(look[4] * largest), round(look[5] * largest)) for look in thing["looks"]
    ]


@lru_cache(4)
def _shrunk(sprites: Sprites):
    """Sprites no larger than they are needed: else warping would leave pixels out."""
    import cv2

    @lru_cache(256)
    def made(number: int, width: int, height: int) -> np.ndarray:
        whole = sprites.pixels(number)
        if width >= whole.shape[1] or height >= whole.shape[0]:
            return whole
        return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)

    return made


def lay(
    picture: np.ndarray,
    drawn: Sequence[np.ndarray],
    thing: tracks.Spec,
    look: int,
    x: float,
    y: float,
    scale: float,
    angle: float,
) -> None:
    """Lays an object on a picture (height, width, 3) about its middle, which may lie outside; places are fractions of
    px, so that slow motion is smooth."""
    import cv2

    level, paint = drawn[look], thing["looks"][look][3]
    wide, high = thing["looks"][look][4] * scale, thing["looks"][look][5] * scale
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    across, down = (wide * abs(cos) + high * abs(sin)) / 2 + 1, (wide * abs(sin) + high * abs(cos)) / 2 + 1
    x1, y1 = max(math.floor(x - across), 0), max(math.floor(y - down), 0)
    x2, y2 = min(math.ceil(x + across), picture.shape[1]), min(math.ceil(y + down), picture.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    u, v = level.shape[1] / wide, level.shape[0] / high  # px of the level a px of the picture
    u = -u if thing["flip"] else u
    inverse = np.array([[cos * u, -sin * u, 0], [sin * v, cos * v, 0]])
    middle = inverse[:, :2] @ (x - x1 - 0.5, y - y1 - 0.5)  # counted from the middles of the first pixels
    inverse[:, 2] = (level.shape[1] - 1) / 2 - middle[0], (level.shape[0] - 1) / 2 - middle[1]
    patch = cv2.warpAffine(level, inverse, (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    turn = Turn(round(wide), round(high), angle, thing["flip"], thing["brightness"], tuple(paint) if paint else None)
    paste(picture[y1:y2, x1:x2], np.ascontiguousarray(patch[..., 3]) if paint else patch, turn)
