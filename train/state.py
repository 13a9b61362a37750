"""Checkpoints of a run: whole or not there at all, so that a kill at any moment loses steps but never the run."""

import shutil
from pathlib import Path
from typing import Any

import torch

from curation.errors import UserError
from model.checkpoint import load_weights, write_model, written_aside
from model.qwen import QwenVL

KEPT = 2  # the newest, and the one before it should a disk fail


def save_state(folder: Path, step: int, fingerprint: str, model: QwenVL, optimizer: torch.optim.Optimizer) -> None:
    """Writes `folder/step-<step>`, to go on with step number `step`; of older ones, only the newest is kept."""
    with written_aside(folder / f"step-{step:08d}") as aside:
        write_model(aside, model.config, model.state_dict())
        torch.save({"step": step, "fingerprint": fingerprint, "optimizer": optimizer.state_dict()}, aside / "state.pt")
    for old in _checkpoints(folder)[:-KEPT]:
        shutil.rmtree(old)


def newest(folder: Path) -> Path | None:
    """The newest whole checkpoint, a model directory that `model.checkpoint.load_model` opens."""
    return next(iter(_checkpoints(folder)[::-1]), None)


def load_state(folder: Path, fingerprint: str, model: QwenVL, optimizer: torch.optim.Optimizer) -> int:
    """Restores the newest checkpoint in place and returns the step to go on with; 0 where there is none.

    Raises UserError where the checkpoint was written under other settings: going on would mix two runs.
    """
    checkpoint = newest(folder)
    if checkpoint is None:
        return 0
    state: dict[str, Any] = torch.load(checkpoint / "state.pt", map_location="cpu", weights_only=True)
    if state["fingerprint"] != fingerprint:
        raise UserError(f"{checkpoint}: trained with other settings or data; name another output, or remove this one")
    load_weights(model, checkpoint)
    optimizer.load_state_dict(state["optimizer"])
    return state["step"]


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".partial")
