"""`vlforge calibrate`: the matrix, thresholds and files from the documents of a stage, in one process or several."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from curation.config import load
from curation.document import Document, Text
from curation.errors import ConfigError, UserError
from curation.scoring.corrupt import CORRUPTIONS
from curation.scoring.score import ScoreSettings
from curation.select_settings import DIMENSIONS
from curation.text.language import Language
from pipelines.calibrate import PLOT, REPORT, SELECT, CalibrateConfig, run
from pipelines.calibrate_draw import draw, foreign_share
from pipelines.calibrate_report import failing, section, summary
from tests.curation.conftest import TOPICS, manual


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stage's documents: twelve manuals, cut into two files, one of them twice, and one whose images are unseen."""
    folder = tmp_path_factory.mktemp("stage")
    (folder / "pictures").mkdir()
    documents = [manual(topic, folder / "pictures", seed) for seed in range(3) for topic in TOPICS]
    documents = [replace(each, language="en", scores={"relevance": 0.123}) for each in documents]
    unseen = replace(documents[0], media=tuple(replace(item, sha256="") for item in documents[0].media))
    lines = [each.to_json() for each in (*documents, documents[3], unseen)]
    for name, part in (("documents-0.jsonl", lines[:5]), ("documents-1.jsonl", lines[5:])):
        (folder / name).write_text("\n".join(part) + "\n")
    return folder


def config(stage: Path, output: Path, language_model: str, **changes) -> CalibrateConfig:
    score = ScoreSettings(language_model=language_model, ocr=False)
    return CalibrateConfig(documents=(str(stage),), output=output, score=score, sample=12, **changes)


@pytest.fixture(scope="module")
def report(stage: Path, tmp_path_factory: pytest.TempPathFactory, language_model: str) -> tuple[dict, Path]:
    output = tmp_path_factory.mktemp("calibration")
    return run(config(stage, output, language_model)), output


def test_every_corruption_meets_every_score(report):
    matrix = report[0]["matrix"]
    assert [row["corruption"] for row in matrix] == [each.name for each in CORRUPTIONS]
    assert all(set(row["scores"]) == set(DIMENSIONS) for row in matrix)
    for row in matrix:
        assert [name for name, cell in row["scores"].items() if cell["role"] == "own"] == [row["dimension"]]


def test_scores_see_their_own_corruptions_and_stay_calm_under_others(report):
    cells = {(row["corruption"], name): cell for row in report[0]["matrix"] for name, cell in row["scores"].items()}
    for corruption, name in (
        ("garbled", "quality"),
        ("machine repeated", "quality"),
        ("blank images", "complementarity"),
        ("hardly any text", "balance"),
    ):
        own = cells[corruption, name]
        assert own["auc"] >= 0.95
        assert own["low"] <= own["auc"] <= own["high"]
    assert cells["blank images", "quality"]["calm"] is True
    assert cells["wrong language", "balance"]["calm"] is True


def test_without_evidence_there_is_no_number_and_no_stale_score_stands_in(report):
    cells = [row["scores"]["relevance"] for row in report[0]["matrix"]]
    assert {cell["auc"] for cell in cells} == {None}  # OCR is off
    assert report[0]["abstained"]["relevance"] == 12
    assert all(each["minimum"] is None for each in report[0]["thresholds"]["relevance"])


def test_files_hold_the_numbers_the_picture_and_settings_to_start_from(report):
    found, output = report
    assert json.loads((output / REPORT).read_text()) == found
    assert (output / PLOT).read_bytes().startswith(b"\x89PNG")
    select = yaml.safe_load((output / SELECT).read_text())["select"]["scores"]
    assert set(select) <= set(DIMENSIONS)
    assert 0 < select["quality"]["minimum"] <= 1
    suggested = next(each for each in found["thresholds"]["quality"] if each["wanted"] == found["suggested"])
    assert suggested["precision"] >= found["suggested"]


def test_the_summary_and_the_section_show_the_matrix(report):
    text, shown = summary(report[0]), section(report[0])
    assert all(each.name in text for each in CORRUPTIONS)
    assert "quality >= " in text
    assert [row[0] for row in shown["rows"]] == [each.name for each in CORRUPTIONS]
    assert shown["plot"].startswith("data:image/png;base64,")
    assert shown["failing"] == failing(report[0])


@pytest.mark.slow
def test_several_processes_find_the_same(report, stage: Path, tmp_path: Path, language_model: str):
    again = run(config(stage, tmp_path, language_model, processes=2))
    assert again == report[0]


def test_the_sample_does_not_depend_on_how_files_are_cut_nor_on_duplicates(stage: Path, tmp_path: Path):
    lines = [line for file in sorted(stage.glob("*.jsonl")) for line in file.read_text().splitlines()]
    (tmp_path / "documents-9.jsonl").write_text("\n".join(reversed(lines)) + "\n")
    one, other = (draw([str(folder)], 10, 1, identify) for folder in (stage, tmp_path))
    assert one == other
    assert len({each.key for each in one.documents}) == 10
    assert all(each.scores == {} and all(item.seen for item in each.media) for each in one.documents)
    assert one.documents != draw([str(stage)], 10, 2, identify).documents
    assert one.background.counts["en"]["telesc"] > 0


def test_pages_in_several_languages_are_no_real_documents(stage: Path, tmp_path: Path):
    """Three of twelve are translated by half: they are left out, and counted."""
    whole = {document.key: document for document in draw([str(stage)], 12, 1, identify).documents}
    mixed = [with_german(document) for document in list(whole.values())[:3]]
    (tmp_path / "documents-0.jsonl").write_text("\n".join(each.to_json() for each in (*whole.values(), *mixed)) + "\n")
    found = draw([str(tmp_path)], 20, 1, identify, most_mixed=0.15)
    assert {each.key for each in found.documents} == set(whole)
    assert found.mixed == 3
    assert foreign_share(mixed[0].text, identify) > 0.15 > foreign_share(found.documents[0].text, identify)


GERMAN = "Und die Leute werden das mit den Kindern auf der Wiese machen, denn es ist ein Tag für alle."


def with_german(document: Document) -> Document:
    """With German lines that are a third of its text."""
    lines = "".join(f"\n\n{GERMAN}" for _ in range(len(document.text) // len(GERMAN) // 2))
    turn = replace(document.turns[0], parts=(*document.turns[0].parts, Text(lines)))
    return replace(document, turns=(turn,))


def identify(text: str) -> Language:
    return Language("de" if 2 * text.count(GERMAN) * len(GERMAN) > len(text) else "en", 0.99)


def test_a_document_that_fails_is_counted_and_the_others_go_on(stage: Path, tmp_path: Path, language_model: str):
    """An image has gone since it was looked at, which other documents' corrupted copies may have borrowed."""
    (tmp_path / "stage").mkdir()
    for file in stage.glob("*.jsonl"):
        (tmp_path / "stage" / file.name).write_text(
            file.read_text().replace("pictures/garden-0-0.png", "pictures/gone.png")
        )
    report = run(config(tmp_path / "stage", tmp_path / "out", language_model))
    assert report["documents"]["scored"] == 11
    assert all("gone.png" in reason for reason in report["documents"]["failed"])


def test_a_folder_without_documents_is_one_clear_line(tmp_path: Path, language_model: str):
    with pytest.raises(UserError, match="not a finished stage"):
        run(config(tmp_path, tmp_path / "out", language_model))


def test_images_that_nobody_looked_at_are_one_clear_line(stage: Path, tmp_path: Path, language_model: str):
    lines = [json.loads(line) for file in sorted(stage.glob("*.jsonl")) for line in file.read_text().splitlines()]
    unseen = [line for line in lines if any(not item["sha256"] for item in line["media"])]
    (tmp_path / "documents-0.jsonl").write_text("".join(json.dumps(line) + "\n" for line in unseen))
    with pytest.raises(UserError, match="looked at"):
        run(config(tmp_path, tmp_path / "out", language_model))


def test_a_precision_that_is_none_is_one_clear_line(tmp_path: Path):
    (tmp_path / "c.yaml").write_text("documents: [x]\noutput: y\nscore: {language_model: z}\nprecisions: [1.5]\n")
    with pytest.raises(ConfigError, match=r"precisions: .*not between 0 and 1"):
        load(tmp_path / "c.yaml", CalibrateConfig)
