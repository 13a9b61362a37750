"""Small inputs of our own: eight sprites with soft edges, three backgrounds, and a generator over them."""

from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest

from synth.generate import samples
from synth.grounding.generator import Grounding, GroundingSettings
from synth.grounding.library.sprites import Sprites
from synth.sample import Sample, Unproven

SHAPES = {
    "red_ball": ("#d02020", [(60, 10), (95, 25), (110, 60), (95, 95), (60, 110), (25, 95), (10, 60), (25, 25)]),
    "green_tree": ("#208030", [(60, 5), (110, 90), (75, 90), (75, 115), (45, 115), (45, 90), (10, 90)]),
    "blue_house": ("#2050c0", [(60, 10), (115, 55), (100, 55), (100, 110), (20, 110), (20, 55), (5, 55)]),
    "yellow_star": ("#f0c010", [(60, 5), (74, 42), (115, 45), (83, 70), (95, 112), (60, 88), (25, 112), (37, 70),
                                (5, 45)]),
    "white_arrow": ("#f4f4f4", [(5, 45), (65, 45), (65, 15), (115, 60), (65, 105), (65, 75), (5, 75)]),
    "black_cross": ("#101010", [(45, 5), (75, 5), (75, 45), (115, 45), (115, 75), (75, 75), (75, 115), (45, 115),
                                (45, 75), (5, 75), (5, 45), (45, 45)]),
    "purple_gem": ("#9020b0", [(30, 15), (90, 15), (115, 50), (60, 112), (5, 50)]),
    "orange_boat": ("#f07010", [(5, 70), (55, 70), (55, 10), (95, 62), (65, 62), (65, 70), (115, 70), (95, 105),
                                (25, 105)]),
}  # fmt: skip


def draw_sprite(colour: str, outline: list[tuple[int, int]]) -> PIL.Image.Image:
    """A polygon with a darker border and a light spot, smoothed by drawing it four times too large."""
    image = PIL.Image.new("RGBA", (480, 480))
    pen = PIL.ImageDraw.Draw(image)
    dark = tuple(channel // 2 for channel in PIL.ImageColor.getrgb(colour))
    pen.polygon([(4 * x, 4 * y) for x, y in outline], fill=colour, outline=dark, width=24)
    pen.ellipse((200, 240, 270, 310), fill="#80e0e0")
    return image.resize((120, 120), PIL.Image.Resampling.BOX)


def generate(generator: Grounding, seed: int) -> Sample:
    """The first sample of a seed; raises what was made of it otherwise."""
    first = next(samples(generator, "test", seed))
    if isinstance(first, Unproven):
        raise first
    return first


@pytest.fixture(scope="session")
def sprite_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sprites")
    for name, (colour, outline) in SHAPES.items():
        draw_sprite(colour, outline).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="session")
def background_folder(tmp_path_factory) -> Path:
    """Smooth, colourful noise, as photographs out of focus are."""
    folder = tmp_path_factory.mktemp("backgrounds")
    rng = np.random.default_rng(7)
    for number in range(3):
        noise = PIL.Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
        noise.resize((640, 480), PIL.Image.Resampling.BICUBIC).save(folder / f"photo{number}.jpg", quality=95)
    return folder


@pytest.fixture(scope="session")
def settings(sprite_folder, background_folder) -> GroundingSettings:
    scene = {"canvases": [(224, 168), (168, 224)], "objects": (3, 8), "kinds": (1, 5), "sizes": (0.18, 0.35)}
    return GroundingSettings.model_validate(
        {"sprites": str(sprite_folder), "backgrounds": str(background_folder), "scene": scene, "questions": (6, 12)}
    )


@pytest.fixture(scope="session")
def grounding(settings) -> Grounding:
    return Grounding(settings)


@pytest.fixture(scope="session")
def sprites(grounding) -> Sprites:
    return grounding.sprites


@pytest.fixture(scope="session")
def emoji_font() -> Path:
    """Noto Color Emoji, where it is installed or the demo's inputs were fetched."""
    places = (Path("/usr/share/fonts/truetype/noto"), Path(__file__).parents[2] / "data/inputs/fonts-noto-color-emoji")
    found = [file for place in places for file in sorted(place.rglob("NotoColorEmoji.ttf"))]
    if not found:
        pytest.skip("needs fonts-noto-color-emoji, or `vlforge fetch configs/demo/inputs.yaml`")
    return found[0]
