"""A reader of the LaTeX of formulas, apart from KaTeX's: a tree whose leaves are signs in the order of KaTeX's page.

What it does not know it refuses, so that no formula is claimed whose every command is not understood.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LETTERS = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega
    varepsilon vartheta varphi Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega
"""
GREEK = dict(zip(_LETTERS.split(), "αβγδϵζηθικλμνξπρστϕχψωεϑφΓΔΘΛΞΠΣΦΨΩ", strict=True))
_SIGNS = """
    times × cdot ⋅ pm ± mp ∓ div ÷ leq ≤ le ≤ geq ≥ ge ≥ approx ≈ equiv ≡ sim ∼ propto ∝ in ∈ cup ∪ cap ∩
    subset ⊂ subseteq ⊆ to → rightarrow → leftarrow ← Rightarrow ⇒ mapsto ↦ infty ∞ partial ∂ nabla ∇ forall ∀ exists ∃
    ell ℓ hbar ℏ Re ℜ Im ℑ circ ∘ oplus ⊕ otimes ⊗ wedge ∧ vee ∨ perp ⊥ mid ∣ parallel ∥ ll ≪ gg ≫ simeq ≃
    cdots ⋯ ldots … dots … vdots ⋮ ddots ⋱ prime ′ { { } } langle ⟨ rangle ⟩ emptyset ∅ setminus ∖ ast ∗ star ⋆ bullet ∙
    lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ | ∥ % % & & # # _ _
"""
SIGNS = dict(zip(_SIGNS.split()[::2], _SIGNS.split()[1::2], strict=True))
LARGE = {"sum": "∑", "prod": "∏", "bigcup": "⋃", "bigcap": "⋂", "coprod": "∐"}
INTEGRALS = {"int": "∫", "oint": "∮", "iint": "∬"}
_NAMED = "sin cos tan log ln exp arg deg dim ker arcsin arccos arctan sinh cosh tanh cot sec csc"
NAMED = frozenset(_NAMED.split(" "))
LIMITED = frozenset({"lim", "max", "min", "sup", "inf", "det", "gcd", "Pr"})
ACCENTS = {"hat": "^", "bar": "ˉ", "tilde": "~", "dot": "˙", "ddot": "¨", "check": "ˇ", "breve": "˘"}
ALPHABETS = {"mathbf": "bold", "mathrm": "main", "mathbb": "bb", "mathcal": "cal", "mathfrak": "frak", "text": "main"}
SPACES = frozenset([",", ";", "!", ":", "quad", "qquad", "enspace"])
DELIMITERS = {**{sign: sign for sign in "()[]|/"}, "|": "∣", "\\{": "{", "\\}": "}", "\\langle": "⟨", "\\rangle": "⟩",
              "\\|": "∥", "\\lfloor": "⌊", "\\rfloor": "⌋", "\\lceil": "⌈", "\\rceil": "⌉", ".": ""}  # fmt: skip
FENCES = {"matrix": "", "pmatrix": "()", "bmatrix": "[]", "vmatrix": "∣∣", "cases": "{", "aligned": "", "Bmatrix": "{}"}
PLAIN = {"-": "−", "*": "∗", ":": ":", "'": "′", "<": "<", ">": ">", "|": "∣"}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\s]", re.S)


class NotKnown(ValueError):  # noqa: N818  it is a verdict
    """LaTeX that this reader does not understand."""


@dataclass(frozen=True)
class Node:
    """`kind` says how `parts` lie, None parts being absent; a `sign` leaf has `sign` and, where claimed, `style`."""

    kind: str
    parts: tuple["Node | None", ...] = ()
    sign: str = ""
    style: str = ""
    columns: int = field(default=0)

    def leaves(self) -> Iterator["Node"]:
        """Signs and lines in the order of KaTeX's page: denominators, lower scripts and columns come first."""
        match self.kind:
            case "sign" | "line" | "drawn":
                yield self
            case "fraction":
                numerator, denominator, line = self.parts
                yield from _all(denominator, line, numerator)
            case "scripts":
                yield from _all(*self.parts)
            case "limits":
                base, lower, upper = self.parts
                yield from _all(lower, base, upper)
            case "matrix":
                rows = len(self.parts) // self.columns
                order = [row * self.columns + column for column in range(self.columns) for row in range(rows)]
                yield from _all(*(self.parts[place] for place in order))
            case _:
                yield from _all(*self.parts)


def _all(*parts: Node | None) -> Iterator[Node]:
    for part in parts:
        if part is not None:
            yield from part.leaves()


def read(latex: str, display: bool) -> Node:
    """The tree of a formula in display or text style. Raises NotKnown."""
    reader = _Reader(latex, display)
    tree = reader.row(())
    if reader.peek() is not None:
        raise NotKnown(f"{reader.peek()!r} ends nothing")
    return tree


class _Reader:
    def __init__(self, latex: str, display: bool):
        self.tokens = _TOKEN.findall(latex)
        self.at = 0
        self.display = display
        self.styles: list[str] = [""]

    def peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise NotKnown("it ends too soon")
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        if (found := self.take()) != token:
            raise NotKnown(f"{found!r} where {token!r} is wanted")

    def row(self, ends: tuple[str, ...]) -> Node:
        parts: list[Node] = []
        while (
            (token := self.peek()) is not None
            and token not in ends
            and token not in ("}", "&", "\\\\", "\\right", "\\end")
        ):
            part = self._scripted()
            if part is not None:
                parts.append(part)
        return Node("row", tuple(parts))

    def _scripted(self) -> Node | None:
        limits = self.display and (self.peek() or "")[1:] in {*LARGE, *LIMITED}
        base = self._atom()
        lower = upper = None
        primes = 0
        while self.peek() in ("_", "^", "'"):
            mark = self.take()
            if mark == "'":
                primes += 1
            elif (mark == "_" and lower) or (mark == "^" and upper) or primes:
                raise NotKnown("a double script")
            else:
                inner, self.display = self.display, False
                lower, upper = (self._argument(), upper) if mark == "_" else (lower, self._argument())
                self.display = inner
        if primes:
            if upper:
                raise NotKnown("a prime and a script")
            upper = Node("row", (Node("sign", sign="′"),) * primes)
        if lower is None and upper is None:
            return base
        if base is None or not any(base.leaves()):
            raise NotKnown("a script of nothing")
        return Node("limits" if limits else "scripts", (base, lower, upper))

    def _argument(self) -> Node:
        if self.peek() == "{":
            return self._group()
        atom = self._atom()
        if atom is None:
            raise NotKnown("an empty argument")
        return atom

    def _group(self) -> Node:
        self.expect("{")
        row = self.row(())
        self.expect("}")
        return row

    def _atom(self) -> Node | None:
        token = self.take()
        if token == "{":
            self.at -= 1
            return self._group()
        if not token.startswith("\\"):
            if not token.isascii() or token in "}&~#%$^_":
                raise NotKnown(f"{token!r} stands where it cannot")
            letter = token.isalpha()
            return Node("sign", sign=PLAIN.get(token, token), style=self.styles[-1] or ("math" if letter else "main"))
        return self._command(token[1:])

    def _command(self, name: str) -> Node | None:
        if name in SPACES:
            return None
        if name in GREEK:
            return Node("sign", sign=GREEK[name])
        if name in SIGNS or name in LARGE or name in INTEGRALS:
            return Node("sign", sign=SIGNS.get(name) or LARGE.get(name) or INTEGRALS[name])
        if name in NAMED or name in LIMITED:
            return Node("row", tuple(Node("sign", sign=letter, style="main") for letter in name))
        if name in ALPHABETS:
            return self._styled(name)
        if name in ACCENTS:
            return Node("accent", (self._argument(), Node("sign", sign=ACCENTS[name])))
        match name:
            case "frac" | "dfrac" | "tfrac":
                outer, self.display = self.display, self.display and name == "dfrac"
                numerator, denominator = self._argument(), self._argument()
                self.display = outer
                return Node("fraction", (numerator, denominator, Node("line")))
            case "binom":
                outer, self.display = self.display, False
                pair = Node("fraction", (self._argument(), self._argument(), None))
                self.display = outer
                return _fenced("(", pair, ")")
            case "sqrt":
                return self._root()
            case "overline":
                return Node("over", (self._argument(), Node("line")))
            case "left":
                return self._between()
            case "begin":
                return self._matrix()
        raise NotKnown(f"\\{name}")

    def _styled(self, name: str) -> Node:
        self.styles.append(ALPHABETS[name])
        argument = self._argument()
        self.styles.pop()
        return argument

    def _root(self) -> Node:
        index = None
        if self.peek() == "[":
            self.take()
            index = self.row(("]",))
            self.expect("]")
        body = self._argument()
        return Node("root", (index, body, Node("drawn")))

    def _between(self) -> Node:
        first = self.take()
        body = self.row(())
        self.expect("\\right")
        second = self.take()
        if first not in DELIMITERS or second not in DELIMITERS:
            raise NotKnown(f"delimiters {first} {second}")
        return _fenced(DELIMITERS[first], body, DELIMITERS[second])

    def _matrix(self) -> Node:
        name = self._name()
        if name not in FENCES:
            raise NotKnown(f"\\begin{{{name}}}")
        outer, self.display = self.display, self.display and name == "aligned"
        rows: list[list[Node]] = [[]]
        while True:
            rows[-1].append(self.row(()))
            token = self.take()
            if token == "\\\\":
                rows.append([])
            elif token == "\\end":
                break
            elif token != "&":
                raise NotKnown(f"{token!r} in a matrix")
        self.display = outer
        if (
            self._name() != name
            or len({len(row) for row in rows}) != 1
            or not all(any(cell.leaves()) for row in rows for cell in row)
        ):
            raise NotKnown("a matrix with missing cells")
        body = Node("matrix", tuple(cell for row in rows for cell in row), columns=len(rows[0]))
        fences = FENCES[name]
        return _fenced(fences[:1], body, fences[1:2])

    def _name(self) -> str:
        self.expect("{")
        letters = []
        while (token := self.take()) != "}":
            letters.append(token)
        return "".join(letters)


def _fenced(first: str, body: Node, second: str) -> Node:
    fences = [Node("sign", sign=sign, style="fence") if sign else None for sign in (first, second)]
    return Node("fenced", (fences[0], body, fences[1]))
