"""Films of text: what is told of them is what their frames show, at every rate at which they are sampled."""

import copy
from bisect import bisect_right

import numpy as np
import pytest

from curation.document import Document, Time
from curation.errors import UserError
from model.config import VisionConfig
from model.frames import VideoBudget, sample
from synth.generate import samples
from synth.mutation import judge
from synth.prove import prove
from synth.sample import Evidence, Sample
from synth.video.texts import proof, views
from synth.video.texts.generator import ScrollingTexts, ScrollingTextsSettings
from synth.video.texts.kit import Kit
from synth.video.texts.programmes import PROGRAMMES
from synth.video.texts.wording import _ORDER, ENGLISH, OWN
from tests.train.conftest import MODEL

SMALL = {"seconds": (4, 6), "canvas": {"pixels": (100_352, 130_000)}, "clock": {"fps": {6.0: 1, 10.0: 1}}}


@pytest.fixture(scope="module")
def texts(corpus) -> ScrollingTexts:
    return ScrollingTexts(ScrollingTextsSettings.model_validate({"corpus": corpus, **SMALL}))


def made(generator, seeds) -> list[Sample]:
    return [each for seed in seeds for each in samples(generator, "test", seed) if isinstance(each, Sample)]


@pytest.fixture(scope="module")
def proven(texts) -> list[Sample]:
    return made(texts, range(5))


def test_films_are_proved_and_equal_from_equal_seeds(texts, proven):
    assert len(proven) >= 15
    again = made(texts, range(1))
    assert [each.document.key for each in again] == [each.document.key for each in proven[: len(again)]]
    for each in proven:
        assert Document.from_json(each.document.to_json()) == each.document


@pytest.mark.parametrize("name", sorted(PROGRAMMES))
def test_every_programme_can_be_proved(corpus, name):
    alone = ScrollingTexts(ScrollingTextsSettings.model_validate({"corpus": corpus, **SMALL, "programmes": {name: 1}}))
    assert len(made(alone, range(3))) >= 2


def test_times_told_are_moments_of_frames_at_every_rate(proven):
    for each in proven:
        media = each.document.media[0]
        told = [part.seconds for part in each.document.turns[-1].parts if isinstance(part, Time)]
        assert set(told) <= set(media.timestamps)
        for fps in (1.0, 2.0, 5.0):
            sampled = sample(media, VideoBudget(fps=(fps,)), VisionConfig.model_validate(MODEL["vision"]))
            for index, moment in zip(sampled.indices, sampled.times, strict=True):
                assert index == bisect_right(media.timestamps, moment + 5e-6) - 1


def test_what_can_be_read_at_a_moment_is_what_the_frame_then_shows(proven):
    """An oracle of its own: between two frames with other spans, the luminance of the line's place changes."""
    for each in proven[:6]:
        claims = each.document.proof["claims"]
        times = np.array(each.document.media[0].timestamps)
        greys = proof.greys(Evidence(each.contents))
        for item in claims["items"]:
            if item["glides"] or item["read"] is None or item["read"][0] == 0:
                continue
            first = int(np.searchsorted(times, item["read"][0]))
            x, y = (int(side) for side in proof.place(item, float(times[first])))
            x1, y1, x2, y2 = item["ink"]
            window = np.s_[max(y1 + y, 0) : y2 + y, max(x1 + x, 0) : x2 + x]
            change = np.abs(greys[first][window].astype(int) - greys[first - 1][window]).max()
            assert change > 60, item["text"]


@pytest.mark.slow
def test_lies_are_found(proven):
    verdicts = [
        verdict
        for each in proven[::2]
        for verdict in judge(each.document, each.contents, Cheap(), np.random.default_rng(1))
    ]
    missed = [verdict.lie for verdict in verdicts if not verdict.found_by]
    assert len(verdicts) > 60
    assert not missed


def Cheap():  # noqa: N802  a checker without an OCR engine
    checker = ScrollingTexts.make_checker(None)
    checker.failures = lambda claims, evidence, audit: type(checker).failures(checker, claims, evidence, False)
    return checker


def test_a_line_half_a_second_later_is_found(texts, proven):
    sound = next(each for each in proven if each.document.proof["view"] == "when")
    claims = copy.deepcopy(sound.document.proof["claims"])
    item = claims["items"][claims["view"]["target"]]
    item["read"] = [moment + 0.5 for moment in item["read"]]
    found = list(texts.checker.failures(claims, Evidence(sound.contents), False))
    assert {each.check for each in found} == {"span"}


def test_another_film_does_not_prove_the_same_claims(texts, proven):
    one, other = proven[0], next(each for each in proven if each.contents[0] != proven[0].contents[0])
    assert prove(one.document, (other.contents[0], one.contents[1]), texts.checker, False)


def test_every_question_is_asked_in_every_language():
    names = {"text", "t1", "t2", "list"}
    for kind in views.KINDS:
        wanted = {name for name in names if f"{{{name}}}" in ENGLISH[kind][0]}
        for language in _ORDER:
            assert {name for name in names if f"{{{name}}}" in OWN[kind][language]} == wanted, (kind, language)


def test_lines_of_one_film_are_not_within_each_other(texts):
    rng = np.random.default_rng(2)
    kit = Kit(rng, texts.material, "en", 20)
    told = [kit.line(260).text for _ in range(8)]
    assert all(one not in other for one in told for other in told if one is not other)


def test_a_bad_setting_is_told_in_one_line(corpus):
    with pytest.raises((UserError, ValueError), match="seconds"):
        ScrollingTextsSettings.model_validate({"corpus": corpus, "seconds": (9, 2)})
