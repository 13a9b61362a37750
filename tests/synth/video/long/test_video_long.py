"""Long films: their parts, and what comes in them, are known again in their frames; and they fit the caps."""

import copy

import numpy as np
import pytest

from curation.document import Document
from model.config import VisionConfig
from model.frames import VideoBudget, sample
from synth.generate import samples
from synth.mutation import judge
from synth.sample import Evidence, Sample
from synth.video.long import asked, views
from synth.video.long.generator import LongVideos, LongVideosSettings
from synth.video.long.wording import QUESTIONS
from tests.train.conftest import MODEL

SHORT = {
    **{"minutes": (0.5, 0.8), "part": (4.0, 9.0), "steps": (0.5, 1.0, 2.0)},
    "canvas": {"pixels": (120_000, 140_000), "aspects": (1.3, 1.7)},
}


@pytest.fixture(scope="module")
def settings(corpus, background_folder, sprite_folder) -> dict:
    return {
        **{"corpus": corpus, "backgrounds": str(background_folder), "sprites": [{"path": str(sprite_folder)}]},
        **{"languages": {"en": 1, "ru": 1}, "unguessable": 0.9, **SHORT},
    }


@pytest.fixture(scope="module")
def generator(settings) -> LongVideos:
    return LongVideos(LongVideosSettings.model_validate(settings))


def made(generator, seeds) -> list[Sample]:
    return [each for seed in seeds for each in samples(generator, "test", seed) if isinstance(each, Sample)]


@pytest.fixture(scope="module")
def proven(generator) -> list[Sample]:
    return made(generator, range(2))


def test_films_are_proved(proven):
    assert len(proven) >= 8
    for each in proven:
        assert Document.from_json(each.document.to_json()) == each.document


def test_a_caption_tells_every_part_with_its_bounds(proven):
    told = next(each for each in proven if each.document.proof["view"] == "caption")
    parts = told.document.proof["claims"]["parts"]
    text = told.document.turns[1].text
    places = [text.index(f'"{part["title"]}"') for part in parts]
    assert places == sorted(places)


def test_a_film_of_over_half_an_hour_is_cheap_and_fits_the_caps(settings):
    hour = {
        **settings,
        "minutes": (31, 33),
        "part": (60, 170),
        "steps": (8.0, 10.0),
        "of_one": 1,
        "kinds": {"slide": 1},
    }
    [film] = made(LongVideos(LongVideosSettings.model_validate(hour)), range(1))
    media = film.document.media[0]
    assert media.timestamps[-1] > 1_800
    assert len(film.contents[0]) < 4_000_000
    vision = VisionConfig.model_validate(MODEL["vision"])
    seen = sample(media, VideoBudget(fps=(2.0,), min_pixels=28 * 28 * 4), vision)
    cell = vision.patch_size * vision.spatial_merge_size
    assert len(seen.indices) <= 768
    assert len(seen.indices) // 2 * (seen.size[0] // cell) * (seen.size[1] // cell) <= 24_576


def test_what_is_asked_about_is_there_once(proven):
    rng = np.random.default_rng(0)
    for each in proven[:2]:
        claims = each.document.proof["claims"]
        for view in asked.views(rng, claims, len(views.KINDS)):
            assert not list(asked.faults({**claims, "view": view}))
            assert views.turns({**claims, "view": view})[1].parts


def test_a_part_that_goes_on_through_the_next_is_found(generator, proven):
    sound = next(each for each in proven if each.document.proof["view"] == "caption")
    claims = copy.deepcopy(sound.document.proof["claims"])
    claims["parts"][0]["end"] = claims["parts"][1]["end"]
    del claims["parts"][1]
    found = {each.check for each in generator.checker.failures(claims, Evidence(sound.contents), False)}
    assert {"frames", "parts"} & found


@pytest.mark.slow
def test_lies_are_found(generator, proven):
    verdicts = [
        verdict
        for each in proven[::4]
        for verdict in judge(each.document, each.contents, Cheap(generator), np.random.default_rng(1))
    ]
    missed = [verdict.lie for verdict in verdicts if not verdict.found_by]
    assert len(verdicts) > 30
    assert not missed


def Cheap(generator):  # noqa: N802  a checker without an OCR engine
    checker = copy.copy(generator.checker)
    checker.failures = lambda claims, evidence, audit: generator.checker.failures(claims, evidence, False)
    return checker


def test_every_kind_of_question_has_wordings():
    assert set(views.KINDS) == set(QUESTIONS)
    assert all(len(said) > 1 for said in QUESTIONS.values())
