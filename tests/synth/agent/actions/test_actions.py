"""The shared action space: what is an action, how it travels, and when two do the same."""

import contextlib
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation import geometry
from curation.document import Box, Document, Extent, Media, Point, Text, Turn
from synth.agent.actions import tools, wire
from synth.agent.actions.action import ACTIONS, Action, ActionError
from synth.agent.actions.compare import Tolerance, difference, same
from synth.agent.actions.wire import Call
from tests.synth.agent.actions.examples import actions, texts

CLICK = Action("mobile_use", "click", coordinate=(639, 1095))
RELEASED = (
    '<tool_call>\n{"name": "mobile_use", "arguments": {"action": "click", "coordinate": [639, 1095]}}\n</tool_call>'
)

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


def swipe(x1: float, y1: float, x2: float, y2: float) -> Action:
    return Action("mobile_use", "swipe", coordinate=(x1, y1), coordinate2=(x2, y2))


# --- what is an action ---


@given(actions())
def test_json_round_trip(action):
    value = json.loads(json.dumps(action.to_json()))
    assert Action.from_json(value) == action


@given(actions())
def test_every_action_fits_the_schema_that_the_model_is_told(action):
    jsonschema.validate(action.to_json()["arguments"], tools.parameters(action.tool))


@given(st.sampled_from(sorted(ACTIONS)), st.dictionaries(st.sampled_from(["action", "coordinate", "text"]), values))
def test_what_the_schema_refuses_is_no_action(tool, arguments):
    if not jsonschema.Draft202012Validator(tools.parameters(tool)).is_valid(arguments):
        with pytest.raises(ActionError):
            Action.from_json({"name": tool, "arguments": arguments})


@given(values)
def test_any_other_value_is_refused_in_one_short_line(value):
    for wrong in (value, {"name": "mobile_use", "arguments": value}, {"name": value, "arguments": {"action": "click"}}):
        with pytest.raises(ActionError) as error:
            Action.from_json(wrong)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 250


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"action": "tap"}, "mobile_use has no action 'tap'; it has key, click"),
        ({"action": "click"}, "click: the argument coordinate is missing"),
        ({"action": "click", "coordinate": [1, 2], "text": "a"}, "click: takes no argument text"),
        ({"action": "click", "coordinate": [1]}, r"click: coordinate \[1\] is not a pair of numbers"),
        ({"action": "click", "coordinate": [1, float("nan")]}, "is not a pair of numbers"),
        ({"action": "click", "coordinate": [True, 2]}, "is not a pair of numbers"),
        ({"action": "click", "coordinate": None}, "coordinate is null"),
        ({"action": "click", "place": [1, 2]}, "no argument is called 'place'"),
        ({"action": "wait", "time": -1}, "wait: time -1 is not 0 seconds or more"),
        ({"action": "type", "text": ""}, "type: text '' is not text of one character or more"),
        ({"action": "type", "text": "\ud800"}, "is not text"),
        ({"action": "system_button", "button": "back"}, "button 'back' is none of Back, Home, Menu, Enter"),
        ({"action": "terminate", "status": "done"}, "status 'done' is none of success, failure"),
    ],
)
def test_a_fault_is_named(arguments, message):
    with pytest.raises(ActionError, match=message):
        Action.from_json({"name": "mobile_use", "arguments": arguments})


def test_a_place_off_the_screen_is_told():
    CLICK.check_inside(640, 1096)
    with pytest.raises(ActionError, match=r"click: coordinate \[639, 1095\] is not on the screen of 639 x 2000"):
        CLICK.check_inside(639, 2000)


@given(actions(), st.integers(1, 8), st.integers(1, 8))
def test_scaling_back_gives_the_action_again(action, across, down):
    assert action.scaled(2.0**across, 2.0**down).scaled(2.0**-across, 2.0**-down) == action


@pytest.mark.parametrize(
    ("action", "way"),
    [
        (swipe(500, 900, 510, 300), "up"),
        (swipe(500, 300, 490, 900), "down"),
        (swipe(500, 300, 100, 400), "left"),
        (swipe(100, 300, 500, 400), "right"),
        (Action("computer_use", "scroll", pixels=-300), "down"),
        (Action("computer_use", "scroll", pixels=300), "up"),
        (CLICK, None),
    ],
)
def test_directions(action, way):
    assert action.direction() == way


# --- how it travels ---


def test_the_wire_form_is_the_released_one():
    assert wire.written(CLICK) == RELEASED
    assert wire.call(CLICK, 2) == (
        Text('<tool_call>\n{"name": "mobile_use", "arguments": {"action": "click", "coordinate": '),
        Point(2, 639, 1095),
        Text("}}\n</tool_call>"),
    )


@given(actions(), st.integers(0, 9), texts.filter(lambda text: "<tool_call>" not in text))
def test_parts_read_back(action, image, said):
    found = wire.read_parts(wire.call(action, image, said))
    assert (found.action, found.said) == (action, said.strip())
    assert found.image == (None if action.coordinate is None else image)


@given(actions(), texts.filter(lambda text: "<tool_call>" not in text))
def test_text_reads_back(action, said):
    assert wire.read(wire.written(action, said)) == Call(action, said.strip())


@given(actions(), st.integers(28, 3000), st.integers(28, 3000))
def test_what_the_model_reads_is_the_place_on_the_image_that_it_sees(action, width, height):
    """Written by the encoder at another size, then read as a model's answer: within half a pixel of what is seen."""
    stored = (4001, 4001)
    parts = wire.call(action, 0)
    text = "".join(
        geometry.write(part, stored, (width, height)) if isinstance(part, Point) else part.text for part in parts
    )
    back = wire.read(text).action.scaled(stored[0] / width, stored[1] / height)
    for found, true in ((back.coordinate, action.coordinate), (back.coordinate2, action.coordinate2)):
        if true is not None:
            assert abs(found[0] - true[0]) <= 1.01 * stored[0] / width
            assert abs(found[1] - true[1]) <= 1.01 * stored[1] / height


def test_a_call_is_a_turn_of_a_document():
    screen = Media("image", "png", 1080, 2400, "0" * 64, "screen.png")
    turns = (
        Turn("system", tools.system("mobile_use", 0)),
        Turn("assistant", wire.call(CLICK, 0, "The field is empty.")),
    )
    document = Document(turns, (screen,))
    assert Document.from_json(document.to_json()) == document


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Click the button.", "no <tool_call> in the answer"),
        ("<tool_call>\nclick(3, 4)\n</tool_call>", "the call is not JSON"),
        ("<tool_call>\n" + "[" * 100_000, "the call is not JSON"),
        (RELEASED.removesuffix("</tool_call>"), "no </tool_call> after the call's JSON"),
        (RELEASED + "\n" + RELEASED, "2 calls, where one is wanted"),
        (RELEASED + " done", "text after the call: 'done'"),
        (RELEASED.replace("}}", "}} }"), "no </tool_call> after the call's JSON, but '}"),
        (RELEASED.replace('"action"', '"action": "key", "action"'), "a name is there twice"),
        (RELEASED.replace("639", "NaN"), "NaN is not a number of JSON"),
        (RELEASED.replace("639", '"639"'), "is not a pair of numbers"),
        (RELEASED.replace("639", "1e999"), "is not a pair of numbers"),
        (RELEASED.replace("mobile_use", "web_use"), "no function is called 'web_use'"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(text, message):
    with pytest.raises(ActionError, match=message):
        wire.read(text)


@given(st.text(max_size=60))
def test_no_answer_breaks_the_parser(text):
    for answer in (text, f"<tool_call>{text}", f"<tool_call>{text}</tool_call>", RELEASED.replace("639", text)):
        with contextlib.suppress(ActionError):
            wire.read(answer)


@given(st.lists(actions(), min_size=1, max_size=3))
def test_several_calls_of_one_turn_read_back(several):
    texts = [
        part.text if isinstance(part, Text) else f"[{part.x!r}, {part.y!r}]" for part in wire.calls(several, 0, "Go.")
    ]
    assert wire.read_all("".join(texts)) == ("Go.", tuple(several))


def test_text_that_looks_like_the_end_of_a_call_is_text():
    action = Action("computer_use", "type", text='a "</tool_call>" b\n<tool_call>')
    assert wire.read(wire.written(action)).action == action


def test_other_parts_and_two_screens_are_no_call():
    with pytest.raises(ActionError, match="a Box in a call"):
        wire.read_parts((Box(0, 1, 2, 3, 4), *wire.call(CLICK, 0)))
    with pytest.raises(ActionError, match="places on 2 screenshots"):
        wire.read_parts((Point(1, 1, 2), *wire.call(CLICK, 0)))


# --- what the model is told ---


@pytest.mark.parametrize("tool", sorted(ACTIONS))
def test_the_signature_stands_in_the_released_frame(tool):
    parts = tools.system(tool, 3)
    assert [type(part) for part in parts] == [Text, Extent, Text]
    assert parts[1] == Extent(3)
    text = parts[0].text + "1092x2408" + parts[2].text
    assert text.startswith("You are a helpful assistant.\n\n# Tools\n\nYou may call one or more functions")
    [line] = [line for line in text.splitlines() if line.startswith('{"type": "function"')]
    function = json.loads(line)["function"]
    assert list(function) == ["name_for_human", "name", "description", "parameters", "args_format"]
    assert "* The screen's resolution is 1092x2408.\n" in function["description"]
    assert text.endswith('<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>')


@pytest.mark.parametrize("tool", sorted(ACTIONS))
def test_the_schema_is_valid_and_names_every_argument(tool):
    schema = tools.parameters(tool)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["action"]["enum"] == list(ACTIONS[tool])
    assert schema["required"] == ["action"]
    named = {name for wanted in ACTIONS[tool].values() for name in (*wanted.needed, *wanted.allowed)}
    assert named == set(schema["properties"]) - {"action"}


# --- when two do the same ---


@given(actions())
def test_an_action_does_what_it_does(action):
    assert difference(action, action) == ""


@given(actions(), actions())
def test_actions_of_other_names_differ(one, other):
    if (one.tool, one.name) != (other.tool, other.name):
        assert not same(one, other, Tolerance(((0, 0, 4001, 4001),), 1e6, "loose"))


@pytest.mark.parametrize(
    ("found", "tolerance", "is_same"),
    [
        (CLICK, Tolerance(), True),
        (CLICK.scaled(1, 1.01), Tolerance(), False),
        (CLICK.scaled(1, 1.01), Tolerance(distance=11), True),
        (CLICK.scaled(1, 1.01), Tolerance(distance=10), False),
        (CLICK.scaled(1, 1.01), Tolerance(boxes=((600, 1080, 700, 1120),)), True),
        (CLICK.scaled(1, 1.01), Tolerance(boxes=((600, 1080, 700, 1100),)), False),
    ],
)
def test_a_click_is_right_in_the_element_or_near_the_place(found, tolerance, is_same):
    assert same(found, CLICK, tolerance) == is_same


def test_of_a_swipe_the_direction_counts():
    assert same(swipe(100, 900, 100, 500), swipe(700, 1800, 720, 300))
    assert difference(swipe(100, 500, 100, 900), swipe(700, 1800, 720, 300)) == "swipe down, where up is right"
    assert not same(swipe(100, 900, 100, 500), swipe(700, 1800, 720, 300), Tolerance(((600, 0, 800, 2000),)))


def test_keys_have_several_names():
    copy = Action("computer_use", "key", keys=("ctrl", "c"))
    assert same(Action("computer_use", "key", keys=("Control", "C")), copy)
    assert not same(Action("computer_use", "key", keys=("c", "ctrl")), copy)


@pytest.mark.parametrize(
    ("said", "loose", "is_same"),
    [("milk", False, True), ("Milk ", False, False), ("Milk ", True, True), ("silk", True, False)],
)
def test_text(said, loose, is_same):
    tolerance = Tolerance(text="loose" if loose else "exact")
    found, true = (Action("mobile_use", "type", text=text) for text in (said, "milk"))
    assert same(found, true, tolerance) == is_same


def test_a_click_without_a_place_is_not_the_click_at_one():
    here, there = Action("computer_use", "left_click"), Action("computer_use", "left_click", coordinate=(3, 4))
    assert difference(here, there) == "left_click without a place, where (3, 4) is right"
    assert same(there, here)
