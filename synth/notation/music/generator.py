"""Scores of tunes, and what they say: ABC, metre, signature, bars, notes, places of measures."""

import copy
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from curation.document import Box, Point
from curation.errors import UserError
from synth.mutation import shift
from synth.notation.documents import NotationChecker, NotationSettings, Truth, ink_box_lie
from synth.notation.figure import Figure
from synth.notation.glyphs import font_file
from synth.notation.music import engraving, score
from synth.notation.music.tunes import MAJOR, METRES, composed, excerpt, pitch, read_tunes
from synth.sample import Checker, Draft, Failure, Generator, Unproven

_PITCH = re.compile(r"([A-Ga-g])([,']*)")


class MusicSettings(NotationSettings):
    """`tunes` names ABC files, or folders of them; `composed` is the share of tunes made by a grammar (all of them
    where no files are named); `bars` the most bars; `widest` the greatest width in pixels.
    """

    tunes: tuple[str, ...] = ()
    composed: float = Field(0.5, ge=0, le=1)
    bars: int = Field(16, ge=4, le=64)
    widest: int = Field(1204, ge=420, le=4004)


class MusicChecker(NotationChecker):
    heading: ClassVar[str] = 'class="music sheet" format="abc notation"'
    requests: ClassVar[tuple[str, ...]] = (
        "Transcribe the music into ABC notation.",
        "Write this score in ABC notation.",
        "Read the sheet music and give it as ABC.",
        "Convert the sheet music to ABC notation.",
    )

    def content(self, truth: Truth) -> str:
        return truth["abc"]

    def answers(self, truth: Truth) -> dict[str, tuple[str, str]]:
        try:
            abc = score.parse(truth["abc"])
        except ValueError:
            return {}
        notes = [event for bar in abc.bars for event in bar if event[0] is not None]
        kind = "sharp" if abc.fifths > 0 else "flat"
        signs = f"{abs(abc.fifths)} {kind}{'s' * (abs(abc.fifths) != 1)}" if abc.fifths else "none"
        names = ", ".join("CDEFGAB"[step % 7] for step, _, _ in notes[:4] if step is not None)
        said = {
            "title": ("What is the title of this piece?", abc.title),
            "metre": (
                "What is the time signature?",
                {"C": "common time (C)", "C|": "cut time"}.get(abc.metre, abc.metre),
            ),
            "signature": ("Which accidentals does the key signature have?", signs),
            "bars": ("How many bars are there?", str(len(abc.bars))),
            "staves": ("How many lines of music are there?", str(len(abc.lines))),
            "notes": ("How many notes are there, rests not counted?", str(len(notes))),
            "first": ("Name the first four notes, without accidentals.", names),
            "rests": (
                "Are there rests?",
                "yes" if any(event[0] is None for bar in abc.bars for event in bar) else "no",
            ),
        }
        if abc.composer:
            said["composer"] = ("Who is named as the composer?", abc.composer)
        for number in range(min(len(abc.bars), 6)):
            count = sum(event[0] is not None for event in abc.bars[number])
            said[f"bar {number + 1}"] = (f"How many notes does bar {number + 1} hold?", str(count))
        return said

    def places(self, truth: Truth) -> dict[str, tuple[str, list[tuple[str, Box | Point]]]]:
        measures: list[tuple[str, Box | Point]] = [
            (f"bar {number + 1}", Box(0, *box)) for number, box in enumerate(truth["measures"])
        ]
        found = {"measures": ("Locate every bar, in playing order.", measures)}
        for number, each in enumerate(measures[:8]):
            found[each[0]] = (f"Where is bar {number + 1}?", [each])
        return found

    def drawn(self, truth: Truth) -> Truth:
        return {
            name: truth[name] for name in ("glyphs", "strokes", "beams", "dots", "font", "letters", "lettering", "box")
        }

    def ink_faults(self, seen: np.ndarray, truth: Truth) -> list[str]:
        return score.ink_faults(seen, truth)

    def reading_faults(self, seen: np.ndarray, truth: Truth) -> list[str]:
        return score.reading_faults(truth)

    def lies(self, truth: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "box_shifted", ink_box_lie(truth)
        yield from _other_boxes(truth, rng)
        for name, tell in _LIES.items():
            abc = tell(truth["abc"], rng)
            if abc and abc != truth["abc"]:
                fields = dict(re.findall(r"^([TC]):(.*)$", abc, re.M))
                yield name, {**truth, "abc": abc, "title": fields.get("T", ""), "composer": fields.get("C", "")}
        yield from _other_signs(truth, rng)


class Music(Generator):
    name: ClassVar[str] = "music"
    version: ClassVar[str] = "1"
    settings = MusicSettings
    tools: ClassVar[tuple[str, ...]] = ("pillow", "verovio", "music21", "resvg_py")

    def __init__(self, settings: MusicSettings):
        self.options = settings
        self.checker = self.make_checker(settings)
        self.tunes = [tune for path in _files(settings.tunes) for tune in read_tunes(path)]
        if settings.tunes and not self.tunes:
            raise UserError(f"{', '.join(settings.tunes)}: no tune of one voice without tuplets and endings")
        for family in engraving.LETTERS:
            font_file(family)  # says at once what is missing

    @classmethod
    def make_checker(cls, settings: Any) -> Checker:
        return MusicChecker()

    def draw(self, rng: np.random.Generator) -> Figure:
        """A tune engraved; raises Unproven where five could not be."""
        for _ in range(5):
            made = not self.tunes or rng.random() < self.options.composed
            tune = composed(rng, self.options.bars) if made else self.tunes[rng.integers(len(self.tunes))]
            figure = engraving.draw(excerpt(tune, rng, self.options.bars), rng, self.options.widest)
            if figure is not None:
                return figure
        raise Unproven([Failure("draw", "five tunes could not be engraved")])

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        checker = self.checker
        assert isinstance(checker, MusicChecker)
        yield from checker.drafts(self.draw(rng), self.options, rng)


def _files(names: tuple[str, ...]) -> list[Path]:
    found = []
    for path in map(Path, names):
        files = sorted(path.rglob("*.abc")) if path.is_dir() else [path]
        if not files or not files[0].exists():
            raise UserError(f"{path}: no ABC file")
        found += files
    return found


def _other_boxes(truth: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
    boxes = copy.deepcopy(truth["measures"])
    place = int(rng.integers(len(boxes)))
    x1, y1, x2, y2 = boxes[place]
    dx, dy = shift(x2 - x1), shift(y2 - y1)
    yield (
        "measure_shifted",
        {**truth, "measures": [*boxes[:place], [x1 + dx, y1 + dy, x2 + dx, y2 + dy], *boxes[place + 1 :]]},
    )
    other = int(rng.integers(len(boxes)))
    boxes[place], boxes[other] = boxes[other], boxes[place]
    yield "measures_swapped", {**truth, "measures": boxes}


def _body(abc: str) -> int:
    """Where the notes begin."""
    return abc.index("\n", abc.index("\nK:") + 1) + 1


def _pick(pattern: str, abc: str, rng: np.random.Generator) -> re.Match[str] | None:
    found = list(re.compile(pattern).finditer(abc, _body(abc)))
    return found[rng.integers(len(found))] if found else None


def _put(abc: str, match: re.Match[str] | None, text: str) -> str:
    return abc[: match.start()] + text + abc[match.end() :] if match else ""


def _step(name: str, octave: str) -> int:
    """Steps above middle C."""
    return "CDEFGAB".index(name.upper()) + 7 * name.islower() + 7 * (octave.count("'") - octave.count(","))


def _stepped(abc: str, rng: np.random.Generator) -> str:
    match = _pick(_PITCH.pattern, abc, rng)
    return _put(abc, match, pitch(_step(match[1], match[2]) + int(rng.choice([-1, 1])))) if match else ""


def _lengthened(abc: str, rng: np.random.Generator) -> str:
    match = _pick(r"(?<=[A-Ga-gz,'])(\d(?:/2)?|/2)?(?=[ A-Ga-gz^_=\n])", abc, rng)
    choices = [each for each in ("", "2", "3", "4", "/2", "3/2") if match and each != (match[0] or "")]
    return _put(abc, match, str(rng.choice(choices))) if match else ""


def _dropped(abc: str, rng: np.random.Generator) -> str:
    return _put(abc, _pick(r"[^|:\n]+ (?:\|\]|\|\||:\||\|) ?", abc, rng), "")


def _accidental(abc: str, rng: np.random.Generator) -> str:
    match = _pick(r"[\^_=]?(?=[A-Ga-g])(?<![\^_=])", abc, rng)
    choices = [each for each in ("^", "_") if match and each != match[0]]
    return _put(abc, match, str(rng.choice(choices))) if match else ""


def _barline(abc: str, rng: np.random.Generator) -> str:
    match = _pick(r"\|\]|\|\||:\||(?<=[^:|])\|(?=[ \n])", abc, rng)
    return (
        _put(abc, match, str(rng.choice([each for each in ("|", "||", ":|", "|]") if match and each != match[0]])))
        if match
        else ""
    )


def _rested(abc: str, rng: np.random.Generator) -> str:
    return _put(abc, _pick(r"[\^_=]?[A-Ga-g][,']*", abc, rng), "z")


def _swapped(abc: str, rng: np.random.Generator) -> str:
    found = list(re.compile(r"[\^_=]?[A-Ga-g][,']*\d?(?:/2)?").finditer(abc, _body(abc)))
    pairs = [(a, b) for a, b in pairwise(found) if a[0] != b[0] and a.end() == b.start()]
    if not pairs:
        return ""
    one, two = pairs[rng.integers(len(pairs))]
    return abc[: one.start()] + two[0] + one[0] + abc[two.end() :]


def _field(letter: str, values: list[str], abc: str, rng: np.random.Generator) -> str:
    match = re.search(rf"(?<=\n{letter}:).*", abc)
    return _put(abc, match, str(rng.choice([each for each in values if match and each != match[0]]))) if match else ""


def _title(abc: str, rng: np.random.Generator) -> str:
    match = re.search(r"(?<=\nT:).*", abc)
    letters = [place for place, sign in enumerate(match[0]) if sign.isalnum() and sign.isascii()] if match else []
    if not match or not letters:
        return ""
    place = letters[rng.integers(len(letters))]
    alphabet = next(
        each
        for each in ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
        if match[0][place] in each
    )
    sign = alphabet[(alphabet.index(match[0][place]) + int(rng.integers(1, len(alphabet)))) % len(alphabet)]
    return _put(abc, match, match[0][:place] + sign + match[0][place + 1 :])


_LIES = {
    "note_changed": _stepped,
    "length_changed": _lengthened,
    "bar_dropped": _dropped,
    "accidental_added": _accidental,
    "bar_line_changed": _barline,
    "note_to_rest": _rested,
    "notes_swapped": _swapped,
    "key_changed": lambda abc, rng: _field("K", sorted(set(MAJOR.values())), abc, rng),
    "metre_changed": lambda abc, rng: _field("M", sorted(METRES), abc, rng),
    "title_changed": _title,
}


def _other_signs(truth: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
    """Lies whose signs agree with the ABC: only the ink is against them."""
    abc = truth["abc"]
    heads = [place for place, each in enumerate(truth["glyphs"]) if each[0] in score.HEADS]
    notes = list(_PITCH.finditer(abc, _body(abc)))
    if heads and len(heads) == len(notes):
        number = int(rng.integers(len(heads)))
        changed = copy.deepcopy(truth)
        up = int(rng.choice([-1, 1]))
        changed["glyphs"][heads[number]][2] -= up * changed["glyphs"][heads[number]][3] / 8
        match = notes[number]
        yield "head_moved", {**changed, "abc": _put(abc, match, pitch(_step(match[1], match[2]) + up))}
    for name, kind in (("metre_redrawn", score.DIGITS), ("accidental_redrawn", score.ALTERS)):
        places = [place for place, each in enumerate(truth["glyphs"]) if each[0] in kind]
        if places:
            changed = copy.deepcopy(truth)
            glyph = changed["glyphs"][places[rng.integers(len(places))]]
            other = [code for code in sorted(kind) if code != glyph[0] and code not in ("E080", "E08A", "E08B")]
            glyph[0] = str(rng.choice(other))
            yield name, changed
    letters = [place for place, each in enumerate(truth["letters"]) if each[0] in "abcdefghijklmnopqrstuvwxyz"]
    if letters:
        changed = copy.deepcopy(truth)
        place = letters[rng.integers(len(letters))]
        old = changed["letters"][place][0]
        new = chr(ord("a") + (ord(old) - 97 + int(rng.integers(1, 26))) % 26)
        changed["letters"][place][0] = new
        text = truth["title"] + "\n" + truth["composer"]
        at = [spot for spot, sign in enumerate(text) if sign not in " \n"][place]
        title, _, composer = (text[:at] + new + text[at + 1 :]).partition("\n")
        changed["abc"] = _put(abc, re.search(r"(?<=\nT:).*", abc), title)
        changed["abc"] = _put(changed["abc"], re.search(r"(?<=\nC:).*", abc), composer) or changed["abc"]
        yield "letter_redrawn", {**changed, "title": title, "composer": composer}
