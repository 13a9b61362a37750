"""PixMo-Points and PixMo-Count (Deitke et al. 2024, arXiv 2409.17146): Parquet rows of image address, label, points.

A row of PixMo-Points has `points` as a list of {x, y}, one of PixMo-Count as {x: list, y: list} or null.
"""

import hashlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from curation.errors import UserError
from synth.convert.rows import Row, numbers
from synth.convert.settings import Unit

COLUMNS = ("image_url", "image_sha256", "label", "points", "count")
BATCH = 4096  # rows
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


def read_points(file: BinaryIO, path: str, unit: Unit) -> Iterator[Row]:
    """An image row and a points row for each row of the table; images are the same where their addresses are."""
    try:
        table = pq.ParquetFile(file)
        names = table.schema_arrow.names
        if missing := {"image_url", "label", "points"} - set(names):
            raise UserError(f"{path}: no column {min(missing)}; it has {', '.join(names)[:120]}")
        wanted = [name for name in COLUMNS if name in names]
        for batch in table.iter_batches(BATCH, columns=wanted, use_threads=False):
            for row in batch.to_pylist():
                yield from _row(row, unit)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: not a Parquet file, or damaged: {' '.join(str(error).split())[:160]}") from error


def _row(row: dict[str, Any], unit: Unit) -> Iterator[Row]:
    address, digest = row["image_url"] or "", row.get("image_sha256") or ""
    image = hashlib.sha256(address.encode()).hexdigest()[:24]
    yield Row(image, "image", {"files": _files(address, digest), "origin": address, "sha256": digest})
    label = " ".join((row["label"] or "").split())
    points = _points(row["points"])
    if not label or points is None:
        yield Row(image, "bad", {"reason": "degenerate", "label": label})
        return
    count = row.get("count")
    if unit == "share":
        points = [[x / 100, y / 100] for x, y in points]
    value = {"label": label, "points": points, "unit": unit, "count": len(points) if count is None else count}
    yield Row(image, "points", value)


def _points(value: Any) -> list[list[float]] | None:
    """Every point, or None where one is none."""
    if isinstance(value, dict):
        xs, ys = value.get("x") or (), value.get("y") or ()
        if len(xs) != len(ys):
            return None
        value = [{"x": x, "y": y} for x, y in zip(xs, ys, strict=True)]
    found = [numbers([point.get("x"), point.get("y")], 2) for point in value or ()]
    return None if None in found else found  # type: ignore[return-value]


def _files(address: str, digest: str) -> list[str]:
    """What the image may be called: its digest, or the last part of its address."""
    named = PurePosixPath(unquote(urlsplit(address).path)).name
    return [*(f"{digest}{ending}" for ending in ENDINGS if digest), *([named] if named else [])]
