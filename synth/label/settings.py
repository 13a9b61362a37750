"""Settings of pseudo-labelling: which models look for what, and when their answers are believed."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from curation.config import Config
from synth.grounding.wording import ListForm
from synth.weights import Weights

Kind = Literal["boxes", "points", "outlines", "list"]
Dtype = Literal["float32", "bfloat16", "float16"]


class LabelSettings(Config):
    """`detector` is a checkpoint of Grounding DINO, `segmenter` one of SAM or SAM 2: a local folder, or an id on the
    Hugging Face hub, in the layout of transformers.

    A box of a score in `doubt` to `threshold`, or whose mask does not agree with it, is not used, and its category is
    not asked for on that image: an answer that leaves one out would be wrong.
    """

    detector: str = Field(min_length=1)
    segmenter: str = Field(min_length=1)
    categories: tuple[str, ...] = Field(min_length=1, description="names to look for, or a file of them, one a line")
    threshold: float = Field(0.35, gt=0, lt=1, description="score of a box, as its authors use it")
    doubt: float = Field(0.2, ge=0, lt=1, description="below this score a box is noise")
    overlap: float = Field(0.6, gt=0, le=1, description="IoU above which the lower of two boxes is the same thing")
    agreement: float = Field(0.7, ge=0, le=1, description="least IoU of a box and the tight box of its mask")
    min_side: float = Field(8.0, gt=0, description="pixels of the stored image: the smaller side of a box")
    most: int = Field(100, ge=1, description="boxes of an image: one with more is left out")
    batch: int = Field(
        4,
        ge=1,
        le=256,
        description="images that the detector sees at a time; padding of unlike ones moves scores a little",
    )
    device: str = Field("cpu", pattern=r"^(cpu|cuda(:\d+)?|mps)$")
    dtype: Dtype = "float32"
    questions: tuple[int, int] = (1, 6)
    kinds: Weights[Kind] = Field({"boxes": 4, "list": 2, "points": 2, "outlines": 1})
    forms: tuple[ListForm, ...] = Field(("json", "xml", "plain"), min_length=1)

    @field_validator("categories", mode="before")
    @classmethod
    def _from_file(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            lines = Path(value).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ValueError(f"cannot read {value}: {error.strerror}") from error
        return [line.strip() for line in lines if line.strip()]

    @field_validator("categories")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not name.strip() or set(name) & set(".?\n"):  # which separate categories in the detector's prompt
                raise ValueError(f"{name!r} is no name: it is empty, or holds a full stop or question mark")
        if len({name.lower() for name in names}) < len(names):
            raise ValueError("a name is there twice")
        return names

    @model_validator(mode="after")
    def _ranges(self) -> "LabelSettings":
        least, most = self.questions
        if not 1 <= least <= most <= 64:
            raise ValueError(f"questions: {least} to {most} is not a range within 1 to 64")
        if self.doubt > self.threshold:
            raise ValueError(f"doubt: {self.doubt} is over threshold, {self.threshold}")
        return self
