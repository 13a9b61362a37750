"""The synthetic section of a report: galleries, distributions, near-duplicates, lies."""

import re
from pathlib import Path

import numpy as np
import pytest

from curation.document import Box, Document, Image, Media, Point, Source, Text, Turn
from curation.shard import ShardSet
from pipelines import cli, synthesize
from pipelines.report import data
from pipelines.report.page import ReportConfig, report
from pipelines.report.synthetic.facts import facts
from pipelines.report.synthetic.gallery import SHOWN, Said, chosen, gallery, shown
from pipelines.report.synthetic.likeness import likeness
from pipelines.report.synthetic.marks import marks
from pipelines.synthesize import SynthConfig
from synth import generators
from synth.listing import listing
from tests.conftest import media_of, png, write_shards
from tests.pipelines.squares import ROWS

RECIPES = {
    "small": {"generator": "squares", "seeds": 30, "settings": {"unproven": 0.1, "raising": 0.05}},
    "large": {"generator": "squares", "seeds": 20, "settings": {"side": 224, "most": 8}},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        for name, row in ROWS.items():
            patch.setitem(generators.GENERATORS, name, row)
        synthesize.run(SynthConfig.model_validate({"output": str(root / "synth"), "recipes": RECIPES}))
        folders = [str(root / "synth" / name) for name in RECIPES]
        assert cli.main(["verify", *folders, "--mutate", "4", "--json", str(root / "lies.json")]) == 0
    return root


@pytest.fixture(scope="module")
def page(world) -> str:
    config = ReportConfig(output=world / "report", synth=str(world / "synth"), mutations=world / "lies.json")
    return report(config).read_text()


def test_a_recipe_has_a_row_a_gallery_and_its_rejects_with_the_evidence(world, page):
    large, small = data.read_splits(str(world / "synth"))
    assert large.documents == data.Balance(40, 40, 0)
    assert small.documents.holds
    assert small.documents.gone == len(small.rejects) > 0
    assert f"of {40 + small.documents.came} generated, by 2 recipes" in page
    assert page.count("<article") == 2 * SHOWN
    assert 'id="gallery-small"' in page
    assert "room: there is no room for a square" in page
    assert "IndexError: a generator has a bug" in page


def test_lies_are_told_of_by_generator(page):
    assert re.search(r"<td>squares</td><td>claimed box_moved</td><td class=\"n\">8</td><td class=\"n\">8</td>", page)
    assert "lies found" in page


def test_boxes_are_drawn_where_they_are(world, page):
    shards = ShardSet(str(world / "synth/small"))
    for document in (shards.read(row) for row in chosen(shards, SHOWN)):
        for box in (part for part in document.parts() if isinstance(part, Box)):
            sizes = f'width="{box.x2 - box.x1}" height="{box.y2 - box.y1}"'
            assert f'<rect x="{box.x1}" y="{box.y1}" {sizes}' in page


def test_the_page_has_no_script_and_asks_for_nothing(page):
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_equal_inputs_give_equal_bytes(world, page, tmp_path):
    config = ReportConfig(output=tmp_path, synth=str(world / "synth"), mutations=world / "lies.json")
    assert report(config).read_text() == page


# --- galleries ---


def document(*turns: Turn, task: str = "html", count: int = 1) -> Document:
    pictures = tuple(Media("image", "png", 112, 112, f"{number:064}", "p") for number in range(count))
    return Document(turns, pictures, task=task, source=Source(seed=3))


def test_marks_are_labelled_by_json_and_by_html_elements():
    said = (
        *(Text('[{"bbox_2d": '), Box(0, 1, 2, 30, 40), Text(', "label": "cat"}, {"bbox_2d": '), Box(0, 5, 5, 9, 9)),
        *(Text(', "label": "dog"}]\n<h1 data-bbox="'), Box(0, 2, 2, 8, 8, "html"), Text('">Title</h1>')),
        *(Text('<div class="chart" data-bbox="'), Box(0, 3, 3, 8, 8, "html"), Text('"></div>')),
    )
    found = {mark.at: mark for mark in marks(document(Turn(None, (Image(0), *said))), 0)}
    assert {at: mark.label for at, mark in found.items()} == {
        (1, 2, 30, 40): "cat",
        (5, 5, 9, 9): "dog",
        (2, 2, 8, 8): "h1",
        (3, 3, 8, 8): "chart",
    }
    assert len({mark.colour for mark in found.values()}) == 4


@pytest.mark.parametrize("form", ["json", "xml", "plain"])
def test_lists_of_labelled_places_are_understood_in_every_form(form):
    labelled = [('the "Save" button', Box(0, 1, 2, 30, 40, form)), ("a & b", Point(0, 5, 6, form))]
    turns = Turn("user", (Image(0), Text("Where?"))), Turn("assistant", listing(labelled, form))
    assert {mark.label for mark in marks(document(*turns), 0)} == {'the "Save" button', "a & b"}


def test_elements_are_called_by_role_name_and_state():
    said = (Text('[{"bbox_2d": '), Box(0, 1, 2, 30, 40), Text(', "role": "link", "name": "Pages", "state": "open"}, {'))
    rest = (Text('"bbox_2d": '), Box(0, 5, 5, 9, 9), Text(', "role": "image"}]'))
    found = marks(document(Turn("assistant", (Image(0), *said, *rest))), 0)
    assert [mark.label for mark in found] == ["link Pages open", "image"]


def test_four_points_side_by_side_are_a_quadrilateral_and_others_are_points():
    corners = [Point(0, 1, 1), Point(0, 9, 2), Point(0, 9, 8), Point(0, 1, 7)]
    said = [part for corner in corners for part in (corner, Text(", "))]
    turn = Turn("assistant", (Image(0), Text("["), *said[:-1], Text("] and "), Point(0, 20, 20)))
    assert [mark.at for mark in marks(document(turn), 0)] == [(1, 1, 9, 2, 9, 8, 1, 7), (20, 20)]


def test_marks_are_those_of_their_own_picture():
    turn = Turn(None, (Image(0), Image(1), Box(1, 1, 2, 3, 4)))
    assert list(marks(document(turn, count=2), 0)) == []
    assert [mark.at for mark in marks(document(turn, count=2), 1)] == [(1, 2, 3, 4)]


def test_html_is_shown_as_code_and_a_page_of_it_as_a_page():
    def answered(words: str) -> Said:
        answer = Turn("assistant", (Text('<p data-bbox="'), Box(0, 1, 2, 3, 4, "html"), Text(f'">{words}</p>')))
        return shown(document(Turn("user", (Image(0), Text("As HTML, with data-bbox!"))), answer)).chat[1]

    assert answered("Hello") == Said("assistant", '<p data-bbox="1 2 3 4">Hello</p>')
    page = answered("Hello. " * 100)
    assert page.html == page.text == f'<p data-bbox="1 2 3 4">{"Hello. " * 100}</p>'


def test_every_task_is_shown(tmp_path):
    data = png()
    tasks = ["page"] * 40 + ["table"] * 2
    samples = [
        (Document((Turn(None, (Image(0), Text(str(n)))),), (media_of(data),), task=task), [data])
        for n, task in enumerate(tasks)
    ]
    shards = write_shards(tmp_path, samples, per_shard=50)
    assert [tasks[row] for row in chosen(shards, 6)] == ["page"] * 3 + ["table"] * 2


def test_media_that_no_turn_shows_stand_apart(world):
    [split] = [each for each in data.read_splits(str(world / "synth")) if each.name == "large"]
    for each in gallery(split):
        assert (len(each.pictures), len(each.proofs)) == (1, 1)
        assert each.checks["boxes"]


# --- what they are like ---


def test_facts_are_those_of_the_documents(world):
    large = next(split for split in data.read_splits(str(world / "synth")) if split.name == "large")
    found = facts(large)
    assert set(found.sides) == {224}
    assert set(found.box_sides) == {20}
    assert found.boxes.sum() == sum(isinstance(part, Box) for each in large.shards for part in each.parts())
    assert found.tasks == {"grounding": 40}
    assert found.rate > 0


def planted(folder: Path, pictures: list[bytes], texts: list[str]) -> data.Split:
    samples = []
    for number, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        source = Source(dataset="planted", seed=number)
        turns = (Turn("user", (Image(0),)), Turn("assistant", (Text(text),)))
        samples.append((Document(turns, (media_of(picture),), source=source), [picture]))
    shards = write_shards(folder, samples, per_shard=100)
    return data.Split("planted", "none/1", data.Balance(len(samples), len(samples), 0), [], [], shards, 1.0)


def test_planted_copies_are_counted_and_others_are_not(tmp_path):
    rng = np.random.default_rng(5)
    words = np.array([f"word{number}" for number in range(500)])
    texts = [" ".join(rng.choice(words, 40)) for _ in range(20)]
    pictures = [png(64, 64, seed=number) for number in range(20)]
    texts[7], pictures[11], pictures[12] = texts[3] + " more", pictures[2], pictures[2]
    compared, [row] = likeness([planted(tmp_path, pictures, texts)])
    assert compared == 20
    assert (row.pictures, row.pictures_by_chance) == (3, 0)
    assert (row.texts, row.texts_by_chance) == (2, 0)


def test_samples_of_one_seed_are_not_compared(world):
    splits = data.read_splits(str(world / "synth"))
    _, rows = likeness(splits)
    views = {row.recipe: row.pictures for row in rows if row.recipe == row.other}
    assert views["large"] < 40  # each picture is there twice, once for each view
