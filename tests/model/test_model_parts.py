"""Models that start from parts of others, with transformers' Qwen2 as the oracle of what a language model says."""

import json
import os
import shutil

import pytest
import torch

from model.checkpoint import CheckpointError, new_model, save_model
from model.contrastive import ContrastiveConfig
from model.loss import logits
from model.pack import pack
from model.parts import load_parts
from tests.model.conftest import randomised


@pytest.fixture(scope="module")
def contrastive_config(config) -> ContrastiveConfig:
    return ContrastiveConfig(vision=config.vision, text=config.text, embed_size=24, initializer_range=0.2)


@pytest.fixture(scope="module")
def contrastive(contrastive_config, tmp_path_factory):
    """A folder with a contrastive model."""
    folder = tmp_path_factory.mktemp("contrastive") / "model"
    save_model(randomised(new_model(contrastive_config, seed=7)), folder)
    return folder


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory):
    """A folder with a vision-language model."""
    folder = tmp_path_factory.mktemp("whole") / "model"
    save_model(model, folder)
    return folder


@pytest.fixture
def qwen2(transformers, config, tmp_path):
    """A factory: a folder with a Qwen2 language model, and transformers' model of it."""

    def make(**settings):
        text = config.text
        same = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
        values = {name: getattr(text, name) for name in same} | {
            "vocab_size": text.vocab_size,
            "rms_norm_eps": text.rms_norm_eps,
            "rope_parameters": {"rope_theta": text.rope_theta, "rope_type": "default"},
            "tie_word_embeddings": text.tie_word_embeddings,
            "initializer_range": 0.2,
        }
        torch.manual_seed(3)
        oracle = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**values | settings)).eval()
        with torch.no_grad():
            for weight in oracle.parameters():
                if weight.dim() == 1:
                    weight.add_(torch.randn(weight.shape), alpha=0.2)
        folder = tmp_path / "qwen2"
        oracle.save_pretrained(folder)
        return folder, oracle

    return make


def said(model, document) -> torch.Tensor:
    return logits(model(pack([document], model.config)), model.output_weight)


@torch.no_grad()
def expected(oracle, document) -> torch.Tensor:
    return oracle(input_ids=torch.from_numpy(document.input_ids)[None]).logits[0]


def test_a_language_model_says_the_same_on_text(qwen2, config, document):
    folder, oracle = qwen2()
    model = new_model(config, seed=0)
    assert load_parts(model, language=folder) == ["vision", "merger"]
    text = document(text=30)
    torch.testing.assert_close(said(model, text), expected(oracle, text), atol=1e-4, rtol=1e-4)


def test_the_older_config_says_rope_theta_at_its_top(qwen2, config):
    folder, _ = qwen2()
    saved = json.loads((folder / "config.json").read_text())
    saved |= {"rope_theta": saved.pop("rope_parameters")["rope_theta"], "rope_scaling": None}
    (folder / "config.json").write_text(json.dumps(saved))
    assert load_parts(new_model(config, seed=0), language=folder) == ["vision", "merger"]


def tied(config):
    return config.model_copy(update={"text": config.text.model_copy(update={"tie_word_embeddings": True})})


def test_scores_tied_to_the_embeddings_stay_tied(qwen2, config, document):
    folder, oracle = qwen2(tie_word_embeddings=True)
    model = new_model(tied(config), seed=0)
    load_parts(model, language=folder)
    text = document(text=30)
    torch.testing.assert_close(said(model, text), expected(oracle, text), atol=1e-4, rtol=1e-4)


def test_tied_scores_become_untied_ones(qwen2, config, document):
    folder, oracle = qwen2(tie_word_embeddings=True)
    model = new_model(config, seed=0)
    load_parts(model, language=folder)
    text = document(text=30)
    torch.testing.assert_close(said(model, text), expected(oracle, text), atol=1e-4, rtol=1e-4)


def test_untied_scores_do_not_go_into_a_tied_model(qwen2, config):
    folder, _ = qwen2()
    with pytest.raises(CheckpointError, match="its lm_head is not its embeddings"):
        load_parts(new_model(tied(config), seed=0), language=folder)


def test_a_longer_vocabulary_is_cut_to_the_rows_of_the_model(qwen2, config, document):
    folder, oracle = qwen2(vocab_size=128)
    model = new_model(config, seed=0)
    assert load_parts(model, language=folder) == ["vision", "merger"]
    text = document(text=30)
    torch.testing.assert_close(said(model, text), expected(oracle, text)[:, :96], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("tie", [True, False])
def test_further_rows_of_the_model_stay_fresh_and_are_told(qwen2, config, document, tie):
    folder, oracle = qwen2(vocab_size=64, tie_word_embeddings=tie)
    model, fresh = new_model(config, seed=0), new_model(config, seed=0)
    assert load_parts(model, language=folder) == ["vision", "merger", "language: rows 64 to 95 of the vocabulary"]
    assert torch.equal(model.model.embed_tokens.weight[64:], fresh.model.embed_tokens.weight[64:])
    assert torch.equal(model.lm_head.weight[64:], fresh.lm_head.weight[64:])
    assert torch.equal(model.lm_head.weight[:64], oracle.lm_head.weight)


def test_the_vit_of_a_contrastive_model(contrastive, contrastive_config, config):
    model, fresh = (new_model(config, seed=0) for _ in range(2))
    assert load_parts(model, vision=contrastive) == ["merger", "language"]
    source = randomised(new_model(contrastive_config, seed=7)).visual.state_dict()
    assert all(torch.equal(model.visual.state_dict()[name], weight) for name, weight in source.items())
    kept = {name for name in fresh.state_dict() if not name.startswith(("visual.blocks", "visual.patch_embed"))}
    assert all(torch.equal(model.state_dict()[name], fresh.state_dict()[name]) for name in kept)


def test_vit_and_decoder_from_two_folders(contrastive, qwen2, config):
    folder, _ = qwen2()
    assert load_parts(new_model(config, seed=0), vision=contrastive, language=folder) == ["merger"]


def test_parts_of_a_vision_language_model(whole, model, config, contrastive_config):
    other = new_model(config, seed=5)
    assert load_parts(other, vision=whole, language=whole) == ["merger"]
    own, source = other.state_dict(), model.state_dict()
    assert all(torch.equal(own[name], source[name]) for name in own if not name.startswith("visual.merger"))
    assert not torch.equal(own["visual.merger.mlp.0.weight"], source["visual.merger.mlp.0.weight"])
    assert load_parts(new_model(contrastive_config, seed=0), vision=whole) == ["text", "head"]


def test_a_whole_model_leaves_nothing_fresh(whole, model, config, contrastive, contrastive_config):
    other = new_model(config, seed=5)
    assert load_parts(other, whole) == []
    assert all(torch.equal(a, b) for a, b in zip(other.parameters(), model.parameters(), strict=True))
    assert load_parts(new_model(contrastive_config, seed=0), contrastive) == []


def test_without_folders_every_part_is_fresh(config, contrastive_config):
    assert load_parts(new_model(config, seed=0)) == ["vision", "merger", "language"]
    assert load_parts(new_model(contrastive_config, seed=0)) == ["vision", "text", "head"]


def changed(config, part, **settings):
    return type(config).model_validate(config.model_dump() | {part: getattr(config, part).model_dump() | settings})


@pytest.mark.parametrize(
    ("part", "settings", "message"),
    [
        ("vision", {"fullatt_block_indexes": (0,)}, r"vision_config: fullatt_block_indexes is \(1,\), not \(0,\)"),
        ("vision", {"depth": 4}, "vision_config: depth is 3, not 4"),
        ("text", {"num_key_value_heads": 4}, "the decoder: num_key_value_heads is 2, not 4"),
        ("text", {"rope_theta": 1e4}, "the decoder: rope_theta is 1000000.0, not 10000.0"),
    ],
)
def test_weights_of_another_architecture_are_refused(whole, config, part, settings, message):
    """Where their shapes agree, too."""
    start = {"vision": {"vision": whole}, "text": {"language": whole}}[part]
    with pytest.raises(CheckpointError, match=message):
        load_parts(new_model(changed(config, part, **settings), seed=0), **start)


def test_a_qwen2_that_computes_otherwise_is_refused(qwen2, config):
    folder, _ = qwen2()
    saved = json.loads((folder / "config.json").read_text())
    for setting, message in (
        ({"use_sliding_window": True}, "use_sliding_window: True is not supported"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e6}}, "rope_scaling: 'yarn' is not supported"),
    ):
        (folder / "config.json").write_text(json.dumps(saved | setting))
        with pytest.raises(CheckpointError, match=message):
            load_parts(new_model(config, seed=0), language=folder)


def test_a_part_that_is_not_there_is_named(contrastive, contrastive_config, whole, config, tmp_path):
    with pytest.raises(CheckpointError, match=r"no config\.json there"):
        load_parts(new_model(config, seed=0), vision=tmp_path)
    with pytest.raises(CheckpointError, match="model_type: 'vlforge_contrastive' is not supported"):
        load_parts(new_model(config, seed=0), language=contrastive)
    with pytest.raises(CheckpointError, match="a contrastive model has a text tower of its own"):
        load_parts(new_model(contrastive_config, seed=0), language=whole)


def test_a_damaged_file_is_named(contrastive, config, tmp_path):
    shutil.copytree(contrastive, tmp_path / "damaged")
    os.truncate(tmp_path / "damaged" / "model.safetensors", 5000)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: damaged: "):
        load_parts(new_model(config, seed=0), vision=tmp_path / "damaged")
