"""Stages: finished ones are skipped, changed ones run again with what follows, and nobody else's files are touched."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest

from pipelines import stage
from pipelines.runner import beam_options
from pipelines.stage import LostError, Receipt, Stage, StageError, check_counts, read_receipt, summary
from pipelines.steps import nested

Build = Callable[[beam.Pipeline, str], beam.PCollection]


def numbers(count: int, kept: int | None = None) -> Build:
    """A stage that reads `count` elements and keeps `kept` of them, as far as its tallies say."""

    def build(pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
        rows = pipeline | beam.Create([str(number) for number in range(count)])
        rows | beam.io.WriteToText(f"{folder}/rows")
        tallies = [(("read",), count), (("kept",), count if kept is None else kept)]
        return pipeline | "Tallies" >> beam.Create(tallies)

    return build


def a_stage(name: str = "first", depends: dict[str, Any] | None = None, build: Build | None = None) -> Stage:
    return Stage("job", name, depends or {}, ("curation.document",), build or numbers(3))


@pytest.fixture
def run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Callable[[Stage], tuple[Receipt, str]]:
    """Runs a stage below `out`; its receipt and the last line that it logged."""
    caplog.set_level(logging.INFO, "vlforge")

    def once(step: Stage) -> tuple[Receipt, str]:
        receipt = stage.run(step, str(tmp_path / "out"), beam_options([]))
        return receipt, caplog.messages[-1]

    return once


def test_a_finished_stage_is_skipped(run):
    first, said = run(a_stage())
    assert said.startswith("job/first: 3 read, 3 kept in ")
    again, said = run(a_stage())
    assert said == "job/first: up to date"
    assert again == first


def test_a_changed_setting_runs_the_stage_again_in_an_emptied_folder(run, tmp_path):
    run(a_stage(depends={"size": 1}))
    (tmp_path / "out/first/left-over").write_text("of the first run")
    _, said = run(a_stage(depends={"size": 2}))
    assert "up to date" not in said
    assert not (tmp_path / "out/first/left-over").exists()


def test_a_file_that_was_deleted_or_cut_short_runs_the_stage_again(run, tmp_path):
    run(a_stage())
    [rows] = (tmp_path / "out/first").glob("rows-*")
    rows.write_text("")
    assert "up to date" not in run(a_stage())[1]
    rows.unlink()
    assert "up to date" not in run(a_stage())[1]
    assert run(a_stage())[1] == "job/first: up to date"


def test_what_follows_a_changed_stage_is_another_stage(run):
    def chain(size: int) -> list[Stage]:
        first = a_stage("first", {"size": size})
        return [first, a_stage("second", {"upstream": first.fingerprint})]

    assert [step.fingerprint for step in chain(1)] == [step.fingerprint for step in chain(1)]
    assert not {step.fingerprint for step in chain(1)} & {step.fingerprint for step in chain(2)}


def test_a_stage_that_was_killed_runs_again(run, tmp_path):
    def killed(pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
        Path(folder, "half").write_text("written before the end came")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(a_stage(build=killed))
    assert read_receipt(str(tmp_path / "out/first")) is None
    assert "up to date" not in run(a_stage())[1]
    assert not (tmp_path / "out/first/half").exists()


def test_an_exception_in_the_work_is_one_line_and_its_traceback_a_file(run, tmp_path):
    def breaks(pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
        return pipeline | beam.Create([0]) | "Divide" >> beam.Map(lambda number: 1 // number)

    with pytest.raises(StageError) as caught:
        run(a_stage(build=breaks))
    assert str(caught.value).startswith("job/first: stopped: ZeroDivisionError: ")
    assert "\n" not in str(caught.value)
    assert "Traceback" in (tmp_path / "out/first/_ERROR.txt").read_text()
    assert "up to date" not in run(a_stage())[1]


def test_a_folder_that_holds_other_files_is_left_alone(run, tmp_path):
    (tmp_path / "out/first").mkdir(parents=True)
    (tmp_path / "out/first/thesis.txt").write_text("five years of work")
    with pytest.raises(StageError, match=r"holds files that no job wrote \(.*thesis.txt\); choose another output"):
        run(a_stage())
    assert (tmp_path / "out/first/thesis.txt").read_text() == "five years of work"


def test_an_output_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StageError, match="cannot write there: Not a directory"):
        stage.run(a_stage(), str(tmp_path / "file" / "out"), beam_options([]))


def test_an_output_whose_name_is_a_pattern_is_refused(tmp_path):
    with pytest.raises(stage.UserError, match=r"may not hold \["):
        stage.run(a_stage(), str(tmp_path / "run[1]"), beam_options([]))


def test_a_lost_document_stops_the_job(run, tmp_path):
    with pytest.raises(LostError, match="3 documents read, but 2 kept and 0 rejected"):
        run(a_stage(build=numbers(3, kept=2)))
    assert read_receipt(str(tmp_path / "out/first")) is None


def test_counts_add_up_for_documents_and_for_images():
    rejected = {"document": {"clean": {"empty": 2}}, "image": {"clean": {"small": 4}}, "text": {"clean": {"phrase": 9}}}
    counts = {"read": 5, "kept": 3, "images": {"found": 10, "kept": 6, "cut": 4}, "rejected": rejected}
    check_counts("job/stage", counts)
    with pytest.raises(LostError, match="10 images found, but 5 kept and 4 cut"):
        check_counts("job/stage", {**counts, "images": {"found": 10, "kept": 5, "cut": 4}})


def test_a_job_whose_documents_all_fail_is_not_a_success():
    counts = {"read": 2, "rejected": {"document": {"score": {"error": 2}}}}
    with pytest.raises(StageError, match="all 2 documents failed"):
        check_counts("job/score", counts)
    check_counts("job/score", {"read": 2, "rejected": {"document": {"score": {"error": 1, "empty": 1}}}})


def test_a_judge_that_answered_nothing_stops_the_stage_and_one_that_answered_something_is_counted():
    counts = {"read": 3, "kept": 3, "judge": {"error": 2}}
    with pytest.raises(StageError, match="the judge gave no answer that can be read on any of the 2 documents"):
        check_counts("job/score", counts)
    counts["judge"] = {"answered": 1, "error": 2}
    check_counts("job/score", counts)
    assert summary(counts) == "3 read, 3 kept; judge: 1 answered, 2 error"
    check_counts("job/score", {**counts, "judge": {"error": 1, "unasked": 2}})  # a budget is kept to


def test_tallies_nest_by_their_paths():
    tallies = [(("read",), 2), (("rejected", "image", "clean", "small"), 1), (("read",), 1)]
    assert nested(tallies) == {"read": 3, "rejected": {"image": {"clean": {"small": 1}}}}


def test_a_summary_names_the_commonest_reason_first():
    rejected = {"document": {"clean": {"empty": 1, "too few words": 4}, "deduplicate": {"duplicate": 2}}}
    counts = {"read": 1_010, "kept": 1_003, "rejected": rejected, "images": {"found": 9, "kept": 8, "cut": 1}}
    said = "1,010 read, 1,003 kept, 7 rejected (4 too few words, 2 duplicate, 1 empty), 1 of 9 images cut"
    assert summary(counts) == said
