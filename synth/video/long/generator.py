"""Long videos: parts of known bounds put together, cheap to make: frames are held for seconds and seldom change."""

from collections.abc import Iterator
from typing import Any, ClassVar

import cv2
import numpy as np
import PIL.Image
from pydantic import Field, model_validator

from curation.document import Turn
from synth.canvas import CanvasSettings
from synth.encode import PictureSettings
from synth.grounding.library.backgrounds import Backgrounds
from synth.grounding.library.sources import SpriteSource
from synth.grounding.library.sprites import Sprites
from synth.ocr.drawing import grounds
from synth.ocr.drawing.material import Material, TextSettings
from synth.sample import Checker, Claims, Draft, Encoded, Evidence, Failure, Generator, Unproven
from synth.video import film
from synth.video.long import asked, lies, proof, views
from synth.video.long.parts import Draughtsman, Kind, Part
from synth.video.texts.kit import Kit
from synth.video.texts.stage import Ground, claimed, frames
from synth.weights import Weights, draw, in_order

TRIES = 4
MOST = 2_000  # frames


class LongVideosSettings(TextSettings):
    """Ranges are (least, most). `minutes` a film; `part` seconds of each part; `steps` are the seconds from frame to
    frame, one for each part; `sprites` (with `wordnet`) are what parts with things show; `of_one` documents are made of
    one film, each another view."""

    sprites: tuple[SpriteSource, ...] = ()
    wordnet: str = ""
    sizes: tuple[int, int] = (17, 26)
    minutes: tuple[float, float] = (30.0, 90.0)
    part: tuple[float, float] = (20.0, 180.0)
    steps: tuple[float, ...] = Field((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0), min_length=1)
    kinds: Weights[Kind] = Field({"slide": 5, "photo": 2, "things": 3, "diagram": 2})
    of_one: int = Field(5, ge=1, le=len(views.KINDS))
    canvas: CanvasSettings = CanvasSettings(pixels=(131_712, 200_704), aspects=(1.2, 1.9))
    coding: film.CodingSettings = film.CodingSettings(crf=(18, 23), keys=(30.0, 60.0))
    picture: PictureSettings = PictureSettings(quality=(85, 92))

    @model_validator(mode="after")
    def _lengths(self) -> "LongVideosSettings":
        if not 0.5 <= self.minutes[0] <= self.minutes[1] <= 600:
            raise ValueError(f"minutes: {self.minutes} is not a range within 0.5 to 600")
        if not 2 * max(self.steps) <= self.part[0] <= self.part[1]:
            raise ValueError(f"part: {self.part} is not a range from two of the longest steps on")
        return self


class LongVideoChecker(Checker):
    """Media: the film, then the grounds of its parts."""

    checks: ClassVar[tuple[str, ...]] = ("film", "parts", "ink", "span", "frames", "things", "diagram", "view")
    audits: ClassVar[tuple[str, ...]] = ("engine",)

    def __init__(self, sprites: Sprites | None):
        self.sprites = sprites

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return views.turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        yield from proof.faults(claims, evidence, self.sprites)
        yield from asked.faults(claims)
        if audit:
            yield from evidence.once("engine", lambda: list(proof.unread(claims, evidence)))

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from lies.mutations(claims, rng, self.sprites)


class LongVideos(Generator):
    """One film a seed, in a few views."""

    name = "long_video"
    version = "1"
    settings = LongVideosSettings
    tools = ("av", "numpy", "opencv-python-headless", "pillow", "matplotlib", "networkx", "babel", "cairosvg")
    checker: LongVideoChecker

    def __init__(self, settings: LongVideosSettings):
        self.given = settings
        self.material = Material(settings, (1_000, 1_000))
        self.checker = self.make_checker(settings)
        self.sprites = self.checker.sprites
        largest = settings.canvas.pixels[1] * 1.4
        self.photographs = (
            Backgrounds(settings.backgrounds, (int((largest * 1.9) ** 0.5), int(largest**0.5)))
            if settings.backgrounds
            else None
        )
        self.licence, self.digest = settings.licence, self.material.corpus.digest
        lacking = {"photo": self.photographs is None, "things": self.sprites is None}
        self.kinds = {kind: share for kind, share in settings.kinds.items() if not lacking.get(kind)}

    @classmethod
    def make_checker(cls, settings: LongVideosSettings) -> LongVideoChecker:
        return LongVideoChecker(Sprites.load(settings.sprites, wordnet=settings.wordnet) if settings.sprites else None)

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        given, language = self.given, self.material.language(rng)
        size = given.canvas.draw(rng)
        kit = Kit(rng, self.material, language, max(round(self.material.size(rng) * min(size) / 320), 15))
        seconds = float(rng.uniform(*given.minutes)) * 60
        parts, times = self._parts(rng, Draughtsman(rng, kit, size, self.photographs, self.sprites), seconds)
        pictures = self._grounds(rng, parts, size)
        made = film.encode(_drawn(parts, times, size), times, "film", given.coding.draw(rng))
        claims: Claims = {"language": language, "size": list(size), "parts": _claims(parts, times)}
        for view in asked.views(rng, claims, given.of_one):
            task = "caption" if view["kind"] in ("caption", "story", "chapters") else "video"
            yield Draft(task, "en", (made, *pictures), {**claims, "view": view}, view["kind"])

    def _parts(self, rng: np.random.Generator, hand: Draughtsman, seconds: float) -> tuple[list[Part], np.ndarray]:
        """Parts that follow each other, and the moments of all frames."""
        given = self.given
        parts: list[Part] = []
        moments: list[float] = []
        begin, failed = 0.0, 0
        while begin < seconds and len(moments) < MOST:
            step = float(given.steps[rng.integers(len(given.steps))])
            length = float(rng.uniform(*given.part))
            count = max(round(length / step), 2)
            steps = np.full(count, step) if rng.random() < 0.6 else step * rng.uniform(0.7, 1.3, count)
            ticks = round(begin * film.TICKS) + np.concatenate([[0], np.cumsum(film.ticks_of(steps))])
            own = np.round(ticks / film.TICKS, 6)
            kind = draw(rng, in_order(self.kinds))
            try:
                parts.append(hand.part(kind, own[:-1], float(own[-1])))
            except Unproven:
                failed += 1
                if failed > 40:
                    raise
                continue
            moments += own[:-1].tolist()
            begin = float(own[-1])
        parts[-1].end = moments[-1]
        return parts, np.array(moments)

    def _grounds(self, rng: np.random.Generator, parts: list[Part], size: tuple[int, int]) -> list[Encoded]:
        """Encodes each ground once, and gives parts what whoever decodes it sees; colours their ink for it."""
        known: dict[int, tuple[int, np.ndarray]] = {}
        encoded: list[Encoded] = []
        for part in parts:
            if id(part.picture) not in known:
                pixels = np.clip(part.picture, 0, 255).astype(np.uint8)
                store = PictureSettings(formats={"png": 1}) if part.spec else self.given.picture
                encoded.append(store.encode(rng, f"ground{len(encoded)}", PIL.Image.fromarray(pixels)))
                seen = cv2.imdecode(np.frombuffer(encoded[-1].content, np.uint8), cv2.IMREAD_COLOR)
                known[id(part.picture)] = len(encoded), cv2.cvtColor(seen, cv2.COLOR_BGR2RGB)
            part.medium, stored = known[id(part.picture)]
            part.ground = Ground(stored)
            if part.passes:
                room = [have - need - 2 for have, need in zip(stored.shape[1::-1], size, strict=True)]
                ways = [int(rng.integers(-1, 2)) for _ in size]
                start = [float(far if way < 0 else 0) + 0.25 for far, way in zip(room, ways, strict=True)]
                length = part.end - part.start + 1
                part.ground.start = start[0], start[1]
                part.ground.speed = ways[0] * room[0] / length, ways[1] * room[1] / length
            under = stored[4 : part.items[0].line.height].reshape(-1, 3).mean(axis=0).astype(np.float32)
            ink = grounds.ink_for(rng, under)
            for item in part.items:
                item.colour = int(ink[0]), int(ink[1]), int(ink[2])
        return encoded


def _drawn(parts: list[Part], times: np.ndarray, size: tuple[int, int]) -> Iterator[np.ndarray]:
    for number, part in enumerate(parts):
        assert part.ground is not None
        last = number == len(parts) - 1
        own = times[(times >= part.start) & ((times < part.end) | last)]
        ground = Ground(part.ground.picture, part.ground.start, part.ground.speed)
        ground.start = tuple(  # type: ignore[assignment]
            start - speed * part.start for start, speed in zip(ground.start, ground.speed, strict=True)
        )
        for item in part.items:
            item.until = part.end + (1.0 if last else 0.0)
        yield from frames(part.items, ground, own, size)


def _claims(parts: list[Part], times: np.ndarray) -> list[dict[str, Any]]:
    found = []
    for part in parts:
        assert part.ground is not None
        own = times[(times >= part.start) & (times <= part.end)]
        found.append(
            {
                **{"kind": part.kind, "start": part.start, "end": part.end, "title": part.items[0].line.text},
                "ground": {
                    **{"media": part.medium, "start": list(part.ground.start), "speed": list(part.ground.speed)}
                },
                "items": [claimed(item, own) for item in part.items],
                **{"things": part.things, "spec": part.spec, "origin": list(part.origin)},
            }
        )
    return found
