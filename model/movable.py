"""Frozen dataclasses of tensors that move between devices as one."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Movable:
    """Base of a frozen dataclass whose tensors, nested ones too, move together; its other fields stay as they are."""

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Self:
        """The same values with every tensor on `device`."""
        return self._map(lambda value: value.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Self:
        """The same values in page-locked memory; `DataLoader(pin_memory=True)` calls this."""
        return self._map(lambda value: value.pin_memory())

    def _map(self, move: Callable[[Any], Any]) -> Self:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: move(x) for name, x in values.items() if isinstance(x, Tensor | Movable)})
