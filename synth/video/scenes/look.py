"""Do the frames show what a spec says? Every object is sought where it should be, in every frame, and nothing else.

Points of each sprite, read from the library, are carried to the places of the frame where the spec has them, and their
colours compared; where the spec has no object, the frame must show the ground, a picture of its own beside the film.
Drawing warps sprites onto frames; here nothing is drawn: points are carried the other way, and frames are only read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.video.scenes import tracks
from synth.video.scenes.tracks import Spec, Track

INNER, RIM = 90, 70  # points of an object
ENOUGH = 12  # of its points in sight: fewer say nothing
OFF = 30.0, 0.65  # shades (of 255) that it may be off, in the mean; and share of those that the ground is off
RIVAL, CLOSER = 9.0, 0.8  # above this, no other object's look may be off by so small a share of it
BESIDE = 4  # px: where the frame must not fit better
BETTER = 1.2, 5.0  # by this factor and so many shades
TOLD = 18.0  # shades between an object and the ground behind it, at least
MARGIN = 40  # px around an object in which distances to it are known
HALO = 3.5  # px beyond the outline, where the ground must be seen again
LARGE, SMALL = (0.6, 24.0), (0.4, 14.0)  # shades off, at the rim and beyond it: of those to the ground; and at least
SMALLER = 0.8  # of its own size: an object that shrinks to less is sought by points chosen for that
GRID = 6  # px between places at which the ground is looked at; other places in each frame
FOREIGN, FEW = 26.0, 5  # shades that a place is off the ground; so many places of a frame may be
CHUNK = 48  # frames at a time
SHIFTS = [(0, 0), *((dx * BESIDE, dy * BESIDE) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)]


@dataclass(frozen=True)
class Body:
    """A look of an object at its own size: places (n, 2) px from its middle, of which the first are within and the last
    `rim` near the outline; their colours (n, 3); and how far, px, each px of a field around its middle is from it."""

    places: np.ndarray
    rim: int
    shades: np.ndarray
    outline: np.ndarray  # (m, 2) px from the middle
    outward: np.ndarray  # (m, 2) of length 1: away from it, at each px of the outline
    far: np.ndarray  # (h, w) float32, with MARGIN px around
    area: int
    look: int = 0  # its number


def body(thing: Spec, look: Sequence[Any], sprites: Sprites) -> Body:
    """Reads a look from the library. Raises LookupError where it is not there, ValueError where it is too fine."""
    import cv2

    _, name, key, paint, width, height = look
    number = sprites.numbers[key]
    drawing = sprites.drawings[number]
    if drawing.name != name or bool(paint) != drawing.glyph or not sprites.usable(number):
        raise LookupError(f"the library has no {key!r} of the name {name!r} to be shown so")
    level = sprites.level(number, width, height)[1:-1, 1:-1]
    level = cv2.resize(level, (width, height), interpolation=cv2.INTER_LINEAR)
    if thing["flip"]:
        level = level[:, ::-1]
    alpha = np.pad(level[..., 3], 1)
    inner = cv2.erode((alpha > 215).view(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    mask = level[..., 3] > 127
    rim = inner & (cv2.erode(inner.view(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) == 0)
    core = inner & ~rim if (inner & ~rim).sum() >= ENOUGH else inner
    if inner.sum() < 2 * ENOUGH:
        raise ValueError(f"{name!r} is too fine to be found")
    spots = [_some(core, INNER), _some(rim, RIM)]
    soft = cv2.blur(np.ascontiguousarray(level[..., :3]), (3, 3)).astype(np.float32)
    rows, columns = np.concatenate(spots, 1)
    shades = np.minimum(soft[rows, columns] * thing["brightness"], 255)
    if paint:
        shades = np.broadcast_to(np.array(paint, np.float32), shades.shape)
    edge = mask & (cv2.erode(mask.view(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) == 0)
    middle = np.array([width / 2, height / 2])
    far = cv2.distanceTransform((~np.pad(mask, MARGIN)).astype(np.uint8), cv2.DIST_L2, 5)
    border = _some(edge, 500)
    fall = np.stack([cv2.Sobel(cv2.blur(far, (5, 5)), cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1))], -1)
    outward = fall[border[0] + MARGIN, border[1] + MARGIN]
    return Body(
        places=np.stack([columns, rows], 1) + 0.5 - middle,
        rim=spots[1].shape[1],
        shades=np.ascontiguousarray(shades),
        outline=border[::-1].T + 0.5 - middle,
        outward=outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6),
        far=far,
        area=int(mask.sum()),
    )


def shrunk(thing: Spec, seen: Body, factor: float, sprites: Sprites) -> Body:
    """A body to be found so many times smaller: its points are chosen and averaged at that size."""
    look = list(thing["looks"][seen.look])
    look[4:6] = (round(side * factor) for side in look[4:6])
    small = body(thing, look, sprites)
    return replace(seen, places=small.places / factor, rim=small.rim, shades=small.shades)


def _some(mask: np.ndarray, most: int) -> np.ndarray:
    """Rows and columns (2, n) of at most so many pixels, evenly taken."""
    rows, columns = np.nonzero(mask)
    chosen = np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)
    return np.stack([rows[chosen], columns[chosen]])


def carried(places: np.ndarray, where: Track) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows (frames, n), fractions of px, of places (n, 2) of an object."""
    turn = np.radians(where.angle)[:, None]
    u, v = places[None, :, 0] * where.scale[:, None], places[None, :, 1] * where.scale[:, None]
    x = where.x[:, None] + np.cos(turn) * u + np.sin(turn) * v
    return x, where.y[:, None] - np.sin(turn) * u + np.cos(turn) * v


def distance(seen: Body, where: Track, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(frames, n) px of the frame from places of it to an object, 0 on it, and no more than is known."""
    turn = np.radians(where.angle)[:, None]
    dx, dy = (x - where.x[:, None]) / where.scale[:, None], (y - where.y[:, None]) / where.scale[:, None]
    height, width = seen.far.shape
    columns = np.floor(np.cos(turn) * dx - np.sin(turn) * dy + width / 2).astype(np.int64)
    rows = np.floor(np.sin(turn) * dx + np.cos(turn) * dy + height / 2).astype(np.int64)
    within = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    found = seen.far[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    return np.where(within, found, MARGIN) * where.scale[:, None]


def at_frames(where: Track, chosen: np.ndarray) -> Track:
    return Track(*(getattr(where, field.name)[chosen] for field in fields(Track)))


@dataclass
class Cast:
    """The objects of a shot: entries, their bodies by look, and where they are at the shot's frames.

    Objects that shrink have more bodies: those by which they are found when they are small. `posed` is `where` with the
    number of the body in place of that of the look.
    """

    things: list[Spec]
    bodies: list[list[Body]]
    where: list[Track]
    posed: list[Track]


def cast(spec: Spec, number: int, at: np.ndarray, sprites: Sprites) -> Cast:
    things = [thing for thing in spec["objects"] if thing["shot"] == number]
    bodies = [
        [replace(body(thing, look, sprites), look=place) for place, look in enumerate(thing["looks"])]
        for thing in things
    ]
    where = [tracks.track(spec, thing, at) for thing in things]
    _, _, zoom = tracks.camera(spec["shots"][number], at)
    posed = list(where)
    for place, thing in enumerate(things):
        least = min([1.0, *(factor for _, factor in thing["scale"])])
        if least < SMALLER:
            looks = len(bodies[place])
            bodies[place] += [shrunk(thing, seen, least, sprites) for seen in bodies[place]]
            small = where[place].scale / zoom < (1 + least) / 2
            posed[place] = replace(where[place], look=where[place].look + looks * small)
    return Cast(things, bodies, where, posed)


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
    height, width = shown.shape[1:3]
    looks = [(one, two) for one, bodies in enumerate(members.bodies) for two in range(len(bodies))]
    for number, thing in enumerate(members.things):
        for look, seen in enumerate(members.bodies[number]):
            chosen = np.flatnonzero(where[number].shown & (where[number].look == look))
            if not len(chosen):
                continue
            mine = at_frames(where[number], chosen)
            x, y = carried(seen.places, mine)
            clear = _in_sight(members, where, number, chosen, x, y)
            columns, rows = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
            inside = (columns >= 2) & (columns < width - 2) & (rows >= 2) & (rows < height - 2) & clear
            told = inside.sum(1) >= ENOUGH
            if not told.any():
                continue
            frames = chosen[:, None]
            there = shown[frames, rows.clip(0, height - 1), columns.clip(0, width - 1)].astype(np.float32)
            off = _mean(np.abs(there - seen.shades).mean(-1), inside)
            flat = np.nonzero(inside)
            back = np.zeros(inside.shape, np.float32)
            back[flat] = np.abs(behind(x[flat], y[flat], chosen[flat[0]]) - seen.shades[flat[1]]).mean(-1)
            plain = _mean(back, inside)
            name = thing["looks"][seen.look][1]
            for place in np.flatnonzero(told & (off > np.minimum(OFF[0], OFF[1] * plain)))[:1]:
                yield f"{at[chosen[place]]:.2f} s: {name!r} is not seen, colours are {off[place]:.0f} shades off"
            for place in np.flatnonzero(told & (plain < TOLD))[:1]:
                yield f"{at[chosen[place]]:.2f} s: {name!r} cannot be told from the ground"
            edge = np.where(np.arange(x.shape[1]) >= x.shape[1] - seen.rim, inside, False)
            off_rim, plain_rim = _mean(np.abs(there - seen.shades).mean(-1), edge), _mean(back, edge)
            for place in np.flatnonzero(
                (edge.sum(1) >= ENOUGH) & (off_rim > np.maximum(LARGE[0] * plain_rim, LARGE[1]))
            )[:1]:
                yield f"{at[chosen[place]]:.2f} s: {name!r} does not reach to where its outline is said to be"
            off_halo = _halo(members, where, number, seen, mine, chosen, shown, behind)
            for place in np.flatnonzero(told & (off_halo > np.maximum(SMALL[0] * plain, SMALL[1])))[:1]:
                yield f"{at[chosen[place]]:.2f} s: {name!r} is seen {HALO} px beyond where its outline is said to be"
            better = _beside(seen, x, y, inside, frames, shown)
            for place in np.flatnonzero(told & better)[:1]:
                yield f"{at[chosen[place]]:.2f} s: {name!r} fits better {BESIDE} px beside where it is said to be"
            doubtful = np.flatnonzero(told & (off > RIVAL))
            if len(doubtful):
                rivals = [
                    pair
                    for pair in looks
                    if members.things[pair[0]]["looks"][members.bodies[pair[0]][pair[1]].look][1] != name
                ]
                yield from _rivals(members, rivals, (number, look), mine, chosen, doubtful, off, shown, at)


def _rivals(
    members: Cast,
    rivals: list[tuple[int, int]],
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
    size = members.things[one[0]]["looks"][members.bodies[one[0]][one[1]].look][4:6]
    some = doubtful[:: max(1, len(doubtful) // 6)]
    for rival in rivals:
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
    mine: Track,
    chosen: np.ndarray,
    shown: np.ndarray,
    behind: Behind,
) -> np.ndarray:
    """(frames,) shades by which the frame is off the ground just beyond an object's outline, where nothing else is."""
    height, width = shown.shape[1:3]
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
