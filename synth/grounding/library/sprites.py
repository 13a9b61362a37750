"""Sprites: pictures of one thing with transparency, each with a name that can be spoken."""

import hashlib
import io
import logging
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL.Image

from synth.grounding.library.names import EVERYTHING, concept
from synth.grounding.library.sources import Drawing, SpriteError, SpriteSource, read
from synth.grounding.library.wordnet import load as load_wordnet

LOG = logging.getLogger("vlforge")

SIDE = 160  # pixels of a vector drawing's longer side
SVG_HEAD = 4096  # bytes among which an SVG file names itself
KEPT = 768  # pictures held decoded
LOOK = 16  # side of the thumbnails by which two sprites are compared
LEAST_DIFFERENCE = 0.10  # mean difference of two thumbnails, of 1: closer ones cannot be told apart at 28 px
LEAST_COVER, FULL = 0.08, 0.97  # share of its bounds that a cut-out covers: less is lines, more is a page
LEAST_SIDE = 0.2  # of the longer side


class Sprites:
    """A library of drawings, drawn when they are looked at and kept: a name may have several.

    `names` are sorted; `places[name]` are the drawings of a name; `by_colour` are those in colours of
    each name that has any, and those of one colour. `digest` is a SHA-256 over names and files, so that
    two libraries of one digest show the same. Drawings come from `sources` in their order, each once.
    """

    def __init__(self, drawings: Sequence[Drawing]):
        if any(drawing.name == EVERYTHING for drawing in drawings):
            raise SpriteError(f"a sprite cannot be called {EVERYTHING!r}: that word stands for all of them")
        self.drawings = tuple(sorted(drawings, key=lambda drawing: (drawing.name, drawing.key)))
        self.names = tuple(sorted({drawing.name for drawing in self.drawings}))
        self.numbers = {drawing.key: number for number, drawing in enumerate(self.drawings)}
        self.places: dict[str, tuple[int, ...]] = dict.fromkeys(self.names, ())
        for number, drawing in enumerate(self.drawings):
            self.places[drawing.name] += (number,)
        self.by_colour = self._of_each_name(glyphs=False), self._of_each_name(glyphs=True)
        self.digest = _digest(self.drawings)
        self._concepts = {name: concept(name) for name in self.names}
        self._drawn: dict[int, bytes] = {}
        self._looks: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.picture = lru_cache(KEPT)(self._picture)
        self.pixels = lru_cache(KEPT)(self._pixels)
        self.usable = lru_cache(None)(self._usable)
        self.level = lru_cache(KEPT)(self._level)

    @staticmethod
    def load(
        sources: str | Path | Sequence[SpriteSource],
        names: Sequence[str] | Mapping[str, str] | None = None,
        wordnet: str = "",
    ) -> "Sprites":
        """Lists what the sources hold. `names` chooses sprites; a mapping gives each chosen sprite a name of your own
        (yours -> its). `wordnet` is a folder of WordNet's files, by which names must be of things. Raises SpriteError
        with one line.
        """
        if isinstance(sources, str | Path):
            sources = (SpriteSource(path=str(sources)),)
        known = load_wordnet(wordnet) if wordnet else None
        found = _merged([drawing for source in sources for drawing in read(source, known)])
        if not names:
            return Sprites([drawing for drawings in found.values() for drawing in drawings])
        chosen = names if isinstance(names, Mapping) else {name: name for name in names}
        where = ", ".join(source.path for source in sources)
        missing = [name for name in chosen.values() if name not in found]
        if missing:
            raise SpriteError("; ".join(_unknown(where, name, found) for name in missing))
        return Sprites([_called(name, drawing) for name, own in chosen.items() for drawing in found[own]])

    def __len__(self) -> int:
        return len(self.names)

    def _of_each_name(self, glyphs: bool) -> list[tuple[int, ...]]:
        chosen = [
            tuple(each for each in numbers if self.drawings[each].glyph == glyphs) for numbers in self.places.values()
        ]
        return [numbers for numbers in chosen if numbers]

    def _picture(self, number: int) -> PIL.Image.Image:
        """RGBA, cropped to what is more than half opaque and a pixel around, so that edges stay soft in turning.

        Raises SpriteError where a drawing is damaged or shows nothing.
        """
        drawing = self.drawings[number]
        if number not in self._drawn:
            self._drawn[number] = _drawn(drawing) if self._vector(number) else drawing.data
        try:
            image = PIL.Image.open(io.BytesIO(self._drawn[number])).convert("RGBA")
        except Exception as error:  # Pillow's parsers raise whatever the damage leads them to
            raise SpriteError(f"sprite {drawing.key!r} ({drawing.name}) cannot be decoded: {error}") from error
        return _cropped(drawing, image)

    def _pixels(self, number: int) -> np.ndarray:
        """(h, w, 4) uint8: the picture's colours times alpha, and alpha. Not to be written to."""
        return np.asarray(self.picture(number).convert("RGBa"))

    def _level(self, number: int, width: int, height: int) -> np.ndarray:
        """(h, w, 4) uint8: colours times alpha, and alpha, averaged to width x height pixels where that is smaller; an
        empty pixel around."""
        import cv2

        whole = self.pixels(number)
        size = min(width, whole.shape[1]), min(height, whole.shape[0])
        return np.pad(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), ((1, 1), (1, 1), (0, 0)))

    def _usable(self, number: int) -> bool:
        """Whether a drawing can be drawn, and is a cut-out: no page, no thread, no few lines.

        Files of PNG are taken to be what their owner wants: damage to them is an error.
        """
        if not self._vector(number):
            return True
        try:
            picture = self.picture(number)
        except SpriteError as error:
            LOG.warning("%s: left out", error)
            return False
        alpha = np.asarray(picture.getchannel("A"))[1:-1, 1:-1] > 127
        return min(picture.size) >= LEAST_SIDE * max(picture.size) and LEAST_COVER <= alpha.mean() <= FULL

    def apart(self, one: int, others: Sequence[int]) -> bool:
        """Whether a drawing may meet others in a scene: they look different and their names have no word in common,
        so that "is there a dog?" is never asked where there is a dog face."""
        return all(self.different(one, other) for other in others) and self.unlike(one, others)

    def different(self, one: int, other: int) -> bool:
        """Whether names have no word in common."""
        mine, yours = (self._concepts[self.drawings[number].name] for number in (one, other))
        return not mine & yours

    def unlike(self, one: int, others: Sequence[int]) -> bool:
        """Whether thumbnails over grey differ by LEAST_DIFFERENCE or more in the mean over what either covers."""
        if not others:
            return True
        mine, covers = self._look(one)
        yours, covered = (np.stack(each) for each in zip(*map(self._look, others), strict=True))
        union = np.maximum(covers, covered).sum(1)
        return bool((np.abs(mine - yours).sum(1) / (3 * union) >= LEAST_DIFFERENCE).all())

    def _look(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Of a thumbnail, colours about grey times alpha (LOOK * LOOK * 3,), and alpha (LOOK * LOOK,)."""
        if number not in self._looks:
            picture = self.picture(number).resize((LOOK, LOOK), PIL.Image.Resampling.BOX)
            pixels = np.asarray(picture, np.float32) / 255
            colours = (pixels[..., :3] - 0.5) * pixels[..., 3:]
            self._looks[number] = colours.ravel(), pixels[..., 3].ravel()
        return self._looks[number]

    def _vector(self, number: int) -> bool:
        return b"<svg" in self.drawings[number].data[:SVG_HEAD]


def _merged(drawings: Sequence[Drawing]) -> dict[str, list[Drawing]]:
    """Drawings by name: names of the same words ("roasted sweet potato", "sweet potatoes, roasted") are one kind."""
    first: dict[frozenset[str], str] = {}
    found: dict[str, list[Drawing]] = {}
    for drawing in drawings:
        name = first.setdefault(concept(drawing.name), drawing.name)
        found.setdefault(name, []).append(_called(name, drawing))
    return found


def _called(name: str, drawing: Drawing) -> Drawing:
    return Drawing(drawing.key, name, drawing.data, drawing.glyph, drawing.tags, drawing.licence)


def _digest(drawings: Sequence[Drawing]) -> str:
    digest = hashlib.sha256()
    for drawing in drawings:
        digest.update(f"{drawing.name}\0{drawing.key}\0{drawing.glyph}\0{drawing.tags}\0{len(drawing.data)}\0".encode())
        digest.update(drawing.data)
    return digest.hexdigest()


def _unknown(where: str, name: str, found: Mapping[str, object]) -> str:
    near = get_close_matches(name, found, n=3, cutoff=0.5) or [other for other in found if name in other.split()][:3]
    advice = f"; near it: {', '.join(near)}" if near else ""
    return f"{where}: no sprite {name!r} among {len(found)}{advice}"


def _drawn(drawing: Drawing) -> bytes:
    """A vector drawing as PNG, its longer side SIDE pixels. cairosvg fetches nothing that it refers to elsewhere."""
    import cairosvg

    try:
        png = cairosvg.svg2png(bytestring=drawing.data, output_width=2 * SIDE)
        image = PIL.Image.open(io.BytesIO(png)).convert("RGBA")
        bounds = image.getchannel("A").getbbox() or (0, 0, *image.size)
        image = image.crop(bounds)
        image.thumbnail((SIDE, SIDE), PIL.Image.Resampling.BOX, reducing_gap=None)
        content = io.BytesIO()
        image.save(content, "PNG", compress_level=1)
        return content.getvalue()
    except Exception as error:  # so do those of cairosvg
        raise SpriteError(f"sprite {drawing.key!r} ({drawing.name}) cannot be drawn: {error}") from error


def _cropped(drawing: Drawing, image: PIL.Image.Image) -> PIL.Image.Image:
    bounds = image.getchannel("A").point(lambda alpha: 255 * (alpha > 127)).getbbox()
    if bounds is None:
        raise SpriteError(f"sprite {drawing.key!r} ({drawing.name}) is transparent throughout")
    left, top, right, bottom = bounds
    return image.crop((left - 1, top - 1, right + 1, bottom + 1))
