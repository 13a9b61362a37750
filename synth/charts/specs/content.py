"""What a chart is about: a topic, names and numbers that might be real. The spec is plain JSON, all that is drawn."""

import functools
from typing import Any

import numpy as np

from synth.charts.specs.numbers import SEPARATORS, decimals, nice, snap, ticks
from synth.charts.words import TOPICS, in_language

Spec = dict[str, Any]
LOCALES = {"zh": "zh_Hans", "pt": "pt_BR"}
COUNTRIES = (
    "AR AT AU BD BE BR CA CH CL CN CO CZ DE DK EG ES FI FR GB GR HU ID IE IL IN IS IT JP KE KR LT MA MX "
    "MY NG NL NO NZ PE PH PK PL PT QA RO RS RU SA SE SG SK TH TN TR TW UA US UY VN ZA"
)  # ISO 3166 codes
CODE = "ABCDEFGHJKLMNPRSTUVWXYZ"


@functools.cache
def _locale(language: str):
    from babel import Locale

    return Locale.parse(LOCALES.get(language, language))


def _country_code(rng: np.random.Generator) -> str:
    codes = COUNTRIES.split()
    return codes[rng.integers(len(codes))]


def country(rng: np.random.Generator, language: str) -> str:
    return _locale(language).territories[_country_code(rng)].split(" (")[0]


def code(rng: np.random.Generator) -> str:
    """A name that nobody can guess."""
    shape = ("LL-dd", "Ldd", "LLL", "L-ddd", "LLd")[rng.integers(5)]
    return "".join(
        CODE[rng.integers(len(CODE))] if c == "L" else str(rng.integers(10)) if c == "d" else c for c in shape
    )


def names(rng: np.random.Generator, language: str, many: int, longest: int = 14) -> list[str]:
    """Different short names of one sort: years, months, quarters, weekdays, countries or codes."""
    from babel.dates import get_day_names, get_month_names

    sort = rng.choice(["years", "months", "quarters", "days", "countries", "countries", "codes"])
    kept: list[str] = []
    if sort == "years":
        first = int(rng.integers(1965, 2025 - many))
        step = int(rng.choice([1, 1, 1, 2]))
        kept = [str(first + step * number) for number in range(many)]
    elif sort == "months" and many <= 12:
        months = get_month_names("abbreviated", "format", _locale(language))
        first = int(rng.integers(0, 13 - many))
        kept = [months[first + number + 1] for number in range(many)]
    elif sort == "quarters" and many <= 8:
        year = int(rng.integers(2005, 2025))
        kept = [f"Q{number % 4 + 1} {year + number // 4}" for number in range(many)]
    elif sort == "days" and many <= 7:
        days = get_day_names("abbreviated", "format", _locale(language))
        kept = [days[number] for number in range(many)]
    if len({*kept}) == many:
        return kept
    draw = (lambda: country(rng, language)) if sort == "countries" else (lambda: code(rng))
    found: dict[str, None] = {}
    for _ in range(40 * many):
        name = draw()
        if len(name) <= longest:
            found[name] = None
        if len(found) == many:
            break
    while len(found) < many:
        found[code(rng)] = None
    return list(found)


class Subject:
    """A topic in a language: what is measured, in which unit, on which scale."""

    def __init__(self, rng: np.random.Generator, language: str, positive: bool = False):
        able = [name for name, topic in TOPICS.items() if not positive or topic[1] >= 0]
        self.name = able[rng.integers(len(able))]
        self.unit, self.least, self.most, words = TOPICS[self.name]
        self.language = language
        self.words = in_language(words, language)
        self.low = self.least
        self.high = self.most if self.name in ("sales", "score") else self.least + (self.most - self.least) * float(
            np.exp(rng.uniform(np.log(0.15), 0))
        )  # fmt: skip

    @property
    def label(self) -> str:
        return f"{self.words} ({self.unit})" if self.unit else self.words

    def title(self, rng: np.random.Generator) -> str:
        form = (
            "{words}: {place}",
            "{words} – {place}",
            "{words}, {year}",
            "{place}: {words} {year}",
            "{words} ({code})",
        )
        return form[rng.integers(len(form))].format(
            words=self.words,
            place=country(rng, self.language),
            year=int(rng.integers(1990, 2026)),
            code=code(rng),
        )

    def form(self, step: float, unit: bool = False) -> Spec:
        """How numbers that are multiples of `step` are written."""
        group, point = SEPARATORS[self.language]
        after = "%" if unit and self.unit == "%" else ""
        return {"group": group, "point": point, "places": decimals(step), "before": "", "after": after}


def axis(subject: Subject, low: float, high: float, pixels: float, label: bool = True) -> Spec:
    """A linear axis of a length that covers [low, high] with ticks 35 px apart or more."""
    values = ticks(low, high, int(np.clip(pixels / 55, 3, 9)))
    form = subject.form(values[1] - values[0], unit=True)
    return {
        **{"limits": [values[0], values[-1]], "ticks": values, "log": False, "form": form},
        "label": subject.label if label else "",
    }


def log_axis(subject: Subject, low: float, high: float) -> Spec:
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    values = [float(f"1e{power}") for power in range(first, last + 1)]
    form = subject.form(min(1.0, values[0]))
    return {
        **{"limits": [values[0], values[-1]], "ticks": values, "log": True, "form": form},
        "label": subject.label,
    }


def grain(axis: Spec, pixels: float, fine: bool) -> float:
    """What values are multiples of: 5 px of the axis, so that a wrong one is seen; a tenth of it where printed."""
    span = axis["limits"][1] - axis["limits"][0]
    return nice(span * 5 / pixels) / (10 if fine else 1)


def walk(rng: np.random.Generator, many: int, low: float, high: float) -> np.ndarray:
    """(many,) values within [low, high] that wander as time series do."""
    steps = np.cumsum(rng.normal(rng.normal(0, 0.35), 1, many))
    steps -= steps.min()
    bottom, top = np.sort(rng.uniform(low, high, 2))
    top = max(top, bottom + 0.25 * (high - low)) if bottom + 0.25 * (high - low) < high else high
    return bottom + steps / max(steps.max(), 1e-9) * (top - bottom)


def table(rng: np.random.Generator, rows: int, columns: int, low: float, high: float) -> np.ndarray:
    """(rows, columns) values: independent, skewed or with a trend."""
    sort = rng.integers(3)
    if sort == 0:
        return rng.uniform(low, high, (rows, columns))
    if sort == 1:
        return low + (high - low) * rng.beta(1.4, 2.5, (rows, columns))
    return np.stack([walk(rng, columns, low, high) for _ in range(rows)])


def snapped(values: np.ndarray, step: float) -> list[float]:
    return [snap(float(value), step) for value in values]
