"""The same picture again: perceptual hashes, those near each other, and sets of them.

Two pictures are the same if their bytes are, or if their pHashes differ in few bits and no place of their 32 x 32 grey
versions by much. The second condition is needed: among the screenshots and drawings of manuals a pHash alone takes
successive steps for each other, at distance 0 even, while recompressed and resized copies stay within 14 of 255.
"""

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import PIL.Image
from pydantic import Field

from curation.config import Config

BITS = 64
_SIDE, _LOW = 32, 8
_NOISE = 20.0  # of a coefficient, from rounding pixels to 8 bits: 0.29 (its deviation) x sqrt(32 x 32 x 2 x 2) = 18


def grey(picture: Any) -> bytes:
    """32 x 32 bytes, row by row: the luminance of a PIL image, made small (Lanczos)."""
    return picture.convert("L").resize((_SIDE, _SIDE), PIL.Image.Resampling.LANCZOS).tobytes()


def phash(small: bytes) -> int | None:
    """The 64 bits of ImageHash's `phash` from `grey`: low frequencies of its DCT against their median.

    None where over half of them are below the noise of rounding: such a picture is told by its bytes alone.
    """
    basis = _cosines()
    pixels = np.frombuffer(small, np.uint8).reshape(_SIDE, _SIDE).astype(np.float64)
    low = basis @ pixels @ basis.T  # (8, 8): the type-II DCT's low frequencies
    if np.median(np.abs(low)) < _NOISE:
        return None
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")


def difference(one: bytes, other: bytes) -> int:
    """The greatest difference of two `grey` versions at any place, 0-255."""
    greys = [np.frombuffer(small, np.uint8).astype(np.int16) for small in (one, other)]
    return int(np.abs(greys[0] - greys[1]).max())


@functools.cache
def _cosines() -> np.ndarray:
    frequency, place = np.arange(_LOW)[:, None], np.arange(_SIDE)
    return 2 * np.cos(np.pi * frequency * (2 * place + 1) / (2 * _SIDE))  # (8, 32)


def hamming(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def bands(value: int, distance: int) -> Iterator[tuple[int, int]]:
    """(number, bits) of `distance + 1` bands: two hashes at most so far apart agree in at least one (pigeonhole).

    Norouzi et al., Fast Search in Hamming Space with Multi-Index Hashing, CVPR 2012.
    """
    edges = [BITS * number // (distance + 1) for number in range(distance + 2)]
    for number, (start, end) in enumerate(pairwise(edges)):
        yield number, value >> start & (1 << end - start) - 1


def near_pairs(hashes: Sequence[int] | np.ndarray, distance: int, block: int = 1024) -> Iterator[tuple[int, int]]:
    """Indexes i < j of all hashes at most `distance` bits apart, by comparing all with all, `block` rows at once."""
    values = np.asarray(hashes, np.uint64)
    for start in range(0, len(values), block):
        rows = values[start : start + block]
        differ = np.bitwise_count(rows[:, None] ^ values[None, start:])  # (block, n - start)
        for i, j in zip(*np.nonzero(differ <= distance), strict=True):
            if i < j:
                yield start + int(i), start + int(j)


@dataclass(frozen=True, slots=True)
class Print:
    """What a picture is known by: its SHA-256, its pHash (None without structure) and its `grey` version."""

    sha256: str
    phash: int | None
    grey: bytes

    def same(self, other: "Print", rules: "SameRules") -> bool:
        if self.sha256 == other.sha256:
            return True
        if self.phash is None or other.phash is None or hamming(self.phash, other.phash) > rules.distance:
            return False
        return difference(self.grey, other.grey) <= rules.difference


class SameRules(Config):
    """When two pictures are the same. Of recompressed and resized manual pictures, 99% are found by these defaults."""

    distance: int = Field(4, ge=0, le=16, description="bits of 64 in which the pHashes may differ")
    difference: int = Field(16, ge=0, le=255, description="of the 32 x 32 grey versions at any place; 255: pHash alone")
    max_documents: int = Field(10, ge=1, description="a picture in more is dropped everywhere; OBELICS, OmniCorpus: 10")
    sets: float = Field(
        1.0, gt=0, le=1, description="Jaccard similarity of image sets that makes pages of a site equal"
    )
    min_set: int = Field(2, ge=1, description="images; smaller sets prove nothing")


class Prints:
    """Named pictures to look others up in, some millions, on one machine."""

    def __init__(self, named: Iterable[tuple[str, Print]], rules: SameRules):
        rows = sorted(named, key=lambda row: (row[0], row[1].sha256))
        self.rules = rules
        self.digests = {print_.sha256: name for name, print_ in reversed(rows)}
        self.hashed = [(name, print_) for name, print_ in rows if print_.phash is not None]
        self.values = np.array([print_.phash for _, print_ in self.hashed], np.uint64)

    def find(self, wanted: Print) -> str | None:
        """The name of one that is the same picture."""
        if wanted.sha256 in self.digests:
            return self.digests[wanted.sha256]
        if wanted.phash is None or not self.hashed:
            return None
        near = np.bitwise_count(self.values ^ np.uint64(wanted.phash)) <= self.rules.distance
        found = (self.hashed[place] for place in np.nonzero(near)[0])
        return next((name for name, print_ in found if print_.same(wanted, self.rules)), None)


def jaccard(one: Iterable[str], other: Iterable[str]) -> float:
    """Of two sets that are not both empty: what they share over all that they have."""
    one, other = set(one), set(other)
    return len(one & other) / len(one | other)


def prefix(tokens: Iterable[str], similarity: float) -> list[str]:
    """Tokens of which two sets share one if their Jaccard similarity reaches `similarity`: the fewest in sorted order.

    Bayardo, Ma and Srikant, Scaling Up All Pairs Similarity Search, WWW 2007.
    """
    ordered = sorted(set(tokens))
    return ordered[: len(ordered) - math.ceil(similarity * len(ordered) - 1e-9) + 1] if ordered else []
