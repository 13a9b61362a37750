"""Rows that hold our own Documents: lines of `Document.to_json`, and the tables that other libraries make of them."""

import json
from typing import Any

from curation.document import Document
from curation.errors import DocumentError
from curation.reading.record import COLUMNS, MalformedError
from curation.reading.rows import Row


def read_document(row: Row) -> Document:
    """The Document of a row. A table gives every part all fields of any part, and a document the scores of all: what is
    null there was not in the document. Raises MalformedError."""
    if "turns" not in row:
        raise MalformedError(COLUMNS, f"there is no column turns (there are: {', '.join(row)})")
    try:
        value = {
            **row,
            "turns": [_turn(turn) for turn in row["turns"]],
            "rejected": _turn(row["rejected"]) if row.get("rejected") else None,
            "scores": _present(row.get("scores")),
            "proof": _present(row.get("proof")),
        }
        return Document.from_json(json.dumps(value))
    except DocumentError as error:
        raise MalformedError("not a document", str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedError("not a document", f"{type(error).__name__}: {error}") from error


def _turn(turn: dict[str, Any]) -> dict[str, Any]:
    return {"role": turn["role"], "parts": [_present(part) for part in turn["parts"]]}


def _present(values: Any) -> dict[str, Any]:
    """Without nulls; Parquet's maps come as lists of pairs."""
    return {name: value for name, value in dict(values or {}).items() if value is not None}
