"""The claims of a trajectory: everything that was done and seen, as plain JSON, in pixels of the stored pictures.

app        the spec of the application (`synth.gui.apps.app`); scale, size [width, height], language, direction, tool
drawn      what the tasks were drawn by: a seed for `synth.gui.apps.app.tasks`
tasks      {number, kind, goal, wanted, free}: `number` is the task's place among those that were drawn
steps      every action: {action, do, task, on, name, to, to_name, text, had, hit, change, left, wrong, mends,
           facts, boxes}: `on` the key and `name` the name of the element that is meant, `had` what stood in it, `hit`
           the key of that which a pointer goes down on;
           `change` as `synth.agent.play.changes` has it, of the application's state; `left` how many things are not
           as the task wants them afterwards; `facts` as `synth.agent.told.facts`, with the names of their elements;
           `boxes` around what differs between the screens before and after
screens    {at, ...}: screens that the document shows, in the order of its media, as `synth.agent.told.screens` has
           them; screen `at` is what is seen after so many steps
view       what is asked and answered (`synth.agent.told.views`)
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image

from curation import media
from synth.agent.play.sight import Sight
from synth.agent.play.take import Take, Taken
from synth.agent.told import facts as told_facts
from synth.agent.told.screens import changed, screen
from synth.agent.told.views import shown_at
from synth.encode import buffer
from synth.sample import Claims, Encoded


class Whole:
    """A take as claims of all its steps and screens, and its pictures and buffers; views take what they show.

    `store` encodes a picture under a name; what the claims say of its texts is borne out by what is stored.
    """

    def __init__(self, take: Take, drawn: int, numbers: list[int], store: Callable[[str, PIL.Image.Image], Encoded]):
        spec = take.spec
        first = take.sights[0]
        self.pictures: list[Encoded] = []
        self.buffers: list[Encoded] = []
        steps = [_step(take, step) for step in take.steps]
        direction = "rtl" if spec["rtl"] else "ltr"
        setting = {"language": spec["language"], "direction": direction, "scale": take.scale}
        faces = spec["theme"]["face"], spec["theme"]["bold"]
        self.screens: list[Claims] = []
        for at, keys in enumerate(_spoken(steps)):
            seen = _sight(take, at)
            picture = store(f"screen{at}", seen.image)
            stored = np.asarray(media.decode(picture.content))
            told, ids = screen(seen, stored, keys, faces, setting)
            self.screens.append({"at": at, **told})
            self.pictures.append(picture)
            self.buffers.append(buffer(ids, f"ids{at}"))
        tasks = [
            {"number": number, "kind": task.kind, "goal": task.goal, "wanted": task.wanted, "free": list(task.free)}
            for number, task in zip(numbers, take.tasks, strict=True)
        ]
        self.claims: Claims = {
            **{"app": spec, "scale": take.scale, "size": list(first.image.size), "language": spec["language"]},
            **{"direction": direction, "tool": take.steps[0].move.action.tool, "drawn": drawn},
            **{"tasks": tasks, "steps": steps},
        }


def _sight(take: Take, at: int) -> Sight:
    """What is seen after so many steps."""
    return take.sights[take.steps[at - 1].after if at else 0]


def _step(take: Take, step: Taken) -> dict[str, Any]:
    before, after = take.sights[step.before], take.sights[step.after]
    move = step.move
    on, to = before.elements.get(move.on), before.elements.get(move.to)
    scrolled = before.state["shell"].get("scroll") != after.state["shell"].get("scroll")
    found = told_facts.facts(before, after, move.on, scrolled and move.do == "scroll")
    if step.before == step.after:
        found = []
    return {
        **{"action": move.action.to_json(), "do": move.do, "task": step.task},
        **{
            "on": move.on,
            "name": on.called if on and on.seen else "",
            "to": move.to,
            "to_name": to.called if to and to.seen else "",
        },
        **{"text": move.text, "had": on.value if on and on.seen else "", "hit": _hit(before, step)},
        **{"change": step.change, "left": step.left, "wrong": step.wrong, "mends": step.mends},
        "facts": [
            {**fact, "name": _named(before if fact["what"] == told_facts.GONE else after, fact)} for fact in found
        ],
        "boxes": changed(np.asarray(before.image), np.asarray(after.image)) if step.before != step.after else [],
    }


def _hit(before: Sight, step: Taken) -> str:
    """The key of the element at an action's place: what is meant, if it lies there, else the innermost; or ""."""
    at = step.move.action.coordinate
    if at is None or step.move.do == "scroll":
        return ""
    number = int(before.ids[int(at[1]), int(at[0])])
    dropped = step.move.action.name == "left_click_drag" and step.move.do == "drag"
    meant = before.elements.get(step.move.to if dropped else step.move.on)
    if meant and number in meant.own:
        return meant.key
    inside = [element for element in before.elements.values() if number in element.own]
    return min(inside, key=lambda element: len(element.own)).key if inside else ""


def _named(sight: Sight, fact: dict[str, Any]) -> str:
    return sight.elements[fact["on"]].called if fact["on"] else ""


def _spoken(steps: list[dict[str, Any]]) -> list[list[str]]:
    """For each screen the keys of the elements that steps and their facts speak of."""
    keys: list[list[str]] = [[] for _ in range(len(steps) + 1)]
    for number, step in enumerate(steps):
        at = shown_at({"steps": steps}, number)
        keys[at] += [key for key in (step["on"], step["to"], step["hit"]) if key]
        for fact in step["facts"]:
            if fact["on"]:
                # what is another now is looked at on both screens
                places = (at,) if fact["what"] == told_facts.GONE else (at, number + 1)
                for place in places:
                    keys[place].append(fact["on"])
    return keys
