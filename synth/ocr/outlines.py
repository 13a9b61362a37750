"""Text drawn a second time for proofs: shaped by HarfBuzz, its outlines moved point by point and filled by FreeType.

Nothing here is shared with `synth.ocr.drawing`, which draw by Pillow and look pixels up.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from synth.ocr.fonts import named
from synth.ocr.languages import LANGUAGES

FINE = 1024  # parts of a pixel in which bounds are sought


@dataclass(frozen=True)
class Outline:
    """Closed curves: `points` (n, 2), with FreeType's `tags` (n,) and the `ends` of contours."""

    points: np.ndarray
    tags: np.ndarray
    ends: np.ndarray


class Typeface:
    """A face opened by both libraries."""

    def __init__(self, name: str):
        import freetype
        import uharfbuzz

        face = named(name)
        self.name = name
        self._freetype = freetype.Face(face.path, face.index)
        self._harfbuzz = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(face.path), face.index))
        self._em = self._harfbuzz.face.upem
        self._glyphs: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def shape(self, text: str, language: str, direction: str) -> Iterator[tuple[int, float, float]]:
        """(glyph, x, y) in ems from the text's origin, y downwards. Raises ValueError where a glyph is missing."""
        import uharfbuzz

        x = y = 0.0
        for run, way in _runs(text, direction):
            buffer = uharfbuzz.Buffer()
            buffer.add_str(run)
            buffer.guess_segment_properties()
            buffer.direction, buffer.language = way, language
            uharfbuzz.shape(self._harfbuzz, buffer)
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                if info.codepoint == 0:
                    raise ValueError(f"{self.name} has no glyph for a character of {text!r}")
                yield info.codepoint, x + place.x_offset / self._em, y - place.y_offset / self._em
                x += place.x_advance / self._em
                y -= place.y_advance / self._em

    def outline(self, text: str, language: str, direction: str) -> Outline:
        """The curves of a text in ems, y downwards."""
        points, tags, ends = [np.zeros((0, 2))], [np.zeros(0, np.uint8)], [np.zeros(0, np.int16)]
        count = 0
        for glyph, x, y in self.shape(text, language, direction):
            curve, curve_tags, curve_ends = self._glyph(glyph)
            if len(curve):
                points.append(curve + np.array((x, y)))
                tags.append(curve_tags)
                ends.append(curve_ends + np.int16(count))
                count += len(curve)
        return Outline(np.concatenate(points), np.concatenate(tags), np.concatenate(ends))

    def _glyph(self, glyph: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points in ems, y downwards; tags; ends."""
        if glyph not in self._glyphs:
            import freetype

            self._freetype.load_glyph(glyph, freetype.FT_LOAD_NO_SCALE | freetype.FT_LOAD_NO_BITMAP)
            outline = self._freetype.glyph.outline
            points = np.array(outline.points, float).reshape(-1, 2) * (1, -1) / self._em
            self._glyphs[glyph] = points, np.array(outline.tags, np.uint8), np.array(outline.contours, np.int16)
        return self._glyphs[glyph]


@lru_cache(maxsize=256)
def typeface(name: str) -> Typeface:
    return Typeface(name)


def moved(claim: dict[str, Any], points: np.ndarray) -> np.ndarray:
    """Points (n, 2) of a text's own plane where its claimed bend and homography bring them on the picture."""
    u, v = points.T
    match claim["bend"]:
        case ["flat"]:
            pass
        case ["wave", height, length, phase]:
            v = v + height * np.sin(2 * np.pi * u / length + phase)
        case ["arc", radius, middle, base]:
            turn = np.exp(1j * (u - middle) / radius) * (radius - v + base)  # a rotation about the arc's centre
            u, v = middle + turn.imag, base + radius - turn.real
        case other:
            raise ValueError(f"{other!r} is no bend")
    x, y, depth = np.asarray(claim["matrix"], float) @ np.stack([u, v, np.ones_like(u)])
    return np.stack([x / depth, y / depth], axis=1)


def plane_outline(claim: dict[str, Any], word: dict[str, Any]) -> Outline:
    """The curves of a claimed word in the pixels of its text's own plane."""
    language, vertical = claim["language"], claim["vertical"]
    way = "ttb" if vertical else "rtl" if LANGUAGES[language].right_to_left else "ltr"
    shaped = typeface(claim["face"]).outline(word["text"], language, way)
    if not len(shaped.points):
        raise ValueError(f"{word['text']!r} has no ink")
    points = shaped.points * (claim["drawn"] / claim["scale"])
    if vertical:  # placed by its ink
        points = points - bounds(replace(shaped, points=points))[:2]
    return Outline(points + word["at"], shaped.tags, shaped.ends)


def bounds(outline: Outline) -> np.ndarray:
    """x1, y1, x2, y2 of the curves themselves: their control points may lie outside."""
    import freetype.raw as ft

    shape, _keep = _shape(np.round(outline.points * FINE).astype(np.int64), outline)
    box = ft.FT_BBox()
    ft.FT_Outline_Get_BBox(ctypes.byref(shape), ctypes.byref(box))
    return np.array([box.xMin, box.yMin, box.xMax, box.yMax]) / FINE


def fill(outline: Outline, left: int, top: int, width: int, height: int) -> np.ndarray:
    """Coverage (height, width) uint8 of each pixel, exact to 1/256, of the window at `left`, `top`."""
    import freetype.raw as ft

    image = np.zeros((height, width), np.uint8)
    points = np.round((outline.points - (left, top)) * 64).astype(np.int64)
    points[:, 1] = height * 64 - points[:, 1]  # FreeType counts upwards
    shape, _keep = _shape(points, outline)
    bitmap = ft.FT_Bitmap()
    bitmap.rows, bitmap.width, bitmap.pitch = height, width, width
    bitmap.buffer = image.ctypes.data_as(type(bitmap.buffer))
    bitmap.num_grays, bitmap.pixel_mode = 256, 2  # FT_PIXEL_MODE_GRAY
    fault = ft.FT_Outline_Get_Bitmap(_library(), ctypes.byref(shape), ctypes.byref(bitmap))
    if fault:
        raise ValueError(f"FreeType cannot fill an outline: error {fault}")
    return image


def _shape(points: np.ndarray, outline: Outline) -> tuple[Any, tuple[np.ndarray, ...]]:
    """FreeType's own structure of these points and an outline's curves; it lives as long as the arrays beside it."""
    import freetype.raw as ft

    vectors = np.ascontiguousarray(points.astype(np.dtype(ctypes.c_long)))
    tags, ends = np.ascontiguousarray(outline.tags), np.ascontiguousarray(outline.ends)
    shape = ft.FT_Outline()
    shape.n_points, shape.n_contours = len(vectors), len(ends)
    shape.points = vectors.ctypes.data_as(type(shape.points))
    shape.tags = tags.ctypes.data_as(type(shape.tags))
    shape.contours = ends.ctypes.data_as(type(shape.contours))
    return shape, (vectors, tags, ends)


@lru_cache(maxsize=1)
def _library() -> Any:
    import freetype

    return freetype.get_handle()


@lru_cache(maxsize=4096)
def _runs(text: str, direction: str) -> tuple[tuple[str, str], ...]:
    """Parts of one direction each, from left to right as they stand (UAX #9)."""
    if direction != "rtl":
        return ((text, direction),)
    runs: list[tuple[str, int]] = []
    for character, level in levels(text):
        if runs and runs[-1][1] == level:
            runs[-1] = runs[-1][0] + character, level
        else:
            runs.append((character, level))
    return tuple((run, "rtl" if level % 2 else "ltr") for run, level in reversed(runs))


def levels(text: str) -> list[tuple[str, int]]:
    """Characters of a right-to-left line with their embedding levels (UAX #9, python-bidi)."""
    from bidi import algorithm

    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = 1, "R"
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    return [(each["ch"], each["level"]) for each in storage["chars"]]
