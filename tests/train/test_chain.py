"""A chain is its phases, each told where to write and what to start from."""

from pathlib import Path

import pytest
import yaml

from curation.errors import ConfigError
from train.chain import load_phases

PHASE = {
    "packs": "packs",
    "mixture": {"captions": 1},
    "pack": {"tokens": 128, "patches": 128, "per_step": 1},
    "tokens": 1000,
    "optimizer": {"learning_rate": {"vision": 1e-3}},
}


def write(folder: Path, name: str, **settings: object) -> str:
    path = folder / name
    path.write_text(yaml.safe_dump(settings))
    return str(path)


@pytest.fixture
def chain(tmp_path: Path) -> str:
    write(tmp_path, "language.yaml", **PHASE)
    write(tmp_path, "clip.yaml", extends="language.yaml", objective="contrastive")
    write(tmp_path, "align.yaml", extends="language.yaml", tokens=2000)
    write(tmp_path, "visual.yaml", extends="align.yaml")
    names = ["language", "clip", "align", "visual"]
    files = [f"{name}.yaml" for name in names]
    return write(tmp_path, "chain.yaml", output="runs/x", start={"language": "Qwen"}, phases=files)


def test_each_phase_starts_from_what_is_held_so_far(chain):
    language, clip, align, visual = load_phases(chain)
    assert [phase.output for phase in (language, visual)] == [Path("runs/x/language"), Path("runs/x/visual")]
    assert language.start.language == Path("Qwen")
    assert clip.start.vision == Path("runs/x/language/model")
    assert clip.start.language is clip.start.model is None
    assert align.start.vision == Path("runs/x/clip/model")
    assert align.start.language == Path("runs/x/language/model")  # a contrastive model has no decoder to give
    assert visual.start.model == Path("runs/x/align/model")
    assert [phase.tokens for phase in (clip, align, visual)] == [1000, 2000, 2000]


def test_a_phase_may_say_otherwise(chain, tmp_path):
    write(tmp_path, "visual.yaml", **PHASE, output="elsewhere", start="released")
    visual = load_phases(chain)[-1]
    assert (visual.output, visual.start.model) == (Path("elsewhere"), Path("released"))


def test_the_settings_of_a_chain_go_over_those_of_its_phases(chain):
    phases = load_phases(chain, ["settings.seed=7", "settings.pack.per_step=4"])
    assert {(phase.seed, phase.pack.per_step, phase.pack.tokens) for phase in phases} == {(7, 4, 128)}


def test_two_phases_in_one_folder_are_refused(chain, tmp_path):
    phases = [f"{name}.yaml" for name in ("language", "clip", "language")]
    with pytest.raises(ConfigError, match=r"phases: language and language would be written to one folder, runs/x/lang"):
        load_phases(chain, [f"phases={phases}"])
    write(tmp_path, "language.yaml", **PHASE, output="runs/language")  # that the others extend
    with pytest.raises(ConfigError, match=r"language and clip would be written to one folder, runs/language"):
        load_phases(chain)


def test_some_phases_alone_keep_their_place(chain):
    (visual,) = load_phases(chain, ["only=[visual]"])
    assert visual.start.model == Path("runs/x/align/model")
    with pytest.raises(ConfigError, match=r"only: viusal: the phases are language, clip, align, visual"):
        load_phases(chain, ["only=[viusal]"])


def test_one_phase_is_a_file_of_its_own(tmp_path):
    path = write(tmp_path, "one.yaml", **PHASE, output="runs/one")
    (one,) = load_phases(path, ["tokens=50"])
    assert (one.output, one.tokens) == (Path("runs/one"), 50)


def test_a_mistake_in_a_phase_names_its_file(chain, tmp_path):
    write(tmp_path, "align.yaml", **PHASE, tokns=3)
    with pytest.raises(ConfigError, match=r"align\.yaml: tokns: there is no such setting"):
        load_phases(chain)
