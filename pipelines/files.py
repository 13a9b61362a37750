"""Files on any of Beam's file systems (a local folder, s3://, gs://, ...): listed, read, written whole, deleted."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from apache_beam.io.filesystem import CompressionTypes, FileMetadata
from apache_beam.io.filesystems import FileSystems

from curation.errors import UserError

_RAW = CompressionTypes.UNCOMPRESSED  # AUTO would look at the name and unzip behind our back
_ASIDE = ".aside-"


def plain(folder: str) -> str:
    """The folder without a slash at its end. Raises UserError where its name would be read as a pattern."""
    if wild := set(folder) & set("*?["):
        raise UserError(f"{folder}: a folder's name may not hold {' or '.join(sorted(wild))} (a pattern to Beam)")
    return folder.rstrip("/") or "/"


def listing(folder: str) -> list[FileMetadata]:
    """Every file below the folder, by path; empty where there is no such folder."""
    [match] = FileSystems.match([f"{folder}/**"])
    return sorted(match.metadata_list, key=lambda file: file.path)


def listing_digest(folder: str) -> str:
    """Changes when a file below the folder does, as far as its name, size and time tell."""
    digest = hashlib.sha256()
    for file in listing(folder):
        path = file.path.removeprefix(folder)
        digest.update(f"{path}\0{file.size_in_bytes}\0{file.last_updated_in_seconds}\n".encode())
    return digest.hexdigest()[:16]


def read(path: str) -> bytes:
    with FileSystems.open(path, compression_type=_RAW) as file:
        return file.read()


def exists(path: str) -> bool:
    return FileSystems.exists(path)


def delete(paths: Iterable[str]) -> None:
    if paths := list(paths):
        FileSystems.delete(paths)


@contextmanager
def written_whole(path: str) -> Iterator[BinaryIO]:
    """A file that appears at `path` when the block ends and not before, so nobody ever meets half of it.

    On object stores too: there an exception inside `create` would publish what was written so far under the final name.
    """
    folder, _, name = path.rpartition("/")
    aside = f"{folder}/{_ASIDE}{uuid.uuid4().hex}-{name}"
    try:
        with FileSystems.create(aside, compression_type=_RAW) as file:
            yield file
        FileSystems.rename([aside], [path])
    except BaseException:
        with suppress(OSError):
            FileSystems.delete([aside])
        raise


def write(path: str, content: bytes) -> None:
    with written_whole(path) as file:
        file.write(content)


def sweep(folder: str) -> None:
    """Deletes what a killed or overtaken worker left aside."""
    delete(file.path for file in listing(folder) if file.path.rpartition("/")[2].startswith(_ASIDE))
