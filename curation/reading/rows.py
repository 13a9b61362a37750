"""Rows of tables, whatever file they lie in: JSON lines, CSV, TSV, Parquet."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from curation.reading.record import Damage, MalformedError
from curation.reading.streams import MAX_LINE, lines

Row = dict[str, Any]
Numbered = tuple[str, Row | MalformedError]  # a row by its place in its file

BATCH = 256  # rows of Parquet decoded at once: of images, too, some tens of megabytes
_NESTED = ("metadata", "general_metadata", "meta", "json")  # where datasets put what is known of the whole row


def json_rows(file: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[Numbered]:
    """A row a line, numbered by its first byte; a range as in `streams.lines`."""
    for at, line in lines(file, start, end):
        try:
            yield str(at), _row(line)
        except MalformedError as error:
            yield str(at), error


def _row(line: bytes | None) -> Row:
    if line is None:
        raise MalformedError("too large", f"a line of over {MAX_LINE:,} bytes")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON", f"{type(error).__name__}: {error}") from error
    if not isinstance(value, dict):
        raise MalformedError("not JSON", f"a {type(value).__name__}, not an object")
    return json.loads(_mend_surrogates(value)) if b"\\ud" in line.lower() else value


def _mend_surrogates(value: Any) -> str:
    """JSON may hold half a surrogate pair, which no UTF-8 can."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def delimited_rows(file: BinaryIO, delimiter: str) -> Iterator[Numbered]:
    """CSV or TSV whose first line names the columns; rows are numbered from 1. A quoted field may hold line breaks."""
    csv.field_size_limit(MAX_LINE)
    text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="")
    reader = csv.reader(text, delimiter=delimiter)
    names = next(reader, [])
    number = 0
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield str(number), MalformedError("not CSV", str(error))
            continue
        if len(values) == len(names):
            yield str(number), dict(zip(names, values, strict=True))
        elif values:
            yield str(number), MalformedError("not CSV", f"{len(values)} fields under {len(names)} names")


# --- Parquet: by row groups; without threads, for Arrow's own make a process abort when it ends ---


def row_groups(file: BinaryIO) -> list[int]:
    """The bytes that each row group takes, uncompressed."""
    metadata = _parquet(file).metadata
    return [metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)]


def parquet_rows(
    file: BinaryIO, first: int = 0, last: int | None = None, columns: Sequence[str] = ()
) -> Iterator[Numbered | Damage]:
    """The rows of row groups `first` to `last` (exclusive), numbered within the file from 0; of all columns if none are
    named. A row group that is damaged is passed over."""
    table = _parquet(file)
    metadata = table.metadata
    names = [name for name in columns if name in table.schema_arrow.names] or None
    number = sum(metadata.row_group(group).num_rows for group in range(first))
    for group in range(first, metadata.num_row_groups if last is None else last):
        after = number + metadata.row_group(group).num_rows
        try:
            for batch in table.iter_batches(BATCH, [group], names, use_threads=False):
                for row in batch.to_pylist():
                    yield str(number), row
                    number += 1
        except (OSError, ValueError) as error:  # pyarrow's errors are both, by kind
            yield Damage.of(error, str(number))
        number = after


def _parquet(file: BinaryIO) -> Any:
    """A megabyte of a column is read at a time, and the checksums of pages are looked at where there are any."""
    import pyarrow.parquet as pq

    return pq.ParquetFile(file, buffer_size=1 << 20, page_checksum_verification=True)


# --- fields ---


def text_of(row: Row, *names: str) -> str:
    """The first of these fields that holds text, whatever its case, in the row or in what it holds as metadata."""
    found = {name.lower(): value for name, value in row.items()}
    for name in names:
        value = found.get(name.lower())
        if isinstance(value, str) and value.strip():
            return value
    for name in _NESTED:
        nested = unpacked(found.get(name))
        if isinstance(nested, dict) and (value := text_of(nested, *names)):
            return value
    return ""


def unpacked(value: Any) -> Any:
    """What a column holds, which datasets often store as a string of JSON."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def licence_of(row: Row) -> str:
    """The licence that a row names; `?` is LAION's word for none."""
    licence = text_of(row, "license", "licence").strip()
    return "" if licence == "?" else licence
