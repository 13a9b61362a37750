"""Limits made smooth: a score says how far a value is from its bounds, so that a threshold can be chosen later."""

import math
from collections.abc import Iterable


def rise(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high` on, a straight line between."""
    return min(max((value - low) / (high - low), 0.0), 1.0)


def fall(value: float, low: float, high: float) -> float:
    """1 up to `low`, 0 from `high` on, a straight line between."""
    return 1.0 - rise(value, low, high)


def sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(value, -60.0), 60.0)))


def mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else 0.0
