"""Runs the code of a chart and measures what it drew."""

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

import numpy as np
import PIL.Image

from synth.charts.drawing import in_browser
from synth.charts.drawing.measure import Measure
from synth.charts.drawing.source import body
from synth.charts.specs.content import Spec
from synth.ocr.fonts import named


def run(spec: Spec) -> tuple[Any, np.ndarray]:
    """The matplotlib figure of a spec and its picture (height, width, 3) uint8.

    The code is `body` of the spec, which writes values as literals: it runs nothing else.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import Patch, Rectangle

    def font(fname: str, size: float) -> FontProperties:
        return FontProperties(fname=named(f"{fname}#0").path, size=size)

    space: dict[str, Any] = {
        "np": np,
        "matplotlib": matplotlib,
        "Figure": Figure,
        "FontProperties": font,
        "Rectangle": Rectangle,
    }
    if spec["engine"] == "seaborn":
        import seaborn

        space |= {"sns": seaborn, "Patch": Patch}
    with _uncollected():  # a figure is thousands of objects: looking for garbage among them takes a fifth of the time
        exec(compile(body(spec), "<chart>", "exec"), space)
        canvas = FigureCanvasAgg(space["fig"])
        canvas.draw()
    return space, np.asarray(canvas.buffer_rgba())[..., :3].copy()


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Puts off the cycle collector."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def draw(spec: Spec) -> tuple[PIL.Image.Image, Spec]:
    """The picture of a spec and the truth about it: the spec, and texts, panels and legend in pixels."""
    if spec["engine"] == "plotly":
        return in_browser.draw(spec)
    space, picture = run(spec)
    figure = space["fig"]
    measure = Measure(spec, figure)
    truth: Spec = {"spec": spec, "texts": measure.texts(space), "panels": measure.panels()}
    truth["swatches"] = measure.swatches(space.get("legend"))
    return PIL.Image.fromarray(picture), truth


def again(spec: Spec) -> np.ndarray:
    """The picture (height, width, 3) uint8 that the code of a chart draws."""
    return np.asarray(in_browser.draw(spec)[0]) if spec["engine"] == "plotly" else run(spec)[1]
