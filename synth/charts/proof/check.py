"""Reads the claims about a chart back from its picture, without the code that drew it.

texts   every text stands in its box, letter for letter
axes    ticks are painted where they are claimed and their values lie on one scale
marks   bars, points, sectors, cells are painted where they are claimed, in their colours
values  what is painted, read through the axes, is the value that is told
code    (audit) the chart's code draws this picture again
ocr     (audit) an OCR engine reads the title
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from synth.charts.proof import reading, series, wholes
from synth.charts.proof.reading import Scale
from synth.charts.specs.content import Spec
from synth.charts.wording import inner, wording

OFF = 1.5  # px: the greatest difference between claimed and read places
MISREAD = 0.5  # error rate of the OCR engine
AUDIT = 5.0  # mean difference of grey levels between the picture and that of its code run anew

CHECKS: dict[str, Callable[[np.ndarray, Spec, Spec, Any, Mapping[str, Scale]], Iterator[tuple[str, str]]]] = {
    **{"bar": series.bars, "line": series.points, "scatter": series.points, "radar": series.points},
    **{"combo": series.combo, "area": series.area, "histogram": series.histogram, "pie": wholes.pie},
    **{"box": wholes.box, "violin": wholes.violin, "heatmap": wholes.heatmap, "treemap": wholes.treemap},
}


def faults(picture: np.ndarray, truth: Spec, audit: bool) -> list[str]:
    """What a picture (height, width, 3) uint8 does not bear out. `audit` runs the chart's code and compares, too."""
    return [f"{check}: {text}" for check, text in check_all(picture, truth, audit)]


def check_all(picture: np.ndarray, truth: Spec, audit: bool) -> Iterator[tuple[str, str]]:
    """(check, what was seen) of each fault."""
    spec = truth["spec"]
    if picture.shape[:2] != (spec["size"][1], spec["size"][0]):
        yield "marks", f"a picture of {picture.shape[1]} x {picture.shape[0]} px, not {spec['size']}"
        return
    yield from (("texts", text) for text in texts(picture, truth))
    for number, (panel, seen) in enumerate(zip(spec["panels"], truth["panels"], strict=True)):
        scales = {}
        for name, pixels in seen["ticks"].items():
            axis = panel.get(name) or panel["bar"]
            scales[name] = Scale(axis, pixels)
            yield from (("axes", f"panel {number}: {text}") for text in _ticks(picture, panel, name, axis, pixels))
            if scales[name].residual > 1:
                yield "axes", f"panel {number}: the ticks of {name} are {scales[name].residual:.1f} px off one scale"
        yield from CHECKS[panel["kind"]](picture, spec, panel, seen["marks"], scales)
    yield from (("marks", text) for text in _legend(picture, truth))
    if audit:
        yield from (("code", text) for text in _code(picture, spec))
        yield from (("ocr", text) for text in _read(picture, truth))


def texts(picture: np.ndarray, truth: Spec) -> Iterator[str]:
    from synth.charts.proof.lettering import fault
    from synth.ocr.fonts import named

    spec = truth["spec"]
    path = named(f"{spec['font']['file']}#0").path
    grey = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    told = [(text["role"], text["panel"], text["number"]) for text in truth["texts"]]
    if sorted(set(told)) != sorted(told) or set(told) != set(_wanted(truth)):
        yield "the texts are not those that the chart must have"
        return
    for text in truth["texts"]:
        size = spec["font"][_size(text["role"])]
        upright = text["role"] in ("ylabel", "y2label") or (
            text["role"] == "category" and spec["panels"][text["panel"]].get("upright", False)
        )
        said = wording(spec, text)
        found = fault(grey, said, text["box"], path, size, upright)
        if found:
            yield f"{text['role']} {text['number']}: {found}"


def _size(role: str) -> str:
    return "title" if role == "title" else "label" if role in ("panel", "xlabel", "ylabel", "y2label") else "tick"


def _wanted(truth: Spec) -> Iterator[tuple[str, int, int]]:
    """Every text that a chart of this spec shows: none may be passed over in silence."""
    spec = truth["spec"]
    if spec["title"]:
        yield "title", 0, 0
    if spec["legend"]:
        yield from (("legend", 0, number) for number in range(len(spec["legend"]["names"])))
    for number, panel in enumerate(spec["panels"]):
        if panel["title"]:
            yield "panel", number, 0
        if panel["kind"] not in ("pie", "radar", "treemap") and "categories" in panel:
            yield from (("category", number, place) for place in range(len(panel["categories"])))
        yield from (("row", number, place) for place in range(len(panel.get("rows", []))))
        for name in ("x", "y", "y2"):
            axis = panel.get(name) or (panel.get("bar") if name == "y2" else None)
            if axis:
                yield from ((name, number, place) for place in range(len(axis["ticks"])))
                if axis["label"] and panel["kind"] != "heatmap":
                    yield f"{name}label", number, 0
        yield from (("text", number, place) for place in inner(panel))


def _ticks(picture: np.ndarray, panel: Spec, name: str, axis: Spec, pixels: list[float]) -> Iterator[str]:
    left, _top, right, bottom = panel["rect"]
    if len(pixels) != len(axis["ticks"]):
        yield f"{len(pixels)} places for {len(axis['ticks'])} ticks of {name}"
    for pixel in pixels:
        if name == "x":
            found = reading.tick(picture.transpose(1, 0, 2), pixel, bottom + 2, bottom + 5, True)
        elif name == "y":
            found = reading.tick(picture, pixel, left - 5, left - 2, True)
        else:
            edge = right + (28 if panel["kind"] == "heatmap" else 0)
            found = reading.tick(picture, pixel, edge + 2, edge + 5, True)
        if found is None or abs(found - pixel) > OFF:
            yield f"no tick of {name} at {pixel:.1f} px" + (f", but at {found:.1f}" if found else "")


def _legend(picture: np.ndarray, truth: Spec) -> Iterator[str]:
    spec = truth["spec"]
    if not spec["legend"]:
        return
    panel = spec["panels"][0]
    colours = panel["colours"] if panel["kind"] == "pie" else [series["colours"][0] for series in panel["series"]]
    names = panel["categories"] if panel["kind"] == "pie" else [series["name"] for series in panel["series"]]
    entries = [text for text in truth["texts"] if text["role"] == "legend"]
    if names != spec["legend"]["names"] or not len(entries) == len(truth["swatches"]) == len(names):
        yield "the legend does not name the series"
        return
    for entry in entries:
        x1, y1, x2, y2 = truth["swatches"][entry["number"]]
        x, y = round((x1 + x2) / 2 - 0.5), round((y1 + y2) / 2 - 0.5)
        seen = reading.near(picture[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3], colours[entry["number"]])
        away = np.percentile(seen, 20) if seen.size else np.inf  # a small marker fills a part alone
        text = entry["box"]
        beside = 0 < text[0] - x2 < 20 and abs((y1 + y2 - text[1] - text[3]) / 2) < 6
        if away > 60 or not beside:
            yield f"the legend shows another colour than {colours[entry['number']]} for entry {entry['number']}"


def _read(picture: np.ndarray, truth: Spec) -> Iterator[str]:
    """The title, as an OCR engine that knows its language reads it."""
    from synth.ocr.ocr_engine import error_rate, recognise

    spec = truth["spec"]
    for text in truth["texts"]:
        if text["role"] == "title" and spec["language"] != "ar":  # whose small letters tesseract misreads
            x1, y1, x2, y2 = (round(value) for value in text["box"])
            crop = picture[max(y1 - 4, 0) : y2 + 4, max(x1 - 6, 0) : x2 + 6]
            crop = cv2.resize(crop, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
            found = recognise(crop, spec["language"])
            if error_rate(found, spec["title"]) > MISREAD:
                yield f"the title is read as {found!r}, not {spec['title']!r}"


def _code(picture: np.ndarray, spec: Spec) -> Iterator[str]:
    from synth.charts.drawing.render import again

    away = np.abs(picture.astype(np.float32) - again(spec)).mean(2)
    blurred = _worst(away)
    if away.mean() > AUDIT or blurred > 60:
        yield f"its code draws another picture (grey levels differ by {away.mean():.1f}, {blurred:.0f} at worst)"


def _worst(away: np.ndarray) -> float:
    return float(cv2.blur(away, (5, 5)).max())
