"""What may be asked about an annotated image: nothing that its annotations do not bear out."""

import dataclasses
import hashlib
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.document import Box, Document, Point, Text
from curation.errors import MediaError
from synth.convert.coco import read_instances
from synth.convert.converted import annotations
from synth.convert.documents import Converter
from synth.convert.frame import Frame
from synth.convert.gather import gather, names
from synth.convert.labelled import Labelled
from synth.convert.rows import Row, Tables
from synth.convert.settings import Questions, Rules
from tests.synth.convert import layouts
from tests.synth.convert.test_convert_layouts import layout, rows_of

PLAIN = Frame((200, 100), (200, 100))
MANY = Questions(count=(40, 64))


def tables_of(rows: list[Row]) -> Tables:
    tables = Tables()
    for row in rows:
        tables.add(row)
    return tables


def labelled(rows: list[Row], image: str, complete: bool, frame: Frame = PLAIN) -> Labelled:
    return gather([row for row in rows if row.image == image], tables_of(rows), frame, complete, Rules())


def converter(tmp_path: Path, questions: Questions = MANY, seed: int = 0, **settings) -> tuple[Converter, list[Row]]:
    rows = rows_of(**settings)
    chosen = layout(**{**settings, "images": [str(tmp_path / "images")]})
    return Converter(chosen, tables_of(rows), questions, Rules(), seed), rows


def convert(made: tuple[Converter, list[Row]], image: str) -> Document:
    """The one document of an image."""
    [(document, _)] = made[0].convert(image, [row for row in made[1] if row.image == image]).samples
    return document


def coco_settings(tmp_path: Path) -> dict[str, str]:
    layouts.write_images(tmp_path / "images", layouts.COCO_NAMES)
    return {
        "layout": "coco",
        "instances": layouts.write_json(tmp_path / "instances.json", layouts.coco()),
        "captions": layouts.write_json(tmp_path / "captions.json", layouts.captions()),
    }


def said(document: Document) -> list[tuple[str, str]]:
    """(question, answer), places written as numbers."""

    def write(parts) -> str:
        texts = []
        for part in parts:
            match part:
                case Text(text):
                    texts.append(text)
                case Box(_, x1, y1, x2, y2):
                    texts.append(f"<{x1:g} {y1:g} {x2:g} {y2:g}>")
                case Point(_, x, y):
                    texts.append(f"<{x:g} {y:g}>")
        return "".join(texts)

    turns = [write(turn.parts) for turn in document.turns]
    return list(zip(turns[::2], turns[1::2], strict=True))


# --- which annotations are used ---


def test_a_label_that_lost_a_box_is_not_asked_for_in_full(tmp_path):
    rows = rows_of(**coco_settings(tmp_path))
    nine, twenty_five, thirty = (labelled(rows, image, complete=True) for image in ("9", "25", "30"))
    assert nine.whole == ("dog",)
    assert nine.absent == ("traffic light", "wine glass")  # people are there, as a crowd
    assert nine.dropped == {"crowd": 1, "duplicate or empty caption": 1}
    assert twenty_five.whole == ()  # the light is cut off, the glass too small, and a person has no area
    assert [(thing.label, thing.box) for thing in twenty_five.things] == [("person", (90, 10, 120, 90))]
    assert twenty_five.dropped == {"outside": 1, "tiny": 1, "degenerate": 1, "no such label": 1}
    assert twenty_five.absent == ("dog",)
    assert thirty.absent == ("dog", "person", "traffic light", "wine glass")


@pytest.mark.parametrize("image", ["9", "25", "30"])
def test_every_annotation_is_kept_or_dropped_for_a_reason(tmp_path, image):
    rows = rows_of(**coco_settings(tmp_path))
    found = labelled(rows, image, complete=True)
    assert found.kept + sum(found.dropped.values()) == annotations([row for row in rows if row.image == image])


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 18, 19, 77]), st.lists(st.floats(-300, 300), min_size=4, max_size=4), st.booleans()
        ),
        max_size=12,
    )
)
def test_whatever_the_boxes_are_none_is_lost_and_none_lies_outside(boxes):
    content = {**layouts.coco(), "annotations": []}
    for number, (label, xywh, crowd) in enumerate(boxes):
        content["annotations"].append(layouts.box(number, 9, label, xywh, int(crowd)))
    rows = list(read_instances(io.BytesIO(json.dumps(content).encode()), "a.json"))
    found = labelled(rows, "9", complete=True)
    assert found.kept + sum(found.dropped.values()) == len(boxes)
    boxed = {item["name"] for item in layouts.CATEGORIES if item["id"] in {label for label, *_ in boxes}}
    assert not boxed & set(found.absent)
    for thing in found.things:
        x1, y1, x2, y2 = thing.box
        assert 0 <= x1 < x2 <= 200
        assert 0 <= y1 < y2 <= 100
        assert min(x2 - x1, y2 - y1) >= 3.99


def test_a_box_over_the_edge_is_cut_to_the_image(tmp_path):
    content = layouts.coco()
    content["annotations"] = [layouts.box(1, 9, 18, [-10.126, -5, 60, 50])]
    rows = rows_of(layout="coco", instances=layouts.write_json(tmp_path / "a.json", content))
    [thing] = labelled(rows, "9", complete=True).things
    assert thing.box == (0, 0, 49.87, 45)


def test_lvis_certifies_absence_and_says_where_not_all_are_boxed(tmp_path):
    rows = rows_of(layout="lvis", instances=layouts.write_json(tmp_path / "a.json", layouts.lvis()))
    found = labelled(rows, "9", complete=False)
    assert found.whole == ("bow (decorative ribbons)",)
    assert found.absent == ("bow (weapon)",)  # nobody looked for a crab
    assert {thing.label for thing in found.things} == {"bow (decorative ribbons)", "cat"}


def test_names_say_what_they_must_and_no_more():
    table = {
        "1": "bow_(weapon)",
        "2": "bow_(ribbon)",
        "3": "crab_(animal)",
        "4": "Other Shoes",
        "5": "",
        "6": "x",
        "7": "x",
    }
    assert names(table) == {"1": "bow (weapon)", "2": "bow (ribbon)", "3": "crab"}


def test_open_images_boxes_only_the_most_specific_labels(tmp_path):
    rows = rows_of(layout="open_images", **layouts.write_open_images(tmp_path))
    found = labelled(rows, "aa01", complete=False)
    assert found.whole == ("man",)  # persons are also those boxed as men; dogs are a group; the tree may be its inside
    assert found.absent == ("car",)
    assert found.dropped == {"crowd": 1, "inside": 1}
    assert [(thing.label, thing.box) for thing in found.things] == [
        ("man", (20, 20, 80, 90)),
        ("person", (100, 20, 120, 90)),
    ]


def test_an_expression_of_two_things_is_not_asked(tmp_path):
    instances = layouts.write_json(tmp_path / "instances.json", layouts.coco())
    rows = rows_of(layout="refcoco", instances=instances, refs=layouts.write_refs(tmp_path / "refs.p"))
    found = labelled(rows, "9", complete=True)
    assert [(phrase, thing.box) for phrase, thing in found.phrases] == [
        ("dog on the right", (100.5, 20, 140.5, 70)),
        ("left dog", (10, 10, 40.25, 70)),
        ("right dog", (100.5, 20, 140.5, 70)),
    ]
    assert found.dropped == {"crowd": 1, "ambiguous expression": 2, "expression of no box": 1}


def points(label: str, *places: tuple[float, float], count: int | None = None) -> Row:
    value = {"label": label, "points": [list(place) for place in places], "unit": "share"}
    return Row("u", "points", {**value, "count": len(places) if count is None else count})


def test_points_that_cannot_be_right_are_dropped():
    rows = [
        *(points("cup", (0.75, 0.5), (0.25, 0.5)), points("cup", (0.5, 0.5))),
        *(points("edge", (1.004, 0.0)), points("far", (1.2, 0.5)), points("miscounted", (0.5, 0.5), count=3)),
        points("zebra"),
    ]
    found = gather(rows, Tables(), PLAIN, False, Rules())
    assert [(item.label, item.points) for item in found.pointed] == [
        *(("cup", ((50, 50), (150, 50))), ("edge", ((199, 0),)), ("zebra", ())),
    ]
    assert found.dropped == {"duplicate label": 1, "outside": 1, "count differs": 1}


# --- what is said ---


def test_the_document_says_what_the_annotations_say(tmp_path):
    made = convert(converter(tmp_path, **coco_settings(tmp_path)), "9")
    dialogue = said(made)
    dogs = ["<10 10 40.25 70>", "<100.5 20 140.5 70>"]
    kinds = Counter()
    for question, answer in dialogue:
        places = [place for place in dogs if place in answer]
        if "dogs" in question or "each dog" in question or "every dog" in question or "of dog" in question:
            if "how many" in question.lower() or "Count" in question or "number" in question:
                assert "2" in answer
                kinds["count"] += 1
            elif question.endswith(("image?", "picture?", "dogs?")) and "Where" not in question:
                assert answer == "Yes."
                kinds["exists"] += 1
            else:
                assert places == dogs
                kinds["boxes"] += 1
        elif "traffic light" in question or "wine glass" in question:
            assert not places
            assert answer.startswith(("There are no", "No.", "0.", "I count 0."))
            kinds["absent"] += 1
        elif "people" in question or "person" in question:
            raise AssertionError(f"nobody knows how many there are: {question}")
        elif "<" in question:
            assert answer == "Dog."
            kinds["name_box"] += 1
        else:
            assert answer == "Two dogs run past a crowd."
            kinds["caption"] += 1
    assert set(kinds) == {"count", "exists", "boxes", "absent", "name_box", "caption"}


def test_it_says_where_it_is_from_and_claims_no_proof(tmp_path):
    made = converter(tmp_path, **coco_settings(tmp_path))
    document = convert(made, "9")
    source = document.source
    assert (source.generator, source.dataset, source.uri) == ("human_labels.coco/1", "coco", "coco#9")
    assert source.licence == "http://creativecommons.org/licenses/by/2.0/"
    assert document.media[0].origin == "http://images.cocodataset.org/train2017/000009.jpg"
    assert document.proof == {}
    assert convert(made, "25").source.licence == "No known copyright restrictions"
    assert convert(made, "30").source.licence == ""  # no licence of this number is listed


def test_expressions_and_several_labels_are_asked(tmp_path):
    layouts.write_images(tmp_path / "images", layouts.COCO_NAMES)
    content = layouts.coco()
    content["annotations"].append(layouts.box(200, 9, 44, [60, 60, 20, 30]))
    instances = layouts.write_json(tmp_path / "instances.json", content)
    settings = {"layout": "refcoco", "instances": instances, "refs": layouts.write_refs(tmp_path / "refs.p")}
    made = converter(tmp_path, Questions(count=(8, 8), kinds={"refer": 1, "list": 1}, forms=("json",)), **settings)
    dialogue = said(convert(made, "9"))
    phrases = {
        "left dog": "<10 10 40.25 70>",
        "right dog": "<100.5 20 140.5 70>",
        "dog on the right": "<100.5 20 140.5 70>",
    }
    for phrase, place in phrases.items():
        [answer] = [answer for question, answer in dialogue if phrase in question]
        assert answer == f'[{{"bbox_2d": {place}, "label": "{phrase}"}}]'
    [several, *_] = [answer for question, answer in dialogue if "wine glass" in question and "dog" in question]
    assert several.count("bbox_2d") == 3
    with pytest.raises(MediaError, match="split: 25: no expression of the split 'train'"):
        convert(made, "25")


def test_counting_by_pointing_and_pointing_at_nothing(tmp_path):
    [name] = ["photo.jpg"]
    content = (layouts.write_images(tmp_path / "images", [name]) / name).read_bytes()
    row = {"image_url": f"https://example.org/{name}", "image_sha256": hashlib.sha256(content).hexdigest()}
    cups = {**row, "label": "blue cups", "points": [{"x": 75.0, "y": 50.0}, {"x": 25.0, "y": 10.0}], "count": 2}
    table = layouts.write_table(tmp_path / "t.parquet", [cups, {**row, "label": "zebra", "points": [], "count": 0}])
    made = converter(tmp_path, Questions(count=(9, 9), forms=("xml",)), layout="pixmo_points", table=table)
    dialogue = said(convert(made, made[1][0].image))
    answers = {("zebra" in question, "ount" in question or "many" in question): answer for question, answer in dialogue}
    listed = "<point <50 10>>blue cups</point>\n<point <150 50>>blue cups</point>"
    assert answers[False, False] == listed
    assert answers[False, True] == f"{listed}\nThat makes 2."
    assert "<point" not in answers[True, False]


def test_another_image_under_the_same_name_is_refused(tmp_path):
    layouts.write_images(tmp_path / "images", ["photo.jpg"])
    row = {"image_url": "https://a.org/photo.jpg", "image_sha256": "0" * 64, "label": "cup", "points": [], "count": 0}
    made = converter(tmp_path, layout="pixmo_points", table=layouts.write_table(tmp_path / "t.parquet", [row]))
    with pytest.raises(MediaError, match=r"altered: photo.jpg: its sha256 is not that of the image"):
        convert(made, made[1][0].image)


def test_the_order_of_rows_decides_nothing_and_the_seed_does(tmp_path):
    settings = coco_settings(tmp_path)
    made = converter(tmp_path, Questions(), **settings)
    backwards = (made[0], made[1][::-1])
    assert convert(made, "9").to_json() == convert(backwards, "9").to_json()
    others = {convert(converter(tmp_path, Questions(), seed, **settings), "9").key for seed in range(8)}
    assert len(others) > 4


def test_forms_and_places_are_parts_and_never_digits(tmp_path):
    made = converter(tmp_path, **coco_settings(tmp_path))
    document = convert(made, "9")
    assert len({part.form for part in document.parts() if isinstance(part, Box)}) > 1
    assert "100.5" not in document.text
    assert Document.from_json(document.to_json()) == dataclasses.replace(document)


def test_a_label_with_more_than_the_most_places_is_not_asked_for(tmp_path):
    questions = Questions(kinds={"boxes": 1}, most_places=1)
    made = converter(tmp_path, questions, **coco_settings(tmp_path))
    with pytest.raises(MediaError, match=r"nothing to ask: 000009.jpg: 3 annotations can be used"):
        convert(made, "9")


def test_annotations_of_an_image_that_no_file_lists(tmp_path):
    content = layouts.coco()
    content["annotations"].append(layouts.box(300, 77, 18, [1, 1, 30, 30]))
    settings = coco_settings(tmp_path) | {"instances": layouts.write_json(tmp_path / "i.json", content)}
    with pytest.raises(MediaError, match="unlisted: 77"):
        convert(converter(tmp_path, **settings), "77")


def test_documents_are_plain_json(tmp_path):
    document = convert(converter(tmp_path, **coco_settings(tmp_path)), "9")
    assert json.loads(document.to_json())["task"] == "grounding"
