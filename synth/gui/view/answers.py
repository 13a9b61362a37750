"""What is answered to a view of a screen, by the elements of the screen alone."""

from typing import Any

from synth.gui.look import CLICKABLE
from synth.gui.model import Node, Screen, squeezed
from synth.gui.view import facts as captions
from synth.gui.view import wording
from synth.gui.view.refer import Names

View = dict[str, Any]
GROUPS = {
    "elements": CLICKABLE,
    "buttons and links": frozenset({"button", "link"}),
    "controls": CLICKABLE - {"link", "button", "tab", "menuitem"},
}
_MOST_LISTED, _FEWEST = 80, 2

OPPOSITE = {
    **{"on": "off", "off": "on", "checked": "not checked", "not checked": "checked", "selected": "not selected"},
    **{"not selected": "selected", "expanded": "collapsed", "collapsed": "expanded", "pressed": "not pressed"},
    "not pressed": "pressed",
}


def answer(screen: Screen, names: Names, view: View) -> Any:
    """What is to be said; None where the question has no answer on this screen."""
    match view["kind"]:
        case "list":
            return _inventory(screen, names, GROUPS[view["group"]])
        case "find" | "point" | "act" | "state" | "is" | "chosen" | "typed":
            meant = names.meant(view["call"])
            return _of_target(screen, names, view, meant[0]) if len(meant) == 1 else None
        case "name_point":
            hit = _at(screen, view["at"])
            return names.call(hit) if hit else None
        case "name_box" | "describe":
            found = [node for node in screen.shown() if node["box"] == view["box"] and node["point"]]
            return _told(screen, names, found[0]) if len(found) == 1 else None
        case "refuse":
            return _refused(screen, names, view)
        case "count":
            role = view["role"]
            many = sum(node["role"] == role for node in screen.shown())
            return many if many and captions.countable(screen, role) else None
        case "ocr" | "lines":
            return _lines(screen, view["kind"] == "lines")
        case "read":
            found_lines = [text for text, box, _ in screen.lines() if box == view["box"]]
            return found_lines[0] if len(found_lines) == 1 else None
        case "find_text":
            places = [box for text, box, _ in screen.lines() if view["text"] in text]
            return places[0] if len(places) == 1 else None
        case "caption":
            return [fact for at, fact in enumerate(captions.facts(screen, names)) if at not in view["without"]]
    raise ValueError(f"{view['kind']!r} is no kind of view")


def _of_target(screen: Screen, names: Names, view: View, node: Node) -> Any:
    match view["kind"]:
        case "find":
            return node["box"] if node["seen"] != "covered" else None
        case "point":
            return node["point"]
        case "act":
            usable = node["point"] and not node["states"].get("disabled") and not names.shared(node)
            return [node["point"], node["states"].get("checked")] if usable else None
        case "state":
            return wording.states(node) or None
        case "is":
            states = wording.states(node)
            if view["state"] in states:
                return True
            return False if OPPOSITE.get(view["state"]) in states else None
        case "chosen":
            chosen = [each for each in siblings(screen, node) if is_chosen(each)]
            return chosen[0]["name"] if len(chosen) == 1 and screen.spoken(chosen[0]) else None
    return typed_text(screen, node)


def is_chosen(node: Node) -> bool:
    return bool(node["states"].get("selected") or node["states"].get("checked") is True)


def siblings(screen: Screen, node: Node) -> list[Node]:
    """Those of its role in the same group, all of them well seen; none where that is not clear."""
    group = next((each for each in screen.around(node) if each["role"] in ("tablist", "radiogroup", "listbox")), None)
    if group is None:
        return []
    found = [each for each in screen.within(group) if each["role"] == node["role"]]
    return found if all(captions.half_seen(each) for each in found) else []


def typed_text(screen: Screen, node: Node) -> str | None:
    """What is typed in a field, where the picture shows just that."""
    if node["role"] not in ("textbox", "searchbox", "spinbutton") or screen.blind(node) or "\n" in node["value"]:
        return None
    text = screen.text(node)
    value = node["value"] or ("" if squeezed(text) == squeezed(node["hint"]) else text)
    return text if value and squeezed(value) == squeezed(text) and "\u2022" not in text else None


def _inventory(screen: Screen, names: Names, roles: frozenset[str]) -> list[dict[str, Any]] | None:
    shown = [node for node in screen.shown() if node["role"] in roles and captions.half_seen(node)]
    if not _FEWEST <= len(shown) <= _MOST_LISTED or not all(names.sure(node) or _mute(screen, node) for node in shown):
        return None
    if any(node["point"] is None and not node["states"].get("disabled") for node in shown):
        return None  # where it stands is not beyond doubt
    return [
        {"box": node["box"], "role": node["role"], "name": node["name"], "state": wording.states(node)}
        for node in shown
    ]


def _mute(screen: Screen, node: Node) -> bool:
    """Whether it has no name and shows no text: an icon, listed by its role."""
    return not squeezed(node["name"]) and not screen.text(node) and not screen.blind(node)


def _at(screen: Screen, at: list[int]) -> Node | None:
    """The element that a click there hits: the innermost that can be clicked."""
    found = [node for node in screen.shown() if node["point"] == at]
    return found[-1] if found else None


def _told(screen: Screen, names: Names, node: Node) -> dict[str, Any] | None:
    call = names.call(node)
    if call is None or node["box"] is None:
        return None
    side = captions.side(node["box"], screen.claims["size"])
    return {"role": node["role"], "name": node["name"], "state": wording.states(node), "side": side, "call": call}


def why(screen: Screen, node: Node) -> str:
    """Why an element that is known to be there cannot be used; empty where it can, or where that is not seen."""
    if node["seen"] == "covered":
        over = screen.by_id.get(node["by"])
        return "covered" if over and over["veil"] else ""
    return "disabled" if node["states"].get("disabled") and captions.half_seen(node) else ""


def _refused(screen: Screen, names: Names, view: View) -> list[str] | None:
    call = view["call"]
    meant = names.meant(call)
    if not meant:
        wanted = squeezed(call["name"])
        near = any(
            wanted in squeezed(node["name"]) or squeezed(node["name"]) in wanted
            for node in names.candidates
            if node["name"]
        )
        said = any(wanted in squeezed(text) for text, _, _ in screen.lines())
        return None if near or said else ["absent", ""]
    reason = why(screen, meant[0]) if len(meant) == 1 else ""
    if reason == "disabled":
        return ["disabled", ""] if view["ask"] == "act" else None
    if reason == "covered":
        return ["covered", _blocker(screen, names)]
    return None


def _blocker(screen: Screen, names: Names) -> str:
    """What is open in front, if that is clear."""
    found = [node for node in screen.shown() if node["role"] in ("dialog", "alertdialog", "menu")]
    if len(found) != 1:
        return ""
    named = names.sure(found[0]) and screen.spoken(found[0])
    return wording.noun(found[0]["role"]) + (f' "{found[0]["name"]}"' if named else "")


def _lines(screen: Screen, placed: bool) -> list[Any] | None:
    covers = {node["by"] for node in screen.nodes if node["by"]}
    if any(node["veil"] and node["id"] in covers for node in screen.nodes):
        return None  # what shines through could be read or not
    if any(node["blind"] for node in screen.nodes if node["seen"] == "visible"):
        return None  # something can be read that nothing is said of
    lines = screen.lines()
    if not lines:
        return None
    return [[text, box] for text, box, _ in lines] if placed else [text for text, _, _ in lines]
