"""Images of the web: those that a crawl archived are looked at there, all others fetched, each URL once a job.

URLs are divided by host into groups, and one process fetches a group: so the limits for a host hold for the whole job.
Fetched images go to files below `media/` some megabytes at a time, whatever the size of a group, and what became of
each URL is a row of `fetched/*.parquet`.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
from apache_beam import pvalue

from curation.document import Media
from curation.images.benchmarks import load_prints, read_prints, write_prints
from curation.images.fetcher import Fetched, fetch_all
from curation.images.looker import ImageSettings, Looked, Looker
from curation.images.pictures import STAGE, Fault, Sight
from curation.images.prints import Prints
from curation.images.web import host_of, opted_out
from pipelines import files
from pipelines.documents import Address
from pipelines.log import Progress
from pipelines.runner import check_worker, code_digest
from pipelines.store import Archived, save

BATCH = 64  # images looked at between two turns of the fetcher
PENDING = 32 << 20  # bytes of fetched images that wait to be written into a file

FETCHED_SCHEMA = pa.schema(
    [
        ("url", pa.string()),
        ("status", pa.int32()),  # the last answer's, 0 where there was none
        ("reason", pa.string()),  # why there is no image, empty where there is one
        ("detail", pa.string()),
        ("bytes", pa.int64()),
        ("sha256", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("seconds", pa.float32()),
        ("attempts", pa.int32()),
    ]
)

Place = tuple[Address, int]  # a document and the index of one of its media


@dataclass(frozen=True)
class Job:
    """What every worker is told: `benchmarks` is the path of the prints, empty where there are none."""

    folder: str
    settings: ImageSettings
    benchmarks: str
    modules: tuple[str, ...]
    code: str

    def looker(self) -> Looker:
        check_worker(self.modules, self.code)
        rows = load_prints(io.BytesIO(files.read(self.benchmarks))) if self.benchmarks else []
        return Looker(self.settings, Prints(rows, self.settings.same) if rows else None)


def new_job(folder: str, settings: ImageSettings, modules: tuple[str, ...]) -> Job:
    """Looks at the benchmarks' pictures here, once for all workers."""
    path = f"{folder}/benchmarks.parquet" if settings.benchmarks else ""
    if path:
        with files.written_whole(path) as file:
            write_prints(file, [row for benchmark in settings.benchmarks for row in read_prints(benchmark)])
    return Job(folder, settings, path, modules, code_digest(*modules))


class Remote(NamedTuple):
    """`found`: (Address, (index, Found)); `prints` of the images; `fetched`: a row a URL."""

    found: beam.PCollection
    prints: beam.PCollection
    fetched: beam.PCollection


class FindRemote(beam.PTransform):
    """{"wanted": (URL, Place), "archived": Archived (may be left out)} -> Remote."""

    def __init__(self, job: Job):
        super().__init__()
        self.job = job

    def expand(self, inputs: Any) -> Any:
        wanted = inputs["wanted"]
        urls = wanted | "Urls" >> beam.Map(lambda row: row[0]).with_output_types(str) | "Once" >> beam.Distinct()
        looked = []
        if "archived" in inputs:
            archive = (
                {
                    "urls": urls | "Url" >> beam.Map(lambda url: (url, None)).with_output_types(tuple[str, None]),
                    "archived": inputs["archived"]
                    | "ByUrl" >> beam.Map(lambda item: (item.url, item)).with_output_types(tuple[str, Any]),
                }
                | "Archived" >> beam.CoGroupByKey()
                | "LookAtArchived"
                >> beam.ParDo(_LookAtArchived(self.job)).with_outputs("prints", "missing", main="found")
            )
            urls = archive.missing
            looked.append(archive)
        fetch = beam.ParDo(_Fetch(self.job)).with_outputs("prints", "fetched", main="found")
        fetched = (
            urls
            | "Group" >> beam.Map(_grouped, self.job.settings.groups).with_output_types(tuple[int, str])
            | "ByGroup" >> beam.GroupByKey()
            | "Fetch" >> fetch
        )
        looked.append(fetched)
        fetched.fetched | "Write" >> beam.io.WriteToParquet(
            f"{self.job.folder}/fetched/fetched", FETCHED_SCHEMA, codec="zstd", file_name_suffix=".parquet"
        )
        found = [part.found for part in looked] | "Found" >> beam.Flatten()
        typed = found | "Typed" >> beam.Map(lambda row: row).with_output_types(tuple[str, Any])
        places = {"wanted": wanted, "found": typed} | "Join" >> beam.CoGroupByKey() | "Places" >> beam.FlatMap(_places)
        return Remote(places, [part.prints for part in looked] | "Prints" >> beam.Flatten(), fetched.fetched)


def _grouped(url: str, groups: int) -> tuple[int, str]:
    """The group of the URL's host, the same on every machine."""
    digest = hashlib.blake2b(host_of(url).encode(errors="replace"), digest_size=4).digest()
    return int.from_bytes(digest, "big") % groups, url


def _places(group: tuple[str, dict[str, Any]]) -> Iterator[tuple[Address, tuple[int, Any]]]:
    _, joined = group
    [found] = joined["found"]
    yield from ((address, (index, found)) for address, index in joined["wanted"])


class _LookAtArchived(beam.DoFn):
    """An archived URL that is wanted is looked at; of several copies, the one whose place sorts first."""

    def __init__(self, job: Job):
        self.job = job

    def setup(self) -> None:
        self.looker = self.job.looker()

    def teardown(self) -> None:
        self.looker.close()

    def process(self, group: tuple[str, dict[str, Iterable[Any]]]) -> Iterator[Any]:
        url, joined = group
        copies = list(joined["archived"])
        if not list(joined["urls"]):
            return
        if not copies:
            yield pvalue.TaggedOutput("missing", url)
            return
        looked = self._look(url, min(copies, key=lambda copy: (copy.uri, copy.offset)))
        yield url, looked.found
        if looked.print:
            yield pvalue.TaggedOutput("prints", looked.print)

    def _look(self, url: str, copy: Archived) -> Looked:
        fetch = self.job.settings.fetch
        said = opted_out(copy.headers, fetch.agent) if fetch.obey_opt_out else ""
        if said:
            return Looked(Fault("opt-out", f"{url}: {said}"))
        media = Media.unseen("image", url, copy.uri, copy.offset, copy.length)
        [looked] = self.looker([(media, self.looker.read(media))])
        return looked


class _Fetch(beam.DoFn):
    """A group of URLs -> (URL, what was found) and a row of each."""

    def __init__(self, job: Job):
        self.job = job

    def setup(self) -> None:
        self.looker = self.job.looker()
        self.progress = Progress(STAGE, "URLs")

    def teardown(self) -> None:
        self.looker.close()

    def process(self, group: tuple[int, Iterable[str]]) -> Iterator[Any]:
        _, urls = group
        pending: list[tuple[Fetched, Looked]] = []
        batch: list[Fetched] = []
        for fetched in fetch_all(urls, self.job.settings.fetch):
            self.progress.step()
            batch.append(fetched)
            if len(batch) < BATCH:
                continue
            pending += self._look(batch)
            batch = []
            if sum(len(item.data) for item, _ in pending) >= PENDING:
                yield from self._write(pending)
                pending = []
        yield from self._write(pending + self._look(batch))

    def _look(self, batch: list[Fetched]) -> list[tuple[Fetched, Looked]]:
        pictures: list[tuple[Media, bytes | Fault]] = []
        for item in batch:
            fault = Fault(item.reason, f"{item.url}: {item.detail}") if item.reason else None
            pictures.append((Media.unseen("image", item.url, ""), fault or item.data))
        looked = self.looker(pictures)
        # What is no image is not written, so its bytes need not wait.
        return [
            (item if isinstance(each.found, Sight) else replace(item, data=b""), each)
            for item, each in zip(batch, looked, strict=True)
        ]

    def _write(self, pending: list[tuple[Fetched, Looked]]) -> Iterator[Any]:
        """Writes the images into a file, one copy of each, and says where they are."""
        blobs = {each.found.media.sha256: item.data for item, each in pending if isinstance(each.found, Sight)}
        places = dict(zip(blobs, save(f"{self.job.folder}/media", list(blobs.values())), strict=True))
        for item, each in pending:
            found = each.found
            if isinstance(found, Sight):
                uri, offset, length = places[found.media.sha256]
                found = replace(found, media=replace(found.media, uri=uri, offset=offset, length=length))
            yield item.url, found
            yield pvalue.TaggedOutput("fetched", _row(item, each))
            if each.print:
                yield pvalue.TaggedOutput("prints", each.print)


def _row(item: Fetched, looked: Looked) -> dict[str, Any]:
    found = looked.found
    row = {"url": item.url, "status": item.status, "seconds": item.seconds, "attempts": item.attempts}
    if isinstance(found, Fault):
        nothing = {"bytes": item.size, "sha256": "", "width": 0, "height": 0}
        return {**row, "reason": found.reason, "detail": found.detail, **nothing}
    media = found.media
    seen = {"sha256": media.sha256, "width": media.width, "height": media.height}
    return {**row, "reason": "", "detail": "", "bytes": item.size, **seen}
