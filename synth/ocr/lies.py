"""Untrue versions of claims about texts, to show what their proof is worth."""

import copy
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synth.mutation import shift
from synth.ocr.fonts import named
from synth.ocr.wording import whole_text
from synth.sample import Claims

# Letters that fonts draw alike: which of a set is meant, no picture shows.
_ALIKE = (
    "Il1|iıíìїî O0oоОοΟ°º сcCСçÇ xхXХ sS vVѵ wW zZ uU pPрР kKкК yуY eе aа тТt вВ ’'‘`´ .· -‐–—ー一 へヘ べベ ぺペ りリ "
    "口ロ 二ニ 力カ 夕タ 工エ 八ハ 卜ト 才オ 日曰 未末 己已巳 土士 ىي"
)
ALIKE = tuple(map(frozenset, _ALIKE.split()))


def mutations(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    """One lie of each kind that can be told of these claims."""
    for name, tell in KINDS.items():
        changed = copy.deepcopy(claims)
        if tell(changed, rng):
            view = changed["view"]
            if "about" in view and 0 <= view["target"] < sum(len(text["lines"]) for text in changed["texts"]):
                view["about"] = _told(changed)[view["target"]]  # the lie is told throughout
            yield name, changed


def respell(item: dict[str, Any], kind: str, rng: np.random.Generator) -> bool:
    """Tells one of `KINDS` about the letters of the text `item["set"]`, and says it in `item["text"]` too."""
    if not KINDS[kind]({"texts": [item["set"]], "view": {}}, rng):
        return False
    item["text"] = whole_text(item["set"])
    return True


def alike(one: str, two: str) -> bool:
    """Whether some font draws two characters so that nobody tells them apart."""
    return one == two or any(one in group and two in group for group in ALIKE)


def _told(claims: Claims) -> list[str]:
    from synth.ocr.wording import line_text

    return [line_text(text, line) for text in claims["texts"] for line in text["lines"]]


def _lines(claims: Claims) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(text, line), of the one line that is spoken of or of all."""
    lines = [(text, line) for text in claims["texts"] for line in text["lines"]]
    return [lines[claims["view"]["target"]]] if "about" in claims["view"] else lines


def _pick(rng: np.random.Generator, found: list[Any]) -> Any:
    return found[rng.integers(len(found))] if found else None


def _characters(claims: Claims, wanted: Callable[[str], bool]) -> list[tuple[dict[str, Any], dict[str, Any], int]]:
    return [
        (text, word, place)
        for text, line in _lines(claims)
        for word in line["words"]
        for place, character in enumerate(word["text"])
        if wanted(character)
    ]


def _replace(word: dict[str, Any], place: int, other: str) -> bool:
    word["text"] = word["text"][:place] + other + word["text"][place + 1 :]
    return True


def _other_digit(claims: Claims, rng: np.random.Generator) -> bool:
    found = _pick(rng, _characters(claims, lambda character: character in "0123456789"))
    if not found:
        return False
    _, word, place = found
    digit = (int(word["text"][place]) + int(rng.integers(1, 10))) % 10
    return _replace(word, place, str(digit))


def _other_letter(claims: Claims, rng: np.random.Generator) -> bool:
    """Another letter of the same kind, from the texts themselves."""
    known = sorted({c for text, line in _lines(claims) for word in line["words"] for c in word["text"] if c.isalpha()})
    known += [c for c in "abcdefghjkmnpqrstuvwxyz" if c not in known]
    found = _pick(rng, _characters(claims, str.isalpha))
    if not found:
        return False
    text, word, place = found
    face, old = named(text["face"]), word["text"][place]
    kind = _kind(old)
    others = [c for c in known if _kind(c) == kind and not alike(c, old) and face.covers(c)]
    return bool(others) and _replace(word, place, _pick(rng, others))


def _kind(character: str) -> tuple[str, str]:
    return unicodedata.category(character), unicodedata.name(character, "?").split()[0]


def _no_accent(claims: Claims, rng: np.random.Generator) -> bool:
    def accented(character: str) -> bool:
        bare = unicodedata.normalize("NFD", character)[0]
        return bare != character and bare.isascii() and bare not in "iI"

    found = _pick(rng, _characters(claims, accented))
    return bool(found) and _replace(found[1], found[2], unicodedata.normalize("NFD", found[1]["text"][found[2]])[0])


def _left_out(claims: Claims, rng: np.random.Generator) -> bool:
    found = _pick(rng, [each for each in _characters(claims, str.isalnum) if len(each[1]["text"]) > 1])
    return bool(found) and _replace(found[1], found[2], "")


def _doubled(claims: Claims, rng: np.random.Generator) -> bool:
    found = _pick(rng, _characters(claims, str.isalnum))
    return bool(found) and _replace(found[1], found[2], 2 * found[1]["text"][found[2]])


def _words_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    pairs = [
        (one, two)
        for _, line in _lines(claims)
        for one, two in zip(line["words"], line["words"][1:], strict=False)
        if one["text"] != two["text"]
    ]
    found = _pick(rng, pairs)
    if found:
        found[0]["text"], found[1]["text"] = found[1]["text"], found[0]["text"]
    return bool(found)


def _word_left_out(claims: Claims, rng: np.random.Generator) -> bool:
    found = _pick(rng, [line for _, line in _lines(claims) if len(line["words"]) > 1])
    if found:
        del found["words"][rng.integers(len(found["words"]))]
    return bool(found)


def _lines_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    found = _pick(rng, [text for text in claims["texts"] if len(text["lines"]) > 1])
    if found:
        place = int(rng.integers(len(found["lines"]) - 1))
        found["lines"][place : place + 2] = found["lines"][place : place + 2][::-1]
    return bool(found)


def _texts_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    if len(claims["texts"]) < 2:
        return False
    place = int(rng.integers(len(claims["texts"]) - 1))
    claims["texts"][place : place + 2] = claims["texts"][place : place + 2][::-1]
    return True


def _text_left_out(claims: Claims, rng: np.random.Generator) -> bool:
    if len(claims["texts"]) < 2 or "about" in claims["view"]:
        return False
    del claims["texts"][rng.integers(len(claims["texts"]))]
    return True


def _shift(box: list[float]) -> list[float]:
    dx, dy = (round(shift(box[side + 2] - box[side])) for side in (0, 1))
    return [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy]


def _line_shifted(claims: Claims, rng: np.random.Generator) -> bool:
    _, line = _pick(rng, _lines(claims))
    line["box"] = _shift(line["box"])
    return True


def _line_resized(claims: Claims, rng: np.random.Generator) -> bool:
    _, line = _pick(rng, _lines(claims))
    x1, y1, x2, y2 = line["box"]
    line["box"] = [x1, y1, x2 + round(shift(x2 - x1)), y2]
    return True


def _word_shifted(claims: Claims, rng: np.random.Generator) -> bool:
    _, line = _pick(rng, _lines(claims))
    word = _pick(rng, line["words"])
    word["box"] = _shift(word["box"])
    return True


def _quad_shifted(claims: Claims, rng: np.random.Generator) -> bool:
    _, line = _pick(rng, _lines(claims))
    return _corner_moved(line, rng)


def _word_quad_shifted(claims: Claims, rng: np.random.Generator) -> bool:
    _, line = _pick(rng, _lines(claims))
    return _corner_moved(_pick(rng, line["words"]), rng)


def _corner_moved(item: dict[str, Any], rng: np.random.Generator) -> bool:
    if item["quad"] is None:
        return False
    corner = int(rng.integers(4))
    item["quad"][corner] = [item["quad"][corner][0] + 5, item["quad"][corner][1] + 5]
    return True


def _boxes_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    lines = [line for text in claims["texts"] for line in text["lines"]]
    if len(lines) < 2:
        return False
    one, two = rng.choice(len(lines), 2, replace=False)
    lines[one]["box"], lines[two]["box"] = lines[two]["box"], lines[one]["box"]
    return True


KINDS: dict[str, Callable[[Claims, np.random.Generator], bool]] = {
    "digit_changed": _other_digit,
    "letter_changed": _other_letter,
    "accent_dropped": _no_accent,
    "character_left_out": _left_out,
    "character_doubled": _doubled,
    "words_swapped": _words_swapped,
    "word_left_out": _word_left_out,
    "lines_swapped": _lines_swapped,
    "texts_swapped": _texts_swapped,
    "text_left_out": _text_left_out,
    "line_box_shifted": _line_shifted,
    "line_box_resized": _line_resized,
    "word_box_shifted": _word_shifted,
    "quad_shifted": _quad_shifted,
    "word_quad_shifted": _word_quad_shifted,
    "boxes_swapped": _boxes_swapped,
}
