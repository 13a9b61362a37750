import numpy as np
import pytest

from curation.errors import UserError
from synth.ocr import fonts, outlines
from synth.ocr.corpus import Corpus, CorpusSettings, tidy
from synth.ocr.drawing import layout
from synth.ocr.drawing.blocks import wrap
from synth.ocr.languages import LANGUAGES


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_a_face_with_its_letters(language):
    assert all(face.covers(fonts._MUST_HAVE[language]) for face in fonts.find(language))


def test_a_face_says_what_it_lacks():
    face = fonts.find("ru")[0]
    assert face.covers("Привет 123")
    assert not face.covers("\u13a0")


def test_a_style_that_is_not_installed_names_the_package(monkeypatch):
    monkeypatch.setattr(fonts, "_faces", lambda language: ())
    with pytest.raises(UserError, match="fonts-noto-cjk"):
        fonts.find("ja", "serif")


def test_untranslated_paragraphs_and_navigation_are_dropped(tmp_path, language_model):
    page = (
        "<html><body><ul class='docnav'><li>Weiter zur nächsten Seite des Buches</li></ul>"
        "<p>Die Katze schläft den ganzen Tag auf dem alten Sofa. Am Abend geht sie hinaus. Sie kommt spät zurück.</p>"
        "<p>This paragraph was never translated by anybody and must not be kept here.</p></body></html>"
    )
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    corpus = Corpus(CorpusSettings(texts={"de": [str(tmp_path)]}, language_model=language_model))
    assert [sentence.split()[0] for sentence in corpus._of("de").sentences] == ["Die", "Am", "Sie"]


def test_without_a_model_every_paragraph_is_of_its_folder(tmp_path):
    (tmp_path / "page.txt").write_text("Die Katze schläft. This one is English. Nobody looks here.", encoding="utf-8")
    assert len(Corpus(CorpusSettings(texts={"de": [str(tmp_path)]}))._of("de").sentences) == 3


def test_a_language_without_text_is_an_error(tmp_path, language_model):
    (tmp_path / "a.txt").write_text("Only English words are written here.", encoding="utf-8")
    corpus = Corpus(CorpusSettings(texts={"ko": [str(tmp_path)]}, language_model=language_model))
    rng = np.random.default_rng(0)
    with pytest.raises(UserError, match="fewer than 3 sentences in Korean"):
        corpus.sentence(rng, "ko", 40)
    with pytest.raises(UserError, match="none for 'fr'"):
        corpus.sentence(rng, "fr", 40)
    with pytest.raises(UserError, match="no such file"):
        Corpus(CorpusSettings(texts={"ko": [str(tmp_path / "b")]}, language_model=language_model))


@pytest.mark.parametrize("language", ["en", "ar", "ja", "ru"])
def test_texts_keep_to_their_length_and_their_seed(corpus, language):
    texts = Corpus.load(CorpusSettings.model_validate(corpus))
    for seed in range(20):
        one, two = (np.random.default_rng(seed) for _ in range(2))
        drawn = texts.sentence(one, language, 24), texts.unguessable(one, language, 20)
        assert drawn == (texts.sentence(two, language, 24), texts.unguessable(two, language, 20))
        assert 0 < len(drawn[0]) <= 24
        assert 0 < len(drawn[1]) <= 20


def test_tidy_composes_letters_and_drops_what_cannot_be_seen():
    assert tidy("e\u0301te\u0301\u200b \n  \u200fa") == "été a"


def test_right_to_left_lines_run_leftwards_and_latin_words_in_them_rightwards():
    face = next(face for face in fonts.find("ar") if face.family.startswith("DejaVu"))
    block = layout.set_lines(["نظام GNU Linux 11 حر"], "ar", face, 30, 1.2)
    u = {word.text: word.u for word in block.lines[0]}
    assert u["نظام"] > u["11"] > u["Linux"] > u["GNU"] > u["حر"]


def test_lines_begin_with_no_closing_mark():
    assert wrap("これは、長い文です。次の文。", 3, "ja")[0] == "これは、"


def test_a_square_is_filled_exactly():
    corners = np.array([[1.0, 1.0], [3.5, 1.0], [3.5, 3.0], [1.0, 3.0]])
    square = outlines.Outline(corners, np.ones(4, np.uint8), np.array([3], np.int16))
    image = outlines.fill(square, 0, 0, 5, 4) / 255
    assert image[1, 1] == 1
    assert abs(image[1, 3] - 0.5) < 0.01
    assert abs(image.sum() - 5) < 0.03
    assert outlines.bounds(square).tolist() == [1.0, 1.0, 3.5, 3.0]
