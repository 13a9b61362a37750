"""What is compared of one document: taken in one pass over its text, which is tokenised once."""

import hashlib
from dataclasses import dataclass

import numpy as np

from curation.dedup.paragraphs import ParagraphSettings, site, spans
from curation.dedup.words import Hashes, split_hashes, word_hashes
from curation.document import Document, Text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`text` and `start` say where it is: in which of the document's texts, and its first character there."""

    text: int
    start: int
    number: int  # a hash of its site and its words: signed, as Beam's integers are


@dataclass(frozen=True)
class Profile:
    """`plain` is the text with single spaces; `hashes` are the words of all texts in order (`curation.dedup.words`)."""

    document: Document
    plain: str
    hashes: Hashes
    paragraphs: tuple[Paragraph, ...]

    @property
    def digest(self) -> bytes:
        """16 bytes, equal for copies: the same text but for case and white space, and the same images in order.

        Of a document with roles, a chat for one, only an equal one is a copy.
        """
        if not is_running(self.document):
            return bytes.fromhex(self.document.key)
        return self._digest(self.plain.casefold())

    @property
    def rank(self) -> tuple[int, int, str, bytes]:
        """The smallest is kept: the one with most images, then with most text, then of the smallest URI.

        Last comes its very text, for copies under one URI.
        """
        images, uri = len(self.document.images_shown()), self.document.source.uri
        return -images, -len(self.plain), uri, self._digest(self.document.text)

    def _digest(self, text: str) -> bytes:
        images = [self.document.media[index] for index in self.document.images_shown()]
        named = "\0".join([text, *(image.sha256 or image.origin for image in images)])
        return hashlib.blake2b(named.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def is_running(document: Document) -> bool:
    """Whether it is running text, as of a page, and nobody's turn in a talk."""
    return document.rejected is None and all(turn.role is None for turn in document.turns)


def profile(document: Document, settings: ParagraphSettings | None) -> Profile:
    """Paragraphs are those of running text, from `settings.words` words on; none without settings."""
    found: list[Hashes] = []
    paragraphs: list[Paragraph] = []
    wanted = settings.words if settings and is_running(document) else None
    salt = hashlib.blake2b(site(document.source).encode("utf-8", "surrogatepass"), digest_size=16).digest()
    texts = (part.text for part in document.parts() if isinstance(part, Text))
    for index, text in enumerate(texts):
        if not wanted:
            found.append(word_hashes(text))
            continue
        places = list(spans(text))
        for (start, _), hashes in zip(places, split_hashes(text, places), strict=True):
            found.append(hashes)
            if len(hashes) >= wanted:
                digest = hashlib.blake2b(hashes.tobytes(), digest_size=8, person=salt).digest()
                paragraphs.append(Paragraph(index, start, int.from_bytes(digest, "little", signed=True)))
    hashes = np.concatenate(found) if found else np.empty(0, np.uint64)
    return Profile(document, " ".join(document.text.split()), hashes, tuple(paragraphs))


def repeated_within(paragraphs: tuple[Paragraph, ...]) -> list[Paragraph]:
    """Those that stand earlier in the same document."""
    seen: set[int] = set()
    again = []
    for each in paragraphs:
        if each.number in seen:
            again.append(each)
        seen.add(each.number)
    return again
