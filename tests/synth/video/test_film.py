"""Films: what is asked of a clock is what the file states, to the tick."""

import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from curation import video
from curation.document import Media
from model.config import VisionConfig
from model.frames import VideoBudget, sample
from synth.sample import Encoded, Evidence
from synth.video import film
from tests.train.conftest import MODEL

VISION = VisionConfig.model_validate(MODEL["vision"])
KINDS = ("constant", "jitter", "dropped", "changing", "stills")


def numbered(count: int, width: int = 112, height: int = 84):
    """Frames that say which they are: a grey bar's length, in steps of 2 px, by tens and by ones."""
    for number in range(count):
        frame = np.full((height, width, 3), (30, 60, 90), np.uint8)
        frame[: height // 2, : 8 * (number // 10) + 8] = 220
        frame[height // 2 :, : 8 * (number % 10) + 8] = 220
        yield frame


def number_of(frame: np.ndarray) -> int:
    tens, ones = ((half[:, :, 0].mean(0) > 140).sum() // 8 - 1 for half in np.split(frame, 2))
    return int(10 * tens + ones)


@given(seed=st.integers(0, 10_000), kind=st.sampled_from(KINDS), seconds=st.floats(1, 40))
def test_clocks_begin_with_0_rise_and_end_in_time(seed, kind, seconds):
    times = film.ClockSettings(kinds={kind: 1.0}).times(np.random.default_rng(seed), seconds)
    assert times[0] == 0
    assert times[-1] < seconds
    assert len(times) >= 2
    assert (np.diff(times) > 0).all()
    assert np.abs(times * film.TICKS - film.ticks_of(times)).max() < 0.05  # microseconds are 0.09 ticks


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_states_the_moments_that_were_asked_for(kind):
    times = film.ClockSettings(kinds={kind: 1.0}).times(np.random.default_rng(3), 6.0)
    made = film.encode(numbered(len(times)), times, "film")
    assert list(made.timestamps) == times.tolist() == list(video.describe(made.content).timestamps)
    assert (made.kind, made.format, made.width, made.height) == ("video", "mp4", 112, 84)


def test_equal_frames_give_equal_bytes():
    times = film.ClockSettings(kinds={"jitter": 1.0}).times(np.random.default_rng(1), 4.0)
    one, other = (film.encode(numbered(len(times)), times, "film").content for _ in range(2))
    assert one == other


def test_key_frames_are_where_they_are_wanted():
    times = np.arange(60) / 10
    made = film.encode(numbered(60), times, "film", film.Coding(keys=1.5))
    with av.open(io.BytesIO(made.content)) as container:
        keys = [float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.is_keyframe]
    assert keys == [0.0, 1.5, 3.0, 4.5]


@pytest.mark.parametrize("times", [[0.1, 0.2], [0.0, 0.0], [0.0, 0.2, 0.1]])
def test_times_that_do_not_begin_with_0_and_rise_are_an_error(times):
    with pytest.raises(ValueError, match="begin with 0 and rise"):
        film.encode(numbered(len(times)), times, "film")


@pytest.mark.parametrize("frames", [2, 4])
def test_a_time_for_each_frame_is_wanted(frames):
    with pytest.raises(ValueError, match="not as many"):
        film.encode(numbered(frames), [0.0, 0.1, 0.2], "film")


def test_colours_come_back_as_they_were():
    shades = np.array([(200, 30, 30), (30, 160, 60), (40, 60, 200), (250, 250, 250), (12, 12, 12), (128, 128, 128)])
    frame = np.repeat(np.repeat(shades.reshape(2, 3, 3), 56, 0), 56, 1).astype(np.uint8)
    made = film.encode([frame, frame], [0.0, 0.5], "film", film.Coding(crf=12))
    back = next(Evidence((made.content,)).frames(0, [1]))
    middles = back[28::56, 28::56].reshape(-1, 3).astype(int)
    assert np.abs(middles - shades).max() <= 6


def media_of(made: Encoded) -> Media:
    return Media("video", made.format, made.width, made.height, "0" * 64, "", timestamps=made.timestamps)


@hypothesis_settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), kind=st.sampled_from(KINDS))
def test_what_a_model_is_shown_at_any_rate_is_what_stands_then(seed, kind):
    """A bar tells the number of each frame: decoded by PyAV, the frame that is sampled for a moment is the last one
    whose timestamp is not after it."""
    times = film.ClockSettings(kinds={kind: 1.0}, fps={12.0: 1.0, 8.0: 1.0}).times(np.random.default_rng(seed), 7.0)
    made = film.encode(numbered(len(times)), times, "film")
    for fps in (1.0, 2.0, 5.0):
        seen = sample(media_of(made), VideoBudget(fps=(fps,), min_pixels=784), VISION)
        numbers = [number_of(frame) for frame in video.frames(made.content, seen.indices.tolist())]
        assert numbers == seen.indices.tolist()
        for number, moment in zip(numbers, seen.times, strict=True):
            assert times[number] <= moment + 1e-4
            assert number + 1 == len(times) or times[number + 1] > moment - 1e-4
