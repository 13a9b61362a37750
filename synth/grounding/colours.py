"""Which of the eleven basic colour terms (Berlin and Kay, 1969) is certain of an object, from its pixels.

A colour is certain where nearly all pixels lie well within what everyone calls so, and hardly any within the reach of
another term. Ranges are of hue in degrees, saturation and value (HSV).
"""

import numpy as np

Range = tuple[float, float]
RANGES: dict[str, tuple[Range, Range, Range]] = {
    "red": ((354, 366), (0.75, 1), (0.65, 1)),
    "orange": ((24, 34), (0.85, 1), (0.9, 1)),
    "yellow": ((50, 58), (0.75, 1), (0.9, 1)),
    "green": ((95, 145), (0.55, 1), (0.4, 0.85)),
    "blue": ((210, 240), (0.6, 1), (0.5, 1)),
    "purple": ((270, 290), (0.5, 1), (0.4, 0.8)),
    "pink": ((322, 338), (0.35, 0.6), (0.95, 1)),
    "brown": ((18, 30), (0.6, 0.85), (0.35, 0.5)),
    "black": ((0, 360), (0, 1), (0, 0.1)),
    "white": ((0, 360), (0, 0.04), (0.96, 1)),
    "grey": ((0, 360), (0, 0.06), (0.45, 0.6)),
}
_LIMITS = np.array(list(RANGES.values()), np.float32)  # (terms, 3 channels, 2)
WELL, REACH = (4, 0.12, 0.12), (11, 0.24, 0.2)  # how far a pixel may lie outside of a range: well within, within reach
NEARLY_ALL, HARDLY_ANY = 0.8, 0.15  # shares of pixels
LOOKED_AT = 256  # pixels of an object


def draw(rng: np.random.Generator) -> tuple[int, int, int]:
    """A random shade (of 255) within the range of a random term."""
    ranges = RANGES[list(RANGES)[rng.integers(len(RANGES))]]
    hue, saturation, value = (float(rng.uniform(*limits)) for limits in ranges)
    sector = (hue % 360) / 60
    steps = [abs((sector + shift) % 6 - 3) - 1 for shift in (0, 4, 2)]
    red, green, blue = (round(255 * value * (1 - saturation * (1 - min(max(step, 0), 1)))) for step in steps)
    return red, green, blue


def certain(pixels: np.ndarray) -> list[tuple[str | None, frozenset[str]]]:
    """Of each object's pixels (objects, n, 3) of 255: the term that is certain, if any; all that somebody might use."""
    hsv = to_hsv(pixels)
    tints = [frozenset(term for term in RANGES if near[term] > HARDLY_ANY) for near in shares(hsv, REACH)]
    found: list[tuple[str | None, frozenset[str]]] = [(None, each) for each in tints]
    single = [place for place, each in enumerate(tints) if len(each) == 1]
    for place, well in zip(single, shares(hsv[single], WELL), strict=True):
        [term] = tints[place]
        found[place] = (term if well[term] >= NEARLY_ALL else None), tints[place]
    return found


def shares(hsv: np.ndarray, outside: tuple[float, float, float]) -> list[dict[str, float]]:
    """Of each object, for each term, the share of its pixels (objects, n, 3), hue in degrees, that lie in the term's
    range, or so little `outside` of it."""
    middles, halves = _LIMITS.mean(2), (_LIMITS[..., 1] - _LIMITS[..., 0]) / 2  # (terms, 3)
    reach = halves + np.array(outside, np.float32) + 1e-6
    hue, saturation, value = np.moveaxis(hsv, -1, 0)[:, None]  # each (1, objects, n)
    centre, reach = middles.T[:, :, None, None], reach.T[:, :, None, None]  # (3, terms, 1, 1)
    inside = np.abs(180 - (hue - centre[0]) % 360) >= 180 - reach[0]  # hues go round
    inside &= np.abs(saturation - centre[1]) <= reach[1]
    inside &= np.abs(value - centre[2]) <= reach[2]  # (terms, objects, n)
    return [dict(zip(RANGES, each, strict=True)) for each in inside.mean(2).T.tolist()]


def to_hsv(pixels: np.ndarray) -> np.ndarray:
    """(..., 3) of 255 as hue in degrees, saturation and value of 1."""
    rgb = pixels.astype(np.float32) / 255
    red, green, blue = np.moveaxis(rgb, -1, 0)
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    span = np.maximum(most - least, 1e-6)
    hue = np.where(most == green, (blue - red) / span + 2, (red - green) / span + 4)
    hue = np.where(most == red, (green - blue) / span % 6, hue)
    return np.stack([hue * 60, (most - least) / np.maximum(most, 1e-6), most], -1)
