"""Annotation files of records: a list in JSON, a record a line (JSON Lines), or one record that is the whole file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from curation.errors import UserError
from synth.convert.bigjson import BLOCK
from synth.convert.rows import Row

MOST_BYTES = 1 << 28  # of a line, or of a file that is one record


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that is none, and what is wrong with it."""

    place: str
    detail: str

    def row(self) -> Row:
        """What makes it a reject, and it alone."""
        return fault_row(self.place, self.detail)


def fault_row(name: str, detail: str) -> Row:
    return Row(name, "fault", {"fault": ["annotation", detail]})


def records(file: BinaryIO, path: str) -> Iterator[tuple[str, dict[str, Any]] | Fault]:
    """(place, record) for each record, whichever of the three forms the file has; `place` is `name:number`.

    A damaged line is a Fault of its own. Raises UserError where a list ends before its end, and where there is nothing.
    """
    name = PurePosixPath(path).name
    first = _first(file)
    if first == b"":
        raise UserError(f"{path}: an empty file")
    values = _list(file, path) if first == b"[" and not name.endswith(".jsonl") else _lines(file)
    for number, value in enumerate(values):
        place = f"{name}:{number}"
        if isinstance(value, dict):
            yield place, value
        else:
            yield Fault(place, value if isinstance(value, str) else f"a {type(value).__name__}, not a record")


def _first(file: BinaryIO) -> bytes:
    """The first character that is not space; the file is at its start again."""
    while (letter := file.read(1)).isspace():
        pass
    file.seek(0)
    return letter


def _list(file: BinaryIO, path: str) -> Iterator[Any]:
    import ijson

    found = ijson.sendable_list()
    reader = ijson.items_coro(found, "item", use_float=True)
    try:
        while block := file.read(BLOCK):
            reader.send(block)
            yield from found
            del found[:]
        reader.close()
    except (ijson.JSONError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:120]
        raise UserError(f"{path}: not whole JSON (truncated or damaged): {said}") from error


def _lines(file: BinaryIO) -> Iterator[Any]:
    """A record a line, or what is wrong with the line. A first line that is no record may begin one of many lines."""
    first = file.readline(MOST_BYTES)
    if isinstance(_value(first), dict):
        yield _value(first)
        rest = iter(lambda: file.readline(MOST_BYTES), b"")
    else:
        whole = first + file.read(MOST_BYTES)
        lines = whole.splitlines()
        if isinstance(_value(whole), dict) or not any(isinstance(_value(line), dict) for line in lines):
            yield _value(whole)
            return
        rest = iter(lines)
    for line in rest:
        if line.strip():
            yield _value(line)


def _value(line: bytes) -> Any:
    try:
        value = _loads(line)
    except (ValueError, RecursionError) as error:
        return f"not whole JSON (truncated or damaged): {' '.join(str(error).split())[:120]}"
    return value if isinstance(value, dict) else [value]


def _loads(text: str | bytes) -> Any:
    """Raises ValueError also where a text holds half of a surrogate pair, which no file can be written with."""
    value = json.loads(text)
    if (b"\\u" if isinstance(text, bytes) else "\\u") in text:  # type: ignore[operator]
        json.dumps(value, ensure_ascii=False).encode()
    return value


def as_json(value: Any) -> Any:
    """Records hold parts of their own as text, too: what that text says, or None where it is not JSON."""
    if not isinstance(value, str | bytes):
        return value
    try:
        return _loads(value)
    except (ValueError, RecursionError):
        return None


def plain(value: Any) -> str:
    """Text on one line; empty where the value is none."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def identifier(value: Any) -> str:
    """An id as it stands in names of files; empty where it is none."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
