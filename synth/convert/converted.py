"""What becomes of an annotated image, trajectory or video: documents, and a count of its annotations."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from curation.document import Document, Source
from synth.convert.rows import Row
from synth.convert.settings import DataSet

GENERATOR, VERSION = "human_labels", "1"
ANNOTATIONS = ("box", "bad", "points", "caption", "step", "moment")  # rows that are one each

Sample = tuple[Document, tuple[bytes, ...]]  # with the bytes of its media


@dataclass(frozen=True)
class Converted:
    """`kept` counts annotations that were used, `dropped` those that were not, by reason, and `mended` those that were
    changed by a rule before they were used."""

    samples: tuple[Sample, ...]
    kept: int
    dropped: Counter[str]
    mended: Counter[str] = field(default_factory=Counter)


class Converter(Protocol):
    """Of one data set; `noun` is what its annotations are about."""

    noun: str

    @property
    def layout(self) -> DataSet: ...

    def convert(self, name: str, rows: Sequence[Row], /) -> Converted:
        """The documents of what is called `name` from all of its rows, equal for equal rows in any order. Raises
        MediaError, whose reason says why there are none."""


def annotations(rows: Sequence[Row]) -> int:
    """How many annotations the rows of one image, trajectory or video are."""
    single = sum(row.kind in ANNOTATIONS for row in rows)
    return single + sum(len(row.value["texts"]) for row in rows if row.kind == "phrase")


def generator_of(seed: int, layout: DataSet, name: str) -> np.random.Generator:
    """Of the choice of questions and wordings: of its own for everything that is annotated."""
    names = (zlib.crc32(text.encode(errors="backslashreplace")) for text in (layout.dataset, name))
    return np.random.Generator(np.random.PCG64([seed, *names]))


def source_of(layout: DataSet, name: str, seed: int, licence: str = "") -> Source:
    """Where the documents of `name` come from: labelled by people, so they carry no proof."""
    kind = f"{GENERATOR}.{layout.layout}/{VERSION}"  # type: ignore[attr-defined]
    return Source(f"{layout.dataset}#{name}", licence or layout.licence, layout.dataset, kind, seed)
