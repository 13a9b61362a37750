"""The loop: exact resume after kills, a loss that accumulation cannot change, and parts that stay frozen."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import torch

from curation.errors import UserError
from model.checkpoint import load_model, new_model
from train.lengths import Packed
from train.loader import Batch, Sources, plan_phase, steps
from train.logs import read_log
from train.loop import starting_model, train, train_step
from train.optimizer import make_optimizer, part_of


def losses(phase):
    return [row["loss"] for row in read_log(phase.output / "log.jsonl")]


def test_losses_fall(phase):
    run = phase(steps=60, mixture={"colours": 1.0})
    train(run)
    assert losses(run)[-1] < 0.6 * losses(run)[0]


def killed_when_logged(phase, step):
    """Trains in a process of its own and kills it (SIGKILL) once `step` is logged."""
    imports = "import sys; from train.phase import Phase; from train.loop import train"
    code = f"{imports}; train(Phase.model_validate_json(sys.argv[1]))"
    process = subprocess.Popen([sys.executable, "-c", code, phase.model_dump_json()])
    while process.poll() is None and len(read_log(phase.output / "log.jsonl")) <= step:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL) if process.poll() is None else None
    process.wait()


def test_killed_twice_and_resumed_the_losses_are_bit_equal(phase, tmp_path):
    whole = phase(steps=40, output=tmp_path / "whole")
    train(whole)
    broken = phase(steps=40, output=tmp_path / "broken", workers=1)
    for step in (5, 17):
        killed_when_logged(broken, step)
        assert not (broken.output / "phase.json").exists()
    train(broken)
    assert losses(broken) == losses(whole)
    assert [row["step"] for row in read_log(broken.output / "log.jsonl")] == list(range(40))
    weights = [(run.output / "model" / "model.safetensors").read_bytes() for run in (whole, broken)]
    assert weights[0] == weights[1]


def test_workers_change_nothing(phase, tmp_path):
    runs = [phase(output=tmp_path / str(workers), workers=workers) for workers in (0, 2)]
    for run in runs:
        train(run)
    assert losses(runs[0]) == losses(runs[1])


def test_accumulation_changes_neither_loss_nor_gradient(phase, packed):
    """The documents of a step as one pack or as many: one global mean over the supervised tokens."""
    from model.pack import pack

    sources = Sources.open(packed, ["colours", "pages"])
    encoded = [each for number in (0, 5, 62, 70) for each in sources.encode(number)]
    results = []
    for groups in ([encoded], [[item] for item in encoded], [encoded[:3], encoded[3:]]):
        model = starting_model(phase(), packed)
        optimizer = make_optimizer(model, phase())
        batches = [Batch(pack(group, model.config), torch.zeros(len(group), dtype=torch.long)) for group in groups]
        results.append(train_step(model, optimizer, batches, clip=1e9))
    for result in results[1:]:
        assert result.mean == pytest.approx(results[0].mean, rel=1e-6)
        assert result.gradient_norm == pytest.approx(results[0].gradient_norm, rel=1e-4)


def test_a_part_without_a_rate_stays_as_it_was(phase, packed):
    run = phase(optimizer={"learning_rate": {"vision": 1e-3, "merger": 1e-3}, "warmup": 1})
    before = dict(starting_model(run, packed).named_parameters())
    after = dict(load_model(train(run)).named_parameters())
    for name, weight in after.items():
        frozen = part_of(name) == "language"
        assert torch.equal(weight, before[name]) == frozen, name


def test_each_phase_starts_from_the_one_before(phase, tmp_path):
    first = train(phase(output=tmp_path / "first"))
    second = phase(
        output=tmp_path / "second", start=first, steps=1, optimizer={"learning_rate": {"language": 1e-9}, "warmup": 0}
    )
    weights = [dict(load_model(folder).named_parameters()) for folder in (first, train(second))]
    assert all(torch.allclose(weights[0][name], weights[1][name], atol=1e-6) for name in weights[0])


def test_a_finished_phase_is_not_run_again(phase, capsys):
    train(phase())
    train(phase())
    assert "up to date" in capsys.readouterr().out


def test_a_checkpoint_of_other_settings_is_refused(phase):
    run = phase(steps=400)
    killed_when_logged(run, 3)
    with pytest.raises(UserError, match="trained with other settings"):
        train(phase(steps=400, seed=1))


def test_the_plan_is_executed_to_the_letter(phase, packed):
    """Every pack holds just the planned documents' tokens, and resuming at a step yields that step's packs."""
    run = phase()
    sources = Sources.open(packed, list(run.mixture))
    plan = plan_phase(run, sources)
    config = starting_model(run, packed).config
    everything = list(steps(plan, sources, config, first=0, workers=0))
    for number, pack in enumerate(batch.pack for batches in everything for batch in batches):
        assert len(pack.input_ids) == sources.samples.tokens[plan.pack(number)].sum()
    resumed = list(steps(plan, sources, config, first=4, workers=1))
    assert [batch.pack.input_ids.tolist() for batches in resumed for batch in batches] == [
        batch.pack.input_ids.tolist() for batches in everything[4:] for batch in batches
    ]


def test_a_corrupt_shard_stops_the_run_with_one_line(phase, packed, tmp_path):
    import shutil

    copy = tmp_path / "world"
    shutil.copytree(packed.folder.parent, copy)
    moved = re.sub(re.escape(str(packed.folder.parent)), str(copy), (copy / "packs" / "lengths.json").read_text())
    (copy / "packs" / "lengths.json").write_text(moved)
    tar = copy / "colours" / "shard-00000.tar"
    tar.write_bytes(tar.read_bytes()[:2000])
    for workers in (0, 1):
        with pytest.raises(UserError, match=r"shard-00000.tar: ends before byte .*: truncated") as refused:
            train(phase(packs=copy / "packs", mixture={"colours": 1.0}, workers=workers))
        assert "\n" not in str(refused.value)


def test_the_log_survives_a_line_cut_short(tmp_path):
    (tmp_path / "log.jsonl").write_text(json.dumps({"step": 0}) + '\n{"step": 1, "lo')
    assert read_log(tmp_path / "log.jsonl") == [{"step": 0}]


def test_a_loss_that_is_not_a_number_stops_the_run(phase, packed: Packed):
    from model.pack import pack

    sources = Sources.open(packed, ["colours"])
    model = starting_model(phase(), packed)
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    batch = Batch(pack(sources.encode(0), model.config), torch.zeros(1, dtype=torch.long))
    with pytest.raises(UserError, match="the loss is nan"):
        train_step(model, make_optimizer(model, phase()), [batch], 1.0)


def test_fresh_weights_depend_on_the_seed_alone(packed, phase):
    config = starting_model(phase(), packed).config
    one, same, other = (new_model(config, seed).output_weight for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_log_tells_the_loss_of_each_source(phase):
    run = phase(steps=8)
    train(run)
    rows = read_log(run.output / "log.jsonl")
    together = [row for row in rows if None not in (row["loss/colours"], row["loss/pages"])]
    assert together
    for row in together:
        low, high = sorted((row["loss/colours"], row["loss/pages"]))
        assert low <= row["loss"] <= high
