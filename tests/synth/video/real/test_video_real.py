"""Edited footage: what was done to it is found again in its frames."""

import copy

import numpy as np
import pytest

from curation.document import Document
from curation.errors import UserError
from model.config import VisionConfig
from model.frames import VideoBudget, sample
from synth.generate import samples
from synth.mutation import judge
from synth.sample import Evidence, Sample, Unproven
from synth.video import film
from synth.video.real import edits, look
from synth.video.real.edits import EDITS
from synth.video.real.footage import Footage, FootageSource
from synth.video.real.generator import RealVideos, RealVideosSettings
from tests.train.conftest import MODEL

CANVAS = {"pixels": (50_000, 62_000), "aspects": (1.2, 1.6)}


def moving(number: int, many: int = 90) -> list[np.ndarray]:
    """A camera that passes over coloured blots: no two frames are alike."""
    rng = np.random.default_rng(number)
    tint = np.array([(1, 0.3, 0.2), (0.2, 0.5, 1), (0.4, 1, 0.3)][number % 3])
    import cv2

    whole = cv2.resize(rng.integers(0, 256, (14, 40, 3)).astype(np.float32), (1200, 420), interpolation=cv2.INTER_CUBIC)
    whole = np.clip(whole * tint, 0, 255).astype(np.uint8)
    return [whole[20 + number * 3 : 200 + number * 3, 8 * step : 8 * step + 240].copy() for step in range(many)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("footage")
    for number in range(3):
        gaps = np.random.default_rng(number).choice([0.04, 0.08], 90)
        times = np.concatenate([[0.0], np.cumsum(gaps)[:-1]])
        (place / f"clip{number}.mp4").write_bytes(film.encode(moving(number), times, "clip").content)
    return place


@pytest.fixture(scope="module")
def settings(folder, corpus) -> dict:
    return {
        "sources": [{"path": str(folder), "licence": "CC0-1.0"}],
        "captions": {"corpus": corpus, "licence": "own"},
        "seconds": (3, 4.5),
        "canvas": CANVAS,
    }


def made(generator, seeds) -> list[Sample]:
    return [each for seed in seeds for each in samples(generator, "test", seed) if isinstance(each, Sample)]


@pytest.mark.parametrize("edit", sorted(EDITS))
def test_every_edit_is_proved(settings, edit):
    generator = RealVideos(RealVideosSettings.model_validate({**settings, "edits": {edit: 1}}))
    found = made(generator, range(2))
    assert found
    for each in found:
        assert Document.from_json(each.document.to_json()) == each.document
        assert each.document.source.licence == "CC0-1.0; own"


def test_frames_keep_the_moments_of_their_source(folder):
    """A plain film of a file is some of its frames, as far apart as they are there."""
    footage = Footage([FootageSource(path=str(folder))])
    rng = np.random.default_rng(5)
    taken = edits.draw_take(rng, footage, (224, 168), 3.0)
    known = set(np.round(taken.reel.times, 6).tolist())
    start = next(each for each in sorted(known) if {round(each + float(t), 6) for t in taken.times} <= known)
    assert start >= 0


@pytest.mark.parametrize("fps", [1.0, 2.0, 5.0])
def test_sampled_frames_are_those_that_stand_then(settings, fps):
    generator = RealVideos(RealVideosSettings.model_validate({**settings, "edits": {"insert": 1}}))
    [first, *_] = made(generator, range(1))
    media, claims = first.document.media[0], first.document.proof["claims"]
    sampled = sample(media, VideoBudget(fps=(fps,)), VisionConfig.model_validate(MODEL["vision"]))
    seen = look.look(Evidence(first.contents).frames(0, sampled.indices.tolist()))
    plain = [piece for piece in claims["pieces"] if piece["kind"] == "colour"]
    inside = [any(piece["start"] <= at < piece["end"] for piece in plain) for at in (sampled.times + 1e-6).tolist()]
    assert (seen.spreads < 5).tolist() == inside


@pytest.mark.slow
def test_lies_are_found(settings):
    generator = RealVideos(RealVideosSettings.model_validate(settings))
    verdicts = [
        verdict
        for each in made(generator, range(8))
        for verdict in judge(each.document, each.contents, generator.checker, np.random.default_rng(1))
    ]
    assert len(verdicts) > 50
    assert all(verdict.found_by for verdict in verdicts)


def test_a_cut_half_a_second_off_is_found(settings):
    generator = RealVideos(RealVideosSettings.model_validate({**settings, "edits": {"montage": 1}}))
    [first, *_] = made(generator, range(2))
    claims = copy.deepcopy(first.document.proof["claims"])
    times = np.array(first.document.media[0].timestamps)
    wrong = float(times[np.abs(times - claims["pieces"][1]["start"] - 0.5).argmin()])  # a frame begins there
    claims["pieces"][0]["end"] = claims["pieces"][1]["start"] = wrong
    assert "cuts" in {each.check for each in generator.checker.failures(claims, Evidence(first.contents), False)}


def test_a_damaged_file_is_told_of_in_one_line(folder, tmp_path, corpus):
    whole = (folder / "clip0.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    generator = RealVideos(RealVideosSettings.model_validate({"sources": [{"path": str(tmp_path)}], "canvas": CANVAS}))
    [told] = list(samples(generator, "test", 0))
    assert isinstance(told, Unproven)
    assert "cut.mp4" in str(told)
    assert "\n" not in str(told)


def test_a_folder_without_videos_is_told_of(tmp_path):
    with pytest.raises(UserError, match="holds no videos"):
        RealVideos(RealVideosSettings.model_validate({"sources": [{"path": str(tmp_path)}]}))


def test_colours_change_at_cuts_and_not_in_motion():
    one, other = moving(0, 20), moving(1, 20)
    jumps = look.jumps(look.look([*one, *other]))
    assert jumps[20] > 2 * np.delete(jumps, 20).max()
