"""Files on any of Beam's file systems (a local folder, s3://, gs://, ...): listed, read, written whole, deleted."""

import hashlib
import os
import re
import stat
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from apache_beam.io.filesystem import CompressionTypes, FileMetadata, FileSystem
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.options.value_provider import RuntimeValueProvider

from curation.errors import UserError

_RAW = CompressionTypes.UNCOMPRESSED  # AUTO would look at the name and unzip behind our back
_ASIDE = ".aside-"


def _systems() -> type[FileSystems]:
    """Beam's file systems, which want options even where no pipeline has brought any (on workers Beam has)."""
    if FileSystems._pipeline_options is None and RuntimeValueProvider.runtime_options is None:
        FileSystems.set_options(PipelineOptions([]))
    return FileSystems


def check_place(path: str) -> None:
    """Raises UserError where no file can be at all: a scheme that Beam does not know, or lacks a package for."""
    scheme, remote, _ = path.partition("://")
    try:
        _systems().get_filesystem(path)
    except ValueError as error:
        known = "a local path, s3:// (extra `aws`) or gs:// (extra `gcp`)"
        said = f"{scheme}:// is no place that files are read or written here" if remote else str(error)
        raise UserError(f"{path}: {said}: name {known}") from error


def plain(folder: str) -> str:
    """The folder without a slash at its end. Raises UserError where its name would be read as a pattern."""
    if wild := set(folder) & set("*?["):
        raise UserError(f"{folder}: a folder's name may not hold {' or '.join(sorted(wild))} (a pattern to Beam)")
    check_place(folder)
    return folder.rstrip("/") or "/"


def listing(folder: str) -> list[FileMetadata]:
    """Every file below the folder, by path; empty where there is no such folder."""
    [match] = _systems().match([f"{folder}/**"])
    return sorted(match.metadata_list, key=lambda file: file.path)


def walk(folder: str) -> list[FileMetadata]:
    """As `listing`, for a folder that others filled: of a local one, what links lead to as well, each folder once.

    Beam passes over linked folders, links to nothing and folders that it may not read, and nobody would know what is
    missing. Here a link to nothing is a file of no bytes, and raises when it is opened; the latter raises OSError.
    """
    return sorted(_walk(folder), key=lambda file: file.path) if os.path.isdir(folder) else listing(folder)


def _walk(folder: str) -> Iterator[FileMetadata]:
    """Linked folders come last, so that a folder is found under the name that it has itself."""
    seen: set[str] = set()
    roots = deque([folder])
    while roots:
        for here, folders, names in os.walk(roots.popleft(), onerror=_raise):
            folders[:] = sorted(name for name in folders if os.path.realpath(os.path.join(here, name)) not in seen)
            if os.path.realpath(here) in seen:
                continue
            seen.add(os.path.realpath(here))
            roots.extend(path for name in folders if os.path.islink(path := os.path.join(here, name)))
            yield from (file for name in names if (file := _file(os.path.join(here, name))))


def _file(path: str) -> FileMetadata | None:
    """None for pipes and devices, which no reader would ever end."""
    try:
        found = os.stat(path)
    except OSError:  # a link to nothing
        return FileMetadata(path, 0, 0)
    return FileMetadata(path, found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None


def _raise(error: OSError) -> None:
    raise error


def matching(pattern: str) -> list[FileMetadata]:
    """The files that a pattern matches, by path, found as `walk` finds them; `/**/` is any depth, also none."""
    patterns = {pattern, pattern.replace("/**/", "/")}
    fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    if "://" in pattern or fixed == pattern:
        every = [file for match in _systems().match(sorted(patterns)) for file in match.metadata_list]
        return sorted({file.path: file for file in every}.values(), key=lambda file: file.path)
    wanted = [re.compile(FileSystem.translate_pattern(each)) for each in patterns]
    start = fixed.rpartition("/")[0] or ("/" if fixed.startswith("/") else ".")
    found = walk(start)
    for file in found if start == "." else ():
        file.path = file.path.removeprefix("./")
    return [file for file in found if any(each.match(file.path) for each in wanted)]


def listing_digest(folder: str) -> str:
    """Changes when a file below the folder does, as far as its name, size and time tell."""
    digest = hashlib.sha256()
    for file in listing(folder):
        path = file.path.removeprefix(folder)
        digest.update(f"{path}\0{file.size_in_bytes}\0{file.last_updated_in_seconds}\n".encode())
    return digest.hexdigest()[:16]


def read(path: str) -> bytes:
    with _systems().open(path, compression_type=_RAW) as file:
        return file.read()


def exists(path: str) -> bool:
    return _systems().exists(path)


def delete(paths: Iterable[str]) -> None:
    if paths := list(paths):
        _systems().delete(paths)


@contextmanager
def written_whole(path: str) -> Iterator[BinaryIO]:
    """A file that appears at `path` when the block ends and not before, so nobody ever meets half of it.

    On object stores too: there an exception inside `create` would publish what was written so far under the final name.
    """
    folder, _, name = path.rpartition("/")
    aside = f"{folder}/{_ASIDE}{uuid.uuid4().hex}-{name}"
    try:
        with _systems().create(aside, compression_type=_RAW) as file:
            yield file
        _systems().rename([aside], [path])
    except BaseException:
        with suppress(OSError):
            _systems().delete([aside])
        raise


def write(path: str, content: bytes) -> None:
    with written_whole(path) as file:
        file.write(content)


def sweep(folder: str) -> None:
    """Deletes what a killed or overtaken worker left aside."""
    delete(file.path for file in listing(folder) if file.path.rpartition("/")[2].startswith(_ASIDE))
