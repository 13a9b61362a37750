"""The oracle is torch's own counter, over attention as plain matrix products."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from model.attention import segment_plan
from model.checkpoint import new_model
from model.config import ModelConfig
from model.context import split_plan
from model.loss import loss_sum
from model.pack import Encoded, EncodedMedia, Pack, pack
from tests.train.conftest import MODEL
from train.flops import decoder_flops, measured_peak, pack_flops, vision_flops
from train.optimizer import part_of

CONFIG = ModelConfig.model_validate(MODEL)
LENGTHS = [20, 7, 41]


def document(*grids: tuple[int, int, int], text: int = 20) -> Encoded:
    """Images before some text of which half is supervised."""
    cells = [CONFIG.image_token_id] * sum(t * h * w // 4 for t, h, w in grids)
    starts = [CONFIG.vision_start_token_id]
    ids = [token for t, h, w in grids for token in starts + cells[: t * h * w // 4]] + [9] * text
    labels = [-100] * (len(ids) - text // 2) + [9] * (text // 2)
    media = [EncodedMedia(np.ones((t * h * w, 588), np.uint8), (t, h, w)) for t, h, w in grids]
    return Encoded(np.array(ids), np.array(labels), tuple(media))


def counted(item: Pack, parts: set[str]) -> float:
    model = new_model(CONFIG, seed=0)
    for name, weight in model.named_parameters():
        weight.requires_grad = part_of(name) in parts
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        loss_sum(model(item), model.output_weight, item).backward()
    return counter.get_total_flops()


@pytest.mark.parametrize(
    "parts",
    ["vision merger language", "vision", "merger", "language", "merger language", "vision language", "vision merger"],
)
def test_equals_the_products_that_torch_makes(parts, monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)  # the counter does not know oneDNN's products
    item = pack([document((1, 10, 18), (1, 2, 4)), document(text=9), document((1, 4, 4))], CONFIG)
    item = replace(item, text_plan=replace(item.text_plan, causal=False))  # the counter takes no note of a mask
    learning = set(parts.split())
    assert pack_flops(item, CONFIG, learning) == counted(item, learning)


def test_attention_counts_the_pairs_that_see_each_other():
    full, causal = (decoder_flops(segment_plan(LENGTHS, causal), 0, CONFIG.text, True) for causal in (False, True))
    unseen = sum(length * (length - 1) // 2 for length in LENGTHS)
    assert full - causal == 3 * 4 * CONFIG.text.num_hidden_layers * CONFIG.text.hidden_size * unseen


def test_the_parts_of_a_split_sequence_add_up_to_the_whole():
    parts = [decoder_flops(split_plan(LENGTHS, rank, 2), 0, CONFIG.text, True) for rank in range(2)]
    assert sum(parts) == decoder_flops(segment_plan(LENGTHS, causal=True), 0, CONFIG.text, True)


def test_windows_count_by_their_real_size():
    """With windows of 4 x 4 patches, 6 x 10 patches have windows of 4 x 4 twice, 4 x 2, 2 x 4 twice and 2 x 2."""
    vision = pack([document((1, 6, 10))], CONFIG).vision
    everywhere = CONFIG.vision.model_copy(update={"fullatt_block_indexes": tuple(range(CONFIG.vision.depth))})
    fewer = vision_flops(vision, everywhere, trained=False) - vision_flops(vision, CONFIG.vision, trained=False)
    layers = CONFIG.vision.depth - len(CONFIG.vision.fullatt_block_indexes)
    assert fewer == 4 * CONFIG.vision.hidden_size * layers * (60**2 - (2 * 16**2 + 3 * 8**2 + 4**2))


def test_tokens_without_supervision_are_not_scored():
    plan = segment_plan(LENGTHS, causal=True)
    some, none = (decoder_flops(plan, supervised, CONFIG.text, True) for supervised in (10, 0))
    assert some - none == 3 * 2 * 10 * CONFIG.text.vocab_size * CONFIG.text.hidden_size


def test_the_peak_is_a_rate(monkeypatch):
    monkeypatch.setattr("train.flops.PEAK_SECONDS", 0.01)
    clock = chain.from_iterable([begin, begin + 0.5] for begin in range(1000))
    monkeypatch.setattr("train.flops.time.perf_counter", lambda: float(next(clock)))
    assert measured_peak.__wrapped__(torch.device("cpu"), torch.float32) == 2 * 1024**3 / (0.5 / 4)
