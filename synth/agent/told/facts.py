"""What an action led to, as two screens show it: elements that came, went, or are another now.

A fact is plain JSON: `what`, the key of the element that it is about (`on`), and `text`, what it says now (of
`renamed`: what it was called before). Those of an element that went (`vanished`) speak of the screen before, all
others of the screen after.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.agent.play.sight import Element, Sight

Fact = dict[str, Any]
GONE = "vanished"
LONGEST = 60  # letters of a name that is told
_MESSAGES = ("status", "alert")
_OPENED = ("dialog", "alertdialog", "heading")
_FIELDS = ("textbox", "searchbox")
_APPEARING = {  # how much is said by an element of this role that is there now
    **{"dialog": 95, "alertdialog": 95, "alert": 90, "status": 90, "heading": 80, "menuitem": 60, "option": 60},
    **{"menuitemradio": 60, "menuitemcheckbox": 60, "textbox": 50, "searchbox": 50, "button": 45, "link": 40},
    **{"checkbox": 45, "switch": 45, "radio": 45, "combobox": 45, "tab": 45, "listitem": 48, "row": 40, "slider": 45},
    **{"treeitem": 48, "img": 30, "spinbutton": 45},
}
RING = 14  # px around a field, where its ring of focus is painted
_WHOLE = 0.5  # of an element that appears, that must be seen
_TOLD = 40  # from here on a second fact is told


def facts(before: Sight, after: Sight, target: str, moved: bool) -> list[Fact]:
    """One fact or two, the most telling first; none where nothing that could be told has changed.

    `target` is the key of the element that was meant; `moved` whether anything was scrolled.
    """
    if np.array_equal(np.asarray(before.image), np.asarray(after.image)):
        return [{"what": "nothing", "on": "", "text": ""}]
    differs = (np.asarray(before.image) != np.asarray(after.image)).any(2)
    found = [each for each in _found(before, after, target) if _shown(before, after, each[2], differs)]
    found.sort(key=lambda each: (-each[0], each[1]))
    chosen: list[Fact] = []
    for score, _, fact in found:
        related = [each for each in chosen if _akin(before, after, each["on"], fact["on"])]
        if not chosen or (len(chosen) < 2 and score >= _TOLD and not related):
            chosen.append(fact)
    if moved:
        return [{"what": "scrolled", "on": "", "text": ""}, *chosen[:1]]
    return chosen


def _shown(before: Sight, after: Sight, fact: Fact, differs: np.ndarray) -> bool:
    """Whether the screens differ where the element is: what cannot be seen is not told."""
    sight = before if fact["what"] == GONE else after
    x1, y1, x2, y2 = sight.box(sight.elements[fact["on"]])
    gap = RING if fact["what"] == "focused" else 0
    return bool(differs[max(y1 - gap, 0) : y2 + gap, max(x1 - gap, 0) : x2 + gap].any())


def _akin(before: Sight, after: Sight, one: str, other: str) -> bool:
    """Whether one is inside of the other: a dialog and its button are one piece of news."""
    for sight in (before, after):
        for inner, outer in ((one, other), (other, one)):
            while inner:
                if inner == outer:
                    return True
                inner = sight.elements[inner].up if inner in sight.elements else ""
    return False


def _found(before: Sight, after: Sight, target: str) -> Iterator[tuple[int, int, Fact]]:
    """(how telling, where in reading order, fact)."""
    for number, key in enumerate(dict.fromkeys((*after.elements, *before.elements))):
        old, new = before.elements.get(key), after.elements.get(key)
        was, now = bool(old and old.seen), bool(new and new.seen)
        if now and not was and new is not None and _whole(new):
            score = _APPEARING.get(new.role, 0)
            if score and _nameable(new):
                yield score + 50 * (key == target), number, {"what": _how(new), "on": key, "text": ""}
        elif was and not now and old is not None and _whole(old):
            score = 55 if old.role in ("dialog", "alertdialog") else _APPEARING.get(old.role, 0) // 3
            if score and _nameable(old):
                yield score, number, {"what": GONE, "on": key, "text": ""}
        elif was and now and old is not None and new is not None and _nameable(new):
            for score, what, text in _turned(old, new):
                yield score + 30 * (key == target), number, {"what": what, "on": key, "text": text}


def _how(element: Element) -> str:
    if element.role in _MESSAGES:
        return "message"
    return "opened" if element.role in _OPENED else "appeared"


def _whole(element: Element) -> bool:
    return element.seen >= _WHOLE * element.area > 0


def _nameable(element: Element) -> bool:
    return bool(element.called) and (len(element.called) <= LONGEST or element.role not in _MESSAGES)


def _turned(old: Element, new: Element) -> Iterator[tuple[int, str, str]]:
    for state, yes, no, score in (
        ("checked", "on" if new.role in ("switch", "checkbox", "menuitemcheckbox") else "selected", "", 70),
        ("pressed", "on", "off", 70),
        ("selected", "selected", "unselected", 68),
        ("expanded", "expanded", "collapsed", 50),
        ("disabled", "disabled", "enabled", 42),
    ):
        was, now = bool(old.states.get(state)), bool(new.states.get(state))
        no = no or {"on": "off", "selected": "unselected"}[yes]
        if was != now:
            yield score - 5 * (state in ("checked", "selected") and not now), yes if now else no, ""
    value = str(new.states.get("valuetext") or new.value)
    if str(old.states.get("valuetext") or old.value) != value and len(value) <= 200:
        yield 66, "value" if value else "emptied", value
    elif old.name != new.name and old.name and len(old.name) <= LONGEST and len(new.name) <= LONGEST:
        yield 52, "renamed", old.name
    if new.role in _FIELDS and bool(new.states.get("focused")) and not old.states.get("focused"):
        yield 44, "focused", ""
