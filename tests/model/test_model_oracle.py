"""transformers' implementation is the oracle, both ways; 1e-4 on logits of float32."""

import io
from collections.abc import Callable

import numpy as np
import PIL.Image
import pytest
import torch

from curation.document import Document, Image, Text, Turn
from model.checkpoint import load_model, new_model, released_name, save_model
from model.config import ModelConfig
from model.loss import logits, loss_sum
from model.pack import Encoded, pack
from model.processor import Processor
from model.tokenizer import train_tokenizer
from tests.conftest import media_of, png
from tests.model.conftest import randomised
from tests.train.conftest import MODEL


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


# Grids (t, h, w) of images, in patches: one cell, one row and one column of them, windows whole, short at one edge and
# at both, and smaller than a window.
EDGES = [(1, 2, 2), (1, 2, 30), (1, 30, 2), (1, 8, 8), (1, 10, 18), (1, 18, 8), (1, 6, 4), (1, 12, 10)]
SHAPES = [(4, 4), (4, 2), (4, 1), (6, 3), (2, 2)]  # heads, heads of keys and values


def random_config(seed: int, base: ModelConfig) -> ModelConfig:
    """A small model of a random shape: heads, depths, layers of full attention, window size, tied or not."""
    rng = np.random.default_rng(seed)
    heads, kv_heads = SHAPES[seed % len(SHAPES)]
    depth = int(rng.integers(1, 4))
    full = sorted(rng.choice(depth, rng.integers(0, depth + 1), replace=False).tolist())
    vision_heads = int(rng.integers(1, 4))
    values = base.model_dump()
    values["vision"] |= {
        "depth": depth, "fullatt_block_indexes": full, "window_size": int(rng.choice([56, 84, 112])),
        "num_heads": vision_heads, "hidden_size": 16 * vision_heads, "intermediate_size": int(rng.integers(20, 60)),
    }  # fmt: skip
    values["text"] |= {
        "hidden_size": 16 * heads, "num_attention_heads": heads, "num_key_value_heads": kv_heads,
        "num_hidden_layers": int(rng.integers(1, 4)), "intermediate_size": int(rng.integers(20, 100)),
        "tie_word_embeddings": seed % 2 == 0,
    }  # fmt: skip
    return ModelConfig.model_validate(values)


def random_documents(seed: int, document: Callable[..., Encoded]) -> list[Encoded]:
    """Text only, one image, and several of random sizes at the edges."""
    rng = np.random.default_rng(seed)
    several = [EDGES[number] for number in rng.choice(len(EDGES), 4)]
    return [
        document(text=int(rng.integers(2, 9))),
        document(EDGES[seed % len(EDGES)]),
        document(*several, text=int(rng.integers(2, 9))),
    ]


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 24))])
def test_random_models_agree_in_logits_and_gradients(seed, config, document, transformers, hf_inputs, tmp_path):
    """Ours reads all documents as one pack and theirs one by one, at the positions that it finds by itself."""
    ours = randomised(new_model(random_config(seed, config), seed))
    save_model(ours, tmp_path / "ours")
    theirs = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(tmp_path / "ours", dtype=torch.float32)
    documents = random_documents(seed, document)
    item = pack(documents, ours.config)
    hidden = ours(item)
    loss_sum(hidden, ours.output_weight, item).backward()
    outputs = [theirs.eval()(**hf_inputs(each), labels=torch.from_numpy(each.labels)[None]) for each in documents]
    expected = torch.cat([output.logits[0] for output in outputs])
    torch.testing.assert_close(logits(hidden, ours.output_weight), expected, atol=1e-4, rtol=1e-5)
    supervised = torch.bincount(item.target_document).tolist()
    sum(output.loss * count for output, count in zip(outputs, supervised, strict=True)).backward()
    gradients = {released_name(name): weight.grad for name, weight in theirs.named_parameters()}
    for name, weight in ours.named_parameters():
        scale = float(gradients[name].abs().max())
        torch.testing.assert_close(weight.grad, gradients[name], atol=1e-4 * scale + 1e-5, rtol=0, msg=name)


@torch.no_grad()
def test_pictures_of_odd_sizes_end_to_end(transformers, tmp_path):
    """From files to logits: their processor and model on what we saved, and ours."""
    tokenizer = train_tokenizer(["What differs between the two?"] * 9, 400, tmp_path / "tokenizer")
    ours = randomised(
        new_model(ModelConfig.model_validate({**MODEL, **tokenizer.special_ids(), "initializer_range": 0.2}), seed=0)
    )
    processor = Processor(tokenizer, ours.config.vision, 56 * 56, 168 * 168)
    save_model(ours, tmp_path / "ours")
    processor.save(tmp_path / "ours")
    files = [png(61, 203), png(230, 90, seed=1), png(33, 35, seed=2)]
    question = Turn("user", (Image(0), Image(1), Text("What differs?"), Image(2)))
    document = Document((question,), tuple(media_of(data, f"{number}.png") for number, data in enumerate(files)))
    by_digest = dict(zip((media.sha256 for media in document.media), files, strict=True))
    item = pack([processor.prompt(document, 1, lambda media: by_digest[media.sha256])], ours.config)

    theirs = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(tmp_path / "ours", dtype=torch.float32)
    oracle = transformers.Qwen2_5_VLProcessor.from_pretrained(tmp_path / "ours", use_fast=False)
    image, text = {"type": "image"}, {"type": "text", "text": "What differs?"}
    messages = [{"role": "user", "content": [image, image, text, image]}]
    prompt = oracle.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    pictures = [PIL.Image.open(io.BytesIO(data)) for data in files]
    expected = theirs.eval()(**oracle(text=[prompt], images=pictures, return_tensors="pt")).logits[0]
    torch.testing.assert_close(logits(ours(item), ours.output_weight), expected, atol=1e-4, rtol=1e-5)
