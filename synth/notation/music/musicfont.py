"""Signs of the music fonts that Verovio brings, rasterised from their outlines."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from synth.notation.glyphs import Glyph, Mark


def music_glyph(font: str, code: str, x: float, y: float, size: float, rivals: Sequence[str]) -> Glyph:
    """The sign `code` of a music font claimed at (x, y) in pixels, `size` px to the em."""
    right, down = round(x * 4), round(y * 4)

    def mark(name: str) -> Mark | None:
        found = _bitmap(font, name, round(size, 2), right % 4, down % 4)
        return Mark(found.alpha, found.left + right // 4, found.top + down // 4) if found else None

    return Glyph(code, mark, dict.fromkeys(rivals, 1.0))


@lru_cache(16_384)
def _bitmap(font: str, code: str, size: float, x: int, y: int) -> Mark | None:
    """A sign of a music font from its outline, `size` px to the em, at (x, y) quarters of a pixel."""
    from fontTools.misc.transform import Transform

    pen = _outline(font, code)
    if pen is None:
        return None
    left, bottom, right, top = (edge * size / 1000 for edge in pen.bbox)
    x0, y0 = int(np.floor(left + x / 4)), int(np.floor(-top + y / 4))
    width, height = int(np.ceil(right - left)) + 2, int(np.ceil(top - bottom)) + 2
    place = Transform(size / 1000, 0, 0, size / 1000, x / 4 - x0, height + y0 - y / 4)
    alpha = pen.array(width=width, height=height, transform=place, contain=False)
    return Mark(alpha.astype(np.float32), x0, y0)


@lru_cache(512)
def _outline(font: str, code: str) -> Any | None:
    """A pen that holds the outline of a sign; None where the font has none."""
    import verovio
    from fontTools.pens.freetypePen import FreeTypePen
    from fontTools.svgLib.path import parse_path

    path = Path(verovio.__file__).parent / "data" / Path(font).name / f"{Path(code).name}.xml"
    found = re.search(r' d="([^"]+)"', path.read_text()) if path.exists() else None
    if found is None:
        return None
    pen = FreeTypePen(None)
    parse_path(found[1], pen)
    return pen
