"""Ranged reads on an object store: one request a document, a cache that never lies, patience with the net."""

import fcntl
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curation import media, ranged
from curation.document import Document, Image, Text, Turn
from curation.errors import DamagedError, MediaError, ShardError, UserError
from curation.shard import ShardSet
from tests.conftest import media_of, png, write_shards
from tests.stores import google_bucket, s3_bucket

CONTENT = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing read before is remembered, and no test waits for a network."""
    monkeypatch.setattr(ranged, "FIRST_WAIT", 0.001)
    forget()
    ranged.keep_in(None)
    ranged._client.cache_clear()
    yield
    forget()
    ranged.keep_in(None)
    ranged._client.cache_clear()


def forget() -> None:
    """What a process that has just begun remembers."""
    ranged._held = ranged._Held()


class Bucket:
    """An S3 of our own, that tells the ranges which were asked of it."""

    def __init__(self, client: Any, asked: list[str]):
        self.client, self.asked = client, asked

    def put(self, key: str, content: bytes) -> str:
        self.client.put_object(Bucket="bucket", Key=key, Body=content)
        return f"s3://bucket/{key}"

    def put_folder(self, folder: Path) -> str:
        for file in folder.iterdir():
            self.put(f"{folder.name}/{file.name}", file.read_bytes())
        return f"s3://bucket/{folder.name}"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    from werkzeug.serving import WSGIRequestHandler

    asked: list[str] = []
    monkeypatch.setattr(
        WSGIRequestHandler,
        "log_request",
        lambda self, *_: asked.append(self.headers.get("Range", "")) if self.command == "GET" else None,
    )
    with s3_bucket(monkeypatch) as client:
        yield Bucket(client, asked)


def test_a_range_is_one_request_for_just_its_bytes(bucket):
    uri = bucket.put("file", CONTENT)
    assert media.read_bytes(uri, 1000, 50) == CONTENT[1000:1050]
    assert bucket.asked == ["bytes=1000-1049"]


def test_a_range_beyond_the_end_is_short(bucket):
    uri = bucket.put("file", CONTENT)
    assert ranged.read(uri, len(CONTENT) - 10, 50) == CONTENT[-10:]
    assert ranged.read(uri, len(CONTENT) + 10, 50) == b""
    assert ranged.read(uri, 0, 0) == b""


def test_what_is_not_there_is_missing(bucket):
    with pytest.raises(MediaError, match="missing"):
        media.read_bytes("s3://bucket/nothing", 0, 10)


def two_pictures(number: int) -> tuple[Document, list[bytes]]:
    contents = [png(40, 40, seed=2 * number), png(60, 40, seed=2 * number + 1)]
    turn = Turn(None, (Text(f"Document {number}."), Image(0), Image(1)))
    return Document((turn,), tuple(map(media_of, contents))), contents


def test_a_document_comes_with_its_media_in_one_request(bucket, tmp_path):
    samples = [two_pictures(number) for number in range(4)]
    write_shards(tmp_path / "shards", samples)
    shards = ShardSet(bucket.put_folder(tmp_path / "shards"))
    assert len(shards.index) == 4
    del bucket.asked[:]
    for number in (3, 0, 2):
        document = shards.read(number)
        assert document.key == samples[number][0].key
        assert [media.read(item) for item in document.media] == samples[number][1]
    assert len(bucket.asked) == 3


def test_a_truncated_or_a_missing_tar_on_a_store_is_told_apart(bucket, tmp_path):
    write_shards(tmp_path / "shards", [two_pictures(number) for number in range(3)])
    shards = ShardSet(bucket.put_folder(tmp_path / "shards"))
    tar = (tmp_path / "shards" / "shard-00000.tar").read_bytes()
    bucket.put("shards/shard-00000.tar", tar[:1000])
    with pytest.raises(DamagedError, match="truncated"):
        shards.read(1)
    bucket.client.delete_object(Bucket="bucket", Key="shards/shard-00000.tar")
    with pytest.raises(ShardError, match="missing") as missing:
        shards.read(2)
    assert not isinstance(missing.value, DamagedError)


# --- the network ---


def test_an_answer_that_breaks_off_is_asked_for_again(bucket, monkeypatch):
    from botocore.response import StreamingBody

    uri = bucket.put("file", CONTENT)
    read, broken = StreamingBody.read, iter([True, True])

    def breaks_off(self, *arguments):
        if next(broken, False):
            self._amount_read += 1  # as if a byte more had come than the body holds
        return read(self, *arguments)

    monkeypatch.setattr(StreamingBody, "read", breaks_off)
    assert ranged.read(uri, 10, 20) == CONTENT[10:30]
    assert bucket.asked == ["bytes=10-29"] * 3


def test_a_store_that_never_answers_is_one_line_after_some_attempts(monkeypatch):
    pytest.importorskip("boto3")
    for name, value in {"ENDPOINT_URL": "http://127.0.0.1:1", "MAX_ATTEMPTS": "1", "DEFAULT_REGION": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with pytest.raises(MediaError, match=rf"unreadable: .*127.0.0.1:1.*{ranged.ATTEMPTS} attempts") as told:
        media.read_bytes("s3://bucket/file", 0, 10)
    assert "\n" not in str(told.value)


def test_what_is_forbidden_is_not_tried_again(bucket, monkeypatch):
    from botocore.exceptions import ClientError

    calls = []

    def forbid(**_):
        calls.append(1)
        raise ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "GetObject")

    monkeypatch.setattr(ranged.client_of("s3"), "get_object", forbid)
    with pytest.raises(MediaError, match=r"unreadable: .*AccessDenied"):
        media.read_bytes("s3://bucket/file", 0, 10)
    assert len(calls) == 1


def test_a_google_bucket_is_read_by_ranges_too(monkeypatch):
    with google_bucket(monkeypatch) as google:
        google.blob("file").upload_from_string(CONTENT)
        assert ranged.read("gs://bucket/file", 1000, 50) == CONTENT[1000:1050]
        with pytest.raises(FileNotFoundError):
            ranged.read("gs://bucket/nothing", 0, 10)


# --- the cache ---


def test_what_was_read_once_is_read_from_disk_by_the_next_process(bucket, tmp_path):
    uri = bucket.put("file", CONTENT)
    ranged.keep_in(tmp_path / "cache", 10**6)
    for _ in range(2):
        assert ranged.read(uri, 5, 100, version="a") == CONTENT[5:105]
        forget()
    assert len(bucket.asked) == 1


def test_another_version_of_a_file_is_another_file(bucket, tmp_path):
    uri = bucket.put("file", CONTENT)
    ranged.keep_in(tmp_path / "cache", 10**6)
    ranged.read(uri, 5, 100, version="a")
    forget()
    bucket.put("file", CONTENT[::-1])
    assert ranged.read(uri, 5, 100, version="b") == CONTENT[::-1][5:105]
    forget()
    assert ranged.read(uri, 5, 100) == CONTENT[::-1][5:105]


def test_an_altered_entry_is_fetched_again(bucket, tmp_path):
    uri = bucket.put("file", CONTENT)
    ranged.keep_in(tmp_path / "cache", 10**6)
    ranged.read(uri, 5, 100, version="a")
    (entry,) = (tmp_path / "cache").glob("??/*")
    for damaged in (entry.read_bytes()[:-1] + b"?", b"short", b""):
        entry.write_bytes(damaged)
        forget()
        assert ranged.read(uri, 5, 100, version="a") == CONTENT[5:105]
    assert len(bucket.asked) == 4


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be the cache"):
        ranged.keep_in(tmp_path / "file" / "cache", 10**6)


def held(folder: Path) -> int:
    """Bytes of all files, counted while no process adds any."""
    with (folder / "bytes").open() as ledger:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        return sum(file.stat().st_size for file in folder.glob("??/*"))


def test_the_least_recently_used_go_first(tmp_path):
    cache = ranged.DiskCache(tmp_path / "cache", limit=10 * 1032)
    names = [f"{number:02d}{'0' * 62}" for number in range(12)]
    for name in names[:10]:
        cache.put(name, bytes(1000))
        time.sleep(0.002)
    assert cache.get(names[0])
    cache.put(names[10], bytes(1000))
    kept = {name for name in names if cache.get(name)}
    assert names[0] in kept
    assert names[10] in kept
    assert names[1] not in kept
    assert held(tmp_path / "cache") <= cache.limit


def test_what_is_larger_than_the_cache_is_not_kept(tmp_path):
    cache = ranged.DiskCache(tmp_path / "cache", limit=100)
    cache.put("a" * 64, bytes(1000))
    assert cache.get("a" * 64) is None
    assert held(tmp_path / "cache") == 0


def fill(folder: Path, process: int) -> None:
    cache = ranged.DiskCache(folder, limit=50_000)
    for number in range(100):
        name = f"{(process * 37 + number) % 99:02d}{'0' * 62}"
        content = name.encode() * 20
        cache.put(name, content)
        assert cache.get(name) in (content, None)


def test_processes_share_a_cache_and_together_keep_its_limit(tmp_path):
    context = multiprocessing.get_context("fork")
    ranged.DiskCache(tmp_path / "cache", limit=50_000)
    processes = [context.Process(target=fill, args=(tmp_path / "cache", number)) for number in range(3)]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        assert held(tmp_path / "cache") <= 50_000
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert not list((tmp_path / "cache").glob("??/*.partial"))


def test_what_killed_processes_left_is_counted_and_goes(tmp_path):
    cache = ranged.DiskCache(tmp_path / "cache", limit=5_000)
    (tmp_path / "cache" / "aa").mkdir()
    (tmp_path / "cache" / "aa" / "left.partial").write_bytes(bytes(4_000))
    for number in range(4):
        cache.put(f"{number:02d}{'0' * 62}", bytes(1000))
    assert held(tmp_path / "cache") <= 5_000
    assert not (tmp_path / "cache" / "aa" / "left.partial").exists()
