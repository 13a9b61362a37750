"""The box of an object at a moment, where all of it can be seen."""

import numpy as np

from synth.grounding.library.sprites import Sprites
from synth.video.scenes import tracks
from synth.video.scenes.paint import lay, levels
from synth.video.scenes.tracks import Spec


def box(spec: Spec, thing: Spec, at: float, sprites: Sprites) -> tuple[str, list[float]] | None:
    """Its name then, and the tight box [x1, x2) by [y1, y2) of what it covers; None where it is not wholly in sight.

    It is laid, white, on a black frame: so the box is that of the pixels drawn.
    """
    moment = np.array([at])
    if tracks.shot_of(spec, moment)[0] != thing["shot"]:
        return None
    where = tracks.track(spec, thing, moment)
    across, down = tracks.halves(thing, where)
    x, y = float(where.x[0]), float(where.y[0])
    width, height = spec["size"]
    if not where.shown[0] or not (across[0] < x < width - across[0] and down[0] < y < height - down[0]):
        return None
    for other in spec["objects"]:
        if other["shot"] == thing["shot"] and other is not thing:
            theirs = tracks.track(spec, other, moment)
            wide, high = tracks.halves(other, theirs)
            if (
                theirs.shown[0]
                and abs(theirs.x[0] - x) < across[0] + wide[0]
                and abs(theirs.y[0] - y) < down[0] + high[0]
            ):
                return None
    look = int(where.look[0])
    white = {**thing, "looks": [[*each[:3], [255, 255, 255], *each[4:]] for each in thing["looks"]]}
    sheet = np.zeros((height, width, 3), np.uint8)
    lay(sheet, levels(thing, sprites), white, look, x, y, float(where.scale[0]), float(where.angle[0]))
    rows, columns = np.nonzero(sheet[..., 0] > 127)
    corners = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return thing["looks"][look][1], [float(corner) for corner in corners]
