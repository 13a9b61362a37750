"""The planned-shard sink: equal documents give equal bytes, each once, and one that is damaged harms no other."""

import dataclasses
from pathlib import Path

import apache_beam as beam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.document import Document, Source
from curation.shard import MANIFEST, ShardSet
from pipelines import sink
from pipelines.sink import BUCKETS, ShardSettings, WriteShards, bucket, plan_shards, write_shard
from pipelines.steps import WriteRejects
from tests.pipelines.conftest import digests, rejects_in, run_beam

ONE_SHARD = ShardSettings()


def write(documents: list[Document], folder: Path, *arguments: str, settings: ShardSettings = ONE_SHARD) -> None:
    def build(pipeline: beam.Pipeline) -> None:
        written = pipeline | beam.Create(documents) | WriteShards(str(folder), settings)
        written.rejects | WriteRejects(str(folder))

    run_beam(build, *arguments)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of some ten documents instead of many megabytes."""
    monkeypatch.setattr(sink, "MEGABYTE", 20_000)


def test_every_document_is_written_once_with_its_media(documents, tmp_path, small_shards):
    write(documents, tmp_path / "out", settings=ShardSettings(megabytes=1))
    shards = ShardSet(str(tmp_path / "out"))
    assert len(shards.entries) > 2
    assert sorted(document.key for document in shards) == sorted(document.key for document in documents)
    shards.check()
    assert not [file.name for file in (tmp_path / "out").iterdir() if file.name.startswith(".")]


def test_order_of_the_input_does_not_show(documents, tmp_path, small_shards):
    write(documents, tmp_path / "one")
    write(documents[::-1], tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_replayed_bundles_write_the_same(documents, tmp_path):
    write(documents, tmp_path / "one")
    write(documents, tmp_path / "two", "--direct_runner_bundle_repeat=2")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_two_worker_processes_write_the_same(documents, tmp_path):
    write(documents, tmp_path / "one")
    write(documents, tmp_path / "two", "--direct_running_mode=multi_processing", "--direct_num_workers=2")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_a_portable_job_server_writes_the_same(documents, tmp_path):
    portable = ["--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK"]
    write(documents, tmp_path / "one")
    write(documents, tmp_path / "two", *portable)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_no_documents_make_a_finished_empty_folder(tmp_path):
    write([], tmp_path / "out")
    assert len(ShardSet(str(tmp_path / "out"))) == 0


def test_a_repeated_key_is_written_once_and_rejected_once(documents, tmp_path):
    again = dataclasses.replace(documents[0], source=Source("a-copy.html"))
    write([*documents, again], tmp_path / "out")
    assert len(ShardSet(str(tmp_path / "out"))) == len(documents)
    [reject] = rejects_in(tmp_path / "out")
    assert (reject["reason"], reject["key"], reject["images"]) == ("duplicate", documents[0].key, 1)


def test_vanished_and_altered_media_reject_their_document_alone(documents, tmp_path):
    Path(documents[3].media[0].uri).unlink()
    Path(documents[5].media[0].uri).write_bytes(Path(documents[6].media[0].uri).read_bytes())
    write(documents, tmp_path / "out")
    shards = ShardSet(str(tmp_path / "out"))
    shards.check()
    assert len(shards) == len(documents) - 2
    rejects = {row["uri"]: row["reason"] for row in rejects_in(tmp_path / "out")}
    assert rejects == {"page-3.html": "missing", "page-5.html": "altered"}


def test_a_failed_shard_leaves_no_file_under_its_name(documents, tmp_path):
    def breaks_off():
        yield documents[0], [Path(documents[0].media[0].uri).read_bytes()]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_shard(str(tmp_path / "out"), "shard-00000", breaks_off())
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "out" / MANIFEST).exists()


SIZES = st.dictionaries(st.integers(0, BUCKETS - 1), st.integers(1, 100), min_size=1)


@given(sizes=SIZES, target=st.integers(1, 300))
def test_a_plan_fills_shards_in_order_up_to_the_target(sizes: dict[int, int], target: int):
    starts = plan_shards(sizes.items(), target)
    assert starts == sorted(set(starts))
    ends = [*starts[1:], BUCKETS]
    for start, end in zip(starts, ends, strict=True):
        inside = [size for number, size in sizes.items() if start <= number < end]
        assert inside
        assert sum(inside) <= target or len(inside) == 1
    for start, middle, end in zip(starts, starts[1:], ends[1:], strict=False):
        run = sum(size for number, size in sizes.items() if start <= number < middle)
        following = min(number for number in sizes if middle <= number < end)
        assert run + sizes[following] > target, "the next bucket would still have fitted"


def test_buckets_are_even_and_the_same_in_every_process():
    counts = [0] * 16
    for number in range(16_000):
        counts[bucket(str(number)) * 16 // BUCKETS] += 1
    assert all(850 < count < 1150 for count in counts)
    assert bucket("0123456789abcdef") == 6185  # another value would move everyone's documents to other shards
