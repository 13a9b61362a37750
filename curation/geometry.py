"""From numbers to text: coordinates and times written for the size that the model sees (paper section 2.2.1).

Qwen2.5-VL reads and writes absolute pixels of the resized input image, so a box is scaled and written only here.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from curation.document import Box, Form, Point, Time

Size = tuple[int, int]  # width, height in pixels
SAME_MOMENT = 5e-6  # seconds: timestamps are kept to the microsecond

_BOXES = {
    "json": "[{}, {}, {}, {}]",
    "html": "{} {} {} {}",
    "plain": "({},{}),({},{})",
    "xml": 'x1="{}" y1="{}" x2="{}" y2="{}"',
}
_POINTS = {"json": "[{}, {}]", "html": "{} {}", "plain": "({},{})", "xml": 'x="{}" y="{}"'}
_NUMBER = r"\s*(\d+)\s*"


def write(part: Box | Point, stored: Size, seen: Size) -> str:
    """The part's coordinates in whole pixels of an image of size `seen`, where the part counts pixels of size `stored`.

    Each edge is within half a pixel of its exact place and inside the image; a box is never empty.
    """
    across, down = seen[0] / stored[0], seen[1] / stored[1]
    if isinstance(part, Point):
        x, y = (_pixel(part.x * across, seen[0] - 1), _pixel(part.y * down, seen[1] - 1))
        return _POINTS[part.form].format(x, y)
    x1, x2 = _edges(part.x1 * across, part.x2 * across, seen[0])
    y1, y2 = _edges(part.y1 * down, part.y2 * down, seen[1])
    return _BOXES[part.form].format(x1, y1, x2, y2)


def write_time(time: Time, shown: Sequence[float]) -> str:
    """Seconds with one decimal (`12.5s`), or hour, minute, second and frame (`00:00:12:03`, paper section 2.2.1).

    `shown` are the moments of the frames that the model sees, rising, in seconds: the frame is the one that stands
    then, counted from 0 within its second. So both forms are right at every rate at which a video is sampled.
    """
    if time.form == "seconds":
        return f"{time.seconds:.1f}s"
    moment = time.seconds + SAME_MOMENT
    second = int(moment)
    frame = max(bisect_right(shown, moment) - bisect_left(shown, second - SAME_MOMENT) - 1, 0)
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}:{frame:02d}"


def write_extent(seen: Size) -> str:
    """`1092x2408`, as the released `computer_use` tells the screen's resolution."""
    return f"{seen[0]}x{seen[1]}"


def read_boxes(text: str, form: Form) -> list[tuple[int, int, int, int]]:
    """Every box written in `form`, in order: the inverse of `write`, for reading a model's answers."""
    return [(a, b, c, d) for a, b, c, d in _find(_BOXES[form], text)]


def read_points(text: str, form: Form) -> list[tuple[int, int]]:
    """Every point written in `form`, in order."""
    return [(x, y) for x, y in _find(_POINTS[form], text)]


def iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes (x1, y1, x2, y2)."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union > 0 else 0.0


def _find(template: str, text: str) -> list[tuple[int, ...]]:
    pattern = re.escape(template).replace(r"\{\}", _NUMBER).replace(r"\ ", r"\s*")
    return [tuple(int(number) for number in found) for found in re.findall(pattern, text)]


def _pixel(exact: float, last: int) -> int:
    return min(max(int(exact + 0.5), 0), last)


def _edges(low: float, high: float, end: int) -> tuple[int, int]:
    """Both edges to whole pixels; a box narrower than a pixel becomes the pixel that holds its middle."""
    first, last = _pixel(low, end), _pixel(high, end)
    if first < last:
        return first, last
    first = min(max(int((low + high) / 2), 0), end - 1)
    return first, first + 1
