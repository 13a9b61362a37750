"""A screen made again from its record in a fresh browser, and held against what was claimed: elements, texts, pixels,
and which elements hear real clicks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from synth.gui import reading, stage
from synth.gui.look import clicked
from synth.gui.model import Screen
from synth.pages.browser import browser
from synth.sample import Claims, Unproven

_CLICKS = 5  # elements that are really clicked
_TOLD = 4  # differences that are named
_NOISE = 26  # levels that compression may change a picture by on average over 8 x 8 px
_SECONDS = 180.0


@dataclass(frozen=True, eq=False)
class Shown:
    """`claims` as read anew (empty where the page could not be read: `failed` says why); `deaf`: clicks that others
    heard."""

    claims: Claims
    picture: np.ndarray
    ids: np.ndarray
    deaf: tuple[str, ...] = ()
    failed: str = ""


def show(made: dict[str, Any], site: Path | None) -> Shown:
    """Makes a screen again. Raises UserError where Chromium or the real page's file is missing."""
    return _show(json.dumps(made, sort_keys=True), site)


@lru_cache(maxsize=2)  # several documents tell of one screen
def _show(record: str, site: Path | None) -> Shown:
    made = json.loads(record)

    def work(page: Any, cdp: Any) -> Shown:
        context = page.context.browser.new_context(offline=True, viewport={"width": 800, "height": 800})
        try:
            fresh = context.new_page()
            session = context.new_cdp_session(fresh)
            stage.show(fresh, session, made, site)
            image, ids, claims = reading.read(fresh, session, made)
            return Shown(claims, np.asarray(image), ids, tuple(_deaf(fresh, claims)))
        except Unproven as unproven:
            return Shown({}, np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0), np.uint16), failed=str(unproven))
        finally:
            context.close()

    return browser().run(work, tab="gui again", seconds=_SECONDS)


def _deaf(page: Any, claims: Claims) -> Iterator[str]:
    screen = Screen(claims)
    live = [node for node in screen.nodes if node["point"]]
    chosen = live[:: max(len(live) // _CLICKS, 1)][:_CLICKS]
    points = [(node["point"][0], node["point"][1]) for node in chosen if node["point"]]
    heard = clicked(page, points, claims["scale"])
    for node, hit in zip(chosen, [*heard, *[0] * (len(chosen) - len(heard))], strict=True):
        if not node["id"] <= hit <= screen.last[node["id"]]:
            yield f"{node['role']} {node['id']}: a click at {node['point']} was heard by element {hit}"


def seen(picture: np.ndarray, ids: np.ndarray, shown: Shown) -> Iterator[str]:
    """Where a picture (height, width, 3) or its buffer is not what is made again."""
    if not shown.failed:
        if not np.array_equal(ids, shown.ids):
            yield "the instance-ID buffer is another"
        yield from _pixels(picture, shown.picture)


def faults(claims: Claims, shown: Shown) -> Iterator[str]:
    """Where the claims are not what is made again."""
    if shown.failed:
        yield f"the screen could not be made again: {shown.failed}"
        return
    # What is cut is not compared: whatever it could hide is missing from the words.
    for key in ("size", "scale", "language", "direction", "fonts", "tone", "gaps"):
        if claims[key] != shown.claims[key]:
            yield f"{key} {str(claims[key])[:60]} is claimed, {str(shown.claims[key])[:60]} is there"
    for key in ("nodes", "words"):
        one, other = claims[key], shown.claims[key]
        if len(one) != len(other):
            yield f"{len(one)} {key} are claimed, {len(other)} are there"
        wrong = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
        for claimed, there in wrong[:_TOLD]:
            yield f"{key}: {_apart(claimed, there)}"


def _apart(claimed: Any, there: Any) -> str:
    if isinstance(claimed, dict):
        keys = sorted(key for key in {*claimed, *there} if claimed.get(key) != there.get(key))
        return f"{there.get('role', '')} {there['id']}: " + ", ".join(
            f"{key} {str(claimed.get(key))[:40]!r} is claimed, {str(there.get(key))[:40]!r} is there" for key in keys
        )
    return f"{claimed} is claimed, {there} is there"


def _pixels(picture: np.ndarray, other: np.ndarray) -> Iterator[str]:
    import cv2

    if picture.shape != other.shape:
        yield f"a picture of {picture.shape}, made again {other.shape}"
        return
    # Levels of light: compression keeps those of colour at half the size.
    one, two = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (np.ascontiguousarray(picture), other))
    away = cv2.blur(cv2.absdiff(one, two), (8, 8))
    if int(away.max()) > _NOISE:
        y, x = np.unravel_index(int(away.argmax()), away.shape)
        yield f"at {x}, {y} the picture is another than what is made again ({int(away.max())} levels)"
