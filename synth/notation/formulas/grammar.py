"""Formulas: made by a grammar, with numbers that nobody can guess, and read from the HTML of manuals."""

import html
import re
from pathlib import Path

import numpy as np

from curation.errors import UserError
from synth.notation.formulas.latex import GREEK, NotKnown, read

_MATHS = re.compile(r'<(?:span|div)[^>]*class="[^"]*\bmath\b[^"]*"[^>]*>\s*(.*?)\s*</(?:span|div)>', re.S)
_LETTERS = list("abcdefghkmnpqrstuvwxyzABCDEFGHJKLMNPRSTUVWXYZ")
_ADDED = ["+", "-", "+", "-", "+", r"\pm"]
_TIMES = ["", "", r"\cdot", r"\times"]
_ENDS = ["N", "n", "0", "M", r"\infty"]
_RELATIONS = ["=", "=", "=", "=", r"\leq", r"\geq", r"\approx", "<", ">", r"\equiv", r"\sim", r"\propto"]


def corpus(folders: tuple[str, ...]) -> list[str]:
    """Every formula of the HTML files under these folders that the reader understands, each once, sorted.

    Raises UserError where a folder holds none.
    """
    found: set[str] = set()
    for folder in folders:
        files = sorted(Path(folder).rglob("*.html"))
        texts = [
            match for path in files for match in _MATHS.findall(path.read_text(encoding="utf-8", errors="replace"))
        ]
        known = {latex for text in texts if (latex := _tidy(text)) is not None}
        if not known:
            raise UserError(f"{folder}: no HTML file with formulas in it")
        found |= known
    return sorted(found)


def _tidy(text: str) -> str | None:
    latex = html.unescape(re.sub(r"<[^>]*>", "", text)).strip()
    for first, last in ((r"\(", r"\)"), (r"\[", r"\]")):
        latex = latex.removeprefix(first).removesuffix(last)
    latex = " ".join(latex.split()).rstrip(".,; ")
    try:
        leaves = sum(1 for _ in read(latex, True).leaves())
    except NotKnown:
        return None
    return latex if 3 <= leaves <= 70 else None


def sample(rng: np.random.Generator, found: list[str] | None = None) -> str:
    """LaTeX of one formula: one of `found` (see `corpus`), at times with other numbers, or one that is made."""
    if found and rng.random() < 0.4:
        latex = found[rng.integers(len(found))]
        changed = re.sub(r"(?<![\w\\.])\d+(?:\.\d+)?(?![\w.])", lambda _: _number(rng), latex)
        return changed if rng.random() < 0.5 else latex
    return _Maker(rng).formula()


def _number(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.5:
        return str(rng.integers(1, 10))
    if kind < 0.8:
        return str(rng.integers(10, 1000))
    return f"{rng.uniform(0, 100):.{rng.integers(1, 4)}f}"


class _Maker:
    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def of(self, values: list[str]) -> str:
        return values[self.rng.integers(len(values))]

    def formula(self) -> str:
        kind = self.rng.random()
        if kind < 0.1:
            rows = [f"{self.symbol()} &= {self.sum(1)}" for _ in range(self.rng.integers(2, 4))]
            return r"\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}"
        if kind < 0.18:
            rows = [
                f"{self.term(1)} & {self.symbol()} {self.of(_RELATIONS)} {_number(self.rng)}"
                for _ in range(self.rng.integers(2, 4))
            ]
            return f"{self.symbol()} = " + r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
        if kind < 0.3:
            return f"{self.symbol()} {self.of(_RELATIONS)} {self.matrix()}"
        if kind < 0.36:
            return self.matrix() + self.matrix()
        left, right = (int(depth) for depth in self.rng.choice([0, 1, 1, 2], 2))
        return f"{self.sum(left)} {self.of(_RELATIONS)} {self.sum(right)}"

    def sum(self, depth: int) -> str:
        text = self.term(depth)
        for _ in range(self.rng.integers(0, 3)):
            text += f" {self.of(_ADDED)} {self.term(depth)}"
        return text

    def term(self, depth: int) -> str:
        text = self.factor(depth)
        for _ in range(int(self.rng.choice([0, 0, 1]))):
            text += f" {self.of(_TIMES)} {self.factor(depth)}".rstrip()
        return _number(self.rng) + " " + text if self.rng.random() < 0.3 and not text[0].isdigit() else text

    def factor(self, depth: int) -> str:
        kind = self.rng.random()
        if depth <= 0 or kind < 0.3:
            return self.symbol() if self.rng.random() < 0.75 else _number(self.rng)
        inner = depth - 1
        if kind < 0.44:
            return rf"\frac{{{self.sum(inner)}}}{{{self.sum(inner)}}}"
        if kind < 0.52:
            index = f"[{self.rng.integers(3, 10)}]" if self.rng.random() < 0.3 else ""
            return rf"\sqrt{index}{{{self.sum(inner)}}}"
        if kind < 0.62:
            start = f"{self.of(list('ijkn'))}={self.rng.integers(0, 10)}"
            return rf"\{self.of(['sum', 'prod', 'sum'])}_{{{start}}}^{{{self.of(_ENDS)}}} {self.factor(inner)}"
        if kind < 0.7:
            bounds = (_number(self.rng), self.of([r"\infty", r"\pi", _number(self.rng)]))
            return rf"\int_{{{bounds[0]}}}^{{{bounds[1]}}} {self.factor(inner)} \, d{self.of(list('xtsu'))}"
        if kind < 0.78:
            return rf"\left( {self.sum(inner)} \right)^{{{self.rng.integers(2, 10)}}}"
        if kind < 0.86:
            return rf"\{self.of(['sin', 'cos', 'log', 'exp', 'ln', 'tanh'])}\left( {self.sum(inner)} \right)"
        if kind < 0.9:
            return rf"\lim_{{{self.of(list('xnt'))} \to {self.of(_ENDS)}}} {self.factor(inner)}"
        if kind < 0.94:
            return rf"\binom{{{self.symbol()}}}{{{self.rng.integers(2, 30)}}}"
        return rf"\left| {self.sum(inner)} \right|"

    def symbol(self) -> str:
        kind = self.rng.random()
        if kind < 0.6:
            base = self.of(_LETTERS)
        elif kind < 0.85:
            base = "\\" + self.of(sorted(GREEK))
        elif kind < 0.92:
            base = rf"\{self.of(['hat', 'bar', 'tilde', 'dot'])}{{{self.of(list('xyzuvwpqAB'))}}}"
        else:
            base = rf"\{self.of(['mathbf', 'mathbb', 'mathcal', 'mathrm'])}{{{self.of(list('ABCEFHLMNPRSTXZ'))}}}"
        scripts = self.rng.random()
        if scripts < 0.2:
            base += f"_{{{self.of([*'ijkmn', str(self.rng.integers(0, 30)), 'i,j', 'n+1'])}}}"
        elif scripts < 0.4:
            base += f"^{{{self.of(['2', '3', 'T', 'n', str(self.rng.integers(2, 30)), '-1', 'k+1'])}}}"
        elif scripts < 0.46:
            base += f"_{{{self.of(list('ijk'))}}}^{{{self.rng.integers(2, 10)}}}"
        return base

    def matrix(self) -> str:
        rows, columns = (int(self.rng.integers(2, 4)) for _ in range(2))
        name = self.of(["pmatrix", "bmatrix", "vmatrix", "matrix"])
        cells = [" & ".join(self.cell() for _ in range(columns)) for _ in range(rows)]
        return rf"\begin{{{name}}} " + r" \\ ".join(cells) + rf" \end{{{name}}}"

    def cell(self) -> str:
        sign = "-" if self.rng.random() < 0.2 else ""
        return sign + (_number(self.rng) if self.rng.random() < 0.6 else self.symbol())
