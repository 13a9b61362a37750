"""Ranks for tests: processes on this machine that find each other as those of torchrun do, and packs for them."""

import os
import pickle
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import start_processes

from model.checkpoint import new_model
from model.config import ModelConfig
from model.loss import loss_sum
from model.pack import Encoded, EncodedMedia, Pack, pack
from model.qwen import QwenVL
from tests.train.conftest import MODEL
from train.parallel import Ranks

CONFIG = ModelConfig.model_validate(MODEL)
PRELOADED = ["torch.distributed.checkpoint", "train.checkpoints", "tests.train.ranks"]


def launch(count: int, work: Callable[..., Any], *args: Any) -> list[Any]:
    """What `work(*args)` returns on each of `count` ranks. Raises what the first rank to fail raised."""
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    get_context("forkserver").set_forkserver_preload(PRELOADED)
    with tempfile.TemporaryDirectory() as folder:
        start_processes(_rank, (count, store.port, folder, work, args), count, start_method="forkserver")
        return [pickle.loads((Path(folder) / str(rank)).read_bytes()) for rank in range(count)]


def _rank(rank: int, count: int, port: int, folder: str, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    where = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_USE_AGENT_STORE": True}
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count, **where}
    os.environ.update({name: str(value) for name, value in told.items()})
    (Path(folder) / str(rank)).write_bytes(pickle.dumps(work(*args)))


def encoded(text: int, images: int = 0, seed: int = 0) -> Encoded:
    """A document of `text` supervised tokens after `images` images of 32 patches."""
    rng = np.random.default_rng(seed)
    vision = [CONFIG.vision_start_token_id, *[CONFIG.image_token_id] * 8, CONFIG.vision_end_token_id] * images
    words = rng.integers(8, 400, text).tolist()
    rows = [rng.integers(0, 256, (32, 588), np.uint8) for _ in range(images)]
    media = tuple(EncodedMedia(each, (1, 4, 8)) for each in rows)
    return Encoded(np.array(vision + words), np.array([-100] * len(vision) + words), media)


def packs() -> list[Pack]:
    """Three packs of one step, of which the second is text alone."""
    documents = [[encoded(9, 1, 1), encoded(5, 2, 2)], [encoded(17, 0, 3)], [encoded(3, 1, 4), encoded(7, 0, 5)]]
    return [pack(each, CONFIG) for each in documents]


def idle() -> Pack:
    return pack([Encoded(np.array([CONFIG.pad_token_id]), np.array([-100]))], CONFIG)


def model() -> QwenVL:
    """Every weight random, norms and biases too."""
    made = new_model(CONFIG, seed=0)
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(torch.randn(weight.shape, generator=rng), alpha=0.1)
    return made


def backward(model: QwenVL, ranks: Ranks) -> float:
    """The loss of the global batch `packs()`; its gradients are left in the sharded model."""
    step = packs()
    supervised = sum(len(each.targets) for each in step)
    mine = step[ranks.data_rank :: ranks.data_count]
    mine += [idle()] * (-(-len(step) // ranks.data_count) - len(mine))  # every rank runs as many forwards
    loss = torch.zeros(())
    for each in mine:
        share = loss_sum(model(each), model.output_weight, each) / supervised
        (share * ranks.count).backward()
        loss += share.detach()
    return ranks.sum(loss).item()
