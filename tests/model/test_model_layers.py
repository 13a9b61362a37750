import pytest
import torch
from torch.nn import functional

from model import layers


def run(product, x, weight, bias):
    inputs = [each.clone().requires_grad_() for each in (x, weight, bias) if each is not None]
    out = product(*inputs)
    gradient = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape[::-1]).T  # as backward may meet it
    return [out.detach(), *torch.autograd.grad(out, inputs, gradient)]


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 37])
def test_linear_equals_that_of_torch(rows, biased):
    rng = torch.Generator().manual_seed(0)
    x, weight = torch.randn(24, rows, generator=rng).T, torch.randn(40, 24, generator=rng)
    bias = torch.randn(40, generator=rng) if biased else None
    torch.testing.assert_close(run(layers.linear, x, weight, bias), run(functional.linear, x, weight, bias))


def test_linear_is_the_same_bit_for_bit_each_time():
    rng = torch.Generator().manual_seed(0)
    inputs = [torch.randn(*shape, generator=rng) for shape in ((300, 64), (96, 64), (96,))]
    first, second = (run(layers.linear, *inputs) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_frozen_weights_cost_no_product(monkeypatch):
    made = []
    product = layers._product
    monkeypatch.setattr(layers, "_product", lambda *operands: made.append(1) or product(*operands))
    x = torch.randn(3, 4, requires_grad=True)
    layers.linear(x, torch.randn(5, 4)).sum().backward()
    assert len(made) == 2
