"""A pack split over the ranks of a context group: the parts, their plans, and the gradients of one process alone."""

from datetime import timedelta

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.multiprocessing.spawn import spawn
from torch.nn.functional import pad, scaled_dot_product_attention

from model import attention
from model.attention import attend, segment_plan
from model.checkpoint import new_model
from model.context import held_places, set_group, split_plan
from model.loss import loss_sum
from model.pack import Encoded, pack, split


def joined(parts, tokens):
    """What the parts hold, in the order of the sequence, without what fills the last."""
    places = np.concatenate([held_places(tokens, rank, len(parts)) for rank in range(len(parts))])
    return torch.cat(parts, dim=-1)[..., torch.from_numpy(np.argsort(places))[:tokens]]


@pytest.mark.parametrize("ranks", [2, 3, 8])
def test_the_parts_hold_every_token_and_every_target_once(documents, config, ranks):
    whole = pack(documents, config)
    n = len(whole.input_ids)
    parts = [split(whole, rank, ranks) for rank in range(ranks)]
    assert len({len(part.input_ids) for part in parts}) == 1
    for name in ("input_ids", "labels", "position_ids", "document"):
        assert torch.equal(joined([getattr(part, name) for part in parts], n), getattr(whole, name))
    places = [torch.from_numpy(held_places(n, rank, ranks)) for rank in range(ranks)]
    found = [torch.stack([at[x.predictors], x.targets, x.target_document]) for at, x in zip(places, parts, strict=True)]
    expected = torch.stack([whole.predictors, whole.targets, whole.target_document])
    assert torch.equal(*(table[:, table[0].argsort()] for table in (torch.cat(found, dim=1), expected)))


@pytest.mark.parametrize("ranks", [2, 4, 16])
@torch.no_grad()
def test_each_token_shows_the_cell_that_it_shows_in_the_whole_pack(model, documents, config, ranks):
    whole = pack(documents, config)
    features = model.visual(whole.vision)
    parts = [split(whole, rank, ranks) for rank in range(ranks)]
    given_by = [model.visual(part.vision) for part in parts]
    cells = parts[0].gathered_cells
    assert max(map(len, given_by)) == cells
    gathered = torch.cat([pad(each, (0, 0, 0, cells - len(each))) for each in given_by])
    by_place = torch.zeros(len(whole.input_ids), dtype=torch.int64)
    by_place[whole.vision_index] = whole.feature_index
    for rank, part in enumerate(parts):
        places = torch.from_numpy(held_places(len(whole.input_ids), rank, ranks))[part.vision_index]
        torch.testing.assert_close(gathered[part.feature_index], features[by_place[places]], atol=1e-5, rtol=0)
    assert sum(len(part.vision_index) for part in parts) == len(whole.vision_index)


def test_the_vision_tower_has_an_even_load(document, config):
    whole = pack([document((1, 8, 8)), document((5, 8, 4, 1.0)), document((1, 4, 8), (1, 16, 8))], config)
    assert [len(split(whole, rank, 2).vision.rows) for rank in range(2)] == [192, 192]


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=6), ranks=st.integers(2, 5))
def test_split_attention_equals_dense_attention_under_a_block_mask(lengths, ranks):
    n = sum(lengths)
    rng = torch.Generator().manual_seed(n)
    q, k, v = (torch.randn(n, heads, 8, generator=rng, dtype=torch.float64) for heads in (4, 2, 2))
    segment = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    mask = (segment[:, None] == segment).tril()
    dense = scaled_dot_product_attention(
        q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1), attn_mask=mask, enable_gqa=True
    ).transpose(0, 1)
    places = [torch.from_numpy(held_places(n, rank, ranks)) for rank in range(ranks)]
    every = torch.cat([k, v], dim=1)[torch.cat(places).clamp(max=n - 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention, "gather", lambda own: every)
        for rank, at in enumerate(places):
            held = at.clamp(max=n - 1)
            ours = attend(q[held], k[held], v[held], split_plan(lengths, rank, ranks))
            torch.testing.assert_close(ours[at < n], dense[at[at < n]])


def test_ranks_have_equally_many_pairs_to_score_where_one_document_fills_the_pack():
    pairs = [
        sum(queries * keys - queries * (queries - 1) // 2 for queries, keys in split_plan([4096], rank, 4).lengths)
        for rank in range(4)
    ]
    assert pairs == [4096 * 4097 // 2 // 4] * 4


def test_a_cut_at_the_end_of_a_document_leaves_no_empty_segment():
    plan = split_plan([4, 4, 8], rank=0, ranks=2)  # pieces of 4: the first and the last
    assert plan.lengths == ((4, 4), (4, 8))
    assert plan.cu_seqlens.tolist() == [0, 4, 8]
    assert plan.key_cu_seqlens.tolist() == [0, 4, 12]
    assert plan.key_index.tolist() == [0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7]  # gathered: pieces 0, 3, 1, 2


def test_one_rank_alone_has_the_pack_itself(documents, config):
    whole = pack(documents, config)
    assert split(whole, 0, 1) is whole


def test_a_split_pack_without_a_group_is_refused(model, documents, config):
    with pytest.raises(RuntimeError, match="needs the group of the ranks that share it"):
        model(split(pack(documents, config), 0, 2))


@pytest.fixture
def group_of_one():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    set_group(dist.group.WORLD)
    yield
    set_group(None)
    dist.destroy_process_group()


def test_split_attention_compiles_as_one_graph(group_of_one):
    rng = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(14, heads, 8, generator=rng) for heads in (4, 2, 2))
    plan = split_plan([5, 9], rank=0, ranks=1)
    compiled = torch.compile(attend, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(q, k, v, plan), attend(q, k, v, segment_plan([5, 9], causal=True)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="the variable-length kernel runs on CUDA only")
@pytest.mark.parametrize("rank", [0, 1])
def test_the_cuda_kernel_equals_the_path_of_other_devices(rank, monkeypatch):
    lengths = [64, 300, 1, 700, 35]
    rng = torch.Generator("cuda").manual_seed(0)
    monkeypatch.setattr(attention, "gather", lambda own: torch.cat([own, own.flip(0)]))
    q, k, v = (torch.randn(sum(lengths) // 2, heads, 128, generator=rng, device="cuda") for heads in (4, 2, 2))
    plan = split_plan(lengths, rank, ranks=2).to("cuda")
    halves = attend(q.bfloat16(), k.bfloat16(), v.bfloat16(), plan)
    torch.testing.assert_close(halves.float(), attend(q, k, v, plan), atol=2e-2, rtol=2e-2)


def cases(document, config):
    """Steps of one pack for each of two data ranks, each called for what could go wrong in it."""
    pictures = pack([document((1, 8, 8), text=30), document(text=3), document((1, 10, 12), (3, 4, 6, 1.0))], config)
    fills = pack([document((1, 6, 6), text=90)], config)
    text = pack([document(text=21), document(text=5)], config)
    silent = document((1, 6, 6), text=12)
    unsupervised = Encoded(silent.input_ids, np.full_like(silent.labels, -100), silent.media)
    ends = pack([document(text=6), document(text=14), document(text=6)], config)  # 8, 16, 8 tokens
    middle = pack([document(text=6), unsupervised, document(text=6)], config)
    idle = pack([Encoded(np.array([0]), np.array([-100]))], config)
    return {
        "images in both parts": (pictures, text),
        "one document fills the pack": (fills, fills),
        "text only": (text, text),
        "cuts at the ends of documents": (ends, pictures),
        "a part without targets": (middle, ends),
        "one token, fewer than ranks": (text, idle),
    }


def gradients(config, packs):
    model = new_model(config, seed=0)
    for item in packs:
        loss_sum(model(item), model.output_weight, item).backward()
    return {name: weight.grad for name, weight in model.named_parameters()}


def shared_steps(rank, ranks, config, steps, expected, rendezvous):
    """Every step on `ranks` processes, two a context group, sharded by FSDP2 and not."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{rendezvous}", timedelta(seconds=60), rank=rank, world_size=ranks)
    mesh = init_device_mesh("cpu", (ranks // 2, 2), mesh_dim_names=("data", "context"))
    data, part = mesh.get_coordinate()
    set_group(mesh.get_group("context"))
    for sharded in (False, True):
        model = new_model(config, seed=0)
        if sharded:
            for block in [*model.visual.blocks, *model.model.layers]:
                fully_shard(block)
            fully_shard(model)
        for name, packs in steps.items():
            model.zero_grad()
            for item in packs[data :: ranks // 2]:
                mine = split(item, part, 2)
                loss = loss_sum(model(mine), model.output_weight, mine)
                (loss * ranks if sharded else loss).backward()  # FSDP averages over ranks
            check(model, expected[name], name, sharded)
    dist.destroy_process_group()


def check(model, expected, name, sharded):
    for weight_name, weight in model.named_parameters():
        if sharded:
            grad = weight.grad.full_tensor()
        else:
            grad = weight.grad
            dist.all_reduce(grad)
        torch.testing.assert_close(
            grad, expected[weight_name], atol=1e-4, rtol=1e-4, msg=lambda said, at=weight_name: f"{name}: {at}: {said}"
        )


@pytest.mark.parametrize("ranks", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_ranks_that_share_packs_have_the_gradients_of_one_process(config, document, tmp_path, ranks):
    steps = cases(document, config)
    expected = {name: gradients(config, packs) for name, packs in steps.items()}
    spawn(shared_steps, (ranks, config, steps, expected, tmp_path / "rendezvous"), ranks)
