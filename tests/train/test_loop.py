"""The loop: exact resume after kills, a loss that accumulation cannot change, and parts that stay frozen."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch

from curation.errors import UserError
from model.checkpoint import load_model, new_model, save_model
from tests.train.conftest import STEP, started
from train.data.lengths import Packed
from train.data.loader import Sources
from train.guard import FAULTS
from train.logs import LOG, read_lines
from train.loop import check, train
from train.next_token import NextToken
from train.objective import Batch
from train.optimizer import part_of
from train.parallel import open_ranks
from train.start import fingerprint_of


def rows(phase):
    return list(read_lines(phase.output / LOG))


def losses(phase):
    return [row["loss"] for row in rows(phase)]


def test_losses_fall(phase):
    run = phase(tokens=60 * STEP, mixture={"colours": 1.0})
    train(run)
    assert losses(run)[-1] < 0.6 * losses(run)[0]


def killed_when_logged(phase, step):
    """Trains in a process of its own and kills it (SIGKILL) once `step` is logged."""
    imports = "import sys; from train.phase import Phase; from train.loop import train"
    code = f"{imports}; train(Phase.model_validate_json(sys.argv[1]))"
    process = subprocess.Popen([sys.executable, "-c", code, phase.model_dump_json()])
    while process.poll() is None and len(rows(phase)) <= step:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL) if process.poll() is None else None
    process.wait()


def test_killed_twice_and_resumed_the_losses_are_bit_equal(phase, tmp_path):
    whole = phase(tokens=40 * STEP, output=tmp_path / "whole")
    train(whole)
    broken = phase(tokens=40 * STEP, output=tmp_path / "broken", loading={"workers": 1})
    for step in (5, 17):
        killed_when_logged(broken, step)
        assert not (broken.output / "phase.json").exists()
    train(broken)
    assert losses(broken) == losses(whole)
    assert [row["step"] for row in rows(broken)] == list(range(len(rows(whole))))
    weights = [(run.output / "model" / "model.safetensors").read_bytes() for run in (whole, broken)]
    assert weights[0] == weights[1]


def test_workers_change_nothing(phase, tmp_path):
    runs = [phase(output=tmp_path / str(workers), loading={"workers": workers}) for workers in (0, 2)]
    for run in runs:
        train(run)
    assert losses(runs[0]) == losses(runs[1])


def test_accumulation_changes_neither_loss_nor_gradient(phase, packed):
    """The documents of a step as one pack or as many: one global mean over the supervised tokens."""
    sources = Sources.open(packed, ["colours", "pages"])
    model = started(phase(), packed)
    objective = NextToken(model.config, frozenset(phase().optimizer.learning_rate))
    wanted = [sources.wanted(number) for number in (0, 5, 62, 70)]
    items = [item for each in wanted for item in objective.encode(each.document(), sources.processor, False)]
    results = []
    for groups in ([items], [[item] for item in items], [items[:3], items[3:]]):
        packs = [batch(objective.collate(group), len(group)) for group in groups]
        model.zero_grad()
        with open_ranks() as ranks:
            measured = objective.backward(model, packs, ranks)
        results.append((measured, {name: weight.grad.clone() for name, weight in model.named_parameters()}))
    (reference, gradients), *others = results
    for measured, found in others:
        assert measured.loss == pytest.approx(reference.loss, rel=1e-6)
        assert torch.equal(measured.count, reference.count)
        torch.testing.assert_close(measured.total, reference.total)
        torch.testing.assert_close(found, gradients)


def batch(content, documents):
    zeros = torch.zeros(documents, dtype=torch.long)
    return Batch(content, zeros, zeros, keys=("key",) * documents, tokens=0, patches=0, flops=0.0)


def test_a_part_without_a_rate_stays_as_it_was(phase, packed):
    run = phase(optimizer={"learning_rate": {"vision": 1e-3, "merger": 1e-3}})
    before = dict(started(run, packed).named_parameters())
    after = dict(load_model(train(run)).named_parameters())
    for name, weight in after.items():
        frozen = part_of(name) == "language"
        assert torch.equal(weight, before[name]) == frozen, name


def test_each_phase_starts_from_the_one_before(phase, tmp_path):
    first = train(phase(output=tmp_path / "first"))
    still = {"learning_rate": {"language": 1e-12}}
    second = phase(output=tmp_path / "second", start=first, tokens=1, schedule={}, optimizer=still)
    weights = [dict(load_model(folder).named_parameters()) for folder in (first, train(second))]
    assert all(torch.allclose(weights[0][name], weights[1][name], atol=1e-6) for name in weights[0])


def test_a_finished_phase_is_not_run_again(phase, capsys):
    train(phase())
    train(phase())
    assert "up to date" in capsys.readouterr().out


def test_a_checkpoint_of_other_settings_is_refused(phase):
    run = phase(tokens=400 * STEP)
    killed_when_logged(run, 5)
    with pytest.raises(UserError, match="trained with other settings"):
        train(phase(tokens=400 * STEP, seed=1))


def test_a_run_goes_on_where_only_the_rules_for_faults_or_the_place_of_its_files_changed(phase, packed, tmp_path):
    moved = tmp_path / "moved"
    moved.symlink_to(packed.folder)
    changed = phase(packs=moved, guard={"rule": "skip"}, corrupt={"most": 0.5}, output=tmp_path / "elsewhere")
    assert fingerprint_of(changed, Packed(moved)) == fingerprint_of(phase(), packed)
    assert fingerprint_of(phase(seed=1), packed) != fingerprint_of(phase(), packed)


def test_a_finished_phase_of_other_settings_is_set_aside(phase, capsys):
    train(phase())
    before = {path.name: path.read_bytes() for path in (phase().output / "model").iterdir()}
    train(phase(seed=1))
    (aside,) = phase().output.glob("replaced-*")
    assert {path.name: path.read_bytes() for path in (aside / "model").iterdir()} == before
    assert (aside / "phase.json").exists()
    assert list(read_lines(aside / LOG))
    assert f"that now lies in {aside}" in capsys.readouterr().out
    train(phase(seed=1))
    assert "up to date" in capsys.readouterr().out


def test_a_damaged_receipt_is_named(phase):
    phase().output.mkdir()
    (phase().output / "phase.json").write_text('{"finger')
    with pytest.raises(UserError, match=r"phase\.json: damaged; remove it"):
        train(phase())


def test_the_last_phase_is_looked_at_before_the_first_is_trained(phase, tmp_path):
    first = phase(output=tmp_path / "first")
    second = phase(output=tmp_path / "second", start=tmp_path / "first" / "model")
    check([first, second])
    with pytest.raises(UserError, match=r"second: start\.model: no .*first/model"):
        check([second])
    with pytest.raises(UserError, match=r"the model has no head"):
        check([first, phase(output=tmp_path / "third", optimizer={"learning_rate": {"head": 1e-3}})])


def test_a_rate_for_a_part_that_is_not_there_is_one_line(phase):
    with pytest.raises(UserError, match=r"the model has no head; it has language, merger, vision"):
        train(phase(optimizer={"learning_rate": {"head": 1e-3}}))


def copied(packed, folder):
    """The world of `packed` in another folder, to be damaged."""
    shutil.copytree(packed.folder.parent, folder)
    receipt = folder / "packs" / "lengths.json"
    receipt.write_text(re.sub(re.escape(str(packed.folder.parent)), str(folder), receipt.read_text()))
    return folder


@pytest.fixture
def damaged(packed, tmp_path):
    """The packs of a world in which some pictures' bytes were altered, and the keys of their documents."""
    world = copied(packed, tmp_path / "world")
    tar = world / "colours" / "shard-00000.tar"
    index = Packed(world / "packs").shards("colours").index
    content = bytearray(tar.read_bytes())
    rows = range(0, 25, 6)  # of the first tar
    for row in rows:
        media = index["media"][row].as_py()[0]
        content[media["offset"] + media["length"] // 2] ^= 0xFF
    tar.write_bytes(content)
    return world / "packs", {index["key"][row].as_py() for row in rows}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_sample_that_cannot_be_read_is_replaced_and_reported(phase, damaged, workers):
    packs, keys = damaged
    settings = {"mixture": {"colours": 1}, "tokens": 12 * STEP, "loading": {"workers": workers}}
    run = phase(packs=packs, corrupt={"most": 1}, **settings)
    train(run)
    faults = list(read_lines(run.output / FAULTS))
    assert faults
    assert all(fault["fault"] == "replaced" and fault["replaced_by"] not in keys for fault in faults)
    assert {fault["key"] for fault in faults} <= keys
    assert sum(row["replaced"] for row in rows(run)) == len(faults)


def test_it_stops_the_run_where_that_is_the_rule(phase, damaged):
    packs, keys = damaged
    with pytest.raises(UserError, match="|".join(keys)) as refused:
        train(phase(packs=packs, mixture={"colours": 1.0}, tokens=12 * STEP, corrupt={"rule": "stop"}))
    assert "\n" not in str(refused.value)


def test_too_many_of_them_stop_the_run_in_any_case(phase, damaged):
    with pytest.raises(UserError, match=r"could not be read, over corrupt.most"):
        train(phase(packs=damaged[0], mixture={"colours": 1.0}, tokens=12 * STEP, corrupt={"most": 0}))


def broken_start(phase, packed, folder):
    """A model whose loss is not a number."""
    model = started(phase(), packed)
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    save_model(model, folder)
    return folder


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_its_documents(phase, packed, tmp_path):
    run = phase(start=broken_start(phase, packed, tmp_path / "nan"))
    with pytest.raises(UserError, match=r"step 0: the loss is nan; its documents: [0-9a-f]+, ") as refused:
        train(run)
    assert "\n" not in str(refused.value)
    (fault,) = read_lines(run.output / FAULTS)
    assert (fault["step"], fault["loss"], fault["fault"]) == (0, None, "skipped")


def test_or_its_updates_are_left_out_for_a_while(phase, packed, tmp_path):
    run = phase(start=broken_start(phase, packed, tmp_path / "nan"), guard={"rule": "skip", "most": 3})
    with pytest.raises(UserError, match=r"step 3: .* 4 updates left out, over guard.most"):
        train(run)
    assert len(list(read_lines(run.output / FAULTS))) == 4


def test_the_log_tells_the_loss_of_each_source_and_task(phase):
    run = phase(tokens=8 * STEP)
    train(run)
    for kind, names in (("source", ("colours", "pages")), ("task", ("colour", "interleaved"))):
        several = [[row[f"loss/{kind}/{name}"] for name in names] for row in rows(run)]
        together = [(row["loss"], found) for row, found in zip(rows(run), several, strict=True) if None not in found]
        assert together
        assert all(min(found) <= loss <= max(found) for loss, found in together)


def test_the_receipt_sums_up_what_was_trained_on_though_the_run_was_killed(phase):
    run = phase(tokens=30 * STEP)
    killed_when_logged(run, 8)
    train(run)
    plan = json.loads((run.output / "phase.json").read_text())["plan"]
    assert plan["steps"] == len(rows(run))
    assert plan["tokens"] == sum(row["tokens"] for row in rows(run)) >= run.tokens
    assert plan["flops"] == pytest.approx(sum(row["flops"] for row in rows(run)))
    assert plan["mixture"]["pages"] == pytest.approx(0.5, abs=0.05)


def test_fresh_weights_depend_on_the_seed_alone(packed, phase):
    config = started(phase(), packed).config
    one, same, other = (new_model(config, seed).output_weight for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
