"""The student: linear models that learnt a judge's opinion from a sample, so that the rest costs next to nothing.

`student_fit` trains one, `vlforge distil` runs that; here is what a scoring worker needs.
"""

import hashlib
import io
import json
import logging
import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from curation import media as media_files
from curation.document import Document
from curation.errors import ConfigError, MediaError
from curation.scoring.embed import Embedder
from curation.scoring.features import Features, prose
from curation.scoring.smooth import mean
from curation.text.language import words

VERSION = 1
CARD, WEIGHTS = "student.json", "student.npz"
SIGNALS, WORDS, EMBEDDING = "signals", "words", "embedding"  # the blocks of inputs, cheapest first
_BUCKETS = 1 << 13
_READ_WORDS = 2000
_HEAD = 1000  # characters: about what the sentence encoder reads
_FARTHEST = 4.0  # standard deviations: one odd value must not decide alone
_PROBE = "The quick brown fox jumps over the lazy dog."  # its vector tells one sentence encoder from another
_ENOUGH = 200  # documents after which a signal that never came is missed
LOG = logging.getLogger("vlforge")


@dataclass(frozen=True, slots=True)
class Inputs:
    """How a document becomes numbers: which signals, and their means and deviations in the training sample."""

    names: tuple[str, ...]
    means: np.ndarray  # (names,)
    deviations: np.ndarray  # (names,)

    def signals(self, document: Document) -> np.ndarray:
        """(2 x names,): standardised values, 0 where a signal is missing, then 1 where it is."""
        found = signals(document)
        missing = np.array([name not in found for name in self.names])
        values = np.array([found.get(name, 0.0) for name in self.names])
        z = np.clip((values - self.means) / self.deviations, -_FARTHEST, _FARTHEST)
        return np.concatenate([np.where(missing, 0.0, z), missing])


@dataclass(frozen=True, slots=True)
class Linear:
    """The model of one dimension: weights by block of inputs."""

    bias: float
    weights: dict[str, np.ndarray]

    def __call__(self, inputs: Mapping[str, Any]) -> float:
        """A score in [0, 1]; of `words` the inputs are buckets and values, of the others dense vectors."""
        total = self.bias
        for block, weights in self.weights.items():
            if block == WORDS:
                buckets, values = inputs[block]
                total += float(weights[buckets] @ values)
            else:
                total += float(weights @ inputs[block])
        return min(max(total, 0.0), 1.0)


class Student:
    """Scores by the files that `vlforge distil` made, by name.

    `embedder` is called only where the models read embeddings: without them no torch is loaded. Raises ConfigError
    where the sentence encoder is not the one that the student was trained with.
    """

    name = "student"

    def __init__(self, contents: Mapping[str, bytes], embedder: Callable[[], Embedder] = Embedder):
        self.card = _card(contents[CARD])
        with np.load(io.BytesIO(contents[WEIGHTS])) as file:
            arrays = dict(file)
        if self.card["digest"] != weights_digest(self.card["dimensions"], arrays):
            raise ConfigError(f"student: {CARD} and {WEIGHTS} are not of one student: distil it again")
        self.inputs = Inputs(tuple(self.card["signals"]), arrays["means"], arrays["deviations"])
        self.models = {
            name: Linear(facts["bias"], {block: arrays[f"{name}.{block}"] for block in facts["blocks"]})
            for name, facts in self.card["dimensions"].items()
        }
        blocks = {block for model in self.models.values() for block in model.weights}
        self.embedder = embedder() if EMBEDDING in blocks else None
        self.reads_words = WORDS in blocks
        if self.embedder and float(probe(self.embedder) @ np.asarray(self.card["probe"])) < 0.999:
            raise ConfigError("student: it was trained with another sentence encoder than is configured")
        self._missed = {name for name, share in self.card["signals"].items() if share >= 0.1}
        self._seen = 0

    @classmethod
    def load(cls, folder: str, embedder: Callable[[], Embedder] = Embedder) -> "Student":
        """From a folder, local or one that smart_open reads. Raises ConfigError where it holds no student."""
        try:
            return cls({name: media_files.read_bytes(f"{folder}/{name}") for name in (CARD, WEIGHTS)}, embedder)
        except (MediaError, ValueError) as error:
            raise ConfigError(f"student: {folder} holds none: {error}; `vlforge distil` makes one") from error

    def score(self, features: Features) -> dict[str, float]:
        """`student.<dimension>`; of a document without images, the dimensions that are about images are left out."""
        self._watch(features.document)
        predicted = self.predict(features.document, features.words)
        return {f"{self.name}.{name}": value for name, value in predicted.items()}

    def predict(self, document: Document, found: Sequence[str]) -> dict[str, float]:
        """Scores by dimension, from a document and the words of its text."""
        inputs: dict[str, Any] = {SIGNALS: self.inputs.signals(document)}
        if self.reads_words:
            inputs[WORDS] = bag(found)
        if self.embedder:
            inputs[EMBEDDING] = embed(self.embedder, [document])[0]
        illustrated = bool(document.images_shown())
        return {
            name: model(inputs)
            for name, model in self.models.items()
            if illustrated or not self.card["dimensions"][name]["images"]
        }

    def _watch(self, document: Document) -> None:
        """Says once which signals do not come at all: a tier that training had and this job has not."""
        if self._seen < _ENOUGH:
            self._seen += 1
            self._missed -= signals(document).keys()
            if self._seen == _ENOUGH and self._missed:
                names = ", ".join(sorted(self._missed))
                LOG.warning("student: it was trained with signals that no document here has: %s", names)


def weights_digest(dimensions: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """Of all that decides what a student says."""
    found = hashlib.sha256(json.dumps(dimensions, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        found.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def digest(folder: str) -> str:
    """Changes with the student, for those whose output depends on it. Raises ConfigError where there is none."""
    try:
        return _card(media_files.read_bytes(f"{folder}/{CARD}"))["digest"]
    except (MediaError, ValueError) as error:
        raise ConfigError(f"student: {folder} holds none: {error}; `vlforge distil` makes one") from error


def _card(content: bytes) -> dict[str, Any]:
    card = json.loads(content)
    if card.get("version") != VERSION:
        raise ConfigError("student: it was made by another version of vlforge: distil it again")
    return card


# --- what it sees of a document ---


def signals(document: Document) -> dict[str, float]:
    """All scores but those of judge and student, and plain facts."""
    images = document.images_shown()
    count = len(document.text)
    sizes = [document.media[number].width * document.media[number].height for number in images]
    facts = {
        "facts.characters": math.log1p(count),
        "facts.images": math.log1p(len(images)),
        "facts.characters_an_image": math.log1p(count / max(len(images), 1)),
        "facts.pixels": mean(math.log1p(size) for size in sizes),
    }
    scores = document.scores.items()
    return facts | {name: value for name, value in scores if not name.startswith(("judge.", "student."))}


def bag(found: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Words and pairs of neighbours in hashed buckets: (buckets, values), values of length one together."""
    lower = [word.lower() for word in found[:_READ_WORDS]]
    pieces = [*lower, *map(" ".join, pairwise(lower))]
    hashes = [zlib.crc32(piece.encode()) % _BUCKETS for piece in pieces]  # the same on every machine
    buckets, counts = np.unique(np.array(hashes, np.int64), return_counts=True)
    values = np.log1p(counts)
    return buckets, values / max(float(np.linalg.norm(values)), 1e-9)


def dense_bags(documents: Iterable[Document]) -> np.ndarray:
    """(documents, buckets)"""
    rows = []
    for document in documents:
        buckets, values = bag(words(document.text))
        row = np.zeros(_BUCKETS, np.float32)
        row[buckets] = values
        rows.append(row)
    return np.stack(rows)


def embed(embedder: Embedder, documents: Sequence[Document]) -> np.ndarray:
    """(documents, width): of the beginning of each text."""
    vectors = embedder.encode([prose(document.text)[:_HEAD] for document in documents])
    embedder.forget()
    return vectors


def probe(embedder: Embedder) -> np.ndarray:
    return embedder.encode([_PROBE])[0]
