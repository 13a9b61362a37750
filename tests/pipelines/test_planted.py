"""Hundreds of documents broken in every way that is known, among thousands that are sound: each ends where it must."""

from collections import Counter
from pathlib import Path

import pytest

from curation.shard import ShardSet
from pipelines import cli, curate
from pipelines.curate import CurateConfig
from pipelines.stage import Receipt
from tests.pipelines.conftest import rejects_in
from tests.planted import Planted, plant

CUT = {"document rejected", "too few images"}  # images of a rejected document, whose own fault is another


def configure(folder: Path, language_model: str) -> CurateConfig:
    layouts = {"text": "text", "html": "html", "warc": "warc", "obelics": "obelics", "tar": "webdataset"}
    return CurateConfig.model_validate(
        {
            "sources": [
                {"layout": layout, "path": f"{folder}/in/{name}", "licence": "CC0-1.0"}
                for name, layout in layouts.items()
            ],
            "output": f"{folder}/out",
            "safety": {"domains": [f"{folder}/in/blocked.txt"]},
            "deduplicate": {"contamination": {"benchmarks": [{"name": "lamps", "path": f"{folder}/in/benchmark.txt"}]}},
            "score": {"language_model": language_model, "ocr": False},
        }
    )


@pytest.fixture(scope="module", params=[400, pytest.param(10_000, marks=pytest.mark.slow)])
def done(request, tmp_path_factory, language_model: str) -> tuple[Path, Planted, dict[str, Receipt]]:
    folder = tmp_path_factory.mktemp("planted")
    planted = plant(folder / "in", request.param)
    return folder / "out", planted, curate.run(configure(folder, language_model))


def rejected(output: Path, kind: str) -> list[dict[str, object]]:
    return [row for name in curate.STAGES for row in rejects_in(output / name) if row["kind"] == kind]


def test_every_broken_document_is_rejected_and_no_other(done):
    output, planted, receipts = done
    rows = {row["uri"]: row["stage"] for row in rejected(output, "document")}
    groups: dict[str, list[str]] = {}
    for copy, original in planted.copies.items():
        groups.setdefault(original, [original]).append(copy)
    for members in groups.values():
        left = [uri for uri in members if rows.pop(uri, None) != "deduplicate"]
        assert len(left) == 1, "of copies one is left"
    assert rows == planted.faults
    assert receipts["extract"].counts["read"] == planted.documents
    assert receipts["shards"].counts["kept"] == planted.documents - len(planted.faults) - len(planted.copies)
    assert receipts["shards"].counts["kept"] == len(ShardSet(f"{output}/shards"))


def test_every_hurt_image_is_cut_for_its_reason(done):
    output, planted, _ = done
    rows = [row for row in rejected(output, "image") if row["stage"] == "images"]
    assert Counter(row["reason"] for row in rows) == planted.cut


def test_a_damaged_file_is_said_and_what_is_whole_in_it_is_read(done):
    output, *_ = done
    [row] = rejected(output, "file")
    assert (row["reason"], row["dataset"]) == ("truncated", "warc")
    hosts = {document.source.uri.partition(".example")[0] for document in ShardSet(f"{output}/shards")}
    assert any(host.startswith("https://host") for host in hosts)


def test_rejects_are_counted_by_source(done):
    output, planted, _ = done
    datasets = Counter(row["dataset"] for row in rejected(output, "document"))
    assert set(datasets) == {"text", "html", "warc", "obelics", "tar"}
    assert sum(datasets.values()) == len(planted.faults) + len(planted.copies)


def test_the_command_ends_well_for_all_that(tmp_path, language_model, capsys):
    plant(tmp_path / "in", 20)
    config = tmp_path / "curate.yaml"
    config.write_text(configure(tmp_path, language_model).model_dump_json(exclude_unset=True))
    assert cli.main(["curate", str(config)]) == 0
    assert "20 documents read = " in capsys.readouterr().err
