"""Training a student: ridge regression on the judge's scores, its inputs and its penalty chosen by leave-one-out."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curation.document import Document
from curation.scoring.agreement import spearman
from curation.scoring.embed import Embedder
from curation.scoring.rubric import RUBRIC
from curation.scoring.student import (
    CARD,
    EMBEDDING,
    SIGNALS,
    VERSION,
    WEIGHTS,
    WORDS,
    Inputs,
    Linear,
    dense_bags,
    embed,
    probe,
    signals,
    weights_digest,
)

FEWEST = 30  # answers about a dimension to train on
_GAIN = {WORDS: 0.01, EMBEDDING: 0.03}  # Spearman that each must gain: embeddings cost fifty times as much as the rest
_PENALTIES = 10.0 ** np.arange(-4, 2.1, 0.5)  # of kernels whose mean diagonal is one for each block
_RAREST = 0.02  # share of the documents that must have a signal

Blocks = tuple[str, ...]
Answers = Mapping[str, float]  # by dimension


@dataclass(frozen=True, slots=True)
class Fitted:
    """A dimension's model, and the Spearman of its leave-one-out predictions by set of inputs that was tried."""

    model: Linear
    documents: int
    tried: dict[Blocks, float]
    penalty: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A student before it is written."""

    inputs: Inputs
    shares: dict[str, float]  # of the documents that have each signal
    fitted: dict[str, Fitted]
    probe: list[float]


class Design:
    """The inputs of documents, block by block, as matrices of a row a document."""

    def __init__(self, inputs: Inputs, documents: Sequence[Document], embedder: Embedder | None):
        self.blocks = {
            SIGNALS: np.stack([inputs.signals(document) for document in documents]),
            WORDS: dense_bags(documents),
        }
        if embedder:
            self.blocks[EMBEDDING] = embed(embedder, documents)

    @property
    def candidates(self) -> list[Blocks]:
        """Cheapest first."""
        sets: list[Blocks] = [(SIGNALS,), (SIGNALS, WORDS)]
        return [*sets, (SIGNALS, EMBEDDING), (SIGNALS, WORDS, EMBEDDING)] if EMBEDDING in self.blocks else sets


def train(documents: Sequence[Document], answers: Sequence[Answers], embedder: Embedder | None = None) -> Trained:
    """A model for each dimension that has enough answers, not all of them the same."""
    inputs, shares = measure_inputs(documents)
    design = Design(inputs, documents, embedder)
    fitted = {}
    for dimension in RUBRIC:
        rows = np.array([number for number, answer in enumerate(answers) if dimension.name in answer], np.int64)
        true = np.array([answers[number][dimension.name] for number in rows])
        if len(rows) >= FEWEST and np.ptp(true) > 0:
            fitted[dimension.name] = fit(design, rows, true)
    vector = probe(embedder).tolist() if embedder else []
    return Trained(inputs, shares, fitted, vector)


def measure_inputs(documents: Sequence[Document]) -> tuple[Inputs, dict[str, float]]:
    """The signals that vary, and the share of the documents that have each."""
    found: dict[str, list[float]] = {}
    for document in documents:
        for name, value in signals(document).items():
            found.setdefault(name, []).append(value)
    enough = {name: np.array(values) for name, values in found.items() if len(values) >= _RAREST * len(documents)}
    kept = {name: values for name, values in sorted(enough.items()) if np.ptp(values) > 0}
    means = np.array([values.mean() for values in kept.values()])
    deviations = np.array([values.std() for values in kept.values()])
    return Inputs(tuple(kept), means, deviations), {name: len(kept[name]) / len(documents) for name in kept}


def fit(design: Design, rows: np.ndarray, true: np.ndarray, candidates: Sequence[Blocks] = ()) -> Fitted:
    """The cheapest set of inputs that no dearer one beats by much."""
    tried: dict[Blocks, float] = {}
    best: tuple[float, Blocks, _Ridge, float] | None = None
    for blocks in candidates or design.candidates:
        ridge = _Ridge([design.blocks[block][rows] for block in blocks], true)
        penalty, left_out = ridge.choose()
        tried[blocks] = round(spearman(left_out, true), 4)
        if best is None or tried[blocks] >= best[0] + sum(_GAIN[block] for block in set(blocks) - set(best[1])):
            best = (tried[blocks], blocks, ridge, penalty)
    assert best is not None  # there is a candidate
    _, blocks, ridge, penalty = best
    bias, weights = ridge.solve(penalty)
    return Fitted(Linear(bias, dict(zip(blocks, weights, strict=True))), len(rows), tried, penalty)


class _Ridge:
    """Ridge regression in its dual form, for there are more inputs than documents: one eigendecomposition gives every
    penalty, and its leave-one-out residuals exactly (Golub, Heath and Wahba 1979): residual / (1 - leverage)."""

    def __init__(self, blocks: Sequence[np.ndarray], true: np.ndarray):
        self.true, self.middle = true, float(true.mean())
        self.means = [block.mean(axis=0, dtype=np.float64) for block in blocks]
        centred = [block - mean for block, mean in zip(blocks, self.means, strict=True)]
        # Each block has the same say, whatever its width and units.
        self.scales = [max(float(np.einsum("ij,ij->", block, block)) / len(true), 1e-12) ** -0.5 for block in centred]
        self.blocks = [block * scale for block, scale in zip(centred, self.scales, strict=True)]
        kernel = sum(block @ block.T for block in self.blocks)  # (n, n)
        values, self.vectors = np.linalg.eigh(kernel)
        self.values = np.maximum(values, 0.0)
        self.turned = self.vectors.T @ (true - self.middle)

    def choose(self) -> tuple[float, np.ndarray]:
        """The penalty with the least squared error left-one-out, and the predictions then."""
        found = [(penalty, self._left_out(penalty)) for penalty in self._penalties()]
        return min(found, key=lambda item: float(((item[1] - self.true) ** 2).sum()))

    def _penalties(self) -> np.ndarray:
        return _PENALTIES * len(self.true) / 10  # the kernel's greatest eigenvalues grow with the documents

    def _left_out(self, penalty: float) -> np.ndarray:
        shrunk = self.values / (self.values + penalty)
        predicted = self.middle + self.vectors @ (shrunk * self.turned)
        leverage = 1 / len(self.true) + (self.vectors**2) @ shrunk
        return self.true - (self.true - predicted) / np.maximum(1 - leverage, 1e-6)

    def solve(self, penalty: float) -> tuple[float, list[np.ndarray]]:
        """Bias and weights by block, for inputs as they were given."""
        dual = self.vectors @ (self.turned / (self.values + penalty))  # (n,)
        weights = [scale * (block.T @ dual) for block, scale in zip(self.blocks, self.scales, strict=True)]
        bias = self.middle - sum(float(mean @ w) for mean, w in zip(self.means, weights, strict=True))
        return bias, weights


def written(trained: Trained, facts: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of a student by name; `facts` (of the training and of its agreement) are kept in its card."""
    arrays: dict[str, np.ndarray] = {"means": trained.inputs.means, "deviations": trained.inputs.deviations}
    for name, fitted in trained.fitted.items():
        arrays |= {f"{name}.{block}": weights.astype(np.float32) for block, weights in fitted.model.weights.items()}
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    about = {item.name: item.images for item in RUBRIC}
    dimensions = {
        name: {
            "bias": fitted.model.bias,
            "blocks": list(fitted.model.weights),
            "images": about[name],
            "documents": fitted.documents,
            "penalty": fitted.penalty,
            "left_one_out_spearman": {" + ".join(blocks): value for blocks, value in fitted.tried.items()},
        }
        for name, fitted in trained.fitted.items()
    }
    card = {
        "version": VERSION,
        "digest": weights_digest(dimensions, arrays),
        "signals": {name: round(share, 4) for name, share in trained.shares.items()},
        "probe": trained.probe,
        "dimensions": dimensions,
        **facts,
    }
    return {WEIGHTS: file.getvalue(), CARD: json.dumps(card, indent=1).encode()}
