"""What scores say of planted truth: how well they tell real documents from corrupted ones, and at which threshold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CALM = (0.4, 0.7)  # AUC that a corruption of another dimension may come to
_DRAWS = 1000  # of the bootstrap
_CONFIDENCE = 0.95
_FEWEST = 8  # documents of either kind before an AUC is worth a number

Column = np.ndarray  # (documents,): a score, NaN where its scorer abstained


@dataclass(frozen=True, slots=True)
class Cell:
    """One score against one corruption, over the documents that it could spoil.

    `auc` is None where fewer than eight of either kind were judged; `low` and `high` bound it with 95% confidence, by
    bootstrap over documents (an original and its corrupted copy are drawn together). `shift` is the median of the real
    score less the corrupted one's over documents where both were judged.
    """

    auc: float | None
    low: float | None
    high: float | None
    shift: float | None
    documents: int
    judged: int
    judged_corrupted: int

    @property
    def calm(self) -> bool | None:
        return None if self.auc is None else CALM[0] <= self.auc <= CALM[1]


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least score to keep a document at for a wanted precision: the share of real ones among those kept.

    `recall` is the share of real documents kept, `precision` what is reached; both of documents that were judged.
    `minimum` is None where no threshold reaches the precision.
    """

    wanted: float
    minimum: float | None
    precision: float | None
    recall: float | None


def auc(real: np.ndarray, corrupted: np.ndarray) -> float:
    """Probability that a real document scores above a corrupted one; ties count half (Mann and Whitney 1947)."""
    ordered = np.sort(corrupted)
    below, upto = np.searchsorted(ordered, real, "left"), np.searchsorted(ordered, real, "right")
    return float((below + upto).sum() / (2 * len(real) * len(corrupted)))


def cell(real: Column, corrupted: Column, applied: np.ndarray, rng: np.random.Generator) -> Cell:
    """`applied` says which documents the corruption could spoil; all three are (documents,)."""
    real, corrupted = real[applied], corrupted[applied]
    judged, spoilt = int(np.isfinite(real).sum()), int(np.isfinite(corrupted).sum())
    if min(judged, spoilt) < _FEWEST:
        return Cell(None, None, None, None, len(real), judged, spoilt)
    draws = []
    for _ in range(_DRAWS):
        chosen = rng.integers(0, len(real), len(real))
        one, other = _finite(real[chosen]), _finite(corrupted[chosen])
        draws += [auc(one, other)] if len(one) and len(other) else []
    low, high = np.quantile(draws, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    both = _finite(real - corrupted)
    shift = float(np.median(both)) if len(both) else None
    return Cell(auc(_finite(real), _finite(corrupted)), float(low), float(high), shift, len(real), judged, spoilt)


def together(corruptions: Sequence[Column]) -> tuple[np.ndarray, np.ndarray]:
    """All judged scores of several corruptions, and weights that count each corruption equally: their sum is 1."""
    found = [each for column in corruptions if len(each := _finite(column))]
    if not found:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(found), np.concatenate([np.full(len(each), 1 / len(each) / len(found)) for each in found])


def thresholds(
    real: Column, corruptions: Sequence[Column], bad_share: float, wanted: Sequence[float]
) -> list[Threshold]:
    """Where `bad_share` of the documents are corrupted, each corruption equally often: the lowest minimum that is
    precise enough, so that it costs the fewest real documents.
    """
    good = np.sort(_finite(real))
    bad, weights = together(corruptions)
    if not len(good) or not len(bad):
        return [Threshold(each, None, None, None) for each in wanted]
    order = np.argsort(bad)
    bad, weights = bad[order], weights[order]
    minima = np.unique(np.concatenate([[0.0], good, _above(bad)]))  # (m,) where something changes
    kept = 1 - np.searchsorted(good, minima, "left") / len(good)  # (m,) recall
    passing = np.concatenate([np.cumsum(weights[::-1])[::-1], [0.0]])[np.searchsorted(bad, minima, "left")]
    real_mass, bad_mass = (1 - bad_share) * kept, bad_share * passing
    precision = real_mass / np.maximum(real_mass + bad_mass, 1e-12)
    found = []
    for each in wanted:
        enough = np.flatnonzero((precision >= each) & (kept > 0))
        if not len(enough):
            found.append(Threshold(each, None, None, None))
            continue
        first = enough[0]
        found.append(Threshold(each, float(minima[first]), float(precision[first]), float(kept[first])))
    return found


def _above(scores: np.ndarray) -> np.ndarray:
    """The least numbers of four digits, as scores are rounded, that are greater."""
    return np.round(scores + 1e-4, 4)


def _finite(column: np.ndarray) -> np.ndarray:
    return column[np.isfinite(column)]


def column(scores: Sequence[Mapping[str, float] | None], name: str) -> Column:
    """Of documents' scores; None stands for a document that there is not."""
    return np.array([math.nan if each is None else each.get(name, math.nan) for each in scores])
