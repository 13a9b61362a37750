"""Images -> things with boxes and masks that agree: Grounding DINO's boxes, made tight by SAM.

These are a model's opinions: nothing proves them. What can be done is done: a box is used where the detector is sure
and the segmenter, who sees only the box and never the name, draws a mask that fills it; and a category of which some
box is in doubt is not asked for on that image at all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import PIL.Image

from curation.geometry import iou
from synth.convert.labelled import Box, Polygon
from synth.label.detector import Detection, Detector
from synth.label.masks import cleaned, inner_point, outlines, tight
from synth.label.models import each_alone
from synth.label.segmenter import Segmenter
from synth.label.settings import LabelSettings


@dataclass(frozen=True, slots=True)
class Found:
    """A thing: the tight box of its mask, a point inside, its outline. `score` is the detector's, `agreement` the IoU
    of the two boxes."""

    label: str
    box: Box
    point: tuple[float, float]
    polygons: tuple[Polygon, ...]
    score: float
    agreement: float


@dataclass(frozen=True)
class Labels:
    """Of one image. `sure` are the labels with nothing in doubt; `dropped` counts boxes by why they are not used."""

    things: tuple[Found, ...] = ()
    sure: tuple[str, ...] = ()
    dropped: Counter[str] = field(default_factory=Counter)


class Labeller:
    """Both models. Raises ConfigError where one does not load."""

    def __init__(self, settings: LabelSettings):
        self.settings = settings
        self.detector, self.segmenter = Detector(settings), Segmenter(settings)

    def label(self, images: Sequence[PIL.Image.Image]) -> list[Labels | Exception]:
        """The labels of RGB images; an Exception in the place of an image that the models fail on."""
        detected = each_alone(self.detector.detect, list(images))
        return [
            found if isinstance(found, Exception) else self._each(image, found)
            for image, found in zip(images, detected, strict=True)
        ]

    def _each(self, image: PIL.Image.Image, detections: list[Detection]) -> Labels | Exception:
        [labels] = each_alone(lambda pair: [self._labels(*pair[0])], [(image, detections)])
        return labels

    def _labels(self, image: PIL.Image.Image, detections: list[Detection]) -> Labels:
        settings = self.settings
        dropped: Counter[str] = Counter()
        doubted: set[str] = set()
        wanted: list[Detection] = []
        for item in detections:
            fault = self._fault(item)
            if fault:
                dropped[fault] += 1
                doubted.add(item.label)
            else:
                wanted.append(item)
        if len(wanted) > settings.most:
            return Labels((), (), Counter({"too many": len(detections)}))
        things = []
        masks = self.segmenter.segment(image, [item.box for item in wanted])
        for item, mask in zip(wanted, masks, strict=True):
            thing = _found(item, mask)
            if thing is None or thing.agreement < settings.agreement:
                dropped["box and mask differ"] += 1
                doubted.add(item.label)
            else:
                things.append(thing)
        things.sort(key=lambda thing: (thing.box, thing.label))
        return Labels(tuple(things), tuple(sorted({thing.label for thing in things} - doubted)), dropped)

    def _fault(self, item: Detection) -> str:
        x1, y1, x2, y2 = item.box
        if item.score < self.settings.threshold:
            return "in doubt"
        return "tiny" if min(x2 - x1, y2 - y1) < self.settings.min_side else ""


def _found(item: Detection, mask: np.ndarray) -> Found | None:
    mask = cleaned(mask)
    box = tight(mask)
    polygons = outlines(mask) if box else ()
    if box is None or not polygons:
        return None
    return Found(item.label, box, inner_point(mask), polygons, item.score, iou(box, item.box))
