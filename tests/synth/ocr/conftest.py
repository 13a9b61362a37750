"""A small corpus of our own in four scripts, and a model that tells its languages apart."""

import pytest

from curation.text.language import sentences

pytest.importorskip("uharfbuzz")
pytest.importorskip("freetype")

TEXTS = {
    "en": "The quick brown fox jumps over the lazy dog near the river. Every morning the baker opens his small shop at "
    "seven. Nobody knows where the old bridge once stood.",
    "ar": "ذهب الولد إلى المدرسة صباح اليوم. يعمل النظام على جهاز الحاسوب الجديد. "
    "اشترى الرجل كتابا جديدا من السوق القديم. هذا البرنامج حر ومفتوح للجميع.",
    "ja": "今日はとても良い天気ですね。新しいソフトウェアを導入しました。駅の前に小さな本屋があります。",
    "ru": "Каждое утро пекарь открывает свою лавку. Никто не знает, где стоял старый мост. Поезд прибывает вечером.",
}
GERMAN = "Die Sonne scheint heute auf den alten Garten. Der Hund schläft unter dem Tisch. Morgens kommt die Post."


@pytest.fixture(scope="session")
def language_model(tmp_path_factory) -> str:
    """A fastText model that tells these languages and German apart, trained on the few sentences above and below."""
    fasttext = pytest.importorskip("fasttext")
    folder = tmp_path_factory.mktemp("model")
    texts = {**TEXTS, "de": GERMAN}
    lines = [f"__label__{code} {piece}" for code, text in texts.items() for piece in sentences(text)]
    (folder / "sentences.txt").write_text("\n".join(lines), encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "sentences.txt"), epoch=200, lr=0.5, dim=8, minn=1, maxn=3, bucket=5_000, thread=1, verbose=0
    )
    model.save_model(str(folder / "languages.bin"))
    return str(folder / "languages.bin")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("texts")
    for language, text in TEXTS.items():
        (folder / f"{language}.txt").write_text(text, encoding="utf-8")
    return {"texts": {language: [str(folder / f"{language}.txt")] for language in TEXTS}}
