"""Real videos: a user's folder, or clips that packages ship, edited on purpose so that the truth is known."""

from collections.abc import Iterator
from typing import Any, ClassVar

import cv2
import numpy as np
import PIL.Image
from pydantic import Field, model_validator

from curation.config import Config
from curation.document import Turn
from synth.canvas import CanvasSettings
from synth.encode import PictureSettings
from synth.ocr.drawing import grounds
from synth.ocr.drawing.material import Material, TextSettings
from synth.sample import Checker, Claims, Draft, Encoded, Evidence, Failure, Generator, Unproven
from synth.video import film
from synth.video.real import lies, look, proof, views
from synth.video.real.edits import EDITS, Edit, Strip, draw_take
from synth.video.real.footage import Footage, FootageSource
from synth.video.texts.kit import Kit
from synth.weights import Weights, draw, in_order

TRIES = 6
RIVAL = 5.0  # levels: how unlike a picture frames must be that are not next to it
ALIEN = 24.0  # levels: how unlike a picture from elsewhere all frames must be
FAR = 0.35  # seconds

Cover = dict[str, Any]


class RealVideosSettings(Config):
    """Ranges are (least, most). `sources` are videos or folders of them, each with its licence; `captions` (corpus,
    fonts) are needed for films with a caption; `of_one` documents are made of one film, each another view."""

    sources: list[FootageSource] = Field(min_length=1)
    captions: TextSettings | None = None
    seconds: tuple[float, float] = (4.0, 20.0)
    edits: Weights[Edit] = Field(
        {
            **{"plain": 2, "montage": 3, "insert": 2, "freeze": 2, "backwards": 2, "slow": 1, "fast": 1},
            **{"caption": 2, "inset": 2},
        }
    )
    of_one: int = Field(3, ge=1, le=8)
    canvas: CanvasSettings = CanvasSettings(pixels=(100_352, 250_880), aspects=(0.75, 1.9))
    coding: film.CodingSettings = film.CodingSettings(crf=(17, 23))
    picture: PictureSettings = PictureSettings(quality=(85, 95))

    @model_validator(mode="after")
    def _lengths(self) -> "RealVideosSettings":
        if not 2 <= self.seconds[0] <= self.seconds[1] <= 60:
            raise ValueError(f"seconds: {self.seconds} is not a range within 2 to 60")
        return self


class RealVideoChecker(Checker):
    """Media: the film, then the pictures that a question shows or that lie on it."""

    checks: ClassVar[tuple[str, ...]] = (
        *("film", "pieces", "cuts", "plain", "freeze", "again", "runs", "cover", "stills", "view"),
    )

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return views.turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        yield from proof.faults(claims, evidence)
        yield from views.faults(claims)

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from lies.mutations(claims, rng)


class RealVideos(Generator):
    """One edited film a seed, in a few views."""

    name = "real_video"
    version = "1"
    settings = RealVideosSettings
    tools = ("av", "numpy", "opencv-python-headless", "pillow")

    def __init__(self, settings: RealVideosSettings):
        self.given = settings
        self.footage = Footage(settings.sources)
        self.material = Material(settings.captions, (1_000, 1_000)) if settings.captions else None
        own = settings.captions.licence if settings.captions else ""
        self.licence = "; ".join(filter(None, (self.footage.licence, own)))
        self.digest = self.footage.digest
        self.edits = {name: share for name, share in settings.edits.items() if name != "caption" or self.material}
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: Any) -> Checker:
        return RealVideoChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        edit = draw(rng, in_order(self.edits))
        for attempt in range(TRIES):
            try:
                size = self.given.canvas.draw(rng)
                strip = EDITS[edit](rng, self.footage, size, float(rng.uniform(*self.given.seconds)))
                cover, inset = self._covered(rng, edit, strip, size)
                break
            except Unproven:
                if attempt == TRIES - 1:
                    raise
        made = film.encode(iter(strip.frames), np.array(strip.times), "film", self.given.coding.draw(rng))
        times = made.timestamps
        claims = _claims(edit, strip, size, times, cover)
        count = 0
        for kind in map(str, rng.permutation(sorted(views.KINDS[edit]))):
            shown = self._pictured(rng, kind, strip, times, len(claims["pieces"]), 1 + bool(inset))
            view = views.asked(rng, claims, kind) if shown is not None else None
            if shown is None or view is None or count == self.given.of_one:
                continue
            count += 1
            stills, pictures = shown
            media = (made, *((inset,) if inset else ()), *pictures)
            task = "caption" if kind == "events" else "video"
            yield Draft(task, "en", media, {**claims, "stills": stills, "view": view}, kind)

    def _covered(
        self, rng: np.random.Generator, edit: Edit, strip: Strip, size: tuple[int, int]
    ) -> tuple[Cover | None, Encoded | None]:
        """Lays a caption or a picture on some frames of a film."""
        if edit not in ("caption", "inset"):
            return None, None
        many = len(strip.frames)
        first = int(rng.integers(1, max(many // 2, 2)))
        end = int(rng.integers(first + max(many // 5, 2), many))
        cover, laid, inset = self._caption(rng, size) if edit == "caption" else self._inset(rng, size)
        width, height = laid.shape[1], laid.shape[0]
        x = int(rng.integers(4, size[0] - width - 3)) & ~1
        y = int(rng.integers(4, size[1] - height - 3)) & ~1
        if edit == "caption" and rng.random() < 0.6:
            y = (size[1] - height - 8) & ~1
        for number in range(first, end):
            frame = strip.frames[number].copy()
            frame[y : y + height, x : x + width] = laid
            strip.frames[number] = frame
        return {**cover, "box": [x, y, x + width, y + height], "span": [first, end]}, inset

    def _caption(self, rng: np.random.Generator, size: tuple[int, int]) -> tuple[Cover, np.ndarray, None]:
        assert self.material is not None
        letters = max(round(self.material.size(rng) * min(size) / 420), 16)
        kit = Kit(rng, self.material, self.material.language(rng), letters)
        line = kit.line((size[0] - 12) * float(rng.uniform(0.6, 1.0)), rows=2, align="middle")
        wide, high = line.width + line.width % 2, line.height + line.height % 2
        panel = grounds.colour(rng)
        ink = grounds.ink_for(rng, panel)
        cover = np.zeros((high, wide, 1), np.float32)
        cover[line.top : line.top + line.ink.shape[0], line.left : line.left + line.ink.shape[1], 0] = line.ink / 255
        panel, ink = np.round(panel), np.round(ink)
        laid = np.round(panel + (ink - panel) * cover).astype(np.uint8)
        if high > 0.6 * size[1] or wide > size[0] - 8:
            raise Unproven([Failure("layout", "the caption would cover the footage")])
        told = {
            "kind": "caption",
            "panel": panel.tolist(),
            "colour": ink.tolist(),
            "set": line.claim,
            "text": line.text,
        }
        return told, laid, None

    def _inset(self, rng: np.random.Generator, size: tuple[int, int]) -> tuple[Cover, np.ndarray, Encoded]:
        share = float(rng.uniform(0.28, 0.45))
        small = max(int(size[0] * share) // 28, 2) * 28, max(int(size[1] * share) // 28, 2) * 28
        taken = draw_take(rng, self.footage, small, 1.5)
        picture = taken.frames[int(rng.integers(len(taken.frames)))]
        encoded = self.given.picture.encode(rng, "inset", PIL.Image.fromarray(picture))
        return {"kind": "inset", "media": 1}, _decoded(encoded), encoded

    def _pictured(
        self, rng: np.random.Generator, kind: str, strip: Strip, times: tuple[float, ...], pieces: int, media: int
    ) -> tuple[list[dict[str, Any]], list[Encoded]] | None:
        """The pictures that a question shows and what is claimed of them; None where none are clear enough."""
        wanted = views.STILLS.get(kind, 0)
        numbers: list[int | None] = []
        if wanted:
            clear = self._clear(rng, strip, times)
            for number in clear:
                if all(abs(times[number] - times[other]) > 2 * FAR for other in numbers if other is not None):
                    numbers.append(number)
            numbers = numbers[: wanted - (kind == "odd")]
            if len(numbers) < min(wanted, 3) - (kind == "odd"):
                return None
        pictures = [strip.frames[number] for number in numbers if number is not None]
        if kind == "odd":
            other = self._alien(rng, strip)
            if other is None:
                return None
            place = int(rng.integers(len(pictures) + 1))
            numbers.insert(place, None)
            pictures.insert(place, other)
        stills = [
            {"media": media + place, "time": None if number is None else times[number]}
            for place, number in enumerate(numbers)
        ]
        encoded = [self.given.picture.encode(rng, "still", PIL.Image.fromarray(each)) for each in pictures]
        return stills, encoded

    def _clear(self, rng: np.random.Generator, strip: Strip, times: tuple[float, ...]) -> list[int]:
        """Frames, in a random order, that no other one is like that is not next to them."""
        grey, moments = look.look(strip.frames).grey, np.array(times)
        plain = {piece["first"] for piece in strip.pieces if piece["kind"] == "colour"}
        found = []
        for number in map(int, rng.permutation(len(grey))[:40]):
            own = max(piece["first"] for piece in strip.pieces if piece["first"] <= number)
            far = np.abs(moments - moments[number]) > FAR - 0.08
            if own not in plain and (not far.any() or look.on_average(grey[number], grey[far]).min() > RIVAL):
                found.append(number)
        return found

    def _alien(self, rng: np.random.Generator, strip: Strip) -> np.ndarray | None:
        """A frame from elsewhere that no frame of the film is like."""
        grey = look.look(strip.frames).grey
        size = strip.frames[0].shape[1], strip.frames[0].shape[0]
        for _ in range(TRIES):
            taken = draw_take(rng, self.footage, size, 2.0)
            frame = taken.frames[int(rng.integers(len(taken.frames)))]
            if look.on_average(look.look([frame]).grey[0], grey).min() > ALIEN:
                return frame
        return None


def _decoded(encoded: Encoded) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(encoded.content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _claims(edit: Edit, strip: Strip, size: tuple[int, int], times: tuple[float, ...], cover: Cover | None) -> Claims:
    """What is claimed of a film, in moments of its frames as its file states them."""
    firsts = [piece["first"] for piece in strip.pieces]
    pieces = []
    for piece, end in zip(strip.pieces, [*firsts[1:], len(times) - 1], strict=True):
        told = {key: value for key, value in piece.items() if key != "first"}
        pieces.append({**told, "start": times[piece["first"]], "end": times[end]})
        if "of" in piece:
            pieces[-1]["of"] = [times[number] for number in piece["of"]]
    claims: Claims = {"size": list(size), "edit": edit, "pieces": pieces, "stills": []}
    if cover:
        claims["cover"] = {**cover, "span": [times[number] for number in cover["span"]]}
    return claims
