"""What a job reads: its `sources`, each of one layout. The same settings name local paths, s3:// and gs://."""

import re
from typing import Annotated, ClassVar, Literal

import pydantic

from curation.config import Config
from curation.reading.streams import plain_name


class _Source(Config):
    """`path` is a folder (all fitting files below it), a file, or a pattern with * and **."""

    endings: ClassVar[tuple[str, ...]] = (".jsonl", ".parquet")  # of fitting files, but for compression

    path: str = pydantic.Field(min_length=1)
    name: str = pydantic.Field("", description="each document keeps it; by default the last part of the path")
    licence: str = pydantic.Field("", description="each document keeps it, but where its row or page names its own")

    @pydantic.field_validator("path")
    @classmethod
    def _without_slash(cls, path: str) -> str:
        return path.rstrip("/") or "/"

    @property
    def dataset(self) -> str:
        fixed = self.path if is_pattern(self.path) else self.path + "/"
        last = folder_of(fixed).rpartition("/")[2]
        return self.name or re.sub(r"\.(jsonl?|parquet|warc|tar|csv|tsv|txt)$", "", plain_name(last)) or "source"

    def fits(self, path: str) -> bool:
        """Whether a file below the path is one of this layout's; names that begin with _ or . are other programs'."""
        hidden = any(part.startswith(("_", ".")) for part in path.split("/"))
        return plain_name(path).endswith(self.endings) and not hidden


class HtmlFolder(_Source):
    """Pages, and beside or below them the images that they show."""

    layout: Literal["html"]
    pattern: str = pydantic.Field("**/*.html", description="which files below the folder are pages; ** is any depth")


class Warc(_Source):
    """Web archives: their pages, their images, and the texts of WET files."""

    endings: ClassVar[tuple[str, ...]] = (".warc", ".wet")
    layout: Literal["warc"]


class Obelics(_Source):
    layout: Literal["obelics"]


class Mmc4(_Source):
    layout: Literal["mmc4"]


class OmniCorpus(_Source):
    layout: Literal["omnicorpus"]


class WebDataset(_Source):
    """Tars of pairs (image and .txt or .json), of interleaved rows with their images, or our own shards."""

    endings: ClassVar[tuple[str, ...]] = (".tar",)
    layout: Literal["webdataset"]


class Table(_Source):
    """Image-caption tables. A column that is not named is found by its usual names."""

    endings: ClassVar[tuple[str, ...]] = (".parquet", ".csv", ".tsv", ".jsonl")
    layout: Literal["table"]
    url: str = pydantic.Field("", description="column of image addresses")
    text: str = pydantic.Field("", description="column of captions")
    image: str = pydantic.Field("", description="column of images: bytes, or {bytes, path} as Hugging Face stores them")


class Documents(_Source):
    """Our own Documents: lines of JSON, Parquet, or the folder of a finished stage."""

    layout: Literal["documents"]


class PlainText(_Source):
    """Pure text: a file a text (.txt), or a column of rows."""

    endings: ClassVar[tuple[str, ...]] = (".txt", ".jsonl", ".parquet")
    layout: Literal["text"]
    column: str = pydantic.Field("text", min_length=1)


Source = Annotated[
    HtmlFolder | Warc | Obelics | Mmc4 | OmniCorpus | WebDataset | Table | Documents | PlainText,
    pydantic.Field(discriminator="layout"),
]


def _apart(sources: list[Source]) -> list[Source]:
    """Two folders called `docs` would give documents of the same names, and counts, quotas and rejects would mix."""
    first: dict[str, int] = {}
    for number, source in enumerate(sources):
        if (other := first.setdefault(source.dataset, number)) != number:
            raise ValueError(f"{other} and {number} have the same name, {source.dataset}: give one another by `name:`")
    return sources


Sources = Annotated[list[Source], pydantic.Field(min_length=1), pydantic.AfterValidator(_apart)]


def is_pattern(path: str) -> bool:
    return bool(set(path) & set("*?["))


def folder_of(path: str) -> str:
    """The folder that all files of a pattern lie below, or that a file lies in."""
    fixed = re.split(r"[*?\[]", path, maxsplit=1)[0]
    return fixed.rpartition("/")[0]
