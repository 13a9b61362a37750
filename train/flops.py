"""Model FLOPs of forward and backward, counted from a pack's plans, and the machine's best rate to hold them against.

What counts is what the mathematics needs: matrix products, two operations a multiply-add, attention over the pairs of
tokens that see each other (windows and temporal grids by their real size, causal pairs once). What is computed twice to
save memory, and all that is not a matrix product, counts nothing (as in PaLM's MFU, arXiv 2204.02311 appendix B).

A product of the backward pass counts where autograd needs it: one for the gradient of each operand that has one. So
trained weights cost three times their forward, frozen weights above something trained twice, and all else once;
attention, both of whose operands come from below, three times or once.
"""

import time
from collections.abc import Collection
from functools import cache

import torch
from torch import Tensor

from model.attention import Plan
from model.config import ModelConfig, TextConfig, VisionConfig
from model.context import SplitPlan
from model.layers import linear
from model.pack import Pack, VisionPack

PEAK_SECONDS = 1.0  # that `measured_peak` takes
PEAK_SIZES = {"cuda": 8192, "cpu": 1024}  # rows and columns of its matrices


def pack_flops(pack: Pack, config: ModelConfig, parts: Collection[str]) -> float:
    """Of one pack through the whole model when `parts` ("vision", "merger", "language") learn."""
    vision, merger, language = (part in parts for part in ("vision", "merger", "language"))
    return (
        vision_flops(pack.vision, config.vision, vision)
        + merger_flops(pack.vision, config.vision, config.text.hidden_size, merger, vision)
        + decoder_flops(pack.text_plan, len(pack.targets), config.text, language, vision or merger)
    )


def vision_flops(pack: VisionPack, config: VisionConfig, trained: bool) -> float:
    """Of the patch embedding and the blocks; pixels need no gradient."""
    patches, hidden, full = len(pack.rows), config.hidden_size, len(config.fullatt_block_indexes)
    block = 4 * hidden**2 + 3 * hidden * config.intermediate_size  # weights
    pairs = full * _pairs(pack.grid_plan) + (config.depth - full) * _pairs(pack.window_plan)
    return (
        2 * patches * config.patch_values * hidden * _products(trained, False)
        + 2 * patches * config.depth * block * _products(trained, trained)
        + 4 * pairs * hidden * _products(trained, trained)  # scores, and the sum of values by them
    )


def merger_flops(pack: VisionPack, config: VisionConfig, out_size: int, trained: bool, below: bool) -> float:
    """Of the merger; `below`: what is under it learns."""
    merged = config.merge_unit * config.hidden_size
    return 2 * len(pack.undo) * merged * (merged + out_size) * _products(trained, trained or below)


def decoder_flops(plan: Plan, supervised: int, config: TextConfig, trained: bool, below: bool = False) -> float:
    """Of the layers over the tokens of `plan`, and of the vocabulary's scores of `supervised` tokens.

    `below`: the features that stand among the embeddings learn.
    """
    hidden, kv = config.hidden_size, config.num_key_value_heads * config.head_dim
    layer = 2 * hidden**2 + 2 * hidden * kv + 3 * hidden * config.intermediate_size  # weights
    graded = trained or below
    linear = config.num_hidden_layers * layer * int(plan.cu_seqlens[-1]) + config.vocab_size * hidden * supervised
    pairs = config.num_hidden_layers * _pairs(plan)
    return 2 * linear * _products(trained, graded) + 4 * pairs * hidden * _products(graded, graded)


@cache
def measured_peak(device: torch.device, dtype: torch.dtype) -> float:
    """The best rate of the model's own matrix product seen on `device` in about a second, over large matrices of
    `dtype`: FLOPs a second. Random numbers, for a GPU runs faster over zeros. Measured once a process.
    """
    size = PEAK_SIZES["cuda" if device.type == "cuda" else "cpu"]
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    _seconds(left, right)  # warms up
    until, best = time.monotonic() + PEAK_SECONDS, float("inf")
    while time.monotonic() < until:
        best = min(best, _seconds(left, right))
    return 2 * size**3 / best


@torch.no_grad()
def _seconds(left: Tensor, right: Tensor, products: int = 4) -> float:
    """That one product takes, the mean of several, so that launching them hides behind the arithmetic."""
    began = _now(left.device)
    for _ in range(products):
        linear(left, right)
    return (_now(left.device) - began) / products


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _pairs(plan: Plan) -> int:
    """(query, key) pairs that the plan lets see each other."""
    queries = plan.cu_seqlens.diff().long()
    if isinstance(plan, SplitPlan):  # of a segment's keys, the queries are the last
        return int((queries * plan.key_cu_seqlens.diff() - queries * (queries - 1) // 2).sum())
    return int((queries * (queries + 1) // 2 if plan.causal else queries**2).sum())


def _products(trained: bool, graded: bool) -> int:
    """Products for one of the forward pass: itself, the gradient of its weights, the gradient of its input."""
    return 1 + trained + graded
