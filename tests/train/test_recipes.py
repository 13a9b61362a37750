"""The recipes of the report: every file is checked by its schema, and says what the report says (section 2)."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from curation.config import load, read
from curation.errors import ConfigError
from model.config import load_config
from model.contrastive import ContrastiveConfig
from train.chain import load_phases
from train.data.lengths import PackConfig
from train.phase import Phase

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = ["contrastive", "alignment", "end_to_end", "visual", "multimodal", "long", "sft"]
SIZES = ["3b", "7b", "72b"]
PACKS = {"runs/packs": "pack.yaml", "runs/packs-long": "pack-long.yaml"}
CELL = 28**2  # pixels of one LLM token
ALL = {"vision", "merger", "language"}


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CONFIGS.parent)  # paths in the files are from there


def chain(size: str) -> dict[str, Phase]:
    return {phase.output.name: phase for phase in load_phases(CONFIGS / f"train/{size}.yaml")}


def without(phase: Phase, *names: str) -> dict[str, Any]:
    return phase.model_dump(exclude={"output", "start", "model", *names})


# --- what the report gives ---


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "tokens", "sequence", "learns"),
    [
        ("visual", 1.5e12, 8192, {"vision", "merger"}),
        ("multimodal", 2e12, 8192, ALL),
        ("long", 0.6e12, 32768, ALL),
    ],
)
def test_the_phases_of_pretraining_are_those_of_table_2(
    size: str, name: str, tokens: float, sequence: int, learns: set[str]
) -> None:
    phase = chain(size)[name]
    assert (phase.tokens, phase.pack.tokens) == (tokens, sequence)
    assert set(phase.optimizer.learning_rate) == learns


def test_each_phase_of_pretraining_adds_kinds_of_data_to_the_one_before() -> None:
    kinds = [set(chain("3b")[name].mixture) for name in ("visual", "multimodal", "long")]
    assert kinds[0] == {"captions", "knowledge", "ocr"}
    assert kinds[1] - kinds[0] == {"text", "interleaved", "vqa", "video", "grounding", "agent"}
    assert kinds[2] - kinds[1] == {"long_video", "long_agent", "long_document"}
    assert kinds[0] < kinds[1] < kinds[2]


@pytest.mark.parametrize("size", SIZES)
def test_the_vit_begins_contrastively_is_aligned_and_then_all_learn(size: str) -> None:
    phases = chain(size)
    assert list(phases) == NAMES
    assert [phases[name].objective for name in NAMES] == ["contrastive", *["next token"] * 6]
    assert set(phases["alignment"].optimizer.learning_rate) == {"merger"}
    assert set(phases["end_to_end"].optimizer.learning_rate) == ALL


@pytest.mark.parametrize("size", SIZES)
def test_fine_tuning_leaves_the_vit_alone_and_is_half_text(size: str) -> None:
    phase = chain(size)["sft"]
    assert "vision" not in phase.optimizer.learning_rate
    weights = {name: share.weight or 0 for name, share in phase.mixture.items()}
    assert weights["sft_text"] == sum(weights.values()) / 2


def test_videos_of_the_long_phases_keep_to_the_caps() -> None:
    video = load(CONFIGS / "train/pack-long.yaml", PackConfig).video
    assert (video.max_frames, video.max_tokens) == (768, 24_576)


# --- what must fit together ---


@pytest.mark.parametrize("size", SIZES)
def test_each_phase_starts_from_the_one_before_and_the_first_decoder_is_qwens(size: str) -> None:
    phases = chain(size)
    assert phases["contrastive"].start.model_dump(exclude_none=True) == {}
    start = phases["alignment"].start
    assert (start.vision, start.model) == (Path(f"runs/{size}/contrastive/model"), None)
    assert start.language == Path(f"Qwen2.5-{size.upper()}")
    for before, after in pairwise(NAMES[1:]):
        assert phases[after].start.model == Path(f"runs/{size}/{before}/model")


@pytest.mark.parametrize("size", SIZES)
def test_the_contrastive_vit_is_that_of_the_model(size: str) -> None:
    phases = chain(size)
    assert {phases[name].model for name in NAMES[1:]} == {Path(f"configs/model/{size}.yaml")}
    path = phases["contrastive"].model
    assert path is not None
    assert load(path, ContrastiveConfig).vision == load_config(f"configs/model/{size}.yaml").vision


def test_the_demos_contrastive_vit_is_that_of_its_model() -> None:
    towers = load(CONFIGS / "model/clip-nano.yaml", ContrastiveConfig)
    model = load_config(CONFIGS / "model/nano.yaml")
    assert towers.vision == model.vision
    assert towers.text.vocab_size == model.text.vocab_size


@pytest.mark.parametrize("name", NAMES)
def test_the_sizes_differ_in_model_rates_and_compute_alone(name: str) -> None:
    first, *others = (chain(size)[name] for size in SIZES)
    for other in others:
        assert without(other, "optimizer", "compute") == without(first, "optimizer", "compute")
        assert other.optimizer.model_dump(exclude={"learning_rate"}) == first.optimizer.model_dump(
            exclude={"learning_rate"}
        )
        assert set(other.optimizer.learning_rate) == set(first.optimizer.learning_rate)
        assert other.compute.dtype == "bfloat16"


@pytest.mark.parametrize("name", NAMES)
def test_whatever_was_packed_fits_into_a_pack(name: str) -> None:
    phase = chain("3b")[name]
    packs = load(CONFIGS / "train" / PACKS[str(phase.packs)], PackConfig)
    assert set(phase.mixture) <= set(packs.sources)
    assert packs.sequence <= phase.pack.tokens
    assert packs.max_pixels // CELL <= packs.sequence
    assert packs.video.max_tokens <= packs.sequence
    assert phase.pack.patches >= 4 * packs.sequence  # a document may be all picture: four patches a token


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_of_a_mixture_add_up(name: str) -> None:
    assert sum(share.weight or 0 for share in chain("3b")[name].mixture.values()) == pytest.approx(1)


@pytest.mark.parametrize("path", sorted((CONFIGS / "train/phases").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_phase_can_be_run_alone(path: Path) -> None:
    values = read(path, ["output=runs/alone"])
    assert load(path, Phase, ["output=runs/alone"]).output == Path("runs/alone")
    assert "extends" not in values


def test_the_demo_goes_through_the_same_phases() -> None:
    phases = {phase.output.name: phase for phase in load_phases(CONFIGS / "demo/train.yaml")}
    assert list(phases) == ["language", *NAMES]  # its decoder starts without Qwen2.5's weights
    for name, phase in phases.items():
        if name != "language":
            assert set(phase.optimizer.learning_rate) == set(chain("3b")[name].optimizer.learning_rate)


# --- the settings of one phase of a chain ---


def test_the_settings_of_one_phase_go_over_those_of_all() -> None:
    overrides = ["settings.seed=1", "settings_of.long.seed=2"]
    seeds = {phase.output.name: phase.seed for phase in load_phases(CONFIGS / "train/3b.yaml", overrides)}
    assert seeds == dict.fromkeys(NAMES, 1) | {"long": 2}


def test_settings_of_a_phase_that_is_not_there_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"settings_of: lnog: the phases are contrastive, alignment"):
        load_phases(CONFIGS / "train/3b.yaml", ["settings_of.lnog.seed=2"])
