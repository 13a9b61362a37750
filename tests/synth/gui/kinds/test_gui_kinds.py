"""Mail, shops, editors, players, maps, calendars, files: tasks are solved by their steps, traps or not."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.charts.words import LANGUAGES
from synth.gui.apps.app import Spec, Task, draw, faults, tasks
from synth.gui.words.tables import rows, words
from tests.synth.gui.apps.driver import Seat, play

KINDS = ("calendar", "editor", "files", "mail", "map", "player", "shop")
SIZES: dict[str, list[tuple[int, int]]] = {
    "web": [(1280, 800), (820, 640), (1600, 1000), (480, 700)],
    "desktop": [(1200, 800), (1000, 700), (800, 560)],
    "mobile": [(390, 844), (360, 640), (430, 932), (800, 1000)],
}


def made(kind: str, seed: int) -> tuple[Spec, list[Task]]:
    rng = np.random.default_rng(seed)
    platform: Any = ("web", "desktop", "mobile")[seed % 3]
    size = SIZES[platform][seed // 3 % len(SIZES[platform])]
    spec = draw(rng, platform, LANGUAGES[seed % len(LANGUAGES)], size, kind)
    return spec, tasks(rng, spec)


def solved(spec: Spec, task: Task, trap: int | None = None) -> None:
    start, end = play(spec, task, trap)
    assert faults(task, start, start), f"{task.kind} is reached before it is begun: {task.goal}"
    assert faults(task, start, end) == [], f"{task.kind} {trap}: {task.goal}"


@pytest.mark.parametrize("kind", KINDS)
def test_steps_reach_what_is_wanted(kind):
    seed = 17 * (1 + KINDS.index(kind))
    spec, found = made(kind, seed)
    for task in found[::3]:
        solved(spec, task)


@pytest.mark.parametrize("kind", KINDS)
def test_who_walks_into_a_trap_gets_out_of_it(kind):
    spec, found = made(kind, 5 + 11 * KINDS.index(kind))
    for at, task in enumerate(found[1::3]):
        if task.traps:
            solved(spec, task, at % len(task.traps))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(36))
@pytest.mark.parametrize("kind", KINDS)
def test_all_tasks_are_solved_with_and_without_traps(kind, seed):
    spec, found = made(kind, seed)
    for task in found:
        for trap in (None, *range(len(task.traps))):
            solved(spec, task, trap)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 100_000))
def test_goals_are_whole_and_their_tasks_differ(kind, seed):
    _, found = made(kind, seed)
    assert len({task.kind for task in found}) >= 4
    for task in found:
        assert "{" not in task.goal, task
        assert task.kind.split(".")[0] == kind
        assert task.steps
        assert task.wanted
    counts = Counter(task.goal for task in found)
    assert max(counts.values()) <= 1, [goal for goal, count in counts.items() if count > 1]


@pytest.mark.parametrize("kind", KINDS)
def test_goals_have_the_same_gaps_in_every_language(kind):
    import re

    for key, *told in rows(f"goals/{kind}"):
        assert len({frozenset(re.findall(r"{(\w+)}", goal)) for goal in told}) == 1, key
    assert all(words(f"goals/{kind}", language) for language in LANGUAGES)


@pytest.mark.parametrize("kind", KINDS)
def test_an_application_follows_from_its_seed(kind):
    assert made(kind, 8) == made(kind, 8)
    assert made(kind, 8) != made(kind, 8 + 36)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_are_unique_and_all_that_can_be_used_has_a_name(kind):
    from synth.pages.browser import browser

    nameless = """() => [...document.querySelectorAll('button, [role=textbox], [role=checkbox], [role=slider]')]
        .filter(each => !each.getAttribute('aria-label') && !each.textContent.trim()).map(each => each.outerHTML)"""
    for seed in (1, 2, 3):
        spec, found = made(kind, 3 * KINDS.index(kind) + seed)

        def work(page, cdp, spec=spec, found=found):
            seat = Seat(page, cdp, spec)
            try:
                seat.do(found[0].steps)
                return seat.keys(), page.evaluate(nameless), seat.errors
            finally:
                seat.close()

        keys, lacking, errors = browser().run(work, tab="apps", seconds=60)
        assert [key for key, count in Counter(keys).items() if count > 1] == []
        assert lacking == []
        assert errors == []
