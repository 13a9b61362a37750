"""Untrue versions of what is claimed of edited footage: the proof must find them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.mutation import Lie, told
from synth.ocr import lies as text_lies
from synth.sample import Claims
from synth.video.real.wording import COLOURS

MOVED = 0.5  # seconds
# views that speak of a piece, and cannot do without it
_OF_ONE_PIECE = ("colour_when", "colour_at", "again_of", "again_how", "again_when", "freeze_when", "shot_of")


def mutations(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    yield from told(KINDS, claims, rng)


def _sign(rng: np.random.Generator) -> float:
    return MOVED if rng.random() < 0.5 else -MOVED


def _edge_moved(claims: Claims, rng: np.random.Generator) -> bool:
    """A piece ends, and the next one begins, half a second off."""
    pieces = claims["pieces"]
    if len(pieces) < 2:
        return False
    number, off = int(rng.integers(1, len(pieces))), _sign(rng)
    pieces[number]["start"] += off
    pieces[number - 1]["end"] += off
    return True


def _edge_moved_to_frame(claims: Claims, rng: np.random.Generator) -> bool:
    """A piece is cut short by about half a second, where a cut of the same film or its last second has a frame."""
    pieces = [piece for piece in claims["pieces"] if piece["kind"] != "clip"]
    if not pieces:
        return False
    piece = pieces[rng.integers(len(pieces))]
    piece["end" if rng.random() < 0.5 else "start"] += _sign(rng)
    return True


def _piece_left_out(claims: Claims, rng: np.random.Generator) -> bool:
    """A piece is said to belong to the one before."""
    pieces = claims["pieces"]
    if len(pieces) < 2:
        return False
    number = int(rng.integers(1, len(pieces)))
    pieces[number - 1]["end"] = pieces[number]["end"]
    del pieces[number]
    return claims["view"]["kind"] not in _OF_ONE_PIECE


def _piece_invented(claims: Claims, rng: np.random.Generator) -> bool:
    """A piece is said to be two, and to be cut where none is."""
    pieces = claims["pieces"]
    number = int(rng.integers(len(pieces)))
    piece = pieces[number]
    if piece["end"] - piece["start"] < 1 or claims["edit"] != "montage":
        return False
    middle = (piece["start"] + piece["end"]) / 2
    pieces.insert(number + 1, {**piece, "start": middle})
    piece["end"] = middle
    return True


def _colour_changed(claims: Claims, rng: np.random.Generator) -> bool:
    found = [piece for piece in claims["pieces"] if piece["kind"] == "colour"]
    if not found:
        return False
    piece = found[rng.integers(len(found))]
    piece["colour"] = str(rng.choice([name for name in sorted(COLOURS) if name != piece["colour"]]))
    return True


def _of_moved(claims: Claims, rng: np.random.Generator) -> bool:
    """Half a second earlier or later is said to be shown again."""
    found = [piece for piece in claims["pieces"] if "of" in piece]
    for piece in found:
        off = MOVED if piece["of"][0] < MOVED else -MOVED
        piece["of"] = [each + off for each in piece["of"]]
    return bool(found)


def _of_cut(claims: Claims, rng: np.random.Generator) -> bool:
    found = [piece for piece in claims["pieces"] if "of" in piece]
    for piece in found:
        piece["of"][int(rng.integers(2))] += _sign(rng)
    return bool(found)


def _other_way(claims: Claims, rng: np.random.Generator) -> bool:
    """What runs backwards is said to be slowed down, and so on."""
    found = [piece for piece in claims["pieces"] if "of" in piece]
    ways = {"backwards": -1.0, "slow": 0.5, "fast": 2.0}
    for piece in found:
        piece["kind"] = str(rng.choice([way for way in ways if way != piece["kind"]]))
        piece["factor"] = ways[piece["kind"]]
        claims["edit"] = piece["kind"]
    return bool(found)


def _cover_moved(side: int) -> Lie:
    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        if claims.get("cover"):
            claims["cover"]["span"][side] += _sign(rng)
        return bool(claims.get("cover")) and claims["view"]["kind"] != "caption_text"

    return tell


def _respelt(kind: str) -> Lie:
    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        cover = claims.get("cover")
        if not cover or cover["kind"] != "caption":
            return False
        return text_lies.respell(cover, kind, rng)

    return tell


def _timed(claims: Claims) -> list[dict[str, Any]]:
    return [still for still in claims["stills"] if still["time"] is not None]


def _still_moved(claims: Claims, rng: np.random.Generator) -> bool:
    found = _timed(claims)
    if found and claims["view"]["kind"] != "shot_of":
        found[rng.integers(len(found))]["time"] += _sign(rng)
        return True
    return False


def _stills_swapped(claims: Claims, rng: np.random.Generator) -> bool:
    found = _timed(claims)
    if len(found) > 1:
        one, two = (found[place] for place in rng.choice(len(found), 2, replace=False))
        one["time"], two["time"] = two["time"], one["time"]
    return len(found) > 1


def _other_odd(claims: Claims, rng: np.random.Generator) -> bool:
    """Another picture is said not to be of the film."""
    odd = [still for still in claims["stills"] if still["time"] is None]
    if odd:
        other = _timed(claims)[0]
        odd[0]["time"], other["time"] = other["time"], None
    return bool(odd)


KINDS: dict[str, Lie] = {
    **{"edge_moved": _edge_moved, "piece_edge_moved": _edge_moved_to_frame, "piece_left_out": _piece_left_out},
    **{"piece_invented": _piece_invented, "colour_changed": _colour_changed, "repeat_moved": _of_moved},
    **{"repeat_cut": _of_cut, "other_way": _other_way, "cover_start_moved": _cover_moved(0)},
    **{"cover_end_moved": _cover_moved(1), "digit_changed": _respelt("digit_changed")},
    **{"letter_changed": _respelt("letter_changed"), "still_moved": _still_moved, "stills_swapped": _stills_swapped},
    "other_odd": _other_odd,
}
