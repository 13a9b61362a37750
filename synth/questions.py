"""Which questions are put to a scene, and which objects answer each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from curation.document import Box, Form, Point
from curation.geometry import iou
from synth.expressions import expressions
from synth.scene import Scene, Thing
from synth.sprites import Sprites
from synth.wording import Kind

TRIES = 6  # draws for each question wanted: some kinds cannot be asked of some scenes
COUNT_OF_NONE = 0.1  # share of counting questions about a kind that is not there
ALIKE = 0.5  # two boxes that overlap so much cannot be told apart by "what is in this box?"
INSIDE = 2  # a point is asked about where all pixels this near show the same object, so that scaling does not leave it

# Later questions may build on earlier answers, never the other way round: boxes tell the count, a list tells it all.
ORDER: tuple[Kind, ...] = (
    "exists", "absent", "count", "name_point", "name_box", "refer", "count_points", "points", "boxes", "names", "list",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """`query` is a name, a phrase or a place; `things` are the objects that answer it, left to right."""

    kind: Kind
    query: str | Box | Point
    form: Form
    things: tuple[Thing, ...]


def ask(
    rng: np.random.Generator,
    scene: Scene,
    sprites: Sprites,
    kinds: Mapping[Kind, float],
    forms: Sequence[Form],
    count: int,
) -> list[Question]:
    """Up to `count` different questions, their kinds drawn by weight, ordered so that none gives away a later one."""
    asker = _Asker(rng, scene, sprites)
    names = [kind for kind in ORDER if kinds.get(kind, 0) > 0]
    weights = np.array([kinds[kind] for kind in names])
    asked: dict[tuple[Kind, str | Box | Point], Question] = {}
    for _ in range(TRIES * count):
        kind = names[rng.choice(len(names), p=weights / weights.sum())]
        question = asker.ask(kind, forms[int(rng.integers(len(forms)))])
        if question and len(asked) < count:
            asked.setdefault((kind, question.query), question)
    return sorted(asked.values(), key=lambda question: ORDER.index(question.kind))


class _Asker:
    def __init__(self, rng: np.random.Generator, scene: Scene, sprites: Sprites):
        self.rng = rng
        self.scene = scene
        self.things = sorted(scene.things, key=lambda thing: (*thing.box, thing.id))
        self.present = sorted({thing.name for thing in scene.things})
        here = [sprites.places[name] for name in self.present]
        self.absent = [sprites.names[place] for place in np.flatnonzero(sprites.apart[:, here].all(1))]
        self.expressions = expressions(scene.things, (scene.image.width, scene.image.height))

    def ask(self, kind: Kind, form: Form) -> Question | None:
        """A question of the kind, or None where the scene has none."""
        match kind:
            case "boxes" | "points" | "count_points":
                return self._about(kind, self._pick(self.present), form)
            case "absent":
                return self._about(kind, self._pick(self.absent), form)
            case "count":
                none = self.rng.random() < COUNT_OF_NONE
                return self._about(kind, self._pick(self.absent if none else self.present), form)
            case "exists":
                none = self.rng.random() < 0.5
                return self._about(kind, self._pick(self.absent if none else self.present), form)
            case "name_box":
                return self._name_box(self._pick(self.things), form)
            case "name_point":
                return self._name_point(self._pick(self.things), form)
            case "refer":
                return self._refer(form)
            case "names" | "list":
                return Question(kind, "", form, tuple(self.things))

    def _pick(self, options):
        return options[self.rng.integers(len(options))] if options else None

    def _about(self, kind: Kind, name: str | None, form: Form) -> Question | None:
        if name is None:
            return None
        return Question(kind, name, form, tuple(thing for thing in self.things if thing.name == name))

    def _name_box(self, thing: Thing, form: Form) -> Question | None:
        for other in self.things:
            if other.name != thing.name and iou(other.box, thing.box) >= ALIKE:
                return None
        return Question("name_box", Box(0, *thing.box, form), form, (thing,))

    def _name_point(self, thing: Thing, form: Form) -> Question:
        ys, xs = np.nonzero(self.scene.mask(thing))
        place = self.rng.integers(len(xs))
        x, y = int(xs[place]) + thing.box[0], int(ys[place]) + thing.box[1]
        around = self.scene.ids[max(y - INSIDE, 0) : y + INSIDE + 1, max(x - INSIDE, 0) : x + INSIDE + 1]
        if (around != thing.id).any():
            x, y = central_point(self.scene, thing)
        return Question("name_point", Point(0, x, y, form), form, (thing,))

    def _refer(self, form: Form) -> Question | None:
        """A rule first, then a phrase: relations are many, sizes few."""
        rule = self._pick(sorted({expression.rule for expression in self.expressions}))
        chosen = self._pick([expression for expression in self.expressions if expression.rule == rule])
        if chosen is None:
            return None
        return Question("refer", chosen.phrase, form, tuple(thing for thing in self.things if thing.id == chosen.id))


def central_point(scene: Scene, thing: Thing) -> tuple[int, int]:
    """The seen pixel nearest to the mean of those seen (x, y), the first in reading order of several.

    The mean itself may lie on what covers the object, or in the hole of a ring.
    """
    ys, xs = np.nonzero(scene.mask(thing))
    count = len(xs)
    nearest = int(np.argmin((count * xs - xs.sum()) ** 2 + (count * ys - ys.sum()) ** 2))  # in whole numbers: exact
    return int(xs[nearest]) + thing.box[0], int(ys[nearest]) + thing.box[1]
