"""Ranks: processes that train one model together, each holding a shard of it (FSDP2, arXiv 2304.11277).

A process alone is one rank of one and goes the same way; `torchrun --nproc-per-node 8 -m pipelines.cli train ...` makes
it eight, on one machine or on each of many. What a step computes never depends on their number.
"""

import itertools
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.utils.checkpoint import checkpoint

from curation.errors import UserError
from model.context import set_group
from model.decoder import DecoderLayer
from model.vision import VisionBlock
from train.phase import Compute, PackSize

TIMEOUT = timedelta(minutes=10)  # a collective that takes longer waits for a rank that is gone
GIB = 2**30

Block = VisionBlock | DecoderLayer


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together. The `context_count` ranks of one context group share each of their
    packs; `data_count` such groups share the packs of a step."""

    mesh: DeviceMesh  # (data, context)
    device: torch.device

    @property
    def rank(self) -> int:
        return dist.get_rank()

    @property
    def count(self) -> int:
        return self.mesh.size()

    @property
    def first(self) -> bool:
        """Whether this is the rank that speaks and writes for all."""
        return self.rank == 0

    @property
    def data_rank(self) -> int:
        return self.mesh.get_local_rank("data")

    @property
    def data_count(self) -> int:
        return self.mesh["data"].size()

    @property
    def context_rank(self) -> int:
        return self.mesh.get_local_rank("context")

    @property
    def context_count(self) -> int:
        return self.mesh["context"].size()

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum of every rank's `tensor` (any shape, the same on all), on every rank; `tensor` itself stays."""
        total = tensor.detach().clone()
        dist.all_reduce(total)
        return total

    def gather(self, value: Any) -> list[Any]:
        """Every rank's `value` (picklable), in the order of ranks, on every rank."""
        values: list[Any] = [None] * self.count
        dist.all_gather_object(values, value)
        return values

    def broadcast_object(self, value: Any) -> Any:
        """The first rank's `value` (picklable), on every rank."""
        held = [value]
        dist.broadcast_object_list(held, src=0)
        return held[0]

    def say(self, line: str) -> None:
        """Prints what all ranks would say, once."""
        if self.first:
            print(line, flush=True)

    def barrier(self) -> None:
        """Returns when every rank has come here."""
        self.sum(torch.zeros(1))  # on the CPU: NCCL's own barrier would hold the device


@contextmanager
def open_ranks(context: int = 1) -> Iterator[Ranks]:
    """Joins the ranks that torchrun started, or is a rank alone; `context` of them share a pack's sequence.

    Raises UserError where the ranks do not divide into such groups, where a machine has fewer GPUs than ranks, and, in
    the block, where another rank ended or did not answer for `TIMEOUT`.
    """
    count = int(os.environ.get("WORLD_SIZE", 1))
    if count % context:
        raise UserError(f"compute.context: {context} does not divide the {count} ranks")
    device = _device()
    rank, store = (int(os.environ["RANK"]), _rendezvous()) if count > 1 else (0, dist.HashStore())
    # a name of its own for each opening: a chain opens once a phase, and old addresses stay in the store
    store = dist.PrefixStore(f"opening-{next(_openings)}", store)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    whole = False
    try:
        dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=TIMEOUT)
        mesh = init_device_mesh(device.type, (count // context, context), mesh_dim_names=("data", "context"))
        set_group(mesh.get_group("context") if context > 1 else None)
        yield Ranks(mesh, device)
        whole = True
    except RuntimeError as error:
        if not _of_others(error):
            raise
        said = str(error).strip().splitlines()[0]
        raise UserError(f"rank {rank} of {count}: another rank ended or does not answer: {said}") from error
    finally:
        set_group(None)
        if dist.is_initialized() and (whole or count == 1 or device.type == "cpu"):
            dist.destroy_process_group()  # with NCCL and a rank gone it would wait for that rank


_openings = itertools.count()


@cache
def _rendezvous() -> dist.Store:
    """The store that torchrun tells of. Kept, for the first rank may be the one that serves it."""
    try:
        store, _, _ = next(dist.rendezvous("env://", timeout=TIMEOUT))
    except (ValueError, RuntimeError) as error:
        raise UserError(
            f"the ranks do not find each other: {str(error).splitlines()[0]}; start with torchrun"
        ) from error
    return store


def _device() -> torch.device:
    if not torch.cuda.is_available():
        return torch.device("cpu")
    local, here = (int(os.environ.get(name, default)) for name, default in (("LOCAL_RANK", 0), ("LOCAL_WORLD_SIZE", 1)))
    if here > torch.cuda.device_count():
        raise UserError(f"{here} ranks on this machine and {torch.cuda.device_count()} GPUs: start one rank a GPU")
    torch.cuda.set_device(local)
    return torch.device("cuda", local)


def _of_others(error: RuntimeError) -> bool:
    return isinstance(error, dist.DistError) or "gloo" in str(error)


def prepare(model: nn.Module, ranks: Ranks, compute: Compute, size: PackSize) -> int:
    """Makes `model` (on the CPU or, without weights, on the meta device; what is frozen already without gradients)
    ready to train, in place: compiled, sharded, moved. Returns how many of its blocks will be computed again in
    backward. A model from the meta device has memory afterwards for what this rank holds of it, and its weights are
    still to be set: so a model may be larger than a machine.

    `model.blocks` are its transformer blocks; its state dict keeps its names. Weights and the sums of gradients stay
    float32, and `compute.dtype` is what forward and backward use. FSDP2 sees to that on one rank too, and is left out
    only where it has nothing to do: on one CPU in float32. It averages gradients over ranks: multiply the loss by
    `ranks.count`. Nothing is compiled for a CPU, where attention is another program for each pack.
    """
    blocks: Sequence[Block] = model.blocks  # type: ignore[assignment]
    again = recomputed(blocks, compute, size)
    _wrap(blocks, again, compute.compile and ranks.device.type == "cuda")
    if ranks.count > 1 or ranks.device.type != "cpu" or compute.dtype != "float32":
        _shard(model, blocks, ranks, compute.dtype == "bfloat16")
    if next(model.parameters()).is_meta:
        model.to_empty(device=ranks.device)
    return len(again)


def _wrap(blocks: Sequence[Block], again: Collection[int], compiled: bool) -> None:
    for number, block in enumerate(blocks):
        # forward alone is wrapped: FSDP's hooks stay outside the graph, and no module changes its name
        forward: Callable[..., Tensor] = block.forward
        if compiled:
            forward = torch.compile(forward, dynamic=True)  # packs differ in length
        if number in again:
            forward = partial(checkpoint, forward, use_reentrant=False, preserve_rng_state=False)  # there is no dropout
        block.forward = forward  # type: ignore[method-assign]


def _shard(model: nn.Module, blocks: Sequence[Block], ranks: Ranks, half: bool) -> None:
    policy = MixedPrecisionPolicy(torch.bfloat16, torch.float32, cast_forward_inputs=False) if half else None
    mesh = init_device_mesh(ranks.device.type, (ranks.count,), mesh_dim_names=("shards",))
    shard = partial(fully_shard, mesh=mesh, mp_policy=policy or MixedPrecisionPolicy())
    for block in blocks:
        shard(block)
    # the root holds the output rows: they are wanted after forward, by the loss
    shard(model, reshard_after_forward=False)


def recomputed(blocks: Sequence[Block], compute: Compute, size: PackSize) -> set[int]:
    """Which of `blocks` keep nothing but their input for backward, so that one pack of `size` keeps at most
    `compute.activations` GiB; all of them where even that is too much.

    Those come first that save the most bytes for a FLOP, and of equal ones the earliest, for they hold the longest.
    """
    if compute.activations is None:
        return set()
    width = 2 if compute.dtype == "bfloat16" else 4
    seen = any(
        weight.requires_grad for block in blocks if isinstance(block, VisionBlock) for weight in block.parameters()
    )
    kept, saved, worth = 0.0, [], []
    for block in blocks:
        patches = size.patches if seen else 0  # a frozen ViT keeps nothing
        rows = (size.tokens if isinstance(block, DecoderLayer) else patches) / compute.context
        each = row_bytes(block, width, compute.context)
        kept += rows * each
        saved.append(rows * (each - width * block.mlp.gate_proj.in_features))
        worth.append(saved[-1] / (rows * sum(weight.numel() for weight in block.parameters()) or 1))
    again: set[int] = set()
    for number in sorted(range(len(blocks)), key=lambda number: -worth[number]):
        if kept <= compute.activations * GIB:
            break
        if saved[number]:
            kept -= saved[number]
            again.add(number)
    return again


def row_bytes(block: Block, width: int, context: int = 1) -> float:
    """Bytes that a block keeps for backward for each row (a token or patch), its elements being `width` bytes wide:
    what both norms read and give, queries, keys, values and what attention makes of them, and of SwiGLU the gate, its
    silu, the other branch and their product.

    Of `context` ranks that share a sequence, each keeps the keys and values that its queries see: of one document as
    long as the sequence, `context` + 1/2 for each of its rows (the ends of `model.context.held_places`).
    """
    hidden, inner = block.mlp.gate_proj.in_features, block.mlp.gate_proj.out_features
    if isinstance(block, VisionBlock):
        return width * (8 * hidden + 4 * inner)
    seen = context + 0.5 if context > 1 else 1
    return width * (6 * hidden + 2 * seen * block.self_attn.k_proj.out_features + 4 * inner)


@torch.no_grad()
def clip_gradients(
    parts: Mapping[str, Sequence[nn.Parameter]], clip: float, ranks: Ranks
) -> tuple[float, dict[str, float]]:
    """Scales the gradients of all `parts` so that their norm together is at most `clip`.

    Returns that norm before clipping, and each part's own. The device is waited for once. Where the norm is not finite
    the gradients are worthless afterwards: leave the update out.
    """
    grads = {
        part: [_local(weight.grad) for weight in weights if weight.grad is not None] for part, weights in parts.items()
    }
    squares = torch.zeros(len(grads), device=ranks.device)
    for number, held in enumerate(grads.values()):
        if held:
            squares[number] = torch.stack(torch._foreach_norm(held, dtype=torch.float32)).square().sum()
    squares = ranks.sum(squares)
    norm = squares.sum().sqrt()
    scale = (clip / (norm + 1e-6)).clamp(max=1)
    for held in grads.values():
        if held:
            torch._foreach_mul_(held, scale)
    total, *own = torch.cat([norm[None], squares.sqrt()]).tolist()
    return total, dict(zip(grads, own, strict=True))


def _local(grad: Tensor) -> Tensor:
    return grad.to_local() if isinstance(grad, DTensor) else grad
