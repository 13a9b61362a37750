"""What the ViT and the decoder share: matrix products, rotary embedding and the SwiGLU MLP."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.functional import silu

HAS_ONEDNN = torch.backends.mkldnn.is_available()  # not every build of torch has it

Rope = tuple[Tensor, Tensor]  # cos and sin, each (n, 1, head dim) float32


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (n, in) times weight (out, in), and bias (out,): (n, out).

    On a CPU in float32 by oneDNN, the library that torch takes for bfloat16: twice as fast on AMD's processors as MKL,
    which keeps to AVX2 there. torch's own switch, `torch.backends.mkldnn.enabled`, turns that off.
    """
    single = x.is_cpu and x.dtype == weight.dtype == torch.float32
    if single and len(x) and HAS_ONEDNN and torch.backends.mkldnn.enabled:
        return _OneDnnLinear.apply(x, weight, bias)
    return functional.linear(x, weight, bias)


class Linear(nn.Linear):
    """nn.Linear by `linear`."""

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


class _OneDnnLinear(torch.autograd.Function):
    """Each product of forward and backward is x @ y.T of two views, which oneDNN takes as they lie in memory."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        graded, learns, _ = ctx.needs_input_grad
        ctx.save_for_backward(x if learns else None, weight if graded else None)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        return (
            None if weight is None else _product(gradient, weight.T),
            None if x is None else _product(gradient.T, x.T),
            gradient.sum(0) if ctx.needs_input_grad[2] else None,
        )


def _product(x: Tensor, y: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (n, k) times y (m, k), and bias (m,): (n, m)."""
    return torch.ops.mkldnn._linear_pointwise(x, y, bias, "none", [], "")


class SwiGLU(nn.Module):
    """down(silu(gate(x)) * up(x))."""

    def __init__(self, hidden: int, intermediate: int, bias: bool) -> None:
        super().__init__()
        self.gate_proj = Linear(hidden, intermediate, bias=bias)
        self.up_proj = Linear(hidden, intermediate, bias=bias)
        self.down_proj = Linear(intermediate, hidden, bias=bias)

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
