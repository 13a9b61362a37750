"""Recordings of screens: their events are those that their frames and their trajectory show."""

import copy
import shutil

import cv2
import numpy as np
import pytest

from curation.document import Document, Time
from synth.generate import samples
from synth.pages.browser import EXECUTABLES
from synth.sample import Evidence, Sample
from synth.video.screens import proof, timeline
from synth.video.screens.generator import ScreenVideos, ScreenVideosSettings
from synth.video.screens.timeline import Mark

SMALL = {
    **{"steps": (2, 8), "mobile": {"pixels": (150_000, 200_704), "aspects": (0.5, 0.6)}},
    "screen": {"pixels": (300_000, 351_232), "aspects": (1.4, 1.6)},
}


@pytest.fixture(scope="module")
def recordings():
    if not any(map(shutil.which, EXECUTABLES)):
        pytest.skip("needs Chromium")
    generator = ScreenVideos(ScreenVideosSettings.model_validate(SMALL))
    yield generator
    generator.close()


@pytest.fixture(scope="module")
def proven(recordings) -> list[Sample]:
    found = [each for seed in range(2) for each in samples(recordings, "test", seed)]
    return [each for each in found if isinstance(each, Sample)]


def test_recordings_are_proved(proven):
    assert len(proven) >= 4
    for each in proven:
        assert Document.from_json(each.document.to_json()) == each.document


def test_times_told_are_moments_of_frames(proven):
    for each in proven:
        told = [part.seconds for part in each.document.turns[1].parts if isinstance(part, Time)]
        assert set(told) <= set(each.document.media[0].timestamps)


@pytest.mark.parametrize("key", ["start", "end", "press"])
def test_an_event_half_a_second_off_is_found(recordings, proven, key):
    claims = copy.deepcopy(proven[0].document.proof["claims"])
    event = next((event for event in claims["events"] if event[key] is not None), None)
    if event is None:
        pytest.skip("no click in it")
    event[key] += 0.5
    found = {each.check for each in recordings.checker.failures(claims, Evidence(proven[0].contents), False)}
    assert "events" in found


def test_a_pointer_elsewhere_is_found(proven):
    for each in proven:
        claims = copy.deepcopy(each.document.proof["claims"])
        if claims["mark"]["pointer"]:
            claims["frames"][1][1] += 12 if claims["frames"][1][1] < 100 else -12
            assert list(proof._frames(claims, Evidence(each.contents)))


@pytest.mark.parametrize("place", [(40, 40), (2, 3), (70, 60)])
@pytest.mark.parametrize(("pointer", "pressed"), [(True, False), (False, True), (True, True)])
def test_marks_drawn_twice_are_alike(place, pointer, pressed):
    mark = Mark(pointer, 1.3, 12, 4, (20, 90, 230), True)
    screen = np.full((80, 80, 3), 210, np.uint8)
    drawn = cv2.cvtColor(timeline.draw(screen, place, pressed, mark), cv2.COLOR_RGB2GRAY).astype(np.float32)
    told = {"pointer": pointer, "scale": 1.3, "radius": 12, "wide": 4, "colour": [20, 90, 230], "dark": True}
    again = proof._marked(np.full((80, 80), 210, np.float32), place, pressed, told)
    assert float(np.abs(cv2.GaussianBlur(drawn - again, (5, 5), 0.9)).max()) < proof.LEFT
    assert float(np.abs(drawn - 210).max()) > 40
