"""Screens: what is asked and answered of them, and what their proof is worth."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from curation.document import Box, Point
from curation.errors import UserError
from synth.generate import samples
from synth.gui.model import Screen
from synth.gui.proof import lies
from synth.gui.real import RealScreens, RealScreenSettings
from synth.gui.sizes import PLATFORMS, SizeSettings, draw_size
from synth.gui.view import answers, facts, views, wording
from synth.gui.view.refer import Names
from synth.mutation import judge
from synth.prove import prove
from synth.sample import Sample, Unproven


@pytest.fixture(scope="module")
def made(real):
    """Samples of some seeds, audits included."""
    found = [sample for seed in range(4) for sample in samples(real, "screens", seed, audit=1.0)]
    refused = [sample for sample in found if isinstance(sample, Unproven)]
    assert not refused, refused
    return [sample for sample in found if isinstance(sample, Sample)]


def of_kind(made, kind):
    return [sample for sample in made if sample.document.proof["view"] == kind]


def claims(sample):
    return copy.deepcopy(sample.document.proof["claims"])


def test_many_kinds_of_views_are_made(made):
    kinds = {sample.document.proof["view"] for sample in made}
    assert {"list", "find", "point", "act", "refuse", "ocr", "caption", "count", "describe"} <= kinds
    assert {sample.document.task for sample in made} == {"grounding", "gui", "ocr", "caption"}


def test_equal_seeds_give_equal_screens(real):
    one, other = ([s for s in samples(real, "screens", 3) if isinstance(s, Sample)] for _ in range(2))
    assert [sample.document.key for sample in one] == [sample.document.key for sample in other]
    assert len(one) > 4


def test_pictures_are_not_resized_by_a_processor(made):
    for sample in made:
        assert all(media.width % 28 == media.height % 28 == 0 for media in sample.document.media)


def test_sizes_stay_within_their_budget():
    rng = np.random.default_rng(0)
    settings = SizeSettings(pixels=(250_000, 900_000))
    for platform in PLATFORMS:
        for _ in range(60):
            size = draw_size(rng, platform, settings)
            width, height = (side * size.scale for side in size.css)
            assert 250_000 <= width * height <= 900_000
            assert width % 28 == height % 28 == 0


def test_points_hit_the_element_in_the_buffer(made):
    tried = 0
    for sample in made:
        screen = Screen(claims(sample))
        for node in screen.nodes:
            if node["point"]:
                x, y = node["point"]
                box = node["box"]
                assert box[0] <= x < box[2]
                assert box[1] <= y < box[3]
                tried += 1
    assert tried > 50


def test_places_in_documents_are_numbers_never_text(made):
    for kind, part in (("find", Box), ("point", Point), ("list", Box), ("act", Point)):
        for sample in of_kind(made, kind):
            said = sample.document.turns[-1]
            assert any(isinstance(each, part) for each in said.parts)
            assert all(each.image == 0 for each in said.parts if isinstance(each, part))


def test_equal_names_are_told_apart_by_what_they_belong_to(made):
    screens = [Screen(claims(sample)) for sample in made]
    several = [
        (screen, edits)
        for screen in screens
        if len(edits := [node for node in screen.shown() if node["name"] == "Edit" and node["seen"] == "visible"]) > 1
    ]
    screen, edits = several[0]
    names = Names(screen)
    calls = [names.call(node) for node in edits]
    assert all(call and ("of" in call or "place" in call) for call in calls)
    assert [names.meant(call)[0]["id"] for call in calls if call] == [node["id"] for node in edits]


def test_refusals_are_certified(made):
    reasons = set()
    for sample in of_kind(made, "refuse"):
        view = claims(sample)["view"]
        screen = Screen(claims(sample))
        meant = Names(screen).meant(view["call"])
        reason = view["said"][0]
        reasons.add(reason)
        if reason == "absent":
            assert not meant
        elif reason == "covered":
            assert [node["seen"] for node in meant] == ["covered"]
        else:
            assert meant[0]["states"]["disabled"]
    assert len(reasons) > 1


def test_text_of_the_whole_screen_has_every_line(made):
    for sample in of_kind(made, "ocr"):
        said = sample.document.turns[-1].text.split("\n")
        assert "Storage room" in said
        assert "There are 37 boxes on shelf 4." in said
        assert said.index("Storage room") < said.index("There are 37 boxes on shelf 4.")


def test_answers_follow_from_the_elements_alone(made):
    for sample in made:
        told = claims(sample)
        screen = Screen(told)
        assert answers.answer(screen, Names(screen), told["view"]) == told["view"]["said"]


def test_lies_are_found(real, made):
    rng = np.random.default_rng(4)
    chosen = [made[at] for at in rng.choice(len(made), 6, replace=False).tolist()]
    verdicts = [verdict for sample in chosen for verdict in judge(sample.document, sample.contents, real.checker, rng)]
    assert len(verdicts) > 100
    assert [verdict.lie for verdict in verdicts if not verdict.found_by] == []


@pytest.mark.parametrize("lie", ["box_moved", "point_moved", "text_letter", "covered_clickable", "offscreen_visible",
                                 "element_left_out", "element_invented", "line_left_out", "said_covered"])  # fmt: skip
def test_pixels_alone_find_lies_about_places_and_texts(real, made, lie):
    """Without the costly look at a fresh browser."""
    rng = np.random.default_rng(8)
    tried = 0
    for sample in made[:40]:
        told = claims(sample)
        if lies.LIES[lie](told, rng):
            tried += 1
            changed = lies.resaid(told)
            proof = {**sample.document.proof, "claims": changed}
            document = replace(sample.document, turns=views.turns(changed), proof=proof)
            assert prove(document, sample.contents, real.checker, audit=False)
        if tried == 3:
            break
    assert tried


def test_a_page_that_was_changed_cannot_be_proved_again(real, made, tmp_path, site):
    (tmp_path / "room.html").write_text("<html><head></head><body>another page, long enough" + " " * 200)
    (tmp_path / "dialog.html").write_text("<html><head></head><body>another page, long enough" + " " * 200)
    checker = RealScreens.make_checker(real.settings(site=str(tmp_path)))
    with pytest.raises(UserError, match="is not the file"):
        prove(made[0].document, made[0].contents, checker, audit=True)


def test_a_folder_without_pages_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no \*\*/\*\.html there"):
        RealScreens(RealScreenSettings(site=str(tmp_path)))


def test_the_title_is_the_chief_heading(wilds):
    generator = RealScreens(RealScreenSettings.model_validate({"site": str(wilds), "acts": (0, 0)}))
    screen = Screen(next(generator.drafts(np.random.default_rng(3))).claims)
    titles = [fact["name"] for fact in facts.facts(screen, Names(screen)) if fact["fact"] == "title"]
    assert titles == ["Opening hours"]


@pytest.mark.parametrize("number", range(3))
def test_groups_are_asked_for_in_one_and_several(number):
    one, several = wording.GROUPS["elements"]
    (asked,) = wording.question("list", {"wording": number, "form": "json"}, {"role": one, "roles": several})
    assert several in asked.text or f"every {one} that" in asked.text


def test_ordinals_and_articles():
    assert [wording.ordinal(number) for number in (1, 11, 12, 21, 22, 33, 104)] == [
        *("first", "11th", "12th", "21st", "22nd", "33rd", "104th")
    ]
    assert wording.a("input field") == "an input field"
    assert wording.a("button") == "a button"


@pytest.mark.parametrize(("seen", "kind"), [
    ({"Mail": "visible", "Songs": "partly"}, "mail"), ({"Songs": "partly"}, "player"),
    ({"Mail": "visible", "Songs": "visible"}, ""), ({}, ""),
])  # fmt: skip
def test_a_caption_tells_of_the_window_in_front(seen, kind):
    apps = [{"name": "Mail", "kind": "mail"}, {"name": "Songs", "kind": "player"}]
    nodes = [
        {"id": at, "role": "region", "name": name, "seen": how, "whole": [0, 0, 9, 9], "clip": [0, 0, 9, 9]}
        for at, (name, how) in enumerate(seen.items(), 1)
    ]
    made_as = {"app": {"kind": "mail", "platform": "desktop", "apps": apps}}
    told = {"nodes": nodes, "words": [], "gaps": [], "fonts": [], "direction": "ltr", "tone": "", "made": made_as}
    screen = Screen({**told, "size": [99, 99], "language": "en"})
    assert facts.facts(screen, Names(screen))[0]["kind"] == kind


def test_bars_and_entries_are_read_before_what_is_below_them():
    """A bar with a text at each end, below it two entries of two lines beside a picture with a letter."""
    words, nodes, number = [], [], 0

    def node(up, role=""):
        nonlocal number
        number += 1
        nodes.append({"id": number, "up": up, "role": role, "whole": [0, 0, 9, 9], "clip": [0, 0, 9, 9]})
        return number

    def write(up, text, x, baseline):
        words.append([node(up), x, baseline, 60, text, 0])

    bar = node(0)
    write(bar, "9:41", 10, 20)
    write(bar, "82%", 700, 20)
    for name, top in (("A", 100), ("B", 200)):
        entry = node(0, "button")
        write(entry, name, 10, top + 20)
        write(entry, f"From {name}", 100, top + 10)
        write(entry, f"About {name}", 100, top + 30)
    told = {"nodes": nodes, "words": words, "gaps": [1] * len(words), "fonts": [["", 14]], "direction": "ltr"}
    lines = [text for text, _, _ in Screen({**told, "size": [800, 400]}).lines()]
    assert lines[:2] == ["9:41", "82%"]
    assert {*lines[2:5]} == {"A", "From A", "About A"}
