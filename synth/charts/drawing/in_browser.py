"""plotly's charts: drawn by plotly.js in our Chromium and measured there: texts by the DOM, axes by its scales."""

import functools
import importlib.resources
from typing import Any

import PIL.Image

from synth.charts.drawing.measure import MARKS, Box
from synth.charts.drawing.plotly import FAMILY, figure
from synth.charts.specs.content import Spec
from synth.charts.wording import inner, wording
from synth.ocr.fonts import named
from synth.pages.browser import browser, resize, screenshot
from synth.sample import Failure, Unproven

_SHELL = (
    "<!DOCTYPE html><html><head><style>html,body{margin:0;overflow:hidden} text,tspan{unicode-bidi:plaintext}</style>"
    "<style id=f></style></head><body><div id=c></div></body></html>"
)
_DRAW = """async ({figure, font, family}) => {
  document.getElementById('f').textContent = `@font-face{font-family:${family};src:local("${font}")}`;
  await document.fonts.load(`16px ${family}`);
  const c = document.getElementById('c');
  Plotly.purge(c);
  await Plotly.newPlot(c, figure.data, figure.layout, {staticPlot: true, displayModeBar: false});
  const rect = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const fill = e => { const b = e.getBBox(), m = e.getScreenCTM();  // without its border
    return [b.x + m.e, b.y + m.f, b.x + b.width + m.e, b.y + b.height + m.f]; };
  const all = (selector, measure = rect) => [...c.querySelectorAll(selector)].map(e => [e.textContent, measure(e)]);
  const axis = a => { if (!a || !a.range) return null;  // l2p rounds to hundredths: hence the ends of the axis
    const [low, high] = a.range, slope = (a.l2p(high) - a.l2p(low)) / (high - low);
    return {start: a._offset + a.l2p(low) - slope * low, slope}; };
  const {xaxis, yaxis} = c._fullLayout;
  return {
    loaded: document.fonts.check(`16px ${family}`),
    title: all('.gtitle'), legend: all('.legendtext'), xlabel: all('.xtitle'), ylabel: all('.ytitle'),
    x: all('.xtick text'), y: all('.ytick text'), y2: all('.cbaxis text'),
    bars: all('.bartext'), notes: all('.annotation-text'), slices: all('.pielayer text.slicetext'),
    tiles: all('.treemaplayer .slicetext tspan'),
    handles: all('.legend .layers'), areas: all('.treemaplayer path.surface', fill),
    sectors: all('.pielayer path.surface', fill), axes: {x: axis(xaxis), y: axis(yaxis)},
  };
}"""


def draw(spec: Spec) -> tuple[PIL.Image.Image, Spec]:
    """The picture of a spec and the truth about it, as `synth.charts.drawing.render.draw`.

    Raises BrowserError; Unproven where plotly left out a text or found no room for it.
    """
    given = {"figure": figure(spec), "font": _unique_name(spec["font"]["file"]), "family": FAMILY}

    def work(page: Any, cdp: Any) -> tuple[PIL.Image.Image, Spec]:
        resize(cdp, *spec["size"])
        found = page.evaluate(_DRAW, given)
        return screenshot(cdp), found

    image, found = browser().run(work, tab="plotly", prepare=_prepare)
    return image, _truth(spec, found)


def _prepare(page: Any, cdp: Any) -> None:
    page.set_content(_SHELL)
    page.add_script_tag(content=(importlib.resources.files("plotly") / "package_data/plotly.min.js").read_text("utf-8"))


@functools.lru_cache(maxsize=256)
def _unique_name(file: str) -> str:
    """The PostScript name of a font, by which CSS finds an installed face and no other."""
    import freetype

    return freetype.Face(named(f"{file}#0").path).postscript_name.decode()


class _Measure:
    """What `synth.charts.drawing.measure` asks of a figure: pixels of values."""

    def __init__(self, spec: Spec, axes: Spec):
        self.spec, self.axes = spec, axes

    def point(self, axes: Any, x: float, y: float) -> list[float]:
        return [round(scale["start"] + scale["slope"] * v, 2) for scale, v in zip(axes, (x, y), strict=True)]

    def rectangle(self, axes: Any, x1: float, y1: float, x2: float, y2: float) -> Box:
        one, two = self.point(axes, x1, y1), self.point(axes, x2, y2)
        return [min(one[0], two[0]), min(one[1], two[1]), max(one[0], two[0]), max(one[1], two[1])]


def _truth(spec: Spec, found: Spec) -> Spec:
    panel, kind = spec["panels"][0], spec["kind"]
    along = "y" if panel.get("horizontal") else "x"
    roles: dict[str, str] = {"title": "title", "legend": "legend"}
    if kind not in ("pie", "treemap"):
        roles |= {"xlabel": "xlabel", "ylabel": "ylabel", "x": "x", "y": "y", "y2": "y2"}
        roles |= {along: "category"} if "categories" in panel else {}
        roles |= {"y": "row"} if "rows" in panel else {}
    roles[{"bar": "bars", "heatmap": "notes", "treemap": "tiles"}.get(kind, "slices")] = "text"
    texts = []
    for key, role in roles.items():
        shown = [(text, [round(v, 2) for v in box]) for text, box in found[key] if text]
        numbers = _numbers(spec, [text for text, _ in shown]) if role == "text" else range(len(shown))
        boxes = zip(numbers, shown, strict=True)
        texts += [{"role": role, "panel": 0, "number": n, "box": box} for n, (_, box) in boxes]
    _fits(spec, found, texts)
    truth: Spec = {"spec": spec, "texts": texts, "swatches": [_rounded(box) for _, box in found["handles"]]}
    return {**truth, "panels": [_panel(spec, panel, found)]}


def _numbers(spec: Spec, shown: list[str]) -> list[int]:
    """The numbers of the texts within a plot, which the DOM holds in an order of its own."""
    many = inner(spec["panels"][0])
    left: dict[str, list[int]] = {}
    for number in reversed(many):
        left.setdefault(wording(spec, {"role": "text", "panel": 0, "number": number}), []).append(number)
    if len(shown) != len(many) or any(text not in left for text in shown):
        raise Unproven([Failure("layout", f"plotly shows {shown[:3]} and more, not the texts of its plot")])
    return [left[text].pop() if left[text] else many[0] for text in shown]


def _fits(spec: Spec, found: Spec, texts: list[Spec]) -> None:
    width, height = spec["size"]
    if not found["loaded"]:
        raise Unproven([Failure("layout", f"Chromium does not find the font {spec['font']['file']}")])
    for text in texts:
        x1, y1, x2, y2 = text["box"]
        if x1 < 1 or y1 < 1 or x2 > width - 1 or y2 > height - 1:
            raise Unproven([Failure("layout", f"plotly cuts {text['role']} {text['number']}")])
    left, top, right, bottom = spec["panels"][0]["rect"]
    for text in texts:
        x1, y1, x2, y2 = text["box"]
        if text["role"] in ("legend", "title") and x2 > left and x1 < right and y2 > top and y1 < bottom:
            raise Unproven([Failure("layout", f"plotly's {text['role']} covers the plot")])


def _panel(spec: Spec, panel: Spec, found: Spec) -> Spec:
    left, top, right, bottom = panel["rect"]
    if panel["kind"] == "pie":
        boxes = [box for _, box in found["sectors"]]
        x1, y1, x2, y2 = (pick(box[n] for box in boxes) for n, pick in enumerate((min, min, max, max)))
        side = min(right - left, bottom - top) / 2
        marks: Any = {"centre": [(left + right) / 2, (top + bottom) / 2], "radius": round(side, 2)}
        if max(abs(x2 - x1 - 2 * side), abs(y2 - y1 - 2 * side)) > 2 and len(boxes) > 3:
            marks = {"centre": [round((x1 + x2) / 2, 2), round((y1 + y2) / 2, 2)], "radius": round((x2 - x1) / 2, 2)}
        return {"ticks": {}, "marks": marks}
    if panel["kind"] == "treemap":
        return {"ticks": {}, "marks": [_rounded(box) for _, box in found["areas"][-len(panel["values"]) :]]}
    scales = found["axes"]
    measure = _Measure(spec, scales)
    ticks = {
        name: [round(scales[name]["start"] + scales[name]["slope"] * value, 2) for value in panel[name]["ticks"]]
        for name in ("x", "y")
        if panel.get(name)
    }
    if panel["kind"] == "heatmap":
        low, high = panel["bar"]["limits"]
        ticks["y2"] = [
            round(bottom - (value - low) / (high - low) * (bottom - top), 2) for value in panel["bar"]["ticks"]
        ]
    return {"ticks": ticks, "marks": MARKS[panel["kind"]](measure, panel, [(scales["x"], scales["y"])])}


def _rounded(box: Box) -> Box:
    return [round(value, 2) for value in box]
