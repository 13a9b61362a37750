"""Ranks: loss, gradients and norms are those of one process, whatever each rank drew, and none waits for ever."""

import os
import time
from datetime import timedelta

import pytest
import torch
from torch.distributed.tensor import DTensor

from curation.errors import UserError
from model.attention import segment_plan
from model.context import split_plan
from model.decoder import DecoderLayer
from model.layers import rope_from_angles
from model.loss import loss_sum
from model.vision import VisionBlock
from tests.train.ranks import CONFIG, backward, launch, model, packs
from train import parallel
from train.parallel import clip_gradients, open_ranks, prepare, recomputed, row_bytes
from train.phase import Compute, PackSize

SIZE = PackSize(tokens=64, patches=96, per_step=3)
EVERYWHERE = [1, 2, pytest.param(4, marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def alone():
    """Loss and gradients of the step by plain torch: the oracle."""
    plain, step = model(), packs()
    loss = sum(loss_sum(plain(each), plain.output_weight, each) for each in step) / sum(len(p.targets) for p in step)
    loss.backward()
    return loss.item(), {name: weight.grad for name, weight in plain.named_parameters()}


def measured(compute=None, frozen=""):
    """Loss, gradients, norms before and after clipping to 0.1, and what the weights are called."""
    with open_ranks() as ranks:
        trained = model()
        for name, weight in trained.named_parameters():
            weight.requires_grad = not (frozen and name.startswith(frozen))
        prepare(trained, ranks, compute or Compute(), SIZE)
        loss = backward(trained, ranks)
        named = {name: weight for name, weight in trained.named_parameters() if weight.grad is not None}
        grads = {name: whole(weight.grad).clone() for name, weight in named.items()}
        parts = {
            "vision": [weight for name, weight in named.items() if name.startswith("visual")],
            "language": [weight for name, weight in named.items() if not name.startswith("visual")],
        }
        norms = clip_gradients(parts, 0.1, ranks)
        clipped, _ = clip_gradients(parts, 1.0, ranks)
        kinds = {weight.dtype for weight in trained.parameters()} | {grad.dtype for grad in grads.values()}
        return loss, grads, norms, clipped, list(trained.state_dict()), kinds


def whole(grad):
    return grad.full_tensor() if isinstance(grad, DTensor) else grad


def norm(grads):
    return torch.cat([grad.flatten() for grad in grads]).norm().item()


@pytest.mark.parametrize("count", EVERYWHERE)
def test_loss_gradients_and_norms_are_those_of_one_process(count, alone):
    """Of 2 ranks the second draws text alone and runs an idle pack; of 4 the last has nothing but an idle pack."""
    expected_loss, expected = alone
    vision, language = (norm(g for n, g in expected.items() if n.startswith("visual") == v) for v in (True, False))
    for loss, grads, (total, own), clipped, names, _ in launch(count, measured):
        assert loss == pytest.approx(expected_loss, rel=1e-6)
        for name, grad in expected.items():
            torch.testing.assert_close(grads[name], grad, atol=1e-6, rtol=1e-4)
        assert total == pytest.approx(norm(expected.values()), rel=1e-5)
        assert own == pytest.approx({"vision": vision, "language": language}, rel=1e-5)
        assert clipped == pytest.approx(0.1, rel=1e-4)
        assert names == list(model().state_dict())


@pytest.mark.parametrize("compute", [Compute(activations=0), Compute(dtype="bfloat16")])
@pytest.mark.parametrize("count", [1, 2])
def test_how_it_is_computed_changes_nothing_but_rounding(count, compute, alone):
    expected_loss, expected = alone
    half = compute.dtype == "bfloat16"
    for loss, grads, (total, _), _, names, kinds in launch(count, measured, compute):
        assert loss == pytest.approx(expected_loss, rel=1e-2 if half else 1e-6)
        assert total == pytest.approx(norm(expected.values()), rel=2e-2 if half else 1e-5)
        assert names == list(model().state_dict())
        assert kinds == {torch.float32}  # master weights, and what gradients are summed in
        if not half:
            for name, grad in expected.items():
                torch.testing.assert_close(grads[name], grad, atol=1e-6, rtol=1e-4)


def test_a_frozen_vit_has_no_gradients_and_holds_nobody_up(alone):
    for _, grads, *_ in launch(2, measured, None, "visual."):
        assert grads.keys() == {name for name in alone[1] if not name.startswith("visual.")}


@pytest.mark.slow
def test_ranks_of_a_context_group_share_their_packs():
    assert launch(4, places) == [(0, 2, 0, 2), (0, 2, 1, 2), (1, 2, 0, 2), (1, 2, 1, 2)]


def places():
    with open_ranks(context=2) as ranks:
        return ranks.data_rank, ranks.data_count, ranks.context_rank, ranks.context_count


def test_what_ranks_tell_each_other():
    assert launch(2, told) == [([0, 10], "from 0", 10.0)] * 2


def told():
    for _ in range(2):  # a chain opens once a phase
        with open_ranks() as ranks:
            mine = torch.tensor(10.0 * ranks.rank)
            heard = ranks.gather(10 * ranks.rank), ranks.broadcast_object(f"from {ranks.rank}"), ranks.sum(mine).item()
            ranks.barrier()
            assert mine.item() == 10.0 * ranks.rank
    return heard


@pytest.mark.parametrize("silent", [False, True])
def test_a_rank_that_is_gone_or_silent_ends_the_others_with_one_line(silent):
    gone, other = launch(2, one_goes, silent)
    assert gone is None
    assert other.startswith("rank 1 of 2: another rank ended or does not answer: ")
    assert "\n" not in other


def one_goes(silent):
    parallel.TIMEOUT = timedelta(seconds=1)
    try:
        with open_ranks() as ranks:
            ranks.barrier()
            if ranks.rank == 1:
                ranks.sum(torch.zeros(1))
            elif silent:
                time.sleep(3)
    except UserError as error:
        return str(error)


def test_a_context_that_does_not_divide_the_ranks_is_refused(monkeypatch):
    monkeypatch.setitem(os.environ, "WORLD_SIZE", "3")
    with pytest.raises(UserError, match=r"compute\.context: 2 does not divide the 3 ranks"), open_ranks(context=2):
        pass


def test_fewer_gpus_than_ranks_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setitem(os.environ, "LOCAL_WORLD_SIZE", "2")
    with pytest.raises(UserError, match="2 ranks on this machine and 1 GPUs"), open_ranks():
        pass


def vision_block():
    config = CONFIG.vision.model_copy(update={"hidden_size": 128, "intermediate_size": 344, "num_heads": 8})
    return VisionBlock(config), 16, segment_plan([16] * 8, causal=False)


def decoder_layer():
    sizes = {"hidden_size": 128, "intermediate_size": 688, "num_attention_heads": 8, "num_key_value_heads": 2}
    return DecoderLayer(CONFIG.text.model_copy(update=sizes)), 16, segment_plan([100, 28], causal=True)


@pytest.mark.parametrize("make", [vision_block, decoder_layer])
def test_a_block_keeps_the_bytes_that_are_budgeted(make):
    """By what autograd really keeps, with the proportions of the 3B model and what all blocks share left out."""
    block, head_dim, plan = make()
    x = torch.randn(128, 128, requires_grad=True)
    rope = rope_from_angles(torch.zeros(128, head_dim // 2))
    shared = {tensor.untyped_storage().data_ptr() for tensor in (*block.parameters(), *rope)}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if tensor.is_floating_point() and storage.data_ptr() not in shared:
            kept[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        block(x, rope, plan)
    assert sum(storage.nbytes() for storage in kept.values()) / 128 == pytest.approx(row_bytes(block, 4), rel=0.2)


@pytest.mark.parametrize("ranks", [2, 8])
def test_the_keys_and_values_that_every_rank_of_a_context_keeps_are_budgeted(ranks):
    block, head_dim, _ = decoder_layer()
    plan = split_plan([128], 0, ranks)
    queries, keys = (int(ends[-1]) for ends in (plan.cu_seqlens, plan.key_cu_seqlens))
    more = queries * (row_bytes(block, 4, ranks) - row_bytes(block, 4))
    assert more == (keys - queries) * 4 * 2 * 2 * head_dim  # bytes, keys and values, heads


def test_the_budget_decides_how_many_blocks_are_computed_again():
    blocks, count = model().blocks, []
    everything = sum(row_bytes(b, 4) * (SIZE.patches if n < 2 else SIZE.tokens) for n, b in enumerate(blocks)) / 2**30
    for share in (None, 1.01, 0.9, 0.5, 0.0):
        compute = Compute(activations=None if share is None else share * everything)
        count.append(len(recomputed(blocks, compute, SIZE)))
    assert count[:2] == [0, 0]
    assert count[2] == 1
    assert count == sorted(count)
    assert count[-1] == len(blocks)


def test_a_frozen_vit_is_not_computed_again():
    frozen = model()
    frozen.visual.requires_grad_(False)
    assert recomputed(frozen.blocks, Compute(activations=0), SIZE) == {2, 3}
