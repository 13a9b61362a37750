"""Untrue versions of what is claimed of a chart, each clearly untrue: the proof must find them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.charts.specs import style
from synth.charts.specs.content import Spec
from synth.mutation import Lie, shift, told

READ = 4.5  # px by which a value that is not printed is wrong at least


def tell(truth: Spec, rng: np.random.Generator) -> Iterator[tuple[str, Spec]]:
    """(kind of lie, untrue truth), one for each kind that can be told of this chart."""
    yield from told(LIES, truth, rng)


def _panel(truth: Spec, rng: np.random.Generator) -> tuple[Spec, Spec]:
    number = int(rng.integers(len(truth["panels"])))
    return truth["spec"]["panels"][number], truth["panels"][number]


def _rows(panel: Spec) -> list[list[Any]]:
    """Lists of plain values, which lies may change in place."""
    if panel["kind"] == "scatter":
        return []
    rows = [series["values"] for series in panel["series"]] if "series" in panel else panel["values"]
    return rows if isinstance(rows[0], list) else [rows]


def _pick(rng: np.random.Generator, found: list[Any]) -> Any:
    return found[rng.integers(len(found))] if found else None


def _step(panel: Spec, seen: Spec, row: int) -> float:
    """The least difference that the picture shows for sure."""
    form = panel["form2"] if panel["kind"] == "combo" and row else panel["form"]
    unit = 10.0 ** -form["places"]
    if panel["printed"] and panel["kind"] != "pie":
        return unit
    if panel["kind"] in ("pie", "treemap"):
        return 1.0
    if panel["kind"] == "radar":
        return max(unit, np.ceil(READ / panel["radius"] * panel["rings"][-1] / unit) * unit)
    if panel["kind"] == "heatmap":
        low, high = panel["bar"]["limits"]
        return max(unit, np.ceil(0.09 * (high - low) / unit) * unit)
    name = "y2" if panel["kind"] == "combo" and row else "x" if panel["horizontal"] else "y"
    ticks, pixels = panel[name]["ticks"], seen["ticks"][name]
    slope = abs((ticks[-1] - ticks[0]) / (pixels[-1] - pixels[0]))
    return float(max(unit, np.ceil(READ * slope / unit) * unit))


def _value(truth: Spec, rng: np.random.Generator) -> bool:
    panel, seen = _panel(truth, rng)
    if panel["kind"] == "scatter":
        series = panel["series"][rng.integers(len(panel["series"]))]
        point = series["values"][rng.integers(len(series["values"]))]
        ticks, pixels = panel["y"]["ticks"], seen["ticks"]["y"]
        point[1] = round(point[1] + READ * abs((ticks[-1] - ticks[0]) / (pixels[-1] - pixels[0])), 6)
        return True
    found = [(r, row, n) for r, row in enumerate(_rows(panel)) for n, value in enumerate(row) if value]
    number, row, place = _pick(rng, found)
    step = _step(panel, seen, number)
    if any(panel.get(name) and panel[name]["log"] for name in ("x", "y")):
        row[place] *= 1.3
        return True
    row[place] = float(f"{row[place] + step * int(rng.choice([-1, 1])) * int(rng.integers(1, 4)):.10g}")
    if panel["kind"] in ("pie", "treemap"):
        other = (place + 1) % len(row)
        row[other] += 100 - sum(row)
    return True


def _values_swapped(truth: Spec, rng: np.random.Generator) -> bool:
    panel, seen = _panel(truth, rng)
    found = [
        (row, a, b)
        for number, row in enumerate(_rows(panel))
        for a in range(len(row))
        for b in range(a)
        if row[a] is not None and row[b] is not None and abs(row[a] - row[b]) >= 1.01 * _step(panel, seen, number)
        and not any(panel.get(name) and panel[name]["log"] for name in ("x", "y"))
    ]  # fmt: skip
    if not found:
        return False
    row, a, b = _pick(rng, found)
    row[a], row[b] = row[b], row[a]
    return True


def _places(seen: Spec) -> list[tuple[Any, int]]:
    """(list, index) of every box or point among the marks."""
    marks = seen["marks"]
    if isinstance(marks, dict):
        return []
    rows = marks if isinstance(marks[0], list) and isinstance(marks[0][0], list | None) else [marks]
    return [(row, n) for row in rows for n, mark in enumerate(row) if mark]


def shifted(place: list[float]) -> list[float]:
    if len(place) != 4:
        return [place[0], *(y + 5 for y in place[1:])]
    dx, dy = (shift(side) for side in (place[2] - place[0], place[3] - place[1]))
    return [place[0] + dx, place[1] + dy, place[2] + dx, place[3] + dy]


def _mark_shifted(truth: Spec, rng: np.random.Generator) -> bool:
    _, seen = _panel(truth, rng)
    if isinstance(seen["marks"], dict):
        seen["marks"]["centre"][0] += shift(seen["marks"]["radius"])
        return True
    row, place = _pick(rng, _places(seen))
    row[place] = shifted(row[place])
    return True


def _marks_swapped(truth: Spec, rng: np.random.Generator) -> bool:
    _, seen = _panel(truth, rng)
    found = _places(seen)
    pairs = [(a, b) for a in found for b in found if np.abs(np.subtract(a[0][a[1]][:2], b[0][b[1]][:2])).max() > 4] if (
        len({len(row[n]) for row, n in found}) == 1) else []  # fmt: skip
    if not pairs:
        return False
    (row, a), (other, b) = _pick(rng, pairs)
    row[a], other[b] = other[b], row[a]
    return True


def _text_shifted(truth: Spec, rng: np.random.Generator) -> bool:
    text = _pick(rng, truth["texts"])
    text["box"] = shifted(text["box"])
    return True


def _other(letter: str, rng: np.random.Generator) -> str:
    for alphabet in ("0123456789", "abcdefghkmnopqrstuvwxyz", "ABCDEFGHKLMNPQRSTUVWXYZ"):
        if letter in alphabet:
            return _pick(rng, [other for other in alphabet if other != letter])
    return _pick(rng, [other for other in "xkw7" if other != letter])


def respelt(text: str, rng: np.random.Generator) -> str:
    places = [n for n, letter in enumerate(text) if letter.isalnum()]
    place = _pick(rng, places)
    return text[:place] + _other(text[place], rng) + text[place + 1 :]


def _title(truth: Spec, rng: np.random.Generator) -> bool:
    spec = truth["spec"]
    spec["title"] = respelt(spec["title"], rng) if spec["title"] else "Data"
    return True


def _category(truth: Spec, rng: np.random.Generator) -> bool:
    panel, _ = _panel(truth, rng)
    if not panel.get("categories"):
        return False
    number = int(rng.integers(len(panel["categories"])))
    panel["categories"][number] = respelt(panel["categories"][number], rng)
    if panel["kind"] == "pie":
        truth["spec"]["legend"]["names"][number] = panel["categories"][number]
    return True


def _categories_swapped(truth: Spec, rng: np.random.Generator) -> bool:
    panel, _ = _panel(truth, rng)
    names = panel.get("categories", [])
    if len(set(names)) < 2:
        return False
    a, b = (int(n) for n in rng.choice(len(names), 2, replace=False))
    names[a], names[b] = names[b], names[a]
    if panel["kind"] == "pie":
        truth["spec"]["legend"]["names"] = list(names)
    return True


def _renamed(truth: Spec, names: list[str]) -> None:
    truth["spec"]["legend"]["names"] = names
    for panel in truth["spec"]["panels"]:
        for series, name in zip(panel["series"], names, strict=True):
            series["name"] = name


def _series(truth: Spec, rng: np.random.Generator) -> bool:
    legend = truth["spec"]["legend"]
    if not legend or "series" not in truth["spec"]["panels"][0]:
        return False
    number = int(rng.integers(len(legend["names"])))
    _renamed(truth, [respelt(name, rng) if n == number else name for n, name in enumerate(legend["names"])])
    return True


def _series_swapped(truth: Spec, rng: np.random.Generator) -> bool:
    legend = truth["spec"]["legend"]
    if not legend or len(legend["names"]) < 2 or "series" not in truth["spec"]["panels"][0]:
        return False
    _renamed(truth, legend["names"][1:] + legend["names"][:1])
    return True


def _axes(truth: Spec) -> list[Spec]:
    names = ("x", "y", "y2", "bar")
    return [panel[name] for panel in truth["spec"]["panels"] for name in names if panel.get(name)]


def _unit(truth: Spec, rng: np.random.Generator) -> bool:
    found = [axis for axis in _axes(truth) if axis["label"]]
    axis = _pick(rng, found)
    if axis:
        axis["label"] = respelt(axis["label"], rng)
    return bool(axis)


def _scale(truth: Spec, rng: np.random.Generator) -> bool:
    axis = _pick(rng, _axes(truth))
    if axis:
        axis["ticks"] = [value * 10 + 1 for value in axis["ticks"]]
    return bool(axis)


def _tick(truth: Spec, rng: np.random.Generator) -> bool:
    axis = _pick(rng, _axes(truth))
    if axis:
        place = int(rng.integers(len(axis["ticks"])))
        axis["ticks"][place] += axis["ticks"][1] - axis["ticks"][0]
    return bool(axis)


def _colour(truth: Spec, rng: np.random.Generator) -> bool:
    panel, _ = _panel(truth, rng)
    rows = [panel["colours"]] if "colours" in panel else [series["colours"] for series in panel.get("series", [])]
    row = _pick(rng, rows)
    if row is None:
        return False
    count = len(panel.get("categories", row)) if panel["kind"] == "bar" else len(row)
    number = int(rng.integers(min(len(row), count)))
    row[number] = style.colours(rng, 1, [row[number]])[0]
    return True


def _dropped(truth: Spec, rng: np.random.Generator) -> bool:
    """One value, and its mark, fewer than there are."""
    panel, seen = _panel(truth, rng)
    if panel["kind"] in ("scatter",):
        number = int(rng.integers(len(panel["series"])))
        del panel["series"][number]["values"][-1], seen["marks"][number][-1]
        return True
    if panel["kind"] in ("line", "area", "radar"):
        for series, row in zip(panel["series"], seen["marks"], strict=True):
            del series["values"][-1], row[-1]
        del panel["categories"][-1]
        last = [text for text in truth["texts"] if text["role"] in ("category", "text")]
        truth["texts"].remove(last[-1])
        return True
    if panel["kind"] == "bar" and panel["printed"]:
        found = [(s, n) for s, row in enumerate(seen["marks"]) for n, mark in enumerate(row) if mark]
        number, place = _pick(rng, found)
        panel["series"][number]["values"][place] = seen["marks"][number][place] = None
        return True
    return False


LIES: dict[str, Lie] = {
    **{"value_changed": _value, "values_swapped": _values_swapped, "mark_shifted": _mark_shifted},
    **{"marks_swapped": _marks_swapped, "text_shifted": _text_shifted, "title_respelt": _title},
    **{"category_renamed": _category, "categories_swapped": _categories_swapped, "series_renamed": _series},
    **{"series_swapped": _series_swapped, "unit_changed": _unit, "scale_changed": _scale, "tick_changed": _tick},
    **{"colour_changed": _colour, "value_dropped": _dropped},
}
