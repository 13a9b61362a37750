"""An image with its rows as a Document: labelled by people, so it says where it is from and carries no proof."""

import hashlib
import io
from collections.abc import Sequence

import PIL.Image

from curation import media
from curation.document import Document
from curation.errors import MediaError
from synth.convert.converted import Converted, generator_of, source_of
from synth.convert.frame import frame
from synth.convert.gather import gather
from synth.convert.interview import interview
from synth.convert.labelled import Labelled
from synth.convert.pictures import Pictures
from synth.convert.rows import Row, Tables
from synth.convert.settings import Layout, OpenImages, Questions, RefCoco, Rules


class Converter:
    """Of one data set. Lists archives of images when it is made, which raises UserError where one cannot be read."""

    noun = "image"

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
        turns = interview(generator_of(self.seed, self.layout, image), labelled, self.questions)
        if not turns:
            raise MediaError("nothing to ask", f"{name}: {_summary(labelled)}")
        source = source_of(self.layout, image, self.seed, self._licence(facts))
        document = Document(turns, (seen,), task="grounding", language="en", source=source)
        return Converted(((document, (content,)),), labelled.kept, labelled.dropped)

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

    def _licence(self, facts: dict) -> str:
        stated = facts.get("licence", "")
        return self.tables.licences.get(stated, "" if stated.isdigit() else stated)


def _summary(labelled: Labelled) -> str:
    lost = ", ".join(f"{number} {reason}" for reason, number in sorted(labelled.dropped.items()))
    return f"{labelled.kept} annotations can be used, none for the kinds that are asked" + (f"; {lost}" if lost else "")
