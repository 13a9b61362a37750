"""Code of pies, box plots, violins, histograms, heat maps, radars and tree maps."""

from collections.abc import Iterator
from typing import Any

from synth.charts.drawing.literals import axis_code, listed, num, placed
from synth.charts.specs.content import Spec
from synth.charts.specs.numbers import show
from synth.charts.specs.style import readable_on


def pie(spec: Spec, panel: Spec) -> Iterator[str]:
    style: dict[str, Any] = {"width": round(1 - panel["hole"], 2)} if panel["hole"] else {}
    style |= {"edgecolor": spec["ground"]["plot"], "linewidth": 2} if panel["edge"] else {"linewidth": 0}
    printed = ", autopct=lambda share: f'{share:.0f}%' if share > 6.5 else ''" if panel["printed"] else ""
    distance = f", pctdistance={num((1 + panel['hole']) / 2 - 0.05)}" if panel["printed"] else ""
    inks = [readable_on(colour) for colour in panel["colours"]]
    yield (
        f"drawn = ax.pie({listed(panel['values'])}, colors={panel['colours']}, startangle={num(panel['start'])}, "
        f"counterclock={not panel['clockwise']}, wedgeprops={style}{printed}{distance}, radius=1)"
    )
    if panel["printed"]:
        yield f"for text, colour in zip(drawn.texts[-1], {inks}):"
        yield "    text.set(fontproperties=font, color=colour)"
    yield "ax.set_xlim(-1.04, 1.04)"
    yield "ax.set_ylim(-1.04, 1.04)"


def box(spec: Spec, panel: Spec) -> Iterator[str]:
    count = len(panel["categories"])
    names = ("whislo", "q1", "med", "q3", "whishi")
    yield f"rows = [{', '.join(listed(five) for five in panel['values'])}]"
    yield f"stats = [dict(zip({names}, row)) for row in rows]"
    yield (
        f"drawn = ax.bxp(stats, range({count}), widths={num(panel['thick'])}, patch_artist=True, showfliers=False, "
        "manage_ticks=False, boxprops={'edgecolor': ink, 'linewidth': 1.5}, "
        "whiskerprops={'color': ink, 'linewidth': 1.5}, capprops={'color': ink, 'linewidth': 1.5}, "
        "medianprops={'linewidth': 2.5})"
    )
    inks = [readable_on(colour) for colour in panel["colours"]]
    yield f"for box, line, colour, dark in zip(drawn['boxes'], drawn['medians'], {panel['colours']}, {inks}):"
    yield "    box.set_facecolor(colour)"
    yield "    line.set_color(dark)"


def violin(spec: Spec, panel: Spec) -> Iterator[str]:
    count = len(panel["categories"])
    yield f"rows = [{', '.join(listed(three) for three in panel['values'])}]"
    yield "data = [np.interp(np.linspace(0, 1, 41), [0, 0.5, 1], row) for row in rows]"
    yield f"drawn = ax.violinplot(data, range({count}), widths={num(panel['thick'])}, showextrema=False)"
    yield f"for shape, colour in zip(drawn['bodies'], {panel['colours']}):"
    yield "    shape.set(facecolor=colour, alpha=1, linewidth=0)"
    yield from medians(panel)


def medians(panel: Spec) -> Iterator[str]:
    """A stroke in each violin."""
    yield f"for place, (row, colour) in enumerate(zip(rows, {[readable_on(colour) for colour in panel['colours']]})):"
    yield "    ends = [place - 0.08, place + 0.08]"
    yield "    ax.plot(ends, [row[1], row[1]], color=colour, linewidth=3, solid_capstyle='butt')"


def histogram(spec: Spec, panel: Spec) -> Iterator[str]:
    series = panel["series"][0]
    yield f"edges = np.array({listed(panel['edges'])})"
    yield f"counts = np.array({listed(series['values'])})"
    yield (
        f"ax.bar(edges[:-1], counts, width=np.diff(edges), align='edge', color={series['colours'][0]!r}, "
        f"edgecolor={spec['ground']['plot']!r}, linewidth=1)"
    )


def heatmap(spec: Spec, panel: Spec) -> Iterator[str]:
    low, high = panel["bar"]["limits"]
    yield f"values = np.array([{', '.join(listed(row) for row in panel['values'])}])"
    yield (
        f"image = ax.imshow(values, cmap={panel['map']!r}, vmin={low:.10g}, vmax={high:.10g}, "
        "aspect='auto', interpolation='nearest')"
    )
    if panel["edge"]:
        for name, many in (("v", len(panel["categories"])), ("h", len(panel["rows"]))):
            yield f"for place in range(1, {many}):"
            yield f"    ax.ax{name}line(place - 0.5, color={spec['ground']['plot']!r}, linewidth=2)"
    yield from printed_cells(panel, 0)
    yield from colour_bar(spec, panel, "bar = fig.colorbar(image, cax=bar_ax)", "bar.outline.set_visible(False)")


def printed_cells(panel: Spec, shift: float) -> Iterator[str]:
    """The values in the middle of their cells, which lie at whole numbers + `shift`."""
    if not panel["printed"]:
        return
    cells = ((row, column, value) for row, line in enumerate(panel["values"]) for column, value in enumerate(line))
    yield "for column, row, text, colour in ["
    for row, column, value in cells:
        yield f"    ({column + shift}, {row + shift}, {show(value, panel['form'])!r}, {cell_ink(panel, value)!r}),"
    yield "]:"
    yield "    style = {'ha': 'center', 'va': 'center', 'color': colour, 'fontproperties': font}"
    yield "    ax.text(column, row, text, parse_math=False, **style)"


def colour_bar(spec: Spec, panel: Spec, *calls: str) -> Iterator[str]:
    """The colour bar that `calls` draw in `bar_ax`, with its axis."""
    _left, top, right, bottom = panel["rect"]
    yield f"bar_ax = fig.add_axes({placed(spec, [right + 12, top, right + 28, bottom])})"
    yield from calls
    yield from axis_code("bar_ax", "y", {**panel["bar"], "label": ""})
    yield "bar_ax.tick_params(length=5, width=1, color=ink, labelcolor=ink, pad=4)"


def cell_ink(panel: Spec, value: float) -> str:
    import matplotlib

    low, high = panel["bar"]["limits"]
    red, green, blue, _ = matplotlib.colormaps[panel["map"]]((value - low) / (high - low), bytes=True)
    return readable_on(f"#{red:02x}{green:02x}{blue:02x}")


def radar(spec: Spec, panel: Spec) -> Iterator[str]:
    left, top, right, bottom = panel["rect"]
    half_x, half_y = ((high - low) / 2 / panel["radius"] for low, high in ((left, right), (top, bottom)))
    count, most = len(panel["categories"]), panel["rings"][-1]
    yield f"angles = np.pi / 2 - 2 * np.pi * np.arange({count + 1}) / {count}"
    yield f"ax.set_xlim({num(-half_x)}, {num(half_x)})"
    yield f"ax.set_ylim({num(-half_y)}, {num(half_y)})"
    grid = spec["ground"]["grid"] if spec["ground"]["plot"] == spec["ground"]["page"] else "#b8b8b8"
    yield f"for ring in {listed(panel['rings'])}:"
    yield f"    reach = ring / {most:.6g}"
    yield f"    ax.plot(reach * np.cos(angles), reach * np.sin(angles), color={grid!r}, linewidth=1)"
    yield "for angle in angles[:-1]:"
    yield f"    ax.plot([0, np.cos(angle)], [0, np.sin(angle)], color={grid!r}, linewidth=1)"
    for series in panel["series"]:
        label = f", label={series['name']!r}" if series["name"] else ""
        yield f"reach = np.array({listed([*series['values'], series['values'][0]])}) / {most:.6g}"
        yield (
            f"ax.plot(reach * np.cos(angles), reach * np.sin(angles), color={series['colours'][0]!r}, "
            f"linewidth={num(panel['width'])}, marker='o', markersize={panel['marker']}, markeredgewidth=0{label})"
        )
    away = 1 + 10 / panel["radius"]
    for number, name in enumerate(panel["categories"]):
        turn = number / count
        align = "center" if turn in (0, 0.5) else "left" if turn < 0.5 else "right"
        upright = "bottom" if turn == 0 else "top" if turn == 0.5 else "center"
        yield (
            f"ax.text({num(away)} * np.cos(angles[{number}]), {num(away)} * np.sin(angles[{number}]), {name!r}, "
            f"ha={align!r}, va={upright!r}, color=ink, fontproperties=font, parse_math=False)"
        )
    start = -half_x + 0.02
    for ring in panel["rings"]:
        height = num(ring / most)
        text = repr(show(ring, {**panel["form"], "places": 0}))
        yield f"ax.text({num(start)}, {height}, {text}, ha='left', va='center', color=ink, fontproperties=font)"
        reach = num(start + 3.2 * spec["font"]["tick"] / panel["radius"])
        yield f"ax.plot([{reach}, 0], [{height}, {height}], color={grid!r}, linewidth=1, linestyle=':', zorder=0)"


def treemap(spec: Spec, panel: Spec) -> Iterator[str]:
    left, top, right, bottom = panel["rect"]
    yield f"ax.set_xlim(0, {right - left})"
    yield f"ax.set_ylim({bottom - top}, 0)"
    for cell, name, value, colour in zip(
        panel["cells"], panel["categories"], panel["values"], panel["colours"], strict=True
    ):
        x, y, wide, high = cell
        yield (
            f"ax.add_patch(Rectangle(({num(x)}, {num(y)}), {num(wide)}, {num(high)}, facecolor={colour!r}, "
            f"edgecolor={spec['ground']['page']!r}, linewidth=2))"
        )
        for line, text in enumerate((name, show(value, panel["form"]))):
            down = num(y + high / 2 + (line - 0.5) * 1.35 * spec["font"]["tick"])
            yield (
                f"ax.text({num(x + wide / 2)}, {down}, {text!r}, "
                f"ha='center', va='center', color={readable_on(colour)!r}, fontproperties=font, parse_math=False)"
            )
