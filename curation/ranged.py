"""Byte ranges of files on object stores: one request each, tried again where the network fails, kept on disk if asked.

Shards are read in random order, a few kilobytes to a few megabytes at a time. smart_open asks for a file from its start
when it is opened and again, to its end, after a seek: two requests a range, both cut off. boto3 and
google-cloud-storage name the range, and one request brings a document with all its media (`curation.shard.Place`).
"""

import fcntl
import hashlib
import importlib
import os
import time
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from curation.errors import UserError

ATTEMPTS = 6
FIRST_WAIT = 1.0  # seconds before the second attempt; doubled before each one that follows
HELD_BYTES = 64 << 20  # of the ranges read last, so that a document's media are there once it is
EVICT_TO = 0.9  # of the limit: making room looks at every file, so it should be rare
DIGEST = hashlib.sha256().digest_size
EXTRAS = {"s3": "boto3: pip install 'vlforge[aws]'", "gs": "google-cloud-storage: pip install 'vlforge[gcp]'"}


class DiskCache:
    """A folder of byte ranges that never grows beyond `limit` bytes: the least recently used go first.

    Any number of processes may share it. A file is there whole or not at all, and carries its digest: what a disk or a
    hand altered counts as absent. Raises UserError where the folder cannot be written.
    """

    def __init__(self, folder: Path, limit: int):
        self.folder = folder
        self.limit = limit
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._ledger.touch()
        except OSError as error:
            raise UserError(f"{folder}: cannot be the cache: {error.strerror}") from error

    @property
    def _ledger(self) -> Path:
        """Holds the bytes of all files, and is the lock of those who change it."""
        return self.folder / "bytes"

    def get(self, name: str) -> bytes | None:
        path = self._path(name)
        try:
            stored = path.read_bytes()
            os.utime(path)  # mtime is the last use: few file systems still keep atime
        except OSError:
            return None
        content = stored[DIGEST:]
        if hashlib.sha256(content).digest() != stored[:DIGEST]:
            path.unlink(missing_ok=True)
            return None
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keeps `content`, unless it is larger than the whole cache or the disk is full."""
        size, path = DIGEST + len(content), self._path(name)
        partial = path.with_name(f"{name}.{os.getpid()}.partial")
        if size > self.limit:
            return
        try:
            path.parent.mkdir(exist_ok=True)
            with self._ledger.open("r+") as ledger:
                # held until the file is there: else another process could count the files without this one
                fcntl.flock(ledger, fcntl.LOCK_EX)
                if path.exists():
                    return
                total = self._make_room(ledger.read(), size)
                with partial.open("wb") as file:
                    file.write(hashlib.sha256(content).digest())
                    file.write(content)
                os.replace(partial, path)
                ledger.seek(0)
                ledger.truncate()
                ledger.write(str(total + size))
        except OSError:  # what was read is at hand all the same
            partial.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    def _make_room(self, said: str, size: int) -> int:
        """The bytes held once `size` more have room. `said` is what the ledger holds: empty in a new folder."""
        total = int(said) if said.isdecimal() else self._evict(self.limit)
        return total if total + size <= self.limit else self._evict(int(self.limit * EVICT_TO) - size)

    def _evict(self, target: int) -> int:
        """Removes the least recently used files until `target` bytes are left at most; returns how many are left."""
        files = sorted((stat.st_mtime_ns, str(path), stat.st_size) for path, stat in self._files())
        total = sum(size for *_, size in files)
        for _, path, size in files:
            if total <= target:
                break
            Path(path).unlink(missing_ok=True)
            total -= size
        return total

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        """All files, those left behind by killed processes among them; another process may be removing some."""
        found = []
        for path in self.folder.glob("??/*"):
            try:
                found.append((path, path.stat()))
            except FileNotFoundError:
                continue
        return found


class _Held:
    """The ranges of files of a known version that this process read last, in memory, within `HELD_BYTES`; the newest
    whatever its size."""

    def __init__(self) -> None:
        self.ranges: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()
        self.bytes = 0
        self.lock = Lock()

    def get(self, uri: str, offset: int, length: int, version: str) -> bytes | None:
        """Without a version, of the version read last."""
        with self.lock:
            for (held, known, start), content in reversed(self.ranges.items()):
                same = held == uri and version in (known, "")
                if same and start <= offset and offset + length <= start + len(content):
                    return content[offset - start : offset - start + length]
        return None

    def put(self, uri: str, offset: int, version: str, content: bytes) -> None:
        with self.lock:
            self.bytes += len(content) - len(self.ranges.pop((uri, version, offset), b""))
            self.ranges[uri, version, offset] = content
            while self.bytes > HELD_BYTES and len(self.ranges) > 1:
                self.bytes -= len(self.ranges.popitem(last=False)[1])


_held = _Held()
_cache: DiskCache | None = None


def keep_in(folder: Path | None, limit: int = 0) -> None:
    """From now on, this process keeps what it reads in `folder`, `limit` bytes at most; None: nowhere."""
    global _cache
    _cache = DiskCache(folder, limit) if folder else None


def read(uri: str, offset: int, length: int, version: str = "") -> bytes:
    """`length` bytes at `offset` of a file on an object store; fewer where it ends before that.

    Only ranges of a known `version` of the file (its digest) are kept, for a file may be written anew under its name.
    Raises FileNotFoundError, and OSError with one line where the store cannot be read, also after `ATTEMPTS`.
    """
    content = _held.get(uri, offset, length, version) if length else b""
    if content is not None:
        return content
    if not version:
        return _fetch(uri, offset, length)
    name = hashlib.sha256(f"{version} {offset} {length} {uri}".encode()).hexdigest()
    content = _cache.get(name) if _cache else None
    if content is None:
        content = _fetch(uri, offset, length)
        if _cache and len(content) == length:
            _cache.put(name, content)
    _held.put(uri, offset, version, content)
    return content


def _fetch(uri: str, offset: int, length: int) -> bytes:
    scheme = uri.partition("://")[0]
    fetch = {"s3": _fetch_s3, "gs": _fetch_gs}.get(scheme, _fetch_other)
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(FIRST_WAIT * 2 ** (attempt - 1))
        try:
            return fetch(uri, offset, length)
        except _TransientError as error:
            said = f"{error} ({attempt + 1} attempts)"
        except ImportError as error:
            raise OSError(f"{scheme}:// needs {EXTRAS.get(scheme, error)}") from error
    raise OSError(said)


class _TransientError(Exception):
    """What another attempt may not meet."""


def _fetch_s3(uri: str, offset: int, length: int) -> bytes:
    client = client_of("s3")
    from botocore import exceptions  # type: ignore[import-untyped]

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={offset}-{offset + length - 1}")
        return answer["Body"].read()
    except exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 404:
            raise FileNotFoundError(str(error)) from error
        if status == 416:  # the file ends before `offset`
            return b""
        raise _TransientError(str(error)) if status >= 500 or status == 429 else OSError(str(error)) from error
    except (
        exceptions.ConnectionError,
        exceptions.HTTPClientError,
        exceptions.IncompleteReadError,
    ) as error:
        raise _TransientError(" ".join(str(error).split())) from error
    except exceptions.BotoCoreError as error:
        raise OSError(str(error)) from error


def _fetch_gs(uri: str, offset: int, length: int) -> bytes:
    client = client_of("gs")
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    bucket, _, key = uri.removeprefix("gs://").partition("/")
    try:
        # no checksum: the store has none of a range, and documents carry their own
        blob = client.bucket(bucket).blob(key)
        return blob.download_as_bytes(start=offset, end=offset + length - 1, raw_download=True, checksum=None)
    except exceptions.NotFound as error:
        raise FileNotFoundError(str(error)) from error
    except exceptions.RequestRangeNotSatisfiable:
        return b""
    except (exceptions.ServerError, exceptions.TooManyRequests, exceptions.RetryError, ConnectionError) as error:
        raise _TransientError(str(error)) from error
    except (exceptions.GoogleAPIError, GoogleAuthError) as error:
        raise OSError(str(error)) from error


def _fetch_other(uri: str, offset: int, length: int) -> bytes:
    import smart_open

    try:
        with smart_open.open(uri, "rb", compression="disable") as file:
            file.seek(offset)
            return file.read(length)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _TransientError(str(error)) from error


def client_of(scheme: str) -> Any:
    """boto3's client of "s3", google-cloud-storage's of "gs": one a process, safe between threads."""
    return _client(scheme, os.getpid())


@lru_cache
def _client(scheme: str, process: int) -> Any:
    """A forked process needs one of its own: two cannot share a connection."""
    if scheme == "s3":
        return importlib.import_module("boto3").client("s3")
    return importlib.import_module("google.cloud.storage").Client()
