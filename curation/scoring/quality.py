"""Text-only quality: the first of the four scores for interleaved data."""

import re
from collections.abc import Sequence
from itertools import pairwise

from curation.scoring.features import Features, prose
from curation.scoring.smooth import fall, mean, rise
from curation.text.language import is_unspaced
from curation.text.lexicon import LEXICONS, Lexicon
from curation.text.repetition import RepetitionRules, shares

_FEWEST_ARTICLES = 10  # before fewer, an odd successor or two says nothing
_BOILERPLATE = re.compile(
    r"\b(home|about us|contact us|sign (in|up)|log ?in|subscribe|newsletter|privacy policy|terms of (use|service)|"
    r"cookies?|all rights reserved|click here|read more|share (this|on)|follow us|site ?map|skip to)\b",
    re.I,
)
_WORD_LIKE = re.compile(r"[^\W\d_]+(?:[-'’./_:][^\W\d_]+)*(?:\(\))?")
_LIMITS = RepetitionRules()


class Quality:
    """ "Text-only quality" (paper section 2.2, interleaved data, score 1; the report gives no definition).

    Here: is it running text of a language, written once, in order? The published limits of Gopher, FineWeb and OBELICS
    (shared by most open text corpora) are made smooth, and the score is the product of them: one broken signal breaks
    the text. Signals that depend on the language's words are absent where `curation.text.lexicon` does not know the
    language.
    """

    name = "quality"

    def score(self, features: Features) -> dict[str, float]:
        """`quality` and its signals `quality.<signal>`, each in [0, 1]; none where there are fewer than ten words."""
        if len(features.words) < 10:
            return {}
        text = prose(features.text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        signals = {
            "language": rise(features.language.confidence, 0.15, 0.5),  # DCLM asks 0.65 of web text; manuals have less
            "repetition": _repetition(features.blocks, features.words),
            "lines": fall(_share(len(line) <= 30 for line in lines), 0.67, 0.95),  # FineWeb: at most 0.67
            "boilerplate": fall(_boilerplate(lines), 0.05, 0.4),
            "letters": _letters(text),
        }
        if not is_unspaced(features.words):
            signals |= _spaced(text, lines, LEXICONS.get(features.language.code))
        score = 1.0
        for value in signals.values():
            score *= value
        return {self.name: score, **{f"{self.name}.{key}": value for key, value in signals.items()}}


def _repetition(blocks: list[str], words: list[str]) -> float:
    """1 while every share is within Gopher's limit, 0 where one is at three times its limit."""
    return min(fall(share / getattr(_LIMITS, name), 1.0, 3.0) for name, share in shares(blocks, words).items())


def _boilerplate(lines: list[str]) -> float:
    """Share of the characters that stand in short lines with a phrase of page furniture."""
    total = sum(map(len, lines))
    return sum(len(line) for line in lines if len(line) < 200 and _BOILERPLATE.search(line)) / max(total, 1)


def _letters(text: str) -> float:
    """Letters, marks and digits among all visible characters: OBELICS allows 0.3 special characters to a node."""
    visible = [character for character in text if not character.isspace()]
    return rise(_share(character.isalnum() for character in visible), 0.7, 0.88)


def _spaced(text: str, lines: list[str], lexicon: Lexicon | None) -> dict[str, float]:
    """Signals of languages that put spaces between words."""
    tokens = text.split()
    length = mean(len(token) for token in tokens)
    ends = mean(line[-1] in ".?!:;\"'”’)" for line in lines)
    signals = {
        "word_length": rise(length, 2.0, 3.0) * fall(length, 10.0, 13.0),  # Gopher: 3-10
        "alphabetic": rise(_share(any(map(str.isalpha, token)) for token in tokens), 0.6, 0.8),  # Gopher: 0.8
        "line_ends": rise(ends, 0.0, 0.12),  # FineWeb: 0.12
        "word_shape": rise(_share(_is_word_like(token) for token in tokens), 0.75, 0.9),
    }
    if lexicon:
        words = [token.strip(".,;:!?()\"'“”’").lower() for token in tokens]
        signals["stop_words"] = rise(_share(word in lexicon.stop_words for word in words), 0.08, 0.2)
        order = _order(tokens, lexicon)
        signals |= {"order": order} if order is not None else {}
    return signals


def _is_word_like(token: str) -> bool:
    """A token without a digit or mark between its letters and without capitals after small letters."""
    core = token.strip(".,;:!?()[]<>\"'“”‘’`*…-–—/")
    return core == "" or core.isnumeric() or _WORD_LIKE.fullmatch(core) is not None


def _order(tokens: Sequence[str], lexicon: Lexicon) -> float | None:
    """How much more rarely an article is followed by a linking word than it would be with the words in no order.

    `the of` is next to impossible in text and as common as chance has it in shuffled text. None with too few articles.
    """
    lower = [token.lower() for token in tokens]
    after = [second for first, second in pairwise(lower) if first in lexicon.articles]
    if len(after) < _FEWEST_ARTICLES:
        return None
    odd = lexicon.links | lexicon.articles
    chance = _share(word in odd for word in lower)
    if chance == 0:
        return None
    return fall(_share(word in odd for word in after) / chance, 0.35, 0.85)


def _share(flags) -> float:
    return mean(float(flag) for flag in flags)
