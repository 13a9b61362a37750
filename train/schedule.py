"""The learning rate over a phase, in tokens: neither ranks, packs nor accumulation move it."""

import math
from typing import Literal

from pydantic import Field

from curation.config import Config


class Schedule(Config):
    """Linear warm-up to the peak, then down to `final` of it. `decay` is the last share of the phase that "stable"
    comes down in (warmup-stable-decay, arXiv 2404.06395)."""

    shape: Literal["cosine", "linear", "stable", "constant"] = "cosine"
    warmup: int = Field(default=0, ge=0, description="tokens")
    final: float = Field(default=0.1, ge=0, le=1, description="share of the peak")
    decay: float = Field(default=0.1, gt=0, le=1)

    def rate(self, done: int, tokens: int) -> float:
        """Share of the peak learning rates for a step that begins after `done` of the phase's `tokens`."""
        if done < self.warmup:
            return max(done / self.warmup, 1e-3)
        progress = min((done - self.warmup) / max(tokens - self.warmup, 1), 1.0)
        match self.shape:
            case "constant":
                fallen = 0.0
            case "linear":
                fallen = progress
            case "stable":
                fallen = max(progress - (1 - self.decay), 0) / self.decay
            case "cosine":
                fallen = (1 - math.cos(math.pi * progress)) / 2
        return 1 - (1 - self.final) * fallen
