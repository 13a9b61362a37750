"""A screen shot: a page shown, used a little by real mouse and keyboard, read, and made into drafts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from curation import media
from synth import encode
from synth.encode import PictureSettings
from synth.gui import acts, letters, reading, stage
from synth.gui.look import look
from synth.gui.painted import Buffer
from synth.gui.view import views
from synth.gui.view.views import ViewSettings
from synth.sample import Claims, Draft, Encoded, Failure, Unproven

Read = tuple[PIL.Image.Image, np.ndarray, Claims]
SECONDS = 180.0  # that a screen may take, on a machine with much else to do


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
    shown = _stored(picture.encode(rng, "screen", image), image, ids, claims), encode.buffer(ids)
    yield from views.drafts(rng, claims, shown, settings)


def _stored(encoded: Encoded, image: PIL.Image.Image, ids: np.ndarray, claims: Claims) -> Encoded:
    """A picture as it was encoded, or without loss where compression harms a text (dark on blue, say)."""
    buffer = Buffer(ids, [(node["id"], node.get("up", 0)) for node in claims["nodes"]])
    kept = np.asarray(media.decode(encoded.content))
    if encoded.format == "png" or not any(letters.faults(kept, buffer.plain, claims)):
        return encoded
    return PictureSettings(formats={"png": 1.0}).encode(np.random.default_rng(0), encoded.part, image)
