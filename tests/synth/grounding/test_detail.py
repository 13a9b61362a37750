"""Sprites drawn small: detail that stays is proved, detail that JPEG would lose is not drawn. Colours before glyphs."""

import json

import numpy as np
import PIL.Image
import pytest

from synth.generate import samples
from synth.grounding.generator import Grounding, GroundingSettings
from synth.grounding.library.sources import SpriteError
from synth.grounding.library.sprites import Sprites
from synth.grounding.patches import faded
from synth.grounding.scene import SceneSettings, cast
from synth.sample import Sample

SMALL = {"canvases": [(224, 168)], "objects": (3, 8), "sizes": (0.1, 0.25)}


def striped(one: str, other: str, width: int, side: int = 162) -> PIL.Image.Image:
    """A square of upright stripes so many pixels wide."""
    pair = np.array([PIL.ImageColor.getrgb(colour) for colour in (one, other)], np.uint8)
    row = pair[np.arange(side) // width % 2]
    image = PIL.Image.fromarray(np.broadcast_to(row, (side, side, 3)).copy())
    image.putalpha(255)
    return image


@pytest.mark.parametrize("width", [3, 5, 8])
def test_fine_stripes_drawn_small_are_found_again_and_only_where_they_are(settings, tmp_path, width):
    """Stripes that are about a pixel wide where they are drawn: any other size or place looks different."""
    striped("#101010", "#f0f0f0", width).save(tmp_path / "zebra.png")
    striped("#101010", "#e0c020", width + 1).save(tmp_path / "wasp.png")
    changed = {"sprites": str(tmp_path), "scene": SMALL, "picture": {"formats": {"jpg": 1}, "quality": (80, 80)}}
    generator = Grounding(GroundingSettings.model_validate({**settings.model_dump(), **changed}))
    for seed in range(10):
        assert [str(sample) for sample in samples(generator, "small", seed) if not isinstance(sample, Sample)] == []


def pixels(one: str, other: str, width: int, side: int = 24) -> np.ndarray:
    return np.asarray(striped(one, other, width, side))


def test_colours_that_alternate_from_pixel_to_pixel_are_faded():
    everywhere = np.ones((24, 24), bool)
    assert faded(pixels("#e02020", "#20c0e0", 1), everywhere)
    assert not faded(pixels("#e02020", "#20c0e0", 8), everywhere)
    assert not faded(pixels("#000000", "#ffffff", 1), everywhere)  # light and dark are stored pixel by pixel
    assert not faded(pixels("#e02020", "#20c0e0", 8, 128), np.ones((128, 128), bool))


def test_colours_are_drawn_as_small_as_jpeg_keeps_them_apart(settings, tmp_path):
    """23 stripes on 16 to 151 px: where they fade, the proof would not find the sprite's colours again."""
    striped("#e02020", "#20c0e0", 7).save(tmp_path / "lollipop.png")
    changed = {"sprites": str(tmp_path), "picture": {"formats": {"jpg": 1}, "quality": (75, 75)}}
    changed["scene"] = SMALL | {"objects": (1, 6), "sizes": (0.1, 0.9)}
    only = {"kinds": {"count": 1, "boxes": 1}, "questions": (1, 2)}
    generator = Grounding(GroundingSettings.model_validate({**settings.model_dump(), **changed, **only}))
    made = [sample for seed in range(10) for sample in samples(generator, "small", seed)]
    assert [str(sample) for sample in made if not isinstance(sample, Sample)] == []


def library(tmp_path, body: str) -> Sprites:
    """Ten kinds that look and sound different, each in colour and as a glyph."""
    names = ("anchor", "basket", "candle", "donkey", "easel", "falcon", "guitar", "hammer", "igloo", "jacket")
    icons = {}
    for place, name in enumerate(names):
        shape = body.format(x=place % 4 * 4, y=place // 4 * 4, hue=36 * place)
        icons |= {
            name: {"body": shape.replace("currentColor", f"hsl({36 * place},80%,50%)")},
            f"{name}-fish": {"body": shape},
        }
    (tmp_path / "icons.json").write_text(json.dumps({"prefix": "t", "icons": icons}))
    return Sprites.load(tmp_path / "icons.json")


SHAPE = '<path fill="currentColor" d="M0 0h8v4H4v12H0z"/><path fill="currentColor" d="M{x} {y}h5v5h-5z"/>'


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0.0, 0.0), (0.6, 0.5, 0.7), (1.0, 1.0, 1.0)])
def test_the_share_of_kinds_in_colours_is_as_set(tmp_path, share, least, most):
    sprites = library(tmp_path, SHAPE)
    scene = SceneSettings(objects=(1, 1), kinds=(1, 1), colourful=share)
    chosen = [cast(np.random.default_rng(seed), scene, sprites)[0] for seed in range(300)]
    assert least <= np.mean([not sprites.drawings[number].glyph for number in chosen]) <= most


def test_a_library_of_which_nothing_can_be_drawn_is_one_clear_line(tmp_path):
    with pytest.raises(SpriteError, match="of 20 sprites none that was tried can be drawn"):
        cast(np.random.default_rng(0), SceneSettings(), library(tmp_path, "<path d='M0 0'/>"))
