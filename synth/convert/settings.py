"""Settings of a conversion: data sets in their published layouts, and what is asked about their images."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from curation.config import Config
from synth.grounding.wording import ListForm
from synth.weights import Weights

Kind = Literal[
    "exists", "absent", "count", "name_box", "refer", "count_points", "points", "boxes", "outlines", "list", "caption"
]  # fmt: skip
Unit = Literal["px", "share"]


class DataSet(Config):
    """What the layouts of labelled images, trajectories and videos have in common."""

    name: str = Field("", description="each document keeps it; by default the layout's name")
    licence: str = Field("", description="of media that name none themselves")

    @property
    def dataset(self) -> str:
        return self.name or str(self.layout)  # type: ignore[attr-defined]

    @property
    def places(self) -> tuple[str, ...]:
        """Where its media lie: folders, zip files and plain tar files, searched in this order."""
        raise NotImplementedError


class _Layout(DataSet):
    complete: ClassVar[bool] = False  # every label of the table was looked for on every image
    upright: ClassVar[bool] = False  # annotated as a browser shows the image, so after EXIF rotation

    images: tuple[str, ...] = Field(min_length=1)

    @property
    def places(self) -> tuple[str, ...]:
        return self.images


class Coco(_Layout):
    """instances_*.json and, if wanted, captions_*.json of COCO, or files of the same layout."""

    complete: ClassVar[bool] = True
    layout: Literal["coco"]
    instances: str
    captions: str = ""


class Objects365(_Layout):
    """zhiyuan_objv2_*.json: as COCO's instances, of several gigabytes."""

    complete: ClassVar[bool] = True
    layout: Literal["objects365"]
    instances: str


class RefCoco(_Layout):
    """RefCOCO, RefCOCO+ and RefCOCOg: refs(unc).p, refs(google).p, refs(umd).p or the same as JSON; instances.json."""

    complete: ClassVar[bool] = True
    layout: Literal["refcoco"]
    instances: str
    refs: str
    split: str = Field("train", description="of the expressions; empty: all, those to be tested with among them")


class Lvis(_Layout):
    """lvis_v1_*.json: labels are certified absent by `neg_category_ids`, and not all found where the file says so."""

    layout: Literal["lvis"]
    instances: str


class OpenImages(_Layout):
    """Open Images V7: the CSV files of boxes, class descriptions, verified image labels, image information, and the
    hierarchy of the boxable classes (JSON)."""

    layout: Literal["open_images"]
    boxes: str
    classes: str
    labels: str = ""
    information: str = ""
    hierarchy: str = ""


class PixmoPoints(_Layout):
    """PixMo-Points: Parquet files with points in percent of the image's sides, as Molmo was trained on them."""

    upright: ClassVar[bool] = True
    layout: Literal["pixmo_points"]
    table: str = Field(description="a Parquet file, or a folder of them")
    unit: Unit = Field("share", description="`px` for a release that counts pixels, as the data set's card has it")


class PixmoCount(_Layout):
    """PixMo-Count: Parquet files with points in pixels."""

    upright: ClassVar[bool] = True
    layout: Literal["pixmo_count"]
    table: str = Field(description="a Parquet file, or a folder of them")
    unit: Unit = "px"


Layout = Annotated[
    Coco | Objects365 | RefCoco | Lvis | OpenImages | PixmoPoints | PixmoCount, Field(discriminator="layout")
]


class Rules(Config):
    """Which annotations can be used; a label that loses one is no longer asked for in full."""

    min_side: float = Field(4.0, gt=0, description="pixels of the stored image: the smaller side of a box")
    inside: float = Field(0.5, gt=0, le=1, description="the share of a box that must lie in the image; it is cut to it")


class Questions(Config):
    """What is asked about an image."""

    count: tuple[int, int] = Field((1, 8), description="how many questions, least and most, as far as there are any")
    kinds: Weights[Kind] = Field(
        {
            **{"boxes": 4, "list": 2, "refer": 4, "points": 3, "count_points": 2},
            **{"count": 2, "name_box": 1, "absent": 1, "exists": 1, "caption": 1},
        },
        description="weights; those not named are not asked",
    )
    forms: tuple[ListForm, ...] = Field(("json", "xml", "plain"), min_length=1)
    most_places: int = Field(100, ge=1, description="boxes or points of an answer; a label with more is not asked for")

    @model_validator(mode="after")
    def _ranges(self) -> "Questions":
        least, most = self.count
        if not 1 <= least <= most <= 64:
            raise ValueError(f"count: {least} to {most} is not a range within 1 to 64")
        return self
