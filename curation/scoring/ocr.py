"""The words that an image shows, read by tesseract."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import PIL.Image

from curation.errors import ConfigError

_ENLARGE_BELOW = 700  # pixels of the longer side: interface text is too small for tesseract as it is
_LARGEST = 3000  # pixels of the longer side: nothing is gained by reading a photograph at full size
_LEAST_CONFIDENCE = 50.0  # per cent
_REMEMBERED = 20_000  # images: some tens of megabytes

OTHER = "other"  # any language that has no entry of its own

Words = tuple[str, ...]


class Ocr:
    """Reads images, each only once: words are remembered by the image's SHA-256, and kept in `folder` if there is one.

    `languages` are tesseract's names joined by plus signs, e.g. `eng+deu`, or such names by the language (ISO 639) of
    the text that shows the image, e.g. `{ja: jpn+eng, other: eng}`: each language more makes reading slower, and a
    script that is not expected is misread. Raises ConfigError where tesseract or one of them is not installed. An image
    of one colour, or one that takes more than `timeout` seconds, has no words.
    """

    def __init__(self, languages: str | Mapping[str, str] = "eng", timeout: float = 20.0, folder: Path | None = None):
        if shutil.which("tesseract") is None:
            raise ConfigError("ocr: tesseract is not installed (apt-get install tesseract-ocr), or turn ocr off")
        listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False).stdout
        self.languages = {OTHER: "eng"} | ({OTHER: languages} if isinstance(languages, str) else dict(languages))
        named = {name for names in self.languages.values() for name in names.split("+")}
        missing = sorted(named.difference(listed.split()))
        if missing:
            raise ConfigError(f"ocr: tesseract has no language {', '.join(missing)}: install its package")
        self.timeout = timeout
        self.folder = folder
        self._known: dict[tuple[str, str], Words] = {}

    def words(self, sha256: str, pixels: Callable[[], PIL.Image.Image], language: str = "") -> Words:
        """Of the image with this digest, beside a text of this language; `pixels` is called only if it is not known."""
        names = self.languages.get(language, self.languages[OTHER])
        key = sha256, names
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._from_folder(*key, pixels) if self.folder else self._read(pixels(), names)
        return self._known[key]

    def _from_folder(self, sha256: str, names: str, pixels: Callable[[], PIL.Image.Image]) -> Words:
        assert self.folder is not None
        name = hashlib.sha256(f"{sha256} {names}".encode()).hexdigest()
        path = self.folder / f"{name}.json"
        if path.is_file():
            return tuple(json.loads(path.read_text("utf-8")))
        words = self._read(pixels(), names)
        aside = path.with_suffix(f".{uuid.uuid4().hex}")  # other processes write here, too
        aside.write_text(json.dumps(words), "utf-8")
        aside.replace(path)
        return words

    def _read(self, image: PIL.Image.Image, names: str) -> Words:
        grey = image.convert("L")
        darkest, lightest = grey.getextrema()
        if darkest == lightest:
            return ()
        longer = max(grey.size)
        scale = 2.0 if longer < _ENLARGE_BELOW else min(1.0, _LARGEST / longer)
        if scale != 1.0:
            size = (max(round(grey.width * scale), 1), max(round(grey.height * scale), 1))
            grey = grey.resize(size, PIL.Image.Resampling.BICUBIC)
        encoded = io.BytesIO()
        grey.save(encoded, "PPM")
        command = ["tesseract", "-", "-", "-l", names, "--psm", "11", "--dpi", "150", "tsv"]
        one_thread = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # more threads burn CPU and gain no time
        try:
            done = subprocess.run(
                command,
                input=encoded.getvalue(),
                capture_output=True,
                timeout=self.timeout,
                env=one_thread,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ()
        return tuple(_confident(done.stdout.decode("utf-8", "replace")))


def _confident(tsv: str) -> list[str]:
    """The last column of tesseract's table where the one before, the confidence, is high enough."""
    rows = [line.split("\t") for line in tsv.splitlines()[1:]]
    return [row[11] for row in rows if len(row) == 12 and float(row[10]) >= _LEAST_CONFIDENCE and row[11].strip()]
