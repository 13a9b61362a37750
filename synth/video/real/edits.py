"""Edits of footage: takes put together, stopped, turned back, slowed down, interrupted and covered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from synth.sample import Failure, Unproven
from synth.video.real import look
from synth.video.real.footage import Footage, Take, take
from synth.video.real.wording import COLOURS

Edit = Literal["plain", "montage", "insert", "freeze", "backwards", "slow", "fast", "caption", "inset"]
TRIES = 12
MOST = 220  # frames of a film
STILL = 3.2  # levels: frames that differ by less might be the same one
CUT = 0.3  # of the colours change at a cut, at least, and
STEADY = 0.45  # within a scene at most so large a part of the least change at a cut
APART = 0.3  # seconds: frames further apart than this must differ where one frame is looked for


@dataclass
class Strip:
    """A film in the making: frames (height, width, 3) uint8, their moments, and the pieces that it is put together of:
    each with the number of its `first` frame; `of` are the numbers of the first and last frame that it shows again."""

    frames: list[np.ndarray] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    pieces: list[dict[str, Any]] = field(default_factory=list)
    gap: float = 0.1  # seconds from the last frame to the next one

    def add(self, kind: str, frames: list[np.ndarray], gaps: list[float], **more: Any) -> None:
        """Frames, and the seconds after each until the next."""
        start = self.times[-1] + self.gap if self.times else 0.0
        moments = start + np.concatenate([[0.0], np.cumsum(gaps[:-1])])
        self.pieces.append({"kind": kind, "first": len(self.frames), **more})
        self.frames += frames
        self.times += moments.tolist()
        self.gap = gaps[-1]


def draw_take(rng: np.random.Generator, footage: Footage, size: tuple[int, int], seconds: float) -> Take:
    """A stretch of a file without a cut, at a rate of its own; some of its frames are left out at random."""
    for _ in range(TRIES):
        reel = footage.reel(int(rng.integers(len(footage.files))))
        length = min(seconds, float(reel.times[-1]))
        start = float(rng.uniform(0, reel.times[-1] - length)) if reel.times[-1] > length else 0.0
        numbers = np.flatnonzero((reel.times >= start) & (reel.times <= start + length))
        step = max(round(1 / (float(rng.uniform(5, 14)) * float(np.median(np.diff(reel.times))))), 1)
        if rng.random() < 0.4:  # a variable rate
            gaps = rng.integers(max(step // 2, 1), 2 * step + 1, len(numbers))
            places = np.cumsum(gaps) - gaps[0]
            numbers = numbers[places[places < len(numbers)]]
        else:
            numbers = numbers[::step]
        if len(numbers) < 8:
            continue
        found = take(reel, numbers.tolist()[:MOST], size)
        if float(look.jumps(look.look(found.frames)).max()) < CUT * STEADY:
            return found
    raise Unproven([Failure("source", "no stretch of footage without a cut was found")])


def gaps_of(taken: Take) -> list[float]:
    """Seconds after each frame; the last stands as long as most do."""
    gaps = np.diff(taken.times)
    return [*gaps.tolist(), float(np.median(gaps))]


def plain(rng: np.random.Generator, footage: Footage, size: tuple[int, int], seconds: float) -> Strip:
    strip = Strip()
    taken = draw_take(rng, footage, size, seconds)
    strip.add("clip", taken.frames, gaps_of(taken))
    return strip


def montage(rng: np.random.Generator, footage: Footage, size: tuple[int, int], seconds: float) -> Strip:
    """Two to six scenes, each clearly of other colours than the one before."""
    strip, jumps, cuts = Strip(), [0.0], [1.0]
    scenes = int(rng.integers(2, 7))
    for _ in range(2 * TRIES):
        taken = draw_take(rng, footage, size, float(rng.uniform(1.2, max(seconds / 3, 1.6))))
        own = look.jumps(look.look([*strip.frames[-1:], *taken.frames]))[1:].tolist()
        cut = [own.pop(0)] if strip.frames else []
        if min(cuts + cut) < CUT or max(jumps + own) >= STEADY * min(cuts + cut):
            continue
        strip.add("clip", taken.frames, gaps_of(taken))
        jumps, cuts = jumps + own, cuts + cut
        if len(strip.pieces) == scenes or strip.times[-1] > seconds or len(strip.frames) > 0.8 * MOST:
            break
    if len(strip.pieces) < 2:
        raise Unproven([Failure("source", "the footage has no scenes that are clearly of other colours")])
    return strip


def insert(rng: np.random.Generator, footage: Footage, size: tuple[int, int], seconds: float) -> Strip:
    """A take that plain colour interrupts, once or twice."""
    taken = draw_take(rng, footage, size, seconds)
    gaps, strip, begin = gaps_of(taken), Strip(), 0
    names = rng.permutation(sorted(COLOURS))
    for number in range(int(rng.integers(1, 3))):
        end = int(rng.integers(begin + 3, max(len(gaps) - 3, begin + 4)))
        if end >= len(gaps) - 2:
            break
        strip.add("clip", taken.frames[begin:end], gaps[begin:end])
        name, dur = str(names[number]), float(rng.uniform(0.7, 2.5))
        colour = np.empty((size[1], size[0], 3), np.uint8)
        colour[:] = COLOURS[name]
        count = max(round(dur / float(np.median(gaps))), 2)
        strip.add("colour", [colour] * count, [dur / count] * count, colour=name)
        begin = end
    strip.add("clip", taken.frames[begin:], gaps[begin:])
    if len(strip.pieces) < 3:
        raise Unproven([Failure("source", "the take is too short to be interrupted")])
    return strip


def _lively(rng: np.random.Generator, footage: Footage, size: tuple[int, int], seconds: float) -> Take:
    """A take in which no two frames are alike that are not next to each other."""
    for _ in range(TRIES):
        taken = draw_take(rng, footage, size, seconds)
        grey = look.look(taken.frames).grey
        if all(
            (look.apart(grey[number], grey[np.abs(taken.times - taken.times[number]) >= APART]) > 2 * STILL).all()
            for number in range(len(grey))
        ):
            return taken
    raise Unproven([Failure("source", "no footage that keeps moving was found")])


def freeze(rng: np.random.Generator, footage: Footage, size: tuple[int, int], seconds: float) -> Strip:
    """A take that stands still for a while, then goes on."""
    taken = _lively(rng, footage, size, seconds)
    gaps, strip = gaps_of(taken), Strip()
    at = int(rng.integers(3, len(gaps) - 3))
    grey = look.look(taken.frames).grey
    for _ in range(len(gaps)):  # where the frames around it differ
        around = look.apart(grey[at], grey[[at - 1, at + 1]])
        if around.min() > 1.5 * STILL:
            break
        at = at % (len(gaps) - 6) + 3
    else:
        raise Unproven([Failure("source", "no moment of the take moves enough to be stopped")])
    strip.add("clip", taken.frames[:at], gaps[:at])
    dur = float(rng.uniform(0.8, 3.5))
    count = max(round(dur / float(np.median(gaps))), 2)
    strip.add("freeze", [taken.frames[at]] * count, [dur / count] * count)
    strip.add("clip", taken.frames[at + 1 :], gaps[at + 1 :])
    return strip


def _again(kind: str, rng: np.random.Generator, footage: Footage, size: tuple[int, int], seconds: float) -> Strip:
    """A take, and after it part of it again: backwards, at half its speed or at twice its speed."""
    taken = _lively(rng, footage, size, seconds * 0.55)
    gaps, strip, last = gaps_of(taken), Strip(), len(taken.frames) - 1
    strip.add("clip", taken.frames, gaps)
    length = int(rng.integers(max(len(gaps) // 2, 6), len(gaps) - 1))
    first = last - length if kind == "backwards" else int(rng.integers(0, last - length + 1))
    numbers = list(range(first, first + length + 1))
    factor = {"backwards": -1.0, "slow": 0.5, "fast": 2.0}[kind]
    if kind == "backwards":
        numbers = numbers[::-1][1:]
        own = [*(gaps[number - 1] for number in numbers[:-1]), gaps[0]]
        strip.gap = gaps[last - 1]
    elif kind == "slow":
        own = [gaps[number] * 2 for number in numbers]
    else:
        numbers = numbers[::2]
        own = [float(taken.times[min(number + 2, last)] - taken.times[number]) / 2 or 0.1 for number in numbers]
    if len(numbers) < 5:
        raise Unproven([Failure("source", "the take is too short to be shown again")])
    of = [min(numbers), max(numbers)]
    strip.add(kind, [taken.frames[number] for number in numbers], own, of=of, factor=factor)
    return strip


Maker = Callable[[np.random.Generator, Footage, tuple[int, int], float], Strip]


def _repeated(kind: str) -> Maker:
    return lambda rng, footage, size, seconds: _again(kind, rng, footage, size, seconds)


EDITS: dict[str, Maker] = {
    **{"plain": plain, "montage": montage, "insert": insert, "freeze": freeze, "caption": plain, "inset": plain},
    **{kind: _repeated(kind) for kind in ("backwards", "slow", "fast")},
}
