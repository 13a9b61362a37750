import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from model.attention import attend, segment_plan


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kv_heads", [4, 2, 1])
def test_equals_dense_attention_under_a_block_mask(causal, kv_heads):
    lengths = [5, 3, 5, 1, 8, 3, 5]
    n = sum(lengths)
    rng = torch.Generator().manual_seed(0)
    q = torch.randn(n, 4, 8, generator=rng, dtype=torch.float64, requires_grad=True)
    k, v = (torch.randn(n, kv_heads, 8, generator=rng, dtype=torch.float64, requires_grad=True) for _ in "kv")
    segment = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    mask = segment[:, None] == segment
    if causal:
        mask = mask.tril()
    dense = scaled_dot_product_attention(
        q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1), attn_mask=mask, enable_gqa=True
    ).transpose(0, 1)
    ours = attend(q, k, v, segment_plan(lengths, causal))
    torch.testing.assert_close(ours, dense)
    weight = torch.randn(n, 4, 8, generator=rng, dtype=torch.float64)
    expected = torch.autograd.grad((dense * weight).sum(), (q, k, v))
    torch.testing.assert_close(torch.autograd.grad((ours * weight).sum(), (q, k, v)), expected)


def test_a_plan_gathers_equal_lengths():
    plan = segment_plan([2, 1, 2], causal=True)
    assert plan.order.tolist() == [2, 0, 1, 3, 4]
    assert plan.groups == ((1, 1), (2, 2))
    assert plan.cu_seqlens.tolist() == [0, 2, 3, 5]
    assert plan.order[plan.undo].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("lengths", [[], [3, 0]])
def test_an_empty_segment_is_refused(lengths):
    with pytest.raises(ValueError, match="at least one token long"):
        segment_plan(lengths, causal=False)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="the variable-length kernel runs on CUDA only")
@pytest.mark.parametrize("causal", [False, True])
def test_the_cuda_kernel_equals_the_grouped_path(causal):
    lengths = [64, 12, 64, 300, 1]
    rng = torch.Generator("cuda").manual_seed(0)
    q = torch.randn(sum(lengths), 4, 80, generator=rng, device="cuda")
    k, v = (torch.randn(sum(lengths), 2, 80, generator=rng, device="cuda") for _ in "kv")
    plan = segment_plan(lengths, causal).to("cuda")
    halves = attend(q.bfloat16(), k.bfloat16(), v.bfloat16(), plan)
    torch.testing.assert_close(halves.float(), attend(q, k, v, plan), atol=2e-2, rtol=2e-2)
