"""MinHash signatures, their bands, and which texts resemble each other (Broder 1997; Leskovec et al., chapter 3).

The signature is bit for bit datasketch's `affine32` one of the text's n-grams. What is compared with another text's is
a sketch of it, two bits of each minimum (Li and König 2010): a sixteenth of the size, and at a similarity of 0.8 with
112 minima its error is 0.045 where the whole signature's is 0.038.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from curation.config import Config
from curation.dedup.clusters import components
from curation.dedup.words import Hashes, gram_size, grams, mix

Signature = NDArray[np.uint32]

_CHUNK = 1024  # n-grams at a time: the permutations of all of a book's would not fit into memory
_WINDOW = 16  # texts of a bucket that each is compared with
_MANY = 1 << 20  # pairs that are joined before more are looked for
_SEED = 1
_PER_WORD = 32  # two-bit numbers in 64 bits
_ODD = np.uint64(0x5555555555555555)


class NearSettings(Config):
    """Texts that share at least `threshold` of their n-grams (Jaccard) are taken for one; bands are FineWeb's."""

    threshold: float = Field(0.8, gt=0, lt=1, description="OmniCorpus: 0.8")
    ngram: int = Field(5, ge=1, le=50, description="words; twice as many characters in scripts without spaces")
    bands: int = Field(14, ge=2, le=256)
    rows: int = Field(8, ge=1, le=64)
    permutations: int | None = Field(
        None, ge=2, le=1024, description="instead of bands and rows: those that datasketch finds best for the threshold"
    )
    words: int = Field(20, ge=1, description="shorter texts are compared whole only: a caption may suit many images")

    @model_validator(mode="after")
    def _one_choice(self) -> "NearSettings":
        if self.permutations and {"bands", "rows"} & self.model_fields_set:
            raise ValueError("give either bands and rows, or permutations to choose them by")
        return self

    @property
    def banding(self) -> tuple[int, int]:
        """(bands, rows): texts of similarity s are compared with probability 1 - (1 - s ** rows) ** bands."""
        return _best_banding(self.threshold, self.permutations) if self.permutations else (self.bands, self.rows)


@lru_cache
def _best_banding(threshold: float, permutations: int) -> tuple[int, int]:
    from datasketch import MinHashLSH

    best = MinHashLSH(threshold=threshold, num_perm=permutations)
    return best.b, best.r


class MinHasher:
    """Signatures, band keys and sketches under one setting."""

    def __init__(self, settings: NearSettings):
        self.settings = settings
        self.bands, self.rows = settings.banding
        self.size = self.bands * self.rows
        # Drawn as datasketch does, and importing it is slow. NumPy keeps the stream of RandomState for ever.
        draw = np.random.RandomState(_SEED).randint
        self._factors = draw(0, 1 << 31, (self.size, 1), np.uint32) * np.uint32(2) + np.uint32(1)  # (size, 1), odd
        self._offsets = draw(0, 1 << 32, (self.size, 1), np.uint32)
        self._places = mix(np.arange(1, self.size + 1, dtype=np.uint64)) | np.uint64(1)

    def signature(self, hashes: Hashes) -> Signature:
        """(words,) -> (size,). A text of fewer words than an n-gram is one n-gram."""
        size = max(min(gram_size(hashes, self.settings.ngram), len(hashes)), 1)
        numbers = _mix32((grams(hashes, size) >> np.uint64(32)).astype(np.uint32))
        chunks = (numbers[start : start + _CHUNK] for start in range(0, len(numbers), _CHUNK))
        least = [self._permuted(chunk).min(1) for chunk in chunks]
        return np.minimum.reduce(least) if least else np.full(self.size, 0xFFFFFFFF, np.uint32)

    def _permuted(self, numbers: Signature) -> Signature:
        """(n-grams,) -> (size, n-grams), modulo 2**32."""
        permuted = self._factors * numbers
        permuted += self._offsets
        return permuted

    def band_keys(self, signatures: Signature) -> Hashes:
        """(n, size) -> (n, bands): equal where all rows of the band are."""
        terms = (signatures * self._places).reshape(-1, self.bands, self.rows)
        return mix(terms.sum(2, dtype=np.uint64) + np.arange(self.bands, dtype=np.uint64))

    def sketches(self, signatures: Signature) -> Hashes:
        """(n, size) -> (n, size / 32, rounded up): two bits of each minimum."""
        bits = mix(signatures.astype(np.uint64)) >> np.uint64(62)
        padded = np.zeros((len(bits), -self.size % _PER_WORD + self.size), np.uint64)
        padded[:, : self.size] = bits
        shifts = np.arange(0, 64, 2, dtype=np.uint64)
        return (padded.reshape(len(bits), -1, _PER_WORD) << shifts).sum(2, dtype=np.uint64)

    @property
    def row_width(self) -> int:
        """Of `band_rows`, in 64-bit numbers."""
        return 2 + -(-self.size // _PER_WORD)

    def band_rows(self, signatures: Signature, texts: Hashes, sketches: Hashes) -> Hashes:
        """(n, size), (n,) the texts' numbers, (n, sketch) -> (n * bands, 2 + sketch): key, number, sketch."""
        keys = self.band_keys(signatures).reshape(-1, 1)
        return np.concatenate([keys, np.repeat(np.column_stack([texts, sketches]), self.bands, 0)], 1)

    def similarity(self, one: Hashes, other: Hashes) -> NDArray[np.float64]:
        """Sketches (..., words) of two texts -> (...): the estimate of their Jaccard similarity, at least 0.

        Minima that differ have the same two bits one time in four.
        """
        unlike = one ^ other
        differing = np.bitwise_count((unlike | unlike >> np.uint64(1)) & _ODD).sum(-1)
        return np.maximum(1 - differing / (0.75 * self.size), 0.0)

    def near_pairs(self, rows: Hashes) -> Hashes:
        """Rows as of `band_rows` -> (m, 2): pairs of numbers that join all texts found alike.

        Each text of a bucket is compared with the bucket's first and the 16 before it: with all others where it is
        small, and a bucket of any size costs the same a text. Who shares it by chance is no pair, and hides none.
        """
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        again = np.zeros(len(rows), bool)  # copies of a text, which share their number
        again[1:] = (rows[1:, :2] == rows[:-1, :2]).all(1)
        rows = rows[~again]
        keys, texts, sketches = rows[:, 0], rows[:, 1], rows[:, 2:]
        follows = np.zeros(len(rows), bool)
        follows[1:] = keys[1:] == keys[:-1]
        place = np.arange(len(rows))
        first = np.maximum.accumulate(np.where(follows, 0, place))  # of its bucket
        found: list[Hashes] = []
        for offset in range(_WINDOW + 1):
            one = np.flatnonzero(place - first > offset) if offset else np.flatnonzero(follows)
            other = one - offset if offset else first[one]
            if not len(one):
                break
            alike = self.similarity(sketches[one], sketches[other]) >= self.settings.threshold
            found.append(np.stack([texts[other[alike]], texts[one[alike]]], 1))
            if sum(map(len, found)) > _MANY:
                found = [components(np.concatenate(found))]
        return np.concatenate(found) if found else np.empty((0, 2), np.uint64)


def _mix32(numbers: Signature) -> Signature:
    """MurmurHash3's finalizer for 32 bits, as datasketch applies it before it permutes."""
    numbers = (numbers ^ (numbers >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    numbers = (numbers ^ (numbers >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return numbers ^ (numbers >> np.uint32(16))
