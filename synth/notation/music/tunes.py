"""Tunes of one voice: from ABC collections, and made by a grammar; written anew in a plain ABC that a score bears out.

Graces, slurs, ties, chords and ornaments are left out of what is drawn and written alike; tunes with tuplets, first and
second endings or changes of key or metre are passed over.
"""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from curation.errors import UserError

METRES = {
    **{
        "2/4": Fraction(2),
        "3/4": Fraction(3),
        "4/4": Fraction(4),
        "C": Fraction(4),
        "C|": Fraction(4),
        "2/2": Fraction(4),
    },
    **{"3/8": Fraction(3, 2), "6/8": Fraction(3), "9/8": Fraction(9, 2)},
}  # the quarter notes of a bar
VALUES = tuple(Fraction(each, 4) for each in (1, 2, 3, 4, 6, 8, 12, 16))  # in quarter notes: sixteenth to whole
KEYS = ("C", "G", "D", "A", "E", "B", "F", "Bb", "Eb", "Ab", "Am", "Em", "Bm", "F#m", "C#m", "Dm", "Gm", "Cm", "Fm")
MODES = ("DDor", "ADor", "EDor", "GMix", "DMix", "AMix")
# The major key of the same signature: what a score shows; the mode it does not.
_MAJORS = "C G D A E B F Bb Eb Ab C G D A E F Bb Eb Ab C G D C G D"
MAJOR = dict(zip((*KEYS, *MODES), _MAJORS.split(" "), strict=True))
_NOTE = re.compile(r"([\^_=]?)([A-Ga-gz])([,']*)(\d*)(/*)(\d*)")
_BAR = re.compile(r":\|+:|:\|[|\]]?|\|+:|\|\]|\|\||\|")
_LEFT_OUT = re.compile(r'"[^"]*"|\{[^}]*\}|![^!]*!|%[^\n]*|\\$|[~.HLMNOPSTuvJRy`\\]|-|\((?!\d)|\)', re.M)


@dataclass(frozen=True)
class Bar:
    """`notes` are (name, quarter notes): a name is an ABC pitch with its accidental, or z; `end` is the bar line."""

    notes: tuple[tuple[str, Fraction], ...]
    end: str = "|"

    @property
    def length(self) -> Fraction:
        return sum((value for _, value in self.notes), Fraction(0))


@dataclass(frozen=True)
class Tune:
    title: str
    composer: str
    metre: str
    key: str
    bars: tuple[Bar, ...]
    repeated: bool = False  # the first bar begins a repeat

    def abc(self, lines: list[int]) -> str:
        """ABC with so many bars in each line."""
        head = [f"X:1\nT:{self.title}", *([f"C:{self.composer}"] if self.composer else [])]
        bars, body = iter(self.bars), []
        for number, count in enumerate(lines):
            line = " ".join(f"{_written(bar, self.metre)} {bar.end}" for bar in (next(bars) for _ in range(count)))
            body.append(("|: " if self.repeated and not number else "") + line)
        return "\n".join([*head, f"M:{self.metre}\nL:1/8\nK:{MAJOR[self.key]}", *body])


def _written(bar: Bar, metre: str) -> str:
    beat = Fraction(3, 2) if metre.endswith("8") else Fraction(1)
    text, at = [], Fraction(0)
    for name, value in _explicit(bar.notes):
        if at and at % beat == 0:
            text.append(" ")
        units = value * 2
        length = {1: "", Fraction(1, 2): "/2"}.get(
            units, f"{units.numerator}" + ("/2" if units.denominator == 2 else "")
        )
        text.append(name + length)
        at += value
    return "".join(text)


def _explicit(notes: tuple[tuple[str, Fraction], ...]) -> list[tuple[str, Fraction]]:
    """Every accidental that a bar carries on is written again: readers differ in which octaves it holds for."""
    carried: dict[str, str] = {}
    found = []
    for name, value in notes:
        accidental = name[0] if name[0] in "^_=" else ""
        letter = name.lstrip("^_=")[0].upper()
        if accidental:
            carried[letter] = accidental
        elif letter in carried:
            name = carried[letter] + name
        found.append((name, value))
    return found


def read_tunes(path: Path) -> list[Tune]:
    """The tunes of an ABC file that the plain form can say. Raises UserError where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"{path}: no ABC file: {error.strerror}") from error
    return [tune for part in re.split(r"\n(?=X:)", "\n" + text) if (tune := _tune(part)) is not None]


def _tune(text: str) -> Tune | None:
    head, _, body = text.partition("K:")
    fields = dict(reversed([(line[0], line[2:].strip()) for line in head.split("\n") if line[1:2] == ":"]))
    key, _, body = body.partition("\n")
    key = re.sub(r"[\s!].*", "", key.strip())
    metre, title = fields.get("M", "4/4"), re.sub(r"[^\x20-\x7e]|%.*", "", fields.get("T", "")).strip()
    unit = Fraction(fields.get("L", "1/8")) if re.fullmatch(r"1/\d+", fields.get("L", "1/8")) else None
    known = key in (*KEYS, *MODES) and metre in METRES and 3 <= len(title) <= 44
    if unit is None or not known or re.search(r"^[A-Za-z]:|\(\d|\[|[|:]\s?\d|^[wW]:", body.strip(), re.M):
        return None
    bars = _bars(_LEFT_OUT.sub("", body), unit * 4)
    whole = METRES[metre]
    if not bars or len(bars) < 4 or any(bar.length != whole for bar in bars[1:-1]):
        return None
    composer = re.sub(r"[^\x20-\x7e]", "", fields.get("C", ""))[:30]
    return Tune(title, composer, metre, key, tuple(bars), body.lstrip().startswith("|:"))


def _bars(body: str, unit: Fraction) -> list[Bar] | None:
    """Bars by their lines; None where a sign is unknown or a length has no note of its own."""
    bars: list[Bar] = []
    ends = [match[0] for match in _BAR.finditer(body)]
    for place, part in enumerate(_BAR.split(body)):
        notes = _notes("".join(part.split()), unit)
        if notes is None or any(value not in VALUES for _, value in notes):
            return None
        if notes:
            end = ends[place] if place < len(ends) else "|]"
            bars.append(Bar(tuple(notes), ":|" if end.startswith(":") else {"||": "||", "|]": "|]"}.get(end, "|")))
    return bars


def _notes(text: str, unit: Fraction) -> list[tuple[str, Fraction]] | None:
    notes: list[tuple[str, Fraction]] = []
    at, broken = 0, Fraction(1)
    while at < len(text):
        if text[at] in "<>":
            if not notes or broken != 1:
                return None
            dotted = text[at] == ">"
            name, value = notes[-1]
            notes[-1] = (name, value * (Fraction(3, 2) if dotted else Fraction(1, 2)))
            broken = Fraction(1, 2) if dotted else Fraction(3, 2)
            at += 1
            continue
        match = _NOTE.match(text, at)
        if match is None:
            return None
        accidental, letter, octave, times, slashes, over = match.groups()
        length = Fraction(
            int(times or 1), int(over or 2) if slashes and (over or len(slashes) == 1) else 2 ** len(slashes)
        )
        notes.append((accidental + letter + octave, unit * length * broken))
        broken, at = Fraction(1), match.end()
    return notes


def excerpt(tune: Tune, rng: np.random.Generator, most: int) -> Tune:
    """The tune's first bars: up to `most`, at least four."""
    count = int(rng.integers(min(4, len(tune.bars)), min(most, len(tune.bars)) + 1))
    bars = tune.bars[:count]
    return replace(tune, bars=(*bars[:-1], replace(bars[-1], end="|]" if bars[-1].end == "|" else bars[-1].end)))


def composed(rng: np.random.Generator, most: int) -> Tune:
    """A tune that nobody knows: a walk over the scale in a key, metre and rhythm drawn anew."""
    metre = str(rng.choice(["2/4", "3/4", "4/4", "4/4", "6/8", "9/8", "3/8", "C"]))
    compound = metre.endswith("8")
    step, bars = int(rng.integers(3, 9)), []  # steps above middle C
    for _ in range(int(rng.integers(4, most + 1))):
        notes: list[tuple[str, Fraction]] = []
        for value in _rhythm(rng, METRES[metre], compound):
            step = int(np.clip(step + rng.choice([-4, -2, -1, -1, 0, 1, 1, 2, 3]), -1, 14))
            accidental = str(rng.choice(["", "^", "_", "="], p=[0.94, 0.025, 0.02, 0.015]))
            notes.append(("z" if rng.random() < 0.05 else accidental + pitch(step), value))
        bars.append(Bar(tuple(notes), str(rng.choice(["|", "||", ":|"], p=[0.92, 0.04, 0.04]))))
    bars[-1] = replace(bars[-1], end=str(rng.choice(["|]", ":|", "||"])))
    key = str(rng.choice([*KEYS, *MODES]))
    kinds = ("Reel", "Jig", "Waltz", "Air", "March", "Hornpipe", "Lullaby", "Polka", "Song", "Minuet", "Study", "Dance")
    first = ("Silver", "Old", "Northern", "Little", "Merry", "Quiet", "Crooked", "Winter", "Broken", "Distant", "Green")
    second = ("Mill", "River", "Lantern", "Orchard", "Harbour", "Sparrow", "Meadow", "Miller", "Bridge", "Shepherd")
    words = [str(rng.choice(first)), str(rng.choice(second)), str(rng.choice(kinds))]
    if rng.random() < 0.5:
        words.append(f"No. {rng.integers(1, 400)}")
    composer = f"{rng.choice(list('ABCDEFGHJKLMRSTW'))}. {_name(rng)}" if rng.random() < 0.5 else ""
    return Tune(" ".join(words), composer, metre, key, tuple(bars), bool(rng.random() < 0.3))


def pitch(step: int) -> str:
    """The ABC name of a step above middle C."""
    octave, letter = divmod(step, 7)
    name = "CDEFGAB"[letter]
    return name + "," * -octave if octave < 0 else name if octave == 0 else name.lower() + "'" * (octave - 1)


def _rhythm(rng: np.random.Generator, length: Fraction, compound: bool) -> list[Fraction]:
    quarter = Fraction(1)
    simple = [
        [quarter],
        [quarter / 2] * 2,
        [quarter / 4] * 4,
        [quarter * 3 / 4, quarter / 4],
        [quarter / 2, quarter / 4, quarter / 4],
    ]
    threes = [[quarter / 2] * 3, [quarter, quarter / 2], [quarter * 3 / 2], [quarter * 3 / 4, quarter / 4, quarter / 2]]
    values: list[Fraction] = []
    while (left := length - sum(values, Fraction(0))) > 0:
        if not compound and left >= 2 and rng.random() < 0.15:
            values += [quarter * 2] if rng.random() < 0.6 else [quarter * 3 / 2, quarter / 2]
        else:
            cells = threes if compound else simple
            values += cells[rng.integers(len(cells))]
    return values


def _name(rng: np.random.Generator) -> str:
    parts = (
        "ar",
        "bel",
        "cor",
        "dan",
        "el",
        "fen",
        "gor",
        "hal",
        "is",
        "kal",
        "lor",
        "mar",
        "nor",
        "ost",
        "ric",
        "sten",
        "vor",
    )
    return "".join(str(rng.choice(parts)) for _ in range(rng.integers(2, 4))).capitalize()
