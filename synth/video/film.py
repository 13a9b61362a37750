"""Films: when each frame is shown, and frames encoded at just those moments.

Moments are whole ticks of 1/90000 s, the clock of MPEG: every common frame rate is a whole number of them, so what is
asked for is what the file states. H.264 in MP4 without B frames, by one thread and with colours converted in whole
numbers: equal frames give equal bytes wherever the same versions run.
"""

import io
import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from curation import video
from curation.config import Config
from synth.sample import Encoded
from synth.weights import Weights, draw, in_order

TICKS = 90_000  # a second
MOST_FRAMES = 200_000
Clock = Literal["constant", "jitter", "dropped", "changing", "stills"]


class ClockSettings(Config):
    """When frames are shown. `fps` are weights by frames a second, `kinds` by how steady a clock is: `constant`;
    `jitter`, each step longer or shorter; `dropped`, frames are missing here and there; `changing`, the rate changes
    every few seconds; `stills`, some frames stand for a while. `still` is how long, in seconds (least, most)."""

    fps: Weights[float] = Field({5.0: 1, 6.0: 1, 8.0: 2, 10.0: 3, 12.0: 3, 12.5: 1, 15.0: 2, 24.0: 1, 25.0: 1, 30.0: 1})
    kinds: Weights[Clock] = Field({"constant": 5, "jitter": 1, "dropped": 1, "changing": 1, "stills": 1})
    still: tuple[float, float] = (0.5, 2.0)

    @field_validator("fps")
    @classmethod
    def _rates(cls, fps: dict[float, float]) -> dict[float, float]:
        if not all(0.1 <= rate <= 120 for rate in fps):
            raise ValueError("fps: rates of 0.1 to 120 frames a second are wanted")
        return fps

    @model_validator(mode="after")
    def _ranges(self) -> "ClockSettings":
        if not 0.2 <= self.still[0] <= self.still[1] <= 30:
            raise ValueError(f"still: {self.still} is not a range within 0.2 to 30")
        return self

    def times(self, rng: np.random.Generator, seconds: float) -> np.ndarray:
        """(frames,) float64 seconds from 0 up to `seconds`, which is not reached, rounded as `describe` rounds: rising,
        two frames or more."""
        kind, fps = draw(rng, in_order(self.kinds)), draw(rng, in_order(self.fps))
        step, end = TICKS / fps, max(round(seconds * TICKS), 2)
        if end / step > MOST_FRAMES:
            raise ValueError(f"{seconds:.0f} s at {fps} fps are over {MOST_FRAMES:,} frames")
        at = np.round(np.arange(0, end, step))
        match kind:
            case "jitter":
                steps = step * rng.uniform(0.6, 1.4, len(at) + 8)
                at = np.concatenate([[0.0], np.round(np.cumsum(steps))])
            case "dropped":
                kept = rng.random(len(at)) >= rng.uniform(0.08, 0.35)
                kept[0] = True
                at = at[kept]
            case "changing":
                at = self._changing(rng, end)
            case "stills":
                at = self._with_stills(rng, at, end)
        at = at[at < end]
        return seconds_of(at if len(at) > 1 else np.array([0, end - 1]))

    def _changing(self, rng: np.random.Generator, end: int) -> np.ndarray:
        found: list[np.ndarray] = []
        begin = 0.0
        while begin < end:
            step, length = TICKS / draw(rng, in_order(self.fps)), rng.uniform(1.5, 5.0) * TICKS
            found.append(np.round(begin + np.arange(0, length, step)))
            begin = found[-1][-1] + round(step)
        return np.concatenate(found)

    def _with_stills(self, rng: np.random.Generator, at: np.ndarray, end: int) -> np.ndarray:
        kept = np.ones(len(at), bool)
        for _ in range(max(1, round(end / TICKS / 8))):
            begin, length = rng.uniform(0, end), rng.uniform(*self.still) * TICKS
            kept &= (at <= begin) | (at >= begin + length)
        kept[0] = True
        return at[kept]


class CodingSettings(Config):
    """How frames are stored. Ranges are (least, most): `crf` of x264 (less is better), seconds between key frames."""

    crf: tuple[int, int] = (18, 25)
    keys: tuple[float, float] = (1.0, 5.0)
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast"] = "veryfast"

    @model_validator(mode="after")
    def _ranges(self) -> "CodingSettings":
        if not 0 <= self.crf[0] <= self.crf[1] <= 35:
            raise ValueError(f"crf: {self.crf} is not a range within 0 to 35")
        if not 0.1 <= self.keys[0] <= self.keys[1] <= 60:
            raise ValueError(f"keys: {self.keys} is not a range within 0.1 to 60")
        return self

    def draw(self, rng: np.random.Generator) -> "Coding":
        return Coding(
            crf=int(rng.integers(self.crf[0], self.crf[1] + 1)),
            keys=round(float(rng.uniform(*self.keys)), 2),
            preset=self.preset,
        )


class Coding(Config):
    """One way of storing: see `CodingSettings`."""

    crf: int = 20
    keys: float = 2.0
    preset: str = "veryfast"


def ticks_of(times: Sequence[float] | np.ndarray) -> np.ndarray:
    """Seconds as whole ticks, int64."""
    return np.round(np.asarray(times, np.float64) * TICKS).astype(np.int64)


def seconds_of(ticks: np.ndarray) -> np.ndarray:
    """Ticks from the first as seconds, rounded to the microsecond as `curation.video.describe` rounds them."""
    return np.round((ticks - ticks[0]) / TICKS, 6)


def encode(
    frames: Iterable[np.ndarray], times: Sequence[float] | np.ndarray, part: str, coding: Coding | None = None
) -> Encoded:
    """Frames (height, width, 3) uint8 RGB, sides even, one by one, shown at `times`, seconds that begin with 0 and rise
    by a tick or more. The timestamps of what is returned are those that the file states, which are `times`.

    Raises ValueError where times do not rise, or there are not as many as frames.
    """
    import av

    chosen, ticks = coding or Coding(), ticks_of(times)
    if not len(ticks) or ticks[0] != 0 or not (np.diff(ticks) > 0).all():
        raise ValueError("times of frames must begin with 0 and rise")
    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as container:
        stream: Any = None
        key = -TICKS * 1000.0
        for at, picture in itertools.zip_longest(ticks.tolist(), frames):
            if at is None or picture is None:
                raise ValueError(f"there are {len(ticks)} times, and not as many frames")
            if stream is None:
                stream = _stream(container, picture.shape, chosen)
            frame = av.VideoFrame.from_ndarray(planes(picture), format="yuv420p")
            frame.pts, frame.time_base = at, Fraction(1, TICKS)
            if at - key >= chosen.keys * TICKS:
                frame.pict_type, key = av.video.frame.PictureType.I, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    data = content.getvalue()
    seen = video.describe(data)
    if list(seen.timestamps) != seconds_of(ticks).tolist():
        raise AssertionError("the file does not state the moments at which its frames were encoded")
    return Encoded(part, "mp4", seen.width, seen.height, data, seen.timestamps)


def _stream(container: Any, shape: tuple[int, ...], coding: Coding) -> Any:
    height, width = shape[:2]
    if height % 2 or width % 2:
        raise ValueError(f"{width} x {height} px: sides of films are even")
    stream = container.add_stream("libx264", rate=30)  # only its own time base counts
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = stream.time_base = Fraction(1, TICKS)
    stream.codec_context.thread_count = 1  # several threads cut frames in other places
    # Key frames where they are asked for and nowhere else; no search for scene cuts, no look ahead at other frames.
    fixed = {"g": "100000", "sc_threshold": "0", "bf": "0", "forced-idr": "1", "rc-lookahead": "0", "mbtree": "0"}
    stream.options = {"crf": str(coding.crf), "preset": coding.preset, **fixed}
    return stream


def planes(picture: np.ndarray) -> np.ndarray:
    """(height * 3 / 2, width) uint8: YUV 4:2:0 (BT.601, limited range) of a picture (height, width, 3).

    In whole numbers, whatever the processor; each chroma sample is that of the mean of its four pixels.
    """
    import cv2

    picture = np.ascontiguousarray(picture)
    height, width = picture.shape[:2]
    found = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
    half = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    whole = cv2.resize(half, (width, height), interpolation=cv2.INTER_NEAREST)  # of four alike, one is taken
    found[height:] = cv2.cvtColor(whole, cv2.COLOR_RGB2YUV_I420)[height:]
    return found
