"""The loader: executes the plan. Processes of its own read, decode, encode and lay out this rank's packs.

The main process keeps the indexes and decides everything: which packs are this rank's, where their documents lie, what
takes the place of one that cannot be read. A worker is told all that one pack needs and remembers nothing, so neither
workers nor ranks can change what is trained on.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from torch.utils.data import DataLoader, Dataset

from curation import ranged
from curation.document import Document
from curation.errors import DamagedError, DocumentError, MediaError, UserError
from curation.shard import Place, ShardSet
from model.movable import opened, parcelled
from model.pack import Encoded, Pack, split
from model.processor import Processor
from train.data.assign import assign, pack_loads
from train.data.excerpts import excerpt
from train.data.lengths import Packed
from train.data.mixture import Samples
from train.data.plan import Cursor, Step
from train.data.workers import end_with_parent
from train.objective import Batch, Fault, Objective
from train.parallel import Ranks
from train.phase import Corrupt, Loading

PREFETCH = 2  # packs that each worker makes ahead
STAND_INS = 64  # samples that are tried in the place of one that cannot be read
UNREADABLE = ("missing", "unreadable")  # reasons of a MediaError that are no damage: the store is amiss, not the sample


@dataclass(frozen=True)
class Wanted:
    """All that is needed to read and encode one sample."""

    sample: int
    place: Place
    first: int  # pieces [first, last) of the document
    last: int
    apart: bool
    source: int
    task: int
    tokens: int  # as planned
    patches: int

    def document(self) -> Document:
        """Raises UserError where it cannot be read."""
        return excerpt(self.place.read(), self.first, self.last)


Wants = tuple[Wanted, ...]  # of one pack


@dataclass(frozen=True)
class Sources:
    """The samples of a phase's mixture, and where each lies. `names` and `tasks` are what the samples' numbers mean."""

    names: list[str]
    tasks: list[str]
    shards: list[ShardSet]
    apart: list[bool]  # whether a source's questions are conversations of their own
    lengths: pa.Table  # of all sources, one after the other: a row a sample
    samples: Samples
    processor: Processor

    @staticmethod
    def open(packed: Packed, names: Sequence[str]) -> "Sources":
        """Raises UserError where shards have changed since they were measured."""
        tables = [packed.lengths(name) for name in names]
        lengths = pa.concat_tables(tables).combine_chunks()
        tasks = sorted(lengths["task"].unique().to_pylist())
        samples = Samples(
            tokens=lengths["tokens"].to_numpy(),
            patches=lengths["patches"].to_numpy(),
            source=np.repeat(np.arange(len(names)), [len(table) for table in tables]),
            task=pc.index_in(lengths["task"], value_set=pa.array(tasks, pa.string())).to_numpy(),
        )
        shards = [packed.shards(name) for name in names]
        alone = [packed.config.sources[name].apart for name in names]
        return Sources(list(names), tasks, shards, alone, lengths, samples, packed.processor)

    def wanted(self, number: int) -> Wanted:
        """What a worker must know to make sample `number`."""
        row, first, last = (int(column[number]) for column in self._columns)
        source, task = int(self.samples.source[number]), int(self.samples.task[number])
        sizes = int(self.samples.tokens[number]), int(self.samples.patches[number])
        place = self.shards[source].place(row)
        return Wanted(int(number), place, first, last, self.apart[source], source, task, *sizes)

    def stand_ins(self, number: int) -> list[int]:
        """The samples that may take the place of sample `number`, in the order in which they are tried.

        They are of its source and task and no larger in tokens and patches: those that follow it in the index, from the
        first on after its last. The next one comes first, then the second, the fourth, the eighth, so that a truncated
        tar is soon behind; then those between, `STAND_INS` in all.
        """
        samples, source = self.samples, self.samples.source[number]
        begin, end = np.searchsorted(samples.source, [source, source + 1])
        fits = samples.task[begin:end] == samples.task[number]
        for sizes in (samples.tokens, samples.patches):
            fits &= sizes[begin:end] <= sizes[number]
        fitting = np.flatnonzero(fits) + begin
        follow = np.concatenate([fitting[fitting > number], fitting[fitting < number]])
        far = [2**power - 1 for power in range(len(follow).bit_length())]
        near = np.setdiff1d(np.arange(min(len(follow), STAND_INS)), far)
        return follow[[*far, *near][:STAND_INS]].tolist()

    @cached_property
    def _columns(self) -> list[np.ndarray]:
        return [self.lengths[name].to_numpy() for name in ("row", "first", "last")]


def batches(
    steps: Iterable[tuple[Step, Cursor]],
    sources: Sources,
    objective: Objective,
    ranks: Ranks,
    loading: Loading,
    corrupt: Corrupt,
) -> Iterator[tuple[Step, Cursor, list[Batch]]]:
    """The batches of this rank for each step, made ahead: as many on every rank, some without documents if need be.

    A sample that cannot be read is a `Fault` of its batch, told by the first of the ranks that share the pack. Raises
    UserError, in the step that needs it, where a store cannot be read, where a sample is not what was planned, and,
    under the rule "stop", where a sample is damaged.
    """
    reader = Reader(objective, sources.processor, ranks.context_rank, ranks.context_count)
    ahead: deque[tuple[Step, Cursor, int]] = deque()  # steps handed out, with how many packs of each are this rank's
    asked: deque[Wants] = deque()

    def packs() -> Iterator[Wants]:
        for step, cursor in steps:
            dealt = assign(pack_loads(step.packs, sources.samples), ranks.data_count)
            own = [step.packs[pack] for pack in dealt[ranks.data_rank]]
            rounds = max(map(len, dealt))
            ahead.append((step, cursor, rounds))
            for numbers in own + [()] * (rounds - len(own)):
                asked.append(tuple(sources.wanted(number) for number in numbers))
                yield asked[-1]

    made: list[Batch] = []
    for read in _read_ahead(reader, packs(), loading, ranks.device):
        pack = asked.popleft()
        made.append(read if isinstance(read, Batch) else _mended(reader, sources, corrupt, pack, read))
        if len(made) == ahead[0][2]:
            step, cursor, _ = ahead.popleft()
            yield step, cursor, made
            made = []


Damage = dict[int, str]  # why samples of a pack could not be read, by their places in it
Read = Batch | Damage | UserError


@dataclass(frozen=True)
class Reader(Dataset):
    """What workers run. `share` of `shares` is the part of every pack that this rank computes."""

    objective: Objective
    processor: Processor
    share: int
    shares: int

    def __getitem__(self, pack: Wants) -> Read:
        """An error is returned, not raised: out of a worker, a raised one would come as a page of traceback."""
        items: list[list] = []
        damage: Damage = {}
        for place, wanted in enumerate(pack):
            try:
                items.append(self.encode(wanted))
            except UserError as error:
                if not is_damage(error):
                    return UserError(str(error))
                damage[place] = str(error)
        return damage or self._batch(pack, items)

    def encode(self, wanted: Wanted) -> list:
        """The items of a sample. Raises UserError where it cannot be read, or holds other tokens than were planned."""
        items = self.objective.encode(wanted.document(), self.processor, wanted.apart)
        tokens = sum(len(item.input_ids) for item in items if isinstance(item, Encoded))
        if items and isinstance(items[0], Encoded) and tokens != wanted.tokens:
            raise UserError(
                f"document {wanted.place.key}: {tokens} tokens, planned as {wanted.tokens}:"
                " the tokenizer or the processor changed; run `vlforge pack` again"
            )
        return items

    def _batch(self, pack: Wants, items: list[list]) -> Batch:
        of = [wanted for wanted, each in zip(pack, items, strict=True) for _ in each]  # which sample each item is of
        every = [item for each in items for item in each]
        content = self.objective.collate(every) if every else self.objective.idle()
        return Batch(
            content=split(content, self.share, self.shares) if isinstance(content, Pack) else content,
            source=torch.tensor([wanted.source for wanted in of], dtype=torch.int64),
            task=torch.tensor([wanted.task for wanted in of], dtype=torch.int64),
            keys=tuple(wanted.place.key for wanted in of),
            tokens=sum(wanted.tokens for wanted in pack),
            patches=sum(wanted.patches for wanted in pack),
            flops=self.objective.flops(content) / self.shares,
        )


def is_damage(error: UserError) -> bool:
    """Whether it lies in the sample itself: not in a store that is missing or out of reach, nor in the settings."""
    if isinstance(error, MediaError):
        return error.reason not in UNREADABLE
    return isinstance(error, DamagedError | DocumentError)


def _mended(reader: Reader, sources: Sources, corrupt: Corrupt, pack: Wants, read: Read) -> Batch:
    """The batch of a pack whose damaged samples are replaced, with its faults."""
    faults: list[Fault] = []
    while isinstance(read, dict):
        if corrupt.rule == "stop":
            place, reason = next(iter(read.items()))
            raise UserError(f"document {pack[place].place.key}: {reason}")
        mended = list[Wanted]()
        for place, wanted in enumerate(pack):
            if place not in read:
                mended.append(wanted)
                continue
            found = _stand_in(reader, sources, wanted)
            mended += [found] if found else []
            faults.append(Fault(wanted.sample, wanted.place.key, read[place], found.place.key if found else None))
        pack = tuple(mended)
        read = reader[pack]
    if isinstance(read, UserError):
        raise read
    return replace(read, faults=tuple(faults) if reader.share == 0 else ())


def _stand_in(reader: Reader, sources: Sources, damaged: Wanted) -> Wanted | None:
    """The first of a sample's stand-ins that can be read; None where there is none."""
    for number in sources.stand_ins(damaged.sample):
        wanted = sources.wanted(number)
        try:
            reader.encode(wanted)
            return wanted
        except UserError as error:
            if not is_damage(error):
                raise
    return None


def _read_ahead(reader: Reader, packs: Iterator[Wants], loading: Loading, device: torch.device) -> Iterator[Read]:
    """What the reader makes of each pack, in their order, in `loading.workers` processes.

    Workers are forked from a clean server process: a fork of this one would take CUDA's and OpenMP's state and the
    locks of its threads along.
    """
    begin = partial(ranged.keep_in, loading.cache, int(loading.cache_gigabytes * 1e9))
    begin()
    context = multiprocessing.get_context("forkserver") if loading.workers else None
    if context:
        context.set_forkserver_preload([__name__])
    loader = DataLoader(
        reader,
        batch_size=None,
        sampler=packs,
        num_workers=loading.workers,
        prefetch_factor=PREFETCH if loading.workers else None,
        multiprocessing_context=context,
        collate_fn=parcelled if loading.workers else None,
        worker_init_fn=partial(_begin_worker, begin),
        pin_memory=device.type == "cuda",
    )
    try:
        yield from map(opened, loader)
    except (RuntimeError, OSError, EOFError) as error:
        of_a_worker = not isinstance(error, RuntimeError) or "DataLoader worker" in str(error)
        if not loading.workers or not of_a_worker or str(error).startswith("Caught"):  # an error that it met and told
            raise
        said = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(f"a worker of the loader was killed ({said}): memory or /dev/shm is too small") from error


def _begin_worker(begin: partial, _: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends its workers
    end_with_parent()
    begin()
