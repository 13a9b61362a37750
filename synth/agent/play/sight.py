"""What is seen at one moment of a trajectory: the state, the screen, and its elements by their keys."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import PIL.Image

from synth.agent.play.stage import Stage
from synth.gui.look import BORDER, Look, look

Box = list[int]


@dataclass
class Element:
    """An element with a key. `own` are the numbers that it has in the buffer, with all that is in it; `parts` is `own`
    without those of other elements with keys that are clicked for themselves; `seen` how many pixels `own` has."""

    key: str
    role: str
    name: str
    value: str
    text: str  # what is read in it
    states: dict[str, Any]
    clickable: bool
    whole: Box
    node: int
    up: str  # key of the nearest element around it
    own: frozenset[int]
    parts: frozenset[int]
    seen: int

    @property
    def called(self) -> str:
        """What people would call it: what is read in it, as far as that is part of its name, if it is half of it."""
        words = set(self.name.split())
        read = " ".join(word for word in self.text.split() if word in words)
        return read if 2 * len(read) >= len(self.text) > 0 else self.name or self.text

    @property
    def area(self) -> int:
        return max(self.whole[2] - self.whole[0], 0) * max(self.whole[3] - self.whole[1], 0)


@dataclass
class Sight:
    """`ids` (height, width) are the numbers of the elements, borders included, as `synth.gui.look` paints them."""

    state: dict[str, Any]
    image: PIL.Image.Image = field(repr=False)
    ids: np.ndarray = field(repr=False)
    elements: dict[str, Element]
    look: Look = field(repr=False)

    def mask(self, numbers: frozenset[int]) -> np.ndarray:
        """(height, width) bool: where elements of these numbers are seen."""
        table = np.zeros(self._most + 1, bool)
        table[[number for number in numbers if number <= self._most]] = True
        return table[self.ids]

    def box(self, element: Element) -> Box:
        """Around all that is seen of an element; empty where nothing is."""
        rows, columns = np.nonzero(self.mask(element.own))
        if not len(rows):
            x, y = (max(side, 0) for side in element.whole[:2])
            return [x, y, x, y]
        return [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]

    def shows(self, key: str) -> bool:
        return key in self.elements and self.elements[key].seen > 0

    @cached_property
    def _most(self) -> int:
        return int(self.ids.max(initial=0))


def sight(stage: Stage) -> Sight:
    """Looks at the application as it is now."""
    found = look(stage.page, stage.cdp, stage.spec["language"], stage.scale)
    assert found.ids is not None
    ids = (found.ids & (BORDER - 1)).astype(np.uint16)
    return Sight(stage.state(), found.image, ids, _elements(found, ids), found)


def _elements(seen: Look, ids: np.ndarray) -> dict[str, Element]:
    nodes = seen.nodes
    counts = np.bincount(ids.ravel(), minlength=max((node.id for node in nodes), default=0) + 1)
    by_id = {node.id: node for node in nodes}
    own: dict[int, set[int]] = {node.id: {node.id} for node in nodes}
    parts: dict[int, set[int]] = {node.id: {node.id} for node in nodes}
    for node in reversed(nodes):  # document order: what is inside comes after what is around it
        if node.up in own:
            own[node.up] |= own[node.id]
            if not (node.key and node.clickable):
                parts[node.up] |= parts[node.id]
    spelt: dict[int, list[tuple[str, bool]]] = {}
    for word, gap in zip(seen.words, seen.gaps, strict=True):
        spelt.setdefault(word[0], []).append((word[4], bool(gap)))
    found: dict[str, Element] = {}
    for node in nodes:
        if not node.key or node.key in found:
            continue
        up = node.up
        while up and not by_id[up].key:
            up = by_id[up].up
        found[node.key] = Element(
            *(node.key, node.role, node.name, node.value),
            text=_text(spelt, own[node.id]),
            states=node.states,
            clickable=node.clickable,
            whole=list(node.whole),
            node=node.id,
            up=by_id[up].key if up else "",
            own=frozenset(own[node.id]),
            parts=frozenset(parts[node.id]),
            seen=int(counts[sorted(own[node.id])].sum()),
        )
    return found


def _text(spelt: dict[int, list[tuple[str, bool]]], own: set[int]) -> str:
    words = [word for number in sorted(own) for word in spelt.get(number, ())]
    return "".join(" " * gap + word for word, gap in words).strip()
