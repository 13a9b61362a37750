"""Annotation files of many gigabytes, read once and item by item: what is held is one block of the file."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from curation.errors import UserError

BLOCK = 1 << 20  # bytes


def items(file: BinaryIO, path: str, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """(name, item) for each item of the top-level arrays `names`, in whatever order the file has them.

    `file` is open for reading bytes; `path` is for messages. Numbers with a point are floats. Raises UserError where
    the file is no JSON, is cut short, or has none of the arrays.
    """
    import ijson

    found = {name: ijson.sendable_list() for name in names}
    readers = [ijson.items_coro(found[name], f"{name}.item", use_float=True) for name in names]
    met = False
    try:
        while block := file.read(BLOCK):
            for reader in readers:
                reader.send(block)
            for name in names:
                met = met or bool(found[name])
                yield from ((name, item) for item in found[name])
                del found[name][:]
        for reader in readers:
            reader.close()
    except (ijson.JSONError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:120]
        raise UserError(f"{path}: not whole JSON (truncated or damaged): {said}") from error
    if not met:
        raise UserError(f"{path}: it holds nothing named {' or '.join(names)}: is it another layout's file?")
