"""A part of a file, read as its source's layout says: records, documents, images of the web, and what is unreadable.

A part is a range of bytes (JSON lines, gzipped WARC), a run of row groups (Parquet) or a whole file (all else).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import BinaryIO, NamedTuple

from curation.document import Document
from curation.reading import captions, interleaved, own, page, plain, rows, tar, warc
from curation.reading.record import Damage, MalformedError, Record
from curation.reading.streams import is_compressed, open_stream, plain_name
from curation.reject import Reject
from pipelines import layouts
from pipelines.layouts import Source
from pipelines.opening import open_file
from pipelines.store import Item

STAGE = "read"
RANGE = 4 << 20  # bytes: what a worker reads at a time; parts enough to spread over workers

Read = Iterator[tuple[str, Item | MalformedError] | Damage]  # by place in the file


class Part(NamedTuple):
    """`start` and `end` are bytes, or row groups of Parquet; `size` is the whole file's."""

    source: int
    path: str
    start: int
    end: int
    size: int


def split(source: Source, number: int, path: str, size: int, target: int = RANGE) -> list[Part]:
    """The parts of a file, of about `target` bytes each where its format can be read from the middle."""
    name = plain_name(path)
    if name.endswith(".parquet"):
        return [Part(number, path, first, last, size) for first, last in _groups(path, target)]
    by_lines = name.endswith(".jsonl") and not is_compressed(path)
    by_members = isinstance(source, layouts.Warc) and path.lower().endswith(".gz")
    if not by_lines and not by_members:
        return [Part(number, path, 0, size, size)]
    starts = range(0, max(size, 1), target)
    return [Part(number, path, start, min(start + target, size), size) for start in starts]


def _groups(path: str, target: int) -> Iterator[tuple[int, int]]:
    """Runs of row groups. A file that cannot be opened is one run: whoever reads it says what is wrong."""
    try:
        with open_file(path) as file:
            sizes = rows.row_groups(file)
    except Exception:
        sizes = [0]
    first, filled = 0, 0
    for group, size in enumerate(sizes):
        if group > first and filled + size > target:
            yield first, group
            first, filled = group, 0
        filled += size
    if sizes:
        yield first, len(sizes)


def read_part(source: Source, part: Part) -> Iterator[Item]:
    """All that can be read of the part, with the source's name and licence; a Reject for what cannot."""
    try:
        with open_file(part.path) as file:
            for found in _read(source, part, file):
                yield _named(found, source, part.path)
    except Exception as error:  # whatever it is, it is this file's fault
        yield _named(Damage.of(error), source, part.path)


def _named(found: tuple[str, Item | MalformedError] | Damage, source: Source, path: str) -> Item:
    if isinstance(found, Damage):
        uri = f"{path}#{found.place}" if found.place else path
        return Reject("file", uri, STAGE, found.reason, found.detail, dataset=source.dataset)
    place, item = found
    if isinstance(item, MalformedError):
        uri = f"{path}#{place}" if place else path
        return Reject("document", uri, STAGE, item.reason, item.detail[:500], dataset=source.dataset)
    if isinstance(item, Record):
        return replace(item, dataset=source.dataset, licence=item.licence or source.licence)
    if isinstance(item, Document):
        own_source = item.source
        dataset = source.name or own_source.dataset or source.dataset
        kept = replace(own_source, dataset=dataset, licence=own_source.licence or source.licence)
        return replace(item, source=kept)
    return item


def _read(source: Source, part: Part, file: BinaryIO) -> Read:
    root = layouts.folder_of(source.path if layouts.is_pattern(source.path) else source.path + "/")
    if not part.path.startswith(root + "/"):
        root = part.path.rpartition("/")[0]
    name = part.path[len(root) + 1 :]
    match source:
        case layouts.HtmlFolder():
            html = file.read(page.MAX_PAGE + 1)
            return _one(lambda: page.read_page(html, name, part.path, root))
        case layouts.PlainText() if plain_name(part.path).endswith(".txt"):
            text = open_stream(file, part.path).read(plain.MAX_TEXT + 1)
            return _one(lambda: plain.read_text(text, name))
        case layouts.Warc():
            if part.path.lower().endswith(".gz"):
                return warc.read_gzipped(file, part.start, part.end, part.size)
            return warc.read_plain(file, part.size)
        case layouts.WebDataset():
            return _samples(tar.read_samples(file, part.path, part.size, name), name)
        case layouts.Obelics():
            return _each(part, file, lambda row, place: interleaved.read_obelics(row, f"{name}#{place}"))
        case layouts.OmniCorpus():
            return _each(part, file, lambda row, place: interleaved.read_omnicorpus(row, f"{name}#{place}"))
        case layouts.Mmc4():
            return _each(part, file, lambda row, place: interleaved.read_mmc4(row, f"{name}#{place}"))
        case layouts.Table(url=url, text=column, image=image):
            caption = partial(captions.read_caption, url=url, text=column, image=image)
            return _each(part, file, lambda row, place: caption(row, f"{name}#{place}"))
        case layouts.Documents():
            return _each(part, file, lambda row, place: own.read_document(row))
        case layouts.PlainText(column=column):
            return _each(part, file, lambda row, place: plain.read_text_row(row, f"{name}#{place}", column))


def _one(make: Callable[[], Item]) -> Read:
    yield "", _made(make)


def _made(make: Callable[[], Item]) -> Item | MalformedError:
    try:
        return make()
    except MalformedError as error:
        return error
    except Exception as error:  # a row of a shape that nobody thought of is that row's fault
        return MalformedError("error", f"{type(error).__name__}: {' '.join(str(error).split())}")


def _each(part: Part, file: BinaryIO, make: Callable[[rows.Row, str], Item]) -> Read:
    for found in _rows(part, file):
        if isinstance(found, Damage):
            yield found
            continue
        place, row = found
        yield place, row if isinstance(row, MalformedError) else _made(partial(make, row, place))


def _rows(part: Part, file: BinaryIO) -> Iterable[rows.Numbered | Damage]:
    name = plain_name(part.path)
    if name.endswith(".parquet"):
        return rows.parquet_rows(file, part.start, part.end)
    if name.endswith((".csv", ".tsv")):
        return rows.delimited_rows(open_stream(file, part.path), "\t" if name.endswith(".tsv") else ",")
    if is_compressed(part.path):
        return rows.json_rows(open_stream(file, part.path))
    return rows.json_rows(file, part.start, part.end)


def _samples(samples: Iterator[tar.Sample | Damage], name: str) -> Read:
    for sample in samples:
        if isinstance(sample, Damage):
            yield sample
        else:
            yield sample.key, _made(partial(tar.read_sample, sample, f"{name}#{sample.key}"))
