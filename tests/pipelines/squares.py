"""A generator for tests of what runs generators: squares on grey, where they are and how many, in two views."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image

from curation.config import Config
from curation.document import Box, Image, Part, Text, Turn
from curation.errors import UserError
from synth.buffer import measure
from synth.encode import PictureSettings, buffer
from synth.sample import Checker, Claims, Draft, Evidence, Failure, Generator, Unproven

RED = (200, 30, 30)


class SquaresSettings(Config):
    """The shares are of seeds that go wrong in these ways, and of boxes that are told wrongly."""

    side: int = 112
    most: int = 4
    needs: str = ""
    unproven: float = 0
    raising: float = 0
    lying: float = 0
    same: bool = False


class SquaresChecker(Checker):
    checks = ("boxes", "count")
    audits = ("red",)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        boxes: list[Part] = [Box(0, *box) for box in claims["boxes"]]
        said = {"boxes": boxes, "count": [Text(f"There are {claims['count']}.")]}[claims["view"]]
        return Turn("user", (Image(0), Text("What is there?"))), Turn("assistant", tuple(said))

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        seen = [found.box for found in measure(evidence.buffer()).values()]
        if claims["count"] != len(seen):
            yield Failure("count", f"{claims['count']} are said, {len(seen)} are there")
        if seen != [tuple(box) for box in claims["boxes"]]:
            yield Failure("boxes", f"said at {claims['boxes']}, painted at {seen}")
        if audit and not (evidence.picture()[evidence.buffer() != 0] == RED).all():
            yield Failure("red", "a square is not red")

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield "count_off", {**claims, "count": claims["count"] + 1}
        x1, y1, x2, y2 = claims["boxes"][0]
        yield "box_moved", {**claims, "boxes": [[x1 + 4, y1, x2 + 4, y2], *claims["boxes"][1:]]}


class Blind(SquaresChecker):
    """Does not look at how many there are."""

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        yield from (failure for failure in super().failures(claims, evidence, audit) if failure.check != "count")


class Squares(Generator):
    name = "squares"
    version = "1"
    settings = SquaresSettings
    licence = "CC0-1.0"
    made = 0
    closed = 0

    def __init__(self, settings: SquaresSettings):
        if settings.needs and not Path(settings.needs).exists():
            raise UserError(f"{settings.needs}: no such folder of squares")
        self.told, self.checker = settings, self.make_checker(settings)
        type(self).made += 1

    @classmethod
    def make_checker(cls, settings: SquaresSettings) -> Checker:
        return SquaresChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        if self.told.same:
            rng = np.random.default_rng(1)
        luck = rng.random()
        if luck < self.told.unproven:
            raise Unproven([Failure("room", "there is no room for a square")])
        if luck > 1 - self.told.raising:
            raise IndexError("a generator has a bug")
        ids = np.zeros((self.told.side, self.told.side), np.uint8)
        grey = rng.integers(60, 200)
        picture = np.full((*ids.shape, 3), grey, np.uint8)
        boxes = []
        for number in range(int(rng.integers(1, self.told.most + 1))):
            x, y = int(rng.integers(0, self.told.side - 20)), 4 + number * 24
            ids[y : y + 20, x : x + 20], picture[y : y + 20, x : x + 20] = number + 1, RED
            boxes.append([x, y, x + 20, y + 20])
        if rng.random() < self.told.lying:
            boxes[0][0] += 9
        media = (PictureSettings(formats={"png": 1}).encode(rng, "picture", PIL.Image.fromarray(picture)), buffer(ids))
        for view in ("boxes", "count"):
            yield Draft("grounding", "en", media, {"view": view, "boxes": boxes, "count": len(boxes)}, view)

    def close(self) -> None:
        type(self).closed += 1


class BlindSquares(Squares):
    name = "blind"

    @classmethod
    def make_checker(cls, settings: SquaresSettings) -> Checker:
        return Blind()


ROWS = {"squares": "tests.pipelines.squares:Squares", "blind": "tests.pipelines.squares:BlindSquares"}
