"""Sharded over two processes, one of which drew text only: no hang, and the gradients of one process alone."""

from datetime import timedelta

import pytest
import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from torch.multiprocessing.spawn import spawn

from model.checkpoint import new_model
from model.loss import loss_sum
from model.pack import pack

RANKS = 2


def sharded_step(rank, config, packs, expected, rendezvous):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{rendezvous}", timedelta(seconds=60), rank=rank, world_size=RANKS)
    model = new_model(config, seed=0)
    for block in [*model.visual.blocks, *model.model.layers]:
        fully_shard(block)
    fully_shard(model)
    mine = packs[rank]
    (loss_sum(model(mine), model.output_weight, mine) * RANKS).backward()  # FSDP averages over ranks
    for name, weight in model.named_parameters():
        torch.testing.assert_close(weight.grad.full_tensor(), expected[name], atol=1e-4, rtol=1e-4)
    dist.destroy_process_group()


@pytest.mark.slow
def test_a_rank_without_images_neither_hangs_nor_changes_the_gradients(config, document, tmp_path):
    packs = [pack([document((1, 8, 8)), document()], config), pack([document()], config)]
    model = new_model(config, seed=0)
    for item in packs:
        loss_sum(model(item), model.output_weight, item).backward()
    expected = {name: weight.grad for name, weight in model.named_parameters()}
    spawn(sharded_step, (config, packs, expected, tmp_path / "rendezvous"), RANKS)
