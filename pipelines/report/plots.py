"""The charts of a report: matplotlib figures as SVG data URIs, equal for equal numbers."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipelines.report.curation import Scores
from pipelines.report.data import Source

KEPT, REJECTED, INK, FAINT = "#2563eb", "#f59e0b", "#334155", "#94a3b8"
SERIES = ("#2563eb", "#0d9488", "#d97706", "#7c3aed", "#db2777", "#65a30d")
VARIANTS = {"trained": "#2563eb", "untrained": "#94a3b8", "blank image": "#d97706"}
STYLE = {
    **{"svg.hashsalt": "vlforge", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8.5},
    **{"font.sans-serif": ["system-ui", "Segoe UI", "Roboto", "Helvetica", "Arial", "DejaVu Sans", "sans-serif"]},
    **{"axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#cbd5e1", "axes.linewidth": 0.8},
    **{"axes.labelcolor": INK, "axes.titlesize": 9.5, "axes.titleweight": "bold", "axes.titlelocation": "left"},
    **{"axes.grid": True, "axes.axisbelow": True, "grid.color": "#e2e8f0", "grid.linewidth": 0.6},
    **{"xtick.color": INK, "ytick.color": INK, "xtick.major.size": 0, "ytick.major.size": 0},
    **{"xtick.minor.size": 0, "ytick.minor.size": 0},
    **{"legend.frameon": False, "legend.fontsize": 8, "text.color": "#0f172a"},
}


def chart(draw: Callable[[Axes], None], height: float = 2.5, width: float = 4.6) -> str:
    """A figure in inches, as a data URI; half of the page is 4.6 wide."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}"


def score_histogram(scores: Scores, height: float = 2.1) -> str:
    """Of scores outside of [0, 1], such as counts, nearly all are within the picture and the rest at its end."""
    parts = [scores.kept, scores.rejected]
    low, high = _extent(np.concatenate(parts), [value for _, value in scores.bounds])

    def draw(axes: Axes) -> None:
        bins = np.linspace(low, high, 41 if height > 2 else 21).tolist()
        axes.hist([np.clip(part, low, high) for part in parts], bins, stacked=True, color=[KEPT, REJECTED])
        for side, value in scores.bounds:
            axes.axvline(value, color="#dc2626", linewidth=1.2, linestyle="--" if side == "minimum" else ":")
        axes.set(title=scores.name, xlim=(low, high), ylabel="documents" if height > 2 else "")
        axes.yaxis.set_major_locator(MaxNLocator("auto", integer=True))

    return chart(draw, height)


def _extent(values: np.ndarray, bounds: Sequence[float]) -> tuple[float, float]:
    if not len(values) or (values.min() >= 0 and values.max() <= 1):
        low, high = 0.0, 1.0
    else:
        low, high = np.quantile(values, [0.005, 0.995]).tolist()
    low, high = min([low, *bounds]), max([high, *bounds])
    return (low, high) if high > low else (low, low + 1)


def length_histogram(sources: Sequence[Source], sequence: int) -> str:
    longest = max((int(source.tokens.max()) for source in sources if len(source.tokens)), default=1)

    def draw(axes: Axes) -> None:
        bins = np.geomspace(8, max(sequence, longest, 16), 40).tolist()
        axes.hist(
            [np.clip(source.tokens, 8, None) for source in sources],
            bins,
            stacked=True,
            color=colours(len(sources)),
            label=[source.name for source in sources],
        )
        axes.axvline(sequence, color="#dc2626", linewidth=1.2, linestyle="--", label="sequence")
        axes.set(title="tokens of an excerpt", xscale="log", ylabel="excerpts")
        axes.xaxis.set_major_formatter(plain)
        axes.legend(loc="upper left")

    return chart(draw)


def score_bars(rows: Sequence[Mapping[str, Any]]) -> str:
    """The mean of each measure for each variant."""

    def draw(axes: Axes) -> None:
        names = list(rows[0]["means"])
        for place, name in enumerate(names):
            offsets = np.arange(len(rows)) + (place - (len(names) - 1) / 2) * 0.27
            axes.barh(offsets, [row["means"][name] for row in rows], 0.25, color=VARIANTS.get(name, INK), label=name)
        axes.set(title="mean score", xlim=(0, 1))
        _by_kind(axes, rows)

    return chart(draw, 1.1 + 0.42 * len(rows))


def gain_bars(rows: Sequence[Mapping[str, Any]]) -> str:
    """What training, and seeing the picture, add to each measure: difference of means with its 95% interval."""

    def draw(axes: Axes) -> None:
        names = list(rows[0]["gain_interval"])
        for place, name in enumerate(names):
            offsets = np.arange(len(rows)) + (place - (len(names) - 1) / 2) * 0.36
            gains = np.array([gain(row, name) for row in rows])
            low, high = np.array([row["gain_interval"][name] for row in rows]).T
            # a percentile interval of a skewed sample may lie beside the mean: an error bar has no negative length
            errors = np.maximum([gains - low, high - gains], 0)
            bars: dict[str, Any] = {"color": VARIANTS.get(name, INK), "alpha": 0.75, "label": f"over {name}"}
            axes.barh(offsets, gains, 0.32, xerr=errors, ecolor=INK, error_kw={"linewidth": 1, "capsize": 2}, **bars)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set(title="gain of the trained model, 95% interval")
        _by_kind(axes, rows)

    return chart(draw, 1.1 + 0.42 * len(rows))


def gain(row: Mapping[str, Any], over: str) -> float:
    return row["means"]["trained"] - row["means"][over]


def _by_kind(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    axes.set_yticks(range(len(rows)), [row["kind"] for row in rows])
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3)


def colours(count: int) -> list[str]:
    return [SERIES[number % len(SERIES)] for number in range(count)]


def number(value: float) -> str:
    """A count in a tile or a table."""
    for name, unit in (("T", 1e12), ("B", 1e9), ("M", 1e6)):
        if value >= 10 * unit:
            return f"{value / unit:,.1f} {name}"
    return f"{value:,.0f}"


def plain(value: float, _: float) -> str:
    """An axis label."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.3g}"
