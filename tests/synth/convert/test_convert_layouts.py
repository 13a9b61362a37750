"""Published annotation files are read as their own tools read them."""

import contextlib
import io
import json
import os
import pickle
from collections import Counter
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from curation.errors import UserError
from synth.convert import bigjson, coco
from synth.convert.layouts import Layout
from synth.convert.rows import Row, Tables
from synth.convert.sources import annotation_files
from tests.synth.convert import layouts


def layout(**settings) -> Layout:
    return TypeAdapter(Layout).validate_python({"images": ["images"], **settings})


def rows_of(**settings) -> list[Row]:
    return [row for file in annotation_files(layout(**settings)) for row in file.rows()]


def of(rows: list[Row], kind: str) -> list[Row]:
    return [row for row in rows if row.kind == kind]


def oracle(path: str):
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(path)


@pytest.mark.parametrize("content", [layouts.coco(), layouts.lvis()], ids=["coco", "lvis"])
def test_boxes_labels_and_images_are_those_that_pycocotools_reads(tmp_path, content):
    path = layouts.write_json(tmp_path / "instances.json", content)
    rows, truth = rows_of(layout="coco", instances=path), oracle(path)
    assert {row.image for row in of(rows, "image")} == {str(number) for number in truth.getImgIds()}
    found = {row.value["id"]: (row.image, row.value) for row in of(rows, "box")}
    assert set(found) == {str(number) for number in truth.getAnnIds()}
    for annotation in truth.loadAnns(truth.getAnnIds()):
        image, value = found[str(annotation["id"])]
        x, y, width, height = annotation["bbox"]
        assert image == str(annotation["image_id"])
        assert value["box"] == [x, y, x + width, y + height]
        assert ("flag" in value) == bool(annotation.get("iscrowd"))
    names = {row.value["id"]: row.value["name"] for row in of(rows, "label")}
    assert names == {str(item["id"]): item["name"] for item in truth.loadCats(truth.getCatIds())}


@pytest.mark.slow
def test_half_a_million_annotations_are_read_in_little_memory(tmp_path):
    import resource

    path = tmp_path / "big.json"
    with path.open("w") as file:
        file.write('{"annotations": [')
        for number in range(500_000):
            file.write(("," if number else "") + json.dumps(layouts.box(number, number % 1000, 1, [1, 2, 3, 4])))
        file.write('], "images": [], "categories": []}')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with path.open("rb") as stream:
        assert sum(1 for _ in coco.read_instances(stream, "big")) == 500_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KB


def test_the_order_of_the_arrays_is_of_no_matter(tmp_path):
    content = layouts.coco()
    turned = dict(reversed(content.items()))
    one, other = (
        rows_of(layout="objects365", instances=layouts.write_json(tmp_path / name, value))
        for name, value in (("one.json", content), ("other.json", turned))
    )
    assert sorted(map(repr, one)) == sorted(map(repr, other))


def test_a_nested_field_of_the_same_name_is_not_taken_for_an_array(tmp_path):
    rows = rows_of(layout="coco", instances=layouts.write_json(tmp_path / "a.json", layouts.coco()))
    assert len(of(rows, "image")) == 3


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.99])
def test_a_truncated_file_is_one_line(tmp_path, kept):
    content = json.dumps(layouts.coco()).encode()
    (tmp_path / "cut.json").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(UserError, match=r"cut.json: not whole JSON \(truncated or damaged\)"):
        rows_of(layout="coco", instances=str(tmp_path / "cut.json"))


def test_a_file_of_another_layout_is_one_line(tmp_path):
    path = layouts.write_json(tmp_path / "other.json", {"data": [1, 2]})
    with pytest.raises(UserError, match="holds nothing named images or annotations"):
        rows_of(layout="coco", instances=path)
    path = layouts.write_json(tmp_path / "wrong.json", {"annotations": [{"caption": "a dog"}]})
    with pytest.raises(UserError, match=r"in annotations: .* is not of the layout of COCO"):
        rows_of(layout="coco", instances=path)


def test_items_are_handed_on_before_the_file_is_read_to_its_end(monkeypatch):
    monkeypatch.setattr(bigjson, "BLOCK", 64)
    content = json.dumps({"images": [{"id": number} for number in range(1000)]}).encode()
    file = io.BytesIO(content)
    next(bigjson.items(file, "a.json", ("images",)))
    assert file.tell() < 200


def test_objects365_marks_pictures_of_things(tmp_path):
    content = layouts.coco()
    content["annotations"][0]["isfake"] = 1
    rows = rows_of(layout="objects365", instances=layouts.write_json(tmp_path / "a.json", content))
    assert Counter(row.value.get("flag") for row in of(rows, "box")) == {None: 6, "depiction": 1, "crowd": 1}


def test_lvis_names_files_by_address_and_says_what_is_certified(tmp_path):
    [row] = of(rows_of(layout="lvis", instances=layouts.write_json(tmp_path / "a.json", layouts.lvis())), "image")
    assert row.value["files"] == ["train2017/000009.jpg"]
    assert (row.value["absent"], row.value["partial"]) == (["3"], ["2"])


@pytest.mark.parametrize("form", ["pickle", "json"])
def test_expressions_of_the_wanted_split(tmp_path, form):
    instances = layouts.write_json(tmp_path / "instances.json", layouts.coco())
    as_json = layouts.write_json(tmp_path / "refs.json", layouts.refs())
    path = layouts.write_refs(tmp_path / "refs(unc).p") if form == "pickle" else as_json
    rows = of(rows_of(layout="refcoco", instances=instances, refs=path), "phrase")
    assert [(row.image, row.value["thing"]) for row in rows] == [("9", "101"), ("9", "102"), ("9", "555")]
    assert rows[0].value["texts"] == ["right dog", "dog on the right", "brown dog"]
    assert len(of(rows_of(layout="refcoco", instances=instances, refs=path, split=""), "phrase")) == 4
    with pytest.raises(UserError, match="no expression is of the split 'val'; it has testA, train"):
        rows_of(layout="refcoco", instances=instances, refs=path, split="val")


class Harmful:
    def __reduce__(self):
        return os.system, ("touch harmed",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("refs.p").write_bytes(pickle.dumps([Harmful()]))
    with open("refs.p", "rb") as file, pytest.raises(UserError, match=r"asks for posix.system, and could run code"):
        list(coco.read_refs(file, "refs.p", ""))
    assert not Path("harmed").exists()


def test_open_images_rows(tmp_path):
    rows = rows_of(layout="open_images", **layouts.write_open_images(tmp_path))
    truth = layouts.csv_rows(layouts.OPEN_BOXES)
    boxes = of(rows, "box")
    assert [row.image for row in boxes] == [row["ImageID"] for row in truth]
    for row, true in zip(boxes, truth, strict=True):
        assert row.value["box"] == [float(true[name]) for name in ("XMin", "YMin", "XMax", "YMax")]
    assert [row.value.get("flag") for row in boxes] == [None, None, "crowd", "inside", None]
    tables = Tables()
    for row in rows:
        tables.add(row)
    assert tables.labels["/m/025nd"] == "Christmas tree"
    assert tables.labels["/m/0bt9lr"] == "dog"
    assert tables.parts == {"/m/0bl9f": ("/m/01g317", "/m/04yx4", "/m/0bt9lr"), "/m/01g317": ("/m/04yx4",)}
    assert [(row.image, row.value["label"]) for row in of(rows, "absent")] == [("aa01", "/m/0k4j")]
    assert ["fault" in row.value for row in of(rows, "image")] == [False, True]


def test_a_csv_without_its_columns_is_one_line(tmp_path):
    named = layouts.write_open_images(tmp_path)
    Path(named["boxes"]).write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=r"boxes.csv: no column ImageID; it has a, b"):
        rows_of(layout="open_images", **named)


def test_pixmo_points_are_percent_and_pixmo_count_pixels(tmp_path):
    address = "https://example.org/a%20b/photo%201.jpg?w=9"
    points = {"image_url": address, "label": "cup", "points": [{"x": 50.0, "y": 25.0}], "count": 1}
    table = layouts.write_table(tmp_path / "p/train.parquet", [{**points, "image_sha256": "ab"}])
    image, row = rows_of(layout="pixmo_points", table=str(tmp_path / "p"))
    assert row.value == {"label": "cup", "points": [[0.5, 0.25]], "unit": "share", "count": 1}
    assert image.value["files"][0] == "ab.jpg"
    assert image.value["files"][-1] == "photo 1.jpg"
    count = {"image_url": address, "label": "cup", "points": {"x": [7.0, 8.0], "y": [1.0, 2.0]}, "count": 2}
    table = layouts.write_table(tmp_path / "count.parquet", [count])
    _, row = rows_of(layout="pixmo_count", table=table)
    assert row.value == {"label": "cup", "points": [[7.0, 1.0], [8.0, 2.0]], "unit": "px", "count": 2}


def test_a_damaged_table_is_one_line(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UserError, match=r"a.parquet: not a Parquet file, or damaged"):
        rows_of(layout="pixmo_points", table=str(tmp_path / "a.parquet"))
    layouts.write_table(tmp_path / "b.parquet", [{"image_url": "u"}])
    with pytest.raises(UserError, match=r"b.parquet: no column label; it has image_url"):
        rows_of(layout="pixmo_points", table=str(tmp_path / "b.parquet"))


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"none.json: cannot read it: No such file or directory"):
        rows_of(layout="coco", instances=str(tmp_path / "none.json"))
