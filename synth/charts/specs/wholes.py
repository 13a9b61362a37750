"""Specs of pies, tree maps, radars, heat maps, histograms, box plots and violins."""

import numpy as np
import squarify

from synth.charts.specs import style
from synth.charts.specs.content import Spec, Subject, axis, grain, names, snapped, table
from synth.charts.specs.layout import Room
from synth.charts.specs.numbers import decimals, nice, show, snap
from synth.charts.specs.panels import extent_of, lay_out, named_series, shares, spread_out, visible
from synth.sample import Failure, Unproven


def pie(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    many = int(rng.integers(2, 8))
    colours = style.colours(rng, many, list(made["ground"].values()))
    made["title"] = made["title"] or subject.words
    form = {**subject.form(1), "after": "%"}
    panel: Spec = {
        **{"kind": "pie", "title": "", "categories": names(rng, made["language"], many), "colours": colours},
        **{"values": shares(rng, many, 1), "hole": float(rng.choice([0.0, 0.0, 0.5, 0.6])), "form": form},
        **{"start": float(rng.choice([90, 0, 45, 120])), "clockwise": bool(rng.random() < 0.4)},
        **{"printed": bool(rng.random() < 0.6), "edge": bool(rng.random() < 0.5)},
    }
    made["panels"].append(panel)
    lay_out(made, room, panel["categories"])
    if min(extent_of(panel)) < 190:
        panel["printed"] = False


def spreads(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    """Box plots and violins."""
    kind, many = made["kind"], int(rng.integers(2, 8))
    same = rng.random() < 0.4
    ground = list(made["ground"].values())
    colours = style.colours(rng, 1, ground) * many if same else style.colours(rng, many, ground)
    scale = axis(subject, subject.low, subject.high, made["size"][1] * 0.7)
    panel: Spec = {
        **{"kind": kind, "title": "", "categories": names(rng, made["language"], many), "colours": colours},
        **{"horizontal": False, "x": None, "y": scale, "thick": float(rng.uniform(0.4, 0.7)), "printed": False},
    }
    made["panels"].append(panel)
    lay_out(made, room, [])
    low, high = scale["limits"]
    step, height = grain(scale, extent_of(panel)[1], False), extent_of(panel)[1]
    apart = np.ceil(14 / height * (high - low) / step) * step
    values = []
    for _ in range(many):
        centre, spread = rng.uniform(0.3, 0.7), rng.uniform(0.08, 0.16)
        five = np.sort(low + (high - low) * np.clip(rng.normal(centre, spread, 5), 0.05, 0.95))
        five = np.round(five / step) * step
        for place in range(1, 5):
            five[place] = max(five[place], five[place - 1] + apart)
        if five[-1] > high:
            five -= np.ceil((five[-1] - high) / step) * step
        if five[0] < low:
            raise Unproven([Failure("layout", "the quartiles find no room")])
        values.append(snapped(five[::2] if kind == "violin" else five, step))
    panel["values"], panel["form"] = values, {**scale["form"], "places": decimals(step)}


def histogram(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    colours = style.colours(rng, 1, list(made["ground"].values()))
    bins = int(rng.integers(6, 15))
    step = nice((subject.high - subject.low) / bins)
    first = np.floor(subject.low / step)
    edges = [snap((first + n) * step, step) for n in range(bins + 1)]
    total = int(rng.choice([60, 120, 250, 600]))
    sample = rng.beta(rng.uniform(1.5, 5), rng.uniform(1.5, 5), total)
    counts = np.histogram(sample, bins, (0, 1))[0].astype(float)
    shown = edges[:: 1 if bins < 8 else 2]
    across: Spec = {
        "limits": [edges[0], edges[-1]],
        "ticks": shown,
        "log": False,
        "form": subject.form(step),
        "label": subject.label,
    }
    up = axis(subject, 0, float(counts.max()) * 1.05, made["size"][1] * 0.7, label=False)
    up["form"] = {**up["form"], "after": ""}
    panel: Spec = {
        **{"kind": "histogram", "title": "", "horizontal": False, "edges": edges, "x": across, "y": up},
        **{"series": [{"name": "", "colours": colours, "values": []}], "printed": False, "edge": True},
    }
    made["panels"].append(panel)
    lay_out(made, room, [])
    if room.widest([show(each, across["form"]) for each in shown], room.tick) > extent_of(panel)[0] / len(shown) - 4:
        across["ticks"] = edges[:: max(3, bins // 3)]
    unit = max(1.0, grain(up, extent_of(panel)[1], False))
    panel["series"][0]["values"] = [visible(snap(value, unit), up, extent_of(panel)[1], False) for value in counts]
    panel["form"] = {**up["form"], "places": 0}


def heatmap(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    rows, columns = int(rng.integers(3, 9)), int(rng.integers(3, 9))
    scale = axis(subject, subject.low, subject.high, made["size"][1] * 0.6, label=False)
    panel: Spec = {
        **{"kind": "heatmap", "title": "", "horizontal": False, "x": None, "y": {**scale, "ticks": [], "label": ""}},
        **{"categories": names(rng, made["language"], columns, 10), "map": str(rng.choice(list(style.MAPS)))},
        **{"rows": names(rng, made["language"], rows, 10), "bar": scale, "y2": scale, "edge": bool(rng.random() < 0.5)},
    }
    made["panels"].append(panel)
    lay_out(made, room, [])
    panel["rect"][0] += round(room.widest(panel["rows"], room.tick)) + 6
    panel["rect"][2] -= 44
    panel["y2"] = panel["y"] = None
    each = extent_of(panel)[0] / columns
    if not panel["upright"] and room.widest(panel["categories"], room.tick) > each - 8:
        raise Unproven([Failure("layout", "the names of the columns collide")])
    if min(extent_of(panel)) < 110 or extent_of(panel)[1] / rows < 18 or extent_of(panel)[0] / columns < 18:
        raise Unproven([Failure("layout", "the cells would be too small")])
    step = nice((scale["limits"][1] - scale["limits"][0]) / 20)
    low, high = scale["limits"]
    values = table(rng, rows, columns, low, high)
    panel["values"] = [snapped(np.clip(row, low, high), step) for row in values]
    panel["form"] = {**scale["form"], "places": decimals(step)}
    texts = [show(value, panel["form"]) for row in panel["values"] for value in row]
    panel["printed"] = bool(
        rng.random() < 0.5
        and room.widest(texts, room.tick) < extent_of(panel)[0] / columns - 8
        and room.tick * 1.6 < extent_of(panel)[1] / rows
    )


def radar(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    many, spokes = int(rng.integers(1, 4)), int(rng.integers(3, 9))
    named, colours = named_series(rng, made, many)
    top = float(rng.choice([5, 10, 100]))
    rings = [snap(top * n / 5, top / 5) for n in range(1, 6)]
    series: list[Spec] = [{"name": named[n], "colours": [colours[n]], "marker": "o", "values": []} for n in range(many)]
    panel: Spec = {
        **{"kind": "radar", "title": "", "categories": names(rng, made["language"], spokes, 9), "series": series},
        **{"rings": rings, "form": subject.form(1), "marker": 10, "width": 1.6, "printed": False},
    }
    made["panels"].append(panel)
    lay_out(made, room, named if many > 1 else [])
    side = room.widest(panel["categories"], room.tick) + 12
    radius = (min(extent_of(panel)[0] - 2 * side, extent_of(panel)[1] - 4 * room.tick)) / 2
    if radius < 90:
        raise Unproven([Failure("layout", "the radar would be too small")])
    panel["radius"] = round(radius)
    step = max(nice(top * 5 / radius), top / 50)
    rows = rng.uniform(0.25, 1, (many, spokes)) * top
    rows = np.round(rows / step) * step
    for column in range(spokes):
        rows[:, column] = spread_out(rows[:, column], 16 / radius * top, step, [0.2 * top, top])
    for row, values in zip(series, rows, strict=True):
        row["values"] = snapped(values, step)
    panel["form"]["places"] = decimals(step)


def treemap(rng: np.random.Generator, made: Spec, subject: Subject, room: Room, panels: int) -> None:
    many = int(rng.integers(3, 9))
    panel: Spec = {
        **{"kind": "treemap", "title": "", "categories": names(rng, made["language"], many, 10), "printed": True},
        **{"values": sorted(shares(rng, many, 1), reverse=True), "form": {**subject.form(1), "after": "%"}},
        "colours": style.colours(rng, many, [made["ground"]["page"], "#ffffff", made["ground"]["ink"]]),
    }
    made["panels"].append(panel)
    lay_out(made, room, [])
    wide, high = extent_of(panel)
    sizes = squarify.normalize_sizes(panel["values"], wide, high)
    cells = squarify.squarify(sizes, 0, 0, wide, high)
    panel["cells"] = [[each["x"], each["y"], each["dx"], each["dy"]] for each in cells]
    for cell, name in zip(panel["cells"], panel["categories"], strict=True):
        if (
            cell[2] < room.width(name, room.tick) + 12
            or cell[2] < room.width("00%", room.tick) + 12
            or cell[3] < 3.4 * room.tick
        ):
            raise Unproven([Failure("layout", "a name finds no room in its tile")])
