"""Draws a diagram by matplotlib, in pixels."""

import numpy as np
import PIL.Image

from synth.charts.specs.content import Spec
from synth.charts.specs.style import readable_on
from synth.ocr.fonts import named


def render(spec: Spec) -> PIL.Image.Image:
    """The picture of a diagram's spec."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle

    matplotlib.rcParams["text.hinting"] = "no_hinting"
    width, height = spec["size"]
    ground = spec["ground"]
    figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=ground["page"])
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(0, width), ylim=(height, 0))
    for a, b in spec["edges"]:
        start, end = (_middle(spec["boxes"][n]) for n in (a, b))
        axes.plot(*zip(start, end, strict=True), color=ground["ink"], linewidth=spec["width"], zorder=1)
        if spec["directed"]:
            axes.add_patch(Polygon(_arrow(start, spec["boxes"][b]), facecolor=ground["ink"], linewidth=0, zorder=2))
    path = named(f"{spec['font']['file']}#0").path
    small = FontProperties(fname=path, size=spec["font"]["tick"])
    for label, box in zip(spec["labels"], spec["label_boxes"], strict=True):
        if label:
            x1, y1, x2, y2 = box
            ground_patch = Rectangle((x1, y1), x2 - x1, y2 - y1, facecolor=ground["page"], linewidth=0, zorder=2)
            axes.add_patch(ground_patch)
            style = {"ha": "center", "va": "center", "color": ground["ink"], "fontproperties": small}
            axes.text((x1 + x2) / 2, (y1 + y2) / 2, label, zorder=4, parse_math=False, **style)
    font = FontProperties(fname=path, size=spec["font"]["label"])
    for name, box, fill in zip(spec["names"], spec["boxes"], spec["fills"], strict=True):
        x1, y1, x2, y2 = box
        shape = "round,pad=0,rounding_size=7" if spec["round"] else "square,pad=0"
        axes.add_patch(
            FancyBboxPatch((x1, y1), x2 - x1, y2 - y1, boxstyle=shape, facecolor=fill, linewidth=0, zorder=3)
        )
        x, y = _middle(box)
        axes.text(
            x,
            y,
            name,
            ha="center",
            va="center",
            color=readable_on(fill),
            fontproperties=font,
            zorder=4,
            parse_math=False,
        )
    canvas.draw()
    return PIL.Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def _middle(box: list[float]) -> np.ndarray:
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])


def _arrow(start: np.ndarray, box: list[float]) -> np.ndarray:
    """(3, 2) corners of an arrow's head whose tip touches a box."""
    end = _middle(box)
    way = (end - start) / np.linalg.norm(end - start)
    half = np.array([(box[2] - box[0]) / 2, (box[3] - box[1]) / 2])
    tip = end - way * np.min(half / np.maximum(np.abs(way), 1e-9))
    side = np.array([-way[1], way[0]])
    return np.array([tip, tip - 13 * way + 6 * side, tip - 13 * way - 6 * side])
