"""Lengths: how many LLM tokens and ViT patches each document costs, measured once for a tokenizer and a pixel budget.

Documents longer than the sequence are cut between paragraphs and images into excerpts, never inside a vision span; what
cannot be cut (a chat, one endless paragraph) is listed as too long, not dropped silently.
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, model_validator

from curation.config import Config
from curation.document import Document, Part, Text, Turn
from curation.errors import ConfigError, UserError
from curation.shard import ShardSet
from model.config import load_config
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
RECEIPT = "lengths.json"
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


class PackConfig(Config):
    """`vlforge pack`: sources of shards, the tokenizer, and the sizes that documents are measured for."""

    output: Path
    model: Path
    sources: dict[str, SourceChoice] = Field(min_length=1)
    tokenizer: TokenizerChoice
    min_pixels: int = Field(ge=784)
    max_pixels: int = Field(ge=784)
    sequence: int = Field(ge=64, description="tokens of the longest excerpt")

    @model_validator(mode="after")
    def _order(self) -> "PackConfig":
        if self.min_pixels > self.max_pixels:
            raise ValueError(f"min_pixels {self.min_pixels} is above max_pixels {self.max_pixels}")
        unknown = set(self.tokenizer.learn_from) - set(self.sources)
        if unknown:
            raise ValueError(f"tokenizer.learn_from: no source is called {', '.join(sorted(unknown))}")
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
    report = {name: _measure(name, shards[name], processor, config, aside) for name in shards}
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
    if not _divisible(document):
        return document
    return replace(document, turns=(Turn(None, tuple(pieces(document)[first:last])),))


def excerpts(document: Document, processor: Processor, longest: int) -> Iterator[tuple[int, int, int, int]]:
    """(first, last, tokens, patches) of consecutive excerpts, each as long as `longest` tokens allow.

    An excerpt that is one piece and still longer is yielded too: the caller must look at its tokens.
    """
    tokens, patches = processor.measure(document)
    end = len(pieces(document)) if _divisible(document) else 1
    if tokens <= longest or end == 1:
        yield 0, end, tokens, patches
        return
    sizes = [processor.measure(excerpt(document, place, place + 1))[0] for place in range(end)]
    first = 0
    while first < end:
        last, total = first + 1, sizes[first]
        while last < end and total + sizes[last] <= longest:
            total += sizes[last]
            last += 1
        # joined text may tokenise to a few more tokens than its pieces
        while (measured := processor.measure(excerpt(document, first, last)))[0] > longest and last - first > 1:
            last -= 1
        yield first, last, *measured
        first = last


def _divisible(document: Document) -> bool:
    return all(turn.role is None for turn in document.turns)


def _paragraphs(text: str) -> list[str]:
    return [piece for piece in re.split(r"(?<=\n\n)", text) if piece]


def measure_apart(document: Document, processor: Processor) -> tuple[int, int]:
    """(tokens, patches) of a chat whose questions are taken apart: every conversation's tokens, each picture once."""
    sizes = [processor.measure(conversation) for conversation in apart(document)]
    return sum(tokens for tokens, _ in sizes), max(patches for _, patches in sizes)


def _measure(name: str, shards: ShardSet, processor: Processor, config: PackConfig, folder: Path) -> dict[str, object]:
    rows, too_long, longest = [], [], config.sequence
    began = told = time.monotonic()
    for row, document in enumerate(shards):
        if time.monotonic() - told > PROGRESS_EVERY:
            told = time.monotonic()
            print(f"pack: {name}: {row:,}/{len(shards):,} documents, {row / (told - began):,.0f}/s", flush=True)
        whole = config.sources[name].apart and not _divisible(document)
        spans = [(0, 1, *measure_apart(document, processor))] if whole else excerpts(document, processor, longest)
        for first, last, tokens, patches in spans:
            if tokens > longest:
                too_long.append({"key": document.key, "first": first, "last": last, "tokens": tokens})
            else:
                rows.append((row, first, last, tokens, patches, document.task))
    table = pa.table(
        [pa.array(column, field.type) for column, field in zip(_columns(rows), SCHEMA, strict=True)], SCHEMA
    )
    pq.write_table(table, folder / f"{name}.parquet")
    seconds = time.monotonic() - began
    total = sum(row[3] for row in rows)
    print(
        f"pack: {name}: {len(shards):,} documents, {len(rows):,} excerpts, {total:,} tokens,"
        f" {len(too_long)} too long ({len(shards) / max(seconds, 1e-9):,.0f} documents/s)"
    )
    return {
        "digest": shards.digest(),
        "documents": len(shards),
        "excerpts": len(rows),
        "tokens": total,
        "too_long": too_long,
    }


def _columns(rows: list[tuple]) -> list[list]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in SCHEMA]


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
    return Processor(tokenizer, load_config(config.model).vision, config.min_pixels, config.max_pixels)


def _fingerprint(config: PackConfig, shards: dict[str, ShardSet]) -> str:
    digests = {name: source.digest() for name, source in shards.items()}
    content = json.dumps([config.model_dump(mode="json"), config.model.read_text(), digests], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
