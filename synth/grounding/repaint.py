"""Does the picture show what the proof says? Each object's sprite is laid over the picture once more, backwards.

The generator resizes, turns and pastes a sprite forwards. Here each pixel that the buffer gives to an object is mapped
back to the place on the sprite that it must show, read by the checker's own code from a level of its own: a sprite much
larger than the object is averaged to its size first, as whatever shows it must do.
Three things must hold of every object: its colours are the sprite's; the picture fits best where the object is said to
be, not some pixels beside; and the buffer ends where the sprite's outline does.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.buffer import Seen
from synth.grounding.library.sprites import Sprites

SAMPLES = 160  # pixels looked at within an object, and as many along its rim
OFF_COLOUR = 24.0  # largest mean difference (of 255) from the sprite's colours; JPEG at quality 75 makes up to 23
DOUBTFUL = 12.0  # above this, no other name's sprite may fit better
BESIDE = 3  # pixels: where the picture must not fit better than where the object is said to be
BETTER = 1.15, 3.5  # "better" is by this factor and by so many shades: noise of JPEG stays below
OFF_OUTLINE = 0.05  # largest share of pixels along the rim that contradict the sprite's outline
SEVERAL = 4  # pixels: fewer along the rim of a small object are chance
NOT_THERE = 128.0  # shades that a pixel is off where the sprite has nothing
STEPS = np.array([(0, 0), *((dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)]) * BESIDE

Guess = tuple[int, int, Mapping[str, Any]]  # that an id of the buffer shows a drawing, and its placement


@dataclass(frozen=True)
class Fit:
    """How an object's sprite fits the picture: what is compared with the limits above."""

    off_colour: float
    off_beside: float
    off_rim: float
    off_outline: float


class Repainter:
    """Compares objects with a picture: `shown` (height, width, 3) and `ids` (height, width), both uint8; `seen` is what
    is seen of each id."""

    def __init__(self, shown: np.ndarray, ids: np.ndarray, seen: Mapping[int, Seen], sprites: Sprites):
        self.shown = shown
        self.sprites = sprites
        ids = np.pad(ids, 1)  # so that every pixel has neighbours
        self._zones = {id: _zones(ids, each) for id, each in seen.items()}

    def faults(self, guesses: Sequence[Guess], others: Iterable[int]) -> list[list[str]]:
        """What is wrong with each guess about an object; `others` are drawings that it might be instead."""
        fits = self.fits(guesses) if guesses else ()
        rivals = tuple(others)
        return [list(self._found(guess, fit, rivals)) for guess, fit in zip(guesses, fits, strict=True)]

    def _found(self, guess: Guess, fit: Fit, others: Sequence[int]) -> Iterator[str]:
        id, number, placement = guess
        name = self.sprites.drawings[number].name
        if fit.off_colour > OFF_COLOUR:
            yield f"the picture does not show {name!r} there: colours are {fit.off_colour:.0f} shades off"
        elif fit.off_colour > DOUBTFUL:
            unlike = [other for other in others if self.sprites.drawings[other].name != name]
            rivals = self.fits([(id, other, placement) for other in unlike]) if unlike else []
            best = min(range(len(rivals)), key=lambda rival: rivals[rival].off_colour, default=None)
            if best is not None and rivals[best].off_colour < fit.off_colour:
                yield f"the picture shows {self.sprites.drawings[unlike[best]].name!r} there rather than {name!r}"
        if fit.off_beside * BETTER[0] + BETTER[1] < fit.off_rim:
            yield f"{name!r} fits the picture better {BESIDE} pixels beside where it is said to be"
        if fit.off_outline > OFF_OUTLINE:
            yield f"{fit.off_outline:.0%} of the buffer's rim is not the outline of {name!r}"

    def fits(self, guesses: Sequence[Guess]) -> list[Fit]:
        """All at once: zone by zone, and within a zone guess by guess."""
        zones = list(zip(*(self._zones[id] for id, _, _ in guesses), strict=True))  # 3 zones, of each guess (2, n)
        counts = np.array([[places.shape[1] for places in zone] for zone in zones])
        xs, ys = np.concatenate([places for zone in zones for places in zone], 1)
        height, width = self.shown.shape[:2]
        of = np.concatenate([np.repeat(np.arange(len(guesses)), each) for each in counts])  # which guess
        painted, alpha = self._sprites_at(guesses, of, xs, ys)
        ends = counts.sum(1).cumsum()
        within, rim, around = slice(0, ends[0]), slice(ends[0], ends[1]), slice(ends[1], None)

        def means(values: np.ndarray, zone: int, part: slice) -> np.ndarray:
            return np.bincount(of[part], values, len(guesses)) / np.maximum(counts[zone], 1)

        off_colour = means(_off(self.shown[ys[within], xs[within]], painted[within], alpha[within]), 0, within)
        moved_xs, moved_ys = (axis[rim] + STEPS[:, place, None] for place, axis in enumerate((xs, ys)))  # (9, rim)
        moved = self.shown[moved_ys.clip(0, height - 1), moved_xs.clip(0, width - 1)]  # (9, rim, 3)
        beside = np.stack([means(each, 1, rim) for each in _off(moved, painted[rim], alpha[rim])])  # (9, guesses)
        outline = np.maximum(
            _chance(means(alpha[within] < 0.5, 0, within), counts[0]),
            _chance(means(alpha[around] > 0.75, 2, around), counts[2]),
        )
        table = np.stack([off_colour, beside[1:].min(0), beside[0], outline], 1)
        return [Fit(*row) for row in table.tolist()]

    def _sprites_at(
        self, guesses: Sequence[Guess], of: np.ndarray, xs: np.ndarray, ys: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """What the placed sprites give to pixels, of each the guess `of`: colours (n, 3) of 255 times alpha, and alpha
        (n,) of 1, at the middles of pixels."""
        levels, rows = zip(*(self._level(number, placement) for _, number, placement in guesses), strict=True)
        x, y, cos, sin, across, down, middle_u, middle_v, brightness, painted, *paint = np.array(rows).T[:, of]
        dx, dy = xs + 0.5 - x, ys + 0.5 - y
        u = (cos * dx - sin * dy) * across + middle_u
        v = (sin * dx + cos * dy) * down + middle_v
        values = _bilinear(levels, of, u, v)
        alpha = values[:, 3] / 255
        glyph = (painted > 0)[:, None]
        colours = np.minimum(values[:, :3] * brightness[:, None], values[:, 3:])
        return np.where(glyph, np.stack(paint, 1) * alpha[:, None], colours).astype(np.float32), alpha

    def _level(self, number: int, placement: Mapping[str, Any]) -> tuple[np.ndarray, tuple[float, ...]]:
        """A drawing at the placement's size, or at its own where that is smaller, and what maps pixels to it: the
        placement's middle, cosine and sine of its angle, pixels of the level a pixel of the picture, the level's
        middle; brightness; whether it is painted, and how."""
        sides = (max(round(placement[side]), 1) for side in ("width", "height"))
        level = self.sprites.level(number, *sides)
        height, width = level.shape[0] - 2, level.shape[1] - 2  # without the empty rim
        across, down = width / placement["width"], height / placement["height"]
        turn, paint = math.radians(placement["angle"]), placement["paint"]
        mapped = -across if placement["flip"] else across, down, width / 2, height / 2
        colours = placement["brightness"], bool(paint), *(paint or (0, 0, 0))
        where = placement["x"], placement["y"], math.cos(turn), math.sin(turn)
        return level, (*where, *mapped, *colours)


def _off(shown: np.ndarray, painted: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(..., n) shades by which pixels (..., n, 3) differ from every mixture of what is painted (n, 3), colours times
    alpha, with what may lie below.

    Through glass the picture shows the sprite's colour times alpha, and up to 255 times the rest. A pixel that the
    sprite hardly covers cannot show it: that counts as wholly wrong.
    """
    most = painted + 255 * (1 - alpha[:, None])
    off = np.abs(shown - np.clip(shown, painted, most))
    return np.where(alpha < 0.4, NOT_THERE, off @ np.full(3, 1 / 3, np.float32))


def _bilinear(levels: Sequence[np.ndarray], of: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """(n, 4): levels, with a rim of one pixel, each read at the places that are `of` it, counted in pixels from the
    corner within the rim."""
    heights, widths = np.array([level.shape[:2] for level in levels]).T[:, of]
    u, v = (u + 0.5).clip(0, widths - 1.001), (v + 0.5).clip(0, heights - 1.001)
    left, top = u.astype(np.int64), v.astype(np.int64)
    across, down = (u - left).astype(np.float32), (v - top).astype(np.float32)
    first = top * widths + left
    corners = np.stack([first, first + 1, first + widths, first + widths + 1])  # (4, n)
    values = np.zeros(corners.shape, np.uint32)  # four channels in one
    for number, level in enumerate(levels):
        mine = np.flatnonzero(of == number)
        values[:, mine] = level.view(np.uint32).ravel()[corners[:, mine]]
    weights = np.stack([(1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down])
    return np.einsum("cn,cnk->nk", weights, values.view(np.uint8).reshape(4, -1, 4).astype(np.float32))


def _zones(ids: np.ndarray, seen: Seen) -> tuple[np.ndarray, ...]:
    """Columns and rows (2, n) of some pixels: within an object, along its rim inside, and around it where it would
    show. `ids` have an empty rim, which columns and rows do not count.

    The outermost pixels are mixed with what lies below, so they are left out.
    """
    x1, y1, x2, y2 = seen.box
    near = ids[y1 : y2 + 2, x1 : x2 + 2]  # the box and a pixel around it
    mine = near == seen.id
    inner = _shrunk(mine)
    rim = inner & ~_shrunk(inner)
    around = _grown(mine) & (near < seen.id)  # a later object may hide it there
    zones = (inner, rim, around) if rim.any() else (mine, mine, around)  # a sliver is all rim
    return tuple(_some(zone, x1 - 1, y1 - 1) for zone in zones)


def _shrunk(mask: np.ndarray) -> np.ndarray:
    """Pixels whose four neighbours are in the mask too; the mask's outermost rows and columns are empty."""
    inner = mask.copy()
    core = inner[1:-1, 1:-1]
    for beside in (mask[:-2, 1:-1], mask[2:, 1:-1], mask[1:-1, :-2], mask[1:-1, 2:]):
        core &= beside
    return inner


def _grown(mask: np.ndarray) -> np.ndarray:
    """Pixels not in the mask of which one of the four neighbours is; those beyond the picture's border too."""
    grown = np.zeros_like(mask)
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown & ~mask


def _some(zone: np.ndarray, left: int, top: int) -> np.ndarray:
    """Columns and rows (2, n) of at most SAMPLES pixels of a zone, evenly taken."""
    flat = np.flatnonzero(zone)
    rows, columns = np.divmod(flat[:: -(-len(flat) // SAMPLES) or 1], zone.shape[1])
    return np.stack([columns + left, rows + top])


def _chance(share: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Shares of so many pixels; a few pixels are chance."""
    return np.where(share * counts >= SEVERAL - 0.5, share, 0)
