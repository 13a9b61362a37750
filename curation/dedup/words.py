"""Words and n-grams as 64-bit numbers, the same on every machine: what duplicates are looked for by.

A text is tokenised once (`curation.text.language.words`); case, punctuation and compatibility forms do not count, as in
datatrove and FineWeb (Penedo et al. 2024). In scripts that write no spaces a word is one character, so n-grams there
are of twice as many (`gram_size`).
"""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from curation.text.language import is_unspaced, words

Hashes = NDArray[np.uint64]

_KNOWN_WORDS = 1 << 20  # some 150 MB; a language's words are soon all known
_BASE = np.uint64(0x9E3779B97F4A7C15)  # of polynomials modulo 2**64: odd, so that nothing is lost by it
_UNSPACED = np.uint64(1)

# In ASCII with typographic marks, as most text is, words are found and hashed without a loop.
_NO_ASCII = re.compile(r"[^\x00-\x7f\xa0§©«®°·»–—‘’“”„•…€™]")
_LONGEST = 1 << 16  # characters
_POWERS = np.multiply.accumulate(np.full(_LONGEST, _BASE))
_INVERSES = np.multiply.accumulate(np.full(_LONGEST, np.uint64(pow(int(_BASE), -1, 1 << 64))))
_IN_WORD = np.array([(chr(code).isalnum() and code < 128) or code == ord("_") for code in range(256)])
_FOLDED = np.array([ord(chr(code).lower()) if code < 128 else 0 for code in range(256)], np.uint64)


class _WordHashes(dict[str, int]):
    """A hash for each word; its lowest bit says whether the word is a character of a script without spaces."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        folded = unicodedata.normalize("NFKC", word).casefold().replace("’", "'").encode("utf-8", "surrogatepass")
        polynomial = sum(byte * pow(int(_BASE), place, 1 << 64) for place, byte in enumerate(folded))
        number = int(mix(np.array([polynomial % (1 << 64)], np.uint64))[0])
        self[word] = value = number & ~1 | is_unspaced([word])
        return value


_hash_of = _WordHashes().__getitem__


def tokens(text: str) -> list[str]:
    """The words of the text in order, as they are written."""
    return words(unicodedata.normalize("NFC", text))


def word_hashes(text: str) -> Hashes:
    """(n,): those words without what does not count."""
    if _is_simple(text):
        return _simple_words(text)[1]
    found = tokens(text)
    return np.fromiter(map(_hash_of, found), np.uint64, len(found))


def split_hashes(text: str, spans: Sequence[tuple[int, int]]) -> list[Hashes]:
    """`word_hashes` of each of these parts of the text, which do not cut a word and come in order."""
    if not _is_simple(text):
        return [word_hashes(text[start:end]) for start, end in spans]
    starts, hashes = _simple_words(text)
    edges = np.searchsorted(starts, np.array(spans).reshape(-1, 2))
    return [hashes[first:last] for first, last in edges.tolist()]


def _is_simple(text: str) -> bool:
    return len(text) <= _LONGEST and (text.isascii() or not _NO_ASCII.search(text))


def _simple_words(text: str) -> tuple[NDArray[np.intp], Hashes]:
    """(n,) where each word starts, (n,) its hash: what `_hash_of` gives for the text's `words`."""
    codes = np.frombuffer(text.replace("’", "'").encode("ascii", "replace"), np.uint8)
    inside = np.zeros(len(codes) + 2, bool)  # one more at both ends
    inside[1:-1] = _IN_WORD[codes]
    if len(quotes := np.flatnonzero(codes == ord("'")) + 1):  # an apostrophe belongs to a word that it is within
        inside[quotes[inside[quotes - 1] & inside[quotes + 1]]] = True
    starts = np.flatnonzero(inside[1:-1] > inside[:-2])
    if not len(starts):
        return starts, np.empty(0, np.uint64)
    terms = _FOLDED[codes] * inside[1:-1] * _POWERS[: len(codes)]
    return starts, mix(np.add.reduceat(terms, starts) * _INVERSES[starts]) & ~_UNSPACED


def gram_size(hashes: Hashes, size: int) -> int:
    """How many of these words make an n-gram of `size` words: twice as many where most are single characters."""
    return 2 * size if 2 * int((hashes & _UNSPACED).sum()) > len(hashes) else size


def grams(hashes: Hashes, size: int) -> Hashes:
    """(n,) -> (n - size + 1,): a hash of each run of `size` words, in order; empty for a shorter text."""
    count = max(len(hashes) - size + 1, 0)
    runs = hashes[:count]
    for offset in range(1, size if count else 1):
        runs = runs * _BASE
        runs += hashes[offset : offset + count]
    return mix(runs)


def mix(numbers: Hashes) -> Hashes:
    """MurmurHash3's finalizer (Appleby): a bijection after which every bit depends on all."""
    numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return numbers ^ (numbers >> np.uint64(33))
