"""transformers' implementation is the oracle, both ways; 1e-4 on logits of float32."""

import pytest
import torch

from model.checkpoint import load_model, new_model, released_name, save_model
from model.config import ModelConfig
from model.loss import logits, loss_sum
from model.pack import pack


def text_config(config: ModelConfig, **values) -> ModelConfig:
    return config.model_copy(update={"text": config.text.model_copy(update=values)})


@torch.no_grad()
def assert_same_logits(ours, theirs, documents, hf_inputs):
    for document in documents:
        item = pack([document], ours.config)
        expected = theirs(**hf_inputs(document), position_ids=item.position_ids[:, None]).logits[0]
        torch.testing.assert_close(logits(ours(item), ours.output_weight), expected, atol=1e-4, rtol=0)


def test_transformers_opens_what_we_save(model, documents, transformers, hf_inputs, tmp_path):
    save_model(model, tmp_path / "ours")
    theirs = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(tmp_path / "ours", dtype=torch.float32)
    assert_same_logits(model, theirs.eval(), documents, hf_inputs)


def test_transformers_finds_the_same_positions_by_itself(model, documents, transformers, hf_inputs, tmp_path):
    save_model(model, tmp_path / "ours")
    theirs = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(tmp_path / "ours", dtype=torch.float32)
    for document in documents:
        if all(item.seconds_per_grid is None for item in document.media):  # its video positions are wrong
            with torch.no_grad():
                expected = theirs(**hf_inputs(document)).logits[0]
                ours = logits(model(pack([document], model.config)), model.output_weight)
            torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("tied", [False, True])
def test_we_open_what_transformers_saves(config, tied, documents, transformers, hf_inputs, tmp_path):
    config = text_config(config, tie_word_embeddings=tied)
    theirs = transformers.Qwen2_5_VLForConditionalGeneration(transformers.Qwen2_5_VLConfig(**config.to_hf())).eval()
    theirs.save_pretrained(tmp_path)
    assert_same_logits(load_model(tmp_path), theirs, documents, hf_inputs)


def test_gradients_are_those_of_transformers(config, document, transformers, hf_inputs, tmp_path):
    ours = new_model(text_config(config, tie_word_embeddings=True), seed=3)
    save_model(ours, tmp_path / "ours")
    theirs = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(tmp_path / "ours", dtype=torch.float32)
    example = document((1, 10, 6), (1, 4, 4))
    item = pack([example], ours.config)
    loss_sum(ours(item), ours.output_weight, item).backward()
    labels = torch.from_numpy(example.labels)[None]
    (theirs(**hf_inputs(example), labels=labels).loss * len(item.targets)).backward()
    expected = {released_name(name): weight.grad for name, weight in theirs.named_parameters()}
    for name, weight in ours.named_parameters():
        torch.testing.assert_close(weight.grad, expected[name], atol=1e-3, rtol=1e-3)
