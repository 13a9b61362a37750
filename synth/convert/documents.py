"""An image with its rows as a Document: labelled by people, so it says where it is from and carries no proof."""

import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from curation import media
from curation.document import Document, Source
from curation.errors import MediaError
from synth.convert.frame import frame
from synth.convert.gather import gather
from synth.convert.interview import interview
from synth.convert.labelled import Labelled
from synth.convert.pictures import Pictures
from synth.convert.rows import Row, Tables
from synth.convert.settings import Layout, OpenImages, Questions, RefCoco, Rules

GENERATOR, VERSION = "human_labels", "1"


@dataclass(frozen=True)
class Converted:
    """A document, the bytes of its image, and what became of the image's annotations."""

    document: Document
    content: bytes
    kept: int
    dropped: Counter[str]


class Converter:
    """Of one data set. Lists archives of images when it is made, which raises UserError where one cannot be read."""

    def __init__(self, layout: Layout, tables: Tables, questions: Questions, rules: Rules, seed: int):
        self.layout, self.tables, self.questions, self.rules, self.seed = layout, tables, questions, rules, seed
        self.pictures = Pictures(layout.images)

    def convert(self, image: str, rows: Sequence[Row]) -> Converted:
        """The document of an image; equal for equal rows in any order. Raises MediaError, whose reason says why there
        is none: `unlisted`, `missing`, `altered`, `orientation`, `size`, `split`, `nothing to ask` or a damaged file's.
        """
        facts = self._facts(image, rows)
        name, content = self.pictures.find(facts["files"])
        digest = hashlib.sha256(content).hexdigest()
        if any(row.value.get("sha256") not in (None, "", digest) for row in rows if row.kind == "image"):
            raise MediaError("altered", f"{name}: its sha256 is not that of the image that was annotated")
        seen = media.probe(content, facts.get("origin") or f"{self.layout.dataset}/{name}", "")
        size = facts.get("size")
        upright = frame(PIL.Image.open(io.BytesIO(content)), size and (size[0], size[1]), self.layout.upright)
        labelled = gather(rows, self.tables, upright, self.layout.complete, self.rules)
        turns = interview(self._rng(image), labelled, self.questions)
        if not turns:
            raise MediaError("nothing to ask", f"{name}: {_summary(labelled)}")
        document = Document(turns, (seen,), task="grounding", language="en", source=self._source(image, facts))
        return Converted(document, content, labelled.kept, labelled.dropped)

    def _facts(self, image: str, rows: Sequence[Row]) -> dict:
        listed = sorted((row.value for row in rows if row.kind == "image"), key=repr)
        if not listed and not isinstance(self.layout, OpenImages):
            raise MediaError("unlisted", f"{image}: has annotations, but no file lists it as an image")
        facts = listed[0] if listed else {"files": [f"{image}.jpg"]}
        if "fault" in facts:
            raise MediaError(*facts["fault"])
        if isinstance(self.layout, RefCoco) and not any(row.kind == "phrase" for row in rows):
            raise MediaError("split", f"{image}: no expression of the split {self.layout.split!r} is of this image")
        return facts

    def _rng(self, image: str) -> np.random.Generator:
        names = (zlib.crc32(name.encode()) for name in (self.layout.dataset, image))
        return np.random.Generator(np.random.PCG64([self.seed, *names]))

    def _source(self, image: str, facts: dict) -> Source:
        stated = facts.get("licence", "")
        licence = self.tables.licences.get(stated, "" if stated.isdigit() else stated) or self.layout.licence
        kind = f"{GENERATOR}.{self.layout.layout}/{VERSION}"
        uri = f"{self.layout.dataset}#{image}"
        return Source(uri, licence, self.layout.dataset, kind, self.seed)


def annotations(rows: Sequence[Row]) -> int:
    """How many annotations the rows of an image are."""
    single = sum(row.kind in ("box", "bad", "points", "caption") for row in rows)
    return single + sum(len(row.value["texts"]) for row in rows if row.kind == "phrase")


def _summary(labelled: Labelled) -> str:
    lost = ", ".join(f"{number} {reason}" for reason, number in sorted(labelled.dropped.items()))
    return f"{labelled.kept} annotations can be used, none for the kinds that are asked" + (f"; {lost}" if lost else "")
