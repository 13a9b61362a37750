"""Is this what the film shows? Each frame is set anew from the claims and held against the frame as it was decoded.

The ground is a picture of its own beside the film. Its lines are shaped by HarfBuzz and filled by FreeType, where
Pillow drew them; what is left of a frame when ground and lines are taken away may hold no blot as strong as a stroke.
So nothing can be read that is not claimed, and what is claimed stands where and when it is said to.
"""

import itertools
import json
import math
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from curation.document import Media
from synth.ocr import ink, ocr_engine, straighten
from synth.ocr.languages import LANGUAGES
from synth.ocr.wording import line_text
from synth.sample import Claims, Evidence, Failure

Cover = tuple[np.ndarray, int, int]  # (h, w) float32 of 1, and where its left top is from the line's place
CANVAS = 6_000  # px: no line is longer
LEFT, LEFT_SHARE = 26.0, 0.27  # levels, and part of the contrast, that the largest blot of what is left may have
GRAIN = 0.8  # part of its grain that encoding may take from the ground
EDGES = 0.2  # of the contrast of ink, that its own edges may be off
OFF = 1.6  # px between the bounds of ink drawn twice
CLOSE = 3  # frames in which each line is looked at closely
SEVERAL = 3  # faults after which no further frame is looked at
READ, TELLING, HEARD = 0.5, 8, 2  # as in synth.ocr.proof; lines that an engine reads
_LUMA = np.array([0.299, 0.587, 0.114])
_NUMBER = re.compile(r"[0-9:]+")


def greys(evidence: Evidence) -> list[np.ndarray]:
    """The luminance (height, width) uint8 of every frame."""

    def look() -> list[np.ndarray]:
        every = range(len(evidence.film().timestamps))
        return [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in evidence.frames(0, every)]

    return evidence.once("greys", look)


def faults(claims: Claims, evidence: Evidence) -> Iterator[Failure]:
    """Every claim about the items that film and ground do not bear out."""
    film, ground = evidence.film(), cv2.cvtColor(evidence.picture(1), cv2.COLOR_RGB2GRAY)
    if [film.width, film.height] != claims["size"] or list(film.timestamps) != sorted(film.timestamps):
        yield Failure("film", f"the film is {film.width} x {film.height}, not {claims['size']}")
        return
    covers, fault = set_again(claims["items"])
    if fault:
        yield Failure("ink", fault)
        return
    times = np.array(film.timestamps)
    yield from alike(claims["items"], covers)
    yield from _roles(claims["items"])
    yield from spans(claims["items"], times)
    yield from _order(claims)
    base = passing(ground, claims["ground"], claims["size"])
    yield from shown(claims["items"], covers, base, times, math.inf, greys(evidence))


def set_again(items: Sequence[dict[str, Any]]) -> tuple[list[Cover], str]:
    """The ink of claimed items; and why one cannot be set, empty where all can."""
    try:
        return [_cover(json.dumps(item["set"], sort_keys=True)) for item in items], ""
    except ValueError as error:
        return [], str(error)


def alike(items: Sequence[dict[str, Any]], covers: Sequence[Cover]) -> Iterator[Failure]:
    """What is said of each item is what is set."""
    for item, cover in zip(items, covers, strict=True):
        yield from _told(item, cover)


def _told(item: dict[str, Any], cover: Cover) -> Iterator[Failure]:
    """What is said of a line is what is set, in bounds that are its ink's."""
    rows = [line_text(item["set"], line) for line in item["set"]["lines"]]
    if item["text"] != (" " if LANGUAGES[item["set"]["language"]].spaced else "").join(rows):
        yield Failure("ink", f"{item['text']!r} is told and {rows} set")
    x, y, width, height = cv2.boundingRect((cover[0] >= ink.INK / 255).view(np.uint8))
    bounds = [x + cover[1], y + cover[2], x + cover[1] + width, y + cover[2] + height]
    if not width or np.abs(np.subtract(bounds, item["ink"])).max() > max(
        OFF, 0.06 * item["set"]["drawn"] / item["set"]["scale"]
    ):
        yield Failure("ink", f"{item['text']!r} has its ink in {bounds}, not in {item['ink']}")


def _roles(items: Sequence[dict[str, Any]]) -> Iterator[Failure]:
    """A part of the screen that shows numbers alone is a counter, any other shows lines."""
    for part in sorted({item["part"] for item in items}):
        own = [item for item in items if item["part"] == part]
        role = "count" if all(_NUMBER.fullmatch(item["text"]) for item in own) else "line"
        if any(item["role"] != role for item in own):
            yield Failure("view", f"part {part} of the screen shows each a {role}")


@lru_cache(maxsize=2048)
def _cover(text: str) -> Cover:
    """The ink of a line. Raises ValueError where it cannot be set."""
    drawn = [each for line in ink.redraw(json.loads(text), CANVAS, CANVAS) for each in line]
    windows = np.array([each.window for each in drawn])
    (left, top), (right, bottom) = windows[:, :2].min(axis=0).tolist(), windows[:, 2:].max(axis=0).tolist()
    whole = np.zeros((bottom - top, right - left), np.uint8)
    for each in drawn:
        x1, y1, x2, y2 = each.window
        part = whole[y1 - top : y2 - top, x1 - left : x2 - left]
        np.maximum(part, each.ink, out=part)
    return whole.astype(np.float32) / 255, left, top


def place(item: dict[str, Any], seconds: float) -> tuple[int, int] | None:
    """Where a claimed item is at a moment; None where it is not there."""
    knots = item["knots"]
    if seconds < knots[0][0] or seconds >= item["until"]:
        return None
    _, x, y = knots[-1]
    for before, after in itertools.pairwise(knots):
        if before[0] <= seconds < after[0]:
            share = (seconds - before[0]) / (after[0] - before[0]) if item["glides"] else 0.0
            x, y = (start + share * (end - start) for start, end in zip(before[1:], after[1:], strict=True))
            break
    return math.floor(x + 0.5), math.floor(y + 0.5)


def spans(items: Sequence[dict[str, Any]], times: np.ndarray) -> Iterator[Failure]:
    """When each line is seen and can be read follows from its path and the moments of the frames."""
    for item in items:
        x1, y1, x2, y2 = item["ink"]
        ax1, ay1, ax2, ay2 = item["area"]
        found: dict[str, list[int]] = {"seen": [], "read": []}
        for number, seconds in enumerate(times.tolist()):
            at = place(item, seconds)
            if at is None:
                continue
            left, top, right, bottom = x1 + at[0], y1 + at[1], x2 + at[0], y2 + at[1]
            if left < ax2 and right > ax1 and top < ay2 and bottom > ay1:
                found["seen"].append(number)
            if left >= ax1 and right <= ax2 and top >= ay1 and bottom <= ay2:
                found["read"].append(number)
        for kind, numbers in found.items():
            span = [times[numbers[0]], times[min(numbers[-1] + 1, len(times) - 1)]] if numbers else None
            if item[kind] != span:
                yield Failure("span", f"{item['text']!r} is {kind} in {span}, not in {item[kind]}")


def _order(claims: Claims) -> Iterator[Failure]:
    """Items are told as they come, those that come together from top to bottom."""
    starts = [(*(item["seen"] or [math.inf])[:1], item["knots"][0][2], item["knots"][0][1]) for item in claims["items"]]
    if starts != sorted(starts):
        yield Failure("order", "the lines are not told in the order in which they come")


Base = Callable[[float], tuple[Hashable, np.ndarray]]  # of a moment: what tells grounds apart, and (height, width)


def passing(ground: np.ndarray, told: dict[str, Any], size: Sequence[int], begin: float = 0.0) -> Base:
    """The part of a ground's luminance that the frame shows at a moment; it begins to pass at `begin`."""

    def base(seconds: float) -> tuple[Hashable, np.ndarray]:
        x, y = (
            math.floor(start + (seconds - begin) * speed + 0.5)
            for start, speed in zip(told["start"], told["speed"], strict=True)
        )
        return (x, y), ground[y : y + size[1], x : x + size[0]]

    return base


def shown(
    items: Sequence[dict[str, Any]],
    covers: Sequence[Cover],
    base_at: Base,
    times: np.ndarray,
    end: float,
    seen: Iterable[np.ndarray],
) -> Iterator[Failure]:
    """Frame by frame: `seen` (height, width) uint8 at each of the times (n,), the next frame at `end`."""
    lumas = [float(np.array(item["colour"]) @ _LUMA) for item in items]
    close = _close(items, np.append(times, end))
    count, known = 0, None
    for number, (seconds, frame) in enumerate(zip(times.tolist(), seen, strict=True)):
        ground, base = base_at(seconds)
        places = [place(item, seconds) for item in items]
        if known is None or known[0] != (ground, places):
            base = base.astype(np.float32)
            known = (ground, places), base, *_composed(base, items, covers, places, lumas)
        _, base, expected, contrast = known
        left = cv2.GaussianBlur(frame.astype(np.float32) - expected, (5, 5), 0.9)
        low, high, at_low, at_high = cv2.minMaxLoc(left)
        most = max(LEFT, LEFT_SHARE * contrast)
        if max(high, -low) > most and (np.abs(left) > most + _spare(base, expected)).any():
            where = at_high if high > -low else at_low
            yield Failure(
                "frames", f"at {seconds:.3f} s a blot of {max(high, -low):.0f} levels at {where} is not claimed"
            )
            count += 1
        for own in close[number]:
            at = places[own]
            if at is not None:
                fault = _closely(items[own], covers[own], at, base, frame)
                if fault:
                    yield Failure("ink", f"{items[own]['text']!r} at {seconds:.3f} s: {fault}")
                    count += 1
        if count >= SEVERAL:
            return


def _spare(ground: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """(height, width) levels that are no blot: encoding takes the fine grain of a ground, and hinting moves the edges
    of ink by a part of a pixel."""
    grain = np.abs(ground - cv2.GaussianBlur(ground, (0, 0), 2.0))
    lost = GRAIN * np.maximum(cv2.dilate(grain, np.ones((7, 7), np.uint8)) - 6.0, 0)
    edges = EDGES * cv2.dilate(np.abs(expected - ground), np.ones((5, 5), np.uint8))
    return np.asarray(lost + edges)


def _composed(
    base: np.ndarray,
    items: Any,
    covers: Sequence[Cover],
    places: Sequence[tuple[int, int] | None],
    lumas: Sequence[float],
) -> tuple[np.ndarray, float]:
    """The luminance of a frame (height, width) as claimed, and the least contrast of what stands there."""
    expected, contrast = base.copy(), math.inf
    for item, cover, at, luma in zip(items, covers, places, lumas, strict=True):
        if at is None:
            continue
        window = _window(item["area"], cover, at)
        if window is None:
            continue
        rows, columns, inside = window
        part = expected[rows, columns]
        contrast = min(contrast, abs(float(part.mean()) - luma))
        part += (luma - part) * cover[0][inside]
    return expected, contrast if math.isfinite(contrast) else 0.0


def _window(area: Sequence[int], cover: Cover, at: tuple[int, int]) -> tuple[slice, slice, Any] | None:
    """Rows and columns of the frame that a line covers within its area, and which of its own those are."""
    x, y = cover[1] + at[0], cover[2] + at[1]
    left, top = max(area[0], x), max(area[1], y)
    right, bottom = min(area[2], x + cover[0].shape[1]), min(area[3], y + cover[0].shape[0])
    if left >= right or top >= bottom:
        return None
    return slice(top, bottom), slice(left, right), np.s_[top - y : bottom - y, left - x : right - x]


def _close(items: Any, times: np.ndarray) -> list[list[int]]:
    """By frame, the items that are looked at closely: each when it can first be read, in the midst and last."""
    found: list[list[int]] = [[] for _ in times]
    for own, item in enumerate(items):
        if item["read"] is None:
            continue
        first, end = np.searchsorted(times, item["read"])
        for number in sorted(set(np.linspace(first, max(end - 1, first), CLOSE).astype(int).tolist())):
            found[min(number, len(times) - 1)].append(own)
    return found


def _closely(item: dict[str, Any], cover: Cover, at: tuple[int, int], base: np.ndarray, seen: np.ndarray) -> str:
    """Why a frame does not show a line that stands whole; empty if it does. The ground is made level first."""
    window = _window(item["area"], cover, at)
    if window is None:
        return "it stands outside of its area"
    rows, columns, inside = window
    wanted, paper = cover[0][inside], base[rows, columns]
    level = seen[rows, columns] - (1 - wanted) * (paper - paper.mean())
    near = cv2.dilate((wanted > 0.02).view(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return ink.compare(wanted, level.astype(np.float32), near, ink.BLOT + ink.HINTED / item["set"]["scale"])


def unread(claims: Claims, evidence: Evidence) -> Iterator[Failure]:
    """An OCR engine reads a few lines in frames where they stand whole."""
    film: Media = evidence.film()
    times = np.array(film.timestamps)
    known = [item for item in claims["items"] if item["read"] and item["role"] == "line"]
    for item in known[:: max(len(known) // HEARD, 1)][:HEARD]:
        row = max(item["set"]["lines"], key=lambda line: len(line_text(item["set"], line)))
        wanted = line_text(item["set"], row)
        number = int(np.searchsorted(times, sum(item["read"]) / 2, side="right")) - 1
        at = place(item, float(times[number]))
        if len(wanted) < TELLING or at is None:
            continue
        [frame] = evidence.frames(0, [number])
        matrix = np.array(item["set"]["matrix"], float)
        matrix[:2, 2] += at
        crop = straighten.level(frame, {**item["set"], "matrix": matrix.tolist()}, row)
        rate, found = ocr_engine.disagreement(crop, item["set"]["language"], wanted, READ)
        if rate > READ:
            yield Failure("engine", f"{wanted!r} was read as {found!r}: {rate:.0%} of its characters are wrong")
