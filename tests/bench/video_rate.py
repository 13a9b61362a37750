"""Seconds of video made and proved a second a core, of every recipe of films; coding beside bare PyAV loops.

python -m tests.bench.video_rate [CONFIG] [--recipes NAME ...] [--seconds 60]

Coding is measured on the films that were just made. Bare encoding is the same codec with the same settings, FFmpeg's
own conversion of colours, and nothing looked at afterwards; ours reads every timestamp back. Bare decoding is one
container opened and decoded to RGB from its first frame to its last; ours also states the moment of every frame first.
CPU time is that of this process and of all that it started.
"""

import argparse
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np

from curation import video
from curation.config import load
from pipelines.mixture import SynthConfig
from synth.sample import Generator, Sample
from synth.video import film
from tests.bench.synth_rate import CONFIG, measure, opened

GENERATORS = ("video_scene", "video_text", "long_video", "real_video", "screen_video")
CODED = 600  # frames that coding is measured on, of each recipe
LEAST = 1.0  # seconds that each loop is run for


@dataclass
class Kept:
    """The different films of what was proved: digest -> (bytes, moments)."""

    documents: int = 0
    films: dict[str, tuple[bytes, tuple[float, ...]]] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        self.documents += 1
        for item, content in zip(sample.document.media, sample.contents, strict=True):
            if item.kind == "video":
                self.films.setdefault(item.sha256, (content, item.timestamps))

    @property
    def seconds(self) -> float:
        return sum(times[-1] for _, times in self.films.values())

    @property
    def frames(self) -> int:
        return sum(len(times) for _, times in self.films.values())


@dataclass(frozen=True)
class Coded:
    """Films decoded, a list of frames (height, width, 3) each."""

    contents: list[bytes]
    times: list[tuple[float, ...]]
    frames: list[list[np.ndarray]]

    @property
    def count(self) -> int:
        return sum(map(len, self.frames))


def some(kept: Kept) -> Coded:
    """The first films of a recipe, cut off where they are long."""
    found = Coded([], [], [])
    for content, times in kept.films.values():
        if found.count >= CODED:
            break
        short = times[: CODED - found.count]
        if len(short) < len(times):  # made anew, so that every loop runs over the same frames
            frames = list(video.frames(content, range(len(short))))
            content = film.encode(frames, short, "cut").content
        found.contents.append(content)
        found.times.append(short)
        found.frames.append(list(video.frames(content, range(len(short)))))
    return found


def encoded(coded: Coded) -> None:
    for frames, times in zip(coded.frames, coded.times, strict=True):
        film.encode(frames, times, "film")


def encoded_bare(coded: Coded) -> None:
    for frames, times in zip(coded.frames, coded.times, strict=True):
        _bare(frames, times)


def _bare(frames: Sequence[np.ndarray], times: Sequence[float]) -> bytes:
    content, usual = io.BytesIO(), film.Coding()
    with av.open(content, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=30)
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = stream.time_base = Fraction(1, film.TICKS)
        stream.options = {"crf": str(usual.crf), "preset": usual.preset, "bf": "0", "rc-lookahead": "0", "mbtree": "0"}
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        for picture, moment in zip(frames, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(moment * film.TICKS), Fraction(1, film.TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()


def decoded(coded: Coded) -> None:
    for content in coded.contents:
        found = video.describe(content)
        for _ in video.frames(content, range(len(found.timestamps))):
            pass


def decoded_bare(coded: Coded) -> None:
    for content in coded.contents:
        with av.open(io.BytesIO(content)) as container:
            container.streams.video[0].codec_context.thread_count = 1
            for frame in container.decode(video=0):
                frame.to_ndarray(format="rgb24")  # type: ignore[union-attr]


def per_second(run: Callable[[Coded], None], coded: Coded) -> float:
    """Frames a CPU-second of this process."""
    run(coded)
    start, runs = time.process_time(), 0
    while time.process_time() - start < LEAST:
        run(coded)
        runs += 1
    return runs * coded.count / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", nargs="?", default=CONFIG)
    parser.add_argument("--recipes", nargs="+", default=[], help="else all of films")
    parser.add_argument("--seconds", type=float, default=60.0, help="of CPU time a recipe")
    parser.add_argument("--warm", type=float, default=20.0, help="of CPU time before anything is counted")
    options = parser.parse_args()
    config = load(options.config, SynthConfig)
    own = [name for name in config.recipes if config.generator(name).name in GENERATORS]
    print(f"{'recipe':16}{'video s/s':>10}{'frames/s':>10}{'documents/s':>13}{'proving':>9}  rejected   (a core)")
    for name, generator in opened(config, options.recipes or own):
        show(generator, name, config.audit, options)


def show(generator: Generator, name: str, audit: float, options: argparse.Namespace) -> None:
    kept = Kept()
    rate = measure(generator, name, audit, options.seconds, kept.add, options.warm)
    made = f"{kept.seconds / rate.cpu:10.2f}{kept.frames / rate.cpu:10.1f}{kept.documents / rate.cpu:13.2f}"
    print(f"{name:16}{made}{rate.proving / rate.cpu:9.0%}  {rate.refused}", flush=True)
    if kept.films:
        coded = some(kept)
        for what, ours, bare in (("encoding", encoded, encoded_bare), ("decoding", decoded, decoded_bare)):
            speeds = per_second(ours, coded), per_second(bare, coded)
            told = f"{speeds[0]:,.0f} frames/s, bare PyAV {speeds[1]:,.0f}"
            print(f"{'':16}{what}: {told}: {speeds[0] / speeds[1]:.0%}", flush=True)


if __name__ == "__main__":
    main()
