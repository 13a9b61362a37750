"""What elements are called so that one alone is meant: by role and name, else by what is around, else by their place.

A *call* is plain JSON: `role`, `name`, and where several have both, `of` [role, title] of what is around it, or `place`
[number from 1, "top" or "left", of how many].
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from synth.gui.look import CLICKABLE
from synth.gui.model import Node, Screen, squeezed

Call = dict[str, Any]
AROUND = frozenset({"row", "listitem", "article", "group", "region", "dialog", "alertdialog", "form", "tabpanel",
                    "menu", "radiogroup", "navigation", "toolbar", "tablist", "list", "table", "complementary",
                    "figure"})  # fmt: skip
NAMED = CLICKABLE | {"heading", "img", "columnheader", "progressbar", "dialog", "alertdialog"}
_LONGEST = 60  # letters of a name that is said
_APART = 6  # px between elements that are counted along a side


class Names:
    """Calls the elements of a screen."""

    def __init__(self, screen: Screen):
        self.screen = screen

    @cached_property
    def candidates(self) -> list[Node]:
        """Whatever could be meant: what is seen, and what is only covered."""
        return [node for node in self.screen.nodes if node["role"] in NAMED and node["seen"] != "outside"]

    @cached_property
    def _alike(self) -> dict[tuple[str, str], list[Node]]:
        found: dict[tuple[str, str], list[Node]] = {}
        for node in self.candidates:
            found.setdefault((node["role"], squeezed(node["name"])), []).append(node)
        return found

    def sure(self, node: Node) -> bool:
        """Whether its name can be said: a short one, that the screen shows or that stands for a picture."""
        short = bool(squeezed(node["name"])) and len(node["name"]) <= _LONGEST
        return short and (self.screen.spoken(node) or not self.screen.text(node))

    def shared(self, node: Node) -> bool:
        """Whether something of another role that can be clicked has its name: a task without its role means both."""
        wanted = squeezed(node["name"])
        return any(
            each["role"] in CLICKABLE and each["role"] != node["role"] and squeezed(each["name"]) == wanted
            for each in self.candidates
        )

    def call(self, node: Node) -> Call | None:
        """How one alone is meant; None where there is no way."""
        if node["role"] not in NAMED or node["seen"] == "outside" or not self.sure(node):
            return None
        call: Call = {"role": node["role"], "name": node["name"]}
        alike = self._alike[node["role"], squeezed(node["name"])]
        if len(alike) == 1:
            return call
        for owner, title in self._titles(node):
            named = {**call, "of": [owner["role"], title]}
            if [each["id"] for each in self.meant(named)] == [node["id"]]:
                return named
        for side in ("top", "left"):
            order = self._along(alike, side)
            if order and node["id"] in order:
                return {**call, "place": [order.index(node["id"]) + 1, side, len(order)]}
        return None

    def meant(self, call: Call) -> list[Node]:
        """The elements that a call means: one, if it is sound."""
        alike = self._alike.get((call["role"], squeezed(call["name"])), [])
        if "of" in call:
            role, title = call["of"]
            wanted = (role, squeezed(title))
            return [
                node for node in alike
                if any((owner["role"], squeezed(told)) == wanted for owner, told in self._titles(node))
            ]  # fmt: skip
        if "place" in call:
            number, side, many = call["place"]
            order = self._along(alike, side)
            return [self.screen.by_id[order[number - 1]]] if len(order) == many >= number > 0 else []
        return alike

    def _titles(self, node: Node) -> Iterator[tuple[Node, str]]:
        """What is around an element and has a title: its name where that is shown, else the first text in it."""
        for owner in self.screen.around(node):
            if owner["role"] in AROUND and (title := self._title(owner, node)):
                yield owner, title

    def _title(self, owner: Node, node: Node) -> str:
        if owner["name"] and len(owner["name"]) <= _LONGEST and self.screen.spoken(owner):
            return owner["name"]
        if owner["role"] not in ("row", "listitem", "article", "dialog", "alertdialog"):
            return ""
        for each in self.screen.within(owner):
            texts = each["role"] in ("text", "heading", "cell", "gridcell", "rowheader", "link")
            if texts and each["id"] != node["id"] and each["seen"] == "visible" and not self.screen.blind(each):
                text = self.screen.text(each)
                if 1 < len(text) <= _LONGEST and squeezed(text) != squeezed(node["name"]):
                    return text
        return ""

    def _along(self, alike: Sequence[Node], side: str) -> list[int]:
        """Ids in their order from the top or the left, where that is clear and all are seen."""
        boxes = [node["box"] for node in alike]
        axis = 1 if side == "top" else 0
        if any(box is None for box in boxes) or any(node["seen"] != "visible" for node in alike):
            return []
        order = sorted(alike, key=lambda node: (node["box"] or [0, 0])[axis])
        starts = [(node["box"] or [0, 0])[axis] for node in order]
        clear = all(b - a >= _APART for a, b in pairwise(starts))
        return [node["id"] for node in order] if clear else []
