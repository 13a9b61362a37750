"""The five stages of `vlforge curate` without Beam: the very same functions over the same files, in plain loops.

What Beam does is done here by lists and dicts: no coding of elements, no bundles, no counting. Images of the web are
left out. Each stage reads what `<before>` holds, leaves its own files in `folder` and gives back how many it kept.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam import pvalue

from curation.dedup.settings import DedupSettings
from curation.document import Document
from curation.images.looker import ImageSettings
from curation.reject import Reject
from curation.scoring.background import Background, read_background, terms, write_background
from curation.scoring.score import Scorer
from pipelines import deduplicate as dedup
from pipelines import duplicates, images, samepictures, score_table, selection, sink, steps
from pipelines.curate import CurateConfig
from pipelines.documents import Range, _noted, list_ranges, read_range
from pipelines.extract import cleaner
from pipelines.readers import read_part, split
from pipelines.remote import new_job
from pipelines.sources import list_files
from pipelines.store import Archived, stored
from pipelines.terms import TERMS

Outputs = dict[str, list[Any]]  # by tag; "main" has what has none
BATCH = 64


def outputs(results: Iterable[Any]) -> Outputs:
    found: Outputs = {"main": []}
    for result in results:
        if isinstance(result, pvalue.TaggedOutput):
            found.setdefault(result.tag, []).append(result.value)
        else:
            found["main"].append(result)
    return found


def each(worker: beam.DoFn, elements: Iterable[Any]) -> Outputs:
    worker.setup()
    worker.start_bundle()
    found = outputs(result for element in elements for result in worker.process(element))
    worker.teardown()
    return found


def flat(function: Callable[..., Iterable[Any]], elements: Iterable[Any], *arguments: Any) -> list[Any]:
    return [result for element in elements for result in function(element, *arguments)]


def group(pairs: Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, list[Any]]]:
    found: dict[Any, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found.items()


def join(**inputs: Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, dict[str, list[Any]]]]:
    found: dict[Any, dict[str, list[Any]]] = {}
    for name, pairs in inputs.items():
        for key, value in pairs:
            found.setdefault(key, {other: [] for other in inputs})[name].append(value)
    return found.items()


def least(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    return {key: min(values) for key, values in group(pairs)}


def noted(places: list[Range], notes: Iterable[tuple[Any, Any]]) -> Iterator[Any]:
    by_range = dict(group((place, (at, note)) for (place, at), note in notes))
    return (item for place in places for item in _noted((place, {"notes": by_range.get(place, [])})))


@contextmanager
def written(folder: Path) -> Iterator[Callable[[Document], object]]:
    """Takes documents, and writes each as a line."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "documents-0.jsonl").open("w", encoding="utf-8") as file:
        yield lambda document: file.write(document.to_json() + "\n")


def write_rejects(folder: Path, rejects: Iterable[steps.Rejected]) -> None:
    rows = [steps._row(item) for item in rejects]
    pq.write_table(pa.Table.from_pylist(rows, steps.REJECT_SCHEMA), folder / "rejects.parquet", compression="zstd")


def read(before: Path) -> Iterator[Document]:
    return (document for place in list_ranges(str(before)) for _, document in read_range(place))


# --- the stages ---


def extract(config: CurateConfig, before: Path, folder: Path) -> int:
    rejects, kept, media = [], 0, f"{folder}/media"
    work = cleaner(config.clean, config.safety, config.score.language_model, media)
    with written(folder) as write:
        for item in stored(_items(config), media):
            if isinstance(item, Reject):
                rejects.append(steps.rejected(item))
                continue
            assert not isinstance(item, Archived)
            for result in work(item):
                if isinstance(result, Reject):
                    rejects.append(steps.rejected(result))
                else:
                    write(result)
                    kept += 1
    write_rejects(folder, rejects)
    return kept


def _items(config: CurateConfig) -> Iterator[Any]:
    for number, source in enumerate(config.sources):
        for file in list_files(source):
            for part in split(source, number, file.path, file.size_in_bytes):
                yield from read_part(source, part)


def deduplicate(config: CurateConfig, before: Path, folder: Path) -> int:
    settings, places = config.deduplicate, list(list_ranges(str(before)))
    notes = _compared(settings, each(dedup._Look(settings), places))
    return _apply(dedup._Apply(settings.paragraphs), noted(places, notes), folder)


def _compared(settings: DedupSettings, look: Outputs) -> list[Any]:
    assert settings.near
    assert settings.paragraphs
    pairs = each(duplicates._Compare(settings.near), group(look.get("bands", [])))["main"]
    joined = duplicates._Components()
    found = joined.create_accumulator()
    for block in pairs:
        found = joined.add_input(found, block)
    numbers = duplicates._numbers(joined.extract_output(found))
    copies = outputs(flat(duplicates._copies, group([*look.get("members", []), *numbers])))
    similar = each(duplicates._Choose(settings.near), group(copies.get("members", [])))["main"]
    notes = [*look.get("notes", []), *copies.get("notes", []), *similar]
    left = flat(dedup._left, group([*look.get("paragraphs", []), *flat(dedup._dropped, notes)]))
    return notes + flat(dedup._repeated, group(left), settings.paragraphs.documents)


def _apply(worker: beam.DoFn, items: Iterable[Any], folder: Path) -> int:
    rejects, kept = [], 0
    worker.setup()
    with written(folder) as write:
        for item in items:
            for result in worker.process(item):
                if not isinstance(result, pvalue.TaggedOutput):
                    write(result)
                    kept += 1
                elif result.tag == "rejects":
                    rejects.append(result.value)
    write_rejects(folder, rejects)
    return kept


def look_at_images(config: CurateConfig, before: Path, folder: Path) -> int:
    settings, places = config.images, list(list_ranges(str(before)))
    look = each(images._LookAtLocal(new_job(str(folder), settings, images.CODE)), places)
    assert not look.get("wanted"), "images of the web are not looked at here"
    kept = _apply(images._Apply(), noted(places, _verdicts(settings, look)), folder)
    counts: dict[str, Counter[str]] = {}
    for document in read(folder):
        counts.setdefault(document.language, Counter()).update(terms(document.text, document.language))
    with (folder / TERMS).open("wb") as file:
        write_background(Background.of(counts), file)
    return kept


def _verdicts(settings: ImageSettings, look: Outputs) -> Iterator[Any]:
    first = _first_of_same(settings, look.get("prints", []))
    gathered = flat(images._gathered, join(signs=look.get("signs", []), found=look["main"]))
    shown = flat(images._shown, gathered)
    by_first = flat(samepictures._by_first, join(shown=shown, first=first.items()))
    known = flat(samepictures._count, group(by_first), settings.same.max_documents)
    decided = flat(images._decide, join(gathered=gathered, known=known), settings)
    staying = (item for item in decided if item[1][1].fault is None)
    rows = flat(samepictures._rows, staying, settings.same)
    yield from ((address, (0, verdict)) for address, (_, verdict) in decided)
    for address, twin in flat(samepictures._twins, group(rows), settings.same.sets):
        yield address, (1, twin)


def _first_of_same(settings: ImageSettings, prints: Iterable[Any]) -> Mapping[str, str]:
    distance = settings.same.distance
    hashed = [(value, (digest, grey)) for (value, digest), grey in least(flat(samepictures._by_hash, prints)).items()]
    banded = flat(samepictures._banded, {value for value, _ in hashed}, distance)
    near = flat(samepictures._near, group(banded), distance)
    candidates = flat(samepictures._candidates, join(hashed=hashed, near=near))
    return least(flat(samepictures._confirm, group(candidates), settings.same))


def score(config: CurateConfig, before: Path, folder: Path) -> int:
    scorer, kept = Scorer(config.score, read_background(f"{before}/{TERMS}")), 0
    folder.mkdir(parents=True)
    table = score_table.Columns((folder / "scores-0.parquet").open("wb"))
    with written(folder) as write:
        documents = read(before)
        while batch := list(islice(documents, BATCH)):
            for result in scorer.score_all(batch):
                if isinstance(result, Exception):
                    raise result
                write(result)
                table.add(score_table.row(result))
                kept += 1
    table.close()
    return kept


def shards(config: CurateConfig, before: Path, folder: Path) -> int:
    folder.mkdir(parents=True)
    plan, rejects, rows = selection.make_plan(str(before), config.select), [], []
    for document in read(before):
        if reject := selection.decide(document, config.select, plan):
            rejects.append(steps.rejected(reject, document))
        else:
            rows.append(sink._row(document))
    sizes = Counter[int]()
    for size, (key, *_) in rows:
        sizes[sink.bucket(key)] += size
    starts = sink.plan_shards(sizes.items(), config.shards.megabytes * sink.MEGABYTE)
    done = outputs(flat(sink._write, group(sink._assign(row, starts) for row in rows), str(folder)))
    sink.write_manifest(done.get("entries", []), str(folder))
    write_rejects(folder, [*rejects, *done.get("rejects", [])])
    return sum(entry.documents for entry in done.get("entries", []))


STAGES: dict[str, Callable[[CurateConfig, Path, Path], int]] = {
    "extract": extract,
    "deduplicate": deduplicate,
    "images": look_at_images,
    "score": score,
    "shards": shards,
}
