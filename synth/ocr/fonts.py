"""Fonts for a language, found through fontconfig and checked by their character maps."""

import re
import subprocess
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from curation.errors import UserError
from synth.ocr.languages import LANGUAGES, Language

Style = Literal["any", "sans", "serif", "mono", "hand"]

_STYLES: dict[Style, re.Pattern[str]] = {  # of families, by the words in their names; the first that fits; else sans
    "mono": re.compile(r"mono|coding|courier|typewriter|hack", re.I),
    "hand": re.compile(r"pilgi|gungseo|ukai|lobster|comfortaa|brush|script|kacstart|kacstpen|hand", re.I),
    "serif": re.compile(
        r"serif|mincho|myeongjo|batang|garamond|amiri|naskh|times|lmroman|latin modern roman|ming", re.I
    ),
}
# Symbol, decorative and colour fonts, those whose letters are not those that their character maps say, and Nastaliq,
# which is for Urdu and slopes over the lines above and below.
_UNFIT = re.compile(
    r"emoji|symbol|math|colored|dingbat|qur'?a?n|decorative|dinaru|kacsttitle|bitmap|sharp|initials|caps\b|nastaliq",
    re.I,
)
_CJK_PARTS = {"zh": "SC", "ja": "JP", "ko": "KR"}  # Noto CJK and its like hold the letter forms of each country
_COUNTRY = re.compile(r"\b(SC|TC|HK|JP|KR)\b")
_CHINESE, _JAPANESE = re.compile(r"wenquan|ukai|uming|droid sans fallback", re.I), re.compile(r"ipa|vl p?gothic", re.I)
_KOREAN = re.compile(r"^(?:Nanum|Un[A-Z])")
# Every letter of the alphabet, or characters that a font of few lacks: fontconfig's word for a language is not enough.
_MUST_HAVE = {
    "zh": "的一是在了人有我他这中大来上国个到说们为，。",
    "ja": "あいうえおかきくけこアイウエオ日本語設定、。",
    "ko": "가나다라마바사아자차카타파하한국어설정",
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءآأإؤئ،؟",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЯ",
    "vi": "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹĐƯƠ",
    "de": "äöüßÄÖÜ",
    "fr": "àâæçéèêëîïôœùûüÿÉÀ",
    "es": "áéíñóúü¿¡Ñ",
    "it": "àèéìòùÈ",
    "pt": "ãõáâàçéêíóôúÃÇ",
    "en": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
_DIGITS = "0123456789.,:-/"


@dataclass(frozen=True, slots=True)
class Face:
    """One face of a font file; `weight` is fontconfig's (80 regular, 200 bold), `slanted` italics and obliques."""

    path: str
    index: int
    family: str
    style: Style
    weight: int
    slanted: bool

    @property
    def name(self) -> str:
        """File name and face number, equal on every machine that has the font: `DejaVuSans.ttf#0`."""
        return f"{Path(self.path).name}#{self.index}"

    def covers(self, text: str) -> bool:
        """Whether it has a glyph for every character other than white space."""
        return {ord(character) for character in text if not character.isspace()} <= _characters(self.path, self.index)


def find(language: str, style: Style = "any") -> list[Face]:
    """Installed faces that have the letters of a language, in a fixed order: by file name and face.

    Raises UserError, which names a Debian package, where none is installed.
    """
    found = [face for face in _faces(LANGUAGES[language]) if style in ("any", face.style)]
    if not found:
        kind = "font" if style == "any" else f"{style} font"
        raise UserError(f"fonts: no {kind} for {language} is installed (apt-get install {LANGUAGES[language].package})")
    return found


def named(name: str) -> Face:
    """The installed face with that `Face.name`. Raises UserError where there is none."""
    face = _by_name().get(name)
    if face is None:
        raise UserError(f"fonts: {name} is not installed")
    return face


@cache
def _by_name() -> dict[str, Face]:
    return {face.name: face for face in _listed("")}


@cache
def _faces(language: Language) -> tuple[Face, ...]:
    # The digits and marks too, which fonts for Arabic alone may lack: `Face.covers` tells.
    wanted = _MUST_HAVE[language.code] + ("" if language.right_to_left else _DIGITS)
    return tuple(
        face for face in _listed(f":lang={language.fontconfig}") if _suits(face, language.code) and face.covers(wanted)
    )


def _suits(face: Face, code: str) -> bool:
    if _UNFIT.search(face.family):
        return False
    country = _COUNTRY.search(face.family) if "CJK" in face.family else None
    if country:
        return country[1] == _CJK_PARTS.get(code)
    if "UKai" in face.family:
        return code == "zh" and face.family.endswith("CN")
    for pattern, home in ((_CHINESE, "zh"), (_JAPANESE, "ja"), (_KOREAN, "ko")):
        if pattern.search(face.family):
            return code == home
    return True


@cache
def _listed(pattern: str) -> tuple[Face, ...]:
    form = "%{file}\t%{index}\t%{family[0]}\t%{weight}\t%{slant}\t%{variable}\n"
    try:
        run = subprocess.run(["fc-list", "--format", form, pattern], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"fonts: fontconfig's fc-list does not run (apt-get install fontconfig): {error}") from error
    found: dict[str, Face] = {}
    for path, index, family, weight, slant, variable in (line.split("\t") for line in run.stdout.splitlines()):
        # Named instances of variable fonts have numbers above 65535; bitmap and Type 1 fonts cannot be shaped.
        # Links are other names of files that are listed too.
        usable = variable == "False" and int(index) < 1 << 16 and path.lower().endswith((".ttf", ".otf", ".ttc"))
        if usable and not Path(path).is_symlink():
            face = Face(path, int(index), family, _style(family), int(float(weight)), slant != "0")
            found.setdefault(face.name, face)
    return tuple(found[name] for name in sorted(found))


def _style(family: str) -> Style:
    if re.search(r"sans", family, re.I) and not re.search(r"mono", family, re.I):
        return "sans"
    return next((name for name, pattern in _STYLES.items() if pattern.search(family)), "sans")


@lru_cache(maxsize=128)
def _characters(path: str, index: int) -> frozenset[int]:
    import uharfbuzz

    return frozenset(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(path), index).unicodes)
