"""What both generators of text draw from: a corpus, faces that have its letters, views of what was written."""

from typing import Any

import numpy as np
from pydantic import Field, model_validator

from curation.config import Config
from synth.encode import PictureSettings
from synth.grounding.library.backgrounds import Backgrounds
from synth.ocr import fonts, wording
from synth.ocr.corpus import Corpus, CorpusSettings
from synth.ocr.drawing.layout import require_raqm, settable
from synth.ocr.fonts import Face
from synth.ocr.languages import LANGUAGES, Code

LIGHTEST = 50  # thinner strokes than these (fontconfig's "light") vanish in small print
TRIES = 40  # texts drawn until one can be set
_NO_VERTICAL = ("wqy", "ukai")  # their vertical metrics are not those of their outlines


class TextSettings(Config):
    """Settings that `text_lines` and `scene_text` share; ranges are (least, most), both included."""

    corpus: CorpusSettings
    languages: dict[Code, float] = Field({})  # weights; empty: all of the corpus alike
    backgrounds: str = ""  # a folder of photographs without text in them; empty: surfaces alone
    licence: str = ""  # of texts and photographs
    sizes: tuple[int, int] = (18, 56)  # pixels of the em
    unguessable: float = Field(0.35, ge=0, le=1)  # share of texts that cannot be guessed
    picture: PictureSettings = PictureSettings(formats={"jpg": 0.7, "png": 0.2, "webp": 0.1})

    @model_validator(mode="after")
    def _shared_ranges(self) -> "TextSettings":
        if not 14 <= self.sizes[0] <= self.sizes[1] <= 200:
            raise ValueError(f"sizes: {self.sizes} is not a range within 14 to 200")
        if self.languages and (min(self.languages.values()) < 0 or not sum(self.languages.values()) > 0):
            raise ValueError("languages: weights of 0 or more are wanted, one of them above 0")
        unknown = sorted(set(self.languages) - set(self.corpus.texts))
        if unknown:
            raise ValueError(f"languages: corpus.texts has nothing for {', '.join(unknown)}")
        return self


class Material:
    """Raises UserError where a font, a folder, the language model or FriBiDi is missing."""

    def __init__(self, settings: TextSettings, largest: tuple[int, int]):
        """`largest`: width and height of the largest canvas."""
        require_raqm()
        self.settings = settings
        self.corpus = Corpus.load(settings.corpus)
        weights = settings.languages or dict.fromkeys(self.corpus.languages, 1.0)
        self.languages = sorted(weights)
        shares = np.array([weights[code] for code in self.languages], float)
        self._shares = shares / shares.sum()
        self._faces: dict[str, list[list[Face]]] = {code: _by_family(fonts.find(code)) for code in self.languages}
        self.photographs = Backgrounds(settings.backgrounds, largest) if settings.backgrounds else None

    def language(self, rng: np.random.Generator) -> str:
        return self.languages[rng.choice(len(self.languages), p=self._shares)]

    def size(self, rng: np.random.Generator) -> int:
        """Pixels of an em, log-uniform."""
        least, most = np.log(self.settings.sizes)
        return round(float(np.exp(rng.uniform(least, most))))

    def face(self, rng: np.random.Generator, language: str, vertical: bool = False) -> Face:
        """Each family is as likely as any other, however many faces it has."""
        families = self._faces[language]
        if vertical:
            families = [faces for faces in families if not faces[0].name.lower().startswith(_NO_VERTICAL)] or families
        faces = families[rng.integers(len(families))]
        return faces[rng.integers(len(faces))]

    def text(
        self, rng: np.random.Generator, language: str, face: Face, most: int, kind: str = "sentence"
    ) -> str | None:
        """A text of at most `most` characters (`kind` paragraph: of `most` / 6 words) that the face can set."""
        for _ in range(TRIES):
            if kind != "paragraph" and rng.random() < self.settings.unguessable:
                text = self.corpus.unguessable(rng, language, most)
            elif kind == "title":
                text = self.corpus.title(rng, language, most)
            elif kind == "paragraph":
                text = self.corpus.paragraph(rng, language, max(most // 6, 2))
            else:
                text = self.corpus.sentence(rng, language, most)
            if settable(text, face, language):
                return text
        return None


def _by_family(faces: list[Face]) -> list[list[Face]]:
    families: dict[str, list[Face]] = {}
    for face in faces:
        if face.weight >= LIGHTEST:
            families.setdefault(face.family, []).append(face)
    return [families[name] for name in sorted(families)]


def views(rng: np.random.Generator, texts: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """`count` different questions about these texts that have an answer."""
    lines = [(wording.line_text(text, line), line) for text in texts for line in text["lines"]]
    spaced = all(LANGUAGES[text["language"]].spaced for text in texts)
    kinds = [kind for kind in wording.KINDS if kind != "words" or spaced]
    found = []
    for kind in [kinds[place] for place in rng.permutation(len(kinds))][:count]:
        flat = kind in wording.SPOTTING and all(line["quad"] for _, line in lines)
        shape = "quad" if flat and rng.random() < 0.4 else "box"
        form = ("json", "json", "xml", "plain")[rng.integers(4)]
        view: dict[str, Any] = {"kind": kind, "form": form, "shape": shape, "wording": int(rng.integers(1 << 16))}
        if kind in ("locate", "read_box"):
            alone = [number for number, (own, _) in enumerate(lines) if sum(own in other for other, _ in lines) == 1]
            if not alone:
                continue
            view["target"] = int(alone[rng.integers(len(alone))])
            view["about"] = lines[view["target"]][0]
        found.append(view)
    return found
