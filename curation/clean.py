"""From a page to a clean Document: its images found and looked at, its text mended, the rest cut out with a reason.

Only rules that hold in every language are applied here; what depends on the language is scored later, when it is known
(`curation.scoring.quality`). Alternative texts are not part of the document: a reader of the page does not see them.
"""

import posixpath
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from pydantic import Field, model_validator

from curation.config import Config
from curation.document import Document, Image, Media, Part, Source, Text, Turn
from curation.errors import MediaError
from curation.media import MAX_PIXELS, probe
from curation.reading.html import Block, Page, Picture, depth, extract
from curation.reject import Reject
from curation.text.language import is_unspaced, words
from curation.text.repetition import RepetitionRules, repetition_fault

STAGE = "clean"


MAX_DEPTH = 5_000  # of nested elements; no page that people read comes near it


class CleanRules(Config):
    """What a document must be to go on; images that break a rule are cut out of it, the document is kept."""

    min_side: int = Field(64, ge=1, description="pixels; smaller images are icons and decoration")
    max_aspect: float = Field(5.0, ge=1, description="long side over short side; OBELICS 2, DataComp 3; menus are long")
    max_pixels: int = Field(MAX_PIXELS, ge=1)
    min_words: int = Field(50, ge=0, description="Gopher: 50")
    max_words: int = Field(100_000, ge=1, description="Gopher: 100,000")
    min_images: int = Field(1, ge=0, description="OBELICS: 1")
    max_images: int = Field(30, ge=0, description="OBELICS: 30")
    repetition: RepetitionRules = RepetitionRules()

    @model_validator(mode="after")
    def _ordered(self) -> "CleanRules":
        if self.min_words > self.max_words:
            raise ValueError(f"min_words {self.min_words} is over max_words {self.max_words}")
        if self.min_images > self.max_images:
            raise ValueError(f"min_images {self.min_images} is over max_images {self.max_images}")
        return self


def build(
    html: bytes, uri: str, origin: str, licence: str, rules: CleanRules, read_image: Callable[[str], bytes]
) -> tuple[Document | None, list[Reject]]:
    """The page's document, or None, and a row for all that was dropped.

    `origin` is the page's path below the input's root, and `uri` the place it was read from, which ends in `origin`.
    `read_image` returns the bytes at a URI and raises MediaError where it cannot.
    """
    if (nested := depth(html)) > MAX_DEPTH:
        detail = f"elements nested {nested:,} deep, at most {MAX_DEPTH:,}"
        return None, [Reject("document", uri, STAGE, "too deep", detail)]
    page = extract(html)
    cleaner = _Cleaner(uri, origin, rules, read_image)
    for item in page.dropped:
        cleaner.reject("text", item.reason, f"{item.element}: {item.characters} characters, {item.images} images")
    document = cleaner.document(page, licence)
    fault = _fault(document, cleaner.paragraphs, rules)
    if fault is None:
        return document, cleaner.rejects
    for index in document.images_shown():
        cleaner.reject("image", "page rejected", document.media[index].origin)
    cleaner.rejects.append(Reject("document", uri, STAGE, *fault, key=document.key))
    return None, cleaner.rejects


def _fault(document: Document, paragraphs: list[str], rules: CleanRules) -> tuple[str, str] | None:
    """Reason and detail of the first rule for whole documents that is broken."""
    text, images = document.text, len(document.images_shown())
    if not text.strip() and not images:
        return "empty", "no content was found on the page"
    found = words(text)
    if len(found) < rules.min_words:
        return "too few words", f"{len(found)} words, at least {rules.min_words}"
    if len(found) > rules.max_words:
        return "too many words", f"{len(found)} words, at most {rules.max_words}"
    if images < rules.min_images:
        return "too few images", f"{images} images, at least {rules.min_images}"
    if images > rules.max_images:
        return "too many images", f"{images} images, at most {rules.max_images}"
    if "lorem ipsum" in text.lower():
        return "placeholder text", "the text has `lorem ipsum` (C4)"
    return repetition_fault(paragraphs, found, rules.repetition)


@dataclass
class _Cleaner:
    uri: str
    origin: str
    rules: CleanRules
    read_image: Callable[[str], bytes]

    def __post_init__(self) -> None:
        self.rejects: list[Reject] = []
        self.media: dict[str, tuple[int, Media]] = {}
        self.paragraphs: list[str] = []  # as found, before repeated ones are cut
        self.seen: set[str] = set()

    def reject(self, kind: str, reason: str, detail: str) -> None:
        self.rejects.append(Reject(kind, self.uri, STAGE, reason, detail))  # type: ignore[arg-type]

    def document(self, page: Page, licence: str) -> Document:
        parts: list[Part] = []
        before: Block | None = None
        for block in page.blocks:
            pieces = self._block(block)
            if pieces:
                if before:
                    parts.append(Text("\n" if before.kind == block.kind == "item" else "\n\n"))
                parts += [Text(piece) if isinstance(piece, str) else Image(self._index(piece)) for piece in pieces]
                before = block
        media = tuple(item for _, item in self.media.values())
        turns = (Turn(None, merge(parts)),)
        return Document(turns, media, "interleaved", source=Source(self.origin, licence))

    def _index(self, media: Media) -> int:
        """The place of the media among the document's; an image shown twice is stored once."""
        return self.media.setdefault(media.sha256, (len(self.media), media))[0]

    def _block(self, block: Block) -> list[str | Media]:
        """The block as Markdown with its usable images; empty where nothing of it is left."""
        images = [self._image(piece) for piece in block.content if isinstance(piece, Picture)]
        if block.kind == "figure" and not any(images):
            self._cut_text("caption without image", block.text)
            return []
        if self._unwanted(block):
            return []
        usable = iter(images)
        pieces: list[str | Media | None] = [p if isinstance(p, str) else next(usable) for p in block.content]
        mended = mend([piece for piece in pieces if piece is not None], keep_lines=block.kind in ("code", "table"))
        return [_prefix(block), *mended, *(["\n```"] if block.kind == "code" else [])] if mended else []

    def _unwanted(self, block: Block) -> bool:
        """Rules for a block of text; one that holds images stays for their sake."""
        text = " ".join(block.text.split())
        if not text or block.pictures:
            return False
        self.paragraphs.append(text)
        if block.kind in ("code", "table"):
            return False
        longest = max(map(len, text.split()))
        phrase = _BOILERPLATE.search(text)
        if longest > 1000 and not is_unspaced(words(text)):
            self._cut_text("long word", f"{longest} characters, at most 1,000 (C4): {text}")
        elif phrase and len(text) < 500:
            self._cut_text("boilerplate phrase", f"{phrase[0]!r} (C4): {text}")
        elif block.kind == "paragraph" and len(words(text)) >= 5 and text.casefold() in self.seen:
            self._cut_text("duplicate paragraph", text)
        else:
            self.seen.add(text.casefold())
            return False
        return True

    def _cut_text(self, reason: str, text: str) -> None:
        text = " ".join(text.split())
        if text:
            self.reject("text", reason, text if len(text) <= 160 else text[:160] + "…")

    def _image(self, picture: Picture) -> Media | None:
        try:
            media = self._probe(picture.src)
            short, long = sorted((media.width, media.height))
            size = f"{media.origin}: {media.width} x {media.height}"
            if short < self.rules.min_side:
                raise MediaError("small", f"{size}: a side is under {self.rules.min_side} pixels")
            if long > self.rules.max_aspect * short:
                raise MediaError("aspect", f"{size}: sides differ by more than {self.rules.max_aspect:g} times")
        except MediaError as error:
            self.reject("image", error.reason, error.args[1])
            return None
        return media

    def _probe(self, src: str) -> Media:
        path = resolve(src, self.origin)
        uri = self.uri.removesuffix(self.origin) + path
        media = probe(self.read_image(uri), path, uri, self.rules.max_pixels)
        return replace(media, length=None)


_BOILERPLATE = re.compile(
    r"\b(enable javascript|javascript (is|must be) (disabled|required|enabled)|terms of use|privacy policy|"
    r"cookie policy|uses? (of )?cookies|all rights reserved)\b",
    re.I,
)


def resolve(src: str, origin: str) -> str:
    """The path below the input's root of an image that the page at path `origin` names.

    Raises MediaError: `remote` for another host, `inline` for a data URI (documents carry references, never bytes),
    `outside` for a path that leaves the root.
    """
    scheme = re.match(r"[a-z][a-z0-9+.-]*:", src, re.I)
    if scheme and scheme[0].lower() == "data:":
        raise MediaError("inline", f"{src[:60]}: an image inside the page's text is not kept")
    if src.startswith("//") or (scheme and scheme[0].lower() in ("http:", "https:", "ftp:")):
        raise MediaError("remote", f"{src[:200]}: an image on another host is not fetched")
    path = unquote(re.split(r"[?#]", src, maxsplit=1)[0]).replace("\\", "/")
    if scheme or "\0" in path:
        raise MediaError("outside", f"{src[:200]}: not a path below the input's root")
    folder = "" if path.startswith("/") else posixpath.dirname(origin)
    path = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
    if path == ".." or path.startswith(("../", "/")):
        raise MediaError("outside", f"{src[:200]}: leaves the input's root")
    return path


def mend(pieces: list[str | Media], *, keep_lines: bool) -> list[str | Media]:
    """Adjacent texts joined, then each mended: mojibake (ftfy), NFC, no control characters, white space."""
    joined: list[str | Media] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    mended = [mend_text(piece, keep_lines=keep_lines) if isinstance(piece, str) else piece for piece in joined]
    if mended and isinstance(mended[0], str):
        mended[0] = mended[0].lstrip("\n" if keep_lines else None)
    if mended and isinstance(mended[-1], str):
        mended[-1] = mended[-1].rstrip()
    return [piece for piece in mended if piece]


def mend_text(text: str, *, keep_lines: bool) -> str:
    """One text, mended; `keep_lines` keeps the inner white space, which means something in code and tables."""
    import ftfy

    text = ftfy.fix_text(text, unescape_html=False, uncurl_quotes=False, fix_character_width=False)
    text = "".join(character for character in text if not _is_control(character))
    if keep_lines:
        return re.sub(r"[ \t\xa0]+(?=\n)", "", text)
    return re.sub(r" ?\n[ \n]*", "\n", re.sub(r"[^\S\n]+", " ", text))


def _is_control(character: str) -> bool:
    """Control, private-use and unassigned characters, soft hyphens, zero-width spaces; not the joiners of scripts."""
    if character in "\n\t\u200c\u200d":
        return False
    return character in "\xad\u200b\ufeff\ufffc\ufffd" or unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs")


def _prefix(block: Block) -> str:
    if block.kind == "heading":
        return "#" * block.level + " "
    if block.kind == "item":
        return "  " * block.level + block.marker + " "
    return "```\n" if block.kind == "code" else ""


def merge(parts: list[Part]) -> tuple[Part, ...]:
    """Adjacent texts made one; images keep their places."""
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, Text) and merged and isinstance(merged[-1], Text):
            merged[-1] = Text(merged[-1].text + part.text)
        elif not isinstance(part, Text) or part.text:
            merged.append(part)
    return tuple(merged)
