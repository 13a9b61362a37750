"""Checkpoints of a run: whole or not there at all, written while training goes on, read by any number of ranks.

`torch.distributed.checkpoint` writes what each rank holds of weights and optimizer, by the names of the weights. The
ranks share the folder's file system.
"""

import errno
import fcntl
import json
import shutil
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TextIO

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from safetensors import SafetensorError
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.tensor import DTensor

from curation.errors import UserError
from model.checkpoint import AnyModel, write_config, write_weights, written_aside
from train.parallel import TIMEOUT, Ranks

KEPT = 2  # the newest, and the one before it should a disk fail
PROGRESS = "progress.json"


class Checkpoints:
    """The checkpoints of one run, in `folder`. Used by all ranks at the same steps; leaving the block closes it.

    Each holds the model's config too, so that it tells what model it is of. Raises UserError, on all ranks, where one
    cannot be written or read.
    """

    def __init__(self, folder: Path, fingerprint: str, ranks: Ranks):
        self.folder, self.fingerprint, self.ranks = folder, fingerprint, ranks
        # its own: a writing thread and the trainer would mix up their collectives
        self._group = dist.new_group(backend="gloo", timeout=TIMEOUT)
        cuda = ranks.device.type == "cuda"
        options = {"use_pinned_memory": cuda, "use_non_blocking_copy": cuda}
        self._stager = DefaultStager(StagingOptions(**options, use_shared_memory=False, use_async_staging=False))
        self._publisher = ThreadPoolExecutor(1, "checkpoint")
        self._pending: Future[None] | None = None
        self._lock: TextIO | None = None
        fault = ranks.broadcast_object(self._enter_folder() if ranks.first else None)
        if fault:
            raise UserError(f"{folder}: {fault}")

    def load(self, model: AnyModel, optimizer: torch.optim.Optimizer) -> dict[str, Any] | None:
        """Restores the newest checkpoint in place and returns the progress saved with it; None where there is none.

        Refuses one that was written under another fingerprint: going on would mix two runs.
        """
        checkpoint = self.ranks.broadcast_object(newest(self.folder))
        if checkpoint is None:
            return None
        held = _read_progress(checkpoint)
        if held["fingerprint"] != self.fingerprint:
            raise UserError(
                f"{checkpoint}: trained with other settings or data; name another output, or remove this one"
            )
        state: dict[str, Any] = dict(zip(("model", "optimizer"), get_state_dict(model, optimizer), strict=True))
        _read(checkpoint, state, self._group)
        set_state_dict(model, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])
        return held["progress"]

    def save(self, step: int, model: AnyModel, optimizer: torch.optim.Optimizer, progress: Mapping[str, Any]) -> None:
        """Writes `step-<step>` with `progress` (JSON), and keeps the newest of the older ones.

        Returns when everything is copied: what changes then is not in the checkpoint. It appears later, when every rank
        has written. Raises what kept the checkpoint before this one from being written.
        """
        self._settle()
        weights, moments = get_state_dict(model, optimizer)
        aside = self.folder / f"step-{step:08d}.partial"
        text = json.dumps({"fingerprint": self.fingerprint, "progress": dict(progress)})
        writing = dcp.async_save(
            {"model": weights, "optimizer": moments},
            storage_writer=dcp.FileSystemWriter(aside),
            process_group=self._group,
            async_stager=self._stager,
        )
        assert isinstance(writing, Future)
        self._pending = self._publisher.submit(self._publish, writing, aside, text, model)

    def close(self) -> None:
        """Returns when the last checkpoint is there; raises what kept it from being written."""
        try:
            self._settle()
        finally:
            self._publisher.shutdown()
            self._stager.close()
            self._leave_folder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._publisher.shutdown()  # the block's own error is the one to tell
            self._leave_folder()

    def _enter_folder(self) -> str | None:
        """On the first rank: keeps other runs out and removes what a killed one left. What kept it out, if anything.

        The lock ends with this process, however that ends: it is of the kind that forked workers do not hold on to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "lock").open("w")
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._clear()
        except OSError as error:
            taken = error.errno in (errno.EACCES, errno.EAGAIN) and self._lock
            return "another run is training here; wait for its end, or stop it" if taken else _one_line(error)
        return None

    def _clear(self) -> None:
        for left in self.folder.glob("step-*.partial"):
            shutil.rmtree(left, ignore_errors=True)

    def _leave_folder(self) -> None:
        if self._lock:
            self._lock.close()

    def _publish(self, writing: Future[object], aside: Path, text: str, model: AnyModel) -> None:
        """On the first rank, when all have written: completes the checkpoint, names it, and removes older ones."""
        writing.result()
        if self.ranks.first:
            write_config(aside, model.config, next(model.parameters()).dtype)
            (aside / PROGRESS).write_text(text)
            aside.rename(aside.with_suffix(""))
            for old in _checkpoints(self.folder)[:-KEPT]:
                shutil.rmtree(old.rename(old.with_suffix(".partial")))  # half removed, it is no checkpoint any more

    def _settle(self) -> None:
        """Waits for the checkpoint that is being written. All ranks raise the same fault: none goes on alone."""
        if self._pending is None:
            return
        error = self._pending.exception()
        self._pending = None
        faults = [fault for fault in self.ranks.gather(error and _one_line(error)) if fault]
        if faults:
            if self.ranks.first:
                self._clear()
            raise UserError(f"{self.folder}: a checkpoint could not be written: {faults[0]}")


def newest(folder: Path) -> Path | None:
    """The newest whole checkpoint of a run's folder of them."""
    return next(iter(_checkpoints(folder)[::-1]), None)


def load_model_weights(checkpoint: Path, model: AnyModel) -> None:
    """Copies the weights of a checkpoint into `model` (not sharded, of any floating type), in a process alone."""
    _read(checkpoint, {"model": model.state_dict()}, None)


def write_final(model: AnyModel, folder: Path, ranks: Ranks, beside: Callable[[Path], None] | None = None) -> None:
    """Writes a trained model as `folder`, in the released layout, with whatever `beside` puts there (a processor).
    What the folder held before is replaced; it appears when whole.

    Called by all ranks: each weight is gathered from them when its turn has come, so the first rank holds one
    file's weights at a time and the others one weight. Raises UserError on all ranks where writing fails.
    """
    weights = model.state_dict()
    gathered = (_whole(weight) for weight in weights.values())
    fault = None
    if ranks.first:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            with written_aside(folder) as aside:
                write_weights(aside, weights, lambda _: next(gathered))
                write_config(aside, model.config, next(iter(weights.values())).dtype)
                if beside:
                    beside(aside)
        except (OSError, SafetensorError) as error:
            fault = _one_line(error)
    for _ in gathered:  # the other ranks', and the first one's share in them after a fault
        pass
    fault = ranks.broadcast_object(fault)
    if fault:
        raise UserError(f"{folder}: the model could not be written: {fault}")


@torch.no_grad()
def _whole(weight: Tensor) -> Tensor:
    return (weight.full_tensor() if isinstance(weight, DTensor) else weight).cpu()


def _read(checkpoint: Path, state: dict[str, Any], group: dist.ProcessGroup | None) -> None:
    warnings.filterwarnings("ignore", "torch.distributed is disabled", UserWarning)  # as it should be, without a group
    try:
        dcp.load(state, storage_reader=dcp.FileSystemReader(checkpoint), process_group=group, no_dist=group is None)
    except (CheckpointException, OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{checkpoint}: cannot be read: {_one_line(error)}; remove it") from error


def _read_progress(checkpoint: Path) -> dict[str, Any]:
    try:
        return json.loads((checkpoint / PROGRESS).read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{checkpoint}: cannot be read: {_one_line(error)}; remove it") from error


def _one_line(error: BaseException) -> str:
    if isinstance(error, CheckpointException):  # of all ranks, with their tracebacks
        error = next(iter(error.failures.values()))[0]
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".partial")
