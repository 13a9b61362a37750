"""Specs of bars, lines, areas, scatters and combinations."""

import numpy as np

from synth.charts.specs import style
from synth.charts.specs.content import Spec, Subject, axis, country, grain, log_axis, names, snapped, table, walk
from synth.charts.specs.layout import Room
from synth.charts.specs.numbers import decimals, show, snap
from synth.charts.specs.panels import extent_of, headroom, lay_out, named_series, spread_out, visible
from synth.sample import Failure, Unproven


def bars(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    horizontal = rng.random() < 0.35
    stacked = subject.least >= 0 and rng.random() < 0.3
    many = 1 if rng.random() < 0.4 and not stacked else int(rng.integers(2, 5))
    log = many == 1 and panels == 1 and not stacked and subject.least > 0 and rng.random() < 0.15
    width, height = made["size"]
    along = (height if horizontal else width) / (1 if panels == 1 else 2)
    most = int(np.clip(along / (22 if stacked or many == 1 else 14 * many + 8), 2, 14))
    count = int(rng.integers(2, most + 1)) if most > 2 else 2
    categories = names(rng, made["language"], count)
    named, colours = named_series(rng, made, many)
    per_category = many == 1 and rng.random() < 0.25
    if per_category:
        colours = style.colours(rng, min(count, 6), list(made["ground"].values()))
    titles = [country(rng, made["language"]) for _ in range(panels)]
    for number in range(panels):
        low, high = (bound / (many if stacked else 1) for bound in (subject.low, subject.high))
        values = table(rng, many, count, low, high)
        if log:
            values = 10 ** rng.uniform(np.log10(max(subject.low, 1)), np.log10(subject.most), (1, count))
        made["panels"].append(
            {
                **{"kind": "bar", "title": titles[number] if panels > 1 else "", "horizontal": horizontal},
                **{"stacked": stacked, "categories": categories, "thick": float(rng.uniform(0.55, 0.86))},
                **{"printed": False, "edge": bool(rng.random() < 0.2), "values": values},
            }
        )
    for panel in made["panels"]:
        values = panel.pop("values")
        total = values.sum(0) if stacked else values
        length = (width if horizontal else height) / (1 if panels == 1 else 2) * 0.75
        low, high = min(0.0, float(total.min())), max(0.0, float(total.max()))
        panel["x" if horizontal else "y"] = (
            log_axis(subject, float(values.min()), float(values.max())) if log else axis(subject, low, high, length)
        )
        panel["x" if not horizontal else "y"] = None
        panel["series"] = [
            {
                "name": named[number] if many > 1 else "",
                "colours": [colours[number]] if many > 1 else colours,
                "values": row,
            }
            for number, row in enumerate(values)
        ]
    _framed_bars(rng, made, room, named if many > 1 else [], log)


def _framed_bars(rng: np.random.Generator, made: Spec, room: Room, named: list[str], log: bool) -> None:
    for panel in made["panels"]:  # the axis without categories is empty, yet its names need room
        panel["y"] = panel["y"] or {"label": "", "ticks": [], "form": None}
    lay_out(made, room, named)
    wish = rng.random() < 0.4
    for panel in made["panels"]:
        horizontal = panel["horizontal"]
        if horizontal:
            panel["y"] = None
        scale = panel["x" if horizontal else "y"]
        length = extent_of(panel)[0 if horizontal else 1]
        across = extent_of(panel)[1 if horizontal else 0]
        slots = len(panel["categories"]) * (1 if panel["stacked"] else len(panel["series"]))
        if across / slots * panel["thick"] < 8:
            raise Unproven([Failure("layout", "the bars would be too thin")])
        if across / len(panel["categories"]) * (1 - panel["thick"]) < 4:
            raise Unproven([Failure("layout", "the bars would touch")])
        step = grain(scale, length, False)
        fine = wish and not panel["stacked"] and not log
        step = step / 10 if fine and step / 10 >= 0.01 else step
        if log:
            for series in panel["series"]:
                series["values"] = [float(f"{value:.2g}") for value in series["values"]]
            step = min(1.0, scale["limits"][0])
        else:
            for series in panel["series"]:
                series["values"] = snapped(np.asarray(series["values"]), step)
        panel["form"] = {**scale["form"], "places": max(0, scale["form"]["places"] if log else decimals(step))}
        texts = [show(value, panel["form"]) for series in panel["series"] for value in series["values"]]
        wide = room.widest(texts, room.tick)
        fits = (room.tick + 2 if horizontal else wide + 3) * (0.9 if len(panel["series"]) == 1 else 1.15)
        panel["printed"] = bool((fine or wish) and not panel["stacked"] and across / slots * panel["thick"] > fits)
        if fine and not panel["printed"]:
            step *= 10
            for series in panel["series"]:
                series["values"] = snapped(np.asarray(series["values"]), step)
            panel["form"]["places"] = decimals(step)
        if panel["printed"] and not log:
            headroom(scale, length, wide + 12 if horizontal else room.tick + 12)
        shown = [value for series in panel["series"] for value in series["values"]]
        for series in panel["series"]:
            series["values"] = [visible(value, scale, length, log) for value in series["values"]]
        if rng.random() < 0.12 and len(shown) > 4 and not panel["stacked"]:
            series = panel["series"][rng.integers(len(panel["series"]))]
            series["values"][rng.integers(len(series["values"]))] = None  # a gap, as surveys have


def lines(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    many, area = int(rng.integers(1, 5)), made["kind"] == "area"
    many = max(many, 2) if area else many
    count = int(rng.integers(4, 13 if panels == 1 else 8))
    categories = names(rng, made["language"], count)
    named, colours = named_series(rng, made, many)
    titles = [country(rng, made["language"]) for _ in range(panels)]
    for number in range(panels):
        values = np.stack([walk(rng, count, subject.low, subject.high) for _ in range(many)])
        values = np.maximum(values, 0.06 * values.max()) / many if area else values
        total = values.sum(0) if area else values
        low, high = (0.0, float(total.max())) if area else (float(total.min()), float(total.max()))
        low = min(low, 0.0) if rng.random() < 0.5 else low
        height = made["size"][1] * (0.7 if panels == 1 else 0.33)
        series = [
            {"name": named[n], "colours": [colours[n]], "values": list(row), "marker": style.marker(rng)}
            for n, row in enumerate(values)
        ]
        made["panels"].append(
            {
                **{"kind": "area" if area else "line", "title": titles[number] if panels > 1 else "", "stacked": area},
                **{"horizontal": False, "categories": categories, "x": None, "y": axis(subject, low, high, height)},
                **{"series": series, "printed": False, "width": float(rng.uniform(1.1, 1.8)), "marker": 10},
            }
        )
    lay_out(made, room, named if many > 1 or area else [])
    for panel in made["panels"]:
        _fit_lines(rng, made, panel, area)


def _fit_lines(rng: np.random.Generator, made: Spec, panel: Spec, area: bool) -> None:
    scale, height = panel["y"], extent_of(panel)[1]
    step = grain(scale, height, False)
    apart = 16 / height * (scale["limits"][1] - scale["limits"][0])  # markers must not cover each other
    rows = np.array([series["values"] for series in panel["series"]], float)
    rows = np.round(rows / step) * step
    if area:
        rows = np.maximum(rows, np.ceil(0.75 * apart / step) * step)
    for column in range(rows.shape[1] if not area else 0):
        rows[:, column] = spread_out(rows[:, column], apart, step, scale["limits"])
    if area:
        while rows.sum(0).max() > scale["limits"][1]:
            rows = np.maximum(np.floor(rows * 0.9 / step) * step, np.ceil(0.75 * apart / step) * step)
    for series, row in zip(panel["series"], rows, strict=True):
        series["values"] = snapped(row, step)
    panel["form"] = {**scale["form"], "places": decimals(step)}


def scatter(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    many = int(rng.integers(1, 4))
    named, colours = named_series(rng, made, many)
    other = Subject(rng, made["language"])
    while other.words == subject.words:
        other = Subject(rng, made["language"])
    across, up = (axis(each, each.low, each.high, length * 0.75) for each, length in
                  zip((other, subject), made["size"], strict=True))  # fmt: skip
    series: list[Spec] = [
        {"name": named[n], "colours": [colours[n]], "marker": style.marker(rng), "values": []} for n in range(many)
    ]
    panel: Spec = {
        **{"kind": "scatter", "title": "", "horizontal": False, "x": across, "y": up, "series": series},
        **{"printed": False, "marker": int(rng.integers(10, 14))},
    }
    made["panels"].append(panel)
    lay_out(made, room, named if many > 1 else [])
    extent = np.array(extent_of(panel))
    steps = [grain(scale, length, False) for scale, length in zip((across, up), extent, strict=True)]
    taken: list[np.ndarray] = []
    total = int(rng.integers(6, 28))
    for row in series:
        slope, centre = rng.uniform(-0.9, 0.9), rng.uniform(0.35, 0.65, 2)
        for _ in range(total // many + 1):
            x = np.clip(rng.normal(centre[0], 0.2), 0.04, 0.96)
            y = np.clip(centre[1] + slope * (x - centre[0]) + rng.normal(0, 0.12), 0.04, 0.96)
            lows = [scale["limits"][0] for scale in (across, up)]
            spans = [scale["limits"][1] - scale["limits"][0] for scale in (across, up)]
            point = [snap(lows[n] + spans[n] * (x, y)[n], steps[n]) for n in (0, 1)]
            spot = np.array([(point[n] - lows[n]) / spans[n] * extent[n] for n in (0, 1)])
            inside = (spot > 8).all() and (spot < extent - 8).all()
            if inside and all(np.linalg.norm(spot - each) > 18 for each in taken):
                taken.append(spot)
                row["values"].append(point)
        if not row["values"]:
            raise Unproven([Failure("layout", "no point found room")])
        row["values"].sort()
    panel["form"] = {**up["form"], "places": decimals(steps[1])}
    panel["form_x"] = {**across["form"], "places": decimals(steps[0])}


def combo(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    """Bars and a line with an axis of its own."""
    other, count = Subject(rng, made["language"], positive=True), int(rng.integers(3, 10))
    named, colours = named_series(rng, made, 2)
    named = [subject.words, other.words] if subject.words != other.words else named
    height = made["size"][1] * 0.65
    bars, line = walk(rng, count, subject.low, subject.high), walk(rng, count, other.low, other.high)
    scale = axis(subject, 0, float(bars.max()) * 1.1, height)
    second = axis(other, 0, float(line.max()) * 1.05, height)
    series: list[Spec] = [
        {"name": named[0], "colours": [colours[0]], "values": list(bars)},
        {"name": named[1], "colours": [colours[1]], "values": list(line), "marker": style.marker(rng)},
    ]
    panel: Spec = {
        **{"kind": "combo", "title": "", "horizontal": False, "stacked": False, "x": None, "y": scale, "y2": second},
        **{"categories": names(rng, made["language"], count), "series": series, "thick": float(rng.uniform(0.4, 0.7))},
        **{"printed": False, "edge": False, "width": 1.7, "marker": 11},
    }
    made["panels"].append(panel)
    lay_out(made, room, named)
    for row, each, key in zip(series, (scale, second), ("form", "form2"), strict=True):
        length = extent_of(panel)[1]
        step = grain(each, length, False)
        row["values"] = snapped(np.asarray(row["values"]), step)
        if key == "form":
            row["values"] = [visible(value, each, length, False) for value in row["values"]]
        panel[key] = {**each["form"], "places": decimals(step)}
    _clear(series, (scale, second), extent_of(panel)[1])


def _clear(series: list[Spec], axes: tuple[Spec, Spec], height: float) -> None:
    """Moves the line's points away from the ends of the bars, which they would hide."""
    step = grain(axes[1], height, False)
    for place, (bar, value) in enumerate(zip(series[0]["values"], series[1]["values"], strict=True)):
        end = (bar or 0.0) / axes[0]["limits"][1]
        for way in (1, -1):
            moved = value
            while abs(moved / axes[1]["limits"][1] - end) * height < 15:
                moved = snap(moved + way * step, step)
            if 0.04 <= moved / axes[1]["limits"][1] <= 1:
                series[1]["values"][place] = moved
                break
