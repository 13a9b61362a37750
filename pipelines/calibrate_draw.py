"""Which documents a calibration corrupts: a sample of those that are whole as they are."""

import dataclasses
import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from curation.document import Document
from curation.errors import UserError
from curation.scoring.background import Background, terms
from curation.scoring.features import prose
from curation.text.language import Language, words
from pipelines.documents import list_ranges, read_range
from pipelines.log import Progress

FEWEST = 10  # documents
_RUNNING = 12  # words of a line that its language can be told from
_SURE = 0.8  # probability

Identify = Callable[[str], Language]


@dataclass(frozen=True)
class Drawn:
    """The sample, the terms of all documents that were read, and how many with images were too mixed to be drawn."""

    documents: list[Document]
    background: Background
    mixed: int


def draw(folders: Sequence[str], count: int, seed: int, identify: Identify, most_mixed: float = 1.0) -> Drawn:
    """`count` documents with images, the same ones however the files are cut.

    Those of whose running text more than `most_mixed` is in another language than the whole are not drawn: such a page
    (a half-translated manual) is already what a corruption would make of it, and cannot stand for a good one.
    """
    heap: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    counts: dict[str, Counter[str]] = {}
    mixed = 0
    progress = Progress("calibrate", "documents read")
    for document in (document for folder in folders for document in _documents(folder)):
        progress.step()
        if document.key in seen:
            continue
        seen.add(document.key)
        counts.setdefault(document.language, Counter()).update(terms(document.text, document.language))
        if not document.images_shown() or not all(item.seen for item in document.media):
            continue
        if most_mixed < 1 and foreign_share(document.text, identify) > most_mixed:
            mixed += 1
            continue
        rank = int.from_bytes(hashlib.sha256(f"{seed} {document.key}".encode()).digest()[:8], "big")
        entry = (-rank, document.key, document.to_json())
        heapq.heappush(heap, entry) if len(heap) < count else heapq.heappushpop(heap, entry)
    if len(heap) < FEWEST:
        left_out = f" ({mixed} more are in several languages: see most_mixed)" if mixed else ""
        raise UserError(
            f"{', '.join(folders)}: {len(heap)} documents with images that were looked at{left_out}, "
            f"at least {FEWEST}: name the stage `images` (or `score`) of a run of curate"
        )
    chosen = [Document.from_json(line) for _, _, line in sorted(heap, key=lambda entry: entry[1])]
    return Drawn([dataclasses.replace(each, scores={}) for each in chosen], Background.of(counts), mixed)


def foreign_share(text: str, identify: Identify) -> float:
    """Of the characters in lines of running text, those in lines that are surely in another language than the whole."""
    whole = identify(prose(text)).code
    lines = [line for line in prose(text).split("\n") if len(words(line)) >= _RUNNING]
    found = [identify(line) for line in lines]
    foreign = sum(
        len(line) for line, each in zip(lines, found, strict=True) if each.code != whole and each.confidence >= _SURE
    )
    return foreign / max(sum(map(len, lines)), 1)


def _documents(folder: str) -> Iterator[Document]:
    ranges = list(list_ranges(folder))
    if not ranges:
        raise UserError(f"{folder}: no documents there: not a finished stage of curate")
    return (document for place in ranges for _, document in read_range(place))
