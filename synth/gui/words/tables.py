"""Tables of words in twelve languages: one TSV file a table, one line a key, one column a language.

    key     en     zh    fr           ...
    save    Save   保存  Enregistrer  ...

Lines of one key are its wordings. The tables of labels share no key:
    actions   what buttons, menus and links say: `save`, `add_to_cart`, `align_left`
    things    what fields, columns, folders, sections and settings are called: `email`, `inbox`, `dark_mode`
    states    what an element or a record is like: `checked`, `disabled`, `in_stock`, `paid`
    messages  what an application tells: `saved`, `no_results`
    parts     what single kinds of applications need: `price_up`, `map_satellite`
and the table `roles` has what captions call each ARIA role, `goals/<kind>` how tasks are said (with gaps in braces).
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from synth.charts.words import LANGUAGES

LABELS = ("actions", "things", "states", "messages", "parts")
QUOTES: dict[str, Sequence[str]] = {
    "de": "„“",
    "ja": "「」",
    "ko": "‘’",
    **dict.fromkeys(("it", "es", "ar", "ru"), "«»"),
    "fr": ("« ", " »"),
}


def label(language: str, key: str) -> str:
    """What an interface says for a key of the tables of labels. Raises KeyError."""
    return labels(language)[key]


@cache
def labels(language: str) -> dict[str, str]:
    """All labels of a language, by key."""
    return {key: told[0] for table in LABELS for key, told in words(table, language).items()}


def role(language: str, name: str) -> str:
    """What a caption calls an element of an ARIA role: "checkbox" is "case à cocher". Raises KeyError."""
    return words("roles", language)[name][0]


@cache
def words(table: str, language: str) -> dict[str, tuple[str, ...]]:
    """The wordings of each key of a table in a language, in the order of the file."""
    place = 1 + LANGUAGES.index(language)
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows(table):
        found[row[0]].append(row[place])
    return {key: tuple(told) for key, told in found.items()}


@cache
def rows(table: str) -> tuple[tuple[str, ...], ...]:
    """The lines of `<table>.tsv`, each the key and its word in each of LANGUAGES; without head and comments."""
    text = files("synth.gui.words").joinpath(f"{table}.tsv").read_text("utf-8")
    lines = [tuple(line.split("\t")) for line in text.splitlines() if line and not line.startswith("#")]
    if lines[0] != ("key", *LANGUAGES):
        raise ValueError(f"{table}.tsv: the head is not `key` and the languages")
    return tuple(lines[1:])


def goal(rng: np.random.Generator, language: str, kind: str, key: str, **said: object) -> str:
    """One of the wordings of a task, from the table `goals/<kind>`, with what it is about in its gaps."""
    told = words(f"goals/{kind}", language)[key]
    return told[int(rng.integers(len(told)))].format(**said)


def listed(language: str, names: Sequence[str]) -> str:
    """Names in the quotation marks of a language, one after the other."""
    before, after = QUOTES.get(language, "“”")
    mark = {"zh": "、", "ja": "、", "ar": "، "}.get(language, ", ")
    return mark.join(f"{before}{name}{after}" for name in names)
