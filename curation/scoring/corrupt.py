"""Real documents corrupted in known ways: planted truth that scorers are calibrated against.

Each corruption names the dimension whose scorer has to see it, and those that may see it as well because their own
definition is broken too (the words of an image that has been exchanged no longer fit). All others must stay calm.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import PIL.Image

from curation import media as media_files
from curation.document import Document, Image, Media, Part, Text, Turn
from curation.scoring import drawing
from curation.scoring.features import distinct_words, places
from curation.scoring.furniture import FURNITURE
from curation.text.language import is_unspaced, words

_REPEATS = 4
_DOZENS = 36  # images; OBELICS allows 30
_LONGER = 20  # times as much text
_GALLERY_WORDS = 3  # to an image
_FEWEST_COPIED = 15  # words that are worth rendering as a picture; of single characters three times as many
_RUNNING = 8  # words that make a line of text, not of a table or menu
_CODE = re.compile(r"[|#=_{}<>\[\]]")  # or a table, or a heading
_FAR = 100  # words that an image at the end must be away from its place


@dataclass(frozen=True)
class Corpus:
    """What corruptions borrow from; pictures that they draw are files in `folder`, which the caller owns."""

    documents: Sequence[Document]
    folder: Path

    def draw(self, image: PIL.Image.Image) -> Media:
        encoded = io.BytesIO()
        image.save(encoded, "PNG")
        path = self.folder / f"{hashlib.sha256(encoded.getvalue()).hexdigest()}.png"
        path.write_bytes(encoded.getvalue())
        return media_files.probe(encoded.getvalue(), path.name, str(path))

    @cached_property
    def images(self) -> list[tuple[Media, frozenset[int]]]:
        """Every different image, and the numbers of the documents that show it."""
        shown: dict[str, tuple[Media, set[int]]] = {}
        for number, document in enumerate(self.documents):
            for item in document.media:
                shown.setdefault(item.sha256, (item, set()))[1].add(number)
        return [(item, frozenset(numbers)) for item, numbers in shown.values()]

    def foreign_images(self, document: Document, count: int, rng: np.random.Generator) -> list[Media]:
        """Different images of documents of its language that share none with it; [] if there are fewer."""
        own = {item.sha256 for item in document.media}
        related = {number for item, numbers in self.images if item.sha256 in own for number in numbers}
        alike = {number for number, other in enumerate(self.documents) if other.language == document.language}
        pool = [item for item, numbers in self.images if not numbers & related and numbers & alike]
        if len(pool) < count:
            return []
        return [pool[number] for number in rng.choice(len(pool), count, replace=False)]

    def others(self, document: Document, same_language: bool, rng: np.random.Generator) -> Iterator[str]:
        """Texts of other documents, of its language or of others, in a random order."""
        for number in rng.permutation(len(self.documents)):
            other = self.documents[number]
            if other.key != document.key and (other.language == document.language) == same_language:
                yield other.text


Change = Callable[[Document, Corpus, np.random.Generator], Document | None]


@dataclass(frozen=True, slots=True)
class Corruption:
    """`change` returns None where it cannot spoil a document: it has too little of what is to be spoilt."""

    change: Change
    dimension: str
    also: frozenset[str] = frozenset()  # dimensions that may react

    @property
    def name(self) -> str:
        return self.change.__name__.replace("_", " ")


# --- text ---


def garbled(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document:
    """Each line breaks off half-way and goes on in random characters."""
    letters = np.array([chr(code) for code in (*range(33, 127), *range(161, 500))])

    def spoil(line: str) -> str:
        half = len(line) // 2
        noise = rng.choice(letters, len(line) - half)
        return line[:half] + "".join(" " if old == " " else new for old, new in zip(line[half:], noise, strict=True))

    return _each_line(document, spoil)


def shuffled_words(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document:
    """Within each line."""

    def shuffle(line: str) -> str:
        unspaced = is_unspaced(words(line))
        pieces = list(line) if unspaced else line.split()
        return ("" if unspaced else " ").join(pieces[number] for number in rng.permutation(len(pieces)))

    return _each_line(document, shuffle)


def machine_repeated(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document:
    """Each line four times in a row."""
    return _each_line(document, lambda line: "\n\n".join([line] * _REPEATS))


def boilerplate(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document:
    """Two lines of page furniture after each line."""
    furniture = FURNITURE.get(document.language, FURNITURE["en"])
    return _each_line(document, lambda line: "\n\n".join([line, *map(str, rng.choice(furniture, 2, replace=False))]))


def foreign_middle(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document | None:
    """The middle third of the lines of running text is in another language."""
    return _foreign(document, corpus, rng, lambda number, count: count <= 3 * number < 2 * count)


def foreign_lines(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document | None:
    """Every other line of running text is in another language."""
    return _foreign(document, corpus, rng, lambda number, count: number % 2 == 1)


def wrong_language(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document:
    """The text is declared to be in a language that it is not in."""
    others = [language for language in FURNITURE if language != document.language]
    return replace(document, language=str(rng.choice(others)))


# --- images ---


def images_of_others(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document | None:
    """All images are other documents'."""
    return _showing(document, corpus.foreign_images(document, len(document.media), rng))


def decoration(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document:
    """Icons, logos, gradients and patterns instead of images."""
    drawn = [drawing.decoration((item.width, item.height), rng) for item in document.media]
    return replace(document, media=tuple(map(corpus.draw, drawn)))


def blank_images(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document:
    drawn = [drawing.blank((item.width, item.height), rng) for item in document.media]
    return replace(document, media=tuple(map(corpus.draw, drawn)))


def one_image_repeated(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document | None:
    """The same image in place of all."""
    chosen = document.media[rng.integers(len(document.media))]
    return _showing(document, [chosen] * len(document.media)) if len(document.media) > 1 else None


def pictures_of_the_text(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document | None:
    """Each image is a picture of the paragraph before or after it."""
    passages = {place.media: max(place.before, place.after, key=len) for place in places(document)}
    found = map(words, passages.values())
    if any(len(each) < _FEWEST_COPIED * (3 if is_unspaced(each) else 1) for each in found):
        return None
    pages = [drawing.page(passages[number]) for number in range(len(document.media))]
    return _showing(document, [corpus.draw(image) for image in pages if image])


# --- the balance of both ---


def hardly_any_text(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document:
    """Three words to an image."""
    found = iter(words(document.text))
    parts: list[Part] = []
    for image in document.images_shown():
        few = [word for word, _ in zip(found, range(_GALLERY_WORDS), strict=False)]
        parts += [Image(image), Text(f" {' '.join(few)} ")]
    return _of(document, parts)


def stripped_to_one_image(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document | None:
    """The first image alone, and twenty times as much text, from other documents of the language."""
    wanted = (_LONGER - 1) * len(words(document.text))
    texts, count = [], 0
    for text in corpus.others(document, same_language=True, rng=rng):
        if count >= wanted:
            break
        texts.append(text.strip())
        count += len(words(text))
    first = document.images_shown()[0]
    parts = [part for part in document.parts() if not isinstance(part, Image) or part.media == first]
    return _of(document, [*parts, Text("\n\n" + "\n\n".join(texts))]) if count >= wanted / 2 else None


def dozens_of_images(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document | None:
    """Other documents' images beside each of its own; of documents that have a third of so many at most."""
    shown = document.images_shown()
    others = corpus.foreign_images(document, _DOZENS - len(shown), rng) if 3 * len(shown) <= _DOZENS else []
    media = (*document.media, *others)
    groups = np.array_split(np.arange(len(document.media), len(media)), len(shown))
    more = iter(groups)
    parts = [
        piece
        for part in document.parts()
        for piece in ([part, *(Image(int(number)) for number in next(more))] if isinstance(part, Image) else [part])
    ]
    return _of(document, parts, media) if others else None


def images_last(document: Document, corpus: Corpus, rng: np.random.Generator) -> Document | None:
    """All images after the text; only where that moves them, on the whole, by a hundred words."""
    ahead = [place.words_before for place in places(document)]
    total = distinct_words(document)
    if sum(total - before for before in ahead) < _FAR * len(ahead):
        return None
    text = [part for part in document.parts() if not isinstance(part, Image)]
    return _of(document, [*text, *(Image(number) for number in document.images_shown())])


_QUALITY, _RELEVANCE, _COMPLEMENTARITY, _BALANCE = "quality", "relevance", "complementarity", "balance"
_TOO = frozenset
CORRUPTIONS = (
    Corruption(garbled, _QUALITY, _TOO({_RELEVANCE})),
    Corruption(shuffled_words, _QUALITY),
    Corruption(machine_repeated, _QUALITY),
    Corruption(boilerplate, _QUALITY),
    Corruption(foreign_middle, _QUALITY, _TOO({_RELEVANCE})),
    Corruption(foreign_lines, _QUALITY, _TOO({_RELEVANCE})),
    Corruption(wrong_language, _QUALITY),
    Corruption(images_of_others, _RELEVANCE),
    Corruption(decoration, _COMPLEMENTARITY, _TOO({_RELEVANCE})),
    Corruption(blank_images, _COMPLEMENTARITY),
    Corruption(one_image_repeated, _COMPLEMENTARITY, _TOO({_RELEVANCE})),
    Corruption(pictures_of_the_text, _COMPLEMENTARITY, _TOO({_RELEVANCE})),
    Corruption(hardly_any_text, _BALANCE, _TOO({_QUALITY, _RELEVANCE})),
    Corruption(stripped_to_one_image, _BALANCE, _TOO({_QUALITY})),  # nearly all of its text is others'
    Corruption(dozens_of_images, _BALANCE, _TOO({_RELEVANCE})),
    Corruption(images_last, _BALANCE, _TOO({_RELEVANCE})),
)

# --- helpers ---


def _of(document: Document, parts: Sequence[Part], media: Sequence[Media] | None = None) -> Document:
    return replace(document, turns=(Turn(None, tuple(parts)),), media=document.media if media is None else tuple(media))


def _showing(document: Document, media: Sequence[Media]) -> Document | None:
    return replace(document, media=tuple(media)) if len(media) == len(document.media) else None


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _is_running(line: str) -> bool:
    return not _CODE.search(line) and len(words(line)) >= _RUNNING


def _each_line(document: Document, change: Callable[[str], str]) -> Document:
    """Lines without words, and the empty ones between blocks, stay as they are."""

    def spoil(text: str) -> str:
        return "\n".join(change(line) if line.strip() else line for line in text.split("\n"))

    return _of(document, [Text(spoil(part.text)) if isinstance(part, Text) else part for part in document.parts()])


def _foreign(
    document: Document, corpus: Corpus, rng: np.random.Generator, at: Callable[[int, int], bool]
) -> Document | None:
    """Lines of running text of other languages in place of its own, of those that `at` chooses by (number, count).

    None where the document or the corpus has too few.
    """
    texts = [part.text for part in document.parts() if isinstance(part, Text)]
    count = sum(_is_running(line) for text in texts for line in _lines(text))
    others = corpus.others(document, same_language=False, rng=rng)
    found = list(islice((line for other in others for line in _lines(other) if _is_running(line)), count))
    if len(found) < count or count < 3:
        return None
    numbers, replaced = iter(range(count)), iter(found)

    def replace_line(line: str) -> str:
        return next(replaced) if _is_running(line) and at(next(numbers), count) else line

    return _each_line(document, replace_line)
