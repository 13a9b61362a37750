"""The plan: which samples make which pack on which step, as a pure function of lengths, recipe and seed.

Ranks, workers and accumulation only execute it, so none of them can change what is trained on. It is made window by
window from a small cursor: 10^12 tokens need no memory, and a run goes on at once from where its checkpoint stood.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np

from curation.errors import UserError
from train.data.fit import Budget, best_fit, shortest_last
from train.data.mixture import Mixer, Place, Samples, Stream, make_streams
from train.phase import Phase

WINDOW = 16_384  # samples packed together: enough that best fit leaves under 0.5% of a pack empty
FEWEST_PACKS = 64  # worth of tokens in a window, however few samples there are
LAST = 4  # one in so many packs, those opened last, may be carried on to the next window
WELL_FILLED = 0.995


@dataclass(frozen=True)
class Step:
    """The global batch of one update: the sample numbers of each pack. `done`: LLM tokens of all steps before it."""

    number: int
    packs: tuple[np.ndarray, ...]
    done: int
    tokens: int
    patches: int


@dataclass(frozen=True)
class Cursor:
    """All that the plan needs to go on with a window. `step` is the first that ends in the window, `done` the tokens of
    those before, `clock` the mixture's; `carried` samples are packed first, `waiting` packs come out first."""

    window: int = 0
    step: int = 0
    done: int = 0
    clock: float = 0.0
    places: tuple[Place, ...] = ()
    carried: tuple[int, ...] = ()
    waiting: tuple[tuple[int, ...], ...] = ()

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Cursor":
        values = json.loads(text)
        values["places"] = tuple(Place(**place) for place in values["places"])
        values["carried"] = tuple(values["carried"])
        values["waiting"] = tuple(map(tuple, values["waiting"]))
        return Cursor(**values)


@dataclass(frozen=True)
class Plan:
    """Steps of `per_step` packs until one reaches `tokens`; that one is the last.

    Enlarging `tokens` never changes the beginning, and the packs and their order are the same for every `per_step`.
    Nothing drawn is lost: where every stream ends before `tokens`, the last step has the packs that are left.
    """

    samples: Samples
    streams: tuple[Stream, ...]
    budget: Budget
    per_step: int
    tokens: int
    seed: int

    def steps(self, cursor: Cursor | None = None, first: int = 0) -> Iterator[tuple[Step, Cursor]]:
        """Steps from number `first` on, each with the cursor of its window, from which `steps` finds it again.

        Raises UserError for a cursor of another mixture, or of a place after `first`.
        """
        following: Cursor | None = cursor or self.start
        if following is not None and first < following.step:
            raise UserError(f"step {first:,} of the plan is asked for from a place behind it: begin the phase anew")
        while following is not None:
            here = following
            found, following = self.window(here)
            yield from ((step, here) for step in found if step.number >= first)

    @property
    def start(self) -> Cursor:
        return Cursor(places=tuple(Place() for _ in self.streams))

    def window(self, cursor: Cursor) -> tuple[list[Step], Cursor | None]:
        """The steps that end in a window, and the cursor of the next one: None where the plan ends.

        Raises UserError for a cursor of another mixture.
        """
        if len(cursor.places) != len(self.streams):
            raise UserError("the place in the plan to go on from belongs to another mixture: begin the phase anew")
        clock = cursor.clock + self._span(self._mixer.live(cursor.places))
        drawn, places = self._mixer.draw(cursor.places, clock)
        ended = not self._mixer.live(places)
        # what is carried is never put last again, so that it comes out at the latest with the next window
        drawn = drawn[shortest_last(self.samples.tokens[drawn])]
        order = np.concatenate([np.array(cursor.carried, np.int64), drawn])
        packs, carried = self._pack(order, cursor.window, keep_all=ended)
        waiting = [*(np.array(pack, np.int64) for pack in cursor.waiting), *packs]
        steps, waiting = self._cut(waiting, cursor.step, cursor.done, keep_all=ended)
        done = steps[-1].done + steps[-1].tokens if steps else cursor.done
        if ended or done >= self.tokens:
            return steps, None
        rest = tuple(tuple(pack.tolist()) for pack in waiting)
        return steps, Cursor(
            cursor.window + 1, cursor.step + len(steps), done, clock, places, tuple(carried.tolist()), rest
        )

    @cached_property
    def ends_after(self) -> int | None:
        """The tokens that the streams hold where that is less than was asked for: the phase ends early. Else None."""
        held = [stream.all_tokens(self.seed) for stream in self.streams]
        if None in held:
            return None
        total = sum(tokens for tokens in held if tokens is not None)
        return total if total < self.tokens else None

    @property
    def expected_steps(self) -> int:
        """An estimate, for a line of progress: as if packs were full in one of the budgets."""
        weight = sum(stream.weight for stream in self.streams)
        patches = sum(
            stream.weight * self.samples.patches[stream.members].mean() * stream.samples_a_token
            for stream in self.streams
        )
        packs_a_token = max(1 / self.budget.tokens, patches / weight / self.budget.patches)
        return math.ceil((self.ends_after or self.tokens) * packs_a_token / self.per_step)

    @cached_property
    def _mixer(self) -> Mixer:
        return Mixer(self.streams, self.seed)

    def _span(self, live: Sequence[Stream]) -> float:
        """How far the clock goes in a window: `WINDOW` samples, or one pass over fewer, for a step should not see a
        sample twice where that can be helped."""
        samples = min(WINDOW, sum(len(stream.members) for stream in live))
        whole = samples / sum(stream.weight * stream.samples_a_token for stream in live)
        return max(whole, FEWEST_PACKS * self.budget.tokens / sum(stream.weight for stream in live))

    def _pack(self, order: np.ndarray, window: int, keep_all: bool) -> tuple[list[np.ndarray], np.ndarray]:
        """Packs in shuffled order, and the samples of the last, badly filled ones: the next window begins with them."""
        tokens, patches = self.samples.tokens[order], self.samples.patches[order]
        packs = [np.array(pack) for pack in best_fit(tokens, patches, self.budget)]
        first_of_last = len(packs) if keep_all else len(packs) - len(packs) // LAST
        kept, carried = packs[:first_of_last], [np.empty(0, np.int64)]
        for pack in packs[first_of_last:]:
            full = max(tokens[pack].sum() / self.budget.tokens, patches[pack].sum() / self.budget.patches)
            (kept if full >= WELL_FILLED else carried).append(pack)
        shuffled = np.random.default_rng([self.seed, window]).permutation(len(kept))
        rest = np.sort(np.concatenate(carried))
        return [order[kept[number]] for number in shuffled], order[rest]

    def _cut(
        self, packs: list[np.ndarray], first: int, done: int, keep_all: bool
    ) -> tuple[list[Step], list[np.ndarray]]:
        """Steps from number `first` on, until one reaches the plan's tokens, and the packs that are too few for one."""
        steps: list[Step] = []
        end = len(packs) if keep_all else len(packs) - len(packs) % self.per_step
        for place in range(0, end, self.per_step):
            if done >= self.tokens:
                break
            own = tuple(packs[place : place + self.per_step])
            every = np.concatenate(own)
            tokens = int(self.samples.tokens[every].sum(dtype=np.int64))
            patches = int(self.samples.patches[every].sum(dtype=np.int64))
            steps.append(Step(first + len(steps), own, done, tokens, patches))
            done += tokens
        return steps, packs[end:]


def make_plan(phase: Phase, samples: Samples, sources: Sequence[str], tasks: Sequence[str]) -> Plan:
    """The plan of a phase; `sources` and `tasks` are the names that the samples' numbers stand for.

    Raises UserError where a source is empty, where nothing could be learned from it, or where one of its samples is
    larger than a pack.
    """
    streams = make_streams(phase.mixture, phase.temperature, samples, sources, tasks)
    if "language" not in phase.optimizer.learning_rate:
        _require_pictures(streams, samples)
    budget = Budget(phase.pack.tokens, phase.pack.patches)
    for stream in streams:
        _check_sizes(stream, samples, budget)
    return Plan(samples, streams, budget, phase.pack.per_step, phase.tokens, phase.seed)


def _require_pictures(streams: Iterable[Stream], samples: Samples) -> None:
    for stream in streams:
        if not samples.patches[stream.members].any():
            raise UserError(
                f"mixture.{stream.name}: none of its samples shows a picture, and without"
                " optimizer.learning_rate.language nothing is learned from text alone: leave it out"
            )


def _check_sizes(stream: Stream, samples: Samples, budget: Budget) -> None:
    patches = samples.patches[stream.members]
    over = (stream.tokens > budget.tokens) | (patches > budget.patches)
    if over.any():
        worst = np.argmax(np.maximum(stream.tokens / budget.tokens, patches / budget.patches))
        raise UserError(
            f"mixture.{stream.name}: {over.sum():,} of its samples are larger than a pack, one of"
            f" {stream.tokens[worst]:,} tokens and {patches[worst]:,} patches, where pack.tokens is {budget.tokens:,}"
            f" and pack.patches {budget.patches:,}: raise them or measure with a shorter sequence"
        )


@dataclass(frozen=True)
class Summary:
    """What steps came to: fill is the share of a budget that their packs use, `by_source` and `by_task` are shares of
    the tokens."""

    steps: int
    packs: int
    samples: int
    tokens: int
    fill_tokens: float
    fill_patches: float
    by_source: dict[str, float] = field(default_factory=dict)
    by_task: dict[str, float] = field(default_factory=dict)


def summarise(plan: Plan, steps: Iterable[Step], sources: Sequence[str], tasks: Sequence[str]) -> Summary:
    """A summary of some of a plan's steps."""
    count = packs = samples = tokens = patches = 0
    by_source, by_task = np.zeros(len(sources)), np.zeros(len(tasks))
    for step in steps:
        every = np.concatenate(step.packs)
        own = plan.samples.tokens[every]
        by_source += np.bincount(plan.samples.source[every], own, minlength=len(sources))
        by_task += np.bincount(plan.samples.task[every], own, minlength=len(tasks))
        count, packs, samples = count + 1, packs + len(step.packs), samples + len(every)
        tokens, patches = tokens + step.tokens, patches + step.patches
    return Summary(
        steps=count,
        packs=packs,
        samples=samples,
        tokens=tokens,
        fill_tokens=tokens / (max(packs, 1) * plan.budget.tokens),
        fill_patches=patches / (max(packs, 1) * plan.budget.patches),
        by_source=_shares(sources, by_source),
        by_task=_shares(tasks, by_task),
    )


def _shares(names: Sequence[str], tokens: np.ndarray) -> dict[str, float]:
    """Of those that were seen at all."""
    return {name: float(count / tokens.sum()) for name, count in zip(names, tokens, strict=True) if count}
