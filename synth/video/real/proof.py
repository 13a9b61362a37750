"""Does the film show what is said of it? Found in its frames and pictures alone, by how like they are.

cuts     the colours change at every cut as they do nowhere else
plain    a colour fills the frame in the frames claimed and in no others
freeze   the frames of a freeze are one, and those around it differ
again    each frame of a repeat is most like the frame that it is said to show again
cover    what lies on the footage is there, and only then
stills   a picture is most like the frame at the moment claimed, and unlike any far from it
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from synth.ocr import ink
from synth.sample import Claims, Evidence, Failure
from synth.video.real import look
from synth.video.real.look import Look

CUT, STEADY = 0.24, 0.6  # as in synth.video.real.edits, with room for what encoding changes
SAME = 4.5  # levels: what encoding changes of a frame, tile by tile
FLAT, NEAR = 5.0, 12.0  # levels: spread and distance of a plain colour
MOVED = 0.3  # seconds: frames further apart than this must differ where one is looked for
AIM = 0.13  # seconds that the frame found may be off the one claimed
HITS = 0.85  # share of a repeat's frames that must be found so near
PICTURE = 14.0  # levels that an inset may differ from its picture on average
UNLIKE = 1.7  # times that other pictures must differ more


def faults(claims: Claims, evidence: Evidence) -> Iterator[Failure]:
    film = evidence.film()
    if [film.width, film.height] != claims["size"]:
        yield Failure("film", f"the film is {film.width} x {film.height}, not {claims['size']}")
        return
    times = np.array(film.timestamps)
    seen = evidence.once("look", lambda: look.look(evidence.frames(0, range(len(times)))))
    yield from _tiled(claims, times)
    yield from _cuts(claims, times, seen)
    yield from _plain(claims, times, seen)
    for piece in claims["pieces"]:
        if piece["kind"] == "freeze":
            yield from _frozen(piece, times, seen)
        elif "of" in piece:
            yield from _again(piece, claims["pieces"][0], times, seen)
    if claims["edit"] in ("freeze", "backwards", "slow", "fast"):
        yield from _runs(claims, times, seen)
    if claims.get("cover"):
        yield from _cover(claims["cover"], times, evidence)
    for still in claims["stills"]:
        yield from _still(still, times, seen, evidence)


def _within(times: np.ndarray, start: float, end: float) -> np.ndarray:
    """(n,) bool: the frames from a moment up to another; the film's last frame belongs to what ends with it."""
    inside = (times >= start) & (times < end)
    if end >= times[-1]:
        inside[-1] = True
    return np.asarray(inside)


def _tiled(claims: Claims, times: np.ndarray) -> Iterator[Failure]:
    """Pieces follow each other without a gap, from frame to frame, and are those of the edit."""
    pieces, known = claims["pieces"], set(times.tolist())
    ends = [0.0, *(piece["end"] for piece in pieces)]
    if [piece["start"] for piece in pieces] != ends[:-1] or ends[-1] != times[-1] or not set(ends) <= known:
        yield Failure("pieces", "the pieces do not follow each other from frame to frame")
    kinds = [piece["kind"] for piece in pieces]
    wanted = {
        **{"insert": {"clip", "colour"}, "freeze": {"clip", "freeze"}},
        **{kind: {"clip", kind} for kind in ("backwards", "slow", "fast")},
    }.get(claims["edit"], {"clip"})
    if set(kinds) != wanted or (claims["edit"] == "montage") != (kinds.count("clip") > 1 and wanted == {"clip"}):
        yield Failure("pieces", f"{kinds} do not make a film of the kind {claims['edit']}")


def _cuts(claims: Claims, times: np.ndarray, seen: Look) -> Iterator[Failure]:
    jumps = look.jumps(seen)
    edges = np.isin(times, [piece["start"] for piece in claims["pieces"]])
    if claims["edit"] == "montage":
        cuts = edges & (times > 0)
        least = float(jumps[cuts].min()) if cuts.any() else 0.0
        if least < CUT:
            yield Failure("cuts", f"at a cut {least:.0%} of the colours change")
        most = float(jumps[~cuts].max())
        if most > STEADY * least:
            yield Failure("cuts", f"at {times[~cuts][jumps[~cuts].argmax()]:.3f} s {most:.0%} of the colours change")
    elif float(jumps[~edges].max()) > CUT:
        yield Failure("cuts", f"at {times[~edges][jumps[~edges].argmax()]:.3f} s there is a cut")


def _plain(claims: Claims, times: np.ndarray, seen: Look) -> Iterator[Failure]:
    from synth.video.real.wording import COLOURS

    claimed = np.zeros(len(times), bool)
    for piece in claims["pieces"]:
        if piece["kind"] == "colour":
            own = _within(times, piece["start"], piece["end"])
            claimed |= own
            off = np.abs(seen.means[own] - COLOURS[piece["colour"]]).max(initial=0)
            if off > NEAR or not own.any():
                yield Failure(
                    "plain", f"the screen is not {piece['colour']} from {piece['start']} s: {off:.0f} levels off"
                )
    wrong = (seen.spreads < FLAT) != claimed
    if wrong.any():
        said = "not plain" if claimed[wrong][0] else "plain"
        yield Failure("plain", f"at {times[wrong][0]:.3f} s the screen is {said}")


def _frozen(piece: dict[str, Any], times: np.ndarray, seen: Look) -> Iterator[Failure]:
    own = np.flatnonzero(_within(times, piece["start"], piece["end"]))
    if not len(own):
        yield Failure("freeze", "no frame is in it")
        return
    around = [number for number in (own[0] - 1, own[-1] + 1) if 0 <= number < len(times)]
    inside, outside = look.apart(seen.grey[own[0]], seen.grey[own]), look.apart(seen.grey[own[0]], seen.grey[around])
    if inside.max() > SAME / 1.5 or outside.min() <= SAME / 1.5 or outside.min() < 1.3 * inside.max():
        yield Failure(
            "freeze", f"frames within differ by {inside.max():.1f} levels, those around by {outside.min():.1f}"
        )


def _again(piece: dict[str, Any], source: dict[str, Any], times: np.ndarray, seen: Look) -> Iterator[Failure]:
    own = np.flatnonzero(_within(times, piece["start"], piece["end"]))
    of, factor = piece["of"], piece["factor"]
    gap = float(np.diff(times).max())
    if factor != {"backwards": -1.0, "slow": 0.5, "fast": 2.0}[piece["kind"]] or not of[0] < of[1] <= source["end"]:
        yield Failure("again", f"{of} is not shown again {piece['kind']}")
        return
    if abs((of[1] - of[0]) / abs(factor) - (times[own[-1]] - times[own[0]])) > 0.2 * gap + 1e-3 + (
        gap if factor == 2 else 0
    ):
        yield Failure(
            "again", f"{of[1] - of[0]:.3f} s are not shown in {times[own[-1]] - times[own[0]]:.3f} s at {factor}"
        )
    first = np.flatnonzero(times < source["end"])
    hits = []
    for number in own:
        from_ = of[1] if factor < 0 else of[0]
        wanted = from_ + factor * (times[number] - times[own[0]])
        like = look.on_average(seen.grey[number], seen.grey[first])
        hits.append(abs(times[first[like.argmin()]] - wanted) <= AIM)
    if np.mean(hits) < HITS:
        yield Failure("again", f"only {np.mean(hits):.0%} of its frames are those of {of} s")


def _runs(claims: Claims, times: np.ndarray, seen: Look) -> Iterator[Failure]:
    """In what is said to play on, no two frames are one."""
    for piece in claims["pieces"]:
        if piece["kind"] != "clip":
            continue
        own = np.flatnonzero(_within(times, piece["start"], piece["end"]))
        for number in own:
            far = own[np.abs(times[own] - times[number]) > MOVED + 0.05]
            if len(far) and float(look.apart(seen.grey[number], seen.grey[far]).min()) < SAME:
                yield Failure("runs", f"what plays at {times[number]:.3f} s is seen a second time")
                return


def _cover(cover: dict[str, Any], times: np.ndarray, evidence: Evidence) -> Iterator[Failure]:
    """A panel with text, or a picture, in its box from one moment to another and at no other."""
    x1, y1, x2, y2 = cover["box"]
    key = ("box", x1, y1, x2, y2)
    seen = evidence.once(key, lambda: [frame[y1:y2, x1:x2].copy() for frame in evidence.frames(0, range(len(times)))])
    own = _within(times, *cover["span"])
    if cover["span"][0] not in times or cover["span"][1] not in times:
        yield Failure("cover", f"no frame begins at one of {cover['span']}")
    if cover["kind"] == "inset":
        wanted = evidence.picture(cover["media"])
        if wanted.shape != seen[0].shape:
            yield Failure("cover", f"the picture is {wanted.shape}, its place {seen[0].shape}")
            return
        off = np.array(
            [np.abs(cv2.blur(each, (3, 3)).astype(np.int16) - cv2.blur(wanted, (3, 3))).mean() for each in seen]
        )
    else:
        drawn = _panel(cover, x2 - x1, y2 - y1)
        greys = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY).astype(np.float32) for each in seen]
        off = np.array([np.abs(cv2.GaussianBlur(each - drawn, (5, 5), 0.9)).max() for each in greys]) / 2.4
        yield from _written(cover, greys, own)
    inside, outside = off[own], off[~own]
    if not len(inside) or float(inside.max()) > PICTURE:
        yield Failure(
            "cover",
            f"it is not there all the time from {cover['span'][0]:.3f} s: {inside.max(initial=0):.0f} levels off",
        )
    if len(outside) and float(outside.min()) < max(UNLIKE * float(inside.max(initial=0)), PICTURE):
        yield Failure("cover", f"it is there at {times[~own][outside.argmin()]:.3f} s too")


def _covering(cover: dict[str, Any], width: int, height: int) -> np.ndarray:
    """The coverage (height, width) of a caption's ink, from 0 to 1, set again."""
    whole = np.zeros((height, width), np.uint8)
    for line in ink.redraw(cover["set"], width, height):
        for each in line:
            x1, y1, x2, y2 = each.window
            np.maximum(whole[y1:y2, x1:x2], each.ink, out=whole[y1:y2, x1:x2])
    return whole.astype(np.float32) / 255


def _lumas(cover: dict[str, Any]) -> tuple[float, float]:
    paper, colour = (float(np.array(cover[key]) @ (0.299, 0.587, 0.114)) for key in ("panel", "colour"))
    return paper, colour


def _panel(cover: dict[str, Any], width: int, height: int) -> np.ndarray:
    paper, colour = _lumas(cover)
    return (paper + (colour - paper) * _covering(cover, width, height)).astype(np.float32)


def _written(cover: dict[str, Any], greys: list[np.ndarray], own: np.ndarray) -> Iterator[Failure]:
    from synth.ocr.languages import LANGUAGES
    from synth.ocr.wording import line_text

    rows = [line_text(cover["set"], line) for line in cover["set"]["lines"]]
    if cover["text"] != (" " if LANGUAGES[cover["set"]["language"]].spaced else "").join(rows):
        yield Failure("cover", f"{cover['text']!r} is told and {rows} set")
    wanted = _covering(cover, greys[0].shape[1], greys[0].shape[0])
    near = cv2.dilate((wanted > 0.02).view(np.uint8), np.ones((7, 7), np.uint8)) > 0
    numbers = np.flatnonzero(own)
    for number in numbers[[0, len(numbers) // 2, -1]] if len(numbers) else ():
        fault = ink.compare(wanted, greys[number], near, ink.BLOT + ink.HINTED / cover["set"]["scale"])
        if fault:
            yield Failure("cover", f"{cover['text']!r}: {fault}")
            return


def _still(still: dict[str, Any], times: np.ndarray, seen: Look, evidence: Evidence) -> Iterator[Failure]:
    """A picture is the frame at its moment and at no other; or, without a moment, none of the film."""
    number = still["media"]
    picture = evidence.once(("small", number), lambda: look.look([evidence.picture(number)])).grey[0]
    off = look.on_average(picture, seen.grey)
    best = int(off.argmin())
    name = json.dumps(still)
    if still["time"] is None:
        if off[best] < PICTURE:
            yield Failure("stills", f"{name} is seen at {times[best]:.3f} s")
        return
    if still["time"] not in times:
        yield Failure("stills", f"{name}: no frame begins then")
        return
    claimed = int(np.searchsorted(times, still["time"]))
    far = np.abs(times - times[claimed]) > MOVED
    rival = float(off[far].min()) if far.any() else math.inf
    if abs(times[best] - times[claimed]) > AIM or off[claimed] > SAME or rival < UNLIKE * off[claimed] + 1.0:
        yield Failure("stills", f"{name} is most like the frame at {times[best]:.3f} s")
