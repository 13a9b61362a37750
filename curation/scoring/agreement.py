"""How well one opinion follows another: rank correlation, error and decisions, each with its uncertainty."""

from collections.abc import Callable
from typing import Any

import numpy as np

Measure = Callable[[np.ndarray, np.ndarray], float]  # (predicted, true)


def ranks(values: np.ndarray) -> np.ndarray:
    """1-based; equal values share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def spearman(predicted: np.ndarray, true: np.ndarray) -> float:
    """0 where one of them is constant: it orders nothing."""
    a, b = ranks(predicted), ranks(true)
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else 0.0


def error(predicted: np.ndarray, true: np.ndarray) -> float:
    """Mean absolute error."""
    return float(np.abs(predicted - true).mean())


def auc(predicted: np.ndarray, good: np.ndarray) -> float:
    """Probability that a good one is put above a bad one, ties counting half; 0.5 where all are of one kind."""
    positive = int(good.sum())
    negative = len(good) - positive
    if not positive or not negative:
        return 0.5
    return float((ranks(predicted)[good].sum() - positive * (positive + 1) / 2) / (positive * negative))


def interval(measure: Measure, predicted: np.ndarray, true: np.ndarray, seed: int, draws: int = 300) -> list[float]:
    """The middle 95% of the measure over resamples of the documents (percentile bootstrap)."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        chosen = rng.integers(len(true), size=len(true))
        found.append(measure(predicted[chosen], true[chosen]))
    return [round(float(value), 4) for value in np.quantile(found, [0.025, 0.975])]


def agreement(predicted: np.ndarray, true: np.ndarray, threshold: float, seed: int = 0) -> dict[str, Any]:
    """All measures by name, with intervals; a document is good where the true score reaches the threshold."""

    def decided(predicted: np.ndarray, true: np.ndarray) -> float:
        return float(((predicted >= threshold) == (true >= threshold)).mean())

    def ordered(predicted: np.ndarray, true: np.ndarray) -> float:
        return auc(predicted, true >= threshold)

    measures: dict[str, Measure] = {"spearman": spearman, "mae": error, "accuracy": decided, "auc": ordered}
    found: dict[str, Any] = {"documents": len(true)}
    for name, measure in measures.items():
        found[name] = round(measure(predicted, true), 4)
        found[f"{name}_95"] = interval(measure, predicted, true, seed)
    good, kept = true >= threshold, predicted >= threshold
    found["confusion"] = {
        "kept good": int((good & kept).sum()),
        "kept bad": int((~good & kept).sum()),
        "dropped good": int((good & ~kept).sum()),
        "dropped bad": int((~good & ~kept).sum()),
    }
    return found
