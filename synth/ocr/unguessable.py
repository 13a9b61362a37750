"""Text that cannot be guessed, so that it must be read: numbers, dates, prices, codes, misspelt and made-up words."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from synth.ocr.languages import LANGUAGES

# Of each pair that many fonts draw alike (I and l, O and 0) neither is in a code.
CODE_LETTERS = "ABCDEFGHJKLMNPRTUVWXY"
CODE_DIGITS = "23456789"
_CURRENCIES = {
    **{"zh": "¥{}", "ja": "{}円", "ko": "{}원", "en": "${}", "ru": "{} руб.", "ar": "{}", "vi": "{} đ", "pt": "R$ {}"},
    **dict.fromkeys(("fr", "de", "it", "es"), "{} €"),
}
_DATES = {
    **{"zh": "{y}年{m}月{d}日", "ja": "{y}年{m}月{d}日", "ko": "{y}년 {m}월 {d}일", "en": "{m}/{d}/{y}"},
    **{"de": "{d}.{m}.{y}", "ru": "{d}.{m}.{y}"},
}
_COMMON = 4_000  # words and characters kept of a language


@lru_cache(maxsize=65_536)
def is_own(character: str, language: str) -> bool:
    """Whether a letter is of the language's own scripts."""
    from fontTools.unicodedata import script

    return script(character) in LANGUAGES[language].scripts


def material(sentences: Sequence[str], language: str) -> tuple[list[str], list[str]]:
    """Common words (of 4 to 12 letters; of spaced languages) and letters of running text, each in a fixed order."""
    letters = Counter(
        character for text in sentences for character in text if character.isalpha() and is_own(character, language)
    )
    words = Counter(
        word
        for text in sentences
        for word in text.split()
        if 4 <= len(word) <= 12 and word.isalpha() and all(is_own(character, language) for character in word)
    )
    return _common(words), _common(letters)


def _common(counts: Counter[str]) -> list[str]:
    return sorted(counts, key=lambda item: (-counts[item], item))[:_COMMON]


def draw(rng: np.random.Generator, language: str, words: Sequence[str], letters: Sequence[str], length: int) -> str:
    """One or more of them, at most `length` characters together."""
    makers: list[Callable[[], str]] = [
        lambda: _code(rng),
        lambda: _number(rng),
        lambda: _date(rng, language),
        lambda: _price(rng, language),
        lambda: _made_up(rng, language, letters),
        lambda: _misspelt(rng, words) if words else _made_up(rng, language, letters),
        lambda: f"{rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}",
    ]
    text = ""
    for _ in range(1 + length // 8):
        piece = makers[rng.integers(len(makers))]()
        if len(text) + 1 + len(piece) > length:
            break
        text += " " * bool(text) + piece
    return text or _number(rng)[: max(length, 1)].strip(".,") or "7"


def _pick(rng: np.random.Generator, characters: Sequence[str], count: int) -> str:
    return "".join(characters[place] for place in rng.integers(0, len(characters), count))


def _code(rng: np.random.Generator) -> str:
    head, tail = _pick(rng, CODE_LETTERS, int(rng.integers(1, 5))), _pick(rng, CODE_DIGITS, int(rng.integers(2, 7)))
    return head + tail if rng.random() < 0.5 else f"{head}-{tail}"


def _number(rng: np.random.Generator) -> str:
    digits = int(rng.integers(1, 7))
    whole = int(rng.integers(10 ** (digits - 1), 10**digits))
    return f"{whole}.{rng.integers(0, 100):02d}" if rng.random() < 0.4 else str(whole)


def _date(rng: np.random.Generator, language: str) -> str:
    form = _DATES.get(language, "{d}/{m}/{y}")
    return form.format(d=rng.integers(1, 29), m=rng.integers(1, 13), y=rng.integers(1950, 2040))


def _price(rng: np.random.Generator, language: str) -> str:
    whole = int(rng.integers(1, 20_000))
    cents = "" if language in ("ja", "ko", "vi") else f"{'.' if language in ('zh', 'en', 'ar') else ','}"
    return _CURRENCIES[language].format(f"{whole}{cents}{rng.integers(0, 100):02d}" if cents else whole)


def _made_up(rng: np.random.Generator, language: str, letters: Sequence[str]) -> str:
    common = letters if not LANGUAGES[language].spaced or language == "ko" else letters[:40]
    return _pick(rng, common, int(rng.integers(3, 9)))


def _misspelt(rng: np.random.Generator, words: Sequence[str]) -> str:
    """A word with two neighbouring letters inside it swapped, or one left out."""
    word = words[int(rng.integers(len(words)))]
    place = int(rng.integers(1, len(word) - 2))
    if rng.random() < 0.5:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
