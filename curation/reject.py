"""What was dropped, where and why: nothing is ever lost without a row of this."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["document", "image", "text", "file"]


@dataclass(frozen=True, slots=True)
class Reject:
    """`kind` says what was dropped: a whole document, or an image or a text node cut out of one that goes on.

    `reason` is a short name that counts can be made of; `detail` says what was seen and the limit it broke; `dataset`
    names the job's source that it came from.
    """

    kind: Kind
    uri: str
    stage: str
    reason: str
    detail: str = ""
    key: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    dataset: str = ""
