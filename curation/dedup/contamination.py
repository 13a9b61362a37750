"""Texts of benchmarks, to be kept out of training data: documents that share a long n-gram with one are found.

n-grams of 13 words as in GPT-3 (Brown et al. 2020, appendix C); entries of fewer words are looked for whole, down to
its 8: shorter ones are no evidence and are left out. `share` asks in addition for so much of the entry's n-grams, in
the manner of Qwen2.5 (2024), whose longest common subsequence must be 13 tokens and 0.6 of the shorter text.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from curation.config import Config
from curation.dedup.words import Hashes, gram_size, grams, tokens, word_hashes
from curation.errors import ConfigError, MediaError
from curation.media import open_uri, read_bytes

_MOST = 50_000_000  # n-grams: 0.8 GB a worker; all benchmarks in use together have some millions


class Benchmark(Config):
    name: str = Field(min_length=1)
    path: str = Field(min_length=1, description=".jsonl, .json, .parquet (`field` is the text) or .txt (a line each)")
    field: str = Field("question", min_length=1, description="a text or a list of texts")


class ContaminationSettings(Config):
    benchmarks: tuple[Benchmark, ...] = ()
    ngram: int = Field(13, ge=2, le=50, description="words; twice as many characters in scripts without spaces")
    shortest: int = Field(8, ge=1, description="words of the shortest entry that is looked for")
    share: float = Field(0.0, ge=0, le=1, description="of an entry's n-grams; 0: one is enough. Qwen2.5: 0.6")


@dataclass(frozen=True, slots=True)
class Match:
    """`words` are those of the first n-gram that the text has of the entry (numbered from 1)."""

    benchmark: str
    entry: int
    words: str

    def __str__(self) -> str:
        return f"{self.benchmark}, entry {self.entry}: {self.words}"


@dataclass(frozen=True, slots=True)
class _Table:
    """The n-grams of one length: `keys` sorted, and which entry each is of."""

    size: int
    keys: Hashes
    entries: NDArray[np.int32]


class Contamination:
    """An index of all benchmarks' n-grams. Raises ConfigError where a file is missing, empty or too large."""

    def __init__(self, settings: ContaminationSettings):
        self.settings = settings
        self.ignored = 0  # entries too short to be looked for
        self._names: list[tuple[str, int]] = []  # (benchmark, number) of each entry
        self._counts: list[int] = []  # n-grams of each entry
        found: dict[int, tuple[list[Hashes], list[int]]] = {}
        total = 0
        for benchmark in settings.benchmarks:
            for number, text in enumerate(read_entries(benchmark), 1):
                size, keys = self._grams(text)
                if not size:
                    self.ignored += 1
                    continue
                keys_of, entry_of = found.setdefault(size, ([], []))
                keys_of.append(keys)
                entry_of.append(len(self._names))
                self._names.append((benchmark.name, number))
                self._counts.append(len(keys))
                total += len(keys)
                if total > _MOST:
                    raise ConfigError(f"{benchmark.path}: over {_MOST:,} n-grams of benchmarks: no index for a worker")
        self._tables = [_table(size, *found[size]) for size in sorted(found, reverse=True)]

    def __len__(self) -> int:
        """How many entries are looked for."""
        return len(self._names)

    def _grams(self, text: str) -> tuple[int, Hashes]:
        """The length of this entry's n-grams, 0 where it is too short, and each of them once."""
        hashes = word_hashes(text)
        if len(hashes) < gram_size(hashes, self.settings.shortest):
            return 0, hashes
        size = min(gram_size(hashes, self.settings.ngram), len(hashes))
        return size, np.unique(grams(hashes, size))

    def find(self, hashes: Hashes, texts: Iterable[str]) -> Match | None:
        """The first entry that a text has of the longest n-grams; `texts` are what the hashes were made of."""
        for table in self._tables:
            keys = grams(hashes, table.size)
            slots = np.minimum(np.searchsorted(table.keys, keys), len(table.keys) - 1)
            shared = table.keys[slots] == keys
            if not shared.any() or (entry := self._entry(table, np.unique(keys[shared]))) is None:
                continue
            place = int(np.flatnonzero(np.isin(keys, table.keys[table.entries == entry]))[0])
            shown = [word for text in texts for word in tokens(text)][place : place + table.size]
            return Match(*self._names[entry], " ".join(shown))
        return None

    def _entry(self, table: _Table, shared: Hashes) -> int | None:
        """The first entry that has the wanted share of its n-grams among those shared (each given once)."""
        starts, ends = np.searchsorted(table.keys, shared), np.searchsorted(table.keys, shared, "right")
        owners = [table.entries[start:end] for start, end in zip(starts, ends, strict=True)]
        entries, counts = np.unique(np.concatenate(owners), return_counts=True)
        enough = [int(e) for e, n in zip(entries, counts, strict=True) if n >= self.settings.share * self._counts[e]]
        return enough[0] if enough else None


def _table(size: int, keys: Sequence[Hashes], entries: Sequence[int]) -> _Table:
    every = np.concatenate(keys)
    of = np.repeat(np.array(entries, np.int32), [len(each) for each in keys])
    order = np.argsort(every, kind="stable")
    return _Table(size, every[order], of[order])


def digest(settings: ContaminationSettings) -> str:
    """Changes when a benchmark's file does."""
    whole = hashlib.sha256()
    for benchmark in settings.benchmarks:
        whole.update(hashlib.sha256(_read(benchmark)).digest())
    return whole.hexdigest()[:16]


def _read(benchmark: Benchmark) -> bytes:
    try:
        return read_bytes(benchmark.path)
    except MediaError as error:
        raise ConfigError(f"benchmark {benchmark.name}: {error.args[1]}") from error


def read_entries(benchmark: Benchmark) -> Iterator[str]:
    """The texts of a benchmark's file. Raises ConfigError where it cannot be read or holds none."""
    empty = True
    for row in _rows(benchmark):
        value = row.get(benchmark.field) if isinstance(row, dict) else row
        if value is None:
            continue
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise ConfigError(f"{benchmark.path}: {benchmark.field} is neither a text nor a list of texts")
        for text in texts:
            empty = False
            yield text
    if empty:
        raise ConfigError(f"benchmark {benchmark.name}: {benchmark.path} has no text in the field {benchmark.field!r}")


def _rows(benchmark: Benchmark) -> Iterator[Any]:
    path = benchmark.path
    kind = path.rpartition(".")[2]
    if kind == "parquet":
        yield from _parquet(benchmark)
        return
    try:
        text = _read(benchmark).decode("utf-8")
        if kind == "txt":
            yield from filter(str.strip, text.split("\n"))
        elif kind == "jsonl":
            yield from (json.loads(line) for line in text.split("\n") if line.strip())
        elif kind == "json":
            rows = json.loads(text)
            yield from rows if isinstance(rows, list) else [rows]
        else:
            raise ConfigError(f"{path}: a benchmark is .jsonl, .json, .parquet or .txt")
    except ValueError as error:
        raise ConfigError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}") from error


def _parquet(benchmark: Benchmark) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_uri(benchmark.path) as file:
            parquet = pq.ParquetFile(file)
            if benchmark.field not in parquet.schema_arrow.names:
                names = ", ".join(parquet.schema_arrow.names)
                raise ConfigError(f"{benchmark.path}: no column {benchmark.field!r} among {names}")
            for batch in parquet.iter_batches(columns=[benchmark.field], use_threads=False):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"{benchmark.path}: cannot be read: {' '.join(str(error).split())[:200]}") from error
