"""Footage: video files of any container that FFmpeg reads, decoded at the moments that their packets state."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from pydantic import Field

from curation.config import Config
from curation.errors import UserError
from synth.sample import Failure, Unproven

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv", ".ts", ".wmv", ".flv")
LONGEST = 200_000  # frames of a file that are looked at
KEPT = 3  # scenes held decoded by a process


class FootageSource(Config):
    """A video file, or a folder of them, and the licence of what it holds."""

    path: str = Field(min_length=1)
    licence: str = ""


@dataclass(frozen=True)
class Reel:
    """A file: `times` (n,) seconds of its frames from the first, rising."""

    path: Path
    licence: str
    times: np.ndarray
    start: int  # pts of its first frame
    tick: float  # seconds of a pts


@dataclass(frozen=True)
class Take:
    """Some frames of a reel, (height, width, 3) uint8, at `times` (n,) seconds from its own first frame."""

    reel: Reel
    frames: list[np.ndarray]
    times: np.ndarray


class Footage:
    """The files of all sources, in a fixed order. Raises UserError where a source is missing or holds no video."""

    def __init__(self, sources: Sequence[FootageSource]):
        self.files: list[tuple[Path, str]] = []
        for source in sources:
            place = Path(source.path)
            if not place.exists():
                raise UserError(f"sources: {place}: no such file or folder")
            found = [place] if place.is_file() else sorted(each for each in place.rglob("*") if _is_video(each))
            if not found:
                raise UserError(f"sources: {place}: holds no videos ({', '.join(SUFFIXES)})")
            self.files += [(each, source.licence) for each in found]
        self.licence = "; ".join(dict.fromkeys(source.licence for source in sources if source.licence))
        names = "\n".join(f"{path.name} {path.stat().st_size}" for path, _ in self.files)
        self.digest = hashlib.sha256(names.encode()).hexdigest()[:16]

    def reel(self, number: int) -> Reel:
        """Raises Unproven where the file is damaged or holds no film."""
        return _reel(*self.files[number])


def _is_video(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES


def take(reel: Reel, numbers: Sequence[int], size: tuple[int, int]) -> Take:
    """The frames `numbers` (rising) of a reel, cropped to the shape of `size` (width, height) and made as large."""
    import av

    wanted = {round(float(reel.times[number]) / reel.tick) + reel.start: number for number in numbers}
    found: dict[int, np.ndarray] = {}
    try:
        with av.open(str(reel.path)) as container:
            stream = container.streams.video[0]
            container.seek(min(wanted), stream=stream, backward=True)
            for frame in container.decode(stream):
                if frame.pts is None or frame.pts > max(wanted):
                    break
                if frame.pts in wanted:
                    upright = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
                    found[wanted[frame.pts]] = _fitted(upright, size)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise _damaged(reel.path, error) from error
    if len(found) < max(0.9 * len(wanted), 2):
        raise Unproven([Failure("source", f"{reel.path.name}: {len(wanted) - len(found)} frames cannot be decoded")])
    kept = sorted(found)
    return Take(reel, [found[number] for number in kept], reel.times[kept] - reel.times[kept[0]])


@lru_cache(maxsize=64)
def _reel(path: Path, licence: str) -> Reel:
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            tick = float(stream.time_base or 0)
            moments = set()
            for packet in container.demux(stream):
                if packet.pts is not None and packet.size:
                    moments.add(packet.pts)
                if len(moments) >= LONGEST:
                    break
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise _damaged(path, error) from error
    pts = np.array(sorted(moments), np.int64)
    if len(pts) < 24 or tick <= 0:
        raise Unproven([Failure("source", f"{path.name}: {len(pts)} frames with a time, 24 are needed")])
    return Reel(path, licence, (pts - pts[0]) * tick, int(pts[0]), tick)


def _damaged(path: Path, error: Exception) -> Unproven:
    return Unproven([Failure("source", f"{path.name}: cannot be read: {type(error).__name__}: {error}")])


def _fitted(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of a frame in the shape of `size`."""
    height, width = frame.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    wide, high = math.floor(size[0] / scale), math.floor(size[1] / scale)
    left, top = (width - wide) // 2, (height - high) // 2
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(frame[top : top + high, left : left + wide]), size, interpolation=how)
