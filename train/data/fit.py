"""Packs: which samples share one, within two budgets, LLM tokens and ViT patches."""

from bisect import bisect_left, insort
from dataclasses import dataclass

import numpy as np

FILLING = 0.025  # of the tokens
LOOKED_AT = 16  # packs without room for the patches, passed over one by one; then all are looked at in one go


@dataclass(frozen=True)
class Budget:
    """What one pack may hold: LLM tokens and ViT patches."""

    tokens: int
    patches: int


def shortest_last(tokens: np.ndarray) -> np.ndarray:
    """Places in `tokens` (samples,) in their order, but the shortest, `FILLING` of all tokens, last.

    They fill what the others leave: a quarter less stays empty, and nearly every pack is a mixture all the same.
    """
    ascending = np.argsort(tokens, kind="stable")
    taken = np.cumsum(tokens[ascending], dtype=np.int64) <= FILLING * tokens.sum(dtype=np.int64)
    last = np.zeros(len(tokens), bool)
    last[ascending[taken]] = True
    return np.argsort(last, kind="stable")


def best_fit(tokens: np.ndarray, patches: np.ndarray, budget: Budget) -> list[list[int]]:
    """The places in `tokens` and `patches` (samples,) that each pack holds, in the order in which packs were opened.

    In the order of the stream, each sample goes where it leaves the fewest tokens free and its patches fit. Longest
    first would fill 0.2% more, but then a pack holds long documents only, or short ones: a step of one source.
    No sample may be larger than the budget.
    """
    packs: list[list[int]] = []
    room = _Room(len(tokens), budget)
    for place, (size, area) in enumerate(zip(tokens.tolist(), patches.tolist(), strict=True)):
        pack = room.best(size, area)
        if pack == len(packs):
            packs.append([place])
        else:
            packs[pack].append(place)
    return packs


class _Room:
    """What is free in each pack, at most `most` of them."""

    def __init__(self, most: int, budget: Budget):
        self.budget = budget
        self.count = 0
        self.open: list[tuple[int, int]] = []  # (free tokens, pack) of packs with any, sorted
        self.tokens = np.zeros(most, np.int64)  # free in each pack
        self.patches = np.zeros(most, np.int64)
        self.free_patches: list[int] = []  # the same: a list is read faster, one by one

    def best(self, size: int, area: int) -> int:
        """The pack that the sample goes to, its room taken; number `count` is a new one."""
        slot = self._slot(size, area)
        if slot == len(self.open):
            free, pack = self.budget.tokens, self.count
            self.free_patches.append(self.budget.patches)
            self.count += 1
        else:
            free, pack = self.open.pop(slot)
        self.tokens[pack] = free - size
        self.free_patches[pack] -= area
        self.patches[pack] = self.free_patches[pack]
        if free > size:
            insort(self.open, (free - size, pack))
        return pack

    def _slot(self, size: int, area: int) -> int:
        slot = first = bisect_left(self.open, (size, -1))
        while slot < len(self.open) and self.free_patches[self.open[slot][1]] < area:
            slot += 1
            if slot - first == LOOKED_AT:
                return self._slot_among_all(size, area)
        return slot

    def _slot_among_all(self, size: int, area: int) -> int:
        fits = np.flatnonzero((self.tokens[: self.count] >= size) & (self.patches[: self.count] >= area))
        if not len(fits):
            return len(self.open)
        pack = int(fits[np.argmin(self.tokens[fits])])  # the first of equals, as in `open`
        return bisect_left(self.open, (int(self.tokens[pack]), pack))
