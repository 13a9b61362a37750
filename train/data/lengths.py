"""Lengths: how many LLM tokens and ViT patches each document costs, measured once for a tokenizer and a pixel budget.

Documents longer than the sequence are cut between paragraphs and images into excerpts, never inside a vision span, or
left whole for a phase with a longer one. What is left, and what cannot be cut (a chat, one endless paragraph), is
listed in `too_long.parquet`, not dropped silently.
"""

import hashlib
import json
import multiprocessing
import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, model_validator
from torch.utils.data import DataLoader, Dataset

from curation.config import Config
from curation.document import Document, Part, Text, Turn
from curation.errors import ConfigError, UserError
from curation.shard import Place, ShardSet
from model.config import load_config
from model.frames import VideoBudget
from model.processor import SYSTEM, Processor, apart
from model.tokenizer import Tokenizer, train_tokenizer

SCHEMA = pa.schema(
    [
        ("row", pa.int64()),  # of the shards' index
        ("first", pa.int32()),  # pieces [first, last) of the document
        ("last", pa.int32()),
        ("tokens", pa.int32()),
        ("patches", pa.int32()),
        ("task", pa.string()),
    ]
)
TOO_LONG_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("key", pa.string()),
        ("first", pa.int32()),
        ("last", pa.int32()),
        ("tokens", pa.int64()),
    ]
)
RECEIPT, TOO_LONG = "lengths.json", "too_long.parquet"
DOCUMENTS_A_TASK = 256  # that a process measures in one go
DOCUMENTS_A_PROCESS = 2_000  # fewer are measured before another process has started
PROGRESS_EVERY = 5.0  # seconds


class TokenizerChoice(Config):
    """A tokenizer directory (of a Qwen release, say), or the size of one to train on the documents of some sources."""

    folder: Path | None = None
    vocabulary: int | None = Field(default=None, ge=300)
    learn_from: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> "TokenizerChoice":
        if (self.folder is None) == (self.vocabulary is None):
            raise ValueError("name either a folder or a vocabulary to train")
        if self.vocabulary and not self.learn_from:
            raise ValueError("learn_from: name the sources whose text the tokenizer is trained on")
        return self


class SourceChoice(Config):
    """A folder of shards. `apart`: each question of a chat is a conversation of its own, all sharing one look at the
    picture, so that no answer can be copied from the turns before."""

    shards: str
    apart: bool = False
    long: Literal["split", "leave"] = Field(default="split", description="documents longer than the sequence")
    shortest: int = Field(default=0, ge=0, description="tokens; shorter documents are counted and not taken")


class PackConfig(Config):
    """`vlforge pack`: sources of shards, the tokenizer, and the sizes that documents are measured for."""

    output: Path
    model: Path
    sources: dict[str, SourceChoice] = Field(min_length=1)
    tokenizer: TokenizerChoice
    min_pixels: int = Field(ge=784)
    max_pixels: int = Field(ge=784)
    video: VideoBudget = VideoBudget()
    sequence: int = Field(ge=64, description="tokens of the longest excerpt")
    processes: int | None = Field(default=None, ge=1, description="that measure; else as many as there are cores")

    @model_validator(mode="after")
    def _order(self) -> "PackConfig":
        if self.min_pixels > self.max_pixels:
            raise ValueError(f"min_pixels {self.min_pixels} is above max_pixels {self.max_pixels}")
        unknown = set(self.tokenizer.learn_from) - set(self.sources)
        if unknown:
            raise ValueError(f"tokenizer.learn_from: no source is called {', '.join(sorted(unknown))}")
        for name, source in self.sources.items():
            if source.shortest > self.sequence:
                raise ValueError(f"sources.{name}.shortest: {source.shortest:,} is above sequence: {self.sequence:,}")
        return self


class Packed:
    """The finished output of `vlforge pack`: measured sources, with the processor that measured them."""

    def __init__(self, folder: Path):
        try:
            receipt = json.loads((folder / RECEIPT).read_text())
        except FileNotFoundError as error:
            raise UserError(f"{folder}: no {RECEIPT}: run `vlforge pack` first") from error
        self.folder = folder
        self.receipt = receipt
        self.config = PackConfig.model_validate(receipt["config"])
        self.fingerprint: str = receipt["fingerprint"]

    @property
    def processor(self) -> Processor:
        return _processor(self.config, Tokenizer(self.folder / "tokenizer"))

    def shards(self, source: str) -> ShardSet:
        shards = ShardSet(self.config.sources[source].shards)
        if shards.digest() != self.receipt["sources"][source]["digest"]:
            raise UserError(f"{shards.folder}: written anew since it was measured; run `vlforge pack` again")
        return shards

    def lengths(self, source: str) -> pa.Table:
        if source not in self.config.sources:
            known = ", ".join(self.config.sources)
            raise ConfigError(f"{self.folder}: no source is called {source}; there are {known}")
        return pq.ParquetFile(self.folder / f"{source}.parquet").read(use_threads=False)


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
    processor = _processor(config, _tokenizer(config, shards, aside / "tokenizer"))
    report = _measure(config, shards, processor, aside)
    receipt = {"fingerprint": fingerprint, "config": config.model_dump(mode="json"), "sources": report}
    (aside / RECEIPT).write_text(json.dumps(receipt, indent=1))
    shutil.rmtree(config.output, ignore_errors=True)
    os.replace(aside, config.output)
    return Packed(config.output)


def pieces(document: Document) -> list[Part]:
    """The parts of a pre-training document, every text cut after each blank line: where it may be split."""
    cut: list[Part] = []
    for turn in document.turns:
        for part in turn.parts:
            cut += [Text(text) for text in _paragraphs(part.text)] if isinstance(part, Text) else [part]
    return cut


def excerpt(document: Document, first: int, last: int) -> Document:
    """Pieces [first, last) of a document; the whole of a chat, which is one piece."""
    return _joined(document, pieces(document)[first:last]) if _divisible(document) else document


def excerpts(document: Document, processor: Processor, longest: int) -> Iterator[tuple[int, int, int, int]]:
    """(first, last, tokens, patches) of consecutive excerpts, each as long as `longest` tokens allow.

    An excerpt that is one piece and still longer is yielded too: the caller must look at its tokens.
    """
    tokens, patches = processor.measure(document)
    cut = pieces(document) if _divisible(document) else []
    end = len(cut) or 1
    if tokens <= longest or end == 1:
        yield 0, end, tokens, patches
        return
    sizes = [processor.measure(_joined(document, [piece]))[0] for piece in cut]
    first = 0
    while first < end:
        last, total = first + 1, sizes[first]
        while last < end and total + sizes[last] <= longest:
            total += sizes[last]
            last += 1
        # joined text may tokenise to a few more tokens than its pieces
        while (measured := processor.measure(_joined(document, cut[first:last])))[0] > longest and last - first > 1:
            last -= 1
        yield first, last, *measured
        first = last


def _joined(document: Document, cut: Sequence[Part]) -> Document:
    return replace(document, turns=(Turn(None, tuple(cut)),))


def _divisible(document: Document) -> bool:
    return all(turn.role is None for turn in document.turns)


def _paragraphs(text: str) -> list[str]:
    return [piece for piece in re.split(r"(?<=\n\n)", text) if piece]


def measure_apart(document: Document, processor: Processor) -> tuple[int, int]:
    """(tokens, patches) of a chat whose questions are taken apart: every conversation's tokens, each picture once."""
    sizes = [processor.measure(conversation) for conversation in apart(document)]
    return sum(tokens for tokens, _ in sizes), max(patches for _, patches in sizes)


def _measure(
    config: PackConfig, shards: dict[str, ShardSet], processor: Processor, folder: Path
) -> dict[str, dict[str, object]]:
    """Writes each source's lengths, in the order of its rows however many processes measure; says what they come to."""
    report, left = {}, [TOO_LONG_SCHEMA.empty_table()]
    began = time.monotonic()
    for name, found in groupby(_measured(config, shards, processor), lambda some: some.source):
        parts = list(_shown(name, len(shards[name]), found, began))
        lengths = pa.concat_tables([SCHEMA.empty_table(), *(some.lengths for some in parts)])
        pq.write_table(lengths, folder / f"{name}.parquet")
        counts = {
            "documents": len(shards[name]),
            "excerpts": len(lengths),
            "tokens": int(lengths["tokens"].to_numpy().sum(dtype="int64")),
            "too_long": sum(len(some.too_long) for some in parts),
            "too_short": sum(some.too_short for some in parts),
        }
        rate = len(shards[name]) / max(time.monotonic() - began, 1e-9)
        told = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items() if count)
        listed = f" (listed in {config.output / TOO_LONG})" if counts["too_long"] else ""
        print(f"pack: {name}: {told}{listed}; {rate:,.0f} documents/s", flush=True)
        report[name] = {"digest": shards[name].digest(), **counts}
        left += [some.too_long for some in parts]
        began = time.monotonic()
    pq.write_table(pa.concat_tables(left), folder / TOO_LONG)
    return report


@dataclass(frozen=True)
class _Some:
    """Neighbouring documents of a source: where each lies, the first one's row."""

    source: str
    row: int
    places: list[Place]


@dataclass(frozen=True)
class _Measured:
    """Rows of the lengths (`SCHEMA`) of some documents, the too long ones, and how many are too short."""

    source: str
    documents: int
    lengths: pa.Table
    too_long: pa.Table
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
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Torch's own watch asks a process to end, but one that still has results to hand over waits for a reader."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


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
        rows, too_long, too_short = [], [], 0
        for row, place in enumerate(task.places, task.row):
            document = place.read()
            spans = _spans(document, source, self.processor, longest)
            if sum(tokens for _, _, tokens, _ in spans) < source.shortest:
                too_short += 1
                continue
            for first, last, tokens, patches in spans:
                if tokens > longest:
                    too_long.append((task.source, document.key, first, last, tokens))
                else:
                    rows.append((row, first, last, tokens, patches, document.task))
        tables = _table(rows, SCHEMA), _table(too_long, TOO_LONG_SCHEMA)
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


def _spans(
    document: Document, source: SourceChoice, processor: Processor, longest: int
) -> list[tuple[int, int, int, int]]:
    if not _divisible(document):
        return [(0, 1, *(measure_apart(document, processor) if source.apart else processor.measure(document)))]
    if source.long == "split":
        return list(excerpts(document, processor, longest))
    return [(0, len(pieces(document)), *processor.measure(document))]


def _table(rows: Sequence[tuple], schema: pa.Schema) -> pa.Table:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in schema]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


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


def _processor(config: PackConfig, tokenizer: Tokenizer) -> Processor:
    vision = load_config(config.model).vision
    return Processor(tokenizer, vision, config.min_pixels, config.max_pixels, config.video)


def _fingerprint(config: PackConfig, shards: dict[str, ShardSet]) -> str:
    digests = {name: source.digest() for name, source in shards.items()}
    settings = config.model_dump(mode="json", exclude={"processes"})
    content = json.dumps([settings, config.model.read_text(), digests], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
