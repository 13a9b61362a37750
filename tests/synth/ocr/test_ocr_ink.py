"""The comparison of ink drawn again with a picture, and lines laid level for an engine."""

import cv2
import numpy as np
import pytest

from synth.ocr import ink, ocr_engine, outlines, straighten
from synth.ocr.drawing import layout
from synth.ocr.drawing.paint import Painted, paint
from synth.ocr.fonts import find

STROKES = np.zeros((40, 60), np.float32)
STROKES[8:32, 10:13] = STROKES[8:32, 30:33] = STROKES[18:21, 10:33] = 1  # an H
NEAR = np.ones(STROKES.shape, bool)


def shown(coverage: np.ndarray, paper: float = 220.0, dark: float = 30.0) -> np.ndarray:
    """`coverage` in ink on paper, a little noisy."""
    noise = np.random.default_rng(1).normal(0, 3, coverage.shape)
    return np.clip(paper + (dark - paper) * coverage + noise, 0, 255).astype(np.uint8)


def written(block: layout.Block, width: int, height: int) -> Painted:
    painted = paint(block, width, height)
    assert painted is not None
    return painted


@pytest.mark.parametrize(("paper", "dark"), [(220, 30), (20, 240)])
def test_ink_of_any_level_is_recognised(paper, dark):
    assert ink.compare(STROKES, shown(STROKES, paper, dark), NEAR, 0.3) == ""


def test_a_shift_of_less_than_a_pixel_is_no_fault():
    moved = cv2.warpAffine(STROKES, np.array([[1, 0, 0.4], [0, 1, 0.3]]), STROKES.shape[::-1])
    assert ink.compare(STROKES, shown(moved), NEAR, 0.3) == ""


def test_a_missing_stroke_and_one_too_many_leave_a_blot():
    other = STROKES.copy()
    other[18:21, 13:30] = 0
    assert "blot" in ink.compare(STROKES, shown(other), NEAR, 0.3)
    assert "blot" in ink.compare(other, shown(STROKES), NEAR, 0.3)


def test_faint_ink_is_no_ink():
    assert "contrast" in ink.compare(STROKES, shown(STROKES, 120, 100), NEAR, 0.3)


def test_painted_pixels_may_differ_at_the_edge_of_ink_alone():
    wanted = (STROKES * 255).astype(np.uint8)
    soft = cv2.blur(wanted, (3, 3))
    assert ink.stray(soft, wanted > 0) == ""
    assert "blot" in ink.stray(soft, np.roll(wanted, 6, axis=1) > 0)


def test_a_column_is_laid_side_by_side_and_a_line_keeps_its_shape():
    face = find("ja")[0]
    column = layout.set_lines(["日本語"], "ja", face, 40, 1.4, vertical=True)
    row = layout.set_lines(["日本語"], "ja", face, 40, 1.4)
    for block, aspect in ((column, 3.0), (row, 2.6)):
        painted = written(block, 300, 300)
        picture = np.zeros((300, 300, 3), np.uint8)
        height, width = painted.ink.shape
        picture[painted.top : painted.top + height, painted.left : painted.left + width] = painted.ink[:, :, None]
        crop = straighten.level(picture, painted.claim, painted.claim["lines"][0])
        assert crop.shape[0] == straighten.HEIGHT
        assert abs(crop.shape[1] / crop.shape[0] - aspect) < 0.6
        thirds = np.array_split(crop[:, :, 0].sum(axis=0), 3)
        assert min(part.sum() for part in thirds) > 0


def test_corners_of_words_lie_in_those_of_their_line():
    block = layout.set_lines(["two words"], "en", find("en")[0], 30, 1.2)
    block.matrix = np.array([[0.9, -0.2, 40], [0.2, 0.9, 20], [0.0004, 0.0002, 1]])
    line = written(block, 320, 200).claim["lines"][0]
    corners = np.array([corner for word in line["words"] for corner in word["quad"]])
    inside = [
        cv2.pointPolygonTest(np.array(line["quad"], np.float32), tuple(map(float, each)), True) for each in corners
    ]
    assert min(inside) > -0.1


def test_the_order_of_numbers_in_arabic_lines_is_left_to_the_proof_of_order():
    assert ocr_engine._rate("1950/3/2 14:05", "14:05 1950/3/2", "ar") == 0
    assert ocr_engine._rate("1950/3/2 14:05", "14:05 1950/3/2", "en") > 0.5


def test_bounds_of_curves_are_those_of_their_fill():
    outline = outlines.typeface(find("en")[0].name).outline("Qy", "en", "ltr")
    large = outlines.Outline(outline.points * 100 + (20, 120), outline.tags, outline.ends)
    rows, columns = np.nonzero(outlines.fill(large, 0, 0, 220, 200))
    x1, y1, x2, y2 = outlines.bounds(large)
    found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert np.abs(np.array([x1, y1, x2, y2]) - found).max() <= 1
