import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.checkpoint import (
    CheckpointError,
    load_model,
    new_model,
    released_name,
    save_model,
    write_model,
    written_aside,
)


def rewrite(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")


@pytest.fixture
def saved(model, tmp_path):
    save_model(model, tmp_path / "saved")
    return tmp_path / "saved"


def same(a, b) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_round_trip(model, saved):
    loaded = load_model(saved)
    assert loaded.config == model.config
    assert same(loaded.state_dict(), model.state_dict())


def test_names_are_the_released_ones(saved):
    names = load_file(saved / "model.safetensors").keys()
    assert {"visual.patch_embed.proj.weight", "visual.merger.mlp.0.bias", "visual.blocks.0.attn.qkv.bias"} <= names
    assert {"model.embed_tokens.weight", "model.layers.1.self_attn.k_proj.bias", "model.norm.weight"} <= names
    assert "lm_head.weight" in names


def test_shards_open_like_one_file(model, tmp_path):
    with written_aside(tmp_path / "sharded") as partial:
        write_model(partial, model.config, model.state_dict(), shard_bytes=100_000)
    index = json.loads((tmp_path / "sharded" / "model.safetensors.index.json").read_text())
    files = sorted(path.name for path in (tmp_path / "sharded").glob("*.safetensors"))
    assert len(files) > 2
    assert sorted(set(index["weight_map"].values())) == files
    assert same(load_model(tmp_path / "sharded").state_dict(), model.state_dict())


@pytest.mark.parametrize("tied", [False, True])
def test_shards_that_transformers_wrote_open_here(config, tied, transformers, tmp_path):
    text = config.text.model_copy(update={"tie_word_embeddings": tied})
    released = config.model_copy(update={"text": text}).to_hf()
    theirs = transformers.Qwen2_5_VLForConditionalGeneration(transformers.Qwen2_5_VLConfig(**released))
    theirs.save_pretrained(tmp_path, max_shard_size="100KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    expected = {released_name(name): weight for name, weight in theirs.state_dict().items()}
    if tied:
        del expected["lm_head.weight"]
    assert same(load_model(tmp_path).state_dict(), expected)


def test_shards_that_we_wrote_open_in_transformers_unchanged(model, transformers, tmp_path):
    with written_aside(tmp_path / "sharded") as partial:
        write_model(partial, model.config, model.state_dict(), shard_bytes=100_000)
    theirs, report = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(
        tmp_path / "sharded", dtype=torch.float32, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert same({released_name(name): weight for name, weight in theirs.state_dict().items()}, model.state_dict())


def test_a_save_appears_whole_or_not_at_all(model, tmp_path):
    with pytest.raises(FileNotFoundError), written_aside(tmp_path / "new") as partial:
        write_model(partial / "absent", model.config, model.state_dict())
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(model, saved):
    with pytest.raises(CheckpointError, match="saved: already exists"):
        save_model(model, saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("model.norm.weight"), r"1 missing weights: model\.norm\.weight$"),
        (lambda w: w.update(extra=torch.zeros(1)), "1 unexpected weights: extra$"),
        (lambda w: w.update({"model.norm.weight": torch.zeros(3)}), r"norm\.weight has shape \[3\], not \[64\]$"),
    ],
)
def test_wrong_weights_are_named(saved, change, message):
    rewrite(saved, change)
    with pytest.raises(CheckpointError, match=message):
        load_model(saved)


def test_a_folder_without_a_checkpoint_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"no config\.json there"):
        load_model(tmp_path)


def test_fresh_weights_are_a_function_of_the_seed(config):
    first, again, other = (new_model(config, seed).state_dict() for seed in (0, 0, 1))
    assert same(first, again)
    assert not same(first, other)
    assert first["model.embed_tokens.weight"].std().item() == pytest.approx(config.initializer_range, rel=0.05)
    assert not first["visual.blocks.0.attn.qkv.bias"].any()
    assert (first["visual.merger.ln_q.weight"] == 1).all()
