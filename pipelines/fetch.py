"""Fetches pinned packages of Debian, PyPI and npm and unpacks them, without installing anything.

Each must have the SHA-256 that the configuration names; a version that is not there is an error, never a substitute.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import pydantic

from curation.config import Config
from curation.errors import UserError
from pipelines.log import LOG

MARK = ".sha256"  # beside what was unpacked: the digest of the package it came from

Name = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$")]


class Package(Config):
    source: Literal["debian", "pypi", "npm"]
    name: str = pydantic.Field("", pattern=r"^(@?[a-z0-9][a-z0-9._/-]*)?$", description="where it is not the folder's")
    version: str = pydantic.Field(pattern=r"^[0-9][A-Za-z0-9.+~:!-]*$")
    sha256: str = pydantic.Field(pattern=r"^[0-9a-f]{64}$")


class FetchConfig(Config):
    folder: Path
    packages: dict[Name, Package] = pydantic.Field(min_length=1)


class FetchError(UserError):
    """A package could not be had as it was pinned."""


def run(config: FetchConfig) -> None:
    """Fetches what is not there yet into `<folder>/<name>/`. Raises FetchError with one line."""
    for name, package in config.packages.items():
        label = f"fetch: {name} {package.version}"
        target = config.folder / name
        if _fetched(target) == package.sha256:
            LOG.info("%s: already in %s", label, target)
            continue
        if target.exists() and not _fetched(target):
            raise FetchError(f"{target}: was not made by fetch; move it away or choose another folder")
        LOG.info("%s: from %s", label, _CALLED[package.source])
        size = _fetch(name, package, target)
        LOG.info("%s: %.1f MB, unpacked into %s", label, size / 1e6, target)


def _fetched(target: Path) -> str:
    mark = target / MARK
    return mark.read_text().strip() if mark.is_file() else ""


def _fetch(name: str, package: Package, target: Path) -> int:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchError(f"{target.parent}: cannot write there: {error.strerror}") from error
    with TemporaryDirectory(prefix=".fetch-", dir=target.parent) as folder:  # beside it, so that it can be renamed
        download, unpacked = Path(folder, "download"), Path(folder, "unpacked")
        download.mkdir()
        _SOURCES[package.source](package.name or name, package.version, download)
        [file] = download.iterdir()
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest != package.sha256:
            raise FetchError(f"{name} {package.version}: its sha256 is {digest}, not the pinned {package.sha256}")
        size = file.stat().st_size
        _unpack(file, unpacked)
        (unpacked / MARK).write_text(package.sha256 + "\n")
        if target.exists():
            shutil.rmtree(target)
        unpacked.rename(target)
    return size


def _unpack(file: Path, folder: Path) -> None:
    if file.suffix == ".deb":
        _call(["dpkg-deb", "-x", str(file), str(folder)])
    elif file.suffix == ".tgz":
        with tarfile.open(file) as package:
            package.extractall(folder, filter="data")
    else:
        with zipfile.ZipFile(file) as wheel:
            wheel.extractall(folder)


def _debian(name: str, version: str, folder: Path) -> None:
    # As root, apt would download as the user _apt, who may not write into our folder.
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", f"{name}={version}"]
    done = _call(command, folder, check=False)
    if done.returncode == 0:
        return
    said = done.stderr
    if "Unable to locate package" in said:
        raise FetchError(f"{name}: apt knows no such package; where its lists are empty run `apt-get update` first")
    if "was not found" in said:
        raise FetchError(f"{name} {version}: apt has no such version; run `apt-get update`, or use Debian bookworm")
    raise FetchError(f"{name} {version}: {_last(said)}")


def _pypi(name: str, version: str, folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "download"]
    done = _call([*pip, "--no-deps", "--only-binary=:all:", "--dest", str(folder), f"{name}=={version}"], check=False)
    if done.returncode:
        raise FetchError(f"{name} {version}: {_last(done.stderr)}")


def _npm(name: str, version: str, folder: Path) -> None:
    done = _call(["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"], folder, check=False)
    if done.returncode:
        raise FetchError(f"{name} {version}: npm has no such package or version, or cannot be reached")


_SOURCES = {"debian": _debian, "pypi": _pypi, "npm": _npm}
_CALLED = {"debian": "Debian", "pypi": "PyPI", "npm": "npm"}
_NEEDED = {"npm": "npm is not on this machine; install it (on Debian: apt-get install npm)"}


def _call(command: Sequence[str], folder: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    except FileNotFoundError as error:
        usual = f"{command[0]} is not on this machine: Debian packages need a Debian system"
        raise FetchError(_NEEDED.get(command[0], usual)) from error
    if check and done.returncode:
        raise FetchError(f"{command[0]}: {_last(done.stderr)}")
    return done


def _last(said: str) -> str:
    """The last error that a tool wrote."""
    lines = said.strip().splitlines()
    errors = [line for line in lines if re.match(r"(E:|ERROR:)", line)]
    return (errors or lines or ["no reason given"])[-1].strip()
