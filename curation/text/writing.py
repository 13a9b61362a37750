"""How each language is written, as far as rules on text must know: spaces, marks, word lengths, function words.

`languages.tsv` has for 35 languages the mean length of a running word in characters, up to 100 of the commonest
function words (those of the lists of stopwords-iso 0.6.1, MIT licence, in the order of their frequency in wordfreq
3.1.1), and the share of running text that these are. For Chinese and Japanese both are of single characters.
Constants are of wordfreq's corpora (subtitles, Wikipedia, news, web), not fitted to anything here.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ENGLISH = "en"
_GOPHER_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")  # Rae et al. 2021, section A.1.1
_UNSPACED = {"zh": 1.6, "ja": 1.7, "yue": 1.6, "wuu": 1.6, "th": 4.0, "lo": 4.0, "km": 4.0, "my": 4.0, "bo": 4.0}
_WITHOUT_MARKS = frozenset({"th", "lo"})  # a space, or nothing, ends a sentence


@dataclass(frozen=True, slots=True)
class Writing:
    """What is not known of a language is None or empty, and rules that need it are not applied to it.

    `word_length` is the mean of running words in characters. `function_words` come commonest first; `function_share`
    is the share of them among running words (of characters where `spaced` is False). `commonest` are the eight that
    stand for Gopher's eight English ones.
    """

    code: str = ""
    spaced: bool = True
    sentence_marks: bool = True
    word_length: float | None = None
    function_words: tuple[str, ...] = ()
    function_share: float | None = None

    @property
    def commonest(self) -> tuple[str, ...]:
        return _GOPHER_WORDS if self.code == ENGLISH else self.function_words[:8]

    @property
    def characters_a_word(self) -> float:
        """Of scripts that write no spaces: how many characters say as much as a word. Of others 1."""
        return self.word_length or 1.6 if not self.spaced else 1.0

    @property
    def width(self) -> float:
        """Characters that a word takes in a line, with its space, as a share of what an English one takes."""
        if self.word_length is None:
            return 1.0
        return (self.word_length + self.spaced) / ((writing(ENGLISH).word_length or 1.0) + 1)


@cache
def writing(code: str) -> Writing:
    """Of an ISO 639 code; of an unknown one, what holds for most."""
    known = _table().get(code, {})
    spaced = code not in _UNSPACED
    return Writing(code, spaced, code not in _WITHOUT_MARKS, **{"word_length": _UNSPACED.get(code), **known})


@cache
def _table() -> dict[str, dict]:
    rows = {}
    for line in files(__package__).joinpath("languages.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, length, share, words = line.split("\t")
            rows[code] = {
                "word_length": float(length),
                "function_share": float(share),
                "function_words": tuple(words.split(" ")),
            }
    return rows
