"""Charts for whoever shows them: alone, or as a part of a page."""

from dataclasses import dataclass

import numpy as np
import PIL.Image

from synth.charts.drawing import render
from synth.charts.proof.check import faults
from synth.charts.specs import plots
from synth.charts.specs.content import Spec
from synth.sample import Failure, Unproven

__all__ = ["ENGINES", "KINDS", "Figure", "draw", "faults"]
KINDS, ENGINES = plots.KINDS, plots.ENGINES
OVERLAP = (-2.0, 3.0)  # px across and down that the boxes of two texts may share
TRIES = 12  # of a kind before the picture is held to be too small for it


@dataclass(frozen=True)
class Figure:
    """A picture and the truth about it: plain JSON, in the picture's pixels."""

    image: PIL.Image.Image
    truth: Spec


def draw(
    rng: np.random.Generator,
    language: str,
    size: tuple[int, int],
    kind: str | None = None,
    engine: str = "matplotlib",
) -> Figure:
    """A chart of (width, height) px, each at least 280, of `kind` (of KINDS; any where None), by `engine` (of ENGINES).

    `faults(picture, truth, audit)` says what a picture, or the crop of a page, (height, width, 3) uint8, does not bear
    out of a truth. Raises Unproven where the size has no room for the kind, UserError where a font is missing.
    """
    for attempt in range(TRIES):
        chosen = kind or str(rng.choice(KINDS))
        try:
            drawn = Figure(*render.draw(plots.spec(rng, language, size, chosen, engine)))
            if _collide([text["box"] for text in drawn.truth["texts"]]):
                raise Unproven([Failure("layout", "two texts collide")])
        except Unproven:
            if attempt == TRIES - 1:
                raise
            continue
        return drawn
    raise AssertionError("the loop returns or raises")


def _collide(boxes: list[list[float]]) -> bool:
    """Whether two boxes touch: they have room above and below their letters, and none beside them."""
    low, high = np.array(boxes)[:, None], np.array(boxes)[None]
    shared = np.minimum(low[..., 2:], high[..., 2:]) - np.maximum(low[..., :2], high[..., :2])
    shared[np.arange(len(boxes)), np.arange(len(boxes))] = -np.inf
    return bool((shared > OVERLAP).all(-1).any())
