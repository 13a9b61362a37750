"""Which nouns name things that can be seen, by WordNet (Miller, 1995): files as Princeton distributes them."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from curation.errors import UserError
from synth.grounding.library.vocabulary import ALSO_THINGS

# The lexicographers' files of nouns for things; others hold acts, states, feelings, groups, places and so on.
THINGS = frozenset(
    ("05", "06", "08", "13", "17", "18", "20")
)  # animals, artefacts, bodies, food, objects, people, plants
FILES = ("data.noun", "index.noun", "index.adj")
SENSES = 2  # the commonest senses of a noun; most have rarer ones of every sort
_HEAD = re.compile(r" (?:at|behind|for|from|in|of|on|to|with|without)\b")
_ENDINGS = (("ies", "y"), ("ves", "f"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", ""))


class Words(Protocol):
    """Knows words."""

    def thing(self, name: str) -> bool:
        """Whether a name is that of a thing."""

    def english(self, name: str) -> bool:
        """Whether each word of a name is English."""


class WordNet:
    """Nouns that name things, and words that are English at all."""

    def __init__(self, folder: str | Path):
        """Raises UserError where `folder` does not hold WordNet's index and data files."""
        try:
            texts = {
                name: (Path(folder) / name).read_text("latin-1") for name in ("data.noun", "index.noun", "index.adj")
            }
        except OSError as error:
            raise UserError(f"{folder}: no WordNet: {error}; Debian's package wordnet-base has it") from error
        kinds = {line[:8]: line[9:11] for line in texts["data.noun"].split("\n") if not _of_one_person(line)}
        self._things, nouns = set(ALSO_THINGS), set(ALSO_THINGS)
        for line in texts["index.noun"].split("\n"):
            if line and not line.startswith("  "):
                noun, _, senses, *fields = line.split()
                nouns.add(noun)
                commonest = [kinds[sense] for sense in fields[-int(senses) :] if sense in kinds][:SENSES]
                if THINGS.intersection(commonest):
                    self._things.add(noun)
        self._words = nouns | {line.partition(" ")[0] for line in texts["index.adj"].split("\n")}

    def thing(self, name: str) -> bool:
        """Whether a name is that of a thing: as a whole, or by the last words of its head ("slice of pizza")."""
        found = _HEAD.search(name)
        words = (name[: found.start()] if found else name).split()
        return any(_among(self._things, "_".join(words[start:])) for start in range(max(len(words) - 2, 0), len(words)))

    def english(self, name: str) -> bool:
        """Whether each word is a noun or an adjective."""
        return all(_among(self._words, word) for word in name.split())


def _of_one_person(line: str) -> bool:
    """Whether a line of data.noun is about Bach or Handel; or about nothing."""
    return (line[9:11] == "18" and " @i " in line) or line.startswith("  ")


def _among(words: set[str], word: str) -> bool:
    return word in words or any(
        word.endswith(end) and word[: -len(end)] + short in words for end, short in _ENDINGS if len(word) > len(end) + 2
    )


@lru_cache(2)
def load(folder: str) -> WordNet:
    """The WordNet of a folder, read once a process."""
    return WordNet(folder)
