"""What a step and a phase came to, over all ranks: losses by source and task, counts, the summary in the receipt."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from train.data.loader import Sources
from train.data.plan import Plan, Step
from train.objective import Batch, Measured
from train.parallel import Ranks


@dataclass(frozen=True)
class Tally:
    """Of one step. None: a source or task that had no part in it."""

    losses_by_source: dict[str, float | None]
    losses_by_task: dict[str, float | None]
    tokens_by_source: dict[str, int]
    flops: float
    replaced: int


def tally(step: Step, batches: Sequence[Batch], measured: Measured, sources: Sources, ranks: Ranks) -> Tally:
    """One all-reduce."""
    here = [*_sums(batches, "source", measured, sources.names), *_sums(batches, "task", measured, sources.tasks)]
    # the ranks of a context group hold parts of the same documents, and would count each fault again
    replaced = sum(len(batch.faults) for batch in batches) if ranks.context_rank == 0 else 0
    here.append(torch.tensor([sum(batch.flops for batch in batches), replaced], dtype=torch.float64))
    sizes = [len(part) for part in here]
    everywhere = ranks.sum(torch.cat(here).to(ranks.device)).cpu()
    source_total, source_count, task_total, task_count, numbers = everywhere.split(sizes)
    return Tally(
        losses_by_source=_means(sources.names, source_total, source_count),
        losses_by_task=_means(sources.tasks, task_total, task_count),
        tokens_by_source=_tokens(step, sources),
        flops=float(numbers[0]),
        replaced=int(numbers[1]),
    )


def _sums(batches: Sequence[Batch], kind: str, measured: Measured, names: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Summed losses and their counts by source or task: (names,) float64 each, of this rank."""
    owner = torch.cat([getattr(batch, kind) for batch in batches]).cpu()
    values = (measured.total.cpu().double(), measured.count.cpu().double())
    total, count = (torch.bincount(owner, value, minlength=len(names)) for value in values)
    return total, count


def _means(names: Sequence[str], total: Tensor, count: Tensor) -> dict[str, float | None]:
    pairs = zip(names, total.tolist(), count.tolist(), strict=True)
    return {name: loss / held if held else None for name, loss, held in pairs}


def _tokens(step: Step, sources: Sources) -> dict[str, int]:
    every = np.concatenate(step.packs)
    counted = np.bincount(sources.samples.source[every], sources.samples.tokens[every], minlength=len(sources.names))
    return dict(zip(sources.names, counted.astype(int).tolist(), strict=True))


@dataclass
class Totals:
    """Of a phase so far; saved with its checkpoints, so that a resumed run knows them too."""

    steps: int = 0
    packs: int = 0
    samples: int = 0
    tokens: int = 0
    patches: int = 0
    flops: float = 0.0
    skipped: int = 0
    replaced: int = 0
    by_source: dict[str, int] = field(default_factory=dict)  # tokens

    def add(self, step: Step, found: Tally, skipped: bool) -> None:
        self.steps += 1
        self.packs += len(step.packs)
        self.samples += sum(map(len, step.packs))
        self.tokens += step.tokens
        self.patches += step.patches
        self.flops += found.flops
        self.skipped += skipped
        self.replaced += found.replaced
        for name, tokens in found.tokens_by_source.items():
            self.by_source[name] = self.by_source.get(name, 0) + tokens

    def summary(self, plan: Plan, sources: Sources) -> dict[str, Any]:
        """For the receipt: counts, fill on both budgets, each source's share of the tokens beside what was asked."""
        asked = dict.fromkeys(sources.names, 0.0)
        for stream in plan.streams:
            asked[sources.names[int(sources.samples.source[stream.members[0]])]] += stream.weight
        return {
            **asdict(self),
            "fill_tokens": self.tokens / (self.packs * plan.budget.tokens),
            "fill_patches": self.patches / (self.packs * plan.budget.patches),
            "asked": {name: weight / sum(asked.values()) for name, weight in asked.items()},
            "mixture": {name: tokens / self.tokens for name, tokens in self.by_source.items()},
        }
