"""The twelve languages of synthetic text, and how each is written."""

from dataclasses import dataclass
from typing import Literal, get_args

Code = Literal["zh", "en", "fr", "de", "it", "es", "pt", "ar", "ru", "ja", "ko", "vi"]
CODES: tuple[Code, ...] = get_args(Code)


@dataclass(frozen=True, slots=True)
class Language:
    """`fontconfig` and `tesseract` are those programs' names of it; `scripts` are Unicode script codes (ISO 15924)."""

    code: Code
    name: str  # in English
    own_name: str
    fontconfig: str
    tesseract: str
    scripts: tuple[str, ...]  # of its letters
    package: str  # of Debian, with fonts for it
    spaced: bool = True  # spaces between words
    vertical: bool = False  # may be written from top to bottom
    right_to_left: bool = False


_NOTO, _CJK = "fonts-noto-core", "fonts-noto-cjk"
LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        Language("zh", "Chinese", "中文", "zh-cn", "chi_sim", ("Hani",), _CJK, spaced=False, vertical=True),
        Language("en", "English", "English", "en", "eng", ("Latn",), _NOTO),
        Language("fr", "French", "français", "fr", "fra", ("Latn",), _NOTO),
        Language("de", "German", "Deutsch", "de", "deu", ("Latn",), _NOTO),
        Language("it", "Italian", "italiano", "it", "ita", ("Latn",), _NOTO),
        Language("es", "Spanish", "español", "es", "spa", ("Latn",), _NOTO),
        Language("pt", "Portuguese", "português", "pt", "por", ("Latn",), _NOTO),
        Language("ar", "Arabic", "العربية", "ar", "ara", ("Arab",), _NOTO, right_to_left=True),
        Language("ru", "Russian", "русский", "ru", "rus", ("Cyrl",), _NOTO),
        Language("ja", "Japanese", "日本語", "ja", "jpn", ("Hira", "Kana", "Hani"), _CJK, spaced=False, vertical=True),
        Language("ko", "Korean", "한국어", "ko", "kor", ("Hang",), _CJK),
        Language("vi", "Vietnamese", "tiếng Việt", "vi", "vie", ("Latn",), _NOTO),
    )
}
