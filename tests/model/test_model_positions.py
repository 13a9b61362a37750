import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.pack import Encoded, EncodedMedia, pack
from model.positions import media_spans, patch_positions, text_positions, window_order


def test_image_ids_are_those_of_transformers(document, config, transformers, hf_inputs):
    oracle = transformers.Qwen2_5_VLModel(transformers.Qwen2_5_VLConfig(**config.to_hf()))
    for item in (document(), document((1, 8, 8)), document((1, 6, 10), (1, 18, 22), (1, 4, 2), text=12)):
        inputs = hf_inputs(item)
        grids = inputs.get("image_grid_thw")
        expected, _ = oracle.get_rope_index(inputs["input_ids"], inputs["mm_token_type_ids"], image_grid_thw=grids)
        assert torch.equal(pack([item], config).position_ids, expected[:, 0])


def test_text_after_a_video_starts_after_its_last_moment(config):
    """Paper section 2.1.2: 15 text tokens and <|vision_start|>, then 48 grids one second apart: the next id is
    16 + 47 * 2 + 1 = 111."""
    video = EncodedMedia(np.zeros((48 * 16, 1176), np.uint8), (48, 4, 4), 1.0)
    before = [9] * 15 + [config.vision_start_token_id]
    ids = np.array([*before, *[config.video_token_id] * (48 * 4), config.vision_end_token_id, 9])
    positions = pack([Encoded(ids, ids, (video,))], config).position_ids
    assert positions[:, -2:].tolist() == [[111, 112]] * 3
    assert positions[0, 16:-2].reshape(48, 4).tolist() == [[16 + 2 * grid] * 4 for grid in range(48)]
    assert positions[1, 16:20].tolist() == [16, 16, 17, 17]
    assert positions[2, 16:20].tolist() == [16, 17, 16, 17]


GRIDS = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)).map(lambda g: (g[0], 2 * g[1], 2 * g[2]))
SECONDS = st.integers(0, 64).map(lambda eighths: Fraction(eighths, 8))  # exact in float32


@given(
    segments=st.lists(
        st.one_of(
            st.integers(1, 9),  # so many text tokens
            GRIDS.map(lambda grid: ((1, *grid[1:]), None)),  # an image
            st.tuples(GRIDS, SECONDS),  # a video
        ),
        min_size=1,
        max_size=7,
    ),
    rate=st.sampled_from([1, 2, 4, 25]),
)
def test_positions_of_any_mixture_are_those_of_the_arithmetic(config, segments, rate):
    """Paper section 2.1.2, token by token and in whole numbers: text counts up on all three axes; a cell of a video
    stands floor(pair * seconds * rate) after its start on the axis of time, its row and column after it on the others;
    what follows starts one after the largest id so far."""
    expected, ids, media = [], [], []
    for segment in segments:
        start = max(map(max, expected), default=-1) + 1
        if isinstance(segment, int):
            expected += [(start + place,) * 3 for place in range(segment)]
            ids += [9] * segment
            continue
        (t, h, w), seconds = segment
        step = (seconds or 0) * rate
        for pair, row, column in itertools.product(range(t), range(h // 2), range(w // 2)):
            expected.append((start + math.floor(pair * step), start + row, start + column))
        ids += [config.image_token_id if seconds is None else config.video_token_id] * (t * h * w // 4)
        rows = np.zeros((t * h * w, 1176), np.uint8)
        media.append(EncodedMedia(rows, (t, h, w), None if seconds is None else float(seconds)))
    vision = config.vision.model_copy(update={"tokens_per_second": rate})
    spans = media_spans(np.array(ids), media, config)
    assert text_positions(len(ids), media, spans, vision).T.tolist() == [list(ids) for ids in expected]


def test_time_is_rounded_down_per_grid(config):
    video = EncodedMedia(np.zeros((5 * 4, 1176), np.uint8), (5, 2, 2), 0.7)
    ids = np.array([config.video_token_id] * 5 + [9])
    assert pack([Encoded(ids, ids, (video,))], config).position_ids[0].tolist() == [0, 1, 2, 4, 5, 6]


@given(t=st.integers(1, 3), rows=st.integers(1, 14), columns=st.integers(1, 14))
def test_windows_are_those_of_transformers(config, transformers, t, rows, columns):
    from transformers.vision_utils import get_vision_window_index

    grid = (t, 2 * rows, 2 * columns)
    order, lengths = window_order(grid, config.vision)
    index, ends = get_vision_window_index(torch.tensor([grid]), 2, 112, 14)
    assert order.tolist() == index.tolist()
    assert (lengths * 4).tolist() == ends.diff().tolist()


def test_edge_windows_are_not_padded(config):
    _, lengths = window_order((1, 12, 10), config.vision)  # 6 x 5 cells: windows of 4 + 2 rows and 4 + 1 columns
    assert lengths.tolist() == [16, 4, 8, 2]


def test_patch_positions_are_those_of_transformers(transformers):
    from transformers.vision_utils import get_vision_position_ids

    for grid in [(1, 8, 8), (1, 6, 10), (3, 10, 6), (1, 2, 30)]:
        expected = get_vision_position_ids(torch.tensor([grid]), 2)
        assert patch_positions(grid, 2).T.tolist() == expected.tolist()


def test_tokens_and_media_must_agree(document, config):
    image = document((1, 4, 4))
    with pytest.raises(ValueError, match=r"medium 0 with grid \(1, 4, 4\) needs 4 adjacent tokens of id 4"):
        media_spans(image.input_ids[:5], image.media, config)
    with pytest.raises(ValueError, match="4 image or video tokens are left over after 0 media"):
        media_spans(image.input_ids, (), config)
    video = EncodedMedia(image.media[0].rows, (1, 4, 4), 1.0)
    with pytest.raises(ValueError, match="4 adjacent tokens of id 5"):
        media_spans(image.input_ids, (video,), config)
