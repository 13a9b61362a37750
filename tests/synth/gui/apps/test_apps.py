"""What generated applications promise: equal pages, states that only input changes, and tasks that can be done."""

import copy
import json
from typing import Any

import numpy as np
import pytest

from synth.gui.apps import app
from synth.gui.apps.app import Spec, Step, Task, Trap, faults
from synth.gui.apps.place import PLATFORMS, Platform
from synth.ocr.languages import CODES
from synth.pages.browser import browser, screenshot

from .driver import Seat, play

SIZES: dict[Platform, list[tuple[int, int]]] = {
    "web": [(1280, 800), (900, 640), (500, 700), (1600, 1000), (320, 320), (160, 160)],
    "desktop": [(1280, 800), (1000, 700), (1600, 1000), (600, 420), (300, 260)],
    "mobile": [(390, 800), (360, 640), (480, 900), (200, 320), (800, 1000), (160, 160)],
}
NAMES = [*sorted(app.KINDS), "home"]


def drawn(seed: int, kind: str) -> tuple[np.random.Generator, Spec]:
    """An application of a kind for one of the platforms, languages and sizes."""
    rng = np.random.default_rng(seed)
    platform: Platform = "mobile" if kind == "home" else PLATFORMS[seed % 3]
    size = SIZES[platform][int(rng.integers(len(SIZES[platform])))]
    return rng, app.draw(rng, platform, str(rng.choice(CODES)), size, kind)


def seated(spec: Spec, work: Any) -> Any:
    def inside(page: Any, cdp: Any) -> Any:
        seat = Seat(page, cdp, spec)
        try:
            return work(seat, cdp)
        finally:
            seat.close()

    return browser().run(inside, tab="apps", seconds=60)


@pytest.mark.parametrize("kind", NAMES)
def test_a_seed_decides_the_page_and_its_tasks(kind: str) -> None:
    (one, first), (two, second) = drawn(5, kind), drawn(5, kind)
    assert json.loads(json.dumps(first)) == first == second
    assert app.html(first) == app.html(second)
    assert app.tasks(one, first) == app.tasks(two, second)


@pytest.mark.parametrize("kind", NAMES)
def test_elements_have_keys_of_their_own_and_names(kind: str) -> None:
    _, spec = drawn(11, kind)
    seat_keys, nameless = seated(spec, lambda seat, _: (seat.keys(), seat.page.evaluate(NAMELESS)))
    assert len(seat_keys) == len(set(seat_keys)) > 3
    assert nameless == []


# Controls that have neither a label nor a word in them.
NAMELESS = """() => [...document.querySelectorAll('button,[role=button],[role=checkbox],[role=switch],[role=radio],'
  + '[role=slider],[role=textbox],[role=searchbox],[role=combobox],[role=link],[role=tab],[role=option]')]
  .filter(each => each.dataset.e && !each.getAttribute('aria-label') && !each.textContent.trim())
  .map(each => each.dataset.e)"""


@pytest.mark.parametrize("kind", ["settings", "table", "home"])
def test_looking_changes_nothing_and_pixels_are_equal(kind: str) -> None:
    _, spec = drawn(3, kind)

    def look(seat: Seat, cdp: Any) -> tuple[Any, bytes]:
        before, keys = seat.state(), seat.keys()
        for key in keys:
            seat.page.evaluate("key => app.where(key)", key)
        seat.page.mouse.move(*(side // 2 for side in spec["size"]))
        assert seat.state() == before
        return before, screenshot(cdp).tobytes()

    assert seated(spec, look) == seated(spec, look)


@pytest.mark.parametrize("kind", NAMES)
def test_a_task_of_a_kind_is_solved_by_its_steps(kind: str) -> None:
    rng, spec = drawn(NAMES.index(kind), kind)
    tasks = app.tasks(rng, spec)
    task = min(tasks, key=lambda task: abs(len(task.steps) - 3))
    assert faults(task, *play(spec, task)) == []
    if task.traps:
        assert faults(task, *play(spec, task, 0)) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("seed", range(100, 112))
def test_every_task_is_solved_with_and_without_its_traps(kind: str, seed: int) -> None:
    rng, spec = drawn(seed, kind)
    for task in app.tasks(rng, spec):
        for trap in (None, *range(len(task.traps))):
            assert faults(task, *play(spec, task, trap)) == [], (task, trap)


def test_a_task_is_not_reached_by_doing_nothing_or_by_half_of_it() -> None:
    for kind in ("settings", "form", "table", "dashboard"):
        rng, spec = drawn(21, kind)
        for task in app.tasks(rng, spec)[:3]:
            start, end = play(spec, Task(task.goal, task.kind, task.wanted, task.steps[:-1]))
            assert faults(task, start, start), task
            assert faults(task, start, end), task


def test_what_was_not_asked_for_is_a_fault() -> None:
    start = {"shell": {"front": "a"}, "a": {"view": {"page": 1}, "rows": {"r1": {"x": 1}, "r2": {"x": 2}}}}
    task = Task("", "", {"a.rows.r1": None}, ())
    end = copy.deepcopy(start)
    end["shell"]["front"] = "b"
    end["a"]["view"]["page"] = 2
    del end["a"]["rows"]["r1"]
    assert faults(task, start, end) == []
    end["a"]["rows"]["r2"]["x"] = 3
    assert faults(task, start, end) == ["a.rows.r2.x was 2 and is 3"]
    assert faults(task, start, start) == ["a.rows.r1 is {'x': 1}, not None"]


def spec_of(kind: str, platform: Platform, size: tuple[int, int], seed: int = 1, **start: Any) -> Spec:
    spec = app.draw(np.random.default_rng(seed), platform, "en", size, kind)
    spec["shell"]["start"] |= {"notice": False, "banner": False}
    return spec


def test_back_on_a_mobile_closes_first_what_was_opened_last() -> None:
    spec = spec_of("settings", "mobile", (390, 800))
    page = spec["apps"][0]["content"]["pages"][spec["apps"][0]["start"]["view"]["page"]]
    page["groups"][0]["rows"] = [
        {
            "id": "one",
            "label": "One",
            "sort": "choice",
            "options": [{"id": "x", "label": "X"}, {"id": "y", "label": "Y"}],
        }
    ]
    spec["apps"][0]["start"]["values"] = {"one": "x"}

    def work(seat: Seat, _: Any) -> None:
        seat.do([Step("click", "settings.one")])
        assert seat.state()["shell"]["popup"] == "settings.one.list"
        seat.do([Step("back")])
        assert seat.state()["shell"]["popup"] == ""
        assert seat.state()["shell"]["front"] == "settings"
        seat.do([Step("back")])
        assert seat.state()["shell"]["front"] == ""
        assert seat.page.evaluate("name => app.open(name)", spec["apps"][0]["name"])
        assert seat.state()["shell"]["front"] == "settings"

    seated(spec, work)


def test_a_covered_or_disabled_element_offers_no_point() -> None:
    spec = spec_of("table", "web", (1000, 700))

    def work(seat: Seat, _: Any) -> None:
        row = spec["apps"][0]["start"]["order"][0]
        seat.do([Step("click", f"table.open.{row}")])
        save = seat.page.evaluate("key => app.where(key)", "table.record.save")
        assert save["disabled"]
        assert save["point"] is None
        assert seat.page.evaluate("key => app.where(key)", "table.search")["point"] is None
        seat.do([Step("press", text="Escape")])
        assert seat.page.evaluate("key => app.where(key)", "table.search")["point"] is not None

    seated(spec, work)


def test_wheels_scroll_by_their_delta_and_pans_of_a_mobile_by_theirs() -> None:
    spec = spec_of("dashboard", "mobile", (360, 500), 4)
    spec["apps"][0]["nav"] = "drawer"

    def work(seat: Seat, _: Any) -> None:
        mouse = seat.page.mouse
        mouse.move(180, 300)
        mouse.wheel(0, 120)
        assert seat.state()["shell"]["scroll"]["dashboard.content"] == [0, 120]
        before = {key: value for key, value in seat.state().items() if key != "shell"}
        mouse.down()
        mouse.move(180, 270)
        mouse.move(180, 250)
        mouse.up()
        assert seat.state()["shell"]["scroll"]["dashboard.content"] == [0, 170]
        assert {key: value for key, value in seat.state().items() if key != "shell"} == before

    seated(spec, work)


def test_windows_of_a_desktop_come_to_the_front_move_and_hide() -> None:
    for seed in range(40):
        spec = spec_of("settings", "desktop", (1280, 800), seed)
        if len(spec["apps"]) > 1 and not any(each["full"] for each in spec["shell"]["start"]["windows"].values()):
            break

    def work(seat: Seat, _: Any) -> None:
        front, other = (each["id"] for each in spec["apps"][:2])
        seat.do([Step("click", f"shell.task.{other}")])
        assert seat.state()["shell"]["front"] == other == seat.state()["shell"]["order"][-1]
        start = seat.state()["shell"]["windows"][other]
        x, y = seat.point(f"shell.window.{other}.bar")
        seat.page.mouse.move(x, y)
        seat.page.mouse.down()
        seat.page.mouse.move(x + 30, y + 12)
        seat.page.mouse.up()
        now = seat.state()["shell"]["windows"][other]
        assert (now["x"] - start["x"], now["y"] - start["y"]) == (30, 12)
        seat.do([Step("click", f"shell.window.{other}.min")])
        assert seat.state()["shell"]["front"] == front
        seat.do([Step("click", f"shell.window.{front}.close")])
        assert seat.page.evaluate("key => app.where(key)", f"shell.window.{front}") is None

    seated(spec, work)


def test_secrets_are_shown_as_dots_and_held_in_the_state() -> None:
    spec = spec_of("form", "web", (800, 900))
    content, start = spec["apps"][0]["content"], spec["apps"][0]["start"]
    content["fields"] = [{"id": "password", "label": "Password", "sort": "secret", "required": True}]
    content["steps"], start["values"] = [["password"]], {"password": ""}

    def work(seat: Seat, _: Any) -> None:
        assert seat.page.evaluate("() => app.where('form.send').disabled") == (not content["late"])
        seat.do([Step("type", "form.password", "k7-Q")])
        assert seat.state()["form"]["values"] == {"password": "k7-Q"}
        assert seat.page.inner_text('[data-e="form.password"]') == "••••"
        assert not seat.page.evaluate("() => app.where('form.send').disabled")

    seated(spec, work)


def test_a_keyboard_stands_below_the_field_that_has_the_focus_and_types() -> None:
    spec = spec_of("table", "mobile", (390, 800))
    spec["shell"]["keys"], spec["shell"]["cased"] = ["12", "qw", "xy"], True

    def work(seat: Seat, _: Any) -> None:
        list_end = seat.page.evaluate("() => app.where('table.content').box[3]")
        seat.do([Step("type", "table.search", "a")])
        assert seat.page.evaluate("() => app.where('table.content').box[3]") < list_end
        seat.do([Step("click", f"shell.key.{key}") for key in ("q", "shift", "w", "1", "delete", "space", "x")])
        assert seat.state()["table"]["view"]["query"] == "aqW X"
        seat.do([Step("back")])
        assert "keyboard" not in seat.state()["shell"]
        assert seat.page.evaluate("() => app.where('table.content').box[3]") == list_end
        assert seat.state()["shell"]["front"] == "table"

    seated(spec, work)


def test_traps_stay_in_place_when_steps_come_before() -> None:
    task = Task("", "", {}, (Step("click", "a"),), (Trap(1, (), ()),))
    assert app.after((Step("home"),), task).traps[0].at == 2
