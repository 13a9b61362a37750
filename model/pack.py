"""What the model eats: documents encoded one by one (`Encoded`), laid end to end without padding (`Pack`).

Everything here is built on the CPU, in loader workers: plain picklable dataclasses, numpy in, tensors out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from model.attention import SegmentPlan, segment_plan
from model.config import ModelConfig, VisionConfig
from model.movable import Movable
from model.positions import media_spans, patch_positions, text_positions, window_order

IGNORED = -100  # the label of a token that is not supervised


@dataclass(frozen=True)
class EncodedMedia:
    """One image or video, as the ViT reads it."""

    rows: np.ndarray  # (t * h * w, 1176) float32: normalised pixels of each patch, in block-major 2x2 order
    grid: tuple[int, int, int]  # (t, h, w) in patches: t pairs of frames, h and w multiples of 2
    seconds_per_grid: float | None = None  # video: seconds from one pair of frames to the next; None for an image


@dataclass(frozen=True)
class Encoded:
    """One encoded document. `labels[i]` is `input_ids[i]` where that token is supervised and -100 elsewhere: the shift
    by one belongs to the loss. `media` come in the order of their spans of pad tokens in `input_ids`, and each span
    holds t * h * w / 4 tokens."""

    input_ids: np.ndarray  # (n,) int64
    labels: np.ndarray  # (n,) int64
    media: tuple[EncodedMedia, ...] = ()


@dataclass(frozen=True)
class VisionPack(Movable):
    """The images and videos of a pack. Patches are in window order; cells (2x2 patches, one LLM token each) leave the
    ViT in natural order, media after media."""

    rows: Tensor  # (patches, 1176) float32, in window order
    positions: Tensor  # (2, patches) int64: row and column of each patch in its grid, in window order
    window_plan: SegmentPlan  # segments are windows
    grid_plan: SegmentPlan  # segments are temporal grids (one pair of frames): for the layers of full attention
    undo: Tensor  # (cells,) int64: natural order from window order


@dataclass(frozen=True)
class Pack(Movable):
    """Documents laid end to end: the one input of the model. n tokens, of which v are vision tokens."""

    input_ids: Tensor  # (n,) int64
    labels: Tensor  # (n,) int64: the token itself where supervised, else -100
    position_ids: Tensor  # (3, n) int64: time, height, width; starting at 0 in each document
    document: Tensor  # (n,) int64: which document of the pack each token belongs to
    text_plan: SegmentPlan  # segments are documents, causal
    vision: VisionPack
    vision_index: Tensor  # (v,) int64: the vision tokens' places in the sequence
    feature_index: Tensor  # (v,) int64: which cell of `vision` each of them shows
    predictors: Tensor  # (s,) int64: places whose next token is supervised, in the same document
    targets: Tensor  # (s,) int64: that next token

    @property
    def target_document(self) -> Tensor:
        """Which document of the pack each target belongs to: (s,) int64."""
        return self.document[self.predictors]


def pack(documents: Sequence[Encoded], config: ModelConfig) -> Pack:
    """Lay `documents` end to end and make every position and plan that the model needs.

    A media object that several documents share (the two answers of a preference pair, the samples of one prompt) goes
    through the ViT once. Raises ValueError, naming the document, when its tokens, labels and media disagree.
    """
    if not documents:
        raise ValueError("a pack needs at least one document")
    lengths = [len(document.input_ids) for document in documents]
    starts = np.cumsum([0, *lengths])
    seen, vision_index, feature_index, positions = _place_media(documents, starts, config)
    labels = np.concatenate([document.labels for document in documents])
    index = np.repeat(np.arange(len(documents)), lengths)
    predictors = np.flatnonzero((labels[1:] != IGNORED) & (index[1:] == index[:-1]))
    return Pack(
        input_ids=_long(np.concatenate([document.input_ids for document in documents])),
        labels=_long(labels),
        position_ids=_long(np.concatenate(positions, axis=1)),
        document=_long(index),
        text_plan=segment_plan(lengths, causal=True),
        vision=pack_vision(seen, config.vision),
        vision_index=_long(vision_index),
        feature_index=_long(feature_index),
        predictors=_long(predictors),
        targets=_long(labels[predictors + 1]),
    )


def pack_vision(media: Sequence[EncodedMedia], config: VisionConfig) -> VisionPack:
    """Lay images and videos end to end in window order.

    Without media the pack holds one blank cell that no token shows. So the ViT runs exactly once on every rank and
    every step, its parameters take part in the graph with gradients of exactly zero, and sharded training cannot hang
    on a rank that drew text only; it costs four patches.
    """
    media = media or [_blank_cell(config)]
    for item in media:
        _check_media(item, config)
    orders, windows = zip(*(window_order(item.grid, config) for item in media), strict=True)
    offsets = np.cumsum([0, *(len(order) for order in orders)])
    order = np.concatenate([order + offset for order, offset in zip(orders, offsets[:-1], strict=True)])  # (cells,)
    undo = np.empty_like(order)
    undo[order] = np.arange(len(order))
    unit = config.merge_unit
    patch_order = (order[:, None] * unit + np.arange(unit)).reshape(-1)  # (patches,)
    rows = np.concatenate([item.rows for item in media])
    positions = np.concatenate([patch_positions(item.grid, config.spatial_merge_size) for item in media], axis=1)
    grids = [item.grid[1] * item.grid[2] for item in media for _ in range(item.grid[0])]
    return VisionPack(
        rows=torch.from_numpy(rows[patch_order]),
        positions=_long(positions[:, patch_order]),
        window_plan=segment_plan(np.concatenate(windows) * unit, causal=False),
        grid_plan=segment_plan(grids, causal=False),
        undo=_long(undo),
    )


def _place_media(
    documents: Sequence[Encoded], starts: np.ndarray, config: ModelConfig
) -> tuple[list[EncodedMedia], np.ndarray, np.ndarray, list[np.ndarray]]:
    """The distinct media of all documents, the places of the vision tokens (v,), the cells that they show (v,), and
    the position ids of each document (3, its tokens)."""
    first_cell: dict[int, int] = {}  # id of a media object -> its first cell
    seen: list[EncodedMedia] = []
    places: list[np.ndarray] = [np.zeros(0, np.int64)]
    cells: list[np.ndarray] = [np.zeros(0, np.int64)]
    positions = []
    total = 0
    for number, (document, (start, _)) in enumerate(zip(documents, pairwise(starts), strict=True)):
        try:
            if len(document.labels) != len(document.input_ids):
                raise ValueError(f"{len(document.labels)} labels for {len(document.input_ids)} tokens")
            spans = media_spans(document.input_ids, document.media, config)
        except ValueError as error:
            raise ValueError(f"document {number} of the pack: {error}") from error
        positions.append(text_positions(len(document.input_ids), document.media, spans, config.vision))
        for item, (begin, end) in zip(document.media, spans, strict=True):
            if id(item) not in first_cell:
                first_cell[id(item)] = total
                seen.append(item)
                total += end - begin
            places.append(np.arange(begin, end) + start)
            cells.append(np.arange(end - begin) + first_cell[id(item)])
    return seen, np.concatenate(places), np.concatenate(cells), positions


def _blank_cell(config: VisionConfig) -> EncodedMedia:
    rows = np.zeros((config.merge_unit, config.patch_values), np.float32)
    return EncodedMedia(rows, (1, config.spatial_merge_size, config.spatial_merge_size))


def _check_media(item: EncodedMedia, config: VisionConfig) -> None:
    t, h, w = item.grid
    merge = config.spatial_merge_size
    if min(item.grid) < 1 or h % merge or w % merge:
        raise ValueError(f"grid {item.grid} is not (t, h, w) with h and w multiples of {merge}")
    if item.rows.shape != (t * h * w, config.patch_values):
        raise ValueError(f"grid {item.grid} needs pixel rows {(t * h * w, config.patch_values)}; got {item.rows.shape}")


def _long(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.int64))
