"""Films of text: lines that roll, run, come and go over a plain or photographic ground, each proved frame by frame."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import cv2
import numpy as np
import PIL.Image
from pydantic import Field, model_validator

from curation.document import Turn
from synth.canvas import CanvasSettings
from synth.encode import PictureSettings
from synth.ocr.drawing import grounds
from synth.ocr.drawing.material import Material, TextSettings
from synth.sample import Checker, Claims, Draft, Evidence, Failure, Generator, Unproven
from synth.video import film
from synth.video.texts import asked, lies, proof, views
from synth.video.texts.kit import Kit
from synth.video.texts.programmes import PROGRAMMES, Programme
from synth.video.texts.stage import Area, Ground, Item, claimed, frames
from synth.weights import Weights, draw, in_order

TRIES = 6
STRIP = (0.12, 0.2)  # of the height, for a second programme


class ScrollingTextsSettings(TextSettings):
    """Ranges are (least, most). `sizes` are px of the em at a frame of 360 px and grow with it; `beside` is the share
    of films with a second programme; `of_one` documents are made of one film, each another view."""

    sizes: tuple[int, int] = (18, 34)
    seconds: tuple[float, float] = (6.0, 32.0)
    programmes: Weights[Programme] = Field(
        {"credits": 3, "ticker": 2, "teleprompter": 2, "chat": 2, "subtitles": 3, "slides": 3, "counter": 1}
    )
    beside: float = Field(0.25, ge=0, le=1)
    of_one: int = Field(4, ge=1, le=len(views.KINDS))
    canvas: CanvasSettings = CanvasSettings(pixels=(112_896, 301_056), aspects=(0.56, 1.9))
    clock: film.ClockSettings = film.ClockSettings(
        fps={5.0: 1, 6.0: 1, 8.0: 2, 10.0: 3, 12.0: 2, 15.0: 1, 25.0: 0.3, 30.0: 0.3}
    )
    coding: film.CodingSettings = film.CodingSettings(crf=(17, 23))
    picture: PictureSettings = PictureSettings(quality=(88, 95))

    @model_validator(mode="after")
    def _lengths(self) -> "ScrollingTextsSettings":
        if not 4 <= self.seconds[0] <= self.seconds[1] <= 300:
            raise ValueError(f"seconds: {self.seconds} is not a range within 4 to 300")
        return self


class TextFilmChecker(Checker):
    """Media: the film, then the ground that its lines stand on."""

    checks: ClassVar[tuple[str, ...]] = ("film", "ink", "span", "order", "frames", "view")
    audits: ClassVar[tuple[str, ...]] = ("engine",)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return views.turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        key = json.dumps([claims["items"], claims["ground"], claims["size"]], sort_keys=True)
        yield from evidence.once(key, lambda: list(proof.faults(claims, evidence)))
        yield from asked.faults(claims)
        if audit:
            yield from evidence.once(("engine", key), lambda: list(proof.unread(claims, evidence)))

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from lies.mutations(claims, rng)


class ScrollingTexts(Generator):
    """One film a seed, in a few views."""

    name = "video_text"
    version = "1"
    settings = ScrollingTextsSettings
    tools = ("pillow", "numpy", "opencv-python-headless", "av")

    def __init__(self, settings: ScrollingTextsSettings):
        self.given = settings
        self.material = Material(settings, _largest(settings.canvas))
        self.licence, self.digest = settings.licence, self.material.corpus.digest
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: Any) -> Checker:
        return TextFilmChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        given, language = self.given, self.material.language(rng)
        for attempt in range(TRIES):
            try:
                size, items, seconds, whole = self._stage(rng, language)
                break
            except Unproven:
                if attempt == TRIES - 1:
                    raise
        times = given.clock.times(rng, seconds)
        ground, encoded = self._ground(rng, size, [item.area for item in items], whole, float(times[-1]))
        colours = {item.part: _colour(rng, ground.picture, item.area) for item in items}
        for item in items:
            item.colour = colours[item.part]
        told = [claimed(item, times) for item in items]
        told = sorted(
            [item for item in told if item["seen"]],
            key=lambda item: (item["seen"][0], item["knots"][0][2], item["knots"][0][1]),
        )
        claims: Claims = {
            **{"language": language, "size": list(size), "items": told},
            "ground": {"start": list(ground.start), "speed": list(ground.speed)},
        }
        made = film.encode(frames(items, ground, times, size), times, "film", given.coding.draw(rng))
        for view in asked.views(rng, claims, given.of_one):
            task = "caption" if view["kind"] == "spans" else "ocr" if view["kind"] in ("read", "at") else "video"
            yield Draft(task, language, (made, encoded), {**claims, "view": view}, view["kind"])

    def _stage(self, rng: np.random.Generator, language: str) -> tuple[tuple[int, int], list[Item], float, bool]:
        """The size of the frame, what comes on, how long the film is, and whether one programme fills the frame."""
        given = self.given
        width, height = given.canvas.draw(rng)
        letter = max(round(self.material.size(rng) * min(width, height) / 360), 16)
        kit = Kit(rng, self.material, language, letter)
        longest = float(rng.uniform(*given.seconds))
        name = draw(rng, in_order(given.programmes))
        area, strip = _areas(rng, name, width, height, letter, rng.random() < given.beside)
        shown = PROGRAMMES[name](rng, kit, area, longest)
        items = shown.items
        seconds = min(max(shown.seconds, 3.0), 1.3 * given.seconds[1]) + float(rng.uniform(0, 1.0))
        if strip is not None:
            small = Kit(rng, self.material, language, max(min(letter, round((strip[3] - strip[1]) * 0.55)), 14))
            second = "counter" if name == "ticker" or rng.random() < 0.5 else "ticker"
            if name == "counter":
                second = "ticker"
            beside = PROGRAMMES[second](rng, small, strip, seconds).items
            for item in beside:
                item.part = 1
            items = items + beside
        return (width, height), items, seconds, strip is None and name in ("credits", "teleprompter")

    def _ground(
        self, rng: np.random.Generator, size: tuple[int, int], areas: list[Area], whole: bool, seconds: float
    ) -> tuple[Ground, Any]:
        """What the lines stand on: a surface or a photograph, calmed where there is text. It may pass slowly."""
        (width, height), start, speed = size, (0.0, 0.0), (0.0, 0.0)
        pans = whole and self.material.photographs is not None and rng.random() < 0.4
        far = [int(rng.integers(16, side // 4)) if pans else 0 for side in size]
        if pans:
            ways = [int(rng.integers(-1, 2)) for _ in size]
            start = tuple(float(room if way < 0 else 0) + 0.25 for room, way in zip(far, ways, strict=True))  # type: ignore[assignment]
            speed = tuple(way * (room - 1) / (seconds + 1) for room, way in zip(far, ways, strict=True))  # type: ignore[assignment]
        large = width + far[0], height + far[1]
        picture = grounds.ground_for(rng, self.material.photographs, *large)
        for area in sorted(set(areas)):
            x1, y1, x2, y2 = (0, 0, *large) if pans else area
            _calm(rng, picture[y1:y2, x1:x2])
        encoded = self.given.picture.encode(
            rng, "ground", PIL.Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
        )
        stored = cv2.cvtColor(
            cv2.imdecode(np.frombuffer(encoded.content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
        )
        return Ground(stored, start, speed), encoded


def _largest(canvas: CanvasSettings) -> tuple[int, int]:
    """Width and height that no ground exceeds."""
    side = canvas.pixels[1] * 1.6
    return int((side * canvas.aspects[1]) ** 0.5), int((side / canvas.aspects[0]) ** 0.5)


def _areas(
    rng: np.random.Generator, name: str, width: int, height: int, letter: int, beside: bool
) -> tuple[Area, Area | None]:
    """Where a programme is shown, and a strip for a second one."""
    strip: Area | None = None
    top, bottom = 0, height
    if beside:
        high = max(int(height * rng.uniform(*STRIP)), 34)
        if rng.random() < 0.5:
            strip, top = (0, 4, width, 4 + high), high + 8
        else:
            strip, bottom = (0, height - high - 4, width, height - 4), height - high - 8
    match name:
        case "ticker":
            high = round(letter * rng.uniform(1.7, 2.4))
            at = top if rng.random() < 0.3 else bottom - high
            return (0, at, width, at + high), strip
        case "subtitles":
            high = round(letter * (3.8 if rng.random() < 0.6 else 2.2))
            return (8, bottom - high - 6, width - 8, bottom - 6), strip
        case "counter":
            wide, high = min(width - 16, 12 * letter), min(4 * letter, bottom - top - 8)
            x, y = int(rng.integers(8, width - wide - 7)), int(rng.integers(top + 4, bottom - high - 3))
            return (x, y, x + wide, y + high), strip
        case "teleprompter" | "chat" if rng.random() < 0.5:
            x, y = int(rng.uniform(0, 0.12) * width), int(rng.uniform(0, 0.12) * (bottom - top))
            return (x, top + y, width - x, bottom - y), strip
        case "slides":
            return (8, top + 6, width - 8, bottom - 6), strip
    return (0, top, width, bottom), strip


def _calm(rng: np.random.Generator, part: np.ndarray) -> None:
    """Darkens or lightens a part (h, w, 3) float32 of a picture, so that ink of one colour can be read all over it."""
    luminance = part @ grounds.LUMA
    spread = float(luminance.max() - luminance.min())
    dark = rng.random() < 0.65
    board = np.array(rng.uniform(4, 40, 3) if dark else rng.uniform(212, 250, 3), np.float32)
    most = float(rng.uniform(20, 46))  # levels of luminance that are left of its own
    share = min(most / max(spread, 1e-3), 0.6)
    part[:] = board + (part - part.mean(axis=(0, 1))) * share


def _colour(rng: np.random.Generator, picture: np.ndarray, area: Area) -> tuple[int, int, int]:
    x1, y1, x2, y2 = area
    ink = grounds.ink_for(rng, picture[y1:y2, x1:x2].reshape(-1, 3).mean(axis=0))
    return tuple(int(channel) for channel in ink)  # type: ignore[return-value]
