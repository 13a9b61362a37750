"""Words and sentences in several scripts, and clear errors where the model is missing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import ConfigError
from curation.text.language import LanguageModel, is_unspaced, sentences, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop, it's 10:30!", ["Don't", "stop", "it's", "10", "30"]),
        ("Größe naïve", ["Größe", "naïve"]),
        ("日本語 text", ["日", "本", "語", "text"]),
        ("ภาษา", list("ภาษา")),
        ("한국어 단어", ["한국어", "단어"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [("One. Two! Three?", 3), ("v1.2 is out", 1), ("一つ。二つ。", 2), ("a line\nanother", 2), ("", 0)],
)
def test_sentences(text: str, count: int):
    assert len(sentences(text)) == count


@given(st.text())
def test_no_word_character_is_lost(text: str):
    assert "".join(words(text)) == "".join(words(" ".join(words(text))))
    assert all(any(c.isalnum() or c == "_" or c > "\u0300" for c in word) for word in words(text))


def test_scripts_without_spaces_are_known():
    assert is_unspaced(words("这是一个句子"))
    assert not is_unspaced(words("this is a sentence"))


def test_a_missing_model_is_one_clear_line(tmp_path: Path):
    with pytest.raises(ConfigError, match="no language model there"):
        LanguageModel(str(tmp_path / "lid.176.ftz"))


def test_a_file_that_is_no_model_is_one_clear_line(tmp_path: Path):
    (tmp_path / "model.ftz").write_bytes(b"something else")
    with pytest.raises(ConfigError, match="not a fastText model"):
        LanguageModel(str(tmp_path / "model.ftz"))


def test_a_model_identifies_what_it_was_trained_on(language_model: str):
    model = LanguageModel(language_model)
    assert model.identify("the words of the text and the reader").code == "en"
    assert model.identify("die Wörter des Textes und der Leser").code == "de"
    assert model.identify(" \n ").code == ""
