"""Videos of a gallery: a strip of frames, a bar of the time that they take with what is said of it, and the clip."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from curation import media, video
from curation.document import Document, Media
from curation.errors import MediaError
from curation.geometry import SAME_MOMENT
from pipelines.report.pictures import data_uri, reduced
from pipelines.report.samples import evenly
from pipelines.report.synthetic.marks import COLOURS
from pipelines.report.synthetic.spans import moments, spans

EVENLY, NAMED = 8, 6  # frames of a strip at equal distances; moments that a document names, with two frames each
FRAME = 150  # longest side of a frame, in pixels
ROWS = 12  # spans that a bar shows
ROOM = 40  # percent of the bar that what is said of a span needs
CLIP = 300_000  # bytes of a video that the page may hold
TICKS = 400  # frames whose moments are drawn
STEADY = 0.002  # seconds: a container's clock may be no finer
_PLAYED = {"mp4": "video/mp4", "webm": "video/webm"}


@dataclass(frozen=True)
class Frame:
    """`colour` is that of the span it begins or ends; "" where it is one of those at equal distances."""

    uri: str
    seconds: float
    colour: str


@dataclass(frozen=True)
class Row:
    """A span on the bar, in percent of it; where there is no room beside it, what is said of it stands within."""

    left: float
    width: float
    time: str
    label: str
    colour: str

    @property
    def side(self) -> str:
        left, right = self.left, 100 - self.left - self.width
        return "inside" if max(left, right) < ROOM else "right" if right >= ROOM else "left"


@dataclass(frozen=True)
class Film:
    """`ticks` are the moments of a varying rate's frames, in percent; `clip` is a data URI, "" if it is too large."""

    facts: list[str]
    duration: float
    frames: list[Frame]
    rows: list[Row]
    more: int  # spans without a row
    ticks: list[float]
    clip: str
    clip_bytes: int


def film(document: Document, number: int, room: int = CLIP) -> Film | None:
    """A video of a document; its clip where it is no larger than `room` bytes. None where its bytes are gone."""
    item = document.media[number]
    named = spans(document, number)
    names = list(dict.fromkeys(span.label for span in named))
    colours = {(span.start, span.end): COLOURS[names.index(span.label) % len(COLOURS)] for span in named}
    at = {moment: colour for (start, end), colour in colours.items() for moment in (start, end)}
    try:
        content = media.read(item)
        frames = _strip(item, content, [(moment, at.get(moment, COLOURS[0])) for moment in moments(document, number)])
    except MediaError:
        return None
    duration = length(item)
    rows = [
        Row(
            round(100 * min(span.start / duration, 1), 3),
            round(100 * (min(span.end, duration) - min(span.start, duration)) / duration, 3),
            _told(span.start, span.end),
            span.label,
            colours[span.start, span.end],
        )
        for span in evenly(named, ROWS)
    ]
    fits = len(content) <= min(room, CLIP) and item.format in _PLAYED
    steady = rate(item)[0] is not None
    return Film(
        [*facts(item), f"{len(content) / 1000:,.0f} kB"],
        duration,
        frames,
        rows,
        len(named) - len(rows),
        [] if steady else [round(100 * t / duration, 2) for t in evenly(item.timestamps, TICKS)],
        data_uri(_PLAYED[item.format], content) if fits else "",
        len(content) if fits else 0,
    )


def length(item: Media) -> float:
    """Seconds: the last frame stands for as long as the others do on average."""
    count = len(item.timestamps)
    return max((item.timestamps[-1] - item.timestamps[0]) * count / max(count - 1, 1), 1e-3)


def rate(item: Media) -> tuple[float | None, float]:
    """The frames a second where they are constant (else None), and on average."""
    gaps = np.diff(item.timestamps)
    mean = len(item.timestamps) / length(item)
    steady = len(gaps) == 0 or np.abs(gaps - gaps.mean()).max() <= STEADY
    return (mean if steady else None), mean


def facts(item: Media) -> list[str]:
    steady, mean = rate(item)
    gaps = np.diff(item.timestamps)
    told = f"{mean:.4g} fps, constant"
    if steady is None:
        told = f"{mean:.3g} fps, varying: a frame stands {gaps.min():.3g}–{gaps.max():.3g} s"
    return [clock(length(item)), f"{len(item.timestamps):,} frames", told]


def clock(seconds: float) -> str:
    """`12.3 s`, or `1:02:03` of what is longer than two minutes."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:0{2 if hours else 1}d}:{whole % 60:02d}"


def _told(start: float, end: float) -> str:
    return f"{start:.2f} s" if start == end else f"{start:.2f}–{end:.2f} s"


def _strip(item: Media, content: bytes, named: Sequence[tuple[float, str]]) -> list[Frame]:
    """Frames at equal distances, and for each moment that is named the one before it and the one that stands then."""
    chosen = dict.fromkeys(evenly(range(len(item.timestamps)), EVENLY), "")
    for moment, colour in evenly(named, NAMED):
        standing = max(bisect_right(item.timestamps, moment + SAME_MOMENT) - 1, 0)
        chosen |= {max(standing - 1, 0): colour, standing: colour}
    indices = sorted(chosen)
    pictures = [PIL.Image.fromarray(frame) for frame in video.frames(content, indices, item.origin)]
    return [
        Frame(reduced(picture, FRAME, quality=72), item.timestamps[index], chosen[index])
        for index, picture in zip(indices, pictures, strict=True)
    ]
