"""How a chart looks: colours, letters, grid. All is decided here, so that no global style of matplotlib matters."""

import colorsys
import functools
import re
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from synth.ocr.fonts import Face, find

# Qualitative palettes, as matplotlib, seaborn, plotly, ColorBrewer, ggplot and Okabe-Ito have them.
PALETTES = (
    ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#17becf"),
    ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860", "#da8bc3", "#ccb974"),
    ("#636efa", "#ef553b", "#00cc96", "#ab63fa", "#ffa15a", "#19d3f3", "#ff6692", "#7a9e1f"),
    ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#b5a800", "#6b6bd6"),
    ("#66c2a5", "#fc8d62", "#8da0cb", "#e78ac3", "#a6d854", "#d8b126", "#c49a6c", "#7f9aa5"),
    ("#e24a33", "#348abd", "#988ed5", "#8eba42", "#fbc15e", "#ffb5b8", "#4a7a3a", "#a03060"),
    ("#003f5c", "#bc5090", "#ffa600", "#58508d", "#ff6361", "#2f9c95", "#8ab17d", "#3d8bd4"),
    ("#264653", "#2a9d8f", "#e9c46a", "#f4a261", "#e76f51", "#8a5fbf", "#6d9dc5", "#b23a48"),
)
GROUNDS = (  # page, plot, ink, grid
    *(("#ffffff", "#ffffff", "#222222", "#d8d8d8"),) * 4,
    ("#ffffff", "#eaeaf2", "#262626", "#ffffff"),
    ("#ffffff", "#f4f6fa", "#2a3f5f", "#dfe6f0"),
    ("#fff8ec", "#fff8ec", "#3b2f2f", "#eadfcb"),
    ("#f2f2f2", "#ffffff", "#333333", "#dedede"),
    ("#16181d", "#16181d", "#e8e8e8", "#33363d"),
    ("#1b2838", "#22324a", "#f2f5fa", "#3a4d68"),
)
MAPS = ("viridis", "plasma", "cividis", "YlGnBu", "Blues", "Greens", "YlOrRd", "RdPu", "magma")
LEAST_APART = 90.0  # between colours of one picture, in RGB: JPEG moves them by 20 at most


def typeface(rng: np.random.Generator, language: str) -> Face:
    """A regular face for a language, numbers, codes and units. Raises UserError where the language has no font."""
    faces = _faces(language)
    return faces[rng.integers(len(faces))]


@functools.lru_cache(maxsize=64)
def _faces(language: str) -> tuple[Face, ...]:
    needed = string.digits + string.ascii_letters + "-.,%€°–"
    every = find(language)
    plain = [face for face in every if _plain(face)]
    return tuple(face for face in plain if face.covers(needed)) or tuple(plain[:1]) or tuple(every[:1])


def _plain(face: Face) -> bool:
    """Upright, of normal weight, and the first of its file: matplotlib opens no other.

    Letters of Nanum fonts are set up to half a pixel off by matplotlib, and hairlines are lost in JPEG.
    """
    unfit = "slant" in face.path or face.family.startswith("Nanum") or re.search(r"lmmono\w*lt", face.path)
    return face.index == 0 and 75 <= face.weight <= 105 and not face.slanted and not unfit


def ground(rng: np.random.Generator) -> dict[str, str]:
    page, plot, ink, grid = GROUNDS[rng.integers(len(GROUNDS))]
    return {"page": page, "plot": plot, "ink": ink, "grid": grid}


def colours(rng: np.random.Generator, many: int, away: Sequence[str]) -> list[str]:
    """Colours that differ clearly from each other and from those of `away`."""
    palette = list(PALETTES[rng.integers(len(PALETTES))])
    if rng.random() < 0.7:
        palette = [palette[number] for number in rng.permutation(len(palette))]
    chosen: list[str] = []
    while len(chosen) < many:
        colour = palette.pop(0) if palette else _any(rng)
        apart = LEAST_APART if palette else LEAST_APART * 0.7
        if all(distance(colour, other) >= apart for other in (*chosen, *away)):
            chosen.append(colour)
    return chosen


def rgb(colour: str) -> np.ndarray:
    """(3,) float of "#rrggbb"."""
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], float)


def distance(one: str, other: str) -> float:
    return float(np.linalg.norm(rgb(one) - rgb(other)))


def readable_on(colour: str) -> str:
    """Black or white, whichever is seen better on a colour."""
    return "#111111" if rgb(colour) @ (0.299, 0.587, 0.114) > 140 else "#ffffff"


def _any(rng: np.random.Generator) -> str:
    red, green, blue = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.35, 0.95), rng.uniform(0.35, 0.95))
    return "#" + "".join(f"{round(255 * part):02x}" for part in (red, green, blue))


def letters(rng: np.random.Generator, face: Face, size: tuple[int, int]) -> dict[str, Any]:
    """Name of the font's file and sizes in pixels, greater on greater pictures."""
    base = max(12, min(18, round(min(size) / rng.uniform(34, 46))))
    return {
        "file": face.path.rsplit("/", 1)[-1],
        "tick": base,
        "label": base + 1,
        "title": base + int(rng.integers(3, 7)),
    }


def marker(rng: np.random.Generator) -> str:
    return str(rng.choice(list("osD^v")))
