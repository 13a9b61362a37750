"""A tiny model, documents for it, and transformers' implementation of it as the oracle."""

from types import ModuleType

import numpy as np
import pytest
import torch

from curation.scoring.vision_ops import mend_torchvision
from model.checkpoint import new_model
from model.config import ModelConfig, TextConfig, VisionConfig
from model.pack import Encoded, EncodedMedia
from model.qwen import QwenVL
from model.vision import normalised

EOS, PAD, VISION_START, VISION_END, IMAGE, VIDEO, FIRST_TEXT = 1, 0, 2, 3, 4, 5, 8


@pytest.fixture(scope="session")
def transformers() -> ModuleType:
    """transformers, with the parts that the tests use already imported."""
    mend_torchvision()
    import transformers
    import transformers.models.qwen2_5_vl.modeling_qwen2_5_vl
    import transformers.models.qwen2_vl.image_processing_qwen2_vl

    return transformers


@pytest.fixture(scope="session")
def config() -> ModelConfig:
    return ModelConfig(
        vision=VisionConfig(
            depth=3, hidden_size=32, intermediate_size=48, num_heads=2, in_channels=3, patch_size=14,
            temporal_patch_size=2, spatial_merge_size=2, window_size=112, fullatt_block_indexes=(1,),
            tokens_per_second=2,
        ),
        text=TextConfig(
            vocab_size=96, hidden_size=64, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=4096, rms_norm_eps=1e-6, rope_theta=1e6,
            mrope_section=(2, 3, 3), tie_word_embeddings=False,
        ),
        initializer_range=0.2,
        image_token_id=IMAGE, video_token_id=VIDEO, vision_start_token_id=VISION_START, vision_end_token_id=VISION_END,
        bos_token_id=PAD, eos_token_id=EOS, pad_token_id=PAD,
    )  # fmt: skip


@pytest.fixture(scope="session")
def model(config) -> QwenVL:
    """Every weight random, norms and biases too, so that an ignored one is seen."""
    return randomised(new_model(config, seed=0))


def randomised(model: QwenVL) -> QwenVL:
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 1:
                weight.add_(torch.randn(weight.shape, generator=rng), alpha=0.2)
    return model


@pytest.fixture
def document():
    """A factory of documents: document((1, 8, 8), (3, 4, 6, 0.5), text=7) holds an image, a video and 7 text tokens."""
    rng = np.random.default_rng(0)

    def make(*media: tuple, text: int = 7) -> Encoded:
        ids, encoded = rng.integers(FIRST_TEXT, 96, 2).tolist(), []
        for t, h, w, *seconds in media:
            ids += [VISION_START, *[VIDEO if seconds else IMAGE] * (t * h * w // 4), VISION_END]
            rows = rng.integers(0, 256, (t * h * w, 1176 if seconds else 588), np.uint8)
            encoded.append(EncodedMedia(rows, (t, h, w), *seconds))
        ids += rng.integers(FIRST_TEXT, 96, text).tolist()
        labels = [token if token >= FIRST_TEXT else -100 for token in ids]
        return Encoded(np.array(ids), np.array(labels), tuple(encoded))

    return make


@pytest.fixture
def documents(document) -> list[Encoded]:
    """Text, one image, several images with short edge windows and several windows, a video, both kinds."""
    return [
        document(text=5),
        document((1, 8, 8)),
        document((1, 6, 10), (1, 18, 22), (1, 4, 2), text=12),
        document(text=1),
        document((3, 10, 6, 1.0)),
        document((1, 2, 2), (2, 4, 12, 0.5), text=3),
    ]


@pytest.fixture
def hf_inputs(config):
    """A document as transformers' forward takes it."""

    def make(document: Encoded) -> dict[str, torch.Tensor]:
        ids = torch.from_numpy(document.input_ids)[None]
        kinds = torch.where(ids == IMAGE, 1, torch.where(ids == VIDEO, 2, 0))
        inputs = {"input_ids": ids, "mm_token_type_ids": kinds}
        for name, rows_name, video in (("image", "pixel_values", False), ("video", "pixel_values_videos", True)):
            media = [item for item in document.media if (item.seconds_per_grid is not None) == video]
            if media:
                rows = torch.from_numpy(np.concatenate([item.rows for item in media]))
                inputs[rows_name] = normalised(rows, config.vision)
                inputs[f"{name}_grid_thw"] = torch.tensor([item.grid for item in media])
        return inputs

    return make
