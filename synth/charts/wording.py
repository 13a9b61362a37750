"""What the texts of a chart say: by the spec alone."""

from synth.charts.specs.content import Spec
from synth.charts.specs.numbers import show


def wording(spec: Spec, text: Spec) -> str:
    """What a text of the truth says, by the spec alone. Raises where the spec has no such text."""
    role, number = text["role"], text["number"]
    panel = spec["panels"][text["panel"]]
    match role:
        case "title":
            return spec["title"]
        case "legend":
            return spec["legend"]["names"][number]
        case "panel":
            return panel["title"]
        case "category":
            return panel["categories"][number]
        case "row":
            return panel["rows"][number]
        case "xlabel" | "ylabel" | "y2label":
            return panel[role.removesuffix("label")]["label"]
        case "x" | "y" | "y2":
            axis = panel.get(role) or panel["bar"]
            return show(axis["ticks"][number], axis["form"])
    return _text(panel, number)


def _text(panel: Spec, number: int) -> str:
    """The texts within a plot, in the order in which the code writes them."""
    if panel["kind"] == "treemap":
        return show(panel["values"][number // 2], panel["form"]) if number % 2 else panel["categories"][number // 2]
    if panel["kind"] == "radar":
        names = panel["categories"]
        ring = number - len(names)
        return names[number] if ring < 0 else show(panel["rings"][ring], {**panel["form"], "places": 0})
    if panel["kind"] in ("heatmap", "pie"):
        rows = panel["values"] if panel["kind"] == "heatmap" else [panel["values"]]
        return show([value for row in rows for value in row][number], panel["form"])
    values = [value for series in panel["series"] for value in series["values"] if value is not None]
    return show(values[number], panel["form"])


def inner(panel: Spec) -> list[int]:
    """The numbers of the texts within a plot."""
    match panel["kind"]:
        case "treemap":
            return list(range(2 * len(panel["categories"])))
        case "radar":
            return list(range(len(panel["categories"]) + len(panel["rings"])))
        case "pie":
            return [n for n, value in enumerate(panel["values"]) if panel["printed"] and value > 6.5]
        case "heatmap":
            return list(range(len(panel["rows"]) * len(panel["categories"]))) if panel["printed"] else []
    shown = [value for series in panel.get("series", []) for value in series["values"] if value is not None]
    return list(range(len(shown))) if panel["printed"] else []
