"""Does the picture show what the proof says? Each object's sprite is laid over the picture once more, backwards.

The generator resizes, turns and pastes a sprite forwards. Here each pixel that the buffer gives to an object is mapped
back to the place on the sprite that it must show, so that neither the code nor the resampling is the generator's.
Three things must hold of every object: its colours are the sprite's; the picture fits best where the object is said to
be, not some pixels beside; and the buffer ends where the sprite's outline does.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.buffer import Seen
from synth.sprites import Sprites

SAMPLES = 256  # pixels looked at within an object, and as many along its rim
OFF_COLOUR = 24.0  # largest mean difference (of 255) from the sprite's colours; JPEG at quality 75 makes up to 23
DOUBTFUL = 12.0  # above this, no other name's sprite may fit better
BESIDE = 3  # pixels: where the picture must not fit better than where the object is said to be
BETTER = 1.15, 1.5  # "better" is by this factor and by so many shades: noise of JPEG stays below
OFF_OUTLINE = 0.05  # largest share of pixels along the rim that contradict the sprite's outline
NOT_THERE = 128.0  # shades that a pixel is off where the sprite has nothing
STEPS = np.array([(0, 0), *((dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)]) * BESIDE


@dataclass(frozen=True)
class Fit:
    """How an object's sprite fits the picture: what is compared with the limits above."""

    off_colour: float
    off_beside: float
    off_rim: float
    off_outline: float


class Repainter:
    """Compares objects with a picture: `shown` (height, width, 3) and `ids` (height, width), both uint8."""

    def __init__(self, shown: np.ndarray, ids: np.ndarray, sprites: Sprites):
        self.shown = shown
        self.ids = np.pad(ids, 1)  # so that every pixel has neighbours
        self.sprites = sprites
        self._levels: dict[tuple[str, int], np.ndarray] = {}

    def faults(self, seen: Seen, name: str, placement: Mapping[str, Any], others: Iterable[str]) -> list[str]:
        """What is wrong with an object of that name and placement; `others` are names it might be instead."""
        fit = self.fit(seen, name, placement)
        found = []
        if fit.off_colour > OFF_COLOUR:
            found.append(f"the picture does not show {name!r} there: colours are {fit.off_colour:.0f} shades off")
        elif fit.off_colour > DOUBTFUL:
            rivals = {other: self.fit(seen, other, placement).off_colour for other in others if other != name}
            best = min(rivals, key=lambda other: rivals[other], default=name)
            if rivals.get(best, math.inf) < fit.off_colour:
                found.append(f"the picture shows {best!r} there rather than {name!r}")
        if fit.off_beside * BETTER[0] + BETTER[1] < fit.off_rim:
            found.append(f"{name!r} fits the picture better {BESIDE} pixels beside where it is said to be")
        if fit.off_outline > OFF_OUTLINE:
            found.append(f"{fit.off_outline:.0%} of the buffer's rim is not the outline of {name!r}")
        return found

    def fit(self, seen: Seen, name: str, placement: Mapping[str, Any]) -> Fit:
        zones = self._zones(seen)
        xs, ys = (np.concatenate(axis) for axis in zip(*zones, strict=True))
        ends = np.cumsum([len(columns) for columns, _ in zones])[:-1]
        colours, alpha = self._sprite_at(name, placement, xs, ys)
        within, rim, around = np.split(np.arange(len(xs)), ends)
        moved_xs, moved_ys = (axis[rim] + STEPS[:, place, None] for place, axis in enumerate((xs, ys)))  # (9, rim)
        height, width = self.shown.shape[:2]
        moved = self.shown[moved_ys.clip(0, height - 1), moved_xs.clip(0, width - 1)]  # (9, rim, 3)
        beside = _off(moved, colours[rim], alpha[rim]).mean(1)  # (9,)
        off_colour = _off(self.shown[ys[within], xs[within]], colours[within], alpha[within])
        outline = max(_share(alpha[within] < 0.5), _share(alpha[around] > 0.75))
        return Fit(float(off_colour.mean()), float(beside[1:].min()), float(beside[0]), outline)

    def _zones(self, seen: Seen) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Columns and rows of some pixels: within the object, along its rim inside, and around it where it would show.

        The outermost pixels are mixed with what lies below, so they are left out.
        """
        x1, y1, x2, y2 = seen.box
        ids = self.ids[y1 : y2 + 2, x1 : x2 + 2]  # the box and a pixel around it
        mine = ids == seen.id
        inner = _shrunk(mine)
        rim = inner & ~_shrunk(inner)
        around = _grown(mine) & (ids < seen.id)  # a later object may hide it there
        zones = (inner, rim, around) if rim.any() else (mine, mine, around)  # a sliver is all rim
        return tuple(_some(zone, x1 - 1, y1 - 1) for zone in zones)

    def _sprite_at(
        self, name: str, placement: Mapping[str, Any], xs: np.ndarray, ys: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Colours (n, 3) of 255 and alpha (n,) of 1 that the placed sprite has at the middles of pixels."""
        sprite = self.sprites[name]
        scale = sprite.width / placement["width"], sprite.height / placement["height"]  # sprite pixels a picture pixel
        turn = math.radians(placement["angle"])
        dx, dy = xs + 0.5 - placement["x"], ys + 0.5 - placement["y"]
        u = (math.cos(turn) * dx - math.sin(turn) * dy) * scale[0]  # from the sprite's middle
        v = (math.sin(turn) * dx + math.cos(turn) * dy) * scale[1] + sprite.height / 2
        u = sprite.width / 2 + (-u if placement["flip"] else u)
        step = max(math.ceil(min(scale) - 0.2), 1)
        level = self._level(name, step)  # (h, w, 4): colours times alpha, alpha; averaged over step x step pixels
        values = _bilinear(level, u / step - 0.5, v / step - 0.5)
        alpha = values[:, 3]
        colours = values[:, :3] / np.maximum(alpha, 1e-3)[:, None] * placement["brightness"]
        return np.minimum(colours, 255), alpha

    def _level(self, name: str, step: int) -> np.ndarray:
        if (name, step) not in self._levels:
            pixels = np.asarray(self.sprites[name].convert("RGBa").reduce(step), np.float32)  # colours times alpha
            pixels[..., 3] /= 255
            self._levels[name, step] = np.pad(pixels, ((1, 1), (1, 1), (0, 0)))  # nothing around it
        return self._levels[name, step]


def _off(shown: np.ndarray, colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(..., n) shades by which pixels (..., n, 3) differ from every mixture of colours (n, 3) with what may lie below.

    Through glass the picture shows the sprite's colour times alpha, and up to 255 times the rest. A pixel that the
    sprite hardly covers cannot show it: that counts as wholly wrong.
    """
    least = colours * alpha[:, None]
    most = least + 255 * (1 - alpha[:, None])
    off = (np.maximum(least - shown, 0) + np.maximum(shown - most, 0)).mean(-1)
    return np.where(alpha < 0.4, NOT_THERE, off)


def _bilinear(level: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """(n, channels): a level with a rim of one pixel, read at places counted from its first pixel within the rim."""
    height, width = level.shape[:2]
    u, v = (u + 1).clip(0, width - 1.001), (v + 1).clip(0, height - 1.001)
    left, top = u.astype(int), v.astype(int)
    across, down = (u - left)[:, None], (v - top)[:, None]
    above = level[top, left] * (1 - across) + level[top, left + 1] * across
    below = level[top + 1, left] * (1 - across) + level[top + 1, left + 1] * across
    return above * (1 - down) + below * down


def _shrunk(mask: np.ndarray) -> np.ndarray:
    """Pixels whose four neighbours are in the mask too; the mask's outermost rows and columns are empty."""
    inner = np.zeros_like(mask)
    core = mask[1:-1, 1:-1]
    inner[1:-1, 1:-1] = core & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    return inner


def _grown(mask: np.ndarray) -> np.ndarray:
    """Pixels not in the mask of which one of the four neighbours is."""
    grown = np.zeros_like(mask)
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown & ~mask


def _some(zone: np.ndarray, left: int, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows of at most SAMPLES pixels of a zone, evenly taken."""
    flat = np.flatnonzero(zone)
    rows, columns = np.divmod(flat[:: -(-len(flat) // SAMPLES) or 1], zone.shape[1])
    return columns + left, rows + top


def _share(wrong: np.ndarray) -> float:
    return float(wrong.mean()) if len(wrong) else 0.0
