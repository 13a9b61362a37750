"""The data of a chart as its texts tell them: groups of values, and the rows of a table."""

import itertools
from dataclasses import dataclass

from synth.charts.specs.content import Spec
from synth.charts.specs.numbers import show
from synth.charts.words import MEDIAN, in_language


@dataclass(frozen=True)
class Group:
    """Values that belong together (a series, a row): `name` may be empty; None where nothing is drawn."""

    name: str
    labels: list[str]
    values: list[float | None]
    form: Spec

    def text(self, place: int) -> str:
        value = self.values[place]
        return "" if value is None else show(value, self.form)


def groups(spec: Spec) -> list[Group]:
    """Every value of a chart other than a scatter, in reading order."""
    found = []
    for panel in spec["panels"]:
        kind, before = panel["kind"], f"{panel['title']}, " if panel["title"] else ""
        match kind:
            case "pie" | "treemap":
                found.append(Group("", panel["categories"], panel["values"], panel["form"]))
            case "heatmap":
                found += [
                    Group(name, panel["categories"], row, panel["form"])
                    for name, row in zip(panel["rows"], panel["values"], strict=True)
                ]
            case "box" | "violin":
                middle = in_language(MEDIAN, spec["language"])
                heads = ("min", "Q1", middle, "Q3", "max") if kind == "box" else ("min", middle, "max")
                found += [
                    Group(head, panel["categories"], [row[place] for row in panel["values"]], panel["form"])
                    for place, head in enumerate(heads)
                ]
            case "histogram":
                form = panel["x"]["form"]
                ends = [show(edge, form) for edge in panel["edges"]]
                bins = [f"{low} – {high}" for low, high in itertools.pairwise(ends)]
                found.append(Group("", bins, [value or 0 for value in panel["series"][0]["values"]], panel["form"]))
            case "scatter":
                pass
            case _:
                for number, series in enumerate(panel["series"]):
                    form = panel["form2"] if kind == "combo" and number else panel["form"]
                    name = before + series["name"] if series["name"] else panel["title"]
                    found.append(Group(name, panel["categories"], series["values"], form))
    return found


def rows(spec: Spec) -> list[list[str]]:
    """The data table, its head first."""
    panel = spec["panels"][0]
    if panel["kind"] == "scatter":
        head = [panel["x"]["label"], panel["y"]["label"]]
        named = bool(panel["series"][0]["name"])
        return [[""] * named + head] + [
            [series["name"]] * named + [show(x, panel["form_x"]), show(y, panel["form"])]
            for series in panel["series"]
            for x, y in series["values"]
        ]
    told = groups(spec)
    if len(told) == 1 and not told[0].name:
        axis = panel.get("x") if panel.get("horizontal") else panel.get("y")
        name = (axis or {}).get("label", "")
        return [["", name], *([label, told[0].text(n)] for n, label in enumerate(told[0].labels))]
    if panel["kind"] == "heatmap":
        return [["", *told[0].labels], *([g.name, *(g.text(n) for n in range(len(g.labels)))] for g in told)]
    return [["", *(g.name for g in told)]] + [
        [label, *(g.text(n) for g in told)] for n, label in enumerate(told[0].labels)
    ]
