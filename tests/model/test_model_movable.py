"""Parcels: all tensors of a pack in one buffer of shared memory, which is filled again once it has been opened."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from model import movable
from model.movable import Movable, Parcel


@dataclass(frozen=True)
class Inner(Movable):
    values: Tensor
    name: str


@dataclass(frozen=True)
class Outer(Movable):
    inner: Inner
    none: Tensor
    single: Tensor
    bits: Tensor
    numbers: Tensor


@pytest.fixture(autouse=True)
def no_buffers(monkeypatch):
    monkeypatch.setattr(movable, "_buffers", [])


def sample(number: int = 0, size: int = 5) -> Outer:
    """Tensors of several types, empty, without dimensions, and strided."""
    inner = Inner(torch.arange(12).reshape(3, 4).T + number, f"inner {number}")
    bits = torch.arange(7) % 2 == 0
    return Outer(inner, torch.zeros(0, 3), torch.tensor(2.5), bits, torch.full((size,), number, dtype=torch.uint8))


def assert_same(a: Outer, b: Outer) -> None:
    assert a.inner.name == b.inner.name
    for one, other in [(a.inner.values, b.inner.values)] + [
        (getattr(a, name), getattr(b, name)) for name in ("none", "single", "bits", "numbers")
    ]:
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert torch.equal(one, other)


def test_what_comes_out_is_what_went_in():
    assert_same(Parcel.of(sample(3)).opened(), sample(3))


def test_many_parcels_from_another_process_stay_as_they_were_sent():
    """A buffer that is filled again would show in those that are kept."""
    items = [sample(number, size=5 + number % 3 * 1000) for number in range(40)]
    loader = DataLoader(
        items, batch_size=None, num_workers=1, multiprocessing_context="forkserver", collate_fn=Parcel.of
    )
    arrived = [parcel.opened() for parcel in loader]
    assert len(arrived) == 40
    for item, expected in zip(arrived, items, strict=True):
        assert_same(item, expected)


def test_a_buffer_is_filled_again_only_once_it_was_opened():
    first, second = Parcel.of(sample(1)), Parcel.of(sample(2))
    assert len(movable._buffers) == 2
    assert_same(first.opened(), sample(1))
    third = Parcel.of(sample(3))
    assert third.buffer.data_ptr() == first.buffer.data_ptr()
    assert_same(second.opened(), sample(2))
    assert_same(third.opened(), sample(3))


def test_buffers_that_became_too_small_are_let_go():
    for size in (10, 10_000, 20_000):
        Parcel.of(sample(size=size)).opened()
    assert len(movable._buffers) == 1
