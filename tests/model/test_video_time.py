"""One stored video at any rate: the frames, the labels and the positions are those of the clock of the file itself.

The oracle is PyAV's plain decoding of the whole file and whole-number arithmetic over it.
"""

import io
import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.document import Document, Image, Media, Text, Time, Turn, Video
from curation.geometry import write_time
from curation.video import describe
from model.config import ModelConfig, VisionConfig
from model.frames import VideoBudget, sample
from model.pack import Encoded, EncodedMedia, pack
from model.positions import media_spans, text_positions
from model.processor import Processor
from model.tokenizer import train_tokenizer
from tests.conftest import media_of, png
from tests.curation.movies import movie, number_of
from tests.train.conftest import MODEL

VISION = VisionConfig.model_validate(MODEL["vision"])
BUDGET = VideoBudget(min_pixels=56 * 56, max_pixels=112 * 112)
RATES = (1.0, 2.0, 5.0)
SLACK = Fraction(5, 1_000_000)  # seconds: labels are kept to the microsecond, and the file's clock ticks 90,000 times


def steady(frames: int = 150, fps: int = 25) -> list[float]:
    return [number / fps for number in range(frames)]


def stills() -> list[float]:
    """25 frames a second; from 1 s to 4.2 s nothing moves, and no frame is stored; later, a run of frames is lost."""
    return [t for t in steady(200) if not (1 < t < 4.2 or 5.5 <= t < 6.1)]


def odd() -> list[float]:
    """A phone's clock: every gap of its own, 8 to 90 ms."""
    return np.cumsum(np.random.default_rng(3).integers(8, 90, 180) / 1000).tolist()


FILMS = {"constant": steady(), "ntsc": [n * 1001 / 30000 for n in range(200)], "stills": stills(), "odd": odd()}


@dataclass(frozen=True)
class Film:
    """A file and what PyAV decodes of it, from the first frame to the last."""

    content: bytes
    media: Media
    moments: list[Fraction]  # seconds from the first frame, exact
    numbers: list[int]  # that the frames spell

    @property
    def duration(self) -> Fraction:
        return self.moments[-1] * len(self.moments) / (len(self.moments) - 1)

    def at(self, moment: Fraction) -> int:
        """The number that stands on the screen then."""
        return self.numbers[max(place for place, start in enumerate(self.moments) if start <= moment + SLACK)]


def decoded(content: bytes) -> Film:
    with av.open(io.BytesIO(content)) as opened:
        frames = list(opened.decode(video=0))
    moments = [frame.pts * frame.time_base - frames[0].pts * frames[0].time_base for frame in frames]
    numbers = [number_of(frame.to_ndarray(format="rgb24")) for frame in frames]
    return Film(content, describe(content, "clip.mp4"), moments, numbers)


@pytest.fixture(scope="module", params=FILMS)
def film(request) -> Film:
    return decoded(movie(FILMS[request.param], size=(112, 84)))


@pytest.fixture(scope="module")
def processor(tmp_path_factory) -> Processor:
    tokenizer = train_tokenizer(["What happens at 00:00:01:00 or 2.4s?"] * 9, 400, tmp_path_factory.mktemp("t") / "bpe")
    return Processor(tokenizer, VISION, 56 * 56, 112 * 112, BUDGET)


@pytest.fixture(scope="module")
def config(processor) -> ModelConfig:
    return ModelConfig.model_validate({**MODEL, **processor.tokenizer.special_ids()})


def paced(processor: Processor, *fps: float) -> Processor:
    return replace(processor, video=BUDGET.model_copy(update={"fps": fps}))


def numbers_seen(encoded: Encoded, medium: int = 0) -> list[int]:
    """What the frames that the model sees spell."""
    t, h, w = encoded.media[medium].grid
    values = encoded.media[medium].rows.reshape(t, h // 2, w // 2, 2, 2, 3, 2, 14, 14)
    frames = values.transpose(0, 6, 1, 3, 7, 2, 4, 8, 5).reshape(2 * t, h * 14, w * 14, 3)
    return [number_of(frame) for frame in frames]


def count_due(film: Film, fps: float) -> int:
    due = min(max(film.duration * Fraction(fps), 4), 768, max(len(film.moments), 4))
    return 2 * int((due + Fraction(1, 2000)) / 2)  # ten seconds of ticks may be a little less than ten seconds


def close(film: Film, moment: Fraction) -> bool:
    """Whether a moment is so near a change of frame that rounding decides which one is seen."""
    return any(abs(moment - start) < Fraction(1, 50_000) for start in film.moments[1:])


# --- frames and labels ---


def test_labels_are_the_timestamps_that_pyav_decodes(film):
    assert len(film.media.timestamps) == len(film.moments)
    assert all(abs(Fraction(t) - m) < SLACK for t, m in zip(film.media.timestamps, film.moments, strict=True))


@pytest.mark.parametrize("fps", RATES)
def test_one_stored_video_is_seen_at_any_rate(film, processor, fps):
    document = Document((Turn("user", (Video(0),)), Turn("assistant", (Text("So."),))), (film.media,))
    encoded = paced(processor, fps).encode(document, lambda _: film.content)
    moments = [number * film.duration / count_due(film, fps) for number in range(count_due(film, fps))]
    seen = numbers_seen(encoded)
    assert len(seen) == len(moments)
    clear = [place for place, moment in enumerate(moments) if not close(film, moment)]
    assert len(clear) > len(moments) // 2 or film.media.timestamps == tuple(np.round(steady(), 6))
    assert [seen[place] for place in clear] == [film.at(moments[place]) for place in clear]
    spacing = 2 * float(film.duration) / len(moments)
    assert encoded.media[0].seconds_per_grid == pytest.approx(spacing, abs=1e-5)


@pytest.mark.parametrize("fps", [*RATES, 25.0])
def test_an_event_is_seen_from_its_label_on_at_every_rate(film, processor, fps):
    """Frames before the moment that a document names show what was before it, those from it on what comes then."""
    document = Document((Turn("user", (Video(0),)), Turn("assistant", (Text("So."),))), (film.media,))
    times = sample(film.media, paced(processor, fps).video, VISION).times
    seen = numbers_seen(paced(processor, fps).encode(document, lambda _: film.content))
    for event in range(1, len(film.numbers), 7):
        label = film.media.timestamps[event]
        before = [number for number, time in zip(seen, times, strict=True) if time < label - 2e-5]
        after = [number for number, time in zip(seen, times, strict=True) if time > label + 2e-5]
        assert all(number < event for number in before)
        assert all(number >= event for number in after)


@pytest.mark.parametrize("fps", [*RATES, 25.0])
def test_a_time_in_frames_names_the_frame_that_the_model_sees_then(film, processor, fps):
    """Read back: the frame of that second, among those that the model sees, is the last at or before the label."""
    times = sample(film.media, paced(processor, fps).video, VISION).times
    for label in film.media.timestamps[::5]:
        written = write_time(Time(0, label, "hmsf"), times.tolist())
        hours, minutes, seconds, frame = map(int, re.fullmatch(r"(\d\d):(\d\d):(\d\d):(\d\d)", written).groups())
        second = 3600 * hours + 60 * minutes + seconds
        assert second == math.floor(label + 5e-6)
        within = [time for time in times if second - 5e-6 <= time < second + 1 - 5e-6]
        assert frame < max(len(within), 1)
        if within and within[0] <= label + 5e-6:
            assert within[frame] == max(time for time in within if time <= label + 5e-6)
        else:  # the frame that stands then is of a second before
            assert frame == 0


def test_seconds_are_the_same_at_every_rate(film, processor):
    document = Document((Turn("user", (Video(0),)), Turn("assistant", (Time(0, 2.44),))), (film.media,))
    for fps in RATES:
        encoded = paced(processor, fps).encode(document, lambda _: film.content)
        assert processor.tokenizer.decode(encoded.labels[encoded.labels >= 0]) == "2.4s"


def test_a_still_is_shown_for_as_long_as_it_stands(processor):
    """The one frame of 3.2 s in which nothing moves is every frame that the model sees of it."""
    film = decoded(movie(stills(), size=(112, 84)))
    document = Document((Turn("user", (Video(0),)),), (film.media,))
    seen = numbers_seen(paced(processor, 5).encode(document, lambda _: film.content))
    times = sample(film.media, paced(processor, 5).video, VISION).times
    standing = [number for number, time in zip(seen, times, strict=True) if 1.001 < time < 4.199]
    assert len(standing) in (15, 16)
    assert set(standing) == {25}


# --- dynamic fps ---


def test_dynamic_rates_are_even_over_many_videos_whatever_their_lengths():
    """Of 6,000 videos each rate has its share of the videos, and of the short and the long ones apart (chi-square,
    four degrees of freedom: below 23.5 with a chance of 99.99%)."""
    rates = (0.5, 1.0, 2.0, 3.0, 5.0)
    rng = np.random.default_rng(0)
    budget = VideoBudget(fps=rates)
    drawn: dict[bool, list[float]] = {True: [], False: []}
    for number in range(6000):
        seconds = float(rng.lognormal(3, 1))
        media = Media("video", "mp4", 64, 48, f"{number:064x}", "v", timestamps=(0.0, seconds))
        drawn[seconds > 20].append(budget.fps_of(media))
    for found in (drawn[True], drawn[False], drawn[True] + drawn[False]):
        expected = len(found) / len(rates)
        assert expected > 400
        assert sum((found.count(rate) - expected) ** 2 / expected for rate in rates) < 23.5


def test_the_dynamic_choice_is_one_of_the_rates_and_reads_the_same_file(film, processor):
    """The same bytes under other names: all rates occur, and each is encoded as if it had been the only one."""
    dynamic = paced(processor, *RATES)
    seen = set()
    for number in range(12):
        media = replace(film.media, sha256=f"{number:064x}")
        document = Document((Turn("user", (Video(0),)),), (media,))
        fps = dynamic.video.fps_of(media)
        ours = dynamic.encode(document, lambda _: film.content)
        alone = paced(processor, fps).encode(document, lambda _: film.content)
        assert np.array_equal(ours.media[0].rows, alone.media[0].rows)
        assert dynamic.measure(document) == (len(ours.input_ids), len(ours.media[0].rows))
        seen.add(fps)
    assert seen == set(RATES)


# --- positions ---


@pytest.mark.parametrize("fps", RATES)
def test_time_ids_are_those_of_the_clock_of_the_file(film, processor, config, fps):
    """Paper section 2.1.2: floor(grid * seconds per grid * 2) after the start; what follows begins after the largest id
    on any axis. The seconds are those of the file's own clock, in fractions."""
    parts = (Text("First "), Image(1), Text(" then "), Video(0), Text(" and "), Video(0), Text(" so."))
    picture = png(84, 56)
    document = Document((Turn(None, parts),), (film.media, media_of(picture)))
    encoded = paced(processor, fps).encode(document, lambda item: film.content if item.kind == "video" else picture)
    positions = pack([encoded], config).position_ids.numpy()
    count = count_due(film, fps)
    exact = [2 * pair * 2 * film.duration / count for pair in range(count // 2)]
    start, place, videos = 0, 0, 0
    pads = (config.image_token_id, config.video_token_id)
    ids = encoded.input_ids.tolist()
    while place < len(ids):
        if ids[place] not in pads:
            assert positions[:, place].tolist() == [start] * 3
            start, place = start + 1, place + 1
            continue
        is_video = ids[place] == config.video_token_id
        t, h, w = encoded.media[1 + videos if is_video else 0].grid
        videos += is_video
        span = positions[:, place : place + t * h * w // 4].reshape(3, t, h // 2, w // 2) - start
        for pair in range(t):
            assert len(set(span[0, pair].ravel())) == 1
            if is_video and abs(exact[pair] - round(exact[pair])) > Fraction(1, 1000):
                assert span[0, pair, 0, 0] == math.floor(exact[pair])
            assert abs(span[0, pair, 0, 0] - (exact[pair] if is_video else 0)) <= 1
        assert span[1].tolist() == [[[row] * (w // 2) for row in range(h // 2)]] * t
        assert span[2].tolist() == [[list(range(w // 2))] * (h // 2)] * t
        start, place = start + int(span.max()) + 1, place + span[0].size
    assert videos == 2


@given(
    seconds=st.integers(10, 4000),
    fps=st.sampled_from([0.5, 1.0, 2.0, 4.0]),
    source=st.sampled_from([10, 24, 25, 30]),
)
@settings(max_examples=60)
def test_no_pair_of_frames_slips_to_the_id_before_its_own(config, seconds, fps, source):
    """Whole seconds, whose pairs often stand exactly at an id; timestamps are kept to the microsecond. Where the step
    is no binary fraction, float32 decides what exactly an id is, as it does in the released code."""
    media = Media("video", "mp4", 64, 48, "0", "v", timestamps=tuple(np.round(np.arange(seconds * source) / source, 6)))
    budget = VideoBudget(fps=(fps,), max_frames=20_000, max_tokens=10**6, min_pixels=784)
    seen = sample(media, budget, VISION)
    count = max(2 * math.floor(Fraction(fps) * seconds / 2), 4)
    assert len(seen.times) == count
    ids = np.full(count // 2, config.video_token_id)
    video = EncodedMedia(np.zeros((count * 2, 1176), np.uint8), (count // 2, 2, 2), seen.seconds_per_grid)
    steps = text_positions(len(ids), [video], media_spans(ids, [video], config), config.vision)[0]
    step = 4 * Fraction(seconds) / count
    sure = [pair for pair in range(count // 2) if binary(step) or Fraction(1, 1000) < pair * step % 1]
    assert [int(steps[pair]) for pair in sure] == [math.floor(pair * step) for pair in sure]
    assert all(abs(int(steps[pair]) - pair * step) < Fraction(1001, 1000) for pair in range(count // 2))


def binary(value: Fraction) -> bool:
    """Whether its multiples are exact in float32."""
    return value.denominator & (value.denominator - 1) == 0 and value.denominator <= 64


# --- an hour ---


@pytest.fixture(scope="module")
def hour() -> Film:
    """A frame every three or five seconds for an hour: small, and cheap to make."""
    gaps = np.where(np.arange(900) % 2, 3, 5).cumsum() - 5
    return decoded(movie(gaps.tolist(), size=(64, 48), key_every=60))


def test_the_caps_hold_for_an_hour(hour, processor, config):
    """At most 768 frames and 24,576 tokens, measured and encoded, with the released budget. So small a video is made
    larger, in whole cells, and what they are above its share is saved in frames."""
    released = replace(processor, video=VideoBudget())
    answer = Turn("assistant", (Text("It ends at "), Time(0, 3595.0), Text(", "), Time(0, 3595.0, "hmsf"), Text(".")))
    document = Document((Turn("user", (Video(0),)), answer), (hour.media,))
    encoded = released.encode(document, lambda _: hour.content)
    tokens = int((encoded.input_ids == config.video_token_id).sum())
    count = 2 * encoded.media[0].grid[0]
    assert 700 < count <= 768
    assert 0.99 * 24_576 < tokens <= 24_576
    assert released.measure(document) == (len(encoded.input_ids), 4 * tokens)
    assert encoded.media[0].seconds_per_grid == pytest.approx(2 * float(hour.duration) / count, abs=1e-5)
    said = processor.tokenizer.decode(encoded.labels[encoded.labels >= 0])
    assert said == "It ends at 3595.0s, 00:59:55:00."
    moments = [number * hour.duration / count for number in range(count)]
    clear = [place for place, moment in enumerate(moments) if not close(hour, moment)]
    seen = numbers_seen(encoded)
    assert [seen[place] for place in clear] == [hour.at(moments[place]) % 256 for place in clear]
    time = pack([encoded], config).position_ids[0].numpy()
    video = time[encoded.input_ids == config.video_token_id]
    assert video[-1] - video[0] == math.floor(2 * (count // 2 - 1) * 2 * hour.duration / count)


@pytest.mark.parametrize(("frames", "tokens"), [(64, 24_576), (768, 4_000), (100, 1_000)])
def test_smaller_caps_hold_for_an_hour(hour, processor, frames, tokens):
    budget = VideoBudget(max_frames=frames, max_tokens=tokens)
    document = Document((Turn("user", (Video(0),)), Turn("assistant", (Time(0, 1800.0),))), (hour.media,))
    measured, patches = replace(processor, video=budget).measure(document)
    assert patches / 4 <= tokens
    assert measured >= patches / 4
    assert len(sample(hour.media, budget, VISION).indices) <= frames
