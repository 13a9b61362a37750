"""The terms of a corpus, counted for `curation.scoring.relevance`: one small table beside a stage's documents."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from curation.document import Document
from curation.scoring.background import Background, terms, write_background
from pipelines import files

TERMS = "terms.parquet"
MOST = 200_000  # of a language: the commonest; what is rarer counts as unknown
HELD = 100_000  # terms that a worker sums before it hands them on

Counted = tuple[tuple[str, str], int]  # ((language, term), how often)


class WriteTerms(beam.PTransform):
    """Counts the terms of documents by their language into `<folder>/terms.parquet`; equal for any order of them."""

    def __init__(self, folder: str, most: int = MOST):
        super().__init__()
        self.path, self.most = f"{folder}/{TERMS}", most

    def expand(self, documents: beam.PCollection) -> Any:
        return (
            documents
            | "Count" >> beam.ParDo(_Count()).with_output_types(Counted)
            | "Sum" >> beam.CombinePerKey(sum)
            | "ByLanguage" >> beam.Map(_by_language).with_output_types(tuple[str, tuple[int, str]])
            | "Commonest" >> beam.combiners.Top.LargestPerKey(self.most)
            | "Gather" >> beam.combiners.ToList()
            | "Write" >> beam.Map(_write, self.path)
        )


class _Count(beam.DoFn):
    """Sums what a bundle has of each term: a page has hundreds, and Beam's cost of an element is many times a sum's."""

    def start_bundle(self) -> None:
        self.counts: dict[str, Counter[str]] = {}

    def process(self, document: Document) -> Iterator[Counted]:
        self.counts.setdefault(document.language, Counter()).update(terms(document.text, document.language))
        if sum(map(len, self.counts.values())) >= HELD:
            yield from self._counted()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        yield from map(GlobalWindows.windowed_value, self._counted())

    def _counted(self) -> Iterator[Counted]:
        counts, self.counts = self.counts, {}
        for language, found in counts.items():
            yield from (((language, term), count) for term, count in found.items())


def _by_language(item: Counted) -> tuple[str, tuple[int, str]]:
    (language, term), count = item
    return language, (count, term)


def _write(languages: Iterable[tuple[str, list[tuple[int, str]]]], path: str) -> None:
    counts = {language: {term: count for count, term in found} for language, found in languages}
    with files.written_whole(path) as file:
        write_background(Background.of(counts), file)
