"""Text-only quality: the first of the four scores for interleaved data."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from curation.scoring.features import Features, prose
from curation.scoring.smooth import fall, mean, rise
from curation.text.language import Language, is_unspaced
from curation.text.ngrams import Ngrams
from curation.text.presets import GOPHER_REPETITION
from curation.text.repetition import shares
from curation.text.writing import writing

_FEWEST_WORDS = 10
_PIECE = 100  # characters that a language is told from
_FEWEST_PAIRS = 40  # repeated pairs of words before their number says anything
_FEWEST_ENDS = 4  # of sentences within lines
_PERMUTATIONS = 3
_SHORT_LINE = 200  # characters; page furniture is in shorter ones
_BOILERPLATE = re.compile(
    r"\b(home|about us|contact us|sign (in|up)|log ?in|subscribe|newsletter|privacy policy|terms of (use|service)|"
    r"cookies?|all rights reserved|click here|read more|share (this|on)|follow us|site ?map|skip to|"
    r"startseite|über uns|anmelden|datenschutz|impressum|nutzungsbedingungen|alle rechte vorbehalten|weiterlesen|"
    r"accueil|à propos|connexion|confidentialité|mentions légales|plan du site|tous droits réservés|lire la suite|"
    r"inicio|quiénes somos|iniciar sesión|aviso legal|mapa del sitio|todos los derechos reservados|leer más)\b"
    r"|お問い合わせ|ログイン|プライバシー|利用規約|サイトマップ|クッキー|联系我们|登录|隐私政策|使用条款|网站地图|版权所有",
    re.I,
)
_WORD_LIKE = re.compile(r"[^\W\d_]+(?:[-'’./_:][^\W\d_]+)*(?:\(\))?")
_WIDE = re.compile(r"[\u2e80-\U0010ffff]+")  # Chinese, Japanese and Korean characters and marks: no tokens to look at
_NEXT_SENTENCE = re.compile(r"[^\W\d_]{2}[.!?] +([^\W\d_])")


class Quality:
    """ "Text-only quality" (paper section 2.2, interleaved data, score 1; the report gives no definition).

    Here: is it running text of one language, written once, in order? The published limits of Gopher, FineWeb and
    OBELICS (shared by most open text corpora) are made smooth, and the score is the product of them: one broken signal
    breaks the text. What differs between languages is measured against `curation.text.writing`, and a signal that has
    no meaning in a language, or too little to go by, is absent.
    """

    name = "quality"

    def score(self, features: Features) -> dict[str, float]:
        """`quality` and its signals `quality.<signal>`, each in [0, 1]; none where there are fewer than ten words."""
        if len(features.words) < _FEWEST_WORDS:
            return {}
        text = prose(features.text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        language = features.declared or features.language.code
        signals = {
            "language": fall(_in_another(lines, language, features.tools.language.identify), 0.05, 0.3),
            "repetition": _repetition(features.blocks, features.words),
            "lines": fall(_share(len(line) <= 30 for line in lines), 0.67, 0.95),  # FineWeb: at most 0.67
            "boilerplate": fall(_boilerplate(lines), 0.05, 0.4),
            "letters": _letters(text),
            "word_shape": fall(_out_of_shape(text), 0.08, 0.28),
            "function_words": _function_words(features.words, features.language),
            "order": _order(features.words),
            "sentences": _sentences(text),
        }
        if not is_unspaced(features.words):
            signals |= _spaced(text, lines)
        found = {key: value for key, value in signals.items() if value is not None}
        return {self.name: math.prod(found.values()), **{f"{self.name}.{key}": value for key, value in found.items()}}


def _in_another(lines: list[str], code: str, identify: Callable[[str], Language]) -> float:
    """Mean over the characters of the probability that the piece they are in is in another language than this."""
    foreign = total = 0.0
    for piece in _pieces(lines):
        found = identify(piece)
        foreign += len(piece) * (found.confidence if found.code != code else 0.0)
        total += len(piece)
    return foreign / max(total, 1.0)


def _pieces(lines: list[str]) -> Iterator[str]:
    """Lines joined until they are long enough to tell a language from; what is left goes with the last."""
    piece, left = "", sum(map(len, lines))
    for line in lines:
        piece, left = f"{piece} {line}" if piece else line, left - len(line)
        if len(piece) >= _PIECE and left >= _PIECE:
            yield piece
            piece = ""
    yield piece


def _repetition(blocks: list[str], words: list[str]) -> float:
    """1 while every share is within Gopher's limit, 0 where one is at three times its limit."""
    return min(fall(share / GOPHER_REPETITION[name], 1.0, 3.0) for name, share in shares(blocks, words).items())


def _boilerplate(lines: list[str]) -> float:
    """Share of the characters that stand in short lines with a phrase of page furniture."""
    total = sum(map(len, lines))
    return sum(len(line) for line in lines if len(line) < _SHORT_LINE and _BOILERPLATE.search(line)) / max(total, 1)


def _letters(text: str) -> float:
    """Letters, marks and digits among all visible characters: OBELICS allows 0.3 special characters to a node."""
    visible = [character for character in text if not character.isspace()]
    return rise(_share(character.isalnum() for character in visible), 0.7, 0.88)


def _function_words(found: list[str], language: Language) -> float | None:
    """The share of function words against that of the language's running text."""
    known = writing(language.code)
    if not known.function_share:
        return None
    function_words = frozenset(known.function_words)
    return rise(_share(word.lower() in function_words for word in found) / known.function_share, 0.2, 0.45)


def _order(found: list[str]) -> float | None:
    """How much more often pairs of neighbours recur than in the same words in no order: in any language they do."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(word.lower() for word in found))}
    ids = np.array([numbers[word.lower()] for word in found], np.int64)
    rng = np.random.default_rng(0)  # so that a text has one score
    recurring = partial(_recurring, vocabulary=len(numbers))
    chance = mean(recurring(rng.permutation(ids)) for _ in range(_PERMUTATIONS))
    seen = recurring(ids)
    return fall(chance / seen, 0.6, 0.9) if seen + chance >= _FEWEST_PAIRS else None


def _recurring(ids: np.ndarray, vocabulary: int) -> float:
    return float(len(Ngrams(ids, vocabulary, np.ones_like(ids)).repeated(2)[0]))


def _sentences(text: str) -> float | None:
    """Whether sentences within a line begin with a capital letter, in scripts that have them."""
    firsts = [first for first in _NEXT_SENTENCE.findall(text) if first.lower() != first.upper()]
    return fall(_share(first.islower() for first in firsts), 0.25, 0.6) if len(firsts) >= _FEWEST_ENDS else None


def _spaced(text: str, lines: list[str]) -> dict[str, float]:
    """Signals of languages that put spaces between words."""
    tokens = text.split()
    length = mean(len(token) for token in tokens)
    ends = mean(line[-1] in ".?!:;\"'”’)»“" for line in lines)
    return {
        "word_length": rise(length, 2.0, 3.0) * fall(length, 10.0, 13.0),  # Gopher: 3-10
        "alphabetic": rise(_share(any(map(str.isalpha, token)) for token in tokens), 0.6, 0.8),  # Gopher: 0.8
        "line_ends": rise(ends, 0.0, 0.12),  # FineWeb: 0.12
    }


def _out_of_shape(text: str) -> float:
    """Share of the characters in tokens that are no word: with a digit or mark between letters."""
    tokens = _WIDE.sub(" ", text).split()
    return sum(len(token) for token in tokens if not _is_word_like(token)) / max(sum(map(len, text.split())), 1)


def _is_word_like(token: str) -> bool:
    core = token.strip(".,;:!?()[]<>\"'“”‘’`*…-–—/«»„")
    return core == "" or core.isnumeric() or _WORD_LIKE.fullmatch(core) is not None


def _share(flags: Iterable[bool]) -> float:
    return mean(float(flag) for flag in flags)
