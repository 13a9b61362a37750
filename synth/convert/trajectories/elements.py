"""Elements of a screen by name, from the accessibility tree of Android as JSON.

The tree is an AndroidAccessibilityForest (android_env): windows, each with a tree of nodes, in the field names of the
protocol buffer or in camel case. Of a node its text or description, its bounds on the screen and whether it is visible
are used.
"""

from collections.abc import Iterator
from typing import Any

from synth.convert.rows import numbers

MOST_NODES = 5_000
LONGEST = 80  # characters of a name


def elements(tree: Any) -> list[tuple[str, list[float]]]:
    """(name, [x1, y1, x2, y2] in pixels) of visible nodes whose name no other of them has; none without a tree."""
    found: dict[str, list[list[float]]] = {}
    for number, node in enumerate(_nodes(tree)):
        if number == MOST_NODES:
            break
        name, box = _name(node), _box(_field(node, "bounds_in_screen"))
        if name and box and _field(node, "is_visible_to_user") is not False:
            found.setdefault(name, []).append(box)
    return [(name, boxes[0]) for name, boxes in found.items() if all(box == boxes[0] for box in boxes)]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    windows = tree.get("windows", [tree]) if isinstance(tree, dict) else tree
    for window in windows if isinstance(windows, list) else ():
        inner = window.get("tree", window) if isinstance(window, dict) else None
        nodes = inner.get("nodes") if isinstance(inner, dict) else None
        yield from (node for node in nodes if isinstance(node, dict)) if isinstance(nodes, list) else ()


def _field(node: dict[str, Any], name: str) -> Any:
    first, *rest = name.split("_")
    return node.get(name, node.get(first + "".join(map(str.capitalize, rest))))


def _name(node: dict[str, Any]) -> str:
    for name in ("text", "content_description"):
        found = _field(node, name)
        if isinstance(found, str) and 0 < len(" ".join(found.split())) <= LONGEST:
            return " ".join(found.split())
    return ""


def _box(bounds: Any) -> list[float] | None:
    """A side that is 0 is left out of the JSON of a protocol buffer."""
    if not isinstance(bounds, dict):
        return None
    box = numbers([bounds.get(side, 0) for side in ("left", "top", "right", "bottom")], 4)
    return box if box and box[0] < box[2] and box[1] < box[3] else None
