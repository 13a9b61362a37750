"""Gopher's measures of text that repeats itself (Rae et al. 2021, table A1), of paragraphs and words that are known."""

import numpy as np

from curation.text.language import is_unspaced
from curation.text.ngrams import Ngrams


def shares(paragraphs: list[str], words: list[str]) -> dict[str, float]:
    """By their names in `curation.text.presets.GOPHER_REPETITION`; those of n-grams are of the words' characters.

    In scripts that write no spaces, where a word is one character, n-grams are twice as long.
    """
    again = len(paragraphs) - len(set(paragraphs))
    total = sum(map(len, paragraphs))
    found = {
        "paragraphs": again / max(len(paragraphs), 1),
        "paragraph_characters": (total - sum(map(len, set(paragraphs)))) / max(total, 1),
    }
    ngrams = _ngrams(words)
    characters = max(sum(map(len, words)), 1)
    longer = 2 if is_unspaced(words) else 1
    for size in (2, 3, 4):
        top = ngrams.top_characters(size * longer, spaces=False)
        found[f"top_{size}gram"] = min(top / characters, 1.0)
    for size in range(5, 11):
        found[f"duplicate_{size}gram"] = ngrams.duplicate_characters(size * longer) / characters
    return found


def _ngrams(words: list[str]) -> Ngrams:
    lower = [word.lower() for word in words]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(lower))}
    ids = np.array([vocabulary[word] for word in lower], np.int64)
    return Ngrams(ids, len(vocabulary), np.array([len(word) for word in lower], np.int64))
