"""Listed words are found as words, in scripts with spaces and without."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import ConfigError
from curation.safety.words import Listed, SpamRules, WordLists, WordRules, fault


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> WordLists:
    folder = tmp_path_factory.mktemp("words")
    lists = {
        "en": ["Badword", "very bad", "bad", "s&m"],
        "de": ["Straßenräuber"],
        "ja": ["バカ", "裸", "3p", "お馬鹿"],
        "zh": ["坏蛋", "性", "13."],
        "th": ["กู"],
    }
    for language, entries in lists.items():
        (folder / f"{language}.json").write_text(json.dumps(entries))
    (folder / "fr.txt").write_text("# un commentaire\ngros mot\n\nzut\n")
    (folder / "package.json").write_text('{"name": "not a list"}')
    return WordLists(folder)


@pytest.mark.parametrize(
    ("language", "text", "entries"),
    [
        ("en", "A BADWORD here.", ("badword",)),
        ("en", "badwords, unbad, bad_, embadded", ()),
        ("en", "very bad; bad-tempered; (bad)", ("bad", "very bad")),
        ("en", "S&M", ("s&m",)),
        ("de", "Der STRASSENRÄUBER.", ("strassenräuber",)),
        ("ja", "これはバカだ", ("バカ",)),
        ("ja", "バカンスとアルバカ", ()),
        ("ja", "とてもお馬鹿さん", ("お馬鹿",)),
        ("ja", "裸の王様", ()),
        ("ja", "これは3pです。3ps", ("3p",)),
        ("zh", "13. 他是个坏蛋。性能", ("坏蛋",)),
        ("th", "กู", ("กู",)),
        ("fr", "Zut, un gros mot", ("gros mot", "zut")),
        ("xx", "badword", ()),
        ("", "badword", ()),
    ],
)
def test_whole_words_are_found(lists: WordLists, language: str, text: str, entries: tuple[str, ...]) -> None:
    assert lists.measure(text, language).entries == entries


def test_the_share_is_of_the_words(lists: WordLists) -> None:
    listed = lists.measure("very bad things happen, bad ones too", "en")
    assert listed == Listed(("bad", "very bad"), words=3, total=7)
    assert lists.measure("坏蛋在这里", "zh").share == 2 / 5
    assert Listed().share == 0


@given(st.lists(st.sampled_from(["bad", "badword", "good", "very", "VERY", "bad,", "goodbad"]), max_size=12))
def test_words_found_are_those_that_splitting_finds(lists: WordLists, spoken: list[str]) -> None:
    tokens = [word.strip(",").lower() for word in spoken]
    listed = lists.measure(" ".join(spoken), "en")
    expected = {"bad", "badword"} & set(tokens)
    assert expected - {"bad"} <= set(listed.entries) <= expected | {"very bad"}
    if listed.entries:
        in_pairs = sum(pair == ("very", "bad") for pair in pairwise(tokens))
        assert listed.words == sum(token in ("bad", "badword") for token in tokens) + in_pairs


def test_a_text_is_rejected_over_a_limit() -> None:
    listed = Listed(("a", "b"), words=2, total=100)
    rules = WordRules(path=Path("x"))
    assert fault(listed, rules) == "2.00% of 100 words, at most 1.00%: a, b"
    assert fault(Listed(("a",), 1, 100), rules) is None
    assert fault(listed, WordRules(path=Path("x"), max_share=None, max_distinct=1)) == "2 different, at most 1: a, b"
    assert fault(Listed(), WordRules(path=Path("x"), max_distinct=0)) is None


def test_spam_phrases_come_with_the_package() -> None:
    lists, rules = WordLists(SpamRules().path), SpamRules()
    assert {"en", "de", "fr", "es", "ja", "zh"} <= set(lists.languages)
    spam = "Buy Viagra now, cheap Cialis, no prescription needed: online casino, free spins!"
    assert fault(lists.measure(spam, "en"), rules)
    assert not fault(
        lists.measure("The article compares how an online pharmacy and an online casino pay tax.", "en"), rules
    )
    assert fault(lists.measure("线上娱乐城首存送彩金，六合彩、百家乐、老虎机", "zh"), rules)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("en.json", "{", "cannot read"),
        ("en.json", '{"a": 1}', "not a JSON list"),
        ("en.json", "[]", "no words"),
        ("en.txt", b"\xff", "cannot read"),
        ("readme.txt", "a", "no word lists there"),
    ],
)
def test_bad_lists_are_one_line(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError, match=message):
        WordLists(tmp_path)
