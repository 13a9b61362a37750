"""Repeated n-grams of a sequence of words, found from short to long."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


class Ngrams:
    """The n-grams of `ids` (n,), numbers below `vocabulary`, that occur more than once.

    An n-gram is repeated only where both (n-1)-grams in it are, so that of running text hardly any place is left to
    look at beyond trigrams. `ends` (n + 1,) are the characters up to each word. Equal grams are found exactly, by
    numbering them anew at each length.
    """

    def __init__(self, ids: Numbers, vocabulary: int, lengths: Numbers):
        self._ids = ids
        self._vocabulary = max(vocabulary, 1)
        self._lengths = lengths
        counts = np.bincount(ids, minlength=1)
        starts = (counts[ids] > 1).nonzero()[0]
        self._found: list[tuple[Numbers, Numbers]] = [(starts, ids[starts])]

    @cached_property
    def _ends(self) -> Numbers:
        return np.concatenate(([0], np.cumsum(self._lengths)))

    def repeated(self, size: int) -> tuple[Numbers, Numbers]:
        """Starts (k,) of the n-grams of this size that occur more than once, in order, and which gram each is (k,)."""
        while len(self._found) < size:
            starts, numbers = self._found[-1]
            if not len(starts):
                return starts, numbers
            longer = len(self._found)  # words that come before the one to be added
            pairs = (starts[1:] - starts[:-1] == 1).nonzero()[0]  # the gram one word on is repeated too
            starts = starts[pairs]
            keys = numbers[pairs] * self._vocabulary + self._ids[starts + longer]
            self._found.append(_repeated(starts, keys))
        return self._found[size - 1]

    def top_characters(self, size: int, *, spaces: bool = True) -> int:
        """Characters in all occurrences of the commonest n-gram, with `spaces` between words.

        0 where none occurs twice. Of several that are equally common the one that is first in the text counts.
        """
        starts, numbers = self.repeated(size)
        if not len(starts):
            return 0
        counts = np.bincount(numbers)
        first = starts[np.argmax(counts[numbers] == counts.max())]
        length = self._ends[first + size] - self._ends[first] + (size - 1) * spaces
        return int(counts.max() * length)

    def duplicate_characters(self, size: int) -> int:
        """Characters of words in n-grams met before, as datatrove counts them.

        An n-gram met before is counted and passed over whole: n-grams that begin within it are not looked at.
        """
        starts, numbers = self.repeated(size)
        if not len(starts):
            return 0
        met: set[int] = set()
        counted, reach = 0, 0
        for start, number in zip(starts.tolist(), numbers.tolist(), strict=True):
            if start < reach:
                continue
            if number in met:
                reach = start + size
                counted += int(self._ends[reach] - self._ends[start])
            else:
                met.add(number)
        return counted

    def repeated_share(self, size: int) -> float:
        """Share of the n-grams that occur more than once, each occurrence counted (ROOTS, OBELICS)."""
        places = len(self._ids) - size + 1
        return len(self.repeated(size)[0]) / places if places > 0 else 0.0


def _repeated(starts: Numbers, keys: Numbers) -> tuple[Numbers, Numbers]:
    """Those of the starts, in order, whose key is not alone, and their keys numbered from 0."""
    order = keys.argsort()
    ranked = keys[order]
    edges = np.ones(len(keys) + 1, bool)  # between runs of equal keys
    np.not_equal(ranked[1:], ranked[:-1], out=edges[1:-1])
    shared = (~(edges[1:] & edges[:-1])).nonzero()[0]
    places, numbers = order[shared], edges[:-1].cumsum()[shared] - 1
    back = places.argsort()
    return starts[places[back]], numbers[back]
