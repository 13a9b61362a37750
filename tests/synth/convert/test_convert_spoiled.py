"""What is wrong with a recording: a reason for every step that is dropped, and no job that stops for one record."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from curation.document import Point
from curation.errors import MediaError, UserError
from synth.convert.converted import annotations
from synth.convert.rows import Row
from tests.synth.convert import recorded
from tests.synth.convert.recorded import SIZE
from tests.synth.convert.spoil import spoiled
from tests.synth.convert.steps import convert, converted, rows_of

WIDTH, HEIGHT = SIZE


def test_a_duplicate_step_and_a_second_goal(recordings, tmp_path):
    steps = recorded.aitw()
    path = recorded.write_lines(tmp_path / "a.jsonl", [*steps, steps[2]])
    assert convert({**recordings["aitw"], "steps": path}).dropped == {"duplicate step": 1}
    path = recorded.write_lines(tmp_path / "b.jsonl", [*steps, {**steps[2], "step_id": 9, "goal_info": "another"}])
    with pytest.raises(MediaError, match="goals differ: 1099: 2 goals of one episode"):
        convert({**recordings["aitw"], "steps": path})


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
def test_a_step_that_cannot_be_used_has_its_reason(recordings, tmp_path, change, reason):
    steps = recorded.aitw()
    steps[0] |= change
    made = convert({**recordings["aitw"], "steps": recorded.write_lines(tmp_path / "a.jsonl", steps)})
    assert (made.kept, made.dropped) == (6, {reason: 1})


@pytest.mark.parametrize(
    ("rect", "reason"),
    [("-1,-1,-1,-1", "element not shown"), ("1,2,nan,4", "element not shown"), ("", "element not shown")],
)
def test_an_element_that_is_not_shown(recordings, tmp_path, rect, reason):
    task = recorded.mind2web()
    task["actions"][0]["pos_candidates"] = [recorded.candidate(rect)]
    made = convert({**recordings["mind2web"], "tasks": recorded.write_json(tmp_path / "a.json", [task])})
    assert made.dropped == {"no counterpart": 1, reason: 1}
    task["actions"][0]["pos_candidates"] = []
    made = convert({**recordings["mind2web"], "tasks": recorded.write_json(tmp_path / "b.json", [task])})
    assert made.dropped == {"no counterpart": 1, "no element": 1}


def test_a_damaged_line_is_one_reject_and_a_damaged_list_stops_the_job(recordings, tmp_path):
    good = json.dumps(recorded.android_control())
    (tmp_path / "a.jsonl").write_text(f"{good}\n{good[:200]}\n[1]\n\n{json.dumps({'goal': 'x'})}\n")
    rows = rows_of({**recordings["android_control"], "episodes": str(tmp_path / "a.jsonl")})
    faults = {row.image: row.value["fault"] for row in rows if row.kind == "fault"}
    assert list(faults) == ["a.jsonl:1", "a.jsonl:2", "a.jsonl:3"]
    assert "not whole JSON" in faults["a.jsonl:1"][1]
    assert "a list, not a record" in faults["a.jsonl:2"][1]
    assert "episode_id, goal or actions lacking" in faults["a.jsonl:3"][1]
    (tmp_path / "a.json").write_text(f"[{good}, {good[:200]}")
    with pytest.raises(UserError, match=r"a.json: not whole JSON \(truncated or damaged\)"):
        rows_of({**recordings["android_control"], "episodes": str(tmp_path / "a.json")})
    (tmp_path / "b.json").write_text(json.dumps(recorded.odyssey(), indent=1)[:-20])
    [row] = rows_of({**recordings["gui_odyssey"], "annotations": str(tmp_path / "b.json")})
    assert row.kind == "fault"
    (tmp_path / "c.json").write_text(" ")
    with pytest.raises(UserError, match=r"c.json: an empty file"):
        rows_of({**recordings["gui_odyssey"], "annotations": str(tmp_path / "c.json")})


@pytest.mark.parametrize(
    ("layout", "setting", "record"),
    [
        ("android_control", "episodes", recorded.android_control()),
        ("aitw", "steps", recorded.aitw()),
        ("mind2web", "tasks", recorded.mind2web()),
        ("gui_odyssey", "annotations", recorded.odyssey()),
    ],
)
def test_whatever_a_record_holds_every_step_is_kept_or_dropped(recordings, tmp_path_factory, layout, setting, record):
    path = tmp_path_factory.mktemp("spoiled") / "a.jsonl"

    @given(spoiled(record))
    def hold(value: Any) -> None:
        recorded.write_lines(path, value if isinstance(value, list) else [value])
        settings = {**recordings[layout], setting: str(path)}
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


def test_a_folder_without_annotations_is_told(recordings, tmp_path):
    Path(tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty: holds no .json or .jsonl file"):
        rows_of({**recordings["gui_odyssey"], "annotations": str(tmp_path / "empty")})
