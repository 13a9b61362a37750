"""Lengths: how many LLM tokens and ViT patches each document costs, measured once for a tokenizer and a pixel budget.

<output>/lengths.json       settings, digests and counts, written last
<output>/tokenizer          as it was taken or trained
<output>/<source>.parquet   a row an excerpt (`SCHEMA`)
<output>/left_out.parquet   what cannot be trained on at this length, and why (`LEFT_OUT_SCHEMA`)
"""

import json
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, model_validator

from curation.config import Config
from curation.errors import ConfigError, UserError
from curation.shard import ShardSet
from model.config import load_config
from model.frames import VideoBudget
from model.processor import Processor
from model.tokenizer import Tokenizer

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
LEFT_OUT_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("key", pa.string()),
        ("first", pa.int32()),
        ("last", pa.int32()),
        ("tokens", pa.int64()),  # null where they cannot be told
        ("reason", pa.string()),
    ]
)
RECEIPT, LEFT_OUT = "lengths.json", "left_out.parquet"


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
        except ValueError as error:
            raise UserError(f"{folder / RECEIPT}: damaged: remove {folder} and run `vlforge pack` again") from error
        self.folder = folder
        self.receipt = receipt
        self.config = PackConfig.model_validate(receipt["config"])
        self.fingerprint: str = receipt["fingerprint"]

    @property
    def processor(self) -> Processor:
        return make_processor(self.config, Tokenizer(self.folder / "tokenizer"))

    def shards(self, source: str) -> ShardSet:
        shards = ShardSet(self.config.sources[source].shards)
        if shards.digest() != self.receipt["sources"][source]["digest"]:
            raise UserError(f"{shards.folder}: written anew since it was measured; run `vlforge pack` again")
        return shards

    def lengths(self, source: str) -> pa.Table:
        if source not in self.config.sources:
            known = ", ".join(self.config.sources)
            raise ConfigError(f"{self.folder}: no source is called {source}; there are {known}")
        path = self.folder / f"{source}.parquet"
        try:
            return pq.ParquetFile(path).read(use_threads=False)
        except pa.ArrowInvalid as error:
            raise UserError(f"{path}: damaged: remove {self.folder} and run `vlforge pack` again") from error


def make_processor(config: PackConfig, tokenizer: Tokenizer) -> Processor:
    vision = load_config(config.model).vision
    return Processor(tokenizer, vision, config.min_pixels, config.max_pixels, config.video)
