"""Trajectories and videos through the job of conversion: beside each other, counted, and whole in the shards."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curation import media
from curation.errors import UserError
from curation.shard import ShardSet
from pipelines import convert
from pipelines.cli import main
from pipelines.convert import ConvertConfig
from pipelines.stage import RECEIPT, total
from tests.pipelines.conftest import digests, rejects_in
from tests.pipelines.test_convert import sources as labelled
from tests.synth.convert import described, recorded


def configure(output: Path, sources: list[dict[str, Any]], **changes: Any) -> ConvertConfig:
    return ConvertConfig.model_validate({"output": str(output), "sources": sources, "shards": 3, **changes})


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("inputs")
    return [
        *recorded.write_all(folder / "recorded"),
        *described.write_all(folder / "described"),
        labelled(folder / "labelled")[0],
    ]


@pytest.fixture(scope="module")
def done(tmp_path_factory, inputs) -> Path:
    output = tmp_path_factory.mktemp("converted")
    convert.run(configure(output, inputs))
    return output


def counts(done: Path) -> dict[str, Any]:
    return json.loads((done / "shards" / RECEIPT).read_text())["counts"]


def test_every_episode_and_video_is_documents_or_a_reject(done):
    shards = ShardSet(str(done / "shards"))
    shards.check()
    documents = list(shards)
    per = {document.source.uri.partition("/")[0] for document in documents}
    assert per == {
        *("android_control#7", "aitw#1099", "mind2web#task-1", "gui_odyssey#0001"),
        *("charades_sta#AO8RW", "charades_sta#Y6R7T", "activitynet_captions#v_QOlSCBRmfWY"),
        *("activitynet_captions#v_swap", "qvhighlights#bP5_0.0_16.0", "video_captions#21179416"),
        *("coco#9", "coco#25"),
    }
    assert {row["uri"]: row["reason"] for row in rejects_in(done / "shards")} == {
        **{"charades_sta#NONE1": "missing", "activitynet_captions#v_long": "duration"},
        **{"video_captions#6096": "format", "video_captions#results.csv:3": "annotation", "coco#30": "missing"},
    }
    assert counts(done)["kept"] == len(documents)
    assert counts(done)["read"] == len(documents) + 5
    shown = sum(len(document.images_shown()) for document in documents)
    assert counts(done)["images"] == {"found": shown, "kept": shown}


def test_every_step_and_moment_is_counted(done):
    found = counts(done)["annotations"]
    assert {name: number for name, number in found["found"].items() if name != "coco"} == {
        **{"android_control": 6, "aitw": 7, "mind2web": 5, "gui_odyssey": 7},
        **{"charades_sta": 4, "activitynet_captions": 6, "qvhighlights": 3, "video_captions": 3},
    }
    assert total(found["found"]) == total(found["kept"]) + total(found["dropped"])
    assert found["dropped"]["mind2web"] == {"no counterpart": 1}
    assert found["dropped"]["activitynet_captions"] == {"swapped": 1, "video rejected": 1}
    assert found["dropped"]["video_captions"] == {"video rejected": 1}
    assert found["mended"] == {
        "activitynet_captions": {"cut to the video": 1},
        "charades_sta": {"cut to the video": 2},
    }


def test_media_are_the_files_as_they_were(done, inputs):
    by_dataset = {item["layout"]: item for item in inputs}
    for document in ShardSet(str(done / "shards")):
        if document.source.dataset == "coco":
            continue
        settings = by_dataset[document.source.dataset]
        folder = Path((settings.get("videos") or settings["images"])[0])
        for item in document.media:
            content = media.read(item)
            assert content == (folder / item.origin.rpartition("/")[2]).read_bytes()
            assert item.kind == ("video" if "videos" in settings else "image")
            assert bool(item.timestamps) == (item.kind == "video")


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(done, inputs, tmp_path):
    convert.run(configure(tmp_path, inputs), ["--direct_running_mode=multi_processing", "--direct_num_workers=2"])
    assert digests(tmp_path / "shards", "[sm]*") == digests(done / "shards", "[sm]*")


def test_other_views_do_not_read_the_recordings_again(inputs, tmp_path, caplog):
    caplog.set_level("INFO", "vlforge")
    convert.run(configure(tmp_path, inputs[:1]))
    caplog.clear()
    convert.run(configure(tmp_path, inputs[:1], trajectories={"kinds": ["instruction"]}))
    assert caplog.messages[0] == "convert/annotations: up to date"
    assert {document.task for document in ShardSet(str(tmp_path / "shards"))} == {"agent"}
    assert len(list(ShardSet(str(tmp_path / "shards")))) == 5


def test_an_episode_that_is_there_twice_is_rejected_once(inputs, tmp_path, monkeypatch):
    """Under another id, of the same screenshots, asked in the same words: each of its documents was there before."""
    monkeypatch.setattr("synth.convert.trajectories.documents.generator_of", lambda *_: np.random.default_rng(0))
    twin = {**recorded.android_control(8), "screenshots": recorded.android_screens()}
    path = recorded.write_lines(tmp_path / "a.jsonl", [recorded.android_control(), twin])
    convert.run(configure(tmp_path / "out", [{**inputs[0], "episodes": path}], shards=1))
    found = counts(tmp_path / "out")
    assert found["read"] == 2 * found["kept"]
    assert found["rejected"]["document"]["convert"] == {"duplicate": found["kept"]}
    assert found["annotations"]["dropped"]["android_control"] == {"episode rejected": 6}


@pytest.mark.parametrize(
    ("number", "change", "message"),
    [
        (0, {"episodes": "nowhere.jsonl"}, "nowhere.jsonl: there is no such annotation file"),
        (4, {"videos": ["nowhere"]}, "nowhere: there is no such file, or the folder is empty"),
        (5, {"videos": ["a.tar.gz"]}, "a compressed tar can only be read from its start"),
    ],
)
def test_what_is_missing_is_said_before_any_work(inputs, tmp_path, number, change, message):
    with pytest.raises(UserError, match=message):
        convert.run(configure(tmp_path / "out", [{**inputs[number], **change}]))


def test_the_command_line_converts_and_names_a_mistake(inputs, tmp_path, capsys):
    config = tmp_path / "convert.yaml"
    config.write_text(json.dumps({"output": str(tmp_path / "out"), "sources": inputs[:1], "shards": 2}))
    assert main(["convert", str(config)]) == 0
    assert (tmp_path / "out/shards" / RECEIPT).exists()
    assert main(["convert", str(config), "trajectories.screens=1"]) != 0
    assert "trajectories.screens" in capsys.readouterr().err
