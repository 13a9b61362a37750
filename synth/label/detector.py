"""Grounding DINO (Liu et al. 2023, arXiv 2303.05499): boxes for category names, through transformers.

The categories are written into one prompt, "person. traffic light. ", or several where they are longer than the model
reads. A box's score for a category is the mean of its sigmoid scores over the category's tokens (as the authors score
COCO and LVIS), so a box gets one of the names that were given and never a piece of two of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from curation.errors import ConfigError
from curation.geometry import iou
from synth.convert.labelled import Box
from synth.label.models import load
from synth.label.settings import LabelSettings

KINDS = {
    "grounding-dino": ("GroundingDinoForObjectDetection", "GroundingDinoProcessor"),
    "mm-grounding-dino": ("MMGroundingDinoForObjectDetection", "GroundingDinoProcessor"),
}
CANDIDATES = 2000  # boxes of an image, the best by score, that overlaps are looked for among


@dataclass(frozen=True, slots=True)
class Detection:
    """`box` in pixels of the image that was given; `score` in 0 to 1."""

    label: str
    box: Box
    score: float


@dataclass(frozen=True)
class _Prompt:
    text: str
    categories: tuple[str, ...]
    tokens: tuple[tuple[int, ...], ...]  # of each category, their places in the encoded prompt


class Detector:
    """Raises ConfigError where the checkpoint does not load, or a category is longer than it reads."""

    def __init__(self, settings: LabelSettings):
        self.settings = settings
        self.model, self.processor = load("detector", settings.detector, KINDS, settings.device, settings.dtype)
        self.prompts = self._prompts(settings.categories)

    def detect(self, images: Sequence[PIL.Image.Image]) -> list[list[Detection]]:
        """Of each RGB image its boxes of a score of at least `doubt`, the highest first, one where several overlap."""
        found: list[list[Detection]] = [[] for _ in images]
        for prompt in self.prompts:
            for place, detections in enumerate(self._run(images, prompt)):
                found[place] += detections
        return [suppress(detections, self.settings.overlap) for detections in found]

    def _prompts(self, categories: Sequence[str]) -> list[_Prompt]:
        longest = self.model.config.max_text_len
        prompts: list[_Prompt] = []
        group: list[str] = []
        for category in categories:
            if self._length([category]) > longest:
                raise ConfigError(f"categories: {category!r} is longer than the detector reads ({longest} tokens)")
            if group and self._length([*group, category]) > longest:
                prompts.append(self._prompt(group))
                group = []
            group.append(category)
        return [*prompts, self._prompt(group)]

    def _length(self, categories: Sequence[str]) -> int:
        return len(self.processor.tokenizer(_written(categories))["input_ids"])

    def _prompt(self, categories: Sequence[str]) -> _Prompt:
        text = _written(categories)
        offsets = self.processor.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
        tokens, start = [], 0
        for category in categories:
            end = start + len(category)
            tokens.append(tuple(at for at, (first, last) in enumerate(offsets) if start <= first < last <= end))
            start = end + 2
        return _Prompt(text, tuple(categories), tuple(tokens))

    def _run(self, images: Sequence[PIL.Image.Image], prompt: _Prompt) -> list[list[Detection]]:
        import torch

        inputs = self.processor(images=list(images), text=[prompt.text] * len(images), return_tensors="pt")
        inputs = inputs.to(self.settings.device, dtype=self.model.dtype)
        with torch.inference_mode():
            outputs = self.model(**inputs)
        scores = outputs.logits.float().sigmoid().cpu().numpy()  # (images, queries, tokens)
        places = outputs.pred_boxes.float().cpu().numpy()  # (images, queries, 4): middle and sides, in shares
        return [self._detections(*each, prompt) for each in zip(images, scores, places, strict=True)]

    def _detections(
        self, image: PIL.Image.Image, scores: np.ndarray, places: np.ndarray, prompt: _Prompt
    ) -> list[Detection]:
        by_category = np.stack(
            [scores[:, list(tokens)].mean(1) for tokens in prompt.tokens], 1
        )  # (queries, categories)
        best, score = by_category.argmax(1), by_category.max(1)
        boxes = _corners(places, image.size)
        return [
            Detection(prompt.categories[best[query]], tuple(boxes[query].tolist()), float(score[query]))
            for query in np.flatnonzero(score >= self.settings.doubt)
        ]


def _written(categories: Sequence[str]) -> str:
    """As the model was trained: small letters, a full stop after each."""
    return "".join(f"{category.lower()}. " for category in categories).rstrip()


def _corners(places: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(n, 4) middle and sides in shares -> x1, y1, x2, y2 in pixels, cut to the image."""
    middle, half = places[:, :2], places[:, 2:] / 2
    corners = np.concatenate([middle - half, middle + half], 1).clip(0, 1)
    return (corners * np.array([*size, *size])).round(2)


def suppress(detections: Sequence[Detection], overlap: float) -> list[Detection]:
    """Non-maximum suppression over all categories: what overlaps a box of a higher score by more is left out."""
    ranked = sorted(detections, key=lambda item: (-item.score, item.box, item.label))[:CANDIDATES]
    kept: list[Detection] = []
    for item in ranked:
        if all(iou(item.box, other.box) <= overlap for other in kept):
            kept.append(item)
    return kept
