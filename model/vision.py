"""The vision encoder of Qwen2.5-VL: a ViT with window attention at native resolution, and its 2x2 merger
(paper section 2.1). Module names are those of the released checkpoints under `visual.`."""

from functools import cache

import torch
from torch import Tensor, nn

from model.attention import SegmentPlan, attend
from model.config import NORM_EPS, VisionConfig
from model.layers import Linear, Rope, SwiGLU, linear, rope_frequencies, rope_from_angles, rotate
from model.pack import VisionPack

ROPE_THETA = 1e4
MEAN = (0.48145466, 0.4578275, 0.40821073)  # of red, green and blue from 0 to 1: CLIP's, as released
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


class VisionEncoder(nn.Module):
    """The ViT alone, as contrastive pre-training has it: patch embedding, blocks in window order."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.blocks = nn.ModuleList(VisionBlock(config) for _ in range(config.depth))

    def encode(self, vision: VisionPack) -> Tensor:
        """Features (patches, hidden) in window order."""
        x = self.patch_embed(vision.rows)  # (patches, hidden)
        rope = self.rope(vision.positions)
        for layer, block in enumerate(self.blocks):
            full = layer in self.config.fullatt_block_indexes
            x = block(x, rope, vision.grid_plan if full else vision.window_plan)
        return x

    def rope(self, positions: Tensor) -> Rope:
        """2D RoPE of `positions` (2, patches): the first half of the frequencies turns by row, the second by column."""
        frequencies = rope_frequencies(self.config.head_dim // 4, ROPE_THETA, positions.device)
        row, column = positions[..., None] * frequencies  # (patches, head dim / 4) each
        return rope_from_angles(torch.cat([row, column], dim=-1))


class VisionTower(VisionEncoder):
    """Pixel rows to LLM tokens: the ViT and its merger."""

    def __init__(self, config: VisionConfig, out_size: int) -> None:
        super().__init__(config)
        self.merger = PatchMerger(config, out_size)

    def forward(self, vision: VisionPack) -> Tensor:
        """Features (cells, out size) in natural order: media after media, rows of cells from top to bottom."""
        return self.merger(self.encode(vision))[vision.undo]


class PatchEmbed(nn.Module):
    """The released 3D convolution, whose kernel equals its stride: one matrix product over pixel rows.

    A patch that stands still goes through both temporal halves of the kernel, as released, and not once through their
    sum: that would round differently to save half of this product, which at 3B is a thousandth of the ViT's arithmetic.
    """

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        kernel = (config.temporal_patch_size, config.patch_size, config.patch_size)
        self.proj = nn.Conv3d(config.in_channels, config.hidden_size, kernel, kernel, bias=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Pixel rows (patches, 588 or 1176) uint8 to (patches, hidden)."""
        weight = self.proj.weight.flatten(1)  # (hidden, 1176)
        return linear(normalised(rows, self.config).to(weight.dtype), weight)


def normalised(rows: Tensor, config: VisionConfig) -> Tensor:
    """Pixel rows (patches, 588 or 1176) uint8 to (patches, 1176) float32, a frame that stands still twice: on every
    device the values of transformers' processor to the bit."""
    scale, mean, deviation = _statistics(rows.device)
    values = (rows.unflatten(1, (3, -1)) / scale).sub_(mean).div_(deviation)  # (patches, 3, 196 or 392)
    frames = values.unflatten(2, (-1, config.patch_size**2))
    return frames.expand(-1, -1, config.temporal_patch_size, -1).flatten(1)


@cache
def _statistics(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """255, MEAN and DEVIATION, kept on each device: to send them would make the host wait for it, pack after pack.

    All are tensors, for CUDA takes division by a number as multiplication by its reciprocal, which rounds differently.
    None is a buffer, for a model that comes from the meta device would lose what buffers hold.
    """
    columns = ([[255.0]], [[value] for value in MEAN], [[value] for value in DEVIATION])
    scale, mean, deviation = (torch.tensor(column, dtype=torch.float32, device=device) for column in columns)
    return scale, mean, deviation


class VisionBlock(nn.Module):
    """Pre-norm attention and SwiGLU MLP, both with bias."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.norm1 = nn.RMSNorm(config.hidden_size, eps=NORM_EPS)
        self.norm2 = nn.RMSNorm(config.hidden_size, eps=NORM_EPS)
        self.attn = VisionAttention(config)
        self.mlp = SwiGLU(config.hidden_size, config.intermediate_size, bias=True)

    def forward(self, x: Tensor, rope: Rope, plan: SegmentPlan) -> Tensor:
        """x and the result: (patches, hidden)."""
        x = x + self.attn(self.norm1(x), rope, plan)
        return x + self.mlp(self.norm2(x))


class VisionAttention(nn.Module):
    """Attention inside each segment of the plan (a window or a temporal grid), both directions."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        self.qkv = Linear(config.hidden_size, 3 * config.hidden_size)
        self.proj = Linear(config.hidden_size, config.hidden_size)

    def forward(self, x: Tensor, rope: Rope, plan: SegmentPlan) -> Tensor:
        """x and the result: (patches, hidden)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, -1, self.head_dim)).unbind(1)  # (patches, heads, head dim) each
        out = attend(rotate(q, rope), rotate(k, rope), v, plan)
        return self.proj(out.flatten(1))


class PatchMerger(nn.Module):
    """The patches of each cell side by side, through a two-layer MLP with exact GELU."""

    def __init__(self, config: VisionConfig, out_size: int) -> None:
        super().__init__()
        merged = config.merge_unit * config.hidden_size
        self.merge_unit = config.merge_unit
        self.ln_q = nn.RMSNorm(config.hidden_size, eps=NORM_EPS)
        self.mlp = nn.Sequential(Linear(merged, merged), nn.GELU(), Linear(merged, out_size))

    def forward(self, x: Tensor) -> Tensor:
        """x (patches, hidden) to (cells, out size)."""
        return self.mlp(self.ln_q(x).unflatten(0, (-1, self.merge_unit)).flatten(1))
