"""Every sentence is there in all twelve languages, and says in each what it says in the others."""

import re
from importlib.resources import files

import pytest

from synth.agent.told.wording import QUOTES, knows, quoted, say, short
from synth.ocr.languages import CODES

ROWS = [
    line.split("\t")
    for line in (files("synth.agent.told") / "words" / "words.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_the_languages_are_the_twelve():
    assert sorted(ROWS[0][1:]) == sorted(CODES) == sorted(QUOTES)


@pytest.mark.parametrize("row", ROWS[1:], ids=lambda row: row[0])
def test_a_sentence_has_equal_places_for_names_in_every_language(row):
    said = [text for text in row[1:] if text]
    assert len(said) == (1 if row[0].startswith("t.") else 12)
    assert len({tuple(sorted(re.findall(r"\{\w+\}", text))) for text in said}) == 1


@pytest.mark.parametrize("language", CODES)
def test_a_name_stands_in_quotation_marks_of_the_language(language):
    assert "Inbox" in quoted(language, "Inbox")
    assert knows(language, "i.click")
    assert quoted(language, "Inbox") in say(language, "i.click", name=quoted(language, "Inbox"))


def test_a_long_name_is_told_by_its_beginning():
    name = "word " * 40
    assert short("Inbox") == "Inbox"
    assert len(short(name)) <= 61
    assert name.startswith(short(name)[:-1])
