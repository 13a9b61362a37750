"""Numbers of charts: nice steps, and how a language writes them."""

import math
from typing import Any

SEPARATORS = {
    **{"en": (",", "."), "zh": (",", "."), "ja": (",", "."), "ko": (",", "."), "ar": (",", ".")},
    **{"de": (".", ","), "it": (".", ","), "es": (".", ","), "pt": (".", ","), "vi": (".", ",")},
    **{"fr": ("\u00a0", ","), "ru": ("\u00a0", ",")},
}  # of thousands and decimals


def nice(least: float) -> float:
    """The least of 1, 2, 5, 10, 20, ... times a power of ten that is not below `least` (above 0)."""
    power = 10.0 ** math.floor(math.log10(least))
    factor = next(factor for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
    return float(f"{factor * power:.12g}")


def decimals(step: float) -> int:
    """Decimals that a multiple of `step` needs."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def snap(value: float, grain: float) -> float:
    """The nearest multiple of `grain`, without binary dust."""
    return float(f"{round(value / grain) * grain:.12g}") + 0.0


def ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of a nice step that enclose [low, high], at most about `most`."""
    step = nice((high - low) / max(most - 1, 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [snap(number * step, step) for number in range(first, last + 1)]


def show(value: float, form: dict[str, Any]) -> str:
    """A number as the chart writes it: `group` and `point` separators, `places`, `before` and `after`."""
    text = f"{abs(value):,.{form['places']}f}".replace(",", "\0").replace(".", form["point"])
    sign = "-" if value < 0 and float(f"{value:.{form['places']}f}") else ""
    return f"{sign}{form['before']}{text.replace(chr(0), form['group'])}{form['after']}"
