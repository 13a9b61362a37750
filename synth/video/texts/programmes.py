"""Programmes: what comes onto the screen when, for each way in which films show text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synth.sample import Failure, Unproven
from synth.video.texts.kit import Kit, Line
from synth.video.texts.stage import Area, Item, Knot

Programme = Literal["credits", "ticker", "teleprompter", "chat", "subtitles", "slides", "counter"]
FOREVER = 1e6  # seconds: later than the end of any film
INSET = 12  # px between text and the edge of its area
SLOWEST = 24.0  # px a second


@dataclass
class Shown:
    """The items of a programme and when its last one has gone."""

    items: list[Item]
    seconds: float


def credits(rng: np.random.Generator, kit: Kit, area: Area, longest: float) -> Shown:
    """Lines that roll up together, headings among them."""
    x1, y1, x2, y2 = area
    speed = float(rng.uniform(max(SLOWEST, (y2 - y1) / 9), max(SLOWEST * 1.5, (y2 - y1) / 3.5)))
    room = speed * longest - (y2 - y1)
    centred = rng.random() < 0.7
    rolled: list[tuple[Line, float, float]] = []
    down = 0.0
    while down < room - 2 * kit.size or len(rolled) < 3:
        heading = rng.random() < 0.2
        size = round(kit.size * (1.3 if heading else 1.0))
        line = kit.line(x2 - x1 - 2 * INSET, "title" if heading or rng.random() < 0.5 else "sentence", size=size)
        if rolled:
            down += size * float(rng.choice([0.15, 0.15, 0.6, 1.4]))
        x = x1 + ((x2 - x1 - line.width) / 2 if centred else INSET)
        rolled.append((line, x, down))
        down += line.height - 12
        if len(rolled) >= 30:
            break
    seconds = (y2 - y1 + down) / speed
    items = [
        Item(line, area, [(0.0, x, y2 + 1 + at), (seconds + 1, x, y2 + 1 + at - speed * (seconds + 1))], True, FOREVER)
        for line, x, at in rolled
    ]
    return Shown(items, seconds)


def ticker(rng: np.random.Generator, kit: Kit, area: Area, longest: float) -> Shown:
    """News that run along a strip, one after the other, in the direction in which they are read."""
    x1, y1, x2, y2 = area
    speed = float(rng.uniform(max(50, (x2 - x1) / 9), max(90, (x2 - x1) / 3.5)))
    gap = kit.size * float(rng.uniform(1.5, 4))
    lines: list[tuple[Line, float]] = []
    along = 0.0
    while along < speed * longest - (x2 - x1) * 1.5 or len(lines) < 2:
        line = kit.line((x2 - x1) * 0.85)
        lines.append((line, along))
        along += line.width - 16 + gap
        if len(lines) >= 24:
            break
    seconds = (x2 - x1 + along) / speed
    left = kit.language != "ar"
    items = []
    for line, at in lines:
        start = x2 + at if left else x1 - line.width - at
        end = start + (-1 if left else 1) * speed * (seconds + 1)
        y = (y1 + y2 - line.height) / 2
        items.append(Item(line, area, [(0.0, start, y), (seconds + 1, end, y)], True, FOREVER))
    return Shown(items, seconds)


def teleprompter(rng: np.random.Generator, kit: Kit, area: Area, longest: float) -> Shown:
    """Running text that rolls up, held now and then."""
    x1, y1, x2, y2 = area
    lines = kit.paragraph(x2 - x1 - 2 * INSET, int(rng.integers(16, 60)))[: int(longest)]
    step = kit.size * float(rng.uniform(1.3, 1.8))
    speed = float(rng.uniform(max(SLOWEST, (y2 - y1) / 8), max(1.5 * SLOWEST, (y2 - y1) / 3)))
    way = y2 - y1 + step * len(lines)
    knots, seconds, gone = [(0.0, 0.0)], 0.0, 0.0
    while gone < way:
        run = min(float(rng.uniform(2, 5)) * step, way - gone)
        seconds, gone = seconds + run / speed, gone + run
        knots.append((seconds, gone))
        if rng.random() < 0.5 and gone < way:
            seconds += float(rng.uniform(0.5, 2.0))
            knots.append((seconds, gone))
        if seconds > 1.5 * longest:
            break
    items = []
    for number, line in enumerate(lines):
        x = x2 - INSET - line.width if kit.language == "ar" else x1 + INSET
        y = y2 + 1 + number * step
        items.append(Item(line, area, [(t, x, y - up) for t, up in knots], True, FOREVER))
    return Shown(items, seconds)


def chat(rng: np.random.Generator, kit: Kit, area: Area, longest: float) -> Shown:
    """Messages that come in below and push the others up."""
    x1, _, x2, y2 = area
    messages: list[tuple[float, Line]] = []
    seconds = float(rng.uniform(0.2, 1.5))
    while seconds < longest - 1.2 and len(messages) < 16:
        messages.append((seconds, kit.line((x2 - x1) * 0.8, rows=2)))
        seconds += float(rng.uniform(0.9, 3.5))
    items = []
    for number, (start, line) in enumerate(messages):
        x = x1 + INSET if (number + (kit.language == "ar")) % 2 == 0 else x2 - INSET - line.width
        y, knots = float(y2 - INSET - line.height), []
        knots.append((start, float(x), y))
        for later, other in messages[number + 1 :]:
            y -= other.height - 6
            knots.append((later, float(x), y))
        items.append(Item(line, area, knots, False, FOREVER))
    return Shown(items, seconds)


def subtitles(rng: np.random.Generator, kit: Kit, area: Area, longest: float) -> Shown:
    """Lines that stand for a while, one after the other, with or without a gap."""
    x1, y1, x2, y2 = area
    items: list[Item] = []
    seconds, gaps = float(rng.uniform(0.0, 1.5)), rng.random() < 0.7
    while seconds < longest - 1.5 and len(items) < 16:
        line = kit.line(x2 - x1 - 2 * INSET, rows=2 if y2 - y1 > 3.4 * kit.size else 1, align="middle")
        until = min(seconds + float(rng.uniform(1.2, 4.5)), longest)
        x, y = (x1 + x2 - line.width) / 2, y2 - line.height
        items.append(Item(line, area, [(seconds, x, y)], False, until))
        seconds = until + (float(rng.uniform(0.2, 1.5)) if gaps else 0.0)
    return Shown(items, seconds)


def slides(rng: np.random.Generator, kit: Kit, area: Area, longest: float) -> Shown:
    """Headings with points that come in one by one, and all go when the next slide comes."""
    x1, y1, x2, y2 = area
    items: list[Item] = []
    seconds = 0.0
    while seconds < longest - 4 and len(items) < 24:
        head = kit.line(x2 - x1 - 2 * INSET, "title", size=round(kit.size * 1.35))
        y, start, own = float(y1), seconds, [(head, float(y1), seconds)]
        y += head.height
        for _ in range(int(rng.integers(1, 5))):
            line = kit.line(x2 - x1 - 4 * INSET, rows=2)
            if y + line.height > y2:
                break
            start += float(rng.uniform(0.7, 2.2))
            own.append((line, y, start))
            y += line.height - 6
        end = min(start + float(rng.uniform(1.2, 3)), longest)
        for number, (line, top, from_) in enumerate(own):
            inset = INSET if number == 0 else 3 * INSET
            x = x2 - inset - line.width if kit.language == "ar" else x1 + inset
            if from_ < end - 0.6:
                items.append(Item(line, area, [(from_, float(x), top)], False, end))
        seconds = end
    return Shown(items, seconds)


def counter(rng: np.random.Generator, kit: Kit, area: Area, longest: float) -> Shown:
    """A clock, a count or a countdown: one text after the other in the same place, without a gap."""
    x1, y1, x2, y2 = area
    every = float(rng.choice([0.5, 0.8, 1.0, 1.0, 1.0, 1.5, 2.0, 3.0]))
    states = min(int(longest / every), 60)
    start, step = int(rng.integers(0, 5_000)), int(rng.choice([1, 1, 1, 2, 5, 7, 10, 25]))
    kind = rng.random()
    values = [start + step * number for number in range(states)]
    if kind < 0.3:
        values = [start + int(each) for each in np.cumsum(rng.integers(1, 60, states))]  # as scores and meters count
    elif kind < 0.5:
        values = values[::-1]
    clock = rng.random() < 0.5
    texts = [f"{each // 3600:02d}:{each // 60 % 60:02d}:{each % 60:02d}" if clock else str(each) for each in values]
    size = min(round(kit.size * float(rng.uniform(1.0, 1.8))), y2 - y1 - 20, round((x2 - x1) / 5.5))
    begin, items = float(rng.uniform(0, 0.9)), []
    for number, text in enumerate(texts):
        line = kit.set([text], max(size, 14))
        if line is None or line.width > x2 - x1:
            raise Unproven([Failure("text", f"{text} cannot be set in {kit.face.name} here")])
        at = begin + every * number
        place: list[Knot] = [(0.0 if number == 0 else at, (x1 + x2 - line.width) / 2, (y1 + y2 - line.height) / 2)]
        until = FOREVER if number == len(texts) - 1 else at + every
        items.append(Item(line, area, place, False, until, role="count"))
    return Shown(items, begin + every * states)


PROGRAMMES: dict[str, Callable[[np.random.Generator, Kit, Area, float], Shown]] = {
    **{"credits": credits, "ticker": ticker, "teleprompter": teleprompter, "chat": chat, "subtitles": subtitles},
    **{"slides": slides, "counter": counter},
}
