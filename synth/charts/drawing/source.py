"""The Python code of a chart: a pure function of its spec. What is drawn is drawn by this code alone."""

from collections.abc import Iterator

from synth.charts.drawing import plotly, seaborn, series, wholes
from synth.charts.drawing.literals import axis_code, num, placed
from synth.charts.specs.content import Spec

HEADER = """import numpy as np
import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
"""


def source(spec: Spec) -> str:
    """Code that leaves the finished figure in `fig`. That of matplotlib needs the font's file beside it."""
    if spec["engine"] == "plotly":
        return plotly.source(spec)
    more = "import seaborn as sns\nfrom matplotlib.patches import Patch\n" if spec["engine"] == "seaborn" else ""
    return HEADER + more + "\n" + body(spec)


def body(spec: Spec) -> str:
    """The code below its imports."""
    width, height = spec["size"]
    ground, font = spec["ground"], spec["font"]
    lines = [
        'matplotlib.rcParams["text.hinting"] = "no_hinting"',
        f"font = FontProperties(fname={font['file']!r}, size={font['tick']})",
        f"label_font = FontProperties(fname={font['file']!r}, size={font['label']})",
        f"title_font = FontProperties(fname={font['file']!r}, size={font['title']})",
        f"ink = {ground['ink']!r}",
        f"fig = Figure(figsize=({width} / 72, {height} / 72), dpi=72, facecolor={ground['page']!r})",
    ]
    for panel in spec["panels"]:
        lines += _panel(spec, panel)
    if spec["legend"]:
        lines += _legend(spec)
    if spec["title"]:
        lines.append(
            f"fig.text(0.5, {num(1 - 6 / height)}, {spec['title']!r}, ha='center', va='top', "
            "color=ink, fontproperties=title_font, parse_math=False)"
        )
    return "\n".join(lines) + "\n"


def _panel(spec: Spec, panel: Spec) -> Iterator[str]:
    kind = panel["kind"]
    yield f"ax = fig.add_axes({placed(spec, panel['rect'])}, facecolor={spec['ground']['plot']!r})"
    if kind in ("pie", "radar", "treemap"):
        yield "ax.axis('off')"
        yield from _DRAW[kind](spec, panel)
    elif spec["engine"] == "seaborn":  # which sets ticks of its own
        yield from seaborn.DRAW[kind](spec, panel)
        yield "ax.set(xlabel=None, ylabel=None)"
        yield from _frame(spec, panel)
    else:
        yield from _frame(spec, panel)
        yield from _DRAW[kind](spec, panel)
    if panel["title"]:
        yield f"ax.set_title({panel['title']!r}, fontproperties=label_font, color=ink, pad=6, parse_math=False)"


def _frame(spec: Spec, panel: Spec) -> Iterator[str]:
    ground, kind = spec["ground"], panel["kind"]
    yield "ax.set_axisbelow(True)"
    sides = {"all": [], "left": ["top", "right"], "none": ["top", "right", "left"]}[spec["spines"]]
    if panel.get("y2") and "right" in sides:
        sides.remove("right")
    yield f"ax.spines[:].set_color({ground['ink']!r})"
    if sides and kind != "heatmap":
        yield f"ax.spines[{sides}].set_visible(False)"
    if kind != "heatmap" and spec["grid"] != "none":
        across = "both" if spec["grid"] == "both" else "x" if panel["horizontal"] else "y"
        yield f"ax.grid(axis={across!r}, color={ground['grid']!r}, linewidth=1)"
    else:
        yield "ax.grid(False)"
    yield "ax.tick_params(length=5, width=1, color=ink, labelcolor=ink, pad=4)"
    for name in ("x", "y"):
        if panel.get(name):
            yield from axis_code("ax", name, panel[name])
    yield from _categories(spec, panel)
    if kind == "bar" and panel["x" if panel["horizontal"] else "y"]["limits"][0] < 0:
        yield f"ax.ax{'v' if panel['horizontal'] else 'h'}line(0, color=ink, linewidth=1)"


def _categories(spec: Spec, panel: Spec) -> Iterator[str]:
    """Names along an axis, and how far it reaches beyond the first and the last."""
    along, many = "y" if panel["horizontal"] else "x", len(panel.get("categories", []))
    shift = " + 0.5" if panel["kind"] == "heatmap" and spec["engine"] == "seaborn" else ""
    for axis, key in ((along, "categories"), ("y", "rows")):
        if key in panel:
            turned = ", rotation=90" if key == "categories" and panel["upright"] else ""
            names = ", ".join(repr(name) for name in panel[key])
            style = f"fontproperties=font{turned}, parse_math=False"
            yield f"ax.set_{axis}ticks(np.arange({len(panel[key])}){shift}, [{names}], {style})"
    match panel["kind"]:
        case "bar" | "combo":
            margin = 0.5 + (1 - panel["thick"]) / 4
        case "line":
            margin = 0.4
        case "box" | "violin":
            margin = 0.6
        case "area":
            margin = 0.0
        case _:
            return
    limits = (many - 1 + margin, -margin) if panel["horizontal"] else (-margin, many - 1 + margin)
    yield f"ax.set_{along}lim({num(limits[0])}, {num(limits[1])})"


def _legend(spec: Spec) -> Iterator[str]:
    legend, font = spec["legend"], spec["font"]
    width, height = spec["size"]
    first = spec["panels"][0]
    upper = 1 - (1.75 * font["title"] + 6 if spec["title"] else 6) / height
    place = {
        "right": ("center right", 1 - 6 / width, 0.5),
        "top": ("upper center", 0.5, upper),
        "bottom": ("lower center", 0.5, 6 / height),
    }[legend["place"]]
    names = ", ".join(repr(name) for name in legend["names"])
    if spec["engine"] == "seaborn":
        yield f"handles = [Patch(facecolor=colour) for colour in {[row['colours'][0] for row in first['series']]}]"
    elif first["kind"] == "pie":
        yield "handles = drawn.wedges"
    else:
        yield "handles = fig.axes[0].get_legend_handles_labels()[0]"
        if first["kind"] == "combo":
            yield "handles += twin.get_legend_handles_labels()[0]"
    yield (
        f"legend = fig.legend(handles, [{names}], loc={place[0]!r}, "
        f"bbox_to_anchor=({num(place[1])}, {num(place[2])}), ncols={legend['columns']}, frameon=False, prop=font, "
        "labelcolor=ink, handlelength=1.6, handletextpad=0.6, borderaxespad=0, columnspacing=1.4)"
    )


_DRAW = {
    **{"bar": series.bars, "line": series.lines, "area": series.area, "scatter": series.scatter, "pie": wholes.pie},
    **{"box": wholes.box, "violin": wholes.violin, "histogram": wholes.histogram, "heatmap": wholes.heatmap},
    **{"radar": wholes.radar, "treemap": wholes.treemap, "combo": series.combo},
}
