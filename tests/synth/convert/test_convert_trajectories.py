"""Recorded trajectories in the published layouts: the same calls in pixels of the stored screenshots, or a reason."""

import copy
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from curation.document import Document, Extent, Image, Point, Text, Turn
from curation.errors import MediaError, UserError
from synth.agent.actions import wire
from synth.agent.actions.action import Action
from synth.convert.converted import Converted, annotations
from synth.convert.layouts import How, Layout, converter
from synth.convert.moments.settings import MomentQuestions
from synth.convert.rows import Row, Tables
from synth.convert.settings import Questions, Rules
from synth.convert.sources import annotation_files
from synth.convert.trajectories import android_control, odyssey
from synth.convert.trajectories.elements import elements
from synth.convert.trajectories.settings import Views
from tests.conftest import encode
from tests.synth.convert import recorded
from tests.synth.convert.recorded import SIZE

WIDTH, HEIGHT = SIZE


def rows_of(settings: dict[str, Any]) -> list[Row]:
    return [row for file in annotation_files(TypeAdapter(Layout).validate_python(settings)) for row in file.rows()]


def convert(settings: dict[str, Any], seed: int = 0, **views: Any) -> Converted:
    """Of the one episode that there is."""
    rows = rows_of(settings)
    [name] = {row.image for row in rows}
    return converted(settings, name, rows, seed, **views)


def converted(settings: dict[str, Any], name: str, rows: list[Row], seed: int = 0, **views: Any) -> Converted:
    layout = TypeAdapter(Layout).validate_python(settings)
    how = How(Questions(), Rules(), Views(**views), MomentQuestions(), seed)
    return converter(layout, Tables(), how).convert(name, rows)


def views_of(made: Converted, view: str) -> list[Document]:
    return [document for document, _ in made.samples if f"/{view}/" in document.source.uri]


def actions_of(turn: Turn) -> tuple[str, list[Action]]:
    """What an assistant says and does, places in pixels of the stored screenshot."""
    texts = [part.text if isinstance(part, Text) else f"[{part.x!r}, {part.y!r}]" for part in turn.parts]
    said, actions = wire.read_all("".join(texts))
    return said, list(actions)


def done(made: Converted) -> list[list[dict[str, Any]]]:
    """The calls of each step."""
    return [[item.arguments() for item in actions_of(document.turns[-1])[1]] for document in views_of(made, "step")]


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> dict[str, dict[str, Any]]:
    return {item["layout"]: item for item in recorded.write_all(tmp_path_factory.mktemp("recorded"))}


# --- every action as a call ---


def test_android_control(sources):
    assert done(convert(sources["android_control"])) == [
        [{"action": "open", "text": "Mail"}],
        [{"action": "click", "coordinate": [70, 110]}],
        [{"action": "type", "text": "Ann\n"}],
        [{"action": "swipe", "coordinate": [54, 168], "coordinate2": [54, 72]}],  # down the page: the finger goes up
        [{"action": "system_button", "button": "Back"}],
        [{"action": "terminate", "status": "success"}],
    ]


def test_android_in_the_wild(sources):
    assert done(convert(sources["aitw"])) == [
        [{"action": "click", "coordinate": [54, 60]}],
        [{"action": "type", "text": "pizza near me"}],
        [{"action": "system_button", "button": "Enter"}],
        [{"action": "swipe", "coordinate": [54, 192], "coordinate2": [48.6, 48]}],
        [{"action": "system_button", "button": "Back"}],
        [{"action": "system_button", "button": "Home"}],
        [{"action": "terminate", "status": "success"}],
    ]


def test_mind2web(sources):
    made = convert(sources["mind2web"])
    assert done(made) == [
        [{"action": "left_click", "coordinate": [25, 40]}],
        [{"action": "left_click", "coordinate": [15.5, 105]}, {"action": "type", "text": "blue lamp"}],
        [{"action": "mouse_move", "coordinate": [70, 70]}],
        [{"action": "key", "keys": ["enter"]}],
    ]
    assert (made.kept, made.dropped) == (4, {"no counterpart": 1})  # no screenshot shows the opened list


def test_gui_odyssey(sources):
    assert done(convert(sources["gui_odyssey"])) == [
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


def test_slashes_or_not_the_fields_of_aitw_are_the_same(sources, tmp_path):
    path = recorded.write_lines(tmp_path / "steps.jsonl", recorded.aitw(slash="_"))
    assert done(convert({**sources["aitw"], "steps": path})) == done(convert(sources["aitw"]))


def test_actions_of_multimodal_mind2web_are_the_same_task(sources, tmp_path):
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
    one, other = convert(sources["mind2web"]), convert({**sources["mind2web"], "tasks": path})
    assert [document.to_json() for document, _ in one.samples] == [document.to_json() for document, _ in other.samples]


# --- places on the stored screenshot ---


def test_screenshots_that_were_made_smaller_keep_their_places(sources, tmp_path):
    half = recorded.write_screens(tmp_path / "half", recorded.android_screens(), (WIDTH // 2, HEIGHT // 2))
    made = convert({**sources["android_control"], "images": [str(half)]})
    assert done(made)[1] == [{"action": "click", "coordinate": [35, 55]}]


def test_a_screenshot_of_another_shape_is_not_the_one_that_was_recorded(sources, tmp_path):
    screens = recorded.write_screens(tmp_path / "screens", recorded.android_screens())
    (screens / "7_1.png").write_bytes(recorded.screenshot(1, (HEIGHT, WIDTH)))
    (screens / "7_3.png").unlink()
    (screens / "7_4.png").write_bytes(recorded.screenshot(4)[:300])
    made = convert({**sources["android_control"], "images": [str(screens)]})
    assert made.kept == 3
    assert made.dropped == {"size": 1, "missing": 1, "truncated": 1}


def test_a_turned_screenshot_has_its_places_turned(sources, tmp_path):
    """Stored on its side, with EXIF data that turn it upright, it is seen as it was recorded."""
    screens = recorded.write_screens(tmp_path / "screens", recorded.android_screens())
    image = PIL.Image.open(io.BytesIO((screens / "7_1.png").read_bytes())).convert("RGB")
    exif = PIL.Image.Exif()
    exif[274] = 6
    (screens / "7_1.png").write_bytes(encode(image.rotate(90, expand=True), "JPEG", exif=exif))
    assert done(convert({**sources["android_control"], "images": [str(screens)]}))[1] == [
        {"action": "click", "coordinate": [70, 110]}
    ]


@pytest.mark.parametrize(
    ("place", "kept"),
    [((0, 0), (0, 0)), ((108, 240), (107, 239)), ((107.5, 239.5), (107, 239)), ((-0.5, 3), (0, 3)), ((110, 3), None)],
)
def test_a_slip_at_the_edge_is_mended_and_a_place_outside_is_dropped(sources, tmp_path, place, kept):
    episode = recorded.android_control()
    episode["actions"][1] |= {"x": place[0], "y": place[1]}
    made = convert({**sources["android_control"], "episodes": recorded.write_lines(tmp_path / "a.jsonl", [episode])})
    if kept is None:
        assert made.dropped == {"outside": 1}
    else:
        assert done(made)[1] == [{"action": "click", "coordinate": list(kept)}]


def test_extents_and_places_belong_to_the_screenshot_that_is_shown(sources):
    for name in sources:
        for document, contents in convert(sources[name]).samples:
            assert len(contents) == len(document.media)
            shown = document.images_shown()
            assert shown == list(range(len(document.media)))
            latest = None
            for turn in document.turns:
                for part in turn.parts:
                    latest = part.media if isinstance(part, Image) else latest
                    assert not isinstance(part, Point) or part.image == latest
            assert Document.from_json(document.to_json()) == document


# --- views ---


def test_a_whole_trajectory_is_a_conversation(sources):
    [document] = views_of(convert(sources["android_control"]), "trajectory")
    assert [turn.role for turn in document.turns] == ["system", *["user", "assistant"] * 6]
    assert any(isinstance(part, Extent) for part in document.turns[0].parts)
    assert "Sign in to the mail app as Ann" in document.turns[1].text
    assert document.turns[3].text == "<tool_response>\n\n</tool_response>"
    found = [actions_of(turn)[1][0].name for turn in document.turns if turn.role == "assistant"]
    assert found == ["open", "click", "type", "swipe", "system_button", "terminate"]
    assert document.task == "agent"


def test_a_step_that_is_lost_cuts_the_trajectory(sources, tmp_path):
    episode = recorded.android_control()
    episode["actions"][2] = {"action_type": "pinch"}
    path = recorded.write_lines(tmp_path / "a.jsonl", [episode])
    made = convert({**sources["android_control"], "episodes": path})
    first, second = views_of(made, "trajectory")
    assert (len(first.media), len(second.media)) == (2, 3)
    assert made.dropped == {"no counterpart": 1}
    assert "3. Type the name" in second.turns[1].text  # it was done all the same


def test_a_long_trajectory_is_cut_and_told_in_words(sources):
    made = convert(sources["android_control"], screens=3, past=2)
    first, second = views_of(made, "trajectory")
    assert (len(first.media), len(second.media)) == (3, 3)
    assert "1. Tap on sign in\n2. Type the name" in second.turns[1].text
    assert "Open the mail app" not in second.turns[1].text


def test_what_was_done_before_is_told_without_places(sources):
    for document in views_of(convert(sources["aitw"]), "step"):
        words = document.turns[1].text
        assert not any(number in words for number in ("54", "60", "192"))
    assert '1. click the icon magnifying glass\n2. type "pizza near me"\n3. press Enter\n4. swipe up' in words


def test_answers_say_what_they_do_where_it_is_known(sources):
    def said(made: Converted) -> list[str]:
        [document] = views_of(made, "trajectory")
        return [actions_of(turn)[0] for turn in document.turns if turn.role == "assistant"]

    spoken = said(convert(sources["android_control"], said=1.0))
    assert spoken[:2] == ["Open the mail app", "Tap on sign in"]
    assert all(spoken)
    assert not any(said(convert(sources["android_control"], said=0.0)))
    assert not any(said(convert(sources["aitw"], said=1.0)))  # nobody said anything


def test_an_instruction_that_takes_several_actions_is_not_asked_for_one(sources, tmp_path):
    episode = recorded.android_control()
    episode["step_instructions"][2] = episode["step_instructions"][1]
    path = recorded.write_lines(tmp_path / "a.jsonl", [episode])
    made = convert({**sources["android_control"], "episodes": path})
    assert len(views_of(made, "instruction")) == 3
    assert len(views_of(convert(sources["android_control"]), "instruction")) == 5


def test_instructions_of_mind2web_are_its_representations(sources):
    first, second, *_ = views_of(convert(sources["mind2web"]), "instruction")
    assert 'lick the link "Lamps".' in first.turns[1].text
    assert 'ype "blue lamp" into the textbox "Search".' in second.turns[1].text


def test_the_pressed_element_is_asked_for_by_its_name(sources):
    places = set()
    for seed in range(8):
        [document] = views_of(convert(sources["android_control"], seed), "element")
        assert "Sign in" in document.turns[0].text
        [place] = [part for part in document.turns[1].parts if not isinstance(part, Text)]
        places.add((place.x, place.y) if isinstance(place, Point) else (place.x1, place.y1, place.x2, place.y2))
    assert places == {(70, 110), (50, 100, 90, 120)}


def test_screens_of_other_sizes_tell_their_resolution(sources, tmp_path):
    names = recorded.mind2web_screens()
    screens = recorded.write_screens(tmp_path / "screens", names)
    (screens / names[1]).write_bytes(recorded.screenshot(1, (WIDTH, 2 * HEIGHT)))
    [document] = views_of(convert({**sources["mind2web"], "images": [str(screens)]}, screens=2), "trajectory")[:1]
    assert document.turns[3].parts[:3] == (
        Text("<tool_response>\nThe screen's resolution is now "),
        Extent(1),
        Text(".\n"),
    )


def test_the_order_of_rows_decides_nothing_and_the_seed_does(sources):
    rows = rows_of(sources["aitw"])
    one, other = (converted(sources["aitw"], "1099", some) for some in (rows, rows[::-1]))
    assert [document.to_json() for document, _ in one.samples] == [document.to_json() for document, _ in other.samples]
    keys = {tuple(item.key for item in views_of(convert(sources["aitw"], seed), "step")) for seed in range(5)}
    assert len(keys) == 5


def test_wordings_vary_and_documents_claim_no_proof(sources):
    made = [document for seed in range(20) for document, _ in convert(sources["gui_odyssey"], seed).samples]
    assert {document.proof.__len__() for document in made} == {0}
    assert {document.source.generator for document in made} == {"human_labels.gui_odyssey/1"}
    asked = Counter(document.turns[1].text for document in made if "/step/0" in document.source.uri)
    assert len(asked) > 10


# --- what is wrong with a record ---


def test_a_duplicate_step_and_a_second_goal(sources, tmp_path):
    steps = recorded.aitw()
    path = recorded.write_lines(tmp_path / "a.jsonl", [*steps, steps[2]])
    assert convert({**sources["aitw"], "steps": path}).dropped == {"duplicate step": 1}
    path = recorded.write_lines(tmp_path / "b.jsonl", [*steps, {**steps[2], "step_id": 9, "goal_info": "another"}])
    with pytest.raises(MediaError, match="goals differ: 1099: 2 goals of one episode"):
        convert({**sources["aitw"], "steps": path})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"results/action_type": 0}, "no counterpart"),
        ({"results/action_type": True}, "no counterpart"),
        ({"results/yx_touch": [float("nan"), 0.5]}, "no place"),
        ({"results/yx_touch": [0.5]}, "no place"),
        ({"results/yx_touch": [0.5, 1.7]}, "outside"),
        ({"results/yx_touch": [-1.0, -1.0]}, "outside"),
        ({"results/action_type": 3, "results/type_action": ""}, "no text"),
        ({"image/width": 500}, "size"),
    ],
)
def test_a_step_that_cannot_be_used_has_its_reason(sources, tmp_path, change, reason):
    steps = recorded.aitw()
    steps[0] |= change
    made = convert({**sources["aitw"], "steps": recorded.write_lines(tmp_path / "a.jsonl", steps)})
    assert (made.kept, made.dropped) == (6, {reason: 1})


@pytest.mark.parametrize(
    ("rect", "reason"),
    [("-1,-1,-1,-1", "element not shown"), ("1,2,nan,4", "element not shown"), ("", "element not shown")],
)
def test_an_element_that_is_not_shown(sources, tmp_path, rect, reason):
    task = recorded.mind2web()
    task["actions"][0]["pos_candidates"] = [recorded.candidate(rect)]
    made = convert({**sources["mind2web"], "tasks": recorded.write_json(tmp_path / "a.json", [task])})
    assert made.dropped == {"no counterpart": 1, reason: 1}
    task["actions"][0]["pos_candidates"] = []
    made = convert({**sources["mind2web"], "tasks": recorded.write_json(tmp_path / "b.json", [task])})
    assert made.dropped == {"no counterpart": 1, "no element": 1}


def test_a_damaged_line_is_one_reject_and_a_damaged_list_stops_the_job(sources, tmp_path):
    good = json.dumps(recorded.android_control())
    (tmp_path / "a.jsonl").write_text(f"{good}\n{good[:200]}\n[1]\n\n{json.dumps({'goal': 'x'})}\n")
    rows = rows_of({**sources["android_control"], "episodes": str(tmp_path / "a.jsonl")})
    faults = {row.image: row.value["fault"] for row in rows if row.kind == "fault"}
    assert list(faults) == ["a.jsonl:1", "a.jsonl:2", "a.jsonl:3"]
    assert "not whole JSON" in faults["a.jsonl:1"][1]
    assert "a list, not a record" in faults["a.jsonl:2"][1]
    assert "episode_id, goal or actions lacking" in faults["a.jsonl:3"][1]
    (tmp_path / "a.json").write_text(f"[{good}, {good[:200]}")
    with pytest.raises(UserError, match=r"a.json: not whole JSON \(truncated or damaged\)"):
        rows_of({**sources["android_control"], "episodes": str(tmp_path / "a.json")})
    (tmp_path / "b.json").write_text(json.dumps(recorded.odyssey(), indent=1)[:-20])
    [row] = rows_of({**sources["gui_odyssey"], "annotations": str(tmp_path / "b.json")})
    assert row.kind == "fault"
    (tmp_path / "c.json").write_text(" ")
    with pytest.raises(UserError, match=r"c.json: an empty file"):
        rows_of({**sources["gui_odyssey"], "annotations": str(tmp_path / "c.json")})


JUNK = st.sampled_from(
    [None, float("nan"), float("inf"), -1, 1e12, "", "\ud800", "x", [], {}, True, [1], {"a": 1}, 10**30]
)


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """The value with something in it replaced by what does not belong there."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = value
        while True:
            keys = sorted(holder) if isinstance(holder, dict) else range(len(holder))
            if not keys:
                break
            key = draw(st.sampled_from(list(keys)))
            if isinstance(holder[key], dict | list) and holder[key] and draw(st.integers(0, 3)):
                holder = holder[key]
                continue
            holder[key] = copy.deepcopy(draw(JUNK))
            break
    return value


@pytest.mark.parametrize(
    ("layout", "setting", "record"),
    [
        ("android_control", "episodes", recorded.android_control()),
        ("aitw", "steps", recorded.aitw()),
        ("mind2web", "tasks", recorded.mind2web()),
        ("gui_odyssey", "annotations", recorded.odyssey()),
    ],
)
def test_whatever_a_record_holds_every_step_is_kept_or_dropped(sources, tmp_path_factory, layout, setting, record):
    path = tmp_path_factory.mktemp("spoiled") / "a.jsonl"

    @given(spoiled(record))
    def hold(value: Any) -> None:
        recorded.write_lines(path, value if isinstance(value, list) else [value])
        settings = {**sources[layout], setting: str(path)}
        rows = rows_of(settings)
        for name in {row.image for row in rows}:
            mine = [Row(*json.loads(json.dumps(row))) for row in rows if row.image == name]  # as they lie on disk
            try:
                made = converted(settings, name, mine)
            except MediaError:
                continue
            assert made.kept + sum(made.dropped.values()) == annotations(mine)
            for document, _ in made.samples:
                for part in document.parts():
                    if isinstance(part, Point):
                        assert 0 <= part.x < WIDTH
                        assert 0 <= part.y < HEIGHT

    hold()


def test_a_tap_is_told_by_the_word_that_it_hit(sources, tmp_path):
    steps = recorded.aitw()
    steps[0] |= {"results/yx_touch": [0.21, 0.41], "results/yx_lift": [0.21, 0.41]}
    made = convert({**sources["aitw"], "steps": recorded.write_lines(tmp_path / "a.jsonl", steps)})
    assert '1. click "Search"\n' in views_of(made, "step")[1].turns[1].text
    [document] = views_of(made, "element")
    assert "Search" in document.turns[0].text
    [place] = [part for part in document.turns[1].parts if not isinstance(part, Text)]
    box = (43.2, 48, 75.6, 72)
    found = (place.x, place.y) if isinstance(place, Point) else (place.x1, place.y1, place.x2, place.y2)
    assert found == pytest.approx((59.4, 60) if isinstance(place, Point) else box)
    steps[0]["image/ui_annotations_text"] = ["Search"]
    made = convert({**sources["aitw"], "steps": recorded.write_lines(tmp_path / "b.jsonl", steps)})
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


def test_a_folder_without_annotations_is_told(sources, tmp_path):
    Path(tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty: holds no .json or .jsonl file"):
        rows_of({**sources["gui_odyssey"], "annotations": str(tmp_path / "empty")})
