"""Which annotation files a layout has, and how each is read."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from curation.errors import UserError
from curation.media import open_uri
from synth.convert import coco, openimages, pixmo, settings
from synth.convert.moments import readers
from synth.convert.moments import settings as moments
from synth.convert.rows import Row
from synth.convert.settings import DataSet
from synth.convert.trajectories import aitw, android_control, mind2web, odyssey
from synth.convert.trajectories import settings as trajectories

Read = Callable[[BinaryIO, str], Iterator[Row]]
RECORDS = (".json", ".jsonl")


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


def annotation_files(layout: DataSet) -> list[File]:
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
            return [File(path, points) for path in _files(layout.table, (".parquet",))]
        case trajectories.Trajectories():
            return _trajectories(layout)
        case moments.Videos():
            return _moments(layout)
    raise UserError(f"{layout.dataset}: no layout that is known")


def _trajectories(layout: trajectories.Trajectories) -> list[File]:
    match layout:
        case trajectories.AndroidControl():
            read: Read = partial(android_control.read, scroll=layout.scroll, ends=layout.ends)
            return [File(path, read) for path in _files(layout.episodes, RECORDS)]
        case trajectories.Aitw():
            return [File(path, aitw.read) for path in _files(layout.steps, RECORDS)]
        case trajectories.Mind2Web():
            return [File(path, mind2web.read) for path in _files(layout.tasks, RECORDS)]
        case trajectories.GuiOdyssey():
            return [File(path, odyssey.read) for path in _files(layout.annotations, RECORDS)]
    raise UserError(f"{layout.dataset}: no layout that is known")


def _moments(layout: moments.Videos) -> list[File]:
    match layout:
        case moments.CharadesSta():
            return [File(layout.sentences, readers.read_charades)]
        case moments.ActivityNet():
            return [File(layout.captions, readers.read_activitynet)]
        case moments.QvHighlights():
            return [File(layout.queries, readers.read_highlights)]
        case moments.VideoCaptions():
            read: Read = partial(readers.read_captions, video=layout.video, column=layout.text)
            return [File(path, read) for path in _files(layout.table, (".csv", ".tsv", *RECORDS))]
    raise UserError(f"{layout.dataset}: no layout that is known")


def _files(path: str, endings: tuple[str, ...]) -> list[str]:
    """The file, or those of a folder with one of the endings."""
    if not os.path.isdir(path):
        return [path]
    found = sorted(f"{path.rstrip('/')}/{name}" for name in os.listdir(path) if name.endswith(endings))
    if not found:
        raise UserError(f"{path}: holds no {' or '.join(endings)} file")
    return found
