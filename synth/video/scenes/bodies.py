"""Bodies of objects: points of their sprites, read from the library, and where the frames must show them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.video.scenes import tracks
from synth.video.scenes.tracks import Spec, Track

INNER, RIM = 90, 70  # points of an object
ENOUGH = 12  # of its points in sight: fewer say nothing
MARGIN = 40  # px around an object in which distances to it are known
SMALLER = 0.8  # of its own size: an object that shrinks to less is sought by points chosen for that


@dataclass(frozen=True)
class Body:
    """A look of an object at its own size: places (n, 2) px from its middle, of which the first are within and the last
    `rim` near the outline; their colours (n, 3); and how far, px, each px of a field around its middle is from it."""

    places: np.ndarray
    rim: int
    shades: np.ndarray
    outline: np.ndarray  # (m, 2) px from the middle
    outward: np.ndarray  # (m, 2) of length 1: away from it, at each px of the outline
    far: np.ndarray  # (h, w) float32, with MARGIN px around
    spread: np.ndarray  # (k, 2) px from the middle, evenly over all of it
    area: int
    look: int = 0  # its number


def body(thing: Spec, look: Sequence[Any], sprites: Sprites) -> Body:
    """Reads a look from the library. Raises LookupError where it is not there, ValueError where it is too fine."""
    import cv2

    _, name, key, paint, width, height = look
    number = sprites.numbers[key]
    drawing = sprites.drawings[number]
    if drawing.name != name or bool(paint) != drawing.glyph or not sprites.usable(number):
        raise LookupError(f"the library has no {key!r} of the name {name!r} to be shown so")
    level = sprites.level(number, width, height)[1:-1, 1:-1]
    level = cv2.resize(level, (width, height), interpolation=cv2.INTER_LINEAR)
    if thing["flip"]:
        level = level[:, ::-1]
    alpha = np.pad(level[..., 3], 1)
    inner = cv2.erode((alpha > 215).view(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    mask = level[..., 3] > 127
    rim = inner & (cv2.erode(inner.view(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) == 0)
    core = inner & ~rim if (inner & ~rim).sum() >= ENOUGH else inner
    if inner.sum() < 2 * ENOUGH:
        raise ValueError(f"{name!r} is too fine to be found")
    spots = [_some(core, INNER), _some(rim, RIM)]
    soft = cv2.blur(np.ascontiguousarray(level[..., :3]), (3, 3)).astype(np.float32)
    rows, columns = np.concatenate(spots, 1)
    shades = np.minimum(soft[rows, columns] * thing["brightness"], 255)
    if paint:
        shades = np.broadcast_to(np.array(paint, np.float32), shades.shape)
    edge = mask & (cv2.erode(mask.view(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) == 0)
    middle = np.array([width / 2, height / 2])
    far = cv2.distanceTransform((~np.pad(mask, MARGIN)).astype(np.uint8), cv2.DIST_L2, 5)
    border = _some(edge, 500)
    fall = np.stack([cv2.Sobel(cv2.blur(far, (5, 5)), cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1))], -1)
    outward = fall[border[0] + MARGIN, border[1] + MARGIN]
    return Body(
        places=np.stack([columns, rows], 1) + 0.5 - middle,
        rim=spots[1].shape[1],
        shades=np.ascontiguousarray(shades),
        outline=border[::-1].T + 0.5 - middle,
        outward=outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6),
        far=far,
        spread=_some(mask, 400)[::-1].T + 0.5 - middle,
        area=int(mask.sum()),
    )


def shrunk(thing: Spec, seen: Body, factor: float, sprites: Sprites) -> Body:
    """A body to be found so many times smaller: its points are chosen and averaged at that size."""
    look = list(thing["looks"][seen.look])
    look[4:6] = (round(side * factor) for side in look[4:6])
    small = body(thing, look, sprites)
    return replace(seen, places=small.places / factor, rim=small.rim, shades=small.shades)


def _some(mask: np.ndarray, most: int) -> np.ndarray:
    """Rows and columns (2, n) of at most so many pixels, evenly taken."""
    rows, columns = np.nonzero(mask)
    chosen = np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)
    return np.stack([rows[chosen], columns[chosen]])


def carried(places: np.ndarray, where: Track) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows (frames, n), fractions of px, of places (n, 2) of an object."""
    turn = np.radians(where.angle)[:, None]
    u, v = places[None, :, 0] * where.scale[:, None], places[None, :, 1] * where.scale[:, None]
    x = where.x[:, None] + np.cos(turn) * u + np.sin(turn) * v
    return x, where.y[:, None] - np.sin(turn) * u + np.cos(turn) * v


def distance(seen: Body, where: Track, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(frames, n) px of the frame from places of it to an object, 0 on it, and no more than is known."""
    turn = np.radians(where.angle)[:, None]
    dx, dy = (x - where.x[:, None]) / where.scale[:, None], (y - where.y[:, None]) / where.scale[:, None]
    height, width = seen.far.shape
    columns = np.floor(np.cos(turn) * dx - np.sin(turn) * dy + width / 2).astype(np.int64)
    rows = np.floor(np.sin(turn) * dx + np.cos(turn) * dy + height / 2).astype(np.int64)
    within = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    found = seen.far[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    return np.where(within, found, MARGIN) * where.scale[:, None]


def at_frames(where: Track, chosen: np.ndarray) -> Track:
    return Track(*(getattr(where, field.name)[chosen] for field in fields(Track)))


@dataclass
class Cast:
    """The objects of a shot: entries, their bodies by look, and where they are at the shot's frames.

    Objects that shrink have more bodies: those by which they are found when they are small. `posed` is `where` with the
    number of the body in place of that of the look.
    """

    things: list[Spec]
    bodies: list[list[Body]]
    where: list[Track]
    posed: list[Track]


def cast(spec: Spec, number: int, at: np.ndarray, sprites: Sprites) -> Cast:
    things = [thing for thing in spec["objects"] if thing["shot"] == number]
    bodies = [
        [replace(body(thing, look, sprites), look=place) for place, look in enumerate(thing["looks"])]
        for thing in things
    ]
    where = [tracks.track(spec, thing, at) for thing in things]
    _, _, zoom = tracks.camera(spec["shots"][number], at)
    posed = list(where)
    for place, thing in enumerate(things):
        least = min([1.0, *(factor for _, factor in thing["scale"])])
        if least < SMALLER:
            looks = len(bodies[place])
            bodies[place] += [shrunk(thing, seen, least, sprites) for seen in bodies[place]]
            small = where[place].scale / zoom < (1 + least) / 2
            posed[place] = replace(where[place], look=where[place].look + looks * small)
    return Cast(things, bodies, where, posed)
