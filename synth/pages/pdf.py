"""Pages of real PDF files with their text layer, proved against their pictures (library: pypdfium2)."""

import contextlib
import copy
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from curation.config import Config
from curation.document import Image, Text, Turn
from curation.errors import UserError
from synth.encode import PictureSettings
from synth.ocr.languages import Code
from synth.pages import views
from synth.pages.pdfium.claims import claims_of
from synth.pages.pdfium.lies import lies
from synth.pages.pdfium.proof import page_failures
from synth.pages.pdfium.render import PdfRender, render
from synth.pages.view.wording import ask, listed, placed
from synth.pages.views import ViewSettings
from synth.sample import Checker, Claims, Draft, Encoded, Evidence, Failure, Generator, Unproven

SPOTTED = ("lines", "words")  # views that the text layer of a PDF has besides those of any page
PDFIUM = threading.Lock()  # pdfium may be used by one thread at a time


class PdfSettings(Config):
    """`files`: language -> PDF files and folders of them. `pixels`: least and most of a page's picture.

    `spotting` is the share of pages with the boxes of all lines or words.
    """

    files: dict[Code, list[str]] = Field(min_length=1)
    licence: str = Field(min_length=1)
    pixels: tuple[int, int] = (500_000, 1_003_520)
    picture: PictureSettings = PictureSettings()
    views: ViewSettings = ViewSettings()
    spotting: float = Field(0.5, ge=0, le=1)

    @model_validator(mode="after")
    def _ranges(self) -> "PdfSettings":
        if not 100_000 <= self.pixels[0] <= self.pixels[1] <= 12_845_056:
            raise ValueError(f"pixels: {self.pixels} is not a range within 100,000 to 12,845,056")
        return self


class PdfChecker(Checker):
    checks = ("letters", "ink", "shape", "blocks", "order", "reading", "view")
    audits = ("reading_all",)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        view = claims["view"]
        if view["kind"] not in SPOTTED:
            return views.turns(claims)
        asked = ask(view["kind"], view["wording"], view)
        found = [(text, placed(0, box, view["form"])) for text, box in view["said"]]
        answer = listed(found, view["form"], key="text_content")
        return Turn("user", (Image(0), Text("\n"), *asked)), Turn("assistant", answer)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        yield from views.once(claims, evidence, audit, lambda: self._page(claims, evidence, audit))
        view = claims["view"]
        if view["kind"] not in SPOTTED:
            yield from views.failures(claims)
        elif view["said"] != _spotted(claims, view["kind"]):
            yield Failure("view", f"the {view['kind']} said are not those of the text layer")

    def _page(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        pictures = [evidence.picture(0), evidence.picture(1), evidence.buffer(2)]
        yield from page_failures(claims, pictures, audit, claims["language"])

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from views.mutations(claims, rng)
        for name, page in lies(claims, rng):
            # The view tells the same lie, so that only the picture contradicts it.
            if page["view"]["kind"] in SPOTTED:
                page["view"]["said"] = _spotted(page, page["view"]["kind"])
                yield name, page
            else:
                yield name, views.resaid(page)


class PdfPages(Generator):
    """A page of a PDF: QwenVL HTML, its text, its lines and words with boxes, and the other views of a page."""

    name = "pdf_page"
    version = "1"
    settings = PdfSettings
    tools: ClassVar[tuple[str, ...]] = ("pillow", "pypdfium2")

    def __init__(self, settings: PdfSettings):
        self.config = settings
        self.licence = settings.licence
        self.files = find_pdfs(settings.files)
        self.digest = digest(self.files)
        self.checker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: PdfSettings) -> PdfChecker:
        return PdfChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        language, path = self.files[int(rng.integers(len(self.files)))]
        low, high = self.config.pixels
        pixels = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        made = open_page(path, float(rng.random()), pixels)
        page = claims_of(made, language)
        media = encode(rng, made, self.config.picture)
        yield from views.draw(rng, page, media, self.config.views)
        if rng.random() < self.config.spotting:
            kind = SPOTTED[int(rng.integers(2))]
            form = ("json", "xml", "plain")[int(rng.integers(3))]
            view = {"kind": kind, "form": form, "wording": int(rng.integers(1 << 16)), "said": _spotted(page, kind)}
            yield Draft("ocr", language, media, {**page, "view": view}, view=kind)


def find_pdfs(files: dict[Code, list[str]]) -> list[tuple[str, Path]]:
    """(language, file) of all PDF files. Raises UserError where a place is missing or holds none."""
    found: list[tuple[str, Path]] = []
    for language in sorted(files):
        for name in files[language]:
            path = Path(name)
            here = sorted(path.rglob("*.pdf")) if path.is_dir() else [path]
            if not here or not all(each.is_file() for each in here):
                raise UserError(f"files.{language}: {path} is no PDF file, and no folder with any")
            found += [(language, each) for each in here]
    return found


def digest(files: list[tuple[str, Path]]) -> str:
    """16 hexadecimal digits of what the files hold."""
    total = hashlib.sha256()
    for _, path in files:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


def open_page(path: Path, where: float, pixels: float) -> PdfRender:
    """The page at `where` (0 to 1) of the way through a file, rendered. Raises Unproven where the file is damaged."""
    with PDFIUM, _opened(path) as document:
        return render(document[int(where * len(document))], pixels)


def pages_from(
    rng: np.random.Generator, path: Path, language: str, pixels: float, picture: PictureSettings
) -> Iterator[tuple[Claims, tuple[Encoded, ...]]]:
    """Claims and media of the pages of a file, from some page on; those that cannot be proved are left out."""
    with PDFIUM, _opened(path) as document:
        count = len(document)
    for number in range(int(rng.integers(max(count // 2, 1))), count):
        try:
            with PDFIUM, _opened(path) as document:
                made = render(document[number], pixels)
            claims = claims_of(made, language)
        except Unproven:
            continue
        yield claims, encode(rng, made, picture)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A document of pypdfium2, closed afterwards. Raises Unproven where it is damaged or wants a password."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
        try:
            yield document
        finally:
            document.close()
    except (pypdfium2.PdfiumError, OSError, IndexError) as error:
        raise Unproven([Failure("pdf", f"{path.name}: {error}")]) from error


def encode(rng: np.random.Generator, made: PdfRender, picture: PictureSettings) -> tuple[Encoded, ...]:
    """The picture as it is shown; then what proves it: the page without text, as lossy, and the sheet of letters."""
    twin = copy.deepcopy(rng)
    return (
        picture.encode(rng, "page", made.shown),
        picture.encode(twin, "plain", made.plain),
        PictureSettings(formats={"png": 1.0}).encode(rng, "letters", made.sheet),
    )


def _spotted(page: Claims, kind: str) -> list[list[Any]]:
    """[text, box] of all lines or words of the text layer, in reading order."""
    found: list[list[Any]] = []
    for element in page["elements"]:
        for number in element.get("lines", ()):
            line = page["layer"][number]
            for start, end in _spans(line["text"], kind):
                boxes = np.array([glyph[:4] for glyph in line["glyphs"] if start <= glyph[5] < end])
                low, high = np.floor(boxes[:, :2].min(axis=0)), np.ceil(boxes[:, 2:].max(axis=0))
                found.append([line["text"][start:end], [int(value) for value in (*low, *high)]])
    return found


def _spans(text: str, kind: str) -> Iterator[tuple[int, int]]:
    if kind == "lines":
        yield 0, len(text)
        return
    start = 0
    for word in text.split(" "):
        if word:
            yield start, start + len(word)
        start += len(word) + 1
