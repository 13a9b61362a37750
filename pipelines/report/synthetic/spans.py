"""The moments and spans of time that a document speaks of, and what each stands for, read from its words alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from curation.document import Document, Text, Time, Turn

BETWEEN = 24  # most characters between the start and the end of a span
LABEL = 70  # characters
WEAK = re.compile(r"""[\s,;、，"']*""")  # separates moments of a list as well as the ends of a span

_SPOKEN = re.compile(r'"(?:label|event|caption|description|text|sentence|query|action|name)"\s*:\s*"([^"]+)')
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s|[。！？\n]")
_APART = re.compile(r"""[\n}\])(。]|[.!?]\s|^[^"]*[:：][^"]*$""")  # a colon, but not in JSON
_EDGES = " \t\n\"'.,:;-–—~()[]{}|>#*·。，：、）（"


@dataclass(frozen=True)
class Span:
    """Seconds; a moment where both are equal."""

    start: float
    end: float
    label: str

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def spans(document: Document, video: int) -> list[Span]:
    """Each once, in the order of time. What none of its own words tells of has the question, or its answer, for it."""
    found: dict[tuple[float, float], str] = {}
    for number, turn in enumerate(document.turns):
        groups = list(_groups(turn, video))
        for times, label, named in groups:
            if not named and (not _letters(label) or (turn.role == "user" and len(groups) == 1)):
                label = _other(document.turns, number) or label
            place = (times[0].seconds, times[-1].seconds)
            found[place] = found.get(place) or _shorten(label)
    return [Span(*place, label) for place, label in sorted(found.items())]


def moments(document: Document, video: int) -> list[float]:
    """Seconds that a document names, rising."""
    return sorted({part.seconds for part in document.parts() if isinstance(part, Time) and part.video == video})


def _other(turns: Sequence[Turn], number: int) -> str:
    """The question before an answer; the answer to a question."""
    step = 1 if turns[number].role == "user" else -1
    other = number + step
    if turns[number].role not in ("user", "assistant") or not 0 <= other < len(turns):
        return ""
    lines = [line.strip(_EDGES) for line in turns[other].text.splitlines()]
    return next((line for line in lines if _letters(line)), "")


def _groups(turn: Turn, video: int) -> Iterator[tuple[list[Time], str, bool]]:
    """Moments, or the start and the end of a span, with what their own line says of them, and whether that is meant as
    a name."""
    times = [n for n, part in enumerate(turn.parts) if isinstance(part, Time) and part.video == video]
    between = [_text(turn, one + 1, other) for one, other in pairwise(times)]
    first = 0
    groups: list[list[int]] = []
    for place in range(len(times)):
        if place == len(times) - 1 or _apart(between[place]):
            groups += _paired(times[first : place + 1], between[first:place], turn)
            first = place + 1
    for number, group in enumerate(groups):
        begin = groups[number - 1][-1] + 1 if number else 0
        end = groups[number + 1][0] if number + 1 < len(groups) else len(turn.parts)
        words, named = _words(_text(turn, begin, group[0]), _text(turn, group[-1] + 1, end))
        yield [part for at in group if isinstance(part := turn.parts[at], Time)], words, named


def _apart(text: str) -> bool:
    """Whether what stands on its two sides belongs to different things."""
    return len(text) > BETWEEN or bool(_APART.search(text))


def _paired(run: list[int], between: list[str], turn: Turn) -> list[list[int]]:
    """Moments that stand close together, as spans and single moments."""
    weak = [bool(WEAK.fullmatch(text)) for text in between]
    if any(weak) and not all(weak):  # 1-2, 4-5: spans in a list
        cuts = [0, *(place + 1 for place, each in enumerate(weak) if each), len(run)]
        parts = [run[begin:end] for begin, end in pairwise(cuts)]
        if any(len(part) != 2 for part in parts):  # 1, 2 and 3
            return [[at] for at in run]
    else:
        parts = [run]
    found: list[list[int]] = []
    for part in parts:
        listed = len(part) == 2 and all(weak) and not _text(turn, 0, part[0]).rstrip(' "').endswith(("[", "("))
        seconds = [each.seconds for at in part if isinstance(each := turn.parts[at], Time)]
        found += [part] if len(part) == 2 and not listed and seconds[0] <= seconds[1] else [[at] for at in part]
    return found


def _text(turn: Turn, first: int, last: int) -> str:
    return "".join(part.text for part in turn.parts[max(first, 0) : last] if isinstance(part, Text))


def _words(before: str, after: str) -> tuple[str, bool]:
    """What stands beside a moment in its own sentence; in JSON the value that names it, in a list what follows a
    colon."""
    entry = before.rpartition("{")[2], after.partition("}")[0]
    if "{" in before and (spoken := _SPOKEN.search(entry[1]) or _SPOKEN.search(entry[0])):
        return spoken[1], True
    follows = _bare(_SENTENCE.split(after.lstrip(_EDGES))[0])
    if after.startswith((":", "：")) and follows:
        return follows, True
    sides = [_bare(_SENTENCE.split(before)[-1]), follows]
    return max(sides, key=lambda side: sum(map(str.isalpha, side))), False


def _bare(text: str) -> str:
    """Without what stands at its edges, but for the second of two quotation marks."""
    bare = text.strip(_EDGES)
    return bare + '"' * (bare.count('"') % 2)


def _letters(text: str) -> int:
    """So few that they only say from, to or at count as none."""
    count = sum(each.isalpha() for each in text)
    return count if count > 7 or any(ord(each) > 0x2E80 for each in text) else 0


def _shorten(text: str) -> str:
    return text if len(text) <= LABEL else text[:LABEL].rstrip() + "…"
