"""The demo: its configurations are sound and fit together, and it says what to do where it cannot run."""

from pathlib import Path

import pytest

from curation.config import load
from curation.errors import UserError
from model.config import load_config
from pipelines import cli, demo
from pipelines.calibrate import CalibrateConfig
from pipelines.curate import CurateConfig
from pipelines.estimate import EstimateConfig
from pipelines.fetch import FetchConfig
from pipelines.report.page import ReportConfig
from pipelines.synthesize import SynthConfig
from train.data.lengths import PackConfig
from train.evaluate import EvaluateConfig
from train.export import ExportConfig
from train.phase import Phase

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    "fetch": FetchConfig,
    "curate": CurateConfig,
    "calibrate": CalibrateConfig,
    "synth": SynthConfig,
    "pack": PackConfig,
    "train": Phase,
    "evaluate": EvaluateConfig,
    "export": ExportConfig,
    "report": ReportConfig,
}


def read(command: str, name: str):
    return load(ROOT / "configs/demo" / f"{name}.yaml", SCHEMAS[command])


@pytest.mark.parametrize(("command", "name", "what"), demo.STEPS)
def test_every_step_is_a_command_with_a_sound_configuration(command, name, what):
    assert command in cli.COMMANDS
    assert read(command, name)


OF_FOLDER = {"curate": CurateConfig, "worker": FetchConfig}
CONFIGS = sorted((ROOT / "configs").glob("*/*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=[f"{path.parent.name}/{path.name}" for path in CONFIGS])
def test_every_configuration_is_sound(path):
    """Of which job it is says its folder, or in the demo the step."""
    if path.parent.name == "model":
        assert load_config(path)
        return
    of_demo = {name: SCHEMAS[command] for command, name, _ in demo.STEPS} | {"estimate": EstimateConfig}
    assert load(path, OF_FOLDER.get(path.parent.name) or of_demo[path.stem])


def test_each_step_reads_what_an_earlier_one_writes():
    synth, pack = read("synth", "synth"), read("pack", "pack")
    shards = {f"{read('curate', 'curate').output}/shards", *(f"{synth.output}/{split}" for split in synth.splits)}
    assert {source.shards for source in pack.sources.values()} <= shards
    phases = [read("train", name) for command, name, _ in demo.STEPS if command == "train"]
    assert [phase.start for phase in phases] == [None, *(phase.output / "model" for phase in phases[:-1])]
    assert all(set(phase.mixture) <= set(pack.sources) for phase in phases)
    judged = read("evaluate", "evaluate")
    assert judged.model == phases[-1].output / "model"
    assert judged.shards in shards - {source.shards for source in pack.sources.values()}  # held out from training
    assert read("export", "export").phase == phases[-1].output
    assert read("report", "report").phases == tuple(phase.output for phase in phases)


def test_elsewhere_than_in_the_repository_it_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="run it from the root of the repository"):
        demo.run()


def test_a_step_that_fails_ends_it(monkeypatch, capfd):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(demo, "STEPS", (("pack", "missing", "a step that cannot be"), demo.STEPS[0]))
    with pytest.raises(UserError, match=r"`vlforge pack configs/demo/missing.yaml` failed"):
        demo.run()
    assert "== 2/2" not in capfd.readouterr().out
