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
    tokens = {**_colours(rng, family, dark), **_measures(place, family, text, dense)}
    tall = max(1.3, line_height(face.regular), line_height(face.bold))
    tokens |= {"line-height": f"{math.ceil(text * tall)}px", "face": f"'{face.regular.family}','Noto Sans',sans-serif"}
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


def _measures(place: Place, family: str, text: int, dense: float) -> dict[str, str]:
    control, field, card, popup, dialog = _ROUND[family]
    touch = 40 if place.platform == "mobile" else 30
    px = {
        "text": text,
        "small": max(round(text * 0.86 * 2) / 2, 11),
        "title": round(text * (1.15 if place.narrow else 1.3)),
        "heading": round(text * 1.2),
        "big": round(text * (1.5 if place.narrow else 1.9)),
        "radius": control,
        "field-radius": field,
        "card-radius": card,
        "popup-radius": popup,
        "dialog-radius": dialog,
        "badge-radius": 999 if control >= 8 else control,
        "mark-radius": 3 if control else 0,
        "fab-radius": 16 if family in ("material", "rounded", "soft") else 26 if control else 0,
        "control": round(max(text * 2.1, touch - 4) * (0.9 + 0.1 * dense)),
        "touch": round(touch * dense**0.5),
        "row": round(max(text * 2.3, touch) * dense**0.5),
        "bar": round((54 if place.platform == "mobile" else 46) * dense**0.4),
        "gap": round(10 * dense),
        "pad": round(12 * dense**0.5),
        "pad-y": round(5 * dense),
        "pad-card": round(14 * dense),
        "item": round(7 * dense),
        "cell": round(6 * dense),
        "page": round((14 if place.narrow else 20) * dense),
    }
    return {name: f"{value:g}px" for name, value in px.items()}


def _colours(rng: np.random.Generator, family: str, dark: bool) -> dict[str, str]:
    """Colours that can be read; hints and what is off are paler, as on real screens."""
    hue = float(rng.choice(_HUES))
    tint = float(rng.choice((0, 0, 0.06, 0.12))) if family not in ("classic", "contrast") else 0.0
    if family == "terminal":
        hue = float(rng.choice((120, 140, 40, 190)))

    def tone(light: float, strong: float = tint, turn: float = 0) -> str:
        red, green, blue = colorsys.hls_to_rgb((hue + turn) % 360 / 360, light, strong)
        return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"

    strong = float(rng.uniform(0.45, 0.9))
    if family == "contrast":
        return _contrast(dark, tone(0.75 if dark else 0.25, 1))
    # Yellow and green hues are light: darker tones of them bear white letters.
    deep = 0.27 if 30 <= hue <= 190 else 0.38 if hue < 215 or hue > 300 else 0.45
    if dark:
        ground = float(rng.choice((0.05, 0.09, 0.13)))
        colours = {
            **{"ground": tone(ground), "panel": tone(ground + 0.05), "raised": tone(ground + 0.09)},
            **{"side": tone(ground + 0.03), "chrome": tone(ground + 0.07), "field": tone(ground + 0.02)},
            **{"ink": "#f0f0f2", "muted": "#b4b6bc", "name": "#cfd1d6", "hint": "#8d9096", "faint": "#75787e"},
            **{"line": tone(ground + 0.14), "field-line": tone(ground + 0.32), "raised-line": tone(ground + 0.2)},
            **{"accent": tone(0.68, strong), "on-accent": tone(0.07, 0.4), "accent-ink": tone(0.76, strong)},
            **{"chosen": tone(ground + 0.17, 0.35), "off": tone(ground + 0.16), "mark": "#a2a5ab"},
            **{"button": tone(ground + 0.12), "button-ink": "#f0f0f2", "button-line": tone(ground + 0.24)},
            **{"danger": "#ff8f87", "on-danger": "#2a0503", "good": "#7fd397", "on-good": "#06240f"},
            **{"fair": "#f0c35a", "on-fair": "#2a1d00", "toast": "#e9e9ec", "on-toast": "#1c1d20"},
            **{"toast-accent": tone(0.3, strong), "veil": "rgb(0 0 0 / .6)", "stripe": tone(ground + 0.075)},
        }
    else:
        ground = float(rng.choice((0.99, 0.97, 0.945)))
        colours = {
            **{"ground": tone(ground, tint * 2), "panel": "#ffffff", "raised": "#ffffff", "field": "#ffffff"},
            **{"side": tone(ground - 0.02, tint * 2), "chrome": tone(0.93, tint * 2)},
            **{"ink": "#1b1c1f", "muted": "#565a61", "name": "#3d4046", "hint": "#82868d", "faint": "#9a9da3"},
            **{"line": tone(0.88), "field-line": tone(0.66), "raised-line": tone(0.84)},
            **{"accent": tone(deep, strong), "on-accent": "#ffffff", "accent-ink": tone(deep - 0.05, strong)},
            **{"chosen": tone(0.91, 0.6), "off": tone(0.89), "mark": "#6d7076"},
            **{"button": tone(0.96), "button-ink": "#1b1c1f", "button-line": tone(0.76)},
            **{"danger": "#b3261e", "on-danger": "#ffffff", "good": "#1d7a3a", "on-good": "#ffffff"},
            **{"fair": "#ffd54a", "on-fair": "#2e2300", "toast": "#2d2f33", "on-toast": "#ffffff"},
            **{"toast-accent": tone(0.78, strong), "veil": "rgb(0 0 0 / .45)", "stripe": tone(0.965, 0.25)},
        }
    if family == "terminal":
        colours |= {"ink": tone(0.78, 0.8), "muted": tone(0.6, 0.6), "name": tone(0.68, 0.7)}
        colours |= {"ground": "#050805", "panel": "#0a0f0a", "side": "#0a0f0a", "button-ink": tone(0.78, 0.8)}
    if family == "classic":
        grey = str(rng.choice(("#d4d0c8", "#c8c8c8", "#ece9d8", "#dcdad5")))
        colours |= {"ground": grey, "chrome": grey, "side": grey, "raised": grey, "button": grey, "off": "#bdb9b0"}
        colours |= {"line": "#a8a49c", "field-line": "#7b7870", "raised-line": "#5f5c55", "faint": "#87837a"}
    colours |= {"side-ink": colours["ink"], "chrome-ink": colours["ink"]}
    colours |= {"side-chosen": colours["chosen"], "side-chosen-ink": colours["accent-ink"]}
    if not dark and family in ("admin", "flat", "fluent") and rng.random() < 0.5:
        colours |= {"side": tone(0.16, 0.3), "side-ink": "#dfe3ea", "side-chosen": tone(0.3, 0.45)}
        colours |= {"side-chosen-ink": "#ffffff"}
    head = not dark and rng.random() < 0.3
    colours |= {"table-head": tone(deep, strong) if head else colours["off"] if dark else tone(0.95)}
    colours |= {"table-head-ink": "#ffffff" if head else colours["ink"]}
    blur = "none" if family in ("classic", "terminal", "flat") else "0 8px 28px rgb(0 0 0 / .32)"
    colours |= {"shadow": "0 2px 6px rgb(0 0 0 / .35)" if family == "flat" else blur}
    card = family in ("material", "soft", "glass", "rounded") and not dark
    colours |= {"card-shadow": "0 1px 4px rgb(0 0 0 / .16)" if card else "none", "main-weight": "400"}
    if rng.random() < 0.4:
        colours |= {"main-weight": "700"}
    # A wallpaper, or what is seen around windows.
    colours["wall"] = (
        f"linear-gradient({int(rng.integers(0, 360))}deg,{tone(0.25 if dark else 0.5, 0.5)},"
        f"{tone(0.12 if dark else 0.75, 0.6, 50)} 60%,{tone(0.2 if dark else 0.6, 0.5, -60)})"
    )
    return colours


def _contrast(dark: bool, accent: str) -> dict[str, str]:
    paper, ink = ("#000000", "#ffffff") if dark else ("#ffffff", "#000000")
    grey = "#a6a6a6" if dark else "#6b6b6b"
    names = (
        "ground panel raised side chrome field button on-accent on-danger on-good side-chosen-ink on-toast chosen-ink"
    )
    inks = "ink muted name line field-line raised-line mark button-ink button-line side-ink chrome-ink toast"
    return {
        **dict.fromkeys(names.split(), paper),
        **dict.fromkeys(inks.split(), ink),
        **{"accent": accent, "accent-ink": accent, "side-chosen": accent, "chosen": "#333333" if dark else "#dddddd"},
        **{"hint": grey, "faint": grey, "off": "#1c1c1c" if dark else "#e6e6e6", "stripe": paper},
        **{"danger": "#ff9a9a" if dark else "#8f0000", "good": "#9dff9d" if dark else "#005c00"},
        **{"fair": "#ffe066" if dark else "#7a5a00", "on-fair": paper, "toast-accent": paper},
        **{"table-head": ink, "table-head-ink": paper, "veil": "rgb(0 0 0 / .6)", "shadow": f"0 0 0 2px {ink}"},
        **{"card-shadow": "none", "main-weight": "700", "wall": f"linear-gradient({accent},{paper})"},
    }


def _bar(bar: str, tokens: dict[str, str]) -> dict[str, str]:
    """Colours of the bar at the top of an application."""
    ground, ink, line = {
        "plain-bar": (tokens["panel"], tokens["ink"], tokens["line"]),
        "accent-bar": (tokens["accent"], tokens["on-accent"], tokens["accent"]),
        "dark-bar": ("#1f2430", "#f3f4f6", "#1f2430"),
    }[bar]
    return {"bar-ground": ground, "bar-ink": ink, "bar-line": line}
