"""Pictures of a report: small data URIs, so that a page of them stays a few megabytes and needs nothing beside it."""

import base64
import io
from dataclasses import dataclass

import PIL.Image

from curation import media
from curation.document import Media
from curation.errors import MediaError

SMALL, LARGE = 240, 480  # longest sides, in pixels: of a page's pictures, and of scenes with something drawn on them


@dataclass(frozen=True)
class Mark:
    """A box (x1, y1, x2, y2), a point (x, y) or a quadrilateral (x, y of 4 corners), in the picture's own pixels."""

    at: tuple[float, ...]
    label: str
    colour: str
    width: float = 2  # of the line, in pixels of the screen
    dashed: bool = False


@dataclass(frozen=True)
class Picture:
    """`width` and `height` are those that marks count in; the bytes of `uri` may be smaller."""

    uri: str
    width: int
    height: int
    alt: str
    marks: tuple[Mark, ...] = ()


def picture(item: Media, longest: int, marks: tuple[Mark, ...] = (), *, smooth: bool = True) -> Picture | None:
    """The picture no larger than `longest` pixels a side; without `smooth`, its colours stay as they are (PNG).

    None where its bytes are gone, altered or (of one that nobody has looked at) damaged.
    """
    try:
        data = media.read(item) if item.seen else media.read_bytes(item.uri, item.offset, item.length)
        item = item if item.seen else media.probe(data, item.origin, item.uri)
        image = media.decode(data)
    except MediaError:
        return None
    resampling = PIL.Image.Resampling.LANCZOS if smooth else PIL.Image.Resampling.NEAREST
    image.thumbnail((longest, longest), resampling)
    file = io.BytesIO()
    if smooth:
        image.save(file, "JPEG", quality=80, optimize=True)
    else:
        image.save(file, "PNG", optimize=True)
    uri = f"data:image/{'jpeg' if smooth else 'png'};base64,{base64.b64encode(file.getvalue()).decode()}"
    return Picture(uri, item.width, item.height, item.origin, marks)
