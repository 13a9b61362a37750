"""Context parallelism: the ranks of a group share each pack's sequence (Llama 3, arXiv 2407.21783, section 3.3.2).

Every rank holds a part of the tokens (`model.pack.split`) and does their arithmetic alone; only attention looks across,
so each decoder layer gathers the keys and values of all ranks, and the queries stay where they are. Heads of keys and
values are few, which makes that cheap: at 3B (2 heads of 128) a layer gathers 2 x 2 x 128 bfloat16 values a token,
32 MiB for 32,768 tokens, and backward scatters as much. Tensor parallelism would reduce the hidden states twice a layer
and direction, 2 x 128 MiB. At 7B that is 64 MiB against 2 x 224, at 72B 128 MiB against 2 x 512. What attention keeps
of them for backward is not shared: up to 1.25 times the 32 MiB, for a rank's two pieces may see the same keys.

A process group cannot travel with a pack from a loader's worker, so this module keeps the group of its process.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed._functional_collectives import all_gather_single
from torch.distributed.distributed_c10d import GroupName

from model.movable import Movable

_group: GroupName | None = None


@dataclass(frozen=True)
class SplitPlan(Movable):
    """The causal attention of one rank's part of a pack that several ranks share.

    A segment is what the rank holds of one document in one stretch. Its keys run from the document's first token to
    the segment's last, so the queries are the last of them: the causal mask is aligned at the bottom right.
    """

    cu_seqlens: Tensor  # (segments + 1,) int32: where the queries of each segment start, then the end of the last
    max_length: int  # of the queries of a segment
    key_index: Tensor  # (m,) int64: the keys of segment after segment, by their places among those gathered
    key_cu_seqlens: Tensor  # (segments + 1,) int32: where the keys of each segment start in `key_index`, then the end
    max_keys: int
    lengths: tuple[tuple[int, int], ...]  # (queries, keys) of each segment


def held_places(tokens: int, rank: int, ranks: int) -> np.ndarray:
    """The places, in a sequence of `tokens`, that one of the ranks sharing it holds: (2 * piece,) int64.

    The sequence is cut into two pieces a rank, all of one size; rank r holds piece r and the r-th from the end, because
    late tokens have more keys to see. With one stretch a rank and one document of 32,768 tokens, the last of 2 ranks
    would do 1.2 times its share of a 3B decoder's work, and the last of 8 ranks 1.4 times; like this all do the same.
    The last places may lie beyond the end of the sequence, fewer than 2 * ranks of them.
    """
    piece = -(-tokens // (2 * ranks))
    return (np.array([[rank], [2 * ranks - 1 - rank]]) * piece + np.arange(piece)).ravel()


def split_plan(lengths: Sequence[int] | np.ndarray, rank: int, ranks: int) -> SplitPlan:
    """Plan for what rank `rank` of `ranks` holds of documents of these `lengths` (tokens) laid end to end.

    Places beyond the end prolong the last document: being last, they are seen by no other token.
    """
    ends = np.cumsum(np.asarray(lengths, dtype=np.int64))
    gathered = np.concatenate([held_places(int(ends[-1]), each, ranks) for each in range(ranks)])
    place_of = np.empty_like(gathered)
    place_of[gathered] = np.arange(len(gathered))
    starts = np.concatenate([[0], ends[:-1]])
    ends[-1] = len(gathered)
    pieces = gathered.reshape(ranks, 2, -1)[rank]
    first, last = (np.concatenate(each) for each in zip(*(_cut(starts, ends, piece) for piece in pieces), strict=True))
    begins = starts[np.searchsorted(ends, first, side="right")]
    queries, keys = last - first, last - begins
    key_ends = np.cumsum(keys)
    key_places = np.arange(key_ends[-1]) + np.repeat(begins - (key_ends - keys), keys)
    return SplitPlan(
        cu_seqlens=_offsets(queries),
        max_length=int(queries.max()),
        key_index=torch.from_numpy(place_of[key_places]),
        key_cu_seqlens=_offsets(keys),
        max_keys=int(keys.max()),
        lengths=tuple(zip(queries.tolist(), keys.tolist(), strict=True)),
    )


def set_group(group: dist.ProcessGroup | None) -> None:
    """The ranks of `group` share each pack from now on, its rank r holding part r; None: packs are whole again."""
    global _group
    _group = None if group is None else group.group_name


def gather(x: Tensor) -> Tensor:
    """The rows of every rank of the group, rank after rank: x (n, ...), of one shape everywhere, to (ranks * n, ...).

    Backward adds up over the ranks what each of them did with a row. All ranks must call this alike in both directions.
    Raises RuntimeError in a process that was given no group.
    """
    if _group is None:
        raise RuntimeError("a split pack needs the group of the ranks that share it: model.context.set_group")
    return all_gather_single(x.contiguous(), 0, _group)


def _cut(starts: np.ndarray, ends: np.ndarray, piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First token, and the one after the last, of what `piece` (consecutive places) holds of each document in it."""
    begin, end = piece[0], piece[-1] + 1
    inside = (starts < end) & (ends > begin)
    return np.maximum(starts[inside], begin), np.minimum(ends[inside], end)


def _offsets(lengths: np.ndarray) -> Tensor:
    return torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
