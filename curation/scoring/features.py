"""What the scorers look at, worked out once a document and only when a scorer asks for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import PIL.Image

from curation import media as media_files
from curation.document import Document, Image, Media, Text
from curation.scoring.background import NO_BACKGROUND, Background
from curation.scoring.ocr import Ocr
from curation.text.language import Language, LanguageModel, sentences, words

_LOOKED_AT = 512  # pixels of the longer side that statistics are taken from
_CORRELATED_AT = 256
_PASSAGE_WORDS = 80


@dataclass(frozen=True)
class Tools:
    """The models that features need; one of each a worker process."""

    language: LanguageModel
    ocr: Ocr | None = None
    background: Background = NO_BACKGROUND
    read: Callable[[Media], bytes] = media_files.read


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image stands: the media it shows, the words before it, and the text around it.

    `words_before` counts no line twice: what is repeated tells nothing new.
    """

    media: int
    words_before: int
    heading: str
    before: str
    after: str

    @property
    def passage(self) -> str:
        return "\n".join(piece for piece in (self.heading, self.before, self.after) if piece)


@dataclass(frozen=True, slots=True)
class Looks:
    """Statistics of an image's pixels.

    `entropy` is of its grey levels, in bits (0-8); `edges` is the share of pixels whose neighbours differ by more
    than 16 levels; `ink` is the share that differ from the commonest level; `tiled` is how like itself the image is one
    period on, across and down (1 for a repeated tile); `hash` is a 64-bit difference hash (dHash).
    """

    entropy: float
    edges: float
    ink: float
    tiled: float
    hash: int


class Features:
    """A document with everything that is known of it, each worked out on first use."""

    def __init__(self, document: Document, tools: Tools):
        self.document = document
        self.declared = document.language  # by whoever made the document; empty if by nobody
        self.tools = tools

    @cached_property
    def text(self) -> str:
        return self.document.text

    @cached_property
    def language(self) -> Language:
        return self.tools.language.identify(prose(self.text))

    @cached_property
    def distinct_words(self) -> int:
        return distinct_words(self.document)

    @cached_property
    def blocks(self) -> list[str]:
        return split_blocks(self.text)

    @cached_property
    def words(self) -> list[str]:
        return words(self.text)

    @cached_property
    def sentences(self) -> list[str]:
        return sentences(prose(self.text))

    @cached_property
    def places(self) -> list[Place]:
        return places(self.document)

    @cached_property
    def looks(self) -> list[Looks]:
        """Of each media item."""
        return [look(self.pixels(number)) for number in range(len(self.document.media))]

    @cached_property
    def ocr_text(self) -> list[str]:
        """Of each media item: what can be read in it, as one line; empty where OCR is off."""
        if self.tools.ocr is None:
            return ["" for _ in self.document.media]
        read = self.tools.ocr.words
        return [
            " ".join(read(item.sha256, partial(self.pixels, number), self.language.code))
            for number, item in enumerate(self.document.media)
        ]

    def pixels(self, number: int) -> PIL.Image.Image:
        """Of a media item, decoded anew at each call: a document's images together need not fit into memory."""
        return media_files.decode(self.tools.read(self.document.media[number]))


def places(document: Document) -> list[Place]:
    """Of each image in reading order."""
    parts = list(document.parts())
    found, count, heading, before = [], 0, "", ""
    seen: set[str] = set()
    for number, part in enumerate(parts):
        if isinstance(part, Text):
            blocks = split_blocks(part.text)
            heading = next((block for block in reversed(blocks) if _is_heading(block)), heading)
            before = next((block for block in reversed(blocks) if not _is_heading(block)), before)
            count += _count_new(part.text, seen)
        elif isinstance(part, Image):
            after = next((later.text for later in parts[number + 1 :] if isinstance(later, Text)), "")
            following = next((block for block in split_blocks(after) if not _is_heading(block)), "")
            found.append(Place(part.media, count, heading.lstrip("# "), _tail(before), _head(following)))
    return found


def distinct_words(document: Document) -> int:
    """How many words a document has, lines that it repeats counted once."""
    seen: set[str] = set()
    return sum(_count_new(part.text, seen) for part in document.parts() if isinstance(part, Text))


def _count_new(text: str, seen: set[str]) -> int:
    """Words of the lines that are not among `seen`, to which they are added."""
    lines = [line for line in dict.fromkeys(map(str.strip, text.split("\n"))) if line not in seen]
    seen.update(lines)
    return len(words("\n".join(lines)))


def split_blocks(text: str) -> list[str]:
    """Markdown blocks: pieces between empty lines, a fenced block of code being one."""
    pieces: list[str] = []
    for number, piece in enumerate(re.split(r"(?:^|\n)```[^\n]*(?:\n|$)", text)):
        pieces += [piece] if number % 2 else re.split(r"\n{2,}", piece)
    return [piece.strip() for piece in pieces if piece.strip()]


def prose(text: str) -> str:
    """The text without fenced code and without the marks of Markdown tables, headings and lists."""
    text = re.sub(r"(?:^|\n)```.*?(?:\n```|$)", "\n", text, flags=re.S)
    return re.sub(r"^\s*(#{1,6}|-|\d+\.)\s|^\|[-| ]+\|$|\|", " ", text, flags=re.M)


def look(image: PIL.Image.Image) -> Looks:
    """Statistics of the image, made smaller where it is large."""
    image = image.convert("L")
    image.thumbnail((_LOOKED_AT, _LOOKED_AT), PIL.Image.Resampling.BOX)
    grey = np.asarray(image, np.int16)  # (height, width)
    counts = np.bincount(grey.ravel(), minlength=256)
    shares = counts[counts > 0] / grey.size
    across = np.abs(np.diff(grey, axis=1)) > 16
    down = np.abs(np.diff(grey, axis=0)) > 16
    small = np.asarray(image.resize((9, 8), PIL.Image.Resampling.BOX), np.int16)
    bits = (small[:, 1:] > small[:, :-1]).ravel()  # 64
    return Looks(
        entropy=float(-(shares * np.log2(shares)).sum()),
        edges=float(max(across.mean() if across.size else 0.0, down.mean() if down.size else 0.0)),
        ink=float(1 - shares.max()),
        tiled=_tiled(image),
        hash=int("".join("1" if bit else "0" for bit in bits), 2),
    )


def _tiled(image: PIL.Image.Image) -> float:
    """The second peak of the autocorrelation along either axis, whichever is lower; 0 where there is none."""
    image.thumbnail((_CORRELATED_AT, _CORRELATED_AT), PIL.Image.Resampling.BOX)
    grey = np.asarray(image, np.float64)  # (height, width)
    power = np.abs(np.fft.rfft2(grey - grey.mean())) ** 2
    alike = np.fft.irfft2(power, grey.shape)  # (height, width)
    return min(_second_peak(alike[0]), _second_peak(alike[:, 0])) if alike[0, 0] > grey.size else 0.0


def _second_peak(alike: np.ndarray) -> float:
    """Of an autocorrelation (n,) by shift: its highest value after it first fell to half."""
    half = alike[: len(alike) // 2 + 1] / alike[0]
    fell = np.flatnonzero(half < 0.5)
    return max(float(half[fell[0] :].max()), 0.0) if len(fell) else 0.0


def _is_heading(block: str) -> bool:
    return re.match(r"#{1,6} ", block) is not None and "\n" not in block


def _head(text: str) -> str:
    return " ".join(text.split()[:_PASSAGE_WORDS])


def _tail(text: str) -> str:
    return " ".join(text.split()[-_PASSAGE_WORDS:])
