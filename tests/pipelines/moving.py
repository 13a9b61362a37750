"""Generators for tests of what shows samples: films that count, and a walk over screens with a wrong step in it."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import PIL.Image
import PIL.ImageDraw

from curation.config import Config
from curation.document import Image, Part, Point, Text, Time, Turn, Video
from curation.video import describe
from synth.encode import PictureSettings
from synth.sample import Checker, Claims, Draft, Encoded, Evidence, Failure, Generator
from tests.curation.movies import movie, number_of


class FilmSettings(Config):
    frames: int = 40
    varying: bool = True


class FilmChecker(Checker):
    checks = ("counted",)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        said: list[Part] = []
        for start, end, first, last in claims["runs"]:
            said += [Time(0, start), Text(" – "), Time(0, end), Text(f": it counts from {first} to {last}.\n")]
        question = Turn("user", (Video(0), Text("Tell what happens, and when.")))
        return (
            question,
            Turn("assistant", tuple(said)),
            Turn("user", (Text("When does the counting stop for a while?"),)),
            Turn("assistant", (Text("At "), Time(0, claims["still"], "hmsf"), Text("."))),
        )

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        times = evidence.film().timestamps
        for start, end, *numbers in claims["runs"]:
            seen = [number_of(frame) for frame in evidence.frames(0, [times.index(start), times.index(end)])]
            if seen != numbers:
                yield Failure("counted", f"{numbers} are said, {seen} are shown")

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        (start, end, first, last), *others = claims["runs"]
        yield "number_changed", {**claims, "runs": [[start, end, first + 1, last], *others]}


class Films(Generator):
    name = "films"
    version = "1"
    settings = FilmSettings

    def __init__(self, settings: FilmSettings):
        self.told, self.checker = settings, self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: FilmSettings) -> Checker:
        return FilmChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        gaps = np.full(self.told.frames - 1, 0.01 * rng.integers(5, 50))
        if self.told.varying:
            gaps = rng.choice([0.04, 0.1, 0.2], self.told.frames - 1)
            gaps[20] = 1.5
        times = np.concatenate([[0], np.cumsum(gaps)]).tolist()
        film = describe(content := movie(times, size=(160, 96)))
        cuts = [0, 8, 20, self.told.frames - 1]
        runs = [[film.timestamps[one], film.timestamps[other], one, other] for one, other in pairwise(cuts)]
        encoded = Encoded("film", film.format, film.width, film.height, content, film.timestamps)
        yield Draft("video", "en", (encoded,), {"runs": runs, "still": film.timestamps[20]})


class WalkSettings(Config):
    steps: int = 4


SIDES = (320, 200)


def screen(number: int, spot: tuple[int, int]) -> PIL.Image.Image:
    """A window whose bar is of a colour of its own, with a button."""
    image = PIL.Image.new("RGB", SIDES, "#eef2f7")
    draw = PIL.ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIDES[0], 24), fill=(30 * number % 256, 90, 160))
    draw.rectangle((spot[0] - 30, spot[1] - 12, spot[0] + 30, spot[1] + 12), fill="#16a34a")
    return image


class WalkChecker(Checker):
    checks = ("pressed",)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        turns = [Turn("user", (Text("Save the file under the name report."), Image(0)))]
        for number, step in enumerate(claims["steps"]):
            wanted: tuple[Part, ...] = (Point(number, *step["at"]),)
            opening, closing = f'{{"action": "{step["action"]}", "coordinate": ', "}}\n</tool_call>"
            if step["action"] == "type":
                opening, wanted = '{"action": "type", "text": "report"', ()
            if step["action"] == "swipe":
                wanted = (*wanted, Text(', "coordinate2": '), Point(number, step["at"][0], step["at"][1] - 60))
            thought = "That was the wrong one: back. " * step["wrong"] + f"Step {number + 1} of the way."
            call = Text(f'{thought}\n<tool_call>\n{{"name": "mobile_use", "arguments": {opening}')
            turns.append(Turn("assistant", (call, *wanted, Text(closing))))
            turns.append(Turn("tool", (Image(number + 1),)))
        return tuple(turns)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        for number, step in enumerate(claims["steps"]):
            x, y = step["at"]
            if tuple(evidence.picture(number)[y, x]) != (0x16, 0xA3, 0x4A):
                yield Failure("pressed", f"step {number + 1}: there is no button at {x}, {y}")

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        first, *others = claims["steps"]
        yield "elsewhere", {**claims, "steps": [{**first, "at": [2, 190]}, *others]}


class Walks(Generator):
    name = "walks"
    version = "1"
    settings = WalkSettings

    def __init__(self, settings: WalkSettings):
        self.told, self.checker = settings, self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: WalkSettings) -> Checker:
        return WalkChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        spots = [(int(rng.integers(40, 280)), int(rng.integers(100, 180))) for _ in range(self.told.steps + 1)]
        actions = ["click", "type", "swipe", "long_press"]
        steps = [
            {"at": list(spot), "action": actions[number % 4], "wrong": number == 2}
            for number, spot in enumerate(spots[:-1])
        ]
        png = PictureSettings(formats={"png": 1})
        media = tuple(png.encode(rng, f"screen{n}", screen(n, spot)) for n, spot in enumerate(spots))
        yield Draft("trajectory", "en", media, {"steps": steps})


ROWS = {"films": "tests.pipelines.moving:Films", "walks": "tests.pipelines.moving:Walks"}
