"""Room for everything: margins from the widths of the texts, so that nothing is clipped and nothing collides."""

import functools

import PIL.ImageFont

from synth.charts.specs.content import Spec
from synth.charts.specs.numbers import show
from synth.ocr.fonts import Face

GAP = 6  # px between text and what it labels


@functools.lru_cache(maxsize=256)
def font_of(path: str, size: int) -> PIL.ImageFont.FreeTypeFont:
    return PIL.ImageFont.truetype(path, size)


class Room:
    """Measures a spec's texts in its face."""

    def __init__(self, spec: Spec, face: Face):
        self.spec, self.face = spec, face
        self.tick, self.label, self.title = (spec["font"][size] for size in ("tick", "label", "title"))

    def width(self, text: str, size: int) -> float:
        return font_of(self.face.path, size).getlength(text)

    def widest(self, texts: list[str], size: int) -> float:
        return max((self.width(text, size) for text in texts), default=0.0)

    def legend(self, names: list[str]) -> tuple[str, int, float]:
        """Where the legend goes (right, top or bottom), its columns and the px that it takes there."""
        entry = self.widest(names, self.tick) + 2.6 * self.tick + 14
        width, _height = self.spec["size"]
        columns = max(1, min(len(names), int((width - 24) // entry)))
        rows = -(-len(names) // columns)
        if self.spec["legend"] == "right" and entry < 0.3 * width:
            return "right", 1, entry + 14
        return ("top" if self.spec["legend"] == "right" else self.spec["legend"]), columns, rows * 1.75 * self.tick + 12

    def panels(self, legend: tuple[str, int, float] | None) -> list[tuple[float, float, float, float]]:
        """Boxes (x1, y1, x2, y2) in px, one for each panel, below the title and beside the legend."""
        width, height = self.spec["size"]
        x1, y1, x2, y2 = 4.0, 4.0, width - 6.0, height - 4.0
        if self.spec["title"]:
            y1 += 1.75 * self.title
        if legend:
            place, _, size = legend
            y1 += size if place == "top" else 0
            y2 -= size if place == "bottom" else 0
            x2 -= size if place == "right" else 0
        many = len(self.spec["panels"])
        columns = 1 if many == 1 else 2 if many == 4 or width > height else 1
        rows = -(-many // columns)
        wide, high = (x2 - x1) / columns, (y2 - y1) / rows
        return [
            (x1 + wide * (number % columns), y1 + high * (number // columns),
             x1 + wide * (number % columns + 1), y1 + high * (number // columns + 1))
            for number in range(many)
        ]  # fmt: skip

    def frame(self, panel: Spec, area: tuple[float, float, float, float]) -> None:
        """Sets `rect` of a panel, [left, top, right, bottom] in px, and whether its categories stand upright."""
        x1, y1, x2, y2 = area
        y1 += 1.8 * self.label if panel["title"] else self.tick
        across, along = ("y", "x") if panel.get("horizontal") else ("x", "y")
        left = self._beside(panel.get("y")) if along == "y" or panel.get("y") else 0
        right = self._beside(panel.get("y2")) if panel.get("y2") else 0.8 * self.tick
        bottom = 2.2 * self.tick if panel.get("x") else 0
        bottom += 1.7 * self.label if panel.get("x") and panel["x"]["label"] else 0
        if panel.get("x"):
            right = max(
                right, self.widest([show(v, panel["x"]["form"]) for v in panel["x"]["ticks"][-1:]], self.tick) / 2 + 4
            )
        names = panel.get("categories", [])
        panel["upright"] = False
        if panel["kind"] == "area":  # its last name stands under the edge of the plot
            right = max(right, self.width(panel["categories"][-1], self.tick) / 2 + 4)
        if names and across == "x" and panel.get("y"):
            each = (x2 - x1 - left - right - 10) / len(names)
            panel["upright"] = self.widest(names, self.tick) > each - 8
            bottom += (self.widest(names, self.tick) if panel["upright"] else 1.4 * self.tick) + GAP + 4
        elif names and across == "y":
            left += self.widest(names, self.tick) + GAP + 6
        panel["rect"] = [round(x1 + left + 4), round(y1), round(x2 - right - 4), round(y2 - bottom - 4)]

    def _beside(self, axis: Spec | None) -> float:
        if axis is None:
            return 0
        labels = self.widest([show(value, axis["form"]) for value in axis["ticks"]], self.tick)
        return labels + GAP + 10 + (1.8 * self.label if axis["label"] else 0)
