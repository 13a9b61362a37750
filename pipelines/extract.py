"""Extract: read sources -> admit -> clean -> mask -> documents whose images nobody has looked at yet."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import apache_beam as beam

from curation.clean import Cleaner, CleanRules
from curation.document import Document
from curation.reading.record import Record
from curation.reject import Reject
from curation.safety.policy import Safety, SafetySettings
from curation.text.language import LanguageModel
from pipelines.documents import WriteDocuments
from pipelines.layouts import Source
from pipelines.sources import ReadRecords
from pipelines.steps import Count, Each, Rejected, Tally, Work, WriteRejects, tally_kept, tally_rejected
from pipelines.store import Archived, save

STAGE = "extract"
ARCHIVED = "archived"
CODE = ("pipelines.extract", "pipelines.steps", "curation.clean", "curation.safety.policy")


class Extract(beam.PTransform):
    """A pipeline's start -> tallies; leaves in the folder documents, rejects, and where a WARC's images now lie."""

    def __init__(
        self, sources: Sequence[Source], rules: CleanRules, safety: SafetySettings, language_model: str, folder: str
    ):
        super().__init__()
        self.sources, self.folder = sources, folder
        self.made = (rules, safety, language_model, f"{folder}/media")

    def expand(self, start: Any) -> beam.PCollection:
        read = start | "Read" >> ReadRecords(self.sources, f"{self.folder}/media")
        made = self.made
        cleaned = read.records | "Clean" >> Each(STAGE, lambda: cleaner(*made), CODE, noun="records")
        cleaned.documents | "Write" >> WriteDocuments(self.folder)
        rejects = (read.rejects, cleaned.rejects) | "Rejects" >> beam.Flatten()
        rejects | "WriteRejects" >> WriteRejects(self.folder)
        rows = read.archived | "ToJson" >> beam.Map(lambda item: json.dumps(asdict(item))).with_output_types(str)
        rows | "WriteArchived" >> beam.io.WriteToText(f"{self.folder}/{ARCHIVED}", file_name_suffix=".jsonl")
        return (
            read.records | "CountRecords" >> beam.ParDo(Count(lambda record: [(("read",), 1)])),
            read.rejects | "CountUnread" >> beam.ParDo(Count(_tally_unread)),
            cleaned.documents | "CountKept" >> beam.ParDo(Count(_tally_kept)),
            rejects | "CountRejects" >> beam.ParDo(Count(_tally_rejected)),
        ) | "Tallies" >> beam.Flatten()


def _tally_kept(document: Document) -> list[Tally]:
    return [*tally_kept(document), (("images", "found"), len(document.images_shown()))]


def _tally_rejected(item: Rejected) -> list[Tally]:
    return [*tally_rejected(item), (("images", "found"), item.images)]


def _tally_unread(item: Rejected) -> Iterator[Tally]:
    """A row that is no record was read all the same; of a damaged file nobody knows how many it held."""
    if item.reject.kind == "document":
        yield ("read",), 1


def cleaner(rules: CleanRules, safety: SafetySettings, language_model: str, blobs: str) -> Work:
    """What is done to each record. Raises ConfigError where a model or a list is missing."""
    policy, clean = Safety(safety), Cleaner(rules, LanguageModel(language_model))

    def work(item: Record | Document) -> Iterator[Document | Reject]:
        fault = policy.admit(item) if isinstance(item, Record) else policy.admits(item.source.uri, item.source.licence)
        if fault:
            yield _reject(item, *fault)
            return
        cleaned = clean.clean(item) if isinstance(item, Record) else clean.check(item)
        yield from cleaned.rejects
        if cleaned.document is None:
            return
        document = policy.mask(_stored(cleaned.document, cleaned.inline, blobs))
        fault = policy.fault(document)
        yield _reject(item, *fault) if fault else document

    return work


def _reject(item: Record | Document, reason: str, detail: str) -> Reject:
    uri = item.uri if isinstance(item, Record) else item.source.uri
    return Reject("document", uri, "safety", reason, detail)


def _stored(document: Document, inline: Mapping[int, bytes], blobs: str) -> Document:
    """With the images that the page itself held laid into a file."""
    if not inline:
        return document
    media = list(document.media)
    for number, (uri, offset, length) in zip(inline, save(blobs, list(inline.values())), strict=True):
        media[number] = replace(media[number], uri=uri, offset=offset, length=length)
    return replace(document, media=tuple(media))


class ReadArchived(beam.PTransform):
    """A pipeline's start -> Archived: what `Extract` wrote of the images in WARCs."""

    def __init__(self, folder: str):
        super().__init__()
        self.pattern = f"{folder}/{ARCHIVED}-*.jsonl"

    def expand(self, start: Any) -> beam.PCollection:
        # Not looked for here: in a dry run, or for a template, nobody has written it yet.
        return start | beam.io.ReadFromText(self.pattern, validate=False) | "FromJson" >> beam.Map(_archived)


def _archived(line: str) -> Archived:
    row = json.loads(line)
    return Archived(**{**row, "headers": tuple(map(tuple, row["headers"]))})
