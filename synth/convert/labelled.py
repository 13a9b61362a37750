"""An image with what people, or models, said of it: what questions are asked about, whoever annotated it."""

from collections import Counter
from dataclasses import dataclass, field

Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the upright stored image
Polygon = tuple[tuple[float, float], ...]  # corners (x, y) in the same pixels


@dataclass(frozen=True, slots=True)
class Thing:
    label: str
    box: Box


@dataclass(frozen=True, slots=True)
class Pointed:
    """All places of what `label` says: a name or an expression; none where it is not there."""

    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Labelled:
    """`whole` are labels all of whose instances are among `things`, so that they can be counted and asked for in full;
    `absent` are certified not to be there; `outlined` are labels of one thing, with polygons around it.

    `kept` counts annotations that can be used, `dropped` those that cannot, by reason.
    """

    things: tuple[Thing, ...] = ()
    whole: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    phrases: tuple[tuple[str, Thing], ...] = ()
    pointed: tuple[Pointed, ...] = ()
    outlined: tuple[tuple[str, tuple[Polygon, ...]], ...] = ()
    captions: tuple[str, ...] = ()
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def of(self, label: str) -> tuple[Thing, ...]:
        """The things of a label, from left to right."""
        return tuple(sorted((thing for thing in self.things if thing.label == label), key=lambda thing: thing.box))
