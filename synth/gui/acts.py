"""What is done on a page by real mouse and keyboard before it is looked at, so that menus are open, forms half filled,
lists scrolled. Acts are plain JSON; places in CSS px:

    {"do": "click", "at": [x, y]}   {"do": "type", "text": "..."}   {"do": "key", "key": "Escape"}
    {"do": "scroll", "at": [x, y], "by": [dx, dy]}
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from synth.gui.look import Look, hits
from synth.gui.painted import reach

Act = dict[str, Any]
_WEIGHTS = {
    **{"tab": 3.0, "menuitem": 2.0, "menuitemcheckbox": 2.0, "menuitemradio": 2.0, "option": 2.0, "switch": 4.0},
    **{"checkbox": 4.0, "radio": 4.0, "combobox": 4.0, "button": 3.0, "link": 1.0, "slider": 1.0, "treeitem": 1.0},
    **{"textbox": 3.0, "searchbox": 3.0, "spinbutton": 1.0},
}
_POPPING = 3.0  # times as likely: what opens something
_SCROLL = 0.25  # share of acts that scroll, where something can
_TEXTS = ("12", "budget", "2026", "Anna", "test", "03", "blue", "weekly report", "room 4")
_TRIES = 8


def do(page: Any, act: Mapping[str, Any]) -> None:
    match act["do"]:
        case "click":
            page.mouse.click(*act["at"])
        case "type":
            page.keyboard.type(act["text"])
        case "key":
            page.keyboard.press(act["key"])
        case "scroll":
            page.mouse.move(*act["at"])
            page.mouse.wheel(*act["by"])
        case other:
            raise ValueError(f"{other!r} is no act")


def draw(rng: np.random.Generator, page: Any, seen: Look, texts: Sequence[str] = _TEXTS) -> list[Act]:
    """Something that one may do on a page now: an act or, where a field is filled, two; none where nothing can be."""
    if seen.scrollers and rng.random() < _SCROLL and (act := _scroll(rng, seen)):
        return [act]
    chances = []
    for node in seen.nodes:
        weight = _WEIGHTS.get(node.role, 0.0)
        place = reach({"whole": node.whole, "clip": node.clip}, seen.size)
        if not weight or not node.shown or "disabled" in node.states or place is None:
            continue
        if "expanded" in node.states or node.states.get("pressed") is not None:
            weight *= _POPPING
        chances.append((node, place, weight))
    for _ in range(_TRIES if chances else 0):
        shares = np.array([weight for *_, weight in chances])
        node, (x1, y1, x2, y2), _ = chances[int(rng.choice(len(chances), p=shares / shares.sum()))]
        middle = (x1 + x2) // 2, (y1 + y2) // 2
        hit = hits(page, [middle], seen.scale)[0]
        if hit != node.id and hit not in _inside(seen, node.id):
            continue  # it is covered
        found: list[Act] = [{"do": "click", "at": [round((edge + 0.5) / seen.scale, 2) for edge in middle]}]
        if node.role in ("textbox", "searchbox") and rng.random() < 0.8:
            found.append({"do": "type", "text": str(texts[int(rng.integers(len(texts)))])})
        return found
    return []


def _inside(seen: Look, number: int) -> set[int]:
    found = {number}
    for node in seen.nodes:
        if node.up in found:
            found.add(node.id)
    return found


def _scroll(rng: np.random.Generator, seen: Look) -> Act | None:
    scroller = seen.scrollers[int(rng.integers(len(seen.scrollers)))]
    room = [scroller["right"] - scroller["left"], scroller["bottom"] - scroller["top"]]
    axis = 1 if room[1] > 1 else 0
    if room[axis] <= 1:
        return None
    width, height = seen.size
    box = [0, 0, width, height]
    if scroller["id"]:
        node = seen.by_id().get(scroller["id"])
        place = node and reach({"whole": node.whole, "clip": node.clip}, seen.size)
        if not place:
            return None
        box = place
    at = [round((box[0] + box[2]) / 2 / seen.scale, 2), round((box[1] + box[3]) / 2 / seen.scale, 2)]
    far = float(rng.uniform(0.2, 1.0)) * min(room[axis], 1.5 * (box[axis + 2] - box[axis])) / seen.scale
    by = [0.0, 0.0]
    by[axis] = float(max(round(far), 1))
    return {"do": "scroll", "at": at, "by": by}
