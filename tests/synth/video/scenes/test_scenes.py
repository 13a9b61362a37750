"""Films of scenes: what is said of them is seen in their frames, at every rate at which they are sampled."""

import copy
from collections import Counter

import numpy as np
import pytest

from curation.document import Box, Image, Text, Time, Video
from model.config import VisionConfig
from model.frames import VideoBudget, sample
from synth.generate import samples
from synth.mutation import judge
from synth.prove import prove
from synth.sample import Evidence, Sample, Unproven
from synth.video.scenes import tracks
from synth.video.scenes.asked import VIEWS
from synth.video.scenes.found import NEAR
from synth.video.scenes.generator import VideoScenes, VideoSceneSettings
from synth.video.scenes.lies import LIES
from synth.video.scenes.pairs import reach
from synth.video.scenes.views import name_at
from tests.train.conftest import MODEL

VISION = VisionConfig.model_validate(MODEL["vision"])
SEEDS = 7


@pytest.fixture(scope="module")
def generator(sprite_folder, background_folder) -> VideoScenes:
    stage = {"canvas": {"pixels": (47_040, 70_000), "aspects": (0.8, 1.4)}, "objects": (2, 3), "seconds": (6.0, 14.0)}
    stage |= {"sizes": (0.2, 0.3), "clock": {"fps": {8.0: 1.0, 10.0: 1.0}}, "shots": (1, 2)}
    given = {"sprites": str(sprite_folder), "backgrounds": str(background_folder), "stage": stage, "of_one": 10}
    return VideoScenes(VideoSceneSettings.model_validate(given))


@pytest.fixture(scope="module")
def made(generator) -> list[Sample]:
    found = [item for seed in range(SEEDS) for item in samples(generator, "scenes", seed)]
    sound = [item for item in found if not isinstance(item, Unproven)]
    assert len(sound) >= 0.8 * len(found)
    return sound


def films(made: list[Sample]) -> list[Sample]:
    """One sample of each film."""
    return list({sample.document.media[0].sha256: sample for sample in made}.values())


def test_every_view_is_made(made):
    assert {item.document.proof["view"] for item in made} == {*VIEWS, "frame"}


def test_times_are_parts_and_never_digits_in_the_text(made):
    for item in made:
        parts = [part for part in item.document.parts() if not isinstance(part, Text)]
        assert {type(part) for part in parts} <= {Video, Image, Time, Box}
        if item.document.proof["view"] in ("when", "what", "dense"):
            assert any(isinstance(part, Time) for part in parts)


def test_timestamps_are_those_of_the_file_and_of_the_clock(made):
    for item in films(made):
        media = item.document.media[0]
        assert list(media.timestamps) == list(Evidence(item.contents).film().timestamps)
        assert list(media.timestamps) == tracks.times(item.document.proof["claims"]["spec"]).tolist()


def test_equal_seeds_give_equal_bytes(generator, made):
    again = next(item for item in samples(generator, "scenes", made[0].document.source.seed))
    assert isinstance(again, Sample)
    assert again.contents == made[0].contents


@pytest.mark.slow
def test_every_lie_is_found(generator, made):
    told, missed = Counter(), []
    for item in made[::4]:
        for verdict in judge(item.document, item.contents, generator.checker, np.random.default_rng(2)):
            told[verdict.lie.removeprefix("claimed ")] += 1
            missed += [] if verdict.found_by else [(verdict.lie, item.document.proof["view"])]
    assert missed == []
    assert set(LIES) - set(told) <= {"denied", "elsewhere", "count_off", "box_moved", "frame_moved"}


@pytest.mark.parametrize("kind", ["appear", "vanish"])
def test_half_a_second_makes_a_moment_untrue(generator, made, kind):
    item = next(item for item in films(made) if any(e["kind"] == kind for e in _spec(item)["events"]))
    for later in (-0.5, 0.5):
        claims = copy.deepcopy(dict(item.document.proof["claims"]))
        event = next(event for event in claims["spec"]["events"] if event["kind"] == kind)
        event["start"] = event["end"] = round(event["start"] + later, 2)
        failures = list(generator.checker.failures(claims, Evidence(item.contents), False))
        assert [failure.check for failure in failures][:1] == ["events"]


def _spec(item: Sample) -> dict:
    return item.document.proof["claims"]["spec"]


def test_a_hidden_object_is_found_out(generator, made):
    """Claims that leave out an object altogether do not hold: the ground is not seen where it is."""
    item = next(item for item in films(made) if not any(thing["legs"] for thing in _spec(item)["objects"][-1:]))
    claims = copy.deepcopy(dict(item.document.proof["claims"]))
    gone = claims["spec"]["objects"].pop()
    claims["spec"]["events"] = [event for event in claims["spec"]["events"] if event["object"] != gone["id"]]
    claims["items"] = []
    failures = list(generator.checker.failures(claims, Evidence(item.contents), False))
    assert {failure.check for failure in failures} in ({"pixels"}, {"film"})


def test_another_film_proves_nothing(generator, made):
    one, other = films(made)[:2]
    contents = (other.contents[0], *one.contents[1:])
    claims = dict(one.document.proof["claims"])
    assert [failure.check for failure in generator.checker.failures(claims, Evidence(contents), False)]
    assert prove(one.document, one.contents, generator.checker, True) == []


@pytest.mark.parametrize("fps", [1.0, 2.0, 5.0])
def test_labels_hold_at_every_rate_at_which_a_film_is_sampled(made, generator, fps):
    """Of the frames that a model is shown, decoded, those before an object appears show the ground where it will be,
    and those after it show something else; and what is said of a moment is so of the frame sampled for it."""
    tried = 0
    for item in films(made):
        spec, media = _spec(item), item.document.media[0]
        seen = sample(media, VideoBudget(fps=(fps,), min_pixels=784), VISION)
        shown = np.array(media.timestamps)[seen.indices]
        frames = np.stack(list(Evidence(item.contents).frames(0, seen.indices.tolist())))
        assert (shown <= seen.times + 1e-4).all()
        for event in spec["events"]:
            if event["kind"] not in ("appear", "vanish"):
                continue
            [thing] = [thing for thing in spec["objects"] if thing["id"] == event["object"]]
            if thing["legs"] or thing["scale"] or spec["shots"][thing["shot"]]["camera"][0][2] != 1.0:
                continue
            near = (np.abs(shown - event["start"]) < 1.19) & (tracks.shot_of(spec, shown) == thing["shot"])
            before, after = near & (shown < event["start"] - NEAR), near & (shown > event["start"] + NEAR)
            if not before.any() or not after.any() or spec["shots"][thing["shot"]]["camera"][0] != [0.0, 0.0, 1.0]:
                continue
            x, y = (round(value) for value in thing["at"])
            window = frames[:, max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4].astype(float).mean((1, 2))
            change = np.abs(window[before][:, None] - window[after][None]).mean(-1)
            assert change.min() > 3 * max(np.abs(window[before] - window[before][0]).mean(-1).max(), 2.0)
            tried += 1
    assert tried


def test_the_proof_decides_by_pixels_which_of_two_films_is_meant(made):
    names = [{look[1] for thing in _spec(item)["objects"] for look in thing["looks"]} for item in films(made)]
    assert len({frozenset(each) for each in names}) > 1


def test_paths_begin_and_end_where_they_are_said_to():
    thing = {"at": [5.0, 6.0], "legs": [[1.0, 5.0, 6.0, 3.0, 45.0, 6.0, 0.5], [4.0, 45.0, 6.0, 5.0, 45.0, 26.0, 0.0]]}
    x, y = tracks.place(thing, np.array([0.0, 1.0, 2.0, 3.0, 3.5, 4.5, 9.0]))
    assert x.tolist() == [5, 5, 25, 45, 45, 45, 45]
    assert y.tolist() == [6, 6, 16, 6, 6, 16, 26]


def test_a_clock_reads_back_as_it_was_written():
    ticks = np.array([0, 9000, 18000, 21000, 24000, 60000])
    assert tracks.clock(ticks) == [[9000, 2], [3000, 2], [36000, 1]]
    assert tracks.times({"clock": tracks.clock(ticks)}).tolist() == [0, 0.1, 0.2, 0.233333, 0.266667, 0.666667]


def test_masks_touch_where_their_outlines_meet():
    disc = np.hypot(*(np.mgrid[:21, :21] - 10)) <= 10
    block = np.ones((11, 31), bool)
    assert reach(disc, block, "left", 0) == pytest.approx(10.5 + 15.5)
    assert reach(disc, disc, "top", 0) == pytest.approx(21)
    assert reach(disc, disc, "right", 40) is None


def test_an_object_is_called_by_what_it_is_before_it_becomes_another():
    spec = {"objects": [{"id": 4, "looks": [[0.0, "dog", "", None, 9, 9], [3.0, "cat", "", None, 9, 9]]}]}
    assert [name_at(spec, 4, at) for at in (0.0, 3.0, 3.5)] == ["dog", "dog", "cat"]
