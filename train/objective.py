"""What an objective is: it owns how documents become items, how items become a batch, and the loss."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from curation.document import Document
from model.movable import Movable
from model.processor import Processor
from train.parallel import Ranks


@dataclass(frozen=True)
class Fault:
    """A sample that could not be read, and the one of its source that took its place (None: none was small enough)."""

    sample: int
    key: str
    reason: str
    replaced_by: str | None


@dataclass(frozen=True)
class Batch(Movable):
    """One pack of a step, and whose documents it holds."""

    content: Any  # Movable: what the objective collates and its model reads
    source: Tensor  # (documents,) int64
    task: Tensor  # (documents,) int64
    keys: tuple[str, ...]  # of the documents
    tokens: int
    patches: int
    flops: float  # of forward and backward
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Measured:
    """The loss of a global batch: its mean, and what each document on this rank had of it."""

    loss: float  # nats a token (a pair), over all ranks
    total: Tensor  # (documents on this rank,) float32: summed losses
    count: Tensor  # (documents on this rank,) int64: the tokens (pairs) they are summed over
    extra: dict[str, float] = field(default_factory=dict)  # what else an objective shows, over all ranks


class Objective(Protocol):
    """A frozen dataclass, for it goes to the loader's workers."""

    def encode(self, document: Document, processor: Processor, apart: bool) -> list[Any]:
        """The items of a document. `apart`: each question of a chat is an item of its own."""
        ...

    def collate(self, items: Sequence[Any]) -> Any:
        """What the model reads of several items at once."""
        ...

    def idle(self) -> Any:
        """A pack without documents, for a rank that has none in a step: each of its gradients is zero."""
        ...

    def flops(self, content: Any) -> float:
        """Model FLOPs of forward and backward."""
        ...

    def backward(self, model: Any, batches: Sequence[Batch], ranks: Ranks) -> Measured:
        """Leaves the gradients of the global batch, of which `batches` are this rank's, in `model`."""
        ...
