"""Copy-paste scenes: sprites laid on a photograph, with a buffer that says which object each pixel shows.

As in CLEVR, every truth about a scene is read off the buffer, not off the drawing commands: a box is the tight bounds
of the pixels that are seen, and no object may be hidden more than a limit allows.
"""

import math
from dataclasses import dataclass

import numpy as np
import PIL.Image
import PIL.ImageEnhance
from pydantic import Field, field_validator, model_validator

from curation.config import Config
from synth.backgrounds import Backgrounds
from synth.sprites import Sprites

MERGED = 28  # sides are multiples of a merged patch, so that the processor does not resize the scene
SCENES, LOOKS, PLACES = 10, 4, 8  # tries for a scene; for an object's size and turn; for its place at that size
SEEN = 127  # an alpha above this, of 255, hides what lies below


class SceneSettings(Config):
    """What scenes look like. Ranges are (least, most), both included."""

    canvases: tuple[tuple[int, int], ...] = Field(((1232, 924),), min_length=1)  # width, height in pixels
    objects: tuple[int, int] = (3, 20)
    kinds: tuple[int, int] = (1, 12)  # how many different names; further objects repeat them
    sizes: tuple[float, float] = (0.06, 0.22)  # a sprite's longer side over the canvas' shorter side
    rotation: float = Field(15.0, ge=0, le=180)  # degrees either way
    brightness: float = Field(0.15, ge=0, le=0.5)  # colours are multiplied by up to 1 - this .. 1 + this
    visible_share: float = Field(0.6, gt=0, le=1)  # of an object's own pixels, at least so many are seen
    visible_pixels: int = Field(100, ge=16)  # and at least this number

    @field_validator("canvases")
    @classmethod
    def _sides(cls, canvases: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        for side in (side for canvas in canvases for side in canvas):
            if side < 4 * MERGED or side % MERGED or side > 4480:
                raise ValueError(f"a side of {side} px is not a multiple of {MERGED} from {4 * MERGED} to 4480")
        return canvases

    @model_validator(mode="after")
    def _ranges(self) -> "SceneSettings":
        limits = {"objects": (1, 255), "kinds": (1, 255), "sizes": (0.02, 1.0)}
        for name, (least, most) in limits.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise ValueError(f"{name}: {low} to {high} is not a range within {least} to {most}")
        side = self.sizes[1] * min(min(canvas) for canvas in self.canvases)
        if side * side < self.visible_pixels:
            raise ValueError(f"sizes: a sprite of {side:.0f} px cannot show visible_pixels = {self.visible_pixels}")
        return self


@dataclass(frozen=True, slots=True)
class Placement:
    """A sprite, mirrored if `flip`, stretched to width x height px, turned anticlockwise by `angle` degrees about its
    middle, which lies at (x, y) px; colours multiplied by `brightness`."""

    x: float
    y: float
    width: int
    height: int
    angle: float
    flip: bool
    brightness: float


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of a scene: `id` in the buffer, tight `box` [x1, x2) by [y1, y2), number of `pixels` seen."""

    id: int
    name: str
    box: tuple[int, int, int, int]
    pixels: int
    placement: Placement

    @property
    def middle(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True)
class Scene:
    """`ids`: (height, width) uint8, 0 for the background, else a Thing's id; later ids lie above earlier ones."""

    image: PIL.Image.Image
    ids: np.ndarray
    things: tuple[Thing, ...]
    background: str

    def mask(self, thing: Thing) -> np.ndarray:
        """(box height, box width) bool: where in its box the thing is seen."""
        x1, y1, x2, y2 = thing.box
        return self.ids[y1:y2, x1:x2] == thing.id


@dataclass(slots=True)
class _Laid:
    """What is known of an object while others may still come to lie on it."""

    name: str
    placement: Placement
    area: tuple[int, int, int, int]  # holds all its pixels
    whole: int
    seen: int


def compose(
    rng: np.random.Generator, settings: SceneSettings, sprites: Sprites, backgrounds: Backgrounds
) -> Scene | None:
    """Draws a scene. None where the settings leave no room for the least number of objects in SCENES tries."""
    for _ in range(SCENES):
        width, height = settings.canvases[rng.integers(len(settings.canvases))]
        background, image = backgrounds.draw(rng, width, height)
        ids = np.zeros((height, width), np.uint8)
        laid: list[_Laid] = []
        for name in cast(rng, settings, sprites):
            _lay(rng, settings, name, sprites[name], image, ids, laid)
        if len(laid) >= settings.objects[0]:
            return Scene(
                image, ids, tuple(_thing(ids, number, each) for number, each in enumerate(laid, 1)), background
            )
    return None


def cast(rng: np.random.Generator, settings: SceneSettings, sprites: Sprites) -> list[str]:
    """The names of a scene's objects: kinds that can be told apart, each at least once, in random order."""
    count = int(rng.integers(settings.objects[0], settings.objects[1] + 1))
    least, most = (min(limit, count) for limit in settings.kinds)
    wanted = int(rng.integers(least, most + 1))
    kinds: list[int] = []
    for place in rng.permutation(len(sprites)):
        if len(kinds) < wanted and sprites.apart[place, kinds].all():
            kinds.append(int(place))
    chosen = [*kinds, *(kinds[place] for place in rng.integers(len(kinds), size=count - len(kinds)))]
    return [sprites.names[chosen[place]] for place in rng.permutation(count)]


def _lay(
    rng: np.random.Generator,
    settings: SceneSettings,
    name: str,
    sprite: PIL.Image.Image,
    image: PIL.Image.Image,
    ids: np.ndarray,
    laid: list[_Laid],
) -> None:
    """Lays one more object where it hides none too much; if no place is found in LOOKS * PLACES tries, lays none."""
    height, width = ids.shape
    for _ in range(LOOKS):
        patch, turn = _draw_patch(rng, settings, sprite, min(width, height))
        mask = np.asarray(patch.getchannel("A")) > SEEN
        whole = int(np.count_nonzero(mask))
        if whole < settings.visible_pixels or patch.width > width or patch.height > height:
            continue
        for _ in range(PLACES):
            left = int(rng.integers(width - patch.width + 1))
            top = int(rng.integers(height - patch.height + 1))
            below = ids[top : top + patch.height, left : left + patch.width]
            hidden = np.bincount(below[mask], minlength=len(laid) + 1)[1:]
            if any(
                now and each.seen - now < _least(settings, each.whole) for each, now in zip(laid, hidden, strict=True)
            ):
                continue
            for each, now in zip(laid, hidden, strict=True):
                each.seen -= int(now)
            image.paste(patch, (left, top), patch)
            below[mask] = len(laid) + 1
            placement = Placement(left + patch.width / 2, top + patch.height / 2, *turn)
            area = (left, top, left + patch.width, top + patch.height)
            laid.append(_Laid(name, placement, area, whole, whole))
            return


def _least(settings: SceneSettings, whole: int) -> float:
    return max(settings.visible_share * whole, settings.visible_pixels)


def _draw_patch(
    rng: np.random.Generator, settings: SceneSettings, sprite: PIL.Image.Image, side: int
) -> tuple[PIL.Image.Image, tuple[int, int, float, bool, float]]:
    """The sprite at a random size, side, turn and brightness, and those as the last fields of a Placement."""
    scale = rng.uniform(*settings.sizes) * side / max(sprite.size)
    width, height = (max(round(length * scale), 1) for length in sprite.size)
    flip = bool(rng.random() < 0.5)
    angle = round(float(rng.uniform(-1, 1)) * settings.rotation, 1)
    brightness = round(1 + float(rng.uniform(-1, 1)) * settings.brightness, 2)
    patch = sprite.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT) if flip else sprite
    patch = turned(PIL.ImageEnhance.Brightness(patch).enhance(brightness), width, height, angle)
    return patch, (width, height, angle, flip, brightness)


def turned(sprite: PIL.Image.Image, width: int, height: int, angle: float) -> PIL.Image.Image:
    """The sprite stretched to width x height and turned anticlockwise by `angle` degrees, on a canvas just so large."""
    if width < sprite.width or not angle:
        sprite = sprite.resize(
            (width, height), PIL.Image.Resampling.HAMMING
        )  # averages, so that small ones do not alias
    if not angle:
        return sprite
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    across = math.ceil(width * abs(cos) + height * abs(sin))
    down = math.ceil(width * abs(sin) + height * abs(cos))
    a, b = cos * sprite.width / width, -sin * sprite.width / width
    d, e = sin * sprite.height / height, cos * sprite.height / height
    inverse = (a, b, (sprite.width - a * across - b * down) / 2, d, e, (sprite.height - d * across - e * down) / 2)
    return sprite.transform((across, down), PIL.Image.Transform.AFFINE, inverse, PIL.Image.Resampling.BILINEAR)


def _thing(ids: np.ndarray, number: int, laid: _Laid) -> Thing:
    """Reads the tight box and the count of seen pixels off the buffer."""
    left, top, right, bottom = laid.area
    seen = ids[top:bottom, left:right] == number
    columns, rows = np.flatnonzero(seen.any(0)), np.flatnonzero(seen.any(1))
    box = (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
    return Thing(number, laid.name, tuple(int(edge) for edge in box), int(np.count_nonzero(seen)), laid.placement)  # type: ignore[arg-type]
