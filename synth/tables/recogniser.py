"""A table recogniser: TableTransformer finds rows and columns, an OCR engine reads the cells."""

from typing import Any

import numpy as np
import PIL.Image
from pydantic import Field

from curation.config import Config
from synth.label.models import load
from synth.ocr.languages import Code
from synth.tables.candidate import Cell, TableCandidate, from_structures


class RecogniserSettings(Config):
    """`checkpoint` is a folder of TableTransformer for structure recognition, as transformers saves it; `language`
    that of the text; `score` the least confidence of a row or column that is looked at.
    """

    checkpoint: str = Field(min_length=1)
    language: Code = "en"
    score: float = Field(0.5, ge=0, le=1)
    device: str = Field("cpu", pattern=r"^(cpu|cuda(:\d+)?|mps)$")


class TableRecogniser:
    """(image) -> TableCandidate. Raises UserError where the checkpoint is none."""

    def __init__(self, settings: RecogniserSettings):
        self.settings = settings
        kinds = {"table-transformer": ("TableTransformerForObjectDetection", "AutoImageProcessor")}
        self._model, self._processor = load("recogniser", settings.checkpoint, kinds, settings.device, "float32")

    def recognise(self, name: str, image: PIL.Image.Image) -> TableCandidate:
        """The table that fills an RGB image, cropped to it."""
        import torch

        with torch.inference_mode():
            inputs = self._processor(images=image, return_tensors="pt").to(self.settings.device)
            found = self._model(**inputs)
            sizes = torch.tensor([[image.height, image.width]])
            result = self._processor.post_process_object_detection(found, self.settings.score, sizes)[0]
        names = self._model.config.id2label
        objects = [
            {"label": names[int(label)], "box": [float(edge) for edge in box], "score": float(score)}
            for label, box, score in zip(result["labels"], result["boxes"], result["scores"], strict=True)
        ]
        return self._read(from_structures(name, objects), image)

    def _read(self, candidate: TableCandidate, image: PIL.Image.Image) -> TableCandidate:
        pixels = np.asarray(image)
        cells = tuple(Cell(**{**vars(cell), "text": self._text(cell, pixels)}) for cell in candidate.cells)
        return TableCandidate(candidate.image, cells, candidate.confidence)

    def _text(self, cell: Cell, pixels: np.ndarray) -> str:
        from synth.ocr.ocr_engine import recognise

        x1, y1, x2, y2 = (max(round(edge), 0) for edge in cell.box or (0, 0, 0, 0))
        crop: Any = pixels[y1:y2, x1:x2]
        if min(crop.shape[:2]) < 6 or crop.std() < 4:
            return ""  # blank, and engines invent text where there is none
        return recognise(crop, self.settings.language).strip()
