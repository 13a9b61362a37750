"""Sources are found, split and read: every record once, whatever the layout, the splits and the damage."""

import gzip
import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pydantic
import pytest
import webdataset
from apache_beam.io.filesystems import FileSystems
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from curation import media, ranged
from curation.config import Config, load
from curation.document import Document, Source, Text, Turn
from curation.errors import ConfigError, UserError
from curation.reading.record import Record
from pipelines import cli, files, layouts
from pipelines.runner import beam_options
from pipelines.sources import ReadRecords, find, list_files
from pipelines.store import Archived, save
from tests.conftest import png
from tests.pipelines.conftest import run_beam
from tests.stores import google_bucket, s3_bucket

ANY = pydantic.TypeAdapter(layouts.Source)


def source(layout: str, path: object, **settings: str) -> layouts.Source:
    return ANY.validate_python({"layout": layout, "path": str(path), **settings})


def read(sources: Sequence[layouts.Source], folder: Path, *arguments: str, target: int = 1000) -> dict[str, list[Any]]:
    """All that ReadRecords gives, by output; kept in this process, where the runner does its work."""
    found: dict[str, list[Any]] = {"records": [], "rejects": [], "archived": []}
    _FOUND[str(folder)] = found

    def build(pipeline: beam.Pipeline) -> None:
        outputs = pipeline | ReadRecords(sources, str(folder), target)
        for name in found:
            getattr(outputs, name) | f"Keep {name}" >> beam.Map(_keep, str(folder), name)

    run_beam(build, *arguments)
    return found


_FOUND: dict[str, dict[str, list[Any]]] = {}


def _keep(item: Any, folder: str, name: str) -> None:
    _FOUND[folder][name].append(item)


def texts(found: dict[str, list[Any]]) -> list[str]:
    return sorted(" ".join(block.text for block in record.blocks) for record in found["records"])


def rejects(found: dict[str, list[Any]], folder: Path) -> list[tuple[str, str, str]]:
    rows = [(item.reject.kind, item.reject.uri, item.reject.reason) for item in found["rejects"]]
    return sorted((kind, uri.removeprefix(f"{folder}/"), reason) for kind, uri, reason in rows)


def warc(pages: int, images: Sequence[bytes] = (), noise: int = 0) -> bytes:
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=True)

    def response(url: str, body: bytes, kind: str) -> None:
        headers = StatusAndHeaders("200 OK", [("Content-Type", kind), ("X-Robots-Tag", "noai")], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers))

    for number in range(pages):
        padding = np.random.default_rng(number).bytes(noise).hex()
        response(f"https://example.org/{number}", f"<p>page {number} {padding}</p>".encode(), "text/html")
    for number, image in enumerate(images):
        response(f"https://example.org/{number}.png", image, "image/png")
    return file.getvalue()


def parquet(path: Path, rows: list[dict[str, Any]], group: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=group)


# --- settings ---


class Job(Config):
    sources: layouts.Sources


def test_sources_are_checked_before_anything_starts(tmp_path: Path):
    path = tmp_path / "job.yaml"
    path.write_text("sources:\n- {layout: warc, path: crawl, pattern: x}\n")
    with pytest.raises(ConfigError, match=r"sources.0.pattern: there is no such setting"):
        load(path, Job)
    path.write_text("sources:\n- {layout: wark, path: crawl}\n")
    with pytest.raises(ConfigError, match=r"sources.0.layout: 'wark': it is one of 'html', 'warc'"):
        load(path, Job)
    path.write_text("sources:\n- {path: crawl}\n")
    with pytest.raises(ConfigError, match=r"sources.0.layout: this setting is required"):
        load(path, Job)
    path.write_text("sources:\n- {layout: html, path: a/doc}\n- {layout: html, path: b/doc}\n")
    with pytest.raises(ConfigError, match="sources: 0 and 1 have the same name, doc: give one another by `name:`"):
        load(path, Job)
    path.write_text("sources:\n- {layout: text, path: s3://bucket/dolma/**/*.jsonl.gz, licence: ODC-By-1.0}\n")
    (first,) = load(path, Job).sources
    assert (first.dataset, first.licence) == ("dolma", "ODC-By-1.0")


@pytest.mark.parametrize(
    ("path", "name"),
    [("data/wiki/", "wiki"), ("data/wiki.jsonl.gz", "wiki"), ("gs://b/cc/*.warc.gz", "cc"), ("s3://b/c/x-*.tar", "c")],
)
def test_a_source_is_named_by_the_last_part_of_its_path(path: str, name: str):
    assert source("documents", path).dataset == name


# --- what is there ---


def test_what_is_found_is_counted_and_its_digest_changes_with_it(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    before = find([source("text", tmp_path)])
    assert (before.files, before.bytes) == (1, 14)
    assert find([source("text", tmp_path)]) == before
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "b"}\n'))
    after = find([source("text", tmp_path)])
    assert after.files == 2
    assert after.digest != before.digest


def test_the_images_beside_pages_are_part_of_the_digest_and_not_of_the_count(tmp_path: Path):
    (tmp_path / "page.html").write_text("<p>page")
    before = find([source("html", tmp_path)])
    (tmp_path / "image.png").write_bytes(png())
    after = find([source("html", tmp_path)])
    assert (before.files, after.files) == (1, 1)
    assert before.digest != after.digest


@pytest.mark.parametrize(
    ("layout", "path", "message"),
    [
        ("warc", "nowhere", "nowhere: there is no such file or folder"),
        ("warc", "empty", "the folder is empty"),
        ("warc", "pages", r"no file ends in .warc, .wet \(there are 2 .html, 1 .png\): is it another layout"),
        ("html", "empty/*.html", "there is no such file"),
        ("html", "foo://bucket/pages", "foo:// is no place that files are read or written here: name a local path"),
        ("webdataset", "pages/a.html", "no file ends in .tar"),
        ("table", "table", "table/a.parquet: there is no column url or"),
        ("text", "table", "table/a.parquet: there is no column text"),
        ("obelics", "table", "table/a.parquet: there is no column texts"),
        ("documents", "table", "table/a.parquet: there is no column turns"),
    ],
)
def test_a_source_with_nothing_to_read_is_one_clear_line(tmp_path: Path, layout: str, path: str, message: str):
    for name in ("empty", "pages"):
        (tmp_path / name).mkdir()
    for name in ("a.html", "b.html", "c.png"):
        (tmp_path / "pages" / name).write_text("<p>page")
    parquet(tmp_path / "table" / "a.parquet", [{"caption": "a", "link": "b"}])
    with pytest.raises(UserError, match=message):
        find([source(layout, path if "://" in path else tmp_path / path)])


@pytest.mark.parametrize(
    ("path", "output", "said"),
    [
        ("data", "data/out/extract", "the output .*data/out/extract lies in it"),
        ("data", "data", "the output .*data lies in it"),
        ("data/out/extract", "data/out/extract", "lies in it"),
        ("data/out/extract/documents", "data/out/extract", "lies in the output .*, which this job empties"),
        ("data/**/*.jsonl", "data/out/extract", "documents/a.jsonl lies in the output"),
    ],
)
def test_what_a_job_writes_is_not_what_it_reads(tmp_path: Path, path: str, output: str, said: str):
    (tmp_path / "data/out/extract/documents").mkdir(parents=True)
    (tmp_path / "data/out/extract/documents/a.jsonl").write_text("{}")
    with pytest.raises(UserError, match=said):
        find([source("text", tmp_path / path)], [f"{tmp_path}/{output}"])
    find([source("text", tmp_path / "data/out/extract/documents")], [f"{tmp_path}/data/out/extra"])


def test_files_behind_links_are_found_once_and_a_link_to_nothing_is_not_passed_over(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/far.txt").write_text("far")
    folder = tmp_path / "in"
    (folder / "z").mkdir(parents=True)
    (folder / "z/near.txt").write_text("near")
    (folder / "a").symlink_to(folder / "z")
    (folder / "loop").symlink_to(folder)
    (folder / "other").symlink_to(tmp_path / "elsewhere")
    (folder / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    os.mkfifo(folder / "pipe.txt")
    for path in (folder, folder / "**/*.txt"):
        listed = [Path(file.path).relative_to(folder) for file in list_files(source("text", path))]
        assert list(map(str, listed)) == ["gone.txt", "other/far.txt", "z/near.txt"]
    found = read([source("text", folder)], tmp_path)
    assert texts(found) == ["far", "near"]
    assert rejects(found, folder) == [("file", "gone.txt", "unreadable")]


def test_a_folder_that_may_not_be_read_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "in/shut").mkdir(parents=True)
    (tmp_path / "in/a.txt").write_text("a")
    real = os.scandir

    def scandir(path: str):
        if path.endswith("shut"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(UserError, match=r"cannot list it: .*Permission denied: .*shut"):
        find([source("text", tmp_path / "in")])


# --- layouts, each split as finely as it can be ---


def test_pages_of_a_folder_know_where_their_images_lie(tmp_path: Path):
    (tmp_path / "site" / "sub").mkdir(parents=True)
    (tmp_path / "site" / "sub" / "page.html").write_text("<html lang=DE><p>One <img src=../a.png></p>")
    (tmp_path / "site" / "deep.html").write_text("<p>" + "<div>" * 6000)
    found = read([source("html", tmp_path / "site", name="manual", licence="CC0-1.0")], tmp_path)
    (record,) = found["records"]
    assert record == Record(
        uri="sub/page.html",
        blocks=record.blocks,
        dataset="manual",
        licence="CC0-1.0",
        base=f"{tmp_path}/site/sub/page.html",
        root=f"{tmp_path}/site",
        language="de",
    )
    assert rejects(found, tmp_path) == [("document", "site/deep.html", "too deep")]
    assert found["rejects"][0].reject.dataset == "manual"


def lay_out_all(folder: Path) -> list[layouts.Source]:
    """A source of each layout with ten records each, numbered from 0."""
    rows = [
        {"url": f"https://img.example/{n}.png", "text": f"row {n}", "license": "MIT" if n else None} for n in range(10)
    ]
    lines = [json.dumps(row) for row in rows]
    for name in ("text", "table", "obelics", "omnicorpus", "mmc4", "pairs", "documents", "crawl"):
        (folder / name).mkdir(parents=True)
    (folder / "text" / "a.jsonl").write_text("\n".join(lines[:4]))
    (folder / "text" / "b.jsonl.gz").write_bytes(gzip.compress("\n".join(lines[4:8]).encode()))
    parquet(folder / "text" / "c.parquet", rows[8:9])
    (folder / "text" / "d.txt").write_text("row 9")
    parquet(folder / "table" / "a.parquet", rows[:6], group=2)
    (folder / "table" / "b.tsv").write_text(
        "url\ttext\n" + "".join(f"{row['url']}\t{row['text']}\n" for row in rows[6:])
    )
    parquet(folder / "obelics" / "a.parquet", [
        {"texts": [f"row {n}", None], "images": [None, "https://img.example/x.png"], "metadata": "[null, {}]",
         "general_metadata": '{"url": "https://example.org"}'} for n in range(10)
    ], group=3)  # fmt: skip
    (folder / "omnicorpus" / "a.jsonl").write_text(
        "\n".join(json.dumps({"texts": [f"row {n}"], "images": [None], "general_metadata": {}}) for n in range(10))
    )
    (folder / "mmc4" / "a.jsonl").write_text(
        "\n".join(json.dumps({"text_list": [f"row {n}"], "image_info": [], "url": "https://e.org"}) for n in range(10))
    )
    with webdataset.TarWriter(str(folder / "pairs" / "a.tar")) as sink:
        for row in rows:
            sink.write({"__key__": row["text"][-1], "txt": row["text"], "png": png(8, 8)})
    (folder / "crawl" / "a.warc.gz").write_bytes(warc(10, noise=400))
    documents = [Document((Turn(None, (Text(f"row {n}"),)),), source=Source(f"{n}")) for n in range(10)]
    (folder / "documents" / "documents-00000-of-00001.jsonl").write_text("\n".join(d.to_json() for d in documents))
    (folder / "documents" / "_DONE.json").write_text("{}")
    (folder / "documents" / "rejects").mkdir()
    parquet(folder / "documents" / "rejects" / "r.parquet", [{"kind": "text"}])
    names = {"pairs": "webdataset", "crawl": "warc"}
    return [source(names.get(path.name, path.name), path, licence="CC0-1.0") for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("target", [64, 1 << 20])
def test_every_record_of_every_layout_is_read_once(tmp_path: Path, target: int):
    sources = lay_out_all(tmp_path / "in")
    found = read(sources, tmp_path / "blobs", target=target)
    assert rejects(found, tmp_path) == []
    by_dataset: dict[str, list[str]] = {}
    for item in found["records"]:
        is_record = isinstance(item, Record)
        text = " ".join(block.text for block in item.blocks) if is_record else item.text
        by_dataset.setdefault(item.dataset if is_record else item.source.dataset, []).append(" ".join(text.split()[:2]))
    rows = [f"row {number}" for number in range(10)]
    expected = {settings.dataset: rows for settings in sources} | {"crawl": [f"page {number}" for number in range(10)]}
    assert {name: sorted(texts) for name, texts in by_dataset.items()} == expected


def test_the_licence_of_a_row_wins_over_its_sources(tmp_path: Path):
    lay_out_all(tmp_path / "in")
    found = read([source("text", tmp_path / "in" / "text" / "a.jsonl", licence="CC0-1.0")], tmp_path)
    licences = {record.blocks[0].text: record.licence for record in found["records"]}
    assert licences == {"row 0": "CC0-1.0", "row 1": "MIT", "row 2": "MIT", "row 3": "MIT"}


# --- damage ---


def test_damaged_files_yield_what_they_can_and_a_reject_for_the_rest(tmp_path: Path):
    folder = tmp_path / "in"
    sources = lay_out_all(folder)
    (folder / "text" / "a.jsonl").write_text('{"text": "row 0"}\n{"text": \n{"text": "row 1"}\n')
    noise = [np.random.default_rng(number).bytes(99).hex() for number in range(9)]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in noise).encode()
    (folder / "text" / "b.jsonl.gz").write_bytes(gzip.compress(lines)[:-300])
    (folder / "text" / "c.parquet").write_bytes((folder / "text" / "c.parquet").read_bytes()[:-20])
    (folder / "text" / "d.txt").write_bytes(b"\xff\xfe\xff")
    crawl = (folder / "crawl" / "a.warc.gz").read_bytes()
    (folder / "crawl" / "a.warc.gz").write_bytes(crawl[:-200])
    (folder / "pairs" / "a.tar").write_bytes((folder / "pairs" / "a.tar").read_bytes()[:9000])
    (folder / "table" / "b.tsv").write_bytes(b"")
    wanted = [settings for settings in sources if settings.dataset in ("text", "crawl", "pairs")]
    found = read(wanted, tmp_path / "blobs")
    told = rejects(found, folder)
    assert [row for row in told if row[0] == "document"] == [
        ("document", "text/a.jsonl#18", "not JSON"),
        ("document", "text/d.txt", "encoding"),
    ]
    files = {(uri.partition("#")[0], reason) for kind, uri, reason in told if kind == "file"}
    assert files == {
        ("text/b.jsonl.gz", "truncated"),
        ("text/c.parquet", "damaged"),
        ("crawl/a.warc.gz", "truncated"),
        ("pairs/a.tar", "truncated"),
    }
    counts: dict[str, int] = {}
    for record in found["records"]:
        counts[record.dataset] = counts.get(record.dataset, 0) + 1
    assert counts["crawl"] == 9
    assert counts["text"] >= 2 + 5
    assert counts["pairs"] == 1


def test_a_file_that_cannot_be_opened_is_rejected_and_the_others_are_read(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one")
    (tmp_path / "in" / "b.txt").symlink_to(tmp_path / "in" / "a.txt")
    sources = [source("text", tmp_path / "in")]
    find(sources)
    (tmp_path / "in" / "b.txt").unlink()
    (tmp_path / "in" / "b.txt").mkdir()
    (tmp_path / "in" / "b.txt" / "c.txt").write_text("two")
    assert texts(read(sources, tmp_path)) == ["one", "two"]


# --- bytes that a source holds ---


def test_images_inside_a_source_are_stored_once_however_often_a_worker_repeats_itself(tmp_path: Path):
    images = [png(seed=number) for number in range(4)]
    rows = [{"image": {"bytes": image, "path": None}, "caption": f"row {n}"} for n, image in enumerate(images[:2])]
    parquet(tmp_path / "in" / "a.parquet", rows)
    (tmp_path / "crawl.warc.gz").write_bytes(warc(1, images[2:]))
    sources = [source("table", tmp_path / "in"), source("warc", tmp_path / "crawl.warc.gz")]
    found = read(sources, tmp_path / "blobs", target=1 << 20)
    stored = {}
    for record in found["records"]:
        for picture in (picture for block in record.blocks for picture in block.pictures):
            assert picture.data is None
            stored[record.blocks[0].text.strip()] = media.read_bytes(picture.src, picture.offset, picture.length)
            assert picture.origin == f"inline:{hashlib.sha256(stored[record.blocks[0].text.strip()]).hexdigest()}"
    assert stored == {"row 0": images[0], "row 1": images[1]}
    archived = {item.url: item for item in found["archived"]}
    for number, image in enumerate(images[2:]):
        item = archived[f"https://example.org/{number}.png"]
        assert isinstance(item, Archived)
        assert media.read_bytes(item.uri, item.offset, item.length) == image
        assert item.headers == (("x-robots-tag", "noai"),)
    before = {file.name for file in (tmp_path / "blobs").iterdir()}
    read(sources, tmp_path / "blobs", "--direct_runner_bundle_repeat=2", target=1 << 20)
    assert {file.name for file in (tmp_path / "blobs").iterdir()} == before
    assert len(before) == 2


def test_what_is_saved_can_be_read_back(tmp_path: Path):
    blobs = [b"one", b"", b"three"]
    (tmp_path / "blobs").mkdir()
    places = save(str(tmp_path / "blobs"), blobs)
    assert [media.read_bytes(*place) for place in places] == blobs
    assert save(str(tmp_path / "blobs"), blobs) == places
    assert save(str(tmp_path / "blobs"), []) == []


def test_images_of_a_tar_stay_where_they_are(tmp_path: Path):
    lay_out_all(tmp_path / "in")
    found = read([source("webdataset", tmp_path / "in" / "pairs")], tmp_path / "blobs")
    pictures = [picture for record in found["records"] for picture in record.blocks[0].pictures]
    assert [media.read_bytes(picture.src, picture.offset, picture.length) for picture in pictures] == [png(8, 8)] * 10
    assert sorted(picture.origin for picture in pictures) == [f"a.tar#{number}.png" for number in range(10)]
    assert not (tmp_path / "blobs").exists()


# --- buckets ---


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with s3_bucket(monkeypatch) as client:
        yield client


def test_a_bucket_is_read_as_a_folder_is(tmp_path: Path, bucket: Any):
    folder = tmp_path / "in"
    lay_out_all(folder)
    (folder / "site").mkdir()
    (folder / "site" / "page.html").write_text("<p>a page <img src=a.png></p>")
    for file in folder.rglob("*"):
        if file.is_file():
            bucket.put_object(Bucket="bucket", Key=str(file.relative_to(folder)), Body=file.read_bytes())
    sources = [
        source("html", "s3://bucket/site"),
        source("text", "s3://bucket/text/"),
        source("warc", "s3://bucket/**.warc.gz"),
        source("webdataset", "s3://bucket/pairs/a.tar"),
    ]
    beam_options([])
    assert find(sources).files == 1 + 4 + 1 + 1
    found = read(sources, tmp_path / "blobs")
    assert rejects(found, tmp_path) == []
    assert len(found["records"]) == 1 + 10 + 10 + 10
    (site,) = (record for record in found["records"] if record.dataset == "site")
    assert (site.uri, site.base, site.root) == ("page.html", "s3://bucket/site/page.html", "s3://bucket/site")
    pictures = [p for record in found["records"] for block in record.blocks for p in block.pictures if p.length]
    assert [media.read_bytes(picture.src, picture.offset, picture.length) for picture in pictures] == [png(8, 8)] * 10
    with pytest.raises(UserError, match="no such file or folder"):
        find([source("text", "s3://bucket/nowhere")])


def test_a_bucket_can_be_listed_before_any_pipeline_has_brought_options(bucket: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FileSystems, "_pipeline_options", None)
    bucket.put_object(Bucket="bucket", Key="run/_DONE.json", Body=b"{}")
    assert [file.path for file in files.listing("s3://bucket/run")] == ["s3://bucket/run/_DONE.json"]


def test_a_bucket_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Any):
    pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    ranged._client.cache_clear()
    assert cli.main(["verify", "s3://bucket/shards"]) == 2
    ranged._client.cache_clear()
    [line] = capsys.readouterr().err.splitlines()
    assert "127.0.0.1:1" in line


def test_blobs_can_be_saved_in_a_bucket(bucket: Any):
    beam_options([])
    places = save("s3://bucket/blobs", [b"one", b"two"])
    assert [media.read_bytes(*place) for place in places] == [b"one", b"two"]
    assert save("s3://bucket/blobs", [b"one", b"two"]) == places


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    auth = pytest.importorskip("apache_beam.internal.gcp.auth")
    monkeypatch.setattr(auth._Credentials, "_credentials_init", True)
    monkeypatch.setattr(auth._Credentials, "_credentials", None)
    with google_bucket(monkeypatch) as found:
        yield found


def test_a_google_bucket_is_read_as_well(tmp_path: Path, google: Any):
    google.blob("text/a.jsonl").upload_from_string(b'{"text": "one"}\n{"text": "two"}\n')
    google.blob("crawl.warc.gz").upload_from_string(warc(2))
    beam_options([])
    found = read([source("text", "gs://bucket/text"), source("warc", "gs://bucket/*.warc.gz")], tmp_path, target=16)
    assert texts(found) == ["one", "page 0", "page 1", "two"]
    assert rejects(found, tmp_path) == []
