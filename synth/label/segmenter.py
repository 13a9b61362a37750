"""SAM (Kirillov et al. 2023, arXiv 2304.02643) and SAM 2 (Ravi et al. 2024, arXiv 2408.00714): masks from boxes.

The image is encoded once and all of its boxes are prompts of one decoding; a box leaves little doubt what is meant, so
one mask is taken of each, as the authors advise.
"""

from collections.abc import Sequence

import numpy as np
import PIL.Image

from synth.convert.labelled import Box
from synth.label.models import load
from synth.label.settings import LabelSettings

KINDS = {
    "sam": ("SamModel", "SamProcessor"),
    "sam2": ("Sam2Model", "Sam2Processor"),
    "sam2_video": ("Sam2Model", "Sam2Processor"),  # the released checkpoints name the video model, which holds it
}


class Segmenter:
    """Raises ConfigError where the checkpoint does not load."""

    def __init__(self, settings: LabelSettings):
        self.settings = settings
        self.model, self.processor = load("segmenter", settings.segmenter, KINDS, settings.device, settings.dtype)

    def segment(self, image: PIL.Image.Image, boxes: Sequence[Box]) -> np.ndarray:
        """(boxes, height, width) bool: the mask of what each box is drawn around, in the image's pixels."""
        import torch

        if not boxes:
            return np.zeros((0, image.height, image.width), bool)
        prompts = [[list(box) for box in boxes]]
        inputs = self.processor(images=image, input_boxes=prompts, return_tensors="pt")
        sizes = [inputs.pop(name) for name in ("original_sizes", "reshaped_input_sizes") if name in inputs]
        inputs = {name: _cast(item).to(self.settings.device, self.model.dtype) for name, item in inputs.items()}
        with torch.inference_mode():
            masks = self.model(**inputs, multimask_output=False).pred_masks  # (1, boxes, 1, h, w)
        whole = self.processor.post_process_masks(masks.float().cpu(), *sizes)[0]  # (boxes, 1, height, width)
        return whole[:, 0].numpy().astype(bool)


def _cast(item):
    return item.float()  # processors give prompts in float64, which accelerators lack
