"""A second drawing of what is claimed, compared with the ink of the first: glyph by glyph, and both ways.

A drawing of signs and lines is claimed as primitives: glyphs (a sign of a font at a place and size), strokes and filled
polygons. `Redrawing` paints them with code of its own. Every glyph must look like the ink at its place, more so than
each sign that it could be mistaken for; every stroke must lie on ink; and no ink may be left that nothing claims. What
the primitives mean is for the rooms to read.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from synth.notation.glyphs import Glyph, Mark

LIKE = 0.45  # least correlation of a glyph with the ink at its place
LEFT = 8  # pixels of unclaimed ink in one spot that are more than a blur or a JPEG's ringing
MORE = 0.01  # how much more like the ink something else must be to be what is there
SPARE = 0.2  # how much more alike signs may be than a comparison at another size says
_NEAR = [(dx, dy) for dy in (0, -1, 1) for dx in (0, -1, 1)]  # what rounding and hinting move
_AWAY = [(dx * far, dy * far) for far in (3, 4, 5) for dx, dy in ((0, 1), (0, -1), (1, 0), (-1, 0))]
_MARGIN = 6  # round a glyph where its ink is looked for: more than any of these


def ink(picture: np.ndarray) -> np.ndarray:
    """(height, width, 3) uint8 -> (height, width) float32: 0 is paper, 1 the strongest contrast with it.

    The paper is taken as one colour, the commonest. No contrast at all gives zeros.
    """
    import cv2

    some = picture[::3, ::3].reshape(-1, 3)
    coarse = (some >> 3).astype(np.int64) @ np.array([1024, 32, 1])
    paper = np.median(some[coarse == np.bincount(coarse).argmax()], axis=0).round()
    apart = cv2.absdiff(np.ascontiguousarray(picture), (*paper.tolist(), 0.0))
    contrast = np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2])
    below = np.cumsum(np.bincount(contrast.reshape(-1), minlength=256))
    strongest = int(np.searchsorted(below, 0.999 * contrast.size))
    share = np.clip(np.arange(256, dtype=np.float32) / max(strongest, 1), 0, 1)
    return share[contrast] if strongest > 30 else np.zeros(contrast.shape, np.float32)


class Redrawing:
    """Paints primitives on a canvas of (height, width), then says where it differs from ink of that shape."""

    def __init__(self, height: int, width: int):
        self._clear = np.zeros((height, width), np.float32)  # the logarithm of what every primitive lets through
        self._glyphs: list[tuple[Glyph, Mark | None]] = []
        self._strokes: list[tuple[str, np.ndarray, float]] = []
        self._open = np.zeros((height, width), np.uint8)  # where ink may be that nothing paints

    def glyph(self, glyph: Glyph) -> None:
        mark = glyph.mark(glyph.name)
        self._glyphs.append((glyph, mark))
        if mark is not None:
            place, alpha = self._inside(mark)
            self._clear[place] += _veil(alpha)

    def polygon(self, name: str, corners: Sequence[Sequence[float]], least: float = 0.25) -> None:
        """A filled area, of ink of at `least` that strength. Coordinates are pixels, (0, 0) the corner of the first."""
        import cv2

        points = np.asarray(corners, np.float64)
        height, width = self._clear.shape
        if not np.isfinite(points).all() or (points < -9).any() or (points > np.array([width, height]) + 9).any():
            raise ValueError(f"{name} lies outside the picture: {corners}")
        left, top = (max(int(edge), 0) for edge in np.floor(points.min(axis=0)) - 1)
        right, bottom = (int(edge) for edge in np.ceil(points.max(axis=0)) + 2)
        alpha = np.zeros((max(min(bottom, height) - top, 1), max(min(right, width) - left, 1)), np.uint8)
        inside = (points - [left, top] - 0.5) * 256  # cv2 counts from the middle of the first pixel
        cv2.fillPoly(alpha, [np.round(inside).astype(np.int32)], 255, lineType=cv2.LINE_AA, shift=8)
        self._clear[top : top + alpha.shape[0], left : left + alpha.shape[1]] += _veil(alpha.astype(np.float32) / 255)
        self._strokes.append((name, np.argwhere(alpha > 160) + np.array([top, left]), least))

    def allow(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Ink within a box is left to other checks."""
        self._open[max(int(y1) - 1, 0) : max(int(y2) + 2, 0), max(int(x1) - 1, 0) : max(int(x2) + 2, 0)] = 1

    def stroke(self, name: str, x1: float, y1: float, x2: float, y2: float, width: float) -> None:
        """A straight line with flat ends."""
        length = max(float(np.hypot(x2 - x1, y2 - y1)), 1e-6)
        half = max(width, 1.0) / 2
        nx, ny = (y1 - y2) / length * half, (x2 - x1) / length * half
        corners = [(x1 + nx, y1 + ny), (x2 + nx, y2 + ny), (x2 - nx, y2 - ny), (x1 - nx, y1 - ny)]
        self.polygon(name, corners, 0.25 if width >= 1 else 0.15)  # a thin line's ink is shared by two rows

    def faults(self, seen: np.ndarray) -> Iterator[str]:
        """Where `seen`, ink of the same shape, is not what was painted."""
        import cv2

        settled = [self._settled(mark, seen) if mark else None for _, mark in self._glyphs]
        for (glyph, mark), lies in zip(self._glyphs, settled, strict=True):
            yield from self._misread(glyph, mark, lies, seen)
        near = cv2.dilate(seen, np.ones((3, 3), np.uint8))
        for name, pixels, least in self._strokes:
            if len(pixels) and (near[pixels[:, 0], pixels[:, 1]] > least).mean() < 0.9:
                yield f"no ink along {name} at {[int(each) for each in pixels.mean(axis=0)[::-1]]}"
        claimed = cv2.dilate((1 - np.exp(self._clear) > 0.1).astype(np.uint8), np.ones((5, 5), np.uint8))
        left = ((seen > 0.35) & (claimed == 0) & (self._open == 0)).astype(np.uint8)
        _, _, spots, _ = cv2.connectedComponentsWithStats(left)
        for x, y, width, height, area in spots[1:]:
            if area > LEFT:
                yield f"unclaimed ink at {[int(x), int(y), int(x + width), int(y + height)]}"

    def _settled(self, mark: Mark, seen: np.ndarray) -> Mark:
        """A sign painted where it is most like the ink, to a pixel: its neighbours are then compared with what of the
        ink is theirs.
        """
        place, alpha = self._inside(mark, 1)
        if alpha.size == 0:
            return mark
        likes = _likes(seen[place], self._through(place, alpha), _moved(alpha, _NEAR))
        dx, dy = _NEAR[likes.argmax()]
        lies = Mark(mark.alpha, mark.left + dx, mark.top + dy)
        self._clear[place] -= _veil(alpha)
        place, alpha = self._inside(lies)
        self._clear[place] += _veil(alpha)
        return lies

    def _misread(self, glyph: Glyph, mark: Mark | None, lies: Mark | None, seen: np.ndarray) -> Iterator[str]:
        """`mark` is the sign as claimed, `lies` as painted."""
        if mark is None or lies is None:
            yield f"{glyph.name!r} is no sign of its font"
            return
        place, alpha = self._inside(mark, _MARGIN)
        if alpha.size == 0 or alpha.max() < 0.1:
            yield f"{glyph.name!r} lies outside the picture"
            return
        where = [mark.left, mark.top]
        through, moves = self._through(place, self._in(place, lies)), _moved(alpha, [*_NEAR, *_AWAY])
        likes = _likes(seen[place], through, moves)
        if likes[: len(_NEAR)].max() < LIKE and self._open[place].any():  # of ink that nothing paints it knows nothing
            likes = _likes(seen[place], through, moves, np.broadcast_to(_close(alpha), moves.shape))
        best = likes[: len(_NEAR)].max()
        if best < LIKE:
            yield f"{glyph.name!r} is not what stands at {where} ({best:.2f} alike)"
        elif likes.max() > best + MORE:
            yield f"{glyph.name!r} stands beside {where}"
        else:
            yield from self._rival(glyph, mark, lies, seen, float(best))

    def _rival(self, glyph: Glyph, mark: Mark, lies: Mark, seen: np.ndarray, best: float) -> Iterator[str]:
        """Each rival is compared within the window that it and the claimed sign fill; those that come near, also a
        pixel aside.

        Correlations are cosines of angles: what is `best` like the claimed sign can be more like a rival only where
        that one is at most twice as far from the claimed sign. Others are not looked at.
        """
        least = 2 * best * best - 1 - SPARE
        names = [name for name, like in glyph.rivals.items() if name != glyph.name and like > least]
        others = {name: other for name in names if (other := glyph.mark(name))}
        if not others:
            return
        whole = self._place(_union([mark, *others.values()]), 2)
        mine = self._in(whole, mark)
        theirs = np.stack([self._in(whole, other) for other in others.values()])  # (rivals, height, width)
        windows = np.zeros(theirs.shape, bool)
        for number, other in enumerate(others.values()):
            rows, columns = self._place(_union([mark, other]), 2)
            top, left = whole[0].start, whole[1].start
            windows[number, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = True
        through = self._through(whole, self._in(whole, lies))
        claimed = _likes(seen[whole], through, np.broadcast_to(mine, theirs.shape), windows)
        near = _likes(seen[whole], through, theirs, windows) >= claimed - 0.1
        for name, other in (pair for pair, close in zip(others.items(), near, strict=True) if close):
            place = self._place(_union([mark, other]), 2)
            alpha = self._in(place, mark)
            both = np.concatenate([_moved(alpha, _NEAR), _moved(self._in(place, other), _NEAR)])
            known = self._open[place] == 0
            if not known[alpha > 0.1].all():
                known = _close(alpha)
            windows = np.broadcast_to(known, both.shape)
            likes = _likes(seen[place], self._through(place, self._in(place, lies)), both, windows)
            if likes[len(_NEAR) :].max() > likes[: len(_NEAR)].max() + MORE:
                yield f"{name!r} rather than {glyph.name!r} stands at {[mark.left, mark.top]}"
                return

    def _through(self, place: tuple[slice, slice], alpha: np.ndarray) -> np.ndarray:
        """How much of the paper everything but the sign lets through, from 0 to 1."""
        return np.exp(self._clear[place] - _veil(alpha))

    def _inside(self, mark: Mark, margin: int = 0) -> tuple[tuple[slice, slice], np.ndarray]:
        place = self._place(mark, margin)
        return place, self._in(place, mark)

    def _place(self, mark: Mark, margin: int) -> tuple[slice, slice]:
        height, width = self._clear.shape
        rows = slice(max(mark.top - margin, 0), min(mark.top + mark.alpha.shape[0] + margin, height))
        columns = slice(max(mark.left - margin, 0), min(mark.left + mark.alpha.shape[1] + margin, width))
        return slice(rows.start, max(rows.stop, rows.start)), slice(columns.start, max(columns.stop, columns.start))

    def _in(self, place: tuple[slice, slice], mark: Mark) -> np.ndarray:
        """The part of a mark that lies in a window of the canvas, in the window's frame."""
        rows, columns = place
        window = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        top, left = max(mark.top, rows.start), max(mark.left, columns.start)
        bottom = min(mark.top + mark.alpha.shape[0], rows.stop)
        right = min(mark.left + mark.alpha.shape[1], columns.stop)
        if bottom > top and right > left:
            part = mark.alpha[top - mark.top : bottom - mark.top, left - mark.left : right - mark.left]
            window[top - rows.start : bottom - rows.start, left - columns.start : right - columns.start] = part
        return window


def _veil(alpha: np.ndarray) -> np.ndarray:
    return np.log1p(-np.minimum(alpha, 0.995))


def _moved(alpha: np.ndarray, shifts: Sequence[tuple[int, int]]) -> np.ndarray:
    """(height, width) -> (shifts, height, width): shifted by (dx, dy), zeros coming in."""
    far = max(abs(step) for shift in shifts for step in shift)
    views = sliding_window_view(np.pad(alpha, far), alpha.shape)
    return views[[far - dy for _, dy in shifts], [far - dx for dx, _ in shifts]]


def _close(alpha: np.ndarray) -> np.ndarray:
    """The pixels of a sign and those beside it."""
    import cv2

    return cv2.dilate((alpha > 0.1).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _likes(seen: np.ndarray, through: np.ndarray, alphas: np.ndarray, windows: np.ndarray | None = None) -> np.ndarray:
    """The correlations of ink (height, width) with what is painted when a sign is each of `alphas` (n, height, width)
    and the rest stays, within `windows` of that shape (none: everywhere).
    """
    count = len(alphas)
    ink, clear = seen.reshape(-1), through.reshape(-1)
    painted = (1 - clear) + clear * alphas.reshape(count, -1)  # (n, pixels)
    if windows is None:
        one, two = ink - ink.mean(), painted - painted.mean(axis=1, keepdims=True)
        squares = (one @ one) * np.einsum("np,np->n", two, two)
        products = two @ one
    else:
        inside = windows.reshape(count, -1).astype(np.float32)
        painted *= inside
        size, one, two = inside.sum(axis=1), inside @ ink, painted.sum(axis=1)
        products = painted @ ink - one * two / size
        squares = (inside @ (ink * ink) - one * one / size) * (
            np.einsum("np,np->n", painted, painted) - two * two / size
        )
    norms = np.sqrt(np.maximum(squares, 0))
    return np.where(norms > 1e-6, products / np.maximum(norms, 1e-6), 0.0)


def _union(marks: Sequence[Mark]) -> Mark:
    """An empty mark that covers them all."""
    left, top = min(mark.left for mark in marks), min(mark.top for mark in marks)
    right = max(mark.left + mark.alpha.shape[1] for mark in marks)
    bottom = max(mark.top + mark.alpha.shape[0] for mark in marks)
    return Mark(np.zeros((bottom - top, right - left), np.float32), left, top)


def box_faults(seen: np.ndarray, box: Sequence[float]) -> list[str]:
    """Where the ink as a whole is not in its box, to 3 px. Of pale ink either box is right, with it or without."""
    with_pale, without = (_ends(seen > least) for least in (0.2, 0.35))
    if without is None or with_pale is None:
        return ["the picture is blank"]
    sides = zip(with_pale, without, box, strict=True)
    off = max(max(min(one, two) - side, side - max(one, two)) for one, two, side in sides)
    return [f"the ink's box is {without}, not {list(box)}"] if off > 3 else []


def _ends(mask: np.ndarray) -> list[int] | None:
    rows, columns = (np.nonzero(mask.any(axis=axis))[0] for axis in (1, 0))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1] if len(rows) else None
