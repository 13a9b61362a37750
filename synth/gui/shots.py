"""A screen shot: a page shown, used a little by real mouse and keyboard, read, and made into drafts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from synth import encode
from synth.encode import PictureSettings
from synth.gui import acts, reading, stage
from synth.gui.look import look
from synth.gui.view import views
from synth.gui.view.views import ViewSettings
from synth.sample import Claims, Draft, Failure, Unproven

Read = tuple[PIL.Image.Image, np.ndarray, Claims]
SECONDS = 60.0  # that a screen may take


def used(seed: int, page: Any, cdp: Any, made: dict[str, Any], many: int, site: Path | None = None) -> Read:
    """Shows a page, does `many` things on it at random, which `made` then records, and reads it."""
    rng = np.random.Generator(np.random.PCG64(seed))
    made["acts"] = []
    stage.begin(page, cdp, made, site)
    for _ in range(many):
        seen = look(page, cdp, made["language"], made["scale"], buffer=False)
        for act in acts.draw(rng, page, seen):
            stage.do(page, act, made)
            made["acts"].append(act)
    return reading.read(page, cdp, made)


def finished(rng: np.random.Generator, read: Read, picture: PictureSettings, settings: ViewSettings) -> Iterator[Draft]:
    """The views of a screen that was read. Raises Unproven where there is nothing on it to speak of."""
    image, ids, claims = read
    if not any(node.get("role") and node.get("box") for node in claims["nodes"]):
        raise Unproven([Failure("screen", "it shows no element")])
    media = picture.encode(rng, "screen", image), encode.buffer(ids)
    yield from views.drafts(rng, claims, media, settings)
