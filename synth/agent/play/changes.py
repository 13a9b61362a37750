"""What differs between two states: plain JSON, leaf by leaf."""

from collections.abc import Iterator
from typing import Any

Change = list[Any]  # [path as a list of names, what stood there, what stands there]; None: nothing


def changes(before: Any, after: Any) -> list[Change]:
    """Every leaf that is another, sorted by its path; an empty dict or list is a leaf."""
    old, new = dict(_leaves(before, ())), dict(_leaves(after, ()))
    paths = sorted(old.keys() | new.keys(), key=lambda path: [str(name) for name in path])
    return [[list(path), old.get(path), new.get(path)] for path in paths if not _same(old.get(path), new.get(path))]


def _same(one: Any, other: Any) -> bool:
    return (type(one) is type(other) and one == other) or (_number(one) and _number(other) and one == other)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    if not items:
        yield path, value
    for name, item in items:
        yield from _leaves(item, (*path, name))
