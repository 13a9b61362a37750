"""Real text of twelve languages, from folders that the settings name, and text that cannot be guessed.

Pages' navigation and code are left out, and paragraphs in another language than that of their folder: manuals are only
partly translated.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import Field

from curation.config import Config
from curation.errors import UserError
from curation.text.language import LanguageModel, sentences
from synth.ocr import unguessable
from synth.ocr.languages import LANGUAGES, Code

_PAGES = 240  # files read of a folder, spread over it: more say nothing new
_NAVIGATION = (
    "script, style, nav, header, footer, pre, table, code.programlisting, .docnav, .navheader, .navfooter, #banner, "
    "#title, .toc, .index, .titlepage, .navbar, .footnote"
)
_BLOCKS = "p, li, dd, h1, h2, h3, h4, h5, h6, div.para, blockquote"
_TITLES = re.compile(r"^(?:[^\W\d]+\s+)?(?:[A-Z]\.)?[\d.]*\.\s+")  # "Chapter 3. ", "3.2. ", "A.5. "
_CONFIDENT = 0.5
_LEAST, _MOST = 20, 1_500  # characters of a paragraph


class CorpusSettings(Config):
    """Where text is found: `texts` has files and folders of HTML or plain text by language, `language_model` a fastText
    language identification model (lid.176.ftz), empty where no paragraph is in another language than its folder's."""

    texts: dict[Code, list[str]] = Field(min_length=1)
    language_model: str = ""


class Corpus:
    """Text by language, read when a language is first asked for. `digest` changes when a file does."""

    def __init__(self, settings: CorpusSettings):
        self.languages: tuple[Code, ...] = tuple(code for code in LANGUAGES if code in settings.texts)
        self._files = {code: _files(code, settings.texts[code]) for code in self.languages}
        self._model = LanguageModel(settings.language_model) if settings.language_model else None
        self._texts: dict[str, _Texts] = {}
        self.digest = _digest(self._files)

    @staticmethod
    def load(settings: CorpusSettings) -> "Corpus":
        """The corpus of these settings, one a process. Raises UserError where a folder or the model is missing."""
        return _load(settings.model_dump_json())

    def sentence(self, rng: np.random.Generator, language: str, most: int) -> str:
        """A sentence of at most `most` characters, or the beginning of one."""
        found = self._of(language).sentences
        return _cut(found[rng.integers(len(found))], most, LANGUAGES[language].spaced)

    def paragraph(self, rng: np.random.Generator, language: str, words: int) -> str:
        """Running sentences with about `words` words (of two characters where none are marked by spaces)."""
        found = self._of(language).sentences
        spaced = LANGUAGES[language].spaced
        start, text = int(rng.integers(len(found))), ""
        for number in range(len(found)):
            text += (" " if spaced and text else "") + found[(start + number) % len(found)]
            if (len(text.split()) if spaced else len(text) // 2) >= words:
                break
        return _cut_words(text, words) if spaced else text[: 2 * words]

    def title(self, rng: np.random.Generator, language: str, most: int = 60) -> str:
        """A heading of at most `most` characters."""
        texts = self._of(language)
        found = texts.titles or texts.sentences
        return _cut(found[rng.integers(len(found))], most, LANGUAGES[language].spaced).rstrip(".。:,،")

    def unguessable(self, rng: np.random.Generator, language: str, length: int) -> str:
        """Codes, numbers, dates, prices and misspelt words, at most `length` characters: they must be read."""
        texts = self._of(language)
        return unguessable.draw(rng, language, texts.words, texts.letters, length)

    def _of(self, language: str) -> "_Texts":
        if language not in self._files:
            raise UserError(f"texts: there is none for {language!r}, only for {', '.join(self.languages)}")
        if language not in self._texts:
            self._texts[language] = _Texts(language, self._files[language], self._model)
        return self._texts[language]


class _Texts:
    """What was read of one language: `sentences` in order, `titles`, `words` and `letters` without repetition."""

    def __init__(self, language: str, files: list[Path], model: LanguageModel | None):
        titles, paragraphs = [], []
        for path in files:
            for kind, text in _blocks(path):
                if kind == "title" and _written_in(text, language):
                    titles.append(_TITLES.sub("", text))
                elif kind == "text" and _LEAST <= len(text) <= _MOST and _spoken_in(text, language, model):
                    paragraphs.append(text)
        found = [piece for text in dict.fromkeys(paragraphs) for piece in sentences(text) if len(piece) >= 6]
        self.sentences = [piece for piece in found if _written_in(piece, language)]
        if len(self.sentences) < 3:
            raise UserError(
                f"texts: {files[0].parent}: fewer than 3 sentences in {LANGUAGES[language].name} were found"
            )
        self.titles = [title for title in dict.fromkeys(titles) if 4 <= len(title) <= 80]
        self.words, self.letters = unguessable.material(self.sentences, language)


@lru_cache(maxsize=4)
def _load(settings: str) -> Corpus:
    return Corpus(CorpusSettings.model_validate_json(settings))


def _files(language: str, places: list[str]) -> list[Path]:
    found: list[Path] = []
    for place in map(Path, places):
        if not place.exists():
            raise UserError(f"texts.{language}: {place}: no such file or folder")
        inside = [place]
        if place.is_dir():
            inside = sorted(path for path in place.rglob("*") if path.suffix in (".html", ".htm", ".txt"))
            inside = inside[:: max(-(-len(inside) // _PAGES), 1)]
        found += inside
    if not found:
        raise UserError(f"texts.{language}: {', '.join(places)}: no .html or .txt files there")
    return found


def _digest(files: dict[Code, list[Path]]) -> str:
    digest = hashlib.sha256()
    for code, paths in files.items():
        for path in paths:
            digest.update(f"{code} {path.name} ".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _blocks(path: Path) -> Iterator[tuple[str, str]]:
    """(title | text, its characters) for each paragraph of a file."""
    content = path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".txt":
        yield from (("text", tidy(piece)) for piece in re.split(r"\n\s*\n", content))
        return
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(content)
    for node in tree.css("h1.title, h2.title, h3.title, h1, h2, h3"):
        yield "title", tidy(node.text())
    for node in tree.css(_NAVIGATION):
        node.decompose()
    for node in tree.css(_BLOCKS):
        if all(inner == node for inner in node.css(_BLOCKS)):  # the innermost, so that nothing is told twice
            yield "text", tidy(node.text())


def tidy(text: str) -> str:
    """One line of composed characters (NFC), without invisible ones."""
    text = unicodedata.normalize("NFC", text).replace("\u2011", "-")
    return " ".join("".join(c if unicodedata.category(c) not in ("Cf", "Cc", "Co", "Cn", "So") else " " * c.isspace()
                            for c in text).split())  # fmt: skip


def _spoken_in(text: str, language: str, model: LanguageModel | None) -> bool:
    if model is None:
        return True
    found = model.identify(text)
    return found.code == language and found.confidence >= _CONFIDENT


def _written_in(text: str, language: str) -> bool:
    """Whether most of its letters are of the language's scripts."""
    letters = [character for character in text if character.isalpha()]
    own = sum(unguessable.is_own(character, language) for character in letters)
    return own > 0.6 * len(letters) > 0


def _cut(text: str, most: int, spaced: bool) -> str:
    if len(text) <= most:
        return text
    if not spaced:
        return text[:most]
    return text[: most + 1].rpartition(" ")[0].rstrip() or text[:most]


def _cut_words(text: str, words: int) -> str:
    return " ".join(text.split()[:words])
