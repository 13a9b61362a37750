"""The training loop: one phase, from its start or from where a kill left it, on any number of ranks."""

import json
import os
import resource
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import torch

from curation.errors import UserError
from train.checkpoints import Checkpoints, write_final
from train.data.ledger import Ledger
from train.data.lengths import Packed
from train.data.loader import Sources, batches
from train.data.plan import Cursor, Step, make_plan
from train.flops import measured_peak
from train.guard import Faults, LossGuard, stop_line
from train.logs import Log, Row
from train.objective import Batch
from train.optimizer import learning_parts, make_optimizer, set_rate
from train.parallel import GIB, Ranks, clip_gradients, open_ranks, prepare
from train.phase import RECEIPT, Phase
from train.start import fingerprint_of, model_of, objective_of, set_weights
from train.tally import Totals, tally

ASIDE = "replaced-"
FEW = 1000  # samples: of fewer, a share that was replaced means nothing yet


def train(phase: Phase) -> Path:
    """Trains a phase and returns its model directory; a finished phase is not run again.

    Killed at any moment and started again, it goes on from its newest checkpoint, with bit-equal losses on one CPU.
    Where the output holds a phase finished with other settings or data, that is set aside in there.
    """
    packed = Packed(phase.packs)
    fingerprint = fingerprint_of(phase, packed)
    with open_ranks(phase.compute.context) as ranks:
        finished = _finished_as(phase.output)
        if finished == fingerprint:
            ranks.say(f"train: {phase.output.name}: up to date: {phase.output / 'model'}")
        else:
            if finished:
                _set_aside(phase.output, finished, ranks)
            Run(phase, packed, fingerprint, ranks).run()
        ranks.barrier()  # the next phase begins with what the first rank writes
    return phase.output / "model"


def check(phases: Sequence[Phase]) -> None:
    """Raises UserError where one of the phases, trained one after the other, could not begin: the last one's mistake
    should not come to light when the others have been trained. What is finished is not looked at."""
    coming: set[Path] = set()  # models that will be there
    for phase in phases:
        if not _finished_as(phase.output):
            for part, folder in phase.start.folders.items():
                if folder not in coming and not folder.is_dir():
                    raise UserError(f"{phase.output.name}: start.{part}: no {folder}: it is to be trained or put there")
            packed = Packed(phase.packs)
            sources = Sources.open(packed, list(phase.mixture))
            make_plan(phase, sources.samples, sources.names, sources.tasks)
            model_of(phase, packed)
        coming.add(phase.output / "model")


def _finished_as(output: Path) -> str | None:
    """The fingerprint of the phase that `output` holds, trained to its end; None where there is none."""
    path = output / RECEIPT
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text())["fingerprint"]
    except (ValueError, LookupError, TypeError) as error:
        raise UserError(f"{path}: damaged; remove it to train the phase again") from error


def _set_aside(output: Path, fingerprint: str, ranks: Ranks) -> None:
    """Moves a finished phase into a folder of its own, for who knows what its training cost."""
    aside = output / f"{ASIDE}{fingerprint}"
    ranks.barrier()  # all have read the receipt
    if ranks.first:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        os.replace(output / RECEIPT, aside / RECEIPT)  # first: what a kill leaves here is not finished
        for path in sorted(output.iterdir()):
            if not path.name.startswith(ASIDE):
                os.replace(path, aside / path.name)
    ranks.say(f"train: {output.name}: was trained with other settings or data before: that now lies in {aside}")


class Run:
    """One phase on this rank: what lives as long as the phase does."""

    def __init__(self, phase: Phase, packed: Packed, fingerprint: str, ranks: Ranks):
        self.phase, self.fingerprint, self.ranks = phase, fingerprint, ranks
        if ranks.device.type == "cpu":
            torch.use_deterministic_algorithms(True)
        self.sources = Sources.open(packed, list(phase.mixture))
        self.plan = make_plan(phase, self.sources.samples, self.sources.names, self.sources.tasks)
        self.model = model_of(phase, packed)
        self.objective = objective_of(phase, self.model)
        self.recomputed = prepare(self.model, ranks, phase.compute, phase.pack)
        self.parts = learning_parts(self.model)
        self.optimizer = make_optimizer(self.parts, phase.optimizer)
        self.peak = measured_peak(ranks.device, getattr(torch, phase.compute.dtype)) * ranks.count
        self.guard = LossGuard(phase.guard)
        self.totals = Totals()

    def run(self) -> None:
        """Trains from the newest checkpoint to the end; writes the model and, last, the receipt."""
        phase, ranks = self.phase, self.ranks
        with ExitStack() as stack:
            checkpoints = stack.enter_context(Checkpoints(phase.output / "checkpoints", self.fingerprint, ranks))
            progress = checkpoints.load(self.model, self.optimizer)
            fresh = set_weights(self.model, phase) if progress is None else []
            ranks.say(f"train: {phase.output.name}: {self._opening(fresh)}")
            first, cursor = self._resume(progress)
            settings = phase.model_dump(mode="json")
            log = stack.enter_context(
                Log(phase.output, first, self.plan.ends_after or phase.tokens, settings, ranks.first)
            )
            self.faults = stack.enter_context(closing(Faults(phase.output, first, ranks.first)))
            steps = self.plan.steps(cursor, first)
            if ranks.first:
                steps = self._ledger().follow(steps)
            asked = time.monotonic()
            for step, cursor, packs in batches(
                steps, self.sources, self.objective, ranks, phase.loading, phase.corrupt
            ):
                row = self._step(step, packs, asked)
                log.write(row)
                asked = time.monotonic()
                if (step.number + 1) % phase.checkpoint_every == 0:
                    checkpoints.save(step.number + 1, self.model, self.optimizer, self._progress(step, cursor))
        self._finish()

    def _step(self, step: Step, packs: Sequence[Batch], asked: float) -> Row:
        """One update from the global batch, of which `packs` are this rank's; `asked` is when they were waited for."""
        phase, ranks, began = self.phase, self.ranks, time.monotonic()
        rates = set_rate(self.optimizer, phase.schedule.rate(step.done, phase.tokens))
        here = [pack.to(ranks.device, non_blocking=True) for pack in packs]
        measured = self.objective.backward(self.model, here, ranks)
        norm, norms = clip_gradients(self.parts, phase.optimizer.clip, ranks)
        reason = self.guard.judge(step.number, measured.loss, norm)
        if reason is None:
            self.optimizer.step()
        self.optimizer.zero_grad()
        found = tally(step, here, measured, self.sources, ranks)
        self.totals.add(step, found, skipped=reason is not None)
        if found.replaced:
            self._note_replaced(step, packs)
        if reason is not None:
            self._note_skipped(step, packs, reason, measured.loss, norm)
        seconds, budget = time.monotonic() - asked, phase.pack
        return Row(
            step=step.number,
            done=step.done + step.tokens,
            loss=measured.loss,
            gradient_norm=norm,
            tokens=step.tokens,
            patches=step.patches,
            fill_tokens=step.tokens / (len(step.packs) * budget.tokens),
            fill_patches=step.patches / (len(step.packs) * budget.patches),
            data_seconds=began - asked,
            step_seconds=time.monotonic() - began,
            tokens_per_second=step.tokens / seconds,
            mfu=found.flops / seconds / self.peak,
            memory=_memory(ranks.device),
            skipped=reason is not None,
            gradients=norms,
            rates=rates,
            extra=measured.extra,
            **vars(found),
        )

    def _note_replaced(self, step: Step, packs: Sequence[Batch]) -> None:
        """Raises UserError where more samples had to be replaced than `corrupt.most` allows."""
        for fault in (
            fault for own in self.ranks.gather([pack.faults for pack in packs]) for some in own for fault in some
        ):
            self.faults.replaced(step.number, fault.key, fault.reason, fault.replaced_by)
        most, seen = self.phase.corrupt.most, max(self.totals.samples, FEW)
        if self.totals.replaced > most * seen:
            raise UserError(
                f"{self.totals.replaced:,} samples could not be read, over corrupt.most, {most:.1%} of {seen:,}:"
                f" see {self.faults.path}"
            )

    def _note_skipped(self, step: Step, packs: Sequence[Batch], reason: str, loss: float, norm: float) -> None:
        """Raises UserError where the guard has had enough."""
        keys = sorted({key for own in self.ranks.gather([pack.keys for pack in packs]) for some in own for key in some})
        self.faults.skipped(step.number, reason, loss, norm, keys)
        if self.guard.stops:
            raise UserError(stop_line(reason, keys, self.guard, self.faults.path))
        self.ranks.say(f"train: {self.phase.output.name}: {reason}: its update is left out")

    def _opening(self, fresh: Sequence[str]) -> str:
        size = sum(weight.numel() for weight in self.model.parameters())
        learning = sum(weight.numel() for weights in self.parts.values() for weight in weights)
        told = [
            f"{size:,} parameters, {learning:,} of them learn ({', '.join(self.parts)})",
            f"{self.plan.ends_after or self.phase.tokens:,} tokens in about {self.plan.expected_steps:,} steps",
        ]
        told += [f"fresh: {', '.join(fresh)}"] if fresh else []
        told += [f"{self.ranks.count} ranks"] if self.ranks.count > 1 else []
        told += [f"{self.recomputed} blocks computed again in backward"] if self.recomputed else []
        if self.plan.ends_after:
            told.append(f"the mixture ends before the {self.phase.tokens:,} tokens that were asked for")
        return "; ".join(told)

    def _progress(self, step: Step, cursor: Cursor) -> dict[str, Any]:
        saved = {"guard": self.guard.state(), "totals": vars(self.totals)}
        return {"step": step.number + 1, "cursor": cursor.to_json(), **saved}

    def _resume(self, progress: dict[str, Any] | None) -> tuple[int, Cursor | None]:
        """The step to go on with, and the cursor of its window or of one before."""
        if progress is None:
            return 0, None
        self.guard = LossGuard.resumed(self.phase.guard, progress["guard"])
        self.totals = Totals(**progress["totals"])
        self.ranks.say(f"train: {self.phase.output.name}: going on with step {progress['step']:,}")
        return progress["step"], Cursor.from_json(progress["cursor"])

    def _ledger(self) -> Ledger:
        sources = self.sources
        return Ledger(self.phase.output, self.plan, sources.names, sources.shards, sources.lengths)

    def _finish(self) -> None:
        """The model directory, with its processor, and last the receipt; then the checkpoints may go."""
        output = self.phase.output
        write_final(self.model, output / "model", self.ranks, self.sources.processor.save)
        if self.ranks.first:
            receipt = {"fingerprint": self.fingerprint, "plan": self.totals.summary(self.plan, self.sources)}
            partial = output / f"{RECEIPT}.partial"
            partial.write_text(json.dumps(receipt, indent=1))
            os.replace(partial, output / RECEIPT)
            shutil.rmtree(output / "checkpoints")


def _memory(device: torch.device) -> float:
    """GiB at most so far: of the device, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / GIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB
