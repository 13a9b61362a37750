"""Views of a page: answers follow from its elements alone, and an answer that does not is found."""

import contextlib
import copy
import csv
import io
import json

import numpy as np
import pytest
from html5lib import HTMLParser

from curation.document import Box, Document, Image, Media, Text
from curation.geometry import write
from synth.pages import views
from synth.pages.view import tables, texts
from synth.sample import Encoded


def cell(text, columns=1, rows=1, head=False):
    return {"id": 0, "box": [0, 0, 1, 1], "text": text, "columns": columns, "rows": rows, "head": head}


TABLE = {
    "id": 4,
    "kind": "table",
    "box": [20, 120, 380, 260],
    "rules": "grid",
    "rows": [
        [cell("Port", head=True), cell("Boats", head=True), cell("Price", head=True)],
        [cell("Ålesund"), cell("1,204"), cell("8.50")],
        [cell("Brest"), cell("37"), cell("12.25")],
        [cell("Gdynia|2"), cell("-4"), cell("0.75")],
    ],
}
SPANNED = {
    **TABLE,
    "rows": [
        [cell("Name", rows=2, head=True), cell("Years", columns=2, head=True)],
        [cell("2001", head=True), cell("2002", head=True)],
        [cell("a"), cell("5"), cell("6")],
    ],
}
PAGE = {
    "size": [392, 532],
    "language": "en",
    "elements": [
        {"id": 1, "kind": "header", "box": [20, 4, 90, 14], "text": "Harbour news"},
        {"id": 2, "kind": "h1", "box": [20, 20, 200, 44], "text": "Boats & piers"},
        {"id": 3, "kind": "p", "box": [20, 60, 380, 100], "text": "Nobody had expected 4817 visitors."},
        TABLE,
        {"id": 5, "kind": "h2", "box": [20, 280, 160, 300], "text": "To do"},
        {
            "id": 6,
            "kind": "ol",
            "box": [20, 310, 300, 360],
            "items": [
                {"id": 7, "box": [20, 310, 300, 330], "text": "mend the pier", "marker": "1.", "depth": 0},
                {"id": 8, "box": [40, 340, 300, 360], "text": "buy 26 planks", "marker": "1.", "depth": 1},
            ],
        },
        {"id": 9, "kind": "image", "box": [20, 380, 200, 480], "image": {"id": 9, "box": [20, 380, 200, 480]}},
        {"id": 10, "kind": "footer", "box": [180, 500, 230, 512], "text": "page 12"},
    ],
}
KINDS = ("text", "markdown", "layout", "table", "table_questions", "outline", "read", "find")


def drawn(kind, seeds=12):
    """Claims of a view of that kind, drawn again and again."""
    made = (views.draw_view(np.random.default_rng(seed), PAGE, kind) for seed in range(seeds))
    return [{**PAGE, "view": json.loads(json.dumps(view))} for view in made if view]


def spoken(claims):
    """The last answer as people read it."""
    parts = views.turns(claims)[-1].parts
    return "".join(part.text if isinstance(part, Text) else write(part, (392, 532), (392, 532)) for part in parts)


@pytest.mark.parametrize("kind", ["html", *KINDS])
def test_views_make_documents_and_hold(kind):
    for claims in drawn(kind):
        media = Media("image", "png", 392, 532, "0" * 64, "test")
        document = Document(views.turns(claims), (media,))
        assert document.images_shown() == [0]
        assert list(views.failures(claims)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_lie_about_an_answer_is_found(kind):
    rng = np.random.default_rng(1)
    told = [(lie, untrue) for claims in drawn(kind) for lie, untrue in views.mutations(claims, rng)]
    assert told
    for lie, untrue in told:
        with contextlib.suppress(LookupError, ValueError):  # damaged claims may raise: the core counts that as found
            assert list(views.failures(untrue)), lie


def test_boxes_are_numbers_never_digits_in_text():
    for claims in (*drawn("layout"), *drawn("find")):
        parts = views.turns(claims)[-1].parts
        assert any(isinstance(part, Box) for part in parts)
        assert not any("380" in part.text for part in parts if isinstance(part, Text))


def test_layout_in_json_parses():
    for claims in drawn("layout"):
        if claims["view"]["form"] == "json":
            for found in json.loads(spoken(claims)):
                assert [found["label"], found["bbox_2d"]] in [[each["kind"], each["box"]] for each in PAGE["elements"]]


def test_tables_are_the_same_in_every_format():
    wanted = [[each["text"] for each in row] for row in TABLE["rows"]]
    assert list(csv.reader(io.StringIO(tables.written(TABLE, "CSV")))) == wanted
    tree = HTMLParser(strict=True).parseFragment(tables.written(TABLE, "HTML"))
    rows = [[each.text for each in row] for row in tree.iter("{http://www.w3.org/1999/xhtml}tr")]
    assert rows == wanted
    lines = tables.written(TABLE, "Markdown").split("\n")
    assert lines[:2] == ["| Port | Boats | Price |", "| --- | --- | --- |"]
    assert "Gdynia\\|2" in lines[-1]


def test_spans_are_kept_in_html_and_blank_elsewhere():
    assert '<th rowspan="2">Name</th><th colspan="2">Years</th>' in tables.written(SPANNED, "HTML")
    assert tables.written(SPANNED, "CSV").split("\n") == ["Name,Years,", ",2001,2002", "a,5,6"]
    assert tables.grid(SPANNED)[1] == ["Name", "2001", "2002"]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ({"kind": "sum", "column": "Price"}, "21.50"),
        ({"kind": "sum", "column": "Boats"}, "1237"),
        ({"kind": "largest", "column": "Boats"}, "Ålesund"),
        ({"kind": "smallest", "column": "Boats"}, "Gdynia|2"),
        ({"kind": "above", "column": "Boats", "limit": "37"}, "1"),
        ({"kind": "cell", "row": "Brest", "column": "Price"}, "12.25"),
        ({"kind": "row_of", "column": "Price", "cell": "8.50"}, "Ålesund"),
        ({"kind": "rows"}, "3"),
    ],
)
def test_questions_are_answered_exactly(question, wanted):
    assert tables.answer(tables.grid(TABLE), question, "en") == wanted


def test_a_comma_in_a_number_is_not_guessed_at_in_german():
    with pytest.raises(ValueError, match="no number"):
        tables.answer(tables.grid(TABLE), {"kind": "sum", "column": "Boats"}, "de")


def test_markdown_has_headings_nested_lists_and_tables():
    said = texts.markdown(PAGE["elements"])
    assert "# Boats & piers" in said
    assert "\n## To do\n" in said
    assert "1. mend the pier\n   1. buy 26 planks" in said
    assert "| Brest | 37 | 12.25 |" in said


def test_outline_questions_follow_the_order_of_the_page():
    elements = PAGE["elements"]
    assert texts.outline(elements, {"kind": "headings"}) == "Boats & piers\nTo do"
    assert texts.outline(elements, {"kind": "after", "heading": "Boats & piers"}).startswith("Nobody")
    assert texts.outline(elements, {"kind": "footer"}) == "page 12"


def test_an_order_or_a_label_of_the_page_changes_what_is_said():
    """After a lie about the page the view tells it too: only the picture contradicts it."""
    claims = drawn("markdown")[0]
    changed = copy.deepcopy(claims)
    changed["elements"][2]["text"] = "Nobody had expected 4818 visitors."
    assert list(views.failures(changed))
    assert list(views.failures(views.resaid(changed))) == []


def test_draws_are_equal_for_equal_seeds_and_keep_to_the_weights():
    media = (Encoded("page", "png", 392, 532, b""),)
    settings = views.ViewSettings(more=2, weights={"table": 1.0, "find": 0.0})
    first, second = (list(views.draw(np.random.default_rng(3), PAGE, media, settings)) for _ in range(2))
    assert first == second
    assert [draft.view for draft in first] == ["html", "table"]
    assert views.turns(first[0].claims)[0].parts[0] == Image(0)
