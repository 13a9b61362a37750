"""A table of a page as HTML, Markdown and CSV, and questions about its cells, answered exactly."""

import csv
import html
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from synth.pages.model import Element

Grid = list[list[str]]  # rows of texts; a cell over several columns or rows has its text in each
Question = dict[str, Any]

FORMATS = ("HTML", "Markdown", "CSV")
_POINTED = frozenset(("en", "zh", "ja", "ko"))  # languages that write 1,234.5


def grid(table: Element) -> Grid:
    """All texts by row and column, cells that span several in each of them."""
    return _spread(table, repeated=True)


def written(table: Element, form: str) -> str:
    """The table as HTML with spans, or as Markdown or CSV, where a cell that spans several stands in the first."""
    if form == "HTML":
        return _html(table)
    cells = _spread(table, repeated=False)
    if form == "CSV":
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerows(cells)
        return file.getvalue().rstrip("\n")
    return markdown(cells)


def markdown(cells: Grid) -> str:
    """A Markdown table, the first row as its header."""
    lines = ["| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * len(cells[0]), *lines[1:]])


def _html(table: Element) -> str:
    rows = []
    for row in table["rows"]:
        said = ""
        for cell in row:
            tag = "th" if cell["head"] else "td"
            spans = f' colspan="{cell["columns"]}"' if cell["columns"] > 1 else ""
            spans += f' rowspan="{cell["rows"]}"' if cell["rows"] > 1 else ""
            said += f"<{tag}{spans}>{html.escape(cell['text'], quote=False)}</{tag}>"
        rows.append(f"<tr>{said}</tr>")
    return "\n".join(["<table>", *rows, "</table>"])


def _spread(table: Element, repeated: bool) -> Grid:
    placed: dict[tuple[int, int], str] = {}
    for y, row in enumerate(table["rows"]):
        x = 0
        for cell in row:
            while (y, x) in placed:
                x += 1
            for down in range(cell["rows"]):
                for across in range(cell["columns"]):
                    first = down == across == 0
                    placed[y + down, x + across] = cell["text"] if repeated or first else ""
            x += cell["columns"]
    wide = 1 + max((x for _, x in placed), default=0)
    return [[placed.get((y, x), "") for x in range(wide)] for y in range(len(table["rows"]))]


def questions(rng: np.random.Generator, table: Grid, language: str) -> list[Question]:
    """Up to four questions with one answer each; none where rows or columns have no names of their own."""
    if len(table) < 3 or len(table[0]) < 2:
        return []
    head, rows = [text.strip() for text in table[0]], [row[0].strip() for row in table[1:]]
    if not _named(rows) or not _named(head[1:]):
        return []
    columns = range(1, len(head))
    numeric = [x for x in columns if None not in _numbers(table, x, language)]
    asked: list[Question] = [{"kind": "rows"}]
    for x in rng.permutation(list(columns))[:3].tolist():
        y = int(rng.integers(1, len(table)))
        if table[y][x].strip():
            asked.append({"kind": "cell", "row": table[y][0].strip(), "column": head[x]})
        values = [row[x].strip() for row in table[1:]]
        alone = [value for value in values if value and values.count(value) == 1]
        if alone:
            asked.append({"kind": "row_of", "column": head[x], "cell": alone[int(rng.integers(len(alone)))]})
    for x in rng.permutation(numeric)[:2].tolist() if numeric else []:
        values = [value for value in _numbers(table, x, language) if value is not None]
        kind = ("sum", "above", "largest", "smallest")[int(rng.integers(4))]
        extreme = {"largest": max(values), "smallest": min(values)}.get(kind)
        if extreme is not None and values.count(extreme) > 1:
            kind = "sum"
        limit = {"limit": str(sorted(values)[len(values) // 2])} if kind == "above" else {}
        asked.append({"kind": kind, "column": head[x], **limit})
    order = rng.permutation(len(asked))[:4].tolist()
    return [asked[number] for number in order]


def answer(table: Grid, question: Question, language: str) -> str:
    """The answer by the cells alone. Raises LookupError or ValueError where there is none."""
    rows = {row[0].strip(): row for row in table[1:]}
    if question["kind"] == "rows":
        return str(len(table) - 1)
    x = [text.strip() for text in table[0]].index(question["column"])
    if question["kind"] == "cell":
        return rows[question["row"]][x].strip()
    if question["kind"] == "row_of":
        (found,) = [row[0].strip() for row in table[1:] if row[x].strip() == question["cell"]]
        return found
    values = [_number(row[x], language) for row in table[1:]]
    sure = [value for value in values if value is not None]
    if len(sure) < len(values):
        raise ValueError(f"a cell of {question['column']!r} is no number")
    match question["kind"]:
        case "sum":
            return str(sum(sure, Decimal(0)))
        case "above":
            return str(sum(value > Decimal(question["limit"]) for value in sure))
    best = max(sure) if question["kind"] == "largest" else min(sure)
    return table[1 + sure.index(best)][0].strip()


def _named(texts: Sequence[str]) -> bool:
    return all(texts) and len(set(texts)) == len(texts)


def _numbers(table: Grid, x: int, language: str) -> list[Decimal | None]:
    return [_number(row[x], language) for row in table[1:]]


def _number(text: str, language: str) -> Decimal | None:
    """A number as it is written without a doubt; 1.234 and 1,234 are read where the language has decimal points."""
    text = text.strip().replace("\u2212", "-")
    if language in _POINTED and re.fullmatch(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", text, re.ASCII):
        return Decimal(text.replace(",", ""))
    return Decimal(text) if re.fullmatch(r"-?\d+", text, re.ASCII) else None
