"""What the model eats: documents encoded one by one (`Encoded`), laid end to end without padding (`Pack`).

Everything here is built on the CPU, in loader workers: plain picklable dataclasses, numpy in, tensors out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from model.attention import Plan, SegmentPlan, segment_plan
from model.config import ModelConfig, VisionConfig
from model.context import held_places, split_plan
from model.movable import Movable
from model.positions import media_spans, patch_positions, text_positions, window_order

IGNORED = -100  # the label of a token that is not supervised


@dataclass(frozen=True)
class EncodedMedia:
    """One image or video, as the ViT reads it. The row of a patch holds two frames, (3, 2, 14, 14), or the one that
    stands still, (3, 14, 14)."""

    rows: np.ndarray  # (t * h * w, 1176) uint8: pixels of each patch, in block-major 2x2 order; 588 of a still image
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
    ViT in natural order, media after media. Rows hold one frame where nothing in the pack moves, else two, equal ones
    of what stands still."""

    rows: Tensor  # (patches, 588 or 1176) uint8, in window order
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
    text_plan: Plan  # segments are documents, causal
    vision: VisionPack
    vision_index: Tensor  # (v,) int64: the vision tokens' places in the sequence
    feature_index: Tensor  # (v,) int64: which cell of `vision` each of them shows
    predictors: Tensor  # (s,) int64: places whose next token is supervised, in the same document
    targets: Tensor  # (s,) int64: that next token
    gathered_cells: int | None = None  # of a split pack: how many cells, padding included, each rank gives to all

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
    rows = np.empty((len(patch_order), max(item.rows.shape[1] for item in media)), np.uint8)
    for item, (begin, end) in zip(media, pairwise(offsets * unit), strict=True):  # the one copy of all pixels
        _lay_rows(item.rows, patch_order[begin:end] - begin, rows[begin:end], config)
    positions = np.concatenate([patch_positions(item.grid, config.spatial_merge_size) for item in media], axis=1)
    grids = [item.grid[1] * item.grid[2] for item in media for _ in range(item.grid[0])]
    return VisionPack(
        rows=torch.from_numpy(rows),
        positions=_long(positions[:, patch_order]),
        window_plan=segment_plan(np.concatenate(windows) * unit, causal=False),
        grid_plan=segment_plan(grids, causal=False),
        undo=_long(undo),
    )


def _lay_rows(rows: np.ndarray, order: np.ndarray, out: np.ndarray, config: VisionConfig) -> None:
    """Sets `out` to `rows` in the given order, their one frame twice where `out` holds two."""
    if rows.shape == out.shape:
        np.take(rows, order, axis=0, out=out, mode="clip")  # any other mode makes a copy first
    else:
        shape = len(rows), config.in_channels, -1, config.patch_size**2
        out.reshape(shape)[:] = rows[order].reshape(shape)


def split(pack: Pack, rank: int, ranks: int) -> Pack:
    """The part of `pack` that rank `rank` of the `ranks` that share its sequence computes (`model.context`).

    Every part has equally many tokens: what is missing in the last is filled with unsupervised copies of the last
    token. A target stays with its predictor, so the supervised tokens of all parts are those of the pack, each once.
    The ViT's work is dealt out by temporal grids, which never see each other; every rank gathers the features of all
    and shows those of its own tokens. `pack` must be whole.
    """
    if ranks == 1:
        return pack
    tokens = len(pack.input_ids)
    places = torch.from_numpy(held_places(tokens, rank, ranks))
    held = places.clamp(max=tokens - 1)
    local = torch.full((max(tokens, int(places[-1]) + 1),), -1)
    local[places] = torch.arange(len(places))
    predictors, shown = local[pack.predictors], local[pack.vision_index]  # -1 where another rank holds the token
    vision, cell_places, cells = _split_vision(pack.vision, rank, ranks)
    return Pack(
        input_ids=pack.input_ids[held],
        labels=pack.labels[held].masked_fill(places >= tokens, IGNORED),
        position_ids=pack.position_ids[:, held],
        document=pack.document[held],
        text_plan=split_plan(pack.text_plan.cu_seqlens.diff().numpy(), rank, ranks),
        vision=vision,
        vision_index=shown[shown >= 0],
        feature_index=cell_places[pack.feature_index[shown >= 0]],
        predictors=predictors[predictors >= 0],
        targets=pack.targets[predictors >= 0],
        gathered_cells=cells,
    )


def _split_vision(vision: VisionPack, rank: int, ranks: int) -> tuple[VisionPack, Tensor, int]:
    """What the ViT of one rank computes, the place of each cell (all of them) among the gathered, and the cells that
    each rank gives, padding included. Temporal grids are contiguous in window order as in natural order."""
    unit = len(vision.rows) // len(vision.undo)
    cells = vision.grid_plan.cu_seqlens.diff().numpy() // unit  # (grids,)
    owner, before, most = _deal(cells, ranks)
    cell_places = np.repeat(owner * most + before - (np.cumsum(cells) - cells), cells) + np.arange(cells.sum())
    mine = np.repeat(owner == rank, cells)  # (cells,)
    if not mine.any():
        return _blank_part(vision, unit), _long(cell_places), most
    grid_of_window = np.searchsorted(np.cumsum(cells) * unit, vision.window_plan.cu_seqlens[:-1].numpy(), side="right")
    patches = np.repeat(mine, unit)
    part = VisionPack(
        rows=torch.from_numpy(vision.rows.numpy()[patches]),
        positions=torch.from_numpy(vision.positions.numpy()[:, patches]),
        window_plan=segment_plan(vision.window_plan.cu_seqlens.diff().numpy()[owner[grid_of_window] == rank], False),
        grid_plan=segment_plan(cells[owner == rank] * unit, causal=False),
        undo=_long((np.cumsum(mine) - 1)[vision.undo.numpy()[mine]]),
    )
    return part, _long(cell_places), most


def _deal(cells: np.ndarray, ranks: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Temporal grids of so many `cells` dealt to the ranks, the largest first and each to the one with the fewest: the
    rank of each grid, the cells that this rank has before it in natural order, and the cells of the fullest rank."""
    owner = np.zeros(len(cells), np.int64)
    loads = [0] * ranks
    for grid in np.argsort(-cells, kind="stable"):
        owner[grid] = loads.index(min(loads))
        loads[owner[grid]] += int(cells[grid])
    before = np.zeros(len(cells), np.int64)
    for rank in range(ranks):
        own = cells[owner == rank]
        before[owner == rank] = np.cumsum(own) - own
    return owner, before, max(loads)


def _blank_part(vision: VisionPack, unit: int) -> VisionPack:
    """One blank cell, for a rank that has no grid."""
    plan = segment_plan([unit], causal=False)
    rows = torch.zeros_like(vision.rows[:unit])
    return VisionPack(rows, vision.positions[:, :unit], plan, plan, torch.zeros(1, dtype=torch.int64))


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
    rows = np.zeros((config.merge_unit, config.frame_values), np.uint8)
    return EncodedMedia(rows, (1, config.spatial_merge_size, config.spatial_merge_size))


def _check_media(item: EncodedMedia, config: VisionConfig) -> None:
    t, h, w = item.grid
    merge = config.spatial_merge_size
    if min(item.grid) < 1 or h % merge or w % merge:
        raise ValueError(f"grid {item.grid} is not (t, h, w) with h and w multiples of {merge}")
    allowed = [(t * h * w, values) for values in (config.frame_values, config.patch_values)]
    if item.rows.shape not in allowed or item.rows.dtype != np.uint8:
        raise ValueError(
            f"grid {item.grid} needs pixel rows {allowed[0]} or {allowed[1]} of uint8;"
            f" got {item.rows.shape} of {item.rows.dtype}"
        )


def _long(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.int64))
