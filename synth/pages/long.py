"""Documents of many pages, for long contexts: real HTML documents and PDF files, every page proved for itself."""

import contextlib
import copy
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from curation.config import Config
from curation.document import Turn
from synth.canvas import CanvasSettings
from synth.encode import PictureSettings
from synth.ocr.languages import Code
from synth.pages import views
from synth.pages.longer import questions
from synth.pages.longer.dialogue import answer, dialogue
from synth.pages.parts import finished
from synth.pages.pdf import PdfChecker, PdfPages, digest, find_pdfs, pages_from
from synth.pages.proof.checker import PageChecker
from synth.pages.real import Press, RealPages, read
from synth.pages.sources import HtmlSource
from synth.pages.view.lies import lies
from synth.sample import Checker, Claims, Draft, Encoded, Evidence, Failure, Generator, Unproven

Pages = list[tuple[Claims, tuple[Encoded, ...]]]
MOST_TRIES = 3  # pages tried for each that is wanted
PROOFS = {"html": 1, "pdf": 2}  # media that prove a page, besides its picture
_VIEW = {"kind": "html", "wording": 0}  # pages are proved as if they stood alone


class LongSettings(Config):
    """`sources` are folders of HTML, `files` PDFs by language, under `licence`; one of both at least.

    A document has `pages` (least, most) pages and at most about `tokens` tokens, pictures and text together.
    """

    sources: tuple[HtmlSource, ...] = ()
    files: dict[Code, list[str]] = Field({})
    licence: str = ""
    pages: tuple[int, int] = (8, 60)
    tokens: int = Field(32_000, ge=2_000)
    canvas: CanvasSettings = CanvasSettings(pixels=(301_056, 602_112), aspects=(0.65, 1.5))
    picture: PictureSettings = PictureSettings()
    text: tuple[int, int] = (13, 18)
    markdown: float = Field(0.5, ge=0, le=1)  # share of documents that are also told as Markdown, others as HTML

    @model_validator(mode="after")
    def _whole(self) -> "LongSettings":
        if not (self.sources or self.files):
            raise ValueError("sources or files: documents are wanted")
        if self.files and not self.licence:
            raise ValueError("licence: that of the files is wanted")
        if not 2 <= self.pages[0] <= self.pages[1] <= 60:
            raise ValueError(f"pages: {self.pages} is not a range within 2 to 60")
        return self


class LongChecker(Checker):
    """Every page by the proof of its kind, with its share of the media; then what is said of all of them."""

    checks = ("pages", "view")
    audits = ("pages_read",)

    def __init__(self) -> None:
        self._checkers: dict[str, Checker] = {"html": PageChecker(), "pdf": PdfChecker()}

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return dialogue(claims["pages"], claims["view"])

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        count = len(claims["pages"])
        proofs = PROOFS[claims["sort"]]
        if len(evidence.contents) != count * (1 + proofs):
            yield Failure("pages", f"{len(evidence.contents)} media for {count} pages")
            return
        for number, page in enumerate(claims["pages"]):
            first = count + number * proofs
            own = Evidence([evidence.contents[number], *evidence.contents[first : first + proofs]])
            look = partial(self.of_page, claims["sort"], page, own, audit)
            for failure in views.once(page, evidence, audit, look, number):
                yield Failure("pages", f"page {number + 1}: {failure.check}: {failure.evidence}")
        if claims["view"]["said"] != answer(claims["pages"], claims["view"]):
            yield Failure("view", f"{claims['view']['kind']}: the pages say otherwise")

    def of_page(self, sort: str, page: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        """What does not hold of one page, by its own media."""
        yield from self._checkers[sort].failures({**page, "view": _VIEW}, evidence, audit)

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        for name, said in lies(claims["view"]["said"], rng):
            changed = copy.deepcopy(claims)
            changed["view"]["said"] = said
            yield f"{claims['view']['kind']}_{name}", changed
        number = int(rng.integers(len(claims["pages"])))
        page = {**claims["pages"][number], "view": _VIEW}
        for name, lying in self._checkers[claims["sort"]].mutations(page, rng):
            changed = copy.deepcopy(claims)
            changed["pages"][number] = {key: value for key, value in lying.items() if key != "view"}
            yield f"page_{name}", _resaid(changed)
        changed = copy.deepcopy(claims)
        other = (number + 1) % len(claims["pages"])
        changed["pages"][number], changed["pages"][other] = changed["pages"][other], changed["pages"][number]
        yield "pages_swapped", _resaid(changed)


def _resaid(claims: Claims) -> Claims:
    """The claims with their answers made anew from what they say of the pages."""
    with contextlib.suppress(LookupError, ValueError):  # what is asked may be on no page now: then that is the lie
        claims["view"]["said"] = answer(claims["pages"], claims["view"])
    return claims


class LongDocuments(Generator):
    """The pages of one document: all of them as QwenVL HTML or Markdown, and questions that one page answers."""

    name = "long_document"
    version = "1"
    settings = LongSettings
    tools: ClassVar[tuple[str, ...]] = (*RealPages.tools, *PdfPages.tools[1:])

    def __init__(self, settings: LongSettings):
        self.config = settings
        self.press = Press(settings) if settings.sources else None
        self.files = find_pdfs(settings.files)
        self.digest = f"{self.press.digest if self.press else ''}{digest(self.files)}"
        self.checker: LongChecker = self.make_checker(settings)

    @classmethod
    def make_checker(cls, settings: LongSettings) -> LongChecker:
        return LongChecker()

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        settings = self.config
        kinds = ["html"] * bool(self.press) + ["pdf"] * bool(self.files)
        sort = kinds[int(rng.integers(len(kinds)))]
        wanted = int(rng.integers(settings.pages[0], settings.pages[1] + 1))
        licence, pages = self._set(rng, wanted) if sort == "html" else self._opened(rng, wanted)
        if len(pages) < settings.pages[0]:
            raise Unproven([Failure("length", f"{len(pages)} pages: {settings.pages[0]} or more are wanted")])
        media = (*(shown[0] for _, shown in pages), *(proof for _, shown in pages for proof in shown[1:]))
        told = [page for page, _ in pages]
        kind = "markdown" if rng.random() < settings.markdown else "html"
        asked_for: list[dict[str, Any]] = [{"kind": kind, "wording": int(rng.integers(1 << 16)), "asked": []}]
        if asked := questions.draw(rng, told):
            asked_for.append({"kind": "questions", "wording": int(rng.integers(1 << 16)), "asked": asked})
        for view in asked_for:
            claims = {"sort": sort, "pages": told, "view": {**view, "said": answer(told, view)}}
            task = "vqa" if view["kind"] == "questions" else "html" if view["kind"] == "html" else "ocr"
            yield Draft(task, told[0]["language"], media, claims, str(view["kind"]), licence)

    def close(self) -> None:
        if self.press:
            self.press.close()

    def _set(self, rng: np.random.Generator, wanted: int) -> tuple[str, Pages]:
        """Pages of HTML documents that follow one another in their folder; those that cannot be proved are left out."""
        assert self.press is not None
        source, path = self.press.choose(rng)
        documents = self.press.following(source, path)
        pages: Pages = []
        left = self.config.tokens
        size = self.config.canvas.draw(rng)
        text = int(rng.integers(self.config.text[0], self.config.text[1] + 1))
        blocks: Sequence[Any] = ()
        for _ in range(MOST_TRIES * wanted):
            if len(pages) == wanted:
                break
            while not blocks:
                following = next(documents, None)
                if following is None:
                    return source.licence, pages
                blocks = read(following, source)
            needled = questions.needled(rng, blocks)
            try:
                laid, used = self.press.lay(rng, source.language, needled, size, text)
                page, media = finished(rng, laid, self.config.picture)
            except Unproven:
                blocks = ()  # a block that finds no room on any page: on with the next document
                continue
            blocks = blocks[max(used - (len(needled) - len(blocks)), 1) :]
            if any(self.checker.of_page("html", page, Evidence([item.content for item in media]), False)):
                continue  # one page that cannot be proved would cost the whole document
            left -= tokens([page])
            if left < 0:
                break
            pages.append((page, media))
        return source.licence, pages

    def _opened(self, rng: np.random.Generator, wanted: int) -> tuple[str, Pages]:
        """Pages of a PDF that follow one another; those that cannot be proved are left out."""
        language, path = self.files[int(rng.integers(len(self.files)))]
        pixels = float(rng.uniform(*self.config.canvas.pixels))
        pages: Pages = []
        left = self.config.tokens
        for page, media in pages_from(rng, path, language, pixels, self.config.picture):
            left -= tokens([page])
            if left < 0 or len(pages) == wanted:
                break
            pages.append((page, media))
        return self.config.licence, pages


def tokens(pages: Sequence[Claims]) -> int:
    """About how many tokens pages come to: 28 x 28 pixels each, and their HTML, of 3 letters each, boxes of 14."""
    total = 0
    for page in pages:
        width, height = page["size"]
        total += width * height // 784 + 20
        for element in page["elements"]:
            said = questions.letters(element)
            wide = sum(ord(letter) > 0x590 for letter in said)
            total += 24 + wide + (len(said) - wide) // 3
    return total
