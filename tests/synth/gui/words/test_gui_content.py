"""Content of applications: equal from equal seeds, different within one list, written as its language writes."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.charts.words import LANGUAGES
from synth.gui.words import content
from synth.gui.words.tables import rows

MAKERS = (
    *(content.person, content.street, content.subject, content.sentence),
    *(partial(make, count=5) for make in (content.products, content.songs, content.places)),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_content_follows_from_its_seed_and_varies(language):
    for make in MAKERS:
        made = [str(make(np.random.default_rng(seed), language)) for seed in range(40)]
        assert made == [str(make(np.random.default_rng(seed), language)) for seed in range(40)]
        assert len(set(made)) > 25


@given(st.sampled_from(LANGUAGES), st.integers(0, 10_000))
def test_of_several_no_two_are_equal(language, seed):
    rng = np.random.default_rng(seed)
    for make, most in ((content.people, 7), (content.songs, 14), (content.places, 12), (content.file_names, 12)):
        assert len(set(make(rng, language, most))) == most


def test_lists_have_entries_in_every_language_and_no_entry_twice():
    for key, *cells in rows("lists"):
        assert len(cells) == len(LANGUAGES)
        for cell in cells:
            entries = cell.split(";")
            assert len(entries) == len(set(entries)) >= 6, (key, cell)
            assert all(entries), (key, cell)


def test_sentences_have_the_same_gaps_in_every_language():
    gaps = ("code", "date", "time", "number", "phone", "person")
    for cells in rows("lists"):
        if cells[0] == "sentence":
            for forms in zip(*(cell.split(";") for cell in cells[1:]), strict=True):
                assert len({tuple(f"{{{gap}}}" in form for gap in gaps) for form in forms}) == 1, forms


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "$19.99"),
        ("de", "19,99 €"),
        ("ja", "1,999円"),
        ("vi", "199.900 đ"),
        ("pt", "R$ 19,99"),
        ("ru", "19,99 руб."),
    ],
)
def test_prices_are_written_as_in_the_language(language, said):
    assert content.price(language, 1999) == said


def test_dates_are_written_as_in_the_language():
    assert [content.date(language, "2024-05-31") for language in ("en", "de", "fr", "zh", "ko")] == [
        "5/31/2024",
        "31.05.2024",
        "31/05/2024",
        "2024-05-31",
        "2024.05.31",
    ]


@given(st.integers(0, 10_000))
def test_russian_names_agree_in_sex(seed):
    for name in content.people(np.random.default_rng(seed), "ru", 6):
        given_, family = name.split()
        assert family.endswith("а") == (content.some("ru", "given").index(given_) % 2 == 0)
