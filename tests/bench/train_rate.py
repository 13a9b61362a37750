"""Training tokens a second against transformers on the same weights and documents, forward and backward.

    python -m tests.bench.train_rate

34.6M parameters, 16 documents of up to 400 tokens with up to two images, float32, one CPU thread. Real LLM tokens are
counted, never padding (a padded batch of these is two thirds padding). Every mode computes the same loss: that is
checked. Without oneDNN our matrix products are those of transformers: what is left is won by packing.
"""

import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from curation.scoring.vision_ops import mend_torchvision
from model.checkpoint import new_model, save_model
from model.config import ModelConfig
from model.loss import loss_sum
from model.pack import IGNORED, Encoded, EncodedMedia, pack
from model.vision import normalised

CONFIG = ModelConfig.model_validate(
    {
        "vision": {
            "depth": 8, "hidden_size": 256, "intermediate_size": 684, "num_heads": 4, "in_channels": 3,
            "patch_size": 14, "temporal_patch_size": 2, "spatial_merge_size": 2, "window_size": 112,
            "fullatt_block_indexes": [3, 7], "tokens_per_second": 2,
        },
        "text": {
            "vocab_size": 8192, "hidden_size": 512, "intermediate_size": 1376, "num_hidden_layers": 8,
            "num_attention_heads": 8, "num_key_value_heads": 2, "max_position_embeddings": 32768, "rms_norm_eps": 1e-6,
            "rope_theta": 1e6, "mrope_section": [8, 12, 12], "tie_word_embeddings": True,
        },
        "initializer_range": 0.02, "image_token_id": 3, "video_token_id": 4, "vision_start_token_id": 1,
        "vision_end_token_id": 2, "bos_token_id": 0, "eos_token_id": 5, "pad_token_id": 0,
    }
)  # fmt: skip
REPEATS = 3


def documents(count: int = 16) -> list[Encoded]:
    """One in six of text only, one in six with two images, the others with one; lengths log-normal as real ones."""
    rng = np.random.default_rng(0)
    return [_document(rng) for _ in range(count)]


def _document(rng: np.random.Generator) -> Encoded:
    grids = [_grid(rng) for _ in range(rng.choice([0, 1, 2], p=[1 / 6, 4 / 6, 1 / 6]))]
    text = int(np.clip(rng.lognormal(4.3, 1.0), 8, 512))
    ids: list[int] = []
    for _, h, w in grids:
        ids += [CONFIG.vision_start_token_id, *[CONFIG.image_token_id] * (h * w // 4), CONFIG.vision_end_token_id]
    tokens = np.array([*ids, *rng.integers(10, CONFIG.text.vocab_size, text)], np.int64)
    media = tuple(EncodedMedia(rng.integers(0, 256, (h * w, 588), np.uint8), (1, h, w)) for _, h, w in grids)
    return Encoded(tokens, np.where(tokens >= 10, tokens, IGNORED), media)


def _grid(rng: np.random.Generator) -> tuple[int, int, int]:
    """Of an image of 16 to 1,600 patches (270 in the middle), as wide as high or somewhat more or less."""
    area = float(np.clip(rng.lognormal(5.6, 0.8), 16, 1600))
    ratio = float(np.exp(rng.normal(0, 0.35)))
    h, w = (max(2, 2 * round((area * side) ** 0.5 / 2)) for side in (ratio, 1 / ratio))
    return 1, h, w


def ours(batches: Sequence[Sequence[Encoded]]) -> Callable[[], float]:
    model = new_model(CONFIG, seed=0)

    def run() -> float:
        total = 0.0
        for batch in batches:
            packed = pack(batch, CONFIG)
            loss = loss_sum(model(packed), model.output_weight, packed)
            loss.backward()
            total += loss.item()
        model.zero_grad()
        return total

    return run


def without_onednn(run: Callable[[], float]) -> Callable[[], float]:
    def without() -> float:
        with torch.backends.mkldnn.flags(enabled=False, allow_tf32=False):
            return run()

    return without


def peer(folder: str, batches: Sequence[Sequence[Encoded]]) -> Callable[[], float]:
    mend_torchvision()
    from transformers import Qwen2_5_VLForConditionalGeneration

    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).train()

    def run() -> float:
        total = 0.0
        for batch in batches:
            inputs = _padded(batch)
            supervised = int((inputs["labels"][:, 1:] != IGNORED).sum())
            loss = model(**inputs, use_cache=False).loss * supervised
            loss.backward()
            total += loss.item()
        model.zero_grad()
        return total

    return run


def _padded(batch: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    """What transformers' own trainers make of a batch."""
    longest = max(len(document.input_ids) for document in batch)

    def pad(rows: list[np.ndarray], value: int) -> torch.Tensor:
        return torch.from_numpy(np.stack([np.pad(row, (0, longest - len(row)), constant_values=value) for row in rows]))

    ids = pad([document.input_ids for document in batch], CONFIG.pad_token_id)
    inputs = {
        "input_ids": ids,
        "attention_mask": pad([np.ones_like(document.input_ids) for document in batch], 0),
        "labels": pad([document.labels for document in batch], IGNORED),
        "mm_token_type_ids": (ids == CONFIG.image_token_id).int(),
    }
    media = [item for document in batch for item in document.media]
    if media:
        rows = torch.from_numpy(np.concatenate([item.rows for item in media]))
        inputs["pixel_values"] = normalised(rows, CONFIG.vision)
        inputs["image_grid_thw"] = torch.tensor([item.grid for item in media])
    return inputs


def main() -> None:
    torch.set_num_threads(1)
    batch = documents()
    tokens = sum(len(document.input_ids) for document in batch)
    ordered = sorted(batch, key=lambda document: len(document.input_ids))
    with tempfile.TemporaryDirectory() as folder:
        save_model(new_model(CONFIG, seed=0), f"{folder}/model")
        modes = {
            "vlforge, one pack": ours([batch]),
            "vlforge, one pack, no oneDNN": without_onednn(ours([batch])),
            "vlforge, batch of one": ours([[document] for document in batch]),
            "transformers, padded batch": peer(f"{folder}/model", [batch]),
            "transformers, sorted, 4 x 4": peer(f"{folder}/model", [ordered[i : i + 4] for i in range(0, 16, 4)]),
            "transformers, batch of one": peer(f"{folder}/model", [[document] for document in batch]),
        }
    losses = {name: run() for name, run in modes.items()}  # warms up, too
    reference = losses["vlforge, one pack"]
    seconds = dict.fromkeys(modes, float("inf"))
    for _ in range(REPEATS):
        for name, run in modes.items():
            start = time.process_time()
            run()
            seconds[name] = min(seconds[name], time.process_time() - start)
    for name in modes:
        assert abs(losses[name] - reference) < 1e-3 * reference, (name, losses[name], reference)
        ratio = seconds[name] / seconds["vlforge, one pack"]
        print(f"{name:30} {tokens / seconds[name]:7.0f} tokens a CPU-second   vlforge is {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
