"""Does the film show what its document says? First the frames are held against the spec, point by point; then all that
is said, events and answers alike, is worked out once more from what the frames were found to show.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.sample import Claims, Evidence, Failure
from synth.video.scenes import look, tracks
from synth.video.scenes.answers import fault
from synth.video.scenes.bodies import Cast, cast
from synth.video.scenes.found import Found, events
from synth.video.scenes.tracks import Spec

SAME, UNLIKE = 14.0, 1.35  # shades of the worst block of a frame and its picture; how much worse other moments must be
AROUND = 0.3  # seconds
LASTS = 2.5  # seconds that the last frame may be shown


@dataclass
class Shown:
    """What a film was found to show: of each shot its objects and frames' moments; and all that happens."""

    shots: list[tuple[Cast, np.ndarray]]
    found: list[Found]
    faults: list[tuple[str, str]]


def faults(claims: Claims, evidence: Evidence, sprites: Sprites) -> Iterator[Failure]:
    spec = claims["spec"]
    bare = {name: value for name, value in spec.items() if name != "events"}
    key = json.dumps([bare, claims["grounds"]], sort_keys=True)
    shown = evidence.once(("shown", key), lambda: _shown(claims, evidence, sprites))
    if shown.faults:
        yield from (Failure(*each) for each in shown.faults)
        return
    wrong = [Failure("events", each) for each in _events(spec, shown.found)]
    if wrong:
        yield from wrong
        return
    for item in claims["items"]:
        said = fault(spec, item, shown.shots, shown.found, sprites)
        if said:
            yield Failure("answers", said)
    if claims.get("frame"):
        yield from (Failure("frame", each) for each in _frame(claims, evidence, shown))


def _shown(claims: Claims, evidence: Evidence, sprites: Sprites) -> Shown:
    spec, film = claims["spec"], evidence.film(0)
    if [film.width, film.height] != list(spec["size"]):
        return Shown([], [], [("film", f"it is {film.width} x {film.height}, not {spec['size']}")])
    times = tracks.times(spec)
    if list(film.timestamps) != times.tolist():
        return Shown([], [], [("film", f"its {len(film.timestamps)} frames are not shown at the moments of its clock")])
    wrong = [("film", each) for each in _form(spec, times)]
    if wrong:
        return Shown([], [], wrong)
    frames = evidence.frames(0, range(len(times)))
    numbers = tracks.shot_of(spec, times)
    shots: list[tuple[Cast, np.ndarray]] = []
    found: list[Found] = []
    for number, shot in enumerate(spec["shots"]):
        at = times[numbers == number]
        members = cast(spec, number, at, sprites)
        ground = evidence.picture(claims["grounds"][shot["ground"]])
        wrong += [("pixels", each) for each in look.faults(spec, number, members, at, frames, ground)]
        if wrong:
            break  # what follows would only repeat it
        shots.append((members, at))
        found += events(members, at, spec["size"], tracks.camera(shot, at)[2])
        if number:
            span = float(times[numbers < number][-1]), float(at[0])
            found.append(Found("cut", None, span, span))
    return Shown(shots, found, wrong)


def _form(spec: Spec, times: np.ndarray) -> Iterator[str]:
    """What is wrong with a spec before a frame is looked at."""
    shots, things = spec["shots"], spec["objects"]
    starts, ends = [shot["start"] for shot in shots], [shot["end"] for shot in shots]
    if starts != [0.0, *ends[:-1]] or not times[-1] < ends[-1] <= times[-1] + LASTS:
        yield f"its shots, {starts} to {ends}, are not the film of {times[-1]:.2f} s"
    if len(set(tracks.shot_of(spec, times).tolist())) != len(shots):
        yield "a shot has no frame"
    if len({thing["id"] for thing in things}) != len(things):
        yield "two objects are one"
    names = [thing["looks"][0][1] for thing in things]
    for thing, name in zip(things, names, strict=True):
        if thing["group"] != (names.count(name) > 1):
            yield f"{name!r} is said to be {'one of several' if thing['group'] else 'the only one'}"


def _events(spec: Spec, found: list[Found]) -> Iterator[str]:
    """What is wrong with the events that are claimed: each must be found, and each that is found be claimed."""
    claimed = list(spec["events"])
    if [event["start"] for event in claimed] != sorted(event["start"] for event in claimed):
        yield "events are not told in order"
    for each in found:
        alike = [
            event for event in claimed if (event["kind"], event["object"], event["other"])
            == (each.kind, each.object, each.other)
        ]  # fmt: skip
        if not alike:
            yield f"{each.start[0]:.2f} s: {each.kind} of {each.object} is not told"
            continue
        nearest = min(alike, key=lambda event: abs(event["start"] - each.start[0]))
        claimed.remove(nearest)
        wrong = each.fault(nearest)
        if wrong:
            yield wrong
    for event in claimed:
        yield f"{event['start']:.2f} s: nothing of the kind {event['kind']} happens to {event['object']}"


def _frame(claims: Claims, evidence: Evidence, shown: Shown) -> Iterator[str]:
    """The picture is the frame that is shown at its moment and, but for its neighbours, at no other."""
    import cv2

    picture, at = evidence.picture(claims["frame"]["media"]), claims["frame"]["at"]
    times = np.concatenate([moments for _, moments in shown.shots])
    standing = int(np.searchsorted(times, at + 1e-6, side="right")) - 1
    if abs(times[standing] - at) > 1e-6:
        yield f"no frame begins at {at} s"
        return
    if list(picture.shape[1::-1]) != claims["spec"]["size"]:
        yield "the picture is of another size than the film"
        return

    def unlike() -> list[float]:
        small = [
            float(cv2.resize(cv2.absdiff(frame, picture), (16, 16), interpolation=cv2.INTER_AREA).mean(2).max())
            for frame in evidence.frames(0, range(len(times)))
        ]
        return small

    off = np.array(evidence.once(("frame", claims["frame"]["media"]), unlike))
    if off[standing] > SAME:
        yield f"the picture is not the frame at {at:.2f} s: a part of it is {off[standing]:.0f} shades off"
    elsewhere = np.abs(times - at) > AROUND
    if elsewhere.any() and off[elsewhere].min() < UNLIKE * off[standing] + 1.5:
        other = times[elsewhere][np.argmin(off[elsewhere])]
        yield f"the picture might as well be the frame at {other:.2f} s"
