"""The training loop: one phase, from its start or from where a kill left it."""

import hashlib
import json
import math
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from curation.errors import UserError
from model.checkpoint import load_model, new_model, write_model, written_aside
from model.config import load_config
from model.loss import token_losses
from model.qwen import QwenVL
from train.lengths import Packed
from train.loader import Batch, Sources, plan_phase, steps
from train.logs import Log
from train.optimizer import make_optimizer, set_rate
from train.phase import Phase
from train.plan import Budget, Plan, share_by_source
from train.state import load_state, save_state

RECEIPT = "phase.json"


def train(phase: Phase) -> Path:
    """Trains a phase and returns its model directory; a finished phase is not run again.

    Killed at any moment and started again, it goes on from its newest checkpoint, with bit-equal losses on a CPU.
    """
    packed = Packed(phase.packs)
    final, name = phase.output / "model", phase.output.name
    fingerprint = fingerprint_of(phase, packed)
    if is_finished(phase):
        print(f"train: {name}: up to date: {final}")
        return final
    sources = Sources.open(packed, list(phase.mixture))
    model = starting_model(phase, packed)
    plan = plan_phase(phase, sources)
    described = describe(plan, sources, phase)
    print(f"train: {name}: {summary_line(described)}", flush=True)
    _run(phase, plan, sources, model, fingerprint)
    _finish(phase, model, sources, {"fingerprint": fingerprint, "plan": described})
    return final


def is_finished(phase: Phase) -> bool:
    """Whether this very phase, on these very packs and starting weights, has been trained to its end."""
    path = phase.output / RECEIPT
    return path.exists() and json.loads(path.read_text())["fingerprint"] == fingerprint_of(phase, Packed(phase.packs))


def describe(plan: Plan, sources: Sources, phase: Phase) -> dict[str, Any]:
    """What a plan comes to: steps, samples, tokens, fill on both budgets, each source's share of the tokens."""
    tokens, patches = plan.fill(sources.samples, Budget(phase.pack.tokens, phase.pack.patches))
    return {
        "steps": plan.steps,
        "samples": len(plan.order),
        "tokens": int(sources.samples.tokens[plan.order].sum()),
        "fill_tokens": tokens,
        "fill_patches": patches,
        "asked": {name: weight / sum(phase.mixture.values()) for name, weight in phase.mixture.items()},
        "mixture": share_by_source(plan, sources.samples, sources.names),
    }


def summary_line(plan: dict[str, Any]) -> str:
    """One line for the screen from `describe`."""
    mixture = ", ".join(f"{name} {share:.1%}" for name, share in plan["mixture"].items())
    return (
        f"{plan['steps']:,} steps, {plan['samples']:,} samples, {plan['tokens']:,} tokens;"
        f" packs filled {plan['fill_tokens']:.1%} in tokens, {plan['fill_patches']:.1%} in patches; mixture {mixture}"
    )


def starting_model(phase: Phase, packed: Packed) -> QwenVL:
    """The weights of `phase.start`, or fresh ones of the packs' model with the token ids of the packs' tokenizer."""
    tokenizer = packed.processor.tokenizer
    ids = tokenizer.special_ids()
    if phase.start:
        model = load_model(phase.start)
        if model.config.image_token_id != ids["image_token_id"] or model.config.eos_token_id != ids["eos_token_id"]:
            raise UserError(f"{phase.start}: its special tokens are not those of the tokenizer in {packed.folder}")
        return model
    config = load_config(packed.config.model)
    if len(tokenizer) > config.text.vocab_size:
        raise UserError(
            f"{packed.config.model}: vocab_size {config.text.vocab_size} is below the tokenizer's {len(tokenizer)}"
        )
    return new_model(config.model_copy(update=ids), phase.seed)


def fingerprint_of(phase: Phase, packed: Packed) -> str:
    """Of all that decides the result: settings, measured documents, starting weights; not of the loader's workers."""
    settings = phase.model_dump(mode="json", exclude={"output", "workers", "checkpoint_every"})
    weights = []
    for path in sorted(phase.start.glob("*.safetensors")) if phase.start else []:
        with path.open("rb") as file:
            weights.append(hashlib.file_digest(file, "sha256").hexdigest())
    content = json.dumps([settings, packed.fingerprint, weights], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _run(phase: Phase, plan: Plan, sources: Sources, model: QwenVL, fingerprint: str) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.use_deterministic_algorithms(True)
    model.to(device).train()
    optimizer = make_optimizer(model, phase)
    checkpoints = phase.output / "checkpoints"
    checkpoints.mkdir(parents=True, exist_ok=True)
    first = load_state(checkpoints, fingerprint, model, optimizer)
    if first:
        print(f"train: {phase.output.name}: going on with step {first:,}")
    log = Log(phase.output, phase.output.name, first, plan.steps)
    asked = time.monotonic()
    for step, batches in enumerate(steps(plan, sources, model.config, first, phase.workers), first):
        got = time.monotonic()
        rates = set_rate(optimizer, phase.rate(step))
        losses = train_step(model, optimizer, [batch.to(device) for batch in batches], phase.optimizer.clip)
        done = time.monotonic()
        tokens = sum(len(batch.pack.input_ids) for batch in batches)
        by_source = {f"loss/{name}": losses.by_source.get(number) for number, name in enumerate(sources.names)}
        times = {"tokens_per_second": tokens / (done - asked), "data_seconds": got - asked, "step_seconds": done - got}
        told = {"step": step, "loss": losses.mean, **by_source, "gradient_norm": losses.gradient_norm, "tokens": tokens}
        log.write({**told, **rates, **times})
        if (step + 1) % phase.checkpoint_every == 0 and step + 1 < plan.steps:
            save_state(checkpoints, step + 1, fingerprint, model, optimizer)
        asked = time.monotonic()
    log.close()


@dataclass(frozen=True)
class Losses:
    """Of one step, in nats a supervised token; the gradient's norm is that before clipping."""

    mean: float
    by_source: dict[int, float]  # of those sources that had a part in the step
    gradient_norm: float


def train_step(model: QwenVL, optimizer: torch.optim.Optimizer, batches: list[Batch], clip: float) -> Losses:
    """One update from the packs of the global batch.

    Every pack's loss is divided by the supervised tokens of all packs, so accumulation changes nothing but memory.
    """
    supervised = max(sum(len(batch.pack.targets) for batch in batches), 1)
    found, owners = [], []
    for batch in batches:
        losses = token_losses(model(batch.pack), model.output_weight, batch.pack)  # (supervised tokens of the pack,)
        (losses.sum() / supervised).backward()
        found.append(losses.detach())
        owners.append(batch.source[batch.pack.target_document])
    every, owner = torch.cat(found), torch.cat(owners)
    mean = every.sum().item() / supervised
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip).item()
    if not (math.isfinite(mean) and math.isfinite(norm)):
        raise UserError(f"the loss is {mean} and the gradient norm {norm}: lower the learning rate or look at the data")
    optimizer.step()
    optimizer.zero_grad()
    return Losses(mean, {int(source): every[owner == source].mean().item() for source in owner.unique()}, norm)


def _finish(phase: Phase, model: QwenVL, sources: Sources, receipt: dict[str, Any]) -> None:
    """Writes the model directory, with its processor, and last the receipt; then the checkpoints may go."""
    shutil.rmtree(phase.output / "model", ignore_errors=True)
    with written_aside(phase.output / "model") as aside:
        write_model(aside, model.config, model.state_dict())
        sources.processor.save(aside)
    partial = phase.output / f"{RECEIPT}.partial"
    partial.write_text(json.dumps(receipt, indent=1))
    os.replace(partial, phase.output / RECEIPT)
    shutil.rmtree(phase.output / "checkpoints")
