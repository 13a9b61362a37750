"""What a document says about a chart: table, code, questions, boxes, a description. Pure functions of claims."""

import csv
import html
import io
from typing import Any

from curation.document import Box, Form, Image, Part, Point, Text, Turn
from synth.charts import requests
from synth.charts.data import Group, groups, rows
from synth.charts.drawing.source import source
from synth.charts.specs.content import Spec
from synth.charts.specs.numbers import show
from synth.charts.words import QUESTIONS, TREND, in_language
from synth.listing import Labelled, listing

VIEWS = ("csv", "markdown", "html", "code", "questions", "boxes", "caption")
_NAMES = {
    **{"bar": "bar chart", "line": "line chart", "scatter": "scatter plot", "pie": "pie chart", "box": "box plot"},
    **{"violin": "violin plot", "histogram": "histogram", "heatmap": "heat map", "area": "stacked area chart"},
    **{"radar": "radar chart", "treemap": "tree map", "combo": "combined bar and line chart"},
}


def turns(claims: Spec) -> tuple[Turn, ...]:
    """The whole document of a view."""
    view, truth = claims["view"], claims["figure"]
    spec = truth["spec"]
    if view == "questions":
        return _questions(spec, claims["questions"])
    asked = requests.CHARTS[claims["form"] if view == "boxes" else view][claims["wording"]]
    asked = in_language(asked, spec["language"])
    return (Turn("user", (Image(0), Text("\n" + asked))), Turn("assistant", _answer(view, truth, claims)))


def _answer(view: str, truth: Spec, claims: Spec) -> tuple[Part, ...]:
    spec = truth["spec"]
    match view:
        case "csv":
            written = io.StringIO()
            csv.writer(written, lineterminator="\n").writerows(rows(spec))
            return (Text(written.getvalue().rstrip("\n")),)
        case "markdown":
            cells = [[cell.replace("|", "\\|") for cell in row] for row in rows(spec)]
            lines = [f"| {' | '.join(row)} |" for row in cells]
            return (Text("\n".join([lines[0], "|" + " --- |" * len(cells[0]), *lines[1:]])),)
        case "html":
            width, height = spec["size"]
            whole = Box(0, 0, 0, width, height, "html")
            table = html_table(spec)
            return (
                Text('<html><body>\n<div class="chart" data-bbox="'), whole, Text('"> <img data-bbox="'), whole,
                Text(f'" />{table}</div>\n</body></html>'),
            )  # fmt: skip
        case "code":
            return (Text(f"```python\n{source(spec)}```"),)
        case "boxes":
            return placed(boxes(truth), claims["form"])
        case "caption":
            return (Text(caption(spec)),)
    raise ValueError(f"{view!r} is no view of a chart")


def html_table(spec: Spec) -> str:
    """The data as `<table>`: what a page of QwenVL HTML says in its chart."""
    cells = rows(spec)
    lines = [
        "<tr>" + "".join(f"<{tag}>{html.escape(cell, quote=False)}</{tag}>" for cell in row) + "</tr>"
        for number, row in enumerate(cells)
        for tag in ("td" if number else "th",)
    ]
    return "<table>" + "".join(lines) + "</table>"


def boxes(truth: Spec) -> list[tuple[str, list[float]]]:
    """Label and place of the title, the legend's entries and the marks: 4 numbers a box, 2 a point."""
    spec = truth["spec"]
    found: list[tuple[str, list[float]]] = []
    for text in truth["texts"]:
        if text["role"] == "title":
            found.append((spec["title"], text["box"]))
        if text["role"] == "legend":
            swatch, box = truth["swatches"][text["number"]], text["box"]
            whole = [min(swatch[0], box[0]), min(swatch[1], box[1]), max(swatch[2], box[2]), max(swatch[3], box[3])]
            found.append((spec["legend"]["names"][text["number"]], whole))
    for panel, seen in zip(spec["panels"], truth["panels"], strict=True):
        found += _marks(panel, seen["marks"])
    return [(label, [round(value) for value in place]) for label, place in found]


def _marks(panel: Spec, marks: Any) -> list[tuple[str, list[float]]]:
    names = panel.get("categories", [])
    match panel["kind"]:
        case "pie" | "area":
            return []
        case "box" | "violin" | "treemap":
            return list(zip(names, marks, strict=True))
        case "heatmap":
            return [
                (f"{row}, {column}", cell)
                for row, line in zip(panel["rows"], marks, strict=True)
                for column, cell in zip(names, line, strict=True)
            ]
    found = []
    for series, line in zip(panel["series"], marks, strict=True):
        for place, mark in enumerate(line):
            if mark is not None:
                label = (
                    names[place]
                    if names
                    else show(panel["edges"][place], panel["x"]["form"])
                    if "edges" in panel
                    else ""
                )
                parts = (panel["title"], series["name"], label)
                found.append((", ".join(part for part in parts if part) or "point", mark))
    return found


def placed(found: list[tuple[str, list[float]]], form: Form) -> tuple[Part, ...]:
    """Labelled boxes [x1, y1, x2, y2] and points [x, y] as a list."""
    places: list[Labelled] = []
    for label, (x, y, *corner) in found:
        places.append((label, Box(0, x, y, corner[0], corner[1], form) if corner else Point(0, x, y, form)))
    return listing(places, form)


def _questions(spec: Spec, asked: list[Spec]) -> tuple[Turn, ...]:
    told: list[Turn] = []
    for number, each in enumerate(asked):
        question, answer = exchange(spec, each)
        shown: tuple[Part, ...] = (Image(0), Text("\n" + question)) if not number else (Text(question),)
        told += [Turn("user", shown), Turn("assistant", (Text(answer),))]
    return tuple(told)


def exchange(spec: Spec, asked: Spec) -> tuple[str, str]:
    """A question and its answer: `kind`, the number of the group and the places of its values."""
    language, panel = spec["language"], spec["panels"][0]
    words = in_language(QUESTIONS[asked["kind"]], language)
    if asked["kind"] == "points":
        series = panel["series"][asked["group"]]
        return words.format(name=series["name"] or spec["title"]), str(len(series["values"]))
    group = groups(spec)[asked["group"]]
    whole = group.name or spec["title"]
    places = asked.get("places", [])
    names = [f"{group.name}, {group.labels[place]}" if group.name else group.labels[place] for place in places]
    values = [value for value in group.values if value is not None]
    match asked["kind"]:
        case "value":
            return words.format(name=names[0]), group.text(places[0])
        case "difference":
            one, two = (group.values[place] for place in places)
            assert one is not None
            assert two is not None
            return words.format(name=names[0], other=names[1]), show(abs(one - two), group.form)
        case "count":
            return words.format(name=whole), str(len(values))
        case "trend":
            first, last = values[0], values[-1]
            if abs(last - first) < 0.2 * (max(values) - min(values)):
                raise ValueError("trend: neither up nor down")
            return words.format(name=whole), in_language(TREND["up" if last > first else "down"], language)
        case "series":
            row = [(each.values[places[0]], each.name) for each in groups(spec)]
            if any(value is None for value, _ in row) or [value for value, _ in row].count(max(row)[0]) > 1:
                raise ValueError("series: two share the highest value")
            return words.format(name=group.labels[places[0]]), max(row)[1]
        case "highest" | "lowest":
            best = max(values) if asked["kind"] == "highest" else min(values)
            if values.count(best) > 1:
                raise ValueError(f"{asked['kind']}: two share {best}")
            return words.format(name=whole), group.labels[group.values.index(best)]
    raise ValueError(f"{asked['kind']!r} is no kind of question")


def caption(spec: Spec) -> str:
    """What the chart shows, in English: nothing but what follows from its data and texts."""
    panel, kind = spec["panels"][0], _NAMES[spec["kind"]]
    titled = f" titled “{spec['title']}”" if spec["title"] else ""
    said = [f"The figure is a {'stacked ' if panel.get('stacked') and kind == 'bar chart' else ''}{kind}{titled}."]
    if len(spec["panels"]) > 1:
        said.append(f"It has {len(spec['panels'])} panels: {', '.join(each['title'] for each in spec['panels'])}.")
    for name, words in (("x", "horizontal"), ("y", "vertical"), ("y2", "right")):
        if panel.get(name) and panel[name]["label"]:
            scale = ", on a logarithmic scale" if panel[name]["log"] else ""
            said.append(f"The {words} axis shows {panel[name]['label']}{scale}.")
    if spec["legend"] and len(spec["legend"]["names"]) > 1:
        said.append(f"The legend names {', '.join(spec['legend']['names'])}.")
    if panel["kind"] == "scatter":
        said.append(f"There are {sum(len(series['values']) for series in panel['series'])} points.")
    said += [text for group in groups(spec)[:6] for text in _told(group, spec["kind"])]
    return " ".join(said)


def _told(group: Group, kind: str) -> list[str]:
    values = [value for value in group.values if value is not None]
    if len(values) < 2:
        return []
    high, low = max(values), min(values)
    name = f"In {group.name}, the" if group.name else "The"
    said = []
    if values.count(high) == 1:
        place = group.values.index(high)
        said.append(f"{name} highest value is {group.text(place)}, of {group.labels[place]}.")
    if values.count(low) == 1 and low != high:
        place = group.values.index(low)
        said.append(f"{name} lowest value is {group.text(place)}, of {group.labels[place]}.")
    if kind == "line" and values[0] != values[-1]:
        way = "rises" if values[-1] > values[0] else "falls"
        subject = group.name or "The line"
        said.append(f"{subject} {way} from {group.text(0)} to {group.text(len(group.values) - 1)} overall.")
    return said
