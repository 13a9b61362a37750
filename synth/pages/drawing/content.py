"""What stands in documents of a kind: fields, items and sums of invoices, tables of countries, months and measures."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from synth.pages.drawing.material import Block, Writer
from synth.pages.drawing.phrases import PHRASES, SURNAMES

Row = list[dict[str, Any]]
_LONGEST = 16  # characters of a name in a table
_MARKS = ("□", "○", "–", "*")  # before what can be ticked


def cell(text: str, columns: int = 1, rows: int = 1, head: bool = False) -> dict[str, Any]:
    """A cell of a table, with its spans."""
    return {"text": text, "columns": columns, "rows": rows, "head": head}


class Content:
    """Writes with a writer's language, fonts and randomness."""

    def __init__(self, writer: Writer):
        self.writer, self.rng = writer, writer.rng
        self._words = PHRASES[writer.language]
        self._sign = str(self.rng.choice(("€", "$", "£", "¥", ""), p=(0.3, 0.2, 0.1, 0.1, 0.3)))
        if not writer.covers(self._sign):
            self._sign = ""

    def word(self, key: str) -> str:
        """A fixed word of `synth.pages.drawing.phrases`; another where the fonts lack it."""
        return self._words[key] if self.writer.covers(self._words[key]) else self.writer.label()

    def person(self) -> str:
        name = f"{chr(65 + int(self.rng.integers(26)))}. {SURNAMES[self.rng.integers(len(SURNAMES))]}"
        return name if self.writer.covers(name) else self.writer.title(16)

    def date(self) -> str:
        year, month, day = self.rng.integers(1998, 2027), self.rng.integers(1, 13), self.rng.integers(1, 29)
        form = str(self.rng.choice(("{0}-{1:02d}-{2:02d}", "{2}.{1}.{0}", "{2:02d}/{1:02d}/{0}")))
        told = form.format(year, month, day)
        return told if self.writer.covers(told) else str(year)

    def money(self, cents: int) -> str:
        return f"{cents // 100:,}.{cents % 100:02d}{' ' * bool(self._sign)}{self._sign}"

    def address(self) -> list[str]:
        """Lines of a name, a street, a town and a telephone number."""
        rng = self.rng
        phone = f"{self.word('phone')} {rng.integers(100, 999)} {rng.integers(100_000, 9_999_999)}"
        street = f"{self.writer.label()} {rng.integers(1, 200)}"
        lines = [self.writer.title(24), street, f"{rng.integers(10_000, 99_999)} {self.writer.label()}", phone]
        return lines[: int(rng.integers(3, 5))]

    def field(self) -> tuple[str, str]:
        """A label of a form and what was filled in."""
        rng = self.rng
        key = str(rng.choice(("name", "address", "city", "phone", "date", "number", "customer", "")))
        match key:
            case "name" | "customer":
                return self.word(key), self.person()
            case "date":
                return self.word(key), self.date()
            case "phone" | "number":
                return self.word(key), str(rng.integers(10_000, 99_999_999))
            case "":
                return self.writer.label(), self.writer.code(16)
        return self.word(key), f"{self.writer.label()} {rng.integers(1, 300)}"

    def fields(self, narrow: bool = False) -> Block:
        """Labels and what is filled in, in two columns or, unless it is narrow, four."""
        pairs = 1 if narrow else int(self.rng.integers(1, 3))
        rows = []
        for _ in range(int(self.rng.integers(2, 7))):
            told = [self.field() for _ in range(pairs)]
            rows.append([each for label, value in told for each in (cell(label, head=True), cell(value))])
        return {"kind": "table", "rows": rows, "rules": str(self.rng.choice(("grid", "grid", "rows")))}

    def choices(self) -> Block:
        """What can be ticked."""
        mark = next((mark for mark in (*_MARKS, "-") if self.writer.covers(mark)), "")
        if not mark:
            return self.fields()
        count = int(self.rng.integers(2, 6))
        items = [{"text": self.writer.phrase(40), "marker": mark, "depth": 0} for _ in range(count)]
        return {"kind": "ul", "items": items}

    def bill(self, narrow: bool, most: int) -> Block:
        """At most `most` items with what they cost, and sums that are right."""
        rng, words = self.rng, self.word
        names = ("item", "amount") if narrow else ("number", "item", "quantity", "price", "amount")
        rows: list[Row] = [[cell(words(name), head=True) for name in names]]
        total = 0
        for number in range(1, int(rng.integers(3, max(most, 3) + 1))):
            price, many = int(rng.integers(50, 40_000)), int(rng.choice((1, 1, 1, 2, 3, 5, 10)))
            total += price * many
            item = self.writer.title(16 if narrow else 26)
            shown = [item, self.money(price * many)]
            if not narrow:
                shown = [str(number), item, str(many), self.money(price), self.money(price * many)]
            rows.append([cell(text) for text in shown])
        tax = round(total * float(rng.choice((0.07, 0.1, 0.19, 0.2))))
        for key, cents in (("subtotal", total), ("tax", tax), ("total", total + tax)):
            span = len(names) - 1
            rows.append([cell(words(key), span, head=key == "total"), cell(self.money(cents), head=key == "total")])
        return {"kind": "table", "rows": rows, "rules": str(rng.choice(("grid", "rows", "none")))}

    def table(self, columns: int) -> Block:
        """Of statistics by year, month or country, a timetable, or whatever the corpus names."""
        makers: tuple[Callable[[int], list[Row]], ...] = (self._statistics, self._months, self._timetable)
        if columns < 3 or self.rng.random() < 0.4:
            return self.writer.table(columns)
        rows = makers[self.rng.integers(len(makers))](columns)
        if not all(self.writer.covers(each["text"]) for row in rows for each in row):
            return self.writer.table(columns)
        return {"kind": "table", "rows": rows, "rules": str(self.rng.choice(("grid", "rows", "rows", "none")))}

    def _statistics(self, columns: int) -> list[Row]:
        """Countries down, years across."""
        rng = self.rng
        first, step = int(rng.integers(1960, 2018)), int(rng.choice((1, 1, 2, 5)))
        names = _some(rng, _countries(self.writer.language), int(rng.integers(3, 10)))
        years = [str(first + step * number) for number in range(columns - 1)]
        places, size = int(rng.integers(0, 3)), 10.0 ** int(rng.integers(1, 6))
        rows = [[cell(self.word("year"), head=True), *(cell(year, head=True) for year in years)]]
        for name in names:
            values = np.abs(rng.normal(size, size / 2) * np.cumprod(rng.uniform(0.85, 1.2, columns - 1)))
            rows.append([cell(name), *(cell(f"{value:,.{places}f}") for value in values)])
        return rows

    def _months(self, columns: int) -> list[Row]:
        rng = self.rng
        months = _months(self.writer.language)
        start, count = int(rng.integers(12)), int(rng.integers(4, 13))
        kinds = [str(rng.choice(("number", "money", "share"))) for _ in range(columns - 1)]
        rows = [[cell(self.word("date"), head=True), *(cell(self.writer.label(), head=True) for _ in kinds)]]
        for number in range(count):
            name = months[(start + number) % 12]
            rows.append([cell(name), *(cell(self.writer.value(kind)) for kind in kinds)])
        return rows

    def _timetable(self, columns: int) -> list[Row]:
        """Weekdays across, hours down; some lessons take two."""
        rng = self.rng
        days = _weekdays(self.writer.language)[: columns - 1]
        subjects = [self.writer.title(14) for _ in range(6)]
        rows = [[cell(self.word("date"), head=True), *(cell(day, head=True) for day in days)]]
        hours, start = int(rng.integers(3, 8)), int(rng.integers(7, 11))
        free = [0] * len(days)  # the hour from which a day's next lesson may begin
        for hour in range(hours):
            row = [cell(f"{start + hour}:00")]
            for day, busy in enumerate(free):
                if busy > hour:
                    continue
                long = 2 if hour + 1 < hours and rng.random() < 0.15 else 1
                free[day] = hour + long
                row.append(cell(subjects[rng.integers(len(subjects))], rows=long))
            rows.append(row)
        return rows


def area(block: Block, column: int, text: float) -> float:
    """About how many square pixels a block of text takes."""
    line = 1.7 * text
    if "rows" in block:
        return column * len(block["rows"]) * 1.8 * text
    texts = [item["text"] for item in block["items"]] if "items" in block else [block["text"]]
    # Letters of Chinese, Japanese and Korean are as wide as they are high, those of others half as wide.
    wide = 1.0 if any(ord(letter) > 0x2E80 for each in texts for letter in each) else 0.5
    return sum(column * line * (1 + len(each) * wide * text // column) for each in texts) + column * 0.8 * text


def _some(rng: np.random.Generator, names: Sequence[str], count: int) -> list[str]:
    return [names[place] for place in rng.permutation(len(names))[:count]]


@lru_cache
def _locale(language: str) -> Any:
    from babel import Locale

    return Locale.parse(language)


@lru_cache
def _countries(language: str) -> tuple[str, ...]:
    told = _locale(language).territories
    codes = [code for code in told if len(code) == 2 and code.isalpha() and code not in ("ZZ", "XA", "XB")]
    return tuple(sorted({told[code] for code in codes if len(told[code]) <= _LONGEST and "(" not in told[code]}))


@lru_cache
def _months(language: str) -> tuple[str, ...]:
    # Asked for months that stand alone, babel 2.18 may give those of the language that was asked for before.
    told = _locale(language).months["stand-alone" if language == "ru" else "format"]["wide"]
    return tuple(told[number] for number in range(1, 13))


@lru_cache
def _weekdays(language: str) -> tuple[str, ...]:
    told = _locale(language).days["stand-alone"]["wide"]
    return tuple(told[number] for number in range(7))
