"""Charts: what is drawn is what is told, and the proof knows the difference."""

import io
import itertools
import json
import shutil
import subprocess
import sys

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import PIL.ImageOps
import pytest

from curation.document import Box
from curation.errors import UserError
from synth.charts import figure, lies, requests
from synth.charts.data import rows
from synth.charts.drawing.render import run
from synth.charts.drawing.source import source
from synth.charts.figure import KINDS, draw, faults
from synth.charts.generator import Charts, ChartSettings
from synth.charts.proof.lettering import fault
from synth.charts.specs.numbers import nice, show, snap, ticks
from synth.charts.views import html_table
from synth.charts.words import LANGUAGES, in_language
from synth.generate import samples
from synth.mutation import judge
from synth.ocr.fonts import find
from synth.sample import Evidence, Unproven

SIZE = (504, 448)


def jpeg(image: PIL.Image.Image, quality: int = 88) -> np.ndarray:
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(stored))


def sound(kind: str, language: str = "en", engine: str = "matplotlib") -> figure.Figure:
    """The first drawn chart of a kind that holds."""
    for seed in range(10):
        drawn = draw(np.random.default_rng(seed), language, SIZE, kind, engine)
        if drawn.truth["spec"]["engine"] == engine and not faults(jpeg(drawn.image), drawn.truth, audit=False):
            return drawn
    raise AssertionError(f"no {kind} of ten holds")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_back_from_its_jpeg(kind):
    drawn = sound(kind)
    assert json.loads(json.dumps(drawn.truth, allow_nan=False)) == drawn.truth
    assert faults(jpeg(drawn.image), drawn.truth, audit=True) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_lie_about_a_chart_is_found(kind):
    drawn = sound(kind)
    picture = jpeg(drawn.image)
    missed = []
    for name, untrue in lies.tell(drawn.truth, np.random.default_rng(1)):
        try:
            found = faults(picture, untrue, audit=True)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            found = ["it cannot be read"]
        if not found:
            missed.append(name)
    assert missed == []


@pytest.mark.parametrize("kind", ["bar", "line", "scatter", "box", "violin", "histogram", "heatmap"])
def test_what_seaborn_draws_is_read_back_by_the_same_proof(kind):
    drawn = sound(kind, engine="seaborn")
    assert "sns." in source(drawn.truth["spec"])
    assert faults(jpeg(drawn.image), drawn.truth, audit=True) == []


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium-headless-shell"), reason="needs Chromium")
@pytest.mark.parametrize("kind", ["bar", "line", "scatter", "pie", "area", "histogram", "box", "heatmap", "treemap"])
def test_what_plotly_draws_is_read_back_by_the_same_proof(kind):
    drawn = sound(kind, engine="plotly")
    assert "go.Figure" in source(drawn.truth["spec"])
    assert faults(jpeg(drawn.image), drawn.truth, audit=True) == []


def test_a_chart_that_a_library_has_no_plot_for_is_drawn_by_matplotlib():
    assert draw(np.random.default_rng(0), "en", SIZE, "radar", "seaborn").truth["spec"]["engine"] == "matplotlib"


@pytest.mark.parametrize("language", ["zh", "ar", "ru", "ja", "ko", "vi"])
def test_other_scripts_are_shaped_and_read(language):
    drawn = sound("bar", language)
    assert faults(jpeg(drawn.image), drawn.truth, audit=False) == []


def test_the_code_draws_the_picture():
    drawn = sound("line")
    assert np.array_equal(run(drawn.truth["spec"])[1], np.asarray(drawn.image))


@pytest.mark.parametrize(
    ("told", "lie"), [("lun.", "luh."), ("Singapura", "Sinqapura"), ("consumption", "consumptiou")]
)
def test_a_word_is_held_against_those_that_look_like_it(told, lie):
    path, size = find("en")[0].path, 13
    image = PIL.Image.new("L", (1280, 320), 255)  # eight times as large: without hinting
    PIL.ImageDraw.Draw(image).text((83, 77), told, 40, PIL.ImageFont.truetype(path, 8 * size))
    image = image.reduce(8)
    picture = jpeg(image.convert("RGB")).astype(np.float32).mean(2)
    left, top, right, bottom = PIL.ImageOps.invert(image).getbbox()
    box = [left, top, right, bottom]
    assert fault(picture, told, box, path, size, False) is None
    assert fault(picture, lie, box, path, size, False)


def test_a_heat_map_tells_no_value_beyond_its_colour_bar():
    drawn = sound("heatmap")
    panel = drawn.truth["spec"]["panels"][0]
    panel["values"][0][0] = 1.2 * panel["bar"]["limits"][1]
    assert any("not on the colour bar" in text for text in faults(jpeg(drawn.image), drawn.truth, audit=False))


@pytest.mark.parametrize("asked", [*itertools.chain(*requests.CHARTS.values()), *requests.DIAGRAMS.values()])
def test_requests_are_in_all_languages_or_in_one(asked):
    assert len({in_language(asked, language) for language in LANGUAGES}) in (1, len(LANGUAGES))


def test_people_ask_in_the_language_of_the_chart_and_captions_are_english():
    generator = Charts(ChartSettings(languages={"ja": 1.0}, of_one=7, engines={"matplotlib": 1.0}))
    drafts = {draft.view: draft for draft in generator.drafts(np.random.default_rng(2))}
    asked = {view: generator.checker.turns(draft.claims)[0].text for view, draft in drafts.items()}
    assert drafts["caption"].language == "en"
    assert asked["caption"].isascii()
    assert drafts["csv"].language == "ja"
    assert "グラフ" in asked["csv"]


def test_a_picture_that_cannot_be_read_is_drawn_anew(monkeypatch):
    generator = Charts(ChartSettings(languages={"en": 1.0}, kinds={"bar": 1.0}, engines={"matplotlib": 1.0}))
    asked = []

    def refused(content, truth):
        asked.append(content)
        return len(asked) > 1

    monkeypatch.setattr(generator.checker, "bears_out", refused)
    drafts = list(generator.drafts(np.random.default_rng(0)))
    assert len(set(asked)) == 2
    assert drafts[0].media[0].content == asked[1]


def test_what_was_borne_out_is_remembered_for_that_picture_alone():
    generator = Charts(ChartSettings(languages={"en": 1.0}, kinds={"bar": 1.0}, engines={"matplotlib": 1.0}))
    draft = next(generator.drafts(np.random.default_rng(0)))
    blank = io.BytesIO()
    PIL.Image.new("RGB", (draft.media[0].width, draft.media[0].height), "white").save(blank, "PNG")
    assert not list(generator.checker.failures(draft.claims, Evidence([draft.media[0].content]), False))
    assert list(generator.checker.failures(draft.claims, Evidence([blank.getvalue()]), False))


def test_another_picture_bears_nothing_out():
    drawn = sound("pie")
    blank = np.full((*SIZE[::-1], 3), 255, np.uint8)
    assert faults(blank, drawn.truth, audit=False)


def test_the_table_has_a_row_for_each_category():
    drawn = sound("bar")
    panel = drawn.truth["spec"]["panels"][0]
    assert [row[0] for row in rows(drawn.truth["spec"])[1:]] == panel["categories"]
    assert html_table(drawn.truth["spec"]).count("<tr>") == 1 + len(panel["categories"])


def test_equal_seeds_give_equal_bytes_in_another_process():
    script = (
        "import numpy as np, hashlib; from synth.charts.figure import draw;"
        f"d = draw(np.random.default_rng(5), 'en', {SIZE}, 'bar');"
        "print(hashlib.sha256(d.image.tobytes() + repr(d.truth).encode()).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(runs) == 1


@pytest.fixture(scope="module")
def made():
    generator = Charts(ChartSettings(languages={"en": 1.0, "de": 1.0}, of_one=7))
    found = [item for seed in range(4) for item in samples(generator, "charts", seed)]
    return generator, [item for item in found if not isinstance(item, Unproven)]


def test_one_picture_gives_several_documents(made):
    _, documents = made
    assert {sample.document.task for sample in documents} >= {"chart", "html"}
    html = next(sample.document for sample in documents if sample.document.task == "html")
    assert [type(part) for part in html.turns[1].parts].count(Box) == 2


@pytest.mark.slow
def test_what_a_document_says_is_not_to_be_altered(made):
    generator, documents = made
    verdicts = [
        verdict
        for sample in documents[:4]
        for verdict in judge(sample.document, sample.contents, generator.checker, np.random.default_rng(0))
    ]
    missed = [verdict.lie for verdict in verdicts if not verdict.found_by]
    assert len(verdicts) > 20
    assert len(missed) <= len(verdicts) // 50


def test_settings_without_weight_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        ChartSettings(kinds={"bar": 0.0})


def test_a_missing_font_is_one_clear_line(monkeypatch):
    def missing(language):
        raise UserError(f"fonts: no font for {language} is installed (apt-get install fonts-noto-cjk)")

    monkeypatch.setattr("synth.charts.generator.find", missing)
    with pytest.raises(UserError, match="apt-get install"):
        Charts(ChartSettings())


def test_numbers_are_written_as_the_language_does():
    form = {"group": ".", "point": ",", "places": 1, "before": "", "after": "%"}
    assert show(-1234.56, form) == "-1.234,6%"
    assert (nice(0.3), nice(7), nice(20)) == (0.5, 10, 20)
    assert snap(0.30000000000000004, 0.1) == 0.3
    assert ticks(-3, 17, 6) == [-5, 0, 5, 10, 15, 20]
