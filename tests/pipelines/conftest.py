"""What tests of pipelines need: documents whose media lie on disk, a way to run a transform, a folder's bytes."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import apache_beam as beam
import pyarrow.parquet as pq
import pytest

from curation.document import Document, Image, Source, Text, Turn
from curation.media import probe
from pipelines.runner import beam_options, new_pipeline
from tests.conftest import png
from tests.curation.conftest import language_model  # noqa: F401 (a fixture)
from tests.synth.conftest import background_folder, sprite_folder  # noqa: F401 (fixtures)


def with_pictures(folder: Path, count: int) -> list[Document]:
    """Documents by reference, each with a picture in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = []
    for number in range(count):
        file = folder / f"{number}.png"
        file.write_bytes(png(24, 24, seed=number))
        media = probe(file.read_bytes(), file.name, str(file))
        turn = Turn(None, (Text(f"Picture number {number}."), Image(0)))
        documents.append(Document((turn,), (media,), source=Source(f"page-{number}.html", "CC0-1.0")))
    return documents


def run_beam(build: Callable[[beam.Pipeline], object], *arguments: str) -> None:
    with new_pipeline(beam_options(arguments)) as pipeline:
        build(pipeline)


def digests(folder: Path, pattern: str = "*") -> dict[str, str]:
    """SHA-256 of each file by its name."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.glob(pattern))
        if file.is_file()
    }


def rejects_in(folder: Path) -> list[dict[str, object]]:
    """The rows of a stage's rejects, by URI."""
    rows = [row for file in (folder / "rejects").glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    return sorted(rows, key=lambda row: (row["uri"], row["detail"]))


@pytest.fixture
def documents(tmp_path: Path) -> Iterable[Document]:
    return with_pictures(tmp_path / "pictures", 40)
