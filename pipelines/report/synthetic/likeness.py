"""Are samples copies of each other? Those with a like picture or a like text, against how many chance would make.

Pictures are alike as curation's are: by pHash and by their 32 x 32 grey versions (`curation.images.prints`). Texts of
20 words and more are alike where their 5-word shingles have a MinHash similarity of 0.8 (`curation.dedup.minhash`).
Of several pictures the first counts; of a video, a sheet of four frames at equal distances.
Chance is measured on the same samples with what makes them whole taken apart: each place of the grey versions and each
bit of the hashes is dealt anew among a recipe's pictures, and the words among its texts. Samples of one seed tell of
one thing in several ways and are not compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from curation import media, video
from curation.dedup.minhash import MinHasher, NearSettings
from curation.dedup.words import Hashes, word_hashes
from curation.document import Media
from curation.images.prints import BITS, SameRules, grey, near_pairs, phash
from pipelines.report.data import Split
from pipelines.report.samples import evenly
from pipelines.report.synthetic.facts import answers

COMPARED = 300  # samples of a recipe
QUARTER = (64, 64)  # pixels of a frame on a video's sheet
_RULES, _NEAR = SameRules(), NearSettings()

Story = tuple[str, int | None]  # recipe, seed


@dataclass(frozen=True)
class Alike:
    """How many samples of a recipe have a like one in it (`other` is the same), or of two have one in the other."""

    recipe: str
    other: str
    pictures: int
    pictures_by_chance: int
    texts: int
    texts_by_chance: int


@dataclass(frozen=True)
class _Prints:
    """Of n samples: where they are from, pHashes (n,), grey versions (n, 1024), and the words of each text."""

    stories: list[Story]
    hashes: np.ndarray
    greys: np.ndarray
    texts: list[Hashes]


def likeness(splits: Sequence[Split]) -> tuple[int, list[Alike]]:
    """How many samples were compared; who is alike within each recipe, and between two where there are any."""
    real = [_prints(split) for split in splits]
    dealt = [_dealt(each) for each in real]
    found, chance = _alike(real), _alike(dealt)
    names = [split.name for split in splits]
    rows = []
    for place, one in enumerate(names):
        for other in names[place:]:
            numbers = [found[0].get((one, other), 0), chance[0].get((one, other), 0)]
            numbers += [found[1].get((one, other), 0), chance[1].get((one, other), 0)]
            if one == other or any(numbers):
                rows.append(Alike(one, other, *numbers))
    return sum(len(each.stories) for each in real), sorted(rows, key=lambda row: row.recipe != row.other)


def _prints(split: Split) -> _Prints:
    stories, hashes, greys, texts = [], [], [], []
    for row in evenly(range(len(split.shards)), COMPARED):
        document = split.shards.read(row)
        small = grey(_picture(document.media[0])) if document.media else bytes(1024)
        stories.append((split.name, document.source.seed))
        hashes.append(phash(small) or 0)
        greys.append(np.frombuffer(small, np.uint8))
        texts.append(word_hashes(answers(document)))
    return _Prints(stories, np.array(hashes, np.uint64), np.array(greys, np.int16).reshape(-1, 1024), texts)


def _picture(item: Media) -> PIL.Image.Image:
    if item.kind == "image":
        return media.decode(media.read(item))
    indices = evenly(range(len(item.timestamps)), 4)
    frames = [*video.frames(media.read(item), indices + indices[-1:] * (4 - len(indices)), item.origin)]
    one, two, three, four = (PIL.Image.fromarray(frame).resize(QUARTER) for frame in frames)
    sheet = np.block([[[np.asarray(one)], [np.asarray(two)]], [[np.asarray(three)], [np.asarray(four)]]])
    return PIL.Image.fromarray(sheet)


def _dealt(prints: _Prints) -> _Prints:
    """What makes a picture or a text one whole is taken apart, and each part keeps its frequencies."""
    rng = np.random.default_rng(len(prints.stories))
    bits = (prints.hashes[:, None] >> np.arange(BITS, dtype=np.uint64)) & np.uint64(1)  # (n, 64)
    bits = rng.permuted(bits, axis=0) << np.arange(BITS, dtype=np.uint64)
    words = np.concatenate([*prints.texts, np.zeros(0, np.uint64)])
    ends = np.cumsum([len(text) for text in prints.texts])
    texts = np.split(rng.permutation(words), ends[:-1]) if prints.texts else []
    return _Prints(prints.stories, np.bitwise_or.reduce(bits, 1), rng.permuted(prints.greys, axis=0), texts)


Counts = dict[tuple[str, str], int]  # by recipes, in their order


def _alike(every: Sequence[_Prints]) -> tuple[Counts, Counts]:
    """Like pictures, like texts."""
    stories = [story for each in every for story in each.stories]
    hashes = np.concatenate([each.hashes for each in every])
    greys = np.concatenate([each.greys for each in every])
    with_structure = np.flatnonzero(hashes)
    near = ((with_structure[i], with_structure[j]) for i, j in near_pairs(hashes[with_structure], _RULES.distance))
    pictures = [(int(i), int(j)) for i, j in near if np.abs(greys[i] - greys[j]).max() <= _RULES.difference]
    hasher = MinHasher(_NEAR)
    texts = [text for each in every for text in each.texts]
    long = np.array([number for number, text in enumerate(texts) if len(text) >= _NEAR.words], np.uint64)
    alike = np.zeros((0, 2), np.uint64)
    if len(long):
        signatures = np.array([hasher.signature(texts[number]) for number in long])
        alike = hasher.near_pairs(hasher.band_rows(signatures, long, hasher.sketches(signatures)))
    return _count(stories, pictures), _count(stories, [(int(one), int(other)) for one, other in alike])


def _count(stories: Sequence[Story], pairs: Sequence[tuple[int, int]]) -> Counts:
    """The samples of these pairs, each once."""
    found: dict[tuple[str, str], set[int]] = {}
    for pair in pairs:
        one, other = (stories[number] for number in sorted(pair))
        if one != other:
            found.setdefault((one[0], other[0]), set()).update(pair)
    return {recipes: len(samples) for recipes, samples in found.items()}
