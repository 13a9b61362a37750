"""The core: from seeds to proven samples, and lies that a proof must find. A tiny generator shows one square."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np
import PIL.Image
import pytest

from curation.config import Config
from curation.document import Box, Image, Text, Time, Turn, Video
from curation.errors import UserError
from curation.video import describe
from synth import generators
from synth.encode import PictureSettings
from synth.generate import audits, samples
from synth.mutation import judge
from synth.prove import prove, was_audited
from synth.sample import Checker, Draft, Encoded, Failure, Generator, Sample, Unproven
from tests.curation.movies import movie, number_of


class SquareChecker(Checker):
    checks: ClassVar = ("square",)
    audits: ClassVar = ("edges",)

    def turns(self, claims):
        box = Box(0, *claims["box"])
        return Turn("user", (Image(0), Text("Where?"))), Turn("assistant", (Text("Square "), box))

    def failures(self, claims, evidence, audit):
        rows, columns = np.nonzero(evidence.picture()[..., 0] > 128)
        seen = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]
        if seen != claims["box"]:
            yield Failure("square", f"it is at {seen}")

    def mutations(self, claims, rng):
        yield "box_shifted", {**claims, "box": [edge + 4 for edge in claims["box"]]}
        yield "nothing", claims


class Squares(Generator):
    """Draws `each` squares a seed; a square that is to be black cannot be proved."""

    name: ClassVar = "squares"
    version: ClassVar = "7"
    settings: ClassVar = Config
    licence = "CC0-1.0"
    checker = SquareChecker()

    def __init__(self, each: int = 1, wrong: int = -1):
        self.each, self.wrong = each, wrong

    @classmethod
    def make_checker(cls, settings):
        return SquareChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        for number in range(self.each):
            x, y = (int(place) for place in rng.integers(0, 40, 2))
            pixels = np.zeros((56, 56, 3), np.uint8)
            pixels[y : y + 10, x : x + 10] = 255
            scene = PictureSettings(formats={"png": 1}).encode(rng, "scene", PIL.Image.fromarray(pixels))
            box = [x, y, x + 10, y + 11 if number == self.wrong else y + 10]
            yield Draft("grounding", "en", (scene,), {"box": box}, view=f"v{number}", licence="CC-BY-4.0")
        if self.each == 0:
            raise Unproven([Failure("scene", "no room")])


class FilmChecker(Checker):
    """Claims when a frame of a movie is shown, which spells its number."""

    checks: ClassVar = ("clock", "frame")

    def turns(self, claims):
        return Turn("user", (Video(0), Text(f"When is {claims['frame']} shown?"))), Turn(
            "assistant", (Time(0, claims["at"], "hmsf"),)
        )

    def failures(self, claims, evidence, audit):
        times = evidence.film().timestamps
        if claims["at"] not in times:
            yield Failure("clock", f"{claims['at']} is none of {times}")
            return
        [frame] = evidence.frames(0, [times.index(claims["at"])])
        if number_of(frame) != claims["frame"]:
            yield Failure("frame", f"{number_of(frame)} is shown then")

    def mutations(self, claims, rng):
        yield "frame_changed", {**claims, "frame": claims["frame"] ^ 1}


class Films(Generator):
    name: ClassVar = "films"
    version: ClassVar = "1"
    settings: ClassVar = Config
    checker = FilmChecker()

    def __init__(self):
        pass

    @classmethod
    def make_checker(cls, settings):
        return FilmChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        content = movie([0, 0.25, 1.0, 3.5])
        film = describe(content)
        encoded = Encoded("film", film.format, film.width, film.height, content, film.timestamps)
        yield Draft("video", "en", (encoded,), {"frame": 2, "at": film.timestamps[2]})


def made(generator: Generator, seed: int = 3, audit: float = 0.0) -> list[Sample | Unproven]:
    return list(samples(generator, "demo", seed, audit))


def test_a_sample_says_where_it_comes_from_and_what_was_checked():
    [sample] = made(Squares())
    document = sample.document
    assert (document.source.generator, document.source.seed, document.source.dataset) == ("squares/7", 3, "demo")
    assert document.source.licence == "CC0-1.0; CC-BY-4.0"
    assert document.media[0].origin == "squares/7?recipe=demo&seed=3&view=v0#scene"
    assert set(document.proof["checks"]) == {"media", "turns", "square"}
    assert not was_audited(document, SquareChecker())
    json.dumps(document.proof, allow_nan=False)


def test_equal_seeds_give_equal_samples_and_recipes_tell_other_stories():
    [one], [again], [other] = made(Squares()), made(Squares()), list(samples(Squares(), "other", 3))
    assert one == again
    assert one.contents != other.contents


def test_costly_checks_run_on_a_share_of_seeds_decided_by_number():
    assert sum(audits("demo", seed, 0.25) for seed in range(2000)) == pytest.approx(500, abs=80)
    assert not any(audits("demo", seed, 0) for seed in range(100))
    [sample] = made(Squares(), audit=1.0)
    assert was_audited(sample.document, SquareChecker())


def test_a_view_that_cannot_be_proved_does_not_take_the_others_with_it():
    first, second, third = made(Squares(each=3, wrong=1))
    assert isinstance(first, Sample)
    assert isinstance(third, Sample)
    assert isinstance(second, Unproven)
    assert second.failures[0].check == "square"


def test_a_seed_of_which_nothing_can_be_made_says_why():
    [unproven] = made(Squares(each=0))
    assert str(unproven) == "scene: no room"


def test_lies_are_told_of_turns_and_of_claims_and_found():
    [sample] = made(Squares())
    verdicts = judge(sample.document, sample.contents, SquareChecker(), np.random.default_rng(0))
    assert {verdict.lie: verdict.found_by for verdict in verdicts} == {
        "said box_shifted": ("turns",),
        "said letter_changed": ("turns",),
        "claimed box_shifted": ("square",),
    }


def test_a_video_is_a_medium_with_its_timestamps_and_is_proved_by_its_frames():
    [sample] = made(Films())
    [media] = sample.document.media
    assert (media.kind, media.format, media.timestamps) == ("video", "mp4", (0.0, 0.25, 1.0, 3.5))
    verdicts = judge(sample.document, sample.contents, FilmChecker(), np.random.default_rng(0))
    assert {verdict.lie: verdict.found_by for verdict in verdicts} == {
        "said time_moved": ("turns",),
        "said clock_moved": ("media",),
        "claimed frame_changed": ("frame",),
    }


def test_a_damaged_video_is_a_failure():
    [sample] = made(Films())
    cut = sample.contents[0][:-200]
    digest = hashlib.sha256(cut).hexdigest()
    document = replace(sample.document, media=(replace(sample.document.media[0], sha256=digest),))
    assert [each.check for each in prove(document, [cut], FilmChecker(), False)] == ["form"]


def test_altered_bytes_and_damaged_claims_are_failures():
    [sample] = made(Squares())
    checker = SquareChecker()
    assert [each.check for each in prove(sample.document, [sample.contents[0] + b" "], checker, False)] == ["media"]
    for proof in ({}, {"claims": None}, {"claims": {"box": [1]}}, {"claims": {"box": "abcd"}}):
        assert prove(replace(sample.document, proof=proof), sample.contents, checker, False)
    assert [each.check for each in prove(sample.document, [], checker, False)] == ["form"]


def test_an_unknown_generator_is_one_line():
    assert generators.find("grounding").name == "grounding"
    with pytest.raises(UserError, match="'cubes' is no generator: one of grounding, "):
        generators.find("cubes")
