"""Examples of an evaluation: what was asked of a held-out picture, what is true, and what each model said."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from curation.document import Document
from curation.geometry import read_boxes, read_points
from curation.shard import ShardSet
from pipelines.report.pictures import LARGE, Mark, Picture, picture

TRUTH, ANSWERED, ASKED = "#16a34a", "#dc2626", "#2563eb"


@dataclass(frozen=True)
class Example:
    """A held-out question; `answers` are (variant, what it said)."""

    kind: str
    question: str
    truth: str
    answers: list[tuple[str, str]]
    score: float
    picture: Picture | None


def examples(evaluation: dict[str, Any], shards: Iterable[ShardSet]) -> list[Example]:
    """The first right and the first wrong answer of every kind, in the order of the held-out set."""
    firsts: dict[tuple[str, bool], dict[str, Any]] = {}
    for row in evaluation["examples"]:
        firsts.setdefault((row["kind"], row["score"] == 1), row)
    kinds = [row["kind"] for row in evaluation["scores"]]
    chosen = [firsts[kind, right] for kind in kinds for right in (True, False) if (kind, right) in firsts]
    documents = _by_key({row["key"] for row in chosen}, shards)
    variants = list(evaluation["losses"])
    return [
        Example(
            row["kind"],
            row["question"],
            row["truth"],
            [(name, _short(row[name])) for name in variants],
            row["score"],
            _answered(row, documents.get(row["key"]), variants[0]),
        )
        for row in chosen
    ]


def _short(said: str, longest: int = 80) -> str:
    """An untrained model babbles: the beginning is enough."""
    line = " ".join(said.split())
    return line if len(line) <= longest else line[:longest] + " …"


def _by_key(keys: set[str], shards: Iterable[ShardSet]) -> dict[str, Document]:
    found = {}
    for each in shards:
        for number, key in enumerate(each.index.column("key").to_pylist()):
            if key in keys:
                found[key] = each.read(number)
    return found


def _answered(row: dict[str, Any], document: Document | None, variant: str) -> Picture | None:
    """The picture with what was asked about (dashed), the true boxes and those that the model answered."""
    if document is None:
        return None
    item, seen = document.media[0], row["seen"]
    scale = (item.width / seen[0], item.height / seen[1]) * 2
    stored = [thing["box"] for thing in document.proof["claims"]["objects"] if thing["id"] in row["objects"]]
    truth = [Mark(tuple(box), "", TRUTH, 4) for box in stored]  # wide, so that it is seen below a right answer

    def marks(places: Iterable[tuple[int, ...]], colour: str, dashed: bool = False) -> list[Mark]:
        stored = [tuple(n * factor for n, factor in zip(place, scale, strict=False)) for place in places]
        return [Mark(place, "", colour, 1.5, dashed) for place in stored]

    # a box in words can be read as two points: so points are only looked for where one was asked about
    asked = (read_points if row["kind"] == "name_point" else read_boxes)(row["question"], row["form"])
    answered = read_boxes(row[variant], row["form"])
    return picture(item, LARGE, (*truth, *marks(asked, ASKED, dashed=True), *marks(answered, ANSWERED)))
