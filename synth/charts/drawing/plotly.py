"""Charts as plotly's figures: plain JSON, that plotly.js draws and that Python code can hold."""

import itertools
import pprint
from collections.abc import Callable

from synth.charts.drawing.wholes import cell_ink
from synth.charts.specs.content import Spec
from synth.charts.specs.numbers import show
from synth.charts.specs.style import readable_on

SYMBOLS = {"o": "circle", "s": "square", "D": "diamond", "^": "triangle-up", "v": "triangle-down"}
FAMILY = "chart"  # of the letters: the page that draws gives it the chart's own font


def figure(spec: Spec) -> Spec:
    """`data` and `layout` of a spec of one panel."""
    panel = spec["panels"][0]
    data, layout = _DRAW[panel["kind"]](spec, panel)
    return {"data": data, "layout": {**_page(spec, panel), **layout}}


def source(spec: Spec) -> str:
    """Code that leaves the finished figure in `fig`."""
    made = figure(spec)
    told = {name: pprint.pformat(part, width=110, sort_dicts=False) for name, part in made.items()}
    call = f"fig = go.Figure(\n    data={told['data']},\n    layout={told['layout']},\n)\n"
    return "import plotly.graph_objects as go\n\n" + call


def _page(spec: Spec, panel: Spec) -> Spec:
    (width, height), ground, font = spec["size"], spec["ground"], spec["font"]
    left, top, right, bottom = panel["rect"]
    made: Spec = {
        **{"width": width, "height": height, "paper_bgcolor": ground["page"], "plot_bgcolor": ground["plot"]},
        "margin": {"l": left, "r": width - right, "t": top, "b": height - bottom, "pad": 0, "autoexpand": False},
        "font": {"family": FAMILY, "size": font["tick"], "color": ground["ink"]},
        "showlegend": bool(spec["legend"]),
    }
    if spec["title"]:
        made["title"] = {
            **{"text": _plain(spec["title"]), "x": 0.5, "xanchor": "center", "yref": "container", "yanchor": "top"},
            **{"y": 1 - (6 + 0.3 * font["title"]) / height, "font": {"size": font["title"]}},
        }
    if spec["legend"]:
        made["legend"] = _legend(spec, width, height)
    for name in ("x", "y"):
        made[f"{name}axis"] = _axis(spec, panel, name)
    return made


def _legend(spec: Spec, width: int, height: int) -> Spec:
    upper = 1 - (1.75 * spec["font"]["title"] + 2 if spec["title"] else 2) / height
    place = {
        "right": {"x": 1 - 4 / width, "xanchor": "right", "y": 0.5, "yanchor": "middle"},
        "top": {"x": 0.5, "xanchor": "center", "y": upper, "yanchor": "top"},
        "bottom": {"x": 0.5, "xanchor": "center", "y": 2 / height, "yanchor": "bottom"},
    }[spec["legend"]["place"]]
    way = "v" if spec["legend"]["place"] == "right" else "h"
    return {**place, "xref": "container", "yref": "container", "orientation": way, "bgcolor": "rgba(0,0,0,0)",
            "traceorder": "normal", "itemwidth": 30}  # fmt: skip


def _axis(spec: Spec, panel: Spec, name: str) -> Spec:
    ground, axis = spec["ground"], panel.get(name)
    along = name == ("y" if panel.get("horizontal") else "x")
    made: Spec = {"zeroline": False, "automargin": False, "showgrid": False, "fixedrange": True}
    if panel["kind"] in ("pie", "treemap"):
        return {**made, "visible": False}
    if panel["kind"] != "heatmap":
        grid = spec["grid"] == "both" or (spec["grid"] == "value" and (not along or (name == "x" and axis is not None)))
        sides = {"all": "mirror", "left": True, "none": name == "x"}[spec["spines"]]
        made |= {"showgrid": grid, "gridcolor": ground["grid"], "gridwidth": 1, "layer": "above traces"}
        made |= {"showline": bool(sides), "linecolor": ground["ink"], "linewidth": 1, "mirror": sides == "mirror"}
    made |= {"ticks": "outside", "ticklen": 5, "tickwidth": 1, "tickcolor": ground["ink"], "tickmode": "array"}
    if axis:
        texts = [_plain(show(value, axis["form"])) for value in axis["ticks"]]
        made |= {"range": axis["limits"], "tickvals": axis["ticks"], "ticktext": texts, "tickangle": 0}
        if axis["label"]:
            made["title"] = {"text": _plain(axis["label"]), "font": {"size": spec["font"]["label"]}, "standoff": 4}
        return made
    names = panel["rows"] if name == "y" and "rows" in panel else panel["categories"]
    made |= {"tickvals": list(range(len(names))), "ticktext": [_plain(each) for each in names]}
    return {**made, "tickangle": -90 if panel["upright"] and name == "x" else 0, "range": _reach(panel, name)}


def _reach(panel: Spec, name: str) -> list[float]:
    """How far an axis of names goes beyond the first and the last."""
    many = len(panel["rows"] if name == "y" and "rows" in panel else panel["categories"])
    margin = {"line": 0.4, "box": 0.6, "area": 0.0, "heatmap": 0.5}.get(panel["kind"])
    if margin is None:
        margin = 0.5 + (1 - panel["thick"]) / 4
    limits = [-margin, many - 1 + margin]
    return limits[::-1] if name == "y" else limits


def _plain(text: str) -> str:
    """Text that plotly takes for no markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


Made = tuple[list[Spec], Spec]


def _bars(spec: Spec, panel: Spec) -> Made:
    rows, lying = panel["series"], panel["horizontal"]
    many = 1 if panel["stacked"] else len(rows)
    thick, data = panel["thick"] / many, []
    for number, series in enumerate(rows):
        offset = 0.0 if panel["stacked"] else (number - (many - 1) / 2) * thick
        places = [place + offset for place in range(len(panel["categories"]))]
        shades = [series["colours"][place % len(series["colours"])] for place in range(len(places))]
        line = {"color": spec["ground"]["plot"], "width": 1} if panel["edge"] else {"width": 0}
        trace: Spec = {
            **{"type": "bar", "name": _plain(series["name"]), "orientation": "h" if lying else "v", "width": thick},
            **{"y" if lying else "x": places, "x" if lying else "y": series["values"]},
            "marker": {"color": shades[0] if len(series["colours"]) == 1 else shades, "line": line},
        }
        if panel["printed"]:
            texts = ["" if value is None else _plain(show(value, panel["form"])) for value in series["values"]]
            trace |= {"text": texts, "textposition": "outside", "textangle": 0, "cliponaxis": False}
        data.append(trace)
    layout: Spec = {"barmode": "relative" if panel["stacked"] else "overlay"}
    axis = panel["x" if lying else "y"]
    if axis["limits"][0] < 0:
        side = "y" if lying else "x"
        zero: Spec = {f"{other}{end}": 0 for other in ("x", "y") if other != side for end in (0, 1)}
        zero |= {f"{side}0": 0, f"{side}1": 1, f"{side}ref": "paper"}
        layout["shapes"] = [{"type": "line", **zero, "line": {"color": spec["ground"]["ink"], "width": 1}}]
    return data, layout


def _lines(spec: Spec, panel: Spec) -> Made:
    return [
        {
            **{"type": "scatter", "mode": "lines+markers", "name": _plain(series["name"]), "cliponaxis": False},
            **{"x": list(range(len(series["values"]))), "y": series["values"]},
            **{"line": {"color": series["colours"][0], "width": panel["width"]}, "marker": _marker(panel, series)},
        }
        for series in panel["series"]
    ], {}


def _marker(panel: Spec, series: Spec) -> Spec:
    large = panel["marker"] * (1.3 if series["marker"] in "^v" else 1)  # plotly's triangles are smaller
    size = {"size": large, "color": series["colours"][0], "opacity": 1, "line": {"width": 0}}
    return {"symbol": SYMBOLS[series["marker"]], **size}


def _scatter(spec: Spec, panel: Spec) -> Made:
    return [
        {
            **{"type": "scatter", "mode": "markers", "name": _plain(series["name"])},
            **{"x": [x for x, _ in series["values"]], "y": [y for _, y in series["values"]]},
            "marker": _marker(panel, series),
        }
        for series in panel["series"]
    ], {}


def _area(spec: Spec, panel: Spec) -> Made:
    return [
        {
            **{"type": "scatter", "mode": "none", "stackgroup": "all", "name": _plain(series["name"])},
            **{"x": list(range(len(series["values"]))), "y": series["values"], "fillcolor": series["colours"][0]},
        }
        for series in panel["series"]
    ], {}


def _pie(spec: Spec, panel: Spec) -> Made:
    values = panel["values"]
    turned = 90 - panel["start"] - (0 if panel["clockwise"] else 3.6 * values[0])  # plotly ends its first sector there
    texts = [_plain(show(value, panel["form"])) if value > 6.5 else "" for value in values]
    line = {"color": spec["ground"]["plot"], "width": 2 if panel["edge"] else 0}
    return [
        {
            **{"type": "pie", "labels": [_plain(name) for name in panel["categories"]], "values": values},
            **{"sort": False, "rotation": (turned + 180) % 360 - 180, "hole": panel["hole"]},
            **{"direction": "clockwise" if panel["clockwise"] else "counterclockwise"},
            **{
                "marker": {"colors": panel["colours"], "line": line},
                "textinfo": "text" if panel["printed"] else "none",
            },
            **{"text": texts, "textposition": "inside", "insidetextorientation": "horizontal"},
            "insidetextfont": {"color": [readable_on(colour) for colour in panel["colours"]]},
        }
    ], {}


def _histogram(spec: Spec, panel: Spec) -> Made:
    edges, series = panel["edges"], panel["series"][0]
    spans = list(itertools.pairwise(edges))
    return [
        {
            **{"type": "bar", "x": [(low + high) / 2 for low, high in spans], "y": series["values"]},
            **{"width": [high - low for low, high in spans]},
            "marker": {"color": series["colours"][0], "line": {"color": spec["ground"]["plot"], "width": 1}},
        }
    ], {}


def _box(spec: Spec, panel: Spec) -> Made:
    names = ("lowerfence", "q1", "median", "q3", "upperfence")
    return [
        {
            **{"type": "box", "x": [place], **{name: [value] for name, value in zip(names, five, strict=True)}},
            **{"width": panel["thick"], "fillcolor": colour, "whiskerwidth": 0.5, "boxpoints": False},
            "line": {"color": spec["ground"]["ink"], "width": 2},
        }
        for place, (five, colour) in enumerate(zip(panel["values"], panel["colours"], strict=True))
    ], {"boxmode": "overlay"}


def _heatmap(spec: Spec, panel: Spec) -> Made:
    import matplotlib

    left, _, right, _ = panel["rect"]
    shades = [matplotlib.colormaps[panel["map"]](n / 32, bytes=True)[:3] for n in range(33)]
    scale = [[n / 32, f"rgb({red}, {green}, {blue})"] for n, (red, green, blue) in enumerate(shades)]
    axis, gap = panel["bar"], 2 if panel["edge"] else 0
    bar: Spec = {
        **{"x": 1 + 12 / (right - left), "xanchor": "left", "xpad": 0, "y": 0.5, "len": 1, "ypad": 0},
        **{"thickness": 16, "outlinewidth": 0, "ticks": "outside", "ticklen": 5, "tickwidth": 1},
        **{"tickcolor": spec["ground"]["ink"], "tickmode": "array", "tickvals": axis["ticks"]},
        "ticktext": [_plain(show(value, axis["form"])) for value in axis["ticks"]],
    }
    data: Spec = {
        **{"type": "heatmap", "z": panel["values"], "zmin": axis["limits"][0], "zmax": axis["limits"][1]},
        **{"colorscale": scale, "colorbar": bar, "xgap": gap, "ygap": gap},
    }
    cells = ((row, column, v) for row, line in enumerate(panel["values"]) for column, v in enumerate(line))
    notes = [
        {
            **{"x": column, "y": row, "text": _plain(show(value, panel["form"])), "showarrow": False},
            "font": {"color": cell_ink(panel, value)},
        }
        for row, column, value in cells
    ]
    return [data], {"annotations": notes} if panel["printed"] else {}


def _treemap(spec: Spec, panel: Spec) -> Made:
    names = [_plain(name) for name in panel["categories"]]
    shares = [_plain(show(value, panel["form"])) for value in panel["values"]]
    return [
        {
            **{"type": "treemap", "labels": names, "parents": [""] * len(names), "values": panel["values"]},
            **{"text": [f"{name}<br>{share}" for name, share in zip(names, shares, strict=True)], "textinfo": "text"},
            **{"textposition": "middle center", "tiling": {"packing": "squarify", "pad": 0}},
            **{"pathbar": {"visible": False}, "root": {"color": "rgba(0,0,0,0)"}},
            "marker": {
                **{"colors": panel["colours"], "line": {"color": spec["ground"]["page"], "width": 2}},
                **{"pad": {"t": 0, "l": 0, "r": 0, "b": 0}, "cornerradius": 0, "depthfade": False},
            },
            "textfont": {"color": [readable_on(colour) for colour in panel["colours"]]},
        }
    ], {}


_DRAW: dict[str, Callable[[Spec, Spec], Made]] = {
    **{"bar": _bars, "line": _lines, "scatter": _scatter, "area": _area, "pie": _pie, "histogram": _histogram},
    **{"box": _box, "heatmap": _heatmap, "treemap": _treemap},
}
