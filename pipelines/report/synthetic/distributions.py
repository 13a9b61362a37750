"""Charts of what samples are like: a row a recipe, so that each can be compared with all others."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from pipelines.report.plots import INK, SERIES, chart, plain
from pipelines.report.synthetic.facts import Facts, most

BINS = 60
NAMES = 14  # of tasks or languages; what is rarer is "other"
Chart = tuple[str, str]  # title, data URI


def charts(every: Sequence[Facts]) -> list[Chart]:
    """Of all recipes."""
    drawn = [
        ("side of the canvas, √(width × height), px", _ridges(every, lambda each: each.sides, 2)),
        ("aspect ratio, width / height", _ridges(every, lambda each: each.aspects, 10)),
        ("kB of a sample's media", _ridges(every, lambda each: each.kilobytes, 10)),
        ("boxes of a sample", _ridges(every, lambda each: each.boxes, 10, counts=True)),
        ("side of a box, √area, px", _ridges(every, lambda each: each.box_sides, 10)),
        ("characters of a sample's answers", _ridges(every, lambda each: each.characters, 10, counts=True)),
        ("languages", _shares(every, lambda each: each.languages)),
        ("tasks", _shares(every, lambda each: each.tasks)),
    ]
    films = [each for each in every if len(each.durations)]
    if films:
        drawn += [
            ("seconds of a video", _ridges(films, lambda each: each.durations, 10)),
            ("frames a second of a video", _ridges(films, lambda each: each.rates, 10)),
        ]
    timed = [each for each in films if len(each.places)]
    if timed:
        drawn += [
            ("seconds that a span lasts", _ridges(timed, lambda each: each.spans, 10)),
            ("where in the video a span or moment lies", _ridges(timed, lambda each: each.places, 1)),
        ]
    acting = [each for each in every if len(each.calls)]
    if acting:
        drawn.append(("actions of a sample that has any", _ridges(acting, lambda each: each.calls, 2)))
    if any(each.rate for each in every):
        drawn.append(("verified samples a second of one worker", _rates(every)))
    return drawn


def _height(every: Sequence[Facts]) -> float:
    return 0.8 + 0.24 * (len(every) + 1)


def _ridges(every: Sequence[Facts], values: Callable[[Facts], np.ndarray], base: int, counts: bool = False) -> str:
    """A histogram a recipe over one axis, each as high as its highest bar; the last is of all together.

    The axis is logarithmic to `base`, or from 0 to 1 where that is 1; `counts` may be 0, which has a place of its own
    at the left.
    """
    rows = [(each.name, values(each)) for each in every]
    rows.append(("all", np.concatenate([found for _, found in rows])))
    floor = 0.5 if counts else 1e-3
    shown = np.clip(rows[-1][1].astype(np.float64), floor, None) if len(rows[-1][1]) else np.array([floor, 1.0])
    bins = np.geomspace(shown.min() * 0.95, shown.max() * 1.05, BINS + 1) if base > 1 else np.linspace(0, 1, 41)

    def draw(axes: Axes) -> None:
        for place, (_, found) in enumerate(rows):
            heights, _ = np.histogram(np.clip(found.astype(np.float64), floor, None), bins)
            bottom = len(rows) - 1 - place
            colour = INK if place == len(rows) - 1 else SERIES[place % len(SERIES)]
            top = bottom + 0.86 * heights / max(heights.max(), 1)
            axes.stairs(top, bins, baseline=bottom, fill=True, color=colour, alpha=0.85)
        if base > 1:
            axes.set_xscale("log")
            between = base == 10 and bins[-1] < 300 * bins[0]  # over more decades their labels would touch
            axes.xaxis.set_major_locator(LogLocator(base, (1.0, 2.0, 5.0) if between else (1.0,), numticks=12))
            axes.xaxis.set_minor_locator(NullLocator())
        axes.set(ylim=(-0.1, len(rows)), xlim=(bins[0], bins[-1]))
        axes.set_yticks([len(rows) - 1 - place + 0.3 for place in range(len(rows))], [name for name, _ in rows])
        axes.xaxis.set_major_formatter(lambda value, at: "0" if counts and value <= floor else plain(value, at))
        axes.grid(False, axis="y")

    return chart(draw, _height(every))


def _shares(every: Sequence[Facts], counter: Callable[[Facts], Counter[str]]) -> str:
    counters = [counter(each) for each in every]
    names = most(counters, NAMES)
    rest = any(set(each) - set(names) for each in counters)
    rows = [*counters, sum(counters, Counter())]

    def draw(axes: Axes) -> None:
        starts = np.zeros(len(rows))
        for number, name in enumerate([*names, "other"] if rest else names):
            numbers = [
                each[name] if name in names else sum(found for other, found in each.items() if other not in names)
                for each in rows
            ]
            widths = np.array(numbers) / [max(each.total(), 1) for each in rows]
            colour = colormaps["tab20"](number % 20) if name in names else "#cbd5e1"
            axes.barh(np.arange(len(rows))[::-1], widths, 0.8, starts, color=colour, label=name)
            starts = starts + widths
        axes.set_yticks(np.arange(len(rows))[::-1], [*(each.name for each in every), "all"])
        axes.set(xlim=(0, 1))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.grid(False, axis="y")
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.12), ncols=5, handlelength=1, columnspacing=1)

    return chart(draw, _height(every) + 0.2 * (1 + len(names) // 5))


def _rates(every: Sequence[Facts]) -> str:
    def draw(axes: Axes) -> None:
        places = np.arange(len(every))[::-1]
        bars = axes.barh(places, [each.rate for each in every], 0.7, color=SERIES[0])
        axes.bar_label(bars, [f"{each.rate:,.1f}" for each in every], padding=3)
        axes.set_yticks(places, [each.name for each in every])
        axes.margins(x=0.15)
        axes.grid(False, axis="y")

    return chart(draw, _height(every))
