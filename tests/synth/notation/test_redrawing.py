"""Signs are told apart by their ink."""

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from synth.notation.glyphs import font_file, text_glyph
from synth.notation.redrawing import Redrawing, ink

FONT = font_file("DejaVu Sans")


def page(text: str, at: tuple[int, int] = (20, 50)) -> np.ndarray:
    image = PIL.Image.new("RGB", (120, 80), "white")
    PIL.ImageDraw.Draw(image).text(at, text, "black", PIL.ImageFont.truetype(FONT, 24), anchor="ls")
    return np.asarray(image)


def seen_as(sign: str, picture: np.ndarray, x: float = 20) -> list[str]:
    redrawing = Redrawing(80, 120)
    redrawing.glyph(text_glyph(FONT, 24, sign, x, 50, "0123456789"))
    return list(redrawing.faults(ink(picture)))


@pytest.mark.parametrize("sign", "0123456789")
def test_a_digit_is_itself_and_no_other(sign):
    assert seen_as(sign, page(sign)) == []
    assert all(seen_as(other, page(sign)) for other in "0123456789" if other != sign)


def test_a_sign_beside_its_place_and_ink_that_nobody_claims_are_found():
    assert seen_as("5", page("5"), 25)
    assert any("unclaimed" in fault for fault in seen_as("5", page("58")))
    assert seen_as("5", page(""))


def test_neighbours_a_pixel_off_are_no_part_of_another_sign():
    redrawing = Redrawing(80, 120)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for sign, x in (("r", 20), ("n", 28)):
        redrawing.glyph(text_glyph(FONT, 24, sign, x, 49, letters))
    picture = np.minimum(page("r"), page("n", (28, 50)))
    assert list(redrawing.faults(ink(picture))) == []
