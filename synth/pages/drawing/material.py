"""What stands on pages: paragraphs, lists, tables and figures made of a corpus, before anything is laid out."""

from typing import Any

import numpy as np

from synth.ocr.corpus import Corpus
from synth.ocr.fonts import Face
from synth.ocr.languages import LANGUAGES

Block = dict[str, Any]  # an Element without ids and boxes
BULLETS = ("•", "–", "*", "-")
_SHARE = 0.3  # of short texts that cannot be guessed


class Writer:
    """Writes blocks in one language with the characters that `faces` have."""

    def __init__(self, rng: np.random.Generator, corpus: Corpus, language: str, faces: tuple[Face, ...]):
        self.rng = rng
        self.corpus = corpus
        self.language = language
        self._faces = faces
        self._known: set[str] = set()  # characters that all faces have
        self._bullets = [mark for mark in BULLETS if self.covers(mark)]

    def heading(self, level: int) -> Block:
        return {"kind": f"h{level}", "text": self.title(int(self.rng.integers(15, 60)))}

    def text(self, kind: str, words: int) -> Block:
        return {"kind": kind, "text": self._write(lambda: self.corpus.paragraph(self.rng, self.language, words))}

    def short(self, kind: str, most: int = 50) -> Block:
        return {"kind": kind, "text": self.phrase(most)}

    def phrase(self, most: int) -> str:
        """A few words, some of them such that they cannot be guessed."""
        if self.rng.random() < _SHARE:
            return self.code(most)
        return self._write(lambda: self.corpus.sentence(self.rng, self.language, most))

    def title(self, most: int) -> str:
        return self._write(lambda: self.corpus.title(self.rng, self.language, most))

    def code(self, most: int) -> str:
        return self._write(lambda: self.corpus.unguessable(self.rng, self.language, most))

    def points(self) -> Block:
        """A list, numbered or not, nested now and then."""
        rng = self.rng
        kind = "ol" if rng.random() < 0.4 or not self._bullets else "ul"
        nested = rng.random() < 0.3
        bullets = [self._bullets[place] for place in rng.permutation(len(self._bullets))]
        items: list[dict[str, Any]] = []
        counts = [0, 0]
        for number in range(int(rng.integers(2, 7))):
            depth = int(nested and number > 0 and rng.random() < 0.4)
            counts[depth] += 1
            counts[1] *= depth  # an inner list begins anew
            marker = f"{counts[depth]}." if kind == "ol" else bullets[depth % len(bullets)]
            items.append({"text": self.phrase(int(rng.integers(15, 90))), "marker": marker, "depth": depth})
        return {"kind": kind, "items": items}

    def table(self, columns: int) -> Block:
        """A head row, or two with groups of columns; names in the first column, some over several rows; then values."""
        rng = self.rng
        rows: list[list[dict[str, Any]]] = []
        grouped = columns >= 4 and rng.random() < 0.35
        if grouped:
            half = (columns - 1) // 2
            rows.append(
                [
                    *(_cell(self.label(), rows=2, head=True), _cell(self.label(), half, head=True)),
                    _cell(self.label(), columns - 1 - half, head=True),
                ]
            )
        first = [] if grouped else [_cell(self.label(), head=True)]
        rows.append([*first, *(_cell(self.label(), head=True) for _ in range(columns - 1))])
        kinds = [rng.choice(("number", "money", "share", "code", "word")) for _ in range(columns - 1)]
        left = 0  # rows that the name above still covers
        for number in range(body := int(rng.integers(2, 9))):
            cells = [_cell(self.value(str(kind))) for kind in kinds]
            if left == 0:
                left = int(rng.integers(2, 4)) if rng.random() < 0.15 else 1
                left = min(left, body - number)
                cells.insert(0, _cell(self.label(), rows=left, head=bool(rng.random() < 0.1)))
            left -= 1
            rows.append(cells)
        if columns >= 3 and rng.random() < 0.25:
            total = f"{rng.integers(100, 100_000):,}"
            rows.append([_cell(self.label(), columns - 1, head=True), _cell(total)])
        rules = str(rng.choice(("grid", "grid", "rows", "none")))
        return {"kind": "table", "rows": rows, "rules": rules}

    def label(self) -> str:
        return self.title(int(self.rng.integers(8, 20)))

    def value(self, kind: str) -> str:
        """What stands in a column of a kind; plain digits where the fonts have no signs for it."""
        rng = self.rng
        match kind:
            case "number":
                text = str(rng.integers(0, 10 ** int(rng.integers(1, 6))))
            case "money":
                text = f"{rng.integers(1, 100_000):,}.{rng.integers(0, 100):02d}"
            case "share":
                text = f"{rng.uniform(0, 100):.1f}%"
            case "code":
                text = self.code(10)
            case _:
                text = self.title(16)
        return text if self.covers(text) else str(rng.integers(0, 100_000))

    def _write(self, make: Any) -> str:
        """A text in which nothing is missing from the fonts."""
        for _ in range(20):
            text = self._clean(make())
            if text:
                return text
        return str(self.rng.integers(10, 100_000))

    def _clean(self, text: str) -> str:
        if LANGUAGES[self.language].right_to_left:
            # Brackets and the like are mirrored by rules that depend on their neighbours: not worth the doubt.
            text = "".join(character for character in text if character not in "()[]{}<>«»‹›")
        if LANGUAGES[self.language].spaced:
            return " ".join(word for word in text.split() if self.covers(word))
        return " ".join("".join(c for c in text if self.covers(c)).split())

    def covers(self, text: str) -> bool:
        """Whether all faces have all of its characters."""
        for character in set(text) - self._known:
            if not all(face.covers(character) for face in self._faces):
                return False
            self._known.add(character)
        return True


def _cell(text: str, columns: int = 1, rows: int = 1, head: bool = False) -> dict[str, Any]:
    return {"text": text, "columns": columns, "rows": rows, "head": head}
