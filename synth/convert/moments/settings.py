"""Settings of videos that somebody has described over time: data sets in their published layouts, and what is asked."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from curation.config import Config
from curation.document import TimeForm
from synth.convert.settings import DataSet
from synth.weights import Weights

Kind = Literal["ground", "what", "order", "highlights", "story", "dense", "caption"]


class Videos(DataSet):
    """`videos` hold files named by the video's id, with .mp4, .webm, .mkv or .mov."""

    narrated: ClassVar[bool] = False  # the sentences of a video tell all that happens, so they can be asked for in full

    videos: tuple[str, ...] = Field(min_length=1)

    @property
    def places(self) -> tuple[str, ...]:
        return self.videos


class CharadesSta(Videos):
    """charades_sta_train.txt: a line a sentence, `VIDEO start end##sentence`."""

    layout: Literal["charades_sta"]
    sentences: str


class ActivityNet(Videos):
    """ActivityNet Captions, train.json: by video id its duration, timestamps and sentences."""

    narrated: ClassVar[bool] = True
    layout: Literal["activitynet_captions"]
    captions: str


class QvHighlights(Videos):
    """highlight_train_release.jsonl: a query a line, with windows, clips of two seconds and their saliency."""

    layout: Literal["qvhighlights"]
    queries: str


class VideoCaptions(Videos):
    """A table of videos and captions as WebVid's: .csv, .tsv, .json or .jsonl. A column that is not named is found by
    its usual names."""

    layout: Literal["video_captions"]
    table: str = Field(description="a file, or a folder of them")
    video: str = Field("", description="column of the video's id, or of its file")
    text: str = Field("", description="column of captions")


class MomentQuestions(Config):
    """What is asked about a video, and which spans can be used."""

    count: tuple[int, int] = Field((1, 6), description="how many questions, least and most, as far as there are any")
    kinds: Weights[Kind] = Field(
        {"ground": 4, "what": 2, "order": 1, "highlights": 2, "story": 1, "dense": 3, "caption": 2},
        description="weights; those not named are not asked",
    )
    forms: tuple[TimeForm, ...] = Field(("seconds", "hmsf"), min_length=1)
    inside: float = Field(
        0.5, gt=0, le=1, description="the share of a span that must lie in the video; it is cut to it"
    )
    shortest: float = Field(0.2, gt=0, description="seconds of a span")

    @model_validator(mode="after")
    def _ranges(self) -> "MomentQuestions":
        least, most = self.count
        if not 1 <= least <= most <= 64:
            raise ValueError(f"count: {least} to {most} is not a range within 1 to 64")
        return self
