"""Charts, formulas, music, molecules and texts in pictures on pages: written as told, proved by their own rooms."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright")
pytest.importorskip("verovio")
pytest.importorskip("rdkit")
pytest.importorskip("matplotlib")

from curation.errors import UserError
from synth.generate import samples
from synth.notation.formulas.typeset import KATEX
from synth.pages.browser import BrowserError, find_executable
from synth.pages.drawing.compose import WEIGHTS
from synth.pages.figures import proof
from synth.pages.figures.draw import Figures, FigureSettings, Space
from synth.pages.generator import Pages, PageSettings
from synth.prove import DAMAGE
from synth.sample import Evidence, Sample
from tests.synth.pages.words import Corpus

try:
    find_executable()
except BrowserError as missing:
    pytest.skip(str(missing), allow_module_level=True)

PAPER, INK = "#fdfcf7", "#1c1c1c"
KINDS = ("chart", "music sheet", "chemical formula", "image ocr", "formula")


@pytest.fixture(scope="module")
def katex():
    if not Path(KATEX).is_dir():
        pytest.skip("libjs-katex and fonts-katex are not installed")
    return KATEX


@pytest.fixture(scope="module")
def corpus():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synth.ocr.corpus.Corpus.load", lambda settings: Corpus())
        yield {"texts": {"en": ["words"]}, "language_model": "none"}


@pytest.fixture(scope="module")
def pages(corpus, katex):
    # Kinds of pages whose figures are many; the canvas is small.
    generator = Pages(
        PageSettings(
            corpus=corpus,
            canvas={"pixels": (350_000, 450_000), "aspects": (0.8, 1.3)},
            text=(13, 15),
            figures={"katex": katex},
            views={"more": 0},
            parts=0,
        )
    )
    yield generator
    generator.close()


@pytest.fixture(scope="module")
def drawn(pages):
    """A figure of each kind, as a block."""
    figures = Figures(FigureSettings(katex=pages._settings.figures.katex), pages._settings.corpus, ("en",), ())
    found = {}
    for kind in KINDS:
        if kind in figures.weights:
            for seed in range(8):
                block = figures.draw(np.random.default_rng(seed), kind, Space(600, 400, PAPER, INK, "en"))
                # Rooms reject a few of their own drawings.
                if block and not list(proof.faults(*_alone(block), True, pages._settings.figures.katex)):
                    found[kind] = block
                    break
    return found


def _alone(block) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Claims, picture and buffer of a page on which there is the figure alone."""
    width, height = block["pixels"].size
    ids = np.ones((height, width), np.uint16)
    element = {key: value for key, value in block.items() if key not in ("pixels", "numbers")}
    element |= {"id": 1, "image": {"id": 1, "box": [0, 0, width, height]}}
    if "numbers" in block:
        element["words"] = [{"id": 2 + place} for place in range(int(block["numbers"].max()))]
        ids[block["numbers"] > 0] = 1 + block["numbers"][block["numbers"] > 0]
    return {"elements": [element]}, np.asarray(block["pixels"]), ids


@pytest.fixture(params=KINDS)
def figure(request, drawn, katex):
    """Its kind and block."""
    return request.param, drawn[request.param]


def _found(katex, claims, picture, ids) -> bool:
    """Whether something is found to be wrong."""
    try:
        return bool(list(proof.faults(claims, picture, ids, True, katex)))
    except DAMAGE:
        return True


def test_a_figure_is_what_its_room_finds(figure, katex):
    assert list(proof.faults(*_alone(figure[1]), True, katex)) == []


def test_an_empty_figure_is_not_taken_for_it(figure, katex):
    claims, picture, ids = _alone(figure[1])
    assert _found(katex, claims, np.full_like(picture, 255), ids)


def test_what_is_written_of_a_figure_follows_from_its_truth(figure, katex):
    claims, picture, ids = _alone(figure[1])
    key = {"chart": "data", "image ocr": "text"}.get(figure[0], "source")
    claims["elements"][0][key] = [["1"]] if key == "data" else "x"
    assert any("what is written" in fault for fault in proof.faults(claims, picture, ids, False, katex))


@pytest.mark.slow
def test_lies_of_the_rooms_are_found_on_the_page(figure, katex):
    claims, picture, ids = _alone(figure[1])
    before, told = copy.deepcopy(claims), 0
    for name, lie in proof.lies(claims, np.random.default_rng(3)):
        if lie != claims:
            told += 1
            assert name.startswith(figure[0].replace(" ", "_"))
            assert _found(katex, lie, picture, ids), name
    assert told > 3
    assert claims == before


def test_drawings_take_the_colours_of_the_page(drawn):
    from synth.pages.figures.draw import _recoloured

    image = _recoloured(drawn["music sheet"]["pixels"], "#102030", "#f0e0d0")
    pixels = np.asarray(image).reshape(-1, 3)
    assert image.getpixel((0, 0)) == (16, 32, 48)
    assert pixels.max(axis=0).tolist() == [240, 224, 208]


def test_a_figure_without_room_is_none(pages):
    figures = Figures(FigureSettings(weights={"chart": 1}), pages._settings.corpus, ("en",), ())
    assert figures.draw(np.random.default_rng(0), "chart", Space(200, 900, PAPER, INK, "en")) is None


def test_a_missing_katex_is_named(corpus, tmp_path):
    with pytest.raises(UserError, match=str(tmp_path)):
        Figures(FigureSettings(katex=str(tmp_path), weights={"formula": 1}), corpus, ("en",), ())


@pytest.mark.slow
@pytest.mark.parametrize("kind", WEIGHTS)
def test_pages_of_every_kind_are_proved(pages, kind):
    settings = pages._settings
    pages._settings = settings.model_copy(update={"kinds": {kind: 1.0}})
    try:
        made = [each for seed in range(3) for each in samples(pages, kind, seed)]
    finally:
        pages._settings = settings
    assert [str(each) for each in made if not isinstance(each, Sample)] == []
    for each in made:
        assert Evidence(each.contents).picture().shape[1::-1] == tuple(each.document.proof["claims"]["size"])
