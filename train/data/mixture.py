"""The mixture: streams of samples, each repeated in freshly shuffled epochs, that share the tokens by their weights."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from curation.errors import UserError
from train.phase import Share

CHUNK = 4096  # samples of a stream looked at together


@dataclass(frozen=True)
class Samples:
    """Everything that may be drawn, source after source: integer arrays (samples,); `source` and `task` are numbers."""

    tokens: np.ndarray
    patches: np.ndarray
    source: np.ndarray
    task: np.ndarray

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Stream:
    """A source, or one task of it. `members` are sample numbers, `tokens` theirs; after `limit` samples it ends."""

    name: str
    members: np.ndarray
    tokens: np.ndarray
    weight: float
    limit: int | None = None

    def epoch(self, number: int, seed: int) -> np.ndarray:
        """Places in `members`, shuffled. What other streams there are has no part in it."""
        name = int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:8])
        return np.random.default_rng([seed, name, number]).permutation(len(self.members))

    @property
    def samples_a_token(self) -> float:
        return len(self.members) / int(self.tokens.sum(dtype=np.int64))

    def all_tokens(self, seed: int) -> int | None:
        """What it gives until it ends; None where it never does."""
        if self.limit is None:
            return None
        epochs, rest = divmod(self.limit, len(self.members))
        last = self.tokens[self.epoch(epochs, seed)[:rest]]
        return epochs * int(self.tokens.sum(dtype=np.int64)) + int(last.sum(dtype=np.int64))


@dataclass(frozen=True)
class Place:
    """How far a stream has been drawn: samples, and their tokens."""

    drawn: int = 0
    given: int = 0


def make_streams(
    shares: Mapping[str, Share], temperature: float, samples: Samples, sources: Sequence[str], tasks: Sequence[str]
) -> tuple[Stream, ...]:
    """The streams of a mixture; `sources` and `tasks` are the names that the samples' numbers stand for.

    Weights are shares of the tokens. A source without one has its size in tokens ** (1 / temperature) as its weight;
    beside sources with weights, which then come to less than 1 together, those without share the rest so.
    Raises UserError for a source or a task without samples.
    """
    members = {name: _members(name, share, samples, sources, tasks) for name, share in shares.items()}
    weights = _weights(shares, temperature, {name: _tokens(parts.values(), samples) for name, parts in members.items()})
    return tuple(
        Stream(label, own, samples.tokens[own], weights[name] * part, _limit(shares[name], len(own)))
        for name in shares
        for (label, own), part in zip(members[name].items(), _parts(shares[name]), strict=True)
    )


def _members(
    name: str, share: Share, samples: Samples, sources: Sequence[str], tasks: Sequence[str]
) -> dict[str, np.ndarray]:
    """The sample numbers of a source's streams, by their names."""
    whole = np.flatnonzero(samples.source == sources.index(name)) if name in sources else np.empty(0, np.int64)
    if not len(whole):
        raise UserError(f"mixture.{name}: the source holds no samples")
    found = {}
    for task in share.tasks:
        number = tasks.index(task) if task in tasks else -1
        found[f"{name}/{task}"] = whole[samples.task[whole] == number]
        if not len(found[f"{name}/{task}"]):
            known = ", ".join(tasks[number] for number in np.unique(samples.task[whole]))
            raise UserError(f"mixture.{name}.tasks.{task}: the source has no such samples; its tasks are {known}")
    return found or {name: whole}


def _tokens(members: Iterable[np.ndarray], samples: Samples) -> int:
    return sum(int(samples.tokens[own].sum(dtype=np.int64)) for own in members)


def _weights(shares: Mapping[str, Share], temperature: float, size: Mapping[str, int]) -> dict[str, float]:
    given = {name: share.weight for name, share in shares.items() if share.weight is not None}
    natural = {name: size[name] ** (1 / temperature) for name in shares if name not in given}
    rest = 1.0
    if given and natural:
        rest = 1 - sum(given.values())
        if rest <= 0:
            without = ", ".join(natural)
            raise UserError(
                f"mixture: the weights come to {sum(given.values()):g}, which leaves nothing for {without}:"
                " give every source a weight, or keep the sum below 1"
            )
    total = sum(given.values()) + (rest if natural else 0)
    return {
        name: given[name] / total if name in given else rest * natural[name] / sum(natural.values()) / total
        for name in shares
    }


def _parts(share: Share) -> list[float]:
    total = sum(share.tasks.values())
    return [weight / total for weight in share.tasks.values()] or [1.0]


def _limit(share: Share, members: int) -> int | None:
    return None if share.epochs is None else max(round(share.epochs * members), 1)


class Mixer:
    """Draws from streams by a clock that runs in tokens over weight.

    A sample falls due when its stream has given its share, so the mixture holds in every stretch, not only on average.
    A stream that ends leaves the others to go on by their weights.
    """

    def __init__(self, streams: Sequence[Stream], seed: int):
        self.streams = tuple(streams)
        self.seed = seed
        self._epochs: dict[int, tuple[int, np.ndarray]] = {}  # the latest of each stream

    def live(self, places: Sequence[Place]) -> list[Stream]:
        """The streams that have not ended."""
        both = zip(self.streams, places, strict=True)
        return [stream for stream, place in both if stream.limit is None or place.drawn < stream.limit]

    def draw(self, places: Sequence[Place], until: float) -> tuple[np.ndarray, tuple[Place, ...]]:
        """The sample numbers that fall due before `until`, in that order, and where the streams stand then."""
        drawn, due, after = [np.empty(0, np.int64)], [np.empty(0)], []
        for number, place in enumerate(places):
            chunks = list(self._chunks(number, place, until))
            drawn += [members for members, _, _ in chunks]
            due += [moments for _, moments, _ in chunks]
            after.append(chunks[-1][2] if chunks else place)
        order = np.argsort(np.concatenate(due), kind="stable")
        return np.concatenate(drawn)[order], tuple(after)

    def _chunks(self, number: int, place: Place, until: float) -> Iterator[tuple[np.ndarray, np.ndarray, Place]]:
        """(sample numbers, when each is due, where the stream stands after them) of a stream's samples due by then."""
        stream = self.streams[number]
        while stream.limit is None or place.drawn < stream.limit:
            epoch, offset = divmod(place.drawn, len(stream.members))
            most = CHUNK if stream.limit is None else min(CHUNK, stream.limit - place.drawn)
            chunk = self._epoch(number, epoch)[offset : offset + most]
            tokens = stream.tokens[chunk].astype(np.int64)
            given = place.given + np.cumsum(tokens)
            due = (given - tokens / 2) / stream.weight
            count = int(np.searchsorted(due, until))
            if count:
                place = replace(place, drawn=place.drawn + count, given=int(given[count - 1]))
                yield stream.members[chunk[:count]], due[:count], place
            if count < len(chunk):
                return

    def _epoch(self, number: int, epoch: int) -> np.ndarray:
        if self._epochs.get(number, (-1,))[0] != epoch:
            self._epochs[number] = epoch, self.streams[number].epoch(epoch, self.seed)
        return self._epochs[number][1]
