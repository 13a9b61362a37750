"""Pseudo-labelling as a job, on small random checkpoints: images in, marked documents out, nothing lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from curation import media
from curation.document import Document, Image, Source, Text, Turn
from curation.errors import ConfigError, UserError
from curation.shard import ShardSet
from pipelines import label
from pipelines.label import LabelConfig
from pipelines.stage import RECEIPT
from tests.conftest import media_of, png, write_shards
from tests.pipelines.conftest import digests, rejects_in
from tests.synth.label import tiny


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Any]:
    """Every box is believed: random weights find nothing that is there."""
    folder = tmp_path_factory.mktemp("checkpoints")
    found = {"detector": tiny.detector(folder / "dino-tiny"), "segmenter": tiny.sam(folder / "sam-tiny")}
    loose = {"threshold": 0.01, "doubt": 0.01, "agreement": 0.0, "min_side": 1.0, "batch": 2}
    return {**found, **loose, "categories": ["person", "dog"], "kinds": {"boxes": 1, "points": 1}}


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    (folder / "below").mkdir()
    for number, name in enumerate(["a.png", "b.PNG", "below/c.png"]):
        (folder / name).write_bytes(png(90, 60 + 10 * number, seed=number))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    (folder / "notes.txt").write_text("not an image")
    return folder


def configure(output: Path, images: Path, models: dict[str, Any], **changes: Any) -> LabelConfig:
    return LabelConfig.model_validate(
        {"output": str(output), "images": str(images), "licence": "CC0-1.0", "label": models, **changes}
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory, images, models) -> Path:
    output = tmp_path_factory.mktemp("labelled")
    label.run(configure(output, images, models))
    return output


def test_every_image_is_a_document_or_a_reject(done):
    counts = json.loads((done / "shards" / RECEIPT).read_text())["counts"]
    shards = ShardSet(str(done / "shards"))
    shards.check()
    rejected = {row["uri"]: row["reason"] for row in rejects_in(done / "shards")}
    kept = {document.source.uri for document in shards}
    assert rejected["broken.jpg"] == "corrupt"
    assert kept | set(rejected) == {"a.png", "b.PNG", "below/c.png", "broken.jpg"}
    assert (counts["read"], counts["kept"]) == (4, len(kept))
    assert kept


def test_documents_are_marked_as_a_models_and_hold_the_image(done, images):
    for document in ShardSet(str(done / "shards")):
        assert document.source.generator.startswith("model_labels.dino-tiny+sam-tiny/1.")
        assert document.source.licence == "CC0-1.0"
        assert document.proof == {}
        assert set(document.scores) == {"label.score.min", "label.score.mean", "label.agreement.min"}
        assert media.read(document.media[0]) == (images / document.source.uri).read_bytes()


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(done, images, models, tmp_path, monkeypatch):
    monkeypatch.setattr(label, "RANGE", 2)
    config = configure(tmp_path, images, models)
    label.run(config, ["--direct_running_mode=multi_processing", "--direct_num_workers=2"])
    assert digests(tmp_path / "shards", "[sm]*") == digests(done / "shards", "[sm]*")


def test_the_images_of_shards_keep_their_source(tmp_path, models):
    content = png(90, 70, seed=5)
    turn = Turn(None, (Text("A page."), Image(0), Image(0)))
    page = Document((turn,), (media_of(content, "p.png"),), source=Source("page.html", "CC-BY-4.0", "pages"))
    write_shards(tmp_path / "curated", [(page, [content])])
    label.run(configure(tmp_path / "out", tmp_path / "curated", models))
    [found] = ShardSet(str(tmp_path / "out/shards"))
    assert (found.source.uri, found.source.licence, found.source.dataset) == ("page.html", "CC-BY-4.0", "pages")
    assert media.read(found.media[0]) == content


def test_a_second_run_does_nothing_and_other_thresholds_do(done, images, models, caplog):
    caplog.set_level("INFO", "vlforge")
    label.run(configure(done, images, models))
    assert caplog.messages == ["label/shards: up to date"]


def test_a_folder_without_images_is_one_line(tmp_path, models):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty: there is no image \(.jpg, .jpeg, .png, .webp\) in it"):
        label.run(configure(tmp_path / "out", tmp_path / "empty", models))


def test_a_missing_checkpoint_is_said_before_any_work(tmp_path, images, models):
    with pytest.raises(ConfigError, match=r"detector: .*nowhere: cannot be loaded"):
        label.run(configure(tmp_path / "out", images, {**models, "detector": str(tmp_path / "nowhere")}))
    assert not (tmp_path / "out").exists()
