"""The guard: steps whose loss or gradient is not finite, or whose loss jumps, never reach the weights unseen.

Its verdict follows from the global loss and gradient norm alone, so that every rank comes to the same; its state goes
into checkpoints, so that a resumed run judges as the first one did.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from train.logs import StepLines, finite
from train.phase import Guard

FAULTS = "faults.jsonl"
SPAN = 100  # steps that the running mean and deviation look back on
FIRST = 50  # steps before a jump is called one: a fresh optimizer's losses are no measure
LEAST = 1e-3  # of the mean: a deviation below it would make a jump of rounding
NAMED = 8  # documents in a message; the file has them all


@dataclass
class LossGuard:
    """Judges every step of a phase, in order. Exponential moving mean and variance of the losses of steps that were
    taken; while fewer than `SPAN`, the plain ones."""

    settings: Guard
    steps: int = 0
    mean: float = 0.0
    variance: float = 0.0
    skipped: int = 0

    @classmethod
    def resumed(cls, settings: Guard, state: Mapping[str, float]) -> Self:
        """As it was when `state` was taken; the settings may be others."""
        return cls(settings, int(state["steps"]), state["mean"], state["variance"], int(state["skipped"]))

    def state(self) -> dict[str, float]:
        """For `resumed`; JSON keeps it exactly."""
        return {name: value for name, value in vars(self).items() if name != "settings"}

    def judge(self, step: int, loss: float, gradient_norm: float) -> str | None:
        """Why the update of this step must not be made; None where it may. Both are those of the global batch (nats a
        token, norm before clipping)."""
        reason = self._fault(loss, gradient_norm)
        if reason:
            self.skipped += 1
        else:
            self._take(loss)
        return f"step {step:,}: {reason}" if reason else None

    @property
    def stops(self) -> bool:
        """Whether the fault just judged ends the run; otherwise its update alone is left out."""
        return self.settings.rule == "stop" or self.skipped > self.settings.most

    def _fault(self, loss: float, gradient_norm: float) -> str | None:
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        if not math.isfinite(gradient_norm):
            return f"the gradient norm is {gradient_norm}"
        if self.settings.spike is None or self.steps < FIRST:
            return None
        deviation = max(math.sqrt(self.variance), LEAST * abs(self.mean))
        most = self.mean + self.settings.spike * deviation
        if loss <= most:
            return None
        return f"the loss jumps to {loss:.4g}, from {self.mean:.4g} with a deviation of {deviation:.2g}"

    def _take(self, loss: float) -> None:
        self.steps += 1
        weight = 1 / min(self.steps, SPAN)
        apart = loss - self.mean
        self.mean += weight * apart
        self.variance = (1 - weight) * (self.variance + weight * apart**2)


class Faults:
    """`faults.jsonl` of a phase: updates left out and samples replaced, with their reasons. Opened at step `first`, it
    forgets later ones. Only the rank that `writes` leaves anything; give it what all ranks found."""

    def __init__(self, folder: Path, first: int, writes: bool = True):
        self.path = folder / FAULTS
        self.lines = StepLines(self.path, first) if writes else None

    def skipped(self, step: int, reason: str, loss: float, gradient_norm: float, keys: Sequence[str]) -> None:
        """`keys` are those of the step's documents."""
        numbers = {"loss": finite(loss), "gradient_norm": finite(gradient_norm)}
        self._append({"step": step, "fault": "skipped", "reason": reason, **numbers, "keys": list(keys)})

    def replaced(self, step: int, key: str, reason: str, by: str | None) -> None:
        """A sample that could not be read, and what took its place (None: nothing)."""
        self._append({"step": step, "fault": "replaced", "reason": reason, "key": key, "replaced_by": by})

    def _append(self, row: Mapping[str, object]) -> None:
        if self.lines:
            self.lines.append(row)

    def close(self) -> None:
        if self.lines:
            self.lines.close()


def stop_line(reason: str, keys: Sequence[str], guard: LossGuard, path: Path) -> str:
    """What a run that stops says, in one line: why, which documents, and what to do."""
    named = ", ".join(keys[:NAMED]) + (f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else "")
    over = f"; {guard.skipped:,} updates left out, over guard.most" if guard.settings.rule == "skip" else ""
    return f"{reason}{over}; its documents: {named} (all in {path}): look at them; guard.rule=skip goes on without"
