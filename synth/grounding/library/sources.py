"""Where sprites come from: colour fonts, icon sets, folders of PNG and of SVG files. Nothing is drawn here.

`Drawing` holds the file as it was found, so that thousands are listed in a second or two and drawn when they are cast.
"""

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from curation.config import Config
from curation.errors import UserError
from synth.grounding.library.names import NOT_ART, NOT_TITLES, art_name, icon_name, spoken_name
from synth.grounding.library.wordnet import WordNet

KEYWORDS = 6  # of a drawing, at most
SERIES = 12  # files that may bear one title: more are a series, named for its artist or theme
UNTOLD = ("hash", "icon", "icons", "shape", "sign", "symbol", "unsorted")  # keywords that say nothing of a thing
SHARED = 2  # a keyword that so many files of a collection bear is a word of its language, not a name or a slip


class SpriteError(UserError):
    """A sprite, its folder or its font is missing, damaged or unknown by that name."""


class SpriteSource(Config):
    """A colour bitmap font (CBDT, such as Noto Color Emoji), an icon set of Iconify (`icons.json`), or a folder of PNG
    files with alpha or of SVG files (Open Clip Art). `licence` is the source's; that of an icon set is in its package.
    """

    path: str
    licence: str = ""


@dataclass(frozen=True)
class Drawing:
    """A picture not yet drawn: `key` tells it from all others, `name` says what it shows.

    `data` are PNG bytes or SVG text. A `glyph` has one colour, to be chosen. `tags` are what the source says of it:
    keywords or a category.
    """

    key: str
    name: str
    data: bytes = field(repr=False)
    glyph: bool = False
    tags: tuple[str, ...] = ()
    licence: str = ""


def read(source: SpriteSource, wordnet: WordNet | None = None) -> list[Drawing]:
    """The drawings of a source, in an order of their own; where there is a `wordnet`, icons and clip art only of what
    it knows as things. Raises SpriteError with one line."""
    path = Path(source.path)
    if path.is_dir():
        found = [*_pngs(path, source.licence), *_art(path, source.licence, wordnet)]
    elif path.suffix == ".json" and path.is_file():
        found = [each for each in _icons(path, source.licence) if wordnet is None or wordnet.thing(each.name)]
    elif path.is_file():
        found = list(_font(path, source.licence))
    else:
        raise SpriteError(f"{path}: no such font, icon set or folder of sprites")
    if not found:
        raise SpriteError(
            f"{path}: holds no sprites: a folder of PNG or SVG files, an Iconify icons.json or a CBDT colour font is"
            " wanted"
        )
    return found


def _font(path: Path, licence: str) -> Iterator[Drawing]:
    """Each single-codepoint emoji that is a picture of a thing, by code point.

    Names are Unicode's, as the running Python knows them (an emoji newer than that has none and is left out).
    """
    from fontTools.ttLib import TTFont, TTLibError

    try:
        font = TTFont(path, lazy=True)
        glyphs, strike = font.getBestCmap(), font["CBDT"].strikeData[0]
    except (TTLibError, KeyError, OSError, AssertionError) as error:
        raise SpriteError(f"{path}: not a font with colour bitmaps (CBDT): {error}") from error
    for code, glyph in sorted(glyphs.items()):
        name = spoken_name(code)
        if name and glyph in strike:
            yield Drawing(f"{path.stem}:{code:x}", name, strike[glyph].imageData, licence=licence)


def _pngs(path: Path, licence: str) -> Iterator[Drawing]:
    for file in sorted(path.glob("*.png")):
        yield Drawing(f"{path.name}:{file.stem}", file.stem.replace("_", " "), file.read_bytes(), licence=licence)


def _icons(path: Path, licence: str) -> Iterator[Drawing]:
    """Icons of a set in Iconify's format: bodies of SVG, with categories in `metadata.json` beside it, if any."""
    try:
        whole = json.loads(path.read_text("utf-8"))
        groups = _beside(path, "metadata.json").get("categories", {})
        licence = licence or _beside(path, "info.json").get("license", {}).get("spdx", "")
        prefix, size = whole["prefix"], (whole.get("width", 16), whole.get("height", 16))
        icons = sorted((slug, icon) for slug, icon in whole["icons"].items() if not icon.get("hidden"))
        of: dict[str, list[str]] = {}
        for group, slugs in sorted(groups.items()):
            for slug in slugs:
                of.setdefault(slug, []).append(group)
        for slug, icon in icons:
            name = icon_name(slug, of.get(slug, ()))
            if name:
                body, glyph = icon["body"], "currentColor" in icon["body"]
                box = icon.get("left", 0), icon.get("top", 0), icon.get("width", size[0]), icon.get("height", size[1])
                tags = () if glyph else tuple(_heading(group) for group in of.get(slug, ()) if "Extras" not in group)
                yield Drawing(f"{prefix}:{slug}", name, _svg(body, box), glyph, tags, licence)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpriteError(f"{path}: not an icon set of Iconify: {type(error).__name__}: {error}") from error


def _beside(path: Path, name: str) -> dict:
    file = path.with_name(name)
    return json.loads(file.read_text("utf-8")) if file.is_file() else {}


def _svg(body: str, box: tuple[float, ...]) -> bytes:
    left, top, width, height = box
    xlink = ' xmlns:xlink="http://www.w3.org/1999/xlink"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg"{xlink} viewBox="{left} {top} {width} {height}"'
    return f'{head} width="{width}" height="{height}" color="#000">{body}</svg>'.encode()


def _heading(group: str) -> str:
    """A category in the words of a reader: `Animals & Nature` and `Animals Nature` are one."""
    words = re.findall(r"\w+", group.lower().replace("&", " "))
    return " and ".join(words) if len(words) == 2 else " ".join(words)


def _art(path: Path, licence: str, wordnet: WordNet | None) -> Iterator[Drawing]:
    """SVG files whose title, or file name, says in plain English what thing they show."""
    texts = {}
    for file in sorted(path.rglob("*.svg")):
        place = file.relative_to(path).as_posix()
        if not any(f"/{folder}/" in f"/{place}" for folder in NOT_ART):
            texts[place] = file.read_bytes()
    described = {place: _described(text.decode("utf-8", "replace")) for place, text in texts.items()}
    titles = Counter(title.lower() for title, _ in described.values())
    counts = Counter(keyword for _, keywords in described.values() for keyword in keywords)
    for place, (title, keywords) in described.items():
        stem = re.sub(r"(_[a-z]{0,12})?_?\d*_?$", "", Path(place).stem)
        named = title and titles[title.lower()] <= SERIES and not NOT_TITLES.search(title.lower())
        name = art_name(title if named else stem, wordnet or Keywords(counts))  # a stem may end in its artist's name
        if name:
            tags = tuple(word for word in keywords if counts[word] >= SHARED and word not in (name, *UNTOLD))[:KEYWORDS]
            yield Drawing(f"{path.name}:{place}", name, texts[place], tags=tags, licence=licence)


class Keywords:
    """Words that files are filed under, where there is no dictionary: titles are in many languages."""

    def __init__(self, counts: Counter[str]):
        self.counts = counts

    def thing(self, name: str) -> bool:
        return self.counts[name.split()[-1]] >= SHARED

    def english(self, name: str) -> bool:
        return all(word in self.counts for word in name.split())


def _described(text: str) -> tuple[str, list[str]]:
    """The title and keywords in an SVG file's RDF, as typed but for tags and entities."""
    title = re.search(r"<dc:title[^>]*>(.*?)</dc:title>", text, re.DOTALL)
    words = re.findall(r"<rdf:li[^>]*>(.*?)</rdf:li>", text, re.DOTALL)
    plain = [html.unescape(re.sub(r"<[^>]*>", " ", word)).strip() for word in ([title[1]] if title else [""]) + words]
    keywords = [word.lower().replace("_", " ") for word in plain[1:]]
    return plain[0], list(dict.fromkeys(word for word in keywords if re.fullmatch(r"[a-z]{3,16}", word)))
