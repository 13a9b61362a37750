"""Blocks of text as they stand on signs, posters, labels and receipts, not yet placed on a picture."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from synth import weights
from synth.ocr.drawing.layout import Block, set_lines
from synth.ocr.drawing.material import Material
from synth.ocr.fonts import Face
from synth.ocr.languages import LANGUAGES

_CLOSING = "、。，．！？：；）」』】〉》ー…”’%）"  # no line begins with these
_OPENING = "（「『【〈《“‘("  # and none ends with these
_ROMAN = re.compile(r"[!-~]+")


def wrap(text: str, characters: int, language: str) -> list[str]:
    """Lines of at most about `characters`; in Chinese and Japanese no mark begins a line that must not."""
    lines: list[str] = []
    if LANGUAGES[language].spaced:
        for word in text.split():
            if lines and len(lines[-1]) + 1 + len(word) <= characters:
                lines[-1] += " " + word
            else:
                lines.append(word)
        return lines
    for character in text:
        full = not lines or len(lines[-1]) >= characters
        if full and not (lines and character in _CLOSING):
            carried = lines[-1][-1] if lines and lines[-1][-1] in _OPENING and len(lines[-1]) > 1 else ""
            if carried:
                lines[-1] = lines[-1][:-1]
            lines.append(carried)
        lines[-1] += character
    return [line.strip() for line in lines if line.strip()]


def _paragraph(rng: np.random.Generator, material: Material, language: str, face: Face, size: int) -> Block | None:
    text = material.text(rng, language, face, int(rng.integers(60, 260)), "paragraph")
    if text is None:
        return None
    characters = int(rng.integers(18, 44)) // (1 if LANGUAGES[language].spaced else 2)
    align = ("start", "start", "middle")[rng.integers(3)]
    return set_lines(wrap(text, characters, language), language, face, size, rng.uniform(1.25, 1.7), align)


def _short(rng: np.random.Generator, material: Material, language: str, face: Face, size: int) -> Block | None:
    """One to three lines, as on signs and labels."""
    count = int(rng.integers(1, 4))
    most = int(rng.integers(6, 24)) // (1 if LANGUAGES[language].spaced else 2)
    texts = [material.text(rng, language, face, max(most, 4), ("title", "sentence")[rng.integers(2)])
             for _ in range(count)]  # fmt: skip
    lines = [text for text in texts if text]
    if not lines:
        return None
    return set_lines(lines, language, face, size, rng.uniform(1.3, 1.7), ("start", "middle", "end")[rng.integers(3)])


def _curved(rng: np.random.Generator, material: Material, language: str, face: Face, size: int) -> Block | None:
    """A single line on an arc or a wave."""
    text = material.text(rng, language, face, 26 // (1 if LANGUAGES[language].spaced else 2), "title")
    if text is None:
        return None
    block = set_lines([text], language, face, size, 1.4)
    width, height = block.size
    if rng.random() < 0.6:
        radius = float(rng.choice([-1, 1]) * max(width / rng.uniform(0.7, 2.2), 3 * size))
        block.bend = ["arc", round(radius, 3), round(width / 2, 3), round(height / 2, 3)]
    else:
        swing = size * rng.uniform(0.15, 0.35)
        block.bend = ["wave", round(swing, 3), round(float(width * rng.uniform(0.6, 1.4)), 3),
                      round(float(rng.uniform(0, 6.28)), 3)]  # fmt: skip
    return block


def _receipt(rng: np.random.Generator, material: Material, language: str, face: Face, size: int) -> Block | None:
    """Things on the left, what they cost on the right."""
    rows = []
    for _ in range(int(rng.integers(3, 9))):
        thing = material.corpus.title(rng, language, int(rng.integers(6, 20)))
        if face.covers(thing) and thing:
            rows.append(f"{thing} {rng.integers(1, 1000)}.{rng.integers(0, 100):02d}")
    if len(rows) < 2:
        return None
    block = set_lines(rows, language, face, size, rng.uniform(1.3, 1.6))
    edge = max(words[-1].u + words[-1].width for words in block.lines) + size
    for words in block.lines:
        words[-1].u = round(edge - words[-1].width, 3)
    block.size, block.on_paper = (block.size[0] + size, block.size[1]), True
    return block


def _vertical(rng: np.random.Generator, material: Material, language: str, face: Face, size: int) -> Block | None:
    """Columns from right to left."""
    text = material.text(rng, language, face, int(rng.integers(12, 60)), "paragraph")
    text = _ROMAN.sub("", text or "").replace(" ", "")
    if len(text) < 3:
        return None
    lines = wrap(text, int(rng.integers(5, 16)), language)
    return set_lines(lines, language, face, size, rng.uniform(1.3, 1.7), vertical=True)


KINDS: dict[str, Callable[[np.random.Generator, Material, str, Face, int], Block | None]] = {
    "paragraph": _paragraph,
    "short": _short,
    "curved": _curved,
    "receipt": _receipt,
    "vertical": _vertical,
}


def draw(rng: np.random.Generator, material: Material, language: str, kinds: Mapping[Any, float]) -> Block | None:
    """A block of one of the kinds that suit the language, by weight; None where its face could not set the text."""
    traits = LANGUAGES[language]
    fit = [kind for kind in sorted(kinds) if kind != "vertical" or traits.vertical]
    fit = [kind for kind in fit if kind != "receipt" or (traits.spaced and not traits.right_to_left)]
    if not any(kinds[kind] for kind in fit):
        return None
    kind = weights.draw(rng, {kind: kinds[kind] for kind in fit})
    face = material.face(rng, language, kind == "vertical")
    return KINDS[kind](rng, material, language, face, material.size(rng))
