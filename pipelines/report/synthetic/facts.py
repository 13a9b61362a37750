"""What the samples of a recipe are like, in numbers: of many by their index, of some by what they say."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curation.document import Box, Document, Media
from pipelines.report.data import Split
from pipelines.report.samples import evenly
from pipelines.report.synthetic.films import length, rate
from pipelines.report.synthetic.spans import Span, spans
from pipelines.report.synthetic.steps import steps

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
    durations: np.ndarray  # seconds, of a sample's videos
    rates: np.ndarray  # frames a second of each
    spans: np.ndarray  # seconds, of what is told to last
    places: np.ndarray  # of their middles, and of single moments, as shares of the video
    calls: np.ndarray  # of tools, of a sample that calls any


def facts(split: Split) -> Facts:
    index = split.shards.index
    index = index.take(evenly(range(len(index)), LISTED))
    media = [row for row in index["media"].to_pylist() if row]
    shapes = np.array([(row[0]["width"], row[0]["height"]) for row in media], np.float64).reshape(-1, 2)
    documents = [split.shards.read(row) for row in evenly(range(len(split.shards)), READ)]
    boxes = [_boxes(document) for document in documents]
    films = [item for document in documents for item in document.media if item.kind == "video"]
    told = [pair for document in documents for pair in _told(document)]
    calls = [sum(bool(step.calls) and not step.told for step in steps(document)) for document in documents]
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
        np.array([length(item) for item in films]),
        np.array([rate(item)[1] for item in films]),
        np.array([span.end - span.start for span, _ in told if span.end > span.start]),
        np.array([span.middle / length(item) for span, item in told]),
        np.array([count for count in calls if count]),
    )


def _boxes(document: Document) -> list[float]:
    """Areas of its different boxes."""
    places = {part for part in document.parts() if isinstance(part, Box)}
    return sorted((part.x2 - part.x1) * (part.y2 - part.y1) for part in places)


def _told(document: Document) -> list[tuple[Span, Media]]:
    """Each span and moment of its videos."""
    films = [number for number, item in enumerate(document.media) if item.kind == "video"]
    return [(span, document.media[number]) for number in films for span in spans(document, number)]


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
