"""From the pixels that annotations count to those of the stored image as it is seen.

Annotation files state the size of the image that was annotated. An image whose EXIF data turn it by a quarter has
another size when it is turned, so the stated size tells which of the two was annotated; where it cannot, the image is
left out, since its boxes may lie elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

import PIL.ExifTags
import PIL.Image

from curation.errors import MediaError

ALIKE = 0.01  # by how much, at most, the aspect ratio of an image that was scaled differs from the stated one
Size = tuple[float, float]  # width, height in pixels

# EXIF orientations that turn by a quarter: from (x, y) on w x h as stored, to the place when it is upright.
_QUARTERS: dict[int, Callable[[float, float, float, float], tuple[float, float]]] = {
    5: lambda x, y, w, h: (y, x),
    6: lambda x, y, w, h: (h - y, x),
    7: lambda x, y, w, h: (h - y, w - x),
    8: lambda x, y, w, h: (y, w - x),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """`annotated`: the size that annotations in pixels count; `seen`: of the upright image; `turn`: an EXIF
    orientation that is still to be applied, or 1."""

    annotated: Size
    seen: Size
    turn: int = 1

    def point(self, x: float, y: float, unit: str) -> tuple[float, float]:
        """In pixels of the upright image; `unit` is `px` or `share` (of the sides)."""
        width, height = self.annotated
        if unit == "share":
            x, y = x * width, y * height
        if self.turn in _QUARTERS:
            x, y = _QUARTERS[self.turn](x, y, width, height)
            width, height = height, width
        return x * self.seen[0] / width, y * self.seen[1] / height

    def box(self, box: list[float], unit: str) -> tuple[float, float, float, float]:
        (x1, y1), (x2, y2) = self.point(box[0], box[1], unit), self.point(box[2], box[3], unit)
        if self.turn == 1:
            return x1, y1, x2, y2
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def frame(image: PIL.Image.Image, stated: Size | None, upright: bool) -> Frame:
    """The frame of an open image. `stated` is the annotated size, if there is one; `upright`: annotated as seen.

    Raises MediaError: `orientation` where it cannot be told which way up the image was annotated, `size` where the
    stored image cannot be the annotated one.
    """
    stored = (float(image.width), float(image.height))
    turn = image.getexif().get(PIL.ExifTags.Base.Orientation, 1)
    turn = turn if turn in range(2, 9) else 1
    seen = (stored[1], stored[0]) if turn in _QUARTERS else stored
    if turn == 1 or upright:
        return Frame(_same(stated, seen), seen)
    if turn not in _QUARTERS or stated is None or stored == seen:
        raise MediaError("orientation", f"EXIF orientation {turn}: which way up it was annotated cannot be told")
    if _alike(stated, seen):
        return Frame(stated, seen)
    return Frame(_same(stated, stored), seen, turn)


def _same(stated: Size | None, found: Size) -> Size:
    if stated is None:
        return found
    if not _alike(stated, found):
        sizes = " and ".join(f"{width:g} x {height:g}" for width, height in (stated, found))
        raise MediaError("size", f"the annotated image and the stored one differ in shape: {sizes}")
    return stated


def _alike(stated: Size, found: Size) -> bool:
    """Equal but for a scale."""
    return min(stated) > 0 and abs(stated[0] * found[1] / (stated[1] * found[0]) - 1) <= ALIKE
