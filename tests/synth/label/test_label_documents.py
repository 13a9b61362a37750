"""When a model's answers are believed, and what a document says of them."""

import numpy as np
import PIL.Image
import pytest

from curation.document import Box, Document, Media, Point, Source
from curation.errors import MediaError
from synth.label.detector import Detection
from synth.label.documents import document, identity
from synth.label.labeller import Labeller, Labels
from synth.label.masks import cleaned, inner_point, outlines, tight
from synth.label.settings import LabelSettings
from tests.conftest import media_of, png

SETTINGS = LabelSettings(detector="m/dino", segmenter="m/sam", categories=("dog", "cat"), questions=(8, 8))
IMAGE = PIL.Image.new("RGB", (100, 80))


class Sees:
    """A detector that sees what it is told."""

    def __init__(self, *detections: Detection):
        self.detections = list(detections)

    def detect(self, images):
        return [self.detections for _ in images]


class Fills:
    """A segmenter whose masks fill the box, `less` pixels narrower."""

    def __init__(self, less: int = 0):
        self.less = less

    def segment(self, image, boxes):
        masks = np.zeros((len(boxes), image.height, image.width), bool)
        for mask, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
            mask[int(y1) : int(y2), int(x1) : int(x2) - self.less] = True
        return masks


def label(*detections: Detection, less: int = 0, settings: LabelSettings = SETTINGS) -> Labels:
    labeller = Labeller.__new__(Labeller)
    labeller.settings, labeller.detector, labeller.segmenter = settings, Sees(*detections), Fills(less)
    [labels] = labeller.label([IMAGE])
    assert isinstance(labels, Labels)
    return labels


DOG = Detection("dog", (10, 10, 50, 40), 0.8)


def test_the_box_is_made_tight_by_the_mask():
    labels = label(DOG, less=4)
    [thing] = labels.things
    assert (thing.box, thing.agreement) == ((10, 10, 46, 40), pytest.approx(0.9))
    assert labels.sure == ("dog",)


def test_a_mask_that_does_not_fill_its_box_is_not_believed():
    labels = label(DOG, less=20)
    assert (labels.things, labels.sure) == ((), ())
    assert labels.dropped == {"box and mask differ": 1}


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (Detection("dog", (60, 10, 90, 40), 0.3), "in doubt"),
        (Detection("dog", (60, 10, 65, 40), 0.9), "tiny"),
    ],
)
def test_a_category_with_a_thing_in_doubt_is_not_asked_for(second, reason):
    labels = label(DOG, second, Detection("cat", (60, 50, 90, 70), 0.7))
    assert labels.sure == ("cat",)
    assert labels.dropped == {reason: 1}
    assert len(labels.things) == 2


def test_an_image_with_too_many_things_is_left_out():
    labels = label(DOG, DOG, DOG, settings=SETTINGS.model_copy(update={"most": 2}))
    assert (labels.things, labels.dropped) == ((), {"too many": 3})


def made(labels: Labels, settings: LabelSettings = SETTINGS, seed: int = 0) -> Document:
    image: Media = media_of(png(100, 80), "a.png")
    return document(image, labels, Source("a.png", "CC0-1.0", "mine"), settings, seed)


def test_a_document_says_whose_opinion_it_is():
    labels = label(DOG, Detection("cat", (60, 50, 90, 70), 0.6), less=2)
    found = made(labels)
    assert found.proof == {}
    assert found.source.generator == identity(SETTINGS)
    assert found.source.generator.startswith("model_labels.dino+sam/1.")
    assert (found.source.uri, found.source.licence, found.source.dataset) == ("a.png", "CC0-1.0", "mine")
    assert found.scores == {
        **{"label.score.min": 0.6, "label.score.mean": 0.7},
        "label.agreement.min": pytest.approx(28 / 30, abs=1e-4),
    }


def test_it_asks_for_what_was_found_and_for_nothing_else():
    labels = label(DOG, Detection("dog", (60, 10, 90, 40), 0.9), Detection("cat", (60, 50, 90, 70), 0.6))
    found = made(labels)
    boxes = {(part.x1, part.y1, part.x2, part.y2) for part in found.parts() if isinstance(part, Box)}
    assert boxes == {(10, 10, 50, 40), (60, 10, 90, 40), (60, 50, 90, 70)}
    said = found.text
    assert not any(word in said for word in ("How many", "Are there", "There are", "number of"))
    assert sum(turn.role == "user" for turn in found.turns) >= 4


def test_points_lie_in_the_mask_and_outlines_around_it():
    found = made(label(DOG), SETTINGS.model_copy(update={"kinds": {"points": 1, "outlines": 1}}))
    points = [(part.x, part.y) for part in found.parts() if isinstance(part, Point)]
    assert {(10, 10), (49, 10), (49, 39), (10, 39)} < set(points)
    assert all(10 <= x < 50 and 10 <= y < 40 for x, y in points)


def test_nothing_found_and_nothing_sure_are_told_apart():
    with pytest.raises(MediaError, match=r"nothing found: a.png"):
        made(label())
    with pytest.raises(MediaError, match=r"nothing sure: a.png: 0 boxes can be used; 1 box and mask differ"):
        made(label(DOG, less=20))


def test_equal_labels_give_equal_documents_and_the_seed_others():
    labels = label(DOG, Detection("cat", (60, 50, 90, 70), 0.6))
    short = SETTINGS.model_copy(update={"questions": (1, 2)})
    assert made(labels, short).to_json() == made(labels, short).to_json()
    assert len({made(labels, short, seed).key for seed in range(8)}) > 3


def test_the_name_of_the_models_changes_with_what_decides():
    names = {identity(SETTINGS.model_copy(update=change)) for change in ({}, {"threshold": 0.5}, {"batch": 9})}
    assert len(names) == 3
    assert identity(SETTINGS) == identity(SETTINGS.model_copy(update={"device": "cuda"}))


# --- masks ---


def ring() -> np.ndarray:
    y, x = np.mgrid[:60, :80]
    away = np.hypot(x - 40, y - 30)
    return (away < 25) & (away > 10)


def test_a_point_of_a_ring_is_on_the_ring():
    mask = ring()
    x, y = inner_point(mask)
    assert mask[int(y), int(x)]
    assert 15 < np.hypot(x - 40, y - 30) < 20


def test_a_tight_box_holds_the_mask_and_no_more():
    mask = ring()
    x1, y1, x2, y2 = (int(edge) for edge in tight(mask))
    assert mask[y1:y2, x1:x2].sum() == mask.sum()
    assert mask[y1].any() and mask[y2 - 1].any() and mask[:, x1].any() and mask[:, x2 - 1].any()  # noqa: PT018
    assert tight(np.zeros((4, 4), bool)) is None


def test_specks_are_cleaned_away_and_large_pieces_stay():
    mask = np.zeros((40, 40), bool)
    mask[:10, :10] = mask[20:30, 20:30] = True
    clean = mask.copy()
    mask[35, 35] = True
    assert (cleaned(mask) == clean).all()


def test_a_polygon_painted_again_is_the_mask():
    import cv2

    mask = np.hypot(*np.mgrid[-30:30, -40:40]) < 25
    [polygon] = outlines(mask)
    assert len(polygon) <= 64
    painted = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [np.array(polygon, np.int32)], 1) > 0
    assert (painted & mask).sum() / (painted | mask).sum() > 0.95
