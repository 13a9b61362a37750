"""What rules look at in a text: split into lines, paragraphs and words once, each measure worked out on first use.

A share is of all in [0, 1]; None says that the measure has no meaning for this text or its language. Counts of words
are in words: in scripts that write no spaces, characters divided by the characters that say as much as a word.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import count, filterfalse

import numpy as np

from curation.text.language import sentences, unspaced_characters, words
from curation.text.ngrams import Ngrams
from curation.text.writing import Writing, writing

SHORT_LINE = 30  # characters (FineWeb)
BULLETS = tuple("•‣⁃◦●○■□▪▫◆◇►▶★☆・·-*")
# Unicode's Sentence_Terminal characters (version 17, Basic Multilingual Plane) that are in use today.
SENTENCE_MARKS = tuple(".!?։؞؟۔܀܁܂।॥၊။።፧፨᙮᠃᠉។៕᥄᥅᪨᪩᭚᭛᭞᭟᰻᰼᱾᱿‼‽⁇⁈⁉⸮꓿꘎꘏꛳꛷꡶꡷꣎꣏꤯꧈꧉꩝꩞꩟꫰꫱꯫。．！？｡")
ELLIPSES = ("...", "…", "。。。", "・・・")
_LETTER = re.compile(r"[^\W\d_]")
_NO_LETTER_IN_WORD = re.compile(r"[\d_'’]")
_PUNCTUATION = re.compile(r"[^\w\s\u0300-\u036f\u0900-\u0dff\u200c\u200d]")
_SENTENCE_WITHIN_LINE = re.compile(r"[.!?][\"')\]]*[^\S\n]+(?=\S)")


class Measures:
    """Of running text in a language (ISO 639 code, or empty); `aside` has words but is no running text (tables)."""

    def __init__(self, text: str, language: str = "", aside: str = ""):
        self.text = text.strip()
        self.writing: Writing = writing(language)
        self._aside = aside

    @cached_property
    def lines(self) -> list[str]:
        """Without those that are empty, and without white space at the ends."""
        return [stripped for line in self.text.split("\n") if (stripped := line.strip())]

    @cached_property
    def paragraphs(self) -> list[str]:
        return [stripped for piece in self.text.split("\n\n") if (stripped := piece.strip("\n"))]

    @cached_property
    def tokens(self) -> list[str]:
        """The words in order and in small letters; single characters in scripts that write no spaces."""
        # The small form of the Turkish capital I with a dot is two characters, of which the second is no letter.
        return words(self.text.replace("İ", "i").lower())

    @cached_property
    def _numbered(self) -> tuple[dict[str, int], np.ndarray]:
        """The vocabulary, each word with its number, and the numbers of the words (words,)."""
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        ids = np.fromiter(map(numbers.__getitem__, self.tokens), np.int64, len(self.tokens))
        return dict(numbers), ids

    @property
    def _vocabulary(self) -> dict[str, int]:
        return self._numbered[0]

    @property
    def _ids(self) -> np.ndarray:
        return self._numbered[1]

    @cached_property
    def _counts(self) -> np.ndarray:
        """(vocabulary,): how often each word is there."""
        return np.bincount(self._ids, minlength=len(self._vocabulary))

    @cached_property
    def _lengths(self) -> np.ndarray:
        """(vocabulary,): characters of each word."""
        return np.fromiter(map(len, self._vocabulary), np.int64, len(self._vocabulary))

    @cached_property
    def _unspaced(self) -> int:
        return 0 if self.text.isascii() else unspaced_characters(self.tokens)

    @cached_property
    def is_unspaced(self) -> bool:
        """Whether most words are of a script that writes no spaces."""
        return 2 * self._unspaced > len(self.tokens)

    @cached_property
    def characters_a_word(self) -> float:
        if not self.is_unspaced:
            return 1.0
        return self.writing.characters_a_word if not self.writing.spaced else writing("zh").characters_a_word

    @cached_property
    def prose_words(self) -> float:
        per_word = self.characters_a_word if self.is_unspaced else writing("zh").characters_a_word
        return len(self.tokens) - self._unspaced + self._unspaced / per_word

    @cached_property
    def words(self) -> float:
        """With those that stand aside."""
        if not self._aside:
            return self.prose_words
        return self.prose_words + Measures(self._aside, self.writing.code).words

    @cached_property
    def characters(self) -> int:
        return len(self.text)

    def _per_word(self, found: int) -> float | None:
        return found / self.prose_words if self.tokens else None

    def _of_lines(self, found: int) -> float | None:
        return found / len(self.lines) if self.lines else None

    @cached_property
    def mean_word_length(self) -> float | None:
        """Characters; None where most words are single characters by definition."""
        if self.is_unspaced or not self.tokens:
            return None
        return float(self._counts @ self._lengths) / len(self.tokens)

    @cached_property
    def hashes_per_word(self) -> float | None:
        return self._per_word(self.text.count("#"))

    @cached_property
    def ellipses_per_word(self) -> float | None:
        """The Chinese ellipsis is two characters and counts once."""
        text = self.text.replace("……", "…")
        return self._per_word(sum(map(text.count, ELLIPSES)))

    @cached_property
    def newlines_per_word(self) -> float | None:
        """An empty line between paragraphs is one break with them."""
        return self._per_word(max(len(self.lines) - 1, 0))

    @cached_property
    def bullet_lines(self) -> float | None:
        return self._of_lines(sum(line.startswith(BULLETS) for line in self.lines))

    @cached_property
    def ellipsis_lines(self) -> float | None:
        return self._of_lines(sum(line.endswith(ELLIPSES) for line in self.lines))

    @cached_property
    def punctuated_lines(self) -> float | None:
        """Lines that end in a mark of the end of a sentence; None for languages that have none."""
        if not self.writing.sentence_marks:
            return None
        return self._of_lines(sum(line.endswith(SENTENCE_MARKS) for line in self.lines))

    @cached_property
    def short_lines(self) -> float | None:
        """Lines of at most 30 characters, or of as many as hold as much in this language."""
        most = SHORT_LINE * self.writing.width
        return self._of_lines(sum(len(line) <= most for line in self.lines))

    @cached_property
    def alphabetic_words(self) -> float | None:
        """Words with at least one letter among those that white space makes, so that `$$` and `12` are words."""
        pieces = self.tokens if self.is_unspaced else self.text.split()
        if not pieces:
            return None
        without = sum(_LETTER.search(piece) is None for piece in filterfalse(str.isalpha, pieces))
        return 1 - without / len(pieces)

    @cached_property
    def common_words(self) -> int | None:
        """How many of the language's eight commonest words are there at all; None without a list."""
        wanted = self.writing.commonest
        return sum(word in self._vocabulary for word in wanted) if wanted else None

    @cached_property
    def function_words(self) -> float | None:
        """Share of the language's function words; None without a list."""
        if not self.writing.function_words or not self.tokens:
            return None
        listed = [number for number in map(self._vocabulary.get, self.writing.function_words) if number is not None]
        return int(self._counts[listed].sum()) / len(self.tokens)

    @cached_property
    def sentences(self) -> int | None:
        """Pieces that end in a sentence's mark or a line's end; None for languages that have no marks."""
        if not self.writing.sentence_marks:
            return None
        if self.text.isascii():  # the same, and eight times as fast
            return len(self.lines) + len(_SENTENCE_WITHIN_LINE.findall(self.text))
        return len(sentences(self.text))

    @cached_property
    def special_characters(self) -> float | None:
        """Share of characters that are no letters: digits, marks, white space."""
        if not self.text:
            return None
        letters = int(self._counts @ self._lengths)
        for word in filterfalse(str.isalpha, self._vocabulary):
            letters -= int(self._counts[self._vocabulary[word]]) * len(_NO_LETTER_IN_WORD.findall(word))
        return max(1 - letters / self.characters, 0.0)

    @cached_property
    def punctuation(self) -> float | None:
        """Marks among words and marks."""
        marks = len(_PUNCTUATION.findall(self.text))
        return marks / (marks + self.prose_words) if marks or self.tokens else None

    @cached_property
    def uppercase(self) -> float | None:
        """Capital letters among visible characters."""
        visible = len(self.text) - sum(map(str.isspace, self.text))
        return sum(map(str.isupper, self.text)) / visible if visible else None

    @cached_property
    def duplicate_lines(self) -> float | None:
        return self._of_lines(self._repeats_of_lines[0])

    @cached_property
    def duplicate_line_characters(self) -> float | None:
        return self._repeats_of_lines[1] / self.characters if self.text else None

    @cached_property
    def duplicate_characters_of_lines(self) -> float | None:
        """As FineWeb counts: among the characters of lines, line breaks left out."""
        return self._repeats_of_lines[1] / sum(map(len, self.lines)) if self.lines else None

    @cached_property
    def duplicate_paragraphs(self) -> float | None:
        return self._repeats_of_paragraphs[0] / len(self.paragraphs) if self.text else None

    @cached_property
    def duplicate_paragraph_characters(self) -> float | None:
        return self._repeats_of_paragraphs[1] / self.characters if self.text else None

    @cached_property
    def _repeats_of_lines(self) -> tuple[int, int]:
        return _repeats(self.lines)

    @cached_property
    def _repeats_of_paragraphs(self) -> tuple[int, int]:
        return _repeats(self.paragraphs)

    @cached_property
    def _ngrams(self) -> Ngrams:
        return Ngrams(self._ids, len(self._vocabulary), self._lengths[self._ids])

    def _size(self, size: int) -> int:
        """An n-gram of that many words in the tokens of this text."""
        return round(size * self.characters_a_word)

    def top_ngram(self, size: int) -> float | None:
        """Characters in the commonest n-gram, spaces between its words counted where the script writes them."""
        if not self.text:
            return None
        found = self._ngrams.top_characters(self._size(size), spaces=not self.is_unspaced)
        return min(found / self.characters, 1.0)

    def duplicate_ngrams(self, size: int) -> float | None:
        """Characters in n-grams met before."""
        return self._ngrams.duplicate_characters(self._size(size)) / self.characters if self.text else None

    def repeated_ngrams(self, size: int) -> float | None:
        """Share of n-grams that occur more than once."""
        return self._ngrams.repeated_share(self._size(size)) if self.text else None

    def repeated_characters(self, size: int) -> float | None:
        """Share of the commonest n-grams of characters among all; of these as many as the square root of their kinds.

        Of n-grams of `size` characters that occur more than once (Laurencon et al. 2022, ROOTS, for OBELICS too).
        """
        codes = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
        if len(codes) < size:
            return 0.0 if self.text else None
        hashes = _rolled(codes, size)
        hashes.sort()
        edges = np.concatenate(([True], hashes[1:] != hashes[:-1], [True])).nonzero()[0]
        counts = np.diff(edges)
        again = np.sort(counts[counts > 1])[::-1]
        return float(again[: int(np.sqrt(len(counts)))].sum() / len(hashes))


def _rolled(codes: np.ndarray, size: int) -> np.ndarray:
    """(n - size + 1,): a polynomial hash modulo 2**64 of each run of codes (n,) uint64, longer ones made of shorter.

    Two of some thousand different runs never have the same in practice.
    """
    if size == 1:
        return codes.copy()
    half = size // 2
    first = _rolled(codes, half)
    second = first if size == 2 * half else _rolled(codes, size - half)
    power = np.uint64(pow(0x9E3779B97F4A7C15, size - half, 1 << 64))
    return first[: len(codes) - size + 1] * power + second[half:]


def _repeats(pieces: Sequence[str]) -> tuple[int, int]:
    """How many pieces were there before, and their characters."""
    if len(set(pieces)) == len(pieces):
        return 0, 0
    met: set[str] = set()
    again = [piece for piece in pieces if piece in met or met.add(piece)]  # type: ignore[func-returns-value]
    return len(again), sum(map(len, again))
