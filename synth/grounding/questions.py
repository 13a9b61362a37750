"""Which questions are put to a scene, and which objects answer each: as claims, their wording chosen."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from curation.document import Form
from curation.geometry import iou
from synth.grounding.expressions import expressions, groups
from synth.grounding.facts import Facts, facts
from synth.grounding.library.names import COLOURS
from synth.grounding.library.sprites import Sprites
from synth.grounding.outlines import trace
from synth.grounding.scene import Scene, Thing
from synth.grounding.wording import Kind, Style, choices
from synth.weights import draw

TRIES = 6  # draws for each question wanted: some kinds cannot be asked of some scenes
COUNT_OF_NONE = 0.1  # share of counting questions about a kind that is not there
OF_COLOUR = 0.3  # share of questions about several objects that ask for those of one colour, where that is clear
ALIKE = 0.5  # two boxes that overlap so much cannot be told apart by "what is in this box?"
INSIDE = 2  # a point is asked about where all pixels this near show the same object, so that scaling does not leave it
ABSENT = 5  # kinds that are not there, to be asked for
MOST_LISTED = 100  # objects in an answer

# Later questions may build on earlier answers, never the other way round: boxes tell the count, a list tells it all.
ORDER: tuple[Kind, ...] = (
    "exists", "absent", "verify", "choose", "count", "name_point", "name_box", "refer", "mask", "count_points",
    "points", "boxes", "names", "list", "caption",
)  # fmt: skip
Claim = dict[str, Any]


def ask(asker: "Asker", kinds: Mapping[Kind, float], forms: Sequence[Form], count: int) -> list[Claim]:
    """Up to `count` different questions, their kinds drawn by weight, ordered so that none gives away a later one."""
    rng = asker.rng
    weights = {kind: kinds[kind] for kind in ORDER if kinds.get(kind, 0) > 0}
    asked: dict[str, Claim] = {}
    for _ in range(TRIES * count):
        kind = draw(rng, weights)
        claim = asker.ask(kind, forms[int(rng.integers(len(forms)))])
        if claim and len(asked) < count:
            asked.setdefault(_about(claim), claim)
    return sorted(asked.values(), key=lambda claim: ORDER.index(claim["kind"]))


def _about(claim: Claim) -> str:
    """What may be asked only once: of facts, that kind of fact about those things."""
    facts = [claim["fact"]] if "fact" in claim else claim.get("options", [])
    told = sorted(
        {fact["fact"] + " ".join(sorted({fact.get("noun", ""), fact.get("other", "")})) for fact in facts[:1]}
    )
    return str([told or claim["kind"], claim["query"]])


class Asker:
    """Knows a scene and what can be asked about it."""

    def __init__(self, rng: np.random.Generator, scene: Scene, sprites: Sprites, style: Style):
        self.rng, self.scene, self.sprites, self.style = rng, scene, sprites, style
        self.things = sorted(scene.things, key=lambda thing: (*thing.box, thing.id))
        self.present = sorted({thing.name for thing in scene.things})
        self.canvas = scene.image.size

    @cached_property
    def absent(self) -> list[str]:
        """Names of some kinds that are not there and are not like any that is."""
        here = sorted({self.sprites.numbers[thing.sprite] for thing in self.things})
        found = []
        for place in self.rng.choice(len(self.sprites), min(len(self.sprites), 8 * ABSENT), replace=False):
            name = self.sprites.names[place]
            numbers = self.sprites.places[name]
            if all(self.sprites.different(numbers[0], other) for other in here) and all(
                self.sprites.usable(number) and self.sprites.unlike(number, here) for number in numbers
            ):
                found.append(name)
            if len(found) == ABSENT:
                break
        return found

    @cached_property
    def groups(self) -> dict[str, list[Thing]]:
        return groups(self.scene.things, self.sprites.places)

    @cached_property
    def of_colour(self) -> list[str]:
        """Nouns with a colour, of which there may be several: `red anchor`."""
        return sorted(noun for noun in self.groups if noun.partition(" ")[0] in COLOURS and noun not in self.present)

    @cached_property
    def colourless(self) -> list[str]:
        """Nouns with a colour that no object has, of kinds that are there: `blue anchor`."""
        found = []
        for name in self.present:
            tints = frozenset[str]().union(*(thing.tints for thing in self.things if thing.name == name))
            glyphs = any(thing.placement.paint for thing in self.things if thing.name == name)
            if name.partition(" ")[0] in COLOURS:
                continue  # "green red apple"
            free = [term for term in COLOURS if term not in tints and f"{term} {name}" not in self.sprites.places]
            found += [f"{term} {name}" for term in free if glyphs]
        return found

    @cached_property
    def expressions(self):
        return expressions(self.scene.things, self.canvas, self.sprites.places)

    @cached_property
    def facts(self) -> Facts:
        return facts(self.things, self.canvas, self.expressions, self.absent[:1], self.sprites)

    def ask(self, kind: Kind, form: Form) -> Claim | None:
        """A question of the kind, or None where the scene has none."""
        match kind:
            case "boxes" | "points" | "count_points":
                return self._about(kind, self._noun(), form)
            case "absent":
                return self._about(kind, self._none(), form)
            case "count" | "exists":
                none = self.rng.random() < (COUNT_OF_NONE if kind == "count" else 0.5)
                return self._about(kind, self._none() if none else self._noun(), form)
            case "name_box":
                return self._name_box(self._pick(self.things), form)
            case "name_point":
                return self._name_point(self._pick(self.things), form)
            case "refer" | "mask":
                return self._refer(kind, form)
            case "names" | "list":
                return self.claim(kind, "", form, self.things) if len(self.things) <= MOST_LISTED else None
            case "verify" | "choose":
                return self._of_fact(kind, form)
            case "caption":
                return None

    def claim(self, kind: Kind, query: Any, form: Form, things: Sequence[Thing], **more: Any) -> Claim:
        """A question as the document claims it, with a wording drawn."""
        wording = [int(self.rng.integers(number)) for number in choices(self.style, kind, form)]
        claim = {"kind": kind, "query": query, "form": form, "objects": [thing.id for thing in things]}
        match kind:
            case "count" | "count_points":
                more["answer"] = len(things)
            case "name_box" | "name_point":
                more["answer"] = things[0].name
            case "names":
                more["answer"] = ", ".join(thing.name for thing in things)
            case "exists":
                more["answer"] = "yes" if things else "no"
        return {**claim, "wording": wording, **more}

    def _pick(self, options):
        return options[self.rng.integers(len(options))] if options else None

    def _noun(self) -> str:
        return self._pick(self.of_colour if self.rng.random() < OF_COLOUR and self.of_colour else self.present)

    def _none(self) -> str | None:
        return self._pick(self.colourless if self.rng.random() < OF_COLOUR and self.colourless else self.absent)

    def _about(self, kind: Kind, noun: str | None, form: Form) -> Claim | None:
        if noun is None:
            return None
        ids = {thing.id for thing in self.groups.get(noun, ())}
        found = [thing for thing in self.things if thing.id in ids or thing.name == noun]
        return self.claim(kind, noun, form, found) if len(found) <= MOST_LISTED else None

    def _name_box(self, thing: Thing, form: Form) -> Claim | None:
        for other in self.things:
            if other.name != thing.name and iou(other.box, thing.box) >= ALIKE:
                return None
        same = [other for other in self.things if other.box == thing.box]
        return self.claim("name_box", list(thing.box), form, same) if len(same) == 1 else None

    def _name_point(self, thing: Thing, form: Form) -> Claim:
        ys, xs = np.nonzero(self.scene.mask(thing))
        place = self.rng.integers(len(xs))
        x, y = int(xs[place]) + thing.box[0], int(ys[place]) + thing.box[1]
        around = self.scene.ids[max(y - INSIDE, 0) : y + INSIDE + 1, max(x - INSIDE, 0) : x + INSIDE + 1]
        if (around != thing.id).any():
            x, y = thing.point
        return self.claim("name_point", [x, y], form, [thing])

    def _refer(self, kind: Kind, form: Form) -> Claim | None:
        """A rule first, then a phrase: relations are many, sizes few. A mask may also be of what has no like."""
        alone = [thing for thing in self.things if [each.name for each in self.things].count(thing.name) == 1]
        if kind == "mask" and alone and self.rng.random() < 0.5:
            thing = self._pick(alone)
            return self._outlined(f"the {thing.name}", thing, form)
        rule = self._pick(sorted({expression.rule for expression in self.expressions}))
        chosen = self._pick([expression for expression in self.expressions if expression.rule == rule])
        if chosen is None:
            return None
        [thing] = [thing for thing in self.things if thing.id == chosen.id]
        return (
            self.claim(kind, chosen.phrase, form, [thing])
            if kind == "refer"
            else self._outlined(chosen.phrase, thing, form)
        )

    def _outlined(self, phrase: str, thing: Thing, form: Form) -> Claim | None:
        polygons = trace(self.scene.mask(thing), *thing.box[:2])
        return self.claim("mask", phrase, form, [thing], outlines=polygons) if polygons else None

    def knowledge(self, form: Form) -> list[Claim]:
        """What something is, then under which heading its makers file it; nothing where they do not say."""
        filed = sorted(fact["noun"] for fact in self.facts.true if fact["fact"] == "filed")
        noun = self._pick(filed)
        named = self._name_box(next(thing for thing in self.things if thing.name == noun), form) if noun else None
        asked = [named, self._of_fact("choose" if self.rng.random() < 0.5 else "verify", form, noun)]
        return [claim for claim in asked if claim] if noun else []

    def _of_fact(self, kind: Kind, form: Form, filed: str = "") -> Claim | None:
        """About a fact of a kind drawn first, relations being many and colours few; or about how a noun is `filed`."""
        if filed:
            numbers = [
                n for n, fact in enumerate(self.facts.true) if (fact["fact"], fact.get("noun")) == ("filed", filed)
            ]
        else:
            rule = self._pick(sorted({fact["fact"] for fact in self.facts.true} - {"filed"}))
            numbers = [n for n, fact in enumerate(self.facts.true) if fact["fact"] == rule]
        number = self._pick(numbers)
        if number is None or not self.facts.false[number]:
            return None
        fact, wrong = self.facts.true[number], self.facts.false[number]
        if kind == "verify":
            if self.rng.random() < 0.5:
                return self.claim(kind, "", form, [], fact=self._pick(wrong), answer="no")
            return self.claim(kind, "", form, [], fact=fact, answer="yes")
        chosen = self.rng.permutation(len(wrong))[: int(self.rng.integers(1, 4))]
        options = [fact, *(wrong[place] for place in chosen)]
        order = [int(place) for place in self.rng.permutation(len(options))]
        return self.claim(kind, "", form, [], options=[options[place] for place in order], answer=order.index(0))
