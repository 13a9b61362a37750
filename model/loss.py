"""From hidden states to losses: the cross-entropy of the supervised tokens, and of nothing else."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from model.layers import linear
from model.pack import Pack

LOGITS_AT_ONCE = 2**27  # 512 MB in float32


def loss_sum(hidden: Tensor, output_weight: Tensor, pack: Pack) -> Tensor:
    """Summed cross-entropy (scalar float32, nats) over the supervised tokens; divide by those of the global batch.

    hidden: (n, hidden) from the model; output_weight: (vocabulary, hidden), `QwenVL.output_weight`.
    """
    return token_losses(hidden, output_weight, pack).sum()


def token_losses(hidden: Tensor, output_weight: Tensor, pack: Pack) -> Tensor:
    """Cross-entropy (s,) float32 of each supervised token, in the order of `pack.targets`: the negative log-probability
    that its predecessor gives it. `pack.target_document` says which document each belongs to.

    Supervised positions are gathered first and scored in chunks whose logits are computed again in backward, so logits
    never fill more than LOGITS_AT_ONCE. torch's chunked linear_cross_entropy is not used: with bfloat16 weights it
    returns bfloat16 losses (14,272 for 14,345 summed over 300 tokens).
    """
    states = hidden[pack.predictors]  # (s, hidden)
    rows = max(1, LOGITS_AT_ONCE // output_weight.shape[0])
    if len(states) <= rows:
        return _cross_entropy(states, output_weight, pack.targets)
    chunks = zip(states.split(rows), pack.targets.split(rows), strict=True)
    return torch.cat([checkpoint(_cross_entropy, x, output_weight, y, use_reentrant=False) for x, y in chunks])


def logits(hidden: Tensor, output_weight: Tensor) -> Tensor:
    """Scores (n, vocabulary) float32 of every next token: for tests and generation, too large for training."""
    return linear(hidden, output_weight).float()


def _cross_entropy(states: Tensor, output_weight: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(logits(states, output_weight), targets, reduction="none")
