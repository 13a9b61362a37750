"""What the ViT and the decoder share: rotary embedding and the SwiGLU MLP."""

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

Rope = tuple[Tensor, Tensor]  # cos and sin, each (n, 1, head dim) float32


class SwiGLU(nn.Module):
    """down(silu(gate(x)) * up(x))."""

    def __init__(self, hidden: int, intermediate: int, bias: bool) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden, intermediate, bias=bias)
        self.up_proj = nn.Linear(hidden, intermediate, bias=bias)
        self.down_proj = nn.Linear(intermediate, hidden, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """x and the result: (n, hidden)."""
        return self.down_proj(silu(self.gate_proj(x)) * self.up_proj(x))


def rope_frequencies(count: int, theta: float, device: torch.device) -> Tensor:
    """theta ** (-i / count) for i below `count`: (count,) float32."""
    return theta ** -(torch.arange(count, dtype=torch.float32, device=device) / count)


def rope_from_angles(angles: Tensor) -> Rope:
    """cos and sin of `angles` (n, head dim / 2) float32, repeated over both halves of the head."""
    both = torch.cat([angles, angles], dim=-1)[:, None]  # (n, 1, head dim)
    return both.cos(), both.sin()


def rotate(x: Tensor, rope: Rope) -> Tensor:
    """Turn each pair (i, i + head dim / 2) of x (n, heads, head dim) by its angle, in float32."""
    cos, sin = rope
    left, right = x.float().chunk(2, dim=-1)
    return (x * cos + torch.cat([-right, left], dim=-1) * sin).to(x.dtype)
