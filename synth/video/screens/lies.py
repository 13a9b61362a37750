"""Untrue versions of what is claimed of a recording: the proof must find them."""

import copy
from collections.abc import Iterator

import numpy as np

from synth.agent.proof.lies import LIES as TRAJECTORY_LIES
from synth.mutation import Lie, told
from synth.sample import Claims
from synth.video.screens.proof import TYPING

MOVED = 0.5  # seconds
ASIDE = 9  # px


def mutations(claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
    yield from told(KINDS, claims, rng)


def _moved(key: str) -> Lie:
    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        found = [event for event in claims["events"] if event[key] is not None]
        if found:
            found[rng.integers(len(found))][key] += MOVED if rng.random() < 0.5 else -MOVED
        return bool(found)

    return tell


def _swapped(claims: Claims, rng: np.random.Generator) -> bool:
    """Two actions are told in each other's place."""
    events = claims["events"]
    if len(events) < 2 or "event" in claims["view"]:
        return False
    one, two = rng.choice(len(events), 2, replace=False)
    events[one]["step"], events[two]["step"] = events[two]["step"], events[one]["step"]
    return True


def _left_out(claims: Claims, rng: np.random.Generator) -> bool:
    if len(claims["events"]) < 2 or "event" in claims["view"]:
        return False
    del claims["events"][rng.integers(len(claims["events"]))]
    return True


def _invented(claims: Claims, rng: np.random.Generator) -> bool:
    event = copy.deepcopy(claims["events"][rng.integers(len(claims["events"]))])
    for key in ("start", "press", "end"):
        event[key] = event[key] and event[key] + MOVED
    claims["events"].append(event)
    return True


def _pointer_aside(claims: Claims, rng: np.random.Generator) -> bool:
    if not claims["mark"]["pointer"]:
        return False
    frame = claims["frames"][rng.integers(len(claims["frames"]))]
    frame[1] += ASIDE if frame[1] < claims["size"][0] / 2 else -ASIDE
    return True


def _click_later(claims: Claims, rng: np.random.Generator) -> bool:
    """A click is said to be seen a frame later, and the event with it."""
    frames = claims["frames"]
    found = [n for n in range(1, len(frames) - 1) if frames[n][3] and not frames[n - 1][3] and frames[n + 1][3]]
    if found:
        frames[found[rng.integers(len(found))]][3] = False
    return bool(found)


def _screen_sooner(claims: Claims, rng: np.random.Generator) -> bool:
    """The screen that an action leads to is said to stand before it."""
    frames = claims["frames"]
    steps = claims["trajectory"]["steps"]
    found = [
        n
        for n in range(1, len(frames))
        if frames[n][0] not in (frames[n - 1][0], TYPING) and frames[n - 1][0] != TYPING
    ]
    big = [n for n in found if any((b[2] - b[0]) * (b[3] - b[1]) > 900 for step in steps for b in step["boxes"])]
    if big:
        number = big[rng.integers(len(big))]
        for place in range(max(number - 3, 0), number):
            frames[place][0] = frames[number][0]
    return bool(big)


def _of_trajectory(name: str) -> Lie:
    def tell(claims: Claims, rng: np.random.Generator) -> bool:
        return bool(TRAJECTORY_LIES[name](claims["trajectory"], rng)) and "event" not in claims["view"]

    return tell


KINDS: dict[str, Lie] = {
    **{f"{key}_moved": _moved(key) for key in ("start", "press", "end")},
    **{"steps_told_swapped": _swapped, "event_left_out": _left_out, "event_invented": _invented},
    **{"pointer_aside": _pointer_aside, "click_later": _click_later, "screen_sooner": _screen_sooner},
    **{name: _of_trajectory(name) for name in ("target_renamed", "text_changed", "goal_changed")},
}
