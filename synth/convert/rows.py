"""What every layout's annotation files are read into: rows, each about one image or about the whole data set.

A row is small JSON, so that those of an image can be brought together wherever they stand in the files:

    image    {files, size?, licence?, origin?, sha256?, absent?, partial?, fault?}   names to look for, width and height
    box      {id, label, box, unit, flag?}      x1, y1, x2, y2; unit `px` or `share` of the image's sides
    phrase   {thing, texts}                     expressions that refer to the box of this id
    points   {label, points, unit, count}       every place of what the label says
    caption  {text}
    absent   {label}                            certified not to be there
    bad      {reason}                           an annotation that is none

`label` is an id of the data set's own, or the text itself where there is no table of labels. About the whole set:

    label    {id, name}     licence  {id, name}     parts  {id, parts}: labels that are kinds of a label
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FARTHEST = 1e9  # pixels
WHOLE = ""  # the key of rows about the whole data set


class Row(NamedTuple):
    image: str
    kind: str
    value: dict[str, Any]


@dataclass
class Tables:
    """What is known of the whole data set."""

    labels: dict[str, str] = field(default_factory=dict)
    licences: dict[str, str] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        value = row.value
        match row.kind:
            case "label":
                self.labels[value["id"]] = value["name"]
            case "licence":
                self.licences[value["id"]] = value["name"]
            case "parts":
                self.parts[value["id"]] = tuple(value["parts"])


def numbers(value: Any, count: int) -> list[float] | None:
    """`count` numbers that can be places, or None where the value is something else."""
    if not isinstance(value, list | tuple) or len(value) != count:
        return None
    if not all(isinstance(number, int | float) and abs(number) < FARTHEST for number in value):  # nor is NaN
        return None
    return [float(number) for number in value]


def text(value: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that holds text."""
    return next((found.strip() for name in names if isinstance(found := value.get(name), str) and found.strip()), "")
