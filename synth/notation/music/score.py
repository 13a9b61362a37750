"""Reads a score back: signs and lines, proved by the ink, make notes; music21's own reading of the ABC must agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from synth.notation.glyphs import font_file, text_glyph
from synth.notation.music.abcread import Event, parse
from synth.notation.music.musicfont import music_glyph
from synth.notation.redrawing import Redrawing, box_faults

HEADS = {"E0A2": Fraction(4), "E0A3": Fraction(2), "E0A4": Fraction(1)}  # whole, half, black, in quarter notes
RESTS = {"E4E3": Fraction(4), "E4E4": Fraction(2), "E4E5": Fraction(1), "E4E6": Fraction(1, 2), "E4E7": Fraction(1, 4)}
FLAGS = {"E240": 1, "E241": 1, "E242": 2, "E243": 2}
ALTERS = {"E260": -1, "E261": 0, "E262": 1}
DIGITS = {f"E08{digit}": str(digit) for digit in range(10)} | {"E08A": "C", "E08B": "C|"}
DOTS = "E044"  # of a repeat
KINDS = (tuple(HEADS), tuple(RESTS), tuple(FLAGS), tuple(ALTERS), tuple(DIGITS))
SHARPS, FLATS = "FCGDAEB", "BEADGCF"


def ink_faults(seen: np.ndarray, truth: Mapping[str, Any]) -> list[str]:
    """Signs and lines that the ink is not, and ink that is neither."""
    redrawing = Redrawing(*seen.shape)
    letters = font_file(truth["lettering"])
    for sign, x, y, size in truth["letters"]:
        redrawing.glyph(text_glyph(letters, size, sign, x, y, _alike(sign)))
    for number, stroke in enumerate(truth["strokes"]):
        redrawing.stroke(f"stroke {number}", *stroke)
    for number, corners in enumerate(truth["beams"]):
        redrawing.polygon(f"beam {number}", corners)
    for number, (x, y, radius) in enumerate(truth["dots"]):
        turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        redrawing.polygon(f"dot {number}", [(x + radius * np.cos(turn), y + radius * np.sin(turn)) for turn in turns])
    for code, x, y, size in truth["glyphs"]:
        rivals = next((kind for kind in KINDS if code in kind), ())
        redrawing.glyph(music_glyph(truth["font"], code, x, y, size, rivals))
    return [*redrawing.faults(seen), *box_faults(seen, truth["box"])]


def reading_faults(truth: Mapping[str, Any]) -> list[str]:
    """Where signs and lines make other music than the ABC."""
    try:
        return _disagreements(truth)
    except ValueError as error:
        return [str(error)]


def _disagreements(truth: Mapping[str, Any]) -> list[str]:
    systems = read(truth)
    abc = parse(truth["abc"])
    bars = [bar for system in systems for bar in system.bars]
    text = "".join(each[0] for each in truth["letters"])
    found = []
    if text != (abc.title + abc.composer).replace(" ", "") or (abc.title, abc.composer) != (
        truth["title"],
        truth["composer"],
    ):
        found.append(f"{text!r} is written, not {abc.title!r} and {abc.composer!r}")
    if {system.fifths for system in systems} != {abc.fifths}:
        found.append(f"signatures of {sorted({system.fifths for system in systems})} fifths, not {abc.fifths}")
    if systems[0].metre != abc.metre:
        found.append(f"the metre is {systems[0].metre}, not {abc.metre}")
    if [len(system.bars) for system in systems] != abc.lines:
        found.append(f"lines of {[len(system.bars) for system in systems]} bars, not {abc.lines}")
    if [system.ends for system in systems] != abc.ends:
        found.append(f"bar lines {[system.ends for system in systems]}, not {abc.ends}")
    if len(bars) != len(abc.bars):
        found.append(f"{len(bars)} bars, not {len(abc.bars)}")
    for number, (one, two) in enumerate(zip(bars, abc.bars, strict=False)):
        if one != two:
            found.append(f"bar {number + 1} holds {one}, not {two}")
    marks = [mark for system in systems for mark in system.marks]
    if marks != abc.marks:
        found.append(f"accidentals written are {marks}, not {abc.marks}")
    spans = [[round(end) for end in span] for system in systems for span in system.spans]
    claimed = [[round(each[0]), round(each[2])] for each in truth["measures"]]
    rows = [(system.top, system.bottom) for system in systems for _ in system.spans]
    if len(spans) != len(claimed) or any(
        abs(a - b) > 6 for one, two in zip(spans, claimed, strict=True) for a, b in zip(one, two, strict=True)
    ):
        found.append(f"measures span {spans}, not {claimed}")
    elif any(
        abs(row[0] - box[1]) > 2 or abs(row[1] - box[3]) > 2 for row, box in zip(rows, truth["measures"], strict=True)
    ):
        found.append("a measure's box is not as high as its staff")
    return found


@dataclass
class System:
    """A line of music as its signs say it."""

    top: float
    bottom: float
    fifths: int = 0
    metre: str = ""
    bars: list[list[Event]] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    marks: list[int | None] = field(default_factory=list)  # the accidental written at each note, None without one


def read(truth: Mapping[str, Any]) -> list[System]:
    """The systems of a score from its primitives. Raises ValueError where they make no sense."""
    strokes = np.array(truth["strokes"], float).reshape(-1, 5)
    level = np.abs(strokes[:, 1] - strokes[:, 3]) < 0.5
    clefs = sorted(each[2] for each in truth["glyphs"] if each[0] == "E050")
    size = max((each[3] for each in truth["glyphs"]), default=0) / 4  # a staff space is a quarter of a music font's em
    if not clefs or size <= 0:
        raise ValueError("no clef")
    systems = []
    for clef in clefs:
        lines = [clef + size * step for step in (-3, -2, -1, 0, 1)]
        near = [level & (np.abs(strokes[:, 1] - y) < 0.15 * size) for y in lines]
        if not all(each.any() for each in near):
            raise ValueError(f"fewer than five lines at the clef of {clef:.0f}")
        top, bottom = strokes[near[0], 1].mean(), strokes[near[4], 1].mean()
        systems.append(_system(System(float(top), float(bottom)), truth, strokes, near, size, clefs))
    return systems


def _system(
    system: System,
    truth: Mapping[str, Any],
    strokes: np.ndarray,
    near: list[np.ndarray],
    size: float,
    clefs: list[float],
) -> System:
    middle = (system.top + system.bottom) / 2
    mine = [clef for clef in clefs if abs(clef - size - middle) < size]

    def here(y: float) -> bool:
        return min(clefs, key=lambda clef: abs(clef - size - y)) in mine

    glyphs = sorted((each for each in truth["glyphs"] if here(each[2])), key=lambda each: each[1])
    upright = strokes[
        (np.abs(strokes[:, 0] - strokes[:, 2]) < 0.5) & [here((a + b) / 2) for a, b in strokes[:, [1, 3]]]
    ]
    whole = (np.abs(upright[:, [1, 3]].min(axis=1) - system.top) < 0.3 * size) & (
        np.abs(upright[:, [1, 3]].max(axis=1) - system.bottom) < 0.3 * size
    )
    wide = upright[:, 4] > 0.115 * size  # stems are thinner than bar lines
    lines, stems = upright[whole & wide], upright[~(whole & wide)]
    dots = [each for each in truth["dots"] if here(each[1])]
    beams = [np.array(each, float) for each in truth["beams"] if here(float(np.mean([y for _, y in each])))]
    groups = _barlines(lines, [each for each in glyphs if each[0] == DOTS], size)
    start, stop = strokes[near[4], 0].min(), strokes[near[4], 2].max()
    notes, system.fifths = [], 0
    heads = [each for each in glyphs if each[0] in HEADS or each[0] in RESTS]
    alters: dict[int, int] = {}
    for each in glyphs:
        if each[0] in ALTERS:
            owner = [
                n
                for n, head in enumerate(heads)
                if head[0] in HEADS and abs(head[2] - each[2]) < 0.2 * size and 0 < head[1] - each[1] < 2.2 * size
            ]
            if owner:
                alters[owner[0]] = ALTERS[each[0]]
            else:
                system.fifths += _signed(each, system, size)
    for number, head in enumerate(heads):
        value = _value(head, stems, beams, [g for g in glyphs if g[0] in FLAGS], size)
        others = [each for each in heads if each[1] > head[1]]
        limit = min((each[1] for each in others), default=np.inf)
        dotted = sum(
            head[1] < dot[0] < min(limit, head[1] + 3.4 * size) and abs(dot[1] - head[2]) < 0.9 * size for dot in dots
        )
        step = round((system.bottom - head[2]) / (size / 2)) + 2 if head[0] in HEADS else None
        notes.append((head[1], step, alters.get(number), value * (2 - Fraction(1, 2**dotted))))
    if sum(1 for note in notes) and len(dots) != sum(
        1 for d in dots if any(h[1] < d[0] < h[1] + 3.4 * size for h in heads)
    ):
        raise ValueError("a dot that lengthens nothing")
    system.marks = [note[2] for note in notes if note[1] is not None]
    system.metre = "/".join(
        DIGITS[each[0]] for each in sorted((g for g in glyphs if g[0] in DIGITS), key=lambda g: g[2])
    )
    _into_bars(system, notes, groups, float(start), float(stop), size)
    return system


def _barlines(lines: np.ndarray, dots: list[Any], size: float) -> list[tuple[float, float, str]]:
    """(left, right, sign) of each bar line, from its strokes and dots."""
    groups: list[list[np.ndarray]] = []
    for line in lines[np.argsort(lines[:, 0])]:
        if groups and line[0] - groups[-1][-1][0] < 1.3 * size:
            groups[-1].append(line)
        else:
            groups.append([line])
    found = []
    for group in groups:
        left, right = group[0][0], group[-1][0]
        before = any(0 < left - each[1] < 1.6 * size for each in dots)
        after = any(0 < each[1] - right < 1.6 * size for each in dots)
        thick = any(line[4] > 0.3 * size for line in group)
        sign = ":|" if before else "|:" if after else "|]" if thick else "||" if len(group) == 2 else "|"
        found.append((float(left), float(right), sign))
    return found


def _into_bars(
    system: System, notes: list[Any], groups: list[tuple[float, float, str]], start: float, stop: float, size: float
) -> None:
    """Notes by bar, with the accidentals of the signature and of the bar so far."""
    order = SHARPS if system.fifths > 0 else FLATS
    signed = dict.fromkeys(order[: abs(system.fifths)], 1 if system.fifths > 0 else -1)
    edge = start
    first = min((note[0] for note in notes), default=stop)
    if groups and groups[0][2] == "|:" and groups[0][0] < first:
        system.ends.append("|:")
        groups = groups[1:]
    for left, right, sign in groups:
        bar, local = [], dict[int, int]()
        for x, step, alter, value in notes:
            if edge < x < left:
                if step is not None and alter is not None:
                    local[step] = alter
                usual = 0 if step is None else local.get(step, signed.get("CDEFGAB"[step % 7], 0))
                bar.append((step, usual, value))
        system.bars.append(bar)
        system.spans.append((edge, right))
        system.ends.append(sign)
        edge = right
    if abs(edge - stop) > 1.2 * size:
        raise ValueError(f"a staff without a bar line at its end: {edge:.0f} and {stop:.0f}")


def _signed(glyph: Sequence[Any], system: System, size: float) -> int:
    """+1 for a sharp of the signature, -1 for a flat, at the place where the next one belongs."""
    alter = ALTERS[glyph[0]]
    wanted = SHARPS[system.fifths : system.fifths + 1] if alter > 0 else FLATS[-system.fifths :][:1]
    step = round((system.bottom - glyph[2]) / (size / 2)) + 2
    if not alter or "CDEFGAB"[step % 7] != wanted:
        raise ValueError(f"an accidental at {[round(each) for each in glyph[1:3]]} is of no note and no signature")
    return alter


def _value(head: Sequence[Any], stems: np.ndarray, beams: list[np.ndarray], flags: list[Any], size: float) -> Fraction:
    """Quarter notes by head, stem, flags and beams; without dots."""
    if head[0] in RESTS:
        return RESTS[head[0]]
    value, (x, y) = HEADS[head[0]], head[1:3]
    touching = [
        s
        for s in stems
        if -0.3 * size < s[0] - x < 1.6 * size
        and min(s[1], s[3]) - size < y < max(s[1], s[3]) + size
        and (abs(s[0] - x) < 0.3 * size or abs(s[0] - x - 1.18 * size) < 0.4 * size)
    ]
    if (value < 4) != bool(touching):
        raise ValueError(f"a head at {[round(x), round(y)]} with {len(touching)} stems")
    if not touching:
        return value
    stem = touching[0]
    low, high = sorted((stem[1], stem[3]))
    tails = sum(
        FLAGS[flag[0]] for flag in flags if abs(flag[1] - stem[0]) < 0.3 * size and low - size < flag[2] < high + size
    )
    levels: list[float] = []
    for corners in beams:
        left, right = corners[:, 0].min(), corners[:, 0].max()
        if left - 0.2 * size < stem[0] < right + 0.2 * size and low - size < corners[:, 1].mean() < high + size:
            middle = np.interp(
                stem[0],
                [left, right],
                [corners[corners[:, 0] == left, 1].mean(), corners[corners[:, 0] == right, 1].mean()],
            )
            apart = all(abs(middle - level) > 0.35 * size for level in levels)  # two halves of a beam meet at a stem
            if apart and low - 0.7 * size < middle < high + 0.7 * size:
                levels.append(float(middle))
    tails += len(levels)
    if tails and value != 1:
        raise ValueError("a half note with a flag")
    return value / 2**tails


def _alike(sign: str) -> str:
    """Signs of about the same shape: of the same case, or digits."""
    alphabets = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")
    return next((signs for signs in alphabets if sign in signs), "")
