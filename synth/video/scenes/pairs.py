"""Two objects that meet: one runs into the other, or passes in front of it or behind it."""

import math

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.grounding.patches import SEEN
from synth.video.scenes.acts import APART, STATE, WAYS, Shot, Thing


def mask(thing: Thing, sprites: Sprites) -> np.ndarray:
    """(height, width) bool: what an object of its first look covers at its own size, not turned."""
    import cv2

    _, _, key, _, width, height = thing["looks"][0]
    alpha = cv2.resize(sprites.pixels(sprites.numbers[key])[..., 3], (width, height), interpolation=cv2.INTER_AREA)
    return (alpha[:, ::-1] if thing["flip"] else alpha) > SEEN


def reach(one: np.ndarray, other: np.ndarray, side: str, aside: int) -> float | None:
    """How far the middle of mask `one` is from that of `other` when it touches it, coming from `side`, `aside` px to
    the right of (below) its middle across the way. None where they would miss each other."""
    if side in ("top", "bottom"):
        one, other, side = one.T, other.T, {"top": "left", "bottom": "right"}[side]
    if side == "right":
        one, other = one[:, ::-1], other[:, ::-1]
    ahead = np.where(one.any(1), one.shape[1] / 2 - np.argmax(one[:, ::-1], 1), -1e9)  # of its middle, row by row
    facing = np.where(other.any(1), other.shape[1] / 2 - np.argmax(other, 1), -1e9)
    shift = round(other.shape[0] / 2 - one.shape[0] / 2) + aside  # row 0 of `one` is this row of `other`
    low, high = max(shift, 0), min(shift + len(ahead), len(facing))
    if high - low < 4:
        return None
    gaps = ahead[low - shift : high - shift] + facing[low:high]
    return float(gaps.max()) if gaps.max() > 0 else None


def hit(shot: Shot, thing: Thing, other: Thing, sprites: Sprites) -> bool:
    """The first object runs into the second, which rests, and stops there, goes back, or sets the other going."""
    rng = shot.rng
    begin = round(float(rng.uniform(shot.start + STATE, max(shot.end - 2 * STATE - 4.0, shot.start + STATE))), 1)
    at = round(begin + float(rng.uniform(1.5, 3.0)), 1)
    if at > shot.end - 2.0:
        return False
    side = list(WAYS)[rng.integers(4)]
    along = 0 if side in ("left", "right") else 1
    masks = [mask(each, sprites) for each in (thing, other)]
    aside = round(float(rng.uniform(-0.12, 0.12)) * min(masks[0].shape[1 - along], masks[1].shape[1 - along]))
    far = reach(masks[0], masks[1], side, aside)
    if far is None:
        return False
    sign = -1 if side in ("left", "top") else 1
    touch = list(other["at"])
    touch[along] += sign * (far + 0.3)
    touch[1 - along] += aside
    start = list(touch)
    start[along] += sign * float(rng.uniform(0.3, 0.6)) * shot.shorter
    start[1 - along] += float(rng.uniform(-0.04, 0.04)) * shot.shorter
    touch, start = ([round(value, 1) for value in place] for place in (touch, start))
    thing["at"], thing["legs"], thing["meets"] = start, [[begin, *start, at, *touch, 0.0]], [other["id"]]
    after = str(rng.choice(["stop", "back", "push"]))
    over = round(at + float(rng.uniform(1.5, 2.5)), 1)
    if over > shot.end - STATE:
        return shot.fits(thing)
    if after == "back":
        thing["legs"].append([at, *touch, over, *start, 0.0])
    if after == "push" and len(other["looks"]) == 1 and not other["legs"]:
        to = list(other["at"])
        to[along] -= sign * float(rng.uniform(0.22, 0.5)) * shot.shorter
        other["legs"] = [[at, *other["at"], over, *(round(value, 1) for value in to), 0.0]]
        others = [each for each in shot.things if each is not other]
        if not Shot(rng, shot.spec, shot.number, others).fits(other):
            other["legs"] = []
    return shot.fits(thing)


def pass_by(shot: Shot, thing: Thing, other: Thing, sprites: Sprites) -> bool:
    """The first object moves past the second, which rests, and covers some of it or is covered by it."""
    rng = shot.rng
    length = round(float(rng.uniform(2.5, 5.0)), 1)
    last = shot.end - STATE - length
    if last < shot.start + STATE:
        return False
    begin = round(float(rng.uniform(shot.start + STATE, last)), 1)
    angle = float(rng.choice([0, math.pi])) + float(rng.uniform(-0.5, 0.5))
    way = math.cos(angle), math.sin(angle)
    across, down = (thing["looks"][0][side] + other["looks"][0][side] for side in (4, 5))
    least = math.hypot(across, down) / 2 + APART
    aside = float(rng.uniform(-0.25, 0.25)) * min(thing["looks"][0][5], other["looks"][0][5])
    middle = other["at"][0] - way[1] * aside, other["at"][1] + way[0] * aside
    ends = [[], []]  # type: list[list[float]]
    for place, sign in zip(ends, (-1, 1), strict=True):
        far = least + float(rng.uniform(0, 0.2)) * shot.shorter
        place += [round(value + sign * far * step, 1) for value, step in zip(middle, way, strict=True)]
    thing["at"], thing["meets"] = ends[0], [other["id"]]
    thing["legs"] = [[begin, *ends[0], round(begin + length, 1), *ends[1], 0.0]]
    thing["layer"] = other["layer"] + (0.5 if rng.random() < 0.5 else -0.5)
    return shot.fits(thing)
