"""Selection is replayed from the table of scores: the same documents as the shards hold, whoever decides."""

from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow.parquet as pq
import pytest

from curation.document import Document, Image, Source, Text, Turn
from curation.errors import UserError
from curation.select_settings import SelectSettings
from curation.shard import ShardSet
from pipelines import score_table, selection, stage
from pipelines.documents import ReadDocuments, WriteDocuments
from pipelines.runner import beam_options
from pipelines.score_table import WriteScores
from pipelines.selection import Select
from pipelines.sink import ShardSettings, WriteShards
from pipelines.stage import Stage
from pipelines.steps import WriteRejects, tally_kept, tally_read, tally_rejected
from tests.conftest import media_of, png
from tests.pipelines.conftest import rejects_in, run_beam

CODE = ("pipelines.selection",)


def documents() -> list[Document]:
    """40 scored documents in two languages of two sources; every fourth has no relevance."""
    made = []
    for number in range(40):
        language, dataset = ("en", "de")[number % 2], ("web", "books")[number % 5 == 0]
        scores = {"quality": number / 40, "language.confidence": 0.9}
        scores |= {} if number % 4 == 0 else {"relevance": 1 - number / 40}
        source = Source(f"https://www.site{number % 3}.org/{number}.html", "CC0-1.0", dataset)
        turn = Turn(None, (Text(f"Document number {number}."),))
        made.append(Document((turn,), language=language, source=source, scores=scores))
    return made


def setting(**sections: Any) -> SelectSettings:
    return SelectSettings.model_validate(sections)


def curate(output: Path, settings: SelectSettings, *arguments: str) -> dict[str, Any]:
    """The last two stages of a curation, as far as selection goes; the counts of the last."""

    def score(pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
        scored = pipeline | beam.Create(documents()) | beam.Reshuffle()
        scored | "Write" >> WriteDocuments(folder)
        scored | "Scores" >> WriteScores(folder)
        return (scored | beam.FlatMap(tally_read), scored | "Kept" >> beam.FlatMap(tally_kept)) | beam.Flatten()

    def shards(pipeline: beam.Pipeline, folder: str) -> beam.PCollection:
        read = pipeline | "Read" >> ReadDocuments(f"{output}/score")
        selected = read | "Select" >> Select(f"{output}/score", settings, CODE)
        written = selected.documents | "Write" >> WriteShards(folder, ShardSettings())
        selected.rejects | "Rejects" >> WriteRejects(folder)
        rejected = selected.rejects | beam.FlatMap(tally_rejected)
        return (read | beam.FlatMap(tally_read), written.tallies, rejected) | "Tallies" >> beam.Flatten()

    options = beam_options(arguments)
    stage.run(Stage("curate", "score", {}, CODE, score), str(output), options)
    depends = {"select": settings.model_dump(mode="json")}
    return stage.run(Stage("curate", "shards", depends, CODE, shards), str(output), options).counts


LIMITED = setting(
    scores={"quality": {"minimum": 0.1}},
    top={"weights": {"quality": 0.7, "relevance": 0.3}, "fraction": 0.75, "by": "language"},
    quotas={"domain": {"limits": {"site0.org": 5}}},
    mixture={"by": "language", "weights": {"en": 1, "de": 2}},
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("curate")
    curate(output, LIMITED)
    return output


def test_every_scored_document_has_a_row(done: Path):
    columns = score_table.column_names(f"{done}/score")
    rows = {row["key"]: row for row in score_table.read(f"{done}/score", columns).to_pylist()}
    assert len(rows) == 40
    for document in documents():
        row = rows[document.key]
        assert (row["uri"], row["domain"]) == (document.source.uri, document.source.uri[12:21])
        assert (row["language"], row["dataset"], row["licence"], row["task"]) == (
            document.language,
            document.source.dataset,
            "CC0-1.0",
            "interleaved",
        )
        assert (row["words"], row["images"], row["bytes"]) == (3, 0, len(document.text))
        assert {name[7:]: row[name] for name in columns if name.startswith("scores.") and row[name] is not None} == (
            document.scores
        )


def test_a_row_counts_what_the_images_cost():
    media = media_of(png(56, 84))
    turn = Turn(None, (Text("猫が好き。"), Image(0), Image(0)))
    row = score_table.row(Document((turn,), (media,)))
    assert (row["images"], row["visual_tokens"], row["words"]) == (2, 12, 4)
    assert row["bytes"] == 15 + (media.length or 0)


def test_files_whose_documents_have_other_scores_are_one_table(tmp_path: Path):
    lonely = Document((Turn(None, (Text("alone"),)),), scores={"nsfw.max": 0.1})
    for number, several in enumerate([documents(), [lonely]]):
        rows = [score_table.row(document) for document in several]
        run_beam(lambda pipeline, rows=rows, n=number: write_rows(pipeline, rows, f"{tmp_path}/scores-{n}"))
    table = score_table.read(str(tmp_path), {"key", "scores.nsfw.max", "scores.quality", "scores.none"})
    assert table.num_rows == 41
    assert [table[name].null_count for name in ("scores.nsfw.max", "scores.quality")] == [40, 1]


def write_rows(pipeline: beam.Pipeline, rows: list[dict[str, Any]], prefix: str) -> None:
    pipeline | beam.Create(rows) | beam.io.Write(score_table._Sink(prefix))


def test_many_documents_are_several_files_and_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(score_table, "_ROWS", 16)
    monkeypatch.setattr(score_table, "_CHUNK", 5)
    run_beam(lambda pipeline: pipeline | beam.Create(documents()) | WriteScores(str(tmp_path)))
    files = sorted(tmp_path.glob("scores-*.parquet"))
    assert len(files) >= 3
    assert sum(pq.read_metadata(file).num_rows for file in files) == 40
    assert set(score_table.read(str(tmp_path), ["key"])["key"].to_pylist()) == {each.key for each in documents()}


def test_no_document_is_a_table_without_rows(tmp_path: Path):
    run_beam(lambda pipeline: pipeline | beam.Create([]) | WriteScores(str(tmp_path)))
    assert score_table.read(str(tmp_path), ["key"]).num_rows == 0


def test_a_missing_or_broken_table_is_one_line(tmp_path: Path):
    with pytest.raises(UserError, match=r"no scores-\*\.parquet: run `vlforge curate` first"):
        selection.compare(str(tmp_path), SelectSettings())
    (tmp_path / "score").mkdir()
    (tmp_path / "score/scores-0.parquet").write_text("not Parquet")
    with pytest.raises(UserError, match="not a table of scores"):
        selection.compare(str(tmp_path), SelectSettings())


# --- the step ---


def test_the_shards_hold_what_the_table_says(done: Path):
    change = selection.compare(str(done), LIMITED)
    assert (change.entering, change.leaving, change.notes) == (0, 0, [])
    assert change.kept[0] == change.kept[1] == len(ShardSet(str(done / "shards")))
    assert all(now == then for now, then in change.rejected.values())


def test_every_document_is_kept_or_rejected_once(done: Path):
    kept = {document.key for document in ShardSet(str(done / "shards"))}
    rejects = rejects_in(done / "shards")
    gone = {row["key"] for row in rejects}
    assert len(rejects) == len(gone)
    assert not kept & gone
    assert kept | gone == {document.key for document in documents()}
    assert {row["reason"] for row in rejects} == {"low quality", "not in the top", "over quota", "over mixture"}
    assert {row["dataset"] for row in rejects} == {"web", "books"}


def test_two_workers_keep_the_same_documents(done: Path, tmp_path: Path):
    curate(tmp_path, LIMITED, "--direct_running_mode=multi_processing", "--direct_num_workers=2")
    assert ShardSet(str(tmp_path / "shards")).digest() == ShardSet(str(done / "shards")).digest()


def test_proportions_hold_in_the_shards(done: Path):
    languages = [document.language for document in ShardSet(str(done / "shards"))]
    assert abs(languages.count("de") - 2 * languages.count("en")) <= 1
    assert languages.count("en") > 3


# --- the comparison ---


def test_what_would_change_is_what_then_changes(done: Path, tmp_path: Path):
    other = setting(scores={"relevance": {"minimum": 0.5, "abstain": "reject"}}, quotas={"dataset": {"default": 7}})
    change = selection.compare(str(done), other)
    counts = curate(tmp_path, other)
    before, after = ({each.key for each in ShardSet(str(place / "shards"))} for place in (done, tmp_path))
    assert change.kept == (len(before), len(after))
    assert (change.entering, change.leaving) == (len(after - before), len(before - after))
    assert {moved.key for moved in change.enter} <= after - before
    assert {moved.key for moved in change.leave} <= before - after
    then = {reason: number for reason, (_, number) in change.rejected.items() if number}
    assert then == counts["rejected"]["document"]["select"]
    groups = {group.name: (group.scored, group.then) for group in change.groups["dataset"]}
    assert {name: scored for name, (scored, _) in groups.items()} == {"web": 32, "books": 8}
    assert sum(then for _, then in groups.values()) == len(after)


def test_an_example_that_leaves_says_why(done: Path):
    change = selection.compare(str(done), setting(languages={"allowed": ["fr"]}))
    assert change.kept[1] == 0
    assert change.leaving == change.kept[0]
    assert {moved.reason for moved in change.leave} == {"language"}
    assert all(set(moved.scores) >= {"quality"} for moved in change.leave)


def test_without_shards_all_that_is_kept_enters(done: Path, tmp_path: Path):
    (tmp_path / "score").symlink_to(done / "score")
    change = selection.compare(str(tmp_path), SelectSettings())
    assert (change.stands, change.kept, change.entering) == (False, (0, 40), 40)


def test_a_score_that_nobody_has_is_told(done: Path):
    change = selection.compare(str(done), setting(scores={"qualty": {"minimum": 0.5}}))
    assert change.notes == ["no document has the score qualty, which the settings of select name"]


def test_it_is_printed_before_anything_is_written(done: Path, capsys: pytest.CaptureFixture):
    told: list[str] = []
    selection.select(str(done), SelectSettings(), lambda: told.append(capsys.readouterr().out))
    [text] = told
    lines = [" ".join(line.split()) for line in text.splitlines()]
    kept = len(ShardSet(str(done / "shards")))
    assert f"documents kept {kept} 40 +{40 - kept}" in lines
    assert f"{40 - kept} enter, for example" in lines
    assert any(line.startswith("over mixture") for line in lines)
    assert any(line.startswith("de 20 ") for line in lines)
