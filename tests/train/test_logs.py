"""The log of a run: every step once, whatever is killed and resumed; the same numbers wherever they are shown."""

import errno
import io
import json
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing import event_accumulator  # type: ignore[import-untyped]

from curation.errors import UserError
from train.logs import LOG, Log, Row, StepLines, progress, read_lines


def row(step: int, **more: Any) -> Row:
    usual: dict[str, Any] = {
        **{"step": step, "done": 1000 * (step + 1), "loss": 7.0 - step / 10, "gradient_norm": 1.5},
        **{"tokens": 1000, "patches": 2000, "fill_tokens": 0.99, "fill_patches": 0.5, "flops": 1e9},
        **{"data_seconds": 0.1, "step_seconds": 0.9, "tokens_per_second": 1000.0},
    }
    return Row(**usual | more)


def write(folder: Path, *rows: Row, first: int = 0, asked: int = 100_000, **more: Any) -> None:
    with Log(folder, first, asked, **more) as log:
        for each in rows:
            log.write(each)


def steps(path: Path) -> list[int]:
    return [each["step"] for each in read_lines(path)]


@pytest.fixture(autouse=True)
def _without_wandb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_PROJECT", raising=False)


def test_a_step_is_one_flat_line_under_the_names_of_the_report(tmp_path: Path) -> None:
    parts = {"gradients": {"vision": 0.5}, "rates": {"vision": 1e-3}, "extra": {"retrieval/text": 0.25}}
    sources = {"losses_by_source": {"ocr": 6.5, "text": None}, "tokens_by_source": {"ocr": 1000, "text": 0}}
    write(tmp_path, row(0, losses_by_task={"chart": 6.5}, mfu=0.4, memory=70.0, **parts, **sources))
    [found] = read_lines(tmp_path / LOG)
    assert found == {
        **{"step": 0, "done": 1000, "loss": 7.0, "gradient_norm": 1.5, "tokens": 1000, "patches": 2000, "flops": 1e9},
        **{"fill/tokens": 0.99, "fill/patches": 0.5, "data_seconds": 0.1, "step_seconds": 0.9},
        **{"tokens_per_second": 1000.0, "mfu": 0.4, "memory": 70.0, "skipped": 0, "replaced": 0},
        **{"loss/source/ocr": 6.5, "loss/source/text": None, "loss/task/chart": 6.5},
        **{"tokens/source/ocr": 1000, "tokens/source/text": 0},
        **{"gradient/vision": 0.5, "rate/vision": 1e-3, "retrieval/text": 0.25},
    }


def test_a_loss_that_is_no_number_is_still_json(tmp_path: Path) -> None:
    write(tmp_path, row(0, loss=float("nan"), gradient_norm=float("inf"), skipped=True))
    [line] = (tmp_path / LOG).read_text().splitlines()
    found = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert (found["loss"], found["gradient_norm"], found["skipped"]) == (None, None, 1)


def test_a_resumed_run_forgets_the_steps_that_it_runs_again(tmp_path: Path) -> None:
    write(tmp_path, *map(row, range(6)))
    write(tmp_path, row(4, loss=1.0), first=4)
    assert steps(tmp_path / LOG) == [0, 1, 2, 3, 4]
    write(tmp_path, row(3), first=3)  # and once more, from an earlier checkpoint
    assert steps(tmp_path / LOG) == [0, 1, 2, 3]


@pytest.mark.parametrize("cut", ['{"step": 3, "lo', '{"step": 3}', "\0\0\0\0\n", "7\n"])
def test_a_line_that_a_kill_cut_short_is_left_out_and_written_anew(tmp_path: Path, cut: str) -> None:
    path = tmp_path / LOG
    write(tmp_path, *map(row, range(3)))
    with path.open("a") as file:
        file.write(cut)
    assert steps(path) == [0, 1, 2]
    write(tmp_path, row(3), row(4), first=3)
    assert steps(path) == [0, 1, 2, 3, 4]
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_there_are_no_rows_before_a_run(tmp_path: Path) -> None:
    assert list(read_lines(tmp_path / "none.jsonl")) == []


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lines = StepLines(tmp_path / LOG, 0)
    monkeypatch.setattr(lines, "file", Full())
    with pytest.raises(UserError, match=r"log\.jsonl: No space left on device$"):
        lines.append({"step": 0})


def test_a_full_disk_below_tensorboard_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter.add_scalar", full)
    with pytest.raises(UserError, match=r"tensorboard: No space left on device$"), Log(tmp_path, 0, 1000) as log:
        log.write(row(0))


def test_tensorboard_shows_each_step_once_after_a_resume(tmp_path: Path) -> None:
    write(tmp_path, *map(row, range(4)))
    write(tmp_path, row(2, loss=1.0), row(3, loss=float("nan"), skipped=True), first=2)
    board = event_accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    assert [(each.step, round(each.value, 3)) for each in board.Scalars("loss")] == [(0, 7.0), (1, 6.9), (2, 1.0)]
    assert "fill/patches" in board.Tags()["scalars"]


def test_only_the_first_rank_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "run", row(0), writes=False)
    assert not (tmp_path / "run").exists()
    assert capsys.readouterr().out == ""


def test_the_screen_shows_the_first_step_and_the_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "visual", *map(row, range(3)), asked=3000)
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("visual: step 0  1,000/3,000 tokens  loss 7.000")
    assert last.startswith("visual: step 2  3,000/3,000 tokens  loss 6.800")
    assert last.endswith("0 min 0 s left")


def test_a_line_of_progress_says_where_the_run_is_and_how_fast() -> None:
    line = progress(row(1199, done=34_100_000_000, tokens_per_second=123456.0, mfu=0.452), int(2e12), 3.5 * 86400)
    assert line == (
        "step 1,199  34.10B/2.00T tokens  loss -112.900  gradient 1.50  123,456 tokens/s  MFU 45.2%"
        "  filled 99.0% and 50.0%  3 d 12 h left"
    )
    assert "MFU" not in progress(row(0), 2000, 60)
    assert "skipped  2 h 5 min left" in progress(row(0, skipped=True), 2000, 7500)


# --- Weights & Biases, as far as its interface goes ---

STAND_IN = """
import json, os

class Error(Exception):
    pass

class Run:
    def log(self, values, step):
        note("log", step=step, values=values)
    def finish(self, exit_code):
        note("finish", exit_code=exit_code)

def note(call, **what):
    with open(os.environ["CALLS"], "a") as file:
        file.write(json.dumps({"call": call, **what}) + "\\n")

def init(**settings):
    if os.environ["WANDB_PROJECT"] == "refused":
        raise Error("api_key not configured\\n(no-tty)")
    note("init", **settings)
    return Run()
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/wandb.py").write_text(textwrap.dedent(STAND_IN))
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    monkeypatch.setenv("CALLS", str(tmp_path / "calls.jsonl"))
    monkeypatch.setenv("WANDB_PROJECT", "vlforge")
    return tmp_path / "calls.jsonl"


def test_weights_and_biases_is_told_what_the_log_is(calls: Path, tmp_path: Path) -> None:
    write(tmp_path / "3b/visual", row(0), row(1, loss=float("nan")), settings={"seed": 3})
    begun, first, second, finished = map(json.loads, calls.read_text().splitlines())
    assert begun["config"] == {"seed": 3}
    assert (begun["name"], begun["group"]) == ("visual", "3b")
    logged = {name: value for name, value in row(0).values().items() if value is not None}
    assert (first["step"], first["values"]) == (0, logged)
    assert second["step"] == 1
    assert "loss" not in second["values"]
    assert finished == {"call": "finish", "exit_code": 0}


def test_a_resumed_phase_goes_on_with_its_run_and_a_new_one_begins_its_own(calls: Path, tmp_path: Path) -> None:
    for first in (0, 5, 0):
        write(tmp_path / "visual", row(first), first=first)
    begun = [call for call in map(json.loads, calls.read_text().splitlines()) if call["call"] == "init"]
    assert all(call["resume"] == "allow" for call in begun)
    assert begun[0]["id"] == begun[1]["id"] != begun[2]["id"]


def test_a_run_that_fails_is_marked_so(calls: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError), Log(tmp_path / "visual", 0, 1000):
        raise UserError("the loss is nan")
    assert json.loads(calls.read_text().splitlines()[-1]) == {"call": "finish", "exit_code": 1}


def test_nobody_asks_weights_and_biases_without_its_own_environment(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_PROJECT")
    write(tmp_path / "visual", row(0))
    assert not calls.exists()
    assert "wandb" not in sys.modules


def test_a_refusal_of_weights_and_biases_is_one_line(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_PROJECT", "refused")
    with pytest.raises(UserError, match=r"^Weights & Biases: api_key not configured \(no-tty\) \(unset WANDB_PROJECT"):
        Log(tmp_path / "visual", 0, 1000)


def test_a_wish_for_weights_and_biases_without_the_package_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_PROJECT", "vlforge")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    write(tmp_path / "visual", row(0))
    assert "wandb is not installed" in capsys.readouterr().out
    assert steps(tmp_path / "visual" / LOG) == [0]
