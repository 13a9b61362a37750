"""How well each scorer tells real documents from the same documents corrupted: AUC by corruption, as a table.

    python -m tests.bench.scorer_auc FOLDER --language-model lid.176.ftz [--documents 60]

FOLDER holds HTML pages with their images. Each dimension has its own corruptions; a document is compared with all.
"""

import argparse
import hashlib
import io
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from curation import media as media_files
from curation.clean import CleanRules, build, merge
from curation.document import Document, Image, Media, Text, Turn
from curation.scoring.features import Features, Tools, split_blocks
from curation.scoring.score import Scorer, ScoreSettings

Corruption = Callable[["Corruptor", Document, np.random.Generator], Document | None]


class Corruptor:
    """Makes corrupted documents; keeps the pictures it draws in memory and reads them back."""

    def __init__(self, documents: Sequence[Document]):
        self.documents = documents
        self.drawn: dict[str, bytes] = {}

    def read(self, media: Media) -> bytes:
        return self.drawn[media.uri] if media.uri in self.drawn else media_files.read(media)

    def draw(self, image: PIL.Image.Image) -> Media:
        encoded = io.BytesIO()
        image.save(encoded, "PNG")
        uri = f"drawn/{hashlib.sha256(encoded.getvalue()).hexdigest()[:16]}"
        self.drawn[uri] = encoded.getvalue()
        return media_files.probe(encoded.getvalue(), uri, uri)

    # Text.

    def shuffled_words(self, document: Document, rng: np.random.Generator) -> Document:
        return _with_text(document, lambda text: _by_line(text, lambda line: " ".join(rng.permutation(line.split()))))

    def repeated_lines(self, document: Document, rng: np.random.Generator) -> Document:
        def repeat(text: str) -> str:
            lines = [line for line in text.splitlines() if line.strip()]
            return "\n\n".join(line for line in lines for _ in range(4)) if lines else text

        return _with_text(document, repeat)

    def garbage(self, document: Document, rng: np.random.Generator) -> Document:
        """Each line breaks off half-way and goes on in random characters."""
        letters = np.array([chr(code) for code in (*range(33, 127), *range(161, 500))])

        def spoil(line: str) -> str:
            half = len(line) // 2
            noise = "".join(rng.choice(letters, len(line) - half))
            return line[:half] + "".join(" " if line[half + n] == " " else c for n, c in enumerate(noise))

        return _with_text(document, lambda text: _by_line(text, spoil))

    def boilerplate(self, document: Document, rng: np.random.Generator) -> Document:
        """Two lines of page furniture after each line."""

        def furnish(text: str) -> str:
            lines = [line for line in text.split("\n") if line.strip()]
            return "\n\n".join("\n\n".join((line, *map(str, rng.choice(_FURNITURE, 2)))) for line in lines)

        return _with_text(document, furnish)

    # Images.

    def swapped_images(self, document: Document, rng: np.random.Generator) -> Document | None:
        others = [item for other in self.documents if other.source.uri != document.source.uri for item in other.media]
        if len(others) < len(document.media):
            return None
        chosen = rng.choice(len(others), len(document.media), replace=False)
        return replace(document, media=tuple(others[number] for number in chosen))

    def blank_images(self, document: Document, rng: np.random.Generator) -> Document:
        blanks = [PIL.Image.new("RGB", (m.width, m.height), tuple(rng.integers(0, 256, 3))) for m in document.media]
        return replace(document, media=tuple(self.draw(blank) for blank in blanks))

    def duplicate_images(self, document: Document, rng: np.random.Generator) -> Document | None:
        if len(document.media) < 2:
            return None
        return replace(document, media=(document.media[0],) * len(document.media))

    def pictures_of_the_text(self, document: Document, rng: np.random.Generator) -> Document | None:
        features = Features(document, Tools(language=None))  # type: ignore[arg-type]
        passages = {place.media: place.before + " " + place.after for place in features.places}
        if any(len(text.split()) < 15 for text in passages.values()):
            return None
        return replace(document, media=tuple(self.draw(render(passages[n])) for n in range(len(document.media))))

    # Balance.

    def little_text(self, document: Document, rng: np.random.Generator) -> Document:
        """Three words to an image."""
        words = document.text.split()
        parts = []
        for number, image in enumerate(document.images_shown()):
            parts += [Image(image), Text(" " + " ".join(words[3 * number : 3 * number + 3]) + " ")]
        return replace(document, turns=(Turn(None, tuple(parts)),))

    def twentyfold_text(self, document: Document, rng: np.random.Generator) -> Document:
        """The first image only, and the text of twenty times as long a document after it."""
        words = len(document.text.split())
        text = document.text
        while len(text.split()) < 20 * words:
            text += "\n\n" + self.documents[rng.integers(len(self.documents))].text
        parts = (Text(document.text), Image(document.images_shown()[0]), Text(text))
        return replace(document, turns=(Turn(None, parts),))

    def images_last(self, document: Document, rng: np.random.Generator) -> Document:
        parts = [Text(document.text), *(Image(number) for number in document.images_shown())]
        return replace(document, turns=(Turn(None, tuple(parts)),))


CORRUPTIONS: dict[str, tuple[Corruption, ...]] = {
    "quality": (Corruptor.shuffled_words, Corruptor.repeated_lines, Corruptor.garbage, Corruptor.boilerplate),
    "relevance": (Corruptor.swapped_images,),
    "complementarity": (Corruptor.blank_images, Corruptor.duplicate_images, Corruptor.pictures_of_the_text),
    "balance": (Corruptor.little_text, Corruptor.twentyfold_text, Corruptor.images_last),
}

_FURNITURE = (
    "Home | Products | About us | Contact us | Sign in",
    "We use cookies to improve your experience. Accept all cookies",
    "Subscribe to our newsletter",
    "Privacy policy - Terms of use - Site map",
    "Copyright 2024 Example Inc. All rights reserved",
    "Share this: Facebook Twitter LinkedIn Email",
    "Previous | Next | Back to top",
    "Related articles",
    "Log in or sign up to comment",
    "1 2 3 4 5 ... 27 Next page",
)


def render(text: str) -> PIL.Image.Image:
    """Black text on white, 60 characters a line."""
    lines = textwrap.wrap(text, 60)
    image = PIL.Image.new("RGB", (680, 28 * len(lines) + 20), "white")
    font = PIL.ImageFont.load_default(20)
    PIL.ImageDraw.Draw(image).multiline_text((10, 8), "\n".join(lines), "black", font, spacing=4)
    return image


def auc(real: Sequence[float], corrupted: Sequence[float]) -> float:
    """Probability that a real document scores above a corrupted one; ties count half."""
    a, b = np.asarray(real)[:, None], np.asarray(corrupted)[None]
    return float((a > b).mean() + 0.5 * (a == b).mean())


def read_documents(folder: Path, most: int) -> list[Document]:
    """At most `most` cleaned documents, evenly chosen."""
    documents = []
    for path in sorted(folder.rglob("*.html")):
        origin = path.relative_to(folder).as_posix()
        document, _ = build(path.read_bytes(), str(path), origin, "", CleanRules(), media_files.read_bytes)
        documents += [document] if document else []
    step = max(len(documents) / most, 1)
    return [documents[int(number * step)] for number in range(int(len(documents) / step))]


def measure(documents: list[Document], scorer: Scorer, seed: int = 0) -> list[tuple[str, str, int, int, float]]:
    """Rows: dimension, corruption, real documents judged, corrupted ones judged, AUC."""
    corruptor = Corruptor(documents)
    tools = replace(scorer.tools, read=corruptor.read)
    rows = []
    for dimension, corruptions in CORRUPTIONS.items():
        judge = next(item for item in scorer.scorers if item.name == dimension)
        real = _scores([judge.score(Features(document, tools)) for document in documents], dimension)
        everything: list[float] = []
        for corruption in corruptions:
            rng = np.random.default_rng(seed)
            spoilt = [corruption(corruptor, document, rng) for document in documents]
            bad = _scores([judge.score(Features(item, tools)) for item in spoilt if item], dimension)
            everything += bad
            rows.append((dimension, corruption.__name__.replace("_", " "), len(real), len(bad), auc(real, bad)))
        rows.append((dimension, "ALL", len(real), len(everything), auc(real, everything)))
    return rows


def _scores(found: list[dict[str, float]], dimension: str) -> list[float]:
    return [scores[dimension] for scores in found if dimension in scores]


def _with_text(document: Document, change: Callable[[str], str]) -> Document:
    parts = [Text(change(part.text)) if isinstance(part, Text) else part for part in document.parts()]
    return replace(document, turns=(Turn(None, merge(parts)),))


def _by_line(text: str, change: Callable[[str], str]) -> str:
    return "\n\n".join("\n".join(change(line) for line in block.split("\n")) for block in split_blocks(text))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--documents", type=int, default=60)
    given = parser.parse_args()
    documents = read_documents(given.folder, given.documents)
    print(f"{len(documents)} documents, {sum(len(document.media) for document in documents)} images")
    scorer = Scorer(ScoreSettings(language_model=given.language_model))
    for dimension, corruption, real, bad, value in measure(documents, scorer):
        print(f"{dimension:16} {corruption:22} {real:4} real {bad:4} corrupted   AUC {value:.3f}")


if __name__ == "__main__":
    main()
