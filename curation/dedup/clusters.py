"""From pairs that resemble each other to what is kept: connected components, and in each the best of what is alike."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from curation.dedup.words import Hashes

_KEPT_COMPARED = 1_000  # of one component: bounds the work in one that is a long chain

Indexes = NDArray[np.int64]


def components(pairs: Hashes) -> Hashes:
    """(n, 2) pairs of numbers -> (m, 2): each number and the smallest of its component, sorted.

    What comes out are pairs again, of the same components and no more than one a number: so partial results of parts
    of the pairs can be joined in any order (a union-find that can be merged).
    """
    if not len(pairs):
        return pairs
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    numbers, places = np.unique(pairs, return_inverse=True)
    one, other = places.reshape(-1, 2).T
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(len(numbers), len(numbers)))
    _, labels = connected_components(graph, directed=False)
    _, first = np.unique(labels, return_index=True)  # numbers are sorted, so the first of a label is its smallest
    return np.stack([numbers, numbers[first[labels]]], 1)


def keepers(order: Indexes, alike: Callable[[int, Indexes], NDArray[np.bool_]]) -> Indexes:
    """Which text stands for each of a component's n texts: (n,), itself for one that is kept.

    `order` lists the texts, the best first. The best is kept and stands for all that resemble it, then the best of the
    rest, and so on: where A resembles B and B resembles C but A does not resemble C, the chain takes B away and not C,
    so whatever is dropped resembles what is kept for it. `alike(text, others)` says which do.
    """
    kept_for = np.arange(len(order))
    rest = order
    for _ in range(_KEPT_COMPARED):
        if not len(rest):
            break
        best, rest = int(rest[0]), rest[1:]
        same = alike(best, rest)
        kept_for[rest[same]] = best
        rest = rest[~same]
    return kept_for
