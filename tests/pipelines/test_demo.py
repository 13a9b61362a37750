"""The demo: its configurations are sound and fit together, and it says what to do where it cannot run."""

from pathlib import Path

import pytest

from curation.config import load
from curation.errors import UserError
from model.config import load_config
from model.contrastive import ContrastiveConfig
from pipelines import cli, demo
from pipelines.calibrate import CalibrateConfig
from pipelines.convert import ConvertConfig
from pipelines.curate import CurateConfig
from pipelines.estimate import EstimateConfig
from pipelines.fetch import FetchConfig
from pipelines.label import LabelConfig
from pipelines.report.page import ReportConfig
from pipelines.synthesize import SynthConfig
from pipelines.tables import TablesConfig
from train.chain import Chain, load_phases
from train.data.lengths import PackConfig
from train.evaluate import EvaluateConfig
from train.export import ExportConfig
from train.phase import Start

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    "fetch": FetchConfig,
    "curate": CurateConfig,
    "calibrate": CalibrateConfig,
    "synth": SynthConfig,
    "pack": PackConfig,
    "train": Chain,
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


# Those of training have a test of their own.
OF_FOLDER = {"curate": CurateConfig, "worker": FetchConfig, "synth": SynthConfig}
CONFIGS = sorted(path for path in (ROOT / "configs").glob("*/*.yaml") if path.parent.name != "train")


@pytest.mark.parametrize("path", CONFIGS, ids=[f"{path.parent.name}/{path.name}" for path in CONFIGS])
def test_every_configuration_is_sound(path):
    """Of which job it is says its folder, or in the demo the step."""
    if path.parent.name == "model":
        assert load(path, ContrastiveConfig) if path.stem.startswith("clip-") else load_config(path)
        return
    of_name = {
        "inputs": FetchConfig,
        "report": ReportConfig,
        "convert": ConvertConfig,
        "label": LabelConfig,
        "tables": TablesConfig,
    }
    of_demo = {name: SCHEMAS[command] for command, name, _ in demo.STEPS} | {"estimate": EstimateConfig}
    assert load(path, of_name.get(path.stem) or OF_FOLDER.get(path.parent.name) or of_demo[path.stem])


def test_each_step_reads_what_an_earlier_one_writes():
    synth, pack = read("synth", "synth"), read("pack", "pack")
    shards = {f"{read('curate', 'curate').output}/shards", *(f"{synth.output}/{split}" for split in synth.recipes)}
    assert {source.shards for source in pack.sources.values()} <= shards
    packs = {pack.output: pack for pack in (read("pack", "pack"), read("pack", "pack-long"))}
    phases = load_phases(ROOT / "configs/demo/train.yaml")
    done = [phase.output / "model" for phase in phases]
    assert [phase.start for phase in phases[:3]] == [
        Start(),
        Start(vision=done[0]),
        Start(vision=done[1], language=done[0]),  # a contrastive phase has no decoder to hand on
    ]
    assert [phase.start for phase in phases[3:]] == [Start(model=model) for model in done[2:-1]]
    for phase in phases:
        assert set(phase.mixture) <= set(packs[phase.packs].sources)
        assert phase.pack.tokens >= packs[phase.packs].sequence
    judged = read("evaluate", "evaluate")
    assert judged.model == phases[-1].output / "model"
    assert judged.shards in shards - {source.shards for source in pack.sources.values()}  # held out from training
    assert read("export", "export").phase == phases[-1].output
    assert read("report", "report").phases == (phases[0].output.parent,)


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
