"""Where every text and every mark of a drawn figure lies, in pixels."""

from typing import Any

import numpy as np

from synth.charts.specs.content import Spec

Box = list[float]


class Measure:
    def __init__(self, spec: Spec, figure: Any):
        self.spec, self.figure = spec, figure
        self.height = spec["size"][1]
        self.renderer = figure.canvas.get_renderer()
        axes = iter(figure.axes)
        self.axes = []  # of each panel: its own, then those of a colour bar or twin
        for panel in spec["panels"]:
            self.axes.append([next(axes), *([next(axes)] if panel["kind"] in ("heatmap", "combo") else [])])

    def box(self, artist: Any) -> Box:
        extent = artist.get_window_extent(self.renderer)
        return [round(v, 2) for v in (extent.x0, self.height - extent.y1, extent.x1, self.height - extent.y0)]

    def point(self, axes: Any, x: float, y: float) -> list[float]:
        across, up = axes.transData.transform((x, y))
        return [round(float(across), 2), round(float(self.height - up), 2)]

    def texts(self, space: dict[str, Any]) -> list[Spec]:
        """Role, panel and number of each text, and its box; what it says follows from the spec (`wording`)."""
        found: list[Spec] = []

        def add(role: str, panel: int, artists: Any) -> None:
            for number, artist in enumerate(artists):
                if artist.get_text():
                    found.append({"role": role, "panel": panel, "number": number, "box": self.box(artist)})

        if self.spec["title"]:
            add("title", 0, self.figure.texts[-1:])
        if "legend" in space:
            add("legend", 0, space["legend"].get_texts())
        for number, (panel, axes) in enumerate(zip(self.spec["panels"], self.axes, strict=True)):
            own = axes[0]
            add("panel", number, [own.title])
            if panel["kind"] not in ("pie", "radar", "treemap"):
                for name, side in (("x", own.xaxis), ("y", own.yaxis)):
                    add(f"{name}label", number, [side.label])
                    along = "y" if panel["horizontal"] else "x"
                    role = "category" if name == along and "categories" in panel else name
                    add("row" if panel["kind"] == "heatmap" and name == "y" else role, number, side.get_ticklabels())
                for extra in axes[1:]:
                    add("y2label", number, [extra.yaxis.label])
                    add("y2", number, extra.get_yticklabels())
            add("text", number, space["drawn"].texts[-1] if panel["kind"] == "pie" and panel["printed"] else own.texts)
        return found

    def swatches(self, legend: Any) -> list[Box]:
        if not legend:
            return []
        boxes = []
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            box = self.box(handle)
            if not np.isfinite(box).all():  # a scatter's handle has no extent: its place is that before the text
                size, (left, upper, _, lower) = self.spec["font"]["tick"], self.box(text)
                middle = (left - 1.4 * size, (upper + lower) / 2)
                box = [round(middle[n % 2] + (size * 0.45) * (1 if n > 1 else -1), 2) for n in range(4)]
            boxes.append(box)
        return boxes

    def panels(self) -> list[Spec]:
        measured = []
        for panel, axes in zip(self.spec["panels"], self.axes, strict=True):
            ticks = {}
            for name in ("x", "y", "y2"):
                axis = panel.get(name) or (panel.get("bar") if name == "y2" else None)
                if axis:
                    side = axes[-1] if name == "y2" else axes[0]
                    base = side.get_xlim()[0] if name != "x" else side.get_ylim()[0]
                    spots = [(v, base) if name == "x" else (base, v) for v in axis["ticks"]]
                    ticks[name] = [self.point(side, *spot)[0 if name == "x" else 1] for spot in spots]
            measured.append({"ticks": ticks, "marks": MARKS[panel["kind"]](self, panel, axes)})
        return measured

    def rectangle(self, axes: Any, x1: float, y1: float, x2: float, y2: float) -> Box:
        one, two = self.point(axes, x1, y1), self.point(axes, x2, y2)
        return [min(one[0], two[0]), min(one[1], two[1]), max(one[0], two[0]), max(one[1], two[1])]


def _bars(measure: Measure, panel: Spec, axes: list[Any]) -> list[list[Box | None]]:
    rows = [series for series in panel["series"] if "marker" not in series]
    many = 1 if panel["stacked"] else len(rows)
    thick = panel["thick"] / many
    base = [0.0] * len(panel["categories"])
    scale = panel["x" if panel["horizontal"] else "y"]
    found = []
    for number, series in enumerate(rows):
        offset = 0.0 if panel["stacked"] else (number - (many - 1) / 2) * thick
        boxes: list[Box | None] = []
        for place, value in enumerate(series["values"]):
            if value is None:
                boxes.append(None)
                continue
            low = scale["limits"][0] if scale["log"] else base[place]
            ends = (low, value if scale["log"] else low + value)
            sides = (place + offset - thick / 2, place + offset + thick / 2)
            corner = (
                (ends[0], sides[0], ends[1], sides[1])
                if panel["horizontal"]
                else (sides[0], ends[0], sides[1], ends[1])
            )
            boxes.append(measure.rectangle(axes[0], *corner))
            base[place] += value if panel["stacked"] else 0
        found.append(boxes)
    return found


def _lines(measure: Measure, panel: Spec, axes: list[Any]) -> list[list[list[float]]]:
    return [[measure.point(axes[-1], place, value) for place, value in enumerate(series["values"])]
            for series in panel["series"] if "marker" in series]  # fmt: skip


def _area(measure: Measure, panel: Spec, axes: list[Any]) -> list[list[list[float]]]:
    """Of each value: x, upper and lower y."""
    rows = np.array([series["values"] for series in panel["series"]], float)
    upper = np.cumsum(rows, 0)
    return [
        [
            [*measure.point(axes[0], place, high), measure.point(axes[0], place, high - value)[1]]
            for place, (value, high) in enumerate(zip(row, tops, strict=True))
        ]
        for row, tops in zip(rows, upper, strict=True)
    ]


def _scatter(measure: Measure, panel: Spec, axes: list[Any]) -> list[list[list[float]]]:
    return [[measure.point(axes[0], *pair) for pair in series["values"]] for series in panel["series"]]


def _pie(measure: Measure, panel: Spec, axes: list[Any]) -> Spec:
    centre, edge = measure.point(axes[0], 0, 0), measure.point(axes[0], 1, 0)
    return {"centre": centre, "radius": round(edge[0] - centre[0], 2)}


def _box(measure: Measure, panel: Spec, axes: list[Any]) -> list[Box]:
    """Of each category: from its least to its greatest value."""
    half = panel["thick"] / 2
    return [
        measure.rectangle(axes[0], place - half, values[0], place + half, values[-1])
        for place, values in enumerate(panel["values"])
    ]


def _histogram(measure: Measure, panel: Spec, axes: list[Any]) -> list[list[Box | None]]:
    edges = panel["edges"]
    return [
        [
            None if value is None else measure.rectangle(axes[0], edges[place], 0, edges[place + 1], value)
            for place, value in enumerate(panel["series"][0]["values"])
        ]
    ]


def _heatmap(measure: Measure, panel: Spec, axes: list[Any]) -> list[list[Box]]:
    half = 0.0 if measure.spec["engine"] == "seaborn" else 0.5
    return [
        [
            measure.rectangle(axes[0], column - half, row - half, column + 1 - half, row + 1 - half)
            for column in range(len(panel["categories"]))
        ]
        for row in range(len(panel["rows"]))
    ]


def _radar(measure: Measure, panel: Spec, axes: list[Any]) -> list[list[list[float]]]:
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(panel["categories"])) / len(panel["categories"])
    return [
        [
            measure.point(
                axes[0], value / panel["rings"][-1] * np.cos(angle), value / panel["rings"][-1] * np.sin(angle)
            )
            for value, angle in zip(series["values"], angles, strict=True)
        ]
        for series in panel["series"]
    ]


def _treemap(measure: Measure, panel: Spec, axes: list[Any]) -> list[Box]:
    return [measure.rectangle(axes[0], x, y, x + wide, y + high) for x, y, wide, high in panel["cells"]]


def _combo(measure: Measure, panel: Spec, axes: list[Any]) -> list[Any]:
    return [*_bars(measure, panel, axes), *_lines(measure, panel, axes)]


MARKS: dict[str, Any] = {
    **{"bar": _bars, "line": _lines, "area": _area, "scatter": _scatter, "pie": _pie, "box": _box, "violin": _box},
    **{"histogram": _histogram, "heatmap": _heatmap, "radar": _radar, "treemap": _treemap, "combo": _combo},
}
