"""Real files, made by FFmpeg, whose frames spell their numbers: the right frames at the right moments, or one line."""

import contextlib
import itertools

import numpy as np
import pytest

from curation.errors import MediaError
from curation.video import describe, frames
from tests.curation.movies import movie, number_of, with_index_first

CONSTANT = [n / 30 for n in range(60)]
VARIABLE = [0.0, 0.1, 0.15, 0.9, 1.0, 2.5, 2.6, 2.7, 3.1, 3.1625, 7.0]
KINDS = [
    {},
    {"between": 0},
    {"between": 3, "key_every": 12},
    {"key_every": 1000},
    {"between": 3, "open_groups": True},
    {"codec": "libvpx-vp9", "container": "webm"},
    {"codec": "libx264", "container": "matroska"},
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("times", [CONSTANT, VARIABLE, [0.0], [0.0, 0.2, 0.4]])
def test_every_frame_is_found_at_its_moment(kind, times):
    data = movie(times, **kind)
    media = describe(data, "a.mp4")
    assert (media.kind, media.width, media.height, media.length) == ("video", 64, 48, len(data))
    tick = 0.001 if kind.get("container") in ("webm", "matroska") else 1 / 90_000
    assert media.timestamps == pytest.approx(times, abs=tick)
    assert [number_of(frame) for frame in frames(data, range(len(times)))] == list(range(len(times)))


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_wanted_frames_come_in_order_and_as_often_as_wanted(kind):
    data = movie(CONSTANT, **kind)
    rng = np.random.default_rng(0)
    for _ in range(5):
        wanted = np.sort(rng.integers(0, len(CONSTANT), rng.integers(1, 12))).tolist()
        assert [number_of(frame) for frame in frames(data, wanted)] == wanted


def test_moments_count_from_the_first_frame():
    assert describe(movie([2.0, 2.5, 3.5])).timestamps == (0, 0.5, 1.5)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "mp4"),
        ({"container": "mov"}, "mov"),
        ({"container": "matroska"}, "mkv"),
        ({"codec": "libvpx-vp9", "container": "webm"}, "webm"),
    ],
)
def test_the_format_is_read_from_the_content(options, name):
    assert describe(movie([0, 0.1], **options)).format == name


def test_a_phone_held_upright_gives_an_upright_video():
    """The matrix of a video's track header (ISO 14496-12, 8.3.2), as phones write it: (x, y) is shown at (-y, x), a
    quarter turn clockwise."""
    data = movie([0, 0.1])
    assert next(frames(data, [0]))[4, 32].argmax() == 0  # the red bar is above
    one, start = 0x10000, data.index(b"tkhd") + 44
    turned = np.array([0, one, 0, -one, 0, 0, 0, 0, 0x4000 * one], ">i4").tobytes()
    data = data[:start] + turned + data[start + len(turned) :]
    media = describe(data)
    frame = next(frames(data, [0]))
    assert (media.width, media.height) == (48, 64)
    assert frame.shape == (64, 48, 3)
    assert frame[32, -4, 0] > 200 > 50 > frame[32, 4, 0]  # and now at the right


@pytest.mark.parametrize("cut", [1, 50, 500])
def test_a_file_that_was_cut_off_is_named(cut, tmp_path):
    data = with_index_first(movie(CONSTANT, size=(128, 96)), tmp_path)
    assert len(describe(data).timestamps) == len(CONSTANT)
    with pytest.raises(MediaError, match=r"^(corrupt|truncated): clips/7\.mp4: "):
        describe(data[:-cut], "clips/7.mp4")
    with pytest.raises(MediaError, match=r"^truncated: clips/7\.webm: [\d,]+ bytes where its header says"):
        describe(movie(CONSTANT, codec="libvpx-vp9", container="webm")[:-cut], "clips/7.webm")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "format: x: a file of 0 bytes"),
        (b"#EXTM3U\nhttp://localhost/secret.mp4\n", "format: x: neither MP4 nor WebM"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(80), "corrupt: x: "),
        (b"\x1aE\xdf\xa3", "truncated: x: "),
        (b"\x1aE\xdf\xa3\x80" + bytes(80), "corrupt: x: "),
    ],
)
def test_what_is_no_video_is_one_line(data, message):
    with pytest.raises(MediaError, match=f"^{message}") as caught:
        describe(data, "x")
    assert "\n" not in str(caught.value)


def test_a_frame_that_is_not_there_is_an_error():
    with pytest.raises(MediaError, match=r"altered: x: frame 3 is wanted and there are 3"):
        list(frames(movie([0, 0.1, 0.2]), [0, 3], "x"))


def test_a_picture_larger_than_the_bound_is_never_decoded(monkeypatch):
    monkeypatch.setattr("curation.video.MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(MediaError, match="too large: x: 64 x 48"):
        describe(movie([0, 0.1]), "x")


def test_a_video_of_more_frames_than_the_bound_is_refused(monkeypatch):
    monkeypatch.setattr("curation.video.MAX_FRAMES", 10)
    for kind in ({}, {"codec": "libvpx-vp9", "container": "webm"}):
        with pytest.raises(MediaError, match="too large: x: "):
            describe(movie(CONSTANT, **kind), "x")


@pytest.mark.parametrize("kind", [{}, {"codec": "libvpx-vp9", "container": "webm"}])
def test_damage_anywhere_is_a_media_error_or_a_video(kind):
    whole, rng = movie(CONSTANT[:20], **kind), np.random.default_rng(0)
    for _ in range(60):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), 20):
            data[place] = rng.integers(256)
        with contextlib.suppress(MediaError):
            count = len(describe(bytes(data), "x").timestamps)
            assert len(list(frames(bytes(data), range(count), "x"))) == count


def test_damage_that_can_be_seen_is_refused_and_not_patched_over():
    """Players guess at what is missing. A few damages are still valid codes for another picture: nothing tells them."""
    whole = movie(CONSTANT, size=(320, 240), key_every=30)
    expected = np.stack(list(frames(whole, range(60)))).astype(int)
    rng, begin = np.random.default_rng(0), whole.index(b"mdat") + 800
    refused = unnoticed = 0
    for place in rng.integers(begin, len(whole) * 2 // 3, 20):
        data = whole[:place] + bytes(rng.integers(0, 256, 6, dtype=np.uint8)) + whole[place + 6 :]
        try:
            unnoticed += np.abs(np.stack(list(frames(data, range(60), "x"))) - expected).max() > 60
        except MediaError:
            refused += 1
    assert refused > 10
    assert unnoticed <= 1


def test_frames_are_decoded_one_at_a_time():
    stream = frames(movie(CONSTANT), range(60))
    assert [number_of(frame) for frame in itertools.islice(stream, 2)] == [0, 1]
    stream.close()
