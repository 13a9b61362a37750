"""The registered domain of an address, and lists of domains that nothing is taken from."""

import functools
import gzip
import hashlib
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import numpy as np

from curation.errors import ConfigError, MediaError
from curation.media import read_bytes


@functools.cache
def _suffixes():
    """Mozilla's Public Suffix List, as the package publicsuffixlist ships it: nothing is downloaded."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)


@functools.lru_cache(1 << 16)
def has_public_suffix(host: str) -> bool:
    """Whether the host lies below a suffix that is registered: `a.co.uk`, not `co.uk` and not `icon.png`."""
    return _suffixes().privatesuffix(_ascii(host)) is not None


def host(uri: str) -> str:
    """The host of a web address, lower case and in Punycode; empty where there is none."""
    if not re.match(r"(?:https?:|ftp:)?//", uri, re.I):
        return ""
    try:
        return _ascii(urlsplit(uri).hostname or "")
    except ValueError:  # no IPv6 address between its brackets
        return ""


def domain(uri: str) -> str:
    """The registered domain that a web address belongs to (`news.bbc.co.uk` -> `bbc.co.uk`), in Punycode.

    Sites below a suffix that leases names (`someone.github.io`) are domains of their own, as the Public Suffix List
    has it. A host without a registered suffix (an IP address, an intranet) is its own domain; a file has none.
    """
    return _registered(host(uri))


@functools.lru_cache(1 << 16)
def _registered(host: str) -> str:
    return _suffixes().privatesuffix(host) or host


def _ascii(host: str) -> str:
    host = host.rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


class BlockedDomains:
    """Domains of any number of lists; one that is listed blocks all hosts below it.

    Kept as a sorted array of 8-byte digests: 37 MB for the 4.6 million of UT1's adult list, where a set needs 600.
    """

    def __init__(self, paths: Sequence[str]):
        """Lists as paths or URIs, gzipped or not. Raises ConfigError where one cannot be read or lists nothing."""
        digests = [_digests(path) for path in paths]
        self._digests = np.unique(np.concatenate(digests)) if digests else np.empty(0, np.uint64)

    def __len__(self) -> int:
        return len(self._digests)

    def match(self, uri: str) -> str:
        """The listed domain that the address lies in, or an empty string."""
        name = host(uri)
        while name:
            digest = _digest(name)
            place = np.searchsorted(self._digests, digest)
            if place < len(self._digests) and self._digests[place] == digest:
                return name
            name = name.partition(".")[2]
        return ""


def _digests(path: str) -> np.ndarray:
    try:
        data = read_bytes(path)
        data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (MediaError, OSError, EOFError) as error:
        raise ConfigError(f"{path}: cannot read this list of domains: {error}") from error
    lines = data.decode("utf-8", "replace").splitlines()
    found = np.fromiter((_digest(name) for name in _listed(lines)), np.uint64)
    if not len(found):
        raise ConfigError(f"{path}: no line of it names a domain (plain, hosts-file or AdBlock form)")
    return found


def _digest(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()))


_LINE = re.compile(
    r"(?:(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+)?"  # a hosts file's address
    r"(?:\|\|)?(?:\*?\.)?([^\s/|^$#*:]+\.[^\s/|^$#*:.]+)\.?"  # the domain, or an IP address
    r"\^?(?:\$[\w,~=|.-]+)?\s*(?:#.*)?"  # AdBlock's separator and options
)


def _listed(lines: Sequence[str]) -> Iterator[str]:
    """Domains of a list's lines; comments, exceptions (`@@`), rules for parts of pages and single labels are none."""
    for line in lines:
        if (match := _LINE.fullmatch(line.strip())) and match[1][0] not in "!@[":
            yield _ascii(match[1])
