"""Corruptions: each spoils what it says, leaves the rest alone, and is the same for the same seed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from curation.document import Document, Image, Text, Turn
from curation.media import read
from curation.scoring import corrupt, drawing
from curation.scoring.corrupt import CORRUPTIONS, Corpus, Corruption
from curation.scoring.features import places
from curation.select_settings import DIMENSIONS
from curation.text.language import words
from tests.conftest import png
from tests.curation.conftest import manual


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Twelve manuals on four topics, each with more text than they show here, and a German page without images."""
    folder = tmp_path_factory.mktemp("corpus")
    documents = [
        lengthened(manual(topic, folder, seed)) for seed in range(3) for topic in ("garden", "kitchen", "harbour")
    ]
    line = "Und die Leute werden das mit den Kindern auf der Wiese machen, denn es ist ein Tag für alle."
    text = "\n\n".join(f"{line} Es sind {number}." for number in range(40))
    german = Document((Turn(None, (Text(text),)),), language="de")
    return Corpus([*documents, german], tmp_path_factory.mktemp("drawn"))


def lengthened(document: Document) -> Document:
    more = "\n\n".join(
        f"After day {day} the people go on with their work, and in the evening they rest." for day in range(25)
    )
    return replace(document, turns=(Turn(None, (*document.turns[0].parts, Text("\n\n" + more))),), language="en")


@pytest.fixture
def document(corpus: Corpus) -> Document:
    return corpus.documents[0]


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.name)
def test_a_corruption_spoils_in_the_same_way_for_the_same_seed(
    corruption: Corruption, corpus: Corpus, document: Document
):
    one, other = (corruption.change(document, corpus, rng(7)) for _ in range(2))
    assert one == other
    if corruption.change in (corrupt.dozens_of_images, corrupt.stripped_to_one_image):
        assert one is None  # the corpus has too few images, and too little text
        return
    assert (one.key, one.language) != (document.key, document.language)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.name)
def test_what_is_spoilt_can_be_read_as_any_document(corruption: Corruption, corpus: Corpus, document: Document):
    if spoilt := corruption.change(document, corpus, rng()):
        assert Document.from_json(spoilt.to_json()) == spoilt
        assert all(read(item) for item in spoilt.media)


def test_every_corruption_has_a_name_of_its_own_and_a_dimension():
    assert len({each.name for each in CORRUPTIONS}) == len(CORRUPTIONS)
    assert {each.dimension for each in CORRUPTIONS} == set(DIMENSIONS)
    assert all(each.also <= set(DIMENSIONS) - {each.dimension} for each in CORRUPTIONS)


@pytest.mark.parametrize(
    "corruption", [each for each in CORRUPTIONS if each.dimension == "quality"], ids=lambda e: e.name
)
def test_spoilt_text_leaves_the_images_where_they_are(corruption: Corruption, corpus: Corpus, document: Document):
    spoilt = corruption.change(document, corpus, rng())
    assert spoilt.media == document.media
    kinds = [[type(part) for part in each.parts()] for each in (spoilt, document)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize(
    "change", [corrupt.images_of_others, corrupt.decoration, corrupt.blank_images, corrupt.one_image_repeated]
)
def test_spoilt_images_leave_the_text_as_it_is(change: corrupt.Change, corpus: Corpus, document: Document):
    spoilt = change(document, corpus, rng())
    assert spoilt.turns == document.turns
    assert {item.sha256 for item in spoilt.media} != {item.sha256 for item in document.media}


def test_words_are_shuffled_within_lines_and_none_is_lost(corpus: Corpus, document: Document):
    spoilt = corrupt.shuffled_words(document, corpus, rng())
    pairs = list(zip(document.text.split("\n"), spoilt.text.split("\n"), strict=True))
    assert all(sorted(before.split()) == sorted(after.split()) for before, after in pairs)
    unspaced = Document((Turn(None, (Text("文字写在一行里面"),)),))
    assert sorted(corrupt.shuffled_words(unspaced, corpus, rng()).text) == sorted(unspaced.text)


def test_images_of_others_are_of_its_language(corpus: Corpus, document: Document):
    abroad = replace(document, language="de")
    assert corrupt.images_of_others(abroad, corpus, rng()) is None  # the German page shows none


def test_images_of_others_are_never_those_of_a_translation(corpus: Corpus, document: Document):
    translation = replace(document, turns=(Turn(None, (*document.turns[0].parts, Text("Ende."))),), language="de")
    related = Corpus([document, translation, corpus.documents[1]], corpus.folder)
    spoilt = corrupt.images_of_others(document, related, rng())
    assert {item.sha256 for item in spoilt.media} == {item.sha256 for item in corpus.documents[1].media}
    assert corrupt.images_of_others(document, Corpus([document, translation], corpus.folder), rng()) is None


def test_foreign_lines_are_running_text_of_another_language(corpus: Corpus, document: Document):
    spoilt = corrupt.foreign_middle(document, corpus, rng())
    lines = [line for line in spoilt.text.split("\n") if line.strip()]
    foreign = [line.startswith("Und die Leute") for line in lines]
    first, last = foreign.index(True), len(foreign) - foreign[::-1].index(True)
    assert all(foreign[first:last])
    assert 0.2 < sum(foreign) / len(foreign) < 0.45
    english = Corpus([each for each in corpus.documents if each.language == "en"], corpus.folder)
    assert corrupt.foreign_middle(document, english, rng()) is None


def test_galleries_have_three_words_to_an_image(corpus: Corpus, document: Document):
    assert len(words(corrupt.hardly_any_text(document, corpus, rng()).text)) == 3 * len(document.images_shown())


def test_one_image_is_left_with_twenty_times_the_text(corpus: Corpus, tmp_path: Path):
    short = replace(manual("observatory", tmp_path), language="en")
    spoilt = corrupt.stripped_to_one_image(short, corpus, rng())
    assert len(spoilt.images_shown()) == 1
    assert len(words(spoilt.text)) > 10 * len(words(short.text))


def test_dozens_of_images_keep_its_own_among_them(corpus: Corpus, document: Document, tmp_path: Path):
    (tmp_path / "many.png").write_bytes(png())
    drawn = [corpus.draw(picture(seed)) for seed in range(40)]
    gallery = Document((Turn(None, tuple(Image(number) for number in range(40))),), tuple(drawn), language="en")
    spoilt = corrupt.dozens_of_images(document, Corpus([document, gallery], corpus.folder), rng())
    assert len(spoilt.images_shown()) == 36
    assert spoilt.media[: len(document.media)] == document.media
    assert spoilt.text == document.text


def picture(seed: int):
    import io

    import PIL.Image

    return PIL.Image.open(io.BytesIO(png(40, 40, seed)))


def test_images_go_to_the_end_only_where_that_is_far(corpus: Corpus, document: Document, tmp_path: Path):
    spoilt = corrupt.images_last(document, corpus, rng())
    assert {place.words_before for place in places(spoilt)} == {len(words(document.text))}
    assert spoilt.text == document.text
    short = Document((Turn(None, (Image(0), Text("A few words after it."))),), document.media[:1])
    assert corrupt.images_last(short, corpus, rng()) is None


@pytest.mark.parametrize("text", ["語言的文字寫在一行裡面沒有空格", "وهذا نص عربي لا يرسم إلا بمحرك تشكيل "])
def test_pictures_of_the_text_are_not_drawn_in_scripts_that_no_font_can_draw(
    text: str, corpus: Corpus, document: Document, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(drawing, "_FONTS", ("DejaVuSans.ttf",))
    drawing._fonts.cache_clear()
    page = Document((Turn(None, (Text(text * 4), Image(0), Text(text * 4))),), document.media[:1])
    assert corrupt.pictures_of_the_text(page, corpus, rng()) is None
    drawing._fonts.cache_clear()


def test_letters_that_a_font_lacks_are_known():
    latin = drawing._fonts()[0]
    assert drawing._draws(latin, "x")
    assert not drawing._draws(latin, "語")
