"""Which documents a recorded trajectory becomes, and what they say."""

from collections import Counter

import pytest

from curation.document import Extent, Point, Text
from synth.convert.converted import Converted
from synth.convert.trajectories.elements import elements
from tests.synth.convert import recorded
from tests.synth.convert.recorded import SIZE
from tests.synth.convert.steps import actions_of, convert, converted, rows_of, views_of

WIDTH, HEIGHT = SIZE


def test_a_whole_trajectory_is_a_conversation(recordings):
    [document] = views_of(convert(recordings["android_control"]), "trajectory")
    assert [turn.role for turn in document.turns] == ["system", *["user", "assistant"] * 6]
    assert any(isinstance(part, Extent) for part in document.turns[0].parts)
    assert "Sign in to the mail app as Ann" in document.turns[1].text
    assert document.turns[3].text == "<tool_response>\n\n</tool_response>"
    found = [actions_of(turn)[1][0].name for turn in document.turns if turn.role == "assistant"]
    assert found == ["open", "click", "type", "swipe", "system_button", "terminate"]
    assert document.task == "agent"


def test_a_step_that_is_lost_cuts_the_trajectory(recordings, tmp_path):
    episode = recorded.android_control()
    episode["actions"][2] = {"action_type": "pinch"}
    path = recorded.write_lines(tmp_path / "a.jsonl", [episode])
    made = convert({**recordings["android_control"], "episodes": path})
    first, second = views_of(made, "trajectory")
    assert (len(first.media), len(second.media)) == (2, 3)
    assert made.dropped == {"no counterpart": 1}
    assert "3. Type the name" in second.turns[1].text  # it was done all the same


def test_a_long_trajectory_is_cut_and_told_in_words(recordings):
    made = convert(recordings["android_control"], screens=3, past=2)
    first, second = views_of(made, "trajectory")
    assert (len(first.media), len(second.media)) == (3, 3)
    assert "1. Tap on sign in\n2. Type the name" in second.turns[1].text
    assert "Open the mail app" not in second.turns[1].text


def test_what_was_done_before_is_told_without_places(recordings):
    for document in views_of(convert(recordings["aitw"]), "step"):
        words = document.turns[1].text
        assert not any(number in words for number in ("54", "60", "192"))
    assert '1. click the icon magnifying glass\n2. type "pizza near me"\n3. press Enter\n4. swipe up' in words


def test_answers_say_what_they_do_where_it_is_known(recordings):
    def said(made: Converted) -> list[str]:
        [document] = views_of(made, "trajectory")
        return [actions_of(turn)[0] for turn in document.turns if turn.role == "assistant"]

    spoken = said(convert(recordings["android_control"], said=1.0))
    assert spoken[:2] == ["Open the mail app", "Tap on sign in"]
    assert all(spoken)
    assert not any(said(convert(recordings["android_control"], said=0.0)))
    assert not any(said(convert(recordings["aitw"], said=1.0)))  # nobody said anything


def test_an_instruction_that_takes_several_actions_is_not_asked_for_one(recordings, tmp_path):
    episode = recorded.android_control()
    episode["step_instructions"][2] = episode["step_instructions"][1]
    path = recorded.write_lines(tmp_path / "a.jsonl", [episode])
    made = convert({**recordings["android_control"], "episodes": path})
    assert len(views_of(made, "instruction")) == 3
    assert len(views_of(convert(recordings["android_control"]), "instruction")) == 5


def test_instructions_of_mind2web_are_its_representations(recordings):
    first, second, *_ = views_of(convert(recordings["mind2web"]), "instruction")
    assert 'lick the link "Lamps".' in first.turns[1].text
    assert 'ype "blue lamp" into the textbox "Search".' in second.turns[1].text


def test_the_pressed_element_is_asked_for_by_its_name(recordings):
    places = set()
    for seed in range(8):
        [document] = views_of(convert(recordings["android_control"], seed), "element")
        assert "Sign in" in document.turns[0].text
        [place] = [part for part in document.turns[1].parts if not isinstance(part, Text)]
        places.add((place.x, place.y) if isinstance(place, Point) else (place.x1, place.y1, place.x2, place.y2))
    assert places == {(70, 110), (50, 100, 90, 120)}


def test_screens_of_other_sizes_tell_their_resolution(recordings, tmp_path):
    names = recorded.mind2web_screens()
    screens = recorded.write_screens(tmp_path / "screens", names)
    (screens / names[1]).write_bytes(recorded.screenshot(1, (WIDTH, 2 * HEIGHT)))
    [document] = views_of(convert({**recordings["mind2web"], "images": [str(screens)]}, screens=2), "trajectory")[:1]
    assert document.turns[3].parts[:3] == (
        Text("<tool_response>\nThe screen's resolution is now "),
        Extent(1),
        Text(".\n"),
    )


def test_the_order_of_rows_decides_nothing_and_the_seed_does(recordings):
    rows = rows_of(recordings["aitw"])
    one, other = (converted(recordings["aitw"], "1099", some) for some in (rows, rows[::-1]))
    assert [document.to_json() for document, _ in one.samples] == [document.to_json() for document, _ in other.samples]
    keys = {tuple(item.key for item in views_of(convert(recordings["aitw"], seed), "step")) for seed in range(5)}
    assert len(keys) == 5


def test_wordings_vary_and_documents_claim_no_proof(recordings):
    made = [document for seed in range(20) for document, _ in convert(recordings["gui_odyssey"], seed).samples]
    assert {document.proof.__len__() for document in made} == {0}
    assert {document.source.generator for document in made} == {"human_labels.gui_odyssey/1"}
    asked = Counter(document.turns[1].text for document in made if "/step/0" in document.source.uri)
    assert len(asked) > 10


def test_a_tap_is_told_by_the_word_that_it_hit(recordings, tmp_path):
    steps = recorded.aitw()
    steps[0] |= {"results/yx_touch": [0.21, 0.41], "results/yx_lift": [0.21, 0.41]}
    made = convert({**recordings["aitw"], "steps": recorded.write_lines(tmp_path / "a.jsonl", steps)})
    assert '1. click "Search"\n' in views_of(made, "step")[1].turns[1].text
    [document] = views_of(made, "element")
    assert "Search" in document.turns[0].text
    [place] = [part for part in document.turns[1].parts if not isinstance(part, Text)]
    box = (43.2, 48, 75.6, 72)
    found = (place.x, place.y) if isinstance(place, Point) else (place.x1, place.y1, place.x2, place.y2)
    assert found == pytest.approx((59.4, 60) if isinstance(place, Point) else box)
    steps[0]["image/ui_annotations_text"] = ["Search"]
    made = convert({**recordings["aitw"], "steps": recorded.write_lines(tmp_path / "b.jsonl", steps)})
    assert "1. click on the screen\n" in views_of(made, "step")[1].turns[1].text


def test_elements_of_a_tree_in_either_spelling():
    tree = recorded.tree()
    [window] = tree["windows"]
    plain = [
        {
            "bounds_in_screen": node.get("boundsInScreen"),
            "text": node.get("text", ""),
            "content_description": node.get("contentDescription", ""),
            "is_visible_to_user": node.get("isVisibleToUser", True),
        }
        for node in window["tree"]["nodes"]
    ]
    assert elements(tree) == elements({"nodes": plain}) == elements([{"nodes": plain}])
    assert elements(tree) == [("Account", [20, 90, 100, 130]), ("Sign in", [50, 100, 90, 120])]
    assert elements("nothing") == elements({"windows": 3}) == elements(None) == []
