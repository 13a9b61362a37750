"""Pictures of benchmark sets, by their prints: what no training document may show.

A set is a folder or a tar of image files, a Parquet file with a column of images (bytes, or structs with a field
`bytes` as Hugging Face `datasets` writes them), or the file of prints that `write_prints` makes of any of these.
"""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from curation.config import Config
from curation.errors import UserError
from curation.images.prints import Print, grey, phash
from curation.media import decode

SCHEMA = pa.schema([("name", pa.string()), ("sha256", pa.string()), ("phash", pa.uint64()), ("grey", pa.binary(1024))])
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")

Named = tuple[str, Print]


class Benchmark(Config):
    """A set of pictures that must not be trained on."""

    name: str = Field(pattern=r"^[\w.-]+$", description="as it stands in the reject's reason")
    path: Path = Field(description="a folder, .tar or .parquet of pictures, or the .parquet that `write_prints` made")


def read_prints(benchmark: Benchmark) -> list[Named]:
    """The prints of a set, by name; what is no picture is passed over. Raises UserError where none is one."""
    path = benchmark.path
    if path.suffix == ".parquet" and path.is_file() and set(SCHEMA.names) <= set(pq.read_schema(path).names):
        return [(benchmark.name, found) for _, found in load_prints(path)]
    prints = [(benchmark.name, found) for data in _pictures(path) if (found := _print(data))]
    if not prints:
        raise UserError(f"{path}: no picture of the benchmark {benchmark.name} was found there")
    return prints


def write_prints(file: Any, named: Iterable[Named]) -> None:
    """A Parquet file (a path or an open file) that `read_prints` reads: 1.1 kB a picture."""
    rows = [{"name": name, "sha256": p.sha256, "phash": p.phash, "grey": p.grey} for name, p in named]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), file, compression="zstd")


def load_prints(file: Any) -> list[Named]:
    """What `write_prints` wrote."""
    rows = pq.ParquetFile(file).read(SCHEMA.names, use_threads=False).to_pylist()
    return [(row["name"], Print(row["sha256"], row["phash"], row["grey"])) for row in rows]


def print_of(data: bytes, picture: Any) -> Print:
    """What the picture (a PIL image) that the bytes hold is known by."""
    small = grey(picture)
    return Print(hashlib.sha256(data).hexdigest(), phash(small), small)


def _print(data: bytes) -> Print | None:
    try:
        return print_of(data, decode(data))
    except Exception:  # Pillow's parsers raise whatever the damage leads them to
        return None


def _pictures(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _ENDINGS and file.is_file())
        yield from (file.read_bytes() for file in files)
    elif path.suffix == ".tar" and path.is_file():
        with tarfile.open(path) as tar:
            members = (member for member in tar if member.isfile() and member.name.lower().endswith(_ENDINGS))
            yield from (file.read() for member in members if (file := tar.extractfile(member)))
    elif path.suffix == ".parquet" and path.is_file():
        for batch in pq.ParquetFile(path).iter_batches(64, use_threads=False):
            for column in batch.columns:
                yield from (data for value in column.to_pylist() for data in _bytes(value))
    else:
        raise UserError(f"{path}: no such folder, .tar or .parquet file of benchmark pictures")


def _bytes(value: Any) -> Iterator[bytes]:
    """All byte strings of a cell: itself, in a struct, or in a list of either."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from _bytes(value.get("bytes"))
    elif isinstance(value, list):
        for item in value:
            yield from _bytes(item)
