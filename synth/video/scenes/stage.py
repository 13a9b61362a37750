"""Sets a scene: how long its shots are, what is in them, where the camera goes, and what happens."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import PIL.Image
from pydantic import Field, model_validator

from curation import media
from curation.config import Config
from synth.canvas import CanvasSettings
from synth.encode import PictureSettings
from synth.grounding.english import is_plural
from synth.grounding.library.backgrounds import Backgrounds
from synth.grounding.library.sprites import Sprites
from synth.grounding.patches import LEAST_CONTRAST, SEEN, blurred, faded
from synth.sample import Encoded, Failure, Unproven
from synth.video import film
from synth.video.scenes import tracks
from synth.video.scenes.acts import ACTS, PAINTS, SMALLEST, STATE, Shot, Thing, entry, plan
from synth.video.scenes.events import derive
from synth.video.scenes.pairs import hit, pass_by
from synth.weights import Weights, draw, in_order

TRIES, CASTS, CLOCKS = 30, 200, 12  # places and plans for an object; drawings looked at for it; clocks for a film
LEAST_SHOT = 5.5  # seconds
ACTIVE = 0.85  # share of objects that do something
CONTRAST, MOST_PLACES = 28.0, 0.99  # shades between a thing and the ground, at so many of its places at least
SOLID = 60  # px of a thing that lie within it, at its smallest
CLEAR = 0.3  # seconds from the last frame before a boundary of an event to the first after it, at most
LOPSIDED = 0.16  # mean difference (of 1) of a sprite and itself turned, over what either covers
Act = Literal["appear", "vanish", "enter", "leave", "cross", "go", "sway", "recolour", "become", "resize", "spin"]


class StageSettings(Config):
    """What films of scenes look like. Ranges are (least, most), both included; `objects`, `acts` are of each."""

    canvas: CanvasSettings = CanvasSettings(pixels=(100_352, 200_704), aspects=(0.6, 1.9))
    seconds: tuple[float, float] = (6.0, 30.0)
    shots: tuple[int, int] = (1, 3)  # fewer where the film is too short for them
    objects: tuple[int, int] = (2, 5)  # a shot
    acts: int = Field(2, ge=0, le=4)  # an object, at most
    sizes: tuple[float, float] = (0.16, 0.3)  # a sprite's longer side over the frame's shorter side
    colourful: float = Field(0.65, ge=0, le=1)  # share of objects in colours of their own, not painted in one
    meetings: float = Field(0.6, ge=0, le=1)  # share of shots in which one object runs into another or passes it
    groups: float = Field(0.35, ge=0, le=1)  # share of shots with several of a kind that come and go
    group: tuple[int, int] = (2, 4)
    kinds: Weights[Act] = Field(
        {
            **{"appear": 2, "vanish": 2, "enter": 2, "leave": 2, "cross": 2, "go": 3, "sway": 2},
            **{"recolour": 2, "become": 1, "resize": 2, "spin": 1},
        }
    )
    camera: Weights[Literal["still", "pan", "zoom"]] = Field({"still": 5, "pan": 2, "zoom": 1})
    clock: film.ClockSettings = film.ClockSettings()
    coding: film.CodingSettings = film.CodingSettings()
    ground: PictureSettings = PictureSettings(quality=(85, 95))  # how the backgrounds are stored for the proof

    @model_validator(mode="after")
    def _ranges(self) -> "StageSettings":
        if not LEAST_SHOT <= self.seconds[0] <= self.seconds[1] <= 600:
            raise ValueError(f"seconds: {self.seconds} is not a range within {LEAST_SHOT} to 600")
        for name, (least, most) in {"shots": (1, 60), "objects": (1, 12), "group": (2, 8)}.items():
            low, high = getattr(self, name)
            if not least <= low <= high <= most:
                raise ValueError(f"{name}: {low} to {high} is not a range within {least} to {most}")
        if not 0.08 <= self.sizes[0] <= self.sizes[1] <= 0.5:
            raise ValueError(f"sizes: {self.sizes} is not a range within 0.08 to 0.5")
        return self


class Stage:
    """Draws specs. Raises Unproven where what is wanted finds no room."""

    def __init__(self, settings: StageSettings, sprites: Sprites, backgrounds: Backgrounds):
        self.given, self.sprites, self.backgrounds = settings, sprites, backgrounds

    def draw(self, rng: np.random.Generator) -> tuple[dict[str, Any], list[Encoded], list[np.ndarray]]:
        """A spec, its grounds as they are stored, and their pixels."""
        given = self.given
        size = given.canvas.draw(rng)
        lengths = self._lengths(rng)
        spec: dict[str, Any] = {"size": list(size), "clock": [], "shots": [], "objects": [], "events": []}
        stored, grounds, begin = [], [], 0.0
        names: list[str] = []
        for number, length in enumerate(lengths):
            camera, room = _camera(rng, draw(rng, in_order(given.camera)), size, length)
            for _ in range(TRIES):  # no photograph twice: a cut to another part of it would hardly be one
                name, pixels = self.backgrounds.crop(rng, size[0] + room[0], size[1] + room[1])
                if name not in names:
                    break
            names.append(name)
            stored.append(given.ground.encode(rng, f"ground{number}", PIL.Image.fromarray(pixels)))
            grounds.append(np.asarray(media.decode(stored[-1].content)))
            end = round(begin + length, 1)
            spec["shots"].append({"start": begin, "end": end, "ground": number, "camera": camera})
            self._fill(rng, spec, number, grounds[-1])
            begin = end
        spec["objects"] = sorted(spec["objects"], key=lambda thing: (thing["shot"], thing["layer"]))
        for thing in spec["objects"]:
            thing["legs"] = [leg[:7] for leg in thing["legs"]]
            thing.pop("lopsided"), thing.pop("other"), thing.pop("layer")
        spec["events"] = derive(spec, self.sprites)
        spec["clock"] = tracks.clock(film.ticks_of(self._times(rng, spec, begin)))
        return spec, stored, grounds

    def _lengths(self, rng: np.random.Generator) -> list[float]:
        seconds = float(np.exp(rng.uniform(*np.log(self.given.seconds))))
        count = min(int(rng.integers(self.given.shots[0], self.given.shots[1] + 1)), max(int(seconds / LEAST_SHOT), 1))
        shares = rng.dirichlet(np.full(count, 8.0)) * (seconds - count * LEAST_SHOT) + LEAST_SHOT
        return [round(float(share), 1) for share in shares]

    def _times(self, rng: np.random.Generator, spec: dict[str, Any], seconds: float) -> np.ndarray:
        """Frames of a clock between which no event's boundary is lost."""
        edges = np.array([event[edge] for event in spec["events"] for edge in ("start", "end")])
        for _ in range(CLOCKS):
            times = self.given.clock.times(rng, seconds)
            after = np.searchsorted(times, edges)
            before = (after - 1).clip(0)
            if (after < len(times)).all() and (times[after.clip(0, len(times) - 1)] - times[before] <= CLEAR).all():
                return times
        return film.ClockSettings(kinds={"constant": 1}, fps={10.0: 1}).times(rng, seconds)

    def _fill(self, rng: np.random.Generator, spec: dict[str, Any], number: int, ground: np.ndarray) -> None:
        """Puts objects into a shot."""
        given, shot = self.given, Shot(rng, spec, number, [])
        wanted = int(rng.integers(given.objects[0], given.objects[1] + 1))
        if wanted >= 2 and rng.random() < given.meetings:
            self._meeting(shot, ground)
        if wanted - len(shot.things) >= 1 and rng.random() < given.groups:
            self._crowd(shot, ground)
        for _ in range(TRIES):
            if len(shot.things) >= wanted:
                break
            look = self._look(shot, ground)
            kinds = in_order({str(name): share for name, share in given.kinds.items()})
            acts = int(rng.integers(1, given.acts + 1)) if given.acts and rng.random() < ACTIVE else 0
            for _ in range(TRIES):
                thing = self._entry(shot, look)
                thing["other"] = self._look(shot, ground, [thing]) if rng.random() < 0.3 else None
                if plan(shot, thing, kinds, acts) and shot.fits(thing):
                    self._join(shot, thing)
                    break
        if len(shot.things) < given.objects[0]:
            raise Unproven([Failure("stage", "the least number of objects found no room: fewer, or smaller sizes")])

    def _meeting(self, shot: Shot, ground: np.ndarray) -> None:
        meet = hit if shot.rng.random() < 0.6 else pass_by
        looks = [self._look(shot, ground)]
        looks.append(self._look(shot, ground, [{"looks": [[0, *looks[0]]]}]))
        for _ in range(TRIES):
            other = self._entry(shot, looks[0])
            if not shot.fits(other):
                continue
            thing = self._entry(shot, looks[1])
            thing["id"] = other["id"] + 1
            thing["layer"] = float(thing["id"])
            if meet(shot, thing, other, self.sprites):
                self._join(shot, other)
                self._join(shot, thing)
                return

    def _crowd(self, shot: Shot, ground: np.ndarray) -> None:
        """Several of a kind."""
        rng, look = shot.rng, self._look(shot, ground)
        found: list[Thing] = []
        for _ in range(int(rng.integers(self.given.group[0], self.given.group[1] + 1))):
            for _ in range(TRIES):
                thing = self._entry(shot, look)
                thing["group"] = True
                kind = draw(rng, {"appear": 3, "vanish": 2, "stay": 1, "enter": 1, "leave": 1})
                room = plan(shot, thing, {kind: 1.0}, int(kind in ACTS)) and shot.fits(thing)
                if room and all(_apart(thing, other) for other in found):
                    self._join(shot, thing)
                    found.append(thing)
                    break
        if len(found) == 1:
            found[0]["group"] = False

    def _entry(self, shot: Shot, look: list[Any]) -> Thing:
        thing = entry(len(shot.spec["objects"]), shot, look, False)
        return {**thing, "layer": float(thing["id"]), "other": None, "lopsided": self._lopsided(look[1])}

    @staticmethod
    def _join(shot: Shot, thing: Thing) -> None:
        shot.things.append(thing)
        shot.spec["objects"].append(thing)

    def _look(self, shot: Shot, ground: np.ndarray, beside: Sequence[Any] = ()) -> list[Any]:
        """Name, sprite, paint, width and height of a kind of things that is not in the film yet, and can be seen."""
        rng, sprites = shot.rng, self.sprites
        there = [look[2] for thing in [*shot.spec["objects"], *beside] for look in thing["looks"]]
        there += [thing["other"][1] for thing in shot.spec["objects"] if thing.get("other")]
        others = [sprites.numbers[key] for key in there]
        pools = sprites.by_colour
        for _ in range(CASTS):
            pool = pools[int(rng.random() >= self.given.colourful)] or pools[0] or pools[1]
            names = pool[rng.integers(len(pool))]
            number = int(names[rng.integers(len(names))])
            if not sprites.usable(number) or not sprites.apart(number, others):
                continue
            drawing = sprites.drawings[number]
            if is_plural(drawing.name):  # what is said of things has them one by one
                continue
            longer = float(rng.uniform(*self.given.sizes)) * shot.shorter
            high, wide = sprites.pixels(number).shape[:2]
            width, height = (max(round(side * longer / max(high, wide)), 8) for side in (wide, high))
            paint = self._paint(rng, ground) if drawing.glyph else None
            if self._visible(number, width, height, paint, ground):
                return [drawing.name, drawing.key, paint, width, height]
        raise Unproven([Failure("stage", f"no more kinds among {len(sprites)} sprites that can be told apart")])

    @staticmethod
    def _paint(rng: np.random.Generator, ground: np.ndarray) -> list[int]:
        mean = ground.reshape(-1, 3).mean(0)
        clear = [paint for paint in PAINTS.values() if np.abs(mean - paint).mean() > LEAST_CONTRAST]
        return list((clear or list(PAINTS.values()))[rng.integers(len(clear or PAINTS))])

    def _visible(self, number: int, width: int, height: int, paint: list[int] | None, ground: np.ndarray) -> bool:
        """Whether it is neither too fine for its size nor of the ground's colours."""
        import cv2

        patch = cv2.resize(self.sprites.pixels(number), (width, height), interpolation=cv2.INTER_AREA)
        covered = patch[..., 3] > SEEN
        whole = int(covered.sum())
        if whole < 0.3 * width * height or blurred(patch[..., 3], whole):
            return False
        if not paint and faded(patch, covered):
            return False
        small = cv2.resize(patch[..., 3], None, fx=SMALLEST, fy=SMALLEST, interpolation=cv2.INTER_AREA)
        if np.count_nonzero(cv2.erode((small > 215).view(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)) < SOLID:
            return False
        shades = np.array([paint]) if paint else patch[covered][:: max(1, whole // 200), :3]
        places = cv2.resize(ground, (8, 8), interpolation=cv2.INTER_AREA).reshape(-1, 1, 3)
        off = np.abs(places.astype(np.int16) - shades.astype(np.int16)).mean((1, 2))
        return bool((off >= CONTRAST).mean() >= MOST_PLACES)

    def _lopsided(self, key: str) -> bool:
        """Whether a sprite looks another one when it is turned: a ball does not."""
        import cv2

        whole = self.sprites.pixels(self.sprites.numbers[key])
        side = max(whole.shape[:2])
        square = np.zeros((side, side, 4), np.uint8)
        top, left = (side - whole.shape[0]) // 2, (side - whole.shape[1]) // 2
        square[top : top + whole.shape[0], left : left + whole.shape[1]] = whole
        small = cv2.resize(square, (32, 32), interpolation=cv2.INTER_AREA)
        for angle in (60, 90, 120, 180):
            turned = cv2.warpAffine(small, cv2.getRotationMatrix2D((15.5, 15.5), angle, 1.0), (32, 32))
            either = np.maximum(small[..., 3], turned[..., 3]).astype(float).sum()
            if cv2.absdiff(small, turned).astype(float).mean(-1).sum() < LOPSIDED * either:
                return False
        return True


def _apart(one: Thing, other: Thing) -> bool:
    """Whether nothing happens to two of a kind at nearly the same time."""
    mine, yours = (
        [*thing["shown"], *(value for leg in thing["legs"] for value in (leg[0], leg[3]))] for thing in (one, other)
    )
    shot = {one["shown"][0], one["shown"][1]} & {other["shown"][0], other["shown"][1]}
    return all(abs(a - b) >= STATE for a in mine for b in yours if not (a == b and a in shot))


def _camera(
    rng: np.random.Generator, kind: str, size: tuple[int, int], seconds: float
) -> tuple[list[list[float]], tuple[int, int]]:
    """What the camera sees at first and at last, and by how many px the ground is larger than the frame."""
    width, height = size
    if kind == "pan":
        far = [float(rng.uniform(0.012, 0.03)) * seconds * side for side in size]
        far[int(rng.integers(2))] *= 0.25
        room = min(int(far[0]), width // 4) + 4, min(int(far[1]), height // 4) + 4
        ends = [[2.0, 2.0, 1.0], [room[0] - 2.0, room[1] - 2.0, 1.0]]
        for axis in range(2):
            if rng.random() < 0.5:
                ends[0][axis], ends[1][axis] = ends[1][axis], ends[0][axis]
        return ends, room
    if kind == "zoom":
        zoom = round(1 + min(float(rng.uniform(0.006, 0.015)) * seconds, 0.2), 3)
        near = [round(width * (1 - 1 / zoom) / 2 + 2, 2), round(height * (1 - 1 / zoom) / 2 + 2, 2), zoom]
        ends = [[2.0, 2.0, 1.0], near]
        return (ends if rng.random() < 0.5 else ends[::-1]), (4, 4)
    return [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]], (0, 0)
