"""Coordinates: written at any size, a box lies on the same object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.document import Box, Point, Time
from curation.geometry import iou, read_boxes, read_points, write, write_extent, write_time

sizes = st.tuples(st.integers(1, 4000), st.integers(1, 4000))
forms = st.sampled_from(["json", "html", "plain", "xml"])


@st.composite
def placed(draw):
    """A stored size, a box inside it, and a size that the model sees."""
    stored = draw(sizes)
    x = sorted(draw(st.tuples(*[st.floats(0, stored[0])] * 2)))
    y = sorted(draw(st.tuples(*[st.floats(0, stored[1])] * 2)))
    return stored, (x[0], y[0], x[1], y[1]), draw(sizes)


@given(placed(), forms)
def test_a_box_lands_on_the_same_object_at_any_size(case, form):
    stored, box, seen = case
    ((x1, y1, x2, y2),) = read_boxes(write(Box(0, *box, form), stored, seen), form)
    assert 0 <= x1 < x2 <= seen[0]
    assert 0 <= y1 < y2 <= seen[1]
    scale = (seen[0] / stored[0], seen[1] / stored[1]) * 2
    for written, exact, factor in zip((x1, y1, x2, y2), box, scale, strict=True):
        assert abs(written - exact * factor) <= 1.0  # half a pixel, or a whole one where a box had to be widened


@given(placed(), forms)
def test_edges_further_apart_than_a_pixel_are_within_half_a_pixel(case, form):
    stored, box, seen = case
    exact = [value * seen[i % 2] / stored[i % 2] for i, value in enumerate(box)]
    (written,) = read_boxes(write(Box(0, *box, form), stored, seen), form)
    if exact[2] - exact[0] > 1 and exact[3] - exact[1] > 1:
        assert all(abs(a - b) <= 0.5 + 1e-9 for a, b in zip(written, exact, strict=True))


@given(placed(), forms)
def test_a_point_stays_inside_the_image(case, form):
    stored, box, seen = case
    ((x, y),) = read_points(write(Point(0, box[0], box[1], form), stored, seen), form)
    assert 0 <= x < seen[0]
    assert 0 <= y < seen[1]


def test_the_forms_of_the_report():
    box, size = Box(0, 10, 20, 30, 40), (100, 100)
    written = {form: write(Box(0, 10, 20, 30, 40, form), size, (200, 100)) for form in ("json", "html", "plain", "xml")}
    assert write(box, size, size) == "[10, 20, 30, 40]"
    assert written["json"] == "[20, 20, 60, 40]"
    assert written["html"] == "20 20 60 40"
    assert written["plain"] == "(20,20),(60,40)"
    assert written["xml"] == 'x1="20" y1="20" x2="60" y2="40"'


def test_answers_are_read_whatever_their_spacing():
    assert read_boxes('{"bbox_2d": [1,2,  3, 4]} and [5, 6, 7, 8]', "json") == [(1, 2, 3, 4), (5, 6, 7, 8)]
    assert read_points("nothing here, [1, 2, 3]", "json") == []


@pytest.mark.parametrize(
    ("seconds", "fps", "written"),
    [
        *((0, 2, "00:00:00:00"), (59.999, 2, "00:00:59:01"), (3723.5, 2, "01:02:03:01"), (3723.4, 2, "01:02:03:00")),
        *((7.0, 1, "00:00:07:00"), (7.9, 1, "00:00:07:00"), (7.9, 25, "00:00:07:22"), (7.9, 0.2, "00:00:07:00")),
    ],
)
def test_frames_of_a_time_are_those_that_the_model_sees(seconds, fps, written):
    shown = [number / fps for number in range(int(4000 * fps))]
    assert write_time(Time(0, seconds, "hmsf"), shown) == written


def test_a_time_is_counted_in_frames_of_any_spacing():
    shown = [0.0, 1.0, 1.1, 1.4, 3.0, 3.999999]
    written = {second: write_time(Time(0, second, "hmsf"), shown) for second in (0.5, 1.3, 1.9, 2.5, 3.5, 4.0)}
    assert written == {
        **{0.5: "00:00:00:00", 1.3: "00:00:01:01", 1.9: "00:00:01:02"},
        **{2.5: "00:00:02:00", 3.5: "00:00:03:00", 4.0: "00:00:04:00"},
    }


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_later_moments_are_not_written_earlier(one, other):
    shown = [number / 8 for number in range(800)]
    first, last = (write_time(Time(0, seconds, "hmsf"), shown) for seconds in sorted((one, other)))
    assert first <= last


def test_seconds_have_one_decimal():
    assert write_time(Time(0, 12.46), ()) == "12.5s"


def test_a_resolution():
    assert write_extent((1092, 2408)) == "1092x2408"


def test_iou():
    assert iou((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert iou((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert iou((0, 0, 10, 10), (20, 20, 30, 30)) == 0
