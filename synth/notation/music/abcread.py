"""What an ABC text says, by music21: the truth that a score's own signs must agree with."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

Event = tuple[int | None, int, Fraction]  # steps above middle C (None: a rest), semitones altered, quarter notes


@dataclass
class Abc:
    """What an ABC text says, by music21; the lines of its body and their bar lines as written."""

    title: str
    composer: str
    fifths: int
    metre: str
    bars: list[list[Event]]
    lines: list[int]
    ends: list[list[str]]
    marks: list[int | None]


@lru_cache(64)
def parse(abc: str) -> Abc:
    """Raises ValueError where it is no ABC of one voice."""
    from music21.abcFormat import ABCFile, translate
    from music21.exceptions21 import Music21Exception

    head, _, body = abc.partition("K:")
    body = body.partition("\n")[2]
    fields = {line[0]: line[2:] for line in head.split("\n") if line[1:2] == ":"}
    try:
        stream = translate.abcToStreamScore(ABCFile().readstr(abc))
        measures = list(stream.parts[0].getElementsByClass("Measure"))
        fifths = measures[0].keySignature.sharps if measures[0].keySignature else 0
        bars = [[_event(note) for note in measure.notesAndRests] for measure in measures]
    except (Music21Exception, AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"no ABC that music21 reads: {error}") from error
    bars = [bar for bar in bars if bar]
    written = sum((_length(*found) for found in re.findall(r"[A-Ga-gz][,']*(\d*)(?:/(\d*))?", body)), Fraction(0))
    if written != sum((event[2] for bar in bars for event in bar), Fraction(0)):
        raise ValueError("notes that overfill their bars: music21 cuts them off")
    ends = [re.findall(r":\||\|:|\|\]|\|\||\|", line) for line in body.split("\n") if line.strip()]
    lines = [len([end for end in line if end != "|:"]) for line in ends]
    marks = [{"^": 1, "_": -1, "=": 0}.get(each) for each in re.findall(r"([\^_=]?)[A-Ga-g]", body)]
    return Abc(fields.get("T", ""), fields.get("C", ""), fifths, fields.get("M", ""), bars, lines, ends, marks)


def _event(note: Any) -> Event:
    value = Fraction(note.quarterLength)
    if note.isRest:
        return None, 0, value
    step = "CDEFGAB".index(note.pitch.step) + 7 * (note.pitch.octave - 4)
    return step, int(note.pitch.accidental.alter) if note.pitch.accidental else 0, value


def _length(times: str, over: str) -> Fraction:
    """Quarter notes of a length as `Tune.abc` writes it, in eighths."""
    return Fraction(int(times or 1), int(over or 1)) / 2
