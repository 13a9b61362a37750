"""Attention over a packed sequence: one `attend(q, k, v, plan)`, and the plan that says which tokens see which.

A pack is a row of segments laid end to end (documents for the decoder; windows or temporal grids for the ViT). Tokens
attend inside their own segment only, so no mask is ever made. A plan is built once per pack on the CPU, in the loader.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention

from model.context import SplitPlan, gather
from model.movable import Movable


@dataclass(frozen=True)
class SegmentPlan(Movable):
    """Which tokens of a packed sequence attend to each other: those of one segment.

    `cu_seqlens` and `max_length` serve the variable-length CUDA kernel. `order`, `undo` and `groups` serve every other
    device: they bring segments of equal length together, so that each length is one batched call.
    """

    cu_seqlens: Tensor  # (segments + 1,) int32: where each segment starts, then the end of the last
    max_length: int
    causal: bool
    order: Tensor  # (n,) int64: tokens sorted by the length of their segment
    undo: Tensor  # (n,) int64: the inverse of `order`
    groups: tuple[tuple[int, int], ...]  # (segments, length) of each run of equal lengths in `order`


Plan = SegmentPlan | SplitPlan
Bounds = tuple[Tensor, int]  # cu_seqlens of the segments, and the length of the longest


def segment_plan(lengths: Sequence[int] | np.ndarray, causal: bool) -> SegmentPlan:
    """Plan for segments of these `lengths` (tokens, each at least 1) laid end to end."""
    sizes = np.asarray(lengths, dtype=np.int64)
    if sizes.size == 0 or sizes.min() < 1:
        raise ValueError(f"a plan needs at least one segment, and each at least one token long; got lengths {lengths}")
    ends = np.cumsum(sizes)
    by_length = np.argsort(sizes, kind="stable")
    starts = (ends - sizes)[by_length]
    sorted_sizes = sizes[by_length]
    within = np.arange(ends[-1]) - np.repeat(np.cumsum(sorted_sizes) - sorted_sizes, sorted_sizes)
    order = np.repeat(starts, sorted_sizes) + within
    undo = np.empty_like(order)
    undo[order] = np.arange(len(order))
    length, count = np.unique(sizes, return_counts=True)
    return SegmentPlan(
        cu_seqlens=torch.from_numpy(np.concatenate([[0], ends]).astype(np.int32)),
        max_length=int(sizes.max()),
        causal=causal,
        order=torch.from_numpy(order),
        undo=torch.from_numpy(undo),
        groups=tuple(zip(count.tolist(), length.tolist(), strict=True)),
    )


def attend(q: Tensor, k: Tensor, v: Tensor, plan: Plan) -> Tensor:
    """Softmax attention inside each segment of `plan`; of a split plan, also to keys that other ranks hold.

    q: (n, heads, d); k, v: (n, kv heads, d), with heads a multiple of kv heads. Returns (n, heads, d).
    """
    if isinstance(plan, SplitPlan):
        return _attend_split(q, k, v, plan)
    if q.is_cuda and q.dtype in (torch.bfloat16, torch.float16):
        bounds = plan.cu_seqlens, plan.max_length
        return _attend_varlen(q, k, v, bounds, bounds, plan.causal)
    return _attend_grouped(q, k, v, plan)


def _attend_varlen(q: Tensor, k: Tensor, v: Tensor, queries: Bounds, keys: Bounds, causal: bool) -> Tensor:
    """The CUDA kernel (half precision only): one launch for all segments. Its causal mask is aligned at the bottom
    right of a segment that has more keys than queries."""
    out = varlen_attn(
        q,
        k,
        v,
        queries[0],
        keys[0],
        queries[1],
        keys[1],
        window_size=(-1, 0) if causal else (-1, -1),
        enable_gqa=q.shape[1] != k.shape[1],
    )
    assert isinstance(out, Tensor)
    return out


def _attend_grouped(q: Tensor, k: Tensor, v: Tensor, plan: SegmentPlan) -> Tensor:
    """Scaled dot-product attention, one batched call for each distinct segment length."""
    repeats = q.shape[1] // k.shape[1]
    if repeats > 1:  # (n, kv heads, d) -> (n, heads, d); CUDA's float32 kernels know no enable_gqa
        k, v = k.repeat_interleave(repeats, dim=1), v.repeat_interleave(repeats, dim=1)
    q, k, v = (x.index_select(0, plan.order) for x in (q, k, v))
    sizes = [count * length for count, length in plan.groups]
    outputs = []
    for group, *qkv in zip(plan.groups, q.split(sizes), k.split(sizes), v.split(sizes), strict=True):
        query, key, value = (x.unflatten(0, group).transpose(1, 2) for x in qkv)  # (segments, heads, length, d)
        out = scaled_dot_product_attention(query, key, value, is_causal=plan.causal)
        outputs.append(out.transpose(1, 2).flatten(0, 1))  # (segments * length, heads, d)
    return torch.cat(outputs).index_select(0, plan.undo)


def _attend_split(q: Tensor, k: Tensor, v: Tensor, plan: SplitPlan) -> Tensor:
    """Attention to the keys of all ranks that share the pack: segments with more keys than queries."""
    everywhere = gather(torch.cat([k, v], dim=1))  # (ranks * n, 2 * kv heads, d)
    k, v = everywhere.index_select(0, plan.key_index).chunk(2, dim=1)  # (m, kv heads, d) each
    if q.is_cuda and q.dtype in (torch.bfloat16, torch.float16):
        bounds = (plan.cu_seqlens, plan.max_length), (plan.key_cu_seqlens, plan.max_keys)
        return _attend_varlen(q, k, v, *bounds, causal=True)
    queries, keys = zip(*plan.lengths, strict=True)
    outputs = []
    for *qkv, n, m in zip(q.split(queries), k.split(keys), v.split(keys), queries, keys, strict=True):
        query, key, value = (x.transpose(0, 1)[None] for x in qkv)  # (1, heads, n, d), (1, kv heads, m, d)
        seen = torch.ones(n, m, dtype=torch.bool, device=q.device).tril(m - n)  # the queries are the last of the keys
        out = scaled_dot_product_attention(query, key, value, attn_mask=seen, enable_gqa=True)
        outputs.append(out[0].transpose(0, 1))  # (n, heads, d)
    return torch.cat(outputs)
