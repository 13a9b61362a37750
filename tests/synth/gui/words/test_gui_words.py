"""The words of interfaces are whole: every key in every language, written in its own script."""

import unicodedata
from collections import Counter, defaultdict
from importlib.resources import files

import pytest

from synth.charts.words import LANGUAGES
from synth.gui.words.tables import LABELS, label, labels, role, rows, words

SCRIPTS = {
    "zh": ("CJK",),
    "ja": ("CJK", "HIRAGANA", "KATAKANA"),
    "ko": ("HANGUL",),
    "ar": ("ARABIC",),
    "ru": ("CYRILLIC",),
}


GOALS = sorted(f"goals/{path.name[:-4]}" for path in files("synth.gui.words").joinpath("goals").iterdir())


@pytest.mark.parametrize("table", [*LABELS, "roles", *GOALS])
def test_a_table_has_a_clean_word_for_every_key_in_every_language(table):
    for row in rows(table):
        assert len(row) == 1 + len(LANGUAGES), row
        for word in row:
            assert word, row
            assert word == word.strip() == unicodedata.normalize("NFC", word), row


def test_a_key_of_labels_stands_once():
    counts = Counter(row[0] for table in LABELS for row in rows(table))
    assert [key for key, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_words_are_in_the_script_of_their_language(language):
    for table in (*LABELS, "roles"):
        for key, told in words(table, language).items():
            letters = [letter for letter in told[0] if ord(letter) > 127 and letter.isalpha()]
            alien = [letter for letter in letters if not unicodedata.name(letter).startswith(SCRIPTS[language])]
            assert set(alien) <= {"ー"}, (table, key, told)
            assert letters or told[0] in {"Wi-Fi", "Bluetooth", "OK", "Cc"}, (table, key, told)


ALIKE = [
    *({"search", "find"}, {"submit", "send"}, {"ok", "confirm"}, {"ok", "accept"}, {"paste", "insert"}),
    *({"checked", "selected"}, {"unchecked", "unselected"}, {"img", "image"}),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_may_stand_side_by_side_are_told_apart(language):
    for table in ("actions", "states", "roles"):
        keys = defaultdict(set)
        for key, told in words(table, language).items():
            keys[told[0]].add(key)
        assert [same for same in keys.values() if len(same) > 1 and same not in ALIKE] == []


def test_labels_and_roles_are_found_by_key():
    assert label("de", "save") == "Speichern"
    assert role("fr", "checkbox") == "case à cocher"
    assert len(labels("vi")) > 300
    with pytest.raises(KeyError):
        label("en", "no such key")
