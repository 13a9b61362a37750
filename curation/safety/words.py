"""Toxic and spam words: lists of words and phrases, one file a language, and how much of a text is made of them."""

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from curation.config import Config
from curation.errors import ConfigError
from curation.text.language import is_unspaced, words


class WordRules(Config):
    """A text is rejected that is over one of the limits; no limit (null) is never broken."""

    path: Path = Field(description="folder of <language>.json (a list) or <language>.txt (one a line)")
    max_share: float | None = Field(0.01, ge=0, le=1, description="of the words; OBELICS: 0.01")
    max_distinct: int | None = Field(None, ge=0, description="different entries; C4: 0, so that any of them rejects")


class SpamRules(WordRules):
    """The phrases that come with this package: one may stand in any text, four different ones do not."""

    path: Path = Path(__file__).with_name("spam")
    max_share: float | None = Field(None, ge=0, le=1)
    max_distinct: int | None = Field(3, ge=0)


@dataclass(frozen=True, slots=True)
class Listed:
    """`words` of the text's `total` belong to `entries` of the list, sorted."""

    entries: tuple[str, ...] = ()
    words: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        return self.words / self.total if self.total else 0.0


class WordLists:
    """Lists of several languages, such as LDNOOBW's, which C4 and OBELICS use. A language without a list has none.

    Case does not count. A word matches whole words only. Chinese, Japanese and Thai write no spaces, so there it
    matches wherever it stands, and two kinds of entries would be false: single characters are left out, for they are
    syllables of harmless words, and a word in katakana matches between other characters only.
    """

    def __init__(self, folder: str | Path):
        """Reads all lists. Raises ConfigError where the folder has none or one is not a list of words."""
        files = sorted(path for path in Path(folder).glob("*") if path.suffix in (".json", ".txt"))
        files = [path for path in files if _LANGUAGE.fullmatch(path.stem)]
        if not files:
            raise ConfigError(f"{folder}: no word lists there (en.json, de.txt and so on)")
        self._lists = {path.stem: _Matcher(_read(path)) for path in files}

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._lists)

    def measure(self, text: str, language: str) -> Listed:
        """What of the text is in the list of its language."""
        matcher = self._lists.get(language)
        found = matcher.find(text) if matcher else []
        if not found:
            return Listed()  # words are not counted where nobody asks
        entries = tuple(sorted(set(found)))
        return Listed(entries, sum(len(words(entry)) or 1 for entry in found), len(words(text)))


def fault(listed: Listed, rules: WordRules) -> str | None:
    """What is over which limit, in words."""
    shown = ", ".join(listed.entries[:5])
    if rules.max_distinct is not None and len(listed.entries) > rules.max_distinct:
        return f"{len(listed.entries)} different, at most {rules.max_distinct}: {shown}"
    if rules.max_share is not None and listed.share > rules.max_share:
        return f"{listed.share:.2%} of {listed.total} words, at most {rules.max_share:.2%}: {shown}"
    return None


_LANGUAGE = re.compile(r"[a-z]{2,3}")
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]")


class _Matcher:
    """Aho and Corasick's automaton (1975): one pass over the text, however long the list."""

    def __init__(self, entries: list[str]):
        from ahocorasick_rs import AhoCorasick, MatchKind

        self._entries = entries
        self._unspaced = [is_unspaced(words(entry)) for entry in entries]
        self._automaton = AhoCorasick(entries, matchkind=MatchKind.Standard)

    def find(self, text: str) -> list[str]:
        """Entries in the order they occur, the longest where several overlap."""
        text = text.casefold()
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        whole = [match for match in found if self._is_whole(text, *match)]
        kept, end = [], 0
        for index, start, stop in sorted(whole, key=lambda match: (match[1], -match[2])):
            if start >= end:
                kept.append(self._entries[index])
                end = stop
        return kept

    def _is_whole(self, text: str, index: int, start: int, end: int) -> bool:
        before, after = text[max(start - 1, 0) : start], text[end : end + 1]
        if after and unicodedata.category(after) == "Mn":  # a vowel sign: the last character is another one
            return False
        if self._unspaced[index]:
            return not (_both(_KATAKANA, before, text[start]) or _both(_KATAKANA, text[end - 1], after))
        # A word of another script may stand beside it without a space.
        return not (_both(_WORD, before, text[start]) or _both(_WORD, text[end - 1], after))


_WORD = re.compile(r"[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def _both(kind: re.Pattern[str], one: str, other: str) -> bool:
    return bool(kind.match(one) and kind.match(other))


_SAYS = re.compile(r"[A-Za-z]|[^\x00-\x7f]")  # LDNOOBW's Chinese list has an entry `13.`


def _read(path: Path) -> list[str]:
    """The list's entries, folded, without doubles, sorted."""
    try:
        text = path.read_text(encoding="utf-8")
        entries = json.loads(text) if path.suffix == ".json" else _lines(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot read this list of words: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise ConfigError(f"{path}: not a JSON list of words")
    folded = {" ".join(entry.casefold().split()) for entry in entries}
    kept = sorted(
        entry for entry in folded if _SAYS.search(entry) and (len(entry) > 1 or not is_unspaced(words(entry)))
    )
    if not kept:
        raise ConfigError(f"{path}: this list has no words")
    return kept


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]
