"""A phase is data: what is trained, on which mixture, at which length, with which schedule (paper section 2.2.2)."""

import math
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from curation.config import Config

PART = Literal["vision", "merger", "language"]


class PackSize(Config):
    """What one pack may hold, and how many packs make the global batch of a step."""

    tokens: int = Field(ge=64)
    patches: int = Field(ge=4)
    per_step: int = Field(ge=1)


class Optimizer(Config):
    """AdamW, with a peak learning rate a part; a part without one is frozen."""

    learning_rate: dict[PART, float] = Field(min_length=1)
    betas: tuple[float, float] = (0.9, 0.95)
    epsilon: float = Field(default=1e-8, gt=0)
    weight_decay: float = Field(default=0.1, ge=0)
    clip: float = Field(default=1.0, gt=0, description="norm of the whole gradient")
    warmup: int = Field(ge=0, description="steps of linear warm-up")
    final: float = Field(default=0.1, ge=0, le=1, description="share of the peak that the cosine ends at")

    @model_validator(mode="after")
    def _positive(self) -> "Optimizer":
        for part, rate in self.learning_rate.items():
            if rate <= 0:
                raise ValueError(f"learning_rate.{part}: {rate} is not above 0; leave a frozen part out")
        return self


class Phase(Config):
    """`vlforge train`: one phase. `start` is a model directory in the released layout; without it, fresh weights."""

    packs: Path
    output: Path
    start: Path | None = None
    mixture: dict[str, float] = Field(min_length=1, description="each source's share of the tokens")
    pack: PackSize
    steps: int = Field(ge=1)
    optimizer: Optimizer
    checkpoint_every: int = Field(default=100, ge=1, description="steps")
    workers: int = Field(default=1, ge=0, description="loader processes")
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _weights(self) -> "Phase":
        for source, weight in self.mixture.items():
            if weight <= 0:
                raise ValueError(f"mixture.{source}: {weight} is not above 0; leave the source out")
        if self.optimizer.warmup >= self.steps:
            raise ValueError(f"optimizer.warmup: {self.optimizer.warmup} steps is not below steps: {self.steps}")
        return self

    def rate(self, step: int) -> float:
        """Share of the peak learning rates at a step (0 is the first): linear warm-up, then a cosine to `final`."""
        warmup, final = self.optimizer.warmup, self.optimizer.final
        if step < warmup:
            return (step + 1) / warmup
        progress = (step - warmup) / max(self.steps - 1 - warmup, 1)
        return final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2
