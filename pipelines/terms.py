"""The terms of a corpus, counted for `curation.scoring.relevance`: one small table beside a stage's documents."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam

from curation.document import Document
from curation.scoring.background import Background, terms, write_background
from pipelines import files

TERMS = "terms.parquet"
MOST = 200_000  # of a language: the commonest; what is rarer counts as unknown

Counted = tuple[tuple[str, str], int]  # ((language, term), how often)


class WriteTerms(beam.PTransform):
    """Counts the terms of documents by their language into `<folder>/terms.parquet`; equal for any order of them."""

    def __init__(self, folder: str, most: int = MOST):
        super().__init__()
        self.path, self.most = f"{folder}/{TERMS}", most

    def expand(self, documents: beam.PCollection) -> Any:
        return (
            documents
            | "Count" >> beam.FlatMap(_counted).with_output_types(Counted)
            | "Sum" >> beam.CombinePerKey(sum)
            | "ByLanguage" >> beam.Map(_by_language).with_output_types(tuple[str, tuple[int, str]])
            | "Commonest" >> beam.combiners.Top.LargestPerKey(self.most)
            | "Gather" >> beam.combiners.ToList()
            | "Write" >> beam.Map(_write, self.path)
        )


def _counted(document: Document) -> Iterator[Counted]:
    found = Counter(terms(document.text, document.language))
    yield from (((document.language, term), count) for term, count in found.items())


def _by_language(item: Counted) -> tuple[str, tuple[int, str]]:
    (language, term), count = item
    return language, (count, term)


def _write(languages: Iterable[tuple[str, list[tuple[int, str]]]], path: str) -> None:
    counts = {language: {term: count for count, term in found} for language, found in languages}
    with files.written_whole(path) as file:
        write_background(Background.of(counts), file)
