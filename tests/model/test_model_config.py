import json
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from curation.errors import ConfigError
from model.checkpoint import released_name
from model.config import ModelConfig, load_config
from model.qwen import QwenVL

CONFIGS = Path(__file__).parents[2] / "configs" / "model"
NAMES = ["nano", "3b", "7b", "32b", "72b"]


def changed(config: ModelConfig, part: str | None, **values) -> dict:
    fields = config.model_dump()
    (fields[part] if part else fields).update(values)
    return fields


@pytest.mark.parametrize("name", NAMES)
def test_round_trip_through_the_released_config(name):
    config = load_config(CONFIGS / f"{name}.yaml")
    assert ModelConfig.from_hf(json.loads(json.dumps(config.to_hf()))) == config


@pytest.mark.parametrize("name", NAMES)
def test_transformers_opens_the_config_and_we_open_what_it_saves(name, transformers, tmp_path):
    config = load_config(CONFIGS / f"{name}.yaml")
    (tmp_path / "config.json").write_text(json.dumps(config.to_hf()))
    opened = transformers.Qwen2_5_VLConfig.from_pretrained(tmp_path)
    assert opened.text_config.rms_norm_eps == 1e-6
    assert opened.text_config.rope_parameters["mrope_section"] == list(config.text.mrope_section)
    assert opened.text_config.rope_parameters["rope_theta"] == 1e6
    assert opened.vision_config.tokens_per_second == 2
    assert opened.tie_word_embeddings == config.text.tie_word_embeddings
    opened.save_pretrained(tmp_path / "saved")
    assert ModelConfig.from_hf(json.loads((tmp_path / "saved" / "config.json").read_text())) == config


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_of_transformers(name, transformers):
    config = load_config(CONFIGS / f"{name}.yaml")
    with torch.device("meta"):
        ours = QwenVL(config)
        theirs = transformers.Qwen2_5_VLForConditionalGeneration(transformers.Qwen2_5_VLConfig(**config.to_hf()))
    expected = {released_name(key): weight.shape for key, weight in theirs.state_dict().items()}
    if config.text.tie_word_embeddings:
        expected.pop("lm_head.weight")
    assert {key: weight.shape for key, weight in ours.state_dict().items()} == expected


@pytest.mark.parametrize(("name", "billions"), [("3b", 3.755), ("7b", 8.292), ("32b", 33.45), ("72b", 73.41)])
def test_parameter_counts(name, billions):
    with torch.device("meta"):
        model = QwenVL(load_config(CONFIGS / f"{name}.yaml"))
    assert sum(weight.numel() for weight in model.parameters()) / 1e9 == pytest.approx(billions, abs=0.005)


@pytest.mark.parametrize(
    ("part", "values", "message"),
    [
        ("text", {"mrope_section": (2, 3, 4)}, "mrope_section: .* does not sum to head size / 2 = 8"),
        ("text", {"num_key_value_heads": 3}, "num_attention_heads: 4 is not a multiple"),
        ("vision", {"fullatt_block_indexes": (3,)}, "are not rising layers below depth 3"),
        ("vision", {"num_heads": 3}, "hidden_size: 32 is not a multiple"),
        ("vision", {"window_size": 100}, "window_size: 100 is not a multiple"),
        (None, {"eos_token_id": 96}, "eos_token_id: 96 is not below vocab_size 96"),
        (None, {"video_token_id": 4}, "must differ"),
        ("text", {"dropout": 0.1}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_field_is_named(config, part, values, message):
    with pytest.raises(ValidationError, match=message):
        ModelConfig.model_validate(changed(config, part, **values))


def test_a_config_that_asks_for_what_the_model_does_not_do_is_refused(config):
    with pytest.raises(ConfigError, match="use_sliding_window: True is not supported"):
        ModelConfig.from_hf({**config.to_hf(), "use_sliding_window": True})


def test_a_missing_key_is_named(config):
    released = config.to_hf()
    del released["intermediate_size"]
    with pytest.raises(ConfigError, match=r"config\.json: missing intermediate_size"):
        ModelConfig.from_hf(released)
