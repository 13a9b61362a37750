"""A phase is data: what is trained, on which mixture, at which length, with which schedule (paper section 2.2.2)."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from curation.config import Config
from train.schedule import Schedule

RECEIPT = "phase.json"  # of a phase that was trained to its end, in its output
PART = Literal["vision", "merger", "language", "text", "head"]  # the last two of a contrastive model


class Share(Config):
    """A source's part in the mixture."""

    weight: float | None = Field(
        default=None, gt=0, description="its share of the tokens; else its size ** (1 / temperature)"
    )
    epochs: float | None = Field(default=None, gt=0, description="most passes over it; the others then go on without")
    tasks: dict[str, float] = Field(default={}, description="weights of its tasks; those not named are left out")

    @field_validator("tasks")
    @classmethod
    def _positive(cls, tasks: dict[str, float]) -> dict[str, float]:
        for task, weight in tasks.items():
            if weight <= 0:
                raise ValueError(f"{task}: {weight} is not above 0; leave the task out")
        return tasks


class PackSize(Config):
    """What one pack may hold, and how many packs make the global batch of a step."""

    tokens: int = Field(ge=64, description="of the LLM: the sequence length")
    patches: int = Field(ge=4, description="of the ViT")
    per_step: int = Field(ge=1)


class Optimizer(Config):
    """AdamW, with a peak learning rate a part; a part without one is frozen."""

    learning_rate: dict[PART, float] = Field(min_length=1)
    betas: tuple[float, float] = (0.9, 0.95)
    epsilon: float = Field(default=1e-8, gt=0)
    weight_decay: float = Field(default=0.1, ge=0)
    clip: float = Field(default=1.0, gt=0, description="norm of the whole gradient")

    @model_validator(mode="after")
    def _positive(self) -> "Optimizer":
        for part, rate in self.learning_rate.items():
            if rate <= 0:
                raise ValueError(f"learning_rate.{part}: {rate} is not above 0; leave a frozen part out")
        return self


class Start(Config):
    """Directories that weights come from, in the released layout; what none of them holds starts fresh."""

    model: Path | None = None  # every part
    vision: Path | None = None  # the ViT of a contrastive or a vision-language model
    language: Path | None = None  # the decoder of Qwen2.5 or of a vision-language model

    @property
    def folders(self) -> dict[str, Path]:
        """Those that are named, by what they give."""
        named = {"model": self.model, "vision": self.vision, "language": self.language}
        return {part: folder for part, folder in named.items() if folder}

    @model_validator(mode="after")
    def _either(self) -> "Start":
        if self.model and (self.vision or self.language):
            raise ValueError("name a whole model, or its parts, not both")
        return self


class Guard(Config):
    """What happens where the loss or the gradient is not finite, or the loss jumps: the documents are named, and the
    run stops or the update is skipped."""

    rule: Literal["stop", "skip"] = "stop"
    spike: float | None = Field(default=None, gt=1, description="deviations above the running mean that are a jump")
    most: int = Field(default=10, ge=1, description="updates skipped before the run stops all the same")


class Corrupt(Config):
    """What happens to a sample that cannot be read: it is reported, and replaced by another of its source."""

    rule: Literal["replace", "stop"] = "replace"
    most: float = Field(default=0.01, ge=0, le=1, description="share of the samples replaced before the run stops")


class Loading(Config):
    """How samples come to the trainer. Nothing here changes what is trained."""

    workers: int = Field(default=1, ge=0, description="processes a rank that read and encode")
    cache: Path | None = Field(default=None, description="a folder for what is read from object stores")
    cache_gigabytes: float = Field(default=100, gt=0)


class Compute(Config):
    """How the arithmetic is done. Master weights, gradients' sums and the loss are float32 in any case."""

    dtype: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False  # torch.compile, block by block, on GPUs
    activations: float | None = Field(
        default=None, ge=0, description="GiB that forward may keep for backward; blocks beyond are computed again"
    )
    context: int = Field(default=1, ge=1, description="ranks that share each pack's sequence")


class Phase(Config):
    """`vlforge train`: one phase."""

    packs: Path
    output: Path
    model: Path | None = Field(default=None, description="a file of configs/model; without it, that of the packs")
    start: Start = Start()
    objective: Literal["next token", "contrastive"] = "next token"
    mixture: dict[str, Share] = Field(min_length=1)
    temperature: float = Field(default=1, gt=0, description="evens out sources without a weight where above 1")
    pack: PackSize
    tokens: int = Field(ge=1, description="LLM tokens after which the phase ends")
    optimizer: Optimizer
    schedule: Schedule = Schedule()
    guard: Guard = Guard()
    corrupt: Corrupt = Corrupt()
    compute: Compute = Compute()
    loading: Loading = Loading()
    checkpoint_every: int = Field(default=100, ge=1, description="steps")
    seed: int = Field(default=0, ge=0)

    @field_validator("mixture", mode="before")
    @classmethod
    def _numbers_are_weights(cls, mixture: Any) -> Any:
        if not isinstance(mixture, dict):
            return mixture
        return {name: {"weight": share} if isinstance(share, int | float) else share for name, share in mixture.items()}

    @field_validator("start", mode="before")
    @classmethod
    def _a_path_is_a_model(cls, start: Any) -> Any:
        return {"model": start} if isinstance(start, str | Path) else start

    @model_validator(mode="after")
    def _warmup(self) -> "Phase":
        if self.schedule.warmup >= self.tokens:
            raise ValueError(f"schedule.warmup: {self.schedule.warmup:,} tokens is not below tokens: {self.tokens:,}")
        return self

    @model_validator(mode="after")
    def _context(self) -> "Phase":
        if self.objective == "contrastive" and self.compute.context > 1:
            raise ValueError("compute.context: pairs have no sequence to share; it must be 1 in a contrastive phase")
        return self
