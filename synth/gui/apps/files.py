"""The files beside the code: scripts and styles of the applications, and their words in twelve languages."""

from collections import defaultdict
from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """A text file under `static/`: `runtime.js`, `kinds/mail.js`, `base.css`."""
    return (files("synth.gui.apps") / "static" / name).read_text("utf-8")


@cache
def _table(name: str) -> tuple[dict[str, str], ...]:
    rows = [line.split("\t") for line in script(name).splitlines() if line and not line.startswith("#")]
    return tuple(dict(zip(rows[0], row, strict=True)) for row in rows[1:])


@cache
def words(name: str, language: str) -> dict[str, tuple[str, ...]]:
    """The wordings of each key of `static/<name>.tsv`: a head line `key en zh ...`, rows of one key are its wordings."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in _table(f"{name}.tsv"):
        if row[language]:
            found[row["key"]].append(row[language])
    return {key: tuple(wordings) for key, wordings in found.items()}
