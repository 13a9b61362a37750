"""A step that works on many documents at a time: what asks a server about each is faster so."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam import pvalue

from curation.document import Document
from curation.reject import Reject
from pipelines.steps import Worker, failed, rejected

BatchWork = Callable[[list[Document]], Iterable[Document | Reject | Exception]]  # one result a document, in their order


class EachBatch(beam.PTransform):
    """`steps.Each` for batches: documents go on, rejects and exceptions go aside, each for itself.

    Batches are made within a worker's bundle, so nothing is shuffled; the last one of a bundle may be smaller.
    """

    def __init__(self, stage: str, make: Callable[[], BatchWork], code: tuple[str, ...], size: int = 64):
        super().__init__()
        self.worker, self.size = _Batches(stage, make, code, "documents"), size

    def expand(self, documents: beam.PCollection) -> Any:
        batches = documents | "Batch" >> beam.BatchElements(self.size, self.size)
        return batches | "Work" >> beam.ParDo(self.worker).with_outputs("rejects", main="documents")


class _Batches(Worker):
    def process(self, batch: list[Document]) -> Iterator[Any]:
        for document, result in zip(batch, self.work(batch), strict=True):
            if isinstance(result, Exception):
                result = failed(document.source.uri, self.stage, result, document)
            if isinstance(result, Reject):
                yield pvalue.TaggedOutput("rejects", rejected(result, document))
            else:
                yield result
            self.progress.step()
