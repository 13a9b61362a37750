"""The rows of a video, brought together: which of its moments can be used, and what may be asked in full.

A moment is dropped when one of its spans ends before it begins (`swapped`), lies outside the video (`outside`), or is
too short to be seen (`short`); when its sentence is there twice with the same spans (`duplicate`), or with others, so
that neither answers it in full (`ambiguous`). A span that only reaches over an end of the video is cut to it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curation.document import Media
from curation.errors import MediaError
from synth.convert.moments.settings import MomentQuestions
from synth.convert.rows import Row

CLIP = 2.0  # seconds of a clip of QVHighlights
GOOD = 3.0  # the least mean saliency of a highlight, of 4
SAME = 0.05  # by how much, at most, the stated duration differs from the file's, as a share; or a second
Span = tuple[float, float]  # seconds from the first frame


@dataclass(frozen=True, slots=True)
class Moment:
    """A sentence and all the spans that it is true of, in order; `best` are those of its highlights; `cut`: one of its
    spans reached over an end of the video."""

    text: str
    spans: tuple[Span, ...]
    best: tuple[Span, ...] = ()
    cut: bool = False


@dataclass(frozen=True)
class Told:
    """What is said of a video; `whole`: its moments tell all that happens."""

    moments: tuple[Moment, ...]
    captions: tuple[str, ...]
    whole: bool
    kept: int
    dropped: Counter[str]
    mended: Counter[str]


def lasts(video: Media) -> float:
    """Seconds from the first frame to the end of the last, which is held as long as frames are on average."""
    times = video.timestamps
    return times[-1] + (times[-1] / (len(times) - 1) if len(times) > 1 else 0.0)


def gather(rows: Iterable[Row], duration: float, narrated: bool, rules: MomentQuestions) -> Told:
    """What is known of one video that lasts `duration` seconds; `rows` are all of its rows, in any order.

    Raises MediaError with the reason `duration` where the file is not the video that was annotated.
    """
    return _Gathering(sorted(rows, key=repr), duration, narrated, rules).told()


class _Gathering:
    def __init__(self, rows: Sequence[Row], duration: float, narrated: bool, rules: MomentQuestions):
        self.rows, self.duration, self.narrated, self.rules = rows, duration, narrated, rules
        self.dropped: Counter[str] = Counter()

    def told(self) -> Told:
        for stated in (row.value["duration"] for row in self.rows if "duration" in row.value):
            if abs(stated - self.duration) > max(SAME * stated, 1.0):
                raise MediaError("duration", f"lasts {self.duration:.1f} s, and {stated:.1f} s when it was annotated")
        for row in self.rows:
            if row.kind == "bad":
                self.dropped[row.value["reason"]] += 1
        found = [moment for row in self.rows if row.kind == "moment" if (moment := self._moment(row.value))]
        moments = self._apart(found)
        captions = [row.value["text"] for row in self.rows if row.kind == "caption"]
        said = sorted(set(captions))
        self.dropped["duplicate"] += len(captions) - len(said)
        whole = self.narrated and not set(+self.dropped) - {"duplicate"}
        mended = Counter({"cut to the video": sum(moment.cut for moment in moments)})
        return Told(tuple(moments), tuple(said), whole, len(moments) + len(said), +self.dropped, +mended)

    def _moment(self, value: dict) -> Moment | None:
        spans: list[Span] = []
        for start, end in value["spans"]:
            cut = self._cut(start, end)
            if isinstance(cut, str):
                self.dropped[cut] += 1
                return None
            spans.append(cut)
        is_cut = any(tuple(stated) != span for stated, span in zip(value["spans"], spans, strict=True))
        return Moment(value["text"], tuple(sorted(set(spans))), self._best(value.get("scores", ())), is_cut)

    def _cut(self, start: float, end: float) -> Span | str:
        """The part of a span that lies in the video, or why it cannot be used."""
        if end < start:
            return "swapped"
        first, last = max(start, 0.0), min(end, self.duration)
        if last - first < self.rules.inside * (end - start):
            return "outside"
        return (first, last) if last - first >= self.rules.shortest else "short"

    def _best(self, scores: Sequence[Sequence[float]]) -> tuple[Span, ...]:
        """The clips that were given most, neighbours as one span; none where nothing was found good."""
        top = max((score for _, score in scores), default=0.0)
        if top < GOOD:
            return ()
        spans: list[Span] = []
        for clip in sorted({clip for clip, score in scores if score == top}):
            start, end = clip * CLIP, min(clip * CLIP + CLIP, self.duration)
            if end - start < self.rules.shortest:
                continue
            if spans and spans[-1][1] == start:
                start = spans.pop()[0]
            spans.append((start, end))
        return tuple(spans)

    def _apart(self, found: Sequence[Moment]) -> list[Moment]:
        """Those whose sentence is theirs alone."""
        alike: dict[str, list[Moment]] = {}
        for moment in found:
            alike.setdefault(moment.text.casefold().rstrip(". "), []).append(moment)
        for several in alike.values():
            if len(several) > 1 and any(moment.spans != several[0].spans for moment in several):
                self.dropped["ambiguous"] += len(several)
                several.clear()
            elif len(several) > 1:
                self.dropped["duplicate"] += len(several) - 1
        kept = (several[0] for several in alike.values() if several)
        return sorted(kept, key=lambda moment: (moment.spans, moment.text))
