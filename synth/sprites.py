"""Sprites: pictures of one thing with transparency, each with a name that can be spoken."""

import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import numpy as np
import PIL.Image

from curation.errors import UserError

EVERYTHING = "object"  # the word for a thing of any name in a referring expression, so no sprite may bear it

# What a colour emoji font holds that is not a picture of a thing, or cannot be told from its neighbours when small.
NOT_THINGS = (
    (0x0000, 0x25FF, "letters, arrows, clocks' and players' buttons, plain shapes"),
    (0x2622, 0x2653, "signs of danger, religion, sexes and the zodiac, smileys"),
    (0x265F, 0x267F, "suits of cards, signs of recycling and access"),
    (0x26CE, 0x26CE, "a sign of the zodiac"),
    (0x2714, 0x2721, "ticks and crosses"),
    (0x2733, 0x2734, "asterisks"),
    (0x2747, 0x2757, "question and exclamation marks"),
    (0x2795, 0x2BFF, "signs of arithmetic, loops, arrows and squares"),
    (0x3000, 0x1F2FF, "ideographs, tiles, cards, squared letters and the letters that flags are made of"),
    (0x1F446, 0x1F44F, "pointing hands of one look"),
    (0x1F4F2, 0x1F4F6, "signs about mobile telephones"),
    (0x1F51F, 0x1F524, "signs about keyboards"),
    (0x1F550, 0x1F567, "clock faces: 24 of one look"),
    (0x1F600, 0x1F64F, "smileys and gestures: they differ in a few pixels"),
    (0x1F6B9, 0x1F6BC, "signs on doors"),
    (0x1F6C2, 0x1F6C5, "signs at airports"),
    (0x1F6D0, 0x1F6D0, "a sign"),
    (0x1F6D7, 0x1F6DC, "signs"),
    (0x1F910, 0x1F92F, "smileys and gestures"),
    (0x1F970, 0x1F97A, "smileys"),
    (0x1F9B0, 0x1F9B3, "hair, parts of other emoji"),
    (0x1F9D0, 0x1F9D0, "a smiley"),
    (0x1FAE0, 0x1FAEF, "smileys"),
)
NOT_THINGS_WORDS = re.compile(
    r"\b(ARROW ABOVE|ARROWS|BUTTON|CANCELLATION|CINEMA|CIRCLE|COMPRESSION|DIAMOND|EMOJI MODIFIER|INDEX|INPUT|MARK|NO|"
    r"NON-POTABLE|SIGN|SIX POINTED STAR|SQUARE|SYMBOL|SYMBOLS|TRIANGLE|WATER CLOSET)\b"
)
# "BLACK TELEPHONE" is a filled drawing of a telephone, here a red one: below U+1F000 those words say how ink was used.
INK = re.compile(r"^(black|white|heavy|medium|large) (?!flag|heart)")
PLACE = re.compile(r"^(lower left|left|right) ")

LOOK = 16  # side of the thumbnails by which two sprites are compared
LEAST_DIFFERENCE = 0.10  # mean difference of two thumbnails, of 1: closer ones cannot be told apart at 28 px
SMALL_WORDS = frozenset(["a", "an", "and", "at", "for", "in", "of", "on", "or", "the", "to", "with", "without"])


class SpriteError(UserError):
    """A sprite, its folder or its font is missing, damaged or unknown by that name."""


@dataclass(frozen=True)
class Sprites:
    """A library: `images[i]` is an RGBA picture cropped to what is seen of it, and is called `names[i]`.

    `digest` is a SHA-256 over names and pixels. `apart[i, j]` says that two kinds may meet in one scene: they look
    different and share no word, so "is there a dog?" is never asked where there is a dog face.
    """

    names: tuple[str, ...]
    images: tuple[PIL.Image.Image, ...]
    digest: str
    apart: np.ndarray = field(repr=False, compare=False)  # (n, n) bool

    @staticmethod
    def load(path: str | Path, names: Sequence[str] | Mapping[str, str] | None = None) -> "Sprites":
        """Reads a colour bitmap font (CBDT, such as Noto Color Emoji) or a folder of PNG files with alpha.

        `names` chooses sprites; a mapping gives each chosen sprite a name of your own (yours -> its).
        Raises SpriteError with one line.
        """
        path = Path(path)
        if path.is_dir():
            found: Mapping[str, Path | bytes] = {
                file.stem.replace("_", " "): file for file in sorted(path.glob("*.png"))
            }
        elif path.is_file():
            found = read_font(path)
        else:
            raise SpriteError(f"{path}: no such font or folder of sprites")
        if not found:
            raise SpriteError(f"{path}: holds no sprites: a folder of PNG files or a CBDT colour font is wanted")
        chosen = names if isinstance(names, Mapping) else {name: name for name in (names or found)}
        missing = [name for name in chosen.values() if name not in found]
        if missing:
            raise SpriteError("; ".join(_unknown(path, name, found) for name in missing))
        return assemble((name, _picture(path, own, found[own])) for name, own in chosen.items())

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> PIL.Image.Image:
        """Raises KeyError where there is no such sprite."""
        return self.images[self.places[name]]

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each name stands in `names`, `images` and `apart`."""
        return {name: place for place, name in enumerate(self.names)}


def assemble(pairs: Iterable[tuple[str, PIL.Image.Image]]) -> Sprites:
    """A library of (name, RGBA picture) pairs, by name: in whatever order they are given, it is the same library."""
    named = sorted(pairs, key=lambda pair: pair[0])
    names = tuple(name for name, _ in named)
    if EVERYTHING in names:
        raise SpriteError(f"a sprite cannot be called {EVERYTHING!r}: that word stands for all of them")
    images = tuple(image for _, image in named)
    digest = hashlib.sha256()
    for name, image in named:
        digest.update(f"{name}\0{image.width}x{image.height}\0".encode())
        digest.update(image.tobytes())
    return Sprites(names, images, digest.hexdigest(), _different_looks(images) & _different_words(names))


def read_font(path: Path) -> dict[str, bytes]:
    """Speakable name -> PNG bytes of each single-codepoint emoji that is a picture of a thing, by code point.

    Names are Unicode's, as the running Python knows them (an emoji newer than that has none and is left out).
    """
    from fontTools.ttLib import TTFont, TTLibError

    try:
        font = TTFont(path, lazy=True)
        glyphs, strike = font.getBestCmap(), font["CBDT"].strikeData[0]
    except (TTLibError, KeyError, OSError, AssertionError) as error:
        raise SpriteError(f"{path}: not a font with colour bitmaps (CBDT): {error}") from error
    pictures: dict[str, bytes] = {}
    for code, glyph in sorted(glyphs.items()):
        name = spoken_name(code)
        if name and glyph in strike:
            pictures.setdefault(name, strike[glyph].imageData)
    return pictures


def spoken_name(code: int) -> str | None:
    """Unicode's name of an emoji in small letters, or None where it is not a picture of a thing."""
    name = unicodedata.name(chr(code), "")
    if unicodedata.category(chr(code)) != "So" or any(first <= code <= last for first, last, _ in NOT_THINGS):
        return None  # keycaps, modifiers of skin tone and the private-use flags are of other categories
    if not name or NOT_THINGS_WORDS.search(name):
        return None
    spoken = name.lower()
    spoken = INK.sub("", spoken) if code < 0x1F000 or spoken.startswith("white sun") else spoken
    return PLACE.sub("", spoken)


def _unknown(path: Path, name: str, found: Mapping[str, object]) -> str:
    near = get_close_matches(name, found, n=3, cutoff=0.5) or [other for other in found if name in other.split()][:3]
    advice = f"; near it: {', '.join(near)}" if near else ""
    return f"{path}: no sprite {name!r} among {len(found)}{advice}"


def _picture(path: Path, name: str, source: Path | bytes) -> PIL.Image.Image:
    """RGBA, cropped to what is more than half opaque and a pixel around, so that edges stay soft in turning."""
    try:
        image = PIL.Image.open(source if isinstance(source, Path) else io.BytesIO(source)).convert("RGBA")
    except Exception as error:  # Pillow's parsers raise whatever the damage leads them to
        raise SpriteError(f"{path}: sprite {name!r} cannot be decoded: {error}") from error
    bounds = image.getchannel("A").point(lambda alpha: 255 * (alpha > 127)).getbbox()
    if bounds is None:
        raise SpriteError(f"{path}: sprite {name!r} is transparent throughout")
    left, top, right, bottom = bounds
    return image.crop((left - 1, top - 1, right + 1, bottom + 1))


def _different_looks(images: Sequence[PIL.Image.Image]) -> np.ndarray:
    """(n, n) bool: thumbnails over grey differ by at least LEAST_DIFFERENCE in the mean over what either covers."""
    thumbs = np.stack(
        [np.asarray(image.resize((LOOK, LOOK), PIL.Image.Resampling.BOX), np.float32) for image in images]
    )
    alpha = thumbs[..., 3:] / 255  # (n, LOOK, LOOK, 1)
    colours = ((thumbs[..., :3] / 255 - 0.5) * alpha).reshape(len(images), -1)
    covered = alpha.reshape(len(images), -1)
    different = np.empty((len(images), len(images)), bool)
    for place in range(len(images)):
        union = np.maximum(covered, covered[place]).sum(1)
        different[place] = np.abs(colours - colours[place]).sum(1) / (3 * union) >= LEAST_DIFFERENCE
    return different


def _different_words(names: Sequence[str]) -> np.ndarray:
    """(n, n) bool: the names share no word but small ones."""
    words = [set(re.split(r"[\s-]+", name)) - SMALL_WORDS for name in names]
    return np.array([[not (mine & yours) for yours in words] for mine in words])
