"""Whether switches, checkboxes and radio buttons look as they are said to be: like others of their state.

No look is known beforehand: each is held against its like on the same screen. Where there is no other of its state, or
none of the opposite, pixels alone tell nothing.
"""

from collections.abc import Iterator

import numpy as np

from synth.gui.model import Node, Screen

_ROLES = ("switch", "checkbox", "radio")
_APART = 6.0  # levels on average: looks that differ less are the same
_NEARER = 0.5  # times as far as from the nearest of its own state: nearer to one of the opposite is a fault


def faults(screen: Screen, picture: np.ndarray) -> Iterator[str]:
    """`picture` is (height, width, 3)."""
    groups: dict[tuple[str, int, int], list[tuple[Node, np.ndarray]]] = {}
    for node in screen.shown():
        if node["role"] in _ROLES and _plain(screen, node) and node["box"]:
            x1, y1, x2, y2 = node["box"]
            crop = picture[y1:y2, x1:x2].astype(np.int16)
            groups.setdefault((node["role"], x2 - x1, y2 - y1), []).append((node, crop))
    for alike in groups.values():
        for node, crop in alike:
            own = [_away(crop, other) for each, other in alike if each is not node and _on(each) == _on(node)]
            opposite = [_away(crop, other) for each, other in alike if _on(each) != _on(node)]
            if own and opposite and min(own) > _APART and min(opposite) < _NEARER * min(own):
                yield f"{node['role']} {node['id']} looks like one that is {'off' if _on(node) else 'on'}"


def _plain(screen: Screen, node: Node) -> bool:
    """Whether nothing but its state decides how it looks."""
    states = node["states"]
    usual = isinstance(states.get("checked"), bool) and not states.get("disabled") and not states.get("focused")
    return usual and node["seen"] == "visible" and not screen.text(node) and not screen.blind(node)


def _on(node: Node) -> bool:
    return node["states"]["checked"] is True


def _away(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())
