"""What is asked of a document's pictures, and the decision on each: kept, cut out, or the document dropped for it.

A picture is looked at by `look`, which runs in a child process (`curation.images.guard`); what is found is small and
can be shuffled. Deciding needs no pixels: rules on size and shape, unsafe, benchmark, frequent and repeated pictures.
"""

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import PIL.Image
from pydantic import Field, model_validator

from curation.config import Config
from curation.dedup.paragraphs import site
from curation.document import Box, Document, Media, Point
from curation.images.cutting import without
from curation.images.prints import Print, grey, phash
from curation.media import MAX_PIXELS, as_seen, describe, load
from curation.text.language import words

STAGE = "images"
NSFW = "nsfw.max"  # the score of a document: the highest of its pictures

# Published thresholds; what a paper does not say stays at its default.
PRESETS: dict[str, dict[str, float]] = {
    # Laurençon et al., OBELICS (arXiv 2306.16527), appendix A.1
    "obelics": {"min_side": 150, "max_side": 20_000, "max_aspect": 2.0, "min_images": 1, "max_images": 30},
    # Li et al., OmniCorpus (arXiv 2406.08418): more than 2 images need 50 words each
    "omnicorpus": {"min_side": 150, "max_aspect": 2.0, "words_per_image": 50},
    # Gadre et al., DataComp (arXiv 2304.14108), basic filtering
    "datacomp": {"min_side": 200, "max_aspect": 3.0, "min_images": 1, "max_images": 1},
}


class PictureRules(Config):
    """What a picture must be, and how many a document may show; a preset's values hold where none is given here."""

    preset: Literal["manual", "obelics", "omnicorpus", "datacomp"] = "manual"
    min_side: int = Field(64, ge=1, description="pixels; smaller images are icons and decoration")
    max_side: int = Field(20_000, ge=1, description="pixels; OBELICS: 20,000")
    max_aspect: float = Field(5.0, ge=1, description="long side over short side; OBELICS 2, DataComp 3; menus are long")
    max_pixels: int = Field(MAX_PIXELS, ge=1)
    max_bytes: int = Field(32 << 20, ge=1, description="of the encoded file")
    min_images: int = Field(1, ge=0, description="of a document that is not pure text; OBELICS: 1")
    max_images: int = Field(30, ge=0, description="OBELICS: 30")
    words_per_image: float = Field(0, ge=0, description="of a document of more than two images; OmniCorpus: 50")

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        preset = PRESETS.get(values.get("preset", ""), {}) if isinstance(values, dict) else {}
        return {**preset, **values} if preset else values

    @model_validator(mode="after")
    def _ordered(self) -> "PictureRules":
        for least, most in (("min_side", "max_side"), ("min_images", "max_images")):
            if getattr(self, least) > getattr(self, most):
                raise ValueError(f"{least} {getattr(self, least)} is over {most} {getattr(self, most)}")
        return self


class UnsafeRules(Config):
    """What is done about unsafe pictures: cut out above `maximum`, with the whole document if `whole`."""

    model: str = Field(min_length=1, description="path of the model")
    maximum: float = Field(0.8, ge=0, le=1, description="OmniCorpus: 0.8")
    whole: bool = Field(False, description="drop the document too, as OBELICS does")


# --- what is known of a picture ---


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a picture cannot stay; `reason` is a short name that counts can be made of."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at a picture found. `benchmark` names the set that it belongs to; `unsafe` is 0-1."""

    media: Media
    unsafe: float | None = None
    benchmark: str = ""


Found = Sight | Fault

_REQUEST = struct.Struct(">Q?")  # the most pixels, and whether a thumbnail is wanted
THUMBNAIL = (256, 256)  # pixels: what open_nsfw makes of every picture first


def request(data: bytes, max_pixels: int, thumbnail: bool) -> bytes:
    return _REQUEST.pack(max_pixels, thumbnail) + data


def look(message: bytes) -> bytes:
    """Answers a `request` with what `answer` reads. Raises MediaError as `media.load` does."""
    max_pixels, thumbnail = _REQUEST.unpack_from(message)
    data = message[_REQUEST.size :]
    image = load(data, "the picture", max_pixels)
    media = describe(image, data)
    picture = as_seen(image)
    small = grey(picture)
    pixels = picture.resize(THUMBNAIL, PIL.Image.Resampling.BILINEAR).tobytes() if thumbnail else b""
    known = [media.format, media.width, media.height, media.sha256, phash(small)]
    return json.dumps(known).encode() + b"\n" + small + pixels


def answer(message: bytes) -> tuple[Media, Print, PIL.Image.Image | None]:
    """The media as far as its bytes tell, what it is known by, and the thumbnail as a PIL image (or None)."""
    known, _, rest = message.partition(b"\n")
    image_format, width, height, sha256, hashed = json.loads(known)
    small, pixels = rest[:1024], rest[1024:]
    thumbnail = PIL.Image.frombytes("RGB", THUMBNAIL, pixels) if pixels else None
    return Media("image", image_format, width, height, sha256, ""), Print(sha256, hashed, small), thumbnail


# --- what is known of a document, without its text ---


@dataclass(frozen=True, slots=True)
class Sign:
    """What of a document is needed to decide on its pictures, small enough to shuffle.

    `shown` has the media's index of every image part, in order. `bound`: a conversation, or one with boxes, is true
    only as a whole, so no picture can be cut out of it.
    """

    key: str
    uri: str
    site: str
    language: str
    task: str
    text: str  # a digest of the text, in small letters and without punctuation and white space
    words: int
    shown: tuple[int, ...]
    bound: bool


def sign(document: Document) -> Sign:
    text = document.text
    digest = hashlib.sha256(re.sub(r"[\W_]+", " ", text.casefold()).strip().encode()).hexdigest()
    bound = document.rejected is not None or any(turn.role for turn in document.turns)
    bound = bound or any(isinstance(part, Box | Point) for part in document.parts())
    shown = tuple(document.images_shown())
    key, language, task = document.key, document.language, document.task
    return Sign(key, document.source.uri, site(document.source), language, task, digest, len(words(text)), shown, bound)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a document: its pictures as they were seen, the places (of `Sign.shown`) cut, or its own fault.

    `tokens` are what the kept pictures are known by; `unsafe` is the highest score among all that were looked at.
    """

    seen: Mapping[int, Media]
    cuts: Mapping[int, Fault]
    fault: Fault | None = None
    tokens: tuple[str, ...] = ()
    unsafe: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the other documents say of a picture: the first of those that are the same, and whether it is frequent."""

    first: str
    frequent: int = 0  # in how many documents it is at least, 0 where these are not too many


def decide(
    sign: Sign,
    found: Mapping[int, Found],
    known: Mapping[str, Known],
    rules: PictureRules,
    unsafe: UnsafeRules | None = None,
) -> Verdict:
    """`found` by media index, `known` by SHA-256 (a picture that only this document has need not be there)."""
    cuts: dict[int, Fault] = {}
    tokens: dict[str, int] = {}
    for place, index in enumerate(sign.shown):
        item = found[index]
        fault = item if isinstance(item, Fault) else _fault(item, rules, unsafe)
        if fault is None and isinstance(item, Sight):
            also = known.get(item.media.sha256, Known(item.media.sha256))
            fault = None if sign.bound else _again(also, tokens)
            tokens.setdefault(also.first, place)
        if fault:
            cuts[place] = fault
    seen = {index: item.media for index, item in found.items() if isinstance(item, Sight)}
    scores = [item.unsafe for item in found.values() if isinstance(item, Sight) and item.unsafe is not None]
    whole = _document_fault(sign, found, cuts, rules, unsafe)
    return Verdict(seen, cuts, whole, tuple(sorted(tokens)), max(scores, default=None))


def _fault(sight: Sight, rules: PictureRules, unsafe: UnsafeRules | None) -> Fault | None:
    media = sight.media
    if sight.benchmark:  # first, for a leak is one whatever else is wrong with the picture
        return Fault(f"benchmark image {sight.benchmark}", f"{media.origin}: a picture of {sight.benchmark}")
    short, long = sorted((media.width, media.height))
    size = f"{media.origin}: {media.width} x {media.height}"
    if short < rules.min_side:
        return Fault("small", f"{size}: a side is under {rules.min_side} pixels")
    if long > rules.max_side:
        return Fault("large side", f"{size}: a side is over {rules.max_side:,} pixels")
    if long > rules.max_aspect * short:
        return Fault("aspect", f"{size}: sides differ by more than {rules.max_aspect:g} times")
    if unsafe and sight.unsafe is not None and sight.unsafe > unsafe.maximum:
        return Fault("unsafe", f"{media.origin}: {sight.unsafe:.3f}, at most {unsafe.maximum:g}")
    return None


def _again(known: Known, tokens: Mapping[str, int]) -> Fault | None:
    if known.frequent:
        return Fault("frequent image", f"{known.first[:16]}: in {known.frequent} documents or more")
    if known.first in tokens:
        return Fault("duplicate image", f"{known.first[:16]}: the same as image {tokens[known.first]} of the document")
    return None


def _document_fault(
    sign: Sign, found: Mapping[int, Found], cuts: Mapping[int, Fault], rules: PictureRules, unsafe: UnsafeRules | None
) -> Fault | None:
    """A benchmark's picture takes its document along, for the text around it is likely its question or its answer."""
    for fault in cuts.values():
        fatal = fault.reason.startswith("benchmark image") or (fault.reason == "unsafe" and unsafe and unsafe.whole)
        if fatal or sign.bound:
            return fault
    images = len(sign.shown) - len(cuts)
    if images < rules.min_images and sign.task != "text":
        return Fault("too few images", f"{images} images, at least {rules.min_images}")
    if images > rules.max_images:
        return Fault("too many images", f"{images} images, at most {rules.max_images}")
    if images > 2 and sign.words < rules.words_per_image * images:
        detail = f"{sign.words} words for {images} images, {rules.words_per_image:g} each"
        return Fault("too few words an image", detail)
    return None


# --- the document without what was cut ---


def cut(document: Document, verdict: Verdict) -> Document:
    """The document with its media seen and renumbered, the pictures that have to go cut out and the text mended."""
    media = list(document.media)
    for index, item in verdict.seen.items():
        media[index] = replace(item, origin=media[index].origin)
    document = replace(document, media=tuple(media))
    if verdict.cuts:
        document = without(document, frozenset(verdict.cuts))
    return document if verdict.unsafe is None else document.with_scores(**{NSFW: verdict.unsafe})
