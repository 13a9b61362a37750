"""Frozen dataclasses of tensors that move between devices, and between processes, as one."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from math import prod
from typing import Any, Generic, Self, TypeVar

import torch
from torch import Tensor

ALIGNED = 64  # bytes: where each tensor of a parcel may start; before the first stands whether it is still to be read


@dataclass(frozen=True)
class Movable:
    """Base of a frozen dataclass whose tensors, nested ones too, move together; its other fields stay as they are."""

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Self:
        """The same values with every tensor on `device`."""
        return self._map(lambda value: value.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Self:
        """The same values in page-locked memory; `DataLoader(pin_memory=True)` calls this."""
        return self._map(lambda value: value.pin_memory())

    def _map(self, move: Callable[[Any], Any], leaf: type = Tensor) -> Self:
        changed: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Movable):
                changed[field.name] = value._map(move, leaf)
            elif isinstance(value, leaf):
                changed[field.name] = move(value)
        return replace(self, **changed)


Item = TypeVar("Item", bound=Movable)


@dataclass(frozen=True)
class Place:
    """Where a tensor lies in a parcel."""

    first: int  # byte
    shape: tuple[int, ...]
    dtype: torch.dtype


@dataclass(frozen=True)
class Parcel(Generic[Item]):
    """A Movable on the CPU whose tensors lie in one buffer of shared memory, for one other process to open, once.

    Left to itself torch gives each tensor new shared memory and hands it over by a connection of its own. The buffer
    here is filled again once it has been opened: fresh memory costs more than what is written to it.
    """

    buffer: Tensor  # (bytes,) uint8
    item: Item  # with a Place for each tensor

    @staticmethod
    def of(item: Item) -> "Parcel[Item]":
        """Copies all values."""
        tensors: list[tuple[Tensor, Place]] = []
        end = ALIGNED

        def place(tensor: Tensor) -> Place:
            nonlocal end
            tensors.append((tensor, Place(end, tuple(tensor.shape), tensor.dtype)))
            end += -(-tensor.nbytes // ALIGNED) * ALIGNED
            return tensors[-1][1]

        placed = item._map(place)
        buffer = _free_buffer(end)[:end]
        for tensor, where in tensors:
            _view(buffer, where).copy_(tensor)
        buffer[0] = True
        return Parcel(buffer, placed)

    def opened(self) -> Item:
        """The item, its tensors in memory of this process."""
        buffer = self.buffer
        if buffer.is_shared():
            buffer = buffer.clone()
            self.buffer[0] = False
        return self.item._map(lambda place: _view(buffer, place), Place)

    def pin_memory(self) -> "Parcel[Item]":
        """The same in page-locked memory of this process; `DataLoader(pin_memory=True)` calls this."""
        pinned = self.buffer.pin_memory()
        self.buffer[0] = False
        return replace(self, buffer=pinned)


def parcelled(value: Any) -> Any:
    """A Movable as a parcel, and anything else as it is: what a loader's worker sends."""
    return Parcel.of(value) if isinstance(value, Movable) else value


def opened(value: Any) -> Any:
    """The inverse of `parcelled`, in the process that was sent it."""
    return value.opened() if isinstance(value, Parcel) else value


_buffers: list[Tensor] = []  # that this process has filled


def _free_buffer(size: int) -> Tensor:
    """Shared memory of at least `size` bytes that nobody has still to read: one that was opened, else a new one."""
    free = [buffer for buffer in _buffers if not buffer[0]]
    large = [buffer for buffer in free if len(buffer) >= size]
    if large:
        return min(large, key=len)
    _buffers[:] = [buffer for buffer in _buffers if not any(buffer is each for each in free)]  # all are too small
    _buffers.append(torch.empty(0, dtype=torch.uint8).set_(torch.UntypedStorage._new_shared(size)))
    return _buffers[-1]


def _view(buffer: Tensor, place: Place) -> Tensor:
    last = place.first + prod(place.shape) * place.dtype.itemsize
    return buffer[place.first : last].view(place.dtype).view(place.shape)
