"""The spec of a chart: kind by kind, content and style drawn from the seed, values that the picture can show."""

from collections.abc import Callable

import numpy as np

from synth.charts.specs import series, style, wholes
from synth.charts.specs.content import Spec, Subject
from synth.charts.specs.layout import Room

KINDS = ("bar", "line", "scatter", "pie", "box", "violin", "histogram", "heatmap", "area", "radar", "treemap", "combo")
ENGINES = ("matplotlib", "seaborn", "plotly")


def spec(rng: np.random.Generator, language: str, size: tuple[int, int], kind: str, engine: str = ENGINES[0]) -> Spec:
    """All that decides a picture. Raises Unproven where the numbers or the letters find no room.

    `engine` is the library that draws it, one of ENGINES; matplotlib draws what another has no plot for.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of chart: one of {', '.join(KINDS)} is wanted")
    panelled = kind in ("bar", "line") and engine != "plotly" and rng.random() < 0.12
    many = int(rng.choice([2, 4], p=[0.7, 0.3])) if panelled else 1
    ground = style.ground(rng)
    made: Spec = {"kind": kind, "language": language, "size": list(size), "ground": ground, "panels": []}
    made["engine"] = engine
    made["grid"] = str(rng.choice(["value", "both", "none"], p=[0.55, 0.2, 0.25]))
    made["spines"] = str(rng.choice(["all", "left", "none"], p=[0.45, 0.4, 0.15]))
    made["legend"] = str(rng.choice(["right", "top", "bottom"]))
    face = style.typeface(rng, language)
    made["font"] = style.letters(rng, face, size if many == 1 else (size[0] * 2 // 3, size[1] * 2 // 3))
    subject = Subject(rng, language, positive=kind in ("pie", "area", "radar", "treemap", "histogram", "combo"))
    made["title"] = subject.title(rng) if kind == "pie" or rng.random() < 0.92 else ""
    room = Room(made, face)
    if room.width(made["title"], made["font"]["title"]) > size[0] - 20:
        made["title"] = subject.words
    made["bold"] = False
    _PANELS[kind](rng, made, subject, room, many)
    if not _can(made):
        made["engine"] = ENGINES[0]
    return made


def _can(made: Spec) -> bool:
    """Whether its engine has plots for all of a spec."""
    if made["engine"] == "matplotlib":
        return True
    axes = [axis for panel in made["panels"] for axis in (panel.get("x"), panel.get("y")) if axis]
    if any(axis.get("log") for axis in axes):
        return False
    if made["engine"] == "plotly":
        return made["kind"] in ("bar", "line", "scatter", "pie", "heatmap", "treemap", "area", "box", "histogram")
    stacked = any(panel.get("stacked") for panel in made["panels"])
    return not stacked and made["kind"] in ("bar", "line", "scatter", "box", "violin", "histogram", "heatmap")


_PANELS: dict[str, Callable[[np.random.Generator, Spec, Subject, Room, int], None]] = {
    **{
        "bar": series.bars,
        "line": series.lines,
        "area": series.lines,
        "scatter": series.scatter,
        "pie": wholes.pie,
        "box": wholes.spreads,
    },
    **{
        "violin": wholes.spreads,
        "histogram": wholes.histogram,
        "heatmap": wholes.heatmap,
        "radar": wholes.radar,
        "treemap": wholes.treemap,
    },
    "combo": series.combo,
}
