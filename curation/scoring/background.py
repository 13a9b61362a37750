"""How often each term occurs in a corpus: a term that an image and a page share says more, the rarer it is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from curation.errors import ConfigError
from curation.text.language import unspaced_characters, words
from curation.text.writing import writing

_STEM = 6  # letters: inflected forms of a word mostly share them
_SHORTEST = 3
_UNSEEN = 0.5  # counted for a term that was not seen elsewhere
_FEWEST = 500  # terms: of fewer texts, or none, every term is about equally rare


def terms(text: str, language: str) -> list[str]:
    """What a text is about, in its order: the first six letters of words that are neither short, numbers nor function
    words; of scripts that write no spaces, pairs of neighbouring characters.
    """
    common = frozenset(writing(language).function_words)
    found: list[str] = []
    before = ""
    every = words(text)
    any_unspaced = unspaced_characters(every) > 0
    for word in every:
        if any_unspaced and unspaced_characters([word]):
            found += [before + word] if before else []
            before = word
            continue
        before = ""
        lower = word.lower()
        if len(lower) >= _SHORTEST and not lower.isdigit() and lower not in common:
            found.append(lower[:_STEM])
    return found


@dataclass(frozen=True)
class Background:
    """Counts of terms by language. Without any, every term is as rare as any other."""

    counts: Mapping[str, Mapping[str, int]]
    totals: Mapping[str, int]

    @staticmethod
    def of(counts: Mapping[str, Mapping[str, int]]) -> "Background":
        return Background(counts, {language: sum(each.values()) for language, each in counts.items()})

    @staticmethod
    def count(texts: Iterable[tuple[str, str]]) -> "Background":
        """Of (language, text) pairs."""
        counts: dict[str, Counter[str]] = {}
        for language, text in texts:
            counts.setdefault(language, Counter()).update(terms(text, language))
        return Background.of(counts)

    def knows(self, term: str, language: str) -> bool:
        """Whether texts of a language have the term; where none were counted, any term may be theirs."""
        counts = self.counts.get(language)
        return counts is None or term in counts

    def rate(self, term: str, language: str, own: int, own_total: int) -> float:
        """Share of a language's terms that are this one, outside a text that has it `own` times in `own_total`."""
        seen = max(self.counts.get(language, {}).get(term, 0) - own, 0)
        total = max(self.totals.get(language, 0) - own_total, _FEWEST)
        return (seen + _UNSEEN) / total


NO_BACKGROUND = Background({}, {})


def write_background(background: Background, file: BinaryIO) -> None:
    """A Parquet table: language, term, count; sorted, so that equal counts give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = sorted(
        (language, term, count) for language, each in background.counts.items() for term, count in each.items()
    )
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    types = {"language": pa.string(), "term": pa.string(), "count": pa.int64()}
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types.values(), strict=True)]
    pq.write_table(pa.table(arrays, names=list(types)), file, compression="zstd")


def read_background(path: str) -> Background:
    """Raises ConfigError where there is no such table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from curation.media import open_uri

    try:
        with open_uri(path) as file:
            table = pq.ParquetFile(pa.BufferReader(file.read())).read(use_threads=False)  # threads may outlive Python
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"{path}: no counts of terms: {' '.join(str(error).split())}") from error
    counts: dict[str, dict[str, int]] = {}
    for language, term, count in zip(*(column.to_pylist() for column in table.columns), strict=True):
        counts.setdefault(language, {})[term] = count
    return Background.of(counts)
