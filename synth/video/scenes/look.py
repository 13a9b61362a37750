"""Do the frames show what a spec says? Every object is sought where it should be, in every frame, and nothing else.

Points of each sprite are carried to the places of the frame where the spec has them, and their colours compared; just
beyond its outline, and wherever the spec has no object, the frame must show the ground, a picture of its own beside the
film. Drawing warps sprites onto frames; here nothing is drawn: points are carried, and frames are only read.
"""

from collections.abc import Iterator

import numpy as np

from synth.video.scenes import tracks
from synth.video.scenes.bodies import ENOUGH, MARGIN, Body, Cast, at_frames, carried, distance
from synth.video.scenes.tracks import Spec, Track

OFF = 30.0, 0.65  # shades (of 255) that it may be off, in the mean; and share of those that the ground is off
RIVAL, CLOSER = 9.0, 0.7  # above this, no other object's look may be off by so small a share of it
BESIDE = 4  # px: where the frame must not fit better
BETTER = 1.35, 8.0  # by this factor and so many shades
TOLD = 18.0  # shades between an object and the ground behind it, at least
HALO = 3.5  # px beyond the outline, where the ground must be seen again
LARGE, SMALL = (0.75, 30.0), (0.4, 14.0)  # shades off, at the rim and beyond it: of those to the ground; and at least
GRID = 6  # px between places at which the ground is looked at; other places in each frame
FOREIGN, FEW = 28.0, 7  # shades that a place is off the ground; so many places of a frame may be
CHUNK = 48  # frames at a time
SHIFTS = [(0, 0), *((dx * BESIDE, dy * BESIDE) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)]


def faults(
    spec: Spec, shot: int, members: Cast, at: np.ndarray, frames: Iterator[np.ndarray], ground: np.ndarray
) -> Iterator[str]:
    """What a shot's frames (height, width, 3), shown at moments `at`, do not bear out."""
    import cv2

    ground = cv2.blur(ground, (3, 3))
    for begin in range(0, len(at), CHUNK):
        part = np.arange(begin, min(begin + CHUNK, len(at)))
        shown = np.stack([cv2.blur(next(frames), (3, 3)) for _ in part])
        where = [at_frames(each, part) for each in members.posed]
        behind = Behind(ground, tracks.camera(spec["shots"][shot], at[part]))
        yield from _objects(members, where, at[part], shown, behind)
        yield from _rest(members, where, at[part], shown, behind, begin)


class Behind:
    """The ground as the camera sees it at some frames."""

    def __init__(self, ground: np.ndarray, view: tuple[np.ndarray, np.ndarray, np.ndarray]):
        self.ground, self.view = ground, view

    def __call__(self, x: np.ndarray, y: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(n, 3) float32: its colours at places of the frames `which`, n each."""
        left, top, zoom = (values[which] for values in self.view)
        u, v = x / zoom + left - 0.5, y / zoom + top - 0.5
        height, width = self.ground.shape[:2]
        u, v = u.clip(0, width - 1.001), v.clip(0, height - 1.001)
        columns, rows = u.astype(np.int64), v.astype(np.int64)
        across, down = ((each - np.floor(each)).astype(np.float32)[:, None] for each in (u, v))
        first, second = (
            self.ground[row, columns] * (1 - across) + self.ground[row, columns + 1] * across
            for row in (rows, rows + 1)
        )
        return first * (1 - down) + second * down


def _objects(members: Cast, where: list[Track], at: np.ndarray, shown: np.ndarray, behind: Behind) -> Iterator[str]:
    """Whether each object is there, looks as it should, and fits nowhere beside."""
    for number in range(len(members.things)):
        for look, seen in enumerate(members.bodies[number]):
            chosen = np.flatnonzero(where[number].shown & (where[number].look == look))
            if len(chosen):
                yield from _object(members, where, (number, look), seen, at, chosen, shown, behind)


def _object(
    members: Cast,
    where: list[Track],
    one: tuple[int, int],
    seen: Body,
    at: np.ndarray,
    chosen: np.ndarray,
    shown: np.ndarray,
    behind: Behind,
) -> Iterator[str]:
    """What is wrong with one body at the frames `chosen`."""
    height, width = shown.shape[1:3]
    name = members.things[one[0]]["looks"][seen.look][1]
    mine = at_frames(where[one[0]], chosen)
    x, y = carried(seen.places, mine)
    columns, rows = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    inside = (columns >= 2) & (columns < width - 2) & (rows >= 2) & (rows < height - 2)
    inside &= _in_sight(members, where, one[0], chosen, x, y)
    frames = chosen[:, None]
    there = shown[frames, rows.clip(0, height - 1), columns.clip(0, width - 1)].astype(np.float32)
    off = np.abs(there - seen.shades).mean(-1)  # (frames, points)
    back = np.zeros(inside.shape, np.float32)
    frame, place = np.nonzero(inside)
    back[frame, place] = np.abs(behind(x[frame, place], y[frame, place], chosen[frame]) - seen.shades[place]).mean(-1)
    told = inside.sum(1) >= ENOUGH
    edge = inside & (np.arange(x.shape[1]) >= x.shape[1] - seen.rim)
    edged = 2 * edge.sum(1) >= max(seen.rim, 2 * ENOUGH)
    mean, plain, halo = (
        _mean(off, inside),
        _mean(back, inside),
        _halo(members, where, one[0], seen, chosen, shown, behind),
    )
    faults = {
        "is not seen, its colours are others": told & (mean > np.minimum(OFF[0], OFF[1] * plain)),
        "cannot be told from the ground": told & (plain < TOLD),
        "does not reach to where its outline is said to be": edged
        & (_mean(off, edge) > np.maximum(LARGE[0] * _mean(back, edge), LARGE[1])),
        "is seen beyond where its outline is said to be": told & (halo > np.maximum(SMALL[0] * plain, SMALL[1])),
        f"fits better {BESIDE} px beside where it is said to be": told & _beside(seen, x, y, inside, frames, shown),
    }
    for fault, wrong in faults.items():
        if wrong.any():
            yield f"{at[chosen[np.argmax(wrong)]]:.2f} s: {name!r} {fault}"
    doubtful = np.flatnonzero(told & (mean > RIVAL))
    if len(doubtful):
        yield from _rivals(members, one, mine, chosen, doubtful, mean, shown, at)


def _rivals(
    members: Cast,
    one: tuple[int, int],
    mine: Track,
    chosen: np.ndarray,
    doubtful: np.ndarray,
    off: np.ndarray,
    shown: np.ndarray,
    at: np.ndarray,
) -> Iterator[str]:
    """Whether what is seen, if it fits badly, is rather another kind of things of the shot, stretched to its place."""
    height, width = shown.shape[1:3]
    looks = [(number, look) for number, bodies in enumerate(members.bodies) for look in range(len(bodies))]

    def called(pair: tuple[int, int]) -> str:
        return members.things[pair[0]]["looks"][members.bodies[pair[0]][pair[1]].look][1]

    size = members.things[one[0]]["looks"][members.bodies[one[0]][one[1]].look][4:6]
    some = doubtful[:: max(1, len(doubtful) // 6)]
    for rival in [pair for pair in looks if called(pair) != called(one)]:
        seen = members.bodies[rival[0]][rival[1]]
        other = members.things[rival[0]]["looks"][seen.look]
        stretched = seen.places * (size[0] / other[4], size[1] / other[5])
        x, y = carried(stretched, at_frames(mine, some))
        columns, rows = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        there = shown[chosen[some][:, None], rows.clip(0, height - 1), columns.clip(0, width - 1)].astype(np.float32)
        fit = _mean(np.abs(there - seen.shades).mean(-1), inside)
        if (fit < CLOSER * off[some]).mean() > 0.5:
            yield f"{at[chosen[some[0]]]:.2f} s: what is seen is {other[1]!r} rather"
            return


def _mean(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    return (values * chosen).sum(1) / np.maximum(chosen.sum(1), 1)


def _in_sight(
    members: Cast, where: list[Track], number: int, chosen: np.ndarray, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """(frames, n) whether no object that lies above hides a place, or is so near that it would be mixed with it."""
    clear = np.ones(x.shape, bool)
    for other in range(number + 1, len(members.things)):
        for look, seen in enumerate(members.bodies[other]):
            theirs = at_frames(where[other], chosen)
            there = theirs.shown & (theirs.look == look)
            if there.any():
                clear &= ~there[:, None] | (distance(seen, theirs, x, y) > 3)
    return clear


def _beside(
    seen: Body, x: np.ndarray, y: np.ndarray, inside: np.ndarray, frames: np.ndarray, shown: np.ndarray
) -> np.ndarray:
    """(frames,) whether the outline fits better some px beside."""
    height, width = shown.shape[1:3]
    rim = slice(x.shape[1] - seen.rim, None)
    columns, rows = np.floor(x[:, rim]).astype(np.int64), np.floor(y[:, rim]).astype(np.int64)
    usable = inside[:, rim] & (columns >= BESIDE) & (columns < width - BESIDE)
    usable &= (rows >= BESIDE) & (rows < height - BESIDE)
    columns, rows = columns.clip(BESIDE, width - BESIDE - 1), rows.clip(BESIDE, height - BESIDE - 1)
    fits = [
        _mean(np.abs(shown[frames, rows + dy, columns + dx] - seen.shades[rim]).mean(-1), usable) for dx, dy in SHIFTS
    ]
    return (np.min(fits[1:], 0) * BETTER[0] + BETTER[1] < fits[0]) & (usable.sum(1) >= ENOUGH)


def _halo(
    members: Cast,
    where: list[Track],
    number: int,
    seen: Body,
    chosen: np.ndarray,
    shown: np.ndarray,
    behind: Behind,
) -> np.ndarray:
    """(frames,) shades by which the frame is off the ground just beyond an object's outline, where nothing else is."""
    height, width = shown.shape[1:3]
    mine = at_frames(where[number], chosen)
    some = slice(None, None, max(1, len(seen.outline) // 90))
    x, y = carried(seen.outline[some], mine)
    turn, (nx, ny) = np.radians(mine.angle)[:, None], seen.outward[some].T
    x, y = x + HALO * (np.cos(turn) * nx + np.sin(turn) * ny), y + HALO * (np.cos(turn) * ny - np.sin(turn) * nx)
    free = (x >= 3) & (x < width - 3) & (y >= 3) & (y < height - 3) & (distance(seen, mine, x, y) >= HALO - 1)
    for other in range(len(members.things)):
        for look, body_ in enumerate(members.bodies[other]):
            theirs = at_frames(where[other], chosen)
            there = theirs.shown & (theirs.look == look) & (other != number)
            if there.any():
                free &= ~there[:, None] | (distance(body_, theirs, x, y) > 4)
    frame, place = np.nonzero(free)
    px, py = x[frame, place], y[frame, place]
    seen_there = shown[chosen[frame], np.floor(py).astype(np.int64), np.floor(px).astype(np.int64)]
    off = np.zeros(free.shape, np.float32)
    off[frame, place] = np.abs(seen_there - behind(px, py, chosen[frame])).mean(-1)
    return np.where(free.sum(1) >= ENOUGH, _mean(off, free), 0)


def _rest(
    members: Cast, where: list[Track], at: np.ndarray, shown: np.ndarray, behind: Behind, begin: int
) -> Iterator[str]:
    """Whether the ground is seen where no object is."""
    count, height, width = shown.shape[:3]
    rows, columns = (axis.ravel() for axis in np.mgrid[4 : height - 6 : GRID, 4 : width - 6 : GRID])
    order = np.arange(begin, begin + count)
    x, y = columns + (order * 5 % GRID)[:, None], rows + (order * 7 // GRID % GRID)[:, None]  # (frames, places)
    free = np.ones(x.shape, bool)
    for number in range(len(members.things)):
        for look, seen in enumerate(members.bodies[number]):
            there = where[number].shown & (where[number].look == look)
            if not there.any():
                continue
            chosen = np.flatnonzero(there)
            theirs = at_frames(where[number], chosen)
            reach = (np.hypot(*seen.far.shape) / 2 - MARGIN) * theirs.scale[:, None] + 5
            near = np.abs(x[chosen] - theirs.x[:, None]) < reach
            near &= np.abs(y[chosen] - theirs.y[:, None]) < reach
            frame, place = np.nonzero(near)
            one = at_frames(theirs, frame)
            close = distance(seen, one, x[chosen][frame, place][:, None] + 0.5, y[chosen][frame, place][:, None] + 0.5)
            free[chosen[frame[close[:, 0] <= 4]], place[close[:, 0] <= 4]] = False
    frame, place = np.nonzero(free)
    px, py = x[frame, place], y[frame, place]
    off = np.abs(shown[frame, py, px] - behind(px + 0.5, py + 0.5, frame)).mean(-1) > FOREIGN
    counts = np.bincount(frame[off], minlength=count)
    for number in np.flatnonzero(counts > FEW)[:1]:
        yield f"{at[number]:.2f} s: something else than the ground is seen at {counts[number]} places without an object"
