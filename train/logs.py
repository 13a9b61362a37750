"""What a run tells: a line on the screen, JSON lines for the report, TensorBoard and Weights & Biases for curves."""

import importlib
import importlib.util
import json
import math
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from curation.errors import UserError

LOG = "log.jsonl"
SCREEN_EVERY = 5.0  # seconds

Values = dict[str, float | None]


@dataclass(frozen=True)
class Row:
    """What is told of a step, over all ranks. `values` names it as `log.jsonl` and the boards do."""

    step: int
    done: int  # LLM tokens of the phase, this step's among them
    loss: float  # nats a supervised token (a pair)
    gradient_norm: float  # of all that learns, before clipping
    tokens: int  # of the LLM
    patches: int  # of the ViT
    fill_tokens: float  # share of the step's token budget
    fill_patches: float
    flops: float  # model FLOPs of forward and backward
    data_seconds: float  # waited for the loader
    step_seconds: float  # from the batches to the update
    tokens_per_second: float  # tokens / (data_seconds + step_seconds)
    mfu: float | None = None  # flops / (data_seconds + step_seconds) / the devices' measured peak
    memory: float | None = None  # GiB of the device, at most so far
    skipped: bool = False  # the guard left the update out
    replaced: int = 0  # samples that could not be read
    losses_by_source: Mapping[str, float | None] = field(default_factory=dict)  # None: had no part in the step
    losses_by_task: Mapping[str, float | None] = field(default_factory=dict)
    tokens_by_source: Mapping[str, int] = field(default_factory=dict)
    gradients: Mapping[str, float] = field(default_factory=dict)  # norm of each part's, before clipping
    rates: Mapping[str, float] = field(default_factory=dict)  # learning rate of each part
    extra: Mapping[str, float] = field(default_factory=dict)  # an objective's own, such as retrieval/text

    def values(self) -> Values:
        """Flat, by name; None for what is not known or not finite, for JSON has no NaN."""
        named: Values = {
            **{"step": self.step, "done": self.done, "loss": self.loss, "gradient_norm": self.gradient_norm},
            **{"tokens": self.tokens, "patches": self.patches, "flops": self.flops},
            **{"fill/tokens": self.fill_tokens, "fill/patches": self.fill_patches},
            **{"data_seconds": self.data_seconds, "step_seconds": self.step_seconds},
            **{"tokens_per_second": self.tokens_per_second, "mfu": self.mfu, "memory": self.memory},
            **{"skipped": int(self.skipped), "replaced": self.replaced},
            **{f"loss/source/{name}": loss for name, loss in self.losses_by_source.items()},
            **{f"loss/task/{name}": loss for name, loss in self.losses_by_task.items()},
            **{f"tokens/source/{name}": tokens for name, tokens in self.tokens_by_source.items()},
            **{f"gradient/{part}": norm for part, norm in self.gradients.items()},
            **{f"rate/{part}": rate for part, rate in self.rates.items()},
            **self.extra,
        }
        return {name: finite(value) for name, value in named.items()}


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


# --- JSON lines in the order of their steps ---


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows so far; a line that a kill cut short, or that is being written, ends them."""
    return (row for row, _ in _whole(path))


def _whole(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Each whole row, and the byte that it ends at."""
    if not path.exists():
        return
    end = 0
    with path.open("rb") as file:
        for line in file:
            try:
                row = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                row = None
            if not isinstance(row, dict) or "step" not in row:
                return
            end += len(line)
            yield row, end


class StepLines:
    """A file of rows with a `step` that rises. Opened at step `first`, it forgets that and later steps: they will be
    run again. It is cut in place, so a kill at any moment leaves a file that can be read."""

    def __init__(self, path: Path, first: int):
        self.path = path
        end = 0
        for row, after in _whole(path):
            if row["step"] >= first:
                break
            end = after
        if path.exists():
            os.truncate(path, end)
        self.file = path.open("a", buffering=1, encoding="utf-8")

    def append(self, row: Mapping[str, Any]) -> None:
        """Raises UserError where the disk does not take it."""
        try:
            self.file.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            raise UserError(f"{self.path}: {error.strerror}") from error

    def close(self) -> None:
        self.file.close()


# --- the log of a run ---


class _Teller(Protocol):
    def tell(self, row: Row, values: Values) -> None: ...

    def close(self, failed: bool) -> None: ...


class Log:
    """The log of a phase in `folder`, from step `first` on, of a run that ends after `asked` LLM tokens.

    `settings` are shown beside the curves. Only the rank that `writes` tells anything; the others may call it alike.
    """

    def __init__(
        self, folder: Path, first: int, asked: int, settings: Mapping[str, Any] | None = None, writes: bool = True
    ):
        self.tellers: list[_Teller] = []
        if writes:
            folder.mkdir(parents=True, exist_ok=True)
            self.tellers = [_Lines(folder, first), _TensorBoard(folder, first), _Screen(folder.name, asked)]
            if _wandb_is_wanted():
                self.tellers.append(_WeightsAndBiases(folder, first, settings or {}))

    def write(self, row: Row) -> None:
        values = row.values()
        for teller in self.tellers:
            teller.tell(row, values)

    def close(self, failed: bool = False) -> None:
        for teller in self.tellers:
            teller.close(failed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close(failed=kind is not None)


class _Lines:
    def __init__(self, folder: Path, first: int):
        self.lines = StepLines(folder / LOG, first)

    def tell(self, row: Row, values: Values) -> None:
        self.lines.append(values)

    def close(self, failed: bool) -> None:
        self.lines.close()


class _TensorBoard:
    def __init__(self, folder: Path, first: int):
        from torch.utils.tensorboard import SummaryWriter  # seconds, that whoever only reads a log need not wait

        self.folder = folder / "tensorboard"
        self.board = SummaryWriter(str(self.folder), purge_step=first)

    def tell(self, row: Row, values: Values) -> None:
        try:
            for name, value in values.items():
                if name != "step" and value is not None:
                    self.board.add_scalar(name, value, row.step)
        except OSError as error:  # of its writing thread, which knows no file name
            raise UserError(f"{self.folder}: {error.strerror}") from error

    def close(self, failed: bool) -> None:
        self.board.close()


class _Screen:
    """A line every few seconds, and the last."""

    def __init__(self, name: str, asked: int):
        self.name, self.asked = name, asked
        self.began, self.before = time.monotonic(), -1  # tokens done before the first row
        self.shown = -math.inf

    def tell(self, row: Row, values: Values) -> None:
        if self.before < 0:
            self.before = row.done - row.tokens
        now = time.monotonic()
        if row.done >= self.asked or now - self.shown >= SCREEN_EVERY:
            self.shown = now
            left = (self.asked - row.done) * (now - self.began) / max(row.done - self.before, 1)
            print(f"{self.name}: {progress(row, self.asked, left)}", flush=True)

    def close(self, failed: bool) -> None:
        pass


def progress(row: Row, asked: int, left: float) -> str:
    """A step in one line; `left` in seconds."""
    parts = [
        f"step {row.step:,}",
        f"{_short(row.done)}/{_short(asked)} tokens",
        f"loss {row.loss:.3f}",
        f"gradient {row.gradient_norm:.2f}",
        f"{row.tokens_per_second:,.0f} tokens/s",
        *([f"MFU {row.mfu:.1%}"] if row.mfu is not None else []),
        f"filled {row.fill_tokens:.1%} and {row.fill_patches:.1%}",
        *(["skipped"] if row.skipped else []),
        f"{_duration(left)} left",
    ]
    return "  ".join(parts)


def _short(count: int) -> str:
    for unit, name in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if count >= unit:
            return f"{count / unit:.2f}{name}"
    return f"{count:,}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


# --- Weights & Biases ---


def _wandb_is_wanted() -> bool:
    """Where its own environment names a project and the package is there."""
    if "WANDB_PROJECT" not in os.environ:
        return False
    if importlib.util.find_spec("wandb") is None:
        print("train: WANDB_PROJECT is set, but wandb is not installed: nothing goes there (pip install wandb)")
        return False
    return True


class _WeightsAndBiases:
    """A run for each phase, that its folder keeps the id of. It goes on where it was when the phase does: steps that
    are run again are told again, and Weights & Biases keeps what it had."""

    def __init__(self, folder: Path, first: int, settings: Mapping[str, Any]):
        wandb = importlib.import_module("wandb")  # no package that we need
        held = folder / "wandb.id"
        if first == 0 or not held.exists():
            held.write_text(secrets.token_hex(8))
        try:
            self.run = wandb.init(
                dir=str(folder),
                id=held.read_text(),
                resume="allow",
                name=folder.name,
                group=folder.parent.name,
                config=dict(settings),
            )
        except wandb.Error as error:
            raise UserError(
                f"Weights & Biases: {' '.join(str(error).split())} (unset WANDB_PROJECT to go without)"
            ) from error

    def tell(self, row: Row, values: Values) -> None:
        self.run.log({name: value for name, value in values.items() if value is not None}, step=row.step)

    def close(self, failed: bool) -> None:
        self.run.finish(exit_code=int(failed))
