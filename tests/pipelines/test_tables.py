"""Recognised tables become shards; what is dropped has its reason, and the counts add up."""

import json
from typing import Any

import PIL.Image
import pytest

from curation.config import check
from curation.errors import ConfigError, UserError
from curation.shard import ShardSet
from pipelines import recognise, tables
from pipelines.tables import TablesConfig
from synth.tables.candidate import TableCandidate, from_json
from synth.tables.recogniser import RecogniserSettings
from tests.pipelines.conftest import digests, rejects_in

GOOD: list[dict[str, Any]] = [
    {
        "row": row,
        "column": column,
        "text": f"{row}{column}",
        "box": [40 * column, 20 * row, 40 * column + 38, 20 * row + 18],
    }
    for row in range(3)
    for column in range(3)
]


@pytest.fixture
def config(tmp_path) -> TablesConfig:
    """Five lines: two good tables, one without confidence, one broken, one whose image is gone."""
    lines = []
    for number, (image, confidence) in enumerate((("a", 0.9), ("b", 0.95), ("a", 0.3), ("gone", 0.9))):
        cells = [{**cell, "text": f"{cell['text']}{number}"} for cell in GOOD]
        lines.append(json.dumps({"image": f"{image}.png", "confidence": confidence, "cells": cells}))
    (tmp_path / "found.jsonl").write_text("\n".join([*lines[:2], "{", *lines[2:]]) + "\n")
    for name in "ab":
        PIL.Image.new("RGB", (120, 60), "white" if name == "a" else "ivory").save(tmp_path / f"{name}.png")
    return TablesConfig(
        output=str(tmp_path / "out"), candidates=str(tmp_path / "*.jsonl"), images=str(tmp_path), shard_tables=2
    )


def test_every_line_becomes_documents_or_a_reject(config, tmp_path):
    receipt = tables.run(config)
    shards = ShardSet(str(tmp_path / "out" / "shards"))
    shards.check()
    assert sorted(document.task for document in shards) == ["html", "html", "table", "table"]
    assert all(set(document.proof) == {"unproved"} for document in shards)
    assert receipt.counts["kept"] == 4
    assert receipt.counts["generated"] == 7
    rejects = rejects_in(tmp_path / "out" / "shards")
    assert sorted(row["reason"] for row in rejects) == ["table_confidence", "unreadable", "unreadable"]


def test_equal_inputs_give_equal_bytes(config, tmp_path):
    tables.run(config)
    other = config.model_copy(update={"output": str(tmp_path / "again")})
    tables.run(other)
    for pattern in ("shard-*", "manifest.json"):
        assert digests(tmp_path / "out" / "shards", pattern) == digests(tmp_path / "again" / "shards", pattern)


def test_a_pattern_that_names_nothing_is_named(config):
    with pytest.raises(UserError, match="no file of that name"):
        tables.run(config.model_copy(update={"candidates": config.candidates + ".gone"}))


class Recogniser:
    """Sees the same nine cells in every picture, with its height as the first text."""

    def __init__(self, settings: RecogniserSettings):
        if settings.checkpoint != "nine":
            raise UserError(f"{settings.checkpoint}: no checkpoint")

    def recognise(self, name: str, image: PIL.Image.Image) -> TableCandidate:
        first = {**GOOD[0], "text": str(image.height)}
        return from_json(json.dumps({"image": name, "confidence": 0.9, "cells": [first, *GOOD[1:]]}))


@pytest.fixture
def pictures(tmp_path, monkeypatch) -> TablesConfig:
    """Two pictures of tables, one in a folder below, and a file that is none."""
    monkeypatch.setattr(recognise, "TableRecogniser", Recogniser)
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    PIL.Image.new("RGB", (120, 60), "white").save(folder / "one.png")
    PIL.Image.new("RGB", (120, 70), "white").save(folder / "below" / "two.jpg")
    (folder / "three.png").write_text("no picture")
    return TablesConfig(
        output=str(tmp_path / "out"),
        images=str(folder),
        recognise=RecogniserSettings(checkpoint="nine", language="fr"),
    )


def test_pictures_are_recognised_then_filtered(pictures, tmp_path):
    tables.run(pictures)
    made = list(ShardSet(str(tmp_path / "out" / "shards")))
    assert sorted(document.task for document in made) == ["html", "html", "table", "table"]
    assert {document.language for document in made} == {"fr"}
    assert {document.media[0].origin for document in made} == {"one.png", "below/two.jpg"}
    assert [row["reason"] for row in rejects_in(tmp_path / "out" / "candidates")] == ["corrupt"]


def test_other_limits_do_not_recognise_again(pictures, tmp_path, monkeypatch):
    tables.run(pictures)
    monkeypatch.setattr(Recogniser, "recognise", None)
    strict = {"filter": {"table_confidence": 0.95}}
    receipt = tables.run(pictures.model_validate({**pictures.model_dump(), **strict}))
    assert receipt.counts["kept"] == 0
    assert {row["reason"] for row in rejects_in(tmp_path / "out" / "shards")} == {"table_confidence"}


def test_a_folder_without_pictures_and_a_model_that_does_not_load_are_named(pictures, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="there is no image"):
        tables.run(pictures.model_copy(update={"images": str(tmp_path / "empty")}))
    with pytest.raises(UserError, match="no checkpoint"):
        tables.run(pictures.model_copy(update={"recognise": RecogniserSettings(checkpoint="none")}))


@pytest.mark.parametrize("settings", [{}, {"candidates": "a", "recognise": {"checkpoint": "b"}, "images": "c"}])
def test_tables_come_from_one_source(settings):
    with pytest.raises(ConfigError, match="either candidates or recognise"):
        check("tables.yaml", {"output": "out", **settings}, TablesConfig)
