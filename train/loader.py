"""The loader: executes the plan. It decides nothing, so any number of workers yields the same packs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from curation.errors import UserError
from curation.shard import ShardSet
from model.config import ModelConfig
from model.movable import Movable
from model.pack import Encoded, Pack, pack
from model.processor import Images, Processor, apart
from train.lengths import Packed, excerpt
from train.phase import Phase
from train.plan import Budget, Plan, Samples, make_plan


@dataclass(frozen=True)
class Sources:
    """The samples of a phase's mixture, where each lies, and how it is encoded."""

    names: list[str]
    shards: list[ShardSet]
    apart: list[bool]  # whether a source's questions are conversations of their own
    lengths: pa.Table  # of all sources, with a column `source`
    samples: Samples
    processor: Processor

    @staticmethod
    def open(packed: Packed, names: list[str]) -> "Sources":
        tables = [packed.lengths(name) for name in names]
        numbers = np.repeat(np.arange(len(names)), [len(table) for table in tables])
        lengths = pa.concat_tables(tables)
        samples = Samples(lengths["tokens"].to_numpy(), lengths["patches"].to_numpy(), numbers)
        shards = [packed.shards(name) for name in names]
        alone = [packed.config.sources[name].apart for name in names]
        return Sources(names, shards, alone, lengths, samples, packed.processor)

    def encode(self, number: int) -> list[Encoded]:
        """Sample `number`, read from its tar and encoded: one conversation, or one for each of its questions."""
        row = self.lengths.slice(number, 1).to_pylist()[0]
        source = self.samples.source[number]
        document = excerpt(self.shards[source].read(row["row"]), row["first"], row["last"])
        images: Images = {}
        documents = apart(document) if self.apart[source] else [document]
        encoded = [self.processor.encode(each, images=images) for each in documents]
        tokens = sum(len(each.input_ids) for each in encoded)
        if tokens != row["tokens"]:
            raise UserError(
                f"document {document.key}: {tokens} tokens, planned as {row['tokens']}:"
                " the tokenizer or the processor changed; run `vlforge pack` again"
            )
        return encoded


def plan_phase(phase: Phase, sources: Sources) -> Plan:
    weights = {number: phase.mixture[name] for number, name in enumerate(sources.names)}
    for number, name in enumerate(sources.names):
        if not np.any(sources.samples.source == number):
            raise UserError(f"{phase.packs}: source {name} of the mixture holds no samples")
    budget = Budget(phase.pack.tokens, phase.pack.patches)
    return make_plan(sources.samples, weights, budget, phase.pack.per_step, phase.steps, phase.seed)


@dataclass(frozen=True)
class Batch(Movable):
    """A pack, and which source each of its documents came from."""

    pack: Pack
    source: Tensor  # (documents,) int64


@dataclass(frozen=True)
class _Packs(Dataset):
    plan: Plan
    sources: Sources
    config: ModelConfig

    def __len__(self) -> int:
        return len(self.plan.bounds) - 1

    def __getitem__(self, number: int) -> Batch | UserError:
        """An error is returned, not raised: out of a worker, a raised one would come as a page of traceback."""
        samples = self.plan.pack(number)
        try:
            encoded = [self.sources.encode(int(sample)) for sample in samples]
        except UserError as error:
            return error
        source = np.repeat(self.sources.samples.source[samples], [len(each) for each in encoded])
        return Batch(pack([each for parts in encoded for each in parts], self.config), torch.from_numpy(source))


def steps(plan: Plan, sources: Sources, config: ModelConfig, first: int, workers: int) -> Iterator[list[Batch]]:
    """The packs of each step, from step `first` to the plan's end, read and encoded ahead in `workers` processes.

    Raises UserError, in the step that needs it, for a document that cannot be read.
    """
    per_step = plan.packs_per_step
    loader = DataLoader(
        _Packs(plan, sources, config),
        batch_size=None,
        sampler=range(first * per_step, plan.steps * per_step),
        num_workers=workers,
        prefetch_factor=2 * per_step if workers else None,
    )
    packs = iter(loader)
    for _ in range(first, plan.steps):
        yield [_sound(next(packs)) for _ in range(per_step)]


def _sound(read: Batch | UserError) -> Batch:
    if isinstance(read, UserError):
        raise read
    return read
