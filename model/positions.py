"""Where every token and patch stands: MRoPE ids of the decoder, 2D ids and windows of the ViT (paper section 2.1).

All numpy, on the CPU, once per pack. A grid is (t, h, w) in patches; a cell is one merged token of 2x2 patches.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from model.config import ModelConfig, VisionConfig


class HasGrid(Protocol):
    """What the positions need of an image or video (`model.pack.EncodedMedia`)."""

    @property
    def grid(self) -> tuple[int, int, int]: ...

    @property
    def seconds_per_grid(self) -> float | None: ...


def media_spans(input_ids: np.ndarray, media: Sequence[HasGrid], config: ModelConfig) -> list[tuple[int, int]]:
    """The [begin, end) of each image's and video's pad tokens in one document, in order.

    Raises ValueError when the tokens and the media disagree in number, kind or length.
    """
    pads = np.flatnonzero((input_ids == config.image_token_id) | (input_ids == config.video_token_id))
    spans, used = [], 0
    for number, item in enumerate(media):
        t, h, w = item.grid
        cells = t * h * w // config.vision.merge_unit
        run = pads[used : used + cells]
        token = config.image_token_id if item.seconds_per_grid is None else config.video_token_id
        if len(run) < cells or run[-1] - run[0] != cells - 1 or (input_ids[run] != token).any():
            raise ValueError(f"medium {number} with grid {item.grid} needs {cells} adjacent tokens of id {token}")
        spans.append((int(run[0]), int(run[-1]) + 1))
        used += cells
    if used < len(pads):
        raise ValueError(f"{len(pads) - used} image or video tokens are left over after {len(media)} media")
    return spans


def text_positions(
    length: int, media: Sequence[HasGrid], spans: Sequence[tuple[int, int]], config: VisionConfig
) -> np.ndarray:
    """MRoPE ids (3, length) int64 of one document: rows are time, height, width.

    Text advances all three by one. A medium that starts at id s has time s + floor(grid_t * seconds_per_grid *
    tokens_per_second) (time stands still in an image), height s + row, width s + column; what follows starts at the
    largest id so far + 1.
    """
    ids = np.empty((3, length), np.int64)
    start, done = 0, 0
    for item, (begin, end) in zip(media, spans, strict=True):
        ids[:, done:begin] = np.arange(start, start + begin - done)
        start += begin - done
        ids[:, begin:end] = start + _cell_positions(item, config)
        start = int(ids[:, begin:end].max()) + 1
        done = end
    ids[:, done:] = np.arange(start, start + length - done)
    return ids


def patch_positions(grid: tuple[int, int, int], merge: int) -> np.ndarray:
    """Row and column (2, t * h * w) int64 of each patch, in block-major order: the patches of one cell are adjacent."""
    t, h, w = grid
    by_cell = np.indices((h, w)).reshape(2, h // merge, merge, w // merge, merge).swapaxes(2, 3).reshape(2, -1)
    return np.tile(by_cell, t)


def window_order(grid: tuple[int, int, int], config: VisionConfig) -> tuple[np.ndarray, np.ndarray]:
    """The cells of one grid sorted by window, and the cells in each window: ((cells,), (windows,)) int64.

    Windows tile each temporal grid row by row, `window_cells` a side; those at the right and lower edge are short.
    """
    t, h, w = grid[0], grid[1] // config.spatial_merge_size, grid[2] // config.spatial_merge_size
    frame, row, column = np.indices((t, h, w)).reshape(3, -1)
    rows, columns = -(-h // config.window_cells), -(-w // config.window_cells)
    window = (frame * rows + row // config.window_cells) * columns + column // config.window_cells
    return np.argsort(window, kind="stable"), np.bincount(window)


def _cell_positions(item: HasGrid, config: VisionConfig) -> np.ndarray:
    """Time, height, width (3, cells) int64 of a medium's cells, from 0."""
    t, h, w = item.grid
    merge = config.spatial_merge_size
    time, row, column = np.indices((t, h // merge, w // merge)).reshape(3, -1)
    if item.seconds_per_grid is not None:  # float32 and in this order, as released: products near an integer fall alike
        time = (time.astype(np.float32) * np.float32(item.seconds_per_grid) * config.tokens_per_second).astype(np.int64)
    return np.stack([time, row, column])
