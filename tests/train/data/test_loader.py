"""The loader: the same batches whatever workers and ranks, damage replaced by rule, and no process left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from curation.errors import UserError
from model.config import load_config
from tests.conftest import write_shards
from tests.train.conftest import coloured, page
from train.data.lengths import Packed, SourceChoice, TokenizerChoice
from train.data.loader import Sources, batches
from train.data.measure import measure_sources
from train.data.mixture import Samples
from train.data.plan import Cursor, Step
from train.next_token import NextToken
from train.phase import Corrupt, Loading


@pytest.fixture(scope="module")
def sources(packed: Packed) -> Sources:
    return Sources.open(packed, ["colours", "pages"])


@pytest.fixture(scope="module")
def objective(packed: Packed) -> NextToken:
    ids = packed.processor.tokenizer.special_ids()
    return NextToken(load_config(packed.config.model).model_copy(update=ids), frozenset({"language"}))


def planned(samples: Samples, packs_of_steps: list[list[list[int]]]) -> list[tuple[Step, Cursor]]:
    """Steps of the given sample numbers."""
    steps, done = [], 0
    for number, packs in enumerate(packs_of_steps):
        every = [sample for pack in packs for sample in pack]
        sizes = int(samples.tokens[every].sum()), int(samples.patches[every].sum())
        steps.append((Step(number, tuple(np.array(pack) for pack in packs), done, *sizes), Cursor(step=number)))
        done += sizes[0]
    return steps


STEPS = [[[0, 1, 62], [2, 3], [63]], [[4], [5, 6, 7], [8, 64]]]


def load(sources, objective, steps=STEPS, workers=0, rule="replace", **ranks):
    """All that a rank is given."""
    alone = {"data_rank": 0, "data_count": 1, "context_rank": 0, "context_count": 1, "device": torch.device("cpu")}
    loading, corrupt = Loading(workers=workers), Corrupt(rule=rule)
    here = SimpleNamespace(**(alone | ranks))
    return list(batches(planned(sources.samples, steps), sources, objective, here, loading, corrupt))


def tensors(batch):
    content = batch.content
    return [content.input_ids, content.labels, content.position_ids, content.vision.rows, batch.source, batch.task]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(tensors(one), tensors(other), strict=True))


def test_a_batch_holds_its_samples_and_tells_whose_they_are(sources, objective):
    ((_, _, made), _) = load(sources, objective)
    batch = next(batch for batch in made if len(batch.keys) == 3)
    assert batch.keys == tuple(sources.wanted(number).place.key for number in (0, 1, 62))
    assert batch.source.tolist() == [0, 0, 1]
    assert [sources.tasks[task] for task in batch.task] == ["colour", "colour", "interleaved"]
    assert batch.tokens == len(batch.content.input_ids) == sources.samples.tokens[[0, 1, 62]].sum()
    assert batch.patches == sources.samples.patches[[0, 1, 62]].sum()
    assert batch.flops == objective.flops(batch.content) > 0
    assert batch.faults == ()


def test_workers_change_nothing(sources, objective):
    alone, helped = load(sources, objective), load(sources, objective, workers=2)
    assert [(step.number, cursor) for step, cursor, _ in alone] == [(0, Cursor(step=0)), (1, Cursor(step=1))]
    assert [(step.number, cursor) for step, cursor, _ in helped] == [(0, Cursor(step=0)), (1, Cursor(step=1))]
    for (_, _, ours), (_, _, theirs) in zip(alone, helped, strict=True):
        assert all(same(one, other) for one, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("count", [2, 4])
def test_ranks_share_the_packs_of_a_step_and_run_equally_many(sources, objective, count):
    whole = load(sources, objective)
    parts = [load(sources, objective, data_rank=rank, data_count=count) for rank in range(count)]
    for number, (_, _, made) in enumerate(whole):
        shared = [part[number][2] for part in parts]
        assert {len(own) for own in shared} == {-(-3 // count)}
        documents = sorted(key for own in shared for batch in own for key in batch.keys)
        assert documents == sorted(key for batch in made for key in batch.keys)


def test_a_rank_without_a_pack_is_given_an_idle_one(sources, objective):
    ((_, _, [batch]), _) = load(sources, objective, data_rank=3, data_count=4)
    assert batch.keys == ()
    assert batch.tokens == batch.patches == 0
    assert len(batch.content.targets) == 0
    assert len(batch.source) == 0


def test_ranks_that_share_a_sequence_share_its_targets(sources, objective):
    ((_, _, whole), _) = load(sources, objective)
    halves = [load(sources, objective, context_rank=rank, context_count=2)[0][2] for rank in range(2)]
    for batch, *parts in zip(whole, *halves, strict=True):
        assert sum(len(part.content.targets) for part in parts) == len(batch.content.targets)
        assert sum(part.flops for part in parts) == pytest.approx(batch.flops)
        assert {part.keys for part in parts} == {batch.keys}


# --- damage ---


@pytest.fixture
def shards(packed: Packed, tmp_path: Path) -> Iterator[Path]:
    """The folder of colours of a world of our own, to be damaged once it is measured."""
    return tmp_path / "colours"


@pytest.fixture
def damaged(packed: Packed, shards: Path, tmp_path: Path):
    """Measures colours and pages, lets `change` damage a tar of colours, and opens the sources."""

    def damaged(change, documents=12, per_shard=6) -> Sources:
        write_shards(shards, [coloured(number) for number in range(documents)], per_shard=per_shard)
        write_shards(tmp_path / "pages", [page(number) for number in range(4)])
        choices = {name: SourceChoice(shards=str(tmp_path / name)) for name in ("colours", "pages")}
        tokenizer = TokenizerChoice(folder=packed.folder / "tokenizer")
        update = {"output": tmp_path / "packs", "sources": choices, "tokenizer": tokenizer}
        sources = Sources.open(measure_sources(packed.config.model_copy(update=update)), ["colours", "pages"])
        path = shards / "shard-00000.tar"
        path.write_bytes(change(path.read_bytes(), sources))
        return sources

    return damaged


def altered_picture(number):
    """A damage: a byte in the middle of the picture of sample `number` is flipped."""

    def change(data: bytes, sources: Sources) -> bytes:
        offset, length = sources.wanted(number).place.media[0]
        middle = offset + length // 2
        return data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]

    return change


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_sample_is_reported_and_replaced_by_the_next_that_is_no_larger(damaged, objective, workers):
    sources = damaged(altered_picture(1))
    assert sources.samples.patches[:6].tolist() == [*sources.samples.patches[:3]] * 2  # 56, 84 and 112 pixels wide
    ((_, _, [batch]),) = load(sources, objective, [[[0, 1, 12]]], workers)
    (fault,) = batch.faults
    wanted, stand_in = sources.wanted(1), sources.wanted(3)
    assert (fault.sample, fault.key, fault.replaced_by) == (1, wanted.place.key, stand_in.place.key)
    assert "altered" in fault.reason
    assert wanted.place.tar in fault.reason
    ((_, _, [sound]),) = load(sources, objective, [[[0, 3, 12]]])
    assert same(batch, sound)
    assert batch.keys == sound.keys
    assert batch.tokens == sound.tokens


def test_altered_json_is_damage_too(damaged, objective):
    sources = damaged(lambda data, _: data.replace(b"Question 0", b"Question 9"))
    ((_, _, [batch]),) = load(sources, objective, [[[0, 1]]])
    assert "content was altered" in batch.faults[0].reason
    assert len(batch.keys) == 2


def test_a_truncated_tar_is_left_behind(damaged, objective):
    sources = damaged(lambda data, _: data[:600])
    ((_, _, [batch]),) = load(sources, objective, [[[0, 1, 2]]])
    assert len(batch.faults) == 3
    assert all("truncated" in fault.reason for fault in batch.faults)
    sound = {sources.wanted(number).place.key for number in range(6, 12)}
    assert {fault.replaced_by for fault in batch.faults} <= sound
    assert len(batch.keys) == 3


def test_a_sample_that_nothing_can_replace_is_left_out_and_reported(damaged, objective):
    sources = damaged(altered_picture(0), documents=1)
    ((_, _, [batch]),) = load(sources, objective, [[[0, 1]]])
    assert [fault.replaced_by for fault in batch.faults] == [None]
    assert batch.keys == (sources.wanted(1).place.key,)


def test_a_pack_that_is_all_damage_is_an_idle_one(damaged, objective):
    sources = damaged(altered_picture(0), documents=1)
    ((_, _, [batch]),) = load(sources, objective, [[[0]]])
    assert (len(batch.faults), batch.keys) == (1, ())


def test_a_fault_is_told_once_by_the_ranks_that_share_the_pack(damaged, objective):
    sources = damaged(altered_picture(1))
    told = [load(sources, objective, [[[1]]], context_rank=rank, context_count=2)[0][2][0].faults for rank in range(2)]
    assert [len(faults) for faults in told] == [1, 0]


@pytest.mark.parametrize("workers", [0, 1])
def test_under_the_rule_stop_damage_is_one_line(damaged, objective, workers):
    sources = damaged(altered_picture(1))
    with pytest.raises(UserError, match=r"^document \w{32}: altered: .*shard-00000.tar.*$"):
        load(sources, objective, [[[0, 1]]], workers, rule="stop")


def test_a_missing_tar_is_no_damage_but_stops(damaged, objective, shards):
    sources = damaged(lambda data, _: data)
    (shards / "shard-00000.tar").unlink()
    with pytest.raises(UserError, match="the shard is missing"):
        load(sources, objective, [[[0]]])


def test_tokens_that_were_not_planned_stop(sources, objective):
    tokens = sources.samples.tokens.copy()
    tokens[0] += 1
    changed = replace(sources, samples=replace(sources.samples, tokens=tokens))
    with pytest.raises(UserError, match="run `vlforge pack` again"):
        load(changed, objective, [[[0]]])


def test_stand_ins_lie_ever_farther_and_then_between(sources):
    few = replace(sources, samples=Samples(np.full(20, 9), np.zeros(20, int), np.repeat([0, 1], 10), np.zeros(20, int)))
    assert few.stand_ins(13) == [14, 15, 17, 11, 16, 18, 19, 10, 12]
    tokens = np.where(np.arange(20) % 2, 9, 5)
    smaller = replace(few, samples=replace(few.samples, tokens=tokens))
    assert smaller.stand_ins(12) == [14, 16, 10, 18]


# --- processes ---


def workers() -> list[int]:
    return [child.pid for child in multiprocessing.active_children()]


def end(processes: list[int], seconds: float = 30) -> bool:
    """Whether all of them end in time."""
    until = time.monotonic() + seconds
    while any(Path(f"/proc/{process}").exists() for process in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def endless(packed: Packed) -> Iterator[tuple]:
    """Batches of an endless plan, made by two workers."""
    sources = Sources.open(packed, ["colours", "pages"])
    config = load_config(packed.config.model).model_copy(update=packed.processor.tokenizer.special_ids())
    ranks = SimpleNamespace(data_rank=0, data_count=1, context_rank=0, context_count=1, device=torch.device("cpu"))
    steps = (step for _ in range(10**6) for step in planned(sources.samples, STEPS))
    objective = NextToken(config, frozenset({"language"}))
    return batches(steps, sources, objective, ranks, Loading(workers=2), Corrupt())


def test_stopping_early_ends_the_workers(packed):
    stream = endless(packed)
    next(stream)
    running = workers()
    assert len(running) == 2
    stream.close()
    assert end(running)


def take_one_and_wait(folder: Path) -> None:
    """Takes a step, tells which workers there are, and waits while they make what they may."""
    stream = endless(Packed(folder))
    next(stream)
    print(*workers(), flush=True)
    time.sleep(600)


@pytest.mark.slow
def test_workers_end_when_the_main_process_is_killed(packed):
    code = f"from pathlib import Path; from {__name__} import take_one_and_wait as run; run(Path('{packed.folder}'))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout
    running = [int(pid) for pid in process.stdout.readline().split()]
    assert len(running) == 2
    time.sleep(1)  # they are now waiting for the main process to take what they made
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert end(running)


def test_a_worker_that_is_killed_is_one_line(packed):
    stream = endless(packed)
    next(stream)
    for process in workers():
        os.kill(process, signal.SIGKILL)
    with pytest.raises(UserError, match="a worker of the loader was killed"):
        for _ in stream:
            pass
