"""A table as a recogniser saw it: cells on a grid, with boxes, texts and confidences; read from three layouts.

- JSON lines of our own, one table each: {"image": path or URI, "confidence": 0.97, "cells": [{"row": 0, "column": 0,
  "rows": 1, "columns": 2, "box": [x1, y1, x2, y2], "text": "...", "confidence": 0.93, "header": true}, ...]}
- PubTabNet's (arXiv 1911.10683): {"filename": ..., "html": {"structure": {"tokens": [...]}, "cells": [{"tokens": [...],
  "bbox": [x1, y1, x2, y2]}]}}
- PubTables-1M's (arXiv 2110.00061): {"filename": ..., "objects": [{"label": "table row", "box": [...], "score": ...}],
  "words": [{"text": ..., "box" or "bbox": [...]}]}, as its detectors write: cells are where rows and columns meet.
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.errors import UserError

Edges = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the image
STRUCTURES = ("table", "table row", "table column", "table spanning cell", "table column header")


@dataclass(frozen=True)
class Cell:
    """`rows` and `columns` are spans; `box` is None where a recogniser gives none for an empty cell."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1
    box: Edges | None = None
    text: str = ""
    confidence: float = 1.0
    header: bool = False

    def slots(self) -> list[tuple[int, int]]:
        """The places of the grid that it covers."""
        return [(self.row + down, self.column + right) for down in range(self.rows) for right in range(self.columns)]


@dataclass(frozen=True)
class TableCandidate:
    """`confidence` is the detector's of the table as a whole."""

    image: str
    cells: tuple[Cell, ...] = field(repr=False)
    confidence: float = 1.0

    @property
    def rows(self) -> int:
        return max((cell.row + cell.rows for cell in self.cells), default=0)

    @property
    def columns(self) -> int:
        return max((cell.column + cell.columns for cell in self.cells), default=0)


def from_json(line: str) -> TableCandidate:
    """A line of any of the three layouts. Raises UserError where it is none."""
    try:
        value = json.loads(line)
        if "html" in value:
            return _pubtabnet(value)
        if "objects" in value:
            return from_structures(value["filename"], value["objects"], value.get("words", []))
        cells = tuple(_cell(cell) for cell in value["cells"])
        return _checked(TableCandidate(str(value["image"]), cells, float(value.get("confidence", 1.0))))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"no table of a known layout: {type(error).__name__}: {error}") from error


def to_json(candidate: TableCandidate) -> str:
    """A line of our own layout, which `from_json` reads."""
    cells = [dataclasses.asdict(cell) for cell in candidate.cells]
    return json.dumps(
        {"image": candidate.image, "confidence": candidate.confidence, "cells": cells}, ensure_ascii=False
    )


def _cell(value: Mapping[str, Any]) -> Cell:
    box = value.get("box")
    return Cell(
        row=int(value["row"]),
        column=int(value["column"]),
        rows=int(value.get("rows", 1)),
        columns=int(value.get("columns", 1)),
        box=_edges(box) if box else None,
        text=str(value.get("text", "")),
        confidence=float(value.get("confidence", 1.0)),
        header=bool(value.get("header", False)),
    )


def _edges(box: Sequence[float]) -> Edges:
    x1, y1, x2, y2 = (float(edge) for edge in box)
    return x1, y1, x2, y2


def _checked(candidate: TableCandidate) -> TableCandidate:
    for cell in candidate.cells:
        if min(cell.row, cell.column) < 0 or min(cell.rows, cell.columns) < 1 or max(cell.rows, cell.columns) > 1000:
            raise ValueError(f"a cell at row {cell.row}, column {cell.column} spans {cell.rows} by {cell.columns}")
        if max(cell.row, cell.column) > 10_000:
            raise ValueError(f"a cell at row {cell.row}, column {cell.column}")
    return candidate


def _pubtabnet(value: Mapping[str, Any]) -> TableCandidate:
    structure = "".join(value["html"]["structure"]["tokens"])
    contents = value["html"]["cells"]
    cells: list[Cell] = []
    taken: set[tuple[int, int]] = set()
    row, header = -1, False
    found = re.findall(r"<(/?thead|tr|t[dh])\b([^>]*)>", structure)
    if sum(tag in ("td", "th") for tag, _ in found) != len(contents):
        raise ValueError(f"{len(contents)} contents for {sum(tag in ('td', 'th') for tag, _ in found)} cells")
    for tag, attributes in found:
        if tag in ("thead", "/thead"):
            header = tag == "thead"
        elif tag == "tr":
            row += 1
        else:
            content = contents[len(cells)]
            spans = {name: int(number) for name, number in re.findall(r'(rowspan|colspan)="(\d+)"', attributes)}
            column = next(at for at in range(10_000) if (row, at) not in taken)
            text = re.sub(r"</?(?:b|i|sup|sub|strike|underline|overline)>", "", "".join(content.get("tokens", [])))
            box = _edges(content["bbox"]) if content.get("bbox") else None
            span = spans.get("rowspan", 1), spans.get("colspan", 1)
            score = float(content.get("score", 1.0))
            cells.append(Cell(row, column, *span, box, text.strip(), score, header or tag == "th"))
            taken.update(cells[-1].slots())
    return _checked(TableCandidate(str(value["filename"]), tuple(cells), float(value.get("score", 1.0))))


def from_structures(
    image: str, objects: Sequence[Mapping[str, Any]], words: Sequence[Mapping[str, Any]] = ()
) -> TableCandidate:
    """Cells where rows and columns meet, joined by spanning cells; words go to the cell that holds their middle.

    A cell's confidence is the least of those of its row, its column and its spanning cell.
    """
    parts: dict[str, list[tuple[Edges, float]]] = {label: [] for label in STRUCTURES}
    for each in objects:
        if each["label"] in parts:
            parts[each["label"]].append((_edges(each["box"]), float(each.get("score", 1.0))))
    rows = sorted(parts["table row"], key=lambda part: part[0][1] + part[0][3])
    columns = sorted(parts["table column"], key=lambda part: part[0][0] + part[0][2])
    cells, taken = list[Cell](), set[tuple[int, int]]()
    spanning = sorted(parts["table spanning cell"], key=lambda part: -part[1])
    for box, score in spanning:
        across = [at for at, (edges, _) in enumerate(columns) if box[0] <= (edges[0] + edges[2]) / 2 <= box[2]]
        down = [at for at, (edges, _) in enumerate(rows) if box[1] <= (edges[1] + edges[3]) / 2 <= box[3]]
        if len(across) * len(down) > 1:
            sure = min([score, *(columns[at][1] for at in across), *(rows[at][1] for at in down)])
            cell = Cell(down[0], across[0], len(down), len(across), box, confidence=sure)
            if not taken.intersection(cell.slots()):
                taken.update(cell.slots())
                cells.append(cell)
    for row, (high, sure) in enumerate(rows):
        for column, (wide, sure_too) in enumerate(columns):
            if (row, column) not in taken:
                box = (wide[0], high[1], wide[2], high[3])
                cells.append(Cell(row, column, box=box, confidence=min(sure, sure_too)))
    headers = [box for box, _ in parts["table column header"]]
    texts = [_text(cell, words) for cell in cells]
    made = [
        Cell(cell.row, cell.column, cell.rows, cell.columns, cell.box, text, cell.confidence, _within(cell, headers))
        for cell, text in zip(cells, texts, strict=True)
    ]
    made.sort(key=lambda cell: (cell.row, cell.column))
    score = max((score for _, score in parts["table"]), default=1.0)
    return TableCandidate(image, tuple(made), score)


def _text(cell: Cell, words: Sequence[Mapping[str, Any]]) -> str:
    inside = []
    for word in words:
        x1, y1, x2, y2 = _edges(word.get("box") or word["bbox"])
        if cell.box and cell.box[0] <= (x1 + x2) / 2 < cell.box[2] and cell.box[1] <= (y1 + y2) / 2 < cell.box[3]:
            inside.append((round(y1 / max(y2 - y1, 1)), x1, str(word["text"])))
    return " ".join(text for _, _, text in sorted(inside))


def _within(cell: Cell, boxes: Sequence[Edges]) -> bool:
    middle = (cell.box[1] + cell.box[3]) / 2 if cell.box else -1.0
    return any(box[1] <= middle <= box[3] for box in boxes)
