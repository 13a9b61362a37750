import json
import subprocess
import sys

import numpy as np
import pytest

from curation.document import Box, Document
from synth.generate import samples
from synth.mutation import judge
from synth.ocr import lies
from synth.ocr.lines import TextLines, TextLinesSettings
from synth.ocr.proof import TextChecker
from synth.ocr.scenes import SceneText, SceneTextSettings
from synth.sample import Sample

SCENE = {"canvas": {"pixels": (200_704, 300_000)}, "sizes": (20, 32)}


@pytest.fixture(scope="module")
def lines(corpus):
    return TextLines(TextLinesSettings.model_validate({"corpus": corpus}))


@pytest.fixture(scope="module")
def scenes(corpus):
    return SceneText(SceneTextSettings.model_validate({"corpus": corpus, **SCENE}))


def made(generator, seeds) -> list[Sample]:
    return [each for seed in seeds for each in samples(generator, "test", seed) if isinstance(each, Sample)]


def test_lines_are_proved_and_sides_are_multiples_of_28(lines):
    found = made(lines, range(30))
    assert len(found) >= 29
    for sample in found:
        assert sample.document.media[0].width % 28 == sample.document.media[0].height % 28 == 0
        assert Document.from_json(sample.document.to_json()) == sample.document


def test_scenes_are_proved_and_boxes_lie_inside(scenes):
    found = made(scenes, range(8))
    assert len(found) >= 6
    for sample in found:
        media = sample.document.media[0]
        for part in sample.document.parts():
            if isinstance(part, Box):
                assert 0 <= part.x1 < part.x2 <= media.width
                assert 0 <= part.y1 < part.y2 <= media.height


@pytest.mark.slow
def test_lies_are_found(lines, scenes):
    verdicts = [
        verdict
        for generator, seeds in ((lines, range(12)), (scenes, range(10)))
        for sample in made(generator, seeds)
        for verdict in judge(sample.document, sample.contents, Cheap(), np.random.default_rng(3))
    ]
    told = {verdict.lie for verdict in verdicts}
    assert {f"claimed {name}" for name in lies.KINDS} - {"claimed accent_dropped"} <= told
    missed = [verdict.lie for verdict in verdicts if not verdict.found_by]
    assert not missed


class Cheap(TextChecker):
    """Without OCR engines, which are slow to load."""

    def failures(self, claims, evidence, audit):
        return super().failures(claims, evidence, False)


def test_letters_that_look_alike_are_no_lies():
    assert lies.alike("I", "l")
    assert lies.alike("o", "о")
    assert not lies.alike("3", "8")


def test_equal_seeds_give_equal_bytes_in_another_process(scenes, corpus):
    here = [sample.document.key for sample in made(scenes, range(2))]
    code = (
        "import sys, json\n"
        "from synth.generate import samples\n"
        "from synth.ocr.scenes import SceneText, SceneTextSettings\n"
        "scenes = SceneText(SceneTextSettings.model_validate(json.loads(sys.argv[1])))\n"
        "found = [each for seed in (0, 1) for each in samples(scenes, 'test', seed)]\n"
        "print([each.document.key for each in found if hasattr(each, 'document')])"
    )
    settings = json.dumps({"corpus": corpus, **SCENE})
    run = subprocess.run([sys.executable, "-c", code, settings], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(here)


@pytest.mark.slow
def test_engines_read_lines_and_see_wrong_ones(lines):
    pytest.importorskip("rapidocr")
    from synth.ocr import ocr_engine
    from synth.ocr.straighten import level
    from synth.sample import Evidence

    rates = []
    for sample in made(lines, range(30)):
        text = sample.document.proof["claims"]["texts"][0]
        crop = level(Evidence(sample.contents).picture(0), text, text["lines"][0])
        if len(sample.document.turns[1].text) >= 4:
            found = ocr_engine.recognise(crop, text["language"])
            rates.append(ocr_engine.error_rate(found, sample.document.turns[1].text))
    assert np.mean(np.array(rates) < 0.5) > 0.9
