"""Copy-paste scenes: sprites laid on a photograph, with a buffer that says which object each pixel shows.

As in CLEVR, every truth about a scene is read off the buffer, not off the drawing commands: a box is the tight bounds
of the pixels that are seen, and no object may be hidden more than a limit allows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image
from pydantic import Field, field_validator, model_validator

from curation.config import Config
from synth.canvas import MERGED, CanvasSettings
from synth.grounding import colours
from synth.grounding.library.backgrounds import Backgrounds
from synth.grounding.library.sources import SpriteError
from synth.grounding.library.sprites import Sprites
from synth.grounding.patches import SEEN, Paint, Turn, blurred, faded, lost, paste, turned

SCENES, LOOKS, PLACES = 10, 4, 8  # tries for a scene; for an object's size and turn; for its place at that size
CROWDED, CROWD_KINDS = 2.5, 4  # objects of a crowd are so many times smaller; kinds in it
CANDIDATES = 400  # kinds looked at for a scene, of a large library


class SceneSettings(Config):
    """What scenes look like. Ranges are (least, most), both included."""

    canvas: CanvasSettings = CanvasSettings()
    canvases: tuple[tuple[int, int], ...] = ()  # width, height in pixels: where given, one of these instead
    objects: tuple[int, int] = (3, 20)
    kinds: tuple[int, int] = (1, 12)  # how many different names; further objects repeat them
    sizes: tuple[float, float] = (0.06, 0.22)  # a sprite's longer side over the canvas' shorter side
    crowds: float = Field(0.0, ge=0, le=1)  # share of scenes with many objects of few kinds, much smaller
    crowd: tuple[int, int] = (25, 80)  # objects of a crowd
    colourful: float = Field(0.6, ge=0, le=1)  # share of kinds in colours, not glyphs: about 2/3 of objects
    rotation: float = Field(15.0, ge=0, le=180)  # degrees either way
    brightness: float = Field(0.15, ge=0, le=0.5)  # colours are multiplied by up to 1 - this .. 1 + this
    visible_share: float = Field(0.6, gt=0, le=1)  # of an object's own pixels, at least so many are seen
    visible_pixels: int = Field(196, ge=16)  # and at least this number: a patch of the ViT

    @field_validator("canvases")
    @classmethod
    def _sides(cls, canvases: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        for side in (side for canvas in canvases for side in canvas):
            if side < 4 * MERGED or side % MERGED or side > 4480:  # so that the processor does not resize the scene
                raise ValueError(f"a side of {side} px is not a multiple of {MERGED} from {4 * MERGED} to 4480")
        return canvases

    @model_validator(mode="after")
    def _ranges(self) -> "SceneSettings":
        limits = {"objects": (1, 255), "kinds": (1, 255), "sizes": (0.02, 1.0), "crowd": (1, 255)}
        for name, (least, most) in limits.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise ValueError(f"{name}: {low} to {high} is not a range within {least} to {most}")
        shorter = min(map(min, self.canvases)) if self.canvases else math.sqrt(self.canvas.pixels[1])
        side = self.sizes[1] * shorter
        if side * side < self.visible_pixels:
            raise ValueError(f"sizes: a sprite of {side:.0f} px cannot show visible_pixels = {self.visible_pixels}")
        return self

    @property
    def largest(self) -> tuple[int, int]:
        """Width and height that no canvas exceeds."""
        if self.canvases:
            widths, heights = zip(*self.canvases, strict=True)
            return max(widths), max(heights)
        least, most = self.canvas.aspects
        area = self.canvas.pixels[1]
        return math.ceil(math.sqrt(area * most)) + MERGED, math.ceil(math.sqrt(area / least)) + MERGED

    def draw_canvas(self, rng: np.random.Generator) -> tuple[int, int]:
        return self.canvases[rng.integers(len(self.canvases))] if self.canvases else self.canvas.draw(rng)

    def crowded(self) -> "SceneSettings":
        """These settings for a crowd."""
        sizes = (self.sizes[0] / CROWDED, self.sizes[1] / CROWDED)
        return self.model_copy(update={"objects": self.crowd, "kinds": (1, CROWD_KINDS), "sizes": sizes, "crowds": 0.0})


@dataclass(frozen=True, slots=True)
class Placement:
    """A sprite and its `patches.Turn`, about its middle, which lies at (x, y) px."""

    x: float
    y: float
    width: int
    height: int
    angle: float
    flip: bool
    brightness: float
    paint: Paint | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of a scene: `id` in the buffer, tight `box` [x1, x2) by [y1, y2), number of `pixels` seen.

    `sprite` is the key of its drawing, `point` the seen pixel nearest to the mean of those seen. `colour` is the one
    word for it where that is certain; `tints` are the words for it that somebody might use.
    """

    id: int
    name: str
    box: tuple[int, int, int, int]
    pixels: int
    placement: Placement
    sprite: str = ""
    point: tuple[int, int] = (0, 0)
    colour: str | None = None
    tints: frozenset[str] = frozenset()

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

    number: int
    placement: Placement
    area: tuple[int, int, int, int]  # holds all its pixels
    whole: int
    seen: int


def compose(
    rng: np.random.Generator, settings: SceneSettings, sprites: Sprites, backgrounds: Backgrounds
) -> Scene | None:
    """Draws a scene. None where the settings leave no room for the least number of objects in SCENES tries."""
    if settings.crowds and rng.random() < settings.crowds:
        settings = settings.crowded()
    for _ in range(SCENES):
        width, height = settings.draw_canvas(rng)
        background, picture = backgrounds.crop(rng, width, height)
        ids = np.zeros((height, width), np.uint8)
        laid: list[_Laid] = []
        for number in cast(rng, settings, sprites):
            _lay(rng, settings, number, sprites, picture, ids, laid)
        if len(laid) >= settings.objects[0]:
            things = _things(picture, ids, laid, sprites)
            return Scene(PIL.Image.fromarray(picture), ids, things, background)
    return None


def cast(rng: np.random.Generator, settings: SceneSettings, sprites: Sprites) -> list[int]:
    """The drawings of a scene's objects: kinds that can be told apart, each at least once, in random order.

    A kind that has several drawings shows one or more of them.
    """
    count = int(rng.integers(settings.objects[0], settings.objects[1] + 1))
    least, most = (min(limit, count) for limit in settings.kinds)
    wanted = int(rng.integers(least, most + 1))
    pools = [[each[place] for place in rng.permutation(len(each))[:CANDIDATES]] for each in sprites.by_colour]
    kinds: list[list[int]] = []
    while len(kinds) < wanted and any(pools):
        first = int(rng.random() >= settings.colourful)
        numbers = _next_kind(rng, sprites, pools[first], kinds) or _next_kind(rng, sprites, pools[1 - first], kinds)
        if numbers:
            kinds.append(numbers)
    if not kinds:
        raise SpriteError(f"of {len(sprites)} sprites none that was tried can be drawn")
    chosen = [*range(len(kinds)), *(int(kind) for kind in rng.integers(len(kinds), size=count - len(kinds)))]
    chosen = [chosen[place] for place in rng.permutation(count)]
    return [kinds[kind][rng.integers(len(kinds[kind]))] for kind in chosen]


def _next_kind(
    rng: np.random.Generator, sprites: Sprites, pool: list[tuple[int, ...]], kinds: Sequence[Sequence[int]]
) -> list[int]:
    """One or two drawings of the pool's next name that can be seen and told from other kinds; none if it is used up."""
    others = [number for kind in kinds for number in kind]
    while pool:
        numbers = [int(number) for number in rng.permutation(pool.pop())[:2]]
        numbers = [number for number in numbers if sprites.usable(number)]
        if numbers and all(sprites.apart(number, others) for number in numbers):
            return numbers
    return []


def _lay(
    rng: np.random.Generator,
    settings: SceneSettings,
    number: int,
    sprites: Sprites,
    picture: np.ndarray,
    ids: np.ndarray,
    laid: list[_Laid],
) -> None:
    """Lays one more object where it hides none too much; if no place is found in LOOKS * PLACES tries, lays none."""
    height, width = ids.shape
    glyph, sprite = sprites.drawings[number].glyph, sprites.pixels(number)
    for _ in range(LOOKS):
        turn = _draw_turn(rng, settings, sprite.shape, min(width, height), colours.draw(rng) if glyph else None)
        patch = turned(sprite[..., 3] if glyph else sprite, turn)
        alpha = patch if glyph else patch[..., 3]
        down, across = alpha.shape
        mask = alpha > SEEN
        whole = int(np.count_nonzero(mask))
        if whole < settings.visible_pixels or across > width or down > height or blurred(alpha, whole):
            continue
        if not glyph and faded(patch, mask):
            continue
        for _ in range(PLACES):
            left, top = int(rng.integers(width - across + 1)), int(rng.integers(height - down + 1))
            below, behind = (each[top : top + down, left : left + across] for each in (ids, picture))
            hidden = np.bincount(below[mask], minlength=len(laid) + 1)[1:].tolist() if below.any() else []
            covered = [(each, gone) for each, gone in zip(laid, hidden, strict=False) if gone]
            if any(each.seen - gone < _least(settings, each.whole) for each, gone in covered):
                continue
            if turn.paint and lost(behind, turn.paint):
                continue
            for each, gone in covered:
                each.seen -= gone
            paste(behind, patch, turn)
            np.putmask(below, mask, len(laid) + 1)
            placement = Placement(left + across / 2, top + down / 2, *turn)
            laid.append(_Laid(number, placement, (left, top, left + across, top + down), whole, whole))
            return


def _least(settings: SceneSettings, whole: int) -> float:
    return max(settings.visible_share * whole, settings.visible_pixels)


def _draw_turn(
    rng: np.random.Generator, settings: SceneSettings, shape: tuple[int, ...], side: int, paint: Paint | None
) -> Turn:
    """A random size, turn and brightness of a sprite of that shape (height, width, ...)."""
    scale = rng.uniform(*settings.sizes) * side / max(shape[:2])
    height, width = (max(round(length * scale), 1) for length in shape[:2])
    flip = bool(rng.random() < 0.5)
    angle = round(float(rng.uniform(-1, 1)) * settings.rotation, 1)
    brightness = 1.0 if paint else round(1 + float(rng.uniform(-1, 1)) * settings.brightness, 2)
    return Turn(width, height, angle, flip, brightness, paint)


def _things(picture: np.ndarray, ids: np.ndarray, laid: list[_Laid], sprites: Sprites) -> tuple[Thing, ...]:
    """Reads tight boxes, counts of seen pixels, points and colours off the buffer and the picture."""
    measured, shades = [], []
    for id, each in enumerate(laid, 1):
        left, top, right, bottom = each.area
        seen = ids[top:bottom, left:right] == id
        measured.append(_measure(seen, left, top))
        flat = np.flatnonzero(seen)
        rows, columns = np.divmod(flat[np.arange(colours.LOOKED_AT) * len(flat) // colours.LOOKED_AT], right - left)
        shades.append(picture[top:bottom, left:right][rows, columns])
    named = colours.certain(np.stack(shades))
    found = []
    for id, (each, (box, point, pixels), (colour, tints)) in enumerate(zip(laid, measured, named, strict=True), 1):
        drawing = sprites.drawings[each.number]
        found.append(Thing(id, drawing.name, box, pixels, each.placement, drawing.key, point, colour, tints))
    return tuple(found)


def _measure(seen: np.ndarray, left: int, top: int) -> tuple[tuple[int, int, int, int], tuple[int, int], int]:
    """Of a mask (height, width) whose corner is at (left, top): its tight box, central point and number of pixels.

    The central point is the pixel nearest to the mean of all, the first in reading order of several: the mean itself
    may lie on what covers the object, or in the hole of a ring.
    """
    import cv2

    across, down = (cv2.reduce(seen.view(np.uint8), axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() for axis in (0, 1))
    columns, rows = np.flatnonzero(across), np.flatnonzero(down)
    box = (*_moved(columns[0], rows[0], left, top), *_moved(columns[-1] + 1, rows[-1] + 1, left, top))
    count = int(across.sum())
    total_x, total_y = int(across @ np.arange(len(across))), int(down @ np.arange(len(down)))
    x, y = (-((count - 2 * total) // (2 * count)) for total in (total_x, total_y))  # nearest to the mean, halves down
    if not seen[y, x]:
        ys, xs = np.nonzero(seen)
        nearest = int(np.argmin((count * xs - total_x) ** 2 + (count * ys - total_y) ** 2))  # whole numbers: exact
        x, y = xs[nearest], ys[nearest]
    return box, _moved(x, y, left, top), count


def _moved(x: int, y: int, left: int, top: int) -> tuple[int, int]:
    return int(x) + left, int(y) + top
