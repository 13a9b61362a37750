"""What a caption of a screen tells: facts that follow from its elements, each plain JSON."""

from collections import Counter
from typing import Any

import numpy as np

from synth.gui.model import Node, Screen
from synth.gui.view.refer import Names

Fact = dict[str, Any]
DARK, LIGHT = 105, 150  # levels: a screen whose median is below the one is dark, above the other light
COUNTED = ("button", "link", "textbox", "searchbox", "checkbox", "radio", "switch", "combobox", "slider", "tab", "img",
           "heading", "menuitem", "option", "spinbutton", "progressbar", "row")  # fmt: skip
_STYLED = ("button", "link", "heading", "img")
_BARS = ("navigation", "tablist", "menubar", "toolbar", "menu", "listbox")
_POPUPS = ("dialog", "alertdialog", "menu", "listbox")
_CHIEF, _LEAST = 2, 4  # levels of headings: chief ones, and the least that can be a title
_LISTED = 8  # items of a bar that are named
_HALF = 0.5  # of an element must be seen for it to count


def half_seen(node: Node) -> bool:
    """Whether at least half of an element is seen."""
    if node["seen"] != "partly" or not node["box"]:
        return node["seen"] == "visible"
    x1, y1, x2, y2 = node["whole"]
    box = node["box"]
    return (box[2] - box[0]) * (box[3] - box[1]) >= _HALF * max((x2 - x1) * (y2 - y1), 1)


def tone(picture: np.ndarray) -> str:
    """dark, light or nothing, by the median level of a picture (height, width, 3)."""
    level = float(np.median(picture[::4, ::4].mean(axis=2)))
    return "dark" if level < DARK else "light" if level > LIGHT else ""


def facts(screen: Screen, names: Names) -> list[Fact]:
    """Everything that a caption may tell, in the order in which it tells it. `tone` comes from the claims."""
    found: list[Fact] = [_kind(screen)]
    shown = [node for node in screen.shown() if half_seen(node)]
    if title := _title(screen, names, shown):
        found.append({"fact": "title", "name": title})
    for node in shown:
        if node["role"] in _POPUPS and _floats(screen, node):
            named = names.sure(node) and screen.spoken(node)
            found.append({"fact": "open", "role": node["role"], "name": node["name"] if named else ""})
    found += [fact for node in shown if node["role"] in _BARS and (fact := _bar(screen, names, node))]
    found += [fact for node in shown if node["role"] in ("table", "grid") and (fact := _table(screen, node))]
    counts = _counts(screen)
    if counts:
        found.append({"fact": "counts", "counts": counts})
    found += _states(screen, names, shown)
    return found


def _title(screen: Screen, names: Names, shown: list[Node]) -> str:
    """The chief heading: of the first or second level before others, then the largest, then the first."""
    found = []
    for at, node in enumerate(shown):
        level = node["states"].get("level", _CHIEF)
        aside = any(each["role"] in _BARS for each in screen.around(node))
        if node["role"] == "heading" and level <= _LEAST and not aside and names.sure(node) and screen.spoken(node):
            found.append((level > _CHIEF, -screen.letters(node), at, node["name"]))
    return min(found)[3] if found else ""


def _kind(screen: Screen) -> Fact:
    app = screen.claims["made"].get("app")
    told = {"kind": _shown_kind(screen), "platform": app["platform"]} if app else {"kind": "", "platform": "web"}
    return {"fact": "kind", **told, "tone": screen.claims["tone"]}


def _shown_kind(screen: Screen) -> str:
    """What the application in front is about; empty where it is not clear which of several that is."""
    app = screen.claims["made"]["app"]
    kinds = {each["name"]: each["kind"] for each in app["apps"]}
    if len(app["apps"]) == 1:
        return str(app["kind"])
    icons = [node for node in screen.shown() if node["role"] in ("button", "link") and node["name"] in kinds]
    if app["kind"] == "home" and len(icons) > 1:
        return "home"
    found = [node for node in screen.shown() if node["role"] == "region" and node["name"] in kinds]
    whole = [node for node in found if node["seen"] == "visible"]
    front = whole if len(found) > 1 else found
    return str(kinds[front[0]["name"]]) if len(front) == 1 else ""


def _floats(screen: Screen, node: Node) -> bool:
    """Whether it lies over others: a dialog or menu that was opened."""
    covered = {each["by"] for each in screen.nodes if each["by"]}
    inside = {node["id"], *(each["id"] for each in screen.within(node))}
    return node["role"] in ("dialog", "alertdialog") or bool(covered & inside)


def _bar(screen: Screen, names: Names, node: Node) -> Fact | None:
    roles = ("link", "tab", "menuitem", "option", "button")
    items = [each for each in screen.within(node) if each["role"] in roles and half_seen(each)]
    items = [each for each in items if names.sure(each) and screen.spoken(each)]
    if not 2 <= len(items) <= _LISTED or not node["box"]:
        return None
    chosen = [each["name"] for each in items if each["states"].get("selected")]
    return {
        **{"fact": "bar", "role": node["role"], "side": side(node["box"], screen.claims["size"])},
        **{"items": [each["name"] for each in items], "chosen": chosen[0] if len(chosen) == 1 else ""},
    }


def _table(screen: Screen, node: Node) -> Fact | None:
    heads = [each for each in screen.within(node) if each["role"] == "columnheader" and half_seen(each)]
    texts = [screen.text(each) for each in heads if not screen.blind(each)]
    if len(texts) != len(heads) or not texts or not all(texts):
        return None
    return {"fact": "table", "columns": texts}


def _counts(screen: Screen) -> list[list[Any]]:
    tally = Counter(node["role"] for node in screen.shown() if half_seen(node))
    return [[role, tally[role]] for role in COUNTED if tally[role] and countable(screen, role)][:5]


def countable(screen: Screen, role: str) -> bool:
    """Whether it is clear how many are seen: none is seen by less than a half. Real pages style links as buttons, and
    texts as headings."""
    if "page" in screen.claims["made"] and role in _STYLED:
        return False
    return all(half_seen(node) for node in screen.shown() if node["role"] == role)


def _states(screen: Screen, names: Names, shown: list[Node]) -> list[Fact]:
    found: list[Fact] = []
    for node in shown:
        if node["role"] in ("switch", "checkbox") and isinstance(node["states"].get("checked"), bool):
            call = names.call(node)
            if call and "of" not in call and "place" not in call:
                found.append({"fact": "state", "call": call, "on": node["states"]["checked"]})
    return found[:4]


def side(box: list[int], size: list[int]) -> str:
    """Where a box stands: left, right, top, bottom of a screen, or its middle."""
    across, down = (box[0] + box[2]) / 2 / size[0], (box[1] + box[3]) / 2 / size[1]
    away = {"left": across, "right": 1 - across, "top": down, "bottom": 1 - down}
    best = min(away, key=lambda name: away[name])
    return best if away[best] < 0.3 else "middle"
