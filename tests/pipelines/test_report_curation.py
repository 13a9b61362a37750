"""What a report says of a curation: counts that add up, thresholds with what lies around them, pairs of duplicates."""

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.select_settings import SelectSettings
from pipelines.report.cards import cut_images, rejected_cards
from pipelines.report.compared import EACH, _differences, _nearest, around_thresholds, near_duplicates
from pipelines.report.curated import safety_section
from pipelines.report.curation import Curation, Table, read_curation
from pipelines.report.page import ReportConfig, report
from pipelines.report.rejects import PER_REASON, read_rejects
from pipelines.selection import compare
from pipelines.steps import REJECT_SCHEMA
from tests.pipelines.curated import SELECT, curation


class Text(HTMLParser):
    """What a reader sees of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.pieces: list[str] = []
        self.feed(page.replace("<style>", "<!--").replace("</style>", "-->"))

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self.pieces).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return curation(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def read(folder: Path) -> Curation:
    return read_curation(str(folder))


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return seen(folder, folder.parent / "report")


def seen(curate: Path, output: Path) -> str:
    return str(Text(report(ReportConfig(output=output, curate=str(curate))).read_text()))


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "curate"))


# --- what went where ---


def test_each_stage_says_what_it_left_and_dropped(text: str):
    assert "read 10 9 extract 8 9 opt-out 1, too few words 1 deduplicate 6 8 exact duplicate 1" in text
    assert "images 6 6 2 images cut score 6 6 shards 5 5 low quality 1; 1 image cut" in text


def test_counts_add_up(text: str):
    assert "✓ 10 documents read = 5 kept + 5 rejected" in text
    assert "✓ 9 images found = 5 kept + 4 cut" in text


def test_a_document_that_is_nowhere_is_shown_as_lost(copy: Path):
    receipt = copy / "extract/_DONE.json"
    counts = json.loads(receipt.read_text())
    counts["counts"]["read"] += 1
    receipt.write_text(json.dumps(counts))
    assert "✗ 11 documents read, but 5 kept + 5 rejected = 10: something was lost" in seen(copy, copy / "report")


def test_reasons_are_counted_for_each_source(read: Curation):
    found = {(each.kind, each.stage, each.reason): dict(each.datasets) for each in read.reasons}
    assert found == {
        ("document", "clean", "too few words"): {"web": 1},
        ("document", "safety", "opt-out"): {"web": 1},
        ("document", "deduplicate", "exact duplicate"): {"web": 1},
        ("document", "deduplicate", "near duplicate"): {"web": 1},
        ("document", "select", "low quality"): {"manual": 1},
        ("image", "images", "small"): {"manual": 1},
        ("image", "fetch", "http 404"): {"manual": 1},
        ("text", "clean", "navigation"): {"manual": 1},
    }


def test_images_that_went_with_their_document_are_counted(text: str):
    assert "Images cut: 4" in text
    assert "their document was rejected 2" in text


def test_sources_and_languages_say_what_they_hold(read: Curation):
    assert read.table is not None
    found = {each.name: (each.scored, each.kept, each.images) for each in read.table.groups("dataset")}
    assert found == {"manual": (5, 4, 4), "web": (1, 1, 1)}
    assert {each.name: each.kept for each in read.table.groups("language")} == {"en": 4, "de": 1}


def test_fetched_images_are_summed(read: Curation, text: str):
    assert [(each.name, each.count, each.bytes) for each in read.fetched] == [("an image", 3, 8000), ("http 404", 1, 0)]
    assert "an image 3 75.0% 0.0 0.30" in text


def test_what_was_masked_and_what_was_barred(read: Curation, text: str):
    section = safety_section(read)
    assert section is not None
    assert section["masked"] == [("email", 1, 2)]
    assert "email 1 2" in text
    assert "document opt-out 1" in text


@pytest.mark.parametrize("last", ["deduplicate", "score"])
def test_a_curation_that_has_not_ended_shows_what_there_is(copy: Path, last: str):
    stages = ["extract", "deduplicate", "images", "score", "shards"]
    for name in stages[stages.index(last) + 1 :]:
        shutil.rmtree(copy / name)
    read = read_curation(str(copy))
    assert [step.name for step in read.steps] == stages[: stages.index(last) + 1]
    assert (read.documents.holds, read.images.holds) == (True, True)
    assert "6 documents kept of 10 read" in seen(copy, copy / "report")


def test_a_stage_of_an_older_run_is_left_out(copy: Path):
    receipt = json.loads((copy / "images/_DONE.json").read_text())
    receipt["counts"]["read"] += 5
    (copy / "images/_DONE.json").write_text(json.dumps(receipt))
    assert [step.name for step in read_curation(str(copy)).steps] == ["extract", "deduplicate"]


# --- scores and thresholds ---


def test_scores_count_abstentions_apart(read: Curation):
    assert read.table is not None
    scores = {each.name: each for each in read.table.scores()}
    quality, email = scores["quality"], scores["pii.email"]
    assert (sorted(quality.kept), list(quality.rejected), quality.bounds) == ([0.9] * 5, [0.1], [("minimum", 0.5)])
    assert (list(email.kept), email.abstained_kept, email.abstained_rejected) == ([2.0], 4, 1)
    assert email.bounds == [("maximum", 3.0)]


def test_dimensions_come_first_and_signals_last(read: Curation):
    assert read.table is not None
    assert read.table.names == ["quality", "relevance", "balance", "pii.email", "quality.order"]


def test_documents_are_shown_on_both_sides_of_a_threshold(read: Curation):
    quality, email = around_thresholds(read)
    assert (quality.name, quality.side, quality.value) == ("quality", "minimum", 0.5)
    assert [(card.title, card.reason) for card in quality.outside] == [("poor.html", "low quality")]
    assert len(quality.inside) == EACH
    assert all(len(card.pieces) == 2 for card in quality.inside), "an excerpt and a picture"
    assert (email.outside, [card.scores["pii.email"] for card in email.inside]) == ([], [2.0])


@given(st.lists(st.none() | st.integers(0, 10), max_size=60), st.integers(0, 10), st.booleans())
def test_the_nearest_on_either_side_are_those_that_sorting_would_find(values: list, bound: int, low: bool):
    columns = {"key": [f"{n:032x}" for n in range(len(values))], "language": ["en"] * len(values)}
    rows = pa.table({**columns, "scores.x": pa.array(values, pa.float64())})
    table = Table(rows, np.zeros(len(values), bool), SELECT)
    outside, inside = _nearest(table, "x", "minimum" if low else "maximum", bound)
    signed = {n: (value - bound) * (1 if low else -1) for n, value in enumerate(values) if value is not None}
    nearest = sorted(signed, key=lambda n: (abs(signed[n]), n))
    assert outside.tolist() == [n for n in nearest if signed[n] < 0][:EACH]
    assert inside.tolist() == [n for n in nearest if signed[n] >= 0][:EACH]


def test_a_language_with_a_bound_of_its_own_is_compared_with_that():
    scores = {"scores.quality": [0.2, 0.4, 0.6, 0.8], "language": ["en", "de", "en", "de"]}
    rows = pa.table({"key": [f"{n:032x}" for n in range(4)], **scores})
    asked = {"scores": {"quality": {"minimum": 0.5, "languages": {"de": {"minimum": 0.3}}}}}
    table = Table(rows, np.zeros(4, bool), SelectSettings.model_validate(asked))
    assert [side.tolist() for side in _nearest(table, "quality", "minimum", 0.5)] == [[0], [2]]
    assert [side.tolist() for side in _nearest(table, "quality", "minimum", 0.3)] == [[], [1, 3]]


def test_the_report_and_select_tell_the_same(folder: Path, read: Curation):
    change = compare(str(folder), SELECT)
    assert (change.kept, change.entering, change.leaving) == ((5, 5), 0, 0)
    assert change.rejected == {"low quality": (1, 1)}
    assert read.documents.kept == 5


# --- samples ---


def test_near_duplicates_stand_side_by_side_with_their_difference(read: Curation):
    [pair] = near_duplicates(read)
    assert (pair.kept.title, pair.dropped.title, pair.share) == ("page2.html", "near.html", "0.93")
    assert [run.strip() for run, same in pair.dropped.runs if not same] == ["changed"]
    assert all(same for _, same in pair.kept.runs)


@given(*[st.lists(st.sampled_from(["a ", "b ", "c "]), max_size=40)] * 2)
def test_what_both_have_is_the_same_on_both_sides(first: list[str], second: list[str]):
    runs = _differences(first, second)
    texts = ["".join(run for run, _ in side) for side in runs]
    if first == second:
        assert all(same for side in runs for _, same in side)
    if not texts[0].startswith("…") and not texts[1].startswith("…"):
        same = ["".join(run for run, same in side if same) for side in runs]
        assert same[0] == same[1]
        assert texts == ["".join(first), "".join(second)]


def test_rejected_documents_are_shown_as_the_last_stage_wrote_them(read: Curation):
    cards = {card.reason: card for card in rejected_cards(read)}
    assert cards["select: low quality"].scores["quality"] == 0.1
    assert cards["deduplicate: near duplicate"].pieces
    assert cards["deduplicate: exact duplicate"].title == "same.html"
    assert not cards["clean: too few words"].pieces


def test_a_small_image_is_shown_and_one_of_the_web_never_asked_for(read: Curation):
    cuts = {cut.reason: cut for cut in cut_images(read)}
    assert cuts["small"].picture is not None
    assert cuts["http 404"].picture is None


def test_addresses_are_shown_from_what_they_have_in_common_on(folder: Path, read: Curation):
    assert read.root == f"{folder.parent}/pages/"


def test_of_many_rejects_only_the_first_of_each_reason_are_held(tmp_path: Path):
    rows = [
        {"kind": kind, "uri": f"{n:04}", "stage": "clean", "reason": f"r{n % 2}", "detail": "", "dataset": "web"}
        for n in range(400)
        for kind in ("document", "text")
    ]
    pq.write_table(pa.Table.from_pylist(rows[::-1], REJECT_SCHEMA), tmp_path / "a.parquet", row_group_size=100)
    reasons, examples = read_rejects([str(tmp_path)])
    assert {(each.kind, each.reason): each.count for each in reasons} == {
        (kind, reason): 200 for kind in ("document", "text") for reason in ("r0", "r1")
    }
    assert [row["uri"] for row in examples if row["reason"] == "r1"] == [f"{2 * n + 1:04}" for n in range(PER_REASON)]
    assert {row["kind"] for row in examples} == {"document"}
