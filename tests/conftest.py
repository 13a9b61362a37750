"""What many tests need: small pictures, small documents, and shards on disk."""

import hashlib
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import settings

from curation.document import Document
from curation.media import probe
from curation.shard import MANIFEST, ShardEntry, ShardSet, manifest_json, write_index, write_tar

settings.register_profile("vlforge", deadline=None)  # a test's time says more of the machine than of the code
settings.load_profile("vlforge")


def png(width: int = 56, height: int = 56, seed: int = 0) -> bytes:
    """A PNG of coloured noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return encode(PIL.Image.fromarray(noise))


def encode(image: PIL.Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def media_of(data: bytes, name: str = "picture.png"):
    """The Media of encoded bytes that lie nowhere yet."""
    return probe(data, name, "")


def write_shards(folder: Path, samples: Iterable[tuple[Document, list[bytes]]], per_shard: int = 3) -> ShardSet:
    """Writes samples as finished shards, in their order, without Beam."""
    folder.mkdir(parents=True, exist_ok=True)
    samples, entries = list(samples), []
    for start in range(0, len(samples), per_shard):
        name = f"shard-{start // per_shard:05d}"
        tar, index = io.BytesIO(), io.BytesIO()
        write_index(index, write_tar(tar, samples[start : start + per_shard]))
        (folder / f"{name}.tar").write_bytes(tar.getvalue())
        (folder / f"{name}.parquet").write_bytes(index.getvalue())
        digests = [hashlib.sha256(file.getvalue()).hexdigest() for file in (tar, index)]
        count = len(samples[start : start + per_shard])
        entries.append(ShardEntry(name, count, len(tar.getvalue()), *digests))
    (folder / MANIFEST).write_text(manifest_json(entries))
    return ShardSet(str(folder))


@pytest.fixture
def sharded(tmp_path: Path) -> Callable[..., ShardSet]:
    """Writes samples to a fresh folder of shards."""
    return lambda samples, **options: write_shards(tmp_path / "shards", samples, **options)
