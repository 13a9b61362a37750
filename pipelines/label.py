"""Label: images -> Grounding DINO and SAM -> Documents that say so -> shards.

The images are those of a folder, or those that finished shards show. Models are loaded once a worker; documents refer
to the images where they lie, and only references are shuffled.

The tests run it on small random checkpoints of the same classes, with real processors and a small vocabulary: that
boxes, masks and scores are read as transformers writes them is tested, how well released weights see is not.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import apache_beam as beam
import pydantic
from apache_beam import pvalue

from curation import media
from curation.config import Config
from curation.document import Media, Source
from curation.errors import MediaError, UserError
from curation.reject import Reject
from curation.shard import MANIFEST, ShardSet
from pipelines import files, stage
from pipelines.log import Progress
from pipelines.runner import beam_options, check_worker, code_digest
from pipelines.sink import ShardSettings, WriteShards
from pipelines.stage import Receipt, Stage
from pipelines.steps import Count, Rejected, WriteRejects, failed, rejected, tally_rejected
from synth.label.documents import document
from synth.label.labeller import Labeller
from synth.label.settings import LabelSettings

JOB = "label"
CODE = ("pipelines.label", "pipelines.steps", "pipelines.sink", "synth.label.documents", "synth.label.labeller")
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
RANGE = 64  # images that a worker takes at a time

Image = tuple[Media, Source]
Place = tuple[int, int]  # the first image of a range and the one after its last


class LabelConfig(Config):
    """`images` is a folder of images (in it or below), or a folder of finished shards."""

    output: str = pydantic.Field(min_length=1)
    images: str = pydantic.Field(min_length=1)
    licence: str = pydantic.Field("", description="of images of a folder; documents of shards keep their own")
    label: LabelSettings
    seed: int = pydantic.Field(0, ge=0, description="of the choice of questions and wordings")
    shards: ShardSettings = ShardSettings()


def run(config: LabelConfig, arguments: Sequence[str] = ()) -> Receipt:
    """Runs unless it is up to date; the receipt of the stage `shards`. `arguments` are Beam's options."""
    options = beam_options(arguments)
    count = len(_Images.of(config))
    if not count:
        raise UserError(
            f"{config.images}: there is no image ({', '.join(ENDINGS)}) in it, nor is it a folder of shards"
        )
    Labeller(config.label)  # says at once what does not load
    depends = {
        "settings": config.model_dump(mode="json", exclude={"output"}),
        "images": _digest(config.images),
        "models": [_digest(path) for path in (config.label.detector, config.label.segmenter)],
    }
    step = Stage(JOB, "shards", depends, CODE, partial(_build, config, count))
    return stage.run(step, config.output, options, f"{count:,} images")


def _digest(path: str) -> str:
    """Of a folder's files, as far as name, size and time tell; of a hub's id, the id."""
    digest = hashlib.sha256(path.encode())
    for file in files.walk(path) if files.exists(path) else ():
        digest.update(f"{file.path}\0{file.size_in_bytes}\0{file.last_updated_in_seconds}\n".encode())
    return digest.hexdigest()[:16]


class _Images:
    """The images of a folder or of shards, by number: each once, in the order of their names or rows."""

    def __init__(self, config: LabelConfig, found: Sequence[str] | ShardSet):
        self.config, self.found = config, found

    @staticmethod
    def of(config: LabelConfig) -> "_Images":
        folder = files.plain(config.images)
        if files.exists(f"{folder}/{MANIFEST}"):
            return _Images(config, ShardSet(folder))
        paths = [file.path for file in files.walk(folder)]
        return _Images(config, [path for path in paths if path.lower().endswith(ENDINGS)])

    def __len__(self) -> int:
        return len(self.found)

    def read(self, number: int) -> list[Image]:
        """A file's one image, or those that a document shows."""
        if isinstance(self.found, ShardSet):
            shown = self.found.read(number)
            return [(shown.media[index], shown.source) for index in dict.fromkeys(shown.images_shown())]
        path, folder = self.found[number], files.plain(self.config.images)
        name = path.removeprefix(f"{folder}/")
        dataset = folder.rpartition("/")[2]
        return [(Media.unseen("image", name, path), Source(name, self.config.licence, dataset))]


def _build(config: LabelConfig, count: int, pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
    places = [(start, min(start + RANGE, count)) for start in range(0, count, RANGE)]
    labelled = (
        pipeline
        | "Places" >> beam.Create(places)
        | "Spread" >> beam.Reshuffle()
        | "Label" >> beam.ParDo(_Label(config)).with_outputs("rejects", "tallies", main="documents")
    )
    written = labelled.documents | "WriteShards" >> WriteShards(folder, config.shards)
    rejects = (labelled.rejects, written.rejects) | "Rejects" >> beam.Flatten()
    rejects | "WriteRejects" >> WriteRejects(folder)
    lost = rejects | "CountRejects" >> beam.ParDo(Count(tally_rejected))
    return (labelled.tallies, written.tallies, lost) | "Tallies" >> beam.Flatten()


class _Label(beam.DoFn):
    """A range of images -> their documents, and rejects with the reason."""

    def __init__(self, config: LabelConfig):
        self.config, self.digest = config, code_digest(*CODE)

    def setup(self) -> None:
        check_worker(CODE, self.digest)
        self.images, self.labeller = _Images.of(self.config), Labeller(self.config.label)
        self.progress = Progress(JOB, "images")

    def process(self, place: Place) -> Iterator[Any]:
        batch: list[tuple[Media, Source, Any]] = []
        for number in range(*place):
            for item in self._read(number):
                yield pvalue.TaggedOutput("tallies", (("read",), 1))
                yield pvalue.TaggedOutput("tallies", (("images", "found"), 1))
                if isinstance(item, Rejected):
                    yield pvalue.TaggedOutput("rejects", item)
                    continue
                batch.append(item)
                if len(batch) == self.config.label.batch:
                    yield from self._label(batch)
                    batch = []
        yield from self._label(batch)

    def _read(self, number: int) -> Iterator[tuple[Media, Source, Any] | Rejected]:
        """Images with their pixels, or why there are none."""
        for item, source in self.images.read(number):
            try:
                if item.seen:
                    content = media.read(item)
                    seen = item
                else:
                    content = media.read_bytes(item.uri)
                    seen = media.probe(content, item.origin, item.uri)
                yield seen, source, media.decode(content)
            except MediaError as error:
                yield _lost(Reject("document", source.uri, JOB, error.reason, error.args[1]), source)
            except Exception as error:
                yield _lost(failed(source.uri, JOB, error), source)

    def _label(self, batch: Sequence[tuple[Media, Source, Any]]) -> Iterator[Any]:
        found = self.labeller.label([pixels for *_, pixels in batch]) if batch else []
        for (item, source, _), labels in zip(batch, found, strict=True):
            try:
                if isinstance(labels, Exception):
                    raise labels
                yield pvalue.TaggedOutput("tallies", (("boxes", "kept"), len(labels.things)))
                for reason, number in labels.dropped.items():
                    yield pvalue.TaggedOutput("tallies", (("boxes", "dropped", reason), number))
                yield document(item, labels, source, self.config.label, self.config.seed)
            except MediaError as error:
                reject = Reject("document", source.uri, JOB, error.reason, error.args[1])
                yield pvalue.TaggedOutput("rejects", _lost(reject, source))
            except Exception as error:
                yield pvalue.TaggedOutput("rejects", _lost(failed(source.uri, JOB, error), source))
            self.progress.step()


def _lost(reject: Reject, source: Source) -> Rejected:
    """A rejected document, with the one image that it would have shown."""
    return rejected(replace(reject, dataset=source.dataset))._replace(images=1)
