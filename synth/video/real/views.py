"""What documents say of edited footage: a pure function of claims; and which questions have one answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from curation.document import Image, Part, Text, Time, Turn, Video, joined
from synth.sample import Claims, Failure
from synth.video.real.wording import CAPTION, HOW, INSET, PIECES, QUESTIONS, SHOT

KINDS: dict[str, tuple[str, ...]] = {  # of each edit
    "plain": ("still", "order", "odd"),
    "montage": ("cuts", "shots", "shot_count", "shot_of", "still", "order", "odd", "events"),
    "insert": ("colour_when", "colour_at", "interruptions", "events", "still", "order"),
    "freeze": ("freeze_when", "events"),
    **dict.fromkeys(("backwards", "slow", "fast"), ("again_when", "again_of", "again_how", "events")),
    "caption": ("caption_when", "caption_text", "events", "still"),
    "inset": ("inset_when", "events"),
}
STILLS = {"still": 1, "shot_of": 1, "order": 4, "odd": 4}  # pictures shown with a question
CLEAR = 0.15  # seconds between a moment that is asked about and a change


def turns(claims: Claims) -> tuple[Turn, ...]:
    view = claims["view"]
    wordings = QUESTIONS[view["kind"]]
    wording = wordings[view["wording"] % len(wordings)]
    values: dict[str, tuple[Part, ...]] = {
        name: (Time(0, seconds, view["form"]),) for name, seconds in zip(("t1", "t2"), view["times"], strict=False)
    }
    values["colour"] = (Text(_pieces(claims, "colour")[view["target"]]["colour"]),) if "target" in view else ()
    values["pictures"] = tuple(_pictures(claims))
    question = joined((Video(0), Text("\n"), *_filled(wording, values)))
    return Turn("user", question), Turn("assistant", joined(_answer(claims, view)))


def _filled(wording: str, values: Mapping[str, Sequence[Part]]) -> Iterator[Part]:
    for number, piece in enumerate(re.split(r"\{(\w+)\}", wording)):
        yield from values[piece] if number % 2 else (Text(piece),)


def _pictures(claims: Claims) -> Iterator[Part]:
    if claims["view"]["kind"] == "inset_when":
        yield Image(claims["cover"]["media"])
    stills = claims["stills"]
    for number, still in enumerate(stills, 1):
        yield from (Text(("\n" * (number > 1)) + f"{number}: "),) if len(stills) > 1 else ()
        yield Image(still["media"])


def _pieces(claims: Claims, kind: str) -> list[dict[str, Any]]:
    return [piece for piece in claims["pieces"] if piece["kind"] == kind]


def _span(pair: Sequence[float], form: Any) -> tuple[Part, ...]:
    return Time(0, pair[0], form), Text(" - "), Time(0, pair[1], form)


def _of(piece: dict[str, Any], form: Any) -> tuple[Part, ...]:
    return _span((piece["start"], piece["end"]), form)


def _joined(rows: Sequence[Sequence[Part]], gap: str) -> tuple[Part, ...]:
    return tuple(part for number, row in enumerate(rows) for part in (*((Text(gap),) if number else ()), *row))


def _answer(claims: Claims, view: dict[str, Any]) -> tuple[Part, ...]:
    form, pieces, stills = view["form"], claims["pieces"], claims["stills"]
    again = [piece for piece in pieces if "of" in piece]
    match view["kind"]:
        case "cuts":
            return _joined([(Time(0, piece["start"], form),) for piece in pieces[1:]], ", ")
        case "shots":
            return _joined([_of(piece, form) for piece in pieces], "\n")
        case "shot_count":
            return (Text(str(len(pieces))),)
        case "shot_of":
            [piece] = [piece for piece in pieces if piece["start"] <= stills[0]["time"] < piece["end"]]
            return _of(piece, form)
        case "still":
            return (Time(0, stills[0]["time"], form),)
        case "order":
            ranked = sorted(range(len(stills)), key=lambda number: stills[number]["time"])
            return (Text(", ".join(str(number + 1) for number in ranked)),)
        case "odd":
            [number] = [number for number, still in enumerate(stills, 1) if still["time"] is None]
            return (Text(str(number)),)
        case "colour_when":
            return _of(_pieces(claims, "colour")[view["target"]], form)
        case "colour_at":
            [piece] = [
                piece for piece in _pieces(claims, "colour") if piece["start"] <= view["times"][0] < piece["end"]
            ]
            return (Text(piece["colour"]),)
        case "interruptions":
            return (Text(str(len(_pieces(claims, "colour")))),)
        case "freeze_when":
            return _of(_pieces(claims, "freeze")[0], form)
        case "again_when":
            return _of(again[0], form)
        case "again_of":
            return _span(again[0]["of"], form)
        case "again_how":
            return (Text(HOW[again[0]["kind"]]),)
        case "caption_when" | "inset_when":
            return _span(claims["cover"]["span"], form)
        case "caption_text":
            return (Text(claims["cover"]["text"]),)
        case "events":
            return _events(claims, form)
    raise ValueError(f"{view['kind']!r} is no kind of question")


def _events(claims: Claims, form: Any) -> tuple[Part, ...]:
    rows: list[Sequence[Part]] = []
    for number, piece in enumerate(claims["pieces"], 1):
        said = (
            SHOT.format(number=number)
            if claims["edit"] == "montage"
            else PIECES[piece["kind"]].format(**{"colour": piece.get("colour", "")})
        )
        rows.append((*_of(piece, form), Text(f": {said}")))
        if "of" in piece:
            rows[-1] = (*rows[-1], Text(" (first seen "), *_span(piece["of"], form), Text(")"))
    cover = claims.get("cover")
    if cover:
        said = CAPTION.format(text=cover["text"]) if cover["kind"] == "caption" else INSET
        rows.append((*_span(cover["span"], form), Text(f": {said}")))
    return _joined(rows, "\n")


def asked(rng: np.random.Generator, claims: Claims, kind: str) -> dict[str, Any] | None:
    """A question of that kind; None where it has no one answer."""
    view: dict[str, Any] = {"kind": kind, "form": str(rng.choice(["seconds", "hmsf"])), "times": []}
    view["wording"] = int(rng.integers(1 << 16))
    again = [piece for piece in claims["pieces"] if "of" in piece]
    if kind in ("colour_when", "colour_at"):
        found = _pieces(claims, "colour")
        view["target"] = int(rng.integers(len(found)))
        piece = found[view["target"]]
        if kind == "colour_at":
            view["times"] = [round(float(rng.uniform(piece["start"] + CLEAR, piece["end"] - CLEAR)), 1)]
            if not piece["start"] < view["times"][0] < piece["end"]:
                return None
    elif kind in ("again_of", "again_how"):
        view["times"] = [again[0]["start"], again[0]["end"]]
    elif kind == "caption_text":
        view["times"] = [round(float(np.mean(claims["cover"]["span"])), 1)]
    return view


def faults(claims: Claims) -> Iterator[Failure]:
    """What is wrong with a question: it has several answers, speaks of what is not there, or tells its own answer."""
    view = claims["view"]
    if view["kind"] not in KINDS.get(claims["edit"], ()):
        yield Failure("view", f"{view['kind']} is not asked of a film of the kind {claims['edit']}")
    if len(claims["stills"]) != STILLS.get(view["kind"], 0) and view["kind"] in ("still", "shot_of", "odd"):
        yield Failure("view", f"{len(claims['stills'])} pictures are shown")
    told = [still["time"] for still in claims["stills"]]
    moments = [time for time in told if time is not None]
    if len(moments) != len(set(moments)) or (told.count(None) == 1) != (view["kind"] == "odd"):
        yield Failure("view", "the pictures do not have one answer")
    if view["kind"] in ("again_of", "again_how"):
        [piece] = [piece for piece in claims["pieces"] if "of" in piece]
        if view["times"] != [piece["start"], piece["end"]]:
            yield Failure("view", f"nothing is shown again from {view['times']}")
    if (
        view["kind"] == "caption_text"
        and not claims["cover"]["span"][0] <= view["times"][0] < claims["cover"]["span"][1]
    ):
        yield Failure("view", f"no caption is shown at {view['times'][0]}")
