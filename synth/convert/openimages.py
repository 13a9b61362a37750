"""Open Images V7: CSV files of boxes, verified image labels, class names and image information.

https://storage.googleapis.com/openimages/web/download_v7.html; Kuznetsova et al. 2020 (arXiv 1811.00982). On an image
all instances of its verified labels are boxed, of the most specific ones alone; more than five that touch each other
are one box, `IsGroupOf`. Flags are 1, 0 or -1 (not known), and only 0 says no.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from curation.errors import UserError
from synth.convert.rows import WHOLE, Row

_FLAGS = {"IsGroupOf": "crowd", "IsDepiction": "depiction", "IsInside": "inside"}
PROPER = ("Christmas", "French")  # first words of class names that keep their capital


def read_boxes(file: BinaryIO, path: str) -> Iterator[Row]:
    for row in _rows(file, path, ("ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax")):
        image = row["ImageID"]
        try:
            box = [float(row[name]) for name in ("XMin", "YMin", "XMax", "YMax")]
        except (TypeError, ValueError):
            yield Row(image, "bad", {"reason": "degenerate", "label": row["LabelName"]})
            continue
        value: dict[str, Any] = {"id": "", "label": row["LabelName"], "box": box, "unit": "share"}
        flags = [flag for name, flag in _FLAGS.items() if row.get(name, "0") != "0"]
        if flags:
            value["flag"] = flags[0]
        yield Row(image, "box", value)


def read_labels(file: BinaryIO, path: str) -> Iterator[Row]:
    """Labels that people verified: of confidence 0, the class is certified absent; of 1, it is there."""
    for row in _rows(file, path, ("ImageID", "LabelName", "Confidence")):
        if row.get("Source", "verification") != "machine" and row["Confidence"] in ("0", "0.0"):
            yield Row(row["ImageID"], "absent", {"label": row["LabelName"]})


def read_information(file: BinaryIO, path: str) -> Iterator[Row]:
    """Licence, address and rotation. An image that has to be turned is left out: what its boxes count from is not
    documented."""
    for row in _rows(file, path, ("ImageID", "License")):
        value: dict[str, Any] = {"files": [f"{row['ImageID']}.jpg"], "licence": row["License"] or ""}
        value["origin"] = row.get("OriginalURL") or ""
        if (row.get("Rotation") or "0").lower() not in ("0", "0.0", "nan"):
            value["fault"] = ["orientation", f"its information says: Rotation {row['Rotation']}"]
        yield Row(row["ImageID"], "image", value)


def read_classes(file: BinaryIO, path: str) -> Iterator[Row]:
    """Lines `/m/01g317,Person`; with a header since V6."""
    for number, row in enumerate(csv.reader(_text(file))):
        if len(row) < 2 or not row[0].startswith("/"):
            if number == 0:
                continue
            raise UserError(f"{path}: line {number + 1}: {','.join(row)[:80]!r} is not a class and its name")
        yield Row(WHOLE, "label", {"id": row[0], "name": _worded(row[1].strip())})


def _worded(name: str) -> str:
    """As it stands in a sentence: "Human face" -> "human face"."""
    first = name.split(" ")[0]
    keeps = first in PROPER or first.isupper() or any(letter.isupper() for letter in first[1:])
    return name if keeps else name[:1].lower() + name[1:]


def read_hierarchy(file: BinaryIO, path: str) -> Iterator[Row]:
    """bbox_labels_600_hierarchy.json: which classes are kinds of a class, at any depth."""
    try:
        tree = json.load(file)
        found: dict[str, set[str]] = {}
        _descend(tree, found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: not the hierarchy of Open Images: {type(error).__name__}: {error}") from error
    for name, below in sorted(found.items()):
        yield Row(WHOLE, "parts", {"id": name, "parts": sorted(below)})


def _descend(node: dict[str, Any], found: dict[str, set[str]]) -> set[str]:
    below: set[str] = set()
    for child in node.get("Subcategory", ()):
        below |= {child["LabelName"]} | _descend(child, found)
    for child in node.get("Part", ()):  # an eye is no kind of a person
        _descend(child, found)
    if below:
        found.setdefault(node["LabelName"], set()).update(below)  # a class can stand in several places
    return below


def _rows(file: BinaryIO, path: str, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(_text(file))
    try:
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise UserError(f"{path}: no column {missing[0]}; it has {', '.join(reader.fieldnames or ())[:120]}")
        yield from reader
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{path}: line {reader.line_num}: not CSV: {error}") from error


def _text(file: BinaryIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding="utf-8", newline="")
