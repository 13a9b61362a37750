"""Screens of generated applications."""

import pytest

from synth.generate import samples
from synth.gui.generator import Screens, ScreenSettings
from synth.sample import Sample


@pytest.fixture(scope="module")
def screens():
    settings = {"sizes": {"pixels": (200_704, 702_464)}, "acts": (0, 1), "views": {"count": 4}}
    generator = Screens(ScreenSettings.model_validate(settings))
    yield generator
    generator.close()


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_screens_are_proved_and_made_again(screens, language):
    generator = Screens(screens.settings.model_validate({**screens._settings.model_dump(), "languages": (language,)}))
    found = list(samples(generator, f"generated {language}", 1, audit=1.0))
    assert found
    assert all(isinstance(sample, Sample) for sample in found), found
    assert {sample.document.language for sample in found} == {language}
