"""How applications look: visual families, palettes, faces, sizes and density, as CSS custom properties."""

import colorsys
import math
from typing import Any

import numpy as np

from synth.gui.apps.place import Place
from synth.pages.drawing.style import Pair, line_height, pairs

# Corners of controls, fields, cards, popups and dialogs, in px.
_ROUND = {
    "flat": (4, 4, 4, 4, 6),
    "material": (18, 4, 12, 4, 24),
    "fluent": (4, 4, 8, 8, 8),
    "classic": (0, 0, 0, 0, 0),
    "admin": (3, 3, 3, 3, 4),
    "soft": (10, 10, 16, 12, 18),
    "contrast": (0, 0, 0, 0, 0),
    "paper": (2, 2, 2, 2, 3),
    "glass": (8, 8, 14, 10, 14),
    "rounded": (22, 14, 24, 16, 28),
    "terminal": (0, 0, 0, 0, 0),
}
FAMILIES = tuple(_ROUND)
_LIKELY = {  # how often, by platform
    "web": {"flat": 3, "material": 2, "admin": 3, "soft": 3, "paper": 2, "glass": 2, "contrast": 1, "fluent": 1},
    "desktop": {"fluent": 3, "classic": 3, "flat": 2, "glass": 2, "admin": 1, "contrast": 1, "terminal": 1, "soft": 1},
    "mobile": {"material": 4, "rounded": 3, "soft": 2, "flat": 2, "glass": 2, "contrast": 1, "paper": 1},
}
_HUES = (0, 12, 28, 45, 95, 140, 165, 185, 205, 215, 225, 240, 262, 285, 320, 340)
_SIZES = {"web": (13, 17), "desktop": (12, 15), "mobile": (14, 18)}  # px of text


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """A theme: "family", "dark", "bar", "face", "bold" (`Face.name`), "tokens" (names and values of CSS)."""
    likely = _LIKELY[place.platform]
    family = str(rng.choice(list(likely), p=np.array(list(likely.values())) / sum(likely.values())))
    dark = family == "terminal" or bool(rng.random() < (0.5 if family in ("contrast", "glass") else 0.25))
    if family == "classic":
        dark = False
    face = _pair(rng, place, family)
    low, high = _SIZES[place.platform]
    text = int(rng.integers(low, high + 1))
    if place.tiny:
        text = min(text, 13)
    dense = float(rng.choice((0.8, 1.0, 1.0, 1.2)) if not place.tiny else 0.75)
    tokens = {**_colours(rng, family, dark), **_measures(place, family, text, dense, line_height)}
    tall = max(1.3, line_height(face.regular), line_height(face.bold))
    tokens |= {"line-height": f"{math.ceil(text * tall)}px", "face": f"'{face.regular.family}'"}
    bar = str(rng.choice(("plain-bar", "accent-bar", "dark-bar"), p=(0.5, 0.35, 0.15)))
    if family in ("contrast", "terminal"):
        bar = "plain-bar"
    tokens |= _bar(bar, tokens)
    names = {"face": face.regular.name, "bold": face.bold.name}
    return {"family": family, "dark": dark, "bar": bar, **names, "tokens": tokens}


def _pair(rng: np.random.Generator, place: Place, family: str) -> Pair:
    """Mostly sans serifs, as interfaces have them."""
    known = [pair for pair in pairs(place.language) if pair.regular.style != "hand"]
    wanted = {"terminal": ("mono",), "paper": ("serif", "sans")}.get(family, ("sans",))
    fit = [pair for pair in known if pair.regular.style in wanted and "Quotation" not in pair.regular.family]
    return (fit or known)[rng.integers(len(fit or known))]
