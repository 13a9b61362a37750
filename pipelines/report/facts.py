"""What the samples of a recipe are like, in numbers: of many by their index, of some by what they say."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curation.document import Box, Document
from pipelines.report.data import Split
from pipelines.report.samples import evenly

LISTED = 20_000  # samples of a recipe that the index is read of
READ = 400  # and those that are read themselves


@dataclass(frozen=True)
class Facts:
    """Of a recipe. Sides are pixels; `sides` and `box_sides` are square roots of areas."""

    name: str
    samples: int
    rate: float  # samples a second of one worker; 0 where no receipt says
    tasks: Counter[str]
    languages: Counter[str]
    sides: np.ndarray  # of the first picture
    aspects: np.ndarray  # width / height
    kilobytes: np.ndarray  # of all media of a sample
    pictures: np.ndarray  # that a sample holds
    boxes: np.ndarray  # of a sample
    box_sides: np.ndarray
    characters: np.ndarray  # of a sample's answers


def facts(split: Split) -> Facts:
    index = split.shards.index
    index = index.take(evenly(range(len(index)), LISTED))
    media = [row for row in index["media"].to_pylist() if row]
    shapes = np.array([(row[0]["width"], row[0]["height"]) for row in media], np.float64).reshape(-1, 2)
    documents = [split.shards.read(row) for row in evenly(range(len(split.shards)), READ)]
    boxes = [_boxes(document) for document in documents]
    return Facts(
        split.name,
        len(split.shards),
        len(split.shards) / split.seconds if split.seconds else 0.0,
        Counter(index["task"].to_pylist()),
        Counter(language or "none" for language in index["language"].to_pylist()),
        np.sqrt(shapes.prod(1)),
        shapes[:, 0] / shapes[:, 1],
        np.array([sum(item["length"] for item in row) / 1000 for row in media]),
        np.array([len(row) for row in media]),
        np.array([len(found) for found in boxes]),
        np.sqrt(np.array([area for found in boxes for area in found])),
        np.array([len(answers(document)) for document in documents]),
    )


def _boxes(document: Document) -> list[float]:
    """Areas of its different boxes."""
    places = {part for part in document.parts() if isinstance(part, Box)}
    return sorted((part.x2 - part.x1) * (part.y2 - part.y1) for part in places)


def answers(document: Document) -> str:
    """What is not asked, without coordinates."""
    return "\n".join(turn.text for turn in document.turns if turn.role != "user")


def most(counters: Sequence[Counter[str]], count: int) -> list[str]:
    """The commonest names over all, each counter weighing the same; the commonest first."""
    shares: Counter[str] = Counter()
    for counter in counters:
        for name, number in counter.items():
            shares[name] += number / max(counter.total(), 1)  # type: ignore[assignment]
    return [name for name, _ in sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:count]]
