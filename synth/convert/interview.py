"""Which questions are put to an image that somebody has annotated, and how they are answered: a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from curation.document import Box, Image, Part, Point, Text, Turn
from curation.geometry import iou
from synth.convert.labelled import Labelled, Polygon, Thing
from synth.convert.settings import Kind, Questions
from synth.convert.wording import worded
from synth.listing import Labelled as Named

TRIES = 6  # draws for each question wanted
ALIKE = 0.5  # two boxes that overlap so much cannot be told apart by "what is in this box?"
NONE = 0.1  # share of counting questions about what is not there
LISTED = 5  # labels of a `list` at most

# None gives away a later one where that can be helped: a count comes before the boxes, and the caption last.
ORDER: tuple[Kind, ...] = (
    "exists", "absent", "count", "name_box", "refer", "count_points", "points", "boxes", "outlines", "list", "caption",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """`query` is a place, a name, an expression or names joined; `found` are the labelled places that answer it."""

    kind: Kind
    query: str | Box
    found: tuple[Named, ...] = ()
    polygons: tuple[Polygon, ...] = ()


def interview(rng: np.random.Generator, image: Labelled, settings: Questions) -> tuple[Turn, ...]:
    """Questions and answers about the image `media[0]`, at most as many as wanted; none where nothing can be asked."""
    asker = _Asker(rng, image, settings)
    wanted = int(rng.integers(settings.count[0], settings.count[1] + 1))
    kinds = [kind for kind in ORDER if settings.kinds.get(kind, 0) > 0]
    weights = np.array([settings.kinds[kind] for kind in kinds])
    asked: dict[tuple[str, str | Box], Asked] = {}
    tries = TRIES * wanted
    while kinds and tries and len(asked) < wanted:
        number = int(rng.choice(len(kinds), p=weights / weights.sum()))
        question = asker.ask(kinds[number])
        if question is None:  # of this kind there is nothing to ask, and never will be
            weights = np.delete(weights, number)
            del kinds[number]
        else:
            tries -= 1
            asked.setdefault((question.kind, question.query), question)
    turns: list[Turn] = []
    for question in sorted(asked.values(), key=lambda item: ORDER.index(item.kind)):
        form = settings.forms[int(rng.integers(len(settings.forms)))]
        found = [(name, replace(place, form=form)) for name, place in question.found]
        said, answer = worded(rng, question.kind, question.query, found, form, question.polygons)
        shown: tuple[Part, ...] = () if turns else (Image(0), Text("\n"))
        turns += [Turn("user", (*shown, *said)), Turn("assistant", answer)]
    return tuple(turns)


class _Asker:
    def __init__(self, rng: np.random.Generator, image: Labelled, settings: Questions):
        self.rng, self.image = rng, image
        most = settings.most_places
        self.whole = [label for label in image.whole if 0 < len(image.of(label)) <= most]
        self.present = sorted({thing.label for thing in image.things})
        self.pointed = [item for item in image.pointed if len(item.points) <= most]
        self.pointable = [item for item in self.pointed if item.points]
        self.absent = image.absent
        self.clear = [thing for thing in image.things if self._is_clear(thing)]

    def ask(self, kind: Kind) -> Asked | None:
        """A question of the kind, or None where the image has none."""
        match kind:
            case "exists":
                return self._named(kind, self.present, self.absent, 0.5)
            case "count":
                return self._named(kind, self.whole, self.absent, NONE)
            case "boxes":
                return self._named(kind, self.whole, [], 0)
            case "absent":
                return self._named(kind, [], self.absent, 1)
            case "points":
                return self._pointed(kind, self.pointed)
            case "count_points":
                return self._pointed(kind, self.pointable)
            case "name_box":
                thing = self._pick(self.clear)
                return thing and Asked(kind, Box(0, *thing.box), (_named(thing),))
            case "refer":
                phrase = self._pick(self.image.phrases)
                return phrase and Asked(kind, phrase[0], ((phrase[0], Box(0, *phrase[1].box)),))
            case "outlines":
                outlined = self._pick(self.image.outlined)
                return outlined and Asked(kind, outlined[0], polygons=outlined[1])
            case "list":
                return self._list()
            case "caption":
                caption = self._pick(self.image.captions)
                return caption and Asked(kind, caption)

    def _pick(self, options):
        return options[int(self.rng.integers(len(options)))] if options else None

    def _named(self, kind: Kind, present: Sequence[str], absent: Sequence[str], none: float) -> Asked | None:
        """About a label that is there or, with the chance `none`, one that is not."""
        if not present and not absent:
            return None
        label = self._pick(absent if not present or (absent and self.rng.random() < none) else present)
        return Asked(kind, label, tuple(_named(thing) for thing in self.image.of(label)))

    def _pointed(self, kind: Kind, options: Sequence) -> Asked | None:
        item = self._pick(options)
        return item and Asked(kind, item.label, tuple((item.label, Point(0, *point)) for point in item.points))

    def _list(self) -> Asked | None:
        """Some labels that are there, in an order of no meaning, at times with one that is not."""
        if len(self.whole) < 2:
            return None
        count = int(self.rng.integers(2, min(len(self.whole), LISTED) + 1))
        labels = [self.whole[place] for place in self.rng.permutation(len(self.whole))[:count]]
        found = tuple(_named(thing) for label in labels for thing in self.image.of(label))
        if self.absent and self.rng.random() < 0.3:
            labels.insert(int(self.rng.integers(count + 1)), self._pick(self.absent))
        return Asked("list", ", ".join(labels), found)

    def _is_clear(self, thing: Thing) -> bool:
        return not any(other.label != thing.label and iou(other.box, thing.box) >= ALIKE for other in self.image.things)


def _named(thing: Thing) -> Named:
    return thing.label, Box(0, *thing.box)
