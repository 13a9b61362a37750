"""Which annotation files a layout has, and how each is read."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from curation.errors import UserError
from curation.media import open_uri
from synth.convert import coco, openimages, pixmo, settings
from synth.convert.rows import Row

Read = Callable[[BinaryIO, str], Iterator[Row]]


@dataclass(frozen=True)
class File:
    path: str
    read: Read

    def rows(self) -> Iterator[Row]:
        """Its rows, as the file has them. Raises UserError where it is missing, damaged or of another layout."""
        try:
            with open_uri(self.path) as file:
                yield from self.read(file, self.path)
        except OSError as error:
            raise UserError(f"{self.path}: cannot read it: {error.strerror or error}") from error


def annotation_files(layout: settings.Layout) -> list[File]:
    """The files of a data set, in the order of its settings. Raises UserError where a folder holds none."""
    match layout:
        case settings.Coco():
            captions = [File(layout.captions, coco.read_captions)] if layout.captions else []
            return [File(layout.instances, coco.read_instances), *captions]
        case settings.Objects365() | settings.Lvis():
            return [File(layout.instances, coco.read_instances)]
        case settings.RefCoco():
            refs = partial(coco.read_refs, split=layout.split)
            return [File(layout.instances, coco.read_instances), File(layout.refs, refs)]
        case settings.OpenImages():
            named = (
                (layout.boxes, openimages.read_boxes),
                (layout.classes, openimages.read_classes),
                (layout.labels, openimages.read_labels),
                (layout.information, openimages.read_information),
                (layout.hierarchy, openimages.read_hierarchy),
            )
            return [File(path, read) for path, read in named if path]
        case settings.PixmoPoints() | settings.PixmoCount():
            points = partial(pixmo.read_points, unit=layout.unit)
            return [File(path, points) for path in _tables(layout.table)]


def _tables(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    found = sorted(f"{path.rstrip('/')}/{name}" for name in os.listdir(path) if name.endswith(".parquet"))
    if not found:
        raise UserError(f"{path}: holds no .parquet file")
    return found
