"""Code of bars, lines, areas, scatters and combinations."""

from collections.abc import Iterator

from synth.charts.drawing.literals import axis_code, listed, num
from synth.charts.specs.content import Spec
from synth.charts.specs.numbers import show


def bars(spec: Spec, panel: Spec) -> Iterator[str]:
    rows = [series for series in panel["series"] if "marker" not in series]
    many = 1 if panel["stacked"] else len(rows)
    thick = panel["thick"] / many
    call, base, size = ("barh", "left", "height") if panel["horizontal"] else ("bar", "bottom", "width")
    count = len(panel["categories"])
    edge = f", edgecolor={spec['ground']['plot']!r}, linewidth=1" if panel["edge"] else ""
    yield f"places = np.arange({count})"
    if panel["stacked"]:
        yield f"base = np.zeros({count})"
    for number, series in enumerate(rows):
        offset = (number - (many - 1) / 2) * thick if not panel["stacked"] else 0.0
        colours = [series["colours"][n % len(series["colours"])] for n in range(count)]
        colour = repr(colours[0] if len(series["colours"]) == 1 else colours)
        stack = f", {base}=base" if panel["stacked"] else ""
        label = f", label={series['name']!r}" if series["name"] else ""
        yield f"values = np.array({listed(series['values'])})"
        yield f"ax.{call}(places + {num(offset)}, values, {size}={num(thick)}, color={colour}{stack}{edge}{label})"
        if panel["stacked"]:
            yield "base += np.nan_to_num(values)"
        if panel["printed"]:
            yield from printed(panel, series, offset)


def printed(panel: Spec, series: Spec, offset: float) -> Iterator[str]:
    """The values at the ends of their bars."""
    lying = panel["horizontal"]
    axis, ends = ("ha", ("left", "right")) if lying else ("va", ("bottom", "top"))
    yield "for place, value, text in ["
    for place, value in enumerate(series["values"]):
        if value is not None:
            yield f"    ({num(place + offset)}, {value:.10g}, {show(value, panel['form'])!r}),"
    yield "]:"
    spot, shift, other = (
        ("(value, place)", "(sign * 4, 0)", "va") if lying else ("(place, value)", "(0, sign * 4)", "ha")
    )
    yield "    sign = -1 if value < 0 else 1"
    yield f"    style = {{'color': ink, 'fontproperties': font, {other!r}: 'center'}}"
    yield f"    style[{axis!r}] = {ends[1]!r} if value < 0 else {ends[0]!r}"
    yield f"    ax.annotate(text, {spot}, {shift}, textcoords='offset pixels', parse_math=False, **style)"


def lines(spec: Spec, panel: Spec) -> Iterator[str]:
    for series in panel["series"]:
        label = f", label={series['name']!r}" if series["name"] else ""
        yield (
            f"ax.plot({listed(series['values'])}, color={series['colours'][0]!r}, linewidth={num(panel['width'])}, "
            f"marker={series['marker']!r}, markersize={panel['marker']}, markeredgewidth=0, "
            f"clip_on=False{label})"  # markers on the edge of the plot are not cut
        )


def area(spec: Spec, panel: Spec) -> Iterator[str]:
    rows = ", ".join(listed(series["values"]) for series in panel["series"])
    colours = [series["colours"][0] for series in panel["series"]]
    labels = [series["name"] for series in panel["series"]]
    count = len(panel["categories"])
    yield f"ax.stackplot(range({count}), [{rows}], colors={colours}, labels={labels}, linewidth=0)"


def scatter(spec: Spec, panel: Spec) -> Iterator[str]:
    for series in panel["series"]:
        across, up = zip(*series["values"], strict=True)
        label = f", label={series['name']!r}" if series["name"] else ""
        yield (
            f"ax.scatter({listed(across)}, {listed(up)}, s={panel['marker']} ** 2, color={series['colours'][0]!r}, "
            f"marker={series['marker']!r}, linewidth=0{label})"
        )


def combo(spec: Spec, panel: Spec) -> Iterator[str]:
    yield from bars(spec, panel)
    line, axis = panel["series"][1], panel["y2"]
    yield "twin = ax.twinx()"
    yield "twin.spines[:].set_visible(False)"
    yield "twin.grid(False)"
    yield "twin.tick_params(length=5, width=1, color=ink, labelcolor=ink, pad=4)"
    yield from axis_code("twin", "y", axis)
    yield (
        f"twin.plot({listed(line['values'])}, color={line['colours'][0]!r}, linewidth={num(panel['width'])}, "
        f"marker={line['marker']!r}, markersize={panel['marker']}, markeredgewidth=0, clip_on=False, "
        f"label={line['name']!r})"
    )
