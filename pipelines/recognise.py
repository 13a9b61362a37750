"""Pictures of tables -> recognised tables, as JSON lines that other limits of the filter can read again.

The model is loaded once a worker. A file holds a run of the folder's images, in the order of their names.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.options.pipeline_options import PipelineOptions

from curation import media
from curation.errors import MediaError, UserError
from curation.reject import Reject
from pipelines import files, stage
from pipelines.log import Progress
from pipelines.runner import check_worker, code_digest
from pipelines.stage import Receipt, Stage
from pipelines.steps import WriteRejects, failed, rejected, tally_rejected
from synth.tables.candidate import to_json
from synth.tables.recogniser import RecogniserSettings, TableRecogniser

STAGE = "candidates"
CODE = ("pipelines.recognise", "pipelines.steps", "synth.tables.recogniser", "synth.tables.candidate")
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
RANGE = 64  # images of a file

Names = tuple[str, ...]  # of images, relative to their folder


def run(job: str, images: str, settings: RecogniserSettings, output: str, options: PipelineOptions) -> Receipt:
    """Runs unless it is up to date; the receipt of the stage `candidates`, whose files are `candidates-*.jsonl`."""
    folder = files.plain(images)
    found = [item for item in files.walk(folder) if item.path.lower().endswith(ENDINGS)]
    if not found:
        raise UserError(f"{images}: there is no image ({', '.join(ENDINGS)}) in it")
    TableRecogniser(settings)  # says at once what does not load
    depends = {
        "settings": settings.model_dump(mode="json"),
        "images": [[item.path, item.size_in_bytes, item.last_updated_in_seconds] for item in found],
        "model": [[item.size_in_bytes, item.last_updated_in_seconds] for item in _walk(settings.checkpoint)],
    }
    names = sorted(item.path.removeprefix(f"{folder}/") for item in found)
    runs = [tuple(names[start : start + RANGE]) for start in range(0, len(names), RANGE)]
    step = Stage(job, STAGE, depends, CODE, partial(_build, folder, settings, runs))
    return stage.run(step, output, options, f"{len(names):,} images")


def _walk(path: str) -> list[Any]:
    """The files of a folder; none of a hub's id."""
    return files.walk(path) if files.exists(path) else []


def _build(
    images: str, settings: RecogniserSettings, runs: Sequence[Names], pipeline: beam.Pipeline, folder: str
) -> beam.PCollection:
    made = (
        pipeline
        | "Runs" >> beam.Create(list(enumerate(runs)))
        | "Spread" >> beam.Reshuffle()
        | "Recognise" >> beam.ParDo(_Recognise(images, settings, folder)).with_outputs("rejects", main="tallies")
    )
    made.rejects | "WriteRejects" >> WriteRejects(folder)
    return (made.tallies, made.rejects | "CountRejects" >> beam.FlatMap(tally_rejected)) | "Tallies" >> beam.Flatten()


class _Recognise(beam.DoFn):
    """(number, names) -> one file of recognised tables, how many they are, and the images that could not be read."""

    def __init__(self, images: str, settings: RecogniserSettings, folder: str):
        self.images, self.settings, self.folder, self.digest = images, settings, folder, code_digest(*CODE)

    def setup(self) -> None:
        check_worker(CODE, self.digest)
        self.recogniser = TableRecogniser(self.settings)
        self.progress = Progress(STAGE, "images")

    def process(self, element: tuple[int, Names]) -> Iterator[Any]:
        number, names = element
        lines = []
        for name in names:
            uri = f"{self.images}/{name}"
            try:
                image = media.as_seen(media.load(media.read_bytes(uri), name))
                lines.append(to_json(self.recogniser.recognise(name, image)))
            except MediaError as error:
                yield pvalue.TaggedOutput(
                    "rejects", rejected(Reject("document", uri, STAGE, error.reason, error.args[1]))
                )
            except Exception as error:  # one image's fault until all fail
                yield pvalue.TaggedOutput("rejects", rejected(failed(uri, STAGE, error)))
            self.progress.step()
        files.write(f"{self.folder}/candidates-{number:05d}.jsonl", "".join(f"{line}\n" for line in lines).encode())
        yield ("generated",), len(names)
        yield ("kept",), len(lines)
