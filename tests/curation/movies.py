"""Video files made on the spot, each frame of which shows its number."""

import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np

TICK = Fraction(1, 90_000)  # seconds
SIDE = 8  # pixels of each of the squares that spell a number


def movie(
    times: Sequence[float],
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    container: str = "mp4",
    key_every: int = 5,
    between: int = 2,
    turned: int = 0,
    open_groups: bool = False,
) -> bytes:
    """A video with a frame at each of `times` (seconds), a key frame `key_every` frames and at most `between` B-frames
    in a row; its header asks players to turn it by `turned` degrees.
    With `open_groups`, frames before a key frame refer to it, as in broadcasts.

    Frame n spells n in binary by eight squares from left to right; above them, a red bar.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=30)
        stream.width, stream.height = size
        stream.pix_fmt, stream.time_base = "yuv420p", TICK
        stream.codec_context.time_base, stream.codec_context.gop_size = TICK, key_every
        stream.codec_context.max_b_frames = between if codec == "libx264" else 0
        if open_groups:
            stream.options = {"x264-params": "open-gop=1"}
        if turned:
            stream.set_display_rotation(turned)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(_painted(number, size), format="rgb24")
            frame.pts, frame.time_base = round(time / TICK), TICK
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return file.getvalue()


def number_of(frame: np.ndarray) -> int:
    """The number that a frame (height, width, 3) of a `movie` spells, at any size."""
    row, side = frame[len(frame) // 2], frame.shape[1] / SIDE
    return sum(int(row[int((bit + 0.5) * side)].mean() > 128) << bit for bit in range(8))


def with_index_first(data: bytes, folder) -> bytes:
    """The same MP4 with its index before its frames, as on the web: cut off, it still opens."""
    (folder / "index-last.mp4").write_bytes(data)
    with av.open(str(folder / "index-last.mp4")) as source:
        options = {"movflags": "+faststart"}
        with av.open(str(folder / "index-first.mp4"), "w", options=options) as output:
            stream = output.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    output.mux(packet)
    return (folder / "index-first.mp4").read_bytes()


def _painted(number: int, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    bits = (number >> (np.arange(width) * SIDE // width)) & 1
    picture = np.broadcast_to((bits * 255).astype(np.uint8)[None, :, None], (height, width, 3)).copy()
    picture[: height // 6] = 255, 0, 0
    return picture
