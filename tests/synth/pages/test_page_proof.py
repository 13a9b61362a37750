"""Whole pages: proved from their pixels, equal wherever they are made, and no lie about them goes through."""

import json
from collections import Counter
from typing import Any

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("playwright")
pytest.importorskip("uharfbuzz")
pytest.importorskip("freetype")

from curation.document import Text
from curation.errors import UserError
from synth.generate import samples
from synth.mutation import mutants
from synth.pages.browser import BrowserError, find_executable, screenshot
from synth.pages.generator import Pages, PageSettings
from synth.pages.proof.checker import PageChecker
from synth.pages.proof.lies import LIES
from synth.prove import prove
from synth.sample import Sample
from tests.synth.pages.words import Corpus

try:
    find_executable()
except BrowserError as missing:
    pytest.skip(str(missing), allow_module_level=True)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    PIL.Image.fromarray(noise).resize((600, 400)).save(folder / "noise.png")
    settings = PageSettings(
        corpus={"texts": {"en": ["words"]}, "language_model": "none"},
        pictures=(str(folder),),
        canvas={"pixels": (250_000, 400_000), "aspects": (0.7, 1.4)},
        text=(13, 16),
        views={"more": 0},  # views and parts have tests of their own
        parts=0,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("synth.pages.generator.Corpus.load", lambda settings: Corpus())
        generator = Pages(settings)
    yield generator
    generator.close()


@pytest.fixture(scope="module")
def made(pages):
    return [each for seed in range(10) for each in _one(pages, seed)]


def _one(pages, seed) -> list[Any]:
    return list(samples(pages, "test", seed))


@pytest.fixture(scope="module")
def sample(made):
    """The page on which the most lies can be told."""
    found = [each for each in made if isinstance(each, Sample)]
    return max(found, key=lambda each: len({element["kind"] for element in each.document.proof["claims"]["elements"]}))


def test_pages_are_proved(made):
    assert [str(each) for each in made if not isinstance(each, Sample)] == []


def test_sides_are_multiples_of_28(made):
    for each in made:
        assert {side % 28 for item in each.document.media for side in (item.width, item.height)} == {0}


def test_the_document_says_what_the_page_shows(sample):
    answer = "".join(part.text for part in sample.document.turns[1].parts if isinstance(part, Text))
    for element in sample.document.proof["claims"]["elements"]:
        assert element.get("text", "") in answer


def test_an_equal_seed_gives_equal_bytes(pages, made):
    (again,) = _one(pages, 3)
    assert again.contents == made[3].contents
    assert again.document.to_json() == made[3].document.to_json()
    pages.close()  # and in another browser
    (again,) = _one(pages, 3)
    assert again.contents == made[3].contents


def test_the_buffer_is_what_chromium_paints(pages):
    flat = """*{color:transparent!important;background:none!important;border-color:transparent!important}
        html,body{background:#000!important} [data-i],[data-d]{background:var(--i)!important}"""

    def look(page, cdp):
        page.evaluate("css => document.getElementById('s').textContent += css", flat)
        return np.asarray(screenshot(cdp)).astype(int)

    for seed in range(4):
        _, ids, claims = pages._page(np.random.default_rng(seed), "en")
        for element in claims["elements"]:  # Chromium has but a hole for a picture, and its words are none of its work
            ids[np.isin(ids, [word["id"] for word in element.get("words", ())])] = element.get("image", {}).get("id", 0)
        painted = pages._browser.run(look, tab="pages")
        assert np.array_equal(painted[..., 1] << 8 | painted[..., 2], ids)


@pytest.mark.parametrize(
    ("text", "runs"),
    [("USB-порт", ["USB-", "порт"]), ("(/etc", ["(/", "etc"]), ("データを3回", ["データを3", "回"])],
)
def test_letters_of_two_scripts_are_shaped_apart(text, runs):
    from synth.pages.proof.rewriting import _runs

    assert [run for run, _ in _runs(text, "Hani")] == runs


def test_the_audit_accepts_the_html(made):
    pytest.importorskip("html5lib")
    from synth.pages.proof.checker import _html

    assert [fault for each in made for fault in _html(each.document.turns)] == []


@pytest.mark.slow
def test_no_lie_goes_through(made):
    checker, missed = PageChecker(), []
    tried: Counter[str] = Counter()
    for number, each in enumerate(made):
        for mutant in mutants(each.document, checker, np.random.default_rng(number)):
            tried[mutant.lie] += 1
            if not prove(mutant.document, each.contents, checker, audit=False):
                missed.append(mutant.lie)
    assert missed == []
    assert {f"claimed {lie}" for lie in LIES} <= tried.keys()


def test_ink_that_nothing_claims_is_found(sample):
    from synth.sample import Evidence

    class Scribbled(Evidence):
        def picture(self, number=0):
            picture = super().picture(number).copy()
            free = np.argwhere(self.buffer() == 0)
            y, x = next(
                (y, x) for y, x in free if not self.buffer()[y - 9 : y + 12, x - 9 : x + 40].any() and y > 9 < x
            )
            picture[y : y + 3, x : x + 20] = 128
            return picture

    claims = json.loads(json.dumps(sample.document.proof["claims"]))
    failures = PageChecker().failures(claims, Scribbled(sample.contents), audit=False)
    assert {failure.check for failure in failures} == {"ink"}


def test_a_folder_without_pictures_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("synth.pages.generator.Corpus.load", lambda settings: Corpus())
    settings = PageSettings(corpus={"texts": {"en": ["words"]}, "language_model": "none"}, pictures=(str(tmp_path),))
    with pytest.raises(UserError, match=r"no \.png"):
        Pages(settings)
