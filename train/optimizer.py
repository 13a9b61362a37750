"""AdamW over the model's parts: the ViT, the merger and the language model each learn at a rate of their own."""

from collections import defaultdict

import torch
from torch import nn

from model.qwen import QwenVL
from train.phase import Phase


def part_of(weight: str) -> str:
    """The part (a key of `optimizer.learning_rate`) that a weight belongs to, by its name in the state dict."""
    if weight.startswith("visual.merger."):
        return "merger"
    return "vision" if weight.startswith("visual.") else "language"


def make_optimizer(model: QwenVL, phase: Phase) -> torch.optim.AdamW:
    """Freezes the parts without a rate and groups the others; norms and biases have no weight decay."""
    rates = {str(part): rate for part, rate in phase.optimizer.learning_rate.items()}
    groups: dict[tuple[str, bool], list[nn.Parameter]] = defaultdict(list)
    for name, weight in model.named_parameters():
        part = part_of(name)
        weight.requires_grad = part in rates
        if weight.requires_grad:
            groups[part, weight.ndim > 1].append(weight)
    decay = phase.optimizer.weight_decay
    return torch.optim.AdamW(
        [
            {"params": weights, "lr": rates[part], "peak": rates[part], "part": part, "weight_decay": decay * decayed}
            for (part, decayed), weights in groups.items()
        ],
        betas=phase.optimizer.betas,
        eps=phase.optimizer.epsilon,
        fused=True,
    )


def set_rate(optimizer: torch.optim.Optimizer, share: float) -> dict[str, float]:
    """Sets every group to `share` of its peak; the rate of each part, for the log."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share
    return {f"rate/{group['part']}": group["lr"] for group in optimizer.param_groups}
