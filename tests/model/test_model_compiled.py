"""What runs on CUDA, block by block under torch.compile, shown on a CPU: torch's variable-length attention is given CPU
kernels that do what its documentation says of the CUDA ones."""

import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend
from torch.nn.attention import varlen

from model import attention
from model.attention import attend
from model.pack import pack


def visible(queries, keys, window):
    """(n, m) bool: pairs of one segment, and none above a causal diagonal that is aligned at the bottom right."""
    assert queries.dtype == keys.dtype == torch.int32
    within = [
        torch.ones(n, m, dtype=torch.bool).tril(m - n if window == [-1, 0] else m)
        for n, m in zip(queries.diff().tolist(), keys.diff().tolist(), strict=True)
    ]
    return torch.block_diag(*within)


def probabilities(q, k, queries, keys, window):
    """(heads, n, m)"""
    scores = torch.einsum("nhd,mhd->hnm", q, k) / q.shape[-1] ** 0.5
    return scores.masked_fill(~visible(queries, keys, window), -torch.inf).softmax(-1)


def forward(q, k, v, queries, keys, max_q, max_k, is_causal=False, scale=None, window_size=None, enable_gqa=False, *_):
    assert max_q == queries.diff().max()
    assert max_k == keys.diff().max()
    assert enable_gqa or q.shape[1] == k.shape[1]
    k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], 1) for x in (k, v))
    out = torch.einsum("hnm,mhd->nhd", probabilities(q, k, queries, keys, window_size), v).contiguous()
    return out, q.new_empty(q.shape[1], len(q)), torch.empty(2, dtype=torch.uint64)


def backward(grad, q, k, v, out, lse, queries, keys, max_q, max_k, is_causal, rng, scale=None, window_size=None):
    shape = k.shape[1], q.shape[1] // k.shape[1]
    k, v = (x.repeat_interleave(shape[1], 1) for x in (k, v))
    p = probabilities(q, k, queries, keys, window_size)
    dp = torch.einsum("nhd,mhd->hnm", grad, v)
    ds = p * (dp - (dp * p).sum(-1, keepdim=True)) / q.shape[-1] ** 0.5
    dq, dk = torch.einsum("hnm,mhd->nhd", ds, k), torch.einsum("hnm,nhd->mhd", ds, q)
    dv = torch.einsum("hnm,nhd->mhd", p, grad)
    return dq.contiguous(), *(x.unflatten(1, shape).sum(2) for x in (dk, dv))


@pytest.fixture
def as_on_cuda(monkeypatch):
    varlen._varlen_attn.register_kernel("cpu")(forward)
    varlen._varlen_attn_backward.register_kernel("cpu")(backward)

    def attend_varlen(q, k, v, plan):
        bounds = plan.cu_seqlens, plan.max_length
        return attention._attend_varlen(q, k, v, bounds, bounds, plan.causal)

    monkeypatch.setattr(attention, "_attend_grouped", attend_varlen)
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def gradients(model, item):
    model.zero_grad()
    hidden = model(item)
    hidden.square().sum().backward()
    return [hidden.detach(), *(weight.grad.clone() for weight in model.parameters() if weight.grad is not None)]


@pytest.mark.parametrize("causal", [False, True])
def test_the_kernel_is_asked_for_what_the_grouped_path_does(as_on_cuda, causal, monkeypatch):
    rng = torch.Generator().manual_seed(0)
    q = torch.randn(12, 4, 8, generator=rng)
    k, v = (torch.randn(12, 2, 8, generator=rng) for _ in "kv")
    plan = attention.segment_plan([5, 1, 6], causal)
    asked = attend(q, k, v, plan)
    monkeypatch.undo()
    torch.testing.assert_close(asked, attend(q, k, v, plan))


@pytest.mark.parametrize(
    "backend", ["eager", pytest.param("aot_eager", marks=pytest.mark.slow)], ids=["traced", "with its backward"]
)
def test_every_block_is_one_graph_for_packs_of_all_lengths(as_on_cuda, model, document, config, backend, monkeypatch):
    packs = [
        pack([document((1, 6, 10), (1, 18, 22), text=12), document((3, 10, 6, 1.0))], config),
        pack([document((1, 8, 8)), document(text=5)], config),
        pack([document((1, 4, 12), text=30), document(), document((1, 2, 4))], config),
    ]
    expected = [gradients(model, item) for item in packs]
    counter = CompileCounterWithBackend(backend)
    for block in model.blocks:
        compiled = torch.compile(block.forward, backend=counter, dynamic=True, fullgraph=True)
        monkeypatch.setattr(block, "forward", compiled)
    graphs = []
    for item, values in zip(packs, expected, strict=True):
        torch.testing.assert_close(gradients(model, item), values)
        graphs.append(counter.frame_count)
    assert graphs[-1] == graphs[-2]
    assert graphs[-1] <= 4  # the ViT's block and the decoder's; again where numbers of a pack happened to be equal
