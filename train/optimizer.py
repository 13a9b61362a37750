"""AdamW over the model's parts: each learns at a rate of its own, or stands still."""

from collections import defaultdict
from collections.abc import Mapping

import torch
from torch import nn

from curation.errors import UserError
from train.phase import PART, Optimizer

Parts = dict[str, list[nn.Parameter]]

# by the beginnings of a weight's name in the state dict; the first that fits
_PARTS: tuple[tuple[str, PART], ...] = (
    ("visual.merger.", "merger"),
    ("visual.", "vision"),
    ("model.", "language"),
    ("lm_head.", "language"),
    ("text.", "text"),
    ("head.", "head"),
)


def part_of(weight: str) -> PART:
    """The part (a key of `optimizer.learning_rate`) that a weight belongs to, by its name in the state dict."""
    return next(part for beginning, part in _PARTS if weight.startswith(beginning))


def choose_parts(model: nn.Module, rates: Mapping[PART, float]) -> None:
    """Freezes the parts without a rate. Raises UserError for a rate of a part that the model does not have."""
    held = {part_of(name) for name, _ in model.named_parameters()}
    missing = set(rates) - held
    if missing:
        raise UserError(
            f"optimizer.learning_rate: the model has no {', '.join(sorted(missing))}; it has {', '.join(sorted(held))}"
        )
    for name, weight in model.named_parameters():
        weight.requires_grad = part_of(name) in rates


def learning_parts(model: nn.Module) -> Parts:
    """The weights that learn, by part."""
    parts: Parts = defaultdict(list)
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            parts[part_of(name)].append(weight)
    return dict(parts)


def make_optimizer(parts: Parts, settings: Optimizer) -> torch.optim.AdamW:
    """Norms, biases and scalars have no weight decay."""
    groups = []
    for part, weights in parts.items():
        peak = settings.learning_rate[part]  # type: ignore[index]
        for decay, some in ((settings.weight_decay, lambda x: x.ndim > 1), (0.0, lambda x: x.ndim <= 1)):
            held = [weight for weight in weights if some(weight)]
            if held:
                groups.append({"params": held, "lr": peak, "peak": peak, "part": part, "weight_decay": decay})
    return torch.optim.AdamW(groups, betas=settings.betas, eps=settings.epsilon, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, share: float) -> dict[str, float]:
    """Sets every group to `share` of its peak; the rate of each part, for the log."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share
    return {group["part"]: group["lr"] for group in optimizer.param_groups}
