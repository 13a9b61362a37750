"""The plan: which documents make which pack on which step, as a pure function of lengths, recipe and seed.

Ranks, workers and accumulation only execute it, so none of them can change what is trained on, and resuming at a step
needs nothing but its number.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from curation.errors import UserError

WINDOW = 16_384  # samples packed together: enough that best fit leaves under 0.5% of a pack empty


@dataclass(frozen=True)
class Samples:
    """Everything that may be drawn, source after source. Arrays of one length; `source` is a number."""

    tokens: np.ndarray
    patches: np.ndarray
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Budget:
    """What one pack may hold: LLM tokens and ViT patches."""

    tokens: int
    patches: int


@dataclass(frozen=True)
class Plan:
    """`order` are sample numbers; pack p holds order[bounds[p]:bounds[p + 1]]; step s runs `packs_per_step` packs."""

    order: np.ndarray
    bounds: np.ndarray
    packs_per_step: int

    @property
    def steps(self) -> int:
        return (len(self.bounds) - 1) // self.packs_per_step

    def pack(self, number: int) -> np.ndarray:
        """The sample numbers of a pack."""
        return self.order[self.bounds[number] : self.bounds[number + 1]]

    def fill(self, samples: Samples, budget: Budget) -> tuple[float, float]:
        """Share of the token and of the patch budget that the executed packs use."""
        used = self.order[: self.bounds[self.steps * self.packs_per_step]]
        packs = max(self.steps * self.packs_per_step, 1)
        return (
            float(samples.tokens[used].sum() / (packs * budget.tokens)),
            float(samples.patches[used].sum() / (packs * budget.patches)),
        )


def make_plan(
    samples: Samples, weights: Mapping[int, float], budget: Budget, packs_per_step: int, steps: int, seed: int
) -> Plan:
    """Draws samples by `weights` (each source's share of the tokens), packs them by best fit and cuts them into steps.

    Raises UserError where a source is empty or a sample is larger than a pack.
    """
    for source in weights:
        if not np.any(samples.source == source):
            raise UserError(f"source number {source} of the mixture has no samples")
    needed = steps * packs_per_step
    packs: list[list[int]] = []
    drawn = 0
    while len(packs) < needed:
        # a window is drawn from the mixture's endless stream, so enlarging the plan never changes its beginning
        window = mixture(samples, weights, drawn, drawn + WINDOW, seed)
        drawn += WINDOW
        fitted = best_fit(window, samples, budget)
        shuffled = np.random.default_rng([seed, drawn]).permutation(len(fitted))
        packs += [fitted[number] for number in shuffled]
    packs = packs[:needed]
    bounds = np.cumsum([0, *(len(pack) for pack in packs)])
    return Plan(np.array([sample for pack in packs for sample in pack], np.int64), bounds, packs_per_step)


def mixture(samples: Samples, weights: Mapping[int, float], start: int, stop: int, seed: int) -> np.ndarray:
    """Samples `start` to `stop` of the endless stream that mixes the sources by their share of tokens.

    Each source is repeated in freshly shuffled epochs. A sample falls due when its source has given its share, so the
    mixture holds in every stretch of the stream, not only on average.
    """
    total = sum(weights.values())
    streams, due = [], []
    for source, weight in weights.items():
        if weight == 0:
            continue
        own = np.flatnonzero(samples.source == source)
        epochs = -(-stop // len(own))
        rngs = (np.random.default_rng([seed, source, epoch]) for epoch in range(epochs))
        stream = np.concatenate([rng.permutation(own) for rng in rngs])[:stop]
        streams.append(stream)
        due.append((np.cumsum(samples.tokens[stream]) - samples.tokens[stream] / 2) * total / weight)
    order = np.argsort(np.concatenate(due), kind="stable")
    return np.concatenate(streams)[order][start:stop]


def best_fit(order: np.ndarray, samples: Samples, budget: Budget) -> list[list[int]]:
    """Packs in the order of the stream: each sample goes where it leaves the fewest tokens free and its patches fit.

    Longest first would fill 0.2% more, but then a pack holds long documents only, or short ones: a step of one source.
    """
    tokens, patches = samples.tokens[order], samples.patches[order]
    if tokens.max() > budget.tokens or patches.max() > budget.patches:
        raise UserError(
            f"a sample of {tokens.max():,} tokens and {patches.max():,} patches is over the pack's"
            f" {budget.tokens:,} and {budget.patches:,}: raise the budget or measure with a shorter sequence"
        )
    packs: list[list[int]] = []
    free_patches: list[int] = []
    open_packs: list[tuple[int, int]] = []  # (free tokens, pack), sorted
    for place in range(len(order)):
        size, area = int(tokens[place]), int(patches[place])
        slot = bisect_left(open_packs, (size, -1))
        while slot < len(open_packs) and free_patches[open_packs[slot][1]] < area:
            slot += 1
        if slot == len(open_packs):
            free, pack = budget.tokens, len(packs)
            packs.append([])
            free_patches.append(budget.patches)
        else:
            free, pack = open_packs.pop(slot)
        packs[pack].append(int(order[place]))
        free_patches[pack] -= area
        if free > size:
            insort(open_packs, (free - size, pack))
    return packs


def share_by_source(plan: Plan, samples: Samples, sources: Sequence[str]) -> dict[str, float]:
    """Each source's share of the planned tokens: what the mixture came to."""
    tokens = np.bincount(samples.source[plan.order], samples.tokens[plan.order], minlength=len(sources))
    return {name: float(count / tokens.sum()) for name, count in zip(sources, tokens, strict=True)}
