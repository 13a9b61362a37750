"""The parts of every pipeline: steps that do not stop at a bad document, rejects, tallies."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
from apache_beam import pvalue
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from curation.document import Document
from curation.reject import Reject
from pipelines import files
from pipelines.log import Progress
from pipelines.runner import check_worker, code_digest

Tally = tuple[tuple[str, ...], int]  # a path into the receipt's counts, and how many
Counts = dict[str, Any]  # nested: {"read": 3, "rejected": {"document": {"clean": {"empty": 1}}}}

REJECT_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("uri", pa.string()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("key", pa.string()),
        ("scores", pa.map_(pa.string(), pa.float64())),
        ("images", pa.int32()),  # how many images went with it
        ("dataset", pa.string()),
    ]
)


class Rejected(NamedTuple):
    """A reject, and how many images were lost with it: so that images, too, add up."""

    reject: Reject
    images: int


def rejected(reject: Reject, document: Document | None = None) -> Rejected:
    if document and not reject.dataset:
        reject = replace(reject, dataset=document.source.dataset)
    if reject.kind == "document":
        return Rejected(reject, len(document.images_shown()) if document else 0)
    return Rejected(reject, 1 if reject.kind == "image" else 0)


Work = Callable[[Any], Iterable[Document | Reject]]


class Each(beam.PTransform):
    """Does some work on each element (a Record or a Document): documents go on, rejects go aside, and so do exceptions.

    `make` builds the work once a worker, where models are loaded; an exception there stops the job, as it should. One
    in the work itself rejects that document alone, with reason `error`.
    """

    def __init__(self, stage: str, make: Callable[[], Work], code: tuple[str, ...], noun: str = "documents"):
        super().__init__()
        self.worker = Worker(stage, make, code, noun)

    def expand(self, elements: beam.PCollection) -> Any:
        return elements | beam.ParDo(self.worker).with_outputs("rejects", main="documents")


class Worker(beam.DoFn):
    """Checks that its code is the driver's, makes its work once, and logs its pace."""

    def __init__(self, stage: str, make: Callable[[], Callable[[Any], Any]], code: tuple[str, ...], noun: str):
        self.stage, self.make, self.noun = stage, make, noun
        self.code, self.digest = code, code_digest(*code)

    def setup(self) -> None:
        check_worker(self.code, self.digest)
        self.work = self.make()
        self.progress = Progress(self.stage, self.noun)

    def process(self, element: Any) -> Iterator[Any]:
        before = element if isinstance(element, Document) else None
        uri, dataset = (before.source.uri, before.source.dataset) if before else (element.uri, element.dataset)
        try:
            results = list(self.work(element))
        except Exception as error:  # whatever it was, it is one document's fault until all fail (`stage.check`)
            results = [failed(uri, self.stage, error, before)]
        for result in results:
            if isinstance(result, Reject):
                yield pvalue.TaggedOutput("rejects", rejected(replace(result, dataset=dataset), before))
            else:
                yield result
        self.progress.step()


def failed(uri: str, stage: str, error: Exception, document: Document | None = None) -> Reject:
    """The reject that an exception becomes."""
    detail = f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]
    return Reject("document", uri, stage, "error", detail, document.key if document else "")


class WriteRejects(beam.PTransform):
    """All rejects of a stage, as Parquet below `rejects/`: every field, and the scores that were known."""

    def __init__(self, folder: str):
        super().__init__()
        self.prefix = f"{folder}/rejects/rejects"

    def expand(self, rejects: beam.PCollection) -> Any:
        write = beam.io.WriteToParquet(self.prefix, REJECT_SCHEMA, codec="zstd", file_name_suffix=".parquet")
        return rejects | "Rows" >> beam.Map(reject_row) | write


def reject_row(item: Rejected) -> dict[str, Any]:
    """A row of REJECT_SCHEMA."""
    row = {name: getattr(item.reject, name) for name in Reject.__slots__}
    return {**row, "scores": sorted(item.reject.scores.items()), "images": item.images}


# --- tallies: the counts of a receipt are computed from the data, for Beam's counters also count retries ---


class Count(beam.DoFn):
    """Elements -> what `tallies` says of each, summed over a bundle: a sum a document would be shuffled otherwise."""

    def __init__(self, tallies: Callable[[Any], Iterable[Tally]]):
        self.tallies = tallies

    def start_bundle(self) -> None:
        self.sums: Counter[tuple[str, ...]] = Counter()

    def process(self, element: Any) -> None:
        for path, number in self.tallies(element):
            self.sums[path] += number

    def finish_bundle(self) -> Iterator[WindowedValue]:
        yield from map(GlobalWindows.windowed_value, self.sums.items())


def tally_kept(document: Document) -> list[Tally]:
    return [(("kept",), 1), (("images", "kept"), len(document.images_shown()))]


def tally_read(document: Document) -> list[Tally]:
    return [(("read",), 1), (("images", "found"), len(document.images_shown()))]


def tally_rejected(item: Rejected) -> list[Tally]:
    reject = item.reject
    cut: list[Tally] = [(("images", "cut"), item.images)] if item.images else []
    return [(("rejected", reject.kind, reject.stage, reject.reason), 1), *cut]


class WriteCounts(beam.PTransform):
    """Sums the tallies and leaves them as one small file, for the job that waits for the pipeline to read."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def expand(self, tallies: beam.PCollection) -> beam.PCollection:
        sums = tallies | "Typed" >> beam.Map(lambda tally: tally).with_output_types(Tally) | beam.CombinePerKey(sum)
        return sums | beam.combiners.ToList() | "Write" >> beam.Map(_write_counts, self.path)


def _write_counts(tallies: Iterable[Tally], path: str) -> None:
    files.write(path, json.dumps(nested(tallies), indent=1, sort_keys=True).encode())


def nested(tallies: Iterable[Tally]) -> Counts:
    """[(("rejected", "image"), 2)] -> {"rejected": {"image": 2}}"""
    counts: Counts = {}
    for path, number in tallies:
        place = counts
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = place.get(path[-1], 0) + number
    return counts
