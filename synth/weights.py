"""Weights: how often each of several things is to be made, as a setting says it, and a draw by them."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

import numpy as np
from pydantic import AfterValidator

Name = TypeVar("Name")


def _drawable(weights: dict[Name, float]) -> dict[Name, float]:
    if min(weights.values(), default=0) < 0 or not sum(weights.values()) > 0:
        raise ValueError("weights of 0 or more are wanted, one of them above 0")
    return weights


Weights = Annotated[dict[Name, float], AfterValidator(_drawable)]


def draw(rng: np.random.Generator, weights: Mapping[Name, float]) -> Name:
    """One of the names. Their order counts: the same weights in another order draw otherwise."""
    names = list(weights)
    shares = np.array([weights[name] for name in names], float)
    return names[rng.choice(len(names), p=shares / shares.sum())]


def in_order(weights: Mapping[Name, float]) -> dict[Name, float]:
    """Sorted by name, so that it does not count how a configuration lists them."""
    return {name: weights[name] for name in sorted(weights)}  # type: ignore[type-var]
