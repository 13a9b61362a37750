"""Images: every one looked at where it lies, or fetched once; bad ones cut out, and documents that are duplicates.

    documents -> signs, and the images that each shows -> read, found in the archive, or fetched
    images    -> which are the same, and in how many documents
    decide    -> documents with the same text and pictures
    notes to documents -> documents read again: their images cut, or they dropped

What is shuffled is small: a row of some hundred bytes an image, and its 32 x 32 grey version once. Bytes of fetched
images go straight to files below `media/`. Survivors depend on neither the workers nor the order of anything, as long
as the hosts answer the same.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urldefrag

import apache_beam as beam
from apache_beam import pvalue

from curation.document import Document, Media
from curation.images.looker import ImageSettings, Looked
from curation.images.pictures import NSFW, STAGE, Fault, Found, Sight, Sign, Verdict, cut, decide, sign
from curation.images.web import is_remote
from curation.reject import Reject
from pipelines.documents import Address, Range, WithNotes, read_range
from pipelines.duplicates import as_is
from pipelines.log import Progress
from pipelines.remote import FindRemote, Job, Place, new_job
from pipelines.samepictures import Familiar, FirstOfSame, Shown, TwinDocuments
from pipelines.steps import Count, Rejected, failed, rejected, tally_kept, tally_read, tally_rejected

CODE = ("pipelines.images", "pipelines.steps")
REMEMBERED = 4096  # images of a worker's last documents: what a site shows on each of its pages is looked at once

Reference = tuple[str, int, int | None, str]  # where an image lies, and its digest where it is recorded


class Resolved(NamedTuple):
    """`documents` with all images seen, `rejects` (Rejected), `fetched` (a row a URL) and `tallies` of the stage."""

    documents: beam.PCollection
    rejects: beam.PCollection
    fetched: beam.PCollection
    tallies: beam.PCollection


class ResolveImages(beam.PTransform):
    """{"ranges": Range, "archived": Archived (may be left out)} -> Resolved; `folder` gets `media/` and `fetched/`."""

    def __init__(self, folder: str, settings: ImageSettings):
        super().__init__()
        self.folder, self.settings = folder, settings

    def expand(self, inputs: Any) -> Any:
        settings, ranges = self.settings, inputs["ranges"]
        job = new_job(self.folder, settings, CODE)
        local = ranges | "Look" >> beam.ParDo(_LookAtLocal(job)).with_outputs("signs", "wanted", "prints", main="found")
        wanted = local.wanted | "Wanted" >> beam.Map(as_is).with_output_types(tuple[str, Place])
        archived = {name: rows for name, rows in inputs.items() if name == "archived"}
        remote = {"wanted": wanted, **archived} | "Remote" >> FindRemote(job)
        found = (local.found, remote.found) | "Found" >> beam.Flatten()
        prints = (local.prints, remote.prints) | "Prints" >> beam.Flatten()
        first = prints | "Same" >> FirstOfSame(settings.same)
        signs = local.signs | "Signs" >> beam.Map(as_is).with_output_types(tuple[Address, Any])
        gathered = (
            {"signs": signs, "found": found | "TypedFound" >> beam.Map(as_is).with_output_types(tuple[Address, Any])}
            | "Gather" >> beam.CoGroupByKey()
            | "Single" >> beam.FlatMap(_gathered).with_output_types(tuple[Address, Any])
        )
        shown = gathered | "Shown" >> beam.FlatMap(_shown).with_output_types(Shown)
        known = {"shown": shown, "first": first} | "Familiar" >> Familiar(settings.same.max_documents)
        decided = (
            {"gathered": gathered, "known": known}
            | "ByDocument" >> beam.CoGroupByKey()
            | "Decide" >> beam.FlatMap(_decide, settings).with_output_types(tuple[Address, Any])
        )
        twins = (
            decided
            | "Staying" >> beam.Filter(lambda item: item[1][1].fault is None).with_output_types(tuple[Address, Any])
            | "Twins" >> TwinDocuments(settings.same)
        )
        notes = (
            decided | "Verdicts" >> beam.Map(lambda item: (item[0], (0, item[1][1]))),
            twins | "TwinNotes" >> beam.Map(lambda item: (item[0], (1, item[1]))),
        ) | "Notes" >> beam.Flatten()
        noted = {"ranges": ranges, "notes": notes} | "Again" >> WithNotes()
        done = noted | "Apply" >> beam.ParDo(_Apply()).with_outputs("rejects", "tallies", main="documents")
        counts = remote.fetched | "CountFetched" >> beam.Map(lambda row: (("fetched", row["reason"] or "image"), 1))
        own = done.tallies | "Count" >> beam.ParDo(Count(lambda tally: [tally]))
        tallies = (own, counts) | "Tallies" >> beam.Flatten()
        return Resolved(done.documents, done.rejects, remote.fetched, tallies)


# --- local images ---


class _LookAtLocal(beam.DoFn):
    """A range of documents -> what is found of their images, or the URLs that are wanted, and a sign of each."""

    def __init__(self, job: Job):
        self.job = job

    def setup(self) -> None:
        self.looker = self.job.looker()
        self.remembered: dict[Reference, Looked] = {}
        self.progress = Progress(STAGE, "documents")

    def start_bundle(self) -> None:
        self.told: set[str] = set()  # prints that this bundle gave out: one that is run again has to give them again

    def teardown(self) -> None:
        self.looker.close()

    def process(self, place: Range) -> Iterator[Any]:
        for at, document in read_range(place):
            address = (place, at)
            try:
                yield from self._document(address, document)
            except Exception as error:  # whatever it was, it is one document's fault
                reject = failed("", STAGE, error)
                yield pvalue.TaggedOutput("signs", (address, Fault(reject.reason, reject.detail)))
            self.progress.step()

    def _document(self, address: Address, document: Document) -> Iterator[Any]:
        outputs: list[Any] = [pvalue.TaggedOutput("signs", (address, sign(document)))]
        local: dict[int, Media] = {}
        for index in sorted(set(document.images_shown())):
            media = document.media[index]
            if is_remote(media.uri):
                outputs.append(pvalue.TaggedOutput("wanted", (urldefrag(media.uri)[0], (address, index))))
            else:
                local[index] = media
        for index, looked in zip(local, self._look(list(local.values())), strict=True):
            outputs.append((address, (index, looked.found)))
            if looked.print and looked.print.sha256 not in self.told:
                self.told.add(looked.print.sha256)
                outputs.append(pvalue.TaggedOutput("prints", looked.print))
        yield from outputs

    def _look(self, local: list[Media]) -> list[Looked]:
        """What each image is, if need be from what this worker has looked at before."""
        new = [media for media in dict.fromkeys(local) if _reference(media) not in self.remembered]
        seen = self.looker([(media, self.looker.read(media)) for media in new])
        known = self.remembered | {_reference(media): item for media, item in zip(new, seen, strict=True)}
        self.remembered = dict(islice(known.items(), max(0, len(known) - REMEMBERED), None))
        return [known[_reference(media)] for media in local]


def _reference(media: Media) -> Reference:
    return media.uri, media.offset, media.length, media.sha256


# --- what becomes of each document ---


def _gathered(group: tuple[Address, dict[str, Any]]) -> Iterator[tuple[Address, tuple[Sign | Fault, dict[int, Found]]]]:
    address, joined = group
    [mark] = joined["signs"]
    yield address, (mark, dict(joined["found"]))


def _shown(item: tuple[Address, tuple[Sign | Fault, dict[int, Found]]]) -> Iterator[Shown]:
    address, (mark, found) = item
    if isinstance(mark, Sign) and not mark.bound:
        digests = {sight.media.sha256 for sight in found.values() if isinstance(sight, Sight)}
        yield from ((digest, (mark.key, address)) for digest in sorted(digests))


def _decide(group: tuple[Address, dict[str, Any]], settings: ImageSettings) -> Iterator[tuple[Address, Any]]:
    address, joined = group
    [(mark, found)] = joined["gathered"]
    if isinstance(mark, Fault):
        yield address, (None, Verdict({}, {}, mark))
    else:
        yield address, (mark, decide(mark, found, dict(joined["known"]), settings.rules, settings.nsfw))


class _Apply(beam.DoFn):
    """(Document, its notes) -> the document as it goes on, rejects and tallies."""

    def process(self, item: tuple[Document, list[Any]]) -> Iterator[Any]:
        document, notes = item
        try:
            kept, rejects = apply(document, notes)
        except Exception as error:  # it is this document's fault
            kept, rejects = None, [rejected(failed(document.source.uri, STAGE, error, document), document)]
        yield from (pvalue.TaggedOutput("rejects", reject) for reject in rejects)
        tallies = [*tally_read(document), *(tally for reject in rejects for tally in tally_rejected(reject))]
        if kept is not None:
            tallies += tally_kept(kept)
            yield kept
        yield from (pvalue.TaggedOutput("tallies", tally) for tally in tallies)


def apply(document: Document, notes: list[Any]) -> tuple[Document | None, list[Rejected]]:
    """What goes on of the document and a row for all that does not: cut images by themselves, the others with it."""
    [verdict] = [note for kind, note in notes if kind == 0]
    twins = [note for kind, note in notes if kind == 1]
    rejects = [
        rejected(Reject("image", document.source.uri, STAGE, fault.reason, fault.detail, document.key), document)
        for _, fault in sorted(verdict.cuts.items())
    ]
    fault = verdict.fault
    if fault is None and twins:
        twin = min(twins)
        fault = Fault("duplicate document", f"{twin.detail} as {twin.key}")
    if fault is None:
        return cut(document, verdict), rejects
    scores = {**document.scores, **({} if verdict.unsafe is None else {NSFW: verdict.unsafe})}
    reject = Reject("document", document.source.uri, STAGE, fault.reason, fault.detail, document.key, scores)
    left = len(document.images_shown()) - len(rejects)
    return None, [*rejects, rejected(reject, document)._replace(images=left)]
