"""Where images lie: folders, zip files and plain tar files, and which file an annotation means."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import TypeVar

from curation.errors import MediaError, UserError
from curation.media import read_bytes

MOST_BYTES = 256 << 20  # of a member of an archive
Member = TypeVar("Member")
Read = Callable[[str], bytes | None]  # the bytes of a file, or None where there is none of that name


class Pictures:
    """Images by name. Archives are listed once. Raises UserError where a place cannot be read."""

    def __init__(self, places: Sequence[str]):
        self.places = tuple(places)
        self._readers = [_reader(place) for place in places]

    def find(self, names: Sequence[str]) -> tuple[str, bytes]:
        """The first of the names that is anywhere, with its bytes: as it stands, or without its folders.

        Raises MediaError with the reason `missing`, `too large`, `unreadable` or `corrupt`.
        """
        tried = dict.fromkeys(path for name in names for path in (name, PurePosixPath(name).name) if _safe(path))
        for path in tried:
            for read in self._readers:
                content = read(path)
                if content is not None:
                    return path, content
        shown = names[0] if names else "a file without a name"
        raise MediaError("missing", f"{shown}: in none of {', '.join(self.places)}"[:400])


def _safe(path: str) -> bool:
    """A name from an annotation file leads nowhere but below the images' folder."""
    return bool(path) and not path.startswith("/") and ".." not in path.split("/") and "\0" not in path


def _reader(place: str) -> Read:
    if place.endswith((".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")):
        raise UserError(f"{place}: a compressed tar can only be read from its start: unpack it, or make it a plain tar")
    if place.endswith(".zip"):
        return _zip(place)
    return _tar(place) if place.endswith(".tar") else _folder(place.rstrip("/"))


def _folder(place: str) -> Read:
    def read(name: str) -> bytes | None:
        try:
            return read_bytes(f"{place}/{name}")
        except MediaError as error:
            if error.reason == "missing":
                return None
            raise

    return read


def _zip(place: str) -> Read:
    try:
        archive = zipfile.ZipFile(place)
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{place}: not a zip file that can be read: {error}") from error
    members = _by_name([(item.filename, item) for item in archive.infolist() if not item.is_dir()])

    def read(name: str) -> bytes | None:
        member = members.get(name)
        if member is None:
            return None
        _check_size(name, member.file_size)
        try:
            return archive.read(member)
        except (OSError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise MediaError("corrupt", f"{place}: {name}: {error}") from error

    return read


def _tar(place: str) -> Read:
    try:
        with tarfile.open(place, "r:") as tar:
            found = [(member.name, (member.offset_data, member.size)) for member in tar if member.isreg()]
    except (OSError, tarfile.TarError) as error:
        raise UserError(f"{place}: not a plain tar that can be read: {error}") from error
    members = _by_name(found)

    def read(name: str) -> bytes | None:
        if name not in members:
            return None
        offset, size = members[name]
        _check_size(name, size)
        content = read_bytes(place, offset, size)
        if len(content) < size:
            raise MediaError("truncated", f"{place}: ends within {name}")
        return content

    return read


def _by_name(found: Sequence[tuple[str, Member]]) -> dict[str, Member]:
    """Members by their whole name, and by its last part where one member alone has it."""
    whole = {name.removeprefix("./"): member for name, member in found}
    last: dict[str, list[Member]] = {}
    for name, member in whole.items():
        last.setdefault(PurePosixPath(name).name, []).append(member)
    return {name: members[0] for name, members in last.items() if len(members) == 1} | whole


def _check_size(name: str, size: int) -> None:
    if size > MOST_BYTES:
        raise MediaError("too large", f"{name}: {size:,} bytes unpacked")
