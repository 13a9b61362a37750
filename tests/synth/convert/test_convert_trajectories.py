"""Recorded trajectories in the published layouts: the same calls in pixels of the stored screenshots."""

import io
import json

import PIL.Image
import pytest

from curation.document import Document, Image, Point
from synth.agent.actions.action import Action
from synth.convert.trajectories import android_control, odyssey
from tests.conftest import encode
from tests.synth.convert import recorded
from tests.synth.convert.recorded import SIZE
from tests.synth.convert.steps import convert, done

WIDTH, HEIGHT = SIZE


# --- every action as a call ---


def test_android_control(recordings):
    assert done(convert(recordings["android_control"])) == [
        [{"action": "open", "text": "Mail"}],
        [{"action": "click", "coordinate": [70, 110]}],
        [{"action": "type", "text": "Ann\n"}],
        [{"action": "swipe", "coordinate": [54, 168], "coordinate2": [54, 72]}],  # down the page: the finger goes up
        [{"action": "system_button", "button": "Back"}],
        [{"action": "terminate", "status": "success"}],
    ]


def test_android_in_the_wild(recordings):
    assert done(convert(recordings["aitw"])) == [
        [{"action": "click", "coordinate": [54, 60]}],
        [{"action": "type", "text": "pizza near me"}],
        [{"action": "system_button", "button": "Enter"}],
        [{"action": "swipe", "coordinate": [54, 192], "coordinate2": [48.6, 48]}],
        [{"action": "system_button", "button": "Back"}],
        [{"action": "system_button", "button": "Home"}],
        [{"action": "terminate", "status": "success"}],
    ]


def test_mind2web(recordings):
    made = convert(recordings["mind2web"])
    assert done(made) == [
        [{"action": "left_click", "coordinate": [25, 40]}],
        [{"action": "left_click", "coordinate": [15.5, 105]}, {"action": "type", "text": "blue lamp"}],
        [{"action": "mouse_move", "coordinate": [70, 70]}],
        [{"action": "key", "keys": ["enter"]}],
    ]
    assert (made.kept, made.dropped) == (4, {"no counterpart": 1})  # no screenshot shows the opened list


def test_gui_odyssey(recordings):
    assert done(convert(recordings["gui_odyssey"])) == [
        [{"action": "click", "coordinate": [54, 60]}],
        [{"action": "system_button", "button": "Menu"}],
        [{"action": "long_press", "coordinate": [10.8, 216], "time": 2}],
        [{"action": "swipe", "coordinate": [54, 192], "coordinate2": [56.16, 72]}],
        [{"action": "type", "text": "cheap flights"}],
        [{"action": "system_button", "button": "Home"}],
        [{"action": "terminate", "status": "success"}],
    ]


@pytest.mark.parametrize(
    ("direction", "finger"), [("down", "up"), ("up", "down"), ("left", "right"), ("right", "left")]
)
def test_a_scroll_moves_the_finger_against_the_view(direction, finger):
    def way(scroll: str) -> str | None:
        [call] = android_control.calls({"action_type": "scroll", "direction": direction}, scroll)
        return Action.from_json({name: call[name] for name in ("name", "arguments")}).direction()

    assert (way("view"), way("finger")) == (finger, direction)


def test_typing_that_clicks_and_enters_is_three_calls_of_one_turn():
    made = android_control.calls({"action_type": "type", "x": 3, "y": 4, "text": "a"})
    assert [call["arguments"]["action"] for call in made] == ["click", "type", "system_button"]


@pytest.mark.parametrize(
    ("action", "info", "called"),
    [
        ("BACK", "", {"action": "system_button", "button": "Back"}),
        ("HOME", "", {"action": "system_button", "button": "Home"}),
        ("TYPE", "hello", {"action": "type", "text": "hello"}),
        ("INCOMPLETE", "", {"action": "terminate", "status": "failure"}),
        ("IMPOSSIBLE", "", {"action": "terminate", "status": "failure"}),
        ("CLICK", [500, 500], {"action": "click", "coordinate": [0.5, 0.5]}),
    ],
)
def test_other_spellings_of_gui_odyssey(action, info, called):
    assert odyssey.call(action, info)["arguments"] == called


def test_slashes_or_not_the_fields_of_aitw_are_the_same(recordings, tmp_path):
    path = recorded.write_lines(tmp_path / "steps.jsonl", recorded.aitw(slash="_"))
    assert done(convert({**recordings["aitw"], "steps": path})) == done(convert(recordings["aitw"]))


def test_actions_of_multimodal_mind2web_are_the_same_task(recordings, tmp_path):
    task = recorded.mind2web()
    rows = [
        {
            **{name: task[name] for name in ("annotation_id", "confirmed_task", "action_reprs")},
            **{name: action[name] for name in ("action_uid",)},
            "operation": json.dumps(action["operation"]),
            "pos_candidates": [json.dumps(item) for item in action["pos_candidates"]],
            "target_action_index": str(number),
        }
        for number, action in enumerate(task["actions"])
    ]
    path = recorded.write_lines(tmp_path / "rows.jsonl", rows[::-1])
    one, other = convert(recordings["mind2web"]), convert({**recordings["mind2web"], "tasks": path})
    assert [document.to_json() for document, _ in one.samples] == [document.to_json() for document, _ in other.samples]


# --- places on the stored screenshot ---


def test_screenshots_that_were_made_smaller_keep_their_places(recordings, tmp_path):
    half = recorded.write_screens(tmp_path / "half", recorded.android_screens(), (WIDTH // 2, HEIGHT // 2))
    made = convert({**recordings["android_control"], "images": [str(half)]})
    assert done(made)[1] == [{"action": "click", "coordinate": [35, 55]}]


def test_a_screenshot_of_another_shape_is_not_the_one_that_was_recorded(recordings, tmp_path):
    screens = recorded.write_screens(tmp_path / "screens", recorded.android_screens())
    (screens / "7_1.png").write_bytes(recorded.screenshot(1, (HEIGHT, WIDTH)))
    (screens / "7_3.png").unlink()
    (screens / "7_4.png").write_bytes(recorded.screenshot(4)[:300])
    made = convert({**recordings["android_control"], "images": [str(screens)]})
    assert made.kept == 3
    assert made.dropped == {"size": 1, "missing": 1, "truncated": 1}


def test_a_turned_screenshot_has_its_places_turned(recordings, tmp_path):
    """Stored on its side, with EXIF data that turn it upright, it is seen as it was recorded."""
    screens = recorded.write_screens(tmp_path / "screens", recorded.android_screens())
    image = PIL.Image.open(io.BytesIO((screens / "7_1.png").read_bytes())).convert("RGB")
    exif = PIL.Image.Exif()
    exif[274] = 6
    (screens / "7_1.png").write_bytes(encode(image.rotate(90, expand=True), "JPEG", exif=exif))
    assert done(convert({**recordings["android_control"], "images": [str(screens)]}))[1] == [
        {"action": "click", "coordinate": [70, 110]}
    ]


@pytest.mark.parametrize(
    ("place", "kept"),
    [((0, 0), (0, 0)), ((108, 240), (107, 239)), ((107.5, 239.5), (107, 239)), ((-0.5, 3), (0, 3)), ((110, 3), None)],
)
def test_a_slip_at_the_edge_is_mended_and_a_place_outside_is_dropped(recordings, tmp_path, place, kept):
    episode = recorded.android_control()
    episode["actions"][1] |= {"x": place[0], "y": place[1]}
    made = convert({**recordings["android_control"], "episodes": recorded.write_lines(tmp_path / "a.jsonl", [episode])})
    if kept is None:
        assert made.dropped == {"outside": 1}
    else:
        assert done(made)[1] == [{"action": "click", "coordinate": list(kept)}]


def test_extents_and_places_belong_to_the_screenshot_that_is_shown(recordings):
    for name in recordings:
        for document, contents in convert(recordings[name]).samples:
            assert len(contents) == len(document.media)
            shown = document.images_shown()
            assert shown == list(range(len(document.media)))
            latest = None
            for turn in document.turns:
                for part in turn.parts:
                    latest = part.media if isinstance(part, Image) else latest
                    assert not isinstance(part, Point) or part.image == latest
            assert Document.from_json(document.to_json()) == document
