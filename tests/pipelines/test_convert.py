"""Conversion as a job: nothing is lost, nothing depends on the workers, and mistakes are one line."""

import json
from pathlib import Path
from typing import Any

import pydantic
import pytest

from curation import media
from curation.errors import UserError
from curation.shard import ShardSet
from pipelines import convert
from pipelines.convert import ConvertConfig
from pipelines.stage import RECEIPT, StageError, total
from tests.pipelines.conftest import digests, rejects_in
from tests.synth.convert import layouts


def sources(folder: Path) -> list[dict[str, Any]]:
    """COCO with captions, of which one image is missing, and RefCOCO on the same images."""
    images = layouts.write_images(folder / "images", layouts.COCO_NAMES[:2])
    instances = layouts.write_json(folder / "instances.json", layouts.coco())
    captions = layouts.write_json(folder / "captions.json", layouts.captions())
    shared = {"images": [str(images)], "instances": instances}
    return [
        {"layout": "coco", "captions": captions, **shared},
        {"layout": "refcoco", "name": "refcoco-unc", "refs": layouts.write_refs(folder / "refs(unc).p"), **shared},
    ]


def configure(output: Path, sources: list[dict[str, Any]], **changes: Any) -> ConvertConfig:
    return ConvertConfig.model_validate({"output": str(output), "sources": sources, "shards": 3, **changes})


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> list[dict[str, Any]]:
    return sources(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def done(tmp_path_factory, inputs) -> Path:
    output = tmp_path_factory.mktemp("converted")
    convert.run(configure(output, inputs))
    return output


def counts(done: Path) -> dict[str, Any]:
    return json.loads((done / "shards" / RECEIPT).read_text())["counts"]


def test_every_image_is_a_document_or_a_reject(done):
    shards = ShardSet(str(done / "shards"))
    shards.check()
    kept = {document.source.uri for document in shards}
    rejected = {row["uri"]: row["reason"] for row in rejects_in(done / "shards")}
    assert kept == {"coco#9", "coco#25", "refcoco-unc#9"}
    assert rejected == {"coco#30": "missing", "refcoco-unc#25": "split", "refcoco-unc#30": "split"}
    assert (counts(done)["read"], counts(done)["kept"]) == (6, 3)


def test_every_annotation_is_counted(done):
    found = counts(done)["annotations"]
    assert found["found"] == {"coco": 10, "refcoco-unc": 14}
    assert total(found["kept"]) + total(found["dropped"]) == 24
    assert found["dropped"]["coco"] == {
        **{"crowd": 1, "degenerate": 1, "duplicate or empty caption": 1},
        **{"no such label": 1, "outside": 1, "tiny": 1},
    }
    assert found["dropped"]["refcoco-unc"]["image rejected"] == 5


def test_media_are_the_images_as_they_were(done, inputs):
    [document] = [item for item in ShardSet(str(done / "shards")) if item.source.uri == "coco#9"]
    assert media.read(document.media[0]) == (Path(inputs[0]["images"][0]) / "000009.jpg").read_bytes()


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(done, inputs, tmp_path):
    convert.run(configure(tmp_path, inputs), ["--direct_running_mode=multi_processing", "--direct_num_workers=2"])
    assert digests(tmp_path / "shards", "[sm]*") == digests(done / "shards", "[sm]*")


def test_small_runs_on_disk_give_the_same_bytes(done, inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(convert, "RUN", 200)
    convert.run(configure(tmp_path, inputs))
    assert len(list((tmp_path / "annotations").glob("*.rows"))) > 8
    assert digests(tmp_path / "shards", "[sm]*") == digests(done / "shards", "[sm]*")


def test_other_questions_do_not_read_the_annotations_again(inputs, tmp_path, caplog):
    caplog.set_level("INFO", "vlforge")
    convert.run(configure(tmp_path, inputs))
    caplog.clear()
    convert.run(configure(tmp_path, inputs, seed=1))
    assert caplog.messages[0] == "convert/annotations: up to date"
    assert caplog.messages[-1].startswith("convert/shards: 6 read, 3 kept, 3 rejected (2 split, 1 missing)")


def test_a_damaged_annotation_file_stops_the_job_with_one_line(inputs, tmp_path):
    content = Path(inputs[0]["instances"]).read_text()
    (tmp_path / "cut.json").write_text(content[: len(content) // 2])
    wrong = [{**inputs[0], "instances": str(tmp_path / "cut.json")}]
    with pytest.raises(StageError, match=r"cut.json: not whole JSON \(truncated or damaged\)"):
        convert.run(configure(tmp_path / "out", wrong))
    assert not (tmp_path / "out/annotations" / RECEIPT).exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instances": "nowhere.json"}, "nowhere.json: there is no such annotation file"),
        ({"images": ["nowhere"]}, "nowhere: there is no such file, or the folder is empty"),
        ({"images": ["a.tar.gz"]}, "a compressed tar can only be read from its start"),
    ],
)
def test_what_is_missing_is_said_before_any_work(inputs, tmp_path, change, message):
    with pytest.raises(UserError, match=message):
        convert.run(configure(tmp_path / "out", [{**inputs[0], **change}]))


def test_two_sources_of_one_name_are_refused(inputs, tmp_path):
    with pytest.raises(pydantic.ValidationError, match="two are called coco: give one another by `name:`"):
        configure(tmp_path, [inputs[0], inputs[0]])


def test_an_image_that_is_no_image_is_rejected_alone(tmp_path):
    named = sources(tmp_path)
    (tmp_path / "images/000025.jpg").write_bytes(b"GIF89a not an image")
    convert.run(configure(tmp_path / "out", named[:1]))
    rows = {row["uri"]: row["reason"] for row in rejects_in(tmp_path / "out/shards")}
    assert rows == {"coco#25": "corrupt", "coco#30": "missing"}


def test_open_images_and_pixmo_beside_each_other(tmp_path):
    layouts.write_images(tmp_path / "images", ["aa01.jpg", "bb02.jpg", "photo.jpg"])
    images = {"images": [str(tmp_path / "images")]}
    row = {"image_url": "https://a.org/photo.jpg", "label": "cup", "points": [{"x": 50.0, "y": 50.0}], "count": 1}
    table = layouts.write_table(tmp_path / "points/train-0.parquet", [row])
    named = [
        {"layout": "open_images", **images, **layouts.write_open_images(tmp_path / "open")},
        {"layout": "pixmo_points", **images, "table": str(Path(table).parent)},
    ]
    convert.run(configure(tmp_path / "out", named))
    rejected = {item["uri"]: item["reason"] for item in rejects_in(tmp_path / "out/shards")}
    assert rejected == {"open_images#bb02": "orientation"}
    licences = {item.source.dataset: item.source.licence for item in ShardSet(str(tmp_path / "out/shards"))}
    assert licences == {"open_images": "https://creativecommons.org/licenses/by/2.0/", "pixmo_points": ""}
