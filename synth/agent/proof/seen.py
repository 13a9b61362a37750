"""Whether the pictures show what the claims say: targets where they are hit, texts as they are read, and changes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.agent.told.facts import GONE, RING
from synth.agent.told.screens import covers, proof_of, spelt
from synth.agent.told.views import screens_of, shown_at
from synth.gui import letters
from synth.gui.model import squeezed
from synth.sample import Claims, Evidence

_PAD = 16  # px around what differs, where compression differs too: blocks of chroma are that large
_SAME = 32  # levels, as a mean over 3 x 3 px: compression's
_OTHER = 20
_UNTOLD = ("scrolled", "nothing")


def form(claims: Claims, evidence: Evidence) -> Iterator[str]:
    """Screens and buffers that are not those which the view shows, in their order."""
    wanted, said = screens_of(claims, claims["view"]), [screen["at"] for screen in claims["screens"]]
    if wanted != said:
        yield f"the screens are those after {said} steps, not {wanted}"
    if len(evidence.contents) != 2 * len(said):
        yield f"{len(evidence.contents)} media for {len(said)} screens"
        return
    width, height = claims["size"]
    for number in range(len(said)):
        shape, ids = evidence.picture(number).shape, evidence.buffer(len(said) + number).shape
        if shape != (height, width, 3) or ids != (height, width):
            yield f"screen {number}: {shape} and {ids}, not {height} x {width}"


def hits(claims: Claims, evidence: Evidence) -> Iterator[str]:
    """Places of actions that do not lie where they are said to, and elements that are painted elsewhere."""
    for number, screen in enumerate(claims["screens"]):
        ids = evidence.buffer(len(claims["screens"]) + number)
        yield from _boxes(screen, ids, number)
        for at, step in enumerate(claims["steps"]):
            if shown_at(claims, at) == screen["at"]:
                yield from (f"step {at}: {text}" for text in _hit(claims, step, screen, ids))


def _boxes(screen: Claims, ids: np.ndarray, number: int) -> Iterator[str]:
    for element in screen["elements"]:
        inside = _inside(screen, element["id"])
        rows, columns = np.nonzero(np.isin(ids, inside))
        box = (
            [int(edge) for edge in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)] if len(rows) else []
        )
        if box != element["box"]:
            yield f"screen {number}: {element['name']!r} is painted at {box}, not {element['box']}"


def _inside(screen: Claims, number: int) -> list[int]:
    """An element's number and those of all that is in it."""
    found = [number]
    for entry in sorted((*screen["elements"], *screen["leaves"]), key=lambda entry: entry["id"]):
        if entry["up"] in found:
            found.append(entry["id"])
    return found


def _hit(claims: Claims, step: dict[str, Any], screen: Claims, ids: np.ndarray) -> Iterator[str]:
    arguments = step["action"]["arguments"]
    places = [(name, arguments[name]) for name in ("coordinate", "coordinate2") if name in arguments]
    for name, (x, y) in places:
        if not (0 <= x < ids.shape[1] and 0 <= y < ids.shape[0]):
            yield f"{name} {x:g}, {y:g} is not on the screen"
            return
    if step["do"] == "scroll" or not places:
        return
    dropped = step["do"] == "drag" and arguments["action"] == "left_click_drag"
    meant = step["to"] if dropped else step["on"]
    if not step["wrong"] and step["hit"] != meant:
        yield f"{step['hit']!r} is hit where {meant!r} is meant"
    yield from _lies(screen, ids, places[0][1], step["hit"])
    if step["do"] == "drag" and len(places) > 1:
        yield from _lies(screen, ids, places[1][1], step["to"])


def _lies(screen: Claims, ids: np.ndarray, place: list[float], key: str) -> Iterator[str]:
    """Nothing, if an element lies at a place; with no key, if none that is spoken of does."""
    found = int(ids[int(place[1]), int(place[0])])
    entry = next((element for element in screen["elements"] if element["key"] == key), None)
    if key and not entry:
        yield f"{key} is not on the screen"
    elif entry and found not in _inside(screen, entry["id"]):
        yield f"({place[0]:g}, {place[1]:g}) does not lie on {entry['name']!r}"
    elif not key and found:
        yield f"({place[0]:g}, {place[1]:g}) lies on an element, not beside"


def texts(claims: Claims, evidence: Evidence) -> Iterator[str]:
    """Names and values that are not what the pictures show, and words of steps that are not those of their screens."""
    for number, screen in enumerate(claims["screens"]):
        ids, picture = evidence.buffer(len(claims["screens"]) + number), evidence.picture(number)
        told = proof_of(screen, claims)
        yield from (
            (f"screen {number}: {text}" for text in letters.faults(picture, ids, told)) if screen["words"] else ()
        )
        for element in screen["elements"]:
            said = spelt(screen, element["id"])
            if element["read"] and not _says(said, element):
                yield f"screen {number}: {said!r} is read, not {element[element['read']]!r}"
        by_key = {element["key"]: element for element in screen["elements"]}
        for at, step in enumerate(claims["steps"]):
            if shown_at(claims, at) == screen["at"]:
                yield from (f"step {at}: {text}" for text in _named(step, by_key))
            if shown_at(claims, at) == screen["at"] or (at + 1 == screen["at"] and step["do"] != "done"):
                after = at + 1 == screen["at"]
                yield from (f"step {at}: {text}" for text in _facts(step, by_key, after))


def _says(said: str, element: dict[str, Any]) -> bool:
    if element["read"] == "name":
        return covers(said, element["name"])
    return squeezed(said) == squeezed(element["value"])


def _named(step: dict[str, Any], by_key: dict[str, Any]) -> Iterator[str]:
    for key, name in ((step["on"], step["name"]), (step["to"], step["to_name"])):
        if (by_key[key]["name"] if key in by_key else "") != name and (name or key in by_key):
            yield f"{key!r} is not called {name!r}"
    if step["on"] in by_key and by_key[step["on"]]["value"] != step["had"]:
        yield f"{step['had']!r} is not what stands in {step['name']!r}"


def _facts(step: dict[str, Any], by_key: dict[str, Any], after: bool) -> Iterator[str]:
    for fact in step["facts"]:
        if not fact["on"] or after == (fact["what"] == GONE):
            continue
        entry = by_key.get(fact["on"])
        if after or fact["what"] == GONE:
            if not entry or entry["name"] != fact["name"]:
                yield f"{fact['on']!r} is not called {fact['name']!r} there"
            elif fact["what"] in ("value", "emptied") and entry["read"] == "value" and entry["value"] != fact["text"]:
                yield f"{entry['name']!r} does not say {fact['text']!r}"


def differ(claims: Claims, evidence: Evidence) -> Iterator[str]:
    """Steps whose screens before and after do not differ where they are said to, or differ elsewhere."""
    places = {screen["at"]: number for number, screen in enumerate(claims["screens"])}
    for at, step in enumerate(claims["steps"]):
        before, after = places.get(shown_at(claims, at)), places.get(at + 1)
        if step["do"] == "done" or before is None or after is None:
            continue
        for text in _differs(step, evidence.picture(before), evidence.picture(after)):
            yield f"step {at}: {text}"
        yield from (f"step {at}: {text}" for text in _told(step, claims["screens"][before], claims["screens"][after]))


def _differs(step: dict[str, Any], one: np.ndarray, other: np.ndarray) -> Iterator[str]:
    import cv2

    apart = cv2.blur(cv2.absdiff(one, other).max(2), (3, 3))
    for x1, y1, x2, y2, clear in step["boxes"]:
        if clear and int(apart[y1:y2, x1:x2].max(initial=0)) < _OTHER:
            yield f"the screens do not differ at {x1}, {y1}, {x2}, {y2}"
    for x1, y1, x2, y2, _ in step["boxes"]:
        apart[max(y1 - _PAD, 0) : y2 + _PAD, max(x1 - _PAD, 0) : x2 + _PAD] = 0
    if int(apart.max(initial=0)) > _SAME:
        y, x = np.unravel_index(int(apart.argmax()), apart.shape)
        yield f"the screens differ at {x}, {y}, where nothing is said to"


def _told(step: dict[str, Any], before: Claims, after: Claims) -> Iterator[str]:
    """Facts that lie where nothing differs."""
    for fact in step["facts"]:
        if fact["what"] == "nothing" and step["boxes"]:
            yield "something differs, where nothing is said to"
        if fact["what"] == "scrolled" and not step["boxes"]:
            yield "nothing differs, where it is said to have moved"
        if fact["what"] in _UNTOLD:
            continue
        elements = (before if fact["what"] == GONE else after)["elements"]
        box = next((element["box"] for element in elements if element["key"] == fact["on"]), None)
        gap = RING if fact["what"] == "focused" else 1
        if box is None or not any(_meet(box, other, gap) for other in step["boxes"]):
            yield f"nothing differs where {fact['name']!r} is"


def _meet(one: list[int], other: list[int], gap: int) -> bool:
    across = one[0] - gap < other[2] and other[0] < one[2] + gap
    return across and one[1] - gap < other[3] and other[1] < one[3] + gap
