"""Shards: equal bytes for equal documents, random access by the index, and one clear error for any damage."""

import io
import json
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.document import Document, Image, Text, Turn
from curation.errors import ShardError
from curation.media import read
from curation.shard import ShardSet, write_tar
from tests.conftest import media_of, png


def sample(number: int, images: int = 1) -> tuple[Document, list[bytes]]:
    contents = [png(seed=10 * number + i) for i in range(images)]
    parts = (Text(f"Page {number}, naïve — 図"), *(Image(i) for i in range(images)))
    document = Document((Turn(None, parts),), tuple(media_of(data) for data in contents), scores={"quality": 0.25})
    return document, contents


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_a_tar_written_twice_is_byte_identical(images):
    tars = [io.BytesIO(), io.BytesIO()]
    indexes = [write_tar(tar, [sample(n, count) for n, count in enumerate(images)]) for tar in tars]
    assert tars[0].getvalue() == tars[1].getvalue()
    assert indexes[0] == indexes[1]


def test_the_index_reads_every_member_without_scanning(sharded):
    shards = sharded([sample(n, images=2) for n in range(5)])
    for row in shards.index.to_pylist():
        path = f"{shards.folder}/{shards.entries[row['shard']].name}.tar"
        data = Path(path).read_bytes()
        with tarfile.open(path) as tar:
            for name, item in [("json", row)] + [(f"{i}.png", item) for i, item in enumerate(row["media"])]:
                member = tar.extractfile(f"{row['key']}.{name}").read()
                assert data[item["offset"] :][: item["length"]] == member


def test_documents_come_back_with_their_media(sharded):
    samples = [sample(n) for n in range(5)]
    shards = sharded(samples)
    assert len(shards) == 5
    for found, (document, contents) in zip(shards, samples, strict=True):
        assert (found.key, found.turns, found.scores) == (document.key, document.turns, document.scores)
        assert [read(media) for media in found.media] == contents


def test_tars_open_in_webdataset(sharded):
    import webdataset

    samples = [sample(n) for n in range(3)]
    shards = sharded(samples)
    opened = list(webdataset.WebDataset(f"{shards.folder}/shard-00000.tar", shardshuffle=False))
    assert [item["__key__"] for item in opened] == [document.key for document, _ in samples]
    assert [item["0.png"] for item in opened] == [contents[0] for _, contents in samples]


def test_tars_open_in_datasets(sharded, tmp_path):
    import datasets

    samples = [sample(n) for n in range(3)]
    shards = sharded(samples)
    files = f"{shards.folder}/*.tar"
    rows = datasets.load_dataset("webdataset", data_files=files, split="train", streaming=True)
    assert [row["json"]["key"] for row in rows] == [document.key for document, _ in samples]


def test_no_shards_are_shards_too(sharded):
    shards = sharded([])
    assert len(shards) == 0
    assert shards.index.num_rows == 0


class TestDamage:
    @pytest.fixture
    def shards(self, sharded):
        return sharded([sample(n) for n in range(5)])

    def damage(self, shards, name, change):
        path = Path(shards.folder, name)
        path.write_bytes(change(path.read_bytes()))
        return ShardSet(shards.folder)

    def test_a_truncated_tar(self, shards):
        damaged = self.damage(shards, "shard-00001.tar", lambda data: data[:3000])
        with pytest.raises(ShardError, match=r"shard-00001.tar: 3,000 bytes where the manifest says .*truncated"):
            damaged.check()
        with pytest.raises(ShardError, match=r"shard-00001.tar: ends before byte .*truncated"):
            damaged.read(4)

    def test_a_wrong_digest(self, shards):
        damaged = self.damage(shards, "shard-00000.tar", lambda data: data.replace(b"Page 1", b"Page 7"))
        with pytest.raises(ShardError, match=r"shard-00000.tar: sha256 differs"):
            damaged.check()
        with pytest.raises(ShardError, match="its content was altered"):
            damaged.read(1)

    def test_a_missing_index(self, shards, tmp_path):
        (tmp_path / "shards" / "shard-00001.parquet").unlink()
        with pytest.raises(ShardError, match=r"shard-00001.parquet: the shard's index is missing"):
            _ = ShardSet(shards.folder).index

    def test_an_altered_index(self, shards):
        damaged = self.damage(shards, "shard-00001.parquet", lambda data: data[:-1] + b"x")
        with pytest.raises(ShardError, match=r"shard-00001.parquet: sha256 differs"):
            _ = damaged.index

    def test_a_missing_tar(self, shards, tmp_path):
        (tmp_path / "shards" / "shard-00000.tar").unlink()
        with pytest.raises(ShardError, match=r"shard-00000.tar: the shard is missing"):
            shards.read(0)

    def test_an_unfinished_folder(self, tmp_path):
        with pytest.raises(ShardError, match=r"not a finished folder of shards"):
            ShardSet(str(tmp_path))

    def test_a_manifest_that_is_none(self, shards):
        with pytest.raises(ShardError, match="not a manifest"):
            self.damage(shards, "manifest.json", lambda data: b"{}")


def test_the_json_member_is_the_document_and_says_nothing_of_this_machine(sharded, tmp_path):
    shards = sharded([sample(0)])
    with tarfile.open(f"{shards.folder}/shard-00000.tar") as tar:
        value = json.loads(tar.extractfile(tar.getmembers()[0]).read())
    assert str(tmp_path) not in json.dumps(value)
    assert pq.read_metadata(f"{shards.folder}/shard-00000.parquet").num_rows == 1
