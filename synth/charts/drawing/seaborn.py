"""Code of charts that seaborn draws: bars, lines, scatters, box plots, violins, histograms and heat maps."""

from collections.abc import Iterator

from synth.charts.drawing.literals import listed, num
from synth.charts.drawing.series import printed
from synth.charts.drawing.wholes import colour_bar, medians, printed_cells
from synth.charts.specs.content import Spec


def bars(spec: Spec, panel: Spec) -> Iterator[str]:
    """Bars side by side: seaborn stacks none. Their places are those that matplotlib's code gives them."""
    rows, count = panel["series"], len(panel["categories"])
    lying, many = panel["horizontal"], len(rows)
    colours = rows[0]["colours"] if many == 1 else [series["colours"][0] for series in rows]
    kinds = "place" if many == 1 else "number"
    shades = {n: colours[n % len(colours)] for n in range(count if many == 1 else many)}
    edge = f", edgecolor={spec['ground']['plot']!r}, linewidth=1" if panel["edge"] else ", linewidth=0"
    yield f"rows = [{', '.join(listed(series['values']) for series in rows)}]"
    yield "bars = [(place, value, number) for number, row in enumerate(rows) for place, value in enumerate(row)]"
    yield "place, value, number = zip(*bars)"
    across = "x=value, y=place, orient='h'" if lying else "x=place, y=value"
    yield (
        f"sns.barplot({across}, hue={kinds}, palette={shades}, saturation=1, width={num(panel['thick'])}, "
        f"errorbar=None, legend=False, ax=ax{edge})"
    )
    if panel["printed"]:
        for number, series in enumerate(rows):
            yield from printed(panel, series, (number - (many - 1) / 2) * panel["thick"] / many)


def lines(spec: Spec, panel: Spec) -> Iterator[str]:
    for series in panel["series"]:
        yield (
            f"sns.lineplot(x=range({len(series['values'])}), y={listed(series['values'])}, ax=ax, "
            f"color={series['colours'][0]!r}, linewidth={num(panel['width'])}, marker={series['marker']!r}, "
            f"markersize={panel['marker']}, markeredgewidth=0, clip_on=False)"
        )


def scatter(spec: Spec, panel: Spec) -> Iterator[str]:
    for series in panel["series"]:
        across, up = zip(*series["values"], strict=True)
        yield (
            f"sns.scatterplot(x={listed(across)}, y={listed(up)}, s={panel['marker']} ** 2, ax=ax, "
            f"color={series['colours'][0]!r}, marker={series['marker']!r}, linewidth=0)"
        )


def box(spec: Spec, panel: Spec) -> Iterator[str]:
    """Five numbers are their own quartiles."""
    yield f"rows = [{', '.join(listed(five) for five in panel['values'])}]"
    yield f"colours = dict(enumerate({panel['colours']}))"
    yield "place = [place for place, row in enumerate(rows) for _ in row]"
    yield (
        f"sns.boxplot(x=place, y=np.concatenate(rows), hue=place, palette=colours, saturation=1, "
        f"width={num(panel['thick'])}, whis=(0, 100), linewidth=1.5, linecolor=ink, legend=False, ax=ax, "
        "medianprops={'linewidth': 2.5})"
    )


def violin(spec: Spec, panel: Spec) -> Iterator[str]:
    yield f"rows = [{', '.join(listed(three) for three in panel['values'])}]"
    yield "data = [np.interp(np.linspace(0, 1, 41), [0, 0.5, 1], row) for row in rows]"
    yield f"colours = dict(enumerate({panel['colours']}))"
    yield "place = [place for place, row in enumerate(data) for _ in row]"
    yield (
        f"sns.violinplot(x=place, y=np.concatenate(data), hue=place, palette=colours, saturation=1, "
        f"width={num(panel['thick'])}, density_norm='width', cut=0, inner=None, linewidth=0, legend=False, ax=ax)"
    )
    yield from medians(panel)


def histogram(spec: Spec, panel: Spec) -> Iterator[str]:
    series = panel["series"][0]
    yield f"edges = np.array({listed(panel['edges'])})"
    yield f"counts = np.array({listed(value or 0 for value in series['values'])})"
    yield (
        "sns.histplot(x=(edges[1:] + edges[:-1]) / 2, weights=counts, bins=list(edges), alpha=1, ax=ax, "
        f"color={series['colours'][0]!r}, edgecolor={spec['ground']['plot']!r}, linewidth=1)"
    )


def heatmap(spec: Spec, panel: Spec) -> Iterator[str]:
    low, high = panel["bar"]["limits"]
    edge = f", linewidths=2, linecolor={spec['ground']['plot']!r}" if panel["edge"] else ""
    yield f"values = np.array([{', '.join(listed(row) for row in panel['values'])}])"
    yield from colour_bar(
        spec,
        panel,
        f"sns.heatmap(values, cmap={panel['map']!r}, vmin={low:.10g}, vmax={high:.10g}, ax=ax, cbar_ax=bar_ax, "
        f"xticklabels=False, yticklabels=False{edge})",
    )
    yield from printed_cells(panel, 0.5)


DRAW = {
    **{"bar": bars, "line": lines, "scatter": scatter, "box": box, "violin": violin, "histogram": histogram},
    "heatmap": heatmap,
}
