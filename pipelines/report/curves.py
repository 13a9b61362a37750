"""The charts of training: the columns of a phase's log over the tokens that it was trained on."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter, MaxNLocator

from pipelines.report.plots import FAINT, chart, colours, plain

POINTS = 400  # the most that a line of a chart is drawn through
LINES = 10  # the most of one chart
STYLES = ("-", "--", ":")  # lines over one another must all be seen
FAULT = "#dc2626"
PLAIN = {
    *("step", "done", "loss", "gradient_norm", "tokens", "patches", "flops", "mfu", "memory", "skipped", "replaced"),
    *("tokens_per_second", "data_seconds", "step_seconds"),
}
GROUPS = {"loss", "gradient", "rate", "fill", "tokens"}

Columns = Mapping[str, np.ndarray]


def named(log: Columns, prefix: str) -> list[tuple[str, np.ndarray]]:
    """The columns below a prefix, without it; those that never held a number are left out."""
    return [
        (name.removeprefix(prefix), values)
        for name, values in log.items()
        if name.startswith(prefix) and np.isfinite(values).any()
    ]


def phase_charts(log: Columns) -> Iterator[tuple[str, str]]:
    """(what it shows, data URI) of each that the log has numbers for."""
    yield "loss by source", _lines("loss by source", log, named(log, "loss/source/") or [("all", log["loss"])])
    if len(tasks := named(log, "loss/task/")) > 1:
        yield "loss by task", _lines("loss by task", log, tasks)
    for group in dict.fromkeys(name.partition("/")[0] for name in log if not _is_known(name)):
        lines = named(log, f"{group}/") or named(log, group)
        positive = all(np.nanmin(values) >= 0 for _, values in lines)
        yield group, _lines(group, log, [(name or group, values) for name, values in lines], zero=positive)
    parts = named(log, "gradient/")
    norms = parts if len(parts) == 1 else [*parts, ("all", log["gradient_norm"])]
    yield "gradient norm", _lines("gradient norm before clipping", log, norms, logarithmic=True)
    yield "learning rate", _lines("learning rate", log, named(log, "rate/"), raw=False, zero=True)
    yield "tokens a second", _lines("tokens a second", log, [("", log["tokens_per_second"])], zero=True)
    if lines := named(log, "mfu"):
        yield "model FLOPs utilisation", _lines("model FLOPs utilisation", log, lines, zero=True)
    yield "fill of the packs", _lines("fill of the packs", log, named(log, "fill/"), zero=True)
    yield "seconds of a step", _times(log)


def _is_known(name: str) -> bool:
    return name in PLAIN or name.partition("/")[0] in GROUPS


def _lines(
    title: str,
    log: Columns,
    lines: Sequence[tuple[str, np.ndarray]],
    raw: bool = True,
    zero: bool = False,
    logarithmic: bool = False,
) -> str:
    """Each line smoothed, with its raw values faint behind. Of many, those that most steps have."""
    had = sorted((-np.isfinite(values).sum(), place) for place, (_, values) in enumerate(lines))
    shown = [lines[place] for place in sorted(place for _, place in had[:LINES])]
    if len(shown) < len(lines):
        title = f"{title} ({len(shown)} of {len(lines)})"

    def draw(axes: Axes) -> None:
        looks = [(colour, style) for style in STYLES for colour in colours(6)]
        for (name, values), (colour, style) in zip(shown, looks, strict=False):
            done, there = log["done"], np.isfinite(values)
            if raw:
                axes.plot(thin(done[there]), thin(values[there]), color=colour, alpha=0.22, linewidth=0.7)
            level = smooth(values)[there] if raw else values[there]
            axes.plot(thin(done[there]), thin(level), color=colour, linestyle=style, linewidth=1.5, label=name)
        _frame(axes, title)
        if zero:
            axes.set_ylim(0, None)
        else:
            _mark(axes, log["done"][log["skipped"] > 0])
        if logarithmic:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(plain)
            axes.yaxis.set_minor_formatter(_Between())
        if len(shown) > 1:
            axes.legend(loc="best", ncols=1 + (len(shown) > 4))

    return chart(draw, 2.7)


class _Between(LogFormatter):
    """Labels between the decades where there is but one, as `LogFormatter` decides, in plain digits."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return plain(x, 0) if super().__call__(x, pos) else ""


def _mark(axes: Axes, done: np.ndarray) -> None:
    """Ticks at the foot, for updates left out."""
    foot, at = np.zeros(len(done)), axes.get_xaxis_transform()
    axes.plot(done, foot, "|", color=FAULT, markersize=9, markeredgewidth=1.6, transform=at, clip_on=False)


def _times(log: Columns) -> str:
    def draw(axes: Axes) -> None:
        parts = {"training": log["step_seconds"], "waiting for data": log["data_seconds"]}
        levels = [thin(smooth(values)) for values in parts.values()]
        axes.stackplot(thin(log["done"]), levels, labels=list(parts), colors=["#93c5fd", "#f59e0b"])
        _frame(axes, "seconds of a step")
        axes.set_ylim(0, None)
        axes.legend(loc="lower right", frameon=True, edgecolor="none", framealpha=0.9)

    return chart(draw, 2.7)


def chain_chart(phases: Mapping[str, Columns]) -> str:
    """The loss of every phase by name, one after the other."""

    def draw(axes: Axes) -> None:
        before = 0.0
        for colour, (name, log) in zip(colours(len(phases)), phases.items(), strict=True):
            done, loss = before + log["done"], log["loss"]
            there = np.isfinite(loss)
            axes.plot(thin(done[there]), thin(loss[there]), color=colour, alpha=0.22, linewidth=0.7)
            axes.plot(thin(done[there]), thin(smooth(loss)[there]), color=colour, linewidth=1.5)
            if before:
                axes.axvline(before, color=FAINT, linewidth=0.7)
            middle = (before + done[-1]) / 2
            axes.annotate(
                name, (middle, 1), xycoords=("data", "axes fraction"), ha="left", va="bottom",
                rotation=22, fontsize=8, color=colour,
            )  # fmt: skip
            before = float(done[-1])
        _frame(axes, "")

    return chart(draw, 2.9, 9.6)


def _frame(axes: Axes, title: str) -> None:
    axes.set(title=title, xlabel="tokens")
    axes.margins(0.01, 0.08)
    axes.xaxis.set_major_formatter(_tokens)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(plain)


def _tokens(value: float, _: float) -> str:
    for unit, name in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def smooth(values: np.ndarray) -> np.ndarray:
    """The centred mean over about a tenth of the steps, at the ends over what there is of it; NaN is left out."""
    half, there = len(values) // 20, np.isfinite(values)
    first = np.maximum(np.arange(len(values)) - half, 0)
    last = np.minimum(np.arange(len(values)) + half + 1, len(values))

    def within(each: np.ndarray) -> np.ndarray:
        sums = np.concatenate([[0.0], np.cumsum(each)])
        return sums[last] - sums[first]

    with np.errstate(invalid="ignore"):
        return within(np.where(there, values, 0.0)) / within(there)


def thin(values: np.ndarray) -> np.ndarray:
    """Every so many-th value, so that a long run's chart stays small."""
    return values[:: max(-(-len(values) // POINTS), 1)]
