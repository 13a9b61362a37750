"""Canvases and encoding: sizes that no processor changes, bytes that are equal everywhere."""

import io

import numpy as np
import PIL.Image
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.buffer import measure
from synth.canvas import CanvasSettings, sides
from synth.encode import PictureSettings, buffer


@given(st.integers(0, 10_000))
def test_canvases_are_whole_patches_within_the_budget(seed):
    settings = CanvasSettings(pixels=(50_176, 1_003_520), aspects=(0.4, 3.0))
    width, height = settings.draw(np.random.default_rng(seed))
    assert (width % 28, height % 28) == (0, 0)
    assert 25_000 <= width * height <= 1_003_520
    assert 0.3 <= width / height <= 3.6


def test_sides_keep_area_and_aspect():
    assert sides(784 * 100, 1.0) == (280, 280)
    assert sides(784, 10.0) == (84, 28)  # a sliver: above its area


@pytest.mark.parametrize("wrong", [{"pixels": (10, 20)}, {"aspects": (2.0, 1.0)}, {"pixels": (10**6, 10**5)}])
def test_wrong_canvases_are_refused(wrong):
    with pytest.raises(pydantic.ValidationError, match="is not a range within"):
        CanvasSettings(**wrong)


def test_formats_come_by_weight_and_bytes_are_equal():
    settings = PictureSettings(formats={"jpg": 1, "png": 1, "webp": 1})
    image = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 255, (56, 84, 3), dtype=np.uint8))
    made = [settings.encode(np.random.default_rng(seed), "scene", image) for seed in range(30)]
    assert {item.format for item in made} == {"jpg", "png", "webp"}
    assert made == [settings.encode(np.random.default_rng(seed), "scene", image) for seed in range(30)]
    assert {(item.width, item.height, item.part) for item in made} == {(84, 56, "scene")}


@pytest.mark.parametrize(
    "wrong", [{"formats": {"jpg": 0}}, {"formats": {}}, {"formats": {"gif": 1}}, {"quality": (50, 90)}]
)
def test_wrong_picture_settings_are_refused(wrong):
    with pytest.raises(pydantic.ValidationError):
        PictureSettings(**wrong)


@pytest.mark.parametrize("most", [3, 300])
def test_buffers_come_back_as_they_were(most):
    ids = np.random.default_rng(most).integers(0, most + 1, (28, 56)).astype(np.uint16)
    ids[0, 0] = most
    written = buffer(ids)
    assert (np.asarray(PIL.Image.open(io.BytesIO(written.content))) == ids).all()
    assert set(measure(ids)) == set(np.unique(ids).tolist()) - {0}
