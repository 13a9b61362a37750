"""Images against sentences by a CLIP model, matched as in MMC4 (Zhu et al. 2023, section 3)."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from curation.errors import ConfigError
from curation.scoring.features import Features
from curation.scoring.vision_ops import mend_torchvision

_BATCH = 32
_MOST_SENTENCES = 512  # of one document: beyond, the matrix costs more than it tells


@dataclass(frozen=True, slots=True)
class Match:
    """The sentence that an image was assigned, and the cosine of the two in CLIP's space."""

    sentence: int
    cosine: float


class Clip:
    """An open_clip model. `model` is a name that open_clip knows or `local-dir:FOLDER`; `checkpoint` a file, one of
    open_clip's names of weights, or None for a folder that holds its own. Raises ConfigError where they do not load.
    """

    def __init__(self, model: str, checkpoint: str | None = None):
        mend_torchvision()
        try:
            import open_clip
        except ImportError as error:
            raise ConfigError("clip: install the extra `clip`, or leave clip out of the settings") from error
        try:
            self._model, _, self._prepare = open_clip.create_model_and_transforms(model, pretrained=checkpoint)
            self._tokenize = open_clip.get_tokenizer(model)
        except Exception as error:  # whatever the loader meets: a wrong name, a damaged file, no network
            said = " ".join(str(error).split())[:200]  # open_clip lists all the names that it knows
            raise ConfigError(f"clip: {model} with checkpoint {checkpoint}: {said}") from error
        _share_weights(self._model, checkpoint)
        self._model.eval()

    def match(self, features: Features) -> list[Match | None]:
        """Of each image in reading order, its sentence; None where there are more images than sentences."""
        sentences = [text for text in features.sentences if re.search(r"\w", text)][:_MOST_SENTENCES]
        if not features.places or not sentences:
            return [None] * len(features.places)
        images = self._images(features)  # (media, width)
        shown = images[[place.media for place in features.places]]  # (images, width)
        return assign(shown @ self._texts(sentences).T)

    def _images(self, features: Features) -> np.ndarray:
        import torch

        vectors = []
        with torch.inference_mode():
            for number in range(len(features.document.media)):
                pixels = self._prepare(features.pixels(number))[None]  # (1, 3, height, width)
                vectors.append(self._model.encode_image(pixels, normalize=True))
        return torch.cat(vectors).float().numpy()

    def _texts(self, sentences: list[str]) -> np.ndarray:
        import torch

        with torch.inference_mode():
            batches = [sentences[start : start + _BATCH] for start in range(0, len(sentences), _BATCH)]
            vectors = [self._model.encode_text(self._tokenize(batch), normalize=True) for batch in batches]
        return torch.cat(vectors).float().numpy()


def _share_weights(model: Any, checkpoint: str | None) -> None:
    """Puts the mapped file in the place of the weights copied from it: all processes of a machine share its pages."""
    from safetensors.torch import load_file

    if checkpoint is None or not checkpoint.endswith(".safetensors"):
        return
    mapped, copied = load_file(checkpoint), model.state_dict()
    if {name: each.dtype for name, each in mapped.items()} == {name: each.dtype for name, each in copied.items()}:
        model.load_state_dict(mapped, assign=True)


def assign(cosines: np.ndarray) -> list[Match | None]:
    """The assignment of images to sentences with the greatest sum of cosines, no sentence taken twice.

    `cosines` is (images, sentences).
    """
    from scipy.optimize import linear_sum_assignment

    matches: list[Match | None] = [None] * len(cosines)
    for image, sentence in zip(*linear_sum_assignment(cosines, maximize=True), strict=True):
        matches[image] = Match(int(sentence), float(cosines[image, sentence]))
    return matches
