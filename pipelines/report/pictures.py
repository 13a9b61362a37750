"""Pictures of a report: small data URIs, so that a page of them stays a few megabytes and needs nothing beside it."""

import base64
import io
from dataclasses import dataclass

import PIL.Image

from curation import media
from curation.document import Media
from curation.errors import MediaError

SMALL, LARGE = 240, 480  # longest sides, in pixels: of a page's pictures, and of scenes with something drawn on them
SCREEN = 880  # of those that many places are marked on


@dataclass(frozen=True)
class Mark:
    """A box (x1, y1, x2, y2), a point (x, y) or a quadrilateral (x, y of 4 corners), in the picture's own pixels; or,
    with `arrow`, a movement from (x1, y1) to (x2, y2)."""

    at: tuple[float, ...]
    label: str
    colour: str
    width: float = 2  # of the line, in pixels of the screen
    dashed: bool = False
    arrow: bool = False


@dataclass(frozen=True)
class Picture:
    """`width` and `height` are those that marks count in; the bytes of `uri` may be smaller. `text` is the height of
    the marks' labels as a share of the width."""

    uri: str
    width: int
    height: int
    alt: str
    marks: tuple[Mark, ...] = ()
    text: float = 1 / 26


def picture(
    item: Media, longest: int, marks: tuple[Mark, ...] = (), *, smooth: bool = True, text: float = 1 / 26
) -> Picture | None:
    """The picture no larger than `longest` pixels a side; without `smooth`, its colours stay as they are (PNG).

    None where its bytes are gone, altered or (of one that nobody has looked at) damaged, and of a video.
    """
    if item.kind != "image":
        return None
    try:
        data = media.read(item) if item.seen else media.read_bytes(item.uri, item.offset, item.length)
        item = item if item.seen else media.probe(data, item.origin, item.uri)
        image = media.decode(data)
    except MediaError:
        return None
    return Picture(reduced(image, longest, smooth=smooth), item.width, item.height, item.origin, marks, text)


def reduced(image: PIL.Image.Image, longest: int, *, smooth: bool = True, quality: int = 80) -> str:
    """A data URI of the image made no larger than `longest` pixels a side (the image itself is changed)."""
    image.thumbnail((longest, longest), PIL.Image.Resampling.LANCZOS if smooth else PIL.Image.Resampling.NEAREST)
    file = io.BytesIO()
    if smooth:
        image.save(file, "JPEG", quality=quality, optimize=True)
    else:
        image.save(file, "PNG", optimize=True)
    return data_uri(f"image/{'jpeg' if smooth else 'png'}", file.getvalue())


def data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
