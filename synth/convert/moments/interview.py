"""Which questions are put to a video that somebody has described over time, and how they are answered."""

from collections.abc import Callable, Sequence

import numpy as np

from curation.document import Part, Text, Time, TimeForm, Turn, Video, joined
from synth.convert.moments.gather import Moment, Told
from synth.convert.moments.settings import Kind, MomentQuestions
from synth.convert.moments.wording import (
    FORMS,
    JSON,
    QUESTIONS,
    SPANS,
    bare,
    events,
    filled,
    pick,
    spans_json,
    spans_of,
)

ALIKE = 0.5  # two spans that overlap so much cannot be told apart by "what happens then?"

# None gives away a later one where that can be helped: the accounts of the whole video come last.
ORDER: tuple[Kind, ...] = ("highlights", "ground", "order", "what", "caption", "story", "dense")

Exchange = tuple[tuple[Part, ...], tuple[Part, ...]]


def interview(rng: np.random.Generator, told: Told, settings: MomentQuestions) -> tuple[Turn, ...]:
    """Questions and answers about the video `media[0]`, at most as many as wanted; none where nothing can be asked."""
    asker = _Asker(rng, told, settings)
    wanted = int(rng.integers(settings.count[0], settings.count[1] + 1))
    kinds = [kind for kind in ORDER if settings.kinds.get(kind, 0) > 0]
    weights = np.array([settings.kinds[kind] for kind in kinds], float)
    asked: list[tuple[Kind, Exchange]] = []
    while kinds and len(asked) < wanted:
        number = int(rng.choice(len(kinds), p=weights / weights.sum()))
        exchange = asker.ask(kinds[number])
        if exchange is None:  # of this kind there is nothing left to ask
            weights = np.delete(weights, number)
            del kinds[number]
        else:
            asked.append((kinds[number], exchange))
    turns: list[Turn] = []
    for _, (said, answer) in sorted(asked, key=lambda item: ORDER.index(item[0])):
        shown: tuple[Part, ...] = () if turns else (Video(0), Text("\n"))
        turns += [Turn("user", joined((*shown, *said))), Turn("assistant", answer)]
    return tuple(turns)


class _Asker:
    """Asks about each moment once, and once for each account of the whole video."""

    def __init__(self, rng: np.random.Generator, told: Told, settings: MomentQuestions):
        self.rng, self.told, self.settings = rng, told, settings
        self.left = list(told.moments)
        self.accounts: set[Kind] = {"story", "dense"} if told.whole and len(told.moments) > 1 else set()
        self.captions = list(told.captions)

    def ask(self, kind: Kind) -> Exchange | None:
        """A question of the kind with its answer, or None where there is none left."""
        makers: dict[Kind, Callable[[], Exchange | None]] = {
            "ground": self._ground,
            "what": self._what,
            "order": self._order,
            "highlights": self._highlights,
            "story": self._story,
            "dense": self._dense,
            "caption": self._caption,
        }
        return makers[kind]()

    def _question(self, kind: Kind, **values: Part) -> tuple[Part, ...]:
        return filled(pick(self.rng, QUESTIONS[kind]), values)

    def _ground(self) -> Exchange | None:
        moment = self._take(self.left)
        return self._spans("ground", moment, moment.spans) if moment else None

    def _highlights(self) -> Exchange | None:
        moment = self._take([moment for moment in self.left if moment.best])
        return self._spans("highlights", moment, moment.best) if moment else None

    def _spans(self, kind: Kind, moment: Moment, spans: Sequence[tuple[float, float]]) -> Exchange:
        form, as_json, request = self._form()
        question = joined((*self._question(kind, text=Text(bare(moment.text))), Text(request)))
        if as_json:
            return question, spans_json([(span, "") for span in spans], form)
        return question, _nested(pick(self.rng, SPANS), spans_of(spans, form))

    def _form(self) -> tuple[TimeForm, bool, str]:
        """A form of times, whether the answer is JSON, and how both are asked for."""
        form = self.settings.forms[int(self.rng.integers(len(self.settings.forms)))]
        as_json = bool(self.rng.random() < 0.4)
        return form, as_json, pick(self.rng, FORMS[form]) + (pick(self.rng, JSON) if as_json else "")

    def _what(self) -> Exchange | None:
        moment = self._take([moment for moment in self.left if len(moment.spans) == 1 and self._is_alone(moment)])
        if moment is None:
            return None
        form = self.settings.forms[int(self.rng.integers(len(self.settings.forms)))]
        start, end = moment.spans[0]
        return self._question("what", start=Time(0, start, form), end=Time(0, end, form)), (Text(moment.text),)

    def _order(self) -> Exchange | None:
        """Of two moments that do not overlap; told in either order."""
        single = [moment for moment in self.left if len(moment.spans) == 1]
        pairs = [(one, other) for one in single for other in single if one.spans[0][1] <= other.spans[0][0]]
        if not pairs:
            return None
        first, second = pairs[int(self.rng.integers(len(pairs)))]
        self.left = [moment for moment in self.left if moment not in (first, second)]
        named = [Text(bare(moment.text)) for moment in (first, second)]
        if self.rng.random() < 0.5:
            named.reverse()
        return self._question("order", one=named[0], other=named[1]), (Text(first.text),)

    def _story(self) -> Exchange | None:
        if not self._once("story"):
            return None
        return self._question("story"), (Text(" ".join(moment.text for moment in self.told.moments)),)

    def _dense(self) -> Exchange | None:
        if not self._once("dense"):
            return None
        form, as_json, request = self._form()
        question = joined((*self._question("dense"), Text(request)))
        if as_json:
            listed = [(span, moment.text) for moment in self.told.moments for span in moment.spans]
            return question, spans_json(sorted(listed), form)
        return question, events(self.told.moments, form)

    def _caption(self) -> Exchange | None:
        if not self.captions:
            return None
        caption = self.captions.pop(int(self.rng.integers(len(self.captions))))
        return self._question("caption"), (Text(caption),)

    def _once(self, kind: Kind) -> bool:
        is_left = kind in self.accounts
        self.accounts.discard(kind)
        return is_left

    def _take(self, options: Sequence[Moment]) -> Moment | None:
        if not options:
            return None
        moment = options[int(self.rng.integers(len(options)))]
        self.left.remove(moment)
        return moment

    def _is_alone(self, moment: Moment) -> bool:
        others = (span for other in self.told.moments if other is not moment for span in other.spans)
        return all(_overlap(span, moment.spans[0]) < ALIKE for span in others)


def _nested(template: str, spans: tuple[Part, ...]) -> tuple[Part, ...]:
    before, _, after = template.partition("{spans}")
    return joined((Text(before), *spans, Text(after)))


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Intersection over union of two spans."""
    shared = max(min(one[1], other[1]) - max(one[0], other[0]), 0.0)
    return shared / (max(one[1], other[1]) - min(one[0], other[0])) if shared else 0.0
