"""Measures of text against slow and plain ones, written from the formulas as datatrove and OBELICS publish them."""

import math
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.text.language import words
from curation.text.measures import Measures

LETTERS = st.text("abcdef  .\n", max_size=120)
ANY = st.text(st.sampled_from("ab1 \n.…#-。的のaعЖ'é{हि·ภาİ\u200c"), max_size=150)


def plain_words(text: str) -> list[str]:
    return words(text.lower())


def top(text: str, size: int) -> float:
    """datatrove's find_top_duplicate; a gram that is there once is no repetition."""
    found = plain_words(text)
    grams = [" ".join(found[i : i + size]) for i in range(len(found) - size + 1)]
    if not grams:
        return 0.0
    gram, count = Counter(grams).most_common(1)[0]
    return min(len(gram) * count / len(text), 1.0) if count > 1 else 0.0


def duplicates(text: str, size: int) -> float:
    """datatrove's find_all_duplicate, on tuples of words."""
    found, met, characters, place = plain_words(text), set(), 0, 0
    while place < len(found) - size + 1:
        gram = tuple(found[place : place + size])
        if gram in met:
            characters += len("".join(gram))
            place += size
        else:
            met.add(gram)
            place += 1
    return characters / len(text)


def repeats(pieces: list[str]) -> tuple[int, int]:
    """datatrove's find_duplicates."""
    met, count, characters = set(), 0, 0
    for piece in pieces:
        if piece in met:
            count, characters = count + 1, characters + len(piece)
        met.add(piece)
    return count, characters


def repeated_characters(text: str, size: int) -> float:
    """OBELICS' compute_character_repetition_ratio."""
    counts = sorted(Counter(text[i : i + size] for i in range(len(text) - size + 1)).values(), reverse=True)
    if not counts:
        return 0.0
    looked_at = min(int(math.sqrt(len(counts))), len(counts) - counts.count(1))
    return sum(counts[:looked_at]) / sum(counts)


@given(LETTERS, st.sampled_from([2, 3, 4]))
def test_top_ngrams_are_datatroves(text: str, size: int):
    text = text.strip()
    assert (Measures(text).top_ngram(size) or 0.0) == pytest.approx(top(text, size) if text else 0.0)


@given(LETTERS, st.integers(5, 10))
def test_duplicate_ngrams_are_datatroves(text: str, size: int):
    text = f"{text} {text}".strip()
    assert (Measures(text).duplicate_ngrams(size) or 0.0) == pytest.approx(duplicates(text, size) if text else 0.0)


@given(st.lists(st.sampled_from(["one", "two words", "three of them"]), min_size=1))
def test_duplicate_lines_and_paragraphs_are_datatroves(pieces: list[str]):
    lines, paragraphs = Measures("\n".join(pieces)), Measures("\n\n".join(pieces))
    count, characters = repeats(pieces)
    assert lines.duplicate_lines == paragraphs.duplicate_paragraphs == pytest.approx(count / len(pieces))
    assert lines.duplicate_line_characters == pytest.approx(characters / len("\n".join(pieces)))
    assert lines.duplicate_characters_of_lines == pytest.approx(characters / len("".join(pieces)))
    assert paragraphs.duplicate_paragraph_characters == pytest.approx(characters / len("\n\n".join(pieces)))


@given(st.text("abc é的", max_size=200), st.integers(1, 12))
def test_repeated_characters_are_those_of_obelics(text: str, size: int):
    text = text.strip()
    assert (Measures(text).repeated_characters(size) or 0.0) == pytest.approx(repeated_characters(text, size))


@given(LETTERS)
def test_repeated_ngrams_are_those_of_obelics(text: str):
    found = plain_words(text)
    counts = Counter(tuple(found[i : i + 5]) for i in range(len(found) - 4)).values()
    expected = sum(count for count in counts if count > 1) / sum(counts) if counts else 0.0
    assert (Measures(text).repeated_ngrams(5) or 0.0) == pytest.approx(expected)


@given(LETTERS)
def test_ratios_are_those_of_gopher_and_fineweb(text: str):
    measures, text = Measures(text, "en"), text.strip()
    found, pieces = plain_words(text), text.split()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if found:
        assert measures.mean_word_length == pytest.approx(sum(map(len, found)) / len(found))
        assert measures.ellipses_per_word == pytest.approx(text.count("...") / len(found))
        assert measures.newlines_per_word == pytest.approx((len(lines) - 1) / len(found))
    if lines:
        assert measures.ellipsis_lines == pytest.approx(sum(line.endswith("...") for line in lines) / len(lines))
        assert measures.punctuated_lines == pytest.approx(sum(line[-1] == "." for line in lines) / len(lines))
        assert measures.short_lines == pytest.approx(sum(len(line) <= 30 for line in lines) / len(lines))
    if pieces:
        with_letter = sum(any(map(str.isalpha, piece)) for piece in pieces)
        assert measures.alphabetic_words == pytest.approx(with_letter / len(pieces))


@given(ANY, st.sampled_from(["", "en", "de", "zh", "ja", "th", "ar", "hi", "tr", "xx"]))
def test_every_share_is_a_share_in_every_language(text: str, language: str):
    measures = Measures(text, language)
    names = (
        "bullet_lines ellipsis_lines punctuated_lines short_lines alphabetic_words function_words special_characters "
        "punctuation uppercase duplicate_lines duplicate_line_characters duplicate_characters_of_lines "
        "duplicate_paragraphs duplicate_paragraph_characters"
    )
    shares = [getattr(measures, name) for name in names.split()]
    shares += [measures.top_ngram(size) for size in (2, 3, 4)]
    shares += [measures.duplicate_ngrams(size) for size in range(5, 11)]
    shares += [measures.repeated_ngrams(5), measures.repeated_characters(10)]
    assert all(share is None or 0 <= share <= 1 for share in shares)
    assert measures.words >= 0


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=60))
def test_longer_ngrams_are_never_more_often_repeated(found: list[str]):
    measures = Measures(" ".join(found))
    repeated = [len(measures._ngrams.repeated(size)[0]) for size in range(1, 11)]
    assert repeated == sorted(repeated, reverse=True)


@given(st.text("ab. \n!?\"'", max_size=60))
def test_sentences_are_counted_alike_in_ascii_and_beyond(text: str):
    pieces = [piece for piece in re.split(r"(?<=[.!?])[\"')\]]*\s+|\n+", text) if piece and piece.strip()]
    assert Measures(text).sentences == len(pieces)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The cat sat on the mat, and that was that.", "en", 10),
        ("Donaudampfschifffahrt ist ein Wort.", "de", 4),
        ("春天来了花园里的树", "zh", 9 / 1.61),
        ("これはペンです", "ja", 7 / 1.68),
        ("ภาษาไทย", "th", 7 / 4),
        ("هل هذا كتاب؟ نعم، هذا كتاب.", "ar", 6),
        ("यह हिन्दी है।", "hi", 3),
        ("می‌خواهم بروم", "fa", 2),
        ("Wir nutzen 机器 oft", "de", 3 + 2 / 1.61),
    ],
)
def test_words_are_counted_in_the_words_of_the_language(text: str, language: str, expected: float):
    assert Measures(text, language).words == pytest.approx(expected)


def test_marks_of_every_script_end_a_line_and_a_sentence():
    for line in ("これは文です。", "你好！", "هل أنت بخير؟", "یہ اردو ہے۔", "यह वाक्य है।", "Ça va ?"):
        assert Measures(line).punctuated_lines == 1.0, line
    assert Measures("一つ。二つ！三つ？", "ja").sentences == 3
    assert Measures("ไม่มีเครื่องหมาย", "th").punctuated_lines is None


def test_ellipses_and_bullets_of_every_script_are_known():
    assert Measures("他走了……\n他回来了。", "zh").ellipsis_lines == 0.5
    assert Measures("他……走", "zh").ellipses_per_word == pytest.approx(1 / (2 / 1.61))
    assert Measures("・一つ\n・二つ", "ja").bullet_lines == 1.0
    assert Measures("• one\n- two\n* three\n— Dialogue", "en").bullet_lines == 0.75


def test_an_empty_text_has_no_shares():
    measures = Measures(" \n ")
    assert measures.words == 0
    assert measures.duplicate_lines is None
    assert measures.top_ngram(2) is None
    assert measures.alphabetic_words is None


def test_tables_and_code_have_words_but_are_no_running_text():
    measures = Measures("Three words here", "en", aside="int main() { return 0; }")
    assert measures.words == 7
    assert measures.prose_words == 3
