"""Numbers, places and axes as Python code."""

from collections.abc import Iterator
from typing import Any

from synth.charts.specs.content import Spec
from synth.charts.specs.numbers import show


def num(value: float) -> str:
    return f"{value:.6g}"


def listed(values: Any) -> str:
    """Numbers as code, gaps as NaN."""
    return "[" + ", ".join("np.nan" if value is None else f"{value:.10g}" for value in values) + "]"


def placed(spec: Spec, rect: list[float]) -> str:
    width, height = spec["size"]
    left, top, right, bottom = rect
    return f"[{left} / {width}, {height - bottom} / {height}, {right - left} / {width}, {bottom - top} / {height}]"


def axis_code(ax: str, name: str, axis: Spec) -> Iterator[str]:
    if axis["log"]:
        yield f"{ax}.set_{name}scale('log')"
    yield f"{ax}.set_{name}lim({num(axis['limits'][0])}, {axis['limits'][1]:.10g})"
    labels = ", ".join(repr(show(value, axis["form"])) for value in axis["ticks"])
    yield f"{ax}.set_{name}ticks({listed(axis['ticks'])}, [{labels}], fontproperties=font, parse_math=False)"
    if axis["log"]:
        yield f"{ax}.minorticks_off()"
    if axis["label"]:
        yield f"{ax}.set_{name}label({axis['label']!r}, fontproperties=label_font, color=ink, parse_math=False)"
