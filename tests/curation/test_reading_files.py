"""Files are read by ranges without losing or doubling anything, and as far as they are whole."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webdataset
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from curation.document import Document, Image, Source, Text, Turn
from curation.reading.record import Damage, MalformedError, Picture
from curation.reading.streams import lines, open_stream
from curation.reading.tar import read_sample, read_samples
from curation.reading.warc import WebImage, read_gzipped, read_plain
from tests.conftest import media_of, png, write_shards


def damages(found: Iterable[Any]) -> list[tuple[str, str]]:
    return [(item.place, item.reason) for item in found if isinstance(item, Damage)]


# --- lines ---


@given(st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b".")), max_size=30), st.integers(1, 40))
def test_ranges_share_out_the_lines_of_a_file(written: list[bytes], step: int):
    data = b"\n".join(written)
    ranges = [(start, min(start + step, len(data))) for start in range(0, len(data), step)]
    found = [item for start, end in ranges for item in lines(io.BytesIO(data), start, end)]
    assert [line.rstrip(b"\n") for _, line in found if line] == [line for line in written if line.strip()]
    assert all(data[at : at + len(line)] == line for at, line in found if line)


def test_a_line_too_long_to_be_a_document_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("curation.reading.streams.MAX_LINE", 1 << 17)
    data = b"a\n" + b"x" * (1 << 20) + b"\nb\n"
    assert list(lines(io.BytesIO(data))) == [(0, b"a\n"), (2, None), (3 + (1 << 20), b"b\n")]


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("docs_shard_0_v2.jsonl", data)
    return file.getvalue()


ROWS = b"".join(b'{"text": "row %d"}\n' % number for number in range(20_000))
COMPRESSED = {
    "a.jsonl.gz": gzip.compress(ROWS[:1000]) + gzip.compress(ROWS[1000:]),
    "a.jsonl.zst": zstandard.compress(ROWS[:1000]) + zstandard.compress(ROWS[1000:]),
    "a.jsonl.zip": zipped(ROWS),  # as MMC4's shards come
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_compressed_files_are_read_as_streams(name: str):
    assert open_stream(io.BytesIO(COMPRESSED[name]), name).read() == ROWS


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_compressed_file_that_was_cut_short_says_so_after_all_that_it_has(name: str):
    stream = open_stream(io.BytesIO(COMPRESSED[name][:-40]), name)
    found: list[bytes | None] = []
    with pytest.raises(EOFError):
        found.extend(line for _, line in lines(stream))
    assert found == ROWS.splitlines(keepends=True)[: len(found)]
    assert len(found) > 15_000


# --- WARC ---


def page(number: int, size: int = 0) -> bytes:
    noise = np.random.default_rng(number).bytes(size).hex()
    return f"<html lang=en><title>Page {number}</title><p>The text of page {number}. {noise}</p></html>".encode()


def response(
    writer: WARCWriter, url: str, body: bytes, kind: str, status: str = "200 OK", *more: tuple[str, str]
) -> None:
    headers = StatusAndHeaders(status, [("Content-Type", kind), *more], protocol="HTTP/1.1")
    writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers))


def archive(pages: list[bytes], *, gzipped: bool = True) -> bytes:
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=gzipped)
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "test"}))
    for number, body in enumerate(pages):
        response(writer, f"https://example.org/{number}", body, "text/html; charset=utf-8")
    return file.getvalue()


def read_ranges(data: bytes, step: int) -> list[Any]:
    starts = range(0, len(data), step)
    ranges = [(start, min(start + step, len(data))) for start in starts]
    return [item for start, end in ranges for item in read_gzipped(io.BytesIO(data), start, end, len(data))]


def urls(found: Iterable[Any]) -> list[str]:
    return [item[1].uri for item in found if not isinstance(item, Damage)]


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=12), st.integers(1, 20_000))
def test_every_record_of_a_gzipped_warc_is_read_once_whatever_the_ranges(sizes: list[int], step: int):
    data = archive([page(number, size) for number, size in enumerate(sizes)])
    found = read_ranges(data, max(step, len(data) // 50))
    assert not damages(found)
    oracle = ArchiveIterator(io.BytesIO(data))
    expected = {}
    for record in oracle:
        if record.rec_type == "response":
            expected[record.rec_headers.get_header("WARC-Target-URI")] = str(oracle.get_record_offset())
    assert {record.uri: place for place, record in found} == expected
    assert len(found) == len(sizes)


def test_a_record_longer_than_the_ranges_is_one_ranges_alone():
    data = archive([page(0), page(1, 200_000), page(2)])
    assert urls(read_ranges(data, 1000)) == [f"https://example.org/{number}" for number in range(3)]


def test_bytes_that_only_look_like_a_member_are_not_one():
    decoys = b"\x1f\x8b\x08\x00" * 50 + gzip.compress(b"something else")
    data = archive([page(0), page(1)])
    cut = data.index(gzip.compress(b"")[:3], 10)  # where the second member begins
    found = read_ranges(data[:cut] + decoys + data[cut:], 64)
    assert sorted(urls(found)) == ["https://example.org/0", "https://example.org/1"]
    assert damages(found) == [(str(cut), "damaged")]


@pytest.mark.parametrize("step", [500, 5_000, 1_000_000])
def test_all_but_the_damaged_records_of_a_warc_are_read(step: int):
    data = bytearray(archive([page(number, 1500) for number in range(8)]))
    places = [int(place) for place, _ in read_ranges(bytes(data), len(data))]
    data[places[3] + 300 : places[3] + 340] = bytes(40)
    found = read_ranges(bytes(data), step)
    assert urls(found) == [f"https://example.org/{number}" for number in (0, 1, 2, 4, 5, 6, 7)]
    assert damages(found) == [(str(places[3]), "damaged")]


def test_a_warc_that_was_cut_short_yields_what_it_has():
    data = archive([page(number, 1500) for number in range(4)])
    found = read_ranges(data[:-700], 1000)
    assert urls(found) == [f"https://example.org/{number}" for number in range(3)]
    assert [reason for _, reason in damages(found)] == ["truncated"]


def test_an_uncompressed_warc_is_read_past_its_damage():
    data = archive([page(number) for number in range(4)], gzipped=False)
    assert urls(list(read_plain(io.BytesIO(data), len(data)))) == [
        f"https://example.org/{number}" for number in range(4)
    ]
    second = data.index(b"WARC/1.0", data.index(b"https://example.org/0"))
    broken = data[:second] + b"XXXX" + data[second + 4 :]
    found = list(read_plain(io.BytesIO(broken), len(broken)))
    assert urls(found)[:1] == ["https://example.org/0"]
    assert urls(found)[-1] == "https://example.org/3"
    assert damages(found) == [(str(second), "damaged")]
    cut = list(read_plain(io.BytesIO(data[:-60]), len(data) - 60))
    assert [reason for _, reason in damages(cut)] == ["truncated"]


def read_whole(fill: Callable[[WARCWriter], None]) -> list[Any]:
    file = io.BytesIO()
    fill(WARCWriter(file, gzip=True))
    return [item for _, item in read_gzipped(file, 0, len(file.getvalue()), len(file.getvalue()))]


def test_a_page_of_an_archive_carries_what_its_headers_and_its_head_declare():
    body = "<meta name=robots content='noindex, noai'><meta name=TDM-Reservation content=1><p>日本語です".encode(
        "shift_jis"
    )
    (record,) = read_whole(
        lambda writer: response(
            writer, "https://example.org/a/", body, "text/html; charset=Shift_JIS", "200 OK", ("X-Robots-Tag", "noai"),
            ("TDM-Reservation", "1"), ("Content-Language", "ja-JP"),
        )
    )  # fmt: skip
    assert record.blocks[0].text == "日本語です"
    assert (record.uri, record.base, record.root, record.language) == (*["https://example.org/a/"] * 2, "", "ja-jp")
    assert {("x-robots-tag", "noai"), ("robots", "noindex, noai"), ("tdm-reservation", "1")} <= set(record.headers)


def test_only_answers_of_200_that_are_html_or_images_are_read():
    def fill(writer: WARCWriter) -> None:
        response(writer, "https://example.org/gone", page(0), "text/html", "404 Not Found")
        response(writer, "https://example.org/data", b"{}", "application/json")
        response(writer, "https://example.org/x.png", b"png", "image/png", "200 OK", ("X-Robots-Tag", "noai"))
        response(writer, "https://example.org/page", page(1), "application/xhtml+xml")

    image, record = read_whole(fill)
    assert (image.url, image.data, dict(image.headers)["x-robots-tag"]) == ("https://example.org/x.png", b"png", "noai")
    assert isinstance(image, WebImage)
    assert record.uri == "https://example.org/page"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_body_is_decoded_as_its_header_says(encoding: str):
    import brotli

    body = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstandard.compress}[encoding](page(3))
    (found,) = read_whole(
        lambda writer: response(writer, "https://e.org", body, "text/html", "200 OK", ("Content-Encoding", encoding))
    )
    if encoding == "zstd":
        assert isinstance(found, MalformedError)
        assert found.reason == "encoding"
    else:
        assert found.title == "Page 3"


def test_the_texts_of_a_wet_file_are_pure_text():
    def fill(writer: WARCWriter) -> None:
        headers = {"WARC-Identified-Content-Language": "deu,eng"}
        payload = io.BytesIO(b"Ein Satz.\n\nNoch einer.")
        writer.write_record(
            writer.create_warc_record(
                "https://example.org/de", "conversion", payload=payload, warc_content_type="text/plain",
                warc_headers_dict=headers,
            )
        )  # fmt: skip

    (record,) = read_whole(fill)
    assert [block.text for block in record.blocks] == ["Ein Satz.", "Noch einer."]
    assert (record.task, record.uri, record.language) == ("text", "https://example.org/de", "deu")


# --- tars ---


def tar_of(members: list[tuple[str, bytes]], mode: str = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def uris(found: Iterable[Any]) -> list[str]:
    return [record.uri for record in found]


def read_tar(data: bytes, path: str = "folder/a.tar") -> list[Any]:
    samples = read_samples(io.BytesIO(data), path, len(data), "a.tar")
    return [item if isinstance(item, Damage) else read_sample(item, f"a.tar#{item.key}") for item in samples]


def test_pairs_written_by_webdataset_are_referred_to_and_not_copied(tmp_path: Path):
    images = [png(seed=number) for number in range(3)]
    with webdataset.TarWriter(str(tmp_path / "a.tar")) as sink:
        for number, image in enumerate(images):
            row = {"caption": f"caption {number}", "url": f"https://img.example/{number}.png", "license": "CC0-1.0"}
            sink.write({"__key__": f"{number:05d}", "png": image, "txt": f"caption {number}", "json": row})
    data = (tmp_path / "a.tar").read_bytes()
    records = read_tar(data)
    assert [record.blocks[0].text.strip() for record in records] == [f"caption {number}" for number in range(3)]
    for image, record in zip(images, records, strict=True):
        (picture,) = record.blocks[0].pictures
        assert picture.data is None
        assert data[picture.offset : picture.offset + picture.length] == image
    assert {(record.task, record.licence) for record in records} == {("caption", "CC0-1.0")}
    assert records[1].blocks[0].pictures[0].origin == "https://img.example/1.png"


def test_images_of_a_compressed_tar_are_bytes():
    data = tar_of([("x/1.jpg", b"jpeg"), ("x/1.txt", b"A cat")], "w:gz")
    (record,) = read_tar(data, "a.tar.gz")
    assert record.blocks[0].pictures == (Picture("", data=b"jpeg", origin="a.tar#x/1.jpg"),)


def test_interleaved_rows_find_their_images_beside_them():
    row = {"text_list": ["One.", "Two."], "image_info": [{"image_name": "cat.png", "matched_text_index": 1}]}
    data = tar_of([("1.cat.png", b"first"), ("1.json", json.dumps(row).encode())])
    (record,) = read_tar(data)
    (picture,) = record.blocks[1].pictures
    assert data[picture.offset : picture.offset + picture.length] == b"first"


def test_our_own_shards_are_read_as_documents(tmp_path: Path):
    images = [png(seed=number) for number in range(3)]
    turn = Turn(None, (Text("See "), Image(0)))
    documents = [Document((turn,), (media_of(image),), source=Source("p.html", "CC0-1.0")) for image in images]
    shards = write_shards(tmp_path, list(zip(documents, ([image] for image in images), strict=True)))
    path = str(tmp_path / "shard-00000.tar")
    data = Path(path).read_bytes()
    assert read_tar(data, path) == list(shards)


def test_text_alone_is_pure_text_and_a_sample_of_neither_is_malformed():
    (record,) = read_tar(tar_of([("1.txt", b"Only text.")]))
    assert (record.task, record.blocks[0].text) == ("text", "Only text.")
    for members in ([("1.mp4", b"v"), ("1.txt", b"t")], [("1.jpg", b"j")], [("1.json", b"{")]):
        with pytest.raises(MalformedError):
            read_tar(tar_of(members))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_that_was_cut_short_yields_its_whole_samples(mode: str):
    noise = [np.random.default_rng(number).bytes(3000) for number in range(4)]
    pairs = [[(f"{number}.txt", b"caption"), (f"{number}.jpg", image)] for number, image in enumerate(noise)]
    data = tar_of([member for pair in pairs for member in pair], mode)
    cut = data[: data.index(noise[3]) + 100] if mode == "w" else data[:-1500]
    found = read_tar(cut, "a.tar" if mode == "w" else "a.tar.gz")
    # of a stream nobody knows whether the sample before the cut has all its members
    whole = 3 if mode == "w" else 2
    assert uris(found[:-1]) == [f"a.tar#{number}" for number in range(whole)]
    assert damages(found) == [(str(whole), "truncated")]


def test_a_tar_cut_between_its_members_is_known_by_its_missing_end():
    data = tar_of([("1.txt", b"a"), ("2.txt", b"b"), ("3.txt", b"c")])
    found = read_tar(data[: 2 * 1024])
    assert uris(found[:-1]) == ["a.tar#1", "a.tar#2"]
    assert damages(found) == [("", "truncated")]
