"""A phase on any number of ranks is the same phase: losses, gradient norms, and what a killed one goes on with."""

import os
import signal

import pytest
import torch
from torch.multiprocessing.spawn import ProcessExitedException

from model.checkpoint import load_model
from tests.train.ranks import launch
from train.logs import LOG, read_lines
from train.loop import Run, train


def trained(phase):
    """Loss and gradient norm of each step."""
    train(phase)
    return [(row["loss"], row["gradient_norm"]) for row in read_lines(phase.output / LOG)]


def killed(phase, step):
    """Trains, and dies (SIGKILL) where `step` would begin."""
    take = Run._step

    def die_or_take(run, this, *args):
        if this.number == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return take(run, this, *args)

    Run._step = die_or_take
    train(phase)


def assert_same(found, expected):
    assert len(found) == len(expected)
    for row, other in zip(found, expected, strict=True):
        assert row == pytest.approx(other, rel=1e-4)


@pytest.mark.parametrize("context", [1, 2])
def test_two_ranks_train_as_one(phase, tmp_path, context):
    """Each with packs of its own, or both with parts of the same pack."""
    alone = trained(phase(output=tmp_path / "alone"))
    run = phase(output=tmp_path / "two", loading={"workers": 1}, compute={"context": context})
    for found in launch(2, trained, run):
        assert_same(found, alone)


def test_what_two_ranks_began_one_finishes(phase, tmp_path, capsys):
    """With the frozen ViT that it had, too."""
    frozen = {"learning_rate": {"merger": 1e-3, "language": 3e-3}}
    alone = trained(phase(output=tmp_path / "alone", optimizer=frozen))
    run = phase(output=tmp_path / "two", optimizer=frozen)
    with pytest.raises(ProcessExitedException, match="SIGKILL"):
        launch(2, killed, run, 5)
    assert_same(trained(run), alone)
    visual = [load_model(tmp_path / name / "model").visual.blocks.state_dict() for name in ("alone", "two")]
    assert all(torch.equal(weight, visual[1][name]) for name, weight in visual[0].items())
    assert "going on with step" in capsys.readouterr().out
