"""The home screen of a mobile: its applications are opened from it, and what is wanted is done there."""

from dataclasses import replace
from typing import Any

import numpy as np

from synth.gui.apps.task import Spec, Step, Task, Trap, after
from synth.gui.words.tables import goal


def opened(rng: np.random.Generator, task: Task, app: dict[str, Any], spec: Spec) -> Task:
    """A task of an application, from the home screen on; in some, another application is opened by mistake."""
    step = Step("open", f"shell.app.{app['id']}", app["name"])
    told = goal(rng, spec["language"], "home", "within", app=app["name"], goal=task.goal)
    whole = replace(after((step,), task), goal=told, kind=f"home.{task.kind}")
    wrong = spec["shell"]["decoys"][int(rng.integers(len(spec["shell"]["decoys"])))]
    astray = Trap(0, (Step("open", f"shell.app.{wrong['id']}", wrong["name"]),), (Step("home"),), "wrong_item")
    return replace(whole, traps=(astray, *whole.traps))


def tasks(rng: np.random.Generator, spec: Spec) -> list[Task]:
    """To open one application, and to come back to the home screen from one after another."""
    apps = [*spec["apps"], *spec["shell"]["decoys"]]
    one, two = (apps[number] for number in rng.permutation(len(apps))[:2])
    first, second = (Step("open", f"shell.app.{app['id']}", app["name"]) for app in (one, two))
    language = spec["language"]
    return [
        Task(
            goal(rng, language, "home", "open", app=one["name"]),
            "home.open",
            {"shell.front": one["id"]},
            (first,),
            (Trap(0, (second,), (Step("back"),), "wrong_item"),),
        ),
        Task(
            goal(rng, language, "home", "visit", app=one["name"], other=two["name"]),
            "home.visit",
            {"shell.front": two["id"], "shell.visited": [one["id"], two["id"]]},
            (first, Step("home"), second),
        ),
    ]
