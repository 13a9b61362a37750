"""The table of scores: a row for every scored document, kept or not, in Parquet files beside the stage's documents.

It holds all that a selection looks at, a column each, so that a few of them are read in a moment:

    key, uri, dataset, domain, language, licence, task   texts
    words, images, visual_tokens, bytes                  whole numbers; bytes are the text's and the images'
    scores.<name>                                        one column of float64 a score, null where nobody gave it
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filebasedsink import FileBasedSink
from apache_beam.io.filesystem import CompressionTypes

from curation.document import Document
from curation.errors import UserError
from curation.safety.domains import domain
from curation.scoring.balance import visual_tokens
from curation.select import LABELS, SCORE
from curation.text.language import words
from pipelines import files

NAME = "scores"
COLUMNS = pa.schema(
    [
        ("key", pa.string()),
        ("uri", pa.string()),
        *((label, pa.string()) for label in LABELS),
        ("words", pa.int64()),
        ("images", pa.int32()),
        ("visual_tokens", pa.int64()),
        ("bytes", pa.int64()),
    ]
)
_ROWS, _CHUNK = 200_000, 4096  # of a file, and those that wait as Python objects to become columns


def row(document: Document) -> dict[str, Any]:
    source, text = document.source, document.text
    shown = [document.media[number] for number in document.images_shown()]
    return {
        "key": document.key,
        "uri": source.uri,
        "dataset": source.dataset,
        "domain": domain(source.uri),
        "language": document.language,
        "licence": source.licence,
        "task": document.task,
        "words": len(words(text)),
        "images": len(shown),
        "visual_tokens": sum(visual_tokens(item.width, item.height) for item in shown if item.seen),
        "bytes": len(text.encode()) + sum(item.length or 0 for item in document.media),
        **{SCORE + name: float(score) for name, score in document.scores.items()},
    }


# --- writing ---


class WriteScores(beam.PTransform):
    """Scored documents -> `<folder>/scores-*.parquet`."""

    def __init__(self, folder: str):
        super().__init__()
        self.folder = folder

    def expand(self, documents: beam.PCollection) -> Any:
        rows = documents | "Row" >> beam.Map(row).with_output_types(dict[str, Any])
        return rows | "Write" >> beam.io.Write(_Sink(f"{self.folder}/{NAME}"))


class _Sink(FileBasedSink):
    """Unlike Beam's own Parquet sink it need not know the columns before: each file has those of its rows."""

    def __init__(self, prefix: str):
        raw = CompressionTypes.UNCOMPRESSED
        coder = beam.coders.registry.get_coder(Any)  # of no use here, but a sink must name one
        super().__init__(prefix, coder, ".parquet", compression_type=raw, max_records_per_shard=_ROWS)

    def open(self, temp_path: str) -> "Columns":
        return Columns(super().open(temp_path))

    def write_record(self, file_handle: "Columns", value: dict[str, Any]) -> None:
        file_handle.add(value)

    def close(self, file_handle: "Columns") -> None:
        file_handle.close()


class Columns:
    """Rows on their way into a file, most of them as columns already: some 400 bytes each."""

    def __init__(self, file: Any):
        self.file, self.tables = file, [COLUMNS.empty_table()]
        self.rows: list[dict[str, Any]] = []

    def add(self, value: dict[str, Any]) -> None:
        self.rows.append(value)
        if len(self.rows) == _CHUNK:
            self._flush()

    def close(self) -> None:
        self._flush()
        pq.write_table(_joined(self.tables), self.file, compression="zstd")
        self.file.close()

    def _flush(self) -> None:
        names = sorted({name for each in self.rows for name in each} - set(COLUMNS.names))
        schema = pa.schema([*COLUMNS, *((name, pa.float64()) for name in names)])
        self.tables.append(pa.Table.from_pylist(self.rows, schema))
        self.rows = []


def _joined(tables: Iterable[pa.Table]) -> pa.Table:
    """A column that one of them lacks is null there."""
    return pa.concat_tables(tables, promote_options="default")


# --- reading ---


def read(folder: str, columns: Iterable[str]) -> pa.Table:
    """These columns of a folder's table, as far as it has them. Raises UserError where there is no table."""
    wanted = set(columns)
    named = ((file, [name for name in file.schema_arrow.names if name in wanted]) for file in _opened(folder))
    return _joined(file.read(names, use_threads=False) for file, names in named)


def column_names(folder: str) -> list[str]:
    """Those of all its files. Raises UserError where there is no table."""
    return list(dict.fromkeys(name for file in _opened(folder) for name in file.schema_arrow.names))


def _opened(folder: str) -> Iterator[pq.ParquetFile]:
    folder = files.plain(folder)
    found = [file.path for file in files.listing(folder) if file.path.startswith(f"{folder}/{NAME}-")]
    if not found:
        raise UserError(f"{folder}: no {NAME}-*.parquet: run `vlforge curate` first")
    for path in found:
        try:
            yield pq.ParquetFile(pa.BufferReader(files.read(path)))  # Arrow itself never calls back into Python
        except (pa.ArrowInvalid, OSError) as error:
            raise UserError(f"{path}: not a table of scores ({error}): run `vlforge curate` again") from error
