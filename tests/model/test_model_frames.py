"""The frames of a video, from its timestamps alone; transformers' video processor is the oracle where it agrees."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation.document import Media
from curation.errors import MediaError
from model.config import VisionConfig
from model.frames import VideoBudget, sample
from tests.train.conftest import MODEL

VISION = VisionConfig.model_validate(MODEL["vision"])


def clip(times, width: int = 640, height: int = 360, digest: str = "0") -> Media:
    return Media("video", "mp4", width, height, digest, "clip.mp4", timestamps=tuple(times))


def steady(frames: int, fps: float = 30.0, **size: int) -> Media:
    return clip((number / fps for number in range(frames)), **size)


def tokens_of(seen) -> int:
    return len(seen.indices) // 2 * (seen.size[0] // 28) * (seen.size[1] // 28)


@given(
    frames=st.integers(4, 4000),
    source=st.sampled_from([10.0, 24.0, 25.0, 30.0, 50.0, 60.0]),
    wanted=st.sampled_from([0.5, 1.0, 2.0, 4.0]),
)
def test_at_a_constant_rate_the_frames_are_those_of_transformers(transformers, frames, source, wanted):
    from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor
    from transformers.video_utils import VideoMetadata

    metadata = VideoMetadata(total_num_frames=frames, fps=source)
    expected = Qwen2VLVideoProcessor().sample_frames(metadata, temporal_patch_size=2, fps=wanted).numpy()
    seen = sample(steady(frames, source), VideoBudget(fps=(wanted,)), VISION)
    expected = expected[expected < frames]  # theirs may count one step too many, past the end
    assert len(seen.indices) == len(expected)
    # where a moment falls on the border of two frames, their float32 arithmetic may fall to either side
    assert np.abs(seen.indices - expected).max() <= 1
    exact = np.arange(len(expected)) * frames / len(expected)
    clear = np.abs(exact - np.round(exact)) > 1e-3
    assert np.array_equal(seen.indices[clear], expected[clear])
    assert seen.seconds_per_grid == pytest.approx(2 * frames / source / len(expected), abs=1e-5)


@given(
    frames=st.integers(4, 900),
    width=st.integers(60, 2000),
    height=st.integers(60, 2000),
    tokens=st.integers(200, 3000).map(lambda tens: 10 * tens),
)
def test_the_share_of_each_frame_is_that_of_transformers(transformers, frames, width, height, tokens):
    """Theirs counts nine tenths of `max_video_tokens`, and knows no cap below min_pixels."""
    import torch
    from transformers.image_utils import SizeDict
    from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor

    budget = VideoBudget(max_tokens=int(tokens * 0.9), min_pixels=784, fps=(30.0,))
    seen = sample(steady(frames, width=width, height=height), budget, VISION)
    count = min(frames, 768) // 2 * 2
    if len(seen.indices) < count:
        return  # whole cells of a narrow video are above its share, and theirs lets them
    processor = Qwen2VLVideoProcessor(max_video_tokens=tokens)
    resized = processor.resize(
        torch.empty(1, count, 1, height, width, device="meta"), SizeDict(shortest_edge=784, longest_edge=768 * 784),
        None, factor=28, cap_pixels_per_frame=True,
    )  # fmt: skip
    assert resized.shape[:-3:-1] == seen.size


@given(
    gaps=st.lists(st.floats(0.01, 40), min_size=1, max_size=60),
    width=st.integers(30, 3000),
    height=st.integers(30, 3000),
    fps=st.floats(0.1, 30),
    most=st.integers(2, 400).map(lambda half: 2 * half),
    tokens=st.integers(600, 30000),
)
def test_the_caps_hold_whatever_the_video(gaps, width, height, fps, most, tokens):
    budget = VideoBudget(fps=(fps,), max_frames=most, max_tokens=tokens)
    media = clip(np.cumsum(gaps), width, height)
    seen = sample(media, budget, VISION)
    assert 4 <= len(seen.indices) <= most
    assert len(seen.indices) % 2 == 0
    assert tokens_of(seen) <= tokens
    assert seen.size[0] % 28 == 0 == seen.size[1] % 28
    assert (np.diff(seen.indices) >= 0).all()
    assert 0 == seen.indices[0] <= seen.indices[-1] < len(gaps)


def test_long_videos_keep_768_frames_within_24576_tokens():
    seen = sample(steady(30 * 3600), VideoBudget(), VISION)
    assert len(seen.indices) == 768
    assert 0.8 * 24_576 < tokens_of(seen) <= 24_576
    assert seen.seconds_per_grid == pytest.approx(3600 / 384)


def test_small_frames_are_enlarged_to_min_pixels_and_large_ones_reduced_to_max_pixels():
    small = sample(steady(60, width=56, height=56), VideoBudget(), VISION)
    large = sample(steady(60, width=3840, height=2160), VideoBudget(), VISION)
    assert 128 * 784 <= small.size[0] * small.size[1] < 160 * 784
    assert 600 * 784 < large.size[0] * large.size[1] <= 768 * 784


@pytest.mark.parametrize("fps", [10, 24, 25, 30, 60])
def test_timestamps_to_the_microsecond_lose_no_frame(fps):
    """As `curation.video.describe` keeps them: 20 s at 2 fps are 40 frames."""
    media = clip(np.round(np.arange(20 * fps) / fps, 6).tolist())
    seen = sample(media, VideoBudget(), VISION)
    assert len(seen.indices) == 40
    assert seen.seconds_per_grid == 1.0  # exactly: positions are rounded down


def test_at_a_varying_rate_each_moment_shows_the_frame_that_stands_then():
    media = clip([0, 1, 1.1, 1.2, 1.3, 3.0, 3.5, 4.0])  # the last stands for 4/7 s: 4.571 s in all, 9.1 frames at 2 fps
    seen = sample(media, VideoBudget(), VISION)
    moments = np.arange(8) * media.timestamps[-1] / 7
    assert seen.indices.tolist() == [max(i for i, t in enumerate(media.timestamps) if t <= m) for m in moments]
    assert seen.seconds_per_grid == pytest.approx(2 * 4 / 7, abs=1e-5)


@pytest.mark.parametrize(
    ("frames", "indices"), [(1, [0, 0, 0, 0]), (2, [0, 0, 1, 1]), (3, [0, 0, 1, 2]), (5, [0, 1, 2, 3])]
)
def test_a_very_short_video_repeats_frames_up_to_four(frames, indices):
    assert sample(steady(frames), VideoBudget(), VISION).indices.tolist() == indices


def test_the_fps_of_a_video_is_a_function_of_its_digest_and_the_seed():
    rates = (0.5, 1.0, 2.0, 4.0)
    media = [clip([0.0], digest=f"{number:064x}") for number in range(4000)]
    drawn = [VideoBudget(fps=rates).fps_of(item) for item in media]
    assert drawn == [VideoBudget(fps=rates).fps_of(item) for item in media]
    assert drawn != [VideoBudget(fps=rates, seed=1).fps_of(item) for item in media]
    counts = Counter(drawn)
    assert set(counts) == set(rates)
    assert all(abs(count - 1000) < 5 * np.sqrt(1000 * 0.75) for count in counts.values())  # five deviations


def test_what_cannot_be_sampled_is_named():
    with pytest.raises(MediaError, match=r"timestamps: clip\.mp4: no timestamps"):
        sample(clip([]), VideoBudget(), VISION)
    with pytest.raises(MediaError, match=r"timestamps: clip\.mp4: its timestamps do not rise"):
        sample(clip([0.0, 2.0, 1.0]), VideoBudget(), VISION)
    with pytest.raises(MediaError, match=r"aspect: clip\.mp4: 4 frames of 4000x30 px are over 16 tokens"):
        sample(steady(9, width=4000, height=30), VideoBudget(max_tokens=16), VISION)
    with pytest.raises(MediaError, match="one side is more than 200 times"):
        sample(dataclasses.replace(steady(9), width=28 * 300, height=28), VideoBudget(), VISION)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fps": ()}, "at least 1"),
        ({"fps": (0,)}, "greater than 0"),
        ({"min_frames": 3}, "multiple of 2"),
        ({"min_frames": 8, "max_frames": 6}, "min_frames 8 is above max_frames 6"),
        ({"min_pixels": 10**6}, "min_pixels 1000000 is above max_pixels 602112"),
    ],
)
def test_a_wrong_budget_is_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        VideoBudget(**settings)
