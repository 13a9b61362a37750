"""`vlforge pack`: measures every document of every source, in several processes, once.

Documents longer than the sequence are cut into excerpts, or left whole for a phase with a longer one. What is left,
and what cannot be cut (a chat, one endless paragraph), is listed in `left_out.parquet`, not dropped silently.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from torch.utils.data import DataLoader, Dataset

from curation.config import read
from curation.document import Document
from curation.errors import DocumentError, MediaError, UserError
from curation.shard import Place, ShardSet
from model.processor import SYSTEM, Processor
from model.tokenizer import Tokenizer, train_tokenizer
from train.data.excerpts import divisible, excerpts, measure_apart, pieces
from train.data.lengths import (
    LEFT_OUT,
    LEFT_OUT_SCHEMA,
    RECEIPT,
    SCHEMA,
    PackConfig,
    Packed,
    SourceChoice,
    make_processor,
)
from train.data.workers import end_with_parent

DOCUMENTS_A_TASK = 256  # that a process measures in one go
DOCUMENTS_A_PROCESS = 2_000  # fewer are measured before another process has started
PROGRESS_EVERY = 5.0  # seconds


def measure_sources(config: PackConfig) -> Packed:
    """Trains the tokenizer if that is asked for, and measures every source; does nothing where nothing has changed."""
    shards = {name: ShardSet(source.shards) for name, source in config.sources.items()}
    fingerprint = _fingerprint(config, shards)
    if (config.output / RECEIPT).exists() and Packed(config.output).fingerprint == fingerprint:
        print(f"pack: up to date: {config.output}")
        return Packed(config.output)
    if config.output.exists() and not (config.output / RECEIPT).exists():
        raise UserError(f"{config.output}: exists and was not written by `vlforge pack`; name another output")
    aside = config.output.with_name(config.output.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    processor = make_processor(config, _tokenizer(config, shards, aside / "tokenizer"))
    report = _measure(config, shards, processor, aside)
    receipt = {"fingerprint": fingerprint, "config": config.model_dump(mode="json"), "sources": report}
    (aside / RECEIPT).write_text(json.dumps(receipt, indent=1))
    shutil.rmtree(config.output, ignore_errors=True)
    os.replace(aside, config.output)
    return Packed(config.output)


def _measure(
    config: PackConfig, shards: dict[str, ShardSet], processor: Processor, folder: Path
) -> dict[str, dict[str, object]]:
    """Writes each source's lengths, in the order of its rows however many processes measure; says what they come to."""
    report, left = {}, [LEFT_OUT_SCHEMA.empty_table()]
    began = time.monotonic()
    for name, found in groupby(_measured(config, shards, processor), lambda some: some.source):
        parts = list(_shown(name, len(shards[name]), found, began))
        lengths = pa.concat_tables([SCHEMA.empty_table(), *(some.lengths for some in parts)])
        pq.write_table(lengths, folder / f"{name}.parquet")
        counts = {
            "documents": len(shards[name]),
            "excerpts": len(lengths),
            "tokens": int(lengths["tokens"].to_numpy().sum(dtype="int64")),
            "left_out": sum(len(some.left_out) for some in parts),
            "too_short": sum(some.too_short for some in parts),
        }
        rate = len(shards[name]) / max(time.monotonic() - began, 1e-9)
        shown = {what: count for what, count in counts.items() if count or what == "documents"}
        told = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in shown.items())
        listed = f" (listed in {config.output / LEFT_OUT})" if counts["left_out"] else ""
        print(f"pack: {name}: {told}{listed}; {rate:,.0f} documents/s", flush=True)
        report[name] = {"digest": shards[name].digest(), **counts}
        left += [some.left_out for some in parts]
        began = time.monotonic()
    pq.write_table(pa.concat_tables(left), folder / LEFT_OUT)
    return report


@dataclass(frozen=True)
class _Some:
    """Neighbouring documents of a source: where each lies, the first one's row."""

    source: str
    row: int
    places: list[Place]


@dataclass(frozen=True)
class _Measured:
    """Rows of the lengths (`SCHEMA`) of some documents, those left out, and how many are too short."""

    source: str
    documents: int
    lengths: pa.Table
    left_out: pa.Table
    too_short: int


def _measured(config: PackConfig, shards: dict[str, ShardSet], processor: Processor) -> Iterator[_Measured]:
    """All documents in their order, measured in processes of their own where they are many. Raises UserError."""
    most = max(map(len, shards.values()))
    processes = min(config.processes or os.cpu_count() or 1, most // DOCUMENTS_A_PROCESS)
    alone = processes < 2
    loader = DataLoader(
        _Measuring(config, processor),
        batch_size=None,
        sampler=_tasks(shards),
        num_workers=0 if alone else processes,
        prefetch_factor=None if alone else 4,
        # not forked: the locks that the tokenizer's threads hold would stay closed
        multiprocessing_context=None if alone else "spawn",
        worker_init_fn=_begin_process,
    )
    try:
        for found in loader:
            if isinstance(found, UserError):
                raise found
            yield found
    except RuntimeError as error:
        if "exited unexpectedly" not in str(error):
            raise
        raise UserError("pack: a process was killed, for want of memory perhaps: set `processes` lower") from error


def _begin_process(_: int) -> None:
    end_with_parent()


def _tasks(shards: dict[str, ShardSet]) -> Iterator[_Some]:
    """Every source has one at least. Those who read documents by their places need no index."""
    for name, source in shards.items():
        for first in range(0, max(len(source), 1), DOCUMENTS_A_TASK):
            last = min(first + DOCUMENTS_A_TASK, len(source))
            yield _Some(name, first, [source.place(row) for row in range(first, last)])


@dataclass(frozen=True)
class _Measuring(Dataset):
    config: PackConfig
    processor: Processor

    def __getitem__(self, task: _Some) -> _Measured | UserError:
        """An error is returned, not raised: out of a process, a raised one would come as a page of traceback."""
        try:
            return self._measure(task)
        except UserError as error:
            return error

    def _measure(self, task: _Some) -> _Measured:
        source, longest = self.config.sources[task.source], self.config.sequence
        rows: list[tuple] = []
        left_out: list[tuple] = []
        too_short = 0
        for row, place in enumerate(task.places, task.row):
            document = place.read()
            try:
                spans = _spans(document, source, self.processor, longest)
            except (DocumentError, MediaError) as error:  # a video without timestamps, a picture that is a line
                left_out.append((task.source, document.key, 0, 0, None, str(error)))
                continue
            if sum(tokens for _, _, tokens, _ in spans) < source.shortest:
                too_short += 1
                continue
            for first, last, tokens, patches in spans:
                if tokens > longest:
                    left_out.append((task.source, document.key, first, last, tokens, "too long"))
                else:
                    rows.append((row, first, last, tokens, patches, document.task))
        tables = _table(rows, SCHEMA), _table(left_out, LEFT_OUT_SCHEMA)
        return _Measured(task.source, len(task.places), *tables, too_short)


def _shown(name: str, documents: int, found: Iterable[_Measured], began: float) -> Iterator[_Measured]:
    """The same, with a line of progress now and then."""
    told, done = began, 0
    for some in found:
        done += some.documents
        if time.monotonic() - told > PROGRESS_EVERY:
            told = time.monotonic()
            print(f"pack: {name}: {done:,}/{documents:,} documents, {done / (told - began):,.0f}/s", flush=True)
        yield some


def _table(rows: Sequence[tuple], schema: pa.Schema) -> pa.Table:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in schema]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def _spans(
    document: Document, source: SourceChoice, processor: Processor, longest: int
) -> list[tuple[int, int, int, int]]:
    if not divisible(document):
        return [(0, 1, *(measure_apart(document, processor) if source.apart else processor.measure(document)))]
    if source.long == "split":
        return list(excerpts(document, processor, longest))
    return [(0, len(pieces(document)), *processor.measure(document))]


def _tokenizer(config: PackConfig, shards: dict[str, ShardSet], folder: Path) -> Tokenizer:
    choice = config.tokenizer
    if choice.folder:
        Tokenizer(choice.folder).save(folder)
        return Tokenizer(folder)
    assert choice.vocabulary
    texts = (_as_written(document) for name in choice.learn_from for document in shards[name])
    return train_tokenizer(texts, choice.vocabulary, folder)


def _as_written(document: Document) -> str:
    """What the model will read of a document, its roles included: those words should be single tokens too."""
    turns = document.turns if document.turns[0].role is None else (SYSTEM, *document.turns)
    return "\n".join(f"{turn.role}\n{turn.text}" if turn.role else turn.text for turn in turns)


def _fingerprint(config: PackConfig, shards: dict[str, ShardSet]) -> str:
    digests = {name: source.digest() for name, source in shards.items()}
    settings = config.model_dump(mode="json", exclude={"processes"})
    content = json.dumps([settings, read(config.model), digests], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
