"""Video files: looking at one without decoding it, and decoding just the frames that are wanted (PyAV, FFmpeg)."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from curation.document import Media
from curation.errors import MediaError
from curation.media import MAX_PIXELS

MAX_FRAMES = 1_000_000  # nine hours at 30 frames a second


def describe(data: bytes, origin: str = "", uri: str = "") -> Media:
    """The reference to a video that a document carries: its size as shown (upright) and the moment of every frame.

    Timestamps are seconds from the first frame, to the microsecond, as the file states them: the frame rate may vary.
    All packets are read, but only the first and the last frame are decoded. Raises MediaError with a reason: `format`,
    `too large`, `truncated` or `corrupt`.
    """
    with _opened(data, origin) as film:
        seconds = (film.shown - film.shown[0]) * film.tick
    first, last = frames(data, (0, len(seconds) - 1), origin)
    if first.shape != last.shape:
        raise MediaError("corrupt", f"{origin}: its frames change their size")
    height, width = first.shape[:2]
    digest = hashlib.sha256(data).hexdigest()
    timestamps = tuple(np.round(seconds, 6).tolist())
    return Media("video", _format(data, origin), width, height, digest, origin, uri, 0, len(data), timestamps)


def frames(data: bytes, indices: Sequence[int], origin: str = "") -> Iterator[np.ndarray]:
    """The frames `indices` (rising, some may repeat; counted as `describe` counts them), one at a time: (height, width,
    3) uint8 RGB, upright.

    Decoding starts at the last key frame before each wanted one, so a few frames of a long video cost little. Raises
    MediaError like `describe`, also in the middle of a damaged file.
    """
    with _opened(data, origin) as film:
        if indices[-1] >= len(film.shown):
            raise MediaError("altered", f"{origin}: frame {indices[-1]} is wanted and there are {len(film.shown)}")
        wanted, repeats = np.unique(film.shown[list(indices)], return_counts=True)
        for frame, count in zip(_decoded(film, wanted, origin), repeats, strict=True):
            yield from [_upright(frame)] * count


@dataclass(frozen=True)
class _Film:
    """A video that is open. Moments are pts: whole numbers of ticks."""

    container: InputContainer
    stream: VideoStream
    tick: float  # seconds
    shown: np.ndarray  # (frames,) int64, rising: when each frame is shown
    keys: np.ndarray  # (key frames,) int64, rising


@dataclass(frozen=True)
class _Container:
    """How a file of this kind begins, and FFmpeg's name of its reader. FFmpeg never guesses: some of its formats are
    lists of other files to open."""

    offset: int
    magic: bytes
    reader: str


_CONTAINERS = (_Container(4, b"ftyp", "mp4"), _Container(0, b"\x1aE\xdf\xa3", "matroska"))


def _container(data: bytes, origin: str) -> _Container:
    for kind in _CONTAINERS:
        if data.startswith(kind.magic, kind.offset):
            return kind
    said = "neither MP4 nor WebM" if data else "a file of 0 bytes"
    raise MediaError("format", f"{origin}: {said}")


def _format(data: bytes, origin: str) -> str:
    """The ending of a file of this kind."""
    if _container(data, origin).reader == "matroska":
        return "webm" if b"webm" in data[:64] else "mkv"
    return "mov" if data[8:10] == b"qt" else "mp4"


@contextmanager
def _opened(data: bytes, origin: str) -> Iterator[_Film]:
    """The video, all its packets read; whatever FFmpeg raises while it is open becomes a MediaError."""
    reader = _container(data, origin).reader
    if reader == "matroska" and _segment_end(data) > len(data):
        raise MediaError("truncated", f"{origin}: {len(data):,} bytes where its header says {_segment_end(data):,}")
    try:
        with av.open(io.BytesIO(data), "r", format=reader, metadata_errors="replace") as container:
            stream = _stream(container, origin)
            yield _Film(container, stream, float(stream.time_base or 0), *_timeline(container, stream, origin))
    except MediaError:
        raise
    except av.FFmpegError as error:
        raise MediaError("corrupt", f"{origin}: {error.strerror}") from error
    except Exception as error:  # PyAV raises whatever the damage leads it to
        raise MediaError("corrupt", f"{origin}: {type(error).__name__}: {error}") from error


def _stream(container: InputContainer, origin: str) -> VideoStream:
    """The first video stream, once its header is found to be within bounds."""
    if not container.streams.video:
        raise MediaError("format", f"{origin}: it holds no video")
    stream = container.streams.video[0]
    codec = stream.codec_context
    if codec is None:
        raise MediaError("format", f"{origin}: no decoder for its video")
    if codec.width * codec.height > MAX_PIXELS or stream.frames > MAX_FRAMES:
        size = f"{codec.width} x {codec.height}, {stream.frames:,} frames"
        raise MediaError("too large", f"{origin}: {size}; at most {MAX_PIXELS:,} pixels and {MAX_FRAMES:,} frames")
    # the header may lie; and a damaged frame is an error, where players would guess at what is missing
    codec.options = {"max_pixels": str(MAX_PIXELS), "err_detect": "explode"}
    codec.thread_count = 1  # many workers decode side by side
    return stream


def _segment_end(data: bytes) -> int:
    """Where a Matroska file ends by its own account: the first two elements, header and segment, are all of it
    (RFC 8794). 0 where it does not say, as in a live stream."""
    head, start = _element_size(data, 4)
    length, begin = _element_size(data, start + head + 4)
    unknown = length == (1 << 7 * (begin - start - head - 4)) - 1  # all bits set
    return 0 if unknown else begin + length


def _element_size(data: bytes, at: int) -> tuple[int, int]:
    """The size that an EBML element states after its id, and where its content begins."""
    width = 9 - data[at].bit_length() if at < len(data) else 1  # as many bytes as there are zeros before the first bit
    size = int.from_bytes(data[at : at + width]) & (1 << 7 * width) - 1
    return size, at + width


def _timeline(container: InputContainer, stream: VideoStream, origin: str) -> tuple[np.ndarray, np.ndarray]:
    """Pts, int64 and rising, of all frames that are shown, and of the key frames."""
    shown, keys, count = [], [], 0
    for packet in container.demux(stream):
        if packet.size == 0:  # the end
            continue
        count += 1
        if count > MAX_FRAMES:
            raise MediaError("too large", f"{origin}: over {MAX_FRAMES:,} frames")
        if packet.is_corrupt or packet.pts is None:
            raise MediaError("corrupt", f"{origin}: frame {count} is cut or has no timestamp")
        if not packet.is_discard:  # else outside the file's edit list: decoded, never shown
            shown.append(packet.pts)
        if packet.is_keyframe:
            keys.append(packet.pts)
    if count < stream.frames:
        raise MediaError("truncated", f"{origin}: {count:,} frames where its header says {stream.frames:,}")
    if not shown or not keys:
        raise MediaError("corrupt", f"{origin}: it holds no frames")
    moments = np.unique(np.array(shown, np.int64))
    return moments[moments >= keys[0]], np.unique(np.array(keys, np.int64))  # none before the first can be decoded


def _decoded(film: _Film, wanted: np.ndarray, origin: str) -> Iterator[VideoFrame]:
    """The frames with the pts `wanted` (rising): each run of them after one key frame is reached by a seek to it."""
    behind = np.searchsorted(film.keys, wanted, side="right") - 1
    done = 0
    try:
        for key in np.unique(behind):
            for frame in _run(film, film.keys[key], wanted[behind == key], origin):
                done += 1
                yield frame
    except (av.FFmpegError, MediaError):  # in open groups, what follows a key frame may refer to frames before it
        yield from _run(film, film.keys[0], wanted[done:], origin)


def _run(film: _Film, key: np.int64, wanted: np.ndarray, origin: str) -> Iterator[VideoFrame]:
    """The frames `wanted`, decoded straight on from a key frame."""
    waiting = wanted.tolist()
    film.container.seek(int(key), stream=film.stream)
    for packet in film.container.demux(film.stream):
        if packet.pts is not None and packet.pts < key:  # shown before the key frame, so none of these
            continue
        for frame in film.stream.decode(packet):
            if frame.pts == waiting[0]:
                yield frame
                waiting.pop(0)
            if not waiting:
                return
    raise MediaError("corrupt", f"{origin}: the frame at {waiting[0] * film.tick:.3f} s cannot be decoded")


def _upright(frame: VideoFrame) -> np.ndarray:
    """(height, width, 3) uint8; `rotation` is how far the picture must be turned, anticlockwise."""
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90))
