"""How pages look: faces, sizes, colours and spacing, as CSS."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator

from curation.errors import UserError
from synth.ocr.fonts import Face, find
from synth.ocr.languages import LANGUAGES


def _legible(text: tuple[int, int]) -> tuple[int, int]:
    if not 10 <= text[0] <= text[1] <= 40:
        raise ValueError(f"{text} is not a range within 10 to 40 px")
    return text


TextSize = Annotated[tuple[int, int], AfterValidator(_legible)]  # px, (least, most)

REGULAR, BOLD = 80, 200  # fontconfig's weights
_CSS_WEIGHT = {REGULAR: 400, BOLD: 700}
_OTHERWISE = re.compile(r"Un[A-Z]|Amiri")  # Chromium draws bitmaps of the first, and hints the other otherwise
_SIGNS = "0123456789.,:"  # numbers of items, dates, sums
_PAPERS = ("#ffffff", "#ffffff", "#ffffff", "#fdfcf7", "#f7f3e8", "#f4f6f8", "#eef3ee")
_INKS = ("#000000", "#111111", "#1c1c1c", "#222833", "#2b1d12")
_ACCENTS = ("#0b3d91", "#7a1020", "#14532d", "#5b2a86", "#00495c", "#8a3b00", "#333333", "#000000")
_DARK = ("#12161c", "#1e1e2e", "#0f2027", "#2b2b2b")


@dataclass(frozen=True)
class Pair:
    """A family with its regular and its bold face."""

    regular: Face
    bold: Face


@dataclass(frozen=True)
class Style:
    """`fonts` are (face, px), which `data-f` counts: 0 text, 1 bold, 2 small, 3 heads of tables, 4..7 h1..h4."""

    body: Pair
    head: Pair
    fonts: tuple[tuple[Face, float], ...]
    paper: str
    ink: str
    accent: str
    css: str


def pairs(language: str) -> list[Pair]:
    """Families for a language that have both weights. Raises UserError where no font is installed."""
    found: dict[tuple[str, int], Face] = {}
    doubtful = set()
    for face in find(language):
        if face.slanted or not _fits(face, language):
            continue
        other = found.setdefault((face.family, face.weight), face)
        if other is not face and re.sub(r"\d", "", other.name) == re.sub(r"\d", "", face.name):
            doubtful.add(face.family)  # cuts for several sizes: the browser would take another one
        # Of condensed and expanded faces, which share the family's name, the plain one has the shortest name.
        if len(face.name) < len(other.name):
            found[face.family, face.weight] = face
    families = sorted({family for family, _ in found} - doubtful)
    whole = [
        Pair(found[family, REGULAR], found[family, BOLD])
        for family in families
        if (family, REGULAR) in found and (family, BOLD) in found
    ]
    if not whole:
        raise UserError(f"fonts: no family for {language} has a regular and a bold face")
    return whole


def _fits(face: Face, language: str) -> bool:
    """Whether its tallest letters stay in the line's own height, and Chromium draws it as FreeType and HarfBuzz do."""
    if _OTHERWISE.match(face.family) or not face.covers(_SIGNS):
        return False
    font = _harfbuzz(face)
    lines = font.get_font_extents("ltr")
    more = {"vi": "ẾẬỂỰỵ", "ar": "يجعغإآئ"}
    sample = "bdfhlgjpqy()" + more.get(language, "ÄÉÇ" if LANGUAGES[language].scripts == ("Latn",) else "")
    for letter in sample:
        glyph = font.get_nominal_glyph(ord(letter))
        shape = font.get_glyph_extents(glyph) if glyph else None
        if shape and (shape.y_bearing > lines.ascender or shape.y_bearing + shape.height < lines.descender):
            return False
    return True


def draw(rng: np.random.Generator, language: str, known: list[Pair], size: float, dark: bool) -> Style:
    """A style for text of `size` px."""
    plain = [pair for pair in known if pair.regular.style != "hand"] or known  # what whole pages are set in
    body, head = (choice[rng.integers(len(choice))] for choice in (plain, known))
    head = body if rng.random() < 0.6 else head
    paper = str(rng.choice(_DARK if dark else _PAPERS))
    ink = "#f2f2f2" if dark else str(rng.choice(_INKS))
    accent = "#ffd479" if dark else str(rng.choice(_ACCENTS))
    scale = rng.uniform(1.12, 1.32)
    sizes = [round(2 * size * scale**power) / 2 for power in (4, 2.6, 1.5, 0.6)]
    small = max(round(2 * size * 0.85) / 2, 11.0)
    fonts = (
        *((body.regular, size), (body.bold, size), (body.regular, small), (body.bold, size)),
        *((head.bold if rng.random() < 0.85 else head.regular, each) for each in sizes),
    )
    css = _css(rng, language, fonts, paper, ink, accent)
    return Style(body, head, fonts, paper, ink, accent, css)


def _css(
    rng: np.random.Generator,
    language: str,
    fonts: tuple[tuple[Face, float], ...],
    paper: str,
    ink: str,
    accent: str,
) -> str:
    tall = max(1.3, max(line_height(face) for face, _ in fonts))
    justify = LANGUAGES[language].spaced and language != "ko" and rng.random() < 0.35
    rules = [
        *(_font(number, face, size) for number, (face, size) in enumerate(fonts)),
        f"body{{background:{paper};color:{ink};line-height:{max(rng.uniform(1.3, 1.7), tall):.2f}}}",
        f"p{{margin:0 0 {rng.uniform(0.5, 1.1):.2f}em;text-align:{'justify' if justify else 'start'}}}",
        f"h1,h2,h3,h4{{line-height:{tall:.2f};color:{accent if rng.random() < 0.6 else ink};margin:.5em 0 .45em;"
        f"text-align:{'center' if rng.random() < 0.2 else 'start'};font-weight:inherit;font-size:inherit}}",
        f"ul,ol{{list-style:none;margin:0 0 .8em;padding:0}} li{{margin:0 0 {rng.uniform(0.15, 0.5):.2f}em}}",
        f"table{{margin:.4em auto .9em;{'width:100%;' if rng.random() < 0.6 else ''}line-height:{tall:.2f}}}",
        f"td,th{{padding:{rng.uniform(0.2, 0.6):.2f}em {rng.uniform(0.5, 1):.2f}em;font-weight:inherit;"
        f"text-align:{rng.choice(('start', 'center', 'end'))}}} th{{text-align:{rng.choice(('start', 'center'))}}}",
        f".grid{{border-collapse:collapse}} .grid td,.grid th{{border:1px solid {accent}}}",
        f".rows{{border-collapse:collapse}} .rows td,.rows th{{border-bottom:1px solid {ink}}}",
        f".figure{{text-align:center;margin:.6em 0 .9em}} .caption{{margin:.4em 0 0}} .shaded{{background:{accent}1f}}",
        ".image{display:inline-block;vertical-align:top}",
        f".striped tr:nth-child(even){{background:{accent}18}}",
    ]
    return "\n".join(rules)


@lru_cache(maxsize=256)
def line_height(face: Face) -> float:
    """Of its lines, in ems: in less, a line reaches into the rules of a table."""
    lines = _harfbuzz(face).get_font_extents("ltr")
    return float(lines.ascender - lines.descender) / float(_harfbuzz(face).face.upem)


def _harfbuzz(face: Face) -> Any:
    import uharfbuzz

    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(face.path), face.index))


def _font(number: int, face: Face, size: float) -> str:
    return f'[data-f="{number}"]{{font:{_CSS_WEIGHT[face.weight]} {size:g}px "{face.family}";line-height:inherit}}'
