"""Checkpoints: exact, elastic in the number of ranks, whole at any moment, and true copies while training goes on."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import torch
from safetensors.torch import load_file

from curation.errors import UserError
from model.checkpoint import empty_model, load_hf_config, load_model, save_model
from tests.train.ranks import CONFIG, backward, launch, model
from train.checkpoints import KEPT, Checkpoints, load_model_weights, newest, write_final
from train.export import ExportConfig, export
from train.parallel import clip_gradients, open_ranks, prepare
from train.phase import Compute, PackSize


@contextmanager
def opened(folder, fingerprint="settings"):
    """Ranks, a sharded model, its optimizer (frozen embeddings and two rates) and the checkpoints in `folder`."""
    with open_ranks() as ranks:
        trained = model()
        trained.model.embed_tokens.requires_grad_(False)
        prepare(trained, ranks, Compute(), PackSize(tokens=64, patches=96, per_step=3))
        groups = [
            {"params": list(trained.visual.parameters()), "lr": 1e-3, "part": "vision"},
            {"params": [w for w in trained.model.parameters() if w.requires_grad], "lr": 2e-3, "part": "language"},
        ]
        optimizer = torch.optim.AdamW(groups, fused=True)
        with Checkpoints(folder, fingerprint, ranks) as checkpoints:
            yield ranks, trained, optimizer, checkpoints


def train(folder, until, every=2):
    """Goes on from the newest checkpoint up to step `until`: the losses, and the step that it began with."""
    torch.use_deterministic_algorithms(True)
    with opened(folder) as (ranks, trained, optimizer, checkpoints):
        progress = checkpoints.load(trained, optimizer) or {"step": 0}
        losses = []
        for step in range(progress["step"], until):
            optimizer.param_groups[0]["lr"] = 1e-3 / (step + 1)
            losses.append(backward(trained, ranks))
            clip_gradients({"all": list(trained.parameters())}, 1.0, ranks)
            optimizer.step()
            optimizer.zero_grad()
            if (step + 1) % every == 0:
                checkpoints.save(step + 1, trained, optimizer, {"step": step + 1})
    return losses, progress["step"]


def steps(folder):
    return sorted(path.name for path in folder.glob("step-*"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The losses of one process that was never interrupted."""
    return train(tmp_path_factory.mktemp("whole"), 8)[0]


def test_resumed_twice_on_one_cpu_the_losses_are_bit_equal(tmp_path, whole):
    losses = []
    for until in (3, 5, 8):  # steps 2 and 4 are the newest checkpoints where the second and third begin
        found, first = train(tmp_path, until)
        losses = losses[:first] + found
    assert losses == whole


@pytest.mark.parametrize("ranks", [(2, 1), pytest.param((1, 2, 4, 1), marks=pytest.mark.slow)])
def test_any_number_of_ranks_goes_on(tmp_path, whole, ranks):
    losses = []
    for number, count in enumerate(ranks):
        (found, first), *others = launch(count, train, tmp_path, 2 * number + 2)
        assert first == 2 * number
        assert all(other == (found, first) for other in others)
        losses += found
    assert losses == pytest.approx(whole[: len(losses)], rel=1e-5)


def test_only_the_newest_are_kept(tmp_path):
    train(tmp_path, 5, every=1)
    assert steps(tmp_path) == ["step-00000004", "step-00000005"]
    assert len(steps(tmp_path)) == KEPT


def test_what_changes_after_save_is_not_in_the_checkpoint(tmp_path):
    with opened(tmp_path) as (ranks, trained, optimizer, checkpoints):
        backward(trained, ranks)
        optimizer.step()
        before = {name: weight.clone() for name, weight in trained.state_dict().items()}
        moments = [state["exp_avg"].clone() for state in optimizer.state.values()]
        told = {"step": 1, "guard": {"mean": 3.0}}
        checkpoints.save(1, trained, optimizer, told)
        told["guard"]["mean"] = 0.0
        with torch.no_grad():
            for weight in trained.parameters():
                weight.zero_()
            for state in optimizer.state.values():
                state["exp_avg"].zero_()
        checkpoints.save(2, trained, optimizer, told)  # the copy may be taken in the same memory
        checkpoints.close()
        (tmp_path / "step-00000002").rename(tmp_path / "elsewhere")
    with opened(tmp_path) as (_, trained, optimizer, checkpoints):
        assert checkpoints.load(trained, optimizer) == {"step": 1, "guard": {"mean": 3.0}}
        for name, weight in trained.state_dict().items():
            assert torch.equal(weight, before[name]), name
        for state, moment in zip(optimizer.state.values(), moments, strict=True):
            assert torch.equal(state["exp_avg"], moment)


def test_other_settings_are_refused(tmp_path):
    train(tmp_path, 2)
    with opened(tmp_path, "others") as (_, trained, optimizer, checkpoints):
        with pytest.raises(UserError, match="step-00000002: trained with other settings or data") as refused:
            checkpoints.load(trained, optimizer)
        assert "\n" not in str(refused.value)


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    with opened(tmp_path):
        assert (
            launch(2, refused, tmp_path)
            == [f"{tmp_path}: another run is training here; wait for its end, or stop it"] * 2
        )
    assert launch(2, refused, tmp_path) == [None, None]


def refused(folder):
    try:
        with opened(folder):
            pass
    except UserError as error:
        return str(error)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    assert launch(1, refused, tmp_path / "file" / "checkpoints")[0].startswith(f"{tmp_path}/file/checkpoints: ")


@contextmanager
def full_disk():
    """No file of this process can grow beyond 8 KiB."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**13, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("count", [1, 2])
def test_a_write_that_fails_is_one_line_at_the_next_save_and_nothing_is_left_of_it(tmp_path, count):
    for said, left in launch(count, fail, tmp_path):
        assert said.startswith(f"{tmp_path}: a checkpoint could not be written: ")
        assert "\n" not in said
        assert left == ["step-00000001"]


def fail(folder):
    train(folder, 1, every=1)
    with opened(folder) as (ranks, trained, optimizer, checkpoints):
        backward(trained, ranks)
        optimizer.step()
        with full_disk():
            checkpoints.save(2, trained, optimizer, {})
            with pytest.raises(UserError) as failed:
                checkpoints.save(3, trained, optimizer, {})
            ranks.barrier()
        return str(failed.value), steps(folder)


def test_a_damaged_checkpoint_is_named(tmp_path):
    train(tmp_path, 2)
    (file,) = newest(tmp_path).glob("*.distcp")
    whole, progress = file.read_bytes(), newest(tmp_path) / "progress.json"
    for damage in (lambda: file.write_bytes(whole[:1000]), file.unlink, progress.unlink):
        damage()
        with opened(tmp_path) as (_, trained, optimizer, checkpoints):
            with pytest.raises(UserError, match=r"step-00000002: cannot be read: .*; remove it") as refused:
                checkpoints.load(trained, optimizer)
            assert "\n" not in str(refused.value)


def test_a_checkpoint_that_a_kill_cut_short_is_not_one(tmp_path):
    train(tmp_path, 2)
    (tmp_path / "step-00000003.partial").mkdir()
    (tmp_path / "step-00000003.partial" / "__0_0.distcp").write_bytes(b"half")
    assert newest(tmp_path) == tmp_path / "step-00000002"
    assert train(tmp_path, 2) == ([], 2)
    assert steps(tmp_path) == ["step-00000002"]


@pytest.mark.slow
def test_killed_at_any_moment_the_newest_checkpoint_loads(tmp_path, whole):
    """A process that saves at every step is killed (SIGKILL) a random while after a checkpoint appeared."""
    rng = random.Random(0)
    code = (
        "import sys, pathlib; from tests.train.test_checkpoints import train; train(pathlib.Path(sys.argv[1]), 9999, 1)"
    )
    reached = 0
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        while process.poll() is None and _step(newest(tmp_path)) <= reached:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        reached = _step(newest(tmp_path))
        _, began = train(tmp_path, 0)
        assert began == reached
    alone = train(tmp_path / "alone", reached + 1)[0]
    assert train(tmp_path, reached + 1)[0] == alone[-1:]


def _step(checkpoint):
    return int(checkpoint.name.removeprefix("step-")) if checkpoint else 0


def test_a_process_alone_reads_the_model_in_any_type(tmp_path):
    launch(2, train, tmp_path, 2)
    checkpoint = newest(tmp_path)
    assert load_hf_config(checkpoint) == CONFIG
    loaded = {}
    for dtype in (torch.float32, torch.bfloat16):
        loaded[dtype] = empty_model(load_hf_config(checkpoint), dtype)
        load_model_weights(checkpoint, loaded[dtype])
    with opened(tmp_path) as (_, trained, optimizer, checkpoints):
        checkpoints.load(trained, optimizer)
        for name, weight in trained.state_dict().items():
            assert torch.equal(loaded[torch.float32].state_dict()[name], weight), name
            assert torch.equal(loaded[torch.bfloat16].state_dict()[name], weight.bfloat16()), name


def test_an_unfinished_phase_is_exported_from_its_newest_checkpoint(tmp_path, packed):
    train(tmp_path / "phase" / "checkpoints", 2)
    config = ExportConfig(phase=tmp_path / "phase", packs=packed.folder, output=tmp_path / "hf", dtype="float32")
    exported = load_model(export(config)).state_dict()
    expected = empty_model(CONFIG)
    load_model_weights(newest(tmp_path / "phase" / "checkpoints"), expected)
    assert all(torch.equal(exported[name], weight) for name, weight in expected.state_dict().items())


def test_the_final_model_is_what_one_process_writes(tmp_path):
    launch(2, finish, tmp_path / "sharded")
    save_model(model(), tmp_path / "plain")
    for name in ("model.safetensors", "config.json", "generation_config.json"):
        assert (tmp_path / "sharded" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    assert json.loads((tmp_path / "sharded" / "processor.json").read_text()) == {}
    assert load_model(tmp_path / "sharded").config == CONFIG
    assert load_file(tmp_path / "sharded" / "model.safetensors").keys() == model().state_dict().keys()


def finish(folder):
    with open_ranks() as ranks:
        trained = model()
        prepare(trained, ranks, Compute(), PackSize(tokens=64, patches=96, per_step=3))
        for _ in range(2):  # what is there is replaced
            write_final(trained, folder, ranks, lambda beside: (beside / "processor.json").write_text("{}"))


def test_a_final_model_that_does_not_fit_is_one_line_on_every_rank(tmp_path):
    for said in launch(2, finish_on_full_disk, tmp_path):
        assert said.startswith(f"{tmp_path / 'model'}: the model could not be written: ")
        assert "\n" not in said
    assert list(tmp_path.iterdir()) == []


def finish_on_full_disk(folder):
    with full_disk(), pytest.raises(UserError) as failed:
        finish(folder / "model")
    return str(failed.value)
