"""QwenVL HTML as the report has it, reading order from boxes, rectangles from a buffer, grids of cells."""

from typing import Any

import numpy as np
import pytest

from curation.document import Box, Text
from synth.pages.model import document, fragment
from synth.pages.proof.forms import grid
from synth.pages.proof.order import reading_order
from synth.pages.proof.places import regions


def written(element):
    return "".join(
        f"{part.x1:g} {part.y1:g} {part.x2:g} {part.y2:g}" if isinstance(part, Box) else part.text
        for part in fragment(element)
        if isinstance(part, Box | Text)
    )


def leaf(number, box, **more):
    return {"id": number, "box": box, **more}


BOX, IMAGE = [1, 2, 3, 4], {"id": 9, "box": [5, 6, 7, 8]}
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "p": ({"text": "a < b & c"}, '<p data-bbox="1 2 3 4"> a &lt; b &amp; c </p>'),
    "h2": ({"text": "On"}, '<h2 data-bbox="1 2 3 4"> On </h2>'),
    "footer": ({"text": "7"}, '<div class="footer" data-bbox="1 2 3 4"> 7 </div>'),
    "image": ({"image": IMAGE}, '<div class="image" data-bbox="1 2 3 4"> <img data-bbox="5 6 7 8" /></div>'),
    "image caption": (
        {"image": IMAGE, "text": "A cat"},
        '<div class="image caption" data-bbox="1 2 3 4"> <img data-bbox="5 6 7 8" /><p> A cat </p></div>',
    ),
    "chart": (
        {"image": IMAGE, "data": [["x", "1"]]},
        '<div class="chart" data-bbox="1 2 3 4"> <img data-bbox="5 6 7 8" />'
        "<table><tr><td>x</td><td>1</td></tr></table></div>",
    ),
    "formula": (
        {"image": IMAGE, "source": "a^2"},
        '<div class="formula" data-bbox="1 2 3 4"> <img data-bbox="5 6 7 8" /> <div> a^2 </div></div>',
    ),
    "music sheet": (
        {"image": IMAGE, "source": "K:C"},
        '<div class="music sheet" format="abc notation" data-bbox="1 2 3 4"> <img data-bbox="5 6 7 8" />'
        " <div> K:C </div></div>",
    ),
    "chemical formula": (
        {"image": IMAGE, "source": "CCO"},
        '<div class="chemical formula" format="smile" data-bbox="1 2 3 4"> <img data-bbox="5 6 7 8" />'
        " <div> CCO </div></div>",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_modules_are_written_as_in_the_report(kind):
    content, wanted = CASES[kind]
    assert written({"id": 1, "kind": kind, "box": BOX, **content}) == wanted


def test_inner_lists_stand_in_the_item_before_them():
    html = written({"id": 1, "kind": "ol", "box": BOX, "items": _items("a0", "b1", "c0")})
    box = 'data-bbox="1 2 3 4"'
    assert html == f"<ol {box}><li {box}> a <ol><li {box}> b </li></ol></li><li {box}> c </li></ol>"


def _items(*told):
    return [leaf(number, BOX, text=text[0], depth=int(text[1])) for number, text in enumerate(told, 2)]


def test_tables_have_spans_and_the_rules_that_they_show():
    cells = [
        leaf(2, BOX, text="H", head=True, columns=2, rows=1),
        leaf(3, BOX, text="1", head=False, columns=1, rows=3),
    ]
    html = written({"id": 7, "kind": "table", "box": BOX, "rows": [cells], "rules": "rows"})
    assert html == (
        "<style>.table7 td, .table7 th {border-bottom: 1px solid}</style>"
        '<table data-bbox="1 2 3 4" class="table7">'
        '<tr><th colspan="2">H</th><td rowspan="3">1</td></tr></table>'
    )


def test_coordinates_are_boxes_and_never_text():
    parts = document([{"id": 1, "kind": "p", "box": BOX, "text": "x"}])
    assert [part for part in parts if isinstance(part, Box)] == [Box(0, 1, 2, 3, 4, "html")]


def test_columns_are_read_one_after_the_other():
    title, left, low, right = [0, 0, 100, 10], [0, 20, 45, 40], [0, 45, 45, 90], [55, 20, 100, 90]
    assert reading_order([title, left, low, right]) == [0, 1, 2, 3]


def test_columns_are_read_from_the_right_where_writing_is():
    assert reading_order([[0, 0, 45, 90], [55, 0, 100, 90]], right_to_left=True) == [1, 0]


def test_short_lines_on_different_sides_are_no_columns():
    assert reading_order([[60, 0, 100, 10], [0, 20, 40, 30]]) == [0, 1]


def test_regions_are_the_rectangles_of_ids():
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 400, (30, 40)).astype(np.uint16)
    found = regions(ids)
    assert sorted(found) == sorted(set(ids.ravel().tolist()) - {0})
    for number, box in found.items():
        y, x = np.nonzero(ids == number)
        assert box == [x.min(), y.min(), x.max() + 1, y.max() + 1]


def test_a_grid_has_no_holes_and_no_overlaps():
    def cell(number, columns=1, rows=1):
        return {"id": number, "columns": columns, "rows": rows}

    assert grid([[cell(1, rows=2), cell(2)], [cell(3)]])[1] == 2
    assert grid([[cell(1, rows=2), cell(2)], [cell(3), cell(4)]])[1] is None
    assert grid([[cell(1, columns=2)], [cell(2)]])[1] is None
    assert grid([[cell(1, rows=2)]])[1] is None
